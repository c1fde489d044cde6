"""Risk: how large, how far, and when to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.risk_manager.config import RiskConfig
    from project_x_py.risk_manager.managed_trade import ManagedTrade
    from project_x_py.risk_manager.risk_manager import RiskManager

__all__ = ["ManagedTrade", "RiskConfig", "RiskManager"]

_HOMES = {
    "ManagedTrade": "managed_trade",
    "RiskConfig": "config",
    "RiskManager": "risk_manager",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
