"""The platform's day around the market's."""

from __future__ import annotations

from datetime import date

import pytest

from project_x_py._core.calendar import calendar_for
from project_x_py._core.exchange.sessions import BoundaryKind, TradingDay
from project_x_py._core.time import format_iso, parse_ns

FLATTEN = 15 * 60 + 10


def told(day: TradingDay, on: date) -> list[tuple[str, str]]:
    """Kinds and instants of a day's boundaries."""
    return [(b.kind.value, format_iso(b.ns)) for b in day.boundaries(on.toordinal())]


def test_a_day_has_a_flatten_and_a_close() -> None:
    """15:10 and 16:00 in Chicago, in summer and in winter."""
    day = TradingDay(calendar_for("MNQ"), FLATTEN)
    assert told(day, date(2026, 9, 1)) == [
        ("flatten", "2026-09-01T20:10:00+00:00"),
        ("close", "2026-09-01T21:00:00+00:00"),
    ]
    assert told(day, date(2026, 12, 1))[0] == ("flatten", "2026-12-01T21:10:00+00:00")


def test_a_market_that_closes_earlier_flattens_at_its_close() -> None:
    """Corn closes at 13:20; the flatten comes just before, while the book is still there."""
    day = TradingDay(calendar_for("ZC"), FLATTEN)
    assert told(day, date(2026, 9, 1)) == [
        ("flatten", "2026-09-01T18:19:59.999999+00:00"),
        ("close", "2026-09-01T18:20:00+00:00"),
    ]


def test_without_a_flatten_only_the_close_is_left() -> None:
    """The platform's rule can be switched off; the market's hours remain."""
    day = TradingDay(calendar_for("MNQ"), None)
    assert [kind for kind, _ in told(day, date(2026, 9, 1))] == ["close"]
    assert day.is_tradable(parse_ns("2026-09-01T20:30:00Z"))
    assert not day.is_tradable(parse_ns("2026-09-01T21:30:00Z"))


@pytest.mark.parametrize(
    ("text", "tradable"),
    [
        ("2026-09-01T20:09:59.999Z", True),
        ("2026-09-01T20:10:00Z", False),
        ("2026-09-01T20:59:00Z", False),
        ("2026-09-01T21:30:00Z", False),
        ("2026-09-01T22:00:00Z", True),
        ("2026-09-05T17:00:00Z", False),
        ("2026-09-06T22:00:00Z", True),
        ("2026-12-25T16:00:00Z", False),
    ],
)
def test_orders_are_taken_in_the_platforms_hours(text: str, tradable: bool) -> None:
    """Until the flatten, from the next day's opening; not on a weekend or a holiday."""
    assert TradingDay(calendar_for("MNQ"), FLATTEN).is_tradable(parse_ns(text)) is tradable


def test_the_next_boundary_skips_days_without_sessions() -> None:
    """After Friday's close comes Monday's flatten; a boundary is not its own next one."""
    day = TradingDay(calendar_for("MNQ"), FLATTEN)
    first = day.next_boundary(parse_ns("2026-09-11T20:30:00Z"))
    assert (first.kind, format_iso(first.ns)) == (
        BoundaryKind.CLOSE,
        "2026-09-11T21:00:00+00:00",
    )
    second = day.next_boundary(first.ns)
    assert (second.kind, format_iso(second.ns)) == (
        BoundaryKind.FLATTEN,
        "2026-09-14T20:10:00+00:00",
    )
