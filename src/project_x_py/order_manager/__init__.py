"""Orders of an account: placed once, found again, always protected."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.order_manager.order_manager import OrderManager

__all__ = ["OrderManager"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from project_x_py.order_manager import order_manager

    value: object = getattr(order_manager, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
