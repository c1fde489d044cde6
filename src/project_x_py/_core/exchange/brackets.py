"""The legs of a bracket: how they are made, priced and sized.

A leg is an ordinary order that belongs to an entry. It is created with it, suspended and without
a price; when the entry fills it gets its price and works. Its size is what the entry has filled
and no leg has closed.

Invariants (``tests/core/exchange/test_brackets.py``): ids are entry, stop, target, counting up; the
legs of an entry never fill more than the entry has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.exchange.book import BUY
from project_x_py._core.exchange.codes import OrderStatus, OrderType

if TYPE_CHECKING:
    from project_x_py._core.exchange.commands import Bracket, PlaceOrder
    from project_x_py._core.exchange.orders import Order, OrderStore

__all__ = ["anchor", "make_legs", "nearest", "price_leg"]

_STOP, _TARGET = "-SL", "-TP"


def make_legs(store: OrderStore, entry: Order, request: PlaceOrder) -> None:
    """Create the legs that a request asks for, suspended, the stop first."""
    if request.stop_loss is not None:
        entry.stop_leg = _leg(store, entry, request.stop_loss, _STOP)
    if request.take_profit is not None:
        entry.target_leg = _leg(store, entry, request.take_profit, _TARGET)
    stop, target = entry.stop_leg, entry.target_leg
    if stop is not None and target is not None:
        stop.sibling, target.sibling = target, stop
        target.linked_id = stop.id


def _leg(store: OrderStore, entry: Order, bracket: Bracket, suffix: str) -> Order:
    tag = f"{entry.tag}{suffix}" if entry.tag else None
    leg = store.add(
        entry.account_id,
        entry.contract_id,
        type=OrderType(bracket.type),
        side=1 - entry.side,
        size=entry.size,
        ns=entry.created_ns,
        tag=tag,
        status=OrderStatus.SUSPENDED,
    )
    leg.parent = entry
    below = (suffix == _STOP) == (entry.side == BUY)
    # The sign is the leg's, whatever was sent: where signs are not judged they say nothing.
    leg.offset = leg.trail = -abs(bracket.ticks) if below else abs(bracket.ticks)
    if tag is not None:
        store.use_tag(entry.account_id, tag)
    return leg


def anchor(entry: Order, by: str) -> int:
    """Return the price in ticks that the legs' offsets count from.

    Args:
        entry: An order with at least one fill.
        by: ``average`` or ``first fill``.
    """
    if by == "first fill" and entry.first_price is not None:
        return entry.first_price
    return nearest(entry.fill_cost, entry.filled)


def nearest(numerator: int, denominator: int) -> int:
    """Return a ratio's nearest whole number; halfway goes away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def price_leg(leg: Order, base: int) -> None:
    """Give a leg the price that its offset says, unless it was given one."""
    if leg.offset is not None:
        price = base + leg.offset
        if leg.type == OrderType.LIMIT:
            leg.limit = price
        else:
            leg.stop = price
        leg.offset = None
