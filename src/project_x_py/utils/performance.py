"""Figures of returns, prices and closed trades.

Fractions, not percent, unless a name says so. Deviations are of a sample (n - 1). What cannot be
measured is NaN or None, never a number made up.

Invariant (``tests/utils/test_performance.py``): each figure equals its textbook formula on a
series worked out by hand.
"""

from __future__ import annotations

import difflib
import math
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from project_x_py.exceptions import InvalidFieldError, ProjectXDataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

__all__ = [
    "calculate_correlation_matrix",
    "calculate_max_drawdown",
    "calculate_portfolio_metrics",
    "calculate_sharpe_ratio",
    "calculate_volatility_metrics",
]

_DAYS_PER_YEAR = 252


def calculate_sharpe_ratio(
    data: pl.DataFrame,
    return_column: str = "returns",
    risk_free_rate: float = 0.02,
    periods_per_year: int = _DAYS_PER_YEAR,
) -> float:
    """Return the annualised Sharpe ratio of a column of returns.

    Mean excess return over the deviation of the returns, times the root of the periods per year
    (Sharpe, 1994).

    Args:
        data: Frame with one return a row, as fractions; nulls and NaNs are left out.
        return_column: Its column.
        risk_free_rate: Fraction per year.
        periods_per_year: Returns per year.

    Returns:
        The ratio; NaN for fewer than two returns, or for returns that do not vary.

    Raises:
        ProjectXDataError: There is no such column, or it is not numeric.
    """
    returns = _numbers(data, return_column)
    deviation = _float(returns.std())
    if not deviation:
        return math.nan
    excess = _float(returns.mean()) - risk_free_rate / periods_per_year
    return excess / deviation * math.sqrt(periods_per_year)


def calculate_max_drawdown(data: pl.DataFrame, price_column: str = "close") -> dict[str, Any]:
    """Return the deepest fall of a series below its highest value before.

    Args:
        data: Frame of prices or equity in order of time, above 0; nulls and NaNs are left out.
        price_column: Its column.

    Returns:
        max_drawdown, a fraction of 0 or below; max_drawdown_duration, most rows in a row below
        an earlier peak; peak_value and trough_value of the deepest fall, None without one.

    Raises:
        ProjectXDataError: There is no such column, or a peak is not above 0.
    """
    values = _numbers(data, price_column).to_list()
    if values and values[0] <= 0:
        raise ProjectXDataError(f"a drawdown needs values above 0, and {price_column} begins below")
    deepest, longest, below = 0.0, 0, 0
    peak_value: float | None = None
    trough_value: float | None = None
    for value, peak in zip(values, accumulate(values, max), strict=True):
        below = below + 1 if value < peak else 0
        longest = max(longest, below)
        if value / peak - 1 < deepest:
            deepest, peak_value, trough_value = value / peak - 1, peak, value
    return {
        "max_drawdown": deepest,
        "max_drawdown_duration": longest,
        "peak_value": peak_value,
        "trough_value": trough_value,
    }


def calculate_portfolio_metrics(
    trades: Sequence[Mapping[str, Any]], initial_balance: float = 100000.0
) -> dict[str, Any]:
    """Return the figures of closed trades.

    Args:
        trades: In order of time; each has ``pnl``, dollars after costs.
        initial_balance: Dollars before the first trade, above 0.

    Returns:
        total_trades, winning_trades, losing_trades, total_pnl, total_return, final_balance,
        gross_profit, gross_loss (positive), win_rate, avg_win, avg_loss (positive),
        largest_win, largest_loss (positive), profit_factor (inf without losses), expectancy
        (dollars per trade), max_drawdown (positive fraction of the peak balance) and
        max_drawdown_usd. Without trades every figure is 0.

    Raises:
        InvalidFieldError: ``initial_balance`` is not above 0.
        ProjectXDataError: A trade has no ``pnl`` that is a finite number.
    """
    if not initial_balance > 0:
        raise InvalidFieldError(f"initial_balance must be above 0, not {initial_balance}")
    results = [_pnl(index, trade) for index, trade in enumerate(trades)]
    wins = [result for result in results if result > 0]
    losses = [-result for result in results if result < 0]
    total, gross_profit, gross_loss = math.fsum(results), math.fsum(wins), math.fsum(losses)
    balances = list(accumulate(results, initial=initial_balance))
    falls = [
        (peak - value, (peak - value) / peak)
        for value, peak in zip(balances, accumulate(balances, max), strict=True)
    ]
    count = len(results)
    return {
        "total_trades": count,
        "winning_trades": len(wins),
        "losing_trades": len(losses),
        "total_pnl": total,
        "total_return": total / initial_balance,
        "final_balance": initial_balance + total,
        "gross_profit": gross_profit,
        "gross_loss": gross_loss,
        "win_rate": len(wins) / count if count else 0.0,
        "avg_win": gross_profit / len(wins) if wins else 0.0,
        "avg_loss": gross_loss / len(losses) if losses else 0.0,
        "largest_win": max(wins, default=0.0),
        "largest_loss": max(losses, default=0.0),
        "profit_factor": gross_profit / gross_loss if losses else math.inf if wins else 0.0,
        "expectancy": total / count if count else 0.0,
        "max_drawdown": max(share for _, share in falls),
        "max_drawdown_usd": max(dollars for dollars, _ in falls),
    }


