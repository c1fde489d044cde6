"""Windows of sessions."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core._holidays import KNOWN_YEARS
from project_x_py._core.calendar import calendar_for, day_ordinal
from project_x_py._core.time import DAY_NS, MINUTE_NS
from project_x_py.sessions import DEFAULT_SESSIONS, SessionConfig, SessionTimes, SessionType

RTH, ETH, CUSTOM = SessionType.RTH, SessionType.ETH, SessionType.CUSTOM

tickers = st.sampled_from(sorted(DEFAULT_SESSIONS))
days = st.dates(date(KNOWN_YEARS[0], 1, 1), date(KNOWN_YEARS[-1], 12, 31))
clocks = st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 30, 59)))
zones = st.sampled_from(("America/New_York", "UTC", "Asia/Tokyo", "Australia/Lord_Howe"))


@st.composite
def own_hours(draw: st.DrawFn) -> SessionTimes:
    """Hours of a user's, with an electronic session or without."""
    rth = draw(st.lists(clocks, min_size=2, max_size=2, unique=True))
    eth = draw(st.one_of(st.just([]), st.lists(clocks, min_size=2, max_size=2, unique=True)))
    return SessionTimes(*rth, *eth)


@given(tickers, days, own_hours(), zones, st.sampled_from(SessionType))
def test_windows_lie_inside_the_exchanges_sessions(
    ticker: str, day: date, hours: SessionTimes, zone: str, kind: SessionType
) -> None:
    """Whatever the user's hours, windows ascend, are apart, and the market trades in them."""
    config = SessionConfig(market_timezone=zone, product_sessions={ticker: hours})
    windows = config.sessions_of(ticker).windows_on(day, kind)
    spans = calendar_for(ticker).sessions(day)
    assert all(first.end_ns <= second.start_ns for first, second in pairwise(windows))
    for window in windows:
        assert window.trade_date == day
        assert window.start_ns < window.end_ns
        assert any(opens <= window.start_ns and window.end_ns <= closes for opens, closes in spans)


@given(tickers, days, st.integers(0, DAY_NS), own_hours(), st.sampled_from(SessionType))
def test_an_instant_is_in_session_exactly_inside_a_window(
    ticker: str, day: date, offset: int, hours: SessionTimes, kind: SessionType
) -> None:
    """One question and the list of windows agree, at their ends too."""
    sessions = SessionConfig(product_sessions={ticker: hours}).sessions_of(ticker)
    windows = sessions.windows_on(day, kind)
    edges = [edge for window in windows for edge in (window.start_ns, window.end_ns)]
    for ns in [edge + step for edge in edges for step in (-1, 0, offset)]:
        if day_ordinal(ns) == day.toordinal():
            inside = any(window.start_ns <= ns < window.end_ns for window in windows)
            assert sessions.contains(ns, kind) == inside


@given(tickers, days)
def test_the_exchanges_hours_are_the_calendars(ticker: str, day: date) -> None:
    """Without own hours, ETH is the exchange's sessions and RTH the regular part of them."""
    sessions, calendar = SessionConfig().sessions_of(ticker), calendar_for(ticker)
    electronic = sessions.windows_on(day, ETH)
    assert tuple((window.start_ns, window.end_ns) for window in electronic) == calendar.sessions(
        day
    )
    regular = sessions.windows_on(day, RTH)
    hours = calendar.regular_hours(day)
    assert bool(regular) == (hours is not None)
    if hours is not None:
        assert (regular[0].start_ns, regular[-1].end_ns) == hours


def test_a_window_over_the_daily_break_belongs_to_both_dates() -> None:
    """15:00 to 20:00 in Chicago ends one trade date and begins the next."""
    config = SessionConfig(
        market_timezone="America/Chicago",
        product_sessions={"ES": SessionTimes(time(15), time(20))},
    )
    windows = config.sessions_of("ES").windows_on(date(2024, 7, 2), CUSTOM)
    assert [(window.end_ns - window.start_ns) // MINUTE_NS for window in windows] == [180, 60]


def test_windows_of_a_span_of_time() -> None:
    """All windows of the trading days between two instants, ascending."""
    sessions = SessionConfig().sessions_of("ES")
    first = sessions.windows_on(date(2024, 7, 1), RTH)[0]
    last = sessions.windows_on(date(2024, 7, 5), RTH)[0]
    found = sessions.windows(RTH, first.start_ns, last.start_ns)
    assert [window.trade_date.day for window in found] == [1, 2, 3, 5]
    assert found[0] == first
    assert found[-1] == last


def test_sessions_are_kept_between_questions() -> None:
    """The same product and hours give the same object, so a feed may ask for it at any time."""
    hours = {"ES": SessionTimes(time(15), time(20))}
    assert SessionConfig().sessions_of("ESU6") is SessionConfig(RTH).sessions_of("ESU6")
    own = SessionConfig(product_sessions=hours).sessions_of("ES")
    assert own is SessionConfig(product_sessions=dict(hours)).sessions_of("ES")
    assert "'ES'" in repr(own)


@pytest.mark.parametrize("day", [date(2012, 12, 31), date(2028, 1, 3)])
def test_a_year_the_calendar_does_not_know_is_refused(day: date) -> None:
    """No windows of such a day are handed out."""
    for kind in (RTH, ETH):
        with pytest.raises(ValueError, match="2013 to 2027"):
            SessionConfig().sessions_of("CL").windows_on(day, kind)


def test_the_last_known_day_is_whole() -> None:
    """The trading day of the last known date has its sessions, and its evening is refused."""
    sessions = SessionConfig().sessions_of("ES")
    last = date(KNOWN_YEARS[-1], 12, 31)
    window = sessions.windows_on(last, ETH)[-1]
    assert sessions.contains(window.end_ns - 1, ETH)
    with pytest.raises(ValueError, match="2013 to 2027"):
        sessions.windows_on(last + timedelta(1), ETH)
