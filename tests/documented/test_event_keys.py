"""Every event happens in a suite, with the keys of docs/reference/events.md and its typed model."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import pytest
from tests.architecture.source import ROOT
from tests.suites import simulated_suite

from project_x_py import EventType, TradingSuite
from project_x_py._core.records import Aggressor, Trade
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event
from project_x_py.exceptions import RiskLimitExceeded
from project_x_py.models import MarketDataEvent, OrderUpdateEvent, PositionUpdateEvent
from project_x_py.risk_manager import RiskConfig
from project_x_py.simulator import ExchangeQuirks, Quirks, SimulatedGateway, faults

OPEN = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
TABLE = ROOT / "docs" / "reference" / "events.md"
OF_ACCOUNTS = ("order", "position", "risk", "stop", "take")
ACCOUNT = {kind for kind in EventType if kind.value.split("_")[0] in OF_ACCOUNTS}
MODELS: dict[str, type] = {
    "order": OrderUpdateEvent,
    "position": PositionUpdateEvent,
    "quote": MarketDataEvent,
}
"""First word of an event's name to the model of its data."""
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


class Seen:
    """What a suite has announced: keys and models by kind."""

    def __init__(self, kinds: Iterable[EventType]) -> None:
        self._kinds = set(kinds)
        self.keys: dict[EventType, set[frozenset[str]]] = {}
        self.models: dict[EventType, set[type]] = {}

    async def note(self, event: Event) -> None:
        if isinstance(event.type, EventType) and event.type in self._kinds:
            self.keys.setdefault(event.type, set()).add(frozenset(event.data))
            self.models.setdefault(event.type, set()).add(type(event.model()))


async def of_a_market(seen: Seen) -> None:
    """Half a minute of a market, with a handler that fails, a hub that is mute and one too slow."""

    async def fail(event: Event) -> None:
        raise RuntimeError("a handler that fails")

    start = {"start": OPEN}
    async with simulated_suite(
        "MNQ",
        gateway=start,
        timeframes=["15sec", "1min"],
        features=["orderbook"],
        initial_days=1,
        auto_connect=False,
        memory_limit_mb=0.001,
    ) as (gateway, suite):
        await suite.events.on_any(seen.note)
        await suite.once(EventType.NEW_BAR, fail)
        await suite.connect()
        await asyncio.sleep(31)
        now_ns = gateway.clock.now_ns()
        other = Trade("CON.F.US.MNQ.H30", 80_000, 1, Aggressor.BUY, now_ns, now_ns)
        suite.data.on_trades([other])
        gateway.faults.mute("market")
        await asyncio.sleep(6)
        gateway.faults.unmute("market")
        gateway.faults.apply(faults.Refuse(status=429))
        await suite.client.list_accounts()
        await suite.realtime.configure_health_monitoring(1.0, 0.0, latency_threshold_ms=1.0)
        gateway.faults.apply(faults.DelayMessages(seconds=0.1))
        await asyncio.sleep(10)


async def of_an_account(seen: Seen) -> None:
    """Orders that rest, change, fill, expire and are refused, and a position that is watched."""
    quirks = Quirks(exchange=ExchangeQuirks(fill_events=("position", "order", "account", "trade")))
    async with simulated_suite("MNQ", gateway={"start": OPEN, "quirks": quirks}) as (served, suite):
        await suite.events.on_any(seen.note)
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


async def of_limits(seen: Seen) -> None:
    """A stop and a target that fill, and an entry that is one too many."""
    async with simulated_suite(
        "MNQ",
        gateway={"start": OPEN},
        initial_days=1,
        features=["risk_manager"],
        risk_config=RiskConfig(max_position_size=1, use_trailing_stops=False),
    ) as (_, suite):
        await suite.events.on_any(seen.note)
        await asyncio.sleep(3)
        risk = suite.risk_manager
        assert risk is not None
        for stop, target in ((1.0, 500.0), (500.0, 1.0)):
            await suite.orders.place_market_order("MNQ", 0, 1)
            await asyncio.sleep(1)
            (held,) = await suite.positions.get_all_positions()
            with pytest.raises(RiskLimitExceeded):
                await suite.orders.place_market_order("MNQ", 0, 1)
            last = await suite.data.get_current_price()
            assert last is not None
            await risk.attach_risk_orders(held, last - stop, last + target)
            for _ in range(300):
                await asyncio.sleep(1)
                if not await suite.positions.get_all_positions():
                    break


@cache
def seen() -> Seen:
    """What three suites have announced; each kind is taken where it belongs."""
    both = Seen(EventType)
    for scenario, kinds in (
        (of_a_market, set(EventType) - ACCOUNT),
        (of_an_account, ACCOUNT),
        (of_limits, ACCOUNT),
    ):
        told = Seen(kinds)
        run_virtual(scenario(told))
        for kind, keys in told.keys.items():
            both.keys.setdefault(kind, set()).update(keys)
            both.models.setdefault(kind, set()).update(told.models[kind])
    return both


def test_every_event_happens_with_its_documented_keys() -> None:
    """Each of all kinds is announced in a suite, with exactly the keys of its row every time."""
    rows = {
        EventType[member]: frozenset(keys.split(", "))
        for member, keys in ROW.findall(TABLE.read_text(encoding="utf-8"))
    }
    assert set(rows) == set(EventType)
    found = seen().keys
    assert set(EventType) - set(found) == set()
    assert {kind: {rows[kind]} for kind in found} == found


@pytest.mark.checklist(152)
def test_events_of_orders_positions_and_quotes_are_typed() -> None:
    """``event.model()`` gives the model of what the suite announces, and None for other events."""
    for kind, models in seen().models.items():
        wanted = MODELS.get(kind.value.split("_")[0], type(None))
        if kind is EventType.POSITION_PNL_UPDATE:
            wanted = type(None)
        assert models == {wanted}, kind
