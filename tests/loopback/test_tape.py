"""A recorded session over real sockets becomes the recorded bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.suites import login

from project_x_py._core.time import NS
from project_x_py.event_bus import Event, EventType
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

if TYPE_CHECKING:
    from pathlib import Path


async def _replay(tape: Path, *, speed: float, ticker: str) -> tuple[list[Event], Any]:
    """Stream the whole tape into a suite; return its trades and the bar builder."""
    trades: list[Event] = []
    async with SimulatedGateway(
        tape=tape, instrument=ticker, speed=speed, hold=True, tape_clock="tape"
    ) as gateway:
        suite = await TradingSuite.create(ticker, timeframes=["1min"], **login(gateway))

        async def collect(event: Event) -> None:
            trades.append(event)

        await suite.on(EventType.TRADE_TICK, collect)
        gateway.market.start()
        await gateway.market.wait_until_over()
        await gateway.clock.sleep_until(gateway.clock.now_ns() + 60 * NS)
        builder = suite.data._bars.bars.builders["1min"]
        await suite.disconnect()
    return trades, builder


@pytest.mark.parametrize("ticker", ["ES", pytest.param("MNQ", marks=pytest.mark.long)])
async def test_minutes_over_sockets_equal_the_recorded_ones(shared: Path, ticker: str) -> None:
    """At speed 60 every trade arrives once and all 30 minutes are exact.

    Only the opening auction's print has no aggressor, and the wire has no way to say so: it counts
    on the side that the tick rule gives it.
    """
    tape = shared / "data" / "es_l3_20231225"
    golden = pl.read_parquet(tape / "bars_1min.parquet")
    prints = pl.read_parquet(tape / "trades.parquet")
    trades, builder = await _replay(tape, speed=60, ticker=ticker)
    assert len(trades) == prints.height
    assert sum(event.data["size"] for event in trades) == prints["size"].sum()
    first = golden["ts"][0]
    columns = builder.series.columns()
    rows = [i for i, start in enumerate(columns["start_ns"]) if start >= first]
    bars = [builder.series.bar(i) for i in rows]
    assert [bar.start_ns for bar in bars] == golden["ts"].to_list()
    for name in ("open", "high", "low", "close"):
        assert [getattr(bar, name) * 0.25 for bar in bars] == golden[name].to_list()
    assert [bar.volume for bar in bars] == golden["volume"].to_list()
    assert [bar.trades for bar in bars] == golden["trades"].to_list()
    auction = int(prints.filter(pl.col("aggressor") == "N")["size"].sum())
    for name in ("buy_volume", "sell_volume"):
        got = [getattr(bar, name) for bar in bars]
        assert got[1:] == golden[name].to_list()[1:]
        assert got[0] in (golden[name][0], golden[name][0] + auction)
