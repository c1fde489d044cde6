"""Ten megabytes in one answer and in one hub frame, over real sockets; and what is too much."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import msgspec
import pytest
from aiohttp import web

from project_x_py._core.grid import TickGrid
from project_x_py._runtime.network import MAX_MESSAGE_BYTES
from project_x_py._wire import signalr
from project_x_py.client import ProjectX
from project_x_py.config import ProjectXConfig
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.realtime import ProjectXRealtimeClient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.records import Depth, Quote, Trade

TEN_MB = 10_000_000
MNQ = "CON.F.US.MNQ.U26"
OPEN = web.AppKey("open", dict[str, web.WebSocketResponse])


class Keeper:
    """Counts the levels of depth."""

    def __init__(self) -> None:
        self.levels: list[int] = []

    def on_trades(self, trades: Sequence[Trade]) -> None:
        """Prints do not matter here."""

    def on_quote(self, quote: Quote) -> None:
        """Nor do quotes."""

    def on_depth(self, depth: Depth) -> None:
        self.levels.append(len(depth.levels))


def accounts(size_bytes: int) -> tuple[bytes, int]:
    """Accounts of at least so many bytes, as the gateway writes them, and how many they are."""
    row = {
        "id": 1,
        "name": "PRAC-V2-" + "0" * 60,
        "balance": 50_000.5,
        "canTrade": True,
        "isVisible": True,
        "simulated": True,
    }
    rows = size_bytes // len(msgspec.json.encode(row)) + 1
    body = {
        "accounts": [{**row, "id": number} for number in range(rows)],
        "success": True,
        "errorCode": 0,
        "errorMessage": None,
    }
    return msgspec.json.encode(body), rows


async def serve(app: web.Application) -> tuple[web.AppRunner, str]:
    """Serve on a free port; the runner, and the address without a scheme."""
    runner = web.AppRunner(app)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, sock).start()
    return runner, f"127.0.0.1:{sock.getsockname()[1]}"


async def test_an_answer_of_ten_megabytes_is_read() -> None:
    """Every row of it is there; one beyond the cap is refused with an error that says so."""
    body, rows = accounts(TEN_MB)
    answers = [body, b" " * (MAX_MESSAGE_BYTES + 1)]
    assert len(body) > TEN_MB

    async def login(request: web.Request) -> web.Response:
        return web.json_response({"token": "a.b.c", "success": True, "errorCode": 0})

    async def search(request: web.Request) -> web.Response:
        return web.Response(body=answers[0], content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/Auth/loginKey", login)
    app.router.add_post("/api/Account/search", search)
    runner, host = await serve(app)
    config = ProjectXConfig(
        api_url=f"http://{host}/api",
        retry_attempts=0,
        requests_per_minute=200,
    )
    async with ProjectX("me", "a-key", config) as client:
        await client.authenticate()
        assert len(await client.list_accounts()) == rows
        answers.pop(0)
        with pytest.raises(ProjectXConnectionError, match=f"longer than {MAX_MESSAGE_BYTES} bytes"):
            await client.list_accounts()
    await runner.cleanup()


async def hub(request: web.Request) -> web.WebSocketResponse:
    """Complete whatever is invoked, and send what is put into the application's line."""
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    request.app[OPEN][request.path] = ws
    await ws.receive()
    await ws.send_bytes(signalr.encode_handshake_response())
    splitter = signalr.RecordSplitter()
    async for message in ws:
        for record in splitter.feed(message.data):
            envelope = signalr.decode_record(record)
            if envelope.invocation_id is not None:
                await ws.send_bytes(signalr.encode_completion(envelope.invocation_id))
    return ws


async def test_a_frame_of_ten_megabytes_is_applied() -> None:
    """Every level of it arrives and the connection stays; a frame beyond the cap costs it.

    That is told as a gap, and everything is subscribed to again.
    """
    app = web.Application()
    app[OPEN] = {}
    app.router.add_get("/hubs/user", hub)
    app.router.add_get("/hubs/market", hub)
    runner, host = await serve(app)
    live = ProjectXRealtimeClient(
        "a.b.c", "1", f"ws://{host}/hubs/user", f"ws://{host}/hubs/market"
    )
    keeper, gaps, grid = Keeper(), [], TickGrid(0.25)
    live.add_gap_listener(lambda gap: gaps.append(gap))
    live.attach(MNQ, grid, keeper, rank=0)
    assert await live.connect()
    assert await live.subscribe_market_data([MNQ])
    stamp = "2026-09-01T14:31:00.123456+00:00"
    row = {"timestamp": stamp, "type": 2, "price": 100.25, "volume": 3, "currentVolume": 0}
    rows = TEN_MB // len(msgspec.json.encode(row)) + 1
    for size in (rows, 2 * rows):
        frame = signalr.encode_invocation("GatewayDepth", [MNQ, [row] * size])
        assert len(frame) > TEN_MB
        with contextlib.suppress(ConnectionError):  # who refuses a frame does not read it
            await app[OPEN]["/hubs/market"].send_bytes(frame)
        async with asyncio.timeout(20):
            while not keeper.levels or (size > rows and len(gaps) < 2):
                await asyncio.sleep(0.02)
    assert keeper.levels == [rows]
    assert [gap.is_open for gap in gaps] == [True, False]
    assert live.is_connected()
    assert live.get_stats()["connection_errors"] == 1
    assert live.get_stats()["decode_errors"] == {}
    await live.cleanup()
    await runner.cleanup()
