"""From frame to owner: CPU per hub message, decoded and dispatched, nothing lost.

The transport rows read a loopback WebSocket that another process fills; they count the CPU of this
process alone. The ceiling beside them is a bare loop of aiohttp and msgspec that splits and decodes
into plain values, without checks, ticks, counters or owners. Medians of five runs.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from typing import Any

import aiohttp
import msgspec
from hub_server import LAST_CALL, Send, hub_server

from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Depth, Quote, Trade
from project_x_py._runtime.clock import SystemClock
from project_x_py._runtime.network import AiohttpNetwork
from project_x_py._wire import signalr
from project_x_py._wire.decode import DecodeStats
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.realtime._latency import EVERY
from project_x_py.realtime._router import EventRouter

RUNS = 5
MESSAGES = 20_000
BATCH = 50
CONTRACT = "CON.F.US.MNQ.U26"
STAMP = "2026-09-01T14:31:{:02d}.{:07d}+00:00"


def quote(number: int) -> bytes:
    """A sparse quote of the size that the gateway sends: 246 bytes as a record."""
    at = STAMP.format(number // 1000 % 60, number % 10_000_000)
    price = 24104 + number % 40 * 0.25
    payload = {
        "symbol": "F.US.MNQ",
        "bestBid": price,
        "bestAsk": price + 0.5,
        "lastUpdated": at,
        "timestamp": at,
        "contract": CONTRACT,
    }
    return signalr.encode_invocation("GatewayQuote", [CONTRACT, payload])


def trade(number: int) -> bytes:
    """One print."""
    row = {
        "symbolId": "F.US.MNQ",
        "price": 24104 + number % 40 * 0.25,
        "timestamp": STAMP.format(number // 1000 % 60, number % 10_000_000),
        "type": number % 2,
        "volume": 1 + number % 5,
        "contractId": CONTRACT,
    }
    return signalr.encode_invocation("GatewayTrade", [CONTRACT, [row]])


def depth(number: int) -> bytes:
    """One level."""
    row = {
        "contractId": CONTRACT,
        "timestamp": STAMP.format(number // 1000 % 60, number % 10_000_000),
        "type": 1 + number % 2,
        "price": 24104 + number % 40 * 0.25,
        "volume": number % 90,
        "currentVolume": 0,
    }
    return signalr.encode_invocation("GatewayDepth", [CONTRACT, [row]])


class Owner:
    """Counts what it is fed with."""

    def __init__(self) -> None:
        self.records = 0

    def on_trades(self, trades: Sequence[Trade]) -> None:
        self.records += len(trades)

    def on_quote(self, quote: Quote) -> None:
        self.records += 1

    def on_depth(self, depth: Depth) -> None:
        self.records += 1


class NoTasks:
    """No callback runs here."""

    def spawn(self, work: Any, *, name: str) -> Any:
        raise AssertionError(name)


def row(name: str, micros: Sequence[float], note: str = "") -> float:
    """Print and return the median."""
    median = statistics.median(micros)
    print(f"  {name:<44} {median:8.2f} us {1 / median:9.3f} M/s  {note}".rstrip())
    return median


def per_message(work: Callable[[], object], messages: int = MESSAGES) -> list[float]:
    """CPU microseconds per message, one figure a run."""
    taken = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) / messages * 1e6)
    return taken


def bench_chain() -> None:
    """The synchronous chain alone: split, decode, route, call the owner."""
    owner = Owner()
    router = EventRouter(1, NoTasks(), SystemClock(), DecodeStats())
    router.attach(CONTRACT, TickGrid(0.25, 0.5), owner, rank=0)
    for name, make in (("quote", quote), ("trade", trade), ("depth", depth)):
        records = [make(n) for n in range(MESSAGES)]
        frames = [b"".join(records[n : n + BATCH]) for n in range(0, MESSAGES, BATCH)]

        def chain(frames: list[bytes] = frames) -> None:
            splitter = signalr.RecordSplitter()
            for frame in frames:
                for record in splitter.feed(frame):
                    router.take_market(record, 1)

        owner.records = 0
        row(f"frame to owner, {name}, {len(records[0])} B", per_message(chain))
        assert owner.records == MESSAGES * RUNS


def bench_latency() -> None:
    """What timing some messages costs each: the chain with it and without, alternating."""
    frames = [b"".join(trade(n + m) for m in range(BATCH)) for n in range(0, MESSAGES, BATCH)]
    taken: dict[int, list[float]] = {EVERY: [], 1 << 60: []}
    for _ in range(2 * RUNS):
        for until, figures in taken.items():
            router = EventRouter(1, NoTasks(), SystemClock(), DecodeStats())
            router.latency.frame_ns = lambda: 0
            router._until_measured = until
            for rank in (0, 1):
                router.attach(CONTRACT, TickGrid(0.25, 0.5), Owner(), rank=rank)
            splitter = signalr.RecordSplitter()
            began = time.process_time()
            for frame in frames:
                for record in splitter.feed(frame):
                    router.take_market(record, 1)
            figures.append((time.process_time() - began) / MESSAGES * 1e6)
    timed, plain = (min(figures) for figures in taken.values())
    row(
        "latency of the stages, a message",
        [timed - plain],
        f"{timed:.2f} with, {plain:.2f} without",
    )


async def stream(size: int, send: Send) -> None:
    """Send MESSAGES quotes, ``size`` a frame, as fast as they are taken."""
    for frame in _frames(size):
        await send(frame)


@cache
def _frames(size: int) -> list[bytes]:
    records = [quote(n) for n in range(MESSAGES)]
    return [b"".join(records[n : n + size]) for n in range(0, MESSAGES, size)]


async def client_run(origin: str) -> float:
    """CPU microseconds per message of the real client, from socket to owner."""
    owner = Owner()
    urls = (f"{origin}/hubs/user", f"{origin}/hubs/market")
    client = ProjectXRealtimeClient.wired(
        "t", "1", urls, clock=SystemClock(), network=AiohttpNetwork
    )
    client.attach(CONTRACT, TickGrid(0.25, 0.5), owner, rank=0)
    assert await client.connect()
    began = time.process_time()
    await client.subscribe_market_data([CONTRACT])
    while owner.records < MESSAGES:
        await asyncio.sleep(0.01)
    taken = time.process_time() - began
    assert client.get_stats()["decode_errors"] == {}
    await client.cleanup()
    return taken / MESSAGES * 1e6


class _Bare(msgspec.Struct):
    type: int
    target: str | None = None
    arguments: list[msgspec.Raw] = []


async def bare_run(origin: str) -> float:
    """The same stream through a loop that only splits and decodes."""
    envelope, payload = msgspec.json.Decoder(_Bare).decode, msgspec.json.Decoder().decode
    count = 0
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{origin}/hubs/market", max_msg_size=0) as ws,
    ):
        await ws.send_str('{"protocol":"json","version":1}\x1e')
        await ws.receive()
        began = time.process_time()
        await ws.send_bytes(signalr.encode_invocation(LAST_CALL, [CONTRACT]))
        while count < MESSAGES:
            message = await ws.receive()
            for raw in message.data.split("\x1e"):
                if raw:
                    payload(envelope(raw).arguments[1])
                    count += 1
        taken = time.process_time() - began
    return taken / MESSAGES * 1e6


def bench_transport() -> None:
    """One event a frame, and frames of fifty."""
    for name, size in (("one event a frame", 1), (f"frames of {BATCH}", BATCH)):
        with hub_server(partial(stream, size), CONTRACT) as origin:
            ours = runs(client_run, origin)
            ceiling = runs(bare_run, origin)
        least = row(f"bare loop, {name}", ceiling)
        share = statistics.median(ours) / least
        row(f"socket to owner, {name}", ours, f"{share:.2f} x bare loop")


def runs(work: Callable[[str], Awaitable[float]], origin: str) -> list[float]:
    """One figure a run."""

    async def once() -> float:
        return await work(origin)

    return [asyncio.run(once()) for _ in range(RUNS)]


def main() -> None:
    """Print the table."""
    print("wire: CPU per message, decoded and dispatched")
    bench_chain()
    bench_latency()
    bench_transport()


if __name__ == "__main__":
    main()
