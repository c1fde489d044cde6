"""The tick grid of any contract that an account may hold.

Whoever trades a contract knows its grid. Orders and positions can be in others, left by a person
or another program; theirs are asked for once.

Invariant (``tests/client/test_queries.py``): an order in a contract that nobody here trades, or
that the gateway lists no more, is told of like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.grid import TickGrid
from project_x_py._core.products import grid_of
from project_x_py._core.submission import Lane
from project_x_py.exceptions import ProjectXInstrumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._ports import GridLookup
    from project_x_py.client._instruments import InstrumentBook

__all__ = ["Grids"]


class Grids:
    """Looks grids up, first among those that are known, then at the gateway.

    Args:
        known: Grids of the contracts that are traded here.
        instruments: Asks the gateway for the others.
    """

    def __init__(self, known: GridLookup | None, instruments: InstrumentBook) -> None:
        self._known = known
        self._instruments = instruments
        self._found: dict[str, TickGrid] = {}

    def held(self, contract_id: str) -> TickGrid | None:
        """Return a grid that is known already, else None."""
        known = self._known(contract_id) if self._known is not None else None
        return known or self._found.get(contract_id)

    async def grid(self, contract_id: str, *, lane: Lane = Lane.RECONCILE) -> TickGrid:
        """Return the grid of a contract.

        Args:
            contract_id: Full contract id.
            lane: Of what needs the grid: an order must not wait where its queries would.

        Raises:
            ProjectXInstrumentError: The gateway does not know the contract.
            ProjectXError: It cannot be asked.
        """
        held = self.held(contract_id)
        if held is not None:
            return held
        contract = await self._instruments.by_id(contract_id, lane=lane)
        if contract is None:
            raise ProjectXInstrumentError(f"the gateway knows no contract {contract_id!r}")
        grid = TickGrid(contract.tickSize, contract.tickValue)
        self._found[contract_id] = grid
        return grid

    async def learn(self, contract_ids: Iterable[str], *, lane: Lane = Lane.RECONCILE) -> None:
        """Get to know the grids of contracts that the gateway has named.

        One that it lists no more has the grid of its product; one of a product that nobody knows
        stays unknown.
        """
        for contract_id in sorted(set(contract_ids)):
            if self.held(contract_id) is None:
                try:
                    await self.grid(contract_id, lane=lane)
                except ProjectXInstrumentError:
                    grid = grid_of(contract_id)
                    if grid is not None:
                        self._found[contract_id] = grid
