"""Weekly hours as data."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from project_x_py._core._hours import regular_minutes, session_minutes
from project_x_py._core.calendar import GROUPS
from project_x_py._core.products import PRODUCTS


@pytest.mark.parametrize("group", GROUPS)
def test_spans_ascend_within_the_trading_day(group: str) -> None:
    """On each weekday the spans lie between 17:00 and 17:00, in order and apart."""
    for year in range(2012, 2028):
        for day in (date(year, 3, 1) + timedelta(n) for n in range(7)):
            spans = session_minutes(group, day)
            assert bool(spans) == (day.weekday() < 5)
            assert all(-420 <= opens < closes <= 1020 for opens, closes in spans)
            assert all(first[1] < second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize(
    ("group", "day", "spans"),
    [
        ("index", date(2013, 10, 7), ((-420, 915), (930, 975))),
        ("index", date(2021, 6, 25), ((-420, 915), (930, 960))),
        ("index", date(2021, 6, 28), ((-420, 960),)),
        ("metals", date(2013, 10, 7), ((-420, 975),)),
        ("energy", date(2015, 9, 21), ((-420, 960),)),
        ("grains", date(2013, 4, 5), ((-420, 840),)),
        ("grains", date(2013, 4, 8), ((-300, 465), (510, 795))),
        ("grains", date(2026, 8, 19), ((-300, 465), (510, 800))),
        ("livestock", date(2026, 8, 19), ((510, 785),)),
    ],
)
def test_hours_change_on_their_day(
    group: str, day: date, spans: tuple[tuple[int, int], ...]
) -> None:
    """An entry holds from its own day on."""
    assert session_minutes(group, day) == spans


def test_regular_hours() -> None:
    """Each product has regular hours, its own or its group's, inside a session of today."""
    for product in PRODUCTS:
        opens, closes = regular_minutes(product.ticker, product.group)
        today = session_minutes(product.group, date(2026, 8, 19))
        assert any(first <= opens < closes <= last for first, last in today), product.ticker
    assert regular_minutes("HG", "metals") == (440, 720)
    assert regular_minutes("GC", "metals") == regular_minutes(None, "metals") == (440, 750)
