"""Price zones that are confirmed on one row and traded back into on a later one.

Recursions with immutable states, so that a live handle can look ahead and be copied.

Held by ``tests/indicators/test_own.py``.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import TypeAlias

from project_x_py.indicators._graph import Scan

__all__ = ["mitigation", "order_blocks"]

Levels: TypeAlias = tuple[float, ...]
Row: TypeAlias = tuple[float, ...]

_NAN = math.nan


def mitigation() -> Scan[tuple[Levels, Levels]]:
    """Return the node (low, high, level from above, level from below) -> 1 on a trade back.

    A level from above is reached when a later low is at or below it, a level from below when a
    later high is at or above it; NaN adds none. Every level counts once.
    """
    return Scan(((), ()), _mitigate, 1)


def _mitigate(state: tuple[Levels, Levels], row: Row) -> tuple[tuple[Levels, Levels], tuple[float]]:
    above, below = state
    low, high, from_above, from_below = row
    reached = 0.0
    if above and low <= above[-1]:
        above, reached = above[: bisect_left(above, low)], 1.0
    if below and high >= below[0]:
        below, reached = below[bisect_right(below, high) :], 1.0
    if from_above == from_above:
        above = _inserted(above, from_above)
    if from_below == from_below:
        below = _inserted(below, from_below)
    return (above, below), (reached,)


def _inserted(levels: Levels, level: float) -> Levels:
    at = bisect_left(levels, level)
    return (*levels[:at], level, *levels[at:])


Block: TypeAlias = tuple[int, float, float, float, float, float]
"""Rows left, side, top, bottom, volume, strength."""


def order_blocks(lookback: int) -> Scan[tuple[Block, ...]]:
    """Return the node (close, side, top, bottom, volume, strength) -> a confirmed block.

    ``side`` is 1 for a bar that may become a bullish block, -1 for a bearish one, 0 for neither,
    NaN while that is unknown. Outputs: bullish, bearish (0 or 1), then the newest block that this
    close confirms: top, bottom, volume, strength, NaN without one.
    """

    def step(waiting: tuple[Block, ...], row: Row) -> tuple[tuple[Block, ...], Row]:
        close, side, top, bottom, volume, strength = row
        found: Block | None = None
        kept: list[Block] = []
        for block in waiting:
            if (close > block[2]) if block[1] > 0.0 else (close < block[3]):
                found = block
            elif block[0] > 1:
                kept.append((block[0] - 1, *block[1:]))
        if side in (1.0, -1.0):
            kept.append((lookback, side, top, bottom, volume, strength))
        if found is not None:
            bullish = found[1] > 0.0
            return tuple(kept), (float(bullish), float(not bullish), *found[2:])
        flag = _NAN if side != side else 0.0
        return tuple(kept), (flag, flag, _NAN, _NAN, _NAN, _NAN)

    return Scan((), step, 6)
