"""Bars as immutable frames, built on demand and kept until the bars change.

A closed bar is converted once: the frame of closed bars grows by the rows that were added since,
and the forming bar is one more row on top.

Invariants (``tests/realtime_data_manager/test_frames.py``): the frame equals one built afresh from
the series; an unchanged series gives the same frame object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.bars import Bar, BarBuilder
    from project_x_py._core.grid import TickGrid

__all__ = ["FrameCache", "bars_frame"]

COLUMNS = ("start_ns", "open", "high", "low", "close", "volume")

REBUILD_AFTER = 256
"""Appended chunks after which the closed frame is built afresh in one piece."""


class FrameCache:
    """The frame of one timeframe's bars.

    Args:
        builder: Whose bars they are.
        grid: Converts ticks to prices.
        timezone: Zone of the ``timestamp`` column.
    """

    def __init__(self, builder: BarBuilder, grid: TickGrid, timezone: str) -> None:
        self._builder = builder
        self._grid = grid
        self._timezone = timezone
        self._closed: pl.DataFrame | None = None
        self._appended = self._rewrites = -1
        self._chunks = 0
        self._frame: pl.DataFrame | None = None
        self._version = -1

    def frame(self) -> pl.DataFrame:
        """Return all held bars, oldest first, the forming one last."""
        if self._frame is None or self._version != self._builder.version:
            closed = self._closed_frame()
            forming = self._builder.forming
            self._frame = (
                closed
                if forming is None
                else closed.vstack(bars_frame([forming], self._grid, self._timezone))
            )
            self._version = self._builder.version
        return self._frame

    def _closed_frame(self) -> pl.DataFrame:
        series = self._builder.series
        added = series.appended - self._appended
        if self._closed is not None and self._rewrites == series.rewrites:
            if added == 0:
                return self._closed
            grows = added <= len(series) and self._chunks < REBUILD_AFTER
        else:
            grows = False
        if grows and self._closed is not None:
            rows = self._columns(len(series) - added)
            grown = self._closed.vstack(_frame(rows, self._grid, self._timezone))
            self._closed = grown.slice(max(0, grown.height - len(series)))
            self._chunks += 1
        else:
            self._closed = _frame(self._columns(0), self._grid, self._timezone)
            self._chunks = 0
        self._appended, self._rewrites = series.appended, series.rewrites
        return self._closed

    def _columns(self, first: int) -> dict[str, np.ndarray]:
        columns = self._builder.series.columns(first)
        return {name: np.frombuffer(columns[name], dtype=np.int64) for name in COLUMNS}


def bars_frame(bars: Sequence[Bar], grid: TickGrid, timezone: str) -> pl.DataFrame:
    """Build the documented frame of ``bars``: timestamp, open, high, low, close, volume."""
    columns = {
        name: np.fromiter((getattr(bar, name) for bar in bars), dtype=np.int64, count=len(bars))
        for name in COLUMNS
    }
    return _frame(columns, grid, timezone)


def _frame(columns: dict[str, np.ndarray], grid: TickGrid, timezone: str) -> pl.DataFrame:
    num, den = grid.ratio
    timestamp = pl.Series("timestamp", columns["start_ns"] // 1000).cast(pl.Datetime("us", "UTC"))
    prices = [
        pl.Series(name, columns[name] * num / den) for name in ("open", "high", "low", "close")
    ]
    volume = pl.Series("volume", np.array(columns["volume"], dtype=np.int64))
    return pl.DataFrame([timestamp.dt.convert_time_zone(timezone), *prices, volume])
