"""Sessions, trade dates and states of instants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import instants

from project_x_py._core.calendar import (
    GROUPS,
    SessionCalendar,
    SessionState,
    calendar_for,
    day_ordinal,
    day_start_ns,
    day_start_of,
    find_calendar,
    trade_date,
)
from project_x_py._core.time import CHICAGO, HOUR_NS, MINUTE_NS, NS, from_datetime, to_datetime

OPEN, BREAK, CLOSED = SessionState.OPEN, SessionState.BREAK, SessionState.CLOSED


def chicago(text: str) -> int:
    """Nanoseconds of a Chicago wall clock, ``2023-12-25 17:00``."""
    return from_datetime(datetime.fromisoformat(text), CHICAGO)


def clock(ns: int) -> str:
    """The Chicago wall clock of an instant."""
    return to_datetime(ns).strftime("%Y-%m-%d %H:%M")


groups = st.sampled_from(GROUPS)


@given(instants)
def test_the_day_starts_at_the_newest_17_00(ns: int) -> None:
    """The day start is a 17:00 of Chicago within the last 25 hours, and the next is later."""
    start = day_start_ns(ns)
    assert to_datetime(start).strftime("%H:%M:%S.%f") == "17:00:00.000000"
    assert 0 <= ns - start < 25 * HOUR_NS
    assert ns < day_start_of(day_ordinal(ns) + 1)
    assert day_ordinal(start) == day_ordinal(ns)
    assert to_datetime(start).date().toordinal() == day_ordinal(ns) - 1


@given(groups, instants)
def test_open_is_inside_a_session(group: str, ns: int) -> None:
    """A market is open exactly inside a session of its trading day, close excluded."""
    calendar = calendar_for(group)
    day = date.fromordinal(day_ordinal(ns))
    inside = any(opens <= ns < closes for opens, closes in calendar.sessions(day))
    assert calendar.is_open(ns) == inside
    assert calendar.is_open(ns) == (calendar.state(ns) is OPEN)
    assert SessionCalendar(group).state(ns) is calendar.state(ns)


@given(groups, instants)
def test_turns_are_where_the_state_turns(group: str, ns: int) -> None:
    """The next open and close are later, and the state is another just before each of them."""
    calendar = SessionCalendar(group)
    opens, closes = calendar.next_open_ns(ns), calendar.next_close_ns(ns)
    assert opens > ns
    assert closes > ns
    assert calendar.is_open(opens)
    assert not calendar.is_open(opens - 1)
    assert not calendar.is_open(closes)
    assert calendar.is_open(closes - 1)
    assert (closes < opens) == calendar.is_open(ns)


@given(groups, instants)
def test_the_regular_open_is_the_newest(group: str, ns: int) -> None:
    """It is at or before the instant, the market trades then, and no newer one lies between."""
    calendar = SessionCalendar(group)
    opens = calendar.last_regular_open_ns(ns)
    assert opens <= ns
    assert calendar.is_open(opens)
    day = to_datetime(opens).date()
    assert calendar.regular_hours(day) is not None
    while day.toordinal() < day_ordinal(ns):
        day += timedelta(1)
        hours = calendar.regular_hours(day)
        assert hours is None or hours[0] > ns


@given(instants)
def test_trade_dates_are_weekdays(ns: int) -> None:
    """A trade date is the day that ends at the next 17:00, and Monday for a weekend."""
    traded = trade_date(ns)
    assert traded.weekday() < 5
    assert 0 <= traded.toordinal() - day_ordinal(ns) <= 2
    assert calendar_for("ES").trade_date(ns) == traded
    assert calendar_for("ES").day_start_ns(ns) == day_start_ns(ns)


@pytest.mark.parametrize(
    ("at", "traded"),
    [
        ("2024-07-01 16:59", "2024-07-01"),
        ("2024-07-01 17:00", "2024-07-02"),
        ("2024-06-28 17:00", "2024-07-01"),
        ("2024-06-30 16:59", "2024-07-01"),
        ("2024-06-30 17:00", "2024-07-01"),
        ("2023-12-25 17:00", "2023-12-26"),
    ],
)
def test_the_trade_date_turns_at_17_00(at: str, traded: str) -> None:
    """17:00 belongs to the next date."""
    assert trade_date(chicago(at)).isoformat() == traded


@pytest.mark.parametrize(
    ("symbol", "at", "state"),
    [
        ("ES", "2023-12-25 16:59", CLOSED),
        ("ES", "2023-12-25 17:00", OPEN),
        ("ES", "2024-07-01 15:59", OPEN),
        ("ES", "2024-07-01 16:00", BREAK),
        ("ES", "2024-07-01 16:59", BREAK),
        ("ES", "2024-07-01 17:00", OPEN),
        ("ES", "2024-06-28 16:00", CLOSED),
        ("ES", "2024-06-29 12:00", CLOSED),
        ("ES", "2024-07-03 12:14", OPEN),
        ("ES", "2024-07-03 12:15", CLOSED),
        ("ES", "2013-10-07 15:20", BREAK),
        ("ES", "2013-10-07 16:10", OPEN),
        ("ES", "2024-03-29 10:00", CLOSED),
        ("ES", "2023-04-07 08:14", OPEN),
        ("6E", "2024-07-04 13:00", OPEN),
        ("CL", "2024-07-04 13:00", OPEN),
        ("CL", "2024-07-04 13:30", CLOSED),
        ("ZC", "2024-07-02 07:45", BREAK),
        ("ZC", "2024-07-02 13:20", BREAK),
        ("ZC", "2024-07-02 18:59", BREAK),
        ("ZC", "2024-07-02 19:00", OPEN),
        ("ZC", "2024-07-04 19:00", CLOSED),
        ("ZC", "2024-07-05 08:30", OPEN),
        ("ZC", "2024-06-19 19:00", OPEN),
        ("LE", "2024-07-02 13:05", BREAK),
        ("LE", "2024-07-02 08:30", OPEN),
    ],
)
def test_states(symbol: str, at: str, state: SessionState) -> None:
    """Daily pauses are breaks; weekends, holidays and the rest of a short day are closed."""
    assert calendar_for(symbol).state(chicago(at)) is state


def test_a_week_of_index_futures() -> None:
    """Sunday 17:00 to Friday 16:00 with an hour's break: 115 hours, on clock changes too."""
    calendar = calendar_for("MNQ")
    for monday in (date(2026, 3, 9), date(2026, 11, 2), date(2026, 8, 17)):
        sessions = [calendar.sessions(monday + timedelta(n)) for n in range(-2, 5)]
        assert [len(s) for s in sessions] == [0, 0, 1, 1, 1, 1, 1]
        assert sum(s[0][1] - s[0][0] for s in sessions if s) == 115 * HOUR_NS
        assert clock(sessions[2][0][0])[11:] == "17:00"


