"""When a contract can be traded: the market's hours and the platform's.

The market's are those of its calendar. The platform ends a trading day earlier, at 15:10 in
Chicago for Topstep, or at the market's last close of the day where that is earlier; from then on
it takes no orders until the next trading day begins, though prices go on.

Invariant (``tests/core/exchange/test_sessions.py``): between two boundaries tradability changes
only with the calendar; every day with a session has one flatten and one close, in this order.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.calendar import day_ordinal
from project_x_py._core.time import CHICAGO, from_datetime

if TYPE_CHECKING:
    from project_x_py._core.calendar import SessionCalendar

__all__ = ["Boundary", "BoundaryKind", "TradingDay"]

_SEARCH_DAYS = 30
"""No market is closed for as long as this."""


class BoundaryKind(enum.Enum):
    """What the platform does at a moment of the day."""

    FLATTEN = "flatten"
    """Positions are closed, orders cancelled, new ones refused."""
    CLOSE = "close"
    """The last close of a trading day: what still works is cancelled, costs are settled."""


class Boundary(NamedTuple):
    """A moment at which the platform acts."""

    ns: int
    kind: BoundaryKind


class TradingDay:
    """The boundaries of one contract.

    Args:
        calendar: When its market is open.
        flatten_minute: Minute of the Chicago day of the flatten; None for no flatten.
    """

    __slots__ = ("_calendar", "_day", "_flatten_minute", "_flatten_ns")

    def __init__(self, calendar: SessionCalendar, flatten_minute: int | None) -> None:
        self._calendar = calendar
        self._flatten_minute = flatten_minute
        self._day = -1
        self._flatten_ns: int | None = None

    def is_tradable(self, ns: int) -> bool:
        """Return whether orders are taken at an instant."""
        if not self._calendar.is_open(ns):
            return False
        day = day_ordinal(ns)
        if day != self._day:
            self._day, self._flatten_ns = day, self._flatten_of(day)
        return self._flatten_ns is None or ns < self._flatten_ns

    def next_boundary(self, ns: int) -> Boundary:
        """Return the first boundary after an instant."""
        day = day_ordinal(ns)
        return next(
            boundary
            for ahead in range(_SEARCH_DAYS)
            for boundary in self.boundaries(day + ahead)
            if boundary.ns > ns
        )

    def boundaries(self, day: int) -> tuple[Boundary, ...]:
        """Return the boundaries of the trading day that ends on a date ordinal."""
        sessions = self._calendar.sessions(date.fromordinal(day))
        if not sessions:
            return ()
        close = Boundary(sessions[-1][1], BoundaryKind.CLOSE)
        flatten_ns = self._flatten_of(day)
        if flatten_ns is None:
            return (close,)
        if flatten_ns == close.ns:
            # The next instant is no longer open, and two boundaries of one instant would be one.
            flatten_ns -= 1
        return (Boundary(flatten_ns, BoundaryKind.FLATTEN), close)

    def _flatten_of(self, day: int) -> int | None:
        if self._flatten_minute is None:
            return None
        sessions = self._calendar.sessions(date.fromordinal(day))
        at = date.fromordinal(day)
        hour, minute = divmod(self._flatten_minute, 60)
        wall = datetime(at.year, at.month, at.day, hour, minute, tzinfo=CHICAGO)
        return min(from_datetime(wall, CHICAGO), sessions[-1][1])
