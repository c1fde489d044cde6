"""Stops that follow."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py._core.records import Aggressor, Trade
from project_x_py.risk_manager import RiskConfig
from project_x_py.risk_manager._trailing import MEMO, Trail, tightened
from project_x_py.simulator import SimulatedGateway, faults
from project_x_py.trading_suite import TradingSuite

SELL = 1


@given(st.booleans(), st.lists(st.integers(-60, 60), min_size=1))
def test_a_stop_never_moves_away(is_long: bool, prices: list[int]) -> None:
    """It moves after the trigger only, towards the price only, and keeps its distance."""
    way = 1 if is_long else -1
    trail = Trail("c", 1, is_long, 0, -20 * way, 10, 15)
    reached = False
    for price in prices:
        reached = reached or way * price >= 15
        wanted = tightened(trail, price)
        if wanted is None:
            continue
        assert reached
        assert way * (wanted - trail.stop) > 0
        assert way * (price - wanted) > 0
        assert trail.best is not None
        assert way * (trail.best - wanted) == 10
        trail.stop = wanted


class Followed:
    """A short position whose stop follows 150 points behind, from 40 points of profit on.

    Args:
        suite: Where it is.
        entry: Its price in points.
    """

    def __init__(self, suite: TradingSuite, entry: float) -> None:
        self.suite = suite
        self.entry = entry

    async def at(self, profit: float, wait_s: float = 3.0) -> float:
        """Let the market trade at a profit; return how far above the entry the stop is then."""
        contract = self.suite["MNQ"].instrument_info
        now_ns = self.suite.client.clock.now_ns()
        price = round((self.entry - profit) / contract.tickSize)
        trade = Trade(contract.id, price, 1, Aggressor.SELL, now_ns, now_ns)
        self.suite._account.board.on_trades([trade])
        await asyncio.sleep(wait_s)
        (stop,) = await self.suite.orders.search_open_orders("MNQ")
        assert stop.stopPrice is not None
        return stop.stopPrice - self.entry


async def started(gateway: SimulatedGateway, journal: Path) -> TradingSuite:
    """A suite whose stops follow."""
    limits: dict[str, Any] = {
        "default_stop_distance": 400,
        "use_take_profit": False,
        "trailing_stop_distance": 600,
        "trailing_stop_trigger": 160,
        "max_risk_per_trade_amount": 10_000,
        "max_risk_per_trade": 1.0,
        "max_portfolio_risk": 1.0,
        "max_daily_loss": 1.0,
        "max_daily_loss_amount": 10_000,
    }
    suite = await TradingSuite.create(
        "MNQ",
        **login(gateway),
        timeframes=["1min"],
        initial_days=1,
        features=["risk_manager"],
        risk_config=RiskConfig(**limits),
        order_journal=journal,
    )
    await asyncio.sleep(3)
    return suite


async def sold(suite: TradingSuite) -> Followed:
    """Sell one contract and attach its stop."""
    await suite.orders.place_market_order("MNQ", SELL, 1)
    await asyncio.sleep(1)
    (held,) = await suite.positions.get_all_positions()
    risk = suite["MNQ"].risk_manager
    assert risk is not None
    await risk.attach_risk_orders(held, use_trailing=True)
    await asyncio.sleep(1)
    return Followed(suite, held.averagePrice)


@in_virtual_time
async def test_a_stop_follows_on_in_the_next_run(tmp_path: Path) -> None:
    """Past its trigger, never back, also where its owner has put it; its end is noted."""
    journal = tmp_path / "orders.sqlite"
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        suite = await started(gateway, journal)
        short = await sold(suite)
        assert await short.at(30) == 100
        assert await short.at(60) == 90
        await suite.disconnect()
        suite = short.suite = await started(gateway, journal)
        assert await short.at(70) == 80
        (stop,) = await suite.orders.search_open_orders("MNQ")
        assert await suite.orders.modify_order(stop.id, stop_price=short.entry + 60)
        assert await short.at(80) == 60
        assert await short.at(100) == 50
        assert await suite.orders.cancel_order(stop.id)
        await asyncio.sleep(2)
        with pytest.raises(ValueError, match="unpack"):
            await short.at(110)
        await asyncio.sleep(2)
        assert suite.orders.memos.found(MEMO) == {}
        assert (await suite.flatten()).proved
        await suite.disconnect()


@in_virtual_time
async def test_a_refused_move_is_tried_again(tmp_path: Path) -> None:
    """One failure does not leave a stop behind for good."""
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        suite = await started(gateway, tmp_path / "orders.sqlite")
        short = await sold(suite)
        gateway.faults.apply(faults.Answer(route="/api/Order/modify", code=3, message="busy"))
        assert await short.at(60, 0.5) == 100
        assert await short.at(60, 5) == 90
        assert (await suite.flatten()).proved
        await suite.disconnect()
