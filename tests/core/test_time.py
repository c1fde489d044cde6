"""Text and datetimes to integer nanoseconds and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.time import (
    CHICAGO,
    DAY_NS,
    HOUR_NS,
    MINUTE_NS,
    NS,
    format_iso,
    from_datetime,
    parse_ns,
    to_datetime,
)
from project_x_py.exceptions import ProjectXDataError

SECOND = 1_788_273_091 * NS
"""2026-09-01 14:31:31 UTC."""

any_instant = st.integers(-62_135_596_800 * NS, 253_402_300_799 * NS + NS - 1)
"""The years 1 to 9999."""


def naive(year: int, month: int, day: int, *time: int, fold: int = 0) -> datetime:
    """A wall clock of no stated zone."""
    return datetime(year, month, day, *time, tzinfo=UTC, fold=fold).replace(tzinfo=None)


@given(any_instant)
def test_text_reads_back_as_its_instant(ns: int) -> None:
    """Nine digits lose nothing; fewer digits cut towards the past."""
    assert parse_ns(format_iso(ns, digits=9)) == ns
    for digits in range(9):
        assert parse_ns(format_iso(ns, digits=digits)) == ns - ns % 10 ** (9 - digits)


@given(any_instant, st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_an_offset_moves_the_wall_not_the_instant(ns: int, minutes: int) -> None:
    """A time written at an offset is that many minutes earlier in UTC."""
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = format_iso(ns, digits=9).removesuffix("+00:00")
    expected = ns - minutes * MINUTE_NS
    assert parse_ns(f"{text}{sign}{hours:02d}:{rest:02d}") == expected
    assert parse_ns(f"{text}{sign}{hours:02d}{rest:02d}") == expected


@given(st.datetimes(min_value=naive(1, 1, 3), max_value=naive(9999, 12, 29)))
def test_agrees_with_the_standard_library(moment: datetime) -> None:
    """Text that datetime writes is the instant that datetime means, in UTC and in Chicago."""
    aware = moment.replace(tzinfo=UTC)
    ns = from_datetime(aware, CHICAGO)
    assert parse_ns(aware.isoformat()) == ns
    assert parse_ns(moment.isoformat()) == ns
    assert to_datetime(ns, UTC) == aware
    assert to_datetime(ns) == aware.astimezone(CHICAGO)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2026-09-01T14:31:31.4173601+00:00", SECOND + 417_360_100),
        ("2026-09-01T14:31:31.4173601Z", SECOND + 417_360_100),
        ("2026-09-01T14:31:31+00:00", SECOND),
        ("2026-09-01T14:31:31Z", SECOND),
        ("2026-09-01t14:31:31z", SECOND),
        ("2026-09-01 14:31:31.5", SECOND + NS // 2),
        ("2026-09-01T14:31:31,5 -05", SECOND + NS // 2 + 5 * HOUR_NS),
        ("2026-09-01T09:31:31.000000001-05:00", SECOND + 1),
        ("2026-09-01T20:01:31+0530", SECOND),
        ("2026-09-01T14:31", SECOND - 31 * NS),
        ("2026-09-01", SECOND - SECOND % DAY_NS),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_forms_of_iso_text(text: str, ns: int) -> None:
    """Offsets, a trailing Z, naive times, dates, and zero to nine fraction digits are read."""
    assert parse_ns(text) == ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "Z",
        "+00:00",
        "2026-09-01T",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-09-01T24:00:00Z",
        "2026-09-01T14:60:00Z",
        "2026-09-01T14:31:60Z",
        "2026-09-01T14:31:60.5Z",
        "2026-09-01T14:31:60",
        "2026-09-01T14:31:5Z",
        "2026-09-01T14:31:5.25Z",
        "2026-09-01T14:31:31.Z",
        "2026-09-01T14:31:31.0123456789Z",
        "2026-09-01T14:31:31.4_1Z",
        "2026-09-01T14:31:31:41Z",
        "2026-09-01T14:31:31.\u0664\u0661Z",
        "2026-09-01T14:31:\u0663\u0661Z",
        "2026-09-01T14-31:31.41Z",
        "2026-09-01T14:31+05.41Z",
        "2026-09-01T14:31:31+05.41Z",
        "2026-09-01T14:31:31+24:00",
        "2026-09-01T14:31:31+05:60",
        "2026-09-01T14:31:31 +00:00 ",
        None,
        1_788_273_091,
        b"2026-09-01T14:31:31Z",
    ],
)
def test_garbage_is_refused(text: str) -> None:
    """What is no instant raises the data error, which shows the text."""
    with pytest.raises(ProjectXDataError, match="not an ISO-8601 instant"):
        parse_ns(text)


@pytest.mark.parametrize(
    ("ns", "digits", "text"),
    [
        (SECOND, 6, "2026-09-01T14:31:31+00:00"),
        (SECOND + 417_360_100, 7, "2026-09-01T14:31:31.4173601+00:00"),
        (SECOND + 417_360_199, 6, "2026-09-01T14:31:31.41736+00:00"),
        (SECOND + 999_999_999, 3, "2026-09-01T14:31:31.999+00:00"),
        (SECOND + 999_999_999, 0, "2026-09-01T14:31:31+00:00"),
        (SECOND + 99, 7, "2026-09-01T14:31:31+00:00"),
        (-1, 9, "1969-12-31T23:59:59.999999999+00:00"),
    ],
)
def test_written_form(ns: int, digits: int, text: str) -> None:
    """UTC with an offset, digits cut and zeros at the end left out."""
    assert format_iso(ns, digits) == text


@pytest.mark.parametrize("ns", [1 << 80, -(1 << 80)])
def test_instants_beyond_the_calendar_are_refused(ns: int) -> None:
    """Years before 1 and after 9999 raise the data error."""
    with pytest.raises(ProjectXDataError):
        format_iso(ns)
    with pytest.raises(ProjectXDataError):
        to_datetime(ns, UTC)


def test_both_clock_changes_hold() -> None:
    """Chicago wall clocks have the offset of their instant; an ambiguous one goes by its fold."""
    spring = from_datetime(naive(2026, 3, 8, 1, 59), CHICAGO)
    assert to_datetime(spring + MINUTE_NS).strftime("%H:%M %z") == "03:00 -0500"
    first = from_datetime(naive(2026, 11, 1, 1, 30), CHICAGO)
    second = from_datetime(naive(2026, 11, 1, 1, 30, fold=1), CHICAGO)
    assert second - first == HOUR_NS
    assert parse_ns("2026-11-01T01:30:00-05:00") == first


def test_an_aware_datetime_keeps_its_own_zone() -> None:
    """The naive zone is used for naive datetimes only."""
    india = timezone(timedelta(hours=5, minutes=30))
    assert from_datetime(datetime(2026, 9, 1, 20, 1, 31, tzinfo=india), CHICAGO) == SECOND
    assert from_datetime(naive(2026, 9, 1, 9, 31, 31), CHICAGO) == SECOND
