"""Statements 104, 191 and 192: indicators on frames, as the strategy example uses them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import talib
from tests.indicators.oracle import DOCUMENTED, assert_same, direct
from tests.indicators.series import added, bars

from project_x_py.indicators import RSI, SMA, get_all_indicators
from project_x_py.indicators._functions import function


@pytest.mark.checklist(104)
def test_at_least_55_indicators_with_talibs_values() -> None:
    """The 55 documented names that TA-Lib has give TA-Lib's values on polars frames."""
    frame = bars(500, seed=104)
    assert len(DOCUMENTED) >= 55
    assert len(get_all_indicators()) >= 200
    for name in DOCUMENTED:
        result = function(name)(frame)
        assert isinstance(result, pl.DataFrame)
        assert_same(added(frame, result), direct(name, frame), name)


@pytest.mark.checklist(191)
def test_pipe_adds_the_documented_columns() -> None:
    """Two indicators in a pipe add sma_20 and rsi_14 and leave the rest as it was."""
    frame = bars(100)
    result = frame.pipe(SMA, period=20).pipe(RSI, period=14)
    assert result.columns == [*frame.columns, "sma_20", "rsi_14"]
    assert result.select(frame.columns).equals(frame)


@pytest.mark.checklist(192)
def test_the_last_values_are_correct() -> None:
    """The newest average and strength are right; an uptrend is over 50, all within 0 and 100."""
    frame = bars(200, seed=192)
    last = frame.pipe(SMA, period=20).pipe(RSI, period=14).row(-1, named=True)
    assert last["sma_20"] == pytest.approx(frame["close"].tail(20).mean())
    assert last["rsi_14"] == pytest.approx(talib.RSI(frame["close"].to_numpy(), 14)[-1])
    trend = pl.DataFrame({"close": 4500.0 + np.arange(100.0) + 3.0 * np.sin(np.arange(100.0))})
    strength = trend.pipe(RSI, period=14)["rsi_14"].drop_nulls()
    assert strength[-1] > 50.0
    assert strength.is_between(0.0, 100.0).all()
    only_up = pl.DataFrame({"close": np.arange(1.0, 60.0)})
    assert only_up.pipe(RSI, period=14)["rsi_14"][-1] == 100.0
