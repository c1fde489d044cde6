"""Icebergs: levels that are refilled after executions more often than others are.

Any level is refilled now and then, because somebody happens to join it. How often, the other levels
of the same window tell: that share is the chance of a refill without an iceberg. The confidence
that a level is one is 1 - L * P, where P is the probability of so many refills or more by that
chance (a binomial tail) and L corrects for looking at many levels and at two kinds of refills
(Bonferroni). Refills that come with an execution are judged apart from late ones: hardly any
innocent level has the former.

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


@dataclass(frozen=True, slots=True)
class Iceberg:
    """A level that hides size.

    Attributes:
        side: 0 bid, 1 ask.
        price: Ticks.
        shown: Mean of what it displayed before an execution.
        bursts: Executions that it met.
        refills: How many of them were refilled.
        at_once: How many of those with the execution itself.
        executed: Contracts executed there.
        hidden: Contracts that the refills brought.
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
    came = bursts.at_once > 0
    refilled = came | (bursts.late > 0)
    counts = np.bincount(keys)
    refills = np.bincount(keys[refilled], minlength=len(counts))
    at_once = np.bincount(keys[came], minlength=len(counts))
    tested = KINDS * int(np.count_nonzero(counts))
    sums = int(counts.sum()), int(refills.sum()), int(at_once.sum())
    found = []
    for key in np.flatnonzero(refills >= min_refreshes):
        mine = int(counts[key]), int(refills[key]), int(at_once[key])
        sure = max(0.0, 1 - tested * _chance(sums, mine))
        if sure < confidence:
            continue
        rows = np.flatnonzero(keys == key)
        executed = int(bursts.executed[rows].sum())
        if executed >= volume_threshold:
            found.append(_iceberg(bursts, rows, mine, executed, sure))
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


def _chance(sums: tuple[int, int, int], mine: tuple[int, int, int]) -> float:
    """Return the probability of a level's refills by the chance that the other levels show."""
    others = sums[0] - mine[0]
    # One refill in two executions that nobody saw: the chance is never taken to be zero.
    return min(
        binomial_tail(mine[0], mine[kind], (sums[kind] - mine[kind] + 1) / (others + 2))
        for kind in (1, 2)
    )


def _iceberg(
    bursts: BurstColumns,
    rows: NDArray[np.intp],
    mine: tuple[int, int, int],
    executed: int,
    confidence: float,
) -> Iceberg:
    first = rows[0]
    return Iceberg(
        int(bursts.side[first]),
        int(bursts.price[first]),
        float(bursts.shown[rows].mean()),
        *mine,
        executed,
        int(bursts.at_once[rows].sum() + bursts.late[rows].sum()),
        confidence,
        int(bursts.exch_ns[rows].max()),
    )
