"""Icebergs: levels that are refilled after executions in a way that chance does not explain.

Any level is refilled now and then, because somebody happens to join it. Two things are telling:
refills that come with the execution itself, and refills of one and the same size. How often either
happens without an iceberg, the other levels of the same window tell: the share of their executions,
and for the first not less than the share at the tenth of the levels where it is most common. The
confidence that a level hides size is 1 - T * P, where P is the probability of so many such refills
or more by that chance (a binomial tail), and T how many tails were looked at (Bonferroni).

Sources: Zotikov and Antonov, "CME Iceberg Order Detection and Prediction" (2019), for what a refill
is; Dunn, "Multiple Comparisons among Means", JASA 56 (1961), for the correction.

Invariants (``tests/orderbook/test_detection.py``): a level that is refilled no more often than the
others is none; error rates are in ``docs/reference/detection.md``, from ``bench/detection.py``.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from project_x_py.orderbook._bursts import BurstColumns

__all__ = ["Iceberg", "binomial_tail", "icebergs", "level_keys"]

WIDEST = 1 << 16
KINDS = 2
CERTAIN = 1 - 1e-12
ROUNDING = 1e-9
LARGEST = 511
"""Refills of more contracts than this are not compared by size."""
BUSY = 10
COMMON = 0.9
"""The chance of a refill at once is not less than this quantile of the busy levels' shares."""


@dataclass(frozen=True, slots=True)
class Iceberg:
    """A level that hides size.

    Attributes:
        side: 0 bid, 1 ask.
        price: Ticks.
        shown: Mean of what it displayed before an execution.
        bursts: Executions that it met.
        refills: Parts that came in, at least: a refill of more than was displayed is several.
        at_once: Executions that were refilled with the execution itself.
        executed: Contracts executed there.
        hidden: Contracts that refills at once brought, and late ones of the usual size beyond what
            chance explains.
        confidence: From 0 to 1.
        last_ns: Time of the last execution.
    """

    side: int
    price: int
    shown: float
    bursts: int
    refills: int
    at_once: int
    executed: int
    hidden: int
    confidence: float
    last_ns: int


def icebergs(
    bursts: BurstColumns, min_refreshes: int, volume_threshold: int, confidence: float
) -> list[Iceberg]:
    """Return the levels that hide size, the surest first.

    Args:
        bursts: The executions of a window.
        min_refreshes: Refills a level needs.
        volume_threshold: Contracts that must have been executed there.
        confidence: Least confidence, from 0 to 1.
    """
    if not len(bursts.price):
        return []
    levels = _Levels(bursts)
    found = []
    enough = (levels.refreshes >= min_refreshes) & (levels.executed >= volume_threshold)
    if confidence > 0:
        enough &= levels.stand_out(confidence)
    for key in np.flatnonzero(enough):
        sure = levels.confidence(int(key), confidence)
        if sure >= confidence:
            found.append(levels.iceberg(int(key), sure))
    return sorted(found, key=lambda each: (-each.confidence, -each.hidden, each.price))


