"""Entries under guard, exits that count, stops that are kept where they were moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.order_manager.managers import Desk, managed
from tests.virtual import in_virtual_time

from project_x_py._core.orders.trade import EntryState
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.simulator import SimulatedGateway, faults

BUY, SELL = 0, 1
MODIFY = "/api/Order/modify"


@asynccontextmanager
async def entered(size: int = 2, **options: object) -> AsyncIterator[tuple[Desk, str, object]]:
    """A manager that has bought with a stop and a target far away, and the entry's tag."""
    async with managed(**options) as (gateway, desk):  # type: ignore[arg-type]
        tags: list[str] = []
        answer = await desk.orders.trade_door.enter(
            desk.contract_id,
            BUY,
            size,
            (desk.price, desk.price - 80, desk.price + 80),
            "market",
            tags.append,
        )
        assert answer.success
        await asyncio.sleep(2)
        yield desk, tags[-1], gateway


def state(desk: Desk, tag: str) -> EntryState:
    """How the entry stands."""
    found = desk.orders.trade_door.state(tag)
    assert found is not None
    return found


@in_virtual_time
async def test_an_entry_is_known_with_its_legs_and_its_money() -> None:
    """Held, covered, and what exits made, by the fills."""
    async with entered() as (desk, tag, _):
        door = desk.orders.trade_door
        assert door.state("nobody's") is None
        before = state(desk, tag)
        assert (before.filled, before.held, before.covered, before.pending) == (2, 2, 2, 0)
        assert before.is_safe
        assert before.stop is not None
        assert before.target is not None
        assert (await door.exit(tag, 2)).success
        await asyncio.sleep(3)
        after = state(desk, tag)
        assert (after.held, after.exited, after.leaving) == (0, 2, 0)
        assert (after.stop_ids, after.target_ids) == ((), ())
        assert abs(after.exited_worth - after.entered_worth) < 400
        assert await desk.held() == 0
        with pytest.raises(ProjectXOrderError, match="nobody's"):
            await door.exit("nobody's", 1)


@in_virtual_time
async def test_a_limit_takes_the_place_of_as_much_of_the_target() -> None:
    """The older target shrinks; when the newer one goes, the older takes its place again."""
    async with entered(3) as (desk, tag, _):
        assert (await desk.orders.trade_door.exit(tag, 1, desk.price + 60)).success
        await asyncio.sleep(2)
        working = await desk.orders.search_open_orders()
        limits = {one.limitPrice: one.size for one in working if one.type == 1}
        assert limits == {desk.price + 60: 1, desk.price + 80: 2}
        (part,) = [one.id for one in working if one.limitPrice == desk.price + 60]
        assert await desk.orders.cancel_order(part)
        await asyncio.sleep(2)
        working = await desk.orders.search_open_orders()
        assert sum(one.size for one in working if one.type == 1) == 3


@in_virtual_time
async def test_a_moved_stop_stays_and_a_refused_move_changes_nothing() -> None:
    """Also a lost answer is looked into; the guard does not move anything back."""
    async with entered() as (desk, tag, gateway):
        assert isinstance(gateway, SimulatedGateway)
        door, stop = desk.orders.trade_door, state(desk, tag).stop
        assert stop is not None
        assert await door.move_stop(tag, stop + 40)
        gateway.faults.apply(faults.Answer(route=MODIFY, code=2, message="not so"))
        assert not await door.move_stop(tag, stop + 80)
        assert "not so" in str(desk.orders.last_error)
        assert state(desk, tag).stop == stop + 40
        gateway.faults.apply(faults.LoseAnswer(route=MODIFY))
        await door.move_stop(tag, stop + 60)
        await asyncio.sleep(10)
        assert state(desk, tag).stop == stop + 60
        assert len(await desk.orders.search_open_orders()) == 2


@in_virtual_time
async def test_what_has_not_filled_is_given_up() -> None:
    """A resting entry is cancelled with its legs, and giving up again is nothing."""
    async with managed() as (_, desk):
        tags: list[str] = []
        low = desk.price - 90
        door = desk.orders.trade_door
        await door.enter(desk.contract_id, BUY, 1, (low, low - 9, low + 9), "limit", tags.append)
        found = state(desk, tags[-1])
        assert (found.pending, found.held, found.is_unknown) == (1, 0, False)
        assert await door.give_up(tags[-1])
        await asyncio.sleep(2)
        assert await desk.orders.search_open_orders() == []
        assert await door.give_up(tags[-1])
        assert await door.give_up("nobody's")


@in_virtual_time
async def test_a_part_that_is_left_at_a_limit_stays_there() -> None:
    """However often the guard looks, it is not taken for a target; nor is one that is moved."""
    async with entered(3) as (desk, tag, _):
        part = await desk.orders.trade_door.exit(tag, 1, desk.price + 60)
        await asyncio.sleep(25)
        found = await desk.orders.get_order_by_id(part.orderId)
        assert found is not None
        assert found.limitPrice == desk.price + 60
        assert await desk.orders.modify_order(part.orderId, limit_price=desk.price + 70)
        assert await desk.orders.cancel_order(part.orderId)
        await asyncio.sleep(5)
        working = await desk.orders.search_open_orders()
        assert {one.limitPrice for one in working if one.type == 1} == {desk.price + 80}
