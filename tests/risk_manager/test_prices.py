"""Stops on the losing side, targets on the other, off the grid to less risk."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.grid import TickGrid
from project_x_py.exceptions import InvalidOrderParameters
from project_x_py.risk_manager import RiskConfig
from project_x_py.risk_manager._prices import (
    BUY,
    checked_side,
    stop_price,
    target_price,
    trailing_price,
)

SELL = 1
SIDES = st.sampled_from([BUY, SELL])
GRIDS = st.sampled_from([TickGrid(0.25), TickGrid(0.1), TickGrid("0.0000005"), TickGrid(1)])


@given(GRIDS, SIDES, st.integers(-2_000, 90_000), st.integers(1, 400), st.integers(1, 40))
def test_a_stop_never_risks_more_than_was_asked_for(
    grid: TickGrid, side: int, ticks: int, away: int, ratio: int
) -> None:
    """On the grid, at most as far as asked, and the target so many times as far."""
    entry, config = grid.price(ticks), RiskConfig(default_stop_distance=Decimal(away))
    stop = stop_price(entry, side, config, grid, None)
    way = 1 if side == BUY else -1
    assert way * (ticks - grid.ticks(stop)) == away
    target = target_price(entry, stop, side, Decimal(ratio), grid)
    assert way * (grid.ticks(target) - ticks) == away * ratio
    assert way * (ticks - grid.ticks(trailing_price(entry, side, Decimal(away), grid))) == away


@given(SIDES, st.decimals("0.01", "40", places=2))
def test_ranges_and_percents_round_towards_the_entry(side: int, value: Decimal) -> None:
    """A distance off the grid becomes the next smaller one on it."""
    grid, way = TickGrid(0.25), 1 if side == BUY else -1
    ranged = RiskConfig(stop_loss_type="atr", default_stop_atr_multiplier=1)
    stop = Decimal(str(stop_price(20_000, side, ranged, grid, float(value))))
    assert value - Decimal("0.25") < way * (20_000 - stop) <= value
    percent = RiskConfig(stop_loss_type="percentage", default_stop_distance=value)
    stop = Decimal(str(stop_price(20_000, side, percent, grid, None)))
    assert value * 200 - Decimal("0.25") < way * (20_000 - stop) <= value * 200


def test_what_cannot_be_is_named() -> None:
    """No range, no side, a stop that is none."""
    grid = TickGrid(0.25)
    with pytest.raises(InvalidOrderParameters, match="ATR"):
        stop_price(20_000, BUY, RiskConfig(stop_loss_type="atr"), grid, None)
    for side in (2, -1):
        with pytest.raises(InvalidOrderParameters, match="0 to buy or 1 to sell"):
            checked_side(side)
    for side, stop in ((BUY, 20_000), (BUY, 20_001), (SELL, 20_000), (SELL, 19_999)):
        with pytest.raises(InvalidOrderParameters, match="wrong side"):
            target_price(20_000, stop, side, Decimal(2), grid)
