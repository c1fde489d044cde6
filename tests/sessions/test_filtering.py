"""Rows that are in a session."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from project_x_py.exceptions import ProjectXDataError
from project_x_py.sessions import (
    SessionConfig,
    SessionFilterMixin,
    SessionTimes,
    SessionType,
    filter_session,
)

CHICAGO = ZoneInfo("America/Chicago")


def minutes(first: str, days: int, zone: str = "America/Chicago") -> pl.DataFrame:
    """A frame with a row for each minute of whole days from a Chicago midnight."""
    start = datetime.fromisoformat(first).replace(tzinfo=CHICAGO)
    moments = pl.datetime_range(
        start.astimezone(UTC),
        (start + timedelta(days)).astimezone(UTC),
        "1m",
        closed="left",
        eager=True,
    )
    return pl.DataFrame({"timestamp": moments.dt.convert_time_zone(zone)}).with_row_index("row")


def clocks(frame: pl.DataFrame) -> list[str]:
    """The Chicago wall clocks of a frame's rows."""
    local = frame.get_column("timestamp").dt.convert_time_zone("America/Chicago")
    return local.dt.strftime("%a %H:%M").to_list()


@pytest.mark.parametrize("zone", ["America/Chicago", "America/New_York", "UTC", "Asia/Tokyo"])
def test_a_regular_day_of_index_futures_has_390_minutes(zone: str) -> None:
    """From 08:30 to the minute before 15:00, whatever the zone of the column."""
    kept = filter_session(minutes("2024-07-01", 1, zone), "RTH", "MNQ")
    assert kept.height == 390
    assert clocks(kept)[0] == "Mon 08:30"
    assert clocks(kept)[-1] == "Mon 14:59"
    assert kept.schema["timestamp"] == pl.Datetime("us", zone)


def test_a_week_has_115_electronic_hours() -> None:
    """Sunday 17:00 to Friday 16:00 with an hour's break each day; nothing on Friday evening."""
    kept = filter_session(minutes("2024-06-22", 8), SessionType.ETH, "ES")
    assert kept.height == 115 * 60
    assert clocks(kept)[0] == "Sun 17:00"
    assert clocks(kept)[-1] == "Fri 15:59"


@pytest.mark.parametrize(("first", "days"), [("2024-03-07", 6), ("2024-10-31", 6)])
def test_daylight_saving_holds_for_each_row(first: str, days: int) -> None:
    """A frame across a clock change has 390 minutes from 08:30 on each of its four sessions."""
    kept = filter_session(minutes(first, days), "RTH", "ES")
    by_day = kept.group_by(pl.col("timestamp").dt.date(), maintain_order=True).agg(
        pl.len(), pl.col("timestamp").first().dt.time().alias("opens")
    )
    assert by_day.get_column("len").to_list() == [390] * 4
    assert set(by_day.get_column("opens")) == {time(8, 30)}


@pytest.mark.parametrize(
    ("day", "product", "kind", "rows"),
    [
        ("2024-01-01", "ES", "RTH", 0),
        ("2024-07-04", "ES", "RTH", 0),
        ("2024-12-25", "ES", "RTH", 0),
        ("2024-12-31", "ES", "RTH", 390),
        ("2024-07-03", "ES", "RTH", 225),
        ("2024-11-29", "ES", "RTH", 225),
        ("2024-03-29", "ES", "ETH", 0),
        ("2024-07-02", "LE", "ETH", 275),
        ("2024-07-02", "ZC", "RTH", 290),
        ("2024-07-02", "GC", "RTH", 310),
        ("2024-07-02", "HG", "RTH", 280),
        ("2024-07-02", "CL", "RTH", 330),
        ("2024-07-02", "6E", "RTH", 400),
    ],
)
def test_minutes_of_a_day(day: str, product: str, kind: str, rows: int) -> None:
    """Holidays have no session, short days a short one, and each group its own hours."""
    assert filter_session(minutes(day, 1), kind, product).height == rows


def test_the_rows_and_their_order_are_kept() -> None:
    """Rows in any order come back in that order, once each, and again unchanged."""
    frame = minutes("2024-07-01", 2).sample(fraction=1.0, shuffle=True, seed=7)
    kept = filter_session(frame, "RTH", "ES")
    assert kept.height == 780
    order = {row: place for place, row in enumerate(frame.get_column("row"))}
    places = [order[row] for row in kept.get_column("row")]
    assert places == sorted(places)
    assert filter_session(kept, "RTH", "ES").equals(kept)


async def test_the_mixin_honours_its_configuration() -> None:
    """Hours of the user's decide, in their zone, and holidays hold all the same."""
    hours = {"ES": SessionTimes(time(10), time(15))}
    mixin = SessionFilterMixin(
        SessionConfig(market_timezone="America/Chicago", product_sessions=hours)
    )
    frame = minutes("2024-07-01", 4)
    kept = await mixin.filter_by_session(frame, SessionType.RTH, "ESU4")
    days = kept.group_by(pl.col("timestamp").dt.date(), maintain_order=True).len()
    assert days.rows() == [
        (date(2024, 7, 1), 300),
        (date(2024, 7, 2), 300),
        (date(2024, 7, 3), 135),
    ]
    assert clocks(kept)[0] == "Mon 10:00"
    assert mixin.is_in_session("2024-07-01T15:00:00Z", SessionType.RTH, "ES")
    assert not mixin.is_in_session("2024-07-01T14:59:59Z", SessionType.RTH, "ES")
    assert (await mixin.filter_by_session(frame, SessionType.ETH, "ES")).height > 3 * 1200


