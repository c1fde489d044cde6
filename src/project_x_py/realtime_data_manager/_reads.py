"""What can be read of bars and prices: synchronous, hence atomic.

Invariants (``tests/realtime_data_manager/test_reads.py``): a read never waits and never changes
anything; a frame that was handed out never changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.time import NS, from_datetime, to_datetime
from project_x_py.realtime_data_manager._events import bar_fields

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    import polars as pl

    from project_x_py._core.bars import BarBuilder
    from project_x_py._core.grid import TickGrid
    from project_x_py._ports import Clock
    from project_x_py.realtime_data_manager._feed import BarFeed
    from project_x_py.realtime_data_manager._frames import FrameCache

__all__ = ["BarReads"]


class BarReads:
    """Reads of one instrument's bars.

    Args:
        timeframes: Names of the timeframes, in the order given.
        feed: The bars.
        timezone: Zone of all times handed out.
        clock: Exchange time.
        symbol: For messages.
    """

    def __init__(
        self, timeframes: list[str], feed: BarFeed, timezone: ZoneInfo, clock: Clock, symbol: str
    ) -> None:
        self.grid: TickGrid | None = None
        self.frames: dict[str, FrameCache] = {}
        self._timeframes = timeframes
        self._feed = feed
        self._timezone = timezone
        self._clock = clock
        self._symbol = symbol

    def builder(self, timeframe: str) -> BarBuilder:
        """Return the bars of a timeframe.

        Raises:
            ValueError: It is not one of the manager's; the message names those.
        """
        builder = self._feed.bars.builders.get(timeframe)
        if builder is None:
            raise ValueError(
                f"no timeframe {timeframe!r} here; the suite was created with "
                f"{', '.join(self._timeframes)}"
            )
        return builder

    def frame(self, timeframe: str, bars: int | None = None) -> pl.DataFrame | None:
        """Return the newest bars as a frame, None while there is none."""
        self.builder(timeframe)
        if bars is not None and bars < 1:
            raise ValueError(f"bars must be at least 1, not {bars}")
        cache = self.frames.get(timeframe)
        if cache is None:
            return None
        frame = cache.frame()
        if frame.is_empty():
            return None
        # A reader may change its frame in place, so it gets one of its own; the data are shared.
        return frame.clone() if bars is None else frame.tail(bars)

    def rows(self, timeframe: str) -> pl.DataFrame:
        """Return all bars as a frame, one without rows while there is none."""
        import polars as pl

        frame = self.frame(timeframe)
        if frame is not None:
            return frame
        time = pl.Datetime("us", str(self._timezone))
        prices = dict.fromkeys(("open", "high", "low", "close"), pl.Float64)
        return pl.DataFrame(schema={"timestamp": time, **prices, "volume": pl.Int64})

    def frames_with_bars(self) -> dict[str, pl.DataFrame]:
        """Return the frame of every timeframe that has bars."""
        frames = {name: self.frame(name) for name in self._timeframes}
        return {name: frame for name, frame in frames.items() if frame is not None}

    def held(self, timeframe: str) -> int:
        """Return how many rows the frame of a timeframe has."""
        builder = self.builder(timeframe)
        return min(len(builder.series) + (builder.end_ns is not None), builder.series.capacity)

    def since(self, timestamp: datetime, timeframe: str) -> pl.DataFrame | None:
        """Return the bars that start at or after a time; naive means the manager's zone."""
        import polars as pl

        frame = self.frame(timeframe)
        if frame is None:
            return None
        since = to_datetime(from_datetime(timestamp, self._timezone), self._timezone)
        return frame.filter(pl.col("timestamp") >= since)

    def between(
        self, timeframe: str, start: datetime | None, end: datetime | None
    ) -> pl.DataFrame | None:
        """Return the bars held that start in a span of time, None while there is no bar at all."""
        import polars as pl

        frame = self.frame(timeframe)
        if frame is None:
            return None
        at = pl.col("timestamp")
        for edge, is_first in ((start, True), (end, False)):
            if edge is not None:
                moment = to_datetime(from_datetime(edge, self._timezone), self._timezone)
                frame = frame.filter(at >= moment if is_first else at <= moment)
        return frame

    def at_least(self, timeframe: str, min_bars: int) -> pl.DataFrame | None:
        """Return the bars when there are so many, else None."""
        return self.frame(timeframe) if self.held(timeframe) >= max(min_bars, 1) else None

    def are_ready(self, min_bars: int, timeframe: str | None) -> bool:
        """Return whether a timeframe, or every one, has at least so many bars."""
        names = self._timeframes if timeframe is None else [timeframe]
        return all(self.held(name) >= min_bars for name in names)

    def ohlc(self, timeframe: str) -> dict[str, float] | None:
        """Return the newest bar as floats, None without one."""
        builder = self.builder(timeframe)
        bar = builder.forming or (builder.series.bar(-1) if len(builder.series) else None)
        if bar is None or self.grid is None:
            return None
        fields = bar_fields(bar, self.grid, self._timezone)
        return {name: float(fields[name]) for name in ("open", "high", "low", "close", "volume")}

    def price_range(self, bars: int, timeframe: str) -> dict[str, float] | None:
        """Return high, low, range and avg_range over the newest bars, None when fewer are held."""
        frame = self._newest(bars, timeframe)
        if frame is None:
            return None
        highs, lows = frame["high"].to_numpy(), frame["low"].to_numpy()
        high, low = float(highs.max()), float(lows.min())
        return {
            "high": high,
            "low": low,
            "range": high - low,
            "avg_range": float((highs - lows).mean()),
        }

    def volume_stats(self, bars: int, timeframe: str) -> dict[str, float] | None:
        """Return total, average, current and relative volume over the newest bars, or None."""
        frame = self._newest(bars, timeframe)
        if frame is None:
            return None
        volumes = frame["volume"].to_numpy()
        total, current = float(volumes.sum()), float(volumes[-1])
        average = total / bars
        return {
            "total": total,
            "average": average,
            "current": current,
            "relative": current / average if average else 0.0,
        }

    def price_ticks(self) -> int | None:
        """Return the last trade's price, else the newest close, in ticks; None before both."""
        waiting = self._feed.newest_waiting()
        last = waiting if waiting is not None else self._feed.bars.last_price
        return last if last is not None else self._feed.bars.newest_close()

    def price(self) -> float | None:
        """Return :meth:`price_ticks` in points."""
        ticks = self.price_ticks()
        return None if ticks is None or self.grid is None else self.grid.price(ticks)

    def price_age_s(self) -> float | None:
        """Return the exchange seconds since the last live trade, None before the first."""
        newest_ns = self._feed.newest_ns()
        return None if newest_ns is None else max(0, self._clock.now_ns() - newest_ns) / NS

    def marks(self, timeframe: str) -> dict[datetime, str]:
        """Return the bars held that changed after their end, by their start, and why."""
        series = self.builder(timeframe).series
        oldest_ns = series.start_of(0) if len(series) else 0
        marks = self._feed.bars.marks[timeframe]
        return {
            to_datetime(start_ns, self._timezone): why
            for start_ns, why in sorted(marks.items())
            if start_ns >= oldest_ns
        }

    def _newest(self, bars: int, timeframe: str) -> pl.DataFrame | None:
        if bars < 1:
            raise ValueError(f"bars must be at least 1, not {bars}")
        frame = self.at_least(timeframe, bars)
        return None if frame is None else frame.tail(bars)
