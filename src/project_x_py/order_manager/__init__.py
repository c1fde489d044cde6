"""Orders of an account: placed once, found again, always protected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.order_manager.order_manager import OrderManager

__all__ = ["OrderManager"]

_HOMES = {
    ".order_manager": "OrderManager",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
