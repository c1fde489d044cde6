"""Positions taken off: in part, whole, all of them with proof; once each."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.position_manager.accounts import BUY, following
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXError, RiskLimitExceeded
from project_x_py.simulator import faults

READS = "/api/Position/searchOpen"


@in_virtual_time
async def test_a_part_and_then_the_rest() -> None:
    """Two of three go, then the last one; the answers say how many."""
    async with following(held=3) as (_, account):
        positions = account.positions
        answer = await positions.partially_close_position("MNQ", 2)
        assert (answer["success"], answer["closed_size"]) == (True, 2)
        await asyncio.sleep(1)
        assert (await positions.get_all_positions())[0].size == 1
        answer = await positions.close_position_by_contract(account.contract_id)
        assert (answer["success"], answer["closed_size"]) == (True, 1)
        await asyncio.sleep(1)
        answer = await positions.close_position_direct("MNQ")
        assert (answer["success"], answer["error"]) == (False, "nothing is held")


@in_virtual_time
async def test_more_than_is_held_is_refused_before_anything_leaves() -> None:
    """Sizes that cannot be are errors."""
    async with following(held=1) as (_, account):
        for size in (0, -1, 2, True):
            with pytest.raises(ProjectXError, match="close_size"):
                await account.positions.partially_close_position("MNQ", size)
        assert len(await account.positions.get_all_positions()) == 1


@in_virtual_time
async def test_a_lost_answer_is_looked_into_and_not_repeated() -> None:
    """The close arrived, its answer did not: one close, and success is said of what is seen."""
    async with following(orders=True, held=2) as (gateway, account):
        gateway.faults.apply(faults.LoseAnswer(route="/api/Position/closeContract"))
        answer = await account.positions.close_position_direct("MNQ")
        assert (answer["success"], answer["closed_size"]) == (True, 2)
        assert await account.positions.get_all_positions() == []


@pytest.mark.parametrize("orders", [False, True])
def test_flat_is_proved(virtual: Any, orders: bool) -> None:
    """Working orders go, positions go, and two reads show it."""

    async def scene() -> None:
        async with following(held=2, orders=orders) as (_, account):
            if account.orders is not None:
                last = account.board.last_price(account.contract_id)
                assert last is not None
                price = account.grid.price(last[0] - 400)
                await account.orders.place_limit_order(account.contract_id, BUY, 1, price)
            answer = await account.positions.close_all_positions()
            assert answer == {
                "total_positions": 1,
                "closed": 1,
                "failed": 0,
                "errors": [],
                "proved": True,
                "working_orders": 0,
            }
            assert (await account.positions.flatten()).proved

    virtual(scene())


@in_virtual_time
async def test_what_is_not_proved_is_kept_at() -> None:
    """While the gateway cannot be read nothing is proved; when it answers again all is closed."""
    async with following(orders=True, held=2) as (gateway, account):
        gateway.faults.apply(faults.Refuse(route=READS, status=503, times=999))
        proof = await account.positions.flatten(timeout_s=3)
        assert not proof.proved
        assert proof.reason
        assert account.orders is not None
        with pytest.raises(RiskLimitExceeded, match="not proved yet"):
            await account.orders.place_market_order(account.contract_id, BUY, 1)
        gateway.faults.requests.clear()
        await asyncio.sleep(30)
        assert await account.positions.get_all_positions() == []
        assert (await account.orders.place_market_order(account.contract_id, BUY, 1)).success


@in_virtual_time
async def test_what_goes_on_entering_is_kept_out() -> None:
    """A strategy that enters again and again while everything is closed ends nothing of that."""
    async with following(orders=True, held=2) as (_, account):
        orders = account.orders
        assert orders is not None
        flattening = asyncio.ensure_future(account.positions.flatten())
        refused = 0
        while not flattening.done():
            await asyncio.sleep(0.1)
            try:
                await orders.place_market_order(account.contract_id, BUY, 1)
            except RiskLimitExceeded:
                refused += 1
        assert (await flattening).proved
        assert refused > 5
