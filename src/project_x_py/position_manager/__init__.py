"""Positions of an account: what is held, what it is worth, and how it is taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.position_manager.position_manager import PositionManager

__all__ = ["PositionManager"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from project_x_py.position_manager import position_manager

    value: object = getattr(position_manager, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
