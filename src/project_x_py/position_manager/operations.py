"""The documented base that closes; behaviour is in ``_closing``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py.position_manager._flatten import LONGEST_S

if TYPE_CHECKING:
    from project_x_py.position_manager._closing import PositionCloser
    from project_x_py.position_manager._flatten import FlatProof

__all__ = ["PositionOperationsMixin"]


class PositionOperationsMixin:
    """Positions taken off."""

    __slots__ = ()

    _closing: PositionCloser

    async def close_position_direct(
        self, contract_id: str, account_id: int | None = None
    ) -> dict[str, Any]:
        """Ask the gateway to close a position, once.

        Returns:
            Keys success, contract_id, closed_size, error, errorCode. A lost answer is looked into
            and not repeated; what is still unknown then has ``success`` False.

        Raises:
            ProjectXError: Another account, or no such contract.
        """
        return await self._closing.close(contract_id, account_id)

    async def partially_close_position(
        self, contract_id: str, close_size: int, account_id: int | None = None
    ) -> dict[str, Any]:
        """Ask the gateway to close a part of a position, once; keys as of the whole.

        Raises:
            ProjectXError: The size is not one of what is held, or another account.
        """
        return await self._closing.reduce(contract_id, close_size, account_id)

    async def close_position_by_contract(
        self, contract_id: str, close_size: int | None = None, account_id: int | None = None
    ) -> dict[str, Any]:
        """Close a position, or ``close_size`` contracts of it, once."""
        return await self._closing.close_some(contract_id, close_size, account_id)

    async def close_all_positions(
        self, contract_id: str | None = None, account_id: int | None = None
    ) -> dict[str, Any]:
        """Cancel working orders and close positions, of one contract when it is given.

        Returns:
            Keys total_positions, closed, failed, errors, proved, working_orders; see
            :meth:`flatten` for what is proved.
        """
        return await self._closing.close_all(contract_id, account_id)

    async def flatten(
        self, contract_id: str | None = None, timeout_s: float = LONGEST_S
    ) -> FlatProof:
        """Cancel and close everything, and prove it.

        Proved is what two complete reads show: nothing held, nothing working, no order whose fate
        is unknown. Without that the answer is *not proved*, and the manager keeps at it.

        Args:
            contract_id: One contract only.
            timeout_s: How long this call works before it answers.
        """
        return await self._closing.flatten(contract_id, timeout_s)
