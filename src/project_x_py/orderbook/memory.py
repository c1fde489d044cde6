"""How much of the past a book keeps, by number and by age.

Bounds by number hold at every moment: the rings let the oldest rows go. The memory manager lets go
what is too old, at an interval, as one supervised task.

Invariants (``tests/orderbook/test_memory.py``): the task runs from ``start`` to ``stop`` and leaves
nothing behind; what is younger than the window stays; the figures are measured.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from project_x_py._core.book import ASK, BID
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.types.stats_types import OrderbookStats

if TYPE_CHECKING:
    from datetime import datetime

    from project_x_py.orderbook.base import OrderBookBase
    from project_x_py.types import MemoryConfig

__all__ = ["BookMemoryStats", "MemoryManager"]

MEGABYTE = 1_000_000


class BookMemoryStats(OrderbookStats):
    """The documented counters, and what is held now."""

    trades_held: int
    level_changes_held: int
    best_prices_held: int
    rows_dropped_by_age: int
    cleanups: int
    last_cleanup: datetime | None
    bytes_at_most: int


class MemoryManager:
    """Lets go what is too old.

    Args:
        orderbook: The book.
        config: ``cleanup_interval`` (seconds) and ``price_history_window_minutes`` are followed
            here; the bounds by number are those the book was made with.
    """

    def __init__(self, orderbook: OrderBookBase, config: MemoryConfig) -> None:
        self._book = orderbook
        self.config = config
        self.cleanups = 0
        self.rows_dropped = 0
        self._last_cleanup_ns = 0
        self._supervisor = Supervisor(f"book-memory-{orderbook.state.symbol}")
        self._running = False

    @property
    def is_running(self) -> bool:
        """Whether old rows are let go at the interval."""
        return self._running

    async def start(self) -> None:
        """Begin to clean up at the interval; harmless while it does."""
        if self._running:
            return
        self._running = True
        name = f"book-memory-{self._book.state.symbol}"
        self._supervisor = Supervisor(name)
        self._supervisor.spawn(self._clean(), name=name)

    async def stop(self) -> None:
        """Clean up no more; harmless when it does not."""
        self._running = False
        await self._supervisor.aclose()

    def raise_if_faulted(self) -> None:
        """Raise when the task has died.

        Raises:
            ProjectXError: Names the failure.
        """
        self._supervisor.raise_if_faulted()

    async def cleanup_old_data(self) -> None:
        """Let go every row older than the window, by exchange time."""
        state = self._book.state
        since_ns = state.window_ns(self.config.price_history_window_minutes)
        for ring in state.rings:
            self.rows_dropped += ring.drop_before(since_ns)
        self.cleanups += 1
        self._last_cleanup_ns = state.clock.now_ns()

    async def get_memory_stats(self) -> BookMemoryStats:
        """Return what was counted since the book was made, and what is held now.

        Keys: avg_bid_depth, avg_ask_depth, max_bid_depth, max_ask_depth (levels, sampled four times
        a second while a feed is followed), trades_processed, avg_trade_size, largest_trade,
        total_volume, avg_spread, spread_volatility (points, over the best prices held),
        price_levels, order_clustering (share of the displayed contracts in the five largest
        levels), icebergs_detected, spoofing_alerts, unusual_patterns (as
        ``track_pattern_detection`` was told), update_frequency_per_second,
        processing_latency_ms (from receipt to announcement, of the newest
        message that changed the top), memory_usage_mb, data_gaps,
        invalid_updates, duplicate_updates, trades_held, level_changes_held, best_prices_held,
        rows_dropped_by_age, cleanups, last_cleanup (None before the first), bytes_at_most (of the
        histories, when they are full).
        """
        return self.figures()

    def figures(self) -> BookMemoryStats:
        """Return the same as :meth:`get_memory_stats`."""
        state, told = self._book.state, self._book.figures
        counters, depths = state.counters, told.depths
        trades, volume = sum(counters.prints), sum(counters.volumes)
        spread, deviation = self._spreads()
        patterns = told.patterns
        known = patterns["iceberg"] + patterns["spoofing"]
        return {
            "avg_bid_depth": depths.mean(BID),
            "avg_ask_depth": depths.mean(ASK),
            "max_bid_depth": depths.most[BID],
            "max_ask_depth": depths.most[ASK],
            "trades_processed": trades,
            "avg_trade_size": volume / trades if trades else 0.0,
            "largest_trade": counters.largest,
            "total_volume": volume,
            "avg_spread": spread,
            "spread_volatility": deviation,
            "price_levels": state.ladder.depth(BID) + state.ladder.depth(ASK),
            "order_clustering": self._clustering(),
            "icebergs_detected": patterns["iceberg"],
            "spoofing_alerts": patterns["spoofing"],
            "unusual_patterns": sum(patterns.values()) - known,
            "update_frequency_per_second": counters.messages / max(told.tallies.uptime_s(), 1),
            "processing_latency_ms": told.latency_ms,
            "memory_usage_mb": self.nbytes / MEGABYTE,
            "data_gaps": counters.gaps,
            "invalid_updates": counters.invalid,
            "duplicate_updates": counters.duplicates,
            "trades_held": len(state.trades),
            "level_changes_held": len(state.changes),
            "best_prices_held": len(state.quotes),
            "rows_dropped_by_age": self.rows_dropped,
            "cleanups": self.cleanups,
            "last_cleanup": state.when(self._last_cleanup_ns),
            "bytes_at_most": int(state.settings.bytes_at_most),
        }

    @property
    def nbytes(self) -> int:
        """Bytes that the book and its histories take now."""
        state = self._book.state
        return sum(ring.nbytes for ring in state.rings) + state.ladder.nbytes

    def _spreads(self) -> tuple[float, float]:
        """Mean and standard deviation of the spreads held, in points; 0 while there are none."""
        from project_x_py.orderbook._state import UNKNOWN

        quotes = self._book.state.quotes.columns()
        known = (quotes.bid != UNKNOWN) & (quotes.ask != UNKNOWN)
        if not known.any():
            return 0.0, 0.0
        spreads = quotes.ask[known] - quotes.bid[known]
        tick = float(self._book.state.grid.tick_size)
        return float(spreads.mean()) * tick, float(spreads.std()) * tick

    def _clustering(self) -> float:
        ladder = self._book.state.ladder
        sizes = sorted(
            (level[1] for side in (BID, ASK) for level in ladder.top(side)), reverse=True
        )
        return sum(sizes[:5]) / sum(sizes) if sizes else 0.0

    async def _clean(self) -> None:
        while True:
            await asyncio.sleep(self.config.cleanup_interval)
            await self.cleanup_old_data()
