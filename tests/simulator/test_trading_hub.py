"""The user hub while users trade: who is told what, in which form, and the same again each run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from tests.simulator.test_gateway import listen
from tests.simulator.trading import (
    ACCOUNT,
    BUY,
    FILLED,
    JOIN_BID,
    LIMIT,
    MARKET,
    OPEN,
    ORDER,
    POSITION,
    SELL,
    STOP,
    TRADE,
    WORKING,
    Trader,
)
from tests.virtual import in_virtual_time

from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import ExchangeQuirks, Quirks, SimulatedGateway

LEGS = {
    "stopLossBracket": {"ticks": -6, "type": 4},
    "takeProfitBracket": {"ticks": 6, "type": 1},
}
TAPE_NS = parse_ns("2026-09-01T14:30:00Z")


def trade(scene: Callable[[Trader], Awaitable[None]], **options: Any) -> None:
    """Play a scene in process, on virtual time."""

    async def run() -> None:
        settings = {"start": OPEN, "instruments": ("MNQ",), **options}
        async with (
            SimulatedGateway(in_process=True, **settings) as gateway,
            Trader(gateway) as trader,
        ):
            await scene(trader)

    run_virtual(run())


def test_golden_frames() -> None:
    """Wrapped, nulls left out, seven digits: the frames of a bracket, byte for byte."""

    async def scene(trader: Trader) -> None:
        trader.gateway.market.pause()
        await asyncio.sleep(0.1234567)
        entry = await trader.filled(
            MARKET, SELL, customTag="g", stopLossBracket={"ticks": 40, "type": 4}
        )
        await trader.status(entry + 1, WORKING)
        text = b"".join(trader.raw).decode()
        first = text.split("\x1e")[0]
        assert first == (
            '{"type":1,"target":"GatewayUserOrder","arguments":[{"action":1,"data":{"id":3200000002,'
            '"accountId":21000001,"contractId":"CON.F.US.MNQ.U26","symbolId":"F.US.MNQ",'
            '"creationTimestamp":"2026-09-01T14:30:00.1234567+00:00",'
            '"updateTimestamp":"2026-09-01T14:30:00.1234567+00:00","status":8,"type":4,"side":0,'
            '"size":1,"fillVolume":0,"customTag":"g-SL","trailDistance":40,"trailPrice":10,'
            '"parentOrderId":3200000001}}]}'
        )
        assert "null" not in text
        account = next(r for r in text.split("\x1e") if ACCOUNT in r)
        assert account == (
            '{"type":1,"target":"GatewayUserAccount","arguments":[{"action":1,"data":'
            '{"id":21000001,"name":"PRAC-V2-100001-21000001","balance":149999.39,"canTrade":true,'
            '"isVisible":true,"simulated":true}}]}'
        )

    trade(scene)


def test_order_of_events() -> None:
    """Stop, entry, target; then execution, entry, position, account; 10 ms later the legs."""

    async def scene(trader: Trader) -> None:
        trader.gateway.market.pause()
        entry = await trader.filled(MARKET, BUY, **LEGS)
        await trader.status(entry + 2, WORKING)
        told = [(e[0], e[2].get("status")) for e in trader.events]
        assert told == [
            (ORDER, 8),
            (ORDER, 6),
            (ORDER, 8),
            (TRADE, None),
            (ORDER, FILLED),
            (POSITION, None),
            (ACCOUNT, None),
            (ORDER, WORKING),
            (ORDER, WORKING),
        ]
        filled = await trader.row(entry)
        assert filled["updateTimestamp"] == filled["creationTimestamp"]
        (execution,) = [e[2] for e in trader.events if e[0] == TRADE]
        times = [execution["creationTimestamp"], (await trader.row(entry + 1))["updateTimestamp"]]
        assert parse_ns(times[0]) - parse_ns(filled["creationTimestamp"]) == 3_000_000
        assert parse_ns(times[1]) - parse_ns(times[0]) == 10_000_000

    trade(scene)


def test_the_order_of_a_fills_events_is_a_switch() -> None:
    """Another order, and a time of update that follows the fill."""

    async def scene(trader: Trader) -> None:
        entry = await trader.filled(MARKET, BUY)
        told = [e[0] for e in trader.events if e[2].get("status") != 6]
        assert told == [POSITION, ORDER, TRADE, ACCOUNT]
        row = await trader.row(entry)
        assert row["updateTimestamp"] != row["creationTimestamp"]

    exchange = ExchangeQuirks(
        fill_events=("position", "order", "trade", "account"), update_time_is_fill_time=True
    )
    trade(scene, quirks=Quirks(exchange=exchange))


@in_virtual_time
async def test_bare_payloads() -> None:
    """By a switch the hub sends the objects of the documentation."""
    options: dict[str, Any] = {"start": OPEN, "instruments": ("MNQ",), "in_process": True}
    bare = Quirks(wrapped_user_events=False, latency_ns=0)
    async with SimulatedGateway(quirks=bare, **options) as gateway, Trader(gateway) as trader:
        await trader.order(MARKET, BUY)
        data = await trader._socket.receive()
        first = msgspec.json.decode(data.split(b"\x1e")[0])
        assert first["arguments"][0]["id"] == 3_200_000_001


def test_resting_orders_meet_the_market() -> None:
    """A bid that waits its turn is filled at its price by the market's own sellers, and a stop
    by its own prints."""

    async def scene(trader: Trader) -> None:
        bid = await trader.order(JOIN_BID, BUY)
        resting = await trader.status(bid, WORKING)
        filled = await trader.status(bid, FILLED)
        assert filled["filledPrice"] == resting["limitPrice"]
        stop = await trader.order(STOP, SELL, stopPrice=filled["filledPrice"] - 1)
        over = await trader.status(stop, FILLED)
        assert over["filledPrice"] <= filled["filledPrice"] - 0.5
        assert (await trader.ask("Position/searchOpen"))["positions"] == []

    trade(scene)


def test_the_platform_flattens() -> None:
    """At 15:10 in Chicago what works is cancelled, and what is held is closed."""

    async def scene(trader: Trader) -> None:
        await trader.filled(MARKET, BUY, 2)
        waiting = await trader.order(LIMIT, BUY, limitPrice=trader.price(trader.best(BUY) - 200))
        await trader.status(waiting, WORKING)
        row = await trader.status(waiting, 3)
        assert row["updateTimestamp"] == "2026-09-01T20:10:00+00:00"
        event = await trader.hear(lambda e: e[0] == POSITION and e[2]["size"] == 0)
        assert event[1] == 2

    trade(scene, start=OPEN.replace(hour=20, minute=9, second=50))


async def _session(seed: int, at: list[float]) -> tuple[list[bytes], bytes]:
    """All that the user hub and the market hub say while commands come at given times."""
    options: dict[str, Any] = {"start": OPEN, "instruments": ("MNQ", "ES"), "seed": seed}
    async with SimulatedGateway(in_process=True, **options) as gateway, Trader(gateway) as trader:
        market = asyncio.ensure_future(listen(gateway, 8))
        for wait in at:
            await asyncio.sleep(wait)
            await trader.place(MARKET, BUY, 3, **LEGS)
            bid = trader.price(trader.best(BUY) - 1)
            order = await trader.order(LIMIT, BUY, 2, limitPrice=bid)
            await trader.ask("Order/modify", orderId=order, size=4)
        contract = trader.contract.contract_id
        await trader.ask("Position/closeContract", contractId=contract)
        last = await trader.order(JOIN_BID, SELL)
        await trader.status(last, FILLED)
        return trader.raw, await market


def test_the_same_commands_give_the_same_bytes() -> None:
    """Seed, start and commands decide every byte of both hubs; other commands, or none, do not
    give them."""
    first = run_virtual(_session(7, [0.5, 1.25, 2.0]))
    assert first == run_virtual(_session(7, [0.5, 1.25, 2.0]))
    other = run_virtual(_session(7, [0.5, 1.25, 2.1]))
    assert first[0] != other[0]
    assert first[1] != other[1]
    assert b"".join(first[0]).count(b"GatewayUserOrder") > 20
    assert first[1].count(b"GatewayTrade") > 20


def test_a_client_can_rebuild_a_market_that_users_trade_in() -> None:
    """Depth that one connection heard, put together, is the book, users' orders included."""

    async def scene(trader: Trader) -> None:
        heard = asyncio.ensure_future(listen(trader.gateway, 6))
        await asyncio.sleep(1)
        for _ in range(4):
            await trader.order(MARKET, BUY, 40)
            await trader.order(LIMIT, SELL, 25, limitPrice=trader.price(trader.best(SELL) + 1))
            await trader.order(LIMIT, BUY, 25, limitPrice=trader.price(trader.best(BUY) + 1))
            await asyncio.sleep(0.5)
        book: dict[int, dict[float, int]] = {1: {}, 2: {}}
        pattern = (
            rb'"timestamp":"[^"]*","type":(\d+),"price":([\d.]+),"volume":(\d+),"currentVolume"'
        )
        for kind, price, size in re.findall(pattern, await heard):
            side = book[2 if kind in (b"2", b"4", b"9") else 1]
            if kind == b"6":
                book[1].clear()
                book[2].clear()
            elif int(size):
                side[float(price)] = int(size)
            else:
                side.pop(float(price), None)
        for side, number in ((BUY, 2), (SELL, 1)):
            levels = {trader.price(price): size for price, size in trader.levels(side)}
            assert book[number] == levels

    trade(scene)


