"""Risk: how large, how far, and when to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.risk_manager.config import RiskConfig
    from project_x_py.risk_manager.managed_trade import ManagedTrade
    from project_x_py.risk_manager.risk_manager import RiskManager

__all__ = ["ManagedTrade", "RiskConfig", "RiskManager"]

_HOMES = {
    ".config": "RiskConfig",
    ".managed_trade": "ManagedTrade",
    ".risk_manager": "RiskManager",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
