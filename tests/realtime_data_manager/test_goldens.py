"""Recorded trades make the recorded bars, through gate, bars and frames, however they arrive."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import Print, prints

from project_x_py._core.bars import Bar, BarBuilder, timeframe
from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Aggressor, Trade
from project_x_py._core.time import HOUR_NS, NS
from project_x_py.realtime_data_manager._admission import TradeGate
from project_x_py.realtime_data_manager._bars import ContractBars
from project_x_py.realtime_data_manager._feed import BarFeed
from project_x_py.realtime_data_manager._frames import FrameCache
from project_x_py.realtime_data_manager._history import aggregate, rows_to_bars

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SIDES = {"B": Aggressor.BUY, "S": Aggressor.SELL}
NAMES = ("1sec", "5sec", "1min", "5min", "15min", "30min", "1hr")


@pytest.fixture(scope="module")
def table(shared: Path) -> Callable[[str], pl.DataFrame]:
    """Reads a recorded table."""

    def read(name: str) -> pl.DataFrame:
        return pl.read_parquet(shared / "data" / f"{name}.parquet")

    return read


def _trades(rows: pl.DataFrame) -> list[Trade]:
    aggressors = rows["aggressor"] if "aggressor" in rows.columns else [None] * rows.height
    return [
        Trade("C", ticks, size, SIDES.get(side, Aggressor.NONE), ts, ts)
        for ts, ticks, size, side in zip(
            rows["ts"], rows["price_ticks"], rows["size"], aggressors, strict=True
        )
    ]


def _fed(trades: Sequence[Trade], seed: int, names: Sequence[str] = NAMES) -> BarFeed:
    """Feed trades in bursts of any size, now and then while bars wait for something."""
    rng = random.Random(seed)
    bars = ContractBars([timeframe(name) for name in names], 5000)
    feed, gate = BarFeed(bars, None), TradeGate("C")
    at = 0
    while at < len(trades):
        burst = trades[at : at + rng.choice((1, 2, 7, 500))]
        at += len(burst)
        now_ns = burst[-1].exch_ns
        if rng.random() < 0.1:
            feed.hold()
        feed.take(gate.admit(burst, now_ns), now_ns)
        if feed.holding and rng.random() < 0.5:
            feed.release(now_ns)
    feed.release(trades[-1].exch_ns)
    assert gate.total == gate.waiting == 0
    return feed


def _frame(builder: BarBuilder, grid: TickGrid) -> pl.DataFrame:
    frame = FrameCache(builder, grid, "UTC").frame()
    stamp = frame["timestamp"].dt.epoch("us").alias("ts") * 1000
    return frame.with_columns(stamp).select("ts", "open", "high", "low", "close", "volume")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_opening_of_christmas_2023(table: Any, seed: int) -> None:
    """ES: seconds and minutes of the recorded session are exact in every field."""
    folder = "es_l3_20231225"
    feed = _fed(_trades(table(f"{folder}/trades")), seed)
    for name, recorded in (("1sec", "bars_1s"), ("1min", "bars_1min")):
        mine = _frame(feed.bars.builders[name], TickGrid(0.25, 12.5))
        theirs = table(f"{folder}/{recorded}")
        assert mine.equals(theirs.select(mine.columns))


def test_the_vendors_own_minutes(table: Any) -> None:
    """ESU4: the four common minutes equal the vendor's own."""
    folder = "es_nq_20240701_vendor_bars"
    feed = _fed(_trades(table(f"{folder}/trades")), 3)
    theirs = table(f"{folder}/bars_1min").filter(pl.col("symbol") == "ESU4").drop("symbol")
    mine = _frame(feed.bars.builders["1min"], TickGrid(0.25, 12.5))
    both = mine.join(theirs, on="ts", suffix="_own")
    assert both.height == 4
    for name in ("open", "high", "low", "close", "volume"):
        assert both[name].to_list() == both[f"{name}_own"].to_list()


def test_gold_of_2013(table: Any) -> None:
    """GC, every expiry: exact but for five last minutes, whose last trade the tape has twice."""
    trades, minutes = table("lean_gc_2013/trades"), table("lean_gc_2013/bars_1min")
    others = 0
    days = trades["ts"].min(), trades["ts"].max()
    for (symbol,), rows in trades.group_by("symbol", maintain_order=True):
        feed = _fed(_trades(rows.sort("ts", maintain_order=True)), 4)
        mine = _frame(feed.bars.builders["1min"], TickGrid(0.1, 10))
        theirs = minutes.filter(
            (pl.col("symbol") == symbol) & pl.col("ts").is_between(days[0] - 60 * NS, days[1])
        )
        both = mine.join(theirs, on="ts", suffix="_own")
        assert both.height == mine.height
        for name in ("open", "high", "low", "close"):
            assert both[name].to_list() == both[f"{name}_own"].to_list()
        unequal = both.filter(pl.col("volume") != pl.col("volume_own"))
        assert unequal["ts"].to_list() in ([], [mine["ts"][-1]])
        others += unequal.height
    assert others == 5


def test_minutes_make_the_larger_bars(table: Any) -> None:
    """6E, a month of minutes: 5, 15, 30 and 60 minutes by integers equal those of the frames."""
    rows = table("6e_bars_202401/" + "bars_1min").sort("ts")
    stamped = rows.with_columns(
        pl.from_epoch("ts", "ns").dt.replace_time_zone("UTC").alias("timestamp")
    )
    grid = TickGrid(0.00005, 6.25)
    minutes = rows_to_bars(stamped, grid)
    for name, every in (("5min", "5m"), ("15min", "15m"), ("30min", "30m"), ("1hr", "1h")):
        frame = stamped.group_by_dynamic("timestamp", every=every).agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
        )
        assert aggregate(minutes, timeframe(name)) == rows_to_bars(frame, grid)


@given(
    prints(span_s=7200),
    st.randoms(use_true_random=False),
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=40),
)
def test_live_is_batch_byte_for_byte(
    made: list[Print], rng: random.Random, steps: list[tuple[int, bool]]
) -> None:
    """Whatever the bursts, the waits and, within the watermark, the order: bars are the batch."""
    trades = [Trade("C", p, size, Aggressor(side), ns, ns) for p, size, side, ns in made]
    rng.shuffle(trades)
    kinds = [timeframe(name) for name in NAMES]
    batch = ContractBars(kinds, 8000, late_ns=3 * HOUR_NS)
    batch.add(trades)
    feed = BarFeed(ContractBars(kinds, 8000, late_ns=3 * HOUR_NS), None)
    left, now_ns = trades, max(trade.exch_ns for trade in trades)
    for size, wait in steps:
        burst, left = left[:size], left[size:]
        if wait:
            feed.hold()
        feed.take(burst, now_ns)
        if not wait:
            feed.release(0)
    feed.take(left, now_ns)
    feed.release(0)
    for name in NAMES:
        assert feed.bars.held(name) == batch.held(name)
        assert sum(bar.volume for bar in batch.held(name)) == sum(t.size for t in trades)
        assert sum(bar.trades for bar in batch.held(name)) == len(trades)
    ones: list[Bar] = batch.held("1min")
    for name in ("5min", "15min", "30min", "1hr"):
        assert batch.held(name) == aggregate(ones, timeframe(name))
