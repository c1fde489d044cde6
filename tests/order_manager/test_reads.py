"""Orders found in whatever state they are."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py._core.time import to_datetime
from project_x_py.exceptions import ProjectXOrderError


@in_virtual_time
async def test_a_search_finds_every_state() -> None:
    """Filled, cancelled and working alike, of a time span; ids and tickers name contracts."""
    async with managed() as (_, desk):
        orders = desk.orders
        filled = await orders.place_market_order("MNQ", 0, 1)
        cancelled = await orders.place_limit_order("MNQ", 0, 1, desk.price - 50)
        await orders.cancel_order(cancelled.orderId)
        working = await orders.place_limit_order("MNQ", 0, 1, desk.price - 50)
        await asyncio.sleep(2)
        found = {order.id: order.status for order in await orders.search_orders()}
        assert found == {filled.orderId: 2, cancelled.orderId: 3, working.orderId: 1}
        now = to_datetime(desk.client.clock.now_ns(), UTC)
        assert await orders.search_orders(now, contract_id="MNQ") == []
        assert len(await orders.search_orders(now - timedelta(hours=1), now)) == 3
        assert isinstance(now, datetime)
        assert [order.id for order in await orders.query_orders()] == [working.orderId]
        ended = await orders.query_orders([2, 3], "MNQ", page_size=1, page_offset=1)
        assert [order.id for order in ended] == [cancelled.orderId]
        with pytest.raises(ProjectXOrderError, match="page_size"):
            await orders.query_orders(page_size=0)
        with pytest.raises(ProjectXOrderError, match="not 7"):
            await orders.search_orders(account_id=7)
