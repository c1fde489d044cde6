"""One order followed to its end, and orders built up step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.exceptions import OrderLifecycleError
    from project_x_py.order_tracker.chain import OrderChainBuilder
    from project_x_py.order_tracker.tracker import OrderTracker, track_order

__all__ = ["OrderChainBuilder", "OrderLifecycleError", "OrderTracker", "track_order"]

_HOMES = {
    "OrderChainBuilder": "project_x_py.order_tracker.chain",
    "OrderLifecycleError": "project_x_py.exceptions",
    "OrderTracker": "project_x_py.order_tracker.tracker",
    "track_order": "project_x_py.order_tracker.tracker",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
