"""What the book and its recent past say of liquidity, cost and flow.

Every method reads the state once, holds no lock and awaits nothing in between, so what it returns
is one moment. Prices are points, sizes contracts, times in the book's zone. A figure that cannot
be known is None: nothing is filled in. Formulas are in ``_impact``, ``_flow``, ``_spreads`` and
``_liquidity``, each with its source.

Invariants (``tests/orderbook/test_analytics.py``): the keys returned are those listed; reading
changes nothing; an empty or one-sided book gives None, never an exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.book import ASK, BID
from project_x_py._core.calendar import day_start_ns
from project_x_py.orderbook import _arguments as arguments
from project_x_py.orderbook._impact import walk
from project_x_py.orderbook._liquidity import (
    concentration,
    imbalance,
    immediacy_score,
    mean_score,
    microprice,
    pressure,
    round_trip,
    tightness_score,
)
from project_x_py.orderbook._reads import is_complete, points, quotes_since, stamp

if TYPE_CHECKING:
    import polars as pl

    from project_x_py._core.book import Level
    from project_x_py.orderbook._state import BookState
    from project_x_py.orderbook.base import OrderBookBase
    from project_x_py.types.response_types import LiquidityAnalysisResponse, MarketImpactResponse

__all__ = ["MarketAnalytics"]

SIDES = ("buy", "sell")
SPREAD_SAMPLES = 100
DEVIATION_QUOTES = 1000


class MarketAnalytics:
    """Analytics of one book.

    Args:
        orderbook: The book; it is only read.
    """

    def __init__(self, orderbook: OrderBookBase) -> None:
        self._book = orderbook

    @property
    def _state(self) -> BookState:
        return self._book.state

    async def get_market_imbalance(self, levels: int = 10) -> LiquidityAnalysisResponse:
        """Return the liquidity of the best levels of both sides, at this moment.

        Keys: bid_liquidity, ask_liquidity, total_liquidity (contracts on the levels);
        depth_imbalance ((bid - ask) / (bid + ask)); avg_spread (the spread now, points);
        effective_spread (what a round trip of the displayed size costs a contract, points);
        price_impact (distance of the microprice from the mid, points); tightness_score (10 / spread
        in ticks); immediacy_score (10 x share of an average trade that the thinner best level
        fills); market_depth_score (10 x share of the levels asked for that are there);
        liquidity_score (mean of the three); spread_volatility, realized_spread, resilience_score
        (None: they need time, see ``get_spread_analysis``); timestamp (ISO-8601).

        Args:
            levels: Levels a side, at least 1.

        Raises:
            ValueError: ``levels`` is no such number.
        """
        arguments.count("levels", levels)
        state, ladder = self._state, self._state.ladder
        bids, asks = ladder.top(BID, levels), ladder.top(ASK, levels)
        bid, ask = _contracts(bids), _contracts(asks)
        spread, trip, lean = state.spread(), round_trip(bids, asks), None
        immediacy = None
        if bids and asks:
            (best_bid, bid_size, _), (best_ask, ask_size, _) = bids[0], asks[0]
            lean = abs(
                microprice(best_bid, bid_size, best_ask, ask_size) - (best_bid + best_ask) / 2
            )
            immediacy = immediacy_score(min(bid_size, ask_size), _average_trade(state))
        tightness = tightness_score(spread)
        depth = 10 * (len(bids) + len(asks)) / (2 * levels)
        return {
            "bid_liquidity": float(bid),
            "ask_liquidity": float(ask),
            "total_liquidity": float(bid + ask),
            "avg_spread": self._points(spread),
            "spread_volatility": None,
            "liquidity_score": mean_score(tightness, immediacy, depth),
            "market_depth_score": depth,
            "resilience_score": None,
            "tightness_score": tightness,
            "immediacy_score": immediacy,
            "depth_imbalance": imbalance(bid, ask),
            "effective_spread": self._points(trip),
            "realized_spread": None,
            "price_impact": self._points(lean),
            "timestamp": stamp(state),
        }

    async def get_orderbook_depth(
        self, price_range: float, *, size: int | None = None, side: str = "buy"
    ) -> MarketImpactResponse:
        """Return what an order costs that may go ``price_range`` beyond the best price.

        Keys: as of :meth:`get_market_impact`, with only the levels within the range: those no
        further than ``price_range`` from the best price of their side. remaining_liquidity is what
        the order leaves within the range, both sides; confidence_level is the share of the order
        that the range can fill, in percent.

        Args:
            price_range: Points, zero or more.
            size: Contracts; None for an average print so far, at least 1.
            side: "buy" takes asks, "sell" takes bids.

        Raises:
            ValueError: An argument is no such number or side.
        """
        arguments.number("price_range", price_range, zero=True)
        state = self._state
        if size is None:
            size = max(1, round(_average_trade(state) or 1))
        reach = arguments.span_ticks(price_range, float(state.grid.tick_size), least=0)
        return self._impact(size, side, reach)

    async def get_market_impact(self, size: int, side: str = "buy") -> MarketImpactResponse:
        """Return what an order of ``size`` contracts costs if it walks the displayed book.

        Keys, in points per contract unless said otherwise, None where a side is empty:
        estimated_fill_price (average over what can be filled); spread_cost (half the spread);
        market_impact_cost (average less best price); total_transaction_cost (average less mid,
        the sum of the two); slippage_estimate (worst price paid less best price);
        price_impact_pct (how far the best price moves, percent of the mid; None when the whole side
        is taken); levels_consumed; remaining_liquidity (contracts left, both sides);
        confidence_level (share of the order that can be filled, percent); timing_risk (standard
        deviation of the mid over one second, from the newest 1,000 best prices: Almgren and Chriss,
        "Optimal execution of portfolio transactions", 2000); liquidity_premium (average less the
        own side's best price: what immediacy costs, Demsetz 1968); implementation_shortfall
        (dollars against the mid for what is filled, Perold 1988); timestamp (ISO-8601).

        Args:
            size: Contracts, at least 1.
            side: "buy" takes asks, "sell" takes bids.

        Raises:
            ValueError: An argument is no such number or side.
        """
        return self._impact(size, side, None)

    def _impact(self, size: int, side: str, reach: int | None) -> MarketImpactResponse:
        arguments.count("size", size)
        buys = arguments.choice("side", side, SIDES) == "buy"
        state = self._state
        taken, other = (ASK, BID) if buys else (BID, ASK)
        levels, own = _within(state, taken, reach), _within(state, other, reach)
        way, sign = walk(levels, size), 1 if buys else -1
        average = way.average
        best = levels[0][0] if levels else None
        facing = own[0][0] if own else None
        mid = (best + facing) / 2 if best is not None and facing is not None else None
        shortfall = sign * (average - mid) if average is not None and mid is not None else None
        moved = way.next_best - best if way.next_best is not None and best is not None else None
        return {
            "estimated_fill_price": self._points(average),
            "price_impact_pct": 100 * abs(moved / mid) if moved is not None and mid else None,
            "spread_cost": self._points(_less(sign, best, mid)),
            "market_impact_cost": self._points(_less(sign, average, best)),
            "total_transaction_cost": self._points(shortfall),
            "levels_consumed": way.levels,
            "remaining_liquidity": float(way.remaining + _contracts(own)),
            "confidence_level": 100 * way.filled / size,
            "slippage_estimate": self._points(_less(sign, way.last, best)),
            "timing_risk": self._points(self._deviation()),
            "liquidity_premium": self._points(_less(sign, average, facing)),
            "implementation_shortfall": None
            if shortfall is None
            else shortfall * way.filled * float(state.grid.tick_value),
            "timestamp": stamp(state),
        }

    async def get_cumulative_delta(self, time_window_minutes: int = 60) -> dict[str, Any]:
        """Return contracts that buyers took less those that sellers took, within a window.

        Keys: cumulative_delta, buy_volume, sell_volume, neutral_volume (prints without aggressor),
        total_volume, period_minutes, trade_count, delta_per_trade (None without trades), complete
        (whether every print of the window is still held).

        Args:
            time_window_minutes: Minutes of exchange time, above zero.

        Raises:
            ValueError: ``time_window_minutes`` is no such number.
        """
        from project_x_py.orderbook._flow import flow

        minutes = arguments.number("time_window_minutes", time_window_minutes)
        state = self._state
        since = state.window_ns(minutes)
        found = flow(state.trades.columns(since))
        return {
            "cumulative_delta": found.delta,
            "buy_volume": found.buy,
            "sell_volume": found.sell,
            "neutral_volume": found.neutral,
            "total_volume": found.volume,
            "period_minutes": time_window_minutes,
            "trade_count": found.trades,
            "delta_per_trade": found.delta / found.trades if found.trades else None,
            "complete": is_complete(state, since),
        }

    async def get_trade_flow_summary(self) -> dict[str, Any]:
        """Return the trade flow of the trading day, of the prints still held.

        Keys: aggressive_buy_volume, aggressive_sell_volume (who took); passive_buy_volume,
        passive_sell_volume (who was taken from: each is the other's aggressive volume);
        market_maker_trades (prints without aggressor); cumulative_delta; vwap (None without
        trades); session_start (17:00 Chicago, datetime); total_trades, avg_trade_size,
        max_trade_size, min_trade_size (None without trades); complete (whether every print since
        session_start is still held).
        """
        from project_x_py.orderbook._flow import flow, volume_weighted

        state = self._state
        start_ns = day_start_ns(state.clock.now_ns())
        trades = state.trades.columns(start_ns)
        found, size = flow(trades), trades.size
        return {
            "aggressive_buy_volume": found.buy,
            "aggressive_sell_volume": found.sell,
            "passive_buy_volume": found.sell,
            "passive_sell_volume": found.buy,
            "market_maker_trades": found.neutrals,
            "cumulative_delta": found.delta,
            "vwap": self._points(volume_weighted(trades.price, size)),
            "session_start": state.when(start_ns),
            "total_trades": found.trades,
            "avg_trade_size": found.volume / found.trades if found.trades else None,
            "max_trade_size": int(size.max()) if found.trades else None,
            "min_trade_size": int(size.min()) if found.trades else None,
            "complete": is_complete(state, start_ns),
        }

    async def get_liquidity_levels(self, min_volume: int = 100, levels: int = 20) -> dict[str, Any]:
        """Return the levels of both sides that hold at least ``min_volume`` contracts.

        Keys: significant_bid_levels, significant_ask_levels (lists, best first, of price, size,
        volume (the same), timestamp); total_bid_liquidity, total_ask_liquidity (contracts on those
        levels); liquidity_imbalance ((bid - ask) / (bid + ask), None without any);
        bid_concentration, ask_concentration (Herfindahl index of all levels looked at, None when a
        side is empty); min_volume_threshold.

        Args:
            min_volume: Contracts, zero or more.
            levels: Levels a side that are looked at, at least 1.

        Raises:
            ValueError: An argument is no such number.
        """
        arguments.count("min_volume", min_volume, least=0)
        arguments.count("levels", levels)
        state = self._state
        sides = [state.ladder.top(side, levels) for side in (BID, ASK)]
        large = [[level for level in side if level[1] >= min_volume] for side in sides]
        bid, ask = (_contracts(side) for side in large)
        return {
            "significant_bid_levels": [self._row(level) for level in large[BID]],
            "significant_ask_levels": [self._row(level) for level in large[ASK]],
            "total_bid_liquidity": bid,
            "total_ask_liquidity": ask,
            "liquidity_imbalance": imbalance(bid, ask),
            "bid_concentration": concentration([size for _, size, _ in sides[BID]]),
            "ask_concentration": concentration([size for _, size, _ in sides[ASK]]),
            "min_volume_threshold": min_volume,
        }

    async def get_statistics(self) -> dict[str, Any]:
        """Return what the book was told since it was made, and how it stands.

        Keys: instrument, level2_update_count (depth messages), last_update (datetime), best_bid,
        best_ask, spread, mid_price, bid_depth, ask_depth (levels), total_bid_size, total_ask_size,
        total_trades, buy_trades, sell_trades, avg_trade_size, vwap, session_high, session_low
        (points, None while unknown), order_type_breakdown (entries of depth messages as
        type_<DomType>_count), spread_stats (current, average, min, max in points over the newest
        100 changes of the best prices, weighted by time; samples), trusted, distrust (why not, or
        None).
        """
        state, ladder, counters = self._state, self._state.ladder, self._state.counters
        prints, volume = sum(counters.prints), sum(counters.volumes)
        bids, asks = ladder.top(BID), ladder.top(ASK)
        return {
            "instrument": state.symbol,
            "level2_update_count": counters.messages,
            "last_update": state.when(state.last_update_ns),
            "best_bid": state.price(ladder.best_bid),
            "best_ask": state.price(ladder.best_ask),
            "spread": self._points(state.spread()),
            "mid_price": state.mid(),
            "bid_depth": len(bids),
            "ask_depth": len(asks),
            "total_bid_size": _contracts(bids),
            "total_ask_size": _contracts(asks),
            "total_trades": prints,
            "buy_trades": counters.prints[0],
            "sell_trades": counters.prints[1],
            "avg_trade_size": volume / prints if prints else None,
            "vwap": self._points(counters.notional / volume) if volume else None,
            "session_high": state.price(state.session_high),
            "session_low": state.price(state.session_low),
            "order_type_breakdown": {
                f"type_{kind}_count": number for kind, number in sorted(counters.entries.items())
            },
            "spread_stats": self._spread_stats(),
            "trusted": state.trusted,
            "distrust": state.distrust,
        }

    async def get_order_flow_imbalance(self, window_seconds: float = 60.0) -> dict[str, Any]:
        """Return the order-flow imbalance at the best prices within a window.

        Keys: ofi (contracts, positive when the pressure is upwards, None without two two-sided
        quotes: Cont, Kukanov and Stoikov 2014), ofi_per_depth (the same over the average size at
        the best prices, which is what the price moves with), changes (changes of the best quote),
        window_seconds.

        Args:
            window_seconds: Seconds of exchange time, above zero.

        Raises:
            ValueError: ``window_seconds`` is no such number.
        """
        from project_x_py.orderbook._flow import order_flow_imbalance

        seconds = arguments.number("window_seconds", window_seconds)
        quotes = quotes_since(self._state, self._state.window_ns(seconds / 60))
        ofi = order_flow_imbalance(quotes)
        sizes = (quotes.bid_size + quotes.ask_size)[(quotes.bid_size > 0) & (quotes.ask_size > 0)]
        depth = float(sizes.mean()) / 2 if len(sizes) else None
        return {
            "ofi": ofi,
            "ofi_per_depth": ofi / depth if ofi is not None and depth else None,
            "changes": max(len(quotes.bid) - 1, 0),
            "window_seconds": window_seconds,
        }

    async def get_microprice(self) -> float | None:
        """Return the mid weighted by the sizes of the other side; None while a side is empty.

        Source: Stoikov, "The micro-price" (2018), the weighted mid.
        """
        ladder = self._state.ladder
        bids, asks = ladder.top(BID, 1), ladder.top(ASK, 1)
        if not bids or not asks:
            return None
        return self._points(microprice(bids[0][0], bids[0][1], asks[0][0], asks[0][1]))

    async def get_average_prices(self, time_window_minutes: float = 60) -> dict[str, Any]:
        """Return average trade prices within a window.

        Keys: vwap (weighted by contracts, Berkowitz, Logue and Noser 1988), twap (each price
        weighted by how long it was the last), trades, volume, time_window_minutes, complete
        (whether every print of the window is still held). The averages are None without trades.

        Args:
            time_window_minutes: Minutes of exchange time, above zero.

        Raises:
            ValueError: ``time_window_minutes`` is no such number.
        """
        from project_x_py.orderbook._flow import time_weighted, volume_weighted

        minutes = arguments.number("time_window_minutes", time_window_minutes)
        state = self._state
        since, now = state.window_ns(minutes), state.clock.now_ns()
        trades = state.trades.columns(since)
        return {
            "vwap": self._points(volume_weighted(trades.price, trades.size)),
            "twap": self._points(time_weighted(trades.price, trades.exch_ns, now)),
            "trades": len(trades.price),
            "volume": int(trades.size.sum()),
            "time_window_minutes": time_window_minutes,
            "complete": is_complete(state, since),
        }

    async def get_book_pressure(self, levels: int = 10) -> dict[str, Any]:
        """Return how hard each side pushes: contracts over their distance from the mid in ticks.

        Keys: bid_pressure, ask_pressure, pressure ((bid - ask) / (bid + ask)), levels. All but
        levels are None while a side is empty.

        Args:
            levels: Levels a side, at least 1.

        Raises:
            ValueError: ``levels`` is no such number.
        """
        arguments.count("levels", levels)
        ladder = self._state.ladder
        bids, asks = ladder.top(BID, levels), ladder.top(ASK, levels)
        if not bids or not asks:
            return {"bid_pressure": None, "ask_pressure": None, "pressure": None, "levels": levels}
        mid = (bids[0][0] + asks[0][0]) / 2
        bid, ask = pressure(bids, mid), pressure(asks, mid)
        return {
            "bid_pressure": bid,
            "ask_pressure": ask,
            "pressure": imbalance(bid, ask),
            "levels": levels,
        }

    @staticmethod
    def analyze_dataframe_spread(
        data: pl.DataFrame,
        bid_column: str = "bid",
        ask_column: str = "ask",
        mid_column: str | None = None,
    ) -> dict[str, Any]:
        """Return figures of the spread in a frame of quotes, each row counting the same.

        Keys: avg_spread, median_spread, min_spread, max_spread, std_spread (points, population
        standard deviation), avg_spread_pct (percent of the mid), samples. Rows without both
        prices are left out; without any, all but samples are None.

        Args:
            data: One row a quote.
            bid_column: Its best bids, points.
            ask_column: Its best asks, points.
            mid_column: Its mids; None for half-way between bid and ask.

        Raises:
            ValueError: A column is missing.
        """
        from project_x_py.orderbook._frames import spread_figures

        return spread_figures(data, bid_column, ask_column, mid_column)

    def _spread_stats(self) -> dict[str, Any]:
        from project_x_py.orderbook._rings import QuoteColumns
        from project_x_py.orderbook._spreads import spread_history

        state = self._state
        newest = QuoteColumns(*(c[-SPREAD_SAMPLES:] for c in state.quotes.columns()))
        found = spread_history(newest, state.clock.now_ns())
        return {
            "current": self._points(state.spread()),
            "average": self._points(found.average) if found else None,
            "min": self._points(found.least) if found else None,
            "max": self._points(found.greatest) if found else None,
            "samples": found.samples if found else 0,
        }

    def _deviation(self) -> float | None:
        from project_x_py.orderbook._rings import QuoteColumns
        from project_x_py.orderbook._spreads import second_deviation

        newest = (column[-DEVIATION_QUOTES:] for column in self._state.quotes.columns())
        return second_deviation(QuoteColumns(*newest))

    def _points(self, ticks: float | None) -> float | None:
        return points(self._state, ticks)

    def _row(self, level: Level) -> dict[str, Any]:
        price, size, ns = level
        state = self._state
        return {
            "price": state.grid.price(price),
            "size": size,
            "volume": size,
            "timestamp": state.when(ns),
        }


def _contracts(levels: list[Level]) -> int:
    return sum(size for _, size, _ in levels)


def _average_trade(state: BookState) -> float | None:
    prints = sum(state.counters.prints)
    return sum(state.counters.volumes) / prints if prints else None


def _less(sign: int, price: float | None, other: float | None) -> float | None:
    return None if price is None or other is None else sign * (price - other)


def _within(state: BookState, side: int, reach: int | None) -> list[Level]:
    levels = state.ladder.top(side)
    if reach is None or not levels:
        return levels
    best = levels[0][0]
    return [level for level in levels if abs(level[0] - best) <= reach]
