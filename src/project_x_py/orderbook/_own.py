"""Where one's own orders rest in the book, and how much is before them.

The gateway tells no queue. ``ahead`` is an upper bound from what it does tell: what was displayed
when the order came to rest, less what has printed at its price since, and never more than the
least that was displayed since. A print and the depth message of the same print may come in either
order without being counted twice. Cancellations are taken to be behind until the level shows
otherwise. A level that is not displayed says nothing: the order itself rests there, so the feed's
window has moved, or a picture has only begun. Nor does a book that is not trusted.

Invariants (``tests/orderbook/test_own_orders.py``): ``ahead`` never grows while an order rests
unchanged; a level that is not shown bounds nothing; an order that is done is gone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from project_x_py._core.book import ASK, BID
from project_x_py.orderbook._state import OwnOrder
from project_x_py.types import OrderSide, OrderStatus, OrderType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._core.records import (
        AccountUpdate,
        OrderUpdate,
        PositionUpdate,
        TradeUpdate,
    )
    from project_x_py.orderbook._state import BookState

__all__ = ["OwnOrders"]

RESTING = frozenset({OrderType.LIMIT, OrderType.JOIN_BID, OrderType.JOIN_ASK})


class OwnOrders:
    """Keeps ``state.own_orders``; a sink for account records of the same account.

    Args:
        state: The book.
    """

    __slots__ = ("_queues", "_state")

    def __init__(self, state: BookState) -> None:
        self._state = state
        self._queues: dict[int, _Queue] = {}

    def on_order(self, update: OrderUpdate) -> None:
        """Take an order of any contract; others than this book's are left out."""
        state = self._state
        if update.contract_id != state.contract_id:
            return
        left = update.size - update.filled
        working = update.status in (OrderStatus.OPEN, OrderStatus.PENDING_CANCELLATION)
        if not working or left <= 0 or update.limit is None or update.type not in RESTING:
            state.own_orders.pop(update.id, None)
            self._queues.pop(update.id, None)
            return
        side = BID if update.side == OrderSide.BUY else ASK
        known = state.own_orders.get(update.id)
        if known is None or (known.side, known.price) != (side, update.limit) or left > known.size:
            queue = self._queues[update.id] = _Queue()
            if state.trusted and self._is_shown(side, update.limit):
                queue.show(state.ladder.size_at(side, update.limit))
            known = OwnOrder(update.id, side, update.limit, left, queue.ahead)
        state.own_orders[update.id] = replace(known, size=left)

    def on_position(self, update: PositionUpdate) -> None:
        """Positions say nothing of the book."""

    def on_fill(self, update: TradeUpdate) -> None:
        """Fills come with the order's own update, which says what is left."""

    def on_account(self, update: AccountUpdate) -> None:
        """Accounts say nothing of the book."""

    def set_all(self, updates: Iterable[OrderUpdate]) -> None:
        """Replace all orders by what a query has returned; what is known of queues is kept."""
        told = list(updates)
        working = {update.id for update in told}
        for order_id in self._state.own_orders.keys() - working:
            del self._state.own_orders[order_id]
            del self._queues[order_id]
        for update in told:
            self.on_order(update)

    def on_print(self, side: int, price: int, size: int) -> None:
        """Take a print from the front of a level's queue."""
        for order in list(self._state.own_orders.values()):
            if order.side == side and order.price == price:
                queue = self._queues[order.order_id]
                queue.take(size)
                self._note(order, queue)

    def on_book(self) -> None:
        """Bound the queues by what is displayed; learn them where they were not known."""
        if not self._state.trusted:
            return
        for order in list(self._state.own_orders.values()):
            size = self._state.ladder.size_at(order.side, order.price)
            if size:
                queue = self._queues[order.order_id]
                queue.show(size)
                self._note(order, queue)

    def _is_shown(self, side: int, price: int) -> bool:
        """Whether the feed shows what rests at a price: not beyond the deepest level it shows."""
        deepest = self._state.ladder.worst(side)
        return deepest is not None and (price <= deepest if side else price >= deepest)

    def _note(self, order: OwnOrder, queue: _Queue) -> None:
        if queue.ahead != order.ahead:
            self._state.own_orders[order.order_id] = replace(order, ahead=queue.ahead)


class _Queue:
    """What may be before one order: what was there less what printed, and the least displayed."""

    __slots__ = ("_front", "_least")

    def __init__(self) -> None:
        self._front: int | None = None
        self._least = 0

    @property
    def ahead(self) -> int | None:
        """Contracts; None until the level was seen."""
        return None if self._front is None else min(self._front, self._least)

    def show(self, size: int) -> None:
        """Take note of what the level displays."""
        if self._front is None:
            self._front = self._least = size
        elif size < self._least:
            self._least = size

    def take(self, size: int) -> None:
        """Take note of a print at the level."""
        if self._front is not None:
            self._front = max(0, self._front - size)
