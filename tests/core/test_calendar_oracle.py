"""The calendar against pandas_market_calendars, with every difference reviewed.

The oracle has one open and one close per date, and a break for grains; so is what is compared here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import pytest

from project_x_py._core.calendar import GROUPS, calendar_for
from project_x_py._core.time import to_datetime

pytestmark = pytest.mark.long

FIRST, LAST = date(2015, 1, 1), date(2027, 12, 31)
ORACLES = {
    "index": "CME Globex Equity",
    "fx": "CMEGlobex_FX",
    "rates": "CME Globex Interest Rate Products",
    "energy": "CMEGlobex_Energy",
    "metals": "CMEGlobex_Metals",
    "crypto": "CME Globex Crypto",
    "grains": "CMEGlobex_Grains",
    "livestock": "CMEGlobex_Livestock",
}


@dataclass(frozen=True)
class Difference:
    """A reviewed difference: the same for each group and day it names."""

    groups: str
    ours: str
    oracles: str
    days: str | Callable[[date], bool]
    reason: str

    def covers(self, group: str, day: date, ours: str, oracles: str) -> bool:
        """Whether it is the difference seen."""
        named = self.days(day) if callable(self.days) else str(day) in self.days.split()
        return named and group in self.groups.split() and (ours, oracles) == self.pair

    @property
    def pair(self) -> tuple[str, str]:
        """What the two say."""
        return self.ours, self.oracles


FRIDAYS = "2025-07-04 2026-06-19 2026-07-03 2027-06-18"
LABOR_DAYS = "2022-09-05 2023-09-04 2024-09-02 2025-09-01 2027-09-06"
EVES = "2015-12-24 2018-12-24 2019-12-24 2020-12-24 2024-12-24 2025-12-24"
THIRD_OF_JULY = "2017-07-03 2018-07-03 2019-07-03 2023-07-03 2024-07-03 2025-07-03"
JUNETEENTH = "2022-06-20 2023-06-19 2024-06-19 2025-06-19 2026-06-19 2027-06-18"
AFTER_THANKSGIVING = """
2015-11-27 2016-11-25 2017-11-24 2018-11-23 2019-11-29 2020-11-27 2021-11-26 2022-11-25 2023-11-24
2024-11-29 2025-11-28 2026-11-27 2027-11-26
"""
LATE_GRAINS = """
2016-07-05 2016-12-27 2017-01-03 2017-07-05 2017-12-26 2018-01-02 2018-07-05 2018-12-26 2019-01-02
2019-07-05 2019-12-26 2020-01-02 2021-07-06 2022-07-05 2022-12-27 2023-01-03 2023-07-05 2023-12-26
2024-01-02 2024-07-05 2024-12-26 2025-01-02 2025-12-26 2026-01-02 2027-07-06
"""
ORACLE_GRAINS = "1900-0745 0830-1320"


def usual_until(last: date) -> Callable[[date], bool]:
    """Every date up to ``last``: a difference of the weekly hours."""
    return lambda day: day <= last


DIFFERENCES = (
    Difference(
        "index energy metals",
        "1700-1615",
        "1700-1600",
        usual_until(date(2015, 9, 18)),
        "closed at 16:15 until 2015-09-18; recorded minutes of 2013 show it",
    ),
    Difference(
        "grains",
        "1900-0745 0830-1315",
        ORACLE_GRAINS,
        usual_until(date(2015, 7, 3)),
        "closed at 13:15 until 2015-07-03, by the exchange's notice",
    ),
    Difference(
        "grains",
        "0830-1315",
        ORACLE_GRAINS,
        "2015-01-02",
        "reopens in the morning, closed at 13:15",
    ),
    Difference(
        "index", "shut", "1700-0815", "2024-03-29 2025-04-18 2027-03-26", "no employment report"
    ),
    Difference(
        "fx rates crypto",
        "shut",
        "1700-1015",
        "2024-03-29 2025-04-18 2027-03-26",
        "no employment report, so no session on Good Friday",
    ),
    Difference("fx", "1700-1015", "shut", "2015-04-03", "employment report; Lean has the session"),
    Difference("crypto", "1700-0815", "shut", "2015-04-03", "no such products before 2017"),
    Difference("index", "1700-0830", "1700-1600", "2018-12-05 2025-01-09", "announced"),
    Difference("rates", "shut", "1700-1600", "2018-12-05", "announced for the day of mourning"),
    Difference("rates", "1700-1215", "1700-1600", "2025-01-09", "announced, day of mourning"),
    Difference("livestock", "0830-1215", "0830-1305", "2025-01-09", "announced, day of mourning"),
    Difference("grains", "1900-0745 0830-1215", ORACLE_GRAINS, "2025-01-09", "announced"),
    Difference("fx crypto", "1700-1200", "1700-1600", FRIDAYS, "holiday Friday; Lean has noon"),
    Difference(
        "energy metals", "1700-1200", "1700-1330", "2025-07-04 2027-06-18", "holiday Friday; Lean"
    ),
    Difference("energy metals", "1700-1330", "1700-1200", LABOR_DAYS, "as other holidays; Lean"),
    Difference("energy metals", "1700-1245", "1700-1600", EVES, "Christmas Eve; Lean"),
    Difference(
        "energy metals", "1700-1345", "1700-1245", "2025-11-28 2027-11-26", "Lean; both in 2026"
    ),
    Difference(
        "crypto", "1700-1600", "1700-1215", "2023-07-03 2024-07-03 2025-07-03", "broker's schedule"
    ),
    Difference(
        "livestock",
        "0830-1205",
        "0830-1305",
        THIRD_OF_JULY,
        "reported by a market commentary, 2019",
    ),
    Difference("livestock", "shut", "0830-1305", JUNETEENTH, "reported closed in 2022"),
    Difference("grains", "shut", ORACLE_GRAINS, JUNETEENTH, "reported closed in 2022"),
    Difference(
        "grains",
        "1900-0745 0830-1205",
        ORACLE_GRAINS,
        THIRD_OF_JULY + " " + EVES + " 2026-12-24",
        "short",
    ),
    Difference("grains", "0830-1205", ORACLE_GRAINS, AFTER_THANKSGIVING, "no evening, and short"),
    Difference(
        "grains", "0830-1320", ORACLE_GRAINS, LATE_GRAINS, "no session on a holiday's evening"
    ),
)


@cache
def oracle(group: str) -> dict[date, str]:
    """What pandas_market_calendars says of each date: its sessions, in Chicago clocks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calendars = pytest.importorskip(
            "pandas_market_calendars", reason="pandas_market_calendars is a development dependency"
        )
        schedule = calendars.get_calendar(ORACLES[group]).schedule(
            str(FIRST), str(LAST), tz="America/Chicago"
        )
        found = {}
        for row in schedule.itertuples():
            spans = [(row.market_open, row.market_close)]
            if hasattr(row, "break_start"):
                spans = [(row.market_open, row.break_start), (row.break_end, row.market_close)]
            found[row.Index.date()] = " ".join(f"{a:%H%M}-{b:%H%M}" for a, b in spans)
        return found


