"""Bars as immutable frames, built on demand and kept until the bars change.

A frame is three pieces: the settled bars, converted once; the recent ones, converted anew when a
bar ends; and the forming bar, one row, after each trade. When the recent piece has grown long, it
is settled. Live indicators add their columns to each piece.

Invariants (``tests/realtime_data_manager/test_frames.py``): the frame equals one built afresh from
the bars; it has at most ``capacity`` rows, the newest; unchanged bars give the same frame object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py._core.bars import Bar, BarBuilder
    from project_x_py._core.grid import TickGrid
    from project_x_py.realtime_data_manager._indicators import TimeframeIndicators

__all__ = ["FrameCache", "bars_frame", "closed_frame"]

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
        indicators: Adds columns; none when left out.
    """

    def __init__(
        self,
        builder: BarBuilder,
        grid: TickGrid,
        timezone: str,
        indicators: TimeframeIndicators | None = None,
    ) -> None:
        self._builder = builder
        self._grid = grid
        self._time = pl.Datetime("us", timezone)
        self._indicators = indicators
        self._settled = bars_frame((), grid, timezone)
        self._appended = 0
        self._rewrites = -1
        self._recent: pl.DataFrame | None = None
        self._recent_version = -1
        self._generation = 0
        self._frame = self._settled
        self._version = -1

    def frame(self) -> pl.DataFrame:
        """Return the newest bars, as many as are kept, oldest first, the forming one last."""
        if self._version != self._builder.version or self._is_outdated():
            self._frame = self._build()
            self._version = self._builder.version
        return self._frame

    def forget(self) -> None:
        """Build everything anew at the next read."""
        self._rewrites = self._version = -1

    def _is_outdated(self) -> bool:
        """Whether indicators were added or removed since the frame was built."""
        return self._indicators is not None and self._indicators.generation != self._generation

    def _build(self) -> pl.DataFrame:
        series, forming, indicators = self._builder.series, self._builder.forming, self._indicators
        rewritten = self._rewrites != series.rewrites or self._is_outdated()
        recent = series.appended - self._appended
        if rewritten or recent > min(RECENT, len(series)):
            self._settled = self._piece(0)
            if indicators is not None:
                self._generation = indicators.generation
            self._appended, self._rewrites, recent = series.appended, series.rewrites, 0
            self._recent, self._recent_version = None, series.version
        elif recent and self._recent_version != series.version:
            self._recent = self._piece(len(series) - recent)
            self._recent_version = series.version
        rows = len(series) - recent
        if forming is not None and len(series) == series.capacity:
            rows -= 1
        settled = self._settled
        if rows < settled.height:
            settled = settled.slice(settled.height - max(rows, 0))
        frame = settled if self._recent is None else settled.vstack(self._recent)
        if forming is None:
            return frame
        if rows < 0:
            frame = frame.slice(-rows)
        return frame.vstack(self._row(forming))

    def _piece(self, first: int) -> pl.DataFrame:
        columns = self._builder.series.columns(first)
        arrays = {name: np.frombuffer(columns[name], dtype=np.int64) for name in COLUMNS}
        piece = _frame(arrays, self._grid, self._time)
        if self._indicators is None or not self._indicators.columns:
            return piece
        return piece.hstack(self._indicators.series(first))

    def _row(self, bar: Bar) -> pl.DataFrame:
        """Return the forming bar as a frame of one row.

        A series costs as much for one value as for ten, so all prices share one and are cut out.
        """
        num, den = self._grid.ratio
        prices = np.array((bar.open, bar.high, bar.low, bar.close), dtype=np.int64) * num / den
        price = pl.Series("open", prices)
        whole = pl.Series("volume", np.array((bar.start_ns // 1000, bar.volume), dtype=np.int64))
        row = [
            price.slice(0, 1),
            price.slice(1, 1).alias("high"),
            price.slice(2, 1).alias("low"),
            price.slice(3, 1).alias("close"),
            whole.slice(1, 1),
        ]
        if self._indicators is not None and self._indicators.columns:
            row += self._indicators.row(bar)
        # An integer cast to a zoned datetime is read as UTC; converting the zone costs ten times.
        start = whole.slice(0, 1).cast(self._time).alias("timestamp")
        return start.to_frame().hstack(row)


def closed_frame(builder: BarBuilder, grid: TickGrid, timezone: str) -> Callable[[], pl.DataFrame]:
    """Return what builds the frame of the bars that have ended, without any indicator."""
    time = pl.Datetime("us", timezone)

    def closed() -> pl.DataFrame:
        columns = builder.series.columns()
        arrays = {name: np.frombuffer(columns[name], dtype=np.int64) for name in COLUMNS}
        return _frame(arrays, grid, time)

    return closed


def bars_frame(bars: Sequence[Bar], grid: TickGrid, timezone: str) -> pl.DataFrame:
    """Build the documented frame of ``bars``: timestamp, open, high, low, close, volume."""
    arrays = {
        name: np.fromiter((getattr(bar, name) for bar in bars), dtype=np.int64, count=len(bars))
        for name in COLUMNS
    }
    return _frame(arrays, grid, pl.Datetime("us", timezone))


def _frame(columns: dict[str, np.ndarray], grid: TickGrid, time: pl.Datetime) -> pl.DataFrame:
    num, den = grid.ratio
    start = pl.Series("timestamp", columns["start_ns"] // 1000).cast(time)
    prices = [pl.Series(name, columns[name] * num / den) for name in PRICES]
    volume = pl.Series("volume", columns["volume"])
    return pl.DataFrame([start, *prices, volume])
