"""Stops and targets that would take off more than is held: made smaller, or cancelled.

Concerns what was placed for a position by itself, or is tracked for it; entries under guard have
their own sizes looked after by the guard. What is newest stays: a stop that is placed again takes
the place of the one before, once it works.

Invariants (``tests/order_manager/test_excess.py``): nothing is made smaller on the word of a
statement that came late, the gateway is asked before; nothing is ever made larger; an order for a
position that is still to come is left alone until that was held; what a bracket's leg takes off is
no other's to take off.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.orders.ledger import Change
from project_x_py._core.orders.state import OPEN, PENDING
from project_x_py._core.submission import Accepted, Lane, OrderEdit
from project_x_py._core.time import NS
from project_x_py.exceptions import ProjectXError, ProjectXOrderError
from project_x_py.types.trading import OrderSide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._core.orders.state import OrderState
    from project_x_py.order_manager._parts import OrderParts

__all__ = ["Excess", "uncovered"]

logger = logging.getLogger(__name__)

LATER_S = SETTLE_NS / NS + 0.05
"""When a read can tell of a position whose orders have just changed."""

_Exits = tuple[str, int]
"""Contract, and the side of its stops and targets."""


class Excess:
    """Takes off what stops and targets have too much.

    Args:
        parts: Of the manager.
        kinds: What orders are to their position, by id.
    """

    def __init__(self, parts: OrderParts, kinds: Mapping[int, str]) -> None:
        self._parts = parts
        self._kinds = kinds
        self._covers: set[int] = set()
        """Orders whose position was held since they are known."""
        self._fresh_ns: dict[_Exits, int] = {}
        """What is said of a position as of an earlier time may not know of all that is held."""
        self._busy: set[_Exits] = set()
        self._asking = False

    def cover(self, order_id: int) -> None:
        """Let an order be one for what is held."""
        self._covers.add(order_id)

    def covers(self, order_id: int) -> bool:
        """Whether an order is one for what is or was held."""
        return order_id in self._covers

    def forget(self, order_id: int) -> None:
        """Let an order belong to no position."""
        self._covers.discard(order_id)

    def on_change(self, change: OrderChange) -> None:
        """Note what makes a position larger, and when something was placed to protect it."""
        order = change.order
        known = 0 if change.before is None else change.before.filled
        now_ns = self._parts.clock.now_ns()
        if change.filled or order.filled > known:
            other = OrderSide.SELL if order.side == OrderSide.BUY else OrderSide.BUY
            self._fresh_ns[order.contract_id, int(other)] = now_ns
        if change.kind is Change.PLACED and order.id in self._kinds:
            exits = order.contract_id, order.side
            self._fresh_ns[exits] = now_ns
            # It takes the place of others once it works.
            if self._surplus(self._exits(OPEN, PENDING).get(exits, []), self._holds(exits)):
                self._ask()

    def on_position(self) -> None:
        """Compare stops and targets with what is held."""
        if not self._parts.config.get("auto_cancel_on_close", True):
            return
        for exits, states in self._exits().items():
            if exits in self._busy or not self._surplus(states, self._holds(exits)):
                continue
            if self._surplus(states, self._room(exits)):
                self._busy.add(exits)
                self._parts.tasks.spawn(self._trim(exits), name=f"excess-{exits[0]}-{exits[1]}")

    def _exits(self, *statuses: int) -> dict[_Exits, list[OrderState]]:
        """Return the stops and targets of positions that are or were held, the oldest first.

        Those that work at the exchange, unless other statuses are named.
        """
        ledger = self._parts.desk.ledger
        guarded = {
            leg.id
            for tag in self._parts.guard.tags()
            for legs in self._parts.guard.legs(tag)
            for leg in legs
        }
        found: dict[_Exits, list[OrderState]] = {}
        for order_id in sorted(self._kinds.keys() - guarded):
            state = ledger.order(order_id)
            if state is None or self._kinds[order_id] == "entry":
                continue
            if state.status not in (statuses or (OPEN,)):
                continue
            order = state.snapshot()
            exits = order.contract_id, order.side
            if self._holds(exits):
                self._covers.add(order_id)
            if order_id in self._covers and not self._parts.desk.is_leaving(order_id):
                found.setdefault(exits, []).append(state)
        return found

    def _holds(self, exits: _Exits) -> int:
        """Return the contracts held that such orders take off, by the last statement."""
        net = self._parts.holdings.net(exits[0])
        return max(0, net if exits[1] == OrderSide.SELL else -net)

    def _room(self, exits: _Exits) -> int | None:
        """Return the same by a statement that knows of all that was bought; None without one."""
        net = self._parts.holdings.net_after(exits[0], self._fresh_ns.get(exits, 0))
        if net is not None:
            return max(0, net if exits[1] == OrderSide.SELL else -net)
        self._ask()
        return None

    def _ask(self) -> None:
        if not self._asking:
            self._asking = True
            self._parts.tasks.spawn(self._ask_later(), name="excess-ask")

    def _surplus(self, states: list[OrderState], room: int | None) -> dict[int, int]:
        """Return what orders have too much, by id; nothing while that cannot be told."""
        found: dict[int, int] = {}
        for kind in ("stop", "target"):
            own = [state for state in states if self._kinds.get(state.id) == kind]
            left = sum(state.remaining for state in own) - (0 if room is None else room)
            for state in own:
                if room is not None and left > 0:
                    found[state.id] = min(left, state.remaining)
                    left -= found[state.id]
        return found

    async def _trim(self, exits: _Exits) -> None:
        """Ask what is held, since a statement may have come late, and take off what is too much."""
        try:
            net = await self._parts.answers.net(exits[0])
            room = max(0, net if exits[1] == OrderSide.SELL else -net)
            states = self._exits().get(exits, [])
            for order_id, size in self._surplus(states, room).items():
                await self._take_off(order_id, size)
        except ProjectXError as exc:
            logger.warning("what is held of %s could not be read: %s", exits[0], exc)
        finally:
            self._busy.discard(exits)

    async def _take_off(self, order_id: int, size: int) -> None:
        state = self._parts.desk.ledger.order(order_id)
        if state is None or state.status != OPEN:
            return
        if size >= state.remaining:
            outcome = await self._parts.desk.cancel(order_id)
        else:
            edit = OrderEdit(
                account_id=self._parts.account_id,
                order_id=order_id,
                contract_id=state.snapshot().contract_id,
                size=state.size - size,
            )
            outcome = await self._parts.desk.modify(edit, lane=Lane.PROTECTIVE)
        if isinstance(outcome, Accepted):
            logger.info("order %d takes off %d less: no more is held", order_id, size)
        else:
            logger.warning("order %d takes off more than is held: %s", order_id, outcome)
            self._parts.desk.doubt()

    async def _ask_later(self) -> None:
        """Have the account read when that tells of a position for sure."""
        try:
            await asyncio.sleep(LATER_S)
        finally:
            self._asking = False
        self._parts.desk.doubt()


def uncovered(parts: OrderParts, contract_id: str, kind: str, net: int, size: int | None) -> int:
    """Return how many contracts a stop or a target is to be for, beside the legs of brackets.

    Two stops for one contract both fill, and the second opens a position of its own.

    Args:
        parts: Of the manager.
        contract_id: The full id.
        kind: What is to be placed, ``"stop"`` or ``"target"``.
        net: The signed contracts held.
        size: As asked for and checked; None for all that is held.

    Raises:
        ProjectXOrderError: So many have a leg of that kind already.
    """
    held = abs(net)
    side = OrderSide.SELL if net > 0 else OrderSide.BUY
    legs = [
        leg
        for tag in parts.guard.tags()
        for leg in parts.guard.legs(tag)[kind == "target"]
        if leg.status == OPEN and leg.snapshot().contract_id == contract_id
    ]
    covered = sum(leg.remaining for leg in legs if leg.snapshot().side == side)
    left = max(0, held - covered)
    if covered and left < (size or 1):
        raise ProjectXOrderError(
            f"{held} of {contract_id} are held, and {covered} have the {kind} of a bracket: none "
            f"for {size or held} more; move that one with modify_order"
        )
    return left if size is None else size
