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
LARGEST = 100_000
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
    keys = level_keys(bursts.side, bursts.price)
    came = bursts.at_once + bursts.late
    # A part is no larger than what was displayed before it, so more than that came in several.
    refreshes = np.bincount(keys, weights=-(-came // bursts.shown.clip(1)))
    chances = _Chances(keys, bursts.at_once > 0, came)
    found = []
    for key in np.flatnonzero(refreshes >= min_refreshes):
        sure = max(0.0, 1 - chances.tail(int(key)))
        if sure < confidence:
            continue
        rows = np.flatnonzero(keys == key)
        executed = int(bursts.executed[rows].sum())
        if executed >= volume_threshold:
            hidden = int(bursts.at_once[rows].sum()) + chances.hidden(int(key), bursts.late[rows])
            found.append(_iceberg(bursts, rows, int(refreshes[key]), (executed, hidden), sure))
    return sorted(found, key=lambda each: (-each.confidence, -each.hidden, each.price))


def level_keys(side: NDArray[np.int64], price: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a small number for each row, the same for the same side and price."""
    low = int(price.min())
    span = int(price.max()) - low
    keys: NDArray[np.int64] = (price - low) * 2 + side
    if span >= WIDEST:
        _, keys = np.unique(keys, return_inverse=True)
    return keys


def binomial_tail(count: int, hits: int, chance: float) -> float:
    """Return the probability of at least ``hits`` in ``count`` trials of a given chance."""
    if hits <= 0:
        return 1.0
    if chance <= 0:
        return 0.0
    if chance >= 1:
        return 1.0
    logs = math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
    term = math.exp(logs + hits * math.log(chance) + (count - hits) * math.log1p(-chance))
    total, odds = 0.0, chance / (1 - chance)
    for number in range(hits, count + 1):
        total += term
        term *= odds * (count - number) / (number + 1)
        if term < total * 1e-12:
            break
    return min(total, 1.0)


class _Chances:
    """How likely refills are by chance, from all executions of a window."""

    def __init__(
        self, keys: NDArray[np.int64], at_once: NDArray[np.bool_], came: NDArray[np.int64]
    ) -> None:
        self._keys, self._at_once, self._came = keys, at_once, came
        self._counts = np.bincount(keys)
        self._hits = np.bincount(keys[at_once], minlength=len(self._counts))
        busy = self._counts >= BUSY
        shares = self._hits[busy] / self._counts[busy]
        self._common = float(np.quantile(shares, COMMON)) if np.count_nonzero(busy) > 1 else 0.0
        self._tested = KINDS * int(np.count_nonzero(self._counts))
        self._sizes = np.bincount(came.clip(0, LARGEST))

    def tail(self, key: int) -> float:
        """Return T * P of a level: the smaller of its two tails, times how many were looked at."""
        count, hits = int(self._counts[key]), int(self._hits[key])
        at_once = binomial_tail(count, hits, self._rate(int(self._hits.sum()) - hits, count))
        size, repeats, kinds = self._usual(key)
        others = int(self._sizes[size]) - repeats
        same = binomial_tail(count, repeats, self._rate(others, count, pooled=True))
        return self._tested * min(at_once, same * kinds)

    def hidden(self, key: int, late: NDArray[np.int64]) -> int:
        """Return the contracts of a level's late refills that chance does not explain.

        Args:
            key: The level.
            late: Late refills of its executions.
        """
        size, repeats, _ = self._usual(key)
        count = int(self._counts[key])
        expected = count * self._rate(int(self._sizes[size]) - repeats, count, pooled=True)
        return int(size * max(0.0, np.count_nonzero(late == size) - expected))

    def _usual(self, key: int) -> tuple[int, int, int]:
        """Return the most common size of a level's refills, how often it came, and how many."""
        mine = np.bincount(self._came[self._keys == key].clip(0, LARGEST), minlength=2)
        mine[0] = 0
        size = int(np.argmax(mine))
        return size, int(mine[size]), int(np.count_nonzero(mine))

    def _rate(self, hits: int, count: int, *, pooled: bool = False) -> float:
        # One refill in two executions that nobody saw: the chance is never taken to be zero.
        share = (hits + 1) / (int(self._counts.sum()) - count + 2)
        return share if pooled else max(share, self._common)


def _iceberg(
    bursts: BurstColumns,
    rows: NDArray[np.intp],
    refreshes: int,
    sums: tuple[int, int],
    confidence: float,
) -> Iceberg:
    first = rows[0]
    return Iceberg(
        int(bursts.side[first]),
        int(bursts.price[first]),
        float(bursts.shown[rows].mean()),
        len(rows),
        refreshes,
        int(np.count_nonzero(bursts.at_once[rows])),
        *sums,
        confidence,
        int(bursts.exch_ns[rows].max()),
    )
