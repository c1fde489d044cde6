"""Pairs of orders of which one may fill.

Invariant (``tests/order_manager/test_oco.py``): what one of a pair fills, the other gives up, once;
when one has filled completely the other is cancelled, and a pair ends with its second order. With
a journal a pair outlives the program: what filled meanwhile is given up when the account is read.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.orders.ledger import Change
from project_x_py._core.orders.state import FILLED
from project_x_py._core.submission import Accepted, Lane, OrderEdit
from project_x_py.exceptions import ProjectXOrderError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._core.orders.state import OrderState
    from project_x_py._ports import TaskOwner
    from project_x_py.order_manager._desk import OrderDesk
    from project_x_py.order_manager._memos import Memos

__all__ = ["OcoPairs"]

logger = logging.getLogger(__name__)

CANCELS = 5
"""How often the other of a pair is cancelled, each time after a look whether it works."""

LOOK_S = 1.0

_ENDS = frozenset({Change.FILLED, Change.CANCELLED, Change.REJECTED, Change.EXPIRED})


_BEYOND = 1 << 40

KIND = "oco"
"""What pairs are called in the journal."""


class _Half(msgspec.Struct, frozen=True):
    """One of a pair: its size when its fills were so many, each at the same moment."""

    order_id: int
    size: int
    filled: int


_decode = msgspec.json.Decoder(tuple[_Half, _Half]).decode


class OcoPairs:
    """Keeps pairs of one account.

    Args:
        desk: Cancels and resizes.
        tasks: Carries that work.
        memos: Where pairs are written down.
        ended: Told of both orders when one has filled and the other works no more.
    """

    def __init__(
        self,
        desk: OrderDesk,
        tasks: TaskOwner,
        memos: Memos,
        ended: Callable[[int, int], Awaitable[None]] | None = None,
    ) -> None:
        self._desk = desk
        self._tasks = tasks
        self._memos = memos
        self._ended = ended
        self._earlier: dict[str, tuple[_Half, _Half]] = {}
        """Pairs of an earlier run that were not compared with the gateway yet."""
        self._other: dict[int, int] = {}
        self._wanted: dict[int, int] = {}
        """Total size that an order was told to give up to, fills of the other considered."""
        self._following: set[int] = set()

    def pair(self, one: int, other: int) -> None:
        """Make a pair of two orders, ending any pair either was in.

        Raises:
            ProjectXOrderError: They are the same order.
        """
        if one == other:
            raise ProjectXOrderError(f"order {one} makes no pair with itself")
        for order_id in (one, other):
            self.part(order_id)
        self._other[one], self._other[other] = other, one
        self._note(one)
        self._late(one, other)

    def take_up(self) -> list[int]:
        """Take up the pairs that an earlier run wrote down, and return their orders.

        Raises:
            JournalError: The journal cannot be read.
        """
        found = []
        for name, body in self._memos.found(KIND).items():
            one, other = _decode(body)
            if one.order_id in self._other or other.order_id in self._other:
                continue
            self._earlier[name] = one, other
            self._other[one.order_id], self._other[other.order_id] = other.order_id, one.order_id
            found += [one.order_id, other.order_id]
        return found

    def on_read(self) -> None:
        """Act on what became of the pairs of an earlier run, now that the account was read."""
        ledger = self._desk.ledger
        for name, (one, other) in list(self._earlier.items()):
            states = ledger.order(one.order_id), ledger.order(other.order_id)
            if None in states:
                continue  # the gateway has not told of it yet
            self._earlier.pop(name, None)
            self._late(one.order_id, other.order_id)
            if self._other.get(one.order_id) != other.order_id:
                continue
            for half, rest, state in ((one, other, states[0]), (other, one, states[1])):
                if state is not None and state.filled > half.filled:
                    self._give_up_to(rest.order_id, rest.size - (state.filled - half.filled))

    def part(self, order_id: int) -> None:
        """End the pair of an order."""
        other = self._other.pop(order_id, None)
        if other is not None:
            self._other.pop(other, None)
            self._wanted.pop(other, None)
            self._wanted.pop(order_id, None)
            name = _name(order_id, other)
            self._earlier.pop(name, None)
            self._written(name, None)

    def other(self, order_id: int) -> int | None:
        """Return the other order of the pair."""
        return self._other.get(order_id)

    def __len__(self) -> int:
        return len(self._other) // 2

    def on_change(self, change: OrderChange) -> None:
        """Act on a fill of one of a pair."""
        other = self._other.get(change.order.id)
        if other is None:
            return
        if change.kind is Change.FILLED:
            self.part(change.order.id)
            self._tasks.spawn(self._end(change.order.id, other), name=f"oco-{other}")
        elif change.kind in _ENDS:
            self.part(change.order.id)
        elif _name(other, change.order.id) in self._earlier:
            return  # what filled before is given up at once, with the read
        elif change.kind is Change.PARTIAL_FILL:
            self._give_up(other, change.filled)
        elif change.kind is Change.MODIFIED and change.order.id not in self._following:
            self._wanted.pop(change.order.id, None)
            self._note(change.order.id)

    def _late(self, one: int, other: int) -> None:
        """Act on what had ended before the two became a pair."""
        for order_id, rest in ((one, other), (other, one)):
            state = self._desk.ledger.order(order_id)
            if state is None or not state.is_terminal:
                continue
            self.part(order_id)
            if state.status == FILLED:
                self._tasks.spawn(self._end(order_id, rest), name=f"oco-{rest}")
            return

    async def _end(self, filled: int, rest: int) -> None:
        await self._cancel(rest)
        if self._ended is not None:
            await self._ended(filled, rest)

    async def _cancel(self, order_id: int) -> None:
        """Cancel an order; after a failure look again, and cancel it again only if it works."""
        for attempt in range(CANCELS):
            state = self._desk.ledger.order(order_id)
            if state is not None and state.is_terminal:
                return
            outcome = await self._desk.cancel(order_id)
            if isinstance(outcome, Accepted):
                return
            logger.warning(
                "order %d of a pair was not cancelled (attempt %d of %d): %s",
                order_id,
                attempt + 1,
                CANCELS,
                outcome,
            )
            self._desk.doubt()
            await asyncio.sleep(LOOK_S)

    def _give_up(self, order_id: int, size: int) -> None:
        state = self._desk.ledger.order(order_id)
        if state is None or state.is_terminal:
            return
        self._give_up_to(order_id, self._wanted.get(order_id, state.size) - size)

    def _give_up_to(self, order_id: int, size: int) -> None:
        """Let an order have a total size; one that is smaller stays as it is."""
        state = self._desk.ledger.order(order_id)
        if state is None or state.is_terminal or state.size <= size:
            return
        self._wanted[order_id] = size
        if order_id not in self._following:
            self._following.add(order_id)
            self._tasks.spawn(self._follow(order_id), name=f"oco-{order_id}")

    def _note(self, order_id: int) -> None:
        """Write a pair down as it is; one whose sizes are not known yet ends by a whole fill."""
        other = self._other[order_id]
        halves = tuple(
            _Half(number, *_sizes(self._desk.ledger.order(number)))
            for number in sorted((order_id, other))
        )
        self._written(_name(order_id, other), halves)

    def _written(self, name: str, halves: tuple[_Half, ...] | None) -> None:
        if halves is None:
            self._memos.drop(KIND, name)
        else:
            self._memos.keep(KIND, name, halves)

    async def _follow(self, order_id: int) -> None:
        """Bring an order to the size wanted, one edit at a time."""
        sent: int | None = None
        try:
            while (wanted := self._wanted.get(order_id)) is not None and wanted != sent:
                sent = wanted
                await self._resize(order_id, wanted)
        finally:
            self._following.discard(order_id)

    async def _resize(self, order_id: int, size: int) -> None:
        state = self._desk.ledger.order(order_id)
        if state is None or state.is_terminal:
            return
        if size <= state.filled:
            await self._cancel(order_id)
            return
        edit = OrderEdit(
            account_id=self._desk.ledger.account_id,
            order_id=order_id,
            contract_id=state.snapshot().contract_id,
            size=size,
        )
        outcome = await self._desk.modify(edit, lane=Lane.PROTECTIVE)
        if not isinstance(outcome, Accepted):
            logger.warning("order %d of a pair was not resized: %s", order_id, outcome)
            self._desk.doubt()


def _name(one: int, other: int) -> str:
    return f"{min(one, other)}-{max(one, other)}"


def _sizes(state: OrderState | None) -> tuple[int, int]:
    """Return the size and what has filled of it; a size that is not known is beyond any."""
    return (_BEYOND, 0) if state is None else (state.size, state.filled)
