"""Orders as callers see them: documented models and the data of events.

Invariant (``tests/order_manager/test_views.py``): every order event has the same keys, whatever
happened; prices are those of the contract's grid, sizes whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.products import parse_contract_id
from project_x_py._core.time import format_iso
from project_x_py.exceptions import ProjectXInstrumentError
from project_x_py.models import Order

if TYPE_CHECKING:
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._core.records import OrderUpdate

__all__ = ["event_data", "order_model", "symbol_of"]


def symbol_of(contract_id: str) -> str:
    """Return the ticker of a contract, its code for a product that is not listed."""
    try:
        return parse_contract_id(contract_id).ticker
    except ProjectXInstrumentError:
        return contract_id


def order_model(order: OrderUpdate, grid: TickGrid) -> Order:
    """Return an order as the documented model."""
    created_ns = order.created_ns or order.recv_ns
    return Order(
        id=order.id,
        accountId=order.account_id,
        contractId=order.contract_id,
        creationTimestamp=format_iso(created_ns),
        updateTimestamp=None if order.updated_ns is None else format_iso(order.updated_ns),
        status=order.status,
        type=order.type,
        side=order.side,
        size=order.size,
        fillVolume=order.filled,
        limitPrice=None if order.limit is None else grid.price(order.limit),
        stopPrice=None if order.stop is None else grid.price(order.stop),
        filledPrice=order.average_fill,
        customTag=order.custom_tag,
    )


def event_data(change: OrderChange, grid: TickGrid, *, reconciled: bool) -> dict[str, Any]:
    """Return the data of an order event.

    Keys: order, order_id, contract_id, symbol, order_type, side, size, limit_price, stop_price,
    custom_tag, old_status, new_status, filled_size, total_size, fill_size, modifications, reason,
    reconciled.
    """
    order, before = change.order, change.before
    model = order_model(order, grid)
    return {
        "order": model,
        "order_id": order.id,
        "contract_id": order.contract_id,
        "symbol": symbol_of(order.contract_id),
        "order_type": order.type,
        "side": order.side,
        "size": order.size,
        "limit_price": model.limitPrice,
        "stop_price": model.stopPrice,
        "custom_tag": order.custom_tag,
        "old_status": None if before is None else before.status,
        "new_status": order.status,
        "filled_size": order.filled,
        "total_size": order.size,
        "fill_size": change.filled,
        "modifications": _modifications(change, model),
        "reason": change.reason,
        "reconciled": reconciled,
    }


def _modifications(change: OrderChange, model: Order) -> dict[str, float | int | None]:
    """Return the new values of what was edited, None for what stayed."""
    before, order = change.before, change.order
    if before is None:
        return {"limit_price": None, "stop_price": None, "size": None}
    return {
        "limit_price": model.limitPrice if before.limit != order.limit else None,
        "stop_price": model.stopPrice if before.stop != order.stop else None,
        "size": order.size if before.size != order.size else None,
    }
