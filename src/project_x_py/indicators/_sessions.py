"""Where sessions begin among rows of timestamps.

Held by ``tests/indicators/test_own.py``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from project_x_py._core.calendar import calendar_for, day_start_ns
from project_x_py._core.time import HOUR_NS
from project_x_py.exceptions import IndicatorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py.indicators._graph import Array, NodeState

__all__ = ["SessionBegins"]

_SHORTEST_NS = 22 * HOUR_NS
"""Two sessions of one kind never begin closer together than this."""
_SHORTEST_US = _SHORTEST_NS / 1000.0
_SAME, _LATER = (0.0,), (1.0,)
_DISORDER = "VWAP_SESSION: rows must be in time order"


class SessionBegins:
    """The node (microseconds since 1970) -> 1 on the first row of each session, else 0.

    Args:
        product: Ticker whose calendar counts, for regular sessions.
        regular: Regular sessions instead of trading days.
    """

    __slots__ = ("_begin",)

    def __init__(self, product: str, *, regular: bool) -> None:
        calendar = calendar_for(product)
        self._begin = calendar.last_regular_open_ns if regular else day_start_ns

    def batch(self, *columns: Array) -> tuple[Array, ...]:
        """Find the beginnings by bisection, one search per session.

        Raises:
            IndicatorError: rows are not in time order.
        """
        times = columns[0].astype(np.int64) * 1000
        if (np.diff(times) < 0).any():
            raise IndicatorError(_DISORDER)
        flags = np.zeros(times.size)
        row = 0
        while row < times.size:
            flags[row] = 1.0
            row = self._next_session(times, row)
        return (flags,)

    def _next_session(self, times: np.ndarray[tuple[int], np.dtype[np.int64]], row: int) -> int:
        """Return the first row after ``row`` that is in a later session."""
        begin = self._begin(int(times[row]))
        low, high = int(np.searchsorted(times, begin + _SHORTEST_NS)), times.size
        low = max(low, row + 1)
        while low < high:
            middle = (low + high) // 2
            if self._begin(int(times[middle])) > begin:
                high = middle
            else:
                low = middle + 1
        return low

    def open(self, *columns: Array) -> NodeState:
        """Keep the newest row's time, and when its session began."""
        if not columns[0].size:
            return _BeginState(self._begin, -math.inf, math.nan)
        newest = float(columns[0][-1])
        return _BeginState(self._begin, newest, self._begin(int(newest) * 1000) / 1000.0)


class _BeginState:
    """The time of the newest row, and when its session began: microseconds since 1970."""

    __slots__ = ("_begin", "_held", "_newest")

    def __init__(self, begin: Callable[[int], int], newest: float, held: float) -> None:
        self._begin = begin
        self._newest = newest
        self._held = held

    def update(self, values: tuple[float, ...]) -> tuple[float, ...]:
        begin = self._of(values[0])
        flag = _SAME if begin == self._held else _LATER
        self._newest, self._held = values[0], begin
        return flag

    def peek(self, values: tuple[float, ...]) -> tuple[float, ...]:
        return _SAME if self._of(values[0]) == self._held else _LATER

    def _of(self, time: float) -> float:
        if time < self._newest:
            raise IndicatorError(_DISORDER)
        if time < self._held + _SHORTEST_US:
            return self._held
        return self._begin(int(time) * 1000) / 1000.0

    def copy(self) -> _BeginState:
        return _BeginState(self._begin, self._newest, self._held)
