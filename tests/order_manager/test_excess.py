"""Stops and targets of a position never take off more than is held of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.order_manager.managers import Desk, managed
from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py._core.submission import Accepted
from project_x_py._runtime.journal import Journal
from project_x_py.client import ProjectX
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_manager import OrderManager
from project_x_py.simulator import SimulatedGateway, faults

BUY, SELL = 0, 1


async def held(desk: Desk, size: int = 3) -> tuple[int, int]:
    """Buy, and protect what was bought; the ids of stop and target."""
    await desk.orders.place_market_order("MNQ", BUY, size)
    await asyncio.sleep(1)
    stop = await desk.orders.add_stop_loss("MNQ", desk.price - 100)
    target = await desk.orders.add_take_profit("MNQ", desk.price + 100)
    await asyncio.sleep(2)
    assert stop is not None
    assert target is not None
    return stop.orderId, target.orderId


async def sizes(desk: Desk) -> dict[int, int]:
    """What works, by id, a moment later."""
    await asyncio.sleep(3)
    return {order.id: order.size for order in await desk.orders.search_open_orders()}


@in_virtual_time
async def test_sizes_follow_what_is_closed_by_anybody() -> None:
    """A part at the gateway's door, a part by another order, and the rest."""
    async with managed() as (_, desk):
        stop, target = await held(desk)
        await desk.orders.position_door.reduce_at_gateway(desk.contract_id, 1)
        assert await sizes(desk) == {stop: 2, target: 2}
        await desk.orders.place_market_order("MNQ", SELL, 1)
        assert await sizes(desk) == {stop: 1, target: 1}
        await desk.orders.place_market_order("MNQ", SELL, 2)
        assert await sizes(desk) == {}
        assert await desk.held() == -1


@in_virtual_time
async def test_a_stop_that_is_placed_again_takes_the_place_of_the_one_before() -> None:
    """The newest stays, and the older keeps what the newest leaves to it."""
    async with managed() as (_, desk):
        stop, target = await held(desk)
        part = await desk.orders.add_stop_loss("MNQ", desk.price - 50, 1)
        assert part is not None
        assert await sizes(desk) == {stop: 2, target: 3, part.orderId: 1}
        whole = await desk.orders.add_stop_loss("MNQ", desk.price - 80)
        assert whole is not None
        assert await sizes(desk) == {target: 3, whole.orderId: 3}


@in_virtual_time
async def test_what_is_added_is_not_cut_by_what_was_said_before() -> None:
    """Positions that are told of late say less than is held, and cut nothing off."""
    async with managed() as (gateway, desk):
        await held(desk, 1)
        gateway.faults.apply(faults.DelayMessages(hub="user", seconds=4))
        await desk.orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(0.5)
        again = await desk.orders.add_stop_loss("MNQ", desk.price - 90)
        assert again is not None
        for _ in range(4):
            working = await sizes(desk)
            assert working[again.orderId] == 3
        assert sum(working.values()) == 4


@in_virtual_time
async def test_a_statement_that_comes_late_cuts_nothing() -> None:
    """It is stamped when it comes, and tells of what was held long before."""
    async with managed() as (_, desk):
        stop, target = await held(desk)
        parts = desk.orders._parts
        told = next(iter(parts.holdings.book))
        late = replace(told, net=1, recv_ns=parts.clock.now_ns())
        parts.on_position(late)
        assert parts.holdings.net(desk.contract_id) == 1
        assert await sizes(desk) == {stop: 3, target: 3}


@in_virtual_time
async def test_orders_for_a_position_that_is_to_come_are_left_alone() -> None:
    """A stop tracked while flat works on until what it was for was held, and is held no more."""
    async with managed() as (_, desk):
        early = await desk.orders.place_stop_order("MNQ", SELL, 2, desk.price - 90)
        await desk.orders.track_order_for_position("MNQ", early.orderId, "stop")
        other = await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 90)
        await asyncio.sleep(15)
        assert set(await sizes(desk)) == {early.orderId, other.orderId}
        await desk.orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(3)
        await desk.orders.close_position("MNQ")
        assert set(await sizes(desk)) == {other.orderId}


@in_virtual_time
async def test_a_change_that_is_refused_is_asked_for_again() -> None:
    """With the next statement, not in a hurry."""
    async with managed() as (gateway, desk):
        stop, target = await held(desk)
        gateway.faults.apply(faults.Answer(route="/api/Order/modify", code=3, times=2))
        await desk.orders.position_door.reduce_at_gateway(desk.contract_id, 1)
        await asyncio.sleep(15)
        assert await sizes(desk) == {stop: 2, target: 2}


@in_virtual_time
async def test_what_a_bracket_protects_gets_no_second_stop() -> None:
    """Both would fill; what is held beyond the bracket may have one, and so may a target."""
    async with managed() as (_, desk):
        price = desk.price
        placed = await desk.orders.place_bracket_order(
            "MNQ", BUY, 2, price, price - 100, None, "market"
        )
        assert placed.success
        await asyncio.sleep(2)
        with pytest.raises(ProjectXOrderError, match="2 have the stop of a bracket"):
            await desk.orders.add_stop_loss("MNQ", price - 90)
        assert await desk.orders.add_take_profit("MNQ", price + 90) is not None
        await desk.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(2)
        with pytest.raises(ProjectXOrderError, match="none for 2 more"):
            await desk.orders.add_stop_loss("MNQ", price - 90, 2)
        rest = await desk.orders.add_stop_loss("MNQ", price - 90)
        assert rest is not None
        working = await sizes(desk)
        assert (working[rest.orderId], sum(working.values())) == (1, 5)
        await desk.orders.close_position("MNQ")
        assert await sizes(desk) == {}


@in_virtual_time
async def test_the_next_run_cancels_what_a_position_left_behind(tmp_path: Path) -> None:
    """Closed while no program ran: stop and target are known for what they are."""

    @asynccontextmanager
    async def manager(client: ProjectX) -> AsyncIterator[OrderManager]:
        journal = Journal(tmp_path / "orders.sqlite", threaded=False)
        orders = OrderManager(client, EventBus(), journal=journal)
        assert await orders.initialize()
        try:
            yield orders
        finally:
            await orders.cleanup()

    async with (
        SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway,
        ProjectX(**login(gateway)) as client,
    ):
        await client.authenticate()
        price = (await client.get_bars("MNQ", days=1, interval=1))["close"][-1]
        async with manager(client) as orders:
            await orders.place_market_order("MNQ", BUY, 2)
            await asyncio.sleep(2)
            await orders.add_stop_loss("MNQ", price - 100)
            await orders.add_take_profit("MNQ", price + 100)
            other = await orders.place_stop_order("MNQ", SELL, 1, price - 120)
            await asyncio.sleep(1)
        account_id = client.get_account_info().id
        contract_id = gateway.contracts[0].contract_id
        assert isinstance(
            await client.order_gateway().close_position(account_id, contract_id), Accepted
        )
        async with manager(client) as orders:
            await asyncio.sleep(5)
            found = [order.id for order in await orders.search_open_orders()]
        assert found == [other.orderId]
