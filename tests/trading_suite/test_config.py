"""What a suite is asked for is checked before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from project_x_py.orderbook._settings import BookSettings
from project_x_py.risk_manager import RiskConfig
from project_x_py.trading_suite import Features, TradingSuite, TradingSuiteConfig


@pytest.mark.parametrize("name", ["instruments", "timeframes"])
def test_a_lone_text_is_one_entry(name: str) -> None:
    """One symbol or timeframe may be given without a list around it."""
    given: dict[str, Any] = {"instruments": ["MNQ"], name: "1min"}
    assert getattr(TradingSuiteConfig(**given), name) == ("1min",)


def test_a_lone_feature_is_one_feature() -> None:
    """A feature may be given without a list around it, as a text or a member."""
    assert Features.parse("orderbook") == Features.parse(Features.ORDERBOOK) == {"orderbook"}


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"instruments": 5}, TypeError, "instruments must be a text or a list of texts, not 5"),
        ({"instruments": ["MNQ", None]}, TypeError, "instruments must hold texts, not None"),
        ({"instruments": " "}, ValueError, "at least one instrument"),
        ({"timeframes": [1]}, TypeError, "timeframes must hold texts, not 1"),
        ({"timeframes": "2min"}, ValueError, "did you mean 5min"),
        ({"timeframes": []}, ValueError, "name at least one"),
        ({"initial_days": "x"}, TypeError, "initial_days must be a number of days, not 'x'"),
        ({"initial_days": True}, TypeError, "initial_days"),
        ({"initial_days": 0}, ValueError, "above zero"),
        ({"initial_days": float("inf")}, ValueError, "above zero"),
        ({"timezone": "Mars/Base"}, ValueError, "America/Chicago"),
        ({"timezone": "America"}, ValueError, "unknown time zone 'America'"),
        ({"timezone": None}, TypeError, "timezone must be a text such as 'America/Chicago'"),
        ({"auto_connect": "no"}, TypeError, "auto_connect must be True or False, not 'no'"),
        ({"data_manager_config": {"max_bars_per_timeframe": 0}}, ValueError, "a count above 0"),
        ({"data_manager_config": {"max_bars_per_timeframe": "9"}}, ValueError, "not '9'"),
        ({"orderbook_config": {"max_trade": 5}}, ValueError, "did you mean max_trades"),
        ({"order_manager_config": 5}, TypeError, "order_manager_config must be a mapping, not 5"),
        ({"risk_config": {"max_positions": 1}}, TypeError, "must be a RiskConfig"),
    ],
)
def test_a_setting_that_cannot_be_carried_out_is_refused(
    given: dict[str, Any], error: type[Exception], match: str
) -> None:
    """The refusal names the setting, the value, and what would do."""
    with pytest.raises(error, match=match):
        TradingSuiteConfig(**{"instruments": ["MNQ"], **given})


@pytest.mark.parametrize(
    "given",
    [
        {"instruments": "MNQ", "instrument": "ES"},
        {"instruments": "MNQ", "timezone": "UTC", "timezone_str": "Europe/Berlin"},
    ],
)
async def test_two_names_of_a_setting_may_not_disagree(given: dict[str, str]) -> None:
    """Neither value is taken in silence when a setting is given twice."""
    with pytest.raises(ValueError, match="mean the same: give one of them"):
        await TradingSuite.create(**given)


def test_the_settings_of_the_parts_are_told_with_their_defaults() -> None:
    """What is given wins; what is not is the default that the part itself has."""
    plain = TradingSuiteConfig("MNQ")
    full = TradingSuiteConfig(
        "MNQ",
        features=Features.parse(["risk_manager", "orderbook"]),
        order_manager_config={"max_order_size": 3},
        position_manager_config={"enable_correlation_analysis": False},
        data_manager_config={"max_bars_per_timeframe": 50},
        orderbook_config={"max_trade_history": 7},
        risk_config=RiskConfig(max_positions=1),
    )
    assert not plain.get_order_manager_config()["auto_risk_management"]
    assert full.get_order_manager_config()["auto_risk_management"]
    assert full.get_order_manager_config()["max_order_size"] == 3
    assert plain.get_position_manager_config()["enable_correlation_analysis"]
    assert not full.get_position_manager_config()["enable_correlation_analysis"]
    assert plain.get_data_manager_config()["max_bars_per_timeframe"] == 1_000
    assert full.get_data_manager_config()["max_bars_per_timeframe"] == 50
    assert full.get_data_manager_config()["enable_level2_data"]
    book = BookSettings.read(plain.get_orderbook_config())
    assert book == BookSettings.read(None)
    assert BookSettings.read(full.get_orderbook_config()).max_trades == 7
    assert plain.get_risk_config() == RiskConfig()
    assert full.get_risk_config().max_positions == 1
