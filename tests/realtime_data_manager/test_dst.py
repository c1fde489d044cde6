"""Clock changes of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py.realtime_data_manager._dst import DstRules

NOW = datetime(2026, 9, 1, 14, 0, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")
ZONES = ["America/Chicago", "Europe/London", "Australia/Sydney", "Asia/Tokyo", "UTC"]


def rules(zone: str = "America/Chicago", now: datetime = NOW) -> DstRules:
    return DstRules(ZoneInfo(zone), lambda: now)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2015, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - local times
)
def test_a_local_time_has_none_one_or_two_instants(zone: str, local: datetime) -> None:
    """Skipped, plain and repeated times are those with none, one and two instants."""
    found = rules(zone)
    quarter = local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)
    first = quarter.replace(tzinfo=UTC) - timedelta(hours=20)
    moments = (first + timedelta(minutes=15) * step for step in range(160))
    shown = [m.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for m in moments]
    instants = shown.count(quarter)
    assert found.is_missing(quarter) == (instants == 0)
    assert found.is_repeated(quarter) == (instants == 2)
    assert found.exists(quarter) == (instants > 0)


def test_the_changes_of_a_year() -> None:
    """Chicago 2026: 8 March and 1 November at 2:00; a zone without changes has none."""
    found = rules().changes(2026)
    assert found["spring_forward"] == datetime(2026, 3, 8, 3, 0, tzinfo=CHICAGO)
    fall = found["fall_back"]
    assert fall is not None
    assert fall.astimezone(UTC) == datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
    assert rules("Asia/Tokyo").changes(2026) == {"spring_forward": None, "fall_back": None}
    assert rules().change_on(date(2026, 3, 8)) == "spring_forward"
    assert rules().has_change(date(2026, 11, 1))
    assert not rules().has_change(date(2026, 11, 2))


def test_the_next_change_and_the_state() -> None:
    """What comes next from now on, and what the clocks show."""
    ahead = rules().next_change()
    assert ahead is not None
    assert (ahead[0].date(), ahead[1]) == (date(2026, 11, 1), "fall_back")
    assert rules("UTC").next_change() is None
    status = rules().status()
    assert (status["is_dst"], status["utc_offset_hours"]) == (True, -5)


def test_skipped_and_repeated_times_are_resolved() -> None:
    """2:30 in March moves on to 3:30; 1:30 in November is one of two instants."""
    skipped = datetime(2026, 3, 8, 2, 30, tzinfo=CHICAGO)
    assert rules().adjusted(skipped).replace(tzinfo=None) == datetime(2026, 3, 8, 3, 30)  # noqa: DTZ001
    assert rules().bar_time(skipped, 5, 2) is None
    assert rules().next_valid(skipped, "1hr").hour == 4
    twice = datetime(2026, 11, 1, 1, 30, tzinfo=CHICAGO)
    first, second = (rules().resolved(twice, first=flag) for flag in (True, False))
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    check = rules().check(twice)
    assert check is not None
    assert (check["type"], check["is_duplicate_hour"], check["is_missing_hour"]) == (
        "fall_back", True, False,
    )  # fmt: skip
    assert rules().check(NOW) is None


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)])
def test_hourly_bars_across_a_change(day: date, count: int) -> None:
    """The calendar day of a change has 23 or 25 hourly bars, in local order without a hole."""
    start = datetime(day.year, day.month, day.day, tzinfo=CHICAGO)
    starts = rules().bar_starts(start, "1hr", 30)
    assert sum(moment.date() == day for moment in starts) == count
    steps = {b.astimezone(UTC) - a.astimezone(UTC) for a, b in pairwise(starts)}
    assert steps == {timedelta(hours=1)}


def test_nearness_and_local_times() -> None:
    """Within hours of a change, before or after; naive moments of the wire are UTC."""
    assert rules().is_near(datetime(2026, 11, 1, 12, 0, tzinfo=UTC), 6)
    assert not rules().is_near(NOW, 24)
    assert rules().local(datetime(2026, 9, 1, 14, 0)).hour == 9  # noqa: DTZ001
    found = rules()
    found.note("spring_forward", NOW, "seen")
    assert found.status()["events_logged"] == 1
    found.forget()
    assert found.has_change(date(2026, 3, 8))
