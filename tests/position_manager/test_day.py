"""The money of a trading day: from zero at 17:00 in Chicago, by fills and their costs."""

from __future__ import annotations

from decimal import Decimal

from tests.position_manager.ports import GRID, FixedClock, fill, silent, statement

from project_x_py.position_manager._day import DayMoney
from project_x_py.position_manager._keeper import PositionKeeper


def day() -> tuple[FixedClock, PositionKeeper, DayMoney]:
    """A day at ten in the morning, of an account that holds nothing."""
    clock = FixedClock()
    keeper = PositionKeeper(1, lambda _contract_id: GRID, silent)
    keeper.hear_positions((), 1)
    return clock, keeper, DayMoney(clock, keeper)


def test_it_is_not_known_before_the_fills_of_the_day_were_read() -> None:
    """None, not zero; then what they came to, and from there on every fill."""
    _, keeper, money = day()
    assert money.realised() is None
    money.begin_with(Decimal(-30), 2)
    assert (money.realised(), money.trades()) == (-30, 2)
    keeper.hear_fill(fill(1, 2, 80_000))
    assert money.realised() == -31
    keeper.hear_fill(fill(2, -2, 80_010))
    assert money.realised() == -32 + 10
    keeper.hear_fill(fill(2, -2, 80_010))
    assert money.realised() == -22


def test_a_day_begins_at_five_in_the_afternoon() -> None:
    """One second before it is the old day, then nothing is made yet, whatever was before."""
    clock, keeper, money = day()
    money.begin_with(Decimal(100), 3)
    keeper.hear_fill(fill(1, 1, 80_000))
    clock.put("2026-09-01T21:59:59Z")
    assert (money.realised(), money.trades()) == (99, 3)
    clock.put("2026-09-01T22:00:00Z")
    assert (money.realised(), money.trades()) == (0, 0)
    keeper.hear_fill(fill(2, -1, 80_004))
    assert money.realised() == 2 - 1


def test_a_fill_of_the_next_day_counts_for_it_though_nobody_had_looked() -> None:
    """The day rolls with its first fill, not with the first look."""
    clock, keeper, money = day()
    money.begin_with(Decimal(500), 1)
    clock.put("2026-09-02T13:00:00Z")
    keeper.hear_fill(fill(1, 1, 80_000))
    keeper.hear_fill(fill(2, -1, 79_980))
    assert money.realised() == -10 - 2


def test_positions_count_for_the_day_on_which_they_are_closed() -> None:
    """By the gateway's statements; those of earlier days count no more."""
    clock, keeper, money = day()
    money.begin_with(Decimal(0), 0)
    keeper.hear_position(statement(1, clock.ns))
    keeper.hear_fill(fill(1, 1, 80_000))
    keeper.hear_position(statement(0, clock.ns + 1))
    keeper.hear_fill(fill(2, -1, 80_000))
    assert money.trades() == 1
    clock.put("2026-09-03T13:00:00Z")
    assert money.trades() == 0
