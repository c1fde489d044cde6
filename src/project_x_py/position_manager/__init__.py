"""Positions of an account: what is held, what it is worth, and how it is taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.position_manager._flatten import FlatProof
    from project_x_py.position_manager.position_manager import PositionManager

__all__ = ["FlatProof", "PositionManager"]

_HOMES = {
    "._flatten": "FlatProof",
    ".position_manager": "PositionManager",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
