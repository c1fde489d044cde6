"""What a suite tells of itself: its parts asked at one moment, without waiting for anything.

Invariant (``tests/trading_suite/test_statistics.py``): each part that the suite has is there under
its name, once, whatever the number of instruments.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from project_x_py._core.component import snapshot_of
from project_x_py._core.histogram import LogHistogram
from project_x_py._core.time import NS, format_iso
from project_x_py._runtime.memory import process_memory
from project_x_py.statistics.snapshot import SuiteFacts, SuiteStatistics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from project_x_py._core.component import ComponentStatistics
    from project_x_py.client import ProjectX
    from project_x_py.event_bus import BusStatistics, EventBus
    from project_x_py.realtime import ProjectXRealtimeClient
    from project_x_py.trading_suite._account import AccountParts
    from project_x_py.trading_suite.config import TradingSuiteConfig
    from project_x_py.trading_suite.context import InstrumentContext

__all__ = ["SuiteFigures"]

_PERFECT, _HALF = 100.0, 50.0


class SuiteFigures:
    """Asks the parts of one suite.

    Args:
        client: Logged in.
        realtime: The pair of hubs.
        config: The suite's settings.
        account: Orders and positions.
        contexts: The instruments by symbol.
        buses: Every bus of the suite.
    """

    def __init__(
        self,
        client: ProjectX,
        realtime: ProjectXRealtimeClient,
        config: TradingSuiteConfig,
        account: AccountParts,
        contexts: Mapping[str, InstrumentContext],
        buses: Sequence[EventBus],
    ) -> None:
        self._client = client
        self._realtime = realtime
        self._config = config
        self._account = account
        self._contexts = contexts
        self._buses = buses
        self.memory_alerts = 0
        """Warnings that went out because of memory."""
        self._clock = client.clock
        self._began_ns = self._clock.monotonic_ns()
        self._created_at = format_iso(self._clock.wall_ns())

    def statistics(self) -> SuiteStatistics:
        """Return the suite and its parts as they are now."""
        began_ns = self._clock.monotonic_ns()
        buses = [bus.statistics() for bus in self._buses]
        parts = self._parts(buses, began_ns)
        facts = SuiteFacts(
            suite_id="-".join(("suite", *self._contexts)),
            instruments=tuple(self._contexts),
            features=tuple(sorted(feature.value for feature in self._config.features)),
            timeframes=tuple(self._config.timeframes),
            created_at=self._created_at,
            uptime_s=(began_ns - self._began_ns) // NS,
        )
        handlers = [one for bus in buses for one in bus.handlers]
        return SuiteStatistics(
            facts,
            format_iso(self._clock.wall_ns()),
            parts,
            handlers,
            (self._clock.monotonic_ns() - began_ns) / 1e6,
            process_memory(self.memory_alerts),
        )

    def memory_mb(self) -> dict[str, float]:
        """Return the megabytes that each part holds."""
        now_ns = self._clock.monotonic_ns()
        parts = self._parts([bus.statistics() for bus in self._buses], now_ns)
        return {name: one.memory_mb for name, one in parts.items()}

    def _parts(self, buses: Sequence[BusStatistics], now_ns: int) -> dict[str, ComponentStatistics]:
        found = {
            "client": self._client.statistics(),
            "realtime": self._realtime.statistics(),
            "events": self._events(buses, now_ns),
            "order_manager": self._account.orders.statistics(),
            "position_manager": self._account.positions.statistics(),
        }
        for symbol, context in self._contexts.items():
            found[f"{symbol}.data"] = context.data.statistics()
            if context.orderbook is not None:
                found[f"{symbol}.orderbook"] = context.orderbook.statistics()
            if context.risk_manager is not None:
                found[f"{symbol}.risk_manager"] = context.risk_manager.statistics()
        return {name: replace(part, name=name) for name, part in found.items()}

    def _events(self, buses: Sequence[BusStatistics], now_ns: int) -> ComponentStatistics:
        """Return how handlers fare: all points but the share of runs that raised.

        At most half of them while a handler has been taken off because it fell behind.
        """
        delivered = sum(bus.delivered for bus in buses)
        errors = sum(bus.errors for bus in buses)
        detached = sum(len(bus.detached) for bus in buses)
        score = _PERFECT * (1 - errors / delivered) if delivered else _PERFECT
        waits = LogHistogram()
        for bus in buses:
            waits.include(bus.waits)
        return snapshot_of(
            {
                "name": "events",
                "status": "active",
                "uptime_seconds": (now_ns - self._began_ns) // NS,
                "last_activity": None,
                "error_count": errors,
                "memory_usage_mb": 0.0,
            },
            min(score, _HALF) if detached else score,
            {
                "waiting": sum(bus.waiting for bus in buses),
                "delivered": delivered,
                "conflated": sum(bus.conflated for bus in buses),
                "discarded": sum(bus.discarded for bus in buses),
                "handlers": sum(len(bus.handlers) for bus in buses),
                "slow_handlers": sum(len(bus.slow) for bus in buses),
                "detached": detached,
            },
            {"handler": waits.latency()},
        )
