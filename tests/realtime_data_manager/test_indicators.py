"""Live indicators carry the values that batch gives, bit for bit."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import polars as pl
import pytest
from tests.suites import simulated_suite

from project_x_py._core.bars import BarBuilder, timeframe
from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Aggressor
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventType
from project_x_py.exceptions import IndicatorError
from project_x_py.indicators import ATR, BBANDS, EMA, RSI, VWAP
from project_x_py.realtime_data_manager._frames import FrameCache, closed_frame
from project_x_py.realtime_data_manager._indicators import TimeframeIndicators

GRID = TickGrid(0.25, 5)
START = parse_ns("2026-09-01T14:00:00Z")
ZONE = "America/Chicago"
ALL: tuple[tuple[Any, dict[str, int]], ...] = (
    (RSI, {"period": 5}),
    (ATR, {"period": 7}),
    (BBANDS, {"period": 9}),
    (EMA, {"period": 4}),
)


def _bits(column: pl.Series) -> list[bytes | None]:
    return [None if v is None else struct.pack("<d", v) for v in column.to_list()]


def _made(capacity: int = 5000) -> tuple[BarBuilder, TimeframeIndicators, FrameCache]:
    builder = BarBuilder(timeframe("1sec"), capacity)
    live = TimeframeIndicators(builder, GRID, closed_frame(builder, GRID, ZONE))
    return builder, live, FrameCache(builder, GRID, ZONE, live)


def _trade(builder: BarBuilder, second: int) -> None:
    price = 4000 + (second * 7919) % 23 - (second * 104729) % 17
    builder.add(price, 1 + second % 5, Aggressor.BUY, START + second * NS)
    builder.add(price + second % 3, 2, Aggressor.SELL, START + second * NS + NS // 2)


def _check(frame: pl.DataFrame) -> None:
    plain = frame.select("timestamp", "open", "high", "low", "close", "volume")
    for indicator, params in ALL:
        batch = plain.pipe(indicator, **params)
        for name in set(batch.columns) - set(plain.columns):
            assert _bits(batch[name]) == _bits(frame[name]), name


def test_columns_equal_batch_bit_for_bit() -> None:
    """Closed bars and the forming one, before and after the pieces of the frame are joined."""
    builder, live, cache = _made()
    for second in range(60):
        _trade(builder, second)
    for indicator, params in ALL:
        live.add(indicator, params)
    for second in range(60, 700):
        _trade(builder, second)
        if second % 29 == 0:
            _check(cache.frame())
    _check(cache.frame())


def test_indicators_added_to_no_bars_at_all_grow_with_them() -> None:
    """From the first bar on the columns are those of batch."""
    builder, live, cache = _made()
    for indicator, params in ALL:
        live.add(indicator, params)
    for second in range(40):
        _trade(builder, second)
    _check(cache.frame())


def test_a_late_trade_opens_them_anew() -> None:
    """After an amendment the values are those of the bars as they are."""
    builder, live, cache = _made()
    for indicator, params in ALL:
        live.add(indicator, params)
    for second in range(50):
        _trade(builder, second)
    cache.frame()
    builder.add(4200, 9, Aggressor.BUY, START + 20 * NS)
    _check(cache.frame())
    _trade(builder, 50)
    _check(cache.frame())


def test_values_outlive_the_window() -> None:
    """When old bars leave, values stay those of an indicator that has seen them; rows match."""
    builder, live, cache = _made(20)
    live.add(EMA, {"period": 4})
    whole, _, _ = _made()
    for second in range(90):
        _trade(builder, second)
        _trade(whole, second)
        frame = cache.frame()
    assert frame.height == 20
    batch = closed_frame(whole, GRID, ZONE)().pipe(EMA, period=4)
    assert _bits(frame["ema_4"])[:-1] == _bits(batch["ema_4"])[-19:]


def test_names_are_checked() -> None:
    """Twice is once; a clash of names and an unknown indicator are refused; removal removes."""
    builder, live, cache = _made()
    _trade(builder, 0)
    assert live.add(RSI, {"period": 5}) == live.add(RSI, {"period": 5}) == ("rsi_5",)
    assert "rsi_5" in cache.frame().columns
    with pytest.raises(IndicatorError):
        live.add("NOSUCH", {})
    with pytest.raises(IndicatorError):
        live.add(RSI, {"perod": 5})
    assert live.remove(("rsi_5",))
    assert not live.remove(("rsi_5",))
    assert "rsi_5" not in cache.frame().columns


def test_events_and_reads_carry_values() -> None:
    """NEW_BAR and BAR_CLOSED have the finished bar's values, frames have the columns."""

    async def main() -> None:
        async with simulated_suite("MNQ", timeframes=["1sec", "1min"]) as (_, suite):
            indicators = suite["MNQ"].data.indicators
            assert indicators.add(RSI, period=14, timeframe="1sec") == ("rsi_14",)
            assert indicators.add(VWAP) != ()
            checked = 0

            async def check(event: Event) -> None:
                nonlocal checked
                if event.data["timeframe"] != "1sec":
                    return
                frame = await suite.data.get_data("1sec")
                assert frame is not None
                bar = event.data.get("completed", event.data["data"])
                row = frame.filter(pl.col("timestamp") == bar["timestamp"])
                assert event.data["indicators"]["rsi_14"] == row["rsi_14"][0]
                checked += 1

            await suite.on(EventType.NEW_BAR, check)
            await suite.on(EventType.BAR_CLOSED, check)
            await asyncio.sleep(8)
            assert checked >= 10
            assert all(handler.errors == 0 for handler in suite.events.statistics().handlers)
            assert indicators.columns("1sec")[0] == "rsi_14"
            with pytest.raises(ValueError, match="5min"):
                indicators.add(RSI, timeframe="5min")

    run_virtual(main())
