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
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from project_x_py._core.book import ASK
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
SMALL = (1 << 16) - 1
ROUNDING = 1e-9
DROPPED, PRINT = int(LevelKind.DROPPED), int(LevelKind.PRINT)


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
    order = _order(keys)
    rows, keys = rows[order], keys[order]
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    placed = _placements(changes, rows, firsts)
    ends = np.append(firsts[1:], len(rows))
    large = _large(placed, keys, firsts, ends)
    found = []
    for level in _in_reach(changes, rows, firsts, large, quotes, limits):
        own = slice(int(firsts[level.at]), int(ends[level.at]))
        spoof = _judged(changes, rows[own], large[own], placed[own], quotes, level)
        if spoof is not None and _reaches(spoof, limits):
            found.append(spoof)
    return sorted(found, key=lambda each: (-each.confidence, each.price))


def _order(numbers: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the stable order of numbers of at least zero; small ones are sorted by radix."""
    small = not len(numbers) or int(numbers.max()) <= SMALL
    return np.argsort(numbers.astype(np.uint16) if small else numbers, kind="stable")


def _placements(
    changes: LevelColumns, rows: NDArray[np.intp], firsts: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Return the contracts placed by each row; rows are ordered by level, then by time."""
    grown = np.where(changes.kind == LevelKind.SET, changes.new - changes.old, 0).clip(0)
    placed: NDArray[np.int64] = grown[rows]
    gone = changes.kind.astype(np.int8)[rows] == DROPPED
    gone[firsts[1:] - 1] = gone[-1] = False
    back = np.flatnonzero(gone) + 1
    placed[back[changes.old[rows[back]] == 0]] = 0
    return placed


def _large(
    placed: Column, keys: Column, firsts: NDArray[np.intp], ends: NDArray[np.intp]
) -> Column:
    """Return the placements that are as large as the largest hundredth of those elsewhere."""
    some = np.flatnonzero(placed)
    order = _order(placed[some].max(initial=0) - placed[some])
    sizes, owners = placed[some][order], keys[some][order]
    numbers = np.add.reduceat((placed > 0).astype(np.int64), firsts)
    least = np.ones(len(firsts), dtype=np.int64)
    for at, number in enumerate(numbers.tolist()):
        others = len(sizes) - number
        if others:
            rank = others // RARE
            top = owners[: rank + 1 + number]
            least[at] = sizes[np.flatnonzero(top != keys[firsts[at]])[rank]]
    large: Column = np.where(placed >= np.repeat(least, ends - firsts), placed, 0)
    return large


class _Level(NamedTuple):
    """What the large placements of a level show by themselves; see ``Spoof``."""

    at: int
    frequency: float
    distance: float
    first_ns: int
    confidence: float
    """That of the level if all was cancelled, and at once."""


def _in_reach(
    changes: LevelColumns,
    rows: NDArray[np.intp],
    firsts: NDArray[np.intp],
    large: Column,
    quotes: QuoteColumns,
    limits: Limits,
) -> list[_Level]:
    """Return the levels that reach the limits if all was cancelled at once.

    What became of the placements is the dear part, and is asked only of these.
    """
    at = np.flatnonzero(large)
    if not len(at):
        return []
    chosen = rows[at]
    ns, sizes = changes.exch_ns[chosen], large[at]
    away = _distance(changes, chosen, quotes)
    owner = np.searchsorted(firsts, at, side="right") - 1
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    levels = owner[starts]
    found = []
    bounds = [*starts.tolist(), len(at)]
    for level, first, end in zip(levels.tolist(), bounds, bounds[1:], strict=False):
        # At least a minute is looked at, so fewer than that cannot be frequent enough.
        if end - first < max(limits.frequency, 2):
            continue
        began, ended = int(ns[first]), int(ns[end - 1])
        frequency = (end - first) / max((ended - began) / MINUTE, 1.0)
        distance = _mean(away[first:end], sizes[first:end])
        most = _confidence(frequency, 1.0, 0.0, distance)
        far = distance >= limits.ticks if not np.isnan(distance) else limits.ticks <= 0
        if far and frequency >= limits.frequency and most + ROUNDING >= limits.confidence:
            found.append(_Level(level, frequency, distance, began, most))
    return found


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
    changes: LevelColumns,
    rows: NDArray[np.intp],
    large: Column,
    placed: Column,
    quotes: QuoteColumns,
    level: _Level,
) -> Spoof | None:
    """Return what a level did; None where no large placement was cancelled.

    Args:
        changes: The history.
        rows: Those of the level.
        large: Contracts of its large placements, by row.
        placed: Contracts of all its placements, by row.
        quotes: Best prices.
        level: What is known of it.
    """
    pulled, seconds = _lifetimes(changes, rows, large, placed)
    gone = np.flatnonzero(pulled)
    if not len(gone):
        return None
    volume = int(large.sum())
    share = min(1.0, int(pulled.sum()) / volume)
    return Spoof(
        int(changes.side[rows[0]]),
        int(changes.price[rows[0]]),
        volume / int(np.count_nonzero(large)),
        level.frequency,
        share,
        seconds,
        level.distance,
        _mean(_distance(changes, rows[gone], quotes), pulled[gone]),
        _confidence(level.frequency, share, seconds, level.distance),
        level.first_ns,
        int(changes.exch_ns[rows[gone[-1]]]),
        len(gone),
    )


