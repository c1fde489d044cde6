"""Figures of returns, prices and trades, worked out by hand."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py.exceptions import InvalidFieldError, ProjectXDataError
from project_x_py.utils import (
    calculate_correlation_matrix,
    calculate_max_drawdown,
    calculate_portfolio_metrics,
    calculate_sharpe_ratio,
    calculate_volatility_metrics,
)


def closes(*values: float | None) -> pl.DataFrame:
    return pl.DataFrame({"close": values}, schema={"close": pl.Float64})


def test_sharpe_ratio() -> None:
    """Mean excess over sample deviation, times the root of the periods."""
    frame = pl.DataFrame({"returns": [0.01, 0.03, None, math.nan, -0.01]})
    assert calculate_sharpe_ratio(frame, risk_free_rate=0.0, periods_per_year=4) == pytest.approx(
        0.01 / 0.02 * 2
    )
    assert calculate_sharpe_ratio(frame, risk_free_rate=0.02, periods_per_year=2) == pytest.approx(
        0.0
    )


@pytest.mark.parametrize("returns", [[], [0.01], [0.5, 0.5, 0.5]])
def test_sharpe_ratio_of_nothing_is_nan(returns: list[float]) -> None:
    """Too few returns, or returns that do not vary, have no ratio."""
    frame = pl.DataFrame({"returns": returns}, schema={"returns": pl.Float64})
    assert math.isnan(calculate_sharpe_ratio(frame))


def test_drawdown() -> None:
    """The deepest fall from the highest value before, and the longest time below one."""
    assert calculate_max_drawdown(closes(100, 110, 99, 105, 120, 119, None, 118, 90, 130)) == {
        "max_drawdown": pytest.approx(-0.25),
        "max_drawdown_duration": 3,
        "peak_value": 120.0,
        "trough_value": 90.0,
    }


@pytest.mark.parametrize("values", [(), (5.0,), (1.0, 2.0, 2.0, 3.0)])
def test_no_fall_is_no_drawdown(values: tuple[float, ...]) -> None:
    """A series that never falls has a drawdown of 0 and no peak or trough."""
    assert calculate_max_drawdown(closes(*values)) == {
        "max_drawdown": 0.0,
        "max_drawdown_duration": 0,
        "peak_value": None,
        "trough_value": None,
    }


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=40))
def test_drawdown_is_the_worst_pair(values: list[float]) -> None:
    """No earlier and later value make a deeper fall."""
    worst = min(late / early - 1 for i, early in enumerate(values) for late in values[i:])
    assert calculate_max_drawdown(closes(*values))["max_drawdown"] == min(worst, 0.0)


def test_drawdown_needs_values_above_zero() -> None:
    """A fraction of nothing is no fraction."""
    with pytest.raises(ProjectXDataError, match="above 0"):
        calculate_max_drawdown(closes(0.0, 1.0))


def test_portfolio_metrics() -> None:
    """Totals, rates and the fall of the balance of four trades."""
    found = calculate_portfolio_metrics(
        [{"pnl": 100.0}, {"pnl": -50.0}, {"pnl": -60.0}, {"pnl": 0}], 1000.0
    )
    assert found == {
        "total_trades": 4,
        "winning_trades": 1,
        "losing_trades": 2,
        "total_pnl": -10.0,
        "total_return": -0.01,
        "final_balance": 990.0,
        "gross_profit": 100.0,
        "gross_loss": 110.0,
        "win_rate": 0.25,
        "avg_win": 100.0,
        "avg_loss": 55.0,
        "largest_win": 100.0,
        "largest_loss": 60.0,
        "profit_factor": pytest.approx(100 / 110),
        "expectancy": -2.5,
        "max_drawdown": pytest.approx(0.1),
        "max_drawdown_usd": 110.0,
    }


def test_portfolio_metrics_without_losses_or_trades() -> None:
    """The profit factor is infinite without losses; without trades every figure is 0."""
    assert calculate_portfolio_metrics([{"pnl": 1.0}])["profit_factor"] == math.inf
    found = calculate_portfolio_metrics([])
    assert found.pop("final_balance") == 100000.0
    assert set(found.values()) == {0}


@pytest.mark.parametrize("trade", [{}, {"pnl": None}, {"pnl": math.nan}, {"pnl": True}])
def test_trades_need_a_result(trade: dict[str, float]) -> None:
    """A trade without a number is named by its place."""
    with pytest.raises(ProjectXDataError, match="trade 1 "):
        calculate_portfolio_metrics([{"pnl": 1.0}, trade])
    with pytest.raises(InvalidFieldError, match="initial_balance"):
        calculate_portfolio_metrics([], 0)


def test_correlation_matrix() -> None:
    """Each pair once each way; rows with a gap are left out; ranks for spearman."""
    frame = pl.DataFrame(
        {
            "t": ["a", "b", "c", "d", "e"],
            "x": [1, 2, 3, 9, 4],
            "y": [-1.0, -2.0, -3.0, None, -4.0],
            "z": [1.0, 1.0, 1.0, 5.0, 1.0],
            "w": [1.0, 10.0, 100.0, 1.0, 1000.0],
        }
    )
    found = calculate_correlation_matrix(frame)
    assert found.columns == ["column", "x", "y", "z", "w"]
    assert found["column"].to_list() == ["x", "y", "z", "w"]
    assert found["x"].to_list()[:2] == pytest.approx([1.0, -1.0])
    assert math.isnan(found["z"][0])
    assert found["x"][3] < 1
    ranked = calculate_correlation_matrix(frame.drop_nulls(), ["x", "w"], "spearman")
    assert ranked["x"].to_list() == pytest.approx([1.0, 1.0])


def test_correlation_refuses_other_columns_and_methods() -> None:
    """A method, a column or a type that is not there is named."""
    frame = pl.DataFrame({"close": [1.0], "note": ["a"]})
    with pytest.raises(InvalidFieldError, match="kendall"):
        calculate_correlation_matrix(frame, _method="kendall")
    with pytest.raises(ProjectXDataError, match="did you mean close"):
        calculate_correlation_matrix(frame, ["clse"])
    with pytest.raises(ProjectXDataError, match="not numeric"):
        calculate_correlation_matrix(frame, ["note"])


def test_volatility() -> None:
    """Deviation of the returns, over the year, of the losses, and rolling."""
    found = calculate_volatility_metrics(closes(100, 110, 99, 108.9, 98.01), window=2)
    deviation = math.sqrt(0.04 / 3)
    assert found == {
        "volatility": pytest.approx(deviation),
        "annualized_volatility": pytest.approx(deviation * math.sqrt(252)),
        "downside_volatility": pytest.approx(0.0, abs=1e-12),
        "rolling_volatility": pytest.approx(0.1 * math.sqrt(2)),
        "min_rolling_volatility": pytest.approx(0.1 * math.sqrt(2)),
        "max_rolling_volatility": pytest.approx(0.1 * math.sqrt(2)),
        "avg_rolling_volatility": pytest.approx(0.1 * math.sqrt(2)),
        "return_count": 4,
    }


def test_volatility_of_returns_and_of_too_few() -> None:
    """Returns are taken as they are; what there is too little of is None."""
    frame = pl.DataFrame({"r": [0.1, -0.1]})
    found = calculate_volatility_metrics(frame, return_column="r")
    assert found["volatility"] == pytest.approx(math.sqrt(0.02))
    assert found["rolling_volatility"] is None
    assert calculate_volatility_metrics(closes(1.0))["annualized_volatility"] is None


def test_volatility_refuses_impossible_arguments() -> None:
    """A window of one has no deviation, a price of zero no return."""
    with pytest.raises(InvalidFieldError, match="window"):
        calculate_volatility_metrics(closes(1.0), window=1)
    with pytest.raises(ProjectXDataError, match="price of 0"):
        calculate_volatility_metrics(closes(0.0, 1.0))
