"""All orders of one account, and everything asked for that no order is known of yet.

Every source says its facts to the same ledger in the same way: the answer to a request, a hub
event, a row of a query. What comes out is one list of changes, each told once.

Invariants (``tests/core/orders/test_ledger.py``):

- facts in any order, repeated or not, give the same orders;
- a change is told once: placed, each growth of the fill, each edit, one end;
- an order that carries an intent's tag is that intent's order, whoever told of it first;
- an intent has at most one order.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.orders.intents import Submission
from project_x_py._core.orders.state import (
    CANCELLED,
    EXPIRED,
    FILLED,
    PENDING,
    REJECTED,
    TRAILING_STOP,
    OrderState,
)
from project_x_py._core.records import OrderUpdate
from project_x_py.exceptions import ProjectXOrderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from project_x_py._core.orders.intents import CompleteRead, Intent
    from project_x_py._core.records import TradeUpdate
    from project_x_py._core.submission import OrderEdit

__all__ = ["CAPACITY", "Change", "OrderChange", "OrderLedger"]

CAPACITY = 20_000
"""Ended orders that are kept; the oldest go first, and are not told of again."""

FORGOTTEN = 10 * CAPACITY
"""Numbers of orders let go that are remembered, so that a late fact does not revive one."""


class Change(Enum):
    """What has happened to an order; the value is the event's name."""

    PLACED = "order_placed"
    PARTIAL_FILL = "order_partial_fill"
    FILLED = "order_filled"
    CANCELLED = "order_cancelled"
    REJECTED = "order_rejected"
    EXPIRED = "order_expired"
    MODIFIED = "order_modified"


_ENDS = {
    FILLED: Change.FILLED,
    CANCELLED: Change.CANCELLED,
    EXPIRED: Change.EXPIRED,
    REJECTED: Change.REJECTED,
}


class OrderChange(msgspec.Struct, frozen=True):
    """One change: the order after it, and before it when it was known then."""

    kind: Change
    order: OrderUpdate
    before: OrderUpdate | None
    filled: int = 0
    """Contracts filled by this change."""
    reason: str | None = None
    """The gateway's text, when it refused the order."""


