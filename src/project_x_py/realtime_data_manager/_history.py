"""The past bars of one contract, with as few requests as it takes.

One request of 1-minute bars feeds every timeframe from a minute to a day, so those always agree.
One of the finest bars below a minute feeds all of those, and one of hours feeds weeks and months,
because what a gateway calls a day or a week need not begin at 17:00 Chicago time.

A load stops at a *cut*, a minute (or an hour) that is over; what has traded since is told in
1-second bars (:meth:`HistoryLoader.seconds`) up to any second.

Invariants (``tests/realtime_data_manager/test_history.py``): a larger bar equals the aggregation of
the smaller ones it covers; a load and the seconds after its cut make the bars of the whole.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.bars import Bar, bar_end, bar_start, timeframe_of
from project_x_py._core.time import DAY_NS, HOUR_NS, MINUTE_NS, NS, to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import polars as pl

    from project_x_py._core.bars import Timeframe
    from project_x_py._core.grid import TickGrid
    from project_x_py._ports import HistorySource

__all__ = ["PAGE", "HistoryLoader", "Past", "aggregate", "rows_to_bars"]

SECOND, MINUTE, HOUR, DAY = 1, 2, 3, 4
"""Units of the gateway."""

PAGE = 20_000
"""Bars that one request can bring."""

WEEK_DAYS, MONTH_DAYS = 7, 31

LARGEST_PRICE = 1e12
"""In ticks; a row beyond it says nothing."""


class Past(NamedTuple):
    """Bars by timeframe name, oldest first, of what has traded before ``cut_ns``."""

    bars: Mapping[str, list[Bar]]
    cut_ns: int

    def with_seconds(self, seconds: Sequence[Bar], timeframes: Iterable[Timeframe]) -> Past:
        """Return the past with the 1-second bars that follow its cut."""
        if not seconds:
            return self
        bars = {tf.name: aggregate(chain(self.bars[tf.name], seconds), tf) for tf in timeframes}
        return Past(bars, seconds[-1].start_ns + NS)


class HistoryLoader:
    """Asks for the past bars of one contract.

    Args:
        source: Where bars come from.
        contract_id: Contract whose bars they are.
        timeframes: What is wanted.
        grid: Converts prices to ticks.
        capacity: At most so many bars per timeframe are of use.
    """

    def __init__(
        self,
        source: HistorySource,
        contract_id: str,
        timeframes: Sequence[Timeframe],
        grid: TickGrid,
        capacity: int,
    ) -> None:
        self.timeframes = tuple(timeframes)
        self._source = source
        self._contract_id = contract_id
        self._grid = grid
        self._capacity = capacity
        self._fine = [tf for tf in timeframes if tf.unit == SECOND]
        self._middle = [tf for tf in timeframes if tf.unit in (MINUTE, HOUR, DAY)]
        self._coarse = [tf for tf in timeframes if tf.unit > DAY]

    def starts(self, ns: int) -> dict[str, int]:
        """Return by timeframe the start of the bar that holds a moment."""
        return {tf.name: bar_start(tf, ns) for tf in self.timeframes}

    async def since(self, days: float, now_ns: int) -> Past:
        """Load the bars of the last ``days`` days, and the whole of the current week or month."""
        first_ns = now_ns - round(days * DAY_NS)
        firsts = {tf.name: first_ns for tf in self._fine + self._middle}
        for tf in self._coarse:
            whole = WEEK_DAYS if tf.name == "1week" else MONTH_DAYS
            firsts[tf.name] = min(first_ns, now_ns - whole * DAY_NS)
        return await self.load(firsts, now_ns)

    async def load(self, firsts: Mapping[str, int], now_ns: int) -> Past:
        """Load bars up to a cut at or before ``now_ns``.

        Args:
            firsts: By timeframe, the first moment of interest; the bar that holds it comes whole.
            now_ns: Exchange time.

        Returns:
            Empty lists where there are no bars.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        hour = self._coarse and not self._middle
        cut_ns = now_ns - now_ns % (HOUR_NS if hour else MINUTE_NS)
        bars: dict[str, list[Bar]] = {}
        minutes: list[Bar] = []
        if self._middle:
            first_ns = min(bar_start(tf, firsts[tf.name]) for tf in self._middle)
            minutes = await self.ask(MINUTE, 1, first_ns, cut_ns)
            bars.update((tf.name, aggregate(minutes, tf)) for tf in self._middle)
        if self._fine:
            bars.update(await self._load_fine(firsts, cut_ns))
        if self._coarse:
            bars.update(await self._load_coarse(firsts, cut_ns, minutes))
        return Past(bars, cut_ns)

    async def _load_fine(self, firsts: Mapping[str, int], cut_ns: int) -> dict[str, list[Bar]]:
        finest = min(self._fine, key=lambda tf: tf.unit_number)
        longest = max(self._fine, key=lambda tf: tf.unit_number)
        wanted = (self._capacity + 1) * longest.unit_number // finest.unit_number
        first_ns = min(firsts[tf.name] for tf in self._fine)
        first_ns -= first_ns % MINUTE_NS
        found = await self.ask(
            SECOND, finest.unit_number, first_ns, cut_ns, limit=max(1, min(wanted, PAGE))
        )
        if len(found) == PAGE or len(found) == wanted:
            # The oldest bars may be the tail of a longer one only.
            edge = bar_end(longest, bar_start(longest, found[0].start_ns))
            found = [bar for bar in found if bar.start_ns >= edge] or found
        return {tf.name: aggregate(found, tf) for tf in self._fine}

    async def _load_coarse(
        self, firsts: Mapping[str, int], cut_ns: int, minutes: list[Bar]
    ) -> dict[str, list[Bar]]:
        first_ns = min(bar_start(tf, firsts[tf.name]) for tf in self._coarse)
        edge_ns = cut_ns - cut_ns % HOUR_NS
        hours = await self.ask(HOUR, 1, first_ns, edge_ns)
        rest = [bar for bar in minutes if bar.start_ns >= edge_ns]
        return {
            tf.name: aggregate(
                chain((b for b in hours if b.start_ns >= bar_start(tf, firsts[tf.name])), rest), tf
            )
            for tf in self._coarse
        }

    async def seconds(self, from_ns: int, to_ns: int) -> list[Bar]:
        """Load 1-second bars of ``from_ns <= start < to_ns``."""
        return await self.ask(SECOND, 1, from_ns, to_ns)

    async def ask(
        self, unit: int, number: int, from_ns: int, to_ns: int, *, limit: int | None = None
    ) -> list[Bar]:
        """Load closed bars of ``from_ns <= start < to_ns``, oldest first."""
        if from_ns >= to_ns:
            return []
        frame = await self._source.get_bars(
            self._contract_id,
            interval=number,
            unit=unit,
            limit=limit,
            partial=False,
            start_time=to_datetime(from_ns),
            end_time=to_datetime(to_ns),
        )
        tf = timeframe_of(unit, number)
        bars = rows_to_bars(frame, self._grid)
        return [b for b in bars if from_ns <= b.start_ns and bar_end(tf, b.start_ns) <= to_ns]


