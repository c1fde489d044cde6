"""A user's limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from project_x_py.risk_manager import RiskConfig


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_risk_per_trade": 0},
        {"max_daily_loss": 1.5},
        {"max_daily_loss_amount": -1},
        {"max_position_size": 0},
        {"default_stop_distance": 0},
        {"stop_loss_type": "far"},
        {"stop_loss_type": "percentage", "default_stop_distance": 5_000},
        {"allowed_trading_hours": [("9 o'clock", "16:00")]},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """Shares, distances, counts and hours are looked at when the settings are made."""
    with pytest.raises(ValueError):
        RiskConfig(**wrong)


def test_the_smaller_of_share_and_amount_holds() -> None:
    """Floats are read as the decimals that they are written as."""
    config = RiskConfig(max_risk_per_trade=0.01, max_daily_loss_amount=100)
    assert config.trade_limit(Decimal(50_000)) == 500
    assert config.day_limit(Decimal(50_000)) == 100
    assert config.day_limit(Decimal(1_000)) == 30
    assert config.to_dict()["max_risk_per_trade"] == 0.01


@pytest.mark.parametrize("balance", [Decimal(0), Decimal(-300)])
def test_an_account_that_begins_with_nothing_is_limited_by_amounts(balance: Decimal) -> None:
    """A share of it is nothing, and no order would ever be small enough."""
    config = RiskConfig(max_risk_per_trade_amount=100, max_daily_loss_amount=400)
    assert config.trade_limit(balance) == 100
    assert config.day_limit(balance) == config.portfolio_limit(balance) == 400
    assert RiskConfig().trade_limit(balance) <= 0
    assert config.portfolio_limit(Decimal(50_000)) == 2_500
