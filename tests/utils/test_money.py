"""Ticks, points and dollars."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py.exceptions import InvalidFieldError, OffGridError
from project_x_py.utils import (
    calculate_position_sizing,
    calculate_position_value,
    calculate_risk_reward_ratio,
    calculate_tick_value,
    round_to_tick_size,
)


@pytest.mark.parametrize(
    ("price", "tick_size", "expected"),
    [
        (0.125, 0.25, 0.25),
        (-0.125, 0.25, -0.25),
        (0.375, 0.25, 0.5),
        (2050.37, 0.1, 2050.4),
        (1.085575, 0.00005, 1.0856),
        (1.08557, 0.00005, 1.08555),
        (0.00654325, 0.0000005, 0.0065435),
        (110.0078125, 0.015625, 110.015625),
        (5, 0.25, 5.0),
    ],
)
def test_rounding_is_decimal_and_half_away_from_zero(
    price: float, tick_size: float, expected: float
) -> None:
    """Prices round in decimals, so that tiny ticks and halves come out as on paper."""
    assert round_to_tick_size(price, tick_size) == expected
    assert round_to_tick_size(np.float64(price), np.float64(tick_size)) == expected


@given(st.integers(-(10**7), 10**7), st.sampled_from([0.25, 0.1, 0.01, 0.00005, 0.015625]))
def test_rounded_prices_stay(ticks: int, tick_size: float) -> None:
    """A price on the grid is left as it is."""
    price = round_to_tick_size(ticks * tick_size, tick_size)
    assert round_to_tick_size(price, tick_size) == price


@pytest.mark.parametrize(("price", "tick_size"), [(1.0, 0.0), (1.0, -0.25), (math.nan, 0.25)])
def test_rounding_refuses_what_has_no_grid(price: float, tick_size: float) -> None:
    """A grid needs a tick above zero and a price that is a number."""
    with pytest.raises(OffGridError):
        round_to_tick_size(price, tick_size)


def test_dollars_of_points() -> None:
    """A point is worth tick value over tick size, exactly."""
    assert calculate_tick_value(0.5, 0.1, 1.0) == 5.0
    assert calculate_tick_value(-10.0, 0.25, 12.5) == -500.0
    assert calculate_tick_value(0.3, 0.1, 10.0) == 30.0
    assert calculate_position_value(5, 2050.0, 1.0, 0.1) == 102500.0
    assert calculate_position_value(-1, 5000.0, 12.5, 0.25) == -250000.0
    with pytest.raises(InvalidFieldError, match="tick_size"):
        calculate_tick_value(1.0, 0.0, 1.0)
    with pytest.raises(InvalidFieldError, match="price_change"):
        calculate_tick_value(math.inf, 0.25, 1.0)


def test_risk_reward() -> None:
    """The ratio is positive for longs and shorts, and refused when both prices are on one side."""
    assert calculate_risk_reward_ratio(100, 95, 110) == 2.0
    assert calculate_risk_reward_ratio(100.0, 100.3, 99.4) == 2.0
    for stop, target in ((100, 110), (105, 110), (95, 90)):
        with pytest.raises(InvalidFieldError, match="both sides"):
            calculate_risk_reward_ratio(100, stop, target)


def test_sizing_goes_through_tick_size_and_value() -> None:
    """500 dollars and a ten-point stop allow one ES contract, which risks 500 dollars."""
    assert calculate_position_sizing(50_000, 0.01, 5000, 4990, 12.5, 0.25) == {
        "position_size": 1,
        "price_risk": 10.0,
        "risk_per_contract": 500.0,
        "risk_amount": 500.0,
        "total_risk": 500.0,
        "risk_percent": 1.0,
    }
    per_point = calculate_position_sizing(50_000, 0.01, 5000, 4990, 50.0)
    assert per_point["position_size"] == 1
    assert calculate_position_sizing(50_000, 0.0099, 5000, 5010, 50.0)["position_size"] == 0


@given(
    balance=st.floats(1, 1e7),
    share=st.floats(0.0001, 1),
    ticks=st.integers(1, 4000),
)
def test_sizing_never_exceeds_the_budget(balance: float, share: float, ticks: int) -> None:
    """The position risks no more than allowed, and one more contract would."""
    found = calculate_position_sizing(balance, share, 5000, 5000 - ticks * 0.25, 12.5, 0.25)
    assert found["total_risk"] <= found["risk_amount"]
    assert (found["position_size"] + 1) * found["risk_per_contract"] > found["risk_amount"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"account_balance": 0}, "account_balance"),
        ({"risk_per_trade": 0}, "risk_per_trade"),
        ({"risk_per_trade": 2}, "1 percent is 0.01"),
        ({"stop_loss_price": 5000}, "at the entry"),
        ({"tick_value": -1}, "tick_value"),
        ({"tick_size": 0.0}, "tick_size"),
        ({"entry_price": "x"}, "entry_price"),
    ],
)
def test_sizing_refuses_impossible_arguments(change: dict[str, float], told: str) -> None:
    """Each argument out of range is named."""
    good = {
        "account_balance": 50_000,
        "risk_per_trade": 0.01,
        "entry_price": 5000,
        "stop_loss_price": 4990,
        "tick_value": 12.5,
        "tick_size": 0.25,
    }
    with pytest.raises(InvalidFieldError, match=told):
        calculate_position_sizing(**{**good, **change})
