"""Columns and figures of sessions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.sessions.bars import at, bars, minute_bars

from project_x_py._core.calendar import trade_date
from project_x_py._core.time import from_datetime
from project_x_py.exceptions import ProjectXDataError
from project_x_py.sessions import (
    SessionConfig,
    SessionTimes,
    SessionType,
    calculate_anchored_vwap,
    calculate_percent_from_open,
    calculate_relative_to_vwap,
    calculate_session_cumulative_volume,
    calculate_session_gap,
    calculate_session_levels,
    calculate_session_vwap,
    get_session_performance_metrics,
    get_volume_profile,
)

RTH, ETH = SessionType.RTH, SessionType.ETH
Column = Callable[[pl.DataFrame], Awaitable[pl.DataFrame]]

COLUMNS: dict[str, Column] = {
    "vwap of regular sessions": lambda data: calculate_session_vwap(data, RTH),
    "vwap of electronic sessions": lambda data: calculate_session_vwap(data, ETH, "MNQU6"),
    "anchored at the session": lambda data: calculate_anchored_vwap(data),
    "anchored at the regular open": lambda data: calculate_anchored_vwap(data, "rth_open"),
    "anchored at the week": lambda data: calculate_anchored_vwap(data, "week_open"),
    "anchored at the month": lambda data: calculate_anchored_vwap(data, "month_open"),
    "levels": lambda data: calculate_session_levels(data),
    "levels of grains": lambda data: calculate_session_levels(data, product="ZC"),
    "volume": lambda data: calculate_session_cumulative_volume(data),
    "volume of regular sessions": lambda data: calculate_session_cumulative_volume(
        data, session_type=RTH
    ),
    "relative to vwap": lambda data: calculate_relative_to_vwap(data),
    "percent from open": lambda data: calculate_percent_from_open(data),
}


@pytest.fixture(scope="module")
def walk() -> pl.DataFrame:
    """A week around the clock with a clock change, a weekend and a month's end in it."""
    return minute_bars("2024-10-30 12:00", 7 * 24, every=7)


def day_of(row: dict[str, object]) -> date:
    """The trade date of a row's trading day."""
    return trade_date(from_datetime(row["timestamp"], row["timestamp"].tzinfo))  # type: ignore[attr-defined,arg-type]


@pytest.mark.parametrize("name", COLUMNS)
async def test_columns_look_back_only(name: str, walk: pl.DataFrame) -> None:
    """The columns of the first rows are those of the first rows alone."""
    whole = await COLUMNS[name](walk)
    for count in (0, 1, 200, 700):
        part = await COLUMNS[name](walk.head(count))
        assert_frame_equal(part, whole.head(count), rel_tol=1e-12)


@pytest.mark.parametrize("name", COLUMNS)
async def test_columns_are_added_to_the_same_rows(name: str, walk: pl.DataFrame) -> None:
    """The rows and columns that were there stay as they are, and nothing else is left behind."""
    added = await COLUMNS[name](walk)
    assert added.select(walk.columns).equals(walk)
    extra = [column for column in added.columns if column not in walk.columns]
    assert extra
    assert not [column for column in extra if column.startswith("_")]


async def test_vwap_is_that_of_a_plain_loop(walk: pl.DataFrame) -> None:
    """Typical prices weighted by volume, from each regular open on, null outside."""
    added = await calculate_session_vwap(walk, RTH, "ES")
    sessions = SessionConfig().sessions_of("ES")
    key, traded, volume = None, 0.0, 0
    for row in added.iter_rows(named=True):
        if not sessions.is_open_at(row["timestamp"], RTH):
            assert row["session_vwap"] is None
            continue
        if key != day_of(row):
            key, traded, volume = day_of(row), 0.0, 0
        traded += (row["high"] + row["low"] + row["close"]) / 3 * row["volume"]
        volume += row["volume"]
        assert row["session_vwap"] == (pytest.approx(traded / volume) if volume else None)


