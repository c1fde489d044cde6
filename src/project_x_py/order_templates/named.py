"""Templates by name.

Invariant (``tests/order_templates/test_templates.py``): the names are the documented ones, and each
call makes a template of its own.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from project_x_py.order_templates.templates import (
    ATRStopTemplate,
    BreakoutTemplate,
    RiskRewardTemplate,
    ScalpingTemplate,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py.order_templates.base import OrderTemplate

__all__ = ["TEMPLATES", "get_template"]

TEMPLATES: dict[str, Callable[[], OrderTemplate]] = {
    "conservative_rr": lambda: RiskRewardTemplate(risk_reward_ratio=3.0),
    "conservative_atr": lambda: ATRStopTemplate(atr_multiplier=1.5, target_multiplier=2.0),
    "standard_rr": RiskRewardTemplate,
    "standard_atr": ATRStopTemplate,
    "standard_breakout": BreakoutTemplate,
    "aggressive_rr": lambda: RiskRewardTemplate(risk_reward_ratio=1.5, use_limit_entry=False),
    "aggressive_atr": lambda: ATRStopTemplate(atr_multiplier=3.0, target_multiplier=2.0),
    "aggressive_scalp": lambda: ScalpingTemplate(stop_ticks=6, target_ticks=6, max_spread_ticks=3),
    "tight_scalp": lambda: ScalpingTemplate(stop_ticks=3, target_ticks=6, max_spread_ticks=1),
    "normal_scalp": ScalpingTemplate,
    "wide_scalp": lambda: ScalpingTemplate(stop_ticks=8, target_ticks=16, max_spread_ticks=4),
}


def get_template(name: str) -> OrderTemplate:
    """Return a template by name.

    Raises:
        ValueError: There is none of that name; close matches are listed.
    """
    make = TEMPLATES.get(name)
    if make is None:
        close = difflib.get_close_matches(str(name), TEMPLATES, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else f"there is {', '.join(TEMPLATES)}"
        raise ValueError(f"unknown template {name!r}; {hint}")
    return make()
