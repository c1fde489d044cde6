"""The grids of contracts, each found once, by whoever asks for it first.

Invariant (``tests/position_manager/test_grids.py``): a record is kept back until its grid is
known, and is then heard.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from project_x_py._core.grid import TickGrid
from project_x_py._core.products import grid_of
from project_x_py.exceptions import ProjectXError, ProjectXInstrumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._ports import OrderSource, TaskOwner
    from project_x_py.models import Instrument

__all__ = ["GridBook"]

logger = logging.getLogger(__name__)


class GridBook:
    """Finds grids.

    Args:
        source: Finds contracts.
        tasks: Looks for what events name.
        learned: Called when such a grid is known.
        waiting: What waits for it meanwhile, in a word.
    """

    def __init__(
        self, source: OrderSource, tasks: TaskOwner, learned: Callable[[], None], waiting: str
    ) -> None:
        self._source = source
        self._tasks = tasks
        self._learned = learned
        self._waiting = waiting
        self._grids: dict[str, TickGrid] = {}
        self._learning: set[str] = set()

    def held(self, contract_id: str) -> TickGrid | None:
        """Return a grid that is known."""
        return self._grids.get(contract_id)

    def sought(self, contract_id: str) -> TickGrid | None:
        """Return a grid, and have one that is not known found out."""
        grid = self.held(contract_id)
        if grid is None and contract_id not in self._learning:
            self._learning.add(contract_id)
            self._tasks.spawn(self._learn(contract_id), name=f"grid-{contract_id}")
        return grid

    async def contract(self, name: str) -> Instrument:
        """Return a contract by id, name or ticker, its grid being known from then on.

        Raises:
            ProjectXError: There is none, or the gateway failed.
        """
        found = await self._source.get_instrument(name)
        self._grids[found.id] = TickGrid(found.tickSize, found.tickValue)
        return found

    async def grid(self, contract_id: str) -> TickGrid:
        """Return the grid of a contract that the gateway has named, asked for when it is not known.

        One that the gateway lists no more has the grid of its product.

        Raises:
            ProjectXInstrumentError: Nobody knows the product either.
            ProjectXError: The gateway failed.
        """
        grid = self.held(contract_id)
        if grid is None:
            try:
                grid = self._grids[(await self.contract(contract_id)).id]
            except ProjectXInstrumentError:
                grid = grid_of(contract_id)
                if grid is None:
                    raise
                self._grids[contract_id] = grid
        return grid

    async def _learn(self, contract_id: str) -> None:
        try:
            await self.grid(contract_id)
        except ProjectXError as exc:
            logger.warning(
                "%s of %s wait, its grid is not known: %s", self._waiting, contract_id, exc
            )
            return
        finally:
            self._learning.discard(contract_id)
        self._learned()