async def test_custom_hours() -> None:
    """Given hours are in session, over midnight too, and only while the market trades."""
    mixin = SessionFilterMixin()
    frame = minutes("2024-06-26", 7)
    asia = SessionTimes(time(20), time(2))
    kept = await mixin.filter_by_session(frame, SessionType.CUSTOM, "ES", asia)
    assert clocks(kept)[0] == "Wed 00:00"
    weekday_evenings = {clock for clock in clocks(kept) if clock.endswith("19:00")}
    assert weekday_evenings == {"Wed 19:00", "Thu 19:00", "Sun 19:00", "Mon 19:00", "Tue 19:00"}
    named = SessionConfig(SessionType.CUSTOM, product_sessions={"ES": asia})
    assert filter_session(frame, None, "ES", config=named).equals(kept)
    assert named.is_market_open(datetime(2024, 6, 27, 0, tzinfo=CHICAGO), "ES")


def test_custom_without_hours_says_what_to_give() -> None:
    """CUSTOM of a product without own hours is refused, on an empty frame too."""
    for frame in (minutes("2024-07-01", 1), minutes("2024-07-01", 0)):
        with pytest.raises(ValueError, match="CUSTOM needs hours for ES"):
            filter_session(frame, "CUSTOM", "ES")


def test_a_product_of_the_users_own() -> None:
    """A product that only the configuration knows trades in its hours on weekdays."""
    config = SessionConfig(
        market_timezone="America/Chicago",
        product_sessions={"HOUSE": SessionTimes(time(9), time(12), time(8), time(16))},
    )
    frame = minutes("2024-06-28", 4)
    kept = filter_session(frame, "RTH", "HOUSE", config=config)
    assert kept.height == 2 * 180
    assert filter_session(frame, "ETH", "HOUSE", config=config).height == 2 * 480
    alone = SessionConfig(product_sessions={"HOUSE": SessionTimes(time(9), time(12))})
    assert filter_session(frame, "ETH", "HOUSE", config=alone).height == 2 * 180


def test_no_rows_give_no_rows() -> None:
    """An empty frame comes back with its columns."""
    empty = minutes("2024-07-01", 0)
    assert filter_session(empty, "RTH", "ES").equals(empty)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pl.Series("time", [datetime(2024, 7, 1, tzinfo=UTC)]), "no column 'timestamp'"),
        (pl.Series("timestamp", [datetime(2024, 7, 1)]), "no time zone"),  # noqa: DTZ001
        (pl.Series("timestamp", [1]), "must be an aware datetime"),
        (pl.Series("timestamp", [date(2024, 7, 1)]), "must be an aware datetime"),
        (pl.Series("timestamp", [datetime(2024, 7, 1, tzinfo=UTC), None]), "1 nulls"),
    ],
)
def test_a_column_that_cannot_be_read(column: pl.Series, message: str) -> None:
    """A missing, naive or incomplete time column is refused, never guessed at."""
    with pytest.raises(ProjectXDataError, match=message):
        filter_session(pl.DataFrame([column]), "RTH", "ES")


@pytest.mark.parametrize("year", [1970, 2012, 2028, 2200])
def test_years_that_the_calendar_does_not_know(year: int) -> None:
    """A row outside the checked years is refused; its holidays would be a guess."""
    frame = pl.DataFrame({"timestamp": [datetime(year, 6, 5, 15, tzinfo=UTC)]})
    with pytest.raises(ValueError, match="2013 to 2027"):
        filter_session(frame, "ETH", "ES")
    with pytest.raises(ValueError, match="2013 to 2027"):
        SessionFilterMixin().is_in_session(f"{year}-06-05T15:00Z", SessionType.RTH, "ES")


def test_text_without_an_offset_is_refused() -> None:
    """Text needs an offset just as a datetime needs a zone."""
    mixin = SessionFilterMixin()
    for text in ("2024-07-01T10:00:00", "2024-07-01"):
        with pytest.raises(ValueError, match="no time zone"):
            mixin.is_in_session(text, SessionType.RTH, "ES")
    with pytest.raises(ProjectXDataError, match="not an ISO-8601 instant"):
        mixin.is_in_session("soon", SessionType.RTH, "ES")


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    """Of two readings of one ambiguous wall clock only the instant in the window is in session."""
    hours = {"HOUSE": SessionTimes(time(15), time(15, 45))}
    mixin = SessionFilterMixin(SessionConfig(market_timezone="UTC", product_sessions=hours))
    # Lord Howe Island sets its clock back by half an hour on a Sunday at 02:00, 15:00 UTC.
    twice = datetime(2024, 4, 7, 1, 45, tzinfo=ZoneInfo("Australia/Lord_Howe"))
    monday = timedelta(days=-2)
    assert twice.astimezone(UTC) != twice.replace(fold=1).astimezone(UTC)
    readings = [(twice.replace(fold=fold).astimezone(UTC) + monday) for fold in (0, 1)]
    assert [mixin.is_in_session(at, SessionType.RTH, "HOUSE") for at in readings] == [False, True]


@pytest.mark.parametrize("name", ["lazy_eval_threshold", "cache_max_size", "cache_ttl"])
def test_documented_tuning_is_accepted(name: str) -> None:
    """The documented keywords are taken, and refused below zero."""
    SessionFilterMixin(**{name: 0})
    with pytest.raises(ValueError, match=f"{name} must not be negative"):
        SessionFilterMixin(**{name: -1})


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_any_time_unit(unit: str) -> None:
    """Milliseconds, microseconds and nanoseconds give the same rows."""
    frame = minutes("2024-07-01", 1).with_columns(pl.col("timestamp").dt.cast_time_unit(unit))  # type: ignore[arg-type]
    assert filter_session(frame, "RTH", "ES").height == 390
