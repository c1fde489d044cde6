"""What working orders may still do to a position, changes that are under way counted as made.

A change that was sent reserves what it adds until its answer is there; one whose answer was lost,
until a complete read that began long enough after it. So two changes, or a change and an entry,
that a limit allows only one of never both pass.

Invariant (``tests/order_manager/test_commitments.py``): an order counts at its largest, and at its
price that risks most, of what it is and of what was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import SETTLE_NS, Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.orders.intents import CompleteRead
    from project_x_py._core.orders.ledger import OrderLedger
    from project_x_py._core.orders.state import OrderState
    from project_x_py._core.submission import OrderEdit

__all__ = ["Commitments"]


class _Taking:
    """A request to the gateway to close of a position, by no order of ours."""

    def __init__(self, contract_id: str) -> None:
        self.contract_id = contract_id
        self.until_ns: int | None = None


class Commitments:
    """The working orders of one account with the changes that are under way.

    Args:
        ledger: The orders.
    """

    def __init__(self, ledger: OrderLedger) -> None:
        self._ledger = ledger
        self._edits: dict[int, list[tuple[OrderEdit, int | None]]] = {}
        """Changes by order, each with the time when its answer was lost."""
        self._takings: list[_Taking] = []

    def begin(self, edit: OrderEdit) -> None:
        """Count a change as made; to be called before it is sent."""
        self._edits.setdefault(edit.order_id, []).append((edit, None))

    def end(self, edit: OrderEdit) -> None:
        """Count a change no more: the order itself shows it, or it was refused."""
        self._keep(edit.order_id, lambda one, _lost_ns: one is not edit)

    def lost(self, edit: OrderEdit, now_ns: int) -> None:
        """Count a change until a read shows what became of it; ``now_ns`` is monotonic."""
        self.end(edit)
        self._edits.setdefault(edit.order_id, []).append((edit, now_ns))

    def take(self, contract_id: str) -> object:
        """Note that the gateway is asked to close of a position, until :meth:`took` ends it."""
        taking = _Taking(contract_id)
        self._takings.append(taking)
        return taking

    def took(self, taking: object, until_ns: int | None) -> None:
        """Note the end of such a request: what it did is known from a read that begins later.

        ``until_ns`` is monotonic; None when nothing was closed.
        """
        for one in self._takings:
            if one is taking:
                one.until_ns = until_ns
        if until_ns is None:
            self._takings = [one for one in self._takings if one is not taking]

    def is_taking(self, contract_id: str) -> bool:
        """Whether the gateway was asked to close of a position, and no read shows the outcome."""
        return any(one.contract_id == contract_id for one in self._takings)

    def on_read(self, read: CompleteRead) -> None:
        """Let go of lost changes that would have arrived before a complete read began."""
        self._takings = [
            one for one in self._takings if one.until_ns is None or one.until_ns > read.began_ns
        ]
        for order_id in list(self._edits):
            self._keep(
                order_id,
                lambda _one, lost_ns: lost_ns is None or lost_ns + SETTLE_NS >= read.began_ns,
            )

    def remaining(self, state: OrderState) -> int:
        """Return the contracts that an order may still fill, at the most."""
        sizes = [edit.size - state.filled for edit in self._of(state) if edit.size is not None]
        return max([state.remaining, *sizes])

    def price(self, state: OrderState, stop: int | None) -> int | None:
        """Return where an order is expected to fill: of its prices the furthest from its stop."""
        order = state.snapshot()
        prices = [order.stop if order.limit is None else order.limit]
        prices += [edit.stop if order.limit is None else edit.limit for edit in self._of(state)]
        known = [price for price in prices if price is not None]
        if stop is None or not known:
            return prices[0]
        return max(known, key=lambda price: abs(price - stop))

    def committed(self, contract_id: str) -> tuple[int, int]:
        """Return the contracts that may still be bought and sold, the unknown ones included."""
        sides = list(self._ledger.committed(contract_id))
        for state in self._ledger.working(contract_id):
            sides[state.snapshot().side] += self.remaining(state) - state.remaining
        return sides[0], sides[1]

    def leaving(self, contract_id: str) -> int:
        """Return the contracts that orders which close a position, of no entry's own, still take.

        An order whose outcome is unknown counts whole.
        """
        total = 0
        for submission in self._ledger.submissions():
            intent = submission.intent
            if intent.purpose is not Purpose.EXIT or intent.protects is not None:
                continue
            if intent.request.contract_id == contract_id:
                state = self._ledger.by_tag(intent.tag)
                if state is not None:
                    total += self.remaining(state)
                elif submission.is_outstanding:
                    total += intent.request.size
        return total

    def _of(self, state: OrderState) -> list[OrderEdit]:
        if state.is_terminal:
            return []
        return [edit for edit, _ in self._edits.get(state.id, ())]

    def _keep(self, order_id: int, wanted: Callable[[OrderEdit, int | None], bool]) -> None:
        left = [one for one in self._edits.get(order_id, ()) if wanted(*one)]
        if left:
            self._edits[order_id] = left
        else:
            self._edits.pop(order_id, None)
