"""Frames of bars are right, immutable and made only when something changed."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.bars import BarBuilder, timeframe
from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Aggressor
from project_x_py._core.time import NS, parse_ns
from project_x_py.realtime_data_manager._frames import FrameCache, bars_frame

GRID = TickGrid(0.25, 5)
START = parse_ns("2026-09-01T14:00:00Z")
ZONE = "America/Chicago"


def _afresh(builder: BarBuilder) -> pl.DataFrame:
    bars = [builder.series.bar(i) for i in range(len(builder.series))]
    forming = builder.forming
    held = [*bars, *([forming] if forming else [])]
    return bars_frame(held[-builder.series.capacity :], GRID, ZONE)


@given(
    capacity=st.integers(1, 6),
    trades=st.lists(
        st.tuples(st.integers(-5, 40), st.integers(-40, 40), st.integers(0, 9), st.booleans()),
        max_size=60,
    ),
)
def test_a_grown_frame_equals_one_built_afresh(
    capacity: int, trades: list[tuple[int, int, int, bool]]
) -> None:
    """However bars grow, close, slide out or are amended late, the cached frame is the true one.

    It never has more rows than bars are kept.
    """
    builder = BarBuilder(timeframe("1sec"), capacity)
    cache = FrameCache(builder, GRID, ZONE)
    now = START
    for step, price, size, look in trades:
        now = max(START, now + step * NS // 4)
        builder.add(price, size, Aggressor.BUY, now)
        if look:
            assert cache.frame().equals(_afresh(builder))
    assert cache.frame().equals(_afresh(builder))


def test_an_unchanged_series_gives_the_same_frame() -> None:
    """Reading again without a trade between costs no conversion."""
    builder = BarBuilder(timeframe("1min"), 10)
    cache = FrameCache(builder, GRID, ZONE)
    builder.add(100, 1, Aggressor.BUY, START)
    before = cache.frame()
    assert cache.frame() is before
    builder.add(101, 1, Aggressor.BUY, START + 1)
    assert cache.frame() is not before
    assert before["close"][-1] == 25.0


def test_prices_are_the_floats_a_person_would_type() -> None:
    """Ticks become the nearest float to their decimal: three tenths are 0.3."""
    builder = BarBuilder(timeframe("1min"), 10)
    builder.add(3, 1, Aggressor.BUY, START)
    frame = FrameCache(builder, TickGrid(0.1, 1), ZONE).frame()
    assert frame["close"][0] == 0.3


def test_many_appends_are_gathered_into_one_piece() -> None:
    """The frame does not fall apart into ever more chunks."""
    builder = BarBuilder(timeframe("1sec"), 5000)
    cache = FrameCache(builder, GRID, ZONE)
    for second in range(1200):
        builder.add(second, 1, Aggressor.SELL, START + second * NS)
        cache.frame()
    assert cache.frame().equals(_afresh(builder))
    assert cache.frame().n_chunks() == 3
