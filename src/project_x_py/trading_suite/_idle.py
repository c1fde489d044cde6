"""Documented settings that change nothing here, and what does what they stand for.

They are accepted, since scripts have them, and named in the log when they are given, since whoever
sets one relies on it.

Invariant (``tests/trading_suite/test_idle.py``): each documented key of a part's settings has an
effect or is listed here, and the list is the one of ``docs/compatibility.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py.trading_suite.config import TradingSuiteConfig

__all__ = ["IDLE", "idle_settings"]

_ALWAYS = "always on"
_BOUNDED = "what is kept is bounded by `max_bars_per_timeframe`, and nothing has to clean up"
_STATUS = "what became of an order is looked up until it is known"
_RISK = "`features=['risk_manager']` with a `RiskConfig`"

IDLE: Mapping[str, Mapping[str, str]] = {
    "order_manager_config": {
        "enable_bracket_orders": _ALWAYS,
        "enable_trailing_stops": _ALWAYS,
        "enable_order_validation": _ALWAYS,
        "auto_risk_management": "the limits of `features=['risk_manager']` hold for every entry",
        "status_check_max_attempts": _STATUS,
        "status_check_initial_delay": _STATUS,
        "status_check_backoff_factor": _STATUS,
        "status_check_max_delay": _STATUS,
        "status_check_circuit_breaker_threshold": _STATUS,
        "status_check_circuit_breaker_reset_time": _STATUS,
    },
    "position_manager_config": {
        "enable_risk_monitoring": _RISK,
        "auto_stop_loss": "no stop is placed by itself: `place_bracket_order`, `managed_trade`, or "
        "`risk_manager.attach_risk_orders`",
        "auto_take_profit": "no target is placed by itself: as for `auto_stop_loss`",
        "position_sizing_method": "`calculate_position_size`, and `use_kelly_criterion` of a "
        "`RiskConfig`",
        "enable_correlation_analysis": "`max_correlated_positions` of a `RiskConfig`",
        "enable_portfolio_rebalancing": "nothing trades by itself",
        "rebalance_frequency_minutes": "nothing trades by itself",
        "risk_calculation_interval": "risk is reckoned when it is asked for, and at every entry",
    },
    "data_manager_config": {
        "enable_tick_data": _ALWAYS,
        "enable_level2_data": "`features=['orderbook']`",
        "buffer_size": _BOUNDED,
        "compression_enabled": "bars are held in flat columns, uncompressed",
        "auto_cleanup": _BOUNDED,
        "cleanup_interval_minutes": _BOUNDED,
        "historical_data_cache": "history is read from the gateway at every start",
        "cache_expiry_hours": "history is read from the gateway at every start",
        "timezone": "`timezone` of `create`",
        "initial_days": "`initial_days` of `create`",
        "enable_dynamic_limits": "limits do not move: `max_bars_per_timeframe`",
        "resource_config": "limits do not move: `max_bars_per_timeframe`",
    },
    "orderbook_config": {
        "enable_market_by_order": "the gateway sends levels, not orders",
        "compression_level": "nothing is compressed",
        "enable_delta_updates": _ALWAYS,
        "price_precision": "prices are exact on the contract's grid",
    },
}
"""Keys by the setting that they are of, each with what to use or to know instead."""


def idle_settings(config: TradingSuiteConfig) -> list[str]:
    """Return a sentence for each setting that was given and changes nothing."""
    found: list[str] = []
    given: Mapping[str, Mapping[str, object] | None] = {
        "order_manager_config": config.order_manager_config,
        "position_manager_config": config.position_manager_config,
        "data_manager_config": config.data_manager_config,
        "orderbook_config": config.orderbook_config,
    }
    for section, settings in given.items():
        found += [
            f"{section}: {key} changes nothing here: {IDLE[section][key]}"
            for key in settings or ()
            if key in IDLE[section]
        ]
    if config.risk_config is None and "risk_manager" in config.features:
        return found
    limits = ("max_position_size", "max_portfolio_risk")
    reason = _RISK if "risk_manager" not in config.features else "the `risk_config` counts"
    return found + [
        f"position_manager_config: {key} changes nothing here: {reason}"
        for key in config.position_manager_config or ()
        if key in limits
    ]
