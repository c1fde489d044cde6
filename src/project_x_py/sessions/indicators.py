"""Columns that add up over a session, and figures of one.

A session is a trade date's, so it begins on the evening before. Without a ``session_type`` or a
``product`` each row counts for its trading day, 17:00 to 17:00 in Chicago; with one, only rows in
that product's session count, and the others get null. All columns look back only: a row's value
never depends on later rows.

The documented functions are coroutines; none of them waits for anything.

Invariants (``tests/sessions/test_indicators.py``): a plain loop over the rows gives the same; the
columns of the first rows of a frame are those of the frame's first rows alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from project_x_py._core.time import parse_ns
from project_x_py.exceptions import InvalidFieldError, ProjectXDataError
from project_x_py.sessions._conditions import condition, names_in
from project_x_py.sessions._profile import volume_profile
from project_x_py.sessions._rows import (
    PRICES,
    TYPICAL,
    checked,
    session_dates,
    session_table,
    trading_dates,
)
from project_x_py.sessions._windows import instant_ns, product_sessions
from project_x_py.sessions.aggregation import aggregate_with_sessions
from project_x_py.sessions.config import SessionType
from project_x_py.sessions.filtering import filter_session, window_of_rows

if TYPE_CHECKING:
    from project_x_py.sessions.config import SessionConfig

__all__ = [
    "aggregate_with_sessions",
    "calculate_anchored_vwap",
    "calculate_percent_from_open",
    "calculate_relative_to_vwap",
    "calculate_session_cumulative_volume",
    "calculate_session_gap",
    "calculate_session_levels",
    "calculate_session_vwap",
    "generate_session_alerts",
    "get_session_performance_metrics",
    "get_volume_profile",
]

_KEY = "__session"
_MOST_CONDITIONS = 62
_CALENDAR_ANCHORS = {"session_open": "1d", "week_open": "1w", "month_open": "1mo"}
_ANCHORS = (*_CALENDAR_ANCHORS, "rth_open")


async def calculate_session_vwap(
    data: pl.DataFrame,
    session_type: SessionType,
    product: str = "ES",
    *,
    config: SessionConfig | None = None,
) -> pl.DataFrame:
    """Add the volume-weighted typical price since the session began.

    Args:
        data: Bars in time order.
        session_type: The kind of session.
        product: Ticker, contract name, contract id or symbol id.
        config: The user's hours; the exchange's when left out.

    Returns:
        The same rows plus "session_vwap": Float64, null outside the session and before any volume.

    Raises:
        ProjectXDataError: A column is missing or unreadable, or rows are out of order.
        ValueError: As for ``filter_session``.
    """
    instants = checked(data, ("high", "low", "close", "volume"))
    return _with_vwap(data, session_dates(instants, session_type, product, config), "session_vwap")


async def calculate_anchored_vwap(
    data: pl.DataFrame, anchor_point: str = "session_open", *, product: str = "ES"
) -> pl.DataFrame:
    """Add the volume-weighted typical price since an anchor.

    Args:
        data: Bars in time order.
        anchor_point: ``session_open`` (each trading day), ``rth_open`` (each regular opening of
            ``product``), ``week_open``, ``month_open``, or an instant as ISO-8601 text with an
            offset.
        product: Whose regular openings count.

    Returns:
        The same rows plus "anchored_vwap": Float64, null before the anchor and before any volume.

    Raises:
        ProjectXDataError: As for :func:`calculate_session_vwap`.
        ValueError: The anchor is none of these.
    """
    instants = checked(data, ("high", "low", "close", "volume"))
    return _with_vwap(data, _anchor_keys(instants, anchor_point, product), "anchored_vwap")


async def calculate_session_levels(
    data: pl.DataFrame, *, session_type: SessionType | None = None, product: str | None = None
) -> pl.DataFrame:
    """Add the high and the low of the session so far.

    Args:
        data: Bars in time order.
        session_type: The kind of session; None for each trading day as a whole.
        product: Whose sessions.

    Returns:
        The same rows plus "session_high", "session_low" and "session_range", null outside.

    Raises:
        ProjectXDataError, ValueError: As for :func:`calculate_session_vwap`.
    """
    dates = session_dates(checked(data, ("high", "low")), session_type, product)
    levels = data.with_columns(dates.alias(_KEY)).with_columns(
        _inside(pl.col("high").cum_max().over(_KEY)).alias("session_high"),
        _inside(pl.col("low").cum_min().over(_KEY)).alias("session_low"),
    )
    spread = pl.col("session_high") - pl.col("session_low")
    return levels.with_columns(spread.alias("session_range")).drop(_KEY)


async def calculate_session_cumulative_volume(
    data: pl.DataFrame, *, session_type: SessionType | None = None, product: str | None = None
) -> pl.DataFrame:
    """Add the volume of the session so far; arguments as :func:`calculate_session_levels`.

    Returns:
        The same rows plus "cumulative_volume", null outside.

    Raises:
        ProjectXDataError, ValueError: As for :func:`calculate_session_vwap`.
    """
    dates = session_dates(checked(data, ("volume",)), session_type, product)
    total = _inside(pl.col("volume").cum_sum().over(_KEY)).alias("cumulative_volume")
    return data.with_columns(dates.alias(_KEY)).with_columns(total).drop(_KEY)


async def calculate_relative_to_vwap(
    data: pl.DataFrame, *, session_type: SessionType | None = None, product: str | None = None
) -> pl.DataFrame:
    """Add how far the close is from the session's VWAP.

    Args:
        data: Bars in time order. A column ``session_vwap`` of theirs is used; without one it is
            added first.
        session_type: As for :func:`calculate_session_levels`.
        product: Whose sessions.

    Returns:
        The same rows plus "price_vs_vwap", in points, and "vwap_deviation", in percent.

    Raises:
        ProjectXDataError, ValueError: As for :func:`calculate_session_vwap`.
    """
    if "session_vwap" not in data.columns:
        instants = checked(data, ("high", "low", "close", "volume"))
        data = _with_vwap(data, session_dates(instants, session_type, product), "session_vwap")
    checked(data, ("close", "session_vwap"))
    vwap = pl.col("session_vwap")
    return data.with_columns(
        (pl.col("close") - vwap).alias("price_vs_vwap"),
        pl.when(vwap != 0).then((pl.col("close") - vwap) / vwap * 100).alias("vwap_deviation"),
    )


async def calculate_percent_from_open(
    data: pl.DataFrame, *, session_type: SessionType | None = None, product: str | None = None
) -> pl.DataFrame:
    """Add how far the close is from the session's first open.

    Args:
        data: Bars in time order.
        session_type: As for :func:`calculate_session_levels`.
        product: Whose sessions.

    Returns:
        The same rows plus "percent_from_open", null outside and where the open is 0.

    Raises:
        ProjectXDataError, ValueError: As for :func:`calculate_session_vwap`.
    """
    dates = session_dates(checked(data, ("open", "close")), session_type, product)
    opened = pl.col("open").first().over(_KEY)
    change = pl.when(opened != 0).then((pl.col("close") - opened) / opened.abs() * 100)
    named = data.with_columns(dates.alias(_KEY))
    return named.with_columns(_inside(change).alias("percent_from_open")).drop(_KEY)


async def generate_session_alerts(data: pl.DataFrame, conditions: dict[str, Any]) -> pl.DataFrame:
    """Add the names of the conditions that hold in each row.

    Args:
        data: Bars in time order.
        conditions: By name, a comparison of columns and numbers such as ``"close > session_vwap
            and volume > 1000"``, or a polars expression. The columns that this module makes may be
            used without adding them first; they count by trading day.

    Returns:
        The same rows plus "alerts": List(String), in the order of ``conditions``, perhaps empty.
        A condition on a null does not hold.

    Raises:
        ProjectXDataError: As for :func:`calculate_session_vwap`.
        ValueError: A condition is none, or uses a name that is no column.
    """
    texts = [text for text in conditions.values() if not isinstance(text, pl.Expr)]
    wanted = {name for text in texts for name in names_in(str(text))}
    checked(data, ())
    if len(conditions) > _MOST_CONDITIONS:
        raise InvalidFieldError(f"at most {_MOST_CONDITIONS} conditions, not {len(conditions)}")
    full = await _with_derived(data, wanted - set(data.columns))
    tests = [
        test if isinstance(test, pl.Expr) else condition(str(test), full.columns)
        for test in conditions.values()
    ]
    return data.with_columns(_names_held(full, tests, list(conditions)))


def calculate_session_gap(friday_data: pl.DataFrame, monday_data: pl.DataFrame) -> dict[str, float]:
    """Return the gap between the last close of one frame and the first open of the next.

    Returns:
        friday_close, monday_open, gap_size in points, gap_percentage of the close (0.0 when the
        close is 0).

    Raises:
        ProjectXDataError: A frame has no rows, or lacks a column.
    """
    for name, data in (("friday_data", friday_data), ("monday_data", monday_data)):
        if data.is_empty():
            raise ProjectXDataError(f"{name} has no rows, so there is no gap")
        checked(data, ("open", "close"))
    close = float(friday_data.get_column("close")[-1])
    opened = float(monday_data.get_column("open")[0])
    gap = opened - close
    return {
        "friday_close": close,
        "monday_open": opened,
        "gap_size": gap,
        "gap_percentage": gap / abs(close) * 100 if close else 0.0,
    }


def get_session_performance_metrics(data: pl.DataFrame | None) -> dict[str, float]:
    """Return what became of the price over a frame of bars.

    Returns:
        open, high, low, close, range, volume; vwap, of typical prices; return_percent, from the
        open to the close; volatility, the realised one in percent; efficiency, the net move over
        the path of the closes, 0.0 to 1.0. Empty for None and for a frame without rows.

    Raises:
        ProjectXDataError: A column is missing, or rows are out of order.
    """
    if data is None or data.is_empty():
        return {}
    checked(data, (*PRICES, "volume"))
    row = session_table(data, pl.repeat(1, data.height, eager=True)).row(0, named=True)
    net = row["close"] - row["open"]
    metrics = {name: float(row[name]) for name in (*PRICES, "volume", "volatility")}
    metrics["range"] = metrics["high"] - metrics["low"]
    metrics["vwap"] = float(row["vwap"]) if row["vwap"] is not None else metrics["close"]
    metrics["return_percent"] = net / abs(row["open"]) * 100 if row["open"] else 0.0
    metrics["efficiency"] = abs(net) / row["path"] if row["path"] else 0.0
    return metrics


def get_volume_profile(
    data: pl.DataFrame, session_type: SessionType, *, product: str = "ES", levels: int = 50
) -> dict[str, int]:
    """Return what traded at which price in a session.

    Args:
        data: Bars in time order.
        session_type: The kind of session.
        product: Whose session.
        levels: Into how many price levels the range is split.

    Returns:
        Contracts by price, the middle of each level as text, ascending. They add up to the volume
        of the bars.

    Raises:
        ProjectXDataError, ValueError: As for :func:`calculate_session_vwap`.
    """
    checked(data, ("high", "low", "volume"))
    profile = volume_profile(filter_session(data, session_type, product), levels)
    found: dict[str, int] = {}
    total = told = 0.0
    for price, volume in zip(profile.prices, profile.volumes, strict=True):
        # What is told so far is rounded, not each level, so nothing gets lost.
        total += volume
        found[f"{price:.10g}"] = round(total) - round(told)
        told = total
    return found


def _inside(expression: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(_KEY).is_not_null()).then(expression)


def _with_vwap(data: pl.DataFrame, keys: pl.Series, name: str) -> pl.DataFrame:
    traded = (TYPICAL * pl.col("volume")).cum_sum().over(_KEY)
    volume = pl.col("volume").cum_sum().over(_KEY)
    average = pl.when(pl.col(_KEY).is_not_null() & (volume > 0)).then(traded / volume)
    return data.with_columns(keys.alias(_KEY)).with_columns(average.alias(name)).drop(_KEY)


def _anchor_keys(instants: pl.Series, anchor: str, product: str) -> pl.Series:
    if anchor in _CALENDAR_ANCHORS:
        return trading_dates(instants).dt.truncate(_CALENDAR_ANCHORS[anchor])
    if anchor == "rth_open":
        _, rows = window_of_rows(instants, product_sessions(product), SessionType.RTH)
        return rows.get_column("start")
    try:
        parse_ns(anchor)
    except ProjectXDataError as exc:
        raise InvalidFieldError(
            f"anchor_point must be one of {', '.join(_ANCHORS)} or an ISO-8601 instant, "
            f"not {anchor!r}"
        ) from exc
    since = instant_ns(anchor) // 1000
    return pl.select(pl.when(instants >= since).then(1)).to_series()


def _names_held(data: pl.DataFrame, tests: list[pl.Expr], names: list[str]) -> pl.Series:
    """Return the names of the tests that hold in each row, as a list column "alerts"."""
    # One bit per test: rows share the few combinations there are, which get their names once.
    bits = [test.fill_null(False).cast(pl.Int64) * (1 << place) for place, test in enumerate(tests)]
    code = data.select((pl.sum_horizontal(bits) if bits else pl.lit(0)).alias("code"))
    if code.height != data.height:
        code = pl.DataFrame({"code": [0] * data.height}, schema={"code": pl.Int64})
    found: list[int] = code.get_column("code").unique().to_list()
    held = [[name for place, name in enumerate(names) if one >> place & 1] for one in found]
    table = pl.DataFrame(
        {"code": found, "alerts": held}, schema={"code": pl.Int64, "alerts": pl.List(pl.String)}
    )
    return code.join(table, on="code", how="left", maintain_order="left").get_column("alerts")


async def _with_derived(data: pl.DataFrame, names: set[str]) -> pl.DataFrame:
    """Add those of this module's columns that are among the names."""
    if names & {"session_vwap", "price_vs_vwap", "vwap_deviation"}:
        data = await calculate_relative_to_vwap(data)
    if names & {"session_high", "session_low", "session_range"}:
        data = await calculate_session_levels(data)
    if "cumulative_volume" in names:
        data = await calculate_session_cumulative_volume(data)
    if "percent_from_open" in names:
        data = await calculate_percent_from_open(data)
    if "anchored_vwap" in names:
        data = await calculate_anchored_vwap(data)
    return data
