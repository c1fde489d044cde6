"""Pairs of orders of which one may fill.

Invariant (``tests/order_manager/test_oco.py``): what one of a pair fills, the other gives up, once;
when one has filled completely the other is cancelled, and a pair ends with its second order.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from project_x_py._core.orders.ledger import Change
from project_x_py._core.submission import Accepted, Lane, OrderEdit

if TYPE_CHECKING:
    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._ports import TaskOwner
    from project_x_py.order_manager._desk import OrderDesk

__all__ = ["OcoPairs"]

logger = logging.getLogger(__name__)

_ENDS = frozenset({Change.FILLED, Change.CANCELLED, Change.REJECTED, Change.EXPIRED})


class OcoPairs:
    """Keeps pairs of one account.

    Args:
        desk: Cancels and resizes.
        tasks: Carries that work.
    """

    def __init__(self, desk: OrderDesk, tasks: TaskOwner) -> None:
        self._desk = desk
        self._tasks = tasks
        self._other: dict[int, int] = {}

    def pair(self, one: int, other: int) -> None:
        """Make a pair of two orders, ending any pair either was in."""
        for order_id in (one, other):
            self.part(order_id)
        self._other[one], self._other[other] = other, one

    def part(self, order_id: int) -> None:
        """End the pair of an order."""
        other = self._other.pop(order_id, None)
        if other is not None:
            self._other.pop(other, None)

    def other(self, order_id: int) -> int | None:
        """Return the other order of the pair."""
        return self._other.get(order_id)

    def on_change(self, change: OrderChange) -> None:
        """Act on a fill of one of a pair."""
        other = self._other.get(change.order.id)
        if other is None:
            return
        if change.kind is Change.FILLED:
            self.part(change.order.id)
            self._tasks.spawn(self._cancel(other), name=f"oco-{other}")
        elif change.kind is Change.PARTIAL_FILL:
            self._tasks.spawn(self._give_up(other, change.filled), name=f"oco-{other}")
        elif change.kind in _ENDS:
            self.part(change.order.id)

    async def _cancel(self, order_id: int) -> None:
        outcome = await self._desk.cancel(order_id)
        if not isinstance(outcome, Accepted):
            logger.warning("order %d of a pair was not cancelled: %s", order_id, outcome)
            self._desk.doubt()

    async def _give_up(self, order_id: int, size: int) -> None:
        state = self._desk.ledger.order(order_id)
        if state is None or state.is_terminal:
            return
        left = state.size - size
        if left <= state.filled:
            await self._cancel(order_id)
            return
        edit = OrderEdit(
            account_id=self._desk.ledger.account_id,
            order_id=order_id,
            contract_id=state.snapshot().contract_id,
            size=left,
        )
        await self._desk.modify(edit, lane=Lane.PROTECTIVE)
