"""The documented base of operations and callbacks of one's own.

Behaviour is in ``_operations`` and ``_upkeep``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py.event_bus import Event, EventBus
    from project_x_py.order_manager._figures import OrderFigures
    from project_x_py.order_manager._operations import Operations
    from project_x_py.order_manager._parts import OrderParts
    from project_x_py.order_manager._upkeep import Upkeep

__all__ = ["UpkeepMixin"]


class UpkeepMixin:
    """Operations, and handlers by the name of their event."""

    __slots__ = ()

    event_bus: EventBus
    _operations: Operations
    _upkeep: Upkeep
    _figures: OrderFigures
    _parts: OrderParts

    async def get_operation_status(self, operation_id: str) -> dict[str, Any] | None:
        """Return how an order stands with everything that protects it, None when there is none.

        Keys: operation_id, type (order or bracket_order), state, started_at, contract_id, filled,
        orders (each custom_tag, order_id, purpose, state, status, filled), is_over, unprotected,
        errors.

        Args:
            operation_id: The custom tag of the order, or of a bracket's entry.
        """
        return self._operations.status(operation_id)

    async def force_rollback_operation(self, operation_id: str) -> bool:
        """Cancel an entry and close what it had filled; its legs are cancelled with it.

        Returns:
            Whether nothing of it is left; False with the reason in ``last_error``.
        """
        return await self._operations.undo(operation_id)

    async def cleanup_stale_operations(self, max_age_hours: float = 24.0) -> int:
        """Forget orders that ended so many hours ago, on disk too; return how many.

        Nothing that works, is unknown or is guarded is forgotten.

        Raises:
            ProjectXOrderError: The age is no number of hours.
        """
        return self._operations.cleanup(max_age_hours)

    async def configure_memory_limits(
        self,
        max_tracked_orders: int | None = None,
        order_ttl_seconds: int | None = None,
        cleanup_interval: int | None = None,
    ) -> None:
        """Change how many ended orders are kept, for how long, and how often that is looked at.

        Raises:
            ProjectXOrderError: A number that cannot be.
        """
        self._upkeep.configure(max_tracked_orders, order_ttl_seconds, cleanup_interval)

    async def shutdown_background_tasks(self) -> None:
        """Stop following the account, as :meth:`OrderManager.cleanup` does."""
        await self._parts.stop()

    async def register_order_callback(
        self, event: str, callback: Callable[[Event], Awaitable[None]]
    ) -> None:
        """Have an async function called with each event of a name, such as ``"order_filled"``.

        Raises:
            ValueError: No such event, or not an async function.
        """
        await self._upkeep.listen(self.event_bus, event, callback)

    async def unregister_order_callback(
        self, event: str, callback: Callable[[Event], Awaitable[None]]
    ) -> None:
        """End what :meth:`register_order_callback` began; harmless when nothing did."""
        await self._upkeep.leave(self.event_bus, event, callback)

    def add_callback(self, _event_type: str, _callback: Callable[[Event], Awaitable[None]]) -> None:
        """Register a handler; deprecated, use ``suite.on(EventType.ORDER_FILLED, handler)``."""
        self._upkeep.listen_deprecated(self.event_bus, _event_type, _callback)

    def get_realtime_validation_status(self) -> dict[str, Any]:
        """Return how orders are known.

        Keys: is_fed, doubt, last_read, reads, read_failures, last_error, outstanding, stale_facts.
        """
        return self._figures.validation()

    async def cleanup_cache(self) -> None:
        """Forget ended orders whose time to be kept is over."""
        self._upkeep.forget()
