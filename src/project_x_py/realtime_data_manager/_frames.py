"""Bars as immutable frames, built on demand and kept until the bars change.

A frame is two pieces: the settled bars, converted once, and the recent ones with the forming bar on
top, converted anew at each change. When the recent piece has grown long, both become one.

Invariants (``tests/realtime_data_manager/test_frames.py``): the frame equals one built afresh from
the series; unchanged bars give the same frame object.
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
PRICES = ("open", "high", "low", "close")

RECENT = 256
"""Bars that the recent piece may hold before it is settled."""


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
        self._settled = bars_frame((), grid, timezone)
        self._appended = 0
        self._rewrites = -1
        self._frame = self._settled
        self._version = -1

    def frame(self) -> pl.DataFrame:
        """Return all held bars, oldest first, the forming one last."""
        if self._version != self._builder.version:
            self._frame = self._build()
            self._version = self._builder.version
        return self._frame

    def _build(self) -> pl.DataFrame:
        series, forming = self._builder.series, self._builder.forming
        recent = series.appended - self._appended
        if self._rewrites != series.rewrites or recent > min(RECENT, len(series)):
            self._settled = self._piece(0, None)
            self._appended, self._rewrites, recent = series.appended, series.rewrites, 0
        kept = len(series) - recent
        settled = self._settled
        if kept < settled.height:
            settled = settled.slice(settled.height - kept)
        if not recent and forming is None:
            return settled
        return settled.vstack(self._piece(kept, forming))

    def _piece(self, first: int, forming: Bar | None) -> pl.DataFrame:
        columns = self._builder.series.columns(first)
        if forming is not None:
            for name in COLUMNS:
                columns[name].append(getattr(forming, name))
        arrays = {name: np.frombuffer(columns[name], dtype=np.int64) for name in COLUMNS}
        return _frame(arrays, self._grid, self._timezone)


def bars_frame(bars: Sequence[Bar], grid: TickGrid, timezone: str) -> pl.DataFrame:
    """Build the documented frame of ``bars``: timestamp, open, high, low, close, volume."""
    arrays = {
        name: np.fromiter((getattr(bar, name) for bar in bars), dtype=np.int64, count=len(bars))
        for name in COLUMNS
    }
    return _frame(arrays, grid, timezone)


def _frame(columns: dict[str, np.ndarray], grid: TickGrid, timezone: str) -> pl.DataFrame:
    num, den = grid.ratio
    # An integer cast to a zoned datetime is read as UTC; converting the zone would cost ten times.
    start = pl.Series("timestamp", columns["start_ns"] // 1000).cast(pl.Datetime("us", timezone))
    prices = [pl.Series(name, columns[name] * num / den) for name in PRICES]
    volume = pl.Series("volume", columns["volume"])
    return pl.DataFrame([start, *prices, volume])
