"""An order manager on an in-process gateway, fed by its user hub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.suites import login

from project_x_py import EventType
from project_x_py.client import ProjectX
from project_x_py.event_bus import Event, EventBus
from project_x_py.order_manager import OrderManager
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.simulator import SimulatedGateway

__all__ = ["ORDER_EVENTS", "Desk", "managed"]

ORDER_EVENTS = [member for member in EventType if member.value.startswith("order_")]


class Desk:
    """A manager, its client, and the events it published.

    Args:
        client: Logged in.
        orders: Initialised.
        price: The newest price, in points.
        contract_id: The one contract there is.
    """

    def __init__(
        self, client: ProjectX, orders: OrderManager, price: float, contract_id: str
    ) -> None:
        self.client = client
        self.orders = orders
        self.price = price
        self.contract_id = contract_id
        self.events: list[Event] = []

    @property
    def names(self) -> list[str]:
        """The events so far, without those of legs."""
        return [
            event.type.value
            for event in self.events
            if "-" not in str(event.data["custom_tag"])[12:]
        ]

    async def take(self, event: Event) -> None:
        """Keep an event."""
        self.events.append(event)

    async def held(self) -> int:
        """Contracts held, as the gateway says."""
        listed = await self.client.order_queries().positions(self.orders.account_id)
        return sum(row.net for row in listed.rows)


@asynccontextmanager
async def managed(
    *, hub: bool = True, gateway: dict[str, Any] | None = None, **keywords: Any
) -> AsyncIterator[tuple[SimulatedGateway, Desk]]:
    """A manager of the first account, with or without the user hub."""
    options = {"in_process": True, "instruments": ("MNQ",), **(gateway or {})}
    async with SimulatedGateway(**options) as served, ProjectX(**login(served)) as client:
        await client.authenticate()
        bus = EventBus()
        orders = OrderManager(client, bus, **keywords)
        realtime = ProjectXRealtimeClient(
            client.get_session_token(), str(orders.account_id), config=client.config
        )
        contract = await client.get_instrument("MNQ")
        bars = await client.get_bars("MNQ", days=1, interval=1)
        desk = Desk(client, orders, bars["close"][-1], contract.id)
        for kind in ORDER_EVENTS:
            await bus.on(kind, desk.take)
        try:
            if hub:
                assert await realtime.connect()
                assert await realtime.subscribe_user_updates()
            assert await orders.initialize(realtime if hub else None)
            yield served, desk
        finally:
            await orders.cleanup()
            await realtime.cleanup()
            await bus.aclose(1)
