"""Orders that are placed to be cancelled, level by level, from the history of the levels.

The feed shows levels, not orders. A growth of a level is a placement, a shrinkage that executions
at the level do not explain is a cancellation; resets, snapshots and levels that leave the feed's
window or come back into it are neither. A cancellation is matched with the newest placement of its
very size, else with the newest ones; an execution with the oldest, by price-time priority.

Every busy level is placed at and cancelled at all the time. What sets spoofing apart is orders
larger than others place, so only placements count that are at least as large as all but a hundredth
of those at other levels; where nothing is placed elsewhere, all count. Lee, Eom and Park,
"Microstructure-based manipulation" (Journal of Financial Markets 16, 2013), define spoofing alike:
by size, distance and withdrawal.

Confidence is 0.3 min(f/10, 1) + 0.35 c + 0.25 max(0, 1 - t/60) + 0.1 min(d/20, 1): placements a
minute f, share cancelled c, seconds until cancelled t, ticks from the best price d. It is a score
for ordering and filtering, not a probability.

Invariants (``tests/orderbook/test_detection.py``): executed contracts are never cancellations; each
parameter only takes away; all six patterns can be reached with the default parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from project_x_py._core.time import NS
from project_x_py.orderbook._icebergs import level_keys
from project_x_py.orderbook._rings import UNKNOWN, LevelColumns
from project_x_py.orderbook._state import LevelKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from project_x_py.orderbook._rings import Column, QuoteColumns

    Floats = NDArray[np.float64]

__all__ = ["Limits", "Spoof", "pattern_of", "spoofs"]

MINUTE = 60 * NS
RARE = 100
"""One placement in so many elsewhere is as large as one that counts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a level must reach to be reported.

    Attributes:
        frequency: Placements a minute, at least.
        cancelled: Share of the placed contracts that was cancelled, at least.
        seconds: Average time to a cancellation, at most.
        ticks: Average distance from the best price of its side when placed, at least.
        confidence: At least.
    """

    frequency: float
    cancelled: float
    seconds: float
    ticks: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Spoof:
    """A level where orders were placed and cancelled again and again.

    Attributes:
        side: 0 bid, 1 ask.
        price: Ticks.
        size: Mean contracts of the large placements, of which everything here is told.
        frequency: Placements a minute, over the time between the first and the last, at least one
            minute.
        cancelled: Share of the placed contracts that was cancelled.
        seconds: Average time from placement to cancellation, weighted by size.
        distance: Ticks from the best price of its side when placed, weighted by size.
        pulled_at: The same when cancelled: how near the market had come.
        confidence: From 0 to 1.
        first_ns: Time of the first placement.
        last_ns: Time of the last cancellation.
        instances: Cancellations.
    """

    side: int
    price: int
    size: float
    frequency: float
    cancelled: float
    seconds: float
    distance: float
    pulled_at: float
    confidence: float
    first_ns: int
    last_ns: int
    instances: int


def pattern_of(spoof: Spoof) -> str:
    """Return the name of the pattern, the first that fits.

    ``quote_stuffing``: more than 8 a minute, gone within 5 s. ``layering``: more than 90 %
    cancelled, pulled between 1 and 10 ticks from the best. ``momentum_ignition``: more than 100
    contracts, gone within 10 s, pulled less than 3 ticks away. ``flashing``: more than 200
    contracts, gone within 2 s. ``pinging``: more than 5 a minute, fewer than 10 contracts, pulled
    less than 2 ticks away. ``order_manipulation``: anything else. The distance is that at the
    cancellation: an order that is placed far away may be pulled when the market has come near.
    """
    if spoof.frequency > 8 and spoof.seconds < 5:
        return "quote_stuffing"
    if spoof.cancelled > 0.9 and 1 < spoof.pulled_at < 10:
        return "layering"
    if spoof.size > 100 and spoof.seconds < 10 and spoof.pulled_at < 3:
        return "momentum_ignition"
    if spoof.size > 200 and spoof.seconds < 2:
        return "flashing"
    if spoof.frequency > 5 and spoof.size < 10 and spoof.pulled_at < 2:
        return "pinging"
    return "order_manipulation"


def spoofs(changes: LevelColumns, quotes: QuoteColumns, limits: Limits) -> list[Spoof]:
    """Return the levels that reach all limits, the surest first.

    Args:
        changes: The level history of a window.
        quotes: Best prices, from before the window on; a level whose distance is unknown is left
            out where ``limits.ticks`` is above zero.
        limits: What to report.
    """
    rows = np.flatnonzero((changes.kind <= LevelKind.DROPPED) | (changes.kind == LevelKind.PRINT))
    if not len(rows):
        return []
    keys = level_keys(changes.side[rows], changes.price[rows])
    rows = rows[np.argsort(keys, kind="stable")]
    history = LevelColumns(*(column[rows] for column in changes))
    keys = np.sort(keys)
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    placed = _placements(history, firsts)
    largest = np.argsort(-placed, kind="stable")[: int(np.count_nonzero(placed))]
    ranking = _Ranking(placed[largest], keys[largest])
    least = max(limits.frequency, 2)
    found = []
    for first, end in zip(firsts, [*firsts[1:], len(rows)], strict=True):
        own = placed[first:end]
        # At least a minute is looked at, so fewer placements than that cannot be frequent enough.
        if np.count_nonzero(own) < least:
            continue
        large = own >= ranking.large(int(keys[first]), int(np.count_nonzero(own)))
        large &= own > 0
        if np.count_nonzero(large) < least:
            continue
        level = LevelColumns(*(column[first:end] for column in history))
        spoof = _judged(level, np.where(large, own, 0), own, quotes)
        if spoof is not None and _reaches(spoof, limits):
            found.append(spoof)
    return sorted(found, key=lambda each: (-each.confidence, each.price))


def _placements(history: LevelColumns, firsts: NDArray[np.intp]) -> Column:
    """Return the contracts placed by each row; rows are ordered by level, then by time."""
    before = np.concatenate(([LevelKind.SET], history.kind[:-1]))
    before[firsts] = LevelKind.SET
    back_in_view = (before == LevelKind.DROPPED) & (history.old == 0)
    is_placed = (history.kind == LevelKind.SET) & ~back_in_view
    return np.where(is_placed, (history.new - history.old).clip(0), 0)


class _Ranking:
    """All placements of a window, the largest first."""

    def __init__(self, sizes: Column, keys: Column) -> None:
        self._sizes = sizes
        self._keys = keys

    def large(self, key: int, count: int) -> int:
        """Return the size that a hundredth of the placements at other levels reaches.

        Args:
            key: The level that is left out.
            count: Its placements.
        """
        others = len(self._sizes) - count
        if not others:
            return 1
        rank = others // RARE
        top = self._keys[: rank + 1 + count]
        return int(self._sizes[np.flatnonzero(top != key)[rank]])


def _reaches(spoof: Spoof, limits: Limits) -> bool:
    known = not np.isnan(spoof.distance)
    return (
        spoof.frequency >= limits.frequency
        and spoof.cancelled >= limits.cancelled
        and spoof.seconds <= limits.seconds
        and (spoof.distance >= limits.ticks if known else limits.ticks <= 0)
        and spoof.confidence >= limits.confidence
    )


def _judged(
    level: LevelColumns, large: Column, placed: Column, quotes: QuoteColumns
) -> Spoof | None:
    pulled, seconds = _lifetimes(level, large, placed)
    instances = int(np.count_nonzero(pulled))
    if not instances:
        return None
    away = _distance(level, quotes)
    placed_ns = level.exch_ns[large > 0]
    minutes = max((int(placed_ns[-1]) - int(placed_ns[0])) / MINUTE, 1.0)
    frequency = len(placed_ns) / minutes
    volume = int(large.sum())
    share = min(1.0, int(pulled.sum()) / volume)
    distance = _mean(away, large)
    far = 0.0 if np.isnan(distance) else max(distance, 0.0)
    confidence = 0.3 * min(frequency / 10, 1) + 0.35 * share
    confidence += 0.25 * max(0.0, 1 - seconds / 60) + 0.1 * min(far / 20, 1)
    return Spoof(
        int(level.side[0]),
        int(level.price[0]),
        volume / len(placed_ns),
        frequency,
        share,
        seconds,
        distance,
        _mean(away, pulled),
        confidence,
        int(placed_ns[0]),
        int(level.exch_ns[pulled > 0][-1]),
        instances,
    )


def _lifetimes(level: LevelColumns, large: Column, placed: Column) -> tuple[Column, float]:
    """Return the contracts of large placements that each row cancelled, and how long they stood.

    Contracts that stood before the first row are not known to have been placed, nor for how long.
    """
    standing: list[_Lot] = []
    pulled, spent, unexplained = [0] * len(large), 0, 0
    columns = (level.kind, level.old, level.new, level.exch_ns, large, placed)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for row, (kind, old, new, ns, is_large, size) in enumerate(rows):
        if kind == LevelKind.PRINT:
            unexplained += new
        elif kind == LevelKind.DROPPED:
            standing.clear()
            unexplained = 0
        elif size:
            standing.append(_Lot(size, size, ns, bool(is_large)))
        elif new < old:
            filled = min(old - new, unexplained)
            unexplained -= filled
            _take(standing, filled, oldest=True)
            for lot, part in _take(standing, old - new - filled, oldest=False):
                if lot.is_large:
                    pulled[row] += part
                    spent += part * (ns - lot.ns)
    total = sum(pulled)
    return np.array(pulled, dtype=np.int64), spent / total / NS if total else 0.0


@dataclass(slots=True)
class _Lot:
    placed: int
    left: int
    ns: int
    is_large: bool


def _take(standing: list[_Lot], size: int, *, oldest: bool) -> list[tuple[_Lot, int]]:
    """Take contracts off the lots that stand, and return from which and how many."""
    if not oldest:
        for at in range(len(standing) - 1, -1, -1):
            if standing[at].left == size:
                return [(standing.pop(at), size)]
    taken = []
    while size > 0 and standing:
        lot = standing[0 if oldest else -1]
        part = min(size, lot.left)
        taken.append((lot, part))
        size -= part
        lot.left -= part
        if not lot.left:
            standing.pop(0 if oldest else -1)
    return taken


def _distance(level: LevelColumns, quotes: QuoteColumns) -> Floats:
    """Return the ticks from the best price of the side just before each row; NaN while unknown."""
    is_ask = bool(level.side[0])
    best = quotes.ask if is_ask else quotes.bid
    if not len(best):
        return np.full(len(level.side), np.nan)
    at = np.searchsorted(quotes.exch_ns, level.exch_ns, side="left") - 1
    then = best[at.clip(0)]
    away = (level.price - then) if is_ask else (then - level.price)
    return np.where((at >= 0) & (then != UNKNOWN), away, np.nan).astype(np.float64)


def _mean(values: Floats, weights: NDArray[np.int64]) -> float:
    good = ~np.isnan(values) & (weights > 0)
    if not good.any():
        return float("nan")
    return float(np.average(values[good], weights=weights[good]))
