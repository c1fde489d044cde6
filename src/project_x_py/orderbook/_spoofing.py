"""Orders that are placed to be cancelled, level by level, from the history of the levels.

The feed shows levels, not orders. A growth of a level is a placement, a shrinkage that executions
at the level do not explain is a cancellation; resets, snapshots and levels that leave the feed's
window are neither. Cancelled contracts are matched with the newest placed ones, executed contracts
with the oldest, as an exchange with price-time priority does.

Confidence is (0.3 min(f/10, 1) + 0.35 c + 0.25 max(0, 1 - t/60) + 0.1 min(d/20, 1)) * n:
placements a minute f, share cancelled c, seconds until cancelled t, ticks from the best price d,
and novelty n. Every busy level has a high f, a high c and a low t; what sets spoofing apart is
orders larger than others place, so n is 0 up to twice the usual size of a placement and 1 from five
times on. With no other level to compare with, n is 1. The weights are this module's; Lee, Eom and
Park, "Microstructure-based manipulation" (Journal of Financial Markets 16, 2013), define spoofing
by size, distance and withdrawal alike.

Invariants (``tests/orderbook/test_detection.py``): executed contracts are never cancellations; each
parameter only takes away; all six patterns can be reached with the default parameters.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from project_x_py._core.time import NS
from project_x_py.orderbook._icebergs import level_keys
from project_x_py.orderbook._rings import UNKNOWN
from project_x_py.orderbook._state import LevelKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from project_x_py.orderbook._rings import Column, LevelColumns, QuoteColumns

    Floats = NDArray[np.float64]

__all__ = ["Limits", "Spoof", "pattern_of", "spoofs"]

MINUTE = 60 * NS


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
        size: Typical size of a placement: the mean weighted by size.
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
    moves = (changes.kind == LevelKind.SET) | (changes.kind == LevelKind.REMOVED)
    rows = np.flatnonzero(moves | (changes.kind == LevelKind.PRINT))
    if not len(rows):
        return []
    side, price = changes.side[rows], changes.price[rows]
    keys = level_keys(side, price)
    change = np.where(moves[rows], changes.new[rows] - changes.old[rows], 0)
    executed = np.where(moves[rows], 0, changes.new[rows])
    placed = change.clip(0)
    is_placed = placed > 0
    counts = np.bincount(keys[is_placed], minlength=int(keys.max()) + 1)
    volume = np.bincount(keys, weights=placed)
    gone = np.bincount(keys, weights=(-change).clip(0)) - np.bincount(keys, weights=executed)
    share = np.minimum(gone, volume) / np.maximum(volume, 1)
    # At least a minute is looked at, so fewer placements than that cannot reach the frequency.
    possible = (counts >= max(limits.frequency, 2)) & (share >= limits.cancelled) & (share > 0)
    sizes, owners = placed[is_placed], keys[is_placed]
    usual = float(np.median(sizes)) if len(sizes) else 0.0
    found = []
    for key in np.flatnonzero(possible):
        chosen = np.flatnonzero(keys == key)
        at = rows[chosen]
        typical = float(np.square(placed[chosen]).sum() / volume[key])
        if counts[key] * 2 > len(sizes):
            others = sizes[owners != key]
            reference = float(np.median(others)) if len(others) else None
        else:
            reference = usual
        spoof = _judged(
            _Level(int(side[chosen[0]]), int(price[chosen[0]]), changes.exch_ns[at]),
            change[chosen],
            executed[chosen],
            quotes,
            (typical, float(share[key]), _novelty(typical, reference)),
        )
        if spoof is not None and _reaches(spoof, limits):
            found.append(spoof)
    return sorted(found, key=lambda each: (-each.confidence, each.price))


@dataclass(frozen=True, slots=True)
class _Level:
    side: int
    price: int
    ns: Column


def _novelty(size: float, usual: float | None) -> float:
    return 1.0 if usual is None else min(1.0, max(0.0, (size / usual - 2) / 3))


def _reaches(spoof: Spoof, limits: Limits) -> bool:
    known = not np.isnan(spoof.distance)
    return (
        spoof.frequency >= limits.frequency
        and spoof.seconds <= limits.seconds
        and (spoof.distance >= limits.ticks if known else limits.ticks <= 0)
        and spoof.confidence >= limits.confidence
    )


def _judged(
    level: _Level,
    change: Column,
    executed: Column,
    quotes: QuoteColumns,
    known: tuple[float, float, float],
) -> Spoof | None:
    size, share, novelty = known
    cancelled, seconds, instances = _lifetimes(
        change.tolist(), executed.tolist(), level.ns.tolist()
    )
    if not instances:
        return None
    away = _distance(level, quotes)
    placed_ns = level.ns[change > 0]
    minutes = max((int(placed_ns[-1]) - int(placed_ns[0])) / MINUTE, 1.0)
    frequency = len(placed_ns) / minutes
    distance = _mean(away, change.clip(0))
    pulled = np.array(cancelled)
    far = 0.0 if np.isnan(distance) else max(distance, 0.0)
    base = 0.3 * min(frequency / 10, 1) + 0.35 * share
    base += 0.25 * max(0.0, 1 - seconds / 60) + 0.1 * min(far / 20, 1)
    return Spoof(
        level.side,
        level.price,
        size,
        frequency,
        share,
        seconds,
        distance,
        _mean(away, pulled),
        base * novelty,
        int(placed_ns[0]),
        int(level.ns[pulled > 0][-1]),
        instances,
    )


def _lifetimes(
    change: Sequence[int], executed: Sequence[int], ns: Sequence[int]
) -> tuple[list[int], float, int]:
    """Return the contracts cancelled by each row, how long they had stood, and how many rows did.

    Contracts that stood before the first row are not known to have been placed, nor for how long.
    """
    standing: deque[list[int]] = deque()
    cancelled, spent, total, instances, unexplained = [0] * len(ns), 0, 0, 0, 0
    for row, (step, print_size) in enumerate(zip(change, executed, strict=True)):
        unexplained += print_size
        if step > 0:
            standing.append([step, ns[row]])
            continue
        filled = min(-step, unexplained)
        unexplained -= filled
        _take(standing, filled, oldest=True)
        taken = _take(standing, -step - filled, oldest=False)
        for size, since in taken:
            cancelled[row] += size
            spent += size * (ns[row] - since)
        total += cancelled[row]
        instances += bool(cancelled[row])
    return cancelled, spent / total / NS if total else 0.0, instances


def _take(standing: deque[list[int]], size: int, *, oldest: bool) -> list[tuple[int, int]]:
    taken = []
    while size > 0 and standing:
        entry = standing[0 if oldest else -1]
        part = min(size, entry[0])
        taken.append((part, entry[1]))
        size -= part
        entry[0] -= part
        if not entry[0]:
            if oldest:
                standing.popleft()
            else:
                standing.pop()
    return taken


def _distance(level: _Level, quotes: QuoteColumns) -> Floats:
    """Return the ticks from the best price of the side just before each row; NaN while unknown."""
    best = quotes.ask if level.side else quotes.bid
    if not len(best):
        return np.full(len(level.ns), np.nan)
    at = np.searchsorted(quotes.exch_ns, level.ns, side="left") - 1
    then = best[at.clip(0)]
    away = (level.price - then) if level.side else (then - level.price)
    return np.where((at >= 0) & (then != UNKNOWN), away, np.nan).astype(np.float64)


def _mean(values: Floats, weights: NDArray[np.int64]) -> float:
    good = ~np.isnan(values) & (weights > 0)
    if not good.any():
        return float("nan")
    return float(np.average(values[good], weights=weights[good]))
