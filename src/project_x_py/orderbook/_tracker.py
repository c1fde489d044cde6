"""What was measured about a book as a part of a suite, and the documented methods for it.

Invariants (``tests/orderbook/test_tracking.py``): every figure is counted or measured; a book whose
feed is away has health 0.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Protocol

from project_x_py._core.book import ASK, BID
from project_x_py._core.tallies import Timing
from project_x_py._core.time import NS, format_iso
from project_x_py.orderbook import _arguments as arguments

if TYPE_CHECKING:
    from project_x_py.orderbook._state import BookState
    from project_x_py.types.stats_types import ComponentStats

__all__ = ["BookTracker", "BookTracking", "Followed"]

ERRORS = 100
MEGABYTE = 1_000_000


class Followed(Protocol):
    """The feed of a book."""

    @property
    def is_attached(self) -> bool: ...

    @property
    def is_connected(self) -> bool: ...

    @property
    def expects_messages(self) -> bool: ...


class _Depths:
    """Samples of how many levels the sides have."""

    __slots__ = ("_samples", "_sums", "most")

    def __init__(self) -> None:
        self._samples = 0
        self._sums = [0, 0]
        self.most = [0, 0]

    def add(self, bids: int, asks: int) -> None:
        self._samples += 1
        for side, levels in ((BID, bids), (ASK, asks)):
            self._sums[side] += levels
            self.most[side] = max(self.most[side], levels)

    def mean(self, side: int) -> int:
        return round(self._sums[side] / self._samples) if self._samples else 0


class BookTracker:
    """Counters, durations and errors of one book.

    Args:
        state: The book.

    Attributes:
        status: A word for the state of the part.
        counters: Counted by name.
        gauges: Newest value by name.
        patterns: Detections by kind, as they were told.
        depths: Samples of the sides' levels.
        latency_ms: Newest time from the receipt of a depth message to its announcement.
    """

    def __init__(self, state: BookState) -> None:
        self._state = state
        self._started_ns = state.clock.monotonic_ns()
        self.status = "initializing"
        self.latency_ms = 0.0
        self.reset()

    def reset(self) -> None:
        """Forget what was counted."""
        self.counters: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}
        self.patterns: Counter[str] = Counter()
        self.depths = _Depths()
        self.errors: deque[dict[str, Any]] = deque(maxlen=ERRORS)
        self.error_count = 0
        self.timings: dict[str, Timing] = {}

    @property
    def uptime_s(self) -> float:
        """Seconds since the book was made."""
        return (self._state.clock.monotonic_ns() - self._started_ns) / NS

    def sample(self) -> None:
        """Take note of the sides' levels."""
        ladder = self._state.ladder
        self.depths.add(ladder.depth(BID), ladder.depth(ASK))

    def time(self, operation: str, duration_ms: float) -> None:
        """Count one duration of an operation."""
        self.timings.setdefault(operation, Timing()).add(duration_ms)

    def error(self, error: Exception, context: str, details: dict[str, Any] | None) -> None:
        """Keep an error; the newest hundred are kept."""
        self.error_count += 1
        self.errors.append(
            {
                "timestamp": self._state.when(self._state.clock.wall_ns()),
                "error_type": type(error).__name__,
                "message": str(error),
                "context": context,
                "details": dict(details or {}),
            }
        )

    def health(self, handler: Followed) -> float:
        """Return 0 to 100; see :meth:`OrderBookBase.get_health_score`."""
        if handler.is_attached and not handler.is_connected:
            return 0.0
        counters = self._state.counters
        entries = sum(counters.entries.values())
        score = 100.0 * (1 - counters.invalid / entries) if entries else 100.0
        if handler.expects_messages and not self._state.trusted:
            score /= 2
        return max(0.0, score - 10 * self.error_count)

    def stats(self, memory_mb: float) -> ComponentStats:
        """Return the documented statistics of a component."""
        state = self._state
        return {
            "name": f"orderbook_{state.symbol}",
            "status": self.status,
            "uptime_seconds": int(self.uptime_s),
            "last_activity": format_iso(state.last_update_ns) if state.last_update_ns else None,
            "error_count": self.error_count,
            "memory_usage_mb": memory_mb,
            "performance_metrics": {
                name: timing.figures() for name, timing in self.timings.items()
            },
        }


class BookTracking:
    """The documented statistics methods; behaviour is in :class:`BookTracker`."""

    __slots__ = ()

    tracker: BookTracker

    async def increment(self, metric: str, value: int = 1) -> None:
        """Count something of one's own."""
        self.tracker.counters[metric] += value

    async def set_gauge(self, metric: str, value: float) -> None:
        """Keep the newest value of something of one's own."""
        self.tracker.gauges[metric] = value

    async def record_timing(self, operation: str, duration_ms: float) -> None:
        """Count one duration of an operation, in milliseconds."""
        self.tracker.time(operation, duration_ms)

    async def track_error(
        self, error: Exception, context: str, details: dict[str, Any] | None = None
    ) -> None:
        """Keep an error; the newest hundred are kept."""
        self.tracker.error(error, context, details)

    async def get_error_count(self) -> int:
        """Return how many errors were tracked."""
        return self.tracker.error_count

    async def get_recent_errors(self, limit: int = 10) -> list[dict[str, Any]]:
        """Return the newest errors, oldest first.

        Keys of each: timestamp, error_type, message, context, details.

        Raises:
            ValueError: ``limit`` is no whole number of at least zero.
        """
        arguments.count("limit", limit, least=0)
        return list(self.tracker.errors)[-limit:] if limit else []

    async def set_status(self, status: str) -> None:
        """Set the word for the book's state."""
        self.tracker.status = status

    async def get_status(self) -> str:
        """Return initializing, active, static or disconnected, or what ``set_status`` has set."""
        return self.tracker.status

    async def get_uptime(self) -> int:
        """Return whole seconds since the book was made."""
        return int(self.tracker.uptime_s)

    async def reset_metrics(self) -> None:
        """Forget what was counted; the book and its histories stay."""
        self.tracker.reset()

    async def track_bid_update(self, levels: int = 1) -> None:
        """Count bid levels that were updated."""
        self.tracker.counters["bid_updates"] += levels

    async def track_ask_update(self, levels: int = 1) -> None:
        """Count ask levels that were updated."""
        self.tracker.counters["ask_updates"] += levels

    async def track_trade_processed(self, volume: int, price: float) -> None:
        """Count a print that another program has processed; the book counts its own."""
        self.tracker.counters["trades_processed"] += 1

    async def track_spread_sample(self, spread: float) -> None:
        """Keep a spread in points as the newest sample."""
        self.tracker.gauges["spread"] = spread

    async def track_pattern_detection(self, pattern_type: str) -> None:
        """Count a detection: ``iceberg``, ``spoofing`` or another kind."""
        self.tracker.patterns[pattern_type] += 1

    async def track_data_quality_issue(self, issue_type: str) -> None:
        """Count something that was wrong with the data."""
        self.tracker.counters[f"quality_{issue_type}"] += 1
