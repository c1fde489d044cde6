"""The past bars a data manager starts from, with as few requests as it takes.

One request of 1-minute bars feeds every timeframe from a minute to a day, so those always agree;
finer timeframes, weeks and months have a request of their own.

Invariant (``tests/realtime_data_manager/test_history.py``): a larger bar equals the aggregation of
the smaller ones it covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.bars import Bar, bar_start
from project_x_py._core.grid import Rounding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl

    from project_x_py._core.bars import Timeframe
    from project_x_py._core.grid import TickGrid
    from project_x_py._ports import HistorySource

__all__ = ["aggregate", "load_history", "rows_to_bars"]

FROM_MINUTES = (2, 3, 4)
"""The units (minute, hour, day) whose bars are made of minutes."""

OWN_DAYS = {5: 7, 6: 31}
"""The shortest window that holds a week bar, and a month bar, in days."""


async def load_history(
    source: HistorySource,
    contract_id: str,
    timeframes: Sequence[Timeframe],
    grid: TickGrid,
    *,
    days: float,
    capacity: int,
) -> dict[str, list[Bar]]:
    """Ask for the past bars of every timeframe.

    Args:
        source: Where bars come from.
        contract_id: Contract whose bars they are.
        timeframes: What is wanted.
        grid: Converts prices to ticks.
        days: Length of the window back from now.
        capacity: At most so many bars per timeframe are of use.

    Returns:
        Bars by timeframe name, oldest first, the forming one last; empty lists where there are
        none.
    """
    history: dict[str, list[Bar]] = {}
    minutes: list[Bar] | None = None
    for tf in timeframes:
        if tf.unit in FROM_MINUTES:
            if minutes is None:
                frame = await source.get_bars(
                    contract_id, days=days, interval=1, unit=2, partial=True
                )
                minutes = rows_to_bars(frame, grid)
            history[tf.name] = aggregate(minutes, tf)
            continue
        frame = await source.get_bars(
            contract_id,
            days=max(days, OWN_DAYS.get(tf.unit, 0)),
            interval=tf.unit_number,
            unit=tf.unit,
            limit=capacity + 1,
            partial=True,
        )
        history[tf.name] = rows_to_bars(frame, grid)
    return history


def rows_to_bars(frame: pl.DataFrame, grid: TickGrid) -> list[Bar]:
    """Convert a documented bar frame to bars in ticks.

    The gateway's bars carry neither trade counts nor aggressor volumes; those are zero.
    """
    starts = frame["timestamp"].dt.epoch("ns").to_list()
    prices = [
        [grid.ticks(price, rounding=Rounding.NEAREST) for price in frame[name].to_list()]
        for name in ("open", "high", "low", "close")
    ]
    volumes = frame["volume"].to_list()
    return [
        Bar(start, o, h, low, c, volume, 0, 0, 0)
        for start, o, h, low, c, volume in zip(starts, *prices, volumes, strict=True)
    ]


def aggregate(bars: Iterable[Bar], tf: Timeframe) -> list[Bar]:
    """Merge bars into the larger ones of ``tf``; ascending in, ascending out."""
    merged: list[Bar] = []
    for bar in bars:
        start = bar_start(tf, bar.start_ns)
        if merged and merged[-1].start_ns == start:
            last = merged[-1]
            merged[-1] = Bar(
                start,
                last.open,
                max(last.high, bar.high),
                min(last.low, bar.low),
                bar.close,
                last.volume + bar.volume,
                last.trades + bar.trades,
                last.buy_volume + bar.buy_volume,
                last.sell_volume + bar.sell_volume,
            )
        else:
            merged.append(
                Bar(
                    start,
                    bar.open,
                    bar.high,
                    bar.low,
                    bar.close,
                    bar.volume,
                    bar.trades,
                    bar.buy_volume,
                    bar.sell_volume,
                )
            )
    return merged
