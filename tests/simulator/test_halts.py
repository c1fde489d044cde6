"""Halts, daily breaks and rolls, in made-up markets and on tapes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from tests.simulator.scripted import records_of
from tests.simulator.trading import (
    BUY,
    CANCELLED,
    FILLED,
    LIMIT,
    MARKET,
    OPEN,
    POSITION,
    SELL,
    WORKING,
    Trader,
)
from tests.virtual import in_virtual_time

from project_x_py._core.time import NS, parse_ns
from project_x_py._ports import Socket
from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import ExchangeQuirks, Quirks, SimulatedGateway, faults

FIRST_NS = parse_ns("2024-03-06T15:30:00Z")
MINUTES = 30


def tape(folder: Path) -> SimulatedGateway:
    """A print and a level a second, from one second after the clock's start on."""
    ts = pl.Series("ts", [FIRST_NS + n * NS for n in range(60 * MINUTES)])
    prints = pl.DataFrame({"ts": ts, "event": range(len(ts))})
    prints.with_columns(price=pl.lit(100.0), size=pl.col("event") % 7 + 1).write_parquet(
        folder / "trades.parquet"
    )
    bids = prints.with_columns(side=pl.lit("B"), price=pl.lit(99.75), size=pl.col("event") + 5)
    asks = prints.with_columns(side=pl.lit("A"), price=pl.lit(100.25), size=pl.col("event") + 5)
    pl.concat([bids, asks]).sort("event").write_parquet(folder / "depth.parquet")
    return SimulatedGateway(
        tape=folder, instrument="MNQ", tape_from=1.0, tape_clock="tape", in_process=True
    )


def made_up(**options: Any) -> SimulatedGateway:
    """A made-up market in regular hours."""
    return SimulatedGateway(instruments=["MNQ"], start=OPEN, in_process=True, **options)


async def watch(trader: Trader, *streams: str, contract_id: str | None = None) -> Socket:
    """A connection to the market hub."""
    socket = await trader.connect(trader.gateway.config.market_hub_url)
    for stream in streams:
        ask = [contract_id or trader.contract.contract_id]
        await socket.send(signalr.encode_invocation(f"Subscribe{stream}", ask, "1"))
        while b'"type":3' not in await socket.receive():
            pass
    return socket


async def heard(socket: Socket, seconds: float) -> list[dict[str, Any]]:
    """What comes within some seconds, pings left out."""
    records: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                records += map(msgspec.json.decode, records_of(await socket.receive()))
                await socket.send(signalr.PING)
    except TimeoutError:
        return [record for record in records if record["type"] != 6]


