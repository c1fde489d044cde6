"""The trade date that each row of a frame counts for, and the sessions of a frame as a table.

Everything that adds up over a session groups by trade date, never by calendar date, so an evening
belongs to the day it opens. Rows outside the session have no trade date.

Held by ``tests/sessions/test_indicators.py`` and ``tests/sessions/test_statistics.py``.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import polars as pl

from project_x_py._core.time import CHICAGO
from project_x_py.exceptions import ProjectXDataError
from project_x_py.sessions._windows import product_sessions
from project_x_py.sessions.config import SessionConfig, SessionType, session_type_of
from project_x_py.sessions.filtering import instants_of, window_of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "PRICES",
    "TYPICAL",
    "checked",
    "session_dates",
    "session_table",
    "trading_dates",
    "vwap",
]

PRICES = ("open", "high", "low", "close")
TYPICAL = (pl.col("high") + pl.col("low") + pl.col("close")) / 3
"""The typical price of a bar."""


def checked(data: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Return the instants of a frame that has columns and is in time order.

    Raises:
        ProjectXDataError: A column is missing, a time cannot be read, or rows are out of order.
    """
    for name in columns:
        if name not in data.columns:
            close = difflib.get_close_matches(name, data.columns, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(data.columns)}"
            raise ProjectXDataError(f"the frame has no column {name!r}; {hint}")
    instants = instants_of(data)
    if not instants.is_sorted():
        raise ProjectXDataError("the frame's rows must be in time order; sort it by 'timestamp'")
    return instants


def trading_dates(instants: pl.Series) -> pl.Series:
    """Return the trade date of each instant: it turns at 17:00 in Chicago; a weekend is Monday's.

    Args:
        instants: Int64, microseconds since 1970 UTC.
    """
    local = instants.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(CHICAGO.key)
    day = local.dt.replace_time_zone(None).dt.offset_by("7h").dt.date()
    moved = pl.select(
        pl.when(day.dt.weekday() == 6)
        .then(day.dt.offset_by("2d"))
        .when(day.dt.weekday() == 7)
        .then(day.dt.offset_by("1d"))
        .otherwise(day)
        .alias("trade_date")
    )
    return moved.to_series()


def session_dates(
    instants: pl.Series,
    session_type: SessionType | str | None,
    product: str | None,
    config: SessionConfig | None = None,
) -> pl.Series:
    """Return the trade date that each row counts for, null outside the session.

    Args:
        instants: Int64, microseconds since 1970 UTC.
        session_type: The kind of session; None for that of ``config``.
        product: Whose sessions; None with no ``session_type`` takes each row by its trading day.
        config: The user's hours; the exchange's when left out.

    Raises:
        InvalidFieldError: As for ``filter_session``.
    """
    if product is None and session_type is None and config is None:
        return trading_dates(instants)
    settings = config if config is not None else SessionConfig()
    kind = settings.session_type if session_type is None else session_type_of(session_type)
    sessions = product_sessions(product if product is not None else "ES", settings)
    inside, rows = window_of_rows(instants, sessions, kind)
    dates = rows.get_column("trade_date")
    return pl.select(pl.when(inside).then(dates).alias("trade_date")).to_series()


def vwap() -> pl.Expr:
    """Return the volume-weighted typical price of a group; null without volume."""
    volume = pl.col("volume").sum()
    return pl.when(volume > 0).then((TYPICAL * pl.col("volume")).sum() / volume)


def session_table(data: pl.DataFrame, dates: pl.Series) -> pl.DataFrame:
    """Return one row per session of a frame in time order.

    Args:
        data: Bars.
        dates: The trade date that each row counts for, null for none.

    Returns:
        trade_date, open, high, low, close, volume, vwap, bars; path, the points that the closes
        moved from the open on, bar by bar; and volatility, the square root of the summed squares
        of the bars' log returns, in percent.
    """
    named = data.with_columns(dates.alias("trade_date")).filter(pl.col("trade_date").is_not_null())
    before = pl.col("close").shift(1).over("trade_date").fill_null(pl.col("open"))
    moved = named.with_columns(
        (pl.col("close") - before).abs().alias("_step"),
        pl.when((before > 0) & (pl.col("close") > 0))
        .then((pl.col("close") / before).log())
        .alias("_return"),
    )
    return moved.group_by("trade_date", maintain_order=True).agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
        vwap().alias("vwap"),
        pl.len().alias("bars"),
        pl.col("_step").sum().alias("path"),
        (pl.col("_return").pow(2).sum().sqrt() * 100).alias("volatility"),
    )
