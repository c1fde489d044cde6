"""Longer bars out of shorter ones, within sessions.

A bar never crosses the edge of a session. Electronic bars lie on the grid that begins with the
trading day at 17:00 in Chicago, as all bars of the SDK do; regular and custom bars lie on a grid
that begins with their session, so the first one is whole.

Invariants (``tests/sessions/test_aggregation.py``): volume is conserved; electronic bars are those
that the SDK builds from the same trades.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from project_x_py._core.calendar import day_start_of
from project_x_py._core.timeframes import timeframe as timeframe_named
from project_x_py.exceptions import InvalidFieldError
from project_x_py.sessions._rows import PRICES, checked
from project_x_py.sessions._windows import product_sessions
from project_x_py.sessions.config import SessionConfig, SessionType, session_type_of
from project_x_py.sessions.filtering import window_of_rows

if TYPE_CHECKING:
    from datetime import date

    from project_x_py.sessions._windows import ProductSessions

__all__ = ["aggregate_session_bars", "aggregate_with_sessions"]

_DAILY = ("1d", "1day", "day", "daily")
_BARS = (*PRICES, "volume")
_OHLCV = (
    pl.col("open").first(),
    pl.col("high").max(),
    pl.col("low").min(),
    pl.col("close").last(),
    pl.col("volume").sum(),
)


async def aggregate_with_sessions(
    data: pl.DataFrame,
    timeframe: str,
    session_type: SessionType,
    product: str = "ES",
    *,
    config: SessionConfig | None = None,
) -> pl.DataFrame:
    """Return the bars of a longer timeframe that a session's bars make.

    Args:
        data: Bars in time order, shorter than ``timeframe``.
        timeframe: ``5min``, ``15min`` or another of the SDK's up to ``4hr``; ``1day`` gives a bar
            per session.
        session_type: The kind of session.
        product: Ticker, contract name, contract id or symbol id.
        config: The user's hours; the exchange's when left out.

    Returns:
        timestamp (the bar's start, in the zone of the frame), open, high, low, close, volume. Rows
        outside the session are left out; there is no bar without rows.

    Raises:
        ProjectXDataError: A column is missing or unreadable, or rows are out of order.
        ValueError: The timeframe is none of these, or as for ``filter_session``.
    """
    seconds = timeframe_named(timeframe).seconds
    if timeframe in _DAILY:
        daily = aggregate_session_bars(
            data, product, session_type=session_type, session_config=config
        )
        return daily.select("timestamp", *_BARS)
    if seconds is None or seconds > 4 * 3600:
        raise InvalidFieldError(
            f"a session has no bars of {timeframe!r}; take up to 4hr, or 1day for one per session"
        )
    instants = checked(data, _BARS)
    kind, sessions = session_type_of(session_type), product_sessions(product, config)
    inside, rows = window_of_rows(instants, sessions, kind)
    origin = _origins(rows, kind)
    start = instants - (instants - origin) % (seconds * 1_000_000)
    named = data.with_columns(start.alias("start"), rows.get_column("trade_date").alias("day"))
    bars = named.filter(inside).group_by("day", "start", maintain_order=True).agg(*_OHLCV)
    return bars.select(_stamp(data, "start").alias("timestamp"), *_BARS)


def aggregate_session_bars(
    frame: pl.DataFrame,
    product: str,
    interval: str = "1d",
    session_type: SessionType | str | None = None,
    session_config: SessionConfig | None = None,
    include_partial: bool = True,
) -> pl.DataFrame:
    """Return a bar per session: the exchange's daily bars.

    Args:
        frame: Bars in time order, of any length within a session.
        product: Ticker, contract name, contract id or symbol id.
        interval: ``1d``; nothing else.
        session_type: The kind of session; None for that of ``session_config``.
        session_config: The user's hours; the exchange's when left out.
        include_partial: Whether to keep sessions that the frame has not all of.

    Returns:
        timestamp (the session's start, in the zone of the frame), open, high, low, close, volume,
        trading_date, session_start, session_end (not part of the session) and is_partial: the
        frame begins after the session did, or ends before it.

    Raises:
        ProjectXDataError: A column is missing or unreadable, or rows are out of order.
        ValueError: The interval is another, or as for ``filter_session``.
    """
    if interval not in _DAILY:
        raise InvalidFieldError(
            f"interval must be '1d', not {interval!r}; aggregate_with_sessions makes shorter bars"
        )
    instants = checked(frame, _BARS)
    config = session_config if session_config is not None else SessionConfig()
    kind = config.session_type if session_type is None else session_type_of(session_type)
    sessions = product_sessions(product, config)
    inside, rows = window_of_rows(instants, sessions, kind)
    named = frame.with_columns(rows.get_column("trade_date").alias("trading_date"))
    bars = named.filter(inside).group_by("trading_date", maintain_order=True).agg(*_OHLCV)
    spans = _spans(bars.get_column("trading_date").to_list(), sessions, kind)
    first, ends = _covered(instants)
    partial = (pl.col("start") < first) | (pl.col("end") > ends)
    whole = pl.concat([bars, spans], how="horizontal").select(
        _stamp(frame, "start").alias("timestamp"),
        *_BARS,
        "trading_date",
        _stamp(frame, "start").alias("session_start"),
        _stamp(frame, "end").alias("session_end"),
        partial.alias("is_partial"),
    )
    return whole if include_partial else whole.filter(~pl.col("is_partial"))


def _origins(rows: pl.DataFrame, kind: SessionType) -> pl.Series:
    """Return where the grid of each row's bars begins, in microseconds."""
    if kind is not SessionType.ETH:
        return rows.get_column("start")
    dates = rows.get_column("trade_date")
    known: list[date] = dates.drop_nulls().unique().to_list()
    starts = [day_start_of(day.toordinal()) // 1000 for day in known]
    return dates.replace_strict(known, starts, default=None, return_dtype=pl.Int64)


def _spans(days: list[date], sessions: ProductSessions, kind: SessionType) -> pl.DataFrame:
    windows = [sessions.windows_on(day, kind) for day in days]
    return pl.DataFrame(
        {
            "start": [parts[0].start_ns // 1000 for parts in windows],
            "end": [parts[-1].end_ns // 1000 for parts in windows],
        },
        schema={"start": pl.Int64, "end": pl.Int64},
    )


def _covered(instants: pl.Series) -> tuple[int, int]:
    """Return from when to when a frame of bars speaks: its last bar is as long as its shortest."""
    if not len(instants):
        return 0, 0
    shortest = instants.diff().drop_nulls().filter(instants.diff().drop_nulls() > 0).min()
    length = shortest if isinstance(shortest, int) else 0
    return int(instants[0]), int(instants[-1]) + length


def _stamp(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Return microseconds as the datetime that the frame's own column has."""
    kind = frame.schema["timestamp"]
    assert isinstance(kind, pl.Datetime)
    return pl.col(name).cast(pl.Datetime("us", kind.time_zone)).dt.cast_time_unit(kind.time_unit)
