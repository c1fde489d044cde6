"""Clock changes of a time zone: when they are, and which local times they skip or repeat.

Bars do not depend on it: they are anchored in UTC and only shown in local time.

Invariant (``tests/realtime_data_manager/test_dst.py``): a skipped time is one that no instant has,
a repeated one is one that two instants have, in every zone and year.
"""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from project_x_py._core.bars import bar_end, bar_start, timeframe, timeframe_of
from project_x_py._core.time import from_datetime, to_datetime

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

__all__ = ["DstRules"]

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)


class DstRules:
    """The clock changes of a zone.

    Args:
        zone: The zone; naive times are its local times.
        now: Returns the time it is.
    """

    def __init__(self, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
        self._zone = zone
        self._now = now
        self._events = 0

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the zone; naive means UTC."""
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return aware.astimezone(self._zone)

    def changes(self, year: int) -> dict[str, datetime | None]:
        """Return the moments of ``spring_forward`` and ``fall_back`` in a year, None without."""
        return dict(_changes(self._zone, year))

    def change_on(self, day: date) -> str | None:
        """Return ``spring_forward`` or ``fall_back`` when the clocks change on a local date."""
        wanted = day.date() if isinstance(day, datetime) else day
        for name, moment in _changes(self._zone, wanted.year).items():
            if moment is not None and moment.date() == wanted:
                return name
        return None

    def has_change(self, day: date) -> bool:
        """Return whether the clocks change on a local date."""
        return self.change_on(day) is not None

    def exists(self, moment: datetime) -> bool:
        """Return whether there is such a local time."""
        return not self.is_missing(moment)

    def is_missing(self, moment: datetime) -> bool:
        """Return whether a local time is skipped by the clocks."""
        local = self._as_local(moment)
        back = local.astimezone(UTC).astimezone(self._zone)
        return back.replace(tzinfo=None, fold=0) != local.replace(tzinfo=None, fold=0)

    def is_repeated(self, moment: datetime) -> bool:
        """Return whether a local time comes twice."""
        local = self._as_local(moment)
        offsets = {local.replace(fold=fold).utcoffset() for fold in (0, 1)}
        return len(offsets) == 2 and not self.is_missing(moment)

    def resolved(self, moment: datetime, *, first: bool) -> datetime:
        """Return a repeated local time as its first or second instant; others as they are."""
        return self._as_local(moment).replace(fold=0 if first else 1)

    def adjusted(self, moment: datetime) -> datetime:
        """Return a local time that exists: one that is skipped moves on by the change."""
        local = self._as_local(moment)
        return local.astimezone(UTC).astimezone(self._zone) if self.is_missing(moment) else local

    def is_near(self, moment: datetime, hours: float) -> bool:
        """Return whether the clocks change within so many hours of a moment, before or after."""
        at = self._as_local(moment).astimezone(UTC)
        span = timedelta(hours=hours)
        years = {(at - span).year, (at + span).year}
        moments = [m for year in years for m in _changes(self._zone, year).values() if m]
        return any(abs(m.astimezone(UTC) - at) <= span for m in moments)

    def check(self, moment: datetime) -> dict[str, Any] | None:
        """Return what the clocks do on the date of a moment, None when they do nothing.

        Keys: type, transition_time, is_missing_hour, is_duplicate_hour.
        """
        local = self._as_local(moment)
        kind = self.change_on(local.date())
        if kind is None:
            return None
        return {
            "type": kind,
            "transition_time": _changes(self._zone, local.year)[kind],
            "is_missing_hour": self.is_missing(moment),
            "is_duplicate_hour": self.is_repeated(moment),
        }

    def next_change(self) -> tuple[datetime, str] | None:
        """Return when the clocks change next, and how; None in a zone without changes."""
        now = self._now()
        found = [
            (moment, name)
            for year in (now.year, now.year + 1)
            for name, moment in _changes(self._zone, year).items()
            if moment is not None and moment > now
        ]
        return min(found, default=None)

    def bar_starts(self, start: datetime, interval: str, count: int) -> list[datetime]:
        """Return the starts of so many bars of a timeframe, from the bar that holds ``start``."""
        tf = timeframe(interval)
        at_ns = bar_start(tf, from_datetime(self._as_local(start), self._zone))
        starts = []
        for _ in range(count):
            starts.append(to_datetime(at_ns, self._zone))
            at_ns = bar_end(tf, at_ns)
        return starts

    def bar_time(self, moment: datetime, interval: int, unit: int) -> datetime | None:
        """Return the start of the bar that holds a local time, None when the time is skipped.

        Args:
            moment: Naive means the zone's local time.
            interval: Units per bar.
            unit: The gateway's: 1 second, 2 minute, 3 hour, 4 day, 5 week, 6 month.
        """
        if self.is_missing(moment):
            return None
        at_ns = from_datetime(self._as_local(moment), self._zone)
        return to_datetime(bar_start(timeframe_of(unit, interval), at_ns), self._zone)

    def next_valid(self, moment: datetime, interval: str) -> datetime:
        """Return the start of the first bar at or after a time that is skipped."""
        tf = timeframe(interval)
        at_ns = from_datetime(self.adjusted(moment), self._zone)
        start_ns = bar_start(tf, at_ns)
        return to_datetime(start_ns if start_ns == at_ns else bar_end(tf, start_ns), self._zone)

    def status(self) -> dict[str, Any]:
        """Return timezone, is_dst, utc_offset_hours, next_transition, next_type, events_logged."""
        now = self._now().astimezone(self._zone)
        ahead = self.next_change()
        offset = now.utcoffset() or timedelta()
        return {
            "timezone": str(self._zone),
            "is_dst": bool(now.dst()),
            "utc_offset_hours": offset / HOUR,
            "next_transition": ahead[0] if ahead else None,
            "next_type": ahead[1] if ahead else None,
            "events_logged": self._events,
        }

    def note(self, kind: str, moment: datetime, details: str | None) -> None:
        """Log something about a clock change, and count it."""
        self._events += 1
        log.info("clock change, %s at %s%s", kind, moment, f": {details}" if details else "")

    def forget(self) -> None:
        """Compute the changes anew at the next question."""
        _changes.cache_clear()

    def _as_local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            return moment.replace(tzinfo=self._zone)
        return moment.astimezone(self._zone) if moment.tzinfo is not self._zone else moment


@lru_cache(maxsize=256)
def _changes(zone: ZoneInfo, year: int) -> dict[str, datetime | None]:
    found: dict[str, datetime | None] = {"spring_forward": None, "fall_back": None}
    at = datetime(year, 1, 1, tzinfo=zone).astimezone(UTC)
    end = datetime(year + 1, 1, 1, tzinfo=zone).astimezone(UTC)
    while at < end:
        after = min(at + timedelta(days=1), end)
        before_offset, after_offset = _offset(zone, at), _offset(zone, after)
        if before_offset != after_offset:
            name = "spring_forward" if after_offset > before_offset else "fall_back"
            found[name] = _exact(zone, at, after).astimezone(zone)
        at = after
    return found


def _exact(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first moment with the offset of ``high``, to the minute."""
    wanted = _offset(zone, high)
    minutes = int((high - low) / timedelta(minutes=1))
    first, last = 0, minutes
    while first < last:
        middle = (first + last) // 2
        if _offset(zone, low + timedelta(minutes=middle)) == wanted:
            last = middle
        else:
            first = middle + 1
    return low + timedelta(minutes=first)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
