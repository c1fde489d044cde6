"""Stops that wait for the market, and stops that follow it.

A buy stop is hit when the reference price is at or above it, a sell stop at or below; the nearest
is hit first, those at one price in the order in which they came to wait. A trailing stop keeps a
fixed distance to the best price seen since, and never moves back.

Invariant (``tests/core/exchange/test_triggers.py``, against a scan of all stops): what ``hit``
returns is exactly what the price has reached, in that order.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.exchange.book import SELL
from project_x_py._core.exchange.codes import OrderType

if TYPE_CHECKING:
    from project_x_py._core.exchange.orders import Order

__all__ = ["StopWatch", "trailing_stop"]


class _Waiting(NamedTuple):
    """A stop in its side's queue; the smallest key is hit first."""

    key: int
    number: int
    order: Order


class StopWatch:
    """The untriggered stops of one contract."""

    __slots__ = ("_count", "_sides", "_trailing", "_waiting")

    def __init__(self) -> None:
        self._sides: tuple[list[_Waiting], list[_Waiting]] = ([], [])
        self._waiting: dict[int, _Waiting] = {}
        self._trailing: dict[int, Order] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, order: Order) -> None:
        """Let an order wait at its stop price."""
        if order.stop is None:
            raise ValueError(f"{order!r} has no stop price to wait for")
        key = -order.stop if order.side == SELL else order.stop
        waiting = _Waiting(key, self._count, order)
        self._count += 1
        insort(self._sides[order.side], waiting)
        self._waiting[order.id] = waiting
        if order.type == OrderType.TRAILING_STOP:
            self._trailing[order.id] = order

    def remove(self, order: Order) -> None:
        """Let an order wait no longer, if it does."""
        waiting = self._waiting.pop(order.id, None)
        if waiting is not None:
            self._sides[order.side].remove(waiting)
            self._trailing.pop(order.id, None)

    def hit(self, side: int, price: int) -> Order | None:
        """Take the first stop of a side that a price has reached, None without one."""
        queue = self._sides[side]
        reach = -price if side == SELL else price
        if not queue or queue[0].key > reach:
            return None
        order = queue[0].order
        self.remove(order)
        return order

    def follow(self, side: int, price: int) -> list[Order]:
        """Move the trailing stops of a side after a price; return those that moved."""
        moved: list[Order] = []
        if not self._trailing:
            return moved
        for order in list(self._trailing.values()):
            if order.side != side or order.stop is None or order.trail is None:
                continue
            stop = trailing_stop(side, price, abs(order.trail))
            if stop > order.stop if side == SELL else stop < order.stop:
                self.remove(order)
                order.stop = stop
                self.add(order)
                moved.append(order)
        return moved


def trailing_stop(side: int, price: int, distance: int) -> int:
    """Return the level of a trailing stop of a side at a distance from a price."""
    return price - distance if side == SELL else price + distance
