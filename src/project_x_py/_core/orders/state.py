"""One order as the join of everything said of it.

Answers, hub events and query rows are facts about the same order, and any of them may be late,
repeated or missing. A state is what all facts so far say together: the furthest status, the
largest fill, the newest edit of each price, every fill once.

Invariants (``tests/core/orders/test_state.py``):

- any order and any repetition of the same facts gives the same state;
- a terminal status is never left, and the filled quantity never shrinks;
- a fill counts once, whatever the number of reports of it, and not at all once it is voided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.records import OrderUpdate

if TYPE_CHECKING:
    from project_x_py._core.records import TradeUpdate

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
    "WORKING",
    "OrderState",
]

OPEN, FILLED, CANCELLED, EXPIRED, REJECTED, PENDING, PENDING_CANCELLATION, SUSPENDED = range(1, 9)

WORKING = frozenset({OPEN, PENDING, PENDING_CANCELLATION, SUSPENDED})
"""Statuses of an order that may still fill."""

TERMINAL = frozenset({FILLED, CANCELLED, EXPIRED, REJECTED})

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

_Edit = tuple[int, int]
"""Order of two statements about the same field: time of the edit, then time of hearing of it."""

_NEVER: _Edit = (-1, -1)


class _Newest:
    """The newest value said of one field; a statement that leaves it out says nothing of it."""

    __slots__ = ("_key", "value")

    def __init__(self) -> None:
        self._key: tuple[_Edit, float] = (_NEVER, 0.0)
        self.value: float | None = None

    def hear(self, edit: _Edit, value: float | None) -> None:
        if value is not None and (edit, value) > self._key:
            self._key = (edit, value)
            self.value = value


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
        self._size, self._limit, self._stop = _Newest(), _Newest(), _Newest()
        self._average = _Newest()
        self._tag: str | None = None
        self._parent_id: int | None = None
        self._linked_id: int | None = None
        self._created_ns: int | None = None
        self._updated_ns: int | None = None
        self._fills: dict[int, tuple[int, int]] = {}
        self._voided: set[int] = set()
        self._shown: OrderUpdate | None = None
        self.hear(first)

    def hear(self, fact: OrderUpdate) -> None:
        """Take a fact about this order into account."""
        self._shown = None
        edited_ns = fact.updated_ns or fact.created_ns or 0
        edit = (edited_ns, fact.recv_ns)
        self._size.hear(edit, fact.size)
        self._limit.hear(edit, fact.limit)
        self._stop.hear(edit, fact.stop)
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
