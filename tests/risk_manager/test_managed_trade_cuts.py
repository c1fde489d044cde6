"""Managed trades that are cut off at each of their awaits, one after the other."""

from __future__ import annotations

import asyncio
import itertools
import types
from collections.abc import Coroutine, Generator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.risk_manager.test_managed_trade import CLIENT, NATIVE, net, trading
from tests.virtual import in_virtual_time

from project_x_py import TradingSuite
from project_x_py.risk_manager import ManagedTrade
from project_x_py.simulator import SimulatedAccount
from project_x_py.types.trading import OrderSide, OrderType

SIZE = 2
QUIET = datetime(2026, 9, 2, 7, 0, tzinfo=UTC)
"""An hour of the night, with little to hear beside one's own orders."""


@types.coroutine
def cut_off(life: Coroutine[Any, Any, None], at: int) -> Generator[Any, Any, int]:
    """Run a life, and cancel the task that runs it at its await number ``at``.

    Returns:
        How often it awaited, when it came to its end before.
    """
    steps, seen = life.__await__(), 0
    awaited = next(steps)
    while True:
        seen += 1
        task = asyncio.current_task()
        if seen == at and task is not None:
            task.cancel()
        try:
            try:
                sent = yield awaited
            except asyncio.CancelledError as exc:
                awaited = steps.throw(exc)
            else:
                awaited = steps.send(sent)
        except StopIteration:
            return seen


async def market_life(trade: ManagedTrade, price: float) -> None:
    """In at the market, the stop moved, a part left, the rest left."""
    async with trade:
        await trade.enter_long(stop_loss=price - 150, take_profit=price + 150, size=SIZE)
        await trade.adjust_stop(price - 140)
        await trade.scale_out(1)
        await trade.close_position()


async def resting_life(trade: ManagedTrade, price: float) -> None:
    """A limit that does not fill, and is taken back when the block is left."""
    async with trade:
        await trade.enter_bracket(SIZE, price - 100, price - 150, price + 50)


async def is_in_order(suite: TradingSuite, at: int) -> int:
    """Return what is held, once every stop covers it and no entry works or is unknown."""
    held = await net(suite)
    working = await suite.orders.search_open_orders()
    assert 0 <= held <= SIZE, at
    assert sum(one.size for one in working if one.type == OrderType.STOP) == held, (at, working)
    assert not [one for one in working if one.side == OrderSide.BUY], at
    assert suite.working_report().unprotected == {}, at
    return held


async def cut_everywhere(accounts: tuple[SimulatedAccount, ...], *lives: Any) -> list[int]:
    """Cut lives off at each of their awaits; return how many each has."""
    async with trading(accounts=accounts, start=QUIET, max_daily_trades=1_000) as (_, suite, price):
        return [await cut_through(suite, life, price) for life in lives]


async def cut_through(suite: TradingSuite, life: Any, price: float) -> int:
    """Cut a life off at each of its awaits, and look each time what is left; return how many."""
    for at in itertools.count(1):
        trade = suite.managed_trade(max_risk_amount=1_000)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(cut_off(life(trade, price), at))
        await asyncio.sleep(1)
        held = await is_in_order(suite, at)
        assert (await trade.get_summary())["held"] == held, at
        assert await trade.emergency_exit(), (at, trade.last_error)
        await asyncio.sleep(0.5)
        assert (await net(suite), await suite.orders.search_open_orders()) == (0, []), at
        if not task.cancelled():
            return at
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize(
    "accounts",
    [
        pytest.param(CLIENT, id="client"),
        pytest.param(NATIVE, marks=pytest.mark.long, id="native"),
    ],
)
@in_virtual_time
async def test_cut_off_at_any_await_it_leaves_all_in_order(
    accounts: tuple[SimulatedAccount, ...],
) -> None:
    """A stop for what is held, nothing else that works, and the suite trades on."""
    market, resting = await cut_everywhere(accounts, market_life, resting_life)
    assert market > 10
    assert resting > 2
