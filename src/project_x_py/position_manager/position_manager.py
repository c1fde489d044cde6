"""Positions of one account, or of one contract of it: the documented calls over the parts.

Invariants (``tests/position_manager/test_position_manager.py``): each method is documented in its
own base; a manager of one contract shares everything with that of its account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from project_x_py._core.tallies import Tallies
from project_x_py.event_bus import EventType
from project_x_py.position_manager._closing import PositionCloser
from project_x_py.position_manager._core import PositionCore
from project_x_py.position_manager._money import AccountMoney
from project_x_py.position_manager._reads import PositionReads
from project_x_py.position_manager._reports import PositionReports
from project_x_py.position_manager._watch import PositionWatch
from project_x_py.position_manager._worth import PositionWorth
from project_x_py.position_manager.analytics import PositionAnalyticsMixin
from project_x_py.position_manager.monitoring import PositionMonitoringMixin
from project_x_py.position_manager.operations import PositionOperationsMixin
from project_x_py.position_manager.reporting import PositionReportingMixin
from project_x_py.position_manager.tracking import PositionTrackingMixin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._ports import OrderSource, PositionOrdersOwner, PriceSource, UserFeed
    from project_x_py.event_bus import EventBus
    from project_x_py.position_manager._keeper import PositionKeeper
    from project_x_py.types.config_types import PositionManagerConfig

__all__ = ["PositionManager"]


class PositionManager(
    PositionTrackingMixin,
    PositionAnalyticsMixin,
    PositionOperationsMixin,
    PositionMonitoringMixin,
    PositionReportingMixin,
):
    """What an account holds, what it is worth, and how it is taken off.

    Await :meth:`initialize` before anything else.

    Args:
        project_x_client: A client that is logged in.
        event_bus: Where position events are published.
        risk_manager: Kept as an attribute for those who look it up here.
        data_manager: Tells last prices and trades, for open profits and alerts; without one
            they need prices handed in.
        config: Settings, kept as given.
        bus_for: The bus of a contract's own instrument, where it has one.
    """

    def __init__(
        self,
        project_x_client: OrderSource,
        event_bus: EventBus,
        risk_manager: object | None = None,
        data_manager: PriceSource | None = None,
        config: PositionManagerConfig | None = None,
        *,
        bus_for: Callable[[str], EventBus | None] | None = None,
    ) -> None:
        self.event_bus = event_bus
        self.risk_manager = risk_manager
        self.config: PositionManagerConfig = config or {}
        core = PositionCore(project_x_client, event_bus, data_manager, bus_for)
        clock = core.clock
        tallies = Tallies("position_manager", clock.wall_ns, clock.monotonic_ns)
        self._wire(core, None, tallies)

    def _wire(self, core: PositionCore, scope: str | None, tallies: Tallies) -> None:
        self._core = core
        self._reads = PositionReads(core, scope, tallies)
        self._worth = PositionWorth(core, scope)
        self._closing = PositionCloser(core, scope)
        self._figures = PositionReports(core, scope, self._worth, tallies)
        self._watch = PositionWatch(core, scope, self._reads)

    def of_contract(self, contract_id: str, event_bus: EventBus) -> Self:
        """Return a manager of one contract of the same account, which shares everything.

        Args:
            contract_id: Full contract id.
            event_bus: The bus of the contract's instrument.
        """
        view = type(self).__new__(type(self))
        view.event_bus = event_bus
        view.risk_manager = self.risk_manager
        view.config = self.config
        view._wire(self._core, contract_id, self._figures.tallies)
        return view

    @property
    def account_id(self) -> int:
        """Whose positions these are."""
        return self._core.account_id

    @property
    def last_error(self) -> str | None:
        """Why the last read failed, None when it did not."""
        return self._core.last_error

    @property
    def keeper(self) -> PositionKeeper:
        """The one owner of the account's positions and their money."""
        return self._core.keeper

    @property
    def money(self) -> AccountMoney:
        """Positions and money of the whole account, for those who judge risk."""
        return AccountMoney(self._core)

    async def initialize(
        self,
        realtime_client: UserFeed | None = None,
        order_manager: PositionOrdersOwner | None = None,
    ) -> bool:
        """Read the account and follow it from now on.

        Args:
            realtime_client: Tells of positions and fills as they change; without it reads do.
            order_manager: Takes positions off and reads periodically; its own account of
                positions is this manager's from now on. Without one the manager does both.

        Returns:
            True once a complete read was made; False with the reason in ``last_error``, reading
            then goes on until one succeeds.
        """
        door = None if order_manager is None else order_manager.position_door
        return await self._core.start(realtime_client, door)

    def raise_if_faulted(self) -> None:
        """Raise when a task of the manager has died.

        Raises:
            ProjectXError: Names the task; the failure is its cause.
        """
        self._core.tasks.raise_if_faulted()

    async def cleanup(self) -> None:
        """Follow no more; what is held stays, the real-time client stays open."""
        await self._core.stop()

    async def cleanup_tracking(self) -> None:
        """Forget the history of changes; positions and their money stay."""
        self._core.history.clear()

    async def cleanup_cache(self) -> None:
        """Forget the history of changes; the same as :meth:`cleanup_tracking`."""
        self._core.history.clear()

    def get_realtime_validation_status(self) -> dict[str, Any]:
        """Return how positions are known.

        Keys: is_known, position_updates, reads, read_failures, last_error, unaccounted (contracts
        whose fills do not come to what is held).
        """
        core = self._core
        return {
            "is_known": core.keeper.is_known,
            "position_updates": core.keeper.updates,
            "reads": core.reader.reads,
            "read_failures": core.reader.failures,
            "last_error": core.reader.last_error,
            "unaccounted": [
                held.contract_id
                for held in core.keeper.book
                if not core.keeper.accounts_for(held.contract_id)
            ],
        }

    async def add_callback(self, event_type: str, callback: Callable[..., Awaitable[None]]) -> None:
        """Register a handler on the event bus; prefer ``event_bus.on``."""
        await self.event_bus.on(EventType(event_type), callback)