class OrderLedger:
    """The orders and submissions of one account.

    Args:
        account_id: Facts about other accounts are refused.
        capacity: How many ended orders are kept.
    """

    def __init__(self, account_id: int, capacity: int = CAPACITY) -> None:
        self.account_id = account_id
        self.stale_facts = 0
        self.conflicts: list[tuple[str, int, int]] = []
        """Tag, its order, and another order that came with the same tag."""
        self._capacity = capacity
        self._orders: dict[int, OrderState] = {}
        self._told_filled: dict[int, int] = {}
        self._ended: dict[int, None] = {}
        self._forgotten: dict[int, None] = {}
        self._submissions: dict[str, Submission] = {}
        self._protecting: dict[str, dict[str, Submission]] = {}
        self._children: dict[int, dict[int, OrderState]] = {}
        self._early_fills: dict[int, list[TradeUpdate]] = {}

    def plan(self, intent: Intent) -> Submission:
        """Begin a submission.

        Raises:
            ProjectXOrderError: The tag was used before, or the account is another.
        """
        account_id = intent.request.account_id
        if account_id != self.account_id:
            raise ProjectXOrderError(
                f"this ledger is of account {self.account_id}, not {account_id}"
            )
        if intent.tag in self._submissions:
            raise ProjectXOrderError(f"custom tag {intent.tag!r} was used before on this account")
        if len(self._submissions) >= 2 * self._capacity:
            self._forget_submissions()
        submission = self._submissions[intent.tag] = Submission(intent)
        if intent.protects is not None:
            self._protecting.setdefault(intent.protects, {})[intent.tag] = submission
        return submission

    def submissions(self) -> list[Submission]:
        """Return everything that was asked for and is not forgotten."""
        return list(self._submissions.values())

    def let_go(self, tag: str) -> None:
        """Forget a submission that has ended, and its order."""
        submission = self._submissions.get(tag)
        if submission is None or submission.is_outstanding:
            return
        state = None if submission.order_id is None else self._orders.get(submission.order_id)
        if state is None:
            self._drop(tag)
        elif state.is_terminal:
            self._forget(state.id)
            self._drop(tag)

    def keep(self, most: int) -> None:
        """Change how many ended orders are kept."""
        self._capacity = most
        self._shrink()

    def submission(self, tag: str) -> Submission | None:
        """Return the submission of a tag."""
        return self._submissions.get(tag)

    def outstanding(self, contract_id: str | None = None) -> list[Submission]:
        """Return what was asked for and may be, or become, an order that is not known yet."""
        return [
            submission
            for submission in self._submissions.values()
            if submission.is_outstanding
            and contract_id in (None, submission.intent.request.contract_id)
        ]

    def accepted(self, submission: Submission, order_id: int, now_ns: int) -> list[OrderChange]:
        """The gateway's answer: it has the order under this number."""
        return self.merge(_fact(submission.intent, order_id, PENDING, now_ns))

    def refused(
        self,
        submission: Submission,
        code: int,
        message: str | None,
        order_id: int | None,
        now_ns: int,
    ) -> list[OrderChange]:
        """The gateway's answer: no, and perhaps the number under which it keeps the refusal."""
        submission.refused(code, message, order_id)
        fact = _fact(submission.intent, order_id or 0, REJECTED, now_ns)
        if order_id is None:
            return [OrderChange(Change.REJECTED, fact, None, reason=message)]
        return self.merge(fact)

    def merge(self, fact: OrderUpdate, *, read: bool = False) -> list[OrderChange]:
        """Take a fact about an order into account, and return what has changed by it.

        Args:
            fact: About any order of the account.
            read: Whether it is a row that was asked for, stamped with the moment the read began.
        """
        if fact.account_id != self.account_id:
            return []
        state = self._orders.get(fact.id)
        if state is None:
            if fact.id in self._forgotten:
                self.stale_facts += 1
                return []
            return self._begin(fact)
        before = state.snapshot()
        state.hear(fact, read=read)
        return self._told(state, before)

    def edited(self, edit: OrderEdit, now_ns: int | None) -> list[OrderChange]:
        """What came of a change that the order was told of before it was sent.

        Args:
            edit: The change.
            now_ns: When the gateway accepted it; a newer change that is known stands. None when
                it refused, or when nobody knows: other facts will tell.
        """
        state = self._orders.get(edit.order_id)
        if state is None:
            return []
        before = state.snapshot()
        if now_ns is None:
            state.edit_lost(edit)
        else:
            state.edit_accepted(edit, now_ns)
        return self._told(state, before)

    def merge_fill(self, fill: TradeUpdate) -> list[OrderChange]:
        """Take a fill into account; one of an order that is not known yet waits for it."""
        if fill.account_id != self.account_id:
            return []
        state = self._orders.get(fill.order_id)
        if state is None:
            if fill.order_id in self._forgotten:
                self.stale_facts += 1
            else:
                self._early_fills.setdefault(fill.order_id, []).append(fill)
            return []
        before = state.snapshot()
        state.hear_fill(fill)
        return self._told(state, before)

    def note_read(self, read: CompleteRead) -> list[Submission]:
        """Return the submissions that a complete read has proved absent."""
        return [
            submission
            for submission in self._submissions.values()
            if submission.intent.tag not in read.tags and submission.absent_from(read)
        ]

    def unaccounted(self, read: CompleteRead) -> list[int]:
        """Return working orders known before a complete read that it does not show."""
        return [
            state.id
            for state in self.working()
            if state.id not in read.order_ids and state.snapshot().recv_ns < read.asof_ns
        ]

    def committed(self, contract_id: str) -> tuple[int, int]:
        """Return the contracts that may still be bought and sold, the unknown ones included."""
        sides = [0, 0]
        for state in self.working(contract_id):
            order = state.snapshot()
            sides[order.side] += state.remaining
        for submission in self.outstanding(contract_id):
            if submission.order_id not in self._orders:
                wanted = submission.intent.request
                sides[wanted.side] += wanted.size
        return sides[0], sides[1]

    def order(self, order_id: int) -> OrderState | None:
        """Return one order."""
        return self._orders.get(order_id)

    def by_tag(self, tag: str) -> OrderState | None:
        """Return the order of a submission."""
        submission = self._submissions.get(tag)
        number = submission.order_id if submission is not None else None
        return None if number is None else self._orders.get(number)

    def submissions_for(self, tag: str) -> list[Submission]:
        """Return what was submitted to protect, or to end, the entry of ``tag``."""
        return list(self._protecting.get(tag, {}).values())

    def children(self, order_id: int) -> list[OrderState]:
        """Return the orders that name ``order_id`` as their parent, working or not."""
        return list(self._children.get(order_id, {}).values())

    def working(self, contract_id: str | None = None) -> Iterator[OrderState]:
        """Every order that may still fill, oldest first."""
        for state in self._orders.values():
            if not state.is_terminal and contract_id in (None, state.snapshot().contract_id):
                yield state

    def orders(self) -> Iterable[OrderState]:
        """Every order that is known."""
        return self._orders.values()

    def _begin(self, fact: OrderUpdate) -> list[OrderChange]:
        state = self._orders[fact.id] = OrderState(fact)
        for fill in self._early_fills.pop(fact.id, ()):
            state.hear_fill(fill)
        placed = self._as_asked(state)
        self._tie(state)
        order = state.snapshot()
        if order.status == REJECTED:
            changes = [self._change(Change.REJECTED, state, None)]
        else:
            changes = [OrderChange(Change.PLACED, placed, None)]
            changes += self._edits(placed, order) + self._growth(state, None, order)
        self._retire(state)
        return changes

    def _as_asked(self, state: OrderState) -> OrderUpdate:
        """Return an order that is heard of first as it was placed.

        What was asked for is a fact as well: where another price is stated, it has been edited.
        An order that an earlier run knew may have been edited then, which is no news.
        """
        submission = self._submissions.get(state.tag) if state.tag else None
        if submission is None or submission.order_id is not None:
            return state.snapshot()
        asked = submission.intent.request
        state.hear(_fact(submission.intent, state.id, PENDING, 0))
        order = state.snapshot()
        if order.status in _ENDS or order.type == TRAILING_STOP:
            return order
        return msgspec.structs.replace(
            order,
            size=asked.size,
            limit=order.limit if asked.limit is None else asked.limit,
            stop=order.stop if asked.stop is None else asked.stop,
        )

    def _told(self, state: OrderState, before: OrderUpdate) -> list[OrderChange]:
        self._tie(state)
        after = state.snapshot()
        changes = self._edits(before, after) + self._growth(state, before, after)
        self._retire(state)
        return changes

    def _growth(
        self, state: OrderState, before: OrderUpdate | None, after: OrderUpdate
    ) -> list[OrderChange]:
        had_ended = before is not None and before.status in _ENDS
        end = None if had_ended else _ENDS.get(after.status)
        # The last contracts are told of by FILLED alone, once the gateway has said so.
        if end is None and not had_ended and after.filled >= after.size:
            return []
        filled = after.filled - self._told_filled.get(state.id, 0)
        self._told_filled[state.id] = after.filled
        changes = []
        if filled > 0 and end is not Change.FILLED:
            changes.append(OrderChange(Change.PARTIAL_FILL, after, before, filled))
        if end is not None:
            grown = filled if end is Change.FILLED else 0
            changes.append(self._change(end, state, before, grown))
        return changes

    def _edits(self, before: OrderUpdate, after: OrderUpdate) -> list[OrderChange]:
        if after.status in _ENDS or before.status in _ENDS:
            return []
        moved = (
            _edited(before.limit, after.limit) or _edited(before.stop, after.stop)
        ) and after.type != TRAILING_STOP
        if moved or before.size != after.size:
            return [OrderChange(Change.MODIFIED, after, before)]
        return []

    def _change(
        self, kind: Change, state: OrderState, before: OrderUpdate | None, filled: int = 0
    ) -> OrderChange:
        submission = self._submissions.get(state.tag) if state.tag else None
        reason = submission.message if submission and kind is Change.REJECTED else None
        return OrderChange(kind, state.snapshot(), before, filled, reason)

    def _tie(self, state: OrderState) -> None:
        """Give an order to its parent, and to the submission whose tag it carries."""
        if state.parent_id is not None:
            self._children.setdefault(state.parent_id, {})[state.id] = state
        tag = state.tag
        submission = self._submissions.get(tag) if tag else None
        if submission is None or tag is None:
            return
        if submission.order_id not in (None, state.id):
            conflict = (tag, submission.order_id or 0, state.id)
            if conflict not in self.conflicts:
                self.conflicts.append(conflict)
        elif state.status == REJECTED:
            submission.refused(submission.code, submission.message, state.id)
        else:
            submission.confirmed(state.id)

    def _retire(self, state: OrderState) -> None:
        if not state.is_terminal or state.id in self._ended:
            return
        self._ended[state.id] = None
        self._shrink()

    def _shrink(self) -> None:
        while len(self._ended) > self._capacity:
            self._forget(next(iter(self._ended)))

    def _forget(self, order_id: int) -> None:
        """Let go of an ended order, so that a late fact does not revive it."""
        del self._ended[order_id]
        gone = self._orders.pop(order_id)
        self._told_filled.pop(order_id, None)
        self._forgotten[order_id] = None
        self._children.pop(order_id, None)
        if gone.parent_id is not None:
            self._children.get(gone.parent_id, {}).pop(order_id, None)
        if gone.tag:
            self._drop(gone.tag)
        while len(self._forgotten) > FORGOTTEN:
            del self._forgotten[next(iter(self._forgotten))]

    def _forget_submissions(self) -> None:
        for tag, submission in list(self._submissions.items()):
            if not submission.is_outstanding and submission.order_id not in self._orders:
                self._drop(tag)

    def _drop(self, tag: str) -> None:
        """Forget a submission, and what was submitted for it as far as it is forgotten, too."""
        gone = self._submissions.pop(tag, None)
        protects = None if gone is None else gone.intent.protects
        if protects is not None:
            others = self._protecting.get(protects, {})
            others.pop(tag, None)
            if not others:
                self._protecting.pop(protects, None)


def _edited(before: int | None, after: int | None) -> bool:
    """Whether a price is another; the first price of a suspended child is no edit."""
    return before is not None and after != before


def _fact(intent: Intent, order_id: int, status: int, now_ns: int) -> OrderUpdate:
    """What an answer says of an order: what was asked for, under the gateway's number."""
    asked = intent.request
    return OrderUpdate(
        id=order_id,
        account_id=asked.account_id,
        contract_id=asked.contract_id,
        status=status,
        type=asked.type,
        side=asked.side,
        size=asked.size,
        limit=asked.limit,
        stop=asked.stop,
        custom_tag=intent.tag,
        recv_ns=now_ns,
    )
