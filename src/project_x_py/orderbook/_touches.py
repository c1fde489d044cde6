"""Support and resistance from the turns of the price.

A level is touched when the price came to it and turned back: at a local low or high from which it
went away by more than the tolerance. What was merely read, quoted or traded through is no touch.

Invariants (``tests/orderbook/test_profile.py``): lows and highs alternate; a turn's time is that of
the first trade at its price; a level's touches lie within the tolerance of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py.orderbook._rings import Column

__all__ = ["TouchedLevel", "Turn", "touched_levels", "turns"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A local low or high of the traded price."""

    price: int
    ns: int
    high: bool


@dataclass(frozen=True, slots=True)
class TouchedLevel:
    """A price where the market turned several times.

    Attributes:
        price: The price of most turns in ticks; of equal ones the one that came last.
        touches: Turns within the tolerance.
        lows: Those of them that were lows.
        first_ns: Time of the first.
        last_ns: Time of the last.
    """

    price: int
    touches: int
    lows: int
    first_ns: int
    last_ns: int


def turns(price: Column, ns: Column, reversal: int) -> list[Turn]:
    """Return the local lows and highs that the price left by at least ``reversal`` ticks.

    The extreme since the last turn, from which the price has not yet gone away, is none.

    Args:
        price: Prices of trades in ticks, oldest first.
        ns: Their times.
        reversal: Ticks, at least 1.
    """
    if len(price) < 2:
        return []
    step = np.flatnonzero(np.diff(price)) + 1
    moved = np.concatenate(([0], step))
    path, times = price[moved], ns[moved]
    # Only where the direction changes can an extreme lie.
    sign = np.sign(np.diff(path))
    bends = np.concatenate(([0], np.flatnonzero(sign[1:] != sign[:-1]) + 1, [len(path) - 1]))
    return _zigzag(path[bends].tolist(), times[bends].tolist(), reversal)


def _zigzag(path: Sequence[int], times: Sequence[int], reversal: int) -> list[Turn]:
    found: list[Turn] = []
    low = high = 0
    rising: bool | None = None
    for at, price in enumerate(path):
        if price > path[high]:
            high = at
        if price < path[low]:
            low = at
        if rising is not False and path[high] - price >= reversal:
            found.append(Turn(path[high], times[high], True))
            rising, low, high = False, at, at
        elif rising is not True and price - path[low] >= reversal:
            found.append(Turn(path[low], times[low], False))
            rising, low, high = True, at, at
    # The path begins somewhere: its first price is no turn.
    return found[1:] if found and found[0].ns == times[0] else found


def touched_levels(found: Sequence[Turn], tolerance: int, least: int) -> list[TouchedLevel]:
    """Return the prices with at least ``least`` turns within ``tolerance`` ticks, ascending.

    Turns are grouped from the price with the most turns around it downwards; each counts once.
    """
    left = sorted(found, key=lambda turn: turn.price)
    levels: list[TouchedLevel] = []
    while len(left) >= least:
        prices = np.array([turn.price for turn in left])
        ends = np.searchsorted(prices, prices + tolerance, side="right")
        counts = ends - np.arange(len(left))
        first = int(np.argmax(counts))
        if counts[first] < least:
            break
        levels.append(_level(left[first : ends[first]]))
        del left[first : ends[first]]
    return sorted(levels, key=lambda level: level.price)


def _level(group: list[Turn]) -> TouchedLevel:
    counts: dict[int, tuple[int, int]] = {}
    for turn in sorted(group, key=lambda turn: turn.ns):
        number, _ = counts.get(turn.price, (0, 0))
        counts[turn.price] = (number + 1, turn.ns)
    times = [turn.ns for turn in group]
    return TouchedLevel(
        max(counts, key=lambda price: counts[price]),
        len(group),
        sum(not turn.high for turn in group),
        min(times),
        max(times),
    )
