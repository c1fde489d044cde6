"""When each group of products trades: sessions, trade dates and holidays, in nanoseconds.

A trading day runs from 17:00 to 17:00 Chicago time, at the offset of each instant, and is named by
the date on which it ends. Hours and holidays are data in :mod:`project_x_py._core._hours` and
:mod:`project_x_py._core._holidays`; this module only answers questions about instants. The
sessions of a trading day are computed once and kept.

Invariants (``tests/core/test_calendar.py``):

- ``day_start_ns(ns) <= ns``, and no 17:00 lies between them;
- ``is_open`` is true exactly inside ``[open, close)`` of ``sessions(trade date)``;
- the recorded tapes, one of which opens at 17:00 on a Christmas Day, trade while it says open.
"""

from __future__ import annotations

import enum
import re
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from project_x_py._core._holidays import KNOWN_YEARS, day_rule
from project_x_py._core._hours import UNLISTED, regular_minutes, session_minutes
from project_x_py._core.products import MONTH_LETTERS, find_product
from project_x_py._core.time import CHICAGO, DAY_NS, HOUR_NS, from_datetime

__all__ = [
    "GROUPS",
    "SessionCalendar",
    "SessionState",
    "calendar_for",
    "day_ordinal",
    "day_start_ns",
    "day_start_of",
    "find_calendar",
    "trade_date",
]

GROUPS = ("index", "fx", "rates", "energy", "metals", "crypto", "grains", "livestock")
"""The groups of products that keep the same hours."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_UNLISTED_NAME = re.compile(
    rf"(?:CON\.F\.US\.|F\.US\.)?({'|'.join(UNLISTED)})(?:\.?[{MONTH_LETTERS}]\d{{1,2}})?", re.ASCII
)
_SEARCH_DAYS = 30
"""No group is ever closed for as long as this."""


class SessionState(enum.Enum):
    """Whether a market trades."""

    OPEN = "open"
    BREAK = "break"
    """A daily pause: the market opens again by the end of the next trading day."""
    CLOSED = "closed"
    """A weekend, a holiday, or what is left of the day after an early close."""


class _Span(NamedTuple):
    """A stretch of time in which the state does not change."""

    start_ns: int
    end_ns: int
    state: SessionState


def day_ordinal(ns: int) -> int:
    """Return the ordinal of the date on which the trading day of an instant ends."""
    # 17:00 is 22:00 UTC in summer and an hour later in winter.
    day = (ns + 2 * HOUR_NS) // DAY_NS + _EPOCH_DAY
    return day if ns >= day_start_of(day) else day - 1


@lru_cache(maxsize=16384)
def day_start_of(day: int) -> int:
    """Return when the trading day that ends on date ordinal ``day`` starts, ns since 1970 UTC."""
    return _wall_ns(day, -7 * 60)


def day_start_ns(ns: int) -> int:
    """Return the 17:00 Chicago time at or before an instant, ns since 1970 UTC."""
    return day_start_of(day_ordinal(ns))


def trade_date(ns: int) -> date:
    """Return the date an instant trades for: it turns at 17:00, and the weekend is Monday's."""
    day = day_ordinal(ns)
    # An ordinal modulo 7 is 6 on a Saturday and 0 on a Sunday.
    return date.fromordinal(day + {6: 2, 0: 1}.get(day % 7, 0))


