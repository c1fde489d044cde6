"""Exchange holidays as rules: which trade dates have no session, which end early, per group.

Closes are minutes of the Chicago wall clock from midnight of the trade date. The rules were
checked for ``KNOWN_YEARS`` against two public tables: the per-product table of QuantConnect Lean
and pandas_market_calendars 5.5. Both have wrong cells; where they differ the rule says which one
it follows, and an announcement of the exchange outweighs both. Later years come out of the same
rules and are not promised. ``docs/reference/calendar.md`` lists the sources and what is open.

Invariants: a list of dates transcribed by hand holds (``tests/core/test_holidays.py``); each trade
date of each group is as a reviewed table says (``tests/core/test_session_days.py``), and differs
from the second of the public tables only where listed (``tests/core/test_calendar_oracle.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core._hours import Minutes

__all__ = ["KNOWN_YEARS", "DayRule", "day_rule"]

KNOWN_YEARS = range(2013, 2028)

_ALL = ("index", "fx", "rates", "energy", "metals", "crypto", "grains", "livestock")
_MONDAY, _THURSDAY, _FRIDAY = 0, 3, 4
_MORNING = 510
"""When a market opens that did not trade on the evening before: 08:30."""


@dataclass(frozen=True, slots=True)
class DayRule:
    """What is unusual about one date."""

    name: str
    closes: Mapping[str, int | None]
    """Early close of a group, in minutes; None: it has no session. Others trade as always."""
    regular: bool = True
    """Whether there is a regular session, if only a short one."""
    evening: tuple[str, ...] = ()
    """Groups that do not trade on the evening of this date for the next one."""

    def touches(self, group: str) -> bool:
        """Return whether the hours of a group are unusual on this date."""
        return group in self.closes

    def cut(self, group: str, spans: Minutes) -> Minutes:
        """Return what is left of the spans of this trade date."""
        if group not in self.closes:
            return spans
        close = self.closes[group]
        if close is None:
            return ()
        return tuple((opens, min(closes, close)) for opens, closes in spans if opens < close)

    def cut_evening(self, group: str, spans: Minutes) -> Minutes:
        """Return what is left of the spans of the next trade date."""
        if group not in self.evening:
            return spans
        day = ((max(opens, _MORNING), closes) for opens, closes in spans)
        return tuple(span for span in day if span[0] < span[1])


def day_rule(day: date) -> DayRule | None:
    """Return what is unusual about a trade date, or None."""
    return _rules(day.year).get(day)


@lru_cache(maxsize=64)
def _rules(year: int) -> dict[date, DayRule]:
    rules: dict[date, DayRule] = {}
    _fixed(year, rules)
    _mondays(year, rules)
    _good_friday(year, rules)
    _independence(year, rules)
    _thanksgiving(year, rules)
    _christmas(year, rules)
    for day, closes in _MOURNING.items():
        if day.year == year:
            rules[day] = DayRule("National day of mourning", closes)
    return rules


# As the exchange announced on 2018-12-02 and 2024-12-30; neither public table has it all.
_MOURNING: dict[date, dict[str, int | None]] = {
    date(2018, 12, 5): {"index": 510, "rates": None},
    date(2025, 1, 9): {"index": 510, "rates": 735, "grains": 735, "livestock": 735},
}


def _fixed(year: int, rules: dict[date, DayRule]) -> None:
    # A New Year's Day on a Saturday is not made up for (2022-01-01: the Friday before was usual).
    new_year = date(year, 1, 1)
    if new_year.weekday() != 5:
        rules[_observed(new_year)] = _closed("New Year's Day", evening=("grains",))
    if year >= 2022:
        juneteenth = _observed(date(year, 6, 19))
        rules[juneteenth] = _holiday("Juneteenth", juneteenth)


def _mondays(year: int, rules: dict[date, DayRule]) -> None:
    for name, day in (
        ("Martin Luther King Jr. Day", _nth(year, 1, _MONDAY, 3)),
        ("Presidents' Day", _nth(year, 2, _MONDAY, 3)),
        ("Memorial Day", _nth(year, 5, _MONDAY, 5)),
        ("Labor Day", _nth(year, 9, _MONDAY, 1)),
    ):
        rules[day] = _holiday(name, day)
        # Until Memorial Day 2015 the Friday before ended at 15:15 for interest rates (both tables;
        # Lean has it for currencies too).
        if day < date(2015, 6, 1):
            rules[day - timedelta(3)] = DayRule(f"Friday before {name}", {"rates": 915})


def _good_friday(year: int, rules: dict[date, DayRule]) -> None:
    day = _easter(year) - timedelta(2)
    # With the employment report on that morning (the first Friday of April) the financial products
    # trade until shortly after it: 2015, 2021, 2023, 2026. pandas_market_calendars has such a
    # session in 2024 and 2025 too, when there was none. Currencies in 2015: Lean.
    if day.month == 4 and day.day <= 7:
        closes: dict[str, int | None] = dict.fromkeys(_ALL)
        # Crypto products in 2021: pandas_market_calendars, the only table that has them.
        crypto = 495 if day.year < 2022 else 615
        closes |= {"index": 495, "rates": 615, "fx": 615, "crypto": crypto}
        rules[day] = DayRule("Good Friday", closes, regular=False)
    else:
        rules[day] = _closed("Good Friday")


def _independence(year: int, rules: dict[date, DayRule]) -> None:
    fourth = date(year, 7, 4)
    observed = _observed(fourth)
    rules[observed] = _holiday("Independence Day", observed, evening=("grains",))
    # The cash market ends at noon on a 3 July before a weekday holiday. Lean misses 2023 and 2024.
    # Grains and livestock: reports of 2013 and 2019; pandas_market_calendars lacks it. Crypto
    # products: a broker's schedule of 2024 has them trade on; that table does not.
    eve = date(year, 7, 3)
    if fourth.weekday() < 5 and eve.weekday() < 4:
        closes = {"index": 735, "grains": 725, "livestock": 725}
        if year < 2022:
            closes["crypto"] = 735
        rules[eve] = DayRule("Day before Independence Day", closes)


def _thanksgiving(year: int, rules: dict[date, DayRule]) -> None:
    day = _nth(year, 11, _THURSDAY, 4)
    rules[day] = _holiday("Thanksgiving Day", day, evening=("grains",))
    # Energy and metals: 12:45, from 2025 on 13:45 (Lean; the other table has it from 2026 on).
    # Currencies: pandas_market_calendars; Lean has 13:45 from 2025 on.
    commodities = 765 if year < 2025 else 825
    closes = {"index": 735, "rates": 735, "fx": 735, "crypto": 735 if year < 2021 else 765}
    closes |= {"energy": commodities, "metals": commodities, "grains": 725, "livestock": 725}
    rules[day + timedelta(1)] = DayRule("Day after Thanksgiving", closes)


def _christmas(year: int, rules: dict[date, DayRule]) -> None:
    eve = date(year, 12, 24)
    if eve.weekday() < 4:
        closes = {"index": 735, "rates": 735, "fx": 735, "crypto": 735, "energy": 765}
        closes |= {"metals": 765, "grains": 725, "livestock": 725}
        rules[eve] = DayRule("Christmas Eve", closes)
    rules[_observed(date(year, 12, 25))] = _closed("Christmas Day", evening=("grains",))


def _closed(name: str, evening: tuple[str, ...] = ()) -> DayRule:
    return DayRule(name, dict.fromkeys(_ALL), regular=False, evening=evening)


def _holiday(name: str, day: date, evening: tuple[str, ...] = ()) -> DayRule:
    """A bank holiday: the electronic session halts early, and there is no regular one."""
    closes: dict[str, int | None] = {"index": 720, "rates": 720, "grains": None, "livestock": None}
    if day < date(2014, 5, 1):
        # Index futures halted at 10:30; energy and metals at 12:15 (Lean; the other has 12:00).
        closes |= {"index": 630, "fx": 720, "crypto": 720, "energy": 735, "metals": 735}
    elif day.year < 2022 or day.weekday() == _FRIDAY:
        # On a Friday everything halts at noon, for no session follows until Sunday.
        closes |= dict.fromkeys(("fx", "crypto", "energy", "metals"), 720)
    else:
        # Since 2022 currencies and crypto products trade through.
        closes |= {"energy": 810, "metals": 810}
    return DayRule(name, closes, regular=False, evening=evening)


def _observed(day: date) -> date:
    """Saturday's holiday is kept on Friday, Sunday's on Monday."""
    return day + timedelta({5: -1, 6: 1}.get(day.weekday(), 0))


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    """Return the n-th such weekday of a month; the fifth is the last, be it the fourth."""
    first = date(year, month, 1)
    day = first + timedelta((weekday - first.weekday()) % 7 + 7 * (number - 1))
    return day if day.month == month else day - timedelta(7)


def _easter(year: int) -> date:
    """Return Easter Sunday (the anonymous Gregorian computus)."""
    century = year // 100
    golden = year % 19
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = epact - epact // 28 * (1 - 29 // (epact + 1) * ((21 - golden) // 11))
    sunday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    offset = moon - sunday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))
