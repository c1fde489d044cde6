"""What the real-time client tells of hubs and feeds, as events of the suite.

What concerns one contract goes to the bus of its instrument, which leads to the suite's; what
concerns a hub or the account is announced once, on all of them.

Invariant (``tests/trading_suite/test_feed_events.py``): each event has the keys that
``docs/reference/events.md`` lists.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from project_x_py._core.time import from_datetime, to_datetime
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.gaps import FeedGap
    from project_x_py.client import ProjectX
    from project_x_py.event_bus import EventBus
    from project_x_py.realtime import ProjectXRealtimeClient
    from project_x_py.trading_suite.context import InstrumentContext

__all__ = ["FeedEvents", "newest_bar"]

SOURCE = "realtime"
TESTIMONY = timedelta(hours=1)


class FeedEvents:
    """Publishes for one suite.

    Args:
        client: Knows the time, and what contracts traded.
        everybody: The bus that leads to all.
        contexts: The instruments, by symbol.
        timezone: Zone of the times handed out.
    """

    def __init__(
        self,
        client: ProjectX,
        everybody: EventBus,
        contexts: Mapping[str, InstrumentContext],
        timezone: str,
    ) -> None:
        self._client = client
        self._everybody = everybody
        self._contexts = contexts
        self._zone = ZoneInfo(timezone)

    def listen_to(self, realtime: ProjectXRealtimeClient) -> None:
        """Publish from now on, and testify about contracts that are suspiciously silent."""
        realtime.add_connection_listener(self.on_connection)
        realtime.add_gap_listener(self.on_gap)
        realtime.add_repair_listener(self.on_gap)
        realtime.add_notice_listener(self.on_notice)
        realtime.set_witness(self.testify)

    def on_connection(self, state: str, hub: str, details: Mapping[str, Any]) -> None:
        """Publish CONNECTED, DISCONNECTED or RECONNECTING."""
        event = EventType(state)
        data = {
            "connected": event is EventType.CONNECTED,
            "hub": hub,
            "timestamp": self._now(),
            **details,
        }
        self._everybody.publish(event, data, source=SOURCE)

    def on_gap(self, gap: FeedGap) -> None:
        """Publish FEED_GAP: the gap opened, is over, or what was missed has been read anew."""
        symbol, bus = self._home(gap.contract_id)
        data = {
            "hub": gap.hub,
            "symbol": symbol,
            "contract_id": gap.contract_id,
            "reason": gap.reason.value,
            "is_open": gap.is_open,
            "start": to_datetime(gap.from_ns, self._zone),
            "end": None if gap.to_ns is None else to_datetime(gap.to_ns, self._zone),
            "missed": list(gap.missed),
            "backfilled": list(gap.backfilled),
            "timestamp": self._now(),
        }
        bus.publish(EventType.FEED_GAP, data, source=SOURCE)

    def on_notice(self, name: str, facts: Mapping[str, Any]) -> None:
        """Publish FEED_STALE, LATENCY_WARNING, or ERROR for what could not be read."""
        event = EventType(name)
        if event is EventType.ERROR:
            text = f"{facts['hub']} hub: {facts['error']}"
            data: dict[str, Any] = {
                "original_event": "feed",
                "handler": f"{facts['hub']} hub",
                "error": text,
                "exception": ProjectXDataError(text),
            }
            self._everybody.publish(event, data, source=SOURCE)
            return
        data = {**facts, "timestamp": self._now()}
        bus = self._everybody
        if event is EventType.FEED_STALE:
            data["symbol"], bus = self._home(facts["contract_id"])
        bus.publish(event, data, source=SOURCE)

    async def testify(self, contract_id: str) -> int | None:
        """Return the start of a contract's newest bar of a second, in ns of exchange time."""
        return await newest_bar(self._client, contract_id)

    def _home(self, contract_id: str | None) -> tuple[str | None, EventBus]:
        for context in self._contexts.values():
            if context.instrument_info.id == contract_id:
                return context.symbol, context.event_bus
        return None, self._everybody

    def _now(self) -> Any:
        return to_datetime(self._client.clock.wall_ns(), self._zone)


async def newest_bar(client: ProjectX, contract_id: str) -> int | None:
    """Return the start of a contract's newest bar of a second, None without one in an hour.

    Raises:
        ProjectXError: The gateway did not answer.
    """
    now = to_datetime(client.clock.now_ns())
    bars = await client.get_bars(
        contract_id,
        interval=1,
        unit=1,
        limit=1,
        partial=True,
        start_time=now - TESTIMONY,
        end_time=now,
    )
    if not bars.height:
        return None
    return from_datetime(bars["timestamp"][-1], ZoneInfo("UTC"))