class SessionCalendar:
    """The sessions of one group of products.

    Args:
        group: One of ``GROUPS``.
        ticker: A product whose hours may differ from its group's; None for the group's own.

    Attributes:
        group: The group.
        ticker: The product, or None.
    """

    __slots__ = ("_days", "_regular", "_span", "group", "ticker")

    def __init__(self, group: str, ticker: str | None = None) -> None:
        if group not in GROUPS:
            raise ValueError(f"unknown product group {group!r} (there are {', '.join(GROUPS)})")
        self.group = group
        self.ticker = ticker
        self._days: dict[int, tuple[tuple[int, int], ...]] = {}
        self._regular: dict[int, tuple[int, int] | None] = {}
        self._span = _Span(0, 0, SessionState.CLOSED)

    def __repr__(self) -> str:
        return f"SessionCalendar({self.group!r}, {self.ticker!r})"

    def state(self, ns: int) -> SessionState:
        """Return whether the market is open at an instant."""
        span = self._span
        if not span.start_ns <= ns < span.end_ns:
            self._span = span = self._find(ns)
        return span.state

    def is_open(self, ns: int) -> bool:
        """Return True while the market trades; the instant of the close is no longer open."""
        return self.state(ns) is SessionState.OPEN

    def trade_date(self, ns: int) -> date:
        """Return the date an instant trades for, see :func:`trade_date`."""
        return trade_date(ns)

    def day_start_ns(self, ns: int) -> int:
        """Return the 17:00 Chicago time at or before an instant."""
        return day_start_ns(ns)

    def next_open_ns(self, ns: int) -> int:
        """Return the first opening after an instant, ns since 1970 UTC."""
        day = day_ordinal(ns)
        return next(
            opens for at in self._ahead(day) for opens, _ in self._sessions(at) if opens > ns
        )

    def next_close_ns(self, ns: int) -> int:
        """Return the first close after an instant: of the session it is in, else of the next."""
        day = day_ordinal(ns)
        return next(
            closes for at in self._ahead(day) for _, closes in self._sessions(at) if closes > ns
        )

    def last_regular_open_ns(self, ns: int) -> int:
        """Return the opening of the newest regular session that began at or before an instant."""
        day = day_ordinal(ns)
        found = (self._regular_hours(at) for at in range(day, day - _SEARCH_DAYS, -1))
        return next(hours[0] for hours in found if hours is not None and hours[0] <= ns)

    def sessions(self, day: date) -> tuple[tuple[int, int], ...]:
        """Return the (open, close) pairs of a trade date, in ns; none when it has no session."""
        return self._sessions(day.toordinal())

    def regular_hours(self, day: date) -> tuple[int, int] | None:
        """Return (open, close) of a trade date's regular session, in ns, or None on a holiday."""
        return self._regular_hours(day.toordinal())

    def holiday(self, day: date) -> str | None:
        """Return the name of what changes a trade date's hours in this group, or None."""
        rule = day_rule(day)
        return rule.name if rule is not None and rule.touches(self.group) else None

    def knows(self, ns: int) -> bool:
        """Return whether the holiday table was checked for the year of an instant.

        Outside those years the same rules are applied, and may be wrong.
        """
        return trade_date(ns).year in KNOWN_YEARS

    @staticmethod
    def _ahead(day: int) -> range:
        return range(day, day + _SEARCH_DAYS)

    def _sessions(self, day: int) -> tuple[tuple[int, int], ...]:
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self._compute(day)
        return found

    def _compute(self, day: int) -> tuple[tuple[int, int], ...]:
        minutes = session_minutes(self.group, date.fromordinal(day), self.ticker)
        rule, eve = day_rule(date.fromordinal(day)), day_rule(date.fromordinal(day - 1))
        if rule is not None:
            minutes = rule.cut(self.group, minutes)
        if eve is not None:
            minutes = eve.cut_evening(self.group, minutes)
        return tuple((_wall_ns(day, opens), _wall_ns(day, closes)) for opens, closes in minutes)

    def _regular_hours(self, day: int) -> tuple[int, int] | None:
        if day not in self._regular:
            self._regular[day] = self._compute_regular(day)
        return self._regular[day]

    def _compute_regular(self, day: int) -> tuple[int, int] | None:
        sessions, rule = self._sessions(day), day_rule(date.fromordinal(day))
        if not sessions or (rule is not None and not rule.regular):
            return None
        opens, closes = regular_minutes(self.ticker, self.group)
        start, end = _wall_ns(day, opens), min(_wall_ns(day, closes), sessions[-1][1])
        return (start, end) if start < end else None

    def _find(self, ns: int) -> _Span:
        day = day_ordinal(ns)
        opens, closes, last = next(
            (*pair, at)
            for at in range(day, day - _SEARCH_DAYS, -1)
            for pair in reversed(self._sessions(at))
            if pair[0] <= ns
        )
        if ns < closes:
            return _Span(opens, closes, SessionState.OPEN)
        reopens, following = next(
            (pair[0], at) for at in self._ahead(last) for pair in self._sessions(at) if pair[0] > ns
        )
        rule = day_rule(date.fromordinal(last))
        usual = following - last <= 1 and not (rule and rule.touches(self.group))
        return _Span(closes, reopens, SessionState.BREAK if usual else SessionState.CLOSED)


@lru_cache(maxsize=256)
def find_calendar(product_or_ticker: str) -> SessionCalendar | None:
    """Return the calendar of a product, or None for one that no table has.

    Args:
        product_or_ticker: Ticker, code, contract name, contract id, symbol id or group.
    """
    if product_or_ticker in GROUPS:
        return SessionCalendar(product_or_ticker)
    product = find_product(product_or_ticker)
    if product is not None:
        return SessionCalendar(product.group, product.ticker)
    match = _UNLISTED_NAME.fullmatch(product_or_ticker.strip().upper())
    return SessionCalendar(UNLISTED[match[1]], match[1]) if match else None


@lru_cache(maxsize=256)
def calendar_for(product_or_ticker: str) -> SessionCalendar:
    """Return the calendar of a product.

    Args:
        product_or_ticker: As for :func:`find_calendar`. What is in no table gets the hours of
            ``index``, which are those of most products.
    """
    return find_calendar(product_or_ticker) or SessionCalendar("index")


def _wall_ns(day: int, minute: int) -> int:
    """Return the instant of a wall-clock minute counted from a date's midnight; may be negative."""
    back, rest = divmod(minute, 24 * 60)
    at = date.fromordinal(day + back)
    return from_datetime(
        datetime(at.year, at.month, at.day, rest // 60, rest % 60, tzinfo=CHICAGO), CHICAGO
    )
