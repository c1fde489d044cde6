"""Without an order manager: straight at the gateway, once each."""

from __future__ import annotations

from tests.position_manager.ports import MNQ, UNKNOWN, FixedClock, Lists

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.orders.state import WORKING
from project_x_py._core.records import OrderUpdate
from project_x_py._core.submission import (
    Accepted,
    Lane,
    Listed,
    OrderEdit,
    OrderRequest,
    Outcome,
)
from project_x_py.position_manager._gateway_door import GatewayDoor


class Requests:
    """A gateway that takes everything and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def _take(self, *what: object) -> Outcome:
        self.asked.append(what)
        return Accepted(None)

    async def place(self, order: OrderRequest, *, lane: Lane = Lane.ENTRY) -> Outcome:
        return self._take("place", order.size)

    async def modify(self, edit: OrderEdit, *, lane: Lane = Lane.PROTECTIVE) -> Outcome:
        return self._take("modify", edit.order_id)

    async def cancel(self, account_id: int, order_id: int) -> Outcome:
        return self._take("cancel", order_id)

    async def close_position(self, account_id: int, contract_id: str) -> Outcome:
        return self._take("close", contract_id)

    async def reduce_position(self, account_id: int, contract_id: str, size: int) -> Outcome:
        return self._take("reduce", contract_id, size)


def working(number: int) -> OrderUpdate:
    """An order that works."""
    return OrderUpdate(
        id=number, account_id=1, contract_id=MNQ, status=1, type=1, side=0, size=1, recv_ns=1
    )


async def test_each_call_is_one_request() -> None:
    """A close, a part of one, and nothing else."""
    gateway = Requests()
    door = GatewayDoor(1, gateway, Lists(), FixedClock())
    await door.close_at_gateway(MNQ)
    await door.reduce_at_gateway(MNQ, 2)
    assert gateway.asked == [("close", MNQ), ("reduce", MNQ, 2)]


async def test_what_works_is_cancelled_and_not_again_while_that_is_under_way() -> None:
    """Once in the settle time, each order; all that worked is counted."""
    gateway, lists, clock = Requests(), Lists(), FixedClock()
    door = GatewayDoor(1, gateway, lists, clock)
    lists.working = Listed((working(5), working(6)))
    assert await door.cancel_working(MNQ) == 2
    clock.ns += SETTLE_NS - 1
    lists.working = Listed((working(6), working(7)))
    assert await door.cancel_working(None) == 2
    assert gateway.asked == [("cancel", 5), ("cancel", 6), ("cancel", 7)]
    clock.ns += 1
    assert await door.cancel_working(None) == 2
    assert gateway.asked[3:] == [("cancel", 6)]
    assert [search.contract_id for search in lists.searches] == [MNQ, None, None]
    assert set(lists.searches[0].statuses) == WORKING


async def test_a_list_that_is_not_whole_is_not_an_empty_one() -> None:
    """Something may work, so it counts as one."""
    lists = Lists()
    door = GatewayDoor(1, Requests(), lists, FixedClock())
    lists.working = UNKNOWN
    assert await door.cancel_working(None) == 1
    lists.working = Listed((), left_out=1)
    assert await door.cancel_working(None) == 1
    lists.working = Listed(())
    assert await door.cancel_working(None) == 0
