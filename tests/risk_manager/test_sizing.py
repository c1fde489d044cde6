"""Sizes through the tick value."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.grid import TickGrid
from project_x_py.risk_manager._sizing import contracts_for, kelly_share, stop_dollars

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
