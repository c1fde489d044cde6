"""Prices to ticks and back, on every grid the gateway lists."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.strategies import TICK_SIZES, grids, off_grid_parts, tick_counts

from project_x_py._core.grid import Rounding, TickGrid
from project_x_py.exceptions import OffGridError, ProjectXDataError


@given(grids(), tick_counts)
def test_a_price_reads_back_as_its_ticks(grid: TickGrid, ticks: int) -> None:
    """Ticks to float, decimal or typed text and back are the same ticks, signs included."""
    assert grid.ticks(grid.price(ticks)) == ticks
    assert grid.ticks(grid.decimal(ticks)) == ticks
    assert grid.ticks(Decimal(repr(grid.price(ticks)))) == ticks
    assert grid.aligned(grid.price(ticks)) == grid.price(ticks)


@given(grids(), tick_counts)
def test_a_price_is_the_float_a_person_would_type(grid: TickGrid, ticks: int) -> None:
    """The float of a tick count is the one nearest to its exact decimal."""
    assert grid.price(ticks) == float(grid.decimal(ticks))


@given(grids(), st.integers(-50_000, 50_000), off_grid_parts)
def test_rounding_is_by_the_stated_rule(grid: TickGrid, ticks: int, part: Fraction) -> None:
    """A price between two ticks goes down, up or to the nearer one, halves away from zero."""
    size = Fraction(grid.tick_size)
    exact = (ticks + part) * size
    price = Decimal(exact.numerator) / Decimal(exact.denominator)
    ratio = Fraction(price) / size
    assume(ticks < ratio < ticks + 1)
    half = Fraction(1, 2)
    nearest = math.floor(ratio + half) if ratio >= 0 else math.ceil(ratio - half)
    assert grid.ticks(price, rounding=Rounding.DOWN) == ticks
    assert grid.ticks(price, rounding=Rounding.UP) == ticks + 1
    assert grid.ticks(price, rounding=Rounding.NEAREST) == nearest
    with pytest.raises(OffGridError):
        grid.ticks(price)


@pytest.mark.parametrize("size", TICK_SIZES, ids=str)
def test_each_listed_grid_takes_floats_at_far_prices(size: Decimal) -> None:
    """A float computed as ticks times size is accepted far from zero on either side."""
    grid = TickGrid(float(size))
    assert grid.tick_size == size
    for ticks in (-400_001, -1, 0, 1, 3, 7, 24_137, 400_001):
        assert grid.ticks(float(size * ticks)) == ticks


@pytest.mark.parametrize(
    ("price", "rounding", "ticks"),
    [
        (4800.25, None, 19_201),
        (4800.375, Rounding.NEAREST, 19_202),
        (-4800.375, Rounding.NEAREST, -19_202),
        (4800.3, Rounding.DOWN, 19_201),
        (4800.3, Rounding.UP, 19_202),
        (-37.63, Rounding.DOWN, -151),
        (-37.63, Rounding.UP, -150),
        (Decimal("4800.3"), Rounding.NEAREST, 19_201),
        (4800, None, 19_200),
        (10**14 * 4.0, None, 16 * 10**14),
        (3e15, None, 12 * 10**15),
    ],
)
def test_examples_on_the_quarter_grid(
    price: float | Decimal, rounding: Rounding | None, ticks: int
) -> None:
    """Floats, decimals, whole numbers and negative prices on the grid of ES."""
    assert TickGrid(0.25, 12.5).ticks(price, rounding=rounding) == ticks


@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf, Decimal("NaN")], ids=str)
def test_what_is_no_number_is_refused(price: float | Decimal) -> None:
    """NaN and the infinities are refused whatever the rounding."""
    grid = TickGrid(0.25)
    for rounding in (None, *Rounding):
        with pytest.raises(OffGridError, match="finite"):
            grid.ticks(price, rounding=rounding)


@pytest.mark.parametrize("size", [0, -0.25, math.inf])
def test_a_tick_size_is_above_zero(size: float) -> None:
    """A grid without a positive tick is refused."""
    with pytest.raises(OffGridError):
        TickGrid(size)


@pytest.mark.parametrize(
    "price", ["near 20", "", None, object()], ids=["text", "empty", "None", "it"]
)
def test_what_can_be_no_price_is_named(price: Any) -> None:
    """The message has the value, whatever its type, and no decimal's own words."""
    with pytest.raises(OffGridError, match="is not a price"):
        TickGrid(0.25).ticks(price)


def test_the_refusal_names_the_neighbours() -> None:
    """The error names the price, the tick and the nearest prices, and is a ValueError too."""
    with pytest.raises(OffGridError, match=r"4800\.3 .* 0\.25.* 4800\.25 and 4800\.5") as caught:
        TickGrid(0.25).ticks(4800.3)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ProjectXDataError)


def test_dollars_are_exact() -> None:
    """Dollars are tick value times ticks times contracts, as an exact decimal."""
    assert TickGrid(0.1, 0.1).dollars(3, 2) == Decimal("0.6")
    assert TickGrid(Decimal("0.015625"), 15.625).dollars(-7) == Decimal("-109.375")


def test_grids_compare_by_value() -> None:
    """Equal sizes and values make equal grids with equal hashes; other types are never equal."""
    grid = TickGrid(0.25, 12.5)
    assert grid == TickGrid(Decimal("0.250"), Decimal("12.50"))
    assert hash(grid) == hash(TickGrid(Decimal("0.250"), Decimal("12.50")))
    assert grid != TickGrid(0.25, 1.25)
    assert grid != 0.25
    assert repr(grid) == "TickGrid(0.25, 12.5)"
    assert grid.ratio == (1, 4)


def test_numpy_floats_are_floats() -> None:
    """A float subclass that writes itself differently is read all the same."""
    assert TickGrid(np.float64(0.25)).ticks(np.float64(0.5)) == 2
    with pytest.raises(OffGridError):
        TickGrid(0.25).ticks(np.float64(0.3))
