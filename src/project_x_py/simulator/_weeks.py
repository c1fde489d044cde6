"""Moves a recording to another week of the Chicago calendar.

The weekday and the wall clock of every row stay, whatever the clocks did in between, so session
opens, closes and regular hours fall where they were recorded.

Invariant (``tests/simulator/test_tape.py``): the Chicago weekday and time of day of an instant stay
to the nanosecond, over both DST changes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from project_x_py._core.time import CHICAGO, DAY_NS, HOUR_NS, from_datetime, to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["moved", "offsets", "weeks_until"]


def moved(ns: int, weeks: int) -> int:
    """Return the instant with the same Chicago weekday and time, ``weeks`` weeks later."""
    return ns + _offset(ns - ns % HOUR_NS, weeks)


def offsets(hours: Iterable[int], weeks: int) -> list[int]:
    """Return the ns to add to the instants of each hour, given by its start."""
    return [_offset(hour, weeks) for hour in hours]


def weeks_until(ns: int, now_ns: int) -> int:
    """Return the most weeks that an instant can be moved without passing ``now_ns``."""
    weeks = (now_ns - ns) // (7 * DAY_NS) + 1
    while moved(ns, weeks) > now_ns:
        weeks -= 1
    return weeks


def _offset(hour: int, weeks: int) -> int:
    """The clocks change on whole hours of UTC, so one offset serves an hour."""
    there = to_datetime(hour, CHICAGO)
    return from_datetime(there + timedelta(weeks=weeks), CHICAGO) - hour
