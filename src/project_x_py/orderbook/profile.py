"""Volume and time by price, support and resistance, and the spread over time.

Every method reads the state once and awaits nothing in between. Prices are points on the grid,
sizes contracts, times in the book's zone; what cannot be known is None.

Invariants (``tests/orderbook/test_profile.py``): the keys returned are those listed; no volume of
the window is lost; a last touch is the time of a trade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.book import ASK, BID
from project_x_py.orderbook import _arguments as arguments
from project_x_py.orderbook._liquidity import (
    imbalance,
    immediacy_score,
    mean_score,
    tightness_score,
)
from project_x_py.orderbook._reads import is_complete, points, quotes_since, stamp

if TYPE_CHECKING:
    import polars as pl

    from project_x_py.orderbook._state import BookState
    from project_x_py.orderbook._touches import TouchedLevel
    from project_x_py.orderbook.base import OrderBookBase
    from project_x_py.types.response_types import LiquidityAnalysisResponse

__all__ = ["VolumeProfile"]

DISPLAYED = 10
"""Levels a side that the spread analysis sums."""
LONGEST_NS = 1 << 62
"""A period is no longer than that, a century and a half."""


class VolumeProfile:
    """Profiles of one book.

    Args:
        orderbook: The book; it is only read.
    """

    def __init__(self, orderbook: OrderBookBase) -> None:
        self._book = orderbook

    @property
    def _state(self) -> BookState:
        return self._book.state

    async def get_volume_profile(
        self, time_window_minutes: int = 60, price_bins: int = 20
    ) -> dict[str, Any]:
        """Return the traded volume by price within a window.

        Bins are equally wide, a whole number of ticks, and begin at the lowest price traded; there
        are at most ``price_bins``. Point of control and value area are those of single prices.

        Keys: price_bins (centres, points), volumes (contracts, one for each), poc, value_area_high,
        value_area_low (points; the contiguous 70 % around the poc; None without trades),
        total_volume, time_window_minutes, bin_ticks (width of a bin in ticks, None without trades),
        complete (whether every print of the window is still held).

        Args:
            time_window_minutes: Minutes of exchange time, above zero.
            price_bins: Most bins, at least 1.

        Raises:
            ValueError: An argument is no such number.
        """
        from project_x_py.orderbook._volume import volume_profile

        minutes = arguments.number("time_window_minutes", time_window_minutes)
        arguments.count("price_bins", price_bins)
        state = self._state
        since = state.window_ns(minutes)
        trades = state.trades.columns(since)
        found = volume_profile(trades.price, trades.size, price_bins)
        centres = found.centres() if found else []
        return {
            "price_bins": [points(state, centre) for centre in centres],
            "volumes": found.amounts.tolist() if found else [],
            "poc": state.price(found.poc if found else None),
            "value_area_high": state.price(found.high if found else None),
            "value_area_low": state.price(found.low if found else None),
            "total_volume": found.total if found else 0,
            "time_window_minutes": time_window_minutes,
            "bin_ticks": found.width if found else None,
            "complete": is_complete(state, since),
        }

    async def get_time_profile(
        self, time_window_minutes: float = 390, period_minutes: float = 30
    ) -> dict[str, Any]:
        """Return in how many periods each price was reached: the Market Profile's TPO count.

        Keys: prices (points, ascending, every tick from the lowest to the highest), tpo_counts
        (one for each), poc, value_area_high, value_area_low (points; None without trades),
        total_tpos, period_minutes, time_window_minutes, complete (whether every print of the
        window is still held).

        Args:
            time_window_minutes: Minutes of exchange time, above zero.
            period_minutes: Length of a period, above zero.

        Raises:
            ValueError: An argument is no such number.
        """
        from project_x_py.orderbook._volume import time_profile

        minutes = arguments.number("time_window_minutes", time_window_minutes)
        period = arguments.number("period_minutes", period_minutes)
        state = self._state
        since = state.window_ns(minutes)
        trades = state.trades.columns(since)
        found = time_profile(
            trades.price, trades.exch_ns, max(1, int(min(period * 60e9, LONGEST_NS)))
        )
        counts = found.amounts.tolist() if found else []
        first = found.first if found else 0
        return {
            "prices": [state.price(first + at) for at in range(len(counts))],
            "tpo_counts": counts,
            "poc": state.price(found.poc if found else None),
            "value_area_high": state.price(found.high if found else None),
            "value_area_low": state.price(found.low if found else None),
            "total_tpos": found.total if found else 0,
            "period_minutes": period_minutes,
            "time_window_minutes": time_window_minutes,
            "complete": is_complete(state, since),
        }

    async def get_support_resistance_levels(
        self, lookback_minutes: int = 120, min_touches: int = 3, price_tolerance: float = 0.1
    ) -> dict[str, Any]:
        """Return the prices at which the market turned several times.

        A touch is a local low or high of the traded price that the price left by more than twice
        the tolerance. Levels below the last price support, levels above it resist; one at it does
        what most of its touches did.

        Keys: support_levels, resistance_levels (lists, nearest to the last price first, of price,
        touches, strength (touches / min_touches), first_touch, last_touch (datetimes of trades));
        strongest_support, strongest_resistance (the one with most touches, None without any);
        current_price (last trade, None without one); price_tolerance (as used: whole ticks, at
        least one).

        Args:
            lookback_minutes: Minutes of exchange time, above zero.
            min_touches: Touches a level needs, at least 1.
            price_tolerance: Points within which touches belong together; less than a tick counts
                as one tick.

        Raises:
            ValueError: An argument is no such number.
        """
        from project_x_py.orderbook._touches import touched_levels, turns

        minutes = arguments.number("lookback_minutes", lookback_minutes)
        arguments.count("min_touches", min_touches)
        tolerance = arguments.number("price_tolerance", price_tolerance, zero=True)
        state = self._state
        ticks = arguments.span_ticks(tolerance, float(state.grid.tick_size))
        trades = state.trades.columns(state.window_ns(minutes))
        last = int(trades.price[-1]) if len(trades.price) else None
        found = touched_levels(
            turns(trades.price, trades.exch_ns, 2 * ticks + 1), ticks, min_touches
        )
        below = [level for level in found if last is not None and _supports(level, last)]
        above = [level for level in found if level not in below]
        support = [self._touched(level, min_touches) for level in reversed(below)]
        resistance = [self._touched(level, min_touches) for level in above]
        return {
            "support_levels": support,
            "resistance_levels": resistance,
            "strongest_support": _strongest(support),
            "strongest_resistance": _strongest(resistance),
            "current_price": state.price(last),
            "price_tolerance": points(state, ticks),
        }

    async def get_spread_analysis(self, window_minutes: int = 30) -> LiquidityAnalysisResponse:
        """Return the spread over a window, and what trades in it paid.

        Keys: avg_spread, spread_volatility (mean and standard deviation weighted by time, points);
        effective_spread, realized_spread, price_impact (volume-weighted, points, the last two after
        five seconds: Huang and Stoll 1996); resilience_score (10 x share of widenings undone before
        the next trade: Foucault, Kadan and Kandel 2005); tightness_score (10 / average spread in
        ticks); immediacy_score (10 x share of the volume that traded no worse than the best price);
        bid_liquidity, ask_liquidity, total_liquidity, depth_imbalance (the best ten levels now);
        market_depth_score (10 x share of an average print that the thinner side displays, at most
        10); liquidity_score (mean of the scores that are known); spread_trend (points a minute);
        spread_distribution (share of the time by spread in points); timestamp (ISO-8601). What the
        window does not show is None.

        Args:
            window_minutes: Minutes of exchange time, above zero.

        Raises:
            ValueError: ``window_minutes`` is no such number.
        """
        from project_x_py.orderbook._spreads import paid, resilience, spread_history

        minutes = arguments.number("window_minutes", window_minutes)
        state = self._state
        since, now = state.window_ns(minutes), state.clock.now_ns()
        quotes, trades = quotes_since(state, since), state.trades.columns(since)
        history, cost = spread_history(quotes, now), paid(trades, quotes)
        undone = resilience(quotes, trades)
        bid, ask = (_displayed(state, side) for side in (BID, ASK))
        average = float(trades.size.mean()) if len(trades.size) else None
        tightness = tightness_score(history.average if history else None)
        immediacy = None if cost.at_best is None else 10 * cost.at_best
        resilient = None if undone is None else 10 * undone
        depth = immediacy_score(min(bid, ask), average)
        shares = history.distribution if history else {}
        return {
            "bid_liquidity": float(bid),
            "ask_liquidity": float(ask),
            "total_liquidity": float(bid + ask),
            "avg_spread": points(state, history.average if history else None),
            "spread_volatility": points(state, history.deviation if history else None),
            "liquidity_score": mean_score(tightness, immediacy, resilient, depth),
            "market_depth_score": depth,
            "resilience_score": resilient,
            "tightness_score": tightness,
            "immediacy_score": immediacy,
            "depth_imbalance": imbalance(bid, ask),
            "effective_spread": points(state, cost.effective),
            "realized_spread": points(state, cost.realized),
            "price_impact": points(state, cost.impact),
            "timestamp": stamp(state),
            "spread_trend": points(state, history.trend if history else None),
            "spread_distribution": {
                state.grid.price(spread): part for spread, part in shares.items()
            },
        }

    @staticmethod
    def calculate_dataframe_volume_profile(
        data: pl.DataFrame,
        price_column: str = "close",
        volume_column: str = "volume",
        num_bins: int = 50,
    ) -> dict[str, Any]:
        """Return the volume by price of a frame, such as one of bars.

        Keys: price_bins (centres), volumes, poc (centre of the largest bin), value_area_high,
        value_area_low (outer edges of the contiguous bins that hold 70 %), total_volume. Rows
        without price or volume are left out; without any, prices are None and lists empty.

        Args:
            data: One row a trade or bar.
            price_column: Its prices.
            volume_column: Its volumes.
            num_bins: Bins of equal width between the lowest and the highest price, at least 1.

        Raises:
            ValueError: A column is missing, or ``num_bins`` is no such number.
        """
        from project_x_py.orderbook._frames import bin_figures

        arguments.count("num_bins", num_bins)
        return bin_figures(data, price_column, volume_column, num_bins)

    def _touched(self, level: TouchedLevel, least: int) -> dict[str, Any]:
        state = self._state
        return {
            "price": state.grid.price(level.price),
            "touches": level.touches,
            "strength": level.touches / least,
            "first_touch": state.when(level.first_ns),
            "last_touch": state.when(level.last_ns),
        }


def _supports(level: TouchedLevel, last: int) -> bool:
    if level.price == last:
        return 2 * level.lows >= level.touches
    return level.price < last


def _strongest(levels: list[dict[str, Any]]) -> dict[str, Any] | None:
    return max(levels, key=lambda level: level["touches"], default=None)


def _displayed(state: BookState, side: int) -> int:
    return sum(size for _, size, _ in state.ladder.top(side, DISPLAYED))
