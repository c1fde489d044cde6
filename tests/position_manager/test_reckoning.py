"""Figures of closed trades."""

from __future__ import annotations

import math
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from project_x_py.position_manager._keeper import ClosedTrade
from project_x_py.position_manager._reckoning import reckoned

MINUTE = 60 * 1_000_000_000


def trade(profit: object, costs: object = 0, minutes: int = 1) -> ClosedTrade:
    return ClosedTrade(
        "CON.F.US.MNQ.U26", 0, minutes * MINUTE, 1, True, Decimal(str(profit)), Decimal(str(costs))
    )


def test_nothing_closed_is_nothing_known() -> None:
    """Counts are zero and every other figure is None."""
    figures = reckoned([])
    assert (figures.trades, figures.wins, figures.losses, figures.total) == (0, 0, 0, 0)
    assert set(figures[4:]) == {None}


def test_wins_and_losses_are_counted_after_costs() -> None:
    """A profit that its costs eat is a loss; the figures follow their formulas."""
    figures = reckoned([trade(100, 10), trade(5, 10, 3), trade(-50, 5, 5)])
    assert (figures.trades, figures.wins, figures.losses, figures.total) == (3, 1, 2, 30)
    assert (figures.win_rate, figures.profit_factor) == (1 / 3, 1.5)
    assert (figures.avg_win, figures.avg_loss) == (90, -30)
    assert (figures.largest_win, figures.largest_loss, figures.max_drawdown) == (90, -55, 60)
    assert (figures.avg_minutes, figures.longest_minutes) == (3, 5)
    mean, values = 10, (90, -5, -55)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / 2)
    assert figures.sharpe == mean / spread * math.sqrt(252)
    downside = math.sqrt((25 + 3025) / 3)
    assert figures.sortino == mean / downside * math.sqrt(252)


def test_without_losses_there_is_no_factor() -> None:
    """A ratio over nothing is not known, and equal trades have no spread."""
    figures = reckoned([trade(10), trade(10)])
    assert (figures.profit_factor, figures.sharpe, figures.sortino) == (None, None, None)
    assert figures.max_drawdown == 0


@given(st.lists(st.decimals(-1000, 1000, places=2)))
def test_counts_and_sums_add_up(made: list[Decimal]) -> None:
    """Wins, losses and zeros are all trades; the total is the sum; a drawdown is no gain."""
    figures = reckoned([trade(money) for money in made])
    zeros = sum(money == 0 for money in made)
    assert figures.trades == figures.wins + figures.losses + zeros
    assert figures.total == sum(made)
    assert figures.max_drawdown is None or figures.max_drawdown >= 0
