"""Dollars as whole millionths."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.exchange.money import decimal_of, micros, usd
from project_x_py._core.products import PRODUCTS
from project_x_py.exceptions import ProjectXDataError


@given(st.integers())
def test_an_amount_survives_the_way_out_and_back(amount: int) -> None:
    """Any number of micro-dollars reads back as itself, whatever the decimal context."""
    with localcontext() as context:
        context.prec = 3
        assert micros(usd(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (6_500_000, "6.5"), (-20_000_000, "-20"), (-1, "-0.000001"), (360_000, "0.36")],
)
def test_dollars_are_told_in_the_shortest_form(amount: int, text: str) -> None:
    """No trailing zeros, no exponent."""
    assert str(usd(amount)) == text


@pytest.mark.parametrize("text", ["0.0000001", "NaN", "Infinity"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """More than six decimals, and no numbers, are refused by name."""
    with pytest.raises(ProjectXDataError, match=text.replace("0.0000001", "1E-7")):
        micros(Decimal(text))


def test_every_product_costs_whole_micros() -> None:
    """Tick values, fees and commissions of the table need no rounding."""
    for product in PRODUCTS:
        assert usd(micros(product.tick_value)) == product.tick_value
        assert usd(micros(product.fees)) == product.fees
        assert usd(micros(product.commission)) == product.commission


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(Fraction(72_303, 3), "24101"), (Fraction(193, 8), "24.125"), (Fraction(1, 3), repr(1 / 3))],
)
def test_averages_are_told_as_the_nearest_double(ratio: Fraction, text: str) -> None:
    """An average is the shortest decimal of its nearest double."""
    assert str(decimal_of(ratio)) == text
