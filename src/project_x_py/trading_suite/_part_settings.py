"""What the parts of a suite are set to, defaults included.

Invariant (``tests/trading_suite/test_config.py``): what is given wins; what is not is what the part
itself would do.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set

    from project_x_py.risk_manager import RiskConfig
    from project_x_py.types import (
        DataManagerConfig,
        OrderbookConfig,
        OrderManagerConfig,
        PositionManagerConfig,
    )

__all__ = ["PartSettings"]


class PartSettings:
    """The settings of managers and books, as a suite hands them out."""

    features: Set[str]
    order_manager_config: OrderManagerConfig | None
    position_manager_config: PositionManagerConfig | None
    data_manager_config: DataManagerConfig | None
    orderbook_config: OrderbookConfig | None
    risk_config: RiskConfig | None

    def get_order_manager_config(self) -> OrderManagerConfig:
        """Return the settings of the order manager, defaults included."""
        made: OrderManagerConfig = {
            "enable_bracket_orders": True,
            "enable_trailing_stops": True,
            "enable_order_validation": True,
            "auto_risk_management": "risk_manager" in self.features,
        }
        return {**made, **(self.order_manager_config or {})}

    def get_position_manager_config(self) -> PositionManagerConfig:
        """Return the settings of the position manager, defaults included."""
        made: PositionManagerConfig = {
            "enable_risk_monitoring": "risk_manager" in self.features,
            "enable_correlation_analysis": True,
            "enable_portfolio_rebalancing": False,
        }
        return {**made, **(self.position_manager_config or {})}

    def get_data_manager_config(self) -> DataManagerConfig:
        """Return the settings of the bar managers, defaults included."""
        made: DataManagerConfig = {
            "max_bars_per_timeframe": 1_000,
            "enable_tick_data": True,
            "enable_level2_data": "orderbook" in self.features,
            "data_validation": True,
            "auto_cleanup": True,
            "enable_dynamic_limits": False,
        }
        return {**made, **(self.data_manager_config or {})}

    def get_orderbook_config(self) -> OrderbookConfig:
        """Return the settings of the order books, defaults included."""
        made: OrderbookConfig = {"enable_analytics": True, "enable_pattern_detection": True}
        given = self.orderbook_config or {}
        # The number of trades has a second name, which then is the one that counts.
        if "max_trades" not in given:
            made["max_trade_history"] = 10_000
        return {**made, **given}

    def get_risk_config(self) -> RiskConfig:
        """Return the limits of the risk manager.

        Without a ``risk_config`` they are the defaults, but for ``max_position_size`` and
        ``max_portfolio_risk`` of the position manager's settings.
        """
        if self.risk_config is not None:
            return self.risk_config
        from project_x_py.risk_manager import RiskConfig

        given = self.position_manager_config or {}
        found = RiskConfig()
        if "max_position_size" in given:
            found = replace(found, max_position_size=given["max_position_size"])
        if "max_portfolio_risk" in given:
            share = Decimal(str(given["max_portfolio_risk"]))
            found = replace(found, max_portfolio_risk=share)
        return found