def ours(group: str, day: date) -> str:
    """The sessions of the calendar, as the oracle tells them: pauses of index futures left out."""
    spans = [(to_datetime(a), to_datetime(b)) for a, b in calendar_for(group).sessions(day)]
    if group != "grains":
        spans = [(spans[0][0], spans[-1][1])] if spans else []
    return " ".join(f"{a:%H%M}-{b:%H%M}" for a, b in spans) or "shut"


def differing(group: str) -> dict[date, tuple[str, str]]:
    """Each weekday on which the two disagree, and what they say."""
    days = (FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1))
    pairs = {
        day: (ours(group, day), oracle(group).get(day, "shut")) for day in days if day.weekday() < 5
    }
    return {day: pair for day, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("group", GROUPS)
def test_no_difference_is_unreviewed(group: str) -> None:
    """Each date of 2015 to 2027 agrees with the oracle, or is in the list with its reason."""
    unknown = {
        str(day): pair
        for day, pair in differing(group).items()
        if not any(known.covers(group, day, *pair) for known in DIFFERENCES)
    }
    assert unknown == {}


@pytest.mark.parametrize("known", DIFFERENCES, ids=lambda known: f"{known.groups}: {known.reason}")
def test_each_reviewed_difference_is_one(known: Difference) -> None:
    """A difference that the oracle has mended leaves the list."""
    seen = {
        (group, day)
        for group in known.groups.split()
        for day, pair in differing(group).items()
        if known.covers(group, day, *pair)
    }
    assert seen
    if isinstance(known.days, str):
        named = {date.fromisoformat(day) for day in known.days.split()}
        assert seen == {(group, day) for group in known.groups.split() for day in named}
    assert known.reason
