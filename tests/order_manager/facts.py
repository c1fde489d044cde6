"""Facts about orders and positions, written out, for tests that need no gateway."""

from __future__ import annotations

from typing import Any

from project_x_py._core.grid import TickGrid
from project_x_py._core.orders.ledger import Change, OrderChange
from project_x_py._core.records import OrderUpdate, PositionUpdate

__all__ = ["CONTRACT", "GRID", "change", "held", "order"]

CONTRACT = "CON.F.US.MNQ.Z26"
GRID = TickGrid(0.25, 0.5)


def order(number: int = 1, **changes: Any) -> OrderUpdate:
    """A limit buy of two at 20,000 that works, unless it is changed."""
    values: dict[str, Any] = {
        "account_id": 1,
        "contract_id": CONTRACT,
        "status": 1,
        "type": 1,
        "side": 0,
        "size": 2,
        "limit": 80_000,
        "recv_ns": 1,
        **changes,
    }
    return OrderUpdate(id=number, **values)


def change(kind: Change, after: OrderUpdate, before: OrderUpdate | None = None, **more: Any) -> Any:
    """One change of an order."""
    return OrderChange(kind, after, before, **more)


def held(net: int, recv_ns: int) -> PositionUpdate:
    """A statement about a position."""
    return PositionUpdate(
        id=1,
        account_id=1,
        contract_id=CONTRACT,
        net=net,
        average_price=20_000.0,
        recv_ns=recv_ns,
    )