def test_clock_changes_fall_into_the_weekend() -> None:
    """The 23 and 25 hour days are those up to a Sunday's 17:00."""
    for sunday, hours in ((date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 8, 2), 24)):
        start = day_start_of(sunday.toordinal())
        assert day_start_of(sunday.toordinal() + 1) - start == hours * HOUR_NS
        assert calendar_for("ES").sessions(sunday) == ()


def test_holidays_have_names() -> None:
    """A day's holiday is told only to the groups it touches."""
    christmas, labor = date(2023, 12, 25), date(2024, 9, 2)
    assert calendar_for("ES").holiday(christmas) == "Christmas Day"
    assert calendar_for("ES").holiday(labor) == "Labor Day"
    assert calendar_for("6E").holiday(labor) is None
    assert calendar_for("ES").holiday(date(2024, 9, 3)) is None


@pytest.mark.parametrize(
    ("symbol", "day", "hours"),
    [
        ("ES", "2024-07-01", ("08:30", "15:00")),
        ("ES", "2024-07-03", ("08:30", "12:15")),
        ("ES", "2024-07-04", None),
        ("ES", "2024-07-06", None),
        ("ES", "2025-01-09", None),
        ("GC", "2024-07-01", ("07:20", "12:30")),
        ("HG", "2024-07-01", ("07:20", "12:00")),
        ("PLV6", "2024-07-01", ("07:20", "12:05")),
        ("CL", "2024-07-01", ("08:00", "13:30")),
        ("ZC", "2024-11-29", ("08:30", "12:05")),
    ],
)
def test_regular_hours(symbol: str, day: str, hours: tuple[str, str] | None) -> None:
    """Regular hours are cut by an early close and absent on holidays and weekends."""
    found = calendar_for(symbol).regular_hours(date.fromisoformat(day))
    assert (found and (clock(found[0])[11:], clock(found[1])[11:])) == hours


def test_a_regular_session_shut_before_it_opens_is_none() -> None:
    """A close at 08:30 leaves nothing of a session that opens then."""
    rule_day = date(2018, 12, 5)
    assert calendar_for("ES").sessions(rule_day)[0][1] == chicago("2018-12-05 08:30")
    assert calendar_for("ES").regular_hours(rule_day) is None


@pytest.mark.parametrize(
    ("symbol", "group"),
    [
        ("ES", "index"),
        ("EP", "index"),
        ("ESZ6", "index"),
        ("CON.F.US.CLE.V26", "energy"),
        ("F.US.GMET", "crypto"),
        ("metals", "metals"),
        ("EMD", "index"),
        ("no such thing", "index"),
    ],
)
def test_any_symbol_has_a_calendar(symbol: str, group: str) -> None:
    """Tickers, codes, names, ids and groups are understood; the unknown get index hours."""
    assert calendar_for(symbol).group == group
    assert calendar_for(symbol) is calendar_for(symbol)


