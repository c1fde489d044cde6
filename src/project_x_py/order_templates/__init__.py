"""Ready-made ways to enter with a stop and a target, sized by risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.order_templates.base import OrderTemplate
    from project_x_py.order_templates.named import get_template
    from project_x_py.order_templates.templates import (
        ATRStopTemplate,
        BreakoutTemplate,
        RiskRewardTemplate,
        ScalpingTemplate,
    )

__all__ = [
    "ATRStopTemplate",
    "BreakoutTemplate",
    "OrderTemplate",
    "RiskRewardTemplate",
    "ScalpingTemplate",
    "get_template",
]

_HOMES = {
    "ATRStopTemplate": "templates",
    "BreakoutTemplate": "templates",
    "OrderTemplate": "base",
    "RiskRewardTemplate": "templates",
    "ScalpingTemplate": "templates",
    "get_template": "named",
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
