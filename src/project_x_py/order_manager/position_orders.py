"""The documented base of orders that belong to a position; behaviour is in ``_position_orders``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from project_x_py.models import Order
    from project_x_py.order_manager._oco import OcoPairs
    from project_x_py.order_manager._position_orders import PositionOrders

__all__ = ["PositionOrderMixin"]


class PositionOrderMixin:
    """Orders that belong to what is held, and pairs of which one may fill."""

    __slots__ = ()

    _position_orders: PositionOrders
    _oco: OcoPairs

    async def track_order_for_position(
        self,
        contract_id: str,
        order_id: int,
        order_type: str = "entry",
        account_id: int | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        """Let an order belong to what is held of its contract.

        Args:
            contract_id: Contract id, name or ticker.
            order_id: Its id.
            order_type: What it is to the position: ``"entry"``, ``"stop"`` or ``"target"``.
            account_id: Taken for compatibility; orders of another account are not known here.
            meta: Kept with it, see :meth:`get_tracked_order_status`.

        Raises:
            ProjectXOrderError: No such order, one of another contract, or no such type.
        """
        await self._position_orders.track(contract_id, order_id, order_type, meta)

    def untrack_order(self, order_id: int) -> None:
        """Let an order belong to no position; harmless when it does not."""
        self._position_orders.untrack(order_id)

    def clear_order_tracking(self) -> None:
        """Let no order belong to a position."""
        self._position_orders.clear()

    async def get_tracked_order_status(
        self, order_id: int, wait_for_cache: bool = False
    ) -> dict[str, Any] | None:
        """Return what is known of an order, asked for when nothing is; None when there is none.

        Keys: order_id, contract_id, status, size, filled_size, filled_price, order_type,
        position_order (entry, stop, target or None), meta. ``wait_for_cache`` is taken for
        compatibility: nothing has to be waited for.
        """
        return await self._position_orders.status(order_id)

    async def get_position_orders(
        self,
        contract_id: str,
        order_types: Sequence[str | int] | None = None,
        status: int | None = None,
    ) -> dict[str, list[Order]]:
        """Return the orders that belong to a position, the working ones unless asked otherwise.

        Keys: entry_orders, stop_orders, target_orders.

        Args:
            contract_id: Contract id, name or ticker.
            order_types: Only these: entry, stop, target, or order types such as 4.
            status: Only orders of this status.

        Raises:
            ProjectXOrderError: There is no such order type; close matches are listed.
        """
        return await self._position_orders.listed(contract_id, order_types, status)

    async def cancel_position_orders(
        self,
        contract_id: str,
        order_types: Sequence[str | int] | None = None,
        account_id: int | None = None,
    ) -> dict[str, Any]:
        """Cancel the working orders that belong to a position.

        Keys: cancelled_count, cancelled_orders (ids as text), errors.
        """
        return await self._position_orders.cancel(contract_id, order_types, account_id)

    async def update_position_order_sizes(
        self, contract_id: str, new_size: int, account_id: int | None = None
    ) -> dict[str, Any]:
        """Bring stops and targets to the size of a position; 0 cancels them.

        Keys: modified, cancelled, errors.
        """
        return await self._position_orders.resize(contract_id, new_size, account_id)

    async def sync_orders_with_position(
        self,
        contract_id: str,
        target_size: int,
        cancel_orphaned: bool = True,
        account_id: int | None = None,
    ) -> dict[str, Any]:
        """Resize stops and targets to a position; for a flat one cancel them unless told not to.

        Keys: modified, cancelled, errors.
        """
        return await self._position_orders.sync(
            contract_id, target_size, cancel_orphaned, account_id
        )

    async def on_position_changed(
        self, contract_id: str, old_size: int, new_size: int, account_id: int | None = None
    ) -> None:
        """Resize stops and targets to a position of another size; a reversal cancels them."""
        await self._position_orders.changed(contract_id, old_size, new_size, account_id)

    async def on_position_closed(self, contract_id: str, account_id: int | None = None) -> None:
        """Cancel the stops and targets of a position that is flat."""
        await self._position_orders.closed(contract_id, account_id)

    async def track_oco_pair(self, order1_id: int, order2_id: int) -> None:
        """Make a pair of two orders of which only one may fill."""
        self._oco.pair(order1_id, order2_id)

    async def get_oco_linked_order(self, order_id: int) -> int | None:
        """Return the other order of a pair."""
        return self._oco.other(order_id)
