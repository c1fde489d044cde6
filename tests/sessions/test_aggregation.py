"""Longer bars within sessions."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from tests.sessions.bars import at, bars, minute_bars

from project_x_py._core.time import from_datetime
from project_x_py._core.timeframes import bar_start
from project_x_py._core.timeframes import timeframe as timeframe_named
from project_x_py.exceptions import ProjectXDataError
from project_x_py.sessions import (
    SessionConfig,
    SessionType,
    aggregate_session_bars,
    aggregate_with_sessions,
    filter_session,
)

RTH, ETH = SessionType.RTH, SessionType.ETH


@pytest.fixture(scope="module")
def week() -> pl.DataFrame:
    """Minutes around the clock from a Thursday to a Wednesday, over a clock change."""
    return minute_bars("2024-10-31 12:00", 6 * 24)


@pytest.mark.parametrize("name", ["1min", "5min", "15min", "30min", "1hr", "4hr"])
async def test_electronic_bars_are_those_of_the_sdk(name: str, week: pl.DataFrame) -> None:
    """Each electronic bar starts where the SDK's bars of that timeframe start, DST or not."""
    made = await aggregate_with_sessions(week, name, ETH)
    kind = timeframe_named(name)
    inside = filter_session(week, ETH, "ES")
    expected: dict[int, list[dict[str, object]]] = {}
    for row in inside.iter_rows(named=True):
        moment = from_datetime(row["timestamp"], row["timestamp"].tzinfo)
        expected.setdefault(bar_start(kind, moment), []).append(row)
    assert made["timestamp"].dt.timestamp("ns").to_list() == list(expected)
    for bar, rows in zip(made.iter_rows(named=True), expected.values(), strict=True):
        assert bar["open"] == rows[0]["open"]
        assert bar["close"] == rows[-1]["close"]
        assert bar["high"] == max(row["high"] for row in rows)  # type: ignore[type-var]
        assert bar["low"] == min(row["low"] for row in rows)  # type: ignore[type-var]
        assert bar["volume"] == sum(row["volume"] for row in rows)  # type: ignore[misc]
    assert made.schema["timestamp"] == week.schema["timestamp"]


@pytest.mark.parametrize(
    ("name", "count", "last"),
    [("5min", 78, "14:55"), ("15min", 26, "14:45"), ("1hr", 7, "14:30"), ("4hr", 2, "12:30")],
)
async def test_regular_bars_begin_with_their_session(name: str, count: int, last: str) -> None:
    """A regular day of index futures begins at 08:30 with a whole bar."""
    made = await aggregate_with_sessions(minute_bars("2024-07-01 00:00", 24), name, RTH)
    clocks = made["timestamp"].dt.strftime("%H:%M").to_list()
    assert made.height == count
    assert (clocks[0], clocks[-1]) == ("08:30", last)


async def test_volume_is_conserved(week: pl.DataFrame) -> None:
    """All volume of the session is in its bars, and none of what lies outside."""
    for kind in (RTH, ETH):
        volume = filter_session(week, kind, "ES")["volume"].sum()
        for name in ("5min", "4hr", "1day"):
            made = await aggregate_with_sessions(week, name, kind)
            assert made["volume"].sum() == volume


async def test_bars_of_grains_do_not_cross_their_pause() -> None:
    """The bars before 07:45 and from 08:30 on are apart, on the grid of the trading day."""
    made = await aggregate_with_sessions(minute_bars("2024-07-01 19:00", 20), "30min", ETH, "ZC")
    clocks = made["timestamp"].dt.strftime("%H:%M").to_list()
    assert clocks[:2] == ["19:00", "19:30"]
    assert "07:30" in clocks
    assert "08:00" not in clocks
    assert clocks[-1] == "13:00"


