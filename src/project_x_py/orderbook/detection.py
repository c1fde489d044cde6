"""Icebergs, clusters, spoofing, sweeps, absorption, and what the book looks like as a whole.

Every method reads the state once and awaits nothing in between. What is found is a pattern in the
public feed, not an intention: how often each detector is wrong on markets where the truth is known
is printed in ``docs/reference/detection.md``.

Invariants (``tests/orderbook/test_detection.py``): the keys returned are those listed; a stricter
parameter never finds more; an empty book gives empty answers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from project_x_py._core.book import ASK, BID
from project_x_py.orderbook import _arguments as arguments
from project_x_py.orderbook._liquidity import imbalance, microprice, top_share
from project_x_py.orderbook._reads import points, quotes_since, stamp
from project_x_py.types import IcebergConfig

if TYPE_CHECKING:
    from project_x_py._core.book import Level
    from project_x_py.orderbook._icebergs import Iceberg
    from project_x_py.orderbook._spoofing import Spoof
    from project_x_py.orderbook._state import BookState
    from project_x_py.orderbook.base import OrderBookBase
    from project_x_py.types.response_types import (
        OrderbookAnalysisResponse,
        SpoofingDetectionResponse,
    )

__all__ = ["OrderDetection"]

SIDES = ("bid", "ask")


class OrderDetection:
    """Detectors on one book.

    Args:
        orderbook: The book; it is only read.

    Attributes:
        iceberg_config: Defaults of :meth:`detect_iceberg_orders`.
    """

    def __init__(self, orderbook: OrderBookBase) -> None:
        self._book = orderbook
        self.iceberg_config = IcebergConfig()

    @property
    def _state(self) -> BookState:
        return self._book.state

    async def detect_iceberg_orders(
        self,
        min_refreshes: int | None = None,
        volume_threshold: int | None = None,
        time_window_minutes: int | None = None,
    ) -> dict[str, Any]:
        """Return the levels that are refilled after executions more often than chance explains.

        Keys: iceberg_levels (list, the surest first, of price, side ("bid" or "ask"), avg_volume
        (mean displayed before an execution), refresh_count (parts that came in, at least),
        replenishment_count (executions that were refilled at once), executions,
        executed_volume, confidence (0 to 1, at least ``iceberg_config.confidence_threshold``),
        estimated_hidden_size (contracts that the refills brought), last_update (datetime of the
        last execution)); analysis_window_minutes; detection_parameters (min_refreshes,
        volume_threshold, confidence_threshold); timestamp (ISO-8601).

        Args:
            min_refreshes: Refills a level needs, at least 1; None for 5.
            volume_threshold: Contracts executed at the level, zero or more; None for 50.
            time_window_minutes: Minutes of exchange time, above zero; None for 10.

        Raises:
            ValueError: An argument is no such number.
        """
        from project_x_py.orderbook._icebergs import icebergs

        config = self.iceberg_config
        least = config.min_refreshes if min_refreshes is None else min_refreshes
        volume = config.volume_threshold if volume_threshold is None else volume_threshold
        minutes = config.time_window_minutes if time_window_minutes is None else time_window_minutes
        arguments.count("min_refreshes", least)
        arguments.count("volume_threshold", volume, least=0)
        arguments.number("time_window_minutes", minutes)
        state = self._state
        bursts = state.bursts.columns(state.window_ns(minutes), state.clock.now_ns())
        found = icebergs(bursts, least, volume, config.confidence_threshold)
        return {
            "iceberg_levels": [self._iceberg(each) for each in found],
            "analysis_window_minutes": minutes,
            "detection_parameters": {
                "min_refreshes": least,
                "volume_threshold": volume,
                "confidence_threshold": config.confidence_threshold,
            },
            "timestamp": stamp(state),
        }

    async def detect_order_clusters(
        self, min_cluster_size: int = 3, price_tolerance: float = 0.1, *, min_volume: int = 0
    ) -> list[dict[str, Any]]:
        """Return runs of levels at neighbouring prices, the one with most contracts first.

        Keys of each: side ("bid" or "ask"), center_price (mean weighted by contracts, points),
        price_range ((lowest, highest), points), total_volume, order_count (levels: the feed does
        not show orders), avg_order_size (contracts a level), prices, volumes (best first),
        volume_share (of all contracts on its side).

        In a dense book all levels are one run. ``min_volume`` leaves small levels out first, so
        that clusters of large ones remain.

        Args:
            min_cluster_size: Levels a cluster needs, at least 1.
            price_tolerance: Points from one level to the next, zero or more; less than a tick
                counts as one tick.
            min_volume: Contracts a level needs to count, zero or more.

        Raises:
            ValueError: An argument is no such number.
        """
        from project_x_py.orderbook._clusters import runs

        arguments.count("min_cluster_size", min_cluster_size)
        arguments.number("price_tolerance", price_tolerance, zero=True)
        arguments.count("min_volume", min_volume, least=0)
        state = self._state
        ticks = arguments.span_ticks(price_tolerance, float(state.grid.tick_size))
        found: list[dict[str, Any]] = []
        for side in (BID, ASK):
            levels = state.ladder.top(side)
            total = sum(size for _, size, _ in levels)
            large = [level for level in levels if level[1] >= min_volume]
            found += [
                self._cluster(side, run, total) for run in runs(large, ticks, min_cluster_size)
            ]
        return sorted(found, key=lambda cluster: -cluster["total_volume"])

    async def detect_spoofing(
        self,
        time_window_minutes: int = 10,
        min_placement_frequency: float = 3.0,
        min_cancellation_rate: float = 0.8,
        max_time_to_cancel: float = 30.0,
        min_distance_ticks: int = 3,
        confidence_threshold: float = 0.7,
    ) -> list[SpoofingDetectionResponse]:
        """Return the levels where large orders are placed and cancelled again and again.

        Keys of each, the surest first: price, side ("bid" or "ask"), order_size (typical size of a
        placement), placement_frequency (a minute), cancellation_rate (share of the placed contracts
        that was cancelled; executions are not cancellations), time_to_cancel_avg_seconds,
        distance_from_market (ticks from the best price of its side when placed), confidence,
        pattern (quote_stuffing, layering, momentum_ignition, flashing, pinging or
        order_manipulation), first_detected, last_detected (ISO-8601), total_instances
        (cancellations).

        Args:
            time_window_minutes: Minutes of exchange time, above zero.
            min_placement_frequency: Placements a minute, zero or more.
            min_cancellation_rate: Share from 0 to 1.
            max_time_to_cancel: Longest average time to a cancellation in seconds, above zero.
            min_distance_ticks: Least average distance in ticks, zero or more.
            confidence_threshold: From 0 to 1.

        Raises:
            ValueError: An argument is no such number.
        """
        from project_x_py.orderbook._spoofing import Limits, spoofs

        minutes = arguments.number("time_window_minutes", time_window_minutes)
        limits = Limits(
            arguments.number("min_placement_frequency", min_placement_frequency, zero=True),
            arguments.share("min_cancellation_rate", min_cancellation_rate),
            arguments.number("max_time_to_cancel", max_time_to_cancel),
            arguments.number("min_distance_ticks", min_distance_ticks, zero=True),
            arguments.share("confidence_threshold", confidence_threshold),
        )
        state = self._state
        since = state.window_ns(minutes)
        found = spoofs(state.changes.columns(since), quotes_since(state, since), limits)
        return [self._spoof(each) for each in found]

    async def detect_sweeps(
        self, time_window_minutes: float = 10, min_levels: int = 3
    ) -> list[dict[str, Any]]:
        """Return the orders that took several levels at once, newest first.

        Keys of each: side ("buy" or "sell"), start_price, end_price (points), levels (prices
        printed at), volume, timestamp (datetime of the first print), duration_ms.

        Args:
            time_window_minutes: Minutes of exchange time, above zero.
            min_levels: Prices a sweep needs, at least 2.

        Raises:
            ValueError: An argument is no such number.
        """
        from project_x_py.orderbook._sweeps import sweeps

        minutes = arguments.number("time_window_minutes", time_window_minutes)
        arguments.count("min_levels", min_levels, least=2)
        state = self._state
        return [
            {
                "side": "sell" if sweep.aggressor else "buy",
                "start_price": state.grid.price(sweep.first),
                "end_price": state.grid.price(sweep.last),
                "levels": sweep.levels,
                "volume": sweep.volume,
                "timestamp": state.when(sweep.start_ns),
                "duration_ms": (sweep.end_ns - sweep.start_ns) / 1e6,
            }
            for sweep in reversed(
                sweeps(state.trades.columns(state.window_ns(minutes)), min_levels)
            )
        ]

    async def detect_absorption(
        self, time_window_minutes: float = 10, min_ratio: float = 5.0, min_volume: int = 50
    ) -> list[dict[str, Any]]:
        """Return the levels that took in much and held, largest first.

        Much is ``min_ratio`` times what they displayed, and ten times what levels usually take in
        before they are traded through. Holding is being there still after ten seconds of
        executions, or for ten seconds after the last one.

        Keys of each: price, side ("bid" or "ask"), absorbed_volume (contracts executed there),
        displayed_volume (mean displayed before an execution), ratio (of the two), executions,
        first_detected, last_detected (datetimes), broken (whether the price has traded through the
        level since).

        Args:
            time_window_minutes: Minutes of exchange time, above zero.
            min_ratio: Least ratio, above zero.
            min_volume: Least absorbed volume, zero or more.

        Raises:
            ValueError: An argument is no such number.
        """
        from project_x_py.orderbook._sweeps import absorptions

        minutes = arguments.number("time_window_minutes", time_window_minutes)
        arguments.number("min_ratio", min_ratio)
        arguments.count("min_volume", min_volume, least=0)
        state = self._state
        bursts = state.bursts.columns(state.window_ns(minutes), state.clock.now_ns())
        return [
            {
                "price": state.grid.price(level.price),
                "side": SIDES[level.side],
                "absorbed_volume": level.volume,
                "displayed_volume": level.displayed,
                "ratio": level.ratio,
                "executions": len(level.shown),
                "first_detected": state.when(level.start_ns),
                "last_detected": state.when(level.end_ns),
                "broken": level.broken_ns is not None,
            }
            for level in absorptions(bursts, min_ratio, min_volume, state.clock.now_ns())
        ]

    async def get_advanced_market_metrics(self) -> OrderbookAnalysisResponse:
        """Return figures of the whole book at this moment.

        Keys: bid_depth, ask_depth (levels), total_bid_size, total_ask_size (contracts),
        avg_bid_size, avg_ask_size (contracts a level), price_levels (both sides), order_clustering
        (share of all contracts on the five largest levels), imbalance ((bid - ask) / (bid + ask)),
        spread, mid_price, weighted_mid_price (the mid weighted by the best sizes of the other
        side), volume_weighted_avg_price, time_weighted_avg_price (of the prints held), timestamp
        (ISO-8601). What an empty side or a missing print leaves unknown is None.
        """
        from project_x_py.orderbook._flow import time_weighted, volume_weighted

        state = self._state
        bids, asks = state.ladder.top(BID), state.ladder.top(ASK)
        sizes = [[size for _, size, _ in side] for side in (bids, asks)]
        bid, ask = map(sum, sizes)
        lean = microprice(*bids[0][:2], *asks[0][:2]) if bids and asks else None
        trades = state.trades.columns()
        vwap = volume_weighted(trades.price, trades.size)
        twap = time_weighted(trades.price, trades.exch_ns, state.clock.now_ns())
        return {
            "bid_depth": len(bids),
            "ask_depth": len(asks),
            "total_bid_size": bid,
            "total_ask_size": ask,
            "avg_bid_size": bid / len(bids) if bids else None,
            "avg_ask_size": ask / len(asks) if asks else None,
            "price_levels": len(bids) + len(asks),
            "order_clustering": top_share(sizes[BID] + sizes[ASK]),
            "imbalance": imbalance(bid, ask),
            "spread": points(state, state.spread()),
            "mid_price": state.mid(),
            "weighted_mid_price": points(state, lean),
            "volume_weighted_avg_price": points(state, vwap),
            "time_weighted_avg_price": points(state, twap),
            "timestamp": stamp(state),
        }

    def _iceberg(self, found: Iceberg) -> dict[str, Any]:
        return {
            "price": self._state.grid.price(found.price),
            "side": SIDES[found.side],
            "avg_volume": found.shown,
            "refresh_count": found.refills,
            "replenishment_count": found.at_once,
            "executions": found.bursts,
            "executed_volume": found.executed,
            "confidence": found.confidence,
            "estimated_hidden_size": found.hidden,
            "last_update": self._state.when(found.last_ns),
        }

    def _cluster(self, side: int, run: list[Level], total: int) -> dict[str, Any]:
        state, volume = self._state, sum(size for _, size, _ in run)
        prices = [price for price, _, _ in run]
        return {
            "side": SIDES[side],
            "center_price": points(state, sum(price * size for price, size, _ in run) / volume),
            "price_range": (state.grid.price(min(prices)), state.grid.price(max(prices))),
            "total_volume": volume,
            "order_count": len(run),
            "avg_order_size": volume / len(run),
            "prices": [state.grid.price(price) for price in prices],
            "volumes": [size for _, size, _ in run],
            "volume_share": volume / total,
        }

    def _spoof(self, found: Spoof) -> SpoofingDetectionResponse:
        from project_x_py.orderbook._spoofing import pattern_of

        state = self._state
        first, last = state.when(found.first_ns), state.when(found.last_ns)
        return {
            "price": state.grid.price(found.price),
            "side": SIDES[found.side],
            "order_size": round(found.size),
            "placement_frequency": found.frequency,
            "cancellation_rate": found.cancelled,
            "time_to_cancel_avg_seconds": found.seconds,
            "distance_from_market": None if math.isnan(found.distance) else found.distance,
            "confidence": found.confidence,
            "pattern": pattern_of(found),
            "first_detected": first.isoformat() if first else "",
            "last_detected": last.isoformat() if last else "",
            "total_instances": found.instances,
        }
