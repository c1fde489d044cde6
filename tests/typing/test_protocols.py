"""The SDK's own parts are what the documented protocols say; mypy reads it, pytest runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py import (
        PositionManager,
        ProjectX,
        ProjectXRealtimeClient,
        RealtimeDataManager,
    )
    from project_x_py.order_manager import OrderManager
    from project_x_py.types import (
        OrderManagerProtocol,
        PositionManagerProtocol,
        ProjectXClientProtocol,
        ProjectXRealtimeClientProtocol,
        RealtimeDataManagerProtocol,
    )

    def client(part: ProjectX) -> ProjectXClientProtocol:
        """A client is one."""
        return part

    def realtime(part: ProjectXRealtimeClient) -> ProjectXRealtimeClientProtocol:
        """A pair of hubs is one."""
        return part

    def bars(part: RealtimeDataManager) -> RealtimeDataManagerProtocol:
        """A bar manager is one."""
        return part

    def orders(part: OrderManager) -> OrderManagerProtocol:
        """An order manager is one."""
        return part

    def positions(part: PositionManager) -> PositionManagerProtocol:
        """A position manager is one."""
        return part


def test_protocols_name_what_the_parts_have() -> None:
    """Each method of a documented protocol is one of the part that it describes."""
    from project_x_py import client, order_manager, position_manager, realtime, types
    from project_x_py import realtime_data_manager as data

    parts = {
        types.ProjectXClientProtocol: client.ProjectX,
        types.ProjectXRealtimeClientProtocol: realtime.ProjectXRealtimeClient,
        types.RealtimeDataManagerProtocol: data.RealtimeDataManager,
        types.OrderManagerProtocol: order_manager.OrderManager,
        types.PositionManagerProtocol: position_manager.PositionManager,
    }
    for protocol, part in parts.items():
        names = [name for name in vars(protocol) if not name.startswith("_")]
        assert [name for name in names if name not in dir(part)] == [], part
