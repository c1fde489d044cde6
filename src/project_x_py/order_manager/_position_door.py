"""What a position manager asks of the orders: to take off, to cancel, to read, to share grids.

Invariant (``tests/order_manager/test_position_door.py``): each call sends each request at most
once; what still works or is unknown is counted after a complete read, never assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.submission import Accepted
from project_x_py._runtime.together import together

if TYPE_CHECKING:
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.submission import Outcome
    from project_x_py._ports import HeldPositions
    from project_x_py.order_manager._desk import OrderDesk
    from project_x_py.order_manager._holdings import Holdings
    from project_x_py.order_manager._intake import Intake
    from project_x_py.order_manager._reconciler import Reconciler

__all__ = ["PositionDoor"]


class PositionDoor:
    """The orders of an account, as those see them who look after positions.

    Args:
        desk: Sends.
        reconciler: Reads.
        intake: Knows grids.
        holdings: Hands over to whoever keeps positions.
    """

    def __init__(
        self, desk: OrderDesk, reconciler: Reconciler, intake: Intake, holdings: Holdings
    ) -> None:
        self._desk = desk
        self._reconciler = reconciler
        self._intake = intake
        self._holdings = holdings

    def adopt(self, keeper: HeldPositions) -> None:
        """Let ``keeper`` be the one owner of positions from now on."""
        self._holdings.adopt(keeper)

    def held_grid(self, contract_id: str) -> TickGrid | None:
        """Return a grid that is known here."""
        return self._intake.held_grid(contract_id)

    async def close_at_gateway(self, contract_id: str) -> Outcome:
        """Ask the gateway to close a position, once."""
        return await self._desk.close_position(contract_id)

    async def reduce_at_gateway(self, contract_id: str, size: int) -> Outcome:
        """Ask the gateway to close a part of a position, once."""
        return await self._desk.reduce_position(contract_id, size)

    async def cancel_working(self, contract_id: str | None) -> int:
        """Cancel what works, once each; return how many work or are unknown by a fresh read.

        Orders that were just cancelled count until a later read shows them gone.
        """
        if not await self._reconciler.read():
            return 1
        ledger = self._desk.ledger
        working = [state.id for state in ledger.working(contract_id)]
        await together(self._cancel(order_id) for order_id in working)
        return len(working) + len(ledger.outstanding(contract_id))

    async def read_account(self) -> bool:
        """Read orders and positions; return whether the read was complete."""
        return await self._reconciler.read()

    async def _cancel(self, order_id: int) -> bool:
        return isinstance(await self._desk.cancel(order_id), Accepted)
