"""Whether the account may trade."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py._core.records import AccountUpdate
from project_x_py.exceptions import RiskLimitExceeded
from project_x_py.simulator import faults

BUY, SELL = 0, 1


@in_virtual_time
async def test_an_account_that_may_not_trade_sends_no_entry() -> None:
    """The reason is told before anything leaves; what is held can be left and protected."""
    async with managed() as (served, desk):
        await desk.orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(1)
        told = AccountUpdate(
            id=desk.orders.account_id,
            name="",
            balance=1.0,
            can_trade=False,
            visible=True,
            simulated=True,
            recv_ns=1,
        )
        low = round(desk.price) - 100
        served.faults.apply(faults.Refuse(route="/api/Order/place", status=500, times=1))
        desk.orders._parts.on_account(replace(told, id=told.id + 1))
        assert desk.orders._parts.permission.can_trade
        desk.orders._parts.on_account(told)
        for _ in range(2):
            with pytest.raises(RiskLimitExceeded, match="canTrade is false"):
                await desk.orders.place_market_order("MNQ", BUY, 1)
        failed = await desk.orders.place_bracket_order("MNQ", BUY, 1, low, low - 10, None)
        assert not failed.success
        assert served.faults.requests
        served.faults.requests.clear()
        stop = await desk.orders.add_stop_loss("MNQ", low)
        assert stop is not None
        assert stop.success
        await asyncio.sleep(1)
        # The event that takes it back was lost: the account is looked up.
        assert (await desk.orders.place_market_order("MNQ", BUY, 1)).success
