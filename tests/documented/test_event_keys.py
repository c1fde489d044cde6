"""The keys of events, as docs/reference/events.md lists them and as a suite announces them."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime

from tests.architecture.source import ROOT
from tests.suites import simulated_suite

from project_x_py import EventType, TradingSuite
from project_x_py._core.records import Aggressor, Trade
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event
from project_x_py.simulator import ExchangeQuirks, Quirks, SimulatedGateway, faults

OPEN = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
TABLE = ROOT / "docs" / "reference" / "events.md"
ACCOUNT = {kind for kind in EventType if kind.value.split("_")[0] in ("order", "position", "risk")}
OF_LIMITS = {
    EventType.RISK_LIMIT_EXCEEDED,
    EventType.STOP_LOSS_TRIGGERED,
    EventType.TAKE_PROFIT_TRIGGERED,
}
"""What tests/risk_manager/test_risk_manager.py compares with the table."""
ROW = re.compile(r"^\| ([A-Z_]+) \| [a-z_]+ \| [^|]+ \| ([\w, ]+) \|$", re.MULTILINE)


async def rare(suite: TradingSuite, gateway: SimulatedGateway, price: float) -> None:
    """Let the user hub tell of an order that fills in part and expires."""
    placed = await suite.orders.place_limit_order("MNQ", 0, 2, price)
    order = {
        "id": placed.orderId,
        "accountId": suite.orders.account_id,
        "contractId": suite.instrument_id,
        "status": 1,
        "type": 1,
        "side": 0,
        "size": 2,
        "limitPrice": price,
    }
    for change in ({"fillVolume": 1, "filledPrice": price}, {"fillVolume": 1, "status": 4}):
        record = {"type": 1, "target": "GatewayUserOrder", "arguments": [order | change]}
        frame = json.dumps(record) + "\x1e"
        gateway.faults.apply(faults.SendFrame(hub="user", text=frame))
        await asyncio.sleep(1)


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


async def announced_of_an_account() -> dict[EventType, set[frozenset[str]]]:
    """The sets of keys of the events that some trading brings."""
    seen: dict[EventType, set[frozenset[str]]] = {}

    async def note(event: Event) -> None:
        if event.type in ACCOUNT:
            seen.setdefault(EventType(event.type), set()).add(frozenset(event.data))

    quirks = Quirks(exchange=ExchangeQuirks(fill_events=("position", "order", "account", "trade")))
    async with simulated_suite("MNQ", gateway={"start": OPEN, "quirks": quirks}) as (served, suite):
        await suite.events.on_any(note)
        await asyncio.sleep(5)
        last = await suite.data.get_current_price()
        assert last is not None
        low = round(last) - 100.0
        rests = await suite.orders.place_limit_order("MNQ", 0, 1, low)
        assert await suite.orders.modify_order(rests.orderId, limit_price=low + 1)
        assert await suite.orders.cancel_order(rests.orderId)
        await suite.orders.place_limit_order("MNQ", 1, 1, low * 10)
        for side in (0, 0):
            await suite.orders.place_market_order("MNQ", side, 1)
            await asyncio.sleep(1)
        await rare(suite, served, low)
        await suite.positions.add_position_alert("MNQ", pnl_threshold=0.5)
        await asyncio.sleep(30)
        assert (await suite.flatten()).proved
    return seen


def test_events_carry_the_documented_keys() -> None:
    """Each announced event has exactly the keys of its row, every time."""
    rows = {
        EventType[member]: frozenset(keys.split(", "))
        for member, keys in ROW.findall(TABLE.read_text(encoding="utf-8"))
    }
    market = run_virtual(announced())
    account = run_virtual(announced_of_an_account())
    seen = {kind: keys for kind, keys in market.items() if kind not in ACCOUNT} | account
    assert {kind: {frozenset(rows[kind])} for kind in seen} == seen
    assert set(seen) == set(rows) - OF_LIMITS
