"""A protective order leaves at once, however many queries wait for their turn."""

from __future__ import annotations

import asyncio

import pytest
from tests.order_manager.managers import Desk, managed
from tests.virtual import in_virtual_time

from project_x_py.simulator import SimulatedGateway

WITHIN_S = 0.05
QUERIES = ("Order/v2/query", "Order/searchById", "Position/searchOpen", "Account/search")


async def stopped(desk: Desk) -> float:
    """Place the stop of a long position; seconds until its answer."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    placed = await desk.orders.place_stop_order("MNQ", 1, 1, desk.price - 300)
    assert placed.success, placed.errorMessage
    return loop.time() - began


def refused(gateway: SimulatedGateway) -> None:
    """Let the gateway refuse every query for a while."""
    for route in QUERIES:
        gateway.faults.refuse_next(429, times=1_000, route=f"/api/{route}", retry_after_s=20)


@pytest.mark.parametrize("storm", ["the gateway throttles", "the budget is spent"])
@in_virtual_time
async def test_a_stop_is_not_behind_queries(storm: str) -> None:
    """Within 50 ms of the call, while none of the queries has been answered."""
    async with managed() as (gateway, desk):
        assert (await desk.orders.place_market_order("MNQ", 0, 1)).success
        await asyncio.sleep(1)
        if storm == "the gateway throttles":
            refused(gateway)
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(desk.client.list_accounts()) for _ in range(250)]
            await asyncio.sleep(0.2)
            assert not all(task.done() for task in asked)
            assert await stopped(desk) <= WITHIN_S
            assert not all(task.done() for task in asked)
            for task in asked:
                task.cancel()
