"""A recorded storm of depth through a gateway: no delta is lost at any speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from tests.suites import login

from project_x_py._core.time import NS
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

if TYPE_CHECKING:
    from pathlib import Path


def as_futures(recorded: Path, folder: Path, seconds: int) -> int:
    """Write the start of BTCUSDT on a grid of quarters with whole sizes; return its events."""
    price = ((pl.col("price") * 10).round() * 0.25).alias("price")
    size = (pl.col("size") * 1000).round().cast(pl.Int64).alias("size")
    snapshot = pl.read_parquet(recorded / "depth_snapshot.parquet")
    start = snapshot["update_id"][0]
    end = snapshot["ts"][0] + seconds * NS
    deltas = pl.read_parquet(recorded / "depth.parquet").filter(
        pl.col("update_id") > start, pl.col("ts") < end
    )
    event = pl.col("update_id").rank("dense").cast(pl.Int64).alias("event")
    columns = ["ts", "update_id", "side", "price", "size"]
    book = pl.concat([snapshot.select(columns), deltas.select(columns)])
    book = book.with_columns(price, size, pl.col("ts").cum_max(), event)
    book = book.with_columns(
        pl.when(pl.col("side") == "B").then(pl.lit("B")).otherwise(pl.lit("A")).alias("side")
    )
    book.drop("update_id").write_parquet(folder / "depth.parquet")
    trades = pl.read_parquet(recorded / "trades.parquet").filter(
        pl.col("ts").is_between(snapshot["ts"][0], end, "none")
    )
    trades.select("ts", price, size, "aggressor").with_columns(
        event=pl.int_range(pl.len()) + 10_000_000
    ).filter(pl.col("size") > 0).write_parquet(folder / "trades.parquet")
    return deltas["update_id"].n_unique()


@pytest.mark.parametrize(
    ("speed", "seconds"),
    [
        (100, 60),
        pytest.param(100, 345, marks=pytest.mark.long),
        pytest.param(10, 345, marks=pytest.mark.long),
        pytest.param(1, 60, marks=pytest.mark.long),
    ],
)
async def test_no_delta_is_lost(shared: Path, tmp_path: Path, speed: float, seconds: int) -> None:
    """Over real sockets every event arrives, and the last book is the gateway's."""
    events = as_futures(shared / "data" / "btcusdt_l2_20240808", tmp_path, seconds)
    assert events > 5 * seconds
    async with SimulatedGateway(
        tape=tmp_path, instrument="ES", speed=speed, hold=True, tape_from=2
    ) as gateway:
        suite = await TradingSuite.create(
            "ES", timeframes=["1min"], features=["orderbook"], **login(gateway)
        )
        book = suite.orderbook
        assert book is not None
        before = book.state.counters.messages
        gateway.market.start()
        await gateway.market.wait_until_over()
        await gateway.clock.sleep_until(gateway.clock.now_ns() + round(speed * NS))
        truth = gateway.market.snapshot(suite.instrument_id)
        assert [row[:2] for row in book.state.ladder.top(0, 900)] == list(truth.bids)[:900]
        assert [row[:2] for row in book.state.ladder.top(1, 900)] == list(truth.asks)[:900]
        assert book.state.counters.messages - before >= events
        assert book.state.counters.distrusted == 0
        await suite.disconnect()
