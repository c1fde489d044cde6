"""The documented base that reads; behaviour is in ``_core``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py.models import Position
    from project_x_py.position_manager._reads import PositionReads

__all__ = ["PositionTrackingMixin"]


class PositionTrackingMixin:
    """What is held."""

    __slots__ = ()

    _reads: PositionReads

    async def get_all_positions(self, account_id: int | None = None) -> list[Position]:
        """Return the open positions as the gateway has them now.

        Raises:
            ProjectXError: Another account, or they could not be read; never an empty list then.
        """
        return await self._reads.listed(account_id)

    async def get_position(
        self, contract_id: str, account_id: int | None = None
    ) -> Position | None:
        """Return what is held of a contract, None when it is flat.

        Args:
            contract_id: Contract id, name or ticker.
            account_id: The manager's own account, nothing else.

        Raises:
            ProjectXError: Another account, no such contract, or nothing is known yet.
        """
        return await self._reads.position(contract_id, account_id)

    async def is_position_open(self, contract_id: str, account_id: int | None = None) -> bool:
        """Tell whether anything is held of a contract."""
        return await self._reads.is_open(contract_id, account_id)

    async def refresh_positions(self, account_id: int | None = None) -> bool:
        """Read positions and fills anew; False with the reason in ``last_error``."""
        return await self._reads.refresh(account_id)

    async def get_position_history(
        self, contract_id: str, limit: int = 100
    ) -> list[dict[str, Any]]:
        """Return the newest changes of a contract's position, the newest last.

        Keys: timestamp, kind (opened, updated or closed), position, size_change, pnl.
        """
        return await self._reads.history(contract_id, limit)

    async def get_position_history_size(self, contract_id: str) -> int:
        """Return how many changes of a contract's position are kept."""
        return await self._reads.history_size(contract_id)

    def get_queue_size(self) -> int:
        """Return how many updates wait to be applied: none ever, each is applied as it comes."""
        return self._reads.waiting()

    async def track_position_opened(self, position: Position) -> None:
        """Count a position of one's own bookkeeping as opened."""
        self._reads.count("positions_opened", position)

    async def track_position_update(self, position: Position) -> None:
        """Count an update of one's own bookkeeping."""
        self._reads.count("position_updates", position)

    async def track_position_closed(self, position: Position, pnl: float) -> None:
        """Count a position of one's own bookkeeping as closed, with its dollars."""
        self._reads.count("positions_closed", position, pnl)
