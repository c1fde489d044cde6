"""What was measured about a book as a part of a suite, and the documented methods for it.

Invariants (``tests/orderbook/test_tracking.py``): every figure is counted or measured; a book whose
feed is away has health 0.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from project_x_py._core.book import ASK, BID
from project_x_py._core.figures import ComponentFigures
from project_x_py._core.tallies import Tallies
from project_x_py._core.time import format_iso
from project_x_py._runtime.counting import CountingMixin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py.orderbook._state import BookState

__all__ = ["BookFigures", "BookTracking", "Followed"]

MEGABYTE = 1_000_000


class Followed(Protocol):
    """The feed of a book."""

    @property
    def is_attached(self) -> bool: ...

    @property
    def is_connected(self) -> bool: ...

    @property
    def expects_messages(self) -> bool: ...


class Held(Protocol):
    """The histories of a book."""

    @property
    def nbytes(self) -> int: ...

    def figures(self) -> Mapping[str, object]: ...


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


class BookFigures(ComponentFigures):
    """Counters, durations and errors of one book.

    Args:
        state: The book.
        feed: Followed by it.
        held: What its histories take.

    Attributes:
        patterns: Detections by kind, as they were told.
        depths: Samples of the sides' levels.
        latency_ms: Newest time from the receipt of a depth message to its announcement.
    """

    def __init__(self, state: BookState, feed: Followed, held: Held) -> None:
        clock = state.clock
        super().__init__(Tallies(f"orderbook_{state.symbol}", clock.wall_ns, clock.monotonic_ns))
        self.latency_ms = 0.0
        self.patterns: Counter[str] = Counter()
        self.depths = _Depths()
        self._state = state
        self._feed = feed
        self._held = held

    def reset(self) -> None:
        """Forget what was counted."""
        super().reset()
        self.patterns.clear()
        self.depths = _Depths()

    def sample(self) -> None:
        """Take note of the sides' levels."""
        ladder = self._state.ladder
        self.depths.add(ladder.depth(BID), ladder.depth(ASK))

    def own_status(self) -> str:
        """Return initializing: what becomes of the book is shown by it."""
        return "initializing"

    def health(self) -> float:
        """Return 0 to 100; see :class:`BookTracking`."""
        if self._feed.is_attached and not self._feed.is_connected:
            return 0.0
        counters = self._state.counters
        entries = sum(counters.entries.values())
        score = 100.0 * (1 - counters.invalid / entries) if entries else 100.0
        if self._feed.expects_messages and not self._state.trusted:
            score /= 2
        return max(0.0, score - 10 * self.error_count())

    def memory_mb(self) -> float:
        """Return the megabytes that the book and its histories take, measured."""
        return self._held.nbytes / MEGABYTE

    def last_activity(self) -> str | None:
        """Return when the book changed last."""
        last_ns = self._state.last_update_ns
        return format_iso(last_ns) if last_ns else None

    def figures(self) -> Mapping[str, object]:
        """Return what was counted and is held, and what users count."""
        own = {"counters": self.tallies.counters, "gauges": self.tallies.gauges}
        return {**self._held.figures(), **own}


class BookTracking(CountingMixin):
    """The documented statistics methods; behaviour is in :class:`BookFigures`.

    The status of a book is initializing, active, static or disconnected. Its health is 0 while a
    feed is followed that is not connected; else the share of depth entries that were valid, times
    100, halved while the contract trades and the book is not trusted, less 10 for every tracked
    error. Its memory is that of the book and its histories, measured.
    """

    __slots__ = ()

    _figures: BookFigures

    async def track_bid_update(self, levels: int = 1) -> None:
        """Count bid levels that were updated."""
        self._figures.tallies.increment("bid_updates", levels)

    async def track_ask_update(self, levels: int = 1) -> None:
        """Count ask levels that were updated."""
        self._figures.tallies.increment("ask_updates", levels)

    async def track_trade_processed(self, volume: int, price: float) -> None:
        """Count a print that another program has processed; the book counts its own."""
        self._figures.tallies.increment("trades_processed", 1)

    async def track_spread_sample(self, spread: float) -> None:
        """Keep a spread in points as the newest sample."""
        self._figures.tallies.gauge("spread", spread)

    async def track_pattern_detection(self, pattern_type: str) -> None:
        """Count a detection: ``iceberg``, ``spoofing`` or another kind."""
        self._figures.patterns[pattern_type] += 1

    async def track_data_quality_issue(self, issue_type: str) -> None:
        """Count something that was wrong with the data."""
        self._figures.tallies.increment(f"quality_{issue_type}", 1)
