"""The grids of the contracts that an account holds or held.

Invariant (``tests/position_manager/test_grids.py``): one that was ordered is known from its order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.products import grid_of
from project_x_py._runtime.grids import GridBook
from project_x_py.exceptions import ProjectXPositionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.grid import TickGrid
    from project_x_py._ports import OrderSource, PositionOrders, TaskOwner

__all__ = ["HeldGrids"]


class HeldGrids(GridBook):
    """Finds grids, first at the orders.

    Args:
        source: Finds contracts.
        tasks: Looks for what events name.
        learned: Called when such a grid is known.
    """

    def __init__(self, source: OrderSource, tasks: TaskOwner, learned: Callable[[], None]) -> None:
        super().__init__(source, tasks, learned, "positions")
        self.orders: PositionOrders | None = None
        """Knows the grids of what was ordered."""

    def held(self, contract_id: str) -> TickGrid | None:
        """Return a grid that is known."""
        grid = super().held(contract_id)
        if grid is None and self.orders is not None:
            grid = self.orders.held_grid(contract_id)
        return grid

    def known(self, contract_id: str) -> TickGrid:
        """Return the grid of a contract that is held.

        Raises:
            ProjectXPositionError: Nobody learnt it before the position was told of, and nobody
                knows the product.
        """
        grid = self.held(contract_id) or grid_of(contract_id)
        if grid is None:
            raise ProjectXPositionError(f"the grid of {contract_id} is not known")
        return grid