@pytest.mark.parametrize("name", ["1week", "1month", "2min", "daily", ""])
async def test_a_timeframe_that_a_session_has_not(name: str) -> None:
    """Longer and unknown timeframes are refused by name."""
    with pytest.raises(ValueError, match=f"'{name}'"):
        await aggregate_with_sessions(bars(), name, RTH)


def test_daily_bars_are_the_exchanges(week: pl.DataFrame) -> None:
    """A bar per trade date, stamped with its session, partial where the frame has not all."""
    made = aggregate_session_bars(week, "MNQZ4")
    assert made["trading_date"].to_list() == [date(2024, 10, 31)] + [
        date(2024, 11, day) for day in (1, 4, 5, 6)
    ]
    assert made["is_partial"].to_list() == [True, False, False, False, True]
    monday = made.row(2, named=True)
    assert monday["session_start"] == monday["timestamp"] == at("2024-11-03 17:00")
    assert monday["session_end"] == at("2024-11-04 16:00")
    whole = aggregate_session_bars(week, "MNQ", include_partial=False)
    assert whole.equals(made.filter(~pl.col("is_partial")))


def test_a_regular_daily_bar_is_that_of_its_minutes(week: pl.DataFrame) -> None:
    """Open, high, low, close and volume are those of the session's minutes."""
    made = aggregate_session_bars(week, "ES", session_type="RTH", include_partial=False)
    inside = filter_session(week, RTH, "ES")
    for bar in made.iter_rows(named=True):
        rows = inside.filter(pl.col("timestamp").dt.date() == bar["trading_date"])
        assert rows.height == 390
        assert (bar["open"], bar["close"]) == (rows["open"][0], rows["close"][-1])
        assert (bar["high"], bar["low"]) == (rows["high"].max(), rows["low"].min())
        assert bar["volume"] == rows["volume"].sum()
    assert made["trading_date"].to_list() == [date(2024, 11, day) for day in (1, 4, 5)]


def test_the_session_of_the_configuration_is_taken() -> None:
    """Without a session type the configuration's counts."""
    data = minute_bars("2024-07-01 00:00", 24)
    regular = SessionConfig(session_type=RTH)
    made = aggregate_session_bars(data, "ES", session_config=regular)
    assert made.equals(aggregate_session_bars(data, "ES", session_type=RTH))


def test_a_session_is_whole_when_its_last_bar_ends_with_it() -> None:
    """A frame that ends with the last minute of a session has all of it."""
    data = minute_bars("2024-07-01 08:30", 6).head(390)
    more = minute_bars("2024-07-01 08:30", 7).head(390)
    assert aggregate_session_bars(data, "ES", session_type="RTH")["is_partial"].to_list() == [True]
    assert aggregate_session_bars(more, "ES", session_type="RTH")["is_partial"].to_list() == [False]
    assert data.height == 360


def test_no_rows_give_no_bars() -> None:
    """An empty frame has the columns all the same."""
    made = aggregate_session_bars(bars(), "ES")
    assert made.is_empty()
    assert made.columns[-4:] == ["trading_date", "session_start", "session_end", "is_partial"]
    one = aggregate_session_bars(bars(("2024-07-01 10:00", 1, 1, 1, 1, 1)), "ES")
    assert one["is_partial"].to_list() == [True]


def test_questions_that_cannot_be_answered() -> None:
    """Another interval, an unknown product and rows out of order are refused."""
    data = minute_bars("2024-07-01 00:00", 1)
    with pytest.raises(ValueError, match="interval must be '1d', not '1h'"):
        aggregate_session_bars(data, "ES", "1h")
    with pytest.raises(ValueError, match="no sessions are known for 'XX'"):
        aggregate_session_bars(data, "XX")
    with pytest.raises(ProjectXDataError, match="time order"):
        aggregate_session_bars(data.reverse(), "ES")
    later = data.with_columns(pl.col("timestamp") + timedelta(days=5000))
    with pytest.raises(ValueError, match="2013 to 2027"):
        aggregate_session_bars(later, "ES")
