"""From a trade to the bars of three timeframes and their events, and reading frames of bars.

Figures are CPU time, medians of five runs. The ceiling keeps open, high, low, close and volume of
the same three timeframes in plain lists, without events, columns or late trades.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import TYPE_CHECKING

from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Aggressor, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventType
from project_x_py.realtime_data_manager import RealtimeDataManager
from project_x_py.realtime_data_manager._frames import FrameCache
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5
TRADES = 50_000
READS = 500
TIMEFRAMES = {"15sec": 15, "1min": 60, "5min": 300}
START = parse_ns("2026-09-01T14:00:00Z")


def trades(contract_id: str) -> list[Trade]:
    """A trade every 50 ms of exchange time, walking up and down."""
    return [
        Trade(contract_id, 96_000 + i % 17 - i % 11, 1 + i % 3, Aggressor(i & 1), at, at)
        for i in range(TRADES)
        for at in (START + 7200 * NS + i * NS // 20,)
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


async def _manager_runs() -> list[float]:
    options = {"in_process": True, "instruments": ("MNQ",)}
    async with SimulatedGateway(**options) as gateway:  # type: ignore[arg-type]
        suite = await TradingSuite.create(
            "MNQ",
            timeframes=list(TIMEFRAMES),
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
        rates = [await _feed(suite.data, records) for _ in range(RUNS)]
        await suite.disconnect()
        if not told:
            raise AssertionError("no NEW_BAR arrived")
        return rates


async def _feed(manager: RealtimeDataManager, records: list[Trade]) -> float:
    for name in TIMEFRAMES:
        manager._bars.seed(name, [], START)
    began = time.process_time()
    for first in range(0, len(records), 50):
        manager.on_trades(records[first : first + 50])
        await asyncio.sleep(0)
    return len(records) / (time.process_time() - began)


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
    rate = statistics.median(run_virtual(_manager_runs()))
    print(f"trade -> 15sec, 1min, 5min -> NEW_BAR  {rate:>10,.0f}/s  {raw / rate:.1f}x the ceiling")
    for held in (100, 1_000, 100_000):
        unchanged, traded = reads(held)
        print(
            f"get_data, {held:>7,} bars held  {unchanged:.2f} us unchanged, {traded:.0f} us traded"
        )


if __name__ == "__main__":
    main()
