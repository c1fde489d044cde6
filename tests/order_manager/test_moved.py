"""Legs that their owner has moved."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.order_manager.managers import Desk, managed
from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py._core.submission import OrderEdit
from project_x_py._runtime.journal import Journal
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite
from project_x_py.types import OrderType

BUY = 0


async def stops(desk: Desk) -> list[tuple[int, float | None]]:
    """The working stops."""
    found = await desk.orders.search_open_orders()
    return [(order.id, order.stopPrice) for order in found if order.type == OrderType.STOP]


@pytest.mark.parametrize("by_hand", [False, True])
@in_virtual_time
async def test_a_moved_stop_is_what_protects(by_hand: bool) -> None:
    """Cancelled by somebody, it is placed anew where it was put, by a call or on the platform."""
    async with managed() as (_, desk):
        price = round(desk.price)
        placed = await desk.orders.place_bracket_order(
            "MNQ", BUY, 2, price, price - 100, price + 300, entry_type="market"
        )
        assert placed.success, placed.error_message
        await asyncio.sleep(3)
        ((stop_id, _),) = await stops(desk)
        if by_hand:
            edit = OrderEdit(
                account_id=desk.orders.account_id,
                order_id=stop_id,
                contract_id=desk.contract_id,
                stop=round((price - 60) * 4),
            )
            await desk.client.order_gateway().modify(edit)
        else:
            assert await desk.orders.modify_order(stop_id, stop_price=price - 60)
        await asyncio.sleep(3)
        assert await stops(desk) == [(stop_id, price - 60)]
        await desk.client.order_gateway().cancel(desk.orders.account_id, stop_id)
        await asyncio.sleep(3)
        ((again, level),) = await stops(desk)
        assert again != stop_id
        assert level == price - 60


@in_virtual_time
async def test_the_next_run_protects_where_the_stop_was_put(tmp_path: Path) -> None:
    """Moved in one run and cancelled between two, it comes back where it was."""
    options = {"timeframes": ["1min"], "initial_days": 1, "order_journal": tmp_path / "orders"}
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        suite = await TradingSuite.create("MNQ", **login(gateway), **options)
        placed = await suite.order_chain().market_order(1).with_stop_loss(offset=200).execute()
        assert placed.stop_order_id is not None
        assert placed.stop_loss_price is not None
        level = placed.stop_loss_price + 100
        await asyncio.sleep(3)
        assert await suite.orders.modify_order(placed.stop_order_id, stop_price=level)
        await asyncio.sleep(1)
        account_id = suite.orders.account_id
        await suite.disconnect()
        suite = await TradingSuite.create("MNQ", **login(gateway), **options)
        await asyncio.sleep(1)
        await suite.client.order_gateway().cancel(account_id, placed.stop_order_id)
        await asyncio.sleep(5)
        (stop,) = await suite.orders.search_open_orders()
        assert stop.id != placed.stop_order_id
        assert stop.stopPrice == level
        assert (await suite.flatten()).proved
        await asyncio.sleep(15)
        await suite.disconnect()
    journal = Journal(tmp_path / "orders", threaded=False)
    journal.open()
    assert journal.memos("protection", account_id) == {}
    journal.close()