async def test_levels_volume_and_percent_are_those_of_a_plain_loop(walk: pl.DataFrame) -> None:
    """Highs, lows, volume and the change since 17:00 of each trading day, weekends as Monday."""
    added = await calculate_session_levels(walk)
    added = await calculate_session_cumulative_volume(added)
    added = await calculate_percent_from_open(added)
    key, seen = None, []
    for row in added.iter_rows(named=True):
        if key != day_of(row):
            key, seen = day_of(row), []
        seen.append(row)
        high, low = max(one["high"] for one in seen), min(one["low"] for one in seen)
        assert (row["session_high"], row["session_low"]) == (high, low)
        assert row["session_range"] == high - low
        assert row["cumulative_volume"] == sum(one["volume"] for one in seen)
        change = (row["close"] - seen[0]["open"]) / seen[0]["open"] * 100
        assert row["percent_from_open"] == pytest.approx(change)


async def test_an_evening_belongs_to_the_next_trade_date() -> None:
    """A session goes on over midnight, and begins anew at 17:00."""
    frame = bars(
        ("2024-07-01 15:00", 10, 12, 9, 11, 1),
        ("2024-07-01 17:00", 20, 21, 19, 20, 2),
        ("2024-07-01 23:59", 20, 25, 20, 24, 3),
        ("2024-07-02 00:00", 24, 24, 18, 19, 4),
    )
    levels = await calculate_session_levels(frame)
    assert levels["session_high"].to_list() == [12, 21, 25, 25]
    assert levels["session_low"].to_list() == [9, 19, 19, 18]
    volume = await calculate_session_cumulative_volume(frame)
    assert volume["cumulative_volume"].to_list() == [1, 2, 5, 9]


async def test_anchors() -> None:
    """An anchor begins the sum anew; an instant begins it once, and nothing counts before it."""
    frame = bars(
        ("2024-06-28 14:00", 10, 10, 10, 10, 1),
        ("2024-06-30 17:00", 20, 20, 20, 20, 1),
        ("2024-07-01 08:30", 30, 30, 30, 30, 2),
        ("2024-07-02 08:30", 50, 50, 50, 50, 2),
    )
    expected = {
        "session_open": [10, 20, 80 / 3, 50],
        "rth_open": [10, 15, 30, 50],
        "week_open": [10, 20, 80 / 3, 36],
        "month_open": [10, 20, 80 / 3, 36],
        "2024-06-30T22:00:00Z": [None, 20, 80 / 3, 36],
        "2024-07-01T08:30:00-05:00": [None, None, 30, 40],
    }
    for anchor, values in expected.items():
        added = await calculate_anchored_vwap(frame, anchor)
        assert added["anchored_vwap"].to_list() == pytest.approx(values), anchor


@pytest.mark.parametrize("anchor", ["lunch", "", "2024-07-01T08:30:00"])
async def test_an_anchor_that_is_none(anchor: str) -> None:
    """The error names the anchors, or asks for the zone of an instant."""
    with pytest.raises(ValueError, match=r"session_open|no time zone"):
        await calculate_anchored_vwap(bars(), anchor)


async def test_zero_volume_has_no_vwap() -> None:
    """Before anything traded there is no average price, and no deviation from one."""
    frame = bars(
        ("2024-07-01 10:00", 10, 10, 10, 10, 0),
        ("2024-07-01 10:01", 12, 12, 12, 12, 3),
        ("2024-07-01 10:02", 15, 15, 15, 15, 3),
    )
    added = await calculate_relative_to_vwap(frame)
    assert added["session_vwap"].to_list() == [None, 12.0, 13.5]
    assert added["price_vs_vwap"].to_list() == [None, 0.0, 1.5]
    assert added["vwap_deviation"].to_list() == [None, 0.0, pytest.approx(100 / 9)]


async def test_a_vwap_that_is_there_is_used() -> None:
    """The deviation is from the frame's own session_vwap."""
    frame = bars(("2024-07-01 10:00", 10, 10, 10, 12, 1))
    own = frame.with_columns(pl.lit(10.0).alias("session_vwap"))
    added = await calculate_relative_to_vwap(own)
    assert added["price_vs_vwap"].to_list() == [2.0]
    assert added["vwap_deviation"].to_list() == [20.0]


async def test_prices_may_be_zero_or_negative() -> None:
    """Crude oil below zero has levels and a VWAP; a change from an open of 0 is null."""
    frame = bars(
        ("2020-04-20 13:00", 0, 1, -38, -37, 5),
        ("2020-04-20 13:01", -37, -30, -40, -30, 5),
    )
    levels = await calculate_session_levels(frame, product="CL")
    assert levels["session_range"].to_list() == [39.0, 41.0]
    change = await calculate_percent_from_open(frame)
    assert change["percent_from_open"].to_list() == [None, None]
    rows = frame.tail(1)
    assert (await calculate_percent_from_open(rows))["percent_from_open"][0] > 0
    assert get_session_performance_metrics(rows)["return_percent"] > 0


