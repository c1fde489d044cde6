"""Orders of one account: the documented calls over the desk, the guard and the reconciler.

Invariants (``tests/order_manager/test_order_manager.py``): a mistake of the caller is an exception
before anything leaves; a refusal by the gateway is a response with ``success`` False; one call
sends one order; a call never returns an outcome that the gateway did not show.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from msgspec.structs import replace

from project_x_py._core.orders.state import PENDING_CANCELLATION
from project_x_py.order_manager._figures import OrderFigures
from project_x_py.order_manager._operations import Operations
from project_x_py.order_manager._parts import OrderParts
from project_x_py.order_manager._position_orders import PositionOrders
from project_x_py.order_manager._reads import OrderReads
from project_x_py.order_manager._trades import TradeDoor
from project_x_py.order_manager._upkeep import Upkeep
from project_x_py.order_manager._work import OrderWork
from project_x_py.order_manager.figures import FiguresMixin
from project_x_py.order_manager.placing import PlacingMixin
from project_x_py.order_manager.position_orders import PositionOrderMixin
from project_x_py.order_manager.upkeep import UpkeepMixin

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.records import OrderUpdate
    from project_x_py._ports import LastPrices, OrderSource, UserFeed
    from project_x_py._runtime.journal import Journal
    from project_x_py.event_bus import EventBus
    from project_x_py.order_manager._desk import OrderGate
    from project_x_py.order_manager._memos import Memos
    from project_x_py.order_manager._position_door import PositionDoor
    from project_x_py.types.config_types import OrderManagerConfig

__all__ = ["OrderManager"]


class OrderManager(PlacingMixin, PositionOrderMixin, FiguresMixin, UpkeepMixin):
    """Places, changes, cancels and finds the orders of one account.

    Await :meth:`initialize` before the first order.

    Args:
        project_x_client: A client that is logged in.
        event_bus: Where order events are published.
        config: Settings; ``max_order_size``, ``max_orders_per_minute``,
            ``order_timeout_minutes``, ``default_order_type``, ``require_confirmation`` and
            ``auto_cancel_on_close`` (on unless it is False) are kept, and ``enable_stop_limit``
            lets stop-limit orders through.
        journal: Where intents are written down before they are sent; None keeps none.
        gate: Asked before every order that adds risk.
        prices: Who knows last prices; without it, sides of stops are the gateway's to judge.
        bus_for: Finds the bus of a contract, where it is not ``event_bus``.
        random_hex: Makes so many random bytes, as text; tags are made of it.
    """

    def __init__(
        self,
        project_x_client: OrderSource,
        event_bus: EventBus,
        config: OrderManagerConfig | None = None,
        *,
        journal: Journal | None = None,
        gate: OrderGate | None = None,
        prices: LastPrices | None = None,
        bus_for: Callable[[str], EventBus] | None = None,
        random_hex: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self.event_bus = event_bus
        self.config: OrderManagerConfig = config or {}
        self._parts = OrderParts(
            project_x_client,
            event_bus,
            self.config,
            journal=journal,
            gate=gate,
            prices=prices,
            bus_for=bus_for,
            random_hex=random_hex,
        )
        self._work = OrderWork(self._parts)
        self._trades = TradeDoor(self._parts, self._work)
        self._reads = OrderReads(self._parts)
        self._position_orders = PositionOrders(self._parts)
        self._oco = self._parts.oco
        self._figures = OrderFigures(self._parts)
        self._operations = Operations(self._parts)
        self._upkeep = Upkeep(self._parts, self._operations)
        self._parts.upkeep = self._upkeep.run

    @property
    def account_id(self) -> int:
        """The account whose orders these are."""
        return self._parts.account_id

    @property
    def last_error(self) -> str | None:
        """Why the last call that returned False, or no success, did so."""
        return self._parts.last_error

    @property
    def doubt(self) -> str | None:
        """Why the account's orders are not known for sure, None when they are."""
        return self._parts.doubt()

    @property
    def position_door(self) -> PositionDoor:
        """The orders, as those see them who look after positions."""
        return self._parts.door

    @property
    def trade_door(self) -> TradeDoor:
        """Entries and their protection, as those see them who manage trades."""
        return self._trades

    @property
    def memos(self) -> Memos:
        """What other parts want to find again in the next run."""
        return self._parts.memos

    def working_orders(self) -> tuple[OrderUpdate, ...]:
        """Return the working orders of all contracts as they are known; nothing is sent.

        One whose cancellation was accepted has the status PENDING_CANCELLATION until its end is
        known.
        """
        desk = self._parts.desk
        return tuple(
            replace(order, status=PENDING_CANCELLATION) if desk.is_leaving(order.id) else order
            for order in self._parts.working()
        )

    def add_read_listener(self, listener: Callable[[tuple[OrderUpdate, ...]], None]) -> None:
        """Call ``listener`` with all working orders after each complete read of the account."""
        self._parts.on_read.append(listener)

    def raise_if_faulted(self) -> None:
        """Raise when a task of the manager has died.

        Raises:
            ProjectXError: Names the task; the failure is its cause.
        """
        self._parts.tasks.raise_if_faulted()

    async def initialize(self, realtime_client: UserFeed | None = None) -> bool:
        """Take up what an earlier run left, read the account, and follow it from now on.

        Args:
            realtime_client: Tells of orders as they change; without it reads alone do.

        Returns:
            True once a complete read was made; False with the reason in ``last_error``, reading
            then goes on until one succeeds.

        Raises:
            JournalError: The order journal cannot be opened.
        """
        return await self._parts.start(realtime_client)

    async def cleanup(self) -> None:
        """Stop following; working orders stay at the gateway, the real-time client stays open."""
        await self._parts.stop()
