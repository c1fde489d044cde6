"""Four ways to enter: by reward to risk, by average true range, on a breakout, for a few ticks.

Invariants (``tests/order_templates/test_templates.py``): stop and target lie on their sides of the
entry for buys and sells alike; bars that are still forming decide nothing; risk in dollars is
divided by ticks times the contract's tick value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from project_x_py._core.grid import Rounding
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_templates._setup import Wanted, distance, setup
from project_x_py.order_templates.base import OrderTemplate

if TYPE_CHECKING:
    from project_x_py.models import BracketOrderResponse
    from project_x_py.order_templates.base import SuiteView

__all__ = ["ATRStopTemplate", "BreakoutTemplate", "RiskRewardTemplate", "ScalpingTemplate"]


class RiskRewardTemplate(OrderTemplate):
    """A target that is a multiple of the stop's distance.

    Args:
        risk_reward_ratio: How many times as far the target is as the stop.
        stop_distance: From entry to stop in points; one percent of the price when left out.
        use_limit_entry: Whether to enter at a limit, and not at the market.

    Raises:
        ProjectXOrderError: A number is not above zero.
    """

    def __init__(
        self,
        risk_reward_ratio: float = 2.0,
        stop_distance: float | None = None,
        use_limit_entry: bool = True,
    ) -> None:
        self.risk_reward_ratio = distance("risk_reward_ratio", risk_reward_ratio)
        self.stop_distance = (
            None if stop_distance is None else distance("stop_distance", stop_distance)
        )
        self.use_limit_entry = use_limit_entry

    async def create_order(
        self,
        suite: SuiteView,
        side: int,
        size: int | None = None,
        risk_amount: float | None = None,
        risk_percent: float | None = None,
        entry_offset: float = 0,
        *,
        instrument: str | None = None,
    ) -> BracketOrderResponse:
        """Send the bracket; see :meth:`OrderTemplate.create_order`.

        Args:
            suite: Where the order goes.
            side: 0 buys, 1 sells.
            size: Contracts.
            risk_amount: In dollars.
            risk_percent: As a share of the balance.
            entry_offset: How far on the better side of the last price the limit is, in points.
            instrument: Which, where there are several.
        """
        at = await setup(suite, side, instrument, Wanted(size, risk_amount, risk_percent))
        one_percent = abs(at.grid.price(at.price)) / 100
        risked = at.ticks(one_percent if self.stop_distance is None else self.stop_distance)
        entry = at.entry(self.use_limit_entry, entry_offset)
        gained = risked * self.risk_reward_ratio
        return await at.send(_kind(self.use_limit_entry), entry, risked, gained)


class ATRStopTemplate(OrderTemplate):
    """A stop that is a multiple of the average true range away.

    Args:
        atr_multiplier: Of the range, for the stop.
        atr_period: Bars of the average; all bars that are held warm it up.
        target_multiplier: How many times as far the target is as the stop.
        timeframe: Of the bars; one of the suite's.

    Raises:
        ProjectXOrderError: A number is not above zero.
    """

    def __init__(
        self,
        atr_multiplier: float = 2.0,
        atr_period: int = 14,
        target_multiplier: float = 3.0,
        timeframe: str = "5min",
    ) -> None:
        self.atr_multiplier = distance("atr_multiplier", atr_multiplier)
        self.atr_period = int(distance("atr_period", atr_period))
        self.target_multiplier = distance("target_multiplier", target_multiplier)
        self.timeframe = timeframe

    async def create_order(
        self,
        suite: SuiteView,
        side: int,
        size: int | None = None,
        use_limit_entry: bool = False,
        entry_offset: float = 0,
        *,
        risk_amount: float | None = None,
        risk_percent: float | None = None,
        instrument: str | None = None,
    ) -> BracketOrderResponse:
        """Send the bracket; see :meth:`OrderTemplate.create_order`.

        Args:
            suite: Where the order goes.
            side: 0 buys, 1 sells.
            size: Contracts.
            use_limit_entry: Whether to enter at a limit, and not at the market.
            entry_offset: How far on the better side of the last price the limit is, in points.
            risk_amount: In dollars.
            risk_percent: As a share of the balance.
            instrument: Which, where there are several.
        """
        from project_x_py.indicators import calculate_atr

        at = await setup(suite, side, instrument, Wanted(size, risk_amount, risk_percent))
        bars = await at.closed_bars(self.timeframe, self.atr_period + 1)
        column = f"atr_{self.atr_period}"
        atr = calculate_atr(bars, period=self.atr_period)[column][-1]
        if atr is None or not math.isfinite(atr):
            raise ProjectXOrderError(f"the average true range of {self.timeframe} is not known")
        risked = at.ticks(atr * self.atr_multiplier)
        entry = at.entry(use_limit_entry, entry_offset)
        return await at.send(_kind(use_limit_entry), entry, risked, risked * self.target_multiplier)


class BreakoutTemplate(OrderTemplate):
    """A stop entry beyond the range of the last bars.

    Args:
        breakout_offset: How far beyond the level the entry is, in points.
        stop_at_level: Whether the stop is at the level; else at the other end of the range.
        target_range_multiplier: How many ranges beyond the entry the target is.

    Raises:
        ProjectXOrderError: A number is not above zero.
    """

    def __init__(
        self,
        breakout_offset: float = 2.0,
        stop_at_level: bool = True,
        target_range_multiplier: float = 1.5,
    ) -> None:
        self.breakout_offset = distance("breakout_offset", breakout_offset)
        self.stop_at_level = stop_at_level
        self.target_range_multiplier = distance("target_range_multiplier", target_range_multiplier)

    async def create_order(
        self,
        suite: SuiteView,
        side: int,
        size: int | None = None,
        breakout_level: float | None = None,
        range_size: float | None = None,
        lookback_bars: int = 20,
        *,
        risk_amount: float | None = None,
        risk_percent: float | None = None,
        instrument: str | None = None,
        timeframe: str | None = None,
    ) -> BracketOrderResponse:
        """Send the bracket; see :meth:`OrderTemplate.create_order`.

        Args:
            suite: Where the order goes.
            side: 0 buys above the level, 1 sells below it.
            size: Contracts.
            breakout_level: In points; the highest or the lowest price of the bars when left out.
            range_size: In points; that of the bars when left out.
            lookback_bars: How many closed bars make the range.
            risk_amount: In dollars.
            risk_percent: As a share of the balance.
            instrument: Which, where there are several.
            timeframe: Of the bars; the first of the suite's when left out.
        """
        at = await setup(suite, side, instrument, Wanted(size, risk_amount, risk_percent))
        nearest = Rounding.NEAREST
        level = None if breakout_level is None else at.grid.ticks(breakout_level, rounding=nearest)
        span = None if range_size is None else at.ticks(distance("range_size", range_size))
        if level is None or span is None:
            most = int(distance("lookback_bars", lookback_bars))
            bars = await at.closed_bars(timeframe or at.context.data.timeframes[0], most)
            newest = bars.tail(most)
            high = at.grid.ticks(max(newest["high"]), rounding=nearest)
            low = at.grid.ticks(min(newest["low"]), rounding=nearest)
            level = level if level is not None else (high if at.forward > 0 else low)
            span = max(1, high - low) if span is None else span
        risked = at.ticks(self.breakout_offset)
        entry = level + at.forward * risked
        if not self.stop_at_level:
            risked += span
        return await at.send("stop", entry, risked, span * self.target_range_multiplier)


class ScalpingTemplate(OrderTemplate):
    """A stop and a target a few ticks away, while the spread is small.

    Args:
        stop_ticks: From entry to stop.
        target_ticks: From entry to target.
        use_market_entry: Whether to enter at the market; else at the best price of the own side.
        max_spread_ticks: No order is sent while bid and ask are further apart.

    Raises:
        ProjectXOrderError: A number is not above zero.
    """

    def __init__(
        self,
        stop_ticks: int = 4,
        target_ticks: int = 8,
        use_market_entry: bool = True,
        max_spread_ticks: int = 2,
    ) -> None:
        self.stop_ticks = int(distance("stop_ticks", stop_ticks))
        self.target_ticks = int(distance("target_ticks", target_ticks))
        self.use_market_entry = use_market_entry
        self.max_spread_ticks = int(distance("max_spread_ticks", max_spread_ticks))

    async def create_order(
        self,
        suite: SuiteView,
        side: int,
        size: int | None = None,
        check_spread: bool = True,
        *,
        risk_amount: float | None = None,
        risk_percent: float | None = None,
        instrument: str | None = None,
    ) -> BracketOrderResponse:
        """Send the bracket; see :meth:`OrderTemplate.create_order`.

        Args:
            suite: Where the order goes.
            side: 0 buys, 1 sells.
            size: Contracts.
            check_spread: Whether to wait for a quote and refuse a wide spread.
            risk_amount: In dollars.
            risk_percent: As a share of the balance.
            instrument: Which, where there are several.
        """
        at = await setup(suite, side, instrument, Wanted(size, risk_amount, risk_percent))
        entry = at.price
        if check_spread or not self.use_market_entry:
            bid, ask = await at.quote()
            if check_spread and ask - bid > self.max_spread_ticks:
                raise ProjectXOrderError(
                    f"the spread of {at.context.symbol} is {ask - bid} ticks, and at most "
                    f"{self.max_spread_ticks} are wanted"
                )
            if not self.use_market_entry:
                entry = bid if at.forward > 0 else ask
        return await at.send(
            _kind(not self.use_market_entry), entry, self.stop_ticks, self.target_ticks
        )


def _kind(limit: bool) -> str:
    return "limit" if limit else "market"
