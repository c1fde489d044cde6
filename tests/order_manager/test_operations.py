"""Operations: how an order stands with what protects it, undone whole, forgotten when over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py._runtime.journal import Journal
from project_x_py.exceptions import ProjectXOrderError

BUY = 0


@in_virtual_time
async def test_an_operation_shows_its_orders_and_is_undone() -> None:
    """A bracket with its legs; undone, nothing of it works or is held."""
    async with managed() as (_, desk):
        orders, price = desk.orders, desk.price
        reply = await orders.place_bracket_order(
            "MNQ", BUY, 2, price, price - 50, price + 50, "market"
        )
        assert reply.success
        await asyncio.sleep(1)
        entry = await orders.get_order_by_id(reply.entry_order_id or 0)
        assert entry is not None
        tag = str(entry.customTag)
        found = await orders.get_operation_status(tag)
        assert found is not None
        assert (found["type"], found["state"], found["filled"]) == ("bracket_order", "confirmed", 2)
        assert (found["is_over"], found["unprotected"], found["errors"]) == (False, 0, [])
        assert found["orders"][0]["order_id"] == reply.entry_order_id
        assert await orders.cleanup_stale_operations(0) == 0
        assert await orders.force_rollback_operation(tag)
        await asyncio.sleep(15)
        assert (await desk.held(), await orders.search_open_orders()) == (0, [])
        found = await orders.get_operation_status(tag)
        assert found is not None
        assert found["is_over"]
        assert [row["purpose"] for row in found["orders"]][:1] == ["entry"]
        assert "exit" in [row["purpose"] for row in found["orders"]]


@in_virtual_time
async def test_a_resting_order_is_undone_by_cancelling_it() -> None:
    """An unknown tag is no operation; one that is over stays undone."""
    async with managed() as (_, desk):
        orders = desk.orders
        await orders.place_order("MNQ", 1, BUY, 1, desk.price - 50, custom_tag="mine-1")
        assert await orders.force_rollback_operation("mine-1")
        await asyncio.sleep(1)
        assert await orders.search_open_orders() == []
        assert not await orders.force_rollback_operation("nobody")
        assert "nobody" in str(orders.last_error)
        assert await orders.get_operation_status("nobody") is None


@in_virtual_time
async def test_what_is_over_is_forgotten_on_disk_too(tmp_path: Path) -> None:
    """What works is kept; a tag that is forgotten tells of nothing."""
    journal = Journal(tmp_path / "orders.sqlite", threaded=False)
    async with managed(journal=journal) as (_, desk):
        orders = desk.orders
        for tag in ("one", "two"):
            await orders.place_order("MNQ", 1, BUY, 1, desk.price - 50, custom_tag=tag)
        assert await orders.force_rollback_operation("one")
        await asyncio.sleep(1)
        assert await orders.cleanup_stale_operations(24) == 0
        assert await orders.cleanup_stale_operations(0) == 1
        await asyncio.sleep(0.1)
        assert [entry.tag for entry in journal.entries()] == ["two"]
        assert await orders.get_operation_status("one") is None
        with pytest.raises(ProjectXOrderError, match="max_age_hours"):
            await orders.cleanup_stale_operations(float("nan"))
