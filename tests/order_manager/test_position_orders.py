"""Orders that belong to what is held."""

from __future__ import annotations

import asyncio

import pytest
from tests.order_manager.managers import Desk, managed
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXOrderError

BUY, SELL = 0, 1


async def held(desk: Desk, size: int = 2) -> tuple[int, int]:
    """Buy, and protect; the ids of stop and target."""
    await desk.orders.place_market_order("MNQ", BUY, size)
    await asyncio.sleep(1)
    stop = await desk.orders.add_stop_loss("MNQ", desk.price - 100)
    target = await desk.orders.add_take_profit("MNQ", desk.price + 100)
    await asyncio.sleep(1)
    assert stop is not None
    assert target is not None
    return stop.orderId, target.orderId


async def sizes(desk: Desk) -> list[int]:
    """Sizes of what works, a second later."""
    await asyncio.sleep(1)
    return [order.size for order in await desk.orders.search_open_orders()]


@in_virtual_time
async def test_protection_belongs_to_its_position_by_itself() -> None:
    """Stops, targets and the legs of brackets; other orders once they are tracked."""
    async with managed() as (_, desk):
        stop, target = await held(desk)
        await desk.orders.place_bracket_order(
            "MNQ", BUY, 1, desk.price - 50, desk.price - 75, desk.price + 75
        )
        found = await desk.orders.get_position_orders("MNQ")
        assert {name: len(orders) for name, orders in found.items()} == {
            "entry_orders": 1,
            "stop_orders": 2,
            "target_orders": 2,
        }
        only = await desk.orders.get_position_orders("MNQ", [4], status=1)
        assert [order.id for order in only["stop_orders"]] == [stop]
        assert only["target_orders"] == []
        other = await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 60)
        await desk.orders.track_order_for_position("MNQ", other.orderId, meta={"why": "dip"})
        status = await desk.orders.get_tracked_order_status(other.orderId)
        assert status is not None
        assert (status["position_order"], status["meta"]) == ("entry", {"why": "dip"})
        desk.orders.untrack_order(other.orderId)
        status = await desk.orders.get_tracked_order_status(other.orderId)
        assert status is not None
        assert status["position_order"] is None
        assert await desk.orders.get_tracked_order_status(7) is None
        for wrong, text in (((other.orderId, "exit"), "order_type"), ((7, "stop"), "no order 7")):
            with pytest.raises(ProjectXOrderError, match=text):
                await desk.orders.track_order_for_position("MNQ", *wrong)
        done = await desk.orders.cancel_position_orders("MNQ", ["target"])
        assert done["cancelled_count"] == 2
        assert str(target) in done["cancelled_orders"]
        desk.orders.clear_order_tracking()
        assert (await desk.orders.get_position_orders("MNQ"))["stop_orders"] == []
        for unknown, text in (
            (77, "order type 77"),
            ("stops", "mean stop"),
            ("foo", "entry, stop"),
        ):
            with pytest.raises(ProjectXOrderError, match=text):
                await desk.orders.cancel_position_orders("MNQ", [unknown])
            with pytest.raises(ProjectXOrderError, match=text):
                await desk.orders.get_position_orders("MNQ", [unknown])


@in_virtual_time
async def test_sizes_follow_the_position() -> None:
    """Smaller, larger, flat, reversed; another account is refused."""
    async with managed() as (_, desk):
        await held(desk, 3)
        done = await desk.orders.update_position_order_sizes("MNQ", 2)
        assert (done["modified"], done["errors"]) == (2, [])
        assert await sizes(desk) == [2, 2]
        await desk.orders.on_position_changed("MNQ", 2, 1)
        assert await sizes(desk) == [1, 1]
        done = await desk.orders.sync_orders_with_position("MNQ", 1)
        assert done == {"modified": 0, "cancelled": 0, "errors": []}
        done = await desk.orders.sync_orders_with_position("MNQ", 0, cancel_orphaned=False)
        assert done["cancelled"] == 0
        with pytest.raises(ProjectXOrderError, match="not 7"):
            await desk.orders.update_position_order_sizes("MNQ", 0, account_id=7)
        await desk.orders.on_position_changed("MNQ", 1, -1)
        assert await sizes(desk) == []


@pytest.mark.parametrize("wanted", [True, False])
@in_virtual_time
async def test_what_a_position_leaves_behind_is_cancelled_when_wanted(wanted: bool) -> None:
    """With auto_cancel_on_close stop and target end with it, without it they work on."""
    async with managed(config={"auto_cancel_on_close": wanted}) as (_, desk):
        await held(desk)
        resting = await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 60)
        await desk.orders.close_position("MNQ")
        left = await sizes(desk)
        assert left == ([1] if wanted else [2, 2, 1])
        await desk.orders.on_position_closed("MNQ")
        assert await sizes(desk) == [1]
        assert await desk.orders.cancel_order(resting.orderId)
