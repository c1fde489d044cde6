"""What a data manager keeps, by number and in bytes, however long it runs."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from tests.orderbook.feeds import HandFeed
from tests.suites import simulated_suite

from project_x_py._core.records import Aggressor, Quote, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.indicators import RSI, SMA
from project_x_py.models import Instrument
from project_x_py.realtime_data_manager import RealtimeDataManager
from project_x_py.simulator.faults import Drop

if TYPE_CHECKING:
    import polars as pl

MNQ = Instrument("CON.F.US.MNQ.U26", "MNQU6", "Micro Nasdaq", 0.25, 0.5, True, "F.US.MNQ")
OPEN = parse_ns("2026-09-01T13:30:00Z")
LIMIT = 30
NAMES = ["1sec", "5sec", "1min"]


class NoPast:
    """A source that knows the contract and no bars."""

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument:
        return MNQ

    async def search_instruments(self, query: str, live: bool = False) -> list[Instrument]:
        return [MNQ]

    async def get_bars(self, symbol: str, *args: Any, **keywords: Any) -> pl.DataFrame:
        import polars as pl

        prices = dict.fromkeys(("open", "high", "low", "close"), pl.Float64)
        time = pl.Datetime("us", "UTC")
        return pl.DataFrame(schema={"timestamp": time, **prices, "volume": pl.Int64})


async def _minutes(data: RealtimeDataManager, clock: VirtualClock, minutes: int) -> None:
    """Let a busy market pass: late, foreign and absurd trades, quotes, figures of the user's."""
    for second in range(minutes * 60):
        now_ns = clock.now_ns()
        ticks = 80_000 + second % 37
        prints = [
            Trade(MNQ.id, ticks + i % 3, 1, Aggressor(i & 1), now_ns - i * NS // 4, now_ns)
            for i in range(8)
        ]
        foreign = Trade("CON.F.US.MNQ.Z26", ticks, 1, Aggressor.BUY, now_ns, now_ns)
        lone = Trade(MNQ.id, 10 * ticks, 1, Aggressor.BUY, now_ns, now_ns)
        old = Trade(MNQ.id, ticks, 1, Aggressor.SELL, now_ns - 200 * NS, now_ns)
        data.on_trades([*prints, foreign, lone, old])
        for step in range(3):
            quote = Quote(contract_id=MNQ.id, exch_ns=now_ns, recv_ns=now_ns, bid=ticks - step)
            data.on_quote(quote)
        await data.track_error(ValueError(f"error {now_ns}"), "a test")
        await data.increment(f"counter {now_ns}")
        await data.set_gauge(f"gauge {now_ns}", second)
        await data.record_timing(f"timing {now_ns}", 1.0)
        for name in NAMES if second % 10 == 0 else ():
            await data.get_data(name)
        await asyncio.sleep(1)


@pytest.mark.checklist(205)
def test_what_is_kept_does_not_grow_with_time() -> None:
    """Bars, marks, values, figures and bytes stay where they are once the windows are full."""

    async def main() -> None:
        clock, bus, told = VirtualClock(OPEN), EventBus(), 0

        async def note(event: Event) -> None:
            nonlocal told
            told += 1

        data = RealtimeDataManager(
            MNQ,
            NoPast(),  # type: ignore[arg-type]
            HandFeed(),
            bus,
            NAMES,
            config={"max_bars_per_timeframe": LIMIT, "data_validation": False},
            clock=clock,
        )
        await bus.on_any(note)
        await data.initialize()
        for name in NAMES:
            data.indicators.add(RSI, period=14, timeframe=name)
            data.indicators.add(SMA, period=20, timeframe=name)
        assert await data.start_realtime_feed()
        await _minutes(data, clock, LIMIT + 5)
        tracemalloc.start()
        try:
            await _minutes(data, clock, 1)
            gc.collect()
            before, heard = tracemalloc.get_traced_memory()[0], told
            await _minutes(data, clock, 6)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert told - heard > 6 * 60 * 8
        assert grown < 200_000
        for name in NAMES:
            frame = await data.get_data(name)
            assert frame is not None
            assert frame.height == LIMIT
            assert len(data.get_bar_marks(name)) <= LIMIT
            assert all(len(marks) <= 2 * LIMIT for marks in data._bars.bars.marks.values())
        assert len(await data.get_recent_errors(10_000)) == 100
        assert len((await data.get_resource_stats())["counters"]) == 1_000
        await data.cleanup()
        await bus.aclose(1)

    run_virtual(main())


@pytest.mark.soak
def test_a_day_of_a_suite_keeps_no_more_than_its_first_hours() -> None:
    """With outages, audits, indicators and reads, an hour costs no memory for good."""

    async def main() -> None:
        options: dict[str, Any] = {"timeframes": ["1sec", "15sec", "1min", "1hr"]}
        options["data_manager_config"] = {"max_bars_per_timeframe": LIMIT}
        async with simulated_suite("MHG", initial_days=0.1, **options) as (gateway, suite):
            suite.data.indicators.add(RSI, period=14, timeframe="1sec")
            bars = 0

            async def read(event: Event) -> None:
                nonlocal bars
                bars += 1
                await suite.data.get_mtf_data()

            await suite.on(EventType.BAR_CLOSED, read)
            sizes = []
            tracemalloc.start()
            try:
                for _ in range(6):
                    await asyncio.sleep(600)
                    gateway.faults.apply(Drop(hub="market"))
                    await asyncio.sleep(600)
                    gc.collect()
                    held, _ = tracemalloc.get_traced_memory()
                    sizes.append(held - _of_the_gateway())
            finally:
                tracemalloc.stop()
            assert bars > 5_000
            assert sizes[-1] - sizes[2] < 1_000_000, sizes
            status = await suite.data.get_validation_status()
            assert status["bars_compared"] > 90
            assert status["bar_differences"] == 0

    run_virtual(main())


def _of_the_gateway() -> int:
    """The bytes that the simulated market and its history hold, which are not the suite's."""
    kept = [
        tracemalloc.Filter(True, f"*/project_x_py/{part}/*")
        for part in ("simulator", "_core/exchange")
    ]
    found = tracemalloc.take_snapshot().filter_traces(kept)
    return sum(one.size for one in found.statistics("filename"))