def level_keys(side: NDArray[np.int64], price: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a small number for each row, the same for the same side and price."""
    low = int(price.min())
    span = int(price.max()) - low
    keys: NDArray[np.int64] = (price - low) * 2 + side
    if span >= WIDEST:
        _, keys = np.unique(keys, return_inverse=True)
    return keys


def binomial_tail(count: int, hits: int, chance: float, enough: float = 1.0) -> float:
    """Return the probability of at least ``hits`` in ``count`` trials of a given chance.

    Once the sum has reached ``enough`` it is returned as it is: the probability is at least that.
    """
    if hits <= 0 or chance >= 1:
        return 1.0
    if chance <= 0 or hits > count:
        return 0.0
    logs = math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
    term = math.exp(logs + hits * math.log(chance) + (count - hits) * math.log1p(-chance))
    total, odds = 0.0, chance / (1 - chance)
    for number in range(hits, count + 1):
        total += term
        if total >= enough:
            break
        term *= odds * (count - number) / (number + 1)
        if term < total * 1e-12:
            break
    return min(total, 1.0)


@functools.cache
def _log_factorials(bits: int) -> NDArray[np.float64]:
    """Return the logarithms of the factorials of all numbers of so many bits."""
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, 1 << bits)))))


class _Levels:
    """The executions of a window by level, and how likely their refills are by chance."""

    def __init__(self, bursts: BurstColumns) -> None:
        self._bursts = bursts
        sparse = level_keys(bursts.side, bursts.price)
        numbers = np.bincount(sparse)
        present = np.flatnonzero(numbers)
        names = np.zeros(int(present[-1]) + 1, dtype=np.int64)
        names[present] = np.arange(len(present))
        self._keys = keys = names[sparse]
        levels = len(present)
        came = bursts.at_once + bursts.late
        refilled = np.flatnonzero(came > 0)
        at_once = np.flatnonzero(bursts.at_once > 0)
        size = came[refilled]
        # A part is no larger than what was displayed before it, so more than that came in several.
        shown, parts = bursts.shown[refilled], np.ones(len(size))
        several = np.flatnonzero(size > shown)
        parts[several] = -(-size[several] // shown[several].clip(1))
        self._counts = numbers[present]
        self._at_once = np.bincount(keys[at_once], minlength=levels)
        self.refreshes = np.bincount(keys[refilled], weights=parts, minlength=levels)
        self.executed = np.bincount(keys, weights=bursts.executed)
        size[size > LARGEST] = 0
        width = int(size.max(initial=0)) + 1
        flat = np.bincount(keys[refilled] * width + size, minlength=levels * width)
        by_size = flat.reshape(levels, width)
        by_size[:, 0] = 0
        self._sizes = by_size.sum(axis=0)
        usual = by_size.argmax(axis=1)
        repeats = by_size[np.arange(levels), usual]
        self._usual, self._repeats = usual, repeats
        self._elsewhere = self._sizes[usual] - repeats
        self._kinds = np.count_nonzero(by_size, axis=1)
        self._total, self._total_at_once = len(keys), len(at_once)
        self._tested = KINDS * levels
        busy = np.sort((self._at_once / self._counts)[self._counts >= BUSY])
        self._common = float(busy[int(COMMON * (len(busy) - 1))]) if len(busy) > 1 else 0.0

    def stand_out(self, least: float) -> NDArray[np.bool_]:
        """Return which levels may be as sure as ``least``, by the first terms of their tails.

        A tail is at least its first term, and a quarter where the hits are no more than expected.
        """
        counts, repeats = self._counts, self._repeats
        others = self._total - counts + 2
        at_once = np.maximum((self._total_at_once - self._at_once + 1) / others, self._common)
        same = (self._elsewhere + 1) / others
        logs = _log_factorials(int(counts.max()).bit_length())
        most = math.log((1 - least) / self._tested + 1e-300) + ROUNDING
        found = np.zeros(len(counts), dtype=np.bool_)
        for hits, chance, ways in ((self._at_once, at_once, 1), (repeats, same, self._kinds)):
            chance = chance.clip(None, CERTAIN)
            first = logs[counts] - logs[hits] - logs[counts - hits] + np.log(np.maximum(ways, 1))
            first += hits * np.log(chance) + (counts - hits) * np.log1p(-chance)
            found |= ((hits > counts * chance) | (self._tested < 4)) & (first <= most)
        return found

    def confidence(self, key: int, least: float) -> float:
        """Return 1 - T * P of a level, P the smaller of its two tails; below ``least``, at most."""
        count, hits = int(self._counts[key]), int(self._at_once[key])
        size, repeats, kinds = (int(x[key]) for x in (self._usual, self._repeats, self._kinds))
        enough = (1 - least) / self._tested + 1e-300
        chance = max(self._rate(self._total_at_once - hits, count), self._common)
        tail = binomial_tail(count, hits, chance, enough)
        if kinds:
            chance = self._rate(int(self._sizes[size]) - repeats, count)
            tail = min(tail, kinds * binomial_tail(count, repeats, chance, enough))
        return max(0.0, 1 - self._tested * tail)

    def iceberg(self, key: int, confidence: float) -> Iceberg:
        """Return a level as it is reported."""
        bursts, count = self._bursts, int(self._counts[key])
        rows = np.flatnonzero(self._keys == key)
        size, repeats = int(self._usual[key]), int(self._repeats[key])
        expected = count * self._rate(int(self._sizes[size]) - repeats, count)
        late = size * max(0.0, np.count_nonzero(bursts.late[rows] == size) - expected)
        return Iceberg(
            int(bursts.side[rows[0]]),
            int(bursts.price[rows[0]]),
            float(bursts.shown[rows].mean()),
            count,
            int(self.refreshes[key]),
            int(self._at_once[key]),
            int(self.executed[key]),
            int(bursts.at_once[rows].sum() + late),
            confidence,
            int(bursts.exch_ns[rows].max()),
        )

    def _rate(self, others: int, count: int) -> float:
        """Return the share of the other levels' executions with so many hits among them."""
        # One refill in two executions that nobody saw: the chance is never taken to be zero.
        return (others + 1) / (self._total - count + 2)
