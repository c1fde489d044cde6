"""Money of the trading day, which begins at 17:00 in Chicago, from fills, costs paid.

Invariant (``tests/position_manager/test_day.py``): the figure starts at zero with each day and
moves by exactly what fills realise and cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.calendar import calendar_for

if TYPE_CHECKING:
    from decimal import Decimal

    from project_x_py._ports import Clock
    from project_x_py.position_manager._keeper import PositionKeeper

__all__ = ["DayMoney"]

CALENDAR = "ES"
"""Whose trading day the account's is."""


class DayMoney:
    """Realised dollars of the present trading day.

    Args:
        clock: Tells the day.
        keeper: Realises.
    """

    def __init__(self, clock: Clock, keeper: PositionKeeper) -> None:
        self._clock = clock
        self._keeper = keeper
        self._calendar = calendar_for(CALENDAR)
        self.begin_ns = self._calendar.day_start_ns(clock.now_ns())
        self.trades_before = 0
        """Closing fills of the day from before anything was heard."""
        self._base: Decimal | None = None
        keeper.add_prelude(self.roll)

    def begin_with(self, money: Decimal, closings: int) -> None:
        """Count what the day's earlier fills made."""
        self._base = money - self._made()
        self.trades_before = closings

    def roll(self) -> None:
        """Begin a new day when one has begun: with the first look or fill of it."""
        begin_ns = self._calendar.day_start_ns(self._clock.now_ns())
        if begin_ns == self.begin_ns:
            return
        self.begin_ns = begin_ns
        self.trades_before = 0
        if self._base is not None:
            self._base = -self._made()

    def realised(self) -> Decimal | None:
        """Return the day's realised dollars, costs paid; None before its fills were read."""
        self.roll()
        return None if self._base is None else self._base + self._made()

    def trades(self) -> int:
        """Return how many positions were closed on this day, as far as is known."""
        self.roll()
        closed = sum(trade.closed_ns >= self.begin_ns for trade in self._keeper.closed)
        return self.trades_before + closed

    def _made(self) -> Decimal:
        return self._keeper.realised() - self._keeper.costs()