def _confidence(frequency: float, share: float, seconds: float, distance: float) -> float:
    far = 0.0 if np.isnan(distance) else max(distance, 0.0)
    often = 0.3 * min(frequency / 10, 1) + 0.35 * share
    return often + (0.25 * max(0.0, 1 - seconds / 60) + 0.1 * min(far / 20, 1))


def _lifetimes(
    changes: LevelColumns, rows: NDArray[np.intp], large: Column, placed: Column
) -> tuple[Column, float]:
    """Return the contracts of large placements that each row cancelled, and how long they stood.

    Contracts that stood before the first row are not known to have been placed, nor for how long.
    """
    pulled, spent, unexplained = [0] * len(large), 0, 0
    # Nothing stands after a drop, so stretches without a large placement have nothing to tell.
    stretch = np.cumsum(changes.kind[rows] == DROPPED)
    counts = np.zeros(int(stretch[-1]) + 1, dtype=np.bool_)
    counts[stretch[large > 0]] = True
    told = np.flatnonzero(counts[stretch])
    # Placements that stand, oldest first: contracts left, and the time of the large ones, else -1.
    left: list[int] = []
    since: list[int] = []
    history = (changes.kind, changes.old, changes.new, changes.exch_ns)
    columns = (told, *(column[rows[told]] for column in history), large[told], placed[told])
    for row, kind, old, new, ns, is_large, size in zip(*(c.tolist() for c in columns), strict=True):
        if size:
            left.append(size)
            since.append(ns if is_large else -1)
        elif kind == PRINT:
            unexplained += new
        elif kind == DROPPED:
            left.clear()
            since.clear()
            unexplained = 0
        elif new < old:
            fell = old - new
            if unexplained:
                filled = min(fell, unexplained)
                unexplained -= filled
                fell -= filled
                _take(left, since, filled, 0)
            if fell in left:
                at = len(left) - 1 - left[::-1].index(fell)
                parts = [(since.pop(at), left.pop(at))]
            else:
                parts = _take(left, since, fell, -1)
            for placed_ns, part in parts:
                if placed_ns >= 0:
                    pulled[row] += part
                    spent += part * (ns - placed_ns)
    total = sum(pulled)
    return np.array(pulled, dtype=np.int64), spent / total / NS if total else 0.0


def _take(left: list[int], since: list[int], size: int, end: int) -> list[tuple[int, int]]:
    """Take contracts off the oldest placements (0) or the newest (-1): times and contracts."""
    taken = []
    while size > 0 and left:
        part = min(size, left[end])
        taken.append((since[end], part))
        size -= part
        left[end] -= part
        if not left[end]:
            del left[end], since[end]
    return taken


def _distance(changes: LevelColumns, rows: NDArray[np.intp], quotes: QuoteColumns) -> Floats:
    """Return the ticks from the best price of the side just before each row; NaN while unknown."""
    if not len(quotes.bid):
        return np.full(len(rows), np.nan)
    price, is_ask = changes.price[rows], changes.side[rows] == ASK
    at = np.searchsorted(quotes.exch_ns, changes.exch_ns[rows], side="left") - 1
    before = at.clip(0)
    then = np.where(is_ask, quotes.ask[before], quotes.bid[before])
    away = np.where(is_ask, price - then, then - price)
    return np.where((at >= 0) & (then != UNKNOWN), away, np.nan).astype(np.float64)


def _mean(values: Floats, weights: NDArray[np.int64]) -> float:
    good = ~np.isnan(values) & (weights > 0)
    if not good.any():
        return float("nan")
    values, weights = values[good], weights[good]
    return float((values * weights).sum() / weights.sum())
