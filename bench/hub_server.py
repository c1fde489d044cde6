"""A hub in a process of its own that sends a client what a benchmark makes, and how that comes.

The process answers the handshake and the calls of a client, and begins to send on the connection
on which the subscription comes that names what the benchmark waits for.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import aiohttp
from aiohttp import web

from project_x_py._wire import signalr

__all__ = ["LAST_CALL", "Send", "Stream", "followed", "hub_server", "paced"]

Send = Callable[[bytes], Awaitable[None]]
"""Sends one frame."""

Stream = Callable[[Send], Coroutine[None, None, None]]
"""Sends everything that a benchmark makes."""

LAST_CALL = "SubscribeContractMarketDepth"
"""What the client subscribes to last."""
WARM_UP_S = 1.0
STEP_S = 0.02
TIMER_S = 0.005
TIMERS = 20
"""After so many timers it is asked what has come: asking costs as much as dozens of messages."""


@contextmanager
def hub_server(stream: Stream, begins_at: str) -> Iterator[str]:
    """Run the process, and end it; its origin is ready to be connected to.

    Args:
        stream: Sends everything; it can be pickled.
        begins_at: What the last subscription names when the stream is to begin.
    """
    sock = socket.create_server(("127.0.0.1", 0))
    port: int = sock.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(sock, stream, begins_at.encode()), daemon=True
    )
    process.start()
    sock.close()
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


def _wait_for(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def _serve(sock: socket.socket, stream: Stream, begins_at: bytes) -> None:
    async def hub(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        send = partial(ws.send_frame, opcode=aiohttp.WSMsgType.TEXT)
        tasks: list[asyncio.Task[None]] = []
        async for incoming in ws:
            for raw in signalr.RecordSplitter().feed(incoming.data):
                if b'"protocol"' in raw:
                    await ws.send_str("{}\x1e")
                    continue
                call = signalr.decode_record(raw)
                if call.invocation_id is not None:
                    await ws.send_str(signalr.encode_completion(call.invocation_id).decode())
                if call.target == LAST_CALL and begins_at in raw:
                    tasks.append(asyncio.create_task(stream(send)))
        return ws

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/hubs/{name}", hub)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, sock).start()
        await asyncio.Event().wait()

    asyncio.run(main())


async def paced(
    send: Send, rate: int, seconds: float, frames: Callable[[int], Iterable[bytes]]
) -> None:
    """Send the frames of number 0, 1, 2 ... at so many numbers a second, in small steps."""
    loop = asyncio.get_running_loop()
    begin, sent, total = loop.time() + WARM_UP_S, 0, int(rate * seconds)
    await asyncio.sleep(WARM_UP_S)
    while sent < total:
        due = min(total, int((loop.time() - begin) * rate))
        for number in range(sent, due):
            for frame in frames(number):
                await send(frame)
        sent = due
        await asyncio.sleep(STEP_S)


async def followed(
    arrived: Callable[[], int], expected: int, longest_s: float
) -> tuple[int, float, list[float]]:
    """Wait until everything has come, from the first message on.

    Returns:
        What has come, the share of one core that it took, and how late timers were, in ms.
    """
    while not arrived():
        await asyncio.sleep(0.01)
    loop, late = asyncio.get_running_loop(), list[float]()
    began, cpu = time.monotonic(), time.process_time()
    while arrived() < expected and time.monotonic() - began < longest_s:
        for _ in range(TIMERS):
            due = loop.time() + TIMER_S
            await asyncio.sleep(TIMER_S)
            late.append((loop.time() - due) * 1e3)
    share = (time.process_time() - cpu) / (time.monotonic() - began)
    return arrived(), share, late
