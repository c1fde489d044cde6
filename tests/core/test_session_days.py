"""Every trade date of every group against a reviewed table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from project_x_py._core._holidays import KNOWN_YEARS
from project_x_py._core.calendar import GROUPS, calendar_for

TABLE = Path(__file__).with_name("session_days.txt")
CHICAGO = ZoneInfo("America/Chicago")
WEEK = re.compile(r"week (?P<since>\S+) (?P<groups>\S+) (?P<spans>.+)")
DAY = re.compile(r"day (?P<day>\S+) (?P<weekday>\w{3}) (?P<name>[^:]+): (?P<changes>.+)")
CHANGE = re.compile(r"(?P<groups>\S+) (?P<spans>.+)")

Spans = tuple[tuple[str, str], ...]
Days = dict[str, dict[date, Spans]]

DAY_MINUTES, GRAIN_MINUTES, LIVESTOCK_MINUTES = 23 * 60, 765 + 290, 275
MINUTES_OF_2024 = {
    # Of 262 weekdays three are closed. Seven holidays halt at 12:00, three short days at 12:15.
    "index": 259 * DAY_MINUTES - 7 * 240 - 3 * 225,
    "rates": 259 * DAY_MINUTES - 7 * 240 - 2 * 225,
    "fx": 259 * DAY_MINUTES - 2 * 225,
    "crypto": 259 * DAY_MINUTES - 195 - 225,
    "energy": 259 * DAY_MINUTES - 7 * 150 - 2 * 195,
    "metals": 259 * DAY_MINUTES - 7 * 150 - 2 * 195,
    # Ten holidays are closed; four evenings and three afternoons are missing.
    "grains": 252 * GRAIN_MINUTES - 4 * 765 - 3 * 75,
    "livestock": 252 * LIVESTOCK_MINUTES - 3 * 60,
}
"""What one year comes to, counted by hand."""


def spans_of(text: str) -> Spans:
    """The (open, close) clocks in ``17:00-15:15 15:30-16:00``, or none of ``shut``."""
    if text == "shut":
        return ()
    pairs = (pair.split("-") for pair in text.split())
    return tuple((opens, closes) for opens, closes in pairs)


def table() -> tuple[list[tuple[date, list[str], Spans]], Days]:
    """The weeks and the exceptional days of the table."""
    weeks, days = [], {group: {} for group in GROUPS}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if match := WEEK.fullmatch(line):
            since = date.fromisoformat(match["since"])
            weeks.append((since, match["groups"].split(","), spans_of(match["spans"])))
        elif match := DAY.fullmatch(line):
            day = date.fromisoformat(match["day"])
            assert f"{day:%a}" == match["weekday"], line
            for text in match["changes"].split("; "):
                change = CHANGE.fullmatch(text)
                assert change, line
                named = GROUPS if change["groups"] == "all" else change["groups"].split(",")
                for group in named:
                    assert day not in days[group], line
                    days[group][day] = spans_of(change["spans"])
        else:
            assert line.startswith("#"), line
    return weeks, days


def expected(group: str) -> Iterator[tuple[date, Spans]]:
    """What the table says of each date of the known years."""
    weeks, days = table()
    day, usual = date(KNOWN_YEARS[0], 1, 1), ()
    while day.year in KNOWN_YEARS:
        for since, groups, spans in weeks:
            if since == day and group in groups:
                usual = spans
        yield day, days[group].get(day, usual if day.weekday() < 5 else ())
        day += timedelta(1)


def instant(day: date, clock: str) -> int:
    """Nanoseconds of a Chicago clock of a trade date; from 17:00 on it is the evening before."""
    if clock >= "17:00":
        day -= timedelta(1)
    local = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=CHICAGO)
    return int(local.astimezone(UTC).timestamp()) * 1_000_000_000


@pytest.mark.parametrize("group", GROUPS)
def test_every_trade_date_is_as_the_table_says(group: str) -> None:
    """Sessions agree to the nanosecond on each date of 2013 to 2027."""
    calendar = calendar_for(group)
    wrong = [
        day
        for day, spans in expected(group)
        if calendar.sessions(day)
        != tuple((instant(day, opens), instant(day, closes)) for opens, closes in spans)
    ]
    assert wrong == []


@pytest.mark.parametrize("group", GROUPS)
def test_minutes_of_a_year_counted_by_hand(group: str) -> None:
    """The minutes of 2024 are the usual day's times the days, less what its holidays take."""
    calendar = calendar_for(group)
    days = [date(2024, 1, 1) + timedelta(n) for n in range(366)]
    total = sum(closes - opens for day in days for opens, closes in calendar.sessions(day))
    assert total == MINUTES_OF_2024[group] * 60_000_000_000


def test_the_table_says_nothing_twice() -> None:
    """Days ascend, lie on weekdays of known years, and differ from the week of their group."""
    weeks, days = table()
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:3] == "day"]
    assert lines == sorted(lines)
    assert len(lines) == len({line.split()[1] for line in lines})
    for group, changed in days.items():
        for day, spans in changed.items():
            assert day.weekday() < 5
            assert day.year in KNOWN_YEARS
            usual = [week for since, groups, week in weeks if group in groups and since <= day][-1]
            assert spans != usual, (group, day)
