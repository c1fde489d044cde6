"""Figures of closed trades, each with its formula; what cannot be known is None.

Money is dollars with costs paid. Formulas: profit factor is the sum of wins over the sum of
losses; drawdown the largest fall of the running sum from its peak; Sharpe the mean of the trades'
money over its standard deviation, times the root of 252, Sortino the same over the losses'
deviation from zero.

Invariants (``tests/position_manager/test_reckoning.py``): no trades give no figures but counts;
wins, losses and the trades at zero add up.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.time import NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py.position_manager._keeper import ClosedTrade

__all__ = ["Reckoning", "reckoned"]

TRADING_DAYS = 252


class Reckoning(NamedTuple):
    """What trades come to."""

    trades: int
    wins: int
    losses: int
    total: Decimal
    win_rate: float | None
    profit_factor: float | None
    avg_win: float | None
    avg_loss: float | None
    largest_win: float | None
    largest_loss: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float | None
    avg_minutes: float | None
    longest_minutes: float | None


def reckoned(trades: Sequence[ClosedTrade]) -> Reckoning:
    """Return the figures of trades in the order in which they closed."""
    made = [trade.net for trade in trades]
    wins = [money for money in made if money > 0]
    losses = [money for money in made if money < 0]
    minutes = [(trade.closed_ns - trade.opened_ns) / NS / 60 for trade in trades]
    lost = -sum(losses, Decimal(0))
    won = sum(wins, Decimal(0))
    return Reckoning(
        trades=len(made),
        wins=len(wins),
        losses=len(losses),
        total=won - lost,
        win_rate=len(wins) / len(made) if made else None,
        profit_factor=float(won / lost) if lost else None,
        avg_win=_cents(won / len(wins)) if wins else None,
        avg_loss=_cents(-lost / len(losses)) if losses else None,
        largest_win=_cents(max(wins)) if wins else None,
        largest_loss=_cents(min(losses)) if losses else None,
        sharpe=_ratio(made, _deviation(made)),
        sortino=_ratio(made, _downside(made)),
        max_drawdown=_drawdown(made) if made else None,
        avg_minutes=sum(minutes) / len(minutes) if minutes else None,
        longest_minutes=max(minutes, default=None),
    )


def _deviation(made: Sequence[Decimal]) -> float | None:
    if len(made) < 2:
        return None
    mean = sum(made, Decimal(0)) / len(made)
    return math.sqrt(sum(float(money - mean) ** 2 for money in made) / (len(made) - 1))


def _downside(made: Sequence[Decimal]) -> float | None:
    if len(made) < 2:
        return None
    return math.sqrt(sum(min(0.0, float(money)) ** 2 for money in made) / len(made))


def _ratio(made: Sequence[Decimal], spread: float | None) -> float | None:
    if not spread:
        return None
    return float(sum(made, Decimal(0)) / len(made)) / spread * math.sqrt(TRADING_DAYS)


def _drawdown(made: Sequence[Decimal]) -> float:
    peak = level = worst = Decimal(0)
    for money in made:
        level += money
        peak = max(peak, level)
        worst = max(worst, peak - level)
    return _cents(worst)


def _cents(value: Decimal) -> float:
    return float(round(value, 2))
