"""What is held, asked for.

Invariant (``tests/position_manager/test_position_manager.py``): a read that failed raises, it is
never an empty list; a foreign account is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py.position_manager._views import position_model

if TYPE_CHECKING:
    from project_x_py._core.tallies import Tallies
    from project_x_py.models import Position
    from project_x_py.position_manager._core import PositionCore

__all__ = ["PositionReads"]


class PositionReads:
    """Answers what is held.

    Args:
        core: The account.
        scope: One contract, None for all.
        tallies: What users count.
    """

    def __init__(self, core: PositionCore, scope: str | None, tallies: Tallies) -> None:
        self._core = core
        self._scope = scope
        self._tallies = tallies

    async def listed(self, account_id: int | None) -> list[Position]:
        """Read, and return what is held."""
        self._core.own(account_id)
        await self._core.refresh()
        return [
            position_model(held)
            for held in self._core.keeper.book
            if self._scope in (None, held.contract_id)
        ]

    async def position(self, name: str, account_id: int | None) -> Position | None:
        """Return what is held of a contract, read first when nothing is known."""
        self._core.own(account_id)
        contract_id = await self.contract_id(name)
        if not self._core.keeper.is_known:
            await self._core.refresh()
        held = self._core.keeper.book.position(contract_id)
        return None if held is None else position_model(held)

    async def is_open(self, name: str, account_id: int | None) -> bool:
        """Tell whether anything is held of a contract."""
        return await self.position(name, account_id) is not None

    async def refresh(self, account_id: int | None) -> bool:
        """Read; False with the reason in the account's ``last_error``."""
        self._core.own(account_id)
        known = await self._core.reader.read()
        self._core.last_error = self._core.reader.last_error
        return known

    async def history(self, name: str, limit: int) -> list[dict[str, Any]]:
        """Return the newest changes."""
        kept = self._core.history.get(await self.contract_id(name), ())
        return list(kept)[-limit:] if limit > 0 else []

    async def history_size(self, name: str) -> int:
        """Return how many changes are kept."""
        return len(self._core.history.get(await self.contract_id(name), ()))

    async def contract_id(self, name: str) -> str:
        """Return the id of a contract by id, name or ticker."""
        if self._core.grids.held(name) is not None:
            return name
        return (await self._core.grids.contract(name)).id

    def waiting(self) -> int:
        """Return how many updates wait to be applied: each is applied as it comes."""
        return 0

    def count(self, metric: str, position: Position, pnl: float = 0.0) -> None:
        """Count what a user tells of."""
        self._tallies.increment(metric, 1)
        self._tallies.gauge(f"{position.contractId}.size", position.size)
        if pnl:
            self._tallies.increment("pnl", pnl)