async def test_hours_of_a_users_count() -> None:
    """A session VWAP is taken over the hours that the configuration gives."""
    frame = minute_bars("2024-07-01 08:00", 8)
    config = SessionConfig(
        market_timezone="America/Chicago",
        product_sessions={
            "ES": SessionTimes(at("2024-07-01 10:00").time(), at("2024-07-01 11:00").time())
        },
    )
    added = await calculate_session_vwap(frame, RTH, "ES", config=config)
    assert added["session_vwap"].count() in (59, 60)


def test_the_gap_over_a_weekend() -> None:
    """The gap is from the last close to the next open, in points and percent."""
    friday = bars(("2024-06-28 15:59", 100, 101, 99, 100, 1))
    monday = bars(("2024-06-30 17:00", 103, 104, 103, 104, 1))
    assert calculate_session_gap(friday, monday) == {
        "friday_close": 100.0,
        "monday_open": 103.0,
        "gap_size": 3.0,
        "gap_percentage": 3.0,
    }
    flat = friday.with_columns(pl.lit(0.0).alias("close"))
    assert calculate_session_gap(flat, monday)["gap_percentage"] == 0.0
    for pair in ((friday, bars()), (bars(), monday)):
        with pytest.raises(ProjectXDataError, match="has no rows"):
            calculate_session_gap(*pair)


def test_performance_of_a_frame() -> None:
    """Return, range, path and VWAP of all rows; nothing of no rows."""
    frame = bars(
        ("2024-07-01 10:00", 100, 103, 100, 102, 1),
        ("2024-07-01 10:01", 102, 102, 98, 101, 3),
    )
    metrics = get_session_performance_metrics(frame)
    assert metrics["return_percent"] == 1.0
    assert metrics["range"] == 5.0
    assert metrics["volume"] == 4.0
    assert metrics["efficiency"] == pytest.approx(1 / 3)
    assert metrics["vwap"] == pytest.approx((305 / 3 + 3 * 301 / 3) / 4)
    assert get_session_performance_metrics(None) == {}
    assert get_session_performance_metrics(bars()) == {}


def test_the_profile_of_a_session_keeps_its_volume(walk: pl.DataFrame) -> None:
    """Contracts by price add up to the volume of the session's bars, whatever the levels."""
    config = SessionConfig()
    inside = [config.sessions_of("ES").is_open_at(at, RTH) for at in walk["timestamp"]]
    volume = walk.filter(pl.Series(inside))["volume"].sum()
    for levels in (1, 7, 50, 1000):
        profile = get_volume_profile(walk, RTH, levels=levels)
        assert sum(profile.values()) == volume
        assert [float(price) for price in profile] == sorted(float(price) for price in profile)
        assert all(isinstance(count, int) and count >= 0 for count in profile.values())


@pytest.mark.parametrize("name", COLUMNS)
async def test_frames_that_cannot_be_read(name: str, walk: pl.DataFrame) -> None:
    """A missing column, rows out of order and a naive clock are refused."""
    with pytest.raises(ProjectXDataError, match="must be in time order"):
        await COLUMNS[name](walk.reverse())
    with pytest.raises(ProjectXDataError, match="no column"):
        await COLUMNS[name](walk.select("timestamp"))
    naive = walk.with_columns(pl.col("timestamp").dt.replace_time_zone(None))
    with pytest.raises(ProjectXDataError, match="no time zone"):
        await COLUMNS[name](naive)


async def test_each_day_stands_alone() -> None:
    """Columns of a long frame equal those of its parts, a day at a time."""
    walk = minute_bars("2024-06-03 17:00", 4 * 24)
    whole = await calculate_session_vwap(walk, ETH)
    start = at("2024-06-03 17:00")
    for day in range(4):
        edges = [start + timedelta(day), start + timedelta(day + 1)]
        inside = (pl.col("timestamp") >= edges[0]) & (pl.col("timestamp") < edges[1])
        part = await calculate_session_vwap(walk.filter(inside), ETH)
        assert part["session_vwap"].to_list() == pytest.approx(
            whole.filter(inside)["session_vwap"].to_list()
        )
