"""Twelve instruments at 150 messages a second each, from socket to owner: all of it, and its cost.

A process of its own sends quotes, prints and depth in the proportions of a busy market, one event a
frame. Counted are the CPU of the client's process alone and how late a timer of its loop comes.
"""

from __future__ import annotations

import asyncio
import statistics

from bench_wire import CONTRACT, Owner, depth, quote, trade
from hub_server import Send, followed, hub_server, paced

from project_x_py._core.grid import TickGrid
from project_x_py._runtime.clock import SystemClock
from project_x_py._runtime.network import AiohttpNetwork
from project_x_py.realtime import ProjectXRealtimeClient

INSTRUMENTS = 12
PER_SECOND = 150
SECONDS = 10
EXPECTED = INSTRUMENTS * PER_SECOND * SECONDS
CODES = [f"CON.F.US.X{number:02d}.U26" for number in range(INSTRUMENTS)]


async def stream(send: Send) -> None:
    """Send the three kinds in turn, of every instrument."""
    usual = CONTRACT.encode()
    mixed = [(quote, trade, depth)[n % 3](n) for n in range(PER_SECOND)]
    frames = [[raw.replace(usual, code.encode()) for code in CODES] for raw in mixed]
    await paced(send, PER_SECOND, SECONDS, lambda number: frames[number % PER_SECOND])


async def receive(origin: str) -> tuple[int, float, list[float]]:
    """Return what arrived, the share of one core it took, and how late timers were, in ms."""
    owner = Owner()
    urls = (f"{origin}/hubs/user", f"{origin}/hubs/market")
    client = ProjectXRealtimeClient.wired(
        "t", "1", urls, clock=SystemClock(), network=AiohttpNetwork
    )
    for code in CODES:
        client.attach(code, TickGrid(0.25, 0.5), owner, rank=0)
    assert await client.connect()
    assert await client.subscribe_market_data(CODES)
    told = await followed(lambda: owner.records, EXPECTED, 3 * SECONDS)
    assert client.get_stats()["decode_errors"] == {}
    await client.cleanup()
    return told


def main() -> None:
    """Print the figures."""
    print(f"stream: {INSTRUMENTS} instruments x {PER_SECOND} messages/s, {SECONDS} s")
    with hub_server(stream, CODES[-1]) as origin:
        arrived, share, late = asyncio.run(receive(origin))
    print(f"  arrived                  {arrived:8d} of {EXPECTED}")
    print(f"  CPU of one core          {100 * share:8.1f} %")
    p99 = statistics.quantiles(late, n=100)[98]
    print(f"  loop lag p50 / p99       {statistics.median(late):8.2f} / {p99:.2f} ms")


if __name__ == "__main__":
    main()
