"""Documented data models: entities, answers, event views and the configuration.

Each is a dataclass that checks itself when constructed, reads a gateway payload with
``from_api`` and becomes a plain dictionary with ``to_dict``.

Invariant (``tests/test_models.py``): every name below loads on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.models.entities import Account, Instrument, Order, Position, Trade
    from project_x_py.models.events import MarketDataEvent, OrderUpdateEvent, PositionUpdateEvent
    from project_x_py.models.responses import BracketOrderResponse, OrderPlaceResponse
    from project_x_py.models.settings import ProjectXConfig

__all__ = [
    "Account",
    "BracketOrderResponse",
    "Instrument",
    "MarketDataEvent",
    "Order",
    "OrderPlaceResponse",
    "OrderUpdateEvent",
    "Position",
    "PositionUpdateEvent",
    "ProjectXConfig",
    "Trade",
]

_HOMES = {
    ".entities": "Account Instrument Order Position Trade",
    ".events": "MarketDataEvent OrderUpdateEvent PositionUpdateEvent",
    ".responses": "BracketOrderResponse OrderPlaceResponse",
    ".settings": "ProjectXConfig",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
