"""The gateway as Microsoft's own SignalR client for JavaScript sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from tests.interop.node import Client

from project_x_py._core.time import NS, parse_ns
from project_x_py.simulator import SimulatedGateway, faults

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
LEVELS = 4_200
BURST = 2_000
MIDDLE = 20_000.0
LAST_NS = parse_ns("2026-09-01T14:30:00Z")
MEBIBYTE = 1024 * 1024

both_ways = pytest.mark.parametrize("way", ["direct", "negotiated"])


@pytest.fixture
async def gateway() -> AsyncIterator[SimulatedGateway]:
    """A gateway in regular hours, ten times as fast as the wall."""
    async with SimulatedGateway(instruments=("MNQ",), start=OPEN, speed=10) as running:
        yield running


@both_ways
async def test_market_streams(gateway: SimulatedGateway, way: str) -> None:
    """Quotes, trades and depth have their documented shapes; wrong calls reject with a reason."""
    async with Client("market", way, gateway.ready()) as client:
        heard = await client.said("heard")
    contract_id, events = heard["id"], heard["events"]
    assert contract_id == gateway.contracts[0].contract_id
    assert heard["results"] == [None] * 6
    assert heard["after"] == 0
    assert {event[1] for event in events} == {contract_id}
    quotes, trades, depth = (
        [payload for name, _, payload in events if name == wanted]
        for wanted in ("GatewayQuote", "GatewayTrade", "GatewayDepth")
    )
    figures = {"bestBid", "bestAsk", "lastPrice", "open", "high", "low", "volume", "change"}
    assert figures <= quotes[0].keys()
    assert all({"symbol", "lastUpdated", "timestamp"} <= quote.keys() for quote in quotes)
    assert any(len(quote) < len(quotes[0]) for quote in quotes[1:])
    assert all(
        {"price", "volume", "type", "timestamp"} <= row.keys() for rows in trades for row in rows
    )
    assert [row["type"] for row in depth[0]].count(6) == 1
    assert depth[0][0]["type"] == 6
    assert {row["type"] for row in depth[0][1:]} == {1, 2}
    few, kind, contract, method = heard["refused"]
    assert "provides 0 argument(s) but target expects 1" in few
    assert "Error binding arguments" in kind
    assert "'CON.F.US.NONE.U26' has no market" in contract
    assert "Method does not exist" in method


@both_ways
async def test_user_hub(gateway: SimulatedGateway, way: str) -> None:
    """Each method completes; wrong calls reject with a reason, and a wrong token with 401."""
    async with Client("user", way, gateway.ready()) as client:
        heard = await client.said("heard")
        stranger = await client.said("stranger")
    assert heard["results"] == [None] * 8
    assert heard["state"] == "Connected"
    many, few, kind, account, method = heard["refused"]
    assert "'SubscribeAccounts'" in many
    assert "provides 1 argument(s) but target expects 0" in many
    assert "provides 0 argument(s) but target expects 1" in few
    assert "Error binding arguments" in kind
    assert "Account 1 was not found" in account
    assert "Method does not exist" in method
    # Without a negotiation the client does not tell the status of a refused upgrade.
    assert ("401" if way == "negotiated" else "WebSocket failed to connect") in stranger["outcome"]


@both_ways
async def test_orders(gateway: SimulatedGateway, way: str) -> None:
    """An order placed over REST is told on the user hub, with its execution, position, balance."""
    async with Client("orders", way, gateway.ready()) as client:
        heard = await client.said("heard")
    order_id = heard["placed"]["orderId"]
    assert (heard["placed"]["success"], order_id > 2**31) == (True, True)
    assert (heard["again"]["errorCode"], heard["text"]) == (2, {"status": 400})
    assert heard["closed"] == {"success": True, "errorCode": 0, "errorMessage": None}
    events = [(name.removeprefix("GatewayUser"), told) for name, told in heard["events"]]
    assert all(told.keys() == {"action", "data"} for _, told in events)
    statuses = [told["data"]["status"] for _, told in events if told["data"]["id"] == order_id]
    assert statuses == [6, 2]
    trades = [told["data"] for name, told in events if name == "Trade"]
    assert sum(row["size"] * (1 - 2 * row["side"]) for row in trades) == 0
    assert all(row["fees"] > 0 and row["commissions"] > 0 for row in trades)
    positions = [told for name, told in events if name == "Position"]
    assert (positions[-1]["action"], positions[-1]["data"]["type"]) == (2, 0)
    profit = sum(row.get("profitAndLoss", 0) for row in trades)
    costs = sum(row["fees"] + row["commissions"] for row in trades)
    balance = [told["data"]["balance"] for name, told in events if name == "Account"][-1]
    assert balance == pytest.approx(150_000 + profit - costs)


@both_ways
async def test_a_dropped_socket_comes_back(gateway: SimulatedGateway, way: str) -> None:
    """The client reconnects by itself, past a refusal and an expired token, and streams again."""
    async with Client("dropped", way, gateway.ready()) as client:
        before = await client.said("streaming")
        gateway.faults.expire_tokens()
        path = "/hubs/market" if way == "direct" else "/hubs/market/negotiate"
        gateway.faults.refuse_next(503, route=path)
        assert gateway.faults.drop_connections("market") == 1
        assert (await client.said("reconnecting"))["error"]
        after = await client.said("streaming")
        assert after["logins"] >= before["logins"] + 2
        assert after["event"][1][0]["price"] > 0
        assert await client.said("closed") == {"at": "closed"}


@both_ways
async def test_a_close_with_an_error_comes_back(gateway: SimulatedGateway, way: str) -> None:
    """The text of a close record arrives, and the client reconnects by itself where it may."""
    async with Client("dropped", way, gateway.ready()) as client:
        await client.said("streaming")
        gone = faults.Close(hub="market", error="The server restarts.", allow_reconnect=True)
        assert gateway.faults.apply(gone) == 1
        assert "The server restarts." in (await client.said("reconnecting"))["error"]
        after = await client.said("streaming")
        assert after["event"][1][0]["price"] > 0
        assert await client.said("closed") == {"at": "closed"}


@both_ways
async def test_a_logout_and_a_close_for_good(gateway: SimulatedGateway, way: str) -> None:
    """``GatewayLogout`` arrives; a close that does not allow it is not reconnected from."""
    async with Client("ended", way, gateway.ready()) as client:
        await client.said("connected")
        assert gateway.faults.apply(faults.Logout(text="elsewhere")) == 1
        assert (await client.said("logout"))["given"] == ["elsewhere"]
        assert gateway.faults.apply(faults.Logout(hub="market")) == 1
        assert (await client.said("logout"))["given"] == []
        assert gateway.faults.apply(faults.Close(hub="market")) == 1
        closed = await client.said("closed")
        assert "Connection closed with an error." in closed["error"]
        assert closed["state"] == "Disconnected"
    assert gateway.connections == {"user": 0, "market": 0}


@both_ways
async def test_a_megabyte_and_a_burst(tmp_path: Path, way: str) -> None:
    """A book of more than a MiB comes in one message; 2,000 events on each stream in order."""
    tape(tmp_path)
    async with (
        SimulatedGateway(tape=tmp_path, instrument="MNQ", tape_from=0.1, hold=True) as gateway,
        Client("burst", way, gateway.ready()) as client,
    ):
        await client.said("subscribed")
        gateway.market.start()
        heard = await client.said("heard")
    assert heard["size"] > MEBIBYTE
    reset, *rows = heard["rows"]
    assert reset == [6, 0, 0]
    bids = [[2, MIDDLE - 0.25 * n, n] for n in range(1, LEVELS + 1)]
    asks = [[1, MIDDLE + 0.25 * n, n] for n in range(1, LEVELS + 1)]
    assert rows == bids + asks
    (_, _, whole), *events = heard["events"]
    volume = whole["volume"]
    expected: list[tuple[str, int]] = []
    for n in range(1, BURST + 1):
        volume += n
        expected += [("GatewayTrade", n), ("GatewayDepth", LEVELS + n), ("GatewayQuote", volume)]
    got = [
        (name, (load if name == "GatewayQuote" else load[0])["volume"]) for name, _, load in events
    ]
    assert got == expected


@pytest.mark.long
@both_ways
async def test_a_quiet_connection_stays(gateway: SimulatedGateway, way: str) -> None:
    """Pings of both sides keep a hub without events open beyond the 30 s of either's patience."""
    async with Client("quiet", way, gateway.ready()) as client:
        await client.said("subscribed")
        await asyncio.sleep(35)
        client.tell()
        assert await client.said("still") == {"at": "still", "state": "Connected", "result": None}


def tape(folder: Path) -> None:
    """Record a deep book, and a minute later events that are all due at one instant.

    The ``n``-th event is a print of ``n`` contracts and a best bid of ``LEVELS + n``.
    """
    minute = pl.Series("ts", [LAST_NS - 60 * NS] * (2 * LEVELS))
    number = [*range(1, LEVELS + 1)] * 2
    side = ["B"] * LEVELS + ["A"] * LEVELS
    price = [MIDDLE - 0.25 * n for n in number[:LEVELS]] + [
        MIDDLE + 0.25 * n for n in number[:LEVELS]
    ]
    book = pl.DataFrame(
        {"ts": minute, "event": [0] * len(number), "side": side, "price": price, "size": number}
    )
    events = pl.DataFrame({"ts": [LAST_NS] * BURST, "event": range(1, BURST + 1)})
    best = events.select(
        "ts",
        "event",
        side=pl.lit("B"),
        price=pl.lit(MIDDLE - 0.25),
        size=pl.col("event") + LEVELS,
    )
    pl.concat([book, best]).write_parquet(folder / "depth.parquet")
    prints = events.with_columns(price=pl.lit(MIDDLE), size=pl.col("event"))
    prints.write_parquet(folder / "trades.parquet")