@pytest.mark.parametrize(
    ("symbol", "group", "ticker"),
    [
        ("PA", "metals", "PA"),
        ("gfq6", "livestock", "GF"),
        ("CON.F.US.KE.Z26", "grains", "KE"),
        ("F.US.ZR", "grains", "ZR"),
        ("MNQ", "index", "MNQ"),
        ("energy", "energy", None),
    ],
)
def test_what_is_known_is_told_from_what_is_not(
    symbol: str, group: str, ticker: str | None
) -> None:
    """Products that the gateway does not list are known too; for the rest there is no calendar."""
    calendar = find_calendar(symbol)
    assert calendar is not None
    assert (calendar.group, calendar.ticker) == (group, ticker)
    for unknown in ("XX", "", "CON.F.US.XX.Z26", "PAX"):
        assert find_calendar(unknown) is None


@pytest.mark.parametrize(
    ("symbol", "spans"),
    [
        ("ZR", "19:00-21:00 08:30-13:20"),
        ("XC", "19:00-07:45 08:30-13:45"),
        ("DC", "17:00-16:00"),
        ("VX", "17:00-16:00"),
    ],
)
def test_products_with_electronic_hours_of_their_own(symbol: str, spans: str) -> None:
    """They differ from their group's on a usual day, and close with it on a holiday."""
    calendar = calendar_for(symbol)
    found = calendar.sessions(date(2024, 7, 2))
    assert " ".join(f"{clock(a)[11:]}-{clock(b)[11:]}" for a, b in found) == spans
    assert calendar.sessions(date(2024, 12, 25)) == ()


def test_an_unknown_group_is_refused() -> None:
    """The error lists the groups."""
    with pytest.raises(ValueError, match=r"'bonds' .*rates"):
        SessionCalendar("bonds")
    assert repr(SessionCalendar("metals", "HG")) == "SessionCalendar('metals', 'HG')"


def test_the_holiday_table_knows_its_years() -> None:
    """Outside the checked years the calendar says that it does not know."""
    calendar = calendar_for("ES")
    assert calendar.knows(chicago("2013-01-02 12:00"))
    assert calendar.knows(chicago("2027-12-31 12:00"))
    assert not calendar.knows(chicago("2027-12-31 17:00"))
    assert not calendar.knows(chicago("2012-06-01 12:00"))


@pytest.mark.parametrize(
    ("table", "symbol"),
    [
        ("es_l3_20231225/trades", "ES"),
        ("es_nq_20240701_vendor_bars/trades", "ES"),
        ("6e_bars_202401/bars_1min", "6E"),
        ("lean_es_2013/bars_1min", "ES"),
        ("es_dom40_20220124/trades", "ES"),
    ],
)
def test_recorded_markets_trade_while_open(
    recorded: Callable[[str], list[dict[str, Any]]], table: str, symbol: str
) -> None:
    """Every recorded trade or minute lies in a session of the calendar."""
    calendar = calendar_for(symbol)
    shut = [clock(row["ts"]) for row in recorded(table) if not calendar.is_open(row["ts"])]
    assert not shut


def test_january_of_the_euro_is_as_long_as_recorded(
    recorded: Callable[[str], list[dict[str, Any]]],
) -> None:
    """The first and last recorded minute of each trade date are those of the session."""
    calendar = calendar_for("6E")
    minutes: dict[date, list[int]] = {}
    for row in recorded("6e_bars_202401/bars_1min"):
        minutes.setdefault(calendar.trade_date(row["ts"]), []).append(row["ts"])
    whole = sorted(minutes)[:-1]
    assert len(whole) > 20
    for day in whole:
        (opens, closes), *_ = calendar.sessions(day)
        assert opens <= min(minutes[day]) <= opens + 5 * MINUTE_NS, day
        assert closes - 5 * MINUTE_NS <= max(minutes[day]) < closes, day


def test_a_week_of_october_2013_is_as_long_as_recorded(
    recorded: Callable[[str], list[dict[str, Any]]],
) -> None:
    """Index futures traded up to both closes of each day, a bank holiday and a Friday included."""
    minutes = {row["ts"] for row in recorded("lean_es_2013/bars_1min")}
    days = [date(2013, 10, day) for day in (7, 8, 9, 10, 11, 14)]
    for day in days:
        spans = calendar_for("ES").sessions(day)
        assert [clock(closes)[11:] for _, closes in spans] == ["15:15", "16:15"]
        assert all(closes - MINUTE_NS in minutes for _, closes in spans), day
        assert spans[1][0] in minutes, day


def test_states_are_kept_between_questions() -> None:
    """Answers do not depend on the order of the questions."""
    calendar = SessionCalendar("index")
    monday = chicago("2024-07-01 00:00")
    hours = [monday + n * HOUR_NS for n in range(-100, 100)]
    forward = [calendar.state(ns) for ns in hours]
    assert [calendar.state(ns) for ns in reversed(hours)] == forward[::-1]
    assert calendar.state(monday + NS) is OPEN
