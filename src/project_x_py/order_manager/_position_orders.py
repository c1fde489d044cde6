"""Orders that belong to what is held of a contract: found, resized and cancelled with it.

Legs of brackets and orders placed to protect a position belong to it by themselves; any other
order belongs to it once it is tracked. Entries under guard are looked after by the guard, with or
without this.

Invariants (``tests/order_manager/test_position_orders.py``): an order belongs to one contract, its
own; unless ``auto_cancel_on_close`` is off, no stop and no target of a contract works on after it
is flat, and none takes off more than is held. With a journal what belongs to a position does so in
the next run, too.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py._core.orders.intents import Purpose
from project_x_py._core.orders.ledger import Change
from project_x_py._core.orders.state import CANCELLED, WORKING
from project_x_py._core.submission import Accepted, Lane, OrderEdit
from project_x_py._runtime.together import together
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_manager._excess import Excess
from project_x_py.order_manager._views import order_model
from project_x_py.types.trading import OrderType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._core.orders.state import OrderState
    from project_x_py._core.records import OrderUpdate
    from project_x_py.models import Order
    from project_x_py.order_manager._parts import OrderParts

__all__ = ["KINDS", "PositionOrders"]

KINDS = ("entry", "stop", "target")
"""What an order is to the position."""

MEMO = "tracked"
"""What tracked orders are called in the journal."""


class _Tracked(msgspec.Struct, frozen=True):
    """What an order is to its position, and what was kept with it."""

    kind: str
    meta: dict[str, Any] | None = None
    covers: bool = False


_decode = msgspec.json.Decoder(_Tracked).decode

_BY_PURPOSE = {Purpose.STOP: "stop", Purpose.TARGET: "target"}


class PositionOrders:
    """Keeps which orders belong to which position.

    Args:
        parts: Of the manager.
    """

    def __init__(self, parts: OrderParts) -> None:
        self._parts = parts
        self._kinds: dict[int, str] = {}
        self._meta: dict[int, dict[str, Any]] = {}
        self._excess = Excess(parts, self._kinds)
        parts.on_open.append(self._take_up)
        parts.on_change.append(self._on_change)
        parts.on_position_said.append(self._excess.on_position)

    def __len__(self) -> int:
        return len(self._kinds)

    def kind(self, order_id: int) -> str | None:
        """Return what an order is to its position, None for one that belongs to none."""
        return self._kinds.get(order_id)

    async def track(
        self, contract_id: str, order_id: int, kind: str, meta: Mapping[str, Any] | None
    ) -> None:
        """Let an order belong to what is held of its contract.

        Raises:
            ProjectXOrderError: No such kind, no such order, or one of another contract.
        """
        if kind not in KINDS:
            raise ProjectXOrderError(f"order_type is one of {', '.join(KINDS)}, not {kind!r}")
        contract = await self._parts.intake.contract(contract_id)
        order = await self._parts.answers.known(order_id)
        if order is None:
            raise ProjectXOrderError(f"the account has no order {order_id}")
        if order.contract_id != contract.id:
            raise ProjectXOrderError(
                f"order {order_id} is of {order.contract_id}, not of {contract.id}"
            )
        self._kinds[order_id] = kind
        if meta is not None:
            self._meta[order_id] = dict(meta)
        self._keep(order_id)

    def untrack(self, order_id: int) -> None:
        """Let an order belong to no position; harmless when it does not."""
        if self._kinds.pop(order_id, None) is not None:
            self._parts.memos.drop(MEMO, str(order_id))
        self._meta.pop(order_id, None)
        self._excess.forget(order_id)

    def clear(self) -> None:
        """Let no order belong to a position."""
        for order_id in list(self._kinds):
            self.untrack(order_id)

    async def status(self, order_id: int) -> dict[str, Any] | None:
        """Return what is known of an order, asked for when nothing is."""
        order = await self._parts.answers.known(order_id)
        if order is None:
            return None
        model = order_model(order, await self._parts.intake.grids.grid(order.contract_id))
        return {
            "order_id": order_id,
            "contract_id": order.contract_id,
            "status": order.status,
            "size": order.size,
            "filled_size": order.filled,
            "filled_price": model.filledPrice,
            "order_type": order.type,
            "position_order": self._kinds.get(order_id),
            "meta": dict(self._meta.get(order_id, {})),
        }

    async def listed(
        self, contract_id: str, types: Iterable[str | int] | None, status: int | None
    ) -> dict[str, list[Order]]:
        """Return the orders of a position by what they are to it; working ones unless asked."""
        found: dict[str, list[Order]] = {f"{kind}_orders": [] for kind in KINDS}
        for state in await self._of(contract_id, types):
            order = state.snapshot()
            if order.status == status if status is not None else state.is_working:
                model = order_model(order, self._parts.intake.known_grid(order.contract_id))
                found[f"{self._kinds[state.id]}_orders"].append(model)
        return found

    async def cancel(
        self, contract_id: str, types: Iterable[str | int] | None, account_id: int | None
    ) -> dict[str, Any]:
        """Cancel the working orders of a position."""
        self._parts.intake.own(account_id)
        states = [state for state in await self._of(contract_id, types) if state.is_working]
        return await self._cancelled(states)

    async def resize(
        self, contract_id: str, new_size: int, account_id: int | None
    ) -> dict[str, Any]:
        """Bring stops and targets to the size of a position; all are cancelled for a flat one."""
        self._parts.intake.own(account_id)
        wanted = abs(int(new_size))
        states = [
            state for state in await self._of(contract_id, ("stop", "target")) if state.is_working
        ]
        if not wanted:
            done = await self._cancelled(states)
            return {"modified": 0, "cancelled": done["cancelled_count"], "errors": done["errors"]}
        errors: list[str] = []
        modified = 0
        for state in states:
            if state.remaining != wanted:
                problem = await self._resized(state, wanted)
                modified += problem is None
                errors += [problem] if problem is not None else []
        return {"modified": modified, "cancelled": 0, "errors": errors}

    async def sync(
        self, contract_id: str, target_size: int, cancel_orphaned: bool, account_id: int | None
    ) -> dict[str, Any]:
        """Resize to a position; for a flat one cancel, or leave everything when not wanted."""
        if not target_size and not cancel_orphaned:
            self._parts.intake.own(account_id)
            return {"modified": 0, "cancelled": 0, "errors": []}
        return await self.resize(contract_id, target_size, account_id)

    async def changed(
        self, contract_id: str, old_size: int, new_size: int, account_id: int | None
    ) -> None:
        """Act on a position that has another size, or another side."""
        if old_size * new_size < 0:
            await self.closed(contract_id, account_id)
        elif old_size != new_size:
            await self.resize(contract_id, new_size, account_id)

    async def closed(self, contract_id: str, account_id: int | None) -> None:
        """Act on a position that is flat: its stops and targets are cancelled."""
        await self.resize(contract_id, 0, account_id)

    async def _of(self, contract_id: str, types: Iterable[str | int] | None) -> list[OrderState]:
        contract = await self._parts.intake.contract(contract_id)
        wanted = None if types is None else {_name(one) for one in types}
        found = []
        for order_id, kind in self._kinds.items():
            state = self._parts.desk.ledger.order(order_id)
            if state is None or state.snapshot().contract_id != contract.id:
                continue
            if wanted is None or kind in wanted or _name(state.snapshot().type) in wanted:
                found.append(state)
        return found

    async def _cancelled(self, states: list[OrderState]) -> dict[str, Any]:
        errors: list[str] = []
        gone: list[str] = []

        async def cancel(state: OrderState) -> None:
            outcome = await self._parts.desk.cancel(state.id)
            if not isinstance(outcome, Accepted):
                found = await self._parts.answers.asked(state.id)
                if found is None or found.status in WORKING:
                    errors.append(f"{state.id}: {outcome}")
                    return
                if found.status != CANCELLED:
                    return
            gone.append(str(state.id))

        await together(cancel(state) for state in states)
        return {"cancelled_count": len(gone), "cancelled_orders": gone, "errors": errors}

    async def _resized(self, state: OrderState, remaining: int) -> str | None:
        edit = OrderEdit(
            account_id=self._parts.account_id,
            order_id=state.id,
            contract_id=state.snapshot().contract_id,
            size=state.filled + remaining,
        )
        outcome = await self._parts.desk.modify(edit, lane=Lane.PROTECTIVE)
        return None if isinstance(outcome, Accepted) else f"{state.id}: {outcome}"

    def _take_up(self) -> None:
        """Track what an earlier run has tracked, and have it looked up."""
        for name, body in self._parts.memos.found(MEMO).items():
            tracked = _decode(body)
            self._kinds.setdefault(int(name), tracked.kind)
            if tracked.meta is not None:
                self._meta.setdefault(int(name), tracked.meta)
            if tracked.covers:
                self._excess.cover(int(name))
            self._parts.reconciler.find(int(name))

    def _keep(self, order_id: int) -> None:
        kind, covers = self._kinds[order_id], self._excess.covers(order_id)
        tracked = _Tracked(kind, self._meta.get(order_id), covers)
        self._parts.memos.keep(MEMO, str(order_id), tracked)

    def _on_change(self, change: OrderChange) -> None:
        order = change.order
        if change.kind is Change.PLACED and order.id not in self._kinds:
            self._link(order)
        self._excess.on_change(change)
        if change.kind in (Change.CANCELLED, Change.REJECTED, Change.EXPIRED):
            self.untrack(order.id)
        elif change.kind is Change.FILLED and order.id in self._kinds:
            self._parts.memos.drop(MEMO, str(order.id))

    def _link(self, order: OrderUpdate) -> None:
        """Let a leg, and what was placed for a position, belong to it."""
        if order.parent_id is not None:
            self._kinds[order.id] = "target" if order.type == OrderType.LIMIT else "stop"
            return
        submission = self._parts.desk.ledger.submission(order.custom_tag or "")
        if submission is None:
            return
        intent = submission.intent
        kind = "entry" if intent.protection is not None else _BY_PURPOSE.get(intent.purpose)
        if kind is not None:
            self._kinds[order.id] = kind
        if kind in ("stop", "target") and intent.protects is None:
            self._excess.cover(order.id)
            self._keep(order.id)


def _name(one: str | int) -> str:
    """Return a kind, or the name of an order type, as one text."""
    if isinstance(one, str):
        known = list(dict.fromkeys([*KINDS, *(kind.name.lower() for kind in OrderType)]))
        if one.lower() in known:
            return one.lower()
        close = difflib.get_close_matches(one.lower(), known)
        hint = f"did you mean {', '.join(close)}?" if close else f"there is {', '.join(known)}"
        raise ProjectXOrderError(f"there is no order type {one!r}; {hint}")
    try:
        return OrderType(one).name.lower()
    except ValueError:
        raise ProjectXOrderError(f"there is no order type {one!r}") from None
