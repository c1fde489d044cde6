"""A stop and a target of one position that both fill: the reversal does not stay."""

from __future__ import annotations

import asyncio

from tests.order_manager.managers import Desk, managed
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py._core.submission import Accepted, OrderEdit
from project_x_py.simulator import SimulatedGateway, faults

BUY, SELL = 0, 1
LIMIT, MARKET, STOP = 1, 2, 4


async def both_fill(gateway: SimulatedGateway, desk: Desk, size: int = 2) -> None:
    """Hold some with a pair around it, and have the market be beyond both before anybody knows."""
    orders = desk.orders
    await orders.place_market_order("MNQ", BUY, size)
    await asyncio.sleep(1)
    stop = await orders.add_stop_loss("MNQ", desk.price - 100)
    target = await orders.add_take_profit("MNQ", desk.price + 100)
    assert stop is not None
    assert target is not None
    await orders.track_oco_pair(stop.orderId, target.orderId)
    await asyncio.sleep(2)
    gateway.faults.apply(faults.Refuse(route="/api/Order/cancel", times=4))
    straight = desk.client.order_gateway()
    last = round(desk.price * 4)

    async def move(order_id: int, **prices: int) -> bool:
        edit = OrderEdit(
            account_id=orders.account_id,
            order_id=order_id,
            contract_id=desk.contract_id,
            **prices,
        )
        return isinstance(await straight.modify(edit), Accepted)

    nearest = (tick for tick in range(last + 60, last - 60, -1))
    while not await move(stop.orderId, stop=next(nearest)):
        pass
    assert await move(target.orderId, limit=last - 400)


def trades(desk: Desk) -> list[tuple[int, int, int]]:
    """Type, side and size of what has filled completely, as told."""
    filled = [event.data["order"] for event in desk.events if event.type is EventType.ORDER_FILLED]
    return [(order.type, order.side, order.size) for order in filled]


@in_virtual_time
async def test_what_a_pair_took_off_twice_is_brought_back() -> None:
    """Two were held and four were sold: two are bought, and nothing is held."""
    async with managed() as (gateway, desk):
        await both_fill(gateway, desk)
        await asyncio.sleep(12)
        assert sorted(trades(desk)[1:3]) == [(LIMIT, SELL, 2), (STOP, SELL, 2)]
        assert trades(desk)[3:] == [(MARKET, BUY, 2)]
        assert (await desk.held(), await desk.orders.search_open_orders()) == (0, [])


@in_virtual_time
async def test_what_the_user_has_brought_back_is_not_brought_back_again() -> None:
    """What is held then is asked for, and nothing is on the wrong side."""
    async with managed() as (gateway, desk):
        await both_fill(gateway, desk)
        await desk.orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(12)
        assert sum(kind == MARKET for kind, _, _ in trades(desk)) == 2
        assert await desk.held() == 0


@in_virtual_time
async def test_an_entry_to_the_other_side_stays() -> None:
    """A strategy that sells one when it is stopped out is short of one, and of no more."""
    async with managed() as (gateway, desk):
        await both_fill(gateway, desk)
        await desk.orders.place_market_order("MNQ", SELL, 1)
        await asyncio.sleep(12)
        assert await desk.held() == -1


@in_virtual_time
async def test_a_trade_whose_answer_is_lost_is_made_once() -> None:
    """Until it is known what became of it nothing else is sent."""
    async with managed() as (gateway, desk):
        await both_fill(gateway, desk)
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/place"))
        await asyncio.sleep(15)
        assert trades(desk)[3:] == [(MARKET, BUY, 2)]
        assert await desk.held() == 0
