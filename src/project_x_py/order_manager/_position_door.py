"""What a position manager asks of the orders: to take off, to cancel, to read, to share grids.

Invariant (``tests/order_manager/test_position_door.py``): each call sends each request at most
once; what still works or is unknown is counted after a complete read, never assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.exposure import STOPS, OpenOrder, open_order_of
from project_x_py._core.orders.family import is_leg
from project_x_py._core.orders.intents import Purpose
from project_x_py._core.submission import Accepted, Lane, Uncertain
from project_x_py._runtime.together import together
from project_x_py.order_manager._closings import GAP_S
from project_x_py.order_manager._requests import order_tag

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.submission import Outcome
    from project_x_py._ports import HeldPositions
    from project_x_py.order_manager._desk import OrderDesk
    from project_x_py.order_manager._guard import ProtectionGuard
    from project_x_py.order_manager._holdings import Holdings
    from project_x_py.order_manager._intake import Intake
    from project_x_py.order_manager._permission import Permission
    from project_x_py.order_manager._reconciler import Reconciler

__all__ = ["PositionDoor"]

SUSPENDED = 8


class PositionDoor:
    """The orders of an account, as those see them who look after positions.

    Args:
        desk: Sends.
        guard: Told of what is being closed, so that it does not protect it anew.
        reconciler: Reads.
        intake: Knows grids.
        holdings: Hands over to whoever keeps positions.
        permission: Refuses entries.
    """

    def __init__(
        self,
        desk: OrderDesk,
        guard: ProtectionGuard,
        reconciler: Reconciler,
        intake: Intake,
        holdings: Holdings,
        permission: Permission,
    ) -> None:
        self._desk = desk
        self._guard = guard
        self._reconciler = reconciler
        self._intake = intake
        self._holdings = holdings
        self._permission = permission

    def adopt(self, keeper: HeldPositions) -> None:
        """Let ``keeper`` be the one owner of positions from now on."""
        self._holdings.adopt(keeper)

    def held_grid(self, contract_id: str) -> TickGrid | None:
        """Return a grid that is known here."""
        return self._intake.grids.held(contract_id)

    def withheld(self, contract_id: str | None) -> AbstractContextManager[None]:
        """Refuse entries of a contract, of all for None, as long as the context lasts."""
        return self._permission.withheld(contract_id)

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return what works and what may work, the unknown counted, legs that wait left out."""
        ledger = self._desk.ledger
        found = []
        for state in ledger.working():
            order = state.snapshot()
            submission = ledger.submission(order.custom_tag) if order.custom_tag else None
            wanted = None if submission is None else submission.intent.protection
            if order.status != SUSPENDED:
                found.append(
                    OpenOrder(
                        tag=order_tag(order),
                        contract_id=order.contract_id,
                        side=order.side,
                        size=self._desk.commitments.remaining(state),
                        price=self._desk.commitments.price(state, wanted.stop if wanted else None),
                        stop=order.stop if order.type in STOPS else None,
                        protected_at=None if wanted is None else wanted.stop,
                        leg=is_leg(order, submission),
                    )
                )
        for submission in ledger.outstanding():
            if submission.order_id is not None and ledger.order(submission.order_id) is not None:
                continue
            found.append(open_order_of(submission.intent))
        return tuple(found)

    def purpose_of(self, order_id: int) -> Purpose | None:
        """Return what an order was for; None for one that somebody else placed."""
        state = self._desk.ledger.order(order_id)
        tag = None if state is None else state.snapshot().custom_tag
        if tag is None:
            return None
        submission = self._desk.ledger.submission(tag)
        if submission is not None:
            return submission.intent.purpose
        ends = {"-SL": Purpose.STOP, "-TP": Purpose.TARGET}
        return next((purpose for end, purpose in ends.items() if tag.endswith(end)), None)

    async def close_at_gateway(self, contract_id: str) -> Outcome:
        """Ask the gateway to close a position, once."""
        if self._desk.commitments.leaving(contract_id):
            return Uncertain("an order is closing the position already", sent=False)
        self._guard.closings.stand_down(contract_id)
        outcome = await self._desk.close_position(contract_id)
        self._guard.closing(contract_id, None, outcome)
        return outcome

    async def reduce_at_gateway(self, contract_id: str, size: int) -> Outcome:
        """Ask the gateway to close a part of a position, once."""
        leaving = self._desk.commitments.leaving(contract_id)
        if leaving and size > abs(self._holdings.net(contract_id)) - leaving:
            return Uncertain("an order is closing the position already", sent=False)
        outcome = await self._desk.reduce_position(contract_id, size)
        self._guard.closing(contract_id, size, outcome)
        return outcome

    async def cancel_working(self, contract_id: str | None) -> int:
        """Cancel what works, once each; return how many work or are unknown by a fresh read.

        Orders that were just cancelled count until a later read shows them gone.
        """
        self._guard.closings.stand_down(contract_id)
        try:
            if not await self._reconciler.read(lane=Lane.CANCEL):
                return 1
            ledger = self._desk.ledger
            working = [state.id for state in ledger.working(contract_id)]
            await together(self._cancel(order_id) for order_id in working)
            return len(working) + len(ledger.outstanding(contract_id))
        finally:
            # The close itself follows at once, or it does not follow.
            self._guard.closings.stand_down(contract_id, GAP_S)

    async def read_account(self) -> bool:
        """Read orders and positions; return whether the read was complete."""
        return await self._reconciler.read()

    async def _cancel(self, order_id: int) -> bool:
        return isinstance(await self._desk.cancel(order_id), Accepted)
