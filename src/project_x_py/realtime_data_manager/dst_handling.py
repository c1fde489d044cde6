"""The documented base that answers questions about clock changes; behaviour is in ``_dst``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date, datetime

    from project_x_py.realtime_data_manager._dst import DstRules

__all__ = ["DSTHandlingMixin"]


class DSTHandlingMixin:
    """Clock changes of the manager's time zone. Naive times are local times of that zone."""

    __slots__ = ()

    _dst: DstRules

    def convert_to_local_time(self, utc_time: datetime) -> datetime:
        """Return a moment in the manager's zone; naive means UTC."""
        return self._dst.local(utc_time)

    def get_dst_transition_dates(self, year: int) -> dict[str, datetime | None]:
        """Return the moments of spring_forward and fall_back in a year, None without."""
        return self._dst.changes(year)

    def is_dst_transition_day(self, check_date: date) -> bool:
        """Return whether the clocks change on a local date."""
        return self._dst.has_change(check_date)

    def is_dst_transition_period(self, timestamp: datetime) -> bool:
        """Return whether the clocks change within a day of a moment."""
        return self._dst.is_near(timestamp, 24)

    def dst_transition_within_hours(self, timestamp: datetime, hours: float) -> bool:
        """Return whether the clocks change within so many hours of a moment."""
        return self._dst.is_near(timestamp, hours)

    def is_missing_hour(self, timestamp: datetime, transition_date: date | None = None) -> bool:
        """Return whether the clocks skip a local time, whatever ``transition_date`` says."""
        return self._dst.is_missing(timestamp)

    def is_duplicate_hour(self, timestamp: datetime, transition_date: date | None = None) -> bool:
        """Return whether a local time comes twice, whatever ``transition_date`` says."""
        return self._dst.is_repeated(timestamp)

    def validate_timestamp_dst_aware(self, timestamp: datetime) -> bool:
        """Return whether a local time exists."""
        return self._dst.exists(timestamp)

    def resolve_ambiguous_time(self, timestamp: datetime, first: bool = True) -> datetime:
        """Return a local time that comes twice as its first or its second instant."""
        return self._dst.resolved(timestamp, first=first)

    def adjust_bar_time_for_dst(self, timestamp: datetime) -> datetime:
        """Return a local time that exists: one that is skipped moves on by the change."""
        return self._dst.adjusted(timestamp)

    def handle_dst_bar_time(self, timestamp: datetime, interval: int, unit: int) -> datetime | None:
        """Return the start of the bar that holds a local time; None when the time is skipped."""
        return self._dst.bar_time(timestamp, interval, unit)

    def get_next_valid_bar_time(self, invalid_time: datetime, interval: str) -> datetime:
        """Return the start of the first bar of a timeframe at or after a time."""
        return self._dst.next_valid(invalid_time, interval)

    def calculate_bar_intervals_across_dst(
        self, start_time: datetime, interval: str, count: int
    ) -> list[datetime]:
        """Return the starts of ``count`` bars of a timeframe, from the one of ``start_time`` on."""
        return self._dst.bar_starts(start_time, interval, count)

    def check_dst_transition(self, timestamp: datetime) -> dict[str, Any] | None:
        """Return what the clocks do on the date of a moment, None when they do nothing.

        Keys: type, transition_time, is_missing_hour, is_duplicate_hour.
        """
        return self._dst.check(timestamp)

    def predict_next_dst_transition(self) -> tuple[datetime, str] | None:
        """Return when the clocks change next, and how; None in a zone without changes."""
        return self._dst.next_change()

    def get_dst_status(self) -> dict[str, Any]:
        """Return the state of the clocks.

        Keys: timezone, is_dst, utc_offset_hours, next_transition, next_type, events_logged.
        """
        return self._dst.status()

    def log_dst_event(
        self, event_type: str, timestamp: datetime, details: str | None = None
    ) -> None:
        """Log something about a clock change, and count it."""
        self._dst.note(event_type, timestamp, details)

    def clear_dst_cache(self) -> None:
        """Compute the changes anew at the next question."""
        self._dst.forget()
