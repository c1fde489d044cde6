"""Net positions: size, exact cost, realised profit.

A position nets every fill of an account in a contract. Its cost is an exact ratio of ticks, so the
average price of the real gateway, which is not rounded to the tick either, is reproduced without
error. Closing realises at the average price. Profits are told in whole micro-dollars; what
rounding leaves is carried to the next one, so that from flat to flat they add up exactly.

Invariants (``tests/core/exchange/test_positions.py``, against a list of fills):

- ``net`` is the signed sum of all fills, ``cost / net`` the average entry of what is open;
- from flat to flat, realised profit is the signed sum of price times size times tick value.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

__all__ = ["FIRST_POSITION_ID", "Position", "Realised"]

FIRST_POSITION_ID = 800_000_001
_FINEST = 10**12
_SNAP = 10**9
"""Odd partial closes make the cost's denominator grow; beyond ``_FINEST`` it is cut to this."""


class Realised(NamedTuple):
    """What a fill closed: contracts, and profit in micro-dollars before costs."""

    size: int
    profit: int


class Position:
    """The net position of an account in a contract.

    Args:
        position_id: Its id.
        tick_value: Micro-dollars per tick and contract.
        ns: When it was opened.

    Attributes:
        net: Signed contracts.
        cost: Sum of entry price in ticks times size over the open contracts.
        average: Average entry price in ticks; of a flat position the one it had.
        carry: Profit not told yet, a part of a micro-dollar.
    """

    __slots__ = ("_tick_value", "average", "carry", "cost", "created_ns", "id", "net")

    def __init__(self, position_id: int, tick_value: int, ns: int) -> None:
        self.id = position_id
        self.created_ns = ns
        self.net = 0
        self.cost = Fraction(0)
        self.average = Fraction(0)
        self._tick_value = tick_value
        self.carry = Fraction(0)

    def fill(self, side: int, price: int, size: int) -> Realised:
        """Net a fill: ``side`` 0 buys, 1 sells, ``price`` in ticks."""
        sign = -1 if side else 1
        held = abs(self.net)
        closing = min(size, held) if self.net * sign < 0 else 0
        realised = self._close(price, closing, held) if closing else Realised(0, 0)
        opening = size - closing
        self.net += sign * size
        if opening:
            self.cost += price * opening
        if self.net:
            self.average = self.cost / abs(self.net)
        return realised

    def _close(self, price: int, closing: int, held: int) -> Realised:
        released = self.cost * closing / held
        self.cost -= released
        direction = 1 if self.net > 0 else -1
        exact = direction * (price * closing - released) * self._tick_value + self.carry
        if self.cost.denominator > _FINEST:
            snapped = Fraction(round(self.cost * _SNAP), _SNAP)
            exact -= direction * (self.cost - snapped) * self._tick_value
            self.cost = snapped
        profit = round(exact)
        self.carry = exact - profit
        return Realised(closing, profit)
