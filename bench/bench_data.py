"""From a trade to the bars of three timeframes and their events, and reading frames of bars.

Figures are CPU time, medians of five runs. The ceiling keeps open, high, low, close and volume of
the same three timeframes in plain lists, without events, columns or late trades.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from project_x_py._core.bars import Bar
from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Aggressor, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.clock import SystemClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventType
from project_x_py.realtime_data_manager import RealtimeDataManager
from project_x_py.realtime_data_manager._frames import FrameCache
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

if TYPE_CHECKING:
    from collections.abc import Callable

TWELVE = ("MES", "MNQ", "MYM", "M2K", "MCL", "MGC", "SIL", "MHG", "6E", "ZN", "ZC", "MBT")
OPENING = datetime(2026, 9, 1, 13, 29, 55, tzinfo=UTC)
OPEN_S = 40
RUNS = 5
TRADES = 50_000
READS = 500
TIMEFRAMES = {"15sec": 15, "1min": 60, "5min": 300}
START = parse_ns("2026-09-01T12:30:00Z")


def trades(contract_id: str) -> list[Trade]:
    """A trade every 50 ms of exchange time, walking up and down."""
    return [
        Trade(contract_id, 96_000 + i % 17 - i % 11, 1 + i % 3, Aggressor(i & 1), at, at)
        for i in range(TRADES)
        for at in (START + i * NS // 20,)
    ]


def ceiling(records: list[Trade]) -> float:
    """Trades a second into plain bars."""
    bars: dict[int, list[list[int]]] = {seconds * NS: [] for seconds in TIMEFRAMES.values()}
    began = time.process_time()
    for trade in records:
        for length, rows in bars.items():
            start = trade.exch_ns - trade.exch_ns % length
            if not rows or rows[-1][0] != start:
                rows.append([start, trade.price, trade.price, trade.price, trade.price, trade.size])
                continue
            row = rows[-1]
            row[2] = max(row[2], trade.price)
            row[3] = min(row[3], trade.price)
            row[4] = trade.price
            row[5] += trade.size
    return len(records) / (time.process_time() - began)


async def _manager_runs(held: int) -> tuple[float, float]:
    """Trades a second and the 99th percentile of one trade, in microseconds."""
    options = {"in_process": True, "instruments": ("MNQ",)}
    async with SimulatedGateway(**options) as gateway:  # type: ignore[arg-type]
        suite = await TradingSuite.create(
            "MNQ",
            timeframes=list(TIMEFRAMES),
            data_manager_config={"max_bars_per_timeframe": held},
            config=gateway.config,
            username=gateway.credentials.username,
            api_key=gateway.credentials.api_key,
        )
        await suite.data.stop_realtime_feed()
        told = 0

        async def on_bar(event: Event) -> None:
            nonlocal told
            told += 1

        await suite.on(EventType.NEW_BAR, on_bar)
        records = trades(suite.instrument_id)
        rates, tails = [], []
        for _ in range(RUNS):
            rates.append(await _feed(suite.data, records, held))
            tails.append(await _tail(suite.data, records, held))
        await suite.disconnect()
        if not told:
            raise AssertionError("no NEW_BAR arrived")
        return statistics.median(rates), statistics.median(tails)


def _fill(manager: RealtimeDataManager, held: int) -> None:
    bars = manager._bars.bars
    for name, seconds in TIMEFRAMES.items():
        past = [
            Bar(START - (held - i) * seconds * NS, 96_000, 96_004, 95_998, 96_001, 9, 3, 5, 4)
            for i in range(held)
        ]
        bars.seed(name, past, START)
    bars.last_price, bars.last_ns, bars.joined_ns = None, 0, 0


async def _feed(manager: RealtimeDataManager, records: list[Trade], held: int) -> float:
    _fill(manager, held)
    began = time.process_time()
    for first in range(0, len(records), 50):
        manager.on_trades(records[first : first + 50])
        await asyncio.sleep(0)
    took = time.process_time() - began
    held_trades = sum(bar.trades for bar in manager._bars.bars.held("5min")[-20:])
    if held_trades < len(records):
        raise AssertionError(f"{held_trades} of {len(records)} trades were counted")
    return len(records) / took


async def _tail(manager: RealtimeDataManager, records: list[Trade], held: int) -> float:
    _fill(manager, held)
    took = []
    for number, record in enumerate(records[:20_000]):
        began = time.thread_time_ns()
        manager.on_trades([record])
        took.append(time.thread_time_ns() - began)
        if number % 50 == 0:
            await asyncio.sleep(0)
    return statistics.quantiles(took, n=100)[98] / 1000


def indicator_update() -> float:
    """Microseconds to bring one live indicator up to a bar that has ended."""
    from project_x_py._core.bars import BarBuilder, timeframe
    from project_x_py.indicators import RSI
    from project_x_py.realtime_data_manager._frames import closed_frame
    from project_x_py.realtime_data_manager._indicators import TimeframeIndicators

    grid, builder = TickGrid(0.25, 5), BarBuilder(timeframe("1sec"), 10_000)
    live = TimeframeIndicators(builder, grid, closed_frame(builder, grid, "UTC"))
    for period in range(5, 15):
        live.add(RSI, {"period": period})
    took = []
    for i in range(4_000):
        builder.add(96_000 + i % 17, 1, Aggressor.BUY, START + i * NS)
        began = time.thread_time_ns()
        live._catch_up()
        took.append(time.thread_time_ns() - began)
    return statistics.median(took) / 10_000


async def _lags() -> list[float]:
    """Milliseconds from the trade that begins a bar to its NEW_BAR handler, twelve instruments."""
    options = {"in_process": True, "instruments": TWELVE, "start": OPENING}
    async with SimulatedGateway(**options) as gateway:  # type: ignore[arg-type]
        suite = await TradingSuite.create(
            list(TWELVE),
            timeframes=["15sec", "1min", "5min"],
            config=gateway.config,
            username=gateway.credentials.username,
            api_key=gateway.credentials.api_key,
        )
        lags: list[float] = []
        clock = SystemClock()

        async def on_bar(event: Event) -> None:
            lags.append((clock.monotonic_ns() - event.monotonic_ns) / 1e6)

        await suite.on(EventType.NEW_BAR, on_bar)
        await asyncio.sleep(OPEN_S)
        await suite.disconnect()
        return lags


def reads(held: int) -> tuple[float, float]:
    """Microseconds of a read of unchanged bars, and of one after another trade."""
    from project_x_py._core.bars import BarBuilder, timeframe

    builder = BarBuilder(timeframe("1sec"), held)
    cache = FrameCache(builder, TickGrid(0.25, 5), "America/Chicago")
    for i in range(held + 1):
        builder.add(96_000 + i % 17, 1, Aggressor.BUY, START + i * NS)
    cache.frame()

    def traded() -> None:
        builder.add(96_001, 1, Aggressor.SELL, START + held * NS)
        cache.frame()

    return _median_us(cache.frame), _median_us(traded)


def _median_us(call: Callable[[], object]) -> float:
    took = []
    for _ in range(READS):
        began = time.thread_time_ns()
        call()
        took.append(time.thread_time_ns() - began)
    return statistics.median(took) / 1000


def main() -> None:
    """Print the figures."""
    raw = statistics.median(ceiling(trades("CON.F.US.MNQ.Z26")) for _ in range(RUNS))
    for held in (100, 100_000):
        rate, tail = run_virtual(_manager_runs(held))
        print(
            f"trade -> 15sec, 1min, 5min -> NEW_BAR, {held:>7,} bars held  {rate:>9,.0f}/s"
            f"  {raw / rate:.1f}x the ceiling, p99 {tail:.0f} us"
        )
    for held in (100, 1_000, 100_000):
        unchanged, traded = reads(held)
        print(
            f"get_data, {held:>7,} bars held  {unchanged:.2f} us unchanged, {traded:.0f} us traded"
        )
    print(f"live indicator, per bar that has ended  {indicator_update():.2f} us")
    lags = asyncio.run(_lags())
    p99 = statistics.quantiles(lags, n=100)[98]
    print(f"NEW_BAR to handler, 12 instruments at the opening, wall time  p99 {p99:.1f} ms")


if __name__ == "__main__":
    main()
