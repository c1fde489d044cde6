"""Candlestick patterns of a frame, all of the documented ones at once.

Invariant (``tests/utils/test_pattern_detection.py``): the columns are those of the indicators of
the same names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["detect_candlestick_patterns"]


def detect_candlestick_patterns(
    data: pl.DataFrame,
    open_col: str = "open",
    high_col: str = "high",
    low_col: str = "low",
    close_col: str = "close",
) -> pl.DataFrame:
    """Return the frame with the columns of DOJI, HAMMER, SHOOTINGSTAR and BULLISHENGULFING.

    Args:
        data: Bars, ascending.
        open_col: Column of opens.
        high_col: Column of highs.
        low_col: Column of lows.
        close_col: Column of closes.

    Returns:
        The same rows, for each pattern with a strength from 0 to 100 and with whether it is one.

    Raises:
        IndicatorError: A column is missing, or the frame is too short.
    """
    from project_x_py import indicators

    for pattern in (
        indicators.calculate_doji,
        indicators.calculate_hammer,
        indicators.calculate_shootingstar,
        indicators.calculate_bullishengulfing,
    ):
        data = pattern(
            data,
            open_column=open_col,
            high_column=high_col,
            low_column=low_col,
            close_column=close_col,
        )
    return data
