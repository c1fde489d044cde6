"""Holidays against dates transcribed by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from project_x_py._core._holidays import KNOWN_YEARS, DayRule, day_rule
from project_x_py._core.calendar import GROUPS

GOOD_FRIDAYS = """
2013-03-29 2014-04-18 2015-04-03 2016-03-25 2017-04-14 2018-03-30 2019-04-19 2020-04-10 2021-04-02
2022-04-15 2023-04-07 2024-03-29 2025-04-18 2026-04-03 2027-03-26
"""
PAYROLL_GOOD_FRIDAYS = {"2015-04-03", "2021-04-02", "2023-04-07", "2026-04-03"}


def rule_of(text: str) -> DayRule:
    rule = day_rule(date.fromisoformat(text))
    assert rule is not None
    return rule


def minutes(clock: str) -> int | None:
    return None if clock == "shut" else int(clock[:2]) * 60 + int(clock[2:])


@pytest.mark.parametrize("day", GOOD_FRIDAYS.split())
def test_good_friday(day: str) -> None:
    """Nothing trades, but for a short morning of financial products on payroll days."""
    rule = rule_of(day)
    assert rule.name == "Good Friday"
    assert not rule.regular
    traded = {group for group, close in rule.closes.items() if close is not None}
    assert traded == ({"index", "rates", "fx", "crypto"} if day in PAYROLL_GOOD_FRIDAYS else set())
    if traded:
        assert (rule.closes["index"], rule.closes["rates"]) == (495, 615)


@pytest.mark.parametrize(
    ("day", "name", "closes"),
    [
        ("2013-01-21", "Martin", "index 1030 rates 1200 fx 1200 energy 1215 metals 1215"),
        ("2014-05-26", "Memorial", "index 1200 rates 1200 fx 1200 energy 1200 metals 1200"),
        ("2015-07-03", "Independence", "index 1200 fx 1200 energy 1200 grains shut"),
        ("2021-12-24", "Christmas", "index shut fx shut energy shut livestock shut"),
        ("2022-06-20", "Juneteenth", "index 1200 rates 1200 energy 1330 grains shut"),
        ("2023-02-20", "President", "index 1200 rates 1200 metals 1330 livestock shut"),
        ("2024-05-27", "Memorial", "index 1200 metals 1330"),
        ("2024-09-02", "Labor", "index 1200 energy 1330"),
        ("2025-07-04", "Independence", "index 1200 fx 1200 energy 1200 crypto 1200"),
        ("2026-06-19", "Juneteenth", "index 1200 rates 1200 fx 1200 energy 1200"),
        ("2027-06-18", "Juneteenth", "index 1200 metals 1200"),
        ("2023-11-23", "Thanksgiving Day", "index 1200 rates 1200 energy 1330 grains shut"),
        ("2023-11-24", "Day after Thanks", "index 1215 rates 1215 fx 1215 energy 1245"),
        ("2025-11-28", "Day after Thanks", "index 1215 energy 1345 metals 1345 crypto 1245"),
        ("2019-11-29", "Day after Thanks", "index 1215 crypto 1215 grains 1205"),
        ("2024-12-24", "Christmas Eve", "index 1215 fx 1215 metals 1245 livestock 1205"),
        ("2023-12-25", "Christmas Day", "index shut grains shut crypto shut"),
        ("2016-12-26", "Christmas Day", "index shut rates shut"),
        ("2023-01-02", "New Year", "index shut energy shut"),
        ("2024-01-01", "New Year", "index shut fx shut"),
        ("2019-07-03", "Day before Indep", "index 1215 crypto 1215 grains 1205"),
        ("2023-07-03", "Day before Indep", "index 1215"),
        ("2014-08-29", "Friday before Labor", "rates 1515"),
        ("2018-12-05", "National day", "index 0830 rates shut"),
        ("2025-01-09", "National day", "index 0830 rates 1215 grains 1215 livestock 1215"),
        ("2021-11-26", "Day after Thanks", "index 1215 fx 1215 crypto 1245"),
        ("2021-04-02", "Good Friday", "index 0815 crypto 0815 fx 1015"),
    ],
)
def test_closes(day: str, name: str, closes: str) -> None:
    """The day has this name and these closes in the groups listed."""
    rule = rule_of(day)
    assert rule.name.startswith(name)
    words = closes.split()
    for group, clock in zip(words[::2], words[1::2], strict=True):
        assert rule.closes[group] == minutes(clock), group


@pytest.mark.parametrize(
    "day",
    [
        "2013-06-19",
        "2021-12-31",
        "2022-01-03",
        "2015-07-02",
        "2020-07-02",
        "2021-07-02",
        "2021-12-23",
        "2023-12-22",
        "2016-12-23",
        "2015-09-04",
        "2024-01-09",
        "2020-11-11",
    ],
)
def test_days_that_are_as_always(day: str) -> None:
    """No rule before Juneteenth was kept, for a Saturday New Year's Day, or on a bank holiday."""
    assert day_rule(date.fromisoformat(day)) is None


def test_currencies_trade_through_since_2022() -> None:
    """A Monday holiday leaves currencies and crypto products untouched, unlike a year before."""
    assert rule_of("2021-09-06").touches("fx")
    assert not rule_of("2022-09-05").touches("fx")
    assert not rule_of("2022-09-05").touches("crypto")


def test_crypto_trades_through_the_third_of_july_since_2022() -> None:
    """Only until then did it end with the cash market."""
    assert rule_of("2019-07-03").touches("crypto")
    assert not rule_of("2024-07-03").touches("crypto")


def test_a_day_of_mourning_leaves_the_rest_alone() -> None:
    """Currencies, energy and metals keep their regular hours too."""
    for day in ("2018-12-05", "2025-01-09"):
        rule = rule_of(day)
        assert rule.regular
        assert not any(rule.touches(group) for group in ("fx", "energy", "metals", "crypto"))


def test_cutting_spans() -> None:
    """An early close cuts the span it falls in and drops later ones; a closure drops all."""
    rule = DayRule("Example", {"index": 720, "grains": None}, evening=("grains",))
    spans = ((-420, 915), (930, 960))
    assert rule.cut("index", spans) == ((-420, 720),)
    assert rule.cut("grains", spans) == ()
    assert rule.cut("fx", spans) == spans
    assert rule.cut_evening("index", spans) == spans
    assert rule.cut_evening("grains", ((-300, 465), (510, 800))) == ((510, 800),)
    assert rule.cut_evening("grains", ((-420, 840),)) == ((510, 840),)


def test_every_known_year_has_its_holidays() -> None:
    """Nine holidays a year, ten from 2022 on, one less when New Year's Day is a Saturday."""
    for year in KNOWN_YEARS:
        days = [date(year, 1, 1) + timedelta(n) for n in range(366)]
        rules = {day: day_rule(day) for day in days if day.year == year}
        touched = {day: rule for day, rule in rules.items() if rule is not None}
        assert all(day.weekday() < 5 for day in touched)
        assert all(set(rule.closes) <= set(GROUPS) for rule in touched.values())
        irregular = [r for r in touched.values() if not r.regular and "mourning" not in r.name]
        lost = date(year, 1, 1).weekday() == 5
        assert len(irregular) == 9 + (year >= 2022) - lost, year