def _tape(folder: Path) -> None:
    """A tape of one price level each way, prints at the bid every second."""
    ts = [TAPE_NS + n * NS for n in range(20)]
    prints = {"ts": ts, "event": range(1, 21), "price": [24_000.0] * 20, "size": [4] * 20}
    pl.DataFrame({**prints, "aggressor": ["S"] * 20}).write_parquet(folder / "trades.parquet")
    before = [TAPE_NS - NS] * 2
    pl.DataFrame(
        {
            "ts": before,
            "event": [0, 0],
            "side": ["B", "A"],
            "price": [24_000.0, 24_000.5],
            "size": [10, 7],
        }
    ).write_parquet(folder / "depth.parquet")


def test_orders_on_a_tape(tmp_path: Path) -> None:
    """An order that takes gets what is shown; one that rests waits behind the recorded queue;
    after the tape's end orders can still be cancelled."""
    _tape(tmp_path)

    async def scene(trader: Trader) -> None:
        taker = await trader.filled(MARKET, BUY, 2)
        assert (await trader.row(taker))["filledPrice"] == 24_000.5
        rest = await trader.order(LIMIT, BUY, 3, limitPrice=24_000)
        await trader.status(rest, FILLED)
        trades = (await trader.ask("Trade/search", startTimestamp="2026-01-01T00:00:00Z"))["trades"]
        fills = [t for t in trades if t["orderId"] == rest][::-1]
        assert [(t["price"], t["size"]) for t in fills] == [(24_000, 2), (24_000, 1)]
        assert fills[0]["creationTimestamp"] == "2026-09-01T14:30:02+00:00"
        await trader.gateway.market.wait_until_over()
        waiting = await trader.order(LIMIT, BUY, limitPrice=23_990)
        await trader.status(waiting, WORKING)
        await trader.ask("Order/cancel", orderId=waiting)
        await trader.status(waiting, 3)

    tape = {"tape": tmp_path, "instrument": "MNQ", "tape_clock": "tape", "tape_from": 0.5}
    trade(scene, start=None, instruments=None, **tape)


def test_limits_may_need_a_trade_through(tmp_path: Path) -> None:
    """By a switch a print at the price of an order does not fill it."""
    _tape(tmp_path)

    async def scene(trader: Trader) -> None:
        rest = await trader.order(LIMIT, BUY, 3, limitPrice=24_000)
        await trader.status(rest, WORKING)
        await trader.gateway.market.wait_until_over()
        assert (await trader.row(rest))["status"] == WORKING

    tape = {"tape": tmp_path, "instrument": "MNQ", "tape_clock": "tape", "tape_from": 0.5}
    trade(scene, start=None, instruments=None, quirks=Quirks(tape_fill="through"), **tape)