def rows_to_bars(frame: pl.DataFrame, grid: TickGrid) -> list[Bar]:
    """Convert a documented bar frame to bars in ticks; rows beyond any price are left out.

    The gateway's bars carry neither trade counts nor aggressor volumes; those are zero.
    """
    import numpy as np

    num, den = grid.ratio
    columns = [frame[name].to_numpy() * den / num for name in ("open", "high", "low", "close")]
    ticks = np.column_stack([np.sign(c) * np.floor(np.abs(c) + 0.5) for c in columns])
    fine = np.isfinite(ticks).all(axis=1) & (np.abs(ticks) < LARGEST_PRICE).all(axis=1)
    starts = frame["timestamp"].dt.epoch("ns").to_numpy()[fine].tolist()
    prices = ticks[fine].astype(np.int64).tolist()
    volumes = frame["volume"].to_numpy()[fine].tolist()
    return [
        Bar(start, o, h, low, c, volume, 0, 0, 0)
        for start, (o, h, low, c), volume in zip(starts, prices, volumes, strict=True)
    ]


def aggregate(bars: Iterable[Bar], tf: Timeframe) -> list[Bar]:
    """Merge bars into the larger ones of ``tf``; ascending in, ascending out."""
    merged: list[Bar] = []
    row: list[int] | None = None
    end_ns = 0
    for bar in bars:
        if row is not None and bar.start_ns < end_ns:
            if bar.high > row[2]:
                row[2] = bar.high
            if bar.low < row[3]:
                row[3] = bar.low
            row[4] = bar.close
            row[5] += bar.volume
            row[6] += bar.trades
            row[7] += bar.buy_volume
            row[8] += bar.sell_volume
            continue
        if row is not None:
            merged.append(Bar(*row))
        start = bar_start(tf, bar.start_ns)
        end_ns = bar_end(tf, start)
        row = [start, bar.open, bar.high, bar.low, bar.close]
        row += [bar.volume, bar.trades, bar.buy_volume, bar.sell_volume]
    if row is not None:
        merged.append(Bar(*row))
    return merged
