"""Twelve instruments at 150 messages a second each, from socket to owner: all of it, and its cost.

A process of its own sends quotes, prints and depth in the proportions of a busy market, one event a
frame. Counted are the CPU of the client's process alone and how late a timer of its loop comes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import statistics
import time
from typing import Any

import aiohttp
from aiohttp import web
from bench_wire import Owner, depth, quote, trade

from project_x_py._core.grid import TickGrid
from project_x_py._runtime.clock import SystemClock
from project_x_py._runtime.network import AiohttpNetwork
from project_x_py._wire import signalr
from project_x_py.realtime import ProjectXRealtimeClient

INSTRUMENTS = 12
PER_SECOND = 150
SECONDS = 10
STEP_S = 0.02
WARM_UP_S = 1.0
CODES = [f"CON.F.US.X{number:02d}.U26" for number in range(INSTRUMENTS)]


def serve(sock: socket.socket) -> None:
    """Send at the rate, in steps of twenty milliseconds, from the last subscription on."""
    usual = b"CON.F.US.MNQ.U26"
    mixed = [(quote, trade, depth)[n % 3](n) for n in range(PER_SECOND)]
    frames = [[raw.replace(usual, code.encode()) for raw in mixed] for code in CODES]

    async def stream(ws: web.WebSocketResponse) -> None:
        loop = asyncio.get_running_loop()
        begin, sent, total = loop.time() + WARM_UP_S, 0, PER_SECOND * SECONDS
        await asyncio.sleep(WARM_UP_S)
        while sent < total:
            due = min(total, int((loop.time() - begin) * PER_SECOND))
            for number in range(sent, due):
                for own in frames:
                    await ws.send_frame(own[number % PER_SECOND], aiohttp.WSMsgType.TEXT)
            sent = due
            await asyncio.sleep(STEP_S)

    async def hub(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        tasks: list[asyncio.Task[None]] = []
        async for message in ws:
            for raw in signalr.RecordSplitter().feed(message.data):
                if b'"protocol"' in raw:
                    await ws.send_str("{}\x1e")
                    continue
                call = signalr.decode_record(raw)
                if call.invocation_id is not None:
                    await ws.send_str(signalr.encode_completion(call.invocation_id).decode())
                last = call.target == "SubscribeContractMarketDepth"
                if last and CODES[-1].encode() in raw:
                    tasks.append(asyncio.create_task(stream(ws)))
        return ws

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/hubs/{name}", hub)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, sock).start()
        await asyncio.Event().wait()

    asyncio.run(main())


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
    while not owner.records:
        await asyncio.sleep(0.01)
    loop, late = asyncio.get_running_loop(), list[float]()
    began, cpu = time.monotonic(), time.process_time()
    expected = INSTRUMENTS * PER_SECOND * SECONDS
    while owner.records < expected and time.monotonic() - began < 3 * SECONDS:
        due = loop.time() + 0.005
        await asyncio.sleep(0.005)
        late.append((loop.time() - due) * 1e3)
    share = (time.process_time() - cpu) / (time.monotonic() - began)
    assert client.get_stats()["decode_errors"] == {}
    await client.cleanup()
    return owner.records, share, late


def main() -> None:
    """Print the figures."""
    print(f"stream: {INSTRUMENTS} instruments x {PER_SECOND} messages/s, {SECONDS} s")
    sock = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{sock.getsockname()[1]}"
    process: Any = multiprocessing.get_context("spawn").Process(
        target=serve, args=(sock,), daemon=True
    )
    process.start()
    sock.close()
    time.sleep(1.0)
    try:
        arrived, share, late = asyncio.run(receive(origin))
    finally:
        process.terminate()
        process.join()
    expected = INSTRUMENTS * PER_SECOND * SECONDS
    print(f"  arrived                  {arrived:8d} of {expected}")
    print(f"  CPU of one core          {100 * share:8.1f} %")
    p99 = statistics.quantiles(late, n=100)[98]
    print(f"  loop lag p50 / p99       {statistics.median(late):8.2f} / {p99:.2f} ms")


if __name__ == "__main__":
    main()
