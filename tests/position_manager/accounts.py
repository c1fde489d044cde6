"""A position manager on an in-process gateway, with or without an order manager beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.suites import login

from project_x_py import EventType
from project_x_py._core.grid import TickGrid
from project_x_py._core.prices import PriceBoard
from project_x_py.client import ProjectX
from project_x_py.event_bus import Event, EventBus
from project_x_py.order_manager import OrderManager
from project_x_py.position_manager import PositionManager
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.simulator import SimulatedGateway

__all__ = ["BUY", "POSITION_EVENTS", "SELL", "Account", "following"]

BUY, SELL = 0, 1
POSITION_EVENTS = [
    EventType.POSITION_OPENED,
    EventType.POSITION_UPDATED,
    EventType.POSITION_CLOSED,
    EventType.POSITION_PNL_UPDATE,
    EventType.RISK_LIMIT_WARNING,
]


class Account:
    """A manager, what trades for it, and the events it published.

    Args:
        client: Logged in.
        positions: Initialised.
        orders: Beside it, where there is one.
        board: Last prices.
        contract_id: The one contract there is.
        grid: Its prices.
    """

    def __init__(
        self,
        client: ProjectX,
        positions: PositionManager,
        orders: OrderManager | None,
        board: PriceBoard,
        contract_id: str,
        grid: TickGrid,
    ) -> None:
        self.client = client
        self.positions = positions
        self.orders = orders
        self.board = board
        self.contract_id = contract_id
        self.grid = grid
        self.events: list[Event] = []

    def names(self) -> list[str]:
        """The events so far."""
        return [event.type.value for event in self.events]

    def of(self, kind: EventType) -> list[dict[str, Any]]:
        """The data of the events of a kind."""
        return [event.data for event in self.events if event.type is kind]

    async def take(self, event: Event) -> None:
        """Keep an event."""
        self.events.append(event)

    async def trade(self, side: int, size: int, wait_s: float = 1.0) -> None:
        """Trade at the market, past every manager."""
        answer = await self.client.order_gateway().place(
            _market(self.positions.account_id, self.contract_id, side, size)
        )
        assert type(answer).__name__ == "Accepted", answer
        await asyncio.sleep(wait_s)


def _market(account_id: int, contract_id: str, side: int, size: int) -> Any:
    from project_x_py._core.submission import OrderRequest

    return OrderRequest(
        account_id=account_id, contract_id=contract_id, type=2, side=side, size=size
    )


@asynccontextmanager
async def following(
    *,
    hub: bool = True,
    orders: bool = False,
    held: int = 0,
    gateway: dict[str, Any] | None = None,
) -> AsyncIterator[tuple[SimulatedGateway, Account]]:
    """A manager of the first account; ``held`` contracts are bought before it begins."""
    options = {"in_process": True, "instruments": ("MNQ",), **(gateway or {})}
    async with SimulatedGateway(**options) as served, ProjectX(**login(served)) as client:
        await client.authenticate()
        bus = EventBus()
        contract = await client.get_instrument("MNQ")
        grid = TickGrid(contract.tickSize, contract.tickValue)
        account_id = client.get_account_info().id
        realtime = ProjectXRealtimeClient(
            client.get_session_token(), str(account_id), config=client.config
        )
        board = PriceBoard(client.clock.now_ns)
        realtime.attach(contract.id, grid, board, rank=3)
        manager = OrderManager(client, bus) if orders else None
        positions = PositionManager(client, bus, data_manager=board)
        made = Account(client, positions, manager, board, contract.id, grid)
        for kind in POSITION_EVENTS:
            await bus.on(kind, made.take)
        try:
            assert await realtime.connect()
            assert await realtime.subscribe_market_data([contract.id])
            if hub:
                assert await realtime.subscribe_user_updates()
            if held:
                await made.trade(BUY, held)
            feed = realtime if hub else None
            if manager is not None:
                assert await manager.initialize(feed)
            assert await positions.initialize(feed, manager)
            yield served, made
        finally:
            await positions.cleanup()
            if manager is not None:
                await manager.cleanup()
            await realtime.cleanup()
            await bus.aclose(1)
