"""Managed trades when answers are lost, refused, late, and when calls are cut off, by seed."""

from __future__ import annotations

import asyncio
import random

import pytest
from tests.risk_manager.test_managed_trade import CLIENT, NATIVE, net, trading
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXError
from project_x_py.risk_manager import ManagedTrade
from project_x_py.simulator import SimulatedAccount, SimulatedGateway, faults
from project_x_py.types.trading import OrderSide, OrderStatus, OrderType

PLACE, MODIFY = "/api/Order/place", "/api/Order/modify"
SIZE = 2


def trouble(rng: random.Random, gateway: SimulatedGateway) -> None:
    """Something goes wrong with one of the next requests, or nothing does."""
    route = rng.choice([PLACE, PLACE, MODIFY, "/api/Order/cancel"])
    made = rng.choice(
        [
            None,
            faults.LoseAnswer(route=route),
            faults.Cut(route=route),
            faults.TearAnswer(route=route),
            faults.Refuse(route=route, status=503),
            faults.Answer(route=route, code=2, message="no"),
            faults.DelayAnswers(route=route, seconds=0.3),
        ]
    )
    if made is not None:
        gateway.faults.apply(made)


async def lived(
    rng: random.Random, gateway: SimulatedGateway, trade: ManagedTrade, price: float
) -> None:
    """One trade's life, with trouble before each of its steps."""
    async with trade:
        steps = [
            lambda: trade.enter_long(stop_loss=price - 150, take_profit=price + 150, size=SIZE),
            lambda: trade.exit_partial(1),
            lambda: trade.adjust_stop(price - 120),
            lambda: trade.scale_out(1, limit_price=price + 120),
            lambda: trade.close_position(),
        ]
        for step in steps[: rng.randint(1, len(steps))]:
            trouble(rng, gateway)
            try:
                await step()
            except (ProjectXError, ValueError):
                continue


async def play(seed: int, accounts: tuple[SimulatedAccount, ...]) -> None:
    """Let a trade live, perhaps cut off, and look at what the gateway has afterwards."""
    rng = random.Random(seed)
    async with trading(accounts=accounts) as (gateway, suite, price):
        trade = suite.managed_trade(max_risk_amount=1_000)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(lived(rng, gateway, trade, price))
            if rng.random() < 0.4:
                await asyncio.sleep(rng.random() * 1.5)
                task.cancel()
        await asyncio.sleep(15)
        held = await net(suite)
        working = await suite.orders.search_open_orders()
        covered = sum(one.size for one in working if one.type == OrderType.STOP)
        entries = [one for one in working if one.side == OrderSide.BUY]
        bought = [
            one.fillVolume
            for one in await suite.orders.query_orders([OrderStatus.FILLED])
            if one.side == OrderSide.BUY
        ]
        assert 0 <= held <= SIZE
        assert covered == held, (seed, held, working)
        assert entries == []
        assert sum(bought) <= SIZE
        assert await trade.emergency_exit()
        # A cancellation that was lost is sent once more after five seconds.
        await asyncio.sleep(15)
        assert await net(suite) == 0
        assert await suite.orders.search_open_orders() == []


@pytest.mark.parametrize("seed", [0, 1, 108])
@in_virtual_time
async def test_nothing_is_doubled_and_nothing_is_left_unprotected(seed: int) -> None:
    """Whatever is lost: one entry at most, a stop for what is held, nothing else that works."""
    await play(seed, NATIVE if seed % 2 else CLIENT)


@pytest.mark.long
@pytest.mark.parametrize("first", [0, *range(100, 200, 10)])
@in_virtual_time
async def test_nothing_is_doubled_on_many(first: int) -> None:
    """The same for many seeds."""
    for seed in range(first, first + 3):
        await play(seed, NATIVE if seed % 2 else CLIENT)
