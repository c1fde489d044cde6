"""Positions as callers see them: documented models and the data of events.

Invariant (``tests/position_manager/test_position_manager.py``):
every position event has the same keys; the
signed ``netPos`` agrees with ``type`` and ``size``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.products import parse_contract_id
from project_x_py._core.time import format_iso
from project_x_py.exceptions import ProjectXInstrumentError
from project_x_py.models import Position
from project_x_py.types.trading import PositionType

if TYPE_CHECKING:
    from decimal import Decimal

    from project_x_py._core.positions import PositionChange
    from project_x_py._core.records import PositionUpdate

__all__ = ["cents", "event_data", "position_model", "signed_size", "symbol_of"]


def symbol_of(contract_id: str) -> str:
    """Return the ticker of a contract, its id for a product that is not listed."""
    try:
        return parse_contract_id(contract_id).ticker
    except ProjectXInstrumentError:
        return contract_id


def signed_size(position: Position) -> int:
    """Return the contracts of a model, negative when short."""
    return position.signed_size


def position_model(held: PositionUpdate) -> Position:
    """Return a position as the documented model."""
    kind = PositionType.LONG if held.net > 0 else PositionType.SHORT
    return Position(
        id=held.id,
        accountId=held.account_id,
        contractId=held.contract_id,
        creationTimestamp=format_iso(held.created_ns or held.recv_ns),
        type=int(kind if held.net else PositionType.UNDEFINED),
        size=abs(held.net),
        averagePrice=held.average_price,
    )


def event_data(change: PositionChange, pnl: Decimal | None) -> dict[str, Any]:
    """Return the data of a position event.

    Keys: id, accountId, contractId, creationTimestamp, type, size, averagePrice, netPos,
    contract_id, symbol, pnl. The last is dollars before costs, of a position that closed.
    """
    model = position_model(change.position)
    return {
        "id": model.id,
        "accountId": model.accountId,
        "contractId": model.contractId,
        "creationTimestamp": model.creationTimestamp,
        "type": model.type,
        "size": model.size,
        "averagePrice": model.averagePrice,
        "netPos": change.position.net,
        "contract_id": model.contractId,
        "symbol": symbol_of(model.contractId),
        "pnl": None if pnl is None else cents(pnl),
    }


def cents(value: Decimal) -> float:
    """Return dollars as a float, rounded to the cent."""
    return float(round(value, 2))
