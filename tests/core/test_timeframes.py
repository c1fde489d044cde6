"""Where bars begin and end."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import instants

from project_x_py._core.calendar import day_ordinal, day_start_ns, trade_date
from project_x_py._core.time import CHICAGO, HOUR_NS, NS, from_datetime, to_datetime
from project_x_py._core.timeframes import (
    TIMEFRAMES,
    Timeframe,
    bar_end,
    bar_start,
    timeframe,
    timeframe_of,
)

any_timeframe = st.one_of(
    st.sampled_from(list(TIMEFRAMES.values())),
    st.builds(timeframe_of, st.integers(1, 6), st.integers(1, 40)),
)


def chicago(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text), CHICAGO)


def clock(ns: int) -> str:
    return to_datetime(ns).strftime("%Y-%m-%d %H:%M:%S")


@given(any_timeframe, instants)
def test_bars_tile_time(tf: Timeframe, ns: int) -> None:
    """An instant lies in its bar, its bar's start in the same bar, and bars leave no gap."""
    start = bar_start(tf, ns)
    end = bar_end(tf, start)
    assert start <= ns < end
    assert bar_start(tf, start) == bar_start(tf, end - 1) == start
    assert bar_start(tf, end) == end
    assert bar_end(tf, bar_start(tf, start - 1)) == start


@given(any_timeframe, instants)
def test_bars_are_anchored_to_the_trading_day(tf: Timeframe, ns: int) -> None:
    """No intraday bar spans a 17:00, and bars of days and longer begin at one."""
    start = bar_start(tf, ns)
    if tf.unit < 4:
        assert start >= day_start_ns(ns)
        assert tf.seconds is not None
        assert bar_end(tf, start) - start <= tf.seconds * NS
    else:
        assert tf.seconds is None
        assert start == day_start_ns(start)


@given(instants)
def test_days_weeks_and_months_follow_the_trade_date(ns: int) -> None:
    """On weekdays the day bar is the trade date's, the week its week's, the month its month's."""
    if date.fromordinal(day_ordinal(ns)).weekday() < 5:
        day = trade_date(ns)
        assert trade_date(bar_start(timeframe("1day"), ns)) == day
        week = date.fromordinal(day_ordinal(bar_start(timeframe("1week"), ns)))
        assert week.weekday() == 0
        assert 0 <= (day - week).days < 5
        month = date.fromordinal(day_ordinal(bar_start(timeframe("1month"), ns)))
        assert (month.year, month.month, month.day) == (day.year, day.month, 1)


@pytest.mark.parametrize(
    ("name", "at", "start", "end"),
    [
        ("1sec", "2024-07-01 08:30:00", "2024-07-01 08:30:00", "2024-07-01 08:30:01"),
        ("15sec", "2024-07-01 08:30:44", "2024-07-01 08:30:30", "2024-07-01 08:30:45"),
        ("5min", "2024-07-01 08:34:59", "2024-07-01 08:30:00", "2024-07-01 08:35:00"),
        ("1hr", "2024-07-01 08:34:59", "2024-07-01 08:00:00", "2024-07-01 09:00:00"),
        ("4hr", "2024-07-01 16:59:59", "2024-07-01 13:00:00", "2024-07-01 17:00:00"),
        ("4hr", "2024-07-01 17:00:00", "2024-07-01 17:00:00", "2024-07-01 21:00:00"),
        ("4hr", "2024-01-02 02:00:00", "2024-01-02 01:00:00", "2024-01-02 05:00:00"),
        ("1day", "2024-07-01 16:59:59", "2024-06-30 17:00:00", "2024-07-01 17:00:00"),
        ("1day", "2024-07-01 17:00:00", "2024-07-01 17:00:00", "2024-07-02 17:00:00"),
        ("1week", "2024-06-28 15:00:00", "2024-06-23 17:00:00", "2024-06-30 17:00:00"),
        ("1week", "2024-06-30 17:00:00", "2024-06-30 17:00:00", "2024-07-07 17:00:00"),
        ("1month", "2024-06-30 18:00:00", "2024-06-30 17:00:00", "2024-07-31 17:00:00"),
        ("1month", "2024-12-31 18:00:00", "2024-12-31 17:00:00", "2025-01-31 17:00:00"),
        ("1week", "2026-03-06 12:00:00", "2026-03-01 17:00:00", "2026-03-08 17:00:00"),
        ("1month", "2026-11-03 12:00:00", "2026-10-31 17:00:00", "2026-11-30 17:00:00"),
    ],
)
def test_examples(name: str, at: str, start: str, end: str) -> None:
    """Bars of each kind, in Chicago time, in summer and winter and across clock changes."""
    tf = timeframe(name)
    begins = bar_start(tf, chicago(at))
    assert (clock(begins), clock(bar_end(tf, begins))) == (start, end)


@pytest.mark.parametrize(
    ("sunday", "lengths"), [("2026-03-08", [4, 4, 4, 4, 4, 3]), ("2026-11-01", [4] * 6 + [1])]
)
def test_a_clock_change_cuts_the_last_bar(sunday: str, lengths: list[int]) -> None:
    """Four-hour bars count elapsed time from 17:00, and the next 17:00 ends the last one."""
    tf, start, found = timeframe("4hr"), day_start_ns(chicago(f"{sunday} 12:00")), []
    end_of_day = day_start_ns(chicago(f"{sunday} 17:00"))
    while start < end_of_day:
        end = bar_end(tf, start)
        found.append((end - start) // HOUR_NS)
        start = end
    assert found == lengths
    assert start == end_of_day


def test_the_documented_timeframes() -> None:
    """There are fourteen, by name and by the gateway's unit and number."""
    names = "1sec 5sec 10sec 15sec 30sec 1min 5min 15min 30min 1hr 4hr 1day 1week 1month"
    assert " ".join(TIMEFRAMES) == names
    for name, tf in TIMEFRAMES.items():
        assert timeframe(name) is timeframe_of(tf.unit, tf.unit_number) is tf
        assert tf.name == name
    assert TIMEFRAMES["4hr"] == Timeframe("4hr", 3, 4, 14_400)
    assert TIMEFRAMES["1week"] == Timeframe("1week", 5, 1, None)
    assert timeframe_of(2, 7) == Timeframe("7min", 2, 7, 420)


def test_unknown_timeframes_are_refused() -> None:
    """The error names close matches where there are any, and all names."""
    with pytest.raises(ValueError, match=r"'5mins'; did you mean .*5min.* 1month\)"):
        timeframe("5mins")
    with pytest.raises(ValueError, match=r"unknown timeframe '\?' \(there are 1sec"):
        timeframe("?")
    with pytest.raises(ValueError, match="bar unit 7"):
        timeframe_of(7, 1)
    with pytest.raises(ValueError, match="above zero, not 0"):
        timeframe_of(2, 0)
