"""Candlestick patterns of a frame."""

from __future__ import annotations

import polars as pl

from project_x_py.indicators import HAMMER
from project_x_py.utils import detect_candlestick_patterns

BARS = pl.DataFrame(
    {
        "o": [10.0, 12.0, 10.4, 9.0, 10.0],
        "h": [11.0, 12.2, 11.0, 12.5, 10.2],
        "l": [9.0, 9.9, 9.0, 8.9, 6.0],
        "c": [10.0, 10.0, 9.8, 12.4, 10.1],
    }
)


def test_all_patterns_are_added() -> None:
    """Each pattern has its strength and its answer, as its own indicator has them."""
    found = detect_candlestick_patterns(BARS, "o", "h", "l", "c")
    names = ("doji", "hammer", "shootingstar", "bullishengulfing")
    assert found.columns == [
        *BARS.columns,
        *(column for name in names for column in (f"{name}_strength", f"is_{name}")),
    ]
    assert found["is_doji"].to_list()[0] is True
    assert found["is_bullishengulfing"].to_list()[3] is True
    alone = HAMMER(BARS, "o", "h", "l", "c")
    assert found["is_hammer"].to_list() == alone["is_hammer"].to_list()
    assert found["is_hammer"].to_list()[4] is True
