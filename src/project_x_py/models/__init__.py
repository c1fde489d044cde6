"""Documented data models: entities, answers, event views and the configuration.

Each is a dataclass that checks itself when constructed, reads a gateway payload with
``from_api`` and becomes a plain dictionary with ``to_dict``.

Invariant (``tests/test_models.py``): every name below loads on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

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
    "Account": "entities",
    "BracketOrderResponse": "responses",
    "Instrument": "entities",
    "MarketDataEvent": "events",
    "Order": "entities",
    "OrderPlaceResponse": "responses",
    "OrderUpdateEvent": "events",
    "Position": "entities",
    "PositionUpdateEvent": "events",
    "ProjectXConfig": "settings",
    "Trade": "entities",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