def calculate_correlation_matrix(
    data: pl.DataFrame, columns: list[str] | None = None, _method: str = "pearson"
) -> pl.DataFrame:
    """Return the correlation of each column with each other one.

    Args:
        data: Frame with one series per column; a row in which one is null or NaN is left out.
        columns: Columns to compare; every numeric one when left out.
        _method: ``pearson``, or ``spearman`` for ranks.

    Returns:
        One row per column: "column", its name, and one Float64 per column compared, NaN where a
        series does not vary.

    Raises:
        InvalidFieldError: ``_method`` is another one.
        ProjectXDataError: There is no such column, or it is not numeric.
    """
    import polars as pl

    if _method not in ("pearson", "spearman"):
        raise InvalidFieldError(f"_method must be pearson or spearman, not {_method!r}")
    names = columns or [name for name, kind in data.schema.items() if kind.is_numeric()]
    for name in names:
        _check_column(data, name)
    rows = data.select(pl.col(names).cast(pl.Float64).fill_nan(None)).drop_nulls()
    if _method == "spearman":
        rows = rows.select(pl.all().rank())
    table: dict[str, list[Any]] = {"column": names}
    for name in names:
        other = rows.get_column(name)
        table[name] = [_correlation(rows.get_column(each), other) for each in names]
    return pl.DataFrame(table, schema={"column": pl.String, **dict.fromkeys(names, pl.Float64)})


def calculate_volatility_metrics(
    data: pl.DataFrame,
    price_column: str = "close",
    return_column: str | None = None,
    window: int = 20,
) -> dict[str, Any]:
    """Return how much a series varies.

    Args:
        data: Frame in order of time, one day a row for the annualised figures.
        price_column: Column of prices, from which returns are taken.
        return_column: Column of returns as fractions; used instead of prices when given.
        window: Returns per rolling deviation, 2 or more.

    Returns:
        volatility, the deviation of the returns; annualized_volatility, times the root of 252;
        downside_volatility, of the negative returns; rolling_volatility, of the last ``window``
        returns; min_, max_ and avg_rolling_volatility; return_count. A figure for which there
        are too few returns is None.

    Raises:
        InvalidFieldError: ``window`` is below 2.
        ProjectXDataError: There is no such column, or it is not numeric, or a price is 0.
    """
    if window < 2:
        raise InvalidFieldError(f"window must be 2 or more, not {window}")
    if return_column is not None:
        returns = _numbers(data, return_column)
    else:
        prices = _numbers(data, price_column)
        if (prices == 0).any():
            raise ProjectXDataError(f"{price_column} has a price of 0, from which no return is")
        returns = prices.pct_change().drop_nulls()
    rolling = returns.rolling_std(window).drop_nulls()
    overall = returns.std()
    annualized = None if overall is None else _float(overall) * math.sqrt(_DAYS_PER_YEAR)
    return {
        "volatility": overall,
        "annualized_volatility": annualized,
        "downside_volatility": returns.filter(returns < 0).std(),
        "rolling_volatility": rolling[-1] if len(rolling) else None,
        "min_rolling_volatility": rolling.min(),
        "max_rolling_volatility": rolling.max(),
        "avg_rolling_volatility": rolling.mean(),
        "return_count": len(returns),
    }


def _float(value: Any) -> float:
    return float(value or 0.0)


def _check_column(data: pl.DataFrame, column: str) -> None:
    if column not in data.columns:
        close = difflib.get_close_matches(column, data.columns, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(data.columns)}"
        raise ProjectXDataError(f"the frame has no column {column!r}; {hint}")
    if not data.schema[column].is_numeric():
        raise ProjectXDataError(f"column {column!r} is {data.schema[column]}, not numeric")


def _numbers(data: pl.DataFrame, column: str) -> pl.Series:
    import polars as pl

    _check_column(data, column)
    return data.get_column(column).cast(pl.Float64).fill_nan(None).drop_nulls()


def _correlation(left: pl.Series, right: pl.Series) -> float:
    import polars as pl

    value = pl.DataFrame([left.alias("left"), right.alias("right")]).select(
        pl.corr("left", "right")
    )
    result = value.item()
    return math.nan if result is None else float(result)


def _pnl(index: int, trade: Mapping[str, Any]) -> float:
    value = trade.get("pnl")
    if isinstance(value, bool) or value is None or not math.isfinite(value):
        raise ProjectXDataError(
            f"trade {index} has no pnl that is a finite number: {value!r}; it has "
            f"{', '.join(map(str, trade))}"
        )
    return float(value)
