"""Where the owner of a protected entry has put its stop and its target.

What is moved at the exchange, by a call, by a part that follows the market, or by hand on the
platform, is what the entry is protected with from then on: a leg that has to be placed anew is
placed there, also by the next run.

Invariant (``tests/order_manager/test_moved.py``): a leg that is placed anew is where the newest one
was put, never back where the entry asked for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.orders.ledger import Change
from project_x_py.types.trading import OrderType

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.orders.intents import Protection
    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py.order_manager._guard import ProtectionGuard
    from project_x_py.order_manager._memos import Memos

__all__ = ["MovedLegs"]

MEMO = "protection"
"""What moved legs are called in the journal."""


class _Memo(msgspec.Struct, frozen=True):
    """Where an entry's legs were put last; ticks."""

    stop: int | None
    target: int | None


_decode = msgspec.json.Decoder(_Memo).decode


class MovedLegs:
    """Follows the legs of guarded entries.

    Args:
        guard: Protects with what is found.
        memos: Where it is written down.
    """

    def __init__(self, guard: ProtectionGuard, memos: Memos) -> None:
        self._guard = guard
        self._memos = memos

    def on_change(self, change: OrderChange) -> None:
        """Take a leg that was moved, by whomever."""
        order, before = change.order, change.before
        if change.kind is not Change.MODIFIED or before is None:
            return
        for tag in self._guard.tags():
            stops, targets = self._guard.legs(tag)
            stop = order.type == OrderType.STOP and order.stop != before.stop
            limit = order.type == OrderType.LIMIT and order.limit != before.limit
            if stop and order.stop is not None and any(leg.id == order.id for leg in stops):
                self.put(tag, stop=order.stop)
            if order.parent_id is None and not (order.custom_tag or "").startswith(f"{tag}."):
                continue  # a part that is left at a limit of its own
            if limit and order.limit is not None and any(leg.id == order.id for leg in targets):
                self.put(tag, target=order.limit)

    def claim(self, order_id: int, *, claimed: bool = True) -> None:
        """Leave a leg to its owner, who is about to move it; or take that back."""
        for tag in self._guard.tags():
            guarded = self._guard.guarded(tag)
            legs = (leg.id for side in self._guard.legs(tag) for leg in side)
            if guarded is not None and order_id in legs:
                (guarded.adjusted.add if claimed else guarded.adjusted.discard)(order_id)

    def put(self, tag: str, *, stop: int | None = None, target: int | None = None) -> None:
        """Protect an entry with these prices, in ticks, from now on."""
        guarded = self._guard.guarded(tag)
        if guarded is None:
            return
        held = guarded.protection
        wanted = msgspec.structs.replace(
            held,
            stop=held.stop if stop is None else stop,
            target=held.target if target is None else target,
        )
        if wanted != held:
            guarded.protection = wanted
            self.note(tag)

    def note(self, tag: str) -> None:
        """Write down what an entry is protected with."""
        guarded = self._guard.guarded(tag)
        if guarded is not None:
            memo = _Memo(guarded.protection.stop, guarded.protection.target)
            self._memos.keep(MEMO, tag, memo)

    def forget(self, tag: str) -> None:
        """Let go of an entry that has ended."""
        self._memos.drop(MEMO, tag)

    def found(self) -> Callable[[str, Protection], Protection]:
        """Return what finds the newest prices of an earlier run's entry.

        Raises:
            JournalError: The journal cannot be read.
        """
        bodies = self._memos.found(MEMO)

        def newest(tag: str, asked: Protection) -> Protection:
            body = bodies.get(tag)
            if body is None:
                return asked
            memo = _decode(body)
            return msgspec.structs.replace(asked, stop=memo.stop, target=memo.target)

        return newest
