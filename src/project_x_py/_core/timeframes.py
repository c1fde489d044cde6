"""The lengths of bars, and where bars of each length begin and end.

Trading days run from 17:00 to 17:00 Chicago time:

- bars of up to an hour lie on whole multiples of their length, which 17:00 is one of;
- longer intraday bars count elapsed time from 17:00 (4hr: 17:00, 21:00, 01:00, ...), and the next
  17:00 cuts the last one. The days on which the clocks change are the 23 or 25 hours up to a
  Sunday's 17:00, when no product trades, so such a cut is never seen in a market;
- a day bar is one trading day, a week bar runs from Sunday 17:00 to Sunday 17:00, a month bar from
  17:00 before the 1st to 17:00 before the next 1st.

Invariants (``tests/core/test_timeframes.py``): ``bar_start(tf, ns) <= ns < bar_end(tf, start)``,
the end of a bar is the start of the next, and both are 17:00 boundaries for days and longer.
"""

from __future__ import annotations

import difflib
from datetime import date
from functools import lru_cache

import msgspec

from project_x_py._core.calendar import day_ordinal, day_start_of
from project_x_py._core.time import HOUR_NS, MINUTE_NS, NS

__all__ = ["TIMEFRAMES", "Timeframe", "bar_end", "bar_start", "timeframe", "timeframe_of"]

_SECOND, _MINUTE, _HOUR, _DAY, _WEEK, _MONTH = range(1, 7)
_UNIT_NS = {_SECOND: NS, _MINUTE: MINUTE_NS, _HOUR: HOUR_NS}
_FIRST_MONDAY = date(1970, 1, 5).toordinal()


class Timeframe(msgspec.Struct, frozen=True):
    """The length of a bar."""

    name: str
    unit: int
    """The gateway's AggregateBarUnit: 1 second, 2 minute, 3 hour, 4 day, 5 week, 6 month."""
    unit_number: int
    """How many units, above zero."""
    seconds: int | None
    """Length in seconds; None for days and longer, whose length varies."""


def timeframe_of(unit: int, unit_number: int) -> Timeframe:
    """Return the timeframe of a gateway unit and number, such as 2, 5 for five minutes.

    Raises:
        ValueError: There is no such unit, or the number is not above zero.
    """
    if unit not in range(_SECOND, _MONTH + 1):
        raise ValueError(f"bar unit {unit} is not 1 (second) to 6 (month)")
    if unit_number < 1:
        raise ValueError(f"the number of units in a bar must be above zero, not {unit_number}")
    known = _BY_UNIT.get((unit, unit_number))
    return known or _timeframe(unit, unit_number)


def timeframe(name: str) -> Timeframe:
    """Return a documented timeframe by name, ``5min``.

    Raises:
        ValueError: There is none; the message names close matches and all names.
    """
    found = TIMEFRAMES.get(name)
    if found is not None:
        return found
    close = difflib.get_close_matches(name, TIMEFRAMES, n=3)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    raise ValueError(f"unknown timeframe {name!r}{hint} (there are {', '.join(TIMEFRAMES)})")


def bar_start(tf: Timeframe, ns: int) -> int:
    """Return the start of the bar that holds an instant, both in ns since 1970 UTC."""
    unit_ns = _UNIT_NS.get(tf.unit)
    if unit_ns is None:
        return _bounds(tf, day_ordinal(ns))[0]
    width = unit_ns * tf.unit_number
    if HOUR_NS % width == 0:
        return ns - ns % width
    day_start = day_start_of(day_ordinal(ns))
    return ns - (ns - day_start) % width


def bar_end(tf: Timeframe, start_ns: int) -> int:
    """Return the end (exclusive) of the bar that starts at ``start_ns``."""
    unit_ns = _UNIT_NS.get(tf.unit)
    day = day_ordinal(start_ns)
    if unit_ns is None:
        return _bounds(tf, day)[1]
    width = unit_ns * tf.unit_number
    if HOUR_NS % width == 0:
        return start_ns + width
    return min(start_ns + width, day_start_of(day + 1))


def _timeframe(unit: int, unit_number: int) -> Timeframe:
    unit_ns = _UNIT_NS.get(unit)
    seconds = None if unit_ns is None else unit_ns * unit_number // NS
    return Timeframe(f"{unit_number}{_UNIT_NAMES[unit]}", unit, unit_number, seconds)


@lru_cache(maxsize=4096)
def _bounds(tf: Timeframe, day: int) -> tuple[int, int]:
    """Return start and end, in ns, of the day, week or month bar that holds a trading day."""
    number = tf.unit_number
    if tf.unit == _MONTH:
        at = date.fromordinal(day)
        group = (at.year * 12 + at.month - 1) // number * number
        first, after = _month_ordinal(group), _month_ordinal(group + number)
    else:
        width = number * (7 if tf.unit == _WEEK else 1)
        first = day - (day - _FIRST_MONDAY) % width
        after = first + width
    return day_start_of(first), day_start_of(after)


def _month_ordinal(month: int) -> int:
    return date(month // 12, month % 12 + 1, 1).toordinal()


_UNIT_NAMES = {
    _SECOND: "sec",
    _MINUTE: "min",
    _HOUR: "hr",
    _DAY: "day",
    _WEEK: "week",
    _MONTH: "month",
}
_DOCUMENTED = {
    _SECOND: (1, 5, 10, 15, 30),
    _MINUTE: (1, 5, 15, 30),
    _HOUR: (1, 4),
    _DAY: (1,),
    _WEEK: (1,),
    _MONTH: (1,),
}

TIMEFRAMES: dict[str, Timeframe] = {
    tf.name: tf
    for tf in (_timeframe(unit, number) for unit, ns in _DOCUMENTED.items() for number in ns)
}
"""The documented timeframes, shortest first."""

_BY_UNIT = {(tf.unit, tf.unit_number): tf for tf in TIMEFRAMES.values()}
