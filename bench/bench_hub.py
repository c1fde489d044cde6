"""Market events that a gateway delivers over its hub, through real sockets, to other processes.

A tape offers events at a set rate, each a print, a level of depth and a quote, and every client
subscribes to all three. Clients live in a process of their own, so a figure is what one core
serves. Each row gives what was delivered in a second, what was lost (it must be 0), the CPU of the
gateway and how late the last event was. An argument is the seconds of a run.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import polars as pl

from project_x_py._core.time import NS, parse_ns
from project_x_py.simulator import SimulatedGateway

FIRST_NS = parse_ns("2026-09-01T14:30:00Z")
EVENTS_A_STEP = 3
"""A print, a level and a quote."""
STREAMS = ("ContractTrades", "ContractMarketDepth", "ContractQuotes")
FIRST_S = 2.0
"""Between the clock's start and the first event."""


def write_tape(folder: Path, rate: int, seconds: float) -> int:
    """Record ``rate`` market events a second; return how many there are."""
    steps = round(rate * seconds / EVENTS_A_STEP)
    gap = round(NS * EVENTS_A_STEP / rate)
    at = pl.Series("ts", [FIRST_NS + n * gap for n in range(steps)])
    base = pl.DataFrame({"ts": at, "event": range(1, steps + 1)})
    up = pl.col("event") % 40 * 0.25
    base.with_columns(price=24_000 + up, size=pl.lit(1)).write_parquet(folder / "trades.parquet")
    base.with_columns(
        side=pl.lit("B"), price=23_990 + up, size=pl.col("event") % 90 + 1
    ).write_parquet(folder / "depth.parquet")
    base.with_columns(bid=23_999.75 + up, ask=24_000.25 + up).write_parquet(
        folder / "quotes.parquet"
    )
    return steps * EVENTS_A_STEP


def listen(ready: dict[str, str], clients: int, expected: int, report: Connection) -> None:
    """Be ``clients`` clients until each has heard ``expected`` events; a process of its own."""
    asyncio.run(_listen(ready, clients, expected, report))


async def _listen(ready: dict[str, str], clients: int, expected: int, report: Connection) -> None:
    heard = [0] * clients
    ended: list[float] = [0.0] * clients
    async with aiohttp.ClientSession() as http:
        login = {"userName": ready["username"], "apiKey": ready["api_key"]}
        async with http.post(f"{ready['api_url']}/Auth/loginKey", json=login) as answer:
            token = (await answer.json())["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        wanted = {"searchText": "MNQ", "live": False}
        async with http.post(
            f"{ready['api_url']}/Contract/search", json=wanted, headers=bearer
        ) as answer:
            contract = (await answer.json())["contracts"][0]["id"]
        url = f"{ready['market_hub_url']}?access_token={token}"
        sockets = [await _subscribed(http, url, contract) for _ in range(clients)]
        report.send("subscribed")

        async def count(number: int, socket: aiohttp.ClientWebSocketResponse) -> None:
            while heard[number] < expected:
                try:
                    message = await socket.receive(timeout=10)
                except TimeoutError:
                    break
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                # Prints that come together share a message; each row names its kind once.
                text: str = message.data
                heard[number] += text.count('"symbolId"') + text.count('"currentVolume"')
                heard[number] += text.count('"lastUpdated"')
                if '{"type":6}' in text:
                    await socket.send_str('{"type":6}\x1e')
            ended[number] = time.monotonic()

        async with asyncio.TaskGroup() as tasks:
            for number, socket in enumerate(sockets):
                tasks.create_task(count(number, socket))
    report.send((heard, max(ended), time.process_time()))


async def _subscribed(
    http: aiohttp.ClientSession, url: str, contract: str
) -> aiohttp.ClientWebSocketResponse:
    socket = await http.ws_connect(url, max_msg_size=0)
    await socket.send_str('{"protocol":"json","version":1}\x1e')
    for number, stream in enumerate(STREAMS):
        call = f'"target":"Subscribe{stream}","arguments":["{contract}"],"invocationId":"{number}"'
        await socket.send_str(f'{{"type":1,{call}}}\x1e')
    text = ""
    while text.count('"type":3') < len(STREAMS) or text.count('"target":"Gateway') < 2:
        text += (await socket.receive()).data
    return socket


async def run(rate: int, clients: int, seconds: float) -> tuple[float, int, float, float]:
    """Return events delivered a second, events lost, the gateway's CPU share, and its delay."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = write_tape(folder, rate, seconds)
        async with SimulatedGateway(
            tape=folder, instrument="MNQ", tape_from=FIRST_S, hold=True
        ) as gateway:
            ours, theirs = multiprocessing.Pipe()
            child = multiprocessing.get_context("spawn").Process(
                target=listen, args=(gateway.ready(), clients, count, theirs), daemon=True
            )
            child.start()
            assert await asyncio.to_thread(ours.recv) == "subscribed"
            gateway.market.start()
            began, cpu = time.monotonic() + FIRST_S, time.process_time()
            heard, ended, _ = await asyncio.to_thread(ours.recv)
            taken, used = ended - began, time.process_time() - cpu
            await asyncio.to_thread(child.join)
    total = sum(heard)
    return total / taken, count * clients - total, used / taken, taken - seconds


ROWS: Sequence[tuple[str, int, int]] = (
    ("one client, 20,000 events/s offered", 20_000, 1),
    ("one client, 30,000 events/s offered", 30_000, 1),
    ("twenty clients, 2,000 events/s each", 2_000, 20),
    ("twenty clients, 4,000 events/s each", 4_000, 20),
    ("fifty clients, 20 events/s each", 20, 50),
    ("fifty clients, 1,000 events/s each", 1_000, 50),
)


def main(arguments: Sequence[str] = ()) -> int:
    """Print one line for each row; return 1 if an event was lost."""
    seconds = float(arguments[0]) if arguments else 4.0
    lost_any = False
    for name, rate, clients in ROWS:
        delivered, lost, cpu, late = asyncio.run(run(rate, clients, seconds))
        lost_any = lost_any or lost > 0
        print(
            f"  {name:<40} {delivered:>9,.0f} events/s delivered, {lost} lost, "
            f"gateway CPU {cpu:.0%}, last {late * 1000:+.0f} ms",
            flush=True,
        )
    return 1 if lost_any else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
