"""Time-outs of resting entries, forgetting, and counters of the user's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py._runtime.journal import Journal
from project_x_py.event_bus import Event
from project_x_py.exceptions import ProjectXOrderError

BUY = 0


@in_virtual_time
async def test_entries_time_out_and_stops_do_not() -> None:
    """After the minutes of the config an entry is cancelled; what protects or closes stays."""
    async with managed(config={"order_timeout_minutes": 1}) as (_, desk):
        orders = desk.orders
        await orders.place_limit_order("MNQ", BUY, 1, desk.price - 200)
        stop = await orders.place_stop_order("MNQ", BUY, 1, desk.price + 400)
        bracket = await orders.place_bracket_order(
            "MNQ", BUY, 1, desk.price, desk.price - 400, desk.price + 400, "market"
        )
        legs = {bracket.stop_order_id, bracket.target_order_id}
        await asyncio.sleep(5)
        leaving = await orders.close_position("MNQ", "limit", desk.price + 300)
        assert leaving is not None
        legs.add(leaving.orderId)
        await asyncio.sleep(45)
        assert len(await orders.search_open_orders()) == 5
        await asyncio.sleep(25)
        left = {order.id for order in await orders.search_open_orders()}
        assert left == {stop.orderId, *legs}
    with pytest.raises(ProjectXOrderError, match="order_timeout_minutes"):
        async with managed(config={"order_timeout_minutes": 0}):
            raise AssertionError("a time-out of nothing was accepted")


@in_virtual_time
async def test_what_is_over_is_forgotten_by_itself(tmp_path: Path) -> None:
    """After its time, in memory and on disk; limits that cannot be are refused."""
    journal = Journal(tmp_path / "orders.sqlite", threaded=False)
    async with managed(journal=journal) as (_, desk):
        orders = desk.orders
        await orders.configure_memory_limits(1_000, 30, 60)
        placed = await orders.place_limit_order("MNQ", BUY, 1, desk.price - 200)
        await orders.cancel_order(placed.orderId)
        await asyncio.sleep(20)
        await orders.cleanup_cache()
        assert orders.get_memory_stats()["tracked_orders"] == 1
        await asyncio.sleep(70)
        assert orders.get_memory_stats()["tracked_orders"] == 0
        assert journal.entries() == []
        for wrong in ({"max_tracked_orders": 1}, {"order_ttl_seconds": 0}):
            with pytest.raises(ProjectXOrderError, match=next(iter(wrong))):
                await orders.configure_memory_limits(**wrong)


@in_virtual_time
async def test_counters_of_ones_own_are_told() -> None:
    """Counted, shown beside the manager's figures, and forgotten on request."""
    async with managed() as (_, desk):
        orders = desk.orders
        await orders.increment("signals", 2)
        await orders.set_gauge("heat", 0.5)
        await orders.record_timing("decide", 3.0)
        await orders.track_error(ValueError("no"), "deciding", {"step": 1})
        assert (await orders.get_error_count(), await orders.get_status()) == (1, "active")
        assert (await orders.get_recent_errors())[0]["context"] == "deciding"
        stats = orders.get_memory_stats()
        assert (stats["counters"], stats["gauges"]) == ({"signals": 2}, {"heat": 0.5})
        assert (await orders.get_stats())["performance_metrics"]["decide"]["count"] == 1
        await orders.set_status("resting")
        assert await orders.get_status() == "resting"
        await orders.reset_metrics()
        assert await orders.get_error_count() == 0
        assert orders.get_realtime_validation_status()["is_fed"]
        await orders.shutdown_background_tasks()
        assert not orders.get_realtime_validation_status()["is_fed"]


@in_virtual_time
async def test_handlers_by_the_name_of_their_event() -> None:
    """Registered, called, taken away; the old way warns."""
    async with managed() as (_, desk):
        heard: list[str] = []

        async def take(event: Event) -> None:
            heard.append(event.type.value)

        orders = desk.orders
        await orders.register_order_callback("order_placed", take)
        await orders.place_limit_order("MNQ", BUY, 1, desk.price - 200)
        await asyncio.sleep(1)
        await orders.unregister_order_callback("order_placed", take)
        await orders.place_limit_order("MNQ", BUY, 1, desk.price - 200)
        await asyncio.sleep(1)
        assert heard == ["order_placed"]
        with pytest.warns(DeprecationWarning, match="4.0.0"):
            orders.add_callback("order_cancelled", take)
        with pytest.raises(ValueError, match="order_gone"):
            await orders.register_order_callback("order_gone", take)
