"""One instrument of a suite: its contract and everything that concerns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py.event_bus import Event, EventBus, EventType
    from project_x_py.models import Instrument
    from project_x_py.order_manager import OrderManager
    from project_x_py.orderbook import OrderBook
    from project_x_py.position_manager import PositionManager
    from project_x_py.realtime_data_manager import RealtimeDataManager
    from project_x_py.risk_manager import ManagedTrade, RiskManager

__all__ = ["ContextParts", "InstrumentContext"]


@dataclass(frozen=True)
class ContextParts:
    """What an instrument has of its own, before the account's managers exist.

    Attributes:
        symbol: As it was asked for.
        instrument_info: The contract that it names.
        data: Bars, quotes, prices.
        event_bus: The instrument's events.
        orderbook: The level-2 book when there is one.
    """

    symbol: str
    instrument_info: Instrument
    data: RealtimeDataManager
    event_bus: EventBus
    orderbook: OrderBook | None = None


@dataclass(frozen=True)
class InstrumentContext:
    """The parts of a suite that belong to one instrument.

    Attributes:
        symbol: As it was asked for.
        instrument_info: The contract that it names.
        data: Bars, quotes, prices.
        orders: The orders of the account, those of other instruments included.
        positions: The positions of this instrument, a view on those of the account.
        event_bus: The instrument's events; the suite's bus receives them too.
        orderbook: The level-2 book when the suite was created with that feature.
        risk_manager: Limits, sizes and stops for this instrument; None without the feature.
    """

    symbol: str
    instrument_info: Instrument
    data: RealtimeDataManager
    orders: OrderManager
    positions: PositionManager
    event_bus: EventBus
    orderbook: OrderBook | None = None
    risk_manager: RiskManager | None = None

    def managed_trade(
        self, max_risk_percent: float | None = None, max_risk_amount: float | None = None
    ) -> ManagedTrade:
        """Return a trade of this instrument, to be used as ``async with``.

        Args:
            max_risk_percent: Share of the balance that it may lose, 0.01 for one percent.
            max_risk_amount: The same in dollars; the smaller of both holds.

        Raises:
            ValueError: The suite has no risk manager, or a limit that cannot be.
        """
        risk = self.risk_manager
        if risk is None:
            raise ValueError("a managed trade needs features=['risk_manager']")
        from project_x_py.risk_manager import ManagedTrade

        return ManagedTrade(
            risk,
            self.orders,
            self.positions,
            self.instrument_info.id,
            self.data,
            self.event_bus,
            max_risk_percent,
            max_risk_amount,
        )

    @property
    def instrument(self) -> Instrument:
        """The contract; the same as ``instrument_info``."""
        return self.instrument_info

    def on(
        self, event: EventType | str, handler: Callable[[Event], Awaitable[Any]] | None = None
    ) -> Any:
        """Register a handler for this instrument's events; see :meth:`EventBus.on`."""
        return self.event_bus.on(event) if handler is None else self.event_bus.on(event, handler)

    def once(
        self, event: EventType | str, handler: Callable[[Event], Awaitable[Any]] | None = None
    ) -> Any:
        """Register a handler for the next such event only; see :meth:`EventBus.once`."""
        return (
            self.event_bus.once(event) if handler is None else self.event_bus.once(event, handler)
        )

    async def off(
        self,
        event: EventType | str | None = None,
        handler: Callable[[Event], Awaitable[Any]] | None = None,
    ) -> None:
        """Remove exactly what is named; see :meth:`EventBus.off`."""
        await self.event_bus.off(event, handler)

    async def wait_for(self, event: EventType | str, timeout: float | None = None) -> Event:
        """Wait for this instrument's next such event; see :meth:`EventBus.wait_for`."""
        return await self.event_bus.wait_for(event, timeout)
