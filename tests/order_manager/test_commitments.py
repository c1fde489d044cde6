"""Changes under way count as made."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py._core.orders.intents import Intent
from project_x_py._runtime.together import both, together
from project_x_py.simulator import faults

if TYPE_CHECKING:
    from project_x_py.order_manager import OrderManager

BUY = 0


class AtMost:
    """A gate that lets so many contracts be at stake."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.orders: OrderManager | None = None

    def deny(self, intent: Intent) -> str | None:
        """Count what works, what is unknown, and what is being changed."""
        assert self.orders is not None
        others = self.orders.position_door.open_orders()
        at_stake = sum(one.size for one in others if one.tag != intent.tag)
        total = at_stake + intent.request.size
        return f"{total} of {self.most}" if total > self.most else None


def gated(most: int) -> tuple[AtMost, dict[str, Any]]:
    gate = AtMost(most)
    return gate, {"gate": gate}


@in_virtual_time
async def test_two_changes_that_grow_do_not_both_pass() -> None:
    """Two of one each may become three together, and so may a change and an entry."""
    gate, options = gated(4)
    async with managed(**options) as (_, desk):
        gate.orders = desk.orders
        low = round(desk.price) - 100
        placed = [await desk.orders.place_limit_order("MNQ", BUY, 1, low - n) for n in range(2)]
        done = await together(desk.orders.modify_order(one.orderId, size=3) for one in placed)
        assert sorted(done) == [False, True]
        assert "4" in (desk.orders.last_error or "")
        await asyncio.sleep(1)
        assert sorted(order.size for order in await desk.orders.search_open_orders()) == [1, 3]
        grown = next(one for one, moved in zip(placed, done, strict=True) if moved)
        assert await desk.orders.modify_order(grown.orderId, size=1)
        other = next(one for one in placed if one is not grown)
        assert await desk.orders.modify_order(other.orderId, size=3)


@in_virtual_time
async def test_a_change_without_an_answer_counts_until_a_read_shows_it() -> None:
    """It is larger at the worst; afterwards it is what the gateway has."""
    gate, options = gated(4)
    async with managed(hub=False, **options) as (served, desk):
        gate.orders = desk.orders
        low = round(desk.price) - 100
        first = await desk.orders.place_limit_order("MNQ", BUY, 1, low)
        served.faults.apply(faults.LoseAnswer(route="/api/Order/modify", times=1))
        served.faults.apply(faults.Refuse(route="/api/Order/searchById", status=503, times=5))
        changing = asyncio.ensure_future(desk.orders.modify_order(first.orderId, size=4))
        await asyncio.sleep(0.5)
        (one,) = desk.orders.position_door.open_orders()
        assert one.size == 4
        await asyncio.wait({changing})
        served.faults.requests.clear()
        await asyncio.sleep(30)
        (one,) = desk.orders.position_door.open_orders()
        assert one.size == 4
        assert await desk.orders.modify_order(first.orderId, size=2)
        (one,) = desk.orders.position_door.open_orders()
        assert one.size == 2


@in_virtual_time
async def test_a_close_waits_for_what_the_gateway_was_asked_to_close() -> None:
    """One by an order beside one by the gateway, begun in either order, sells nothing twice."""
    for gateway_first in (True, False):
        async with managed() as (_, desk):
            await desk.orders.place_market_order("MNQ", BUY, 1)
            await asyncio.sleep(1)
            reduce = desk.orders.position_door.reduce_at_gateway(desk.contract_id, 1)
            close = desk.orders.close_position("MNQ")
            if gateway_first:
                await both(reduce, close)
            else:
                await both(close, reduce)
            await asyncio.sleep(1)
            assert await desk.held() == 0


@in_virtual_time
async def test_a_close_whose_answer_was_lost_holds_up_the_next_until_a_read() -> None:
    """What the gateway was asked to close is known from a read; then closing finds nothing."""
    async with managed() as (gateway, desk):
        await desk.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(1)
        gateway.faults.apply(faults.LoseAnswer(route="/api/Position/partialCloseContract"))
        await desk.orders.position_door.reduce_at_gateway(desk.contract_id, 1)
        assert await desk.orders.close_position("MNQ") is None
        assert await desk.held() == 0
