"""Where sessions begin among rows of timestamps.

Held by ``tests/indicators/test_own.py``.
"""

from __future__ import annotations

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
            raise IndicatorError("VWAP_SESSION: rows must be in time order")
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
        """Keep when the newest session began."""
        held = self._begin(int(columns[0][-1]) * 1000) if columns[0].size else None
        return _BeginState(self._begin, held)


class _BeginState:
    """When the session of the newest row began, ns."""

    __slots__ = ("_begin", "_held")

    def __init__(self, begin: Callable[[int], int], held: int | None) -> None:
        self._begin = begin
        self._held = held

    def _of(self, microseconds: float) -> int:
        ns = int(microseconds) * 1000
        held = self._held
        if held is not None and held <= ns < held + _SHORTEST_NS:
            return held
        return self._begin(ns)

    def update(self, values: tuple[float, ...]) -> tuple[float, ...]:
        begin = self._of(values[0])
        flag = 0.0 if begin == self._held else 1.0
        self._held = begin
        return (flag,)

    def peek(self, values: tuple[float, ...]) -> tuple[float, ...]:
        return (0.0 if self._of(values[0]) == self._held else 1.0,)

    def copy(self) -> _BeginState:
        return _BeginState(self._begin, self._held)
