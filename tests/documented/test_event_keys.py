"""The keys of events, as docs/reference/events.md lists them and as a suite announces them."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

from tests.architecture.source import ROOT

from project_x_py import EventType, TradingSuite
from project_x_py._core.records import Aggressor, Trade
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event
from project_x_py.simulator import SimulatedGateway, faults

OPEN = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
TABLE = ROOT / "docs" / "reference" / "events.md"
ROW = re.compile(r"^\| ([A-Z_]+) \| [a-z_]+ \| [^|]+ \| ([\w, ]+) \|$", re.MULTILINE)


async def announced() -> dict[EventType, set[frozenset[str]]]:
    """The sets of keys of each event that half a minute of a market brings."""
    seen: dict[EventType, set[frozenset[str]]] = {}

    async def note(event: Event) -> None:
        if isinstance(event.type, EventType):
            seen.setdefault(event.type, set()).add(frozenset(event.data))

    async def fail(event: Event) -> None:
        raise RuntimeError("a handler that fails")

    async with SimulatedGateway(in_process=True, start=OPEN) as gateway:
        suite = await TradingSuite.create(
            "MNQ",
            timeframes=["15sec", "1min"],
            features=["orderbook"],
            initial_days=1,
            config=gateway.config,
            username=gateway.credentials.username,
            api_key=gateway.credentials.api_key,
            auto_connect=False,
        )
        await suite.events.on_any(note)
        await suite.once(EventType.NEW_BAR, fail)
        await suite.connect()
        await asyncio.sleep(31)
        now_ns = gateway.clock.now_ns()
        other = Trade("CON.F.US.MNQ.H30", 80_000, 1, Aggressor.BUY, now_ns, now_ns)
        suite.data.on_trades([other])
        gateway.faults.mute("market")
        await asyncio.sleep(6)
        gateway.faults.unmute("market")
        await suite.realtime.configure_health_monitoring(1.0, 0.0, latency_threshold_ms=1.0)
        gateway.faults.apply(faults.DelayMessages(seconds=0.1))
        await asyncio.sleep(10)
        await suite.disconnect()
    return seen


def test_events_carry_the_documented_keys() -> None:
    """Each announced event has exactly the keys of its row, every time."""
    rows = {
        EventType[member]: frozenset(keys.split(", "))
        for member, keys in ROW.findall(TABLE.read_text(encoding="utf-8"))
    }
    seen = run_virtual(announced())
    assert {kind: {frozenset(rows[kind])} for kind in seen} == seen
    assert set(seen) == set(rows)
