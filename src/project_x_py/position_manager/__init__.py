"""Positions of an account: what is held, what it is worth, and how it is taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.position_manager._flatten import FlatProof
    from project_x_py.position_manager.position_manager import PositionManager

__all__ = ["FlatProof", "PositionManager"]

_HOMES = {"FlatProof": "_flatten", "PositionManager": "position_manager"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
