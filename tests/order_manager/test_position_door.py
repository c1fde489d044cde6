"""What the orders do for those who look after positions."""

from __future__ import annotations

import asyncio

from tests.position_manager.accounts import BUY, following
from tests.virtual import in_virtual_time

from project_x_py._core.submission import Accepted


@in_virtual_time
async def test_positions_are_kept_by_one_owner() -> None:
    """The keeper of positions is what the orders ask, too."""
    async with following(orders=True, held=1) as (_, account):
        assert account.orders is not None
        door = account.orders.position_door
        assert door.held_grid(account.contract_id) == account.grid
        assert isinstance(await door.reduce_at_gateway(account.contract_id, 1), Accepted)
        await asyncio.sleep(1)
        assert account.positions.keeper.net(account.contract_id) == 0
        assert await door.read_account()


@in_virtual_time
async def test_what_works_is_counted_until_a_read_shows_it_gone() -> None:
    """One working order is cancelled once, and counts until the next read."""
    async with following(orders=True) as (_, account):
        assert account.orders is not None
        last = account.board.last_price(account.contract_id)
        assert last is not None
        price = account.grid.price(last[0] - 400)
        await account.orders.place_limit_order(account.contract_id, BUY, 1, price)
        door = account.orders.position_door
        assert await door.cancel_working(account.contract_id) == 1
        await asyncio.sleep(1)
        assert await door.cancel_working(account.contract_id) == 0
        assert await account.orders.search_open_orders() == []


@in_virtual_time
async def test_a_position_is_closed_once() -> None:
    """The gateway takes it off."""
    async with following(orders=True, held=2) as (_, account):
        assert account.orders is not None
        door = account.orders.position_door
        assert isinstance(await door.close_at_gateway(account.contract_id), Accepted)
        await asyncio.sleep(1)
        assert await account.positions.get_all_positions() == []
