"""One order followed to its end, and orders built up step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.exceptions import OrderLifecycleError
    from project_x_py.order_tracker.chain import OrderChainBuilder
    from project_x_py.order_tracker.tracker import OrderTracker, track_order

__all__ = ["OrderChainBuilder", "OrderLifecycleError", "OrderTracker", "track_order"]

_HOMES = {
    ".chain": "OrderChainBuilder",
    ".tracker": "OrderTracker track_order",
    "project_x_py.exceptions": "OrderLifecycleError",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
