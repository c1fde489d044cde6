"""Looks into polars frames. polars itself is loaded by whoever made the frame."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from project_x_py._core.time import to_datetime
from project_x_py._runtime.clock import SystemClock
from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["create_data_snapshot", "get_polars_last_value", "get_polars_rows"]


def get_polars_rows(df: pl.DataFrame) -> int:
    """Return the number of rows."""
    return df.height


def get_polars_last_value(df: pl.DataFrame, column: str) -> Any:
    """Return the last value of a column; None for an empty frame.

    Raises:
        ProjectXDataError: There is no such column; the message names close matches.
    """
    if column not in df.columns:
        close = difflib.get_close_matches(column, df.columns, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(df.columns)}"
        raise ProjectXDataError(f"the frame has no column {column!r}; {hint}")
    return None if df.is_empty() else df.get_column(column)[-1]


def create_data_snapshot(data: pl.DataFrame, description: str = "") -> dict[str, Any]:
    """Return what a frame holds, for looking at it.

    Args:
        data: Any frame.
        description: Kept as it is.

    Returns:
        description; row_count; columns, their names; dtypes, by column; empty; created_at, an
        ISO-8601 text; time_range, {start, end} of the first temporal column whose name contains
        "time", or None; timespan, its length in seconds, 0.0 without rows and None without such
        a column; statistics, {min, max, mean, std} by numeric column.
    """
    time_column = next(
        (
            name
            for name, kind in data.schema.items()
            if "time" in name.lower() and kind.is_temporal()
        ),
        None,
    )
    moments = None if time_column is None else data.get_column(time_column).drop_nulls()
    time_range = None
    timespan = None if moments is None else 0.0
    if moments is not None and len(moments):
        start: Any = moments.min()
        end: Any = moments.max()
        time_range = {"start": start, "end": end}
        timespan = (end - start).total_seconds()
    return {
        "description": description,
        "row_count": data.height,
        "columns": data.columns,
        "dtypes": {name: str(kind) for name, kind in data.schema.items()},
        "empty": data.is_empty(),
        "created_at": to_datetime(SystemClock().wall_ns()).isoformat(),
        "time_range": time_range,
        "timespan": timespan,
        "statistics": {
            name: _statistics(data.get_column(name))
            for name, kind in data.schema.items()
            if kind.is_numeric()
        },
    }


def _statistics(column: pl.Series) -> dict[str, Any]:
    return {
        "min": column.min(),
        "max": column.max(),
        "mean": column.mean(),
        "std": column.std(),
    }
