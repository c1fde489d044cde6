"""Stops that follow the market, on a suite of the simulated gateway.

Trades that the market does not make are announced on the bus, so that the levels are exact.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.suites import login, simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py.event_bus import Event
from project_x_py.order_tracker import OrderChainBuilder
from project_x_py.simulator import SimulatedGateway, faults
from project_x_py.trading_suite import TradingSuite
from project_x_py.types import OrderStatus, OrderType

BUY, SELL = 0, 1
QUICK: dict[str, Any] = {"timeframes": ["1min"], "initial_days": 1}
REFUSAL = "Brackets cannot be used with Position Brackets. You must enable Auto OCO."


class Trade:
    """A market entry whose stop follows 200 points behind, and what is told of stops.

    Args:
        suite: Where it is.
        sign: 1 for a long position, -1 for a short one.
        handlers: On the instrument's bus, before.
    """

    def __init__(self, suite: TradingSuite, sign: int, handlers: int) -> None:
        self.suite = suite
        self.sign = sign
        self.handlers = handlers
        self.fill = 0.0
        self.stop_id = 0
        self.lost: list[int] = []

    async def take(self, event: Event) -> None:
        """Keep a stop that was taken off."""
        if event.data["order_type"] == OrderType.STOP:
            self.lost.append(event.data["order_id"])

    async def at(self, profit: float) -> float:
        """Let the market trade at a profit, and return the profit that the stop then leaves."""
        contract = self.suite["MNQ"].instrument_info
        data = {"contract_id": contract.id, "price": self.fill + profit * self.sign}
        for _ in range(2):
            self.suite["MNQ"].event_bus.publish(EventType.TRADE_TICK, data)
            await asyncio.sleep(1.2)
        stop = await self.suite.orders.get_order_by_id(self.stop_id)
        assert stop is not None
        assert stop.stopPrice is not None
        assert stop.is_working
        return (stop.stopPrice - self.fill) * self.sign


@asynccontextmanager
async def trade(
    side: int = BUY, trigger: float | None = None, *, native: bool = True
) -> AsyncIterator[tuple[SimulatedGateway, Trade]]:
    """A trade that has filled, its stop at the gateway."""
    async with simulated_suite(**QUICK) as (gateway, suite):
        if not native:
            gateway.faults.apply(faults.Answer(route="/api/Order/place", code=2, message=REFUSAL))
        bus = suite["MNQ"].event_bus
        watched = Trade(suite, 1 if side == BUY else -1, bus.get_handler_count() + 1)
        await bus.on(EventType.ORDER_CANCELLED, watched.take)
        chain = OrderChainBuilder(suite).market_order(1, side).with_trail_stop(200, trigger)
        placed = await chain.execute()
        assert placed.success, placed.error_message
        assert placed.stop_order_id is not None
        assert placed.entry_order_id is not None
        await asyncio.sleep(3)
        entry = await suite.orders.get_order_by_id(placed.entry_order_id)
        assert entry is not None
        assert entry.filledPrice is not None
        watched.fill, watched.stop_id = entry.filledPrice, placed.stop_order_id
        yield gateway, watched


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("side", [BUY, SELL])
@in_virtual_time
async def test_a_stop_follows_and_never_goes_back(side: int, native: bool) -> None:
    """It stays the distance behind the best price, is never taken off, and ends with the trade."""
    async with trade(side, native=native) as (_, watched):
        assert await watched.at(100) == -100
        assert await watched.at(40) == -100
        assert await watched.at(120.1) == -80
        assert watched.lost == []
        await watched.suite.orders.close_position("MNQ")
        await asyncio.sleep(20)
        assert watched.lost == [watched.stop_id]
        assert watched.suite["MNQ"].event_bus.get_handler_count() == watched.handlers


@in_virtual_time
async def test_nothing_moves_before_the_trigger() -> None:
    """Up to the trigger the stop is where it was; from there on it follows."""
    async with trade(trigger=100) as (_, watched):
        before = await watched.at(99)
        assert before == pytest.approx(-200, abs=5)
        assert await watched.at(101) == -99


@in_virtual_time
async def test_what_its_owner_has_moved_closer_stays() -> None:
    """A stop that was moved beyond where it would follow is left there by all parts."""
    async with trade() as (_, watched):
        level = watched.fill - 50
        assert await watched.suite.orders.modify_order(watched.stop_id, stop_price=level)
        assert await watched.at(100) == -50
        assert await watched.at(160) == -40


@in_virtual_time
async def test_a_refused_move_leaves_the_stop_working() -> None:
    """The stop stays where it was, and is moved with a later trade."""
    async with trade() as (gateway, watched):
        gateway.faults.apply(
            faults.Answer(route="/api/Order/modify", code=3, message="busy", times=100)
        )
        assert await watched.at(100) == pytest.approx(-200, abs=5)
        gateway.faults.requests.clear()
        assert await watched.at(100) == -100


@in_virtual_time
async def test_it_ends_with_an_entry_that_never_fills() -> None:
    """Cancelled before a fill, the chain leaves no handler and no order."""
    async with simulated_suite(**QUICK) as (_, suite):
        price = await suite.data.get_current_price()
        assert price is not None
        bus = suite["MNQ"].event_bus
        before = bus.get_handler_count()
        chain = OrderChainBuilder(suite).limit_order(1, price - 100).with_trail_stop(10)
        placed = await chain.execute()
        assert placed.entry_order_id is not None
        assert bus.get_handler_count() > before
        await asyncio.sleep(5)
        assert await suite.orders.cancel_order(placed.entry_order_id)
        await asyncio.sleep(5)
        entry = await suite.orders.get_order_by_id(placed.entry_order_id)
        assert entry is not None
        assert entry.status == OrderStatus.CANCELLED
        assert bus.get_handler_count() == before
        assert await suite.orders.search_open_orders() == []


@in_virtual_time
async def test_a_stop_stays_where_it_was_moved_after_a_restart(tmp_path: Path) -> None:
    """What an earlier run has moved closer is not moved back by the one that takes it up."""
    options = {**QUICK, "order_journal": tmp_path / "orders.sqlite"}
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        first = await TradingSuite.create("MNQ", **login(gateway), **options)
        placed = await first.order_chain().market_order(1).with_stop_loss(offset=200).execute()
        assert placed.stop_order_id is not None
        assert placed.stop_loss_price is not None
        level = placed.stop_loss_price + 100
        await asyncio.sleep(3)
        assert await first.orders.modify_order(placed.stop_order_id, stop_price=level)
        await first.disconnect()
        second = await TradingSuite.create("MNQ", **login(gateway), **options)
        await asyncio.sleep(20)
        (stop,) = await second.orders.search_open_orders()
        assert (stop.id, stop.stopPrice) == (placed.stop_order_id, level)
        await second.disconnect()


@in_virtual_time
async def test_a_stop_follows_on_in_the_next_run(tmp_path: Path) -> None:
    """From where it was, past its trigger, never back; and it is forgotten with its trade."""
    options = {**QUICK, "order_journal": tmp_path / "orders.sqlite"}
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        suite = await TradingSuite.create("MNQ", **login(gateway), **options)
        chain = suite.order_chain().market_order(1).with_trail_stop(200, 100)
        placed = await chain.execute()
        assert placed.stop_order_id is not None
        assert placed.entry_order_id is not None
        await asyncio.sleep(3)
        entry = await suite.orders.get_order_by_id(placed.entry_order_id)
        assert entry is not None
        assert entry.filledPrice is not None
        levels: list[float] = []
        for profits in ((101,), (40, 120, 90)):
            watched = Trade(suite, 1, 0)
            watched.fill, watched.stop_id = entry.filledPrice, placed.stop_order_id
            levels += [await watched.at(profit) for profit in profits]
            if len(levels) == 1:
                await suite.disconnect()
                suite = await TradingSuite.create("MNQ", **login(gateway), **options)
        assert levels == [-99, -99, -80, -80]
        await suite.orders.close_position("MNQ")
        await asyncio.sleep(20)
        assert suite.orders.memos.found("trail") == {}
        await suite.disconnect()
