"""Orders over real sockets, and what a market does to them: each once, and short."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.processes import LIMIT_S
from tests.suites import login

from project_x_py.simulator import SimulatedGateway, faults
from project_x_py.trading_suite import TradingSuite

EVENING = datetime(2026, 9, 1, 19, 0, tzinfo=UTC)
"""Two in the afternoon in Chicago."""
BUY, SELL = 0, 1
OPEN = 1
CLOSED = "not in an active trading status"


@asynccontextmanager
async def trading(**gateway: Any) -> AsyncIterator[tuple[SimulatedGateway, TradingSuite, float]]:
    """A suite over sockets, and the price of its instrument."""
    options = {"start": EVENING, "instruments": ("MNQ",), **gateway}
    async with SimulatedGateway(**options) as served:
        suite = await TradingSuite.create("MNQ", initial_days=1, **login(served))
        try:
            price = await suite.data.get_current_price()
            assert price is not None
            yield served, suite, price
        finally:
            await suite.disconnect()


async def until(enough: Callable[[], bool]) -> None:
    """Wait for something that is told over a socket."""
    async with asyncio.timeout(LIMIT_S):
        while not enough():
            await asyncio.sleep(0.02)


async def rests(suite: TradingSuite, order_id: int) -> None:
    """Wait until an order has come from the gateway's door to its market."""
    async with asyncio.timeout(LIMIT_S):
        while (row := await suite.orders.get_order_by_id(order_id)) is None or row.status != OPEN:
            await asyncio.sleep(0.02)


def working(suite: TradingSuite) -> list[tuple[str, str, int]]:
    """Kind, side and size of what works, oldest first."""
    return [(one.kind, one.side, one.size) for one in suite.working_report().orders]


def net(suite: TradingSuite) -> int:
    """Contracts held."""
    return sum(suite.working_report().positions.values())


async def test_the_life_of_a_bracket_and_a_reversal() -> None:
    """Legs follow the position: made with it, smaller with a part of it, gone with a reversal."""
    async with trading() as (_, suite, price):
        orders = suite.orders
        placed = await orders.place_bracket_order(
            "MNQ", BUY, 3, None, price - 400, price + 400, "market"
        )
        assert placed.success, placed.error_message
        await until(lambda: working(suite) == [("stop", "sell", 3), ("limit", "sell", 3)])
        assert not suite.working_report().unprotected
        await suite.positions.partially_close_position("MNQ", 1)
        await until(lambda: net(suite) == 2)
        await until(lambda: working(suite) == [("stop", "sell", 2), ("limit", "sell", 2)])
        assert (await orders.place_market_order("MNQ", SELL, 5)).success
        await until(lambda: net(suite) == -3)
        await until(lambda: not working(suite))
        proof = await suite.flatten()
        assert proof.proved, proof.reason
        assert net(suite) == 0


async def test_a_part_of_an_entry_is_protected_at_once() -> None:
    """What a thin book fills has legs of its size; the rest of the entry may be cancelled."""
    async with trading() as (gateway, suite, _):
        contract = gateway.contracts[0]
        asks = gateway.market.snapshot(contract.contract_id).asks
        at = contract.grid.price(asks[0][0])
        placed = await suite.orders.place_bracket_order(
            "MNQ", BUY, 500, at, at - 400, at + 400, "limit"
        )
        assert placed.success, placed.error_message
        assert placed.entry_order_id is not None
        await until(lambda: 0 < net(suite) < 500)
        await suite.orders.cancel_order(placed.entry_order_id)

        def covered() -> bool:
            sizes = [size for kind, side, size in working(suite) if side == "sell"]
            return sizes == [net(suite)] * 2 and len(working(suite)) == 2

        await until(covered)
        assert not suite.working_report().unprotected


async def test_a_protective_order_is_not_held_up_by_queries() -> None:
    """While queries are throttled, a stop is accepted; none of them has got through before it."""
    async with trading() as (gateway, suite, price):
        assert (await suite.orders.place_market_order("MNQ", BUY, 1)).success
        await until(lambda: net(suite) == 1)
        for route in ("Order/v2/query", "Trade/search", "Account/search", "History/retrieveBars"):
            gateway.faults.refuse_next(429, times=200, route=f"/api/{route}", retry_after_s=30)
        async with asyncio.TaskGroup() as tasks:
            storm = [
                tasks.create_task(suite.client.get_bars("MNQ", days=1, interval=1 + n))
                for n in range(5)
            ]
            storm += [tasks.create_task(suite.client.list_accounts()) for _ in range(5)]
            await asyncio.sleep(0.1)
            stop = await suite.orders.place_stop_order("MNQ", SELL, 1, price - 300)
            assert stop.success
            assert not any(task.done() for task in storm)
            for task in storm:
                task.cancel()
        assert not suite.working_report().unprotected


@pytest.mark.parametrize("what", ["halt", "daily break"])
async def test_a_market_that_stops(what: str) -> None:
    """New orders get the gateway's words; in a halt orders rest, a day's end cancels them."""
    async with trading() as (gateway, suite, price):
        resting = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 300)
        await rests(suite, resting.orderId)
        halted = what == "halt"
        gateway.faults.apply(faults.Halt(seconds=3600) if halted else faults.DailyBreak())
        refused = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 301)
        assert not refused.success
        assert CLOSED in (refused.errorMessage or "")
        await until(lambda: len(working(suite)) == (1 if halted else 0))
        row = await suite.orders.get_order_by_id(resting.orderId)
        assert row is not None
        assert row.is_working is halted
        gateway.faults.apply(faults.Resume())
        again = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 302)
        assert again.success, again.errorMessage


async def test_flat_is_proved_although_answers_are_lost() -> None:
    """A close whose answer never comes is not sent twice, and the proof says what is true."""
    async with trading() as (gateway, suite, price):
        placed = await suite.orders.place_bracket_order(
            "MNQ", BUY, 2, None, price - 400, price + 400, "market"
        )
        assert placed.success, placed.error_message
        gateway.faults.apply(faults.LoseAnswer(route="/api/Position/closeContract"))
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/cancel"))
        proof = await suite.flatten()
        assert proof.proved, proof.reason
        assert (net(suite), working(suite)) == (0, [])
        trades = await suite.client.search_trades()
        assert sum(trade.size if trade.side == BUY else -trade.size for trade in trades) == 0
        assert sum(trade.size for trade in trades) == 4
