"""The documented base that reads bars and prices; behaviour is in ``_reads``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from project_x_py.realtime_data_manager._reads import BarReads

__all__ = ["DataAccessMixin"]


class DataAccessMixin:
    """Bars as frames, prices, and what is known of them. No read waits for anything."""

    __slots__ = ()

    _reads: BarReads

    async def get_data(
        self, timeframe: str = "5min", bars: int | None = None
    ) -> pl.DataFrame | None:
        """Return the bars of one timeframe, oldest first, the forming one last.

        Args:
            timeframe: One of the manager's timeframes.
            bars: At most so many, the newest; all that are held when left out.

        Returns:
            Frame of timestamp, open, high, low, close, volume, and the columns of live indicators;
            None while there is no bar. It is a snapshot: it never changes.

        Raises:
            ValueError: ``timeframe`` is not one of the manager's, or ``bars`` is below 1.
        """
        return self._reads.frame(timeframe, bars)

    async def get_latest_bars(self, count: int = 1, timeframe: str = "5min") -> pl.DataFrame | None:
        """Return the newest ``count`` bars; None while there is none."""
        return self._reads.frame(timeframe, count)

    async def get_mtf_data(self) -> dict[str, pl.DataFrame]:
        """Return the bars of every timeframe that has any, by its name."""
        return self._reads.frames_with_bars()

    async def get_ohlc(self, timeframe: str = "5min") -> dict[str, float] | None:
        """Return the newest bar: keys open, high, low, close, volume; None while there is none."""
        return self._reads.ohlc(timeframe)

    async def get_bars_since(
        self, timestamp: datetime, timeframe: str = "5min"
    ) -> pl.DataFrame | None:
        """Return the bars that start at or after ``timestamp``; naive means the manager's zone."""
        return self._reads.since(timestamp, timeframe)

    async def get_historical_data(
        self,
        timeframe: str,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> pl.DataFrame | None:
        """Return the bars held that start in a span of time, both ends included.

        How many are held is ``max_bars_per_timeframe`` of the manager's settings; an older past
        is read with ``get_bars`` of the client.

        Args:
            timeframe: One of the manager's timeframes.
            start_time: Earliest start of a bar; naive means the manager's zone.
            end_time: Latest start of a bar.

        Returns:
            Frame as of :meth:`get_data`; None while there is no bar at all.

        Raises:
            ValueError: ``timeframe`` is not one of the manager's.
        """
        return self._reads.between(timeframe, start_time, end_time)

    async def get_combined_data(
        self, timeframe: str, start_time: datetime, end_time: datetime
    ) -> pl.DataFrame | None:
        """Return the bars held from one time to another; as :meth:`get_historical_data`."""
        return self._reads.between(timeframe, start_time, end_time)

    async def get_total_data_count(self, timeframe: str) -> int:
        """Return how many bars of a timeframe are held, the forming one among them.

        Raises:
            ValueError: ``timeframe`` is not one of the manager's.
        """
        return self._reads.held(timeframe)

    async def get_data_or_none(
        self, timeframe: str = "5min", min_bars: int = 20
    ) -> pl.DataFrame | None:
        """Return the bars when there are at least ``min_bars``, else None."""
        return self._reads.at_least(timeframe, min_bars)

    async def is_data_ready(self, min_bars: int = 20, timeframe: str | None = None) -> bool:
        """Tell whether ``timeframe``, or every timeframe, has at least ``min_bars`` bars."""
        return self._reads.are_ready(min_bars, timeframe)

    async def get_price_range(
        self, bars: int = 20, timeframe: str = "5min"
    ) -> dict[str, float] | None:
        """Return keys high, low, range, avg_range (points) over the newest ``bars`` bars.

        None when fewer are held.
        """
        return self._reads.price_range(bars, timeframe)

    async def get_volume_stats(
        self, bars: int = 20, timeframe: str = "5min"
    ) -> dict[str, float] | None:
        """Return keys total, average, current, relative over the newest ``bars`` bars.

        ``relative`` is the newest bar's volume over the average; None when fewer are held.
        """
        return self._reads.volume_stats(bars, timeframe)

    async def get_current_price(self) -> float | None:
        """Return the last trade's price, else the newest loaded close; None before any data.

        It is never a mid price. Its age is :meth:`get_price_age`, which must be looked at before
        money depends on the price.
        """
        return self._reads.price()

    async def get_latest_price(self) -> float | None:
        """Return the same as :meth:`get_current_price`."""
        return self._reads.price()

    def get_price_age(self) -> float | None:
        """Return the exchange seconds since the last trade; None before the first live trade."""
        return self._reads.price_age_s()

    def get_bar_marks(self, timeframe: str = "5min") -> dict[datetime, str]:
        """Return which of the bars held changed after they ended, by their start, and why.

        ``late``: a trade came late. ``backfilled``: read from history after an outage.
        ``audited``: it was not the gateway's own, and is now.
        """
        return self._reads.marks(timeframe)
