"""One order as the join of everything said of it.

Answers, hub events and query rows are facts about the same order, and any of them may be late,
repeated or missing. A state is what all facts so far say together: the furthest status, the
largest fill, the newest edit of each price, every fill once.

Invariants (``tests/core/orders/test_state.py``):

- any order and any repetition of the same facts gives the same state;
- a price that an accepted edit has left is not shown again by what is heard late;
- a terminal status is never left, and the filled quantity never shrinks;
- a fill counts once, whatever the number of reports of it, and not at all once it is voided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.orders.newest import Newest
from project_x_py._core.records import OrderUpdate

if TYPE_CHECKING:
    from project_x_py._core.records import TradeUpdate
    from project_x_py._core.submission import OrderEdit

__all__ = [
    "CANCELLED",
    "EXPIRED",
    "FILLED",
    "OPEN",
    "PENDING",
    "PENDING_CANCELLATION",
    "REJECTED",
    "SUSPENDED",
    "TERMINAL",
    "TRAILING_STOP",
    "WORKING",
    "OrderState",
]

OPEN, FILLED, CANCELLED, EXPIRED, REJECTED, PENDING, PENDING_CANCELLATION, SUSPENDED = range(1, 9)

WORKING = frozenset({OPEN, PENDING, PENDING_CANCELLATION, SUSPENDED})
"""Statuses of an order that may still fill."""

TERMINAL = frozenset({FILLED, CANCELLED, EXPIRED, REJECTED})

TRAILING_STOP = 5
"""Its price moves by itself, so that a new one is no edit."""

_RANK = {
    PENDING: 1,
    SUSPENDED: 2,
    OPEN: 3,
    PENDING_CANCELLATION: 4,
    REJECTED: 5,
    EXPIRED: 6,
    CANCELLED: 7,
    FILLED: 8,
}
"""How far along its life a status is; of two terminal ones the one that tells of more wins."""

_BY_RANK = {rank: status for status, rank in _RANK.items()}


class OrderState:
    """Everything known of one order.

    Args:
        first: The first fact about it; later ones only have to have the same id.
    """

    __slots__ = (
        "_average",
        "_created_ns",
        "_ended",
        "_fills",
        "_first",
        "_going",
        "_heard_ns",
        "_limit",
        "_linked_id",
        "_parent_id",
        "_reported",
        "_shown",
        "_size",
        "_stop",
        "_tag",
        "_updated_ns",
        "_voided",
    )

    def __init__(self, first: OrderUpdate) -> None:
        self._first = first
        self._ended = 0
        self._going = (0, 0)
        self._heard_ns = 0
        self._reported = 0
        self._size, self._limit, self._stop = Newest(), Newest(), Newest()
        self._average = Newest()
        self._tag: str | None = None
        self._parent_id: int | None = None
        self._linked_id: int | None = None
        self._created_ns: int | None = None
        self._updated_ns: int | None = None
        self._fills: dict[int, tuple[int, int]] = {}
        self._voided: set[int] = set()
        self._shown: OrderUpdate | None = None
        self.hear(first)

    def hear(self, fact: OrderUpdate, *, read: bool = False) -> None:
        """Take a fact about this order into account.

        Args:
            fact: About this order.
            read: Whether it is a row of a read, received no earlier than ``recv_ns`` says.
        """
        self._shown = None
        edited_ns = fact.updated_ns or fact.created_ns or 0
        edit, final = (edited_ns, fact.recv_ns), fact.status in TERMINAL
        read_ns = fact.recv_ns if read else None
        self._size.hear(edit, fact.size, read_ns=read_ns, final=final)
        self._limit.hear(edit, fact.limit, read_ns=read_ns, final=final)
        self._stop.hear(edit, fact.stop, read_ns=read_ns, final=final)
        self._average.hear((fact.filled, edited_ns), fact.average_fill)
        self._reported = max(self._reported, fact.filled)
        self._heard_ns = max(self._heard_ns, fact.recv_ns)
        rank = _RANK.get(fact.status, 0)
        if fact.status in TERMINAL:
            self._ended = max(self._ended, rank)
        else:
            self._going = max(self._going, (edited_ns, rank))
        self._tag = self._tag or fact.custom_tag
        self._parent_id = self._parent_id or fact.parent_id
        self._linked_id = self._linked_id or fact.linked_id
        self._created_ns = _earliest(self._created_ns, fact.created_ns)
        self._updated_ns = max(filter(None, (self._updated_ns, fact.updated_ns)), default=None)

    def hear_fill(self, fill: TradeUpdate) -> None:
        """Take one of the order's fills into account; the same one again changes nothing."""
        self._shown = None
        if fill.voided:
            self._voided.add(fill.id)
        self._fills.setdefault(fill.id, (fill.price, fill.size))

    def edit_sent(self, edit: OrderEdit) -> None:
        """Note that a change of this order is about to be sent."""
        for field, value in self._changed(edit):
            field.sent(edit, value)

    def edit_accepted(self, edit: OrderEdit, now_ns: int) -> None:
        """Take into account that the gateway has accepted a change."""
        self._shown = None
        self._heard_ns = max(self._heard_ns, now_ns)
        for field, _ in self._changed(edit):
            field.accepted(edit, now_ns)

    def edit_lost(self, edit: OrderEdit) -> None:
        """Note that a change was refused, or that no answer to it came."""
        self._shown = None
        for field, _ in self._changed(edit):
            field.lost(edit)

    @property
    def id(self) -> int:
        """The gateway's number of the order."""
        return self._first.id

    @property
    def status(self) -> int:
        """The furthest status, 0 while none that is known was named."""
        return _BY_RANK.get(self._ended or self._going[1], 0)

    @property
    def is_working(self) -> bool:
        """Whether it may still fill; a status that nobody knows counts as working."""
        return not self.is_terminal

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self._ended > 0

    @property
    def size(self) -> int:
        """Contracts ordered, by the newest edit."""
        return int(self._size.value or 0)

    @property
    def filled(self) -> int:
        """Contracts filled: what the order's own rows say, or its fills when they say more."""
        return max(self._reported, self._known)

    @property
    def fills_missing(self) -> bool:
        """Whether its rows say more than its known fills, busted ones included."""
        return self._reported > sum(size for _, size in self._fills.values())

    @property
    def fills_worth(self) -> int | None:
        """Ticks times contracts of its fills; None while its rows say more than its fills."""
        if self._reported > self._known:
            return None
        return sum(
            price * size
            for trade, (price, size) in self._fills.items()
            if trade not in self._voided
        )

    @property
    def _known(self) -> int:
        return sum(size for trade, (_, size) in self._fills.items() if trade not in self._voided)

    @property
    def remaining(self) -> int:
        """Contracts that may still fill; 0 once the order has ended."""
        return 0 if self.is_terminal else max(0, self.size - self.filled)

    @property
    def tag(self) -> str | None:
        """The custom tag."""
        return self._tag

    @property
    def parent_id(self) -> int | None:
        """The entry that this order protects."""
        return self._parent_id

    def _changed(self, edit: OrderEdit) -> list[tuple[Newest, int]]:
        # The price of a trailing stop moves by itself: what was asked for says little of it.
        stop = None if self._first.type == TRAILING_STOP else edit.stop
        fields = ((self._size, edit.size), (self._limit, edit.limit), (self._stop, stop))
        return [(field, value) for field, value in fields if value is not None]

    def snapshot(self) -> OrderUpdate:
        """Return what is known as one record; made once for each fact."""
        if self._shown is None:
            self._shown = self._join()
        return self._shown

    def _join(self) -> OrderUpdate:
        limit, stop = self._limit.value, self._stop.value
        return OrderUpdate(
            id=self.id,
            account_id=self._first.account_id,
            contract_id=self._first.contract_id,
            status=self.status,
            type=self._first.type,
            side=self._first.side,
            size=self.size,
            filled=self.filled,
            limit=None if limit is None else int(limit),
            stop=None if stop is None else int(stop),
            average_fill=self._average.value,
            custom_tag=self._tag,
            parent_id=self._parent_id,
            linked_id=self._linked_id,
            created_ns=self._created_ns,
            updated_ns=self._updated_ns,
            recv_ns=self._heard_ns,
        )


def _earliest(one: int | None, other: int | None) -> int | None:
    return min((time for time in (one, other) if time is not None), default=None)
