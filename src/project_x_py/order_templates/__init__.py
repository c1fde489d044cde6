"""Ready-made ways to enter with a stop and a target, sized by risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

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
    ".base": "OrderTemplate",
    ".named": "get_template",
    ".templates": "ATRStopTemplate BreakoutTemplate RiskRewardTemplate ScalpingTemplate",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
