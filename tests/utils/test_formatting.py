"""Numbers as people read them, variables, and log lines."""

from __future__ import annotations

import math

import pytest

from project_x_py.exceptions import InvalidFieldError
from project_x_py.utils import format_price, format_volume, get_env_var


@pytest.mark.parametrize(
    ("price", "decimals", "text"),
    [
        (1234.5, 2, "$1,234.50"),
        (-37.63, 2, "-$37.63"),
        (0.125, 2, "$0.13"),
        (-0.001, 2, "$0.00"),
        (1.08555, 5, "$1.08555"),
        (1234567, 0, "$1,234,567"),
    ],
)
def test_prices(price: float, decimals: int, text: str) -> None:
    """Thousands are separated, the sign stands before the dollar, halves go away from zero."""
    assert format_price(price, decimals) == text


def test_prices_that_are_none_are_refused() -> None:
    """NaN is no price, and there are no negative decimals."""
    with pytest.raises(InvalidFieldError, match="finite"):
        format_price(math.nan)
    with pytest.raises(InvalidFieldError, match="decimals"):
        format_price(1.0, -1)


@pytest.mark.parametrize(
    ("volume", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0K"),
        (1234, "1.2K"),
        (999_949, "999.9K"),
        (999_950, "1.0M"),
        (3_400_000, "3.4M"),
        (5_550_000_000, "5.6B"),
        (-1500, "-1.5K"),
    ],
)
def test_volumes(volume: int, text: str) -> None:
    """Volumes are short and never read 1000.0 of a unit."""
    assert format_volume(volume) == text


def test_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable, else its default, else None, else an error that names it."""
    monkeypatch.setenv("SOME_NAME", "x")
    monkeypatch.delenv("NO_NAME", raising=False)
    assert get_env_var("SOME_NAME", required=True) == "x"
    assert get_env_var("NO_NAME", "y", required=True) == "y"
    assert get_env_var("NO_NAME") is None
    with pytest.raises(ValueError, match="NO_NAME"):
        get_env_var("NO_NAME", required=True)
