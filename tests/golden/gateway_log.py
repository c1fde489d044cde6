"""Everything a gateway says to a client that trades, as one text to take a digest of.

``python -m tests.golden.gateway_log`` prints the digest of each part, for a comparison of machines,
interpreters and hash seeds; with ``--write`` it makes them the ones that are expected.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from project_x_py._core.time import NS, parse_ns
from project_x_py._ports import Socket
from project_x_py._runtime import endpoints
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py._wire import signalr
from project_x_py.simulator import Quirks, SimulatedGateway, faults

__all__ = ["EXPECTED", "digests", "log_of_a_made_up_market", "log_of_a_tape"]

EXPECTED = Path(__file__).with_name("gateway_log.json")
"""The digest of each part, by its name."""

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
TAPE_NS = parse_ns("2024-03-06T15:30:00Z")
STREAMS = ("ContractQuotes", "ContractTrades", "ContractMarketDepth")
ACCOUNT_STREAMS = ("Accounts", "Orders", "Positions", "Trades")


class Recorder:
    """A client whose every answer and record is kept, in the order of each connection."""

    def __init__(self, gateway: SimulatedGateway) -> None:
        self._gateway = gateway
        self._network = endpoints.open_network([gateway.config.api_url])
        self._token = ""
        self.rest: list[bytes] = []
        self.user: list[bytes] = []
        self.market: list[bytes] = []
        self.account = 0

    async def ask(self, route: str, body: object) -> dict[str, Any]:
        """An answer, which is kept with its status."""
        reply = await self._network.request(
            "POST",
            f"{self._gateway.config.api_url}/{route}",
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
            body=msgspec.json.encode(body),
            timeout_s=5,
        )
        self.rest.append(f"{route} {reply.status} ".encode() + reply.body)
        answer: dict[str, Any] = msgspec.json.decode(reply.body) if reply.body else {}
        return answer

    async def login(self) -> None:
        """Log in and look at the account."""
        user = self._gateway.credentials
        answer = await self.ask(
            "Auth/loginKey", {"userName": user.username, "apiKey": user.api_key}
        )
        self._token = answer["token"]
        found = await self.ask("Account/search", {"onlyActiveAccounts": True})
        self.account = found["accounts"][0]["id"]

    async def connect(self, hub: str, calls: list[tuple[str, list[Any]]]) -> Socket:
        """A connection to a hub, with its calls made."""
        url = f"{self._gateway.config.api_url.removesuffix('/api')}/hubs/{hub}"
        socket = await self._network.connect(
            f"{url}?access_token={self._token}", headers={}, timeout_s=5
        )
        await socket.send(signalr.encode_handshake())
        for number, (target, arguments) in enumerate(calls):
            await socket.send(signalr.encode_invocation(target, arguments, str(number)))
        return socket

    async def keep(self, socket: Socket, kept: list[bytes]) -> None:
        """Keep what a connection says until it ends."""
        try:
            while True:
                kept.append(await socket.receive())
                await socket.send(signalr.PING)
        except ConnectionError:
            kept.append(b"closed")

    def log(self) -> dict[str, bytes]:
        """Everything said, by where it was said."""
        return {
            "rest": b"\n".join(self.rest),
            "user": b"".join(self.user),
            "market": b"".join(self.market),
        }


async def _trade(recorder: Recorder, contract: str, last: float, tick: float) -> None:
    """Orders of every kind, each with an answer and most with consequences."""
    ask, account = recorder.ask, {"accountId": recorder.account}

    async def place(kind: int, side: int, size: int, **members: object) -> int:
        order = {**account, "contractId": contract, "type": kind, "side": side, "size": size}
        answer = await ask("Order/place", {**order, **members})
        await asyncio.sleep(0.4)
        return int(answer["orderId"] or 0)

    brackets = {
        "stopLossBracket": {"ticks": -20, "type": 4},
        "takeProfitBracket": {"ticks": 12, "type": 1},
    }
    await place(2, 0, 2, customTag="entry", **brackets)
    resting = await place(1, 0, 3, limitPrice=last - 30 * tick)
    stop = await place(4, 1, 1, stopPrice=last - 25 * tick)
    await place(5, 1, 1, trailPrice=last - 15 * tick)
    await place(6, 0, 1)
    await place(7, 1, 2)
    await place(3, 0, 1, limitPrice=last, stopPrice=last)
    await place(1, 0, 1, limitPrice=last + tick / 3)
    await place(2, 0, 1, customTag="entry")
    await ask("Order/modify", {**account, "orderId": resting, "limitPrice": last - 3 * tick})
    await asyncio.sleep(3)
    await ask("Order/cancel", {**account, "orderId": stop})
    await asyncio.sleep(8)
    await ask("Position/partialCloseContract", {**account, "contractId": contract, "size": 1})
    await asyncio.sleep(1)
    await ask("Position/closeContract", {**account, "contractId": contract})
    await asyncio.sleep(1)
    since = {**account, "startTimestamp": "2020-01-01T00:00:00Z"}
    await ask("Order/search", since)
    await ask("Trade/search", since)
    await ask("Order/searchOpen", account)
    await ask("Position/searchOpen", account)
    await ask("Order/v2/query", {"filter": account, "pageSize": 5, "pageOffset": 2})


async def _look(recorder: Recorder, contract: str, until: str) -> None:
    """Contracts and bars."""
    await recorder.ask("Contract/available", {"live": False})
    await recorder.ask("Contract/search", {"searchText": "nq", "live": False})
    for unit, number, start in ((1, 30, "01"), (2, 5, "01"), (3, 4, "01"), (4, 1, "01")):
        await recorder.ask(
            "History/retrieveBars",
            {
                "contractId": contract,
                "live": False,
                "startTime": f"{until[:8]}{start}T00:00:00Z",
                "endTime": until,
                "unit": unit,
                "unitNumber": number,
                "limit": 500,
                "includePartialBar": True,
            },
        )


async def _run(gateway: SimulatedGateway, until: str) -> dict[str, bytes]:
    async with gateway, asyncio.TaskGroup() as tasks:
        recorder = Recorder(gateway)
        await recorder.login()
        contract = gateway.contracts[0]
        calls = [(f"Subscribe{s}", [c.contract_id]) for c in gateway.contracts for s in STREAMS]
        own = [
            (f"Subscribe{s}", [] if s == "Accounts" else [recorder.account])
            for s in ACCOUNT_STREAMS
        ]
        market = await recorder.connect("market", calls)
        user = await recorder.connect("user", own)
        tasks.create_task(recorder.keep(market, recorder.market))
        tasks.create_task(recorder.keep(user, recorder.user))
        await asyncio.sleep(5)
        last = gateway.market.snapshot(contract.contract_id).last or 0
        grid = contract.grid
        await _trade(recorder, contract.contract_id, grid.price(last), float(grid.tick_size))
        await _look(recorder, contract.contract_id, until)
        gateway.faults.apply(faults.Halt(seconds=2))
        await asyncio.sleep(4)
        gateway.faults.apply(faults.DuplicateEvents(hub="market", times=3))
        gateway.faults.apply(faults.Close(hub="market"))
        gateway.faults.apply(faults.DailyBreak(seconds=5))
        await asyncio.sleep(8)
        gateway.faults.apply(faults.Drop())
        return recorder.log()


def log_of_a_made_up_market(seed: int = 1) -> dict[str, bytes]:
    """What a gateway with a made-up market says in half a minute."""
    quirks = Quirks(latency_spread_percent=50)
    gateway = SimulatedGateway(
        instruments=["MNQ", "ES"], seed=seed, start=OPEN, quirks=quirks, in_process=True
    )
    return run_virtual(_run(gateway, "2026-09-01T15:00:00Z"))


def write_tape(folder: Path) -> None:
    """Record a minute and a half that depends on nothing but integers."""
    import polars as pl

    state, rows = 12345, list[tuple[int, int, int, int]]()
    for number in range(900):
        state = (state * 1103515245 + 12345) % (1 << 31)
        rows.append((TAPE_NS + number * NS // 10, number, state >> 8, state % 7))
    table = pl.DataFrame(rows, schema=["ts", "event", "draw", "size"], orient="row")
    level = pl.col("draw") % 5 * 0.25
    base = table.with_columns(size=pl.col("size") + 1)
    base.select("ts", "event", "size", price=18_000 + level).write_parquet(
        folder / "trades.parquet"
    )
    bids = base.select("ts", "event", "size", side=pl.lit("B"), price=17_999.75 - level)
    asks = base.select("ts", "event", "size", side=pl.lit("A"), price=18_001.25 + level)
    pl.concat([bids, asks]).sort("event", maintain_order=True).write_parquet(
        folder / "depth.parquet"
    )


def log_of_a_tape() -> dict[str, bytes]:
    """What a gateway says that plays a tape."""
    with TemporaryDirectory() as name:
        write_tape(Path(name))
        gateway = SimulatedGateway(
            tape=name, instrument="MNQ", tape_clock="tape", tape_from=1.0, in_process=True
        )
        return run_virtual(_run(gateway, "2024-03-06T15:31:00Z"))


def digests() -> dict[str, str]:
    """The digest of each part of both logs."""
    return dict(_digests())


def _digests() -> Iterator[tuple[str, str]]:
    logs = {"made up": log_of_a_made_up_market(), "tape": log_of_a_tape()}
    for name, log in logs.items():
        for part, said in log.items():
            yield f"{name}, {part}", hashlib.sha256(said).hexdigest()


if __name__ == "__main__":
    found = json.dumps(digests(), indent=2) + "\n"
    if "--write" in sys.argv:
        EXPECTED.write_text(found, encoding="utf-8", newline="\n")
    print(found, end="")