def prints(records: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Time and volume of each print."""
    return [
        (row["timestamp"][11:19], row["volume"])
        for record in records
        if record["target"] == "GatewayTrade"
        for row in record["arguments"][1]
    ]


@in_virtual_time
async def test_a_tape_stands_still_and_goes_on_where_it_stood(tmp_path: Path) -> None:
    """Nothing comes in a halt; then the whole book, and every print so much later, none lost."""
    async with tape(tmp_path) as gateway, Trader(gateway) as trader:
        socket = await watch(trader, "ContractTrades", "ContractMarketDepth")
        before = prints(await heard(socket, 10.5))
        assert before[-1] == ("15:30:09", 3)
        assert gateway.faults.apply(faults.Halt(seconds=20)) == 1
        assert await heard(socket, 19.9) == []
        after = await heard(socket, 3)
        book = after[0]["arguments"][1]
        assert [(row["type"], row["price"], row["volume"]) for row in book] == [
            (6, 0, 0),
            (2, 99.75, 14),
            (1, 100.25, 14),
        ]
        assert prints(after)[0] == ("15:30:30", 4)
        history = await trader.post(
            "History/retrieveBars",
            {
                "contractId": trader.contract.contract_id,
                "live": False,
                "startTime": "2024-03-06T15:30:00Z",
                "endTime": "2024-03-06T15:31:00Z",
                "unit": 1,
                "unitNumber": 1,
                "limit": 100,
                "includePartialBar": True,
            },
        )
        times = [bar["t"][11:19] for bar in history["bars"]][::-1]
        assert times[:12] == [f"15:30:{n:02d}" for n in [*range(10), 30, 31]]


@in_virtual_time
async def test_orders_rest_in_a_halt_of_a_tape(tmp_path: Path) -> None:
    """None is taken, none filled, and those that rest live on; the halt ends when told to."""
    async with tape(tmp_path) as gateway, Trader(gateway) as trader:
        await asyncio.sleep(5)
        resting = await trader.order(LIMIT, SELL, limitPrice=100.0)
        await asyncio.sleep(0.01)
        gateway.faults.apply(faults.Halt())
        refused = await trader.place(MARKET, BUY)
        assert refused["errorCode"] == 2
        await asyncio.sleep(20)
        assert (await trader.row(resting))["status"] == WORKING
        assert not gateway.market.is_over
        gateway.faults.apply(faults.Resume())
        await trader.status(resting, FILLED)
        await trader.filled(MARKET, BUY)


@in_virtual_time
async def test_a_halt_that_is_halted_again_lasts_longer(tmp_path: Path) -> None:
    """A second halt moves the end; the tape is then as late as both together."""
    async with tape(tmp_path) as gateway, Trader(gateway) as trader:
        socket = await watch(trader, "ContractTrades")
        assert prints(await heard(socket, 1.5)) == [("15:30:00", 1)]
        gateway.faults.apply(faults.Halt(seconds=5))
        await asyncio.sleep(2)
        gateway.faults.apply(faults.Halt(seconds=8))
        assert prints(await heard(socket, 8.9)) == [("15:30:11", 2)]
        gateway.faults.apply(faults.Resume())


@pytest.mark.parametrize("kind", ["tape", "made up"])
@in_virtual_time
async def test_a_daily_break_ends_the_day(tmp_path: Path, kind: str) -> None:
    """Orders are cancelled and positions closed; the next day takes orders again."""
    opened, away = (tape(tmp_path), 20) if kind == "tape" else (made_up(), 200)
    async with opened as gateway, Trader(gateway) as trader:
        await asyncio.sleep(5)
        resting = await trader.order(LIMIT, BUY, limitPrice=trader.price(trader.best(BUY) - away))
        await trader.filled(MARKET, BUY, 2)
        assert gateway.faults.apply(faults.DailyBreak(seconds=20)) == 1
        await trader.status(resting, CANCELLED)
        await trader.hear(lambda e: e[0] == POSITION and e[2]["size"] == 0)
        assert (await trader.place(MARKET, BUY))["errorCode"] == 2
        await asyncio.sleep(25)
        await trader.filled(MARKET, BUY)


@in_virtual_time
async def test_a_daily_break_without_a_flatten_leaves_positions() -> None:
    """Where the platform does not close positions, only orders end with the day."""
    quirks = Quirks(exchange=ExchangeQuirks(flatten_minute=None, platform_cancel_status=4))
    async with made_up(quirks=quirks) as gateway, Trader(gateway) as trader:
        resting = await trader.order(LIMIT, BUY, limitPrice=trader.price(trader.best(BUY) - 200))
        await trader.filled(MARKET, BUY, 2)
        gateway.faults.apply(faults.DailyBreak(seconds=60))
        await trader.status(resting, 4)
        held = await trader.ask("Position/searchOpen")
        assert [row["size"] for row in held["positions"]] == [2]
        with pytest.raises(ProjectXError, match="above 0"):
            gateway.faults.apply(faults.DailyBreak(seconds=0))


@in_virtual_time
async def test_the_next_month_has_a_market_of_its_own() -> None:
    """After a roll it is found, quoted, charted and traded; the old one goes on without orders."""
    async with made_up() as gateway, Trader(gateway) as trader:
        old = trader.contract
        resting = await trader.order(LIMIT, BUY, limitPrice=trader.price(trader.best(BUY) - 200))
        await asyncio.sleep(5)
        gateway.faults.apply(faults.Roll(contract_id=old.contract_id))
        await trader.status(resting, CANCELLED)
        found = await trader.post("Contract/search", {"searchText": "MNQ", "live": False})
        (row,) = [c for c in found["contracts"] if c["symbolId"] == old.symbol_id]
        assert row["id"] == "CON.F.US.MNQ.Z26"
        assert [c.contract_id for c in gateway.contracts] == [old.contract_id, row["id"]]
        trader.contract = gateway.contracts[1]
        socket = await watch(trader, "ContractQuotes", "ContractMarketDepth", "ContractTrades")
        records = await heard(socket, 20)
        assert {r["target"] for r in records} == {
            "GatewayQuote",
            "GatewayDepth",
            "GatewayTrade",
        }
        near = gateway.market.snapshot(old.contract_id).last
        far = gateway.market.snapshot(row["id"]).last
        assert near is not None
        assert far is not None
        assert 0 < far - near < near // 50
        await trader.filled(MARKET, BUY)
        bars = await trader.post(
            "History/retrieveBars",
            {
                "contractId": row["id"],
                "live": False,
                "startTime": "2026-09-01T13:30:00Z",
                "endTime": "2026-09-01T15:00:00Z",
                "unit": 2,
                "unitNumber": 1,
                "limit": 100,
                "includePartialBar": True,
            },
        )
        assert len(bars["bars"]) == 61
        trader.contract = old
        assert (await trader.place(MARKET, BUY))["errorCode"] == 9


@in_virtual_time
async def test_rolling_twice_goes_on(tmp_path: Path) -> None:
    """Each roll lists the month after; on a tape it is listed and has no market."""
    async with made_up() as gateway, Trader(gateway):
        for number in range(3):
            gateway.faults.apply(faults.Roll(contract_id=gateway.contracts[-1].contract_id))
            assert len(gateway.contracts) == number + 2
        assert [c.name for c in gateway.contracts] == ["MNQU6", "MNQZ6", "MNQH7", "MNQM7"]
        assert gateway.faults.apply(faults.Halt()) == 4
    async with tape(tmp_path) as gateway, Trader(gateway) as trader:
        gateway.faults.apply(faults.Roll(contract_id=trader.contract.contract_id))
        assert len(gateway.contracts) == 1
        found = await trader.post("Contract/search", {"searchText": "MNQM4", "live": False})
        assert len(found["contracts"]) == 1
