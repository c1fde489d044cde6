"""Sizes through the tick value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.grid import TickGrid
from project_x_py.exceptions import InvalidOrderParameters
from project_x_py.risk_manager._sizing import (
    contracts_for,
    finite,
    kelly_share,
    share,
    stop_dollars,
    whole,
)

ES = TickGrid(0.25, 12.5)


def test_ten_points_of_es_are_500_dollars() -> None:
    """So 500 dollars carry one contract, and 499 none."""
    each = stop_dollars(5_000, 4_990, ES)
    assert (each, contracts_for(Decimal(500), each), contracts_for(Decimal(499), each)) == (
        500,
        1,
        0,
    )


@given(st.integers(1, 10**6), st.integers(1, 4_000))
def test_one_contract_more_would_lose_more_than_allowed(risk: int, ticks: int) -> None:
    """The size is the largest whose loss at the stop is within the risk."""
    each = stop_dollars(5_000, 5_000 - ticks * 0.25, ES)
    size = contracts_for(Decimal(risk), each)
    assert size * each <= risk < (size + 1) * each


def test_kelly_needs_wins_and_losses_and_stays_in_its_bounds() -> None:
    """f = (p b - q) / b: 60 % wins twice as large as losses are 0.4, a quarter of it 0.1."""
    results = [Decimal(20)] * 6 + [Decimal(-10)] * 4
    assert kelly_share(results, Decimal("0.25")) == Decimal("0.1")
    assert kelly_share([Decimal(1)] * 5, Decimal("0.25")) is None
    assert kelly_share([Decimal(1), Decimal(-9)], Decimal("0.25")) == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "5", None, [], 1e300, 1j])
def test_what_is_no_number_is_refused(value: Any) -> None:
    """In the words of the caller, and before anything is computed."""
    with pytest.raises(InvalidOrderParameters, match="risk_amount is a number"):
        finite("risk_amount", value)
    with pytest.raises(InvalidOrderParameters, match="stop_loss is a number"):
        stop_dollars(5_000, value, TickGrid(0.25, 12.5))


@pytest.mark.parametrize(
    ("tick", "value", "entry", "stop", "each"),
    [
        (0.25, 12.5, 5_000, 4_990, 500),  # ES
        (0.25, 0.5, 20_000, 19_990, 20),  # MNQ
        (0.01, 10, 70.5, 70.0, 500),  # CL
        (0.1, 10, 2_000, 1_995, 500),  # GC
        (0.015625, 15.625, 110.5, 110, 500),  # ZN
        (0.00005, 6.25, 1.1, 1.096, 500),  # 6E
    ],
)
def test_500_dollars_are_sized_through_the_tick_value(
    tick: float, value: float, entry: float, stop: float, each: float
) -> None:
    """One contract of each for its distance of 500 dollars, none for a tick more."""
    grid = TickGrid(tick, value)
    assert stop_dollars(entry, stop, grid) == each
    assert contracts_for(Decimal(500), stop_dollars(entry, stop, grid)) == 500 // each
    assert contracts_for(Decimal(500), stop_dollars(entry, entry - 501 / value * tick, grid)) == 0


@pytest.mark.parametrize("value", [0, -0.01, 1.01, 5, float("nan"), True, "1 %"])
def test_a_share_is_above_nothing_and_no_more_than_all(value: Any) -> None:
    """5 is not five percent: it would be five times what there is."""
    assert share("it", 1) == 1
    with pytest.raises(InvalidOrderParameters, match="it is"):
        share("it", value)


@pytest.mark.parametrize("value", [0, -1, 1.5, 2.0, float("nan"), True, "2", None])
def test_contracts_are_whole(value: Any) -> None:
    """One and a half are refused by name, before anything is reckoned with them."""
    assert whole("it", 3) == 3
    with pytest.raises(InvalidOrderParameters, match="it is a whole number"):
        whole("it", value)
