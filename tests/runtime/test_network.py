"""The real network on real sockets of this machine; short."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from aiohttp import WSMsgType, web

from project_x_py._runtime import network as networks
from project_x_py._runtime.network import AiohttpNetwork
from project_x_py.exceptions import ProjectXConnectionError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "eyJhbGciOi.secret.token"


class Peer:
    """A small server; its handlers are in the methods."""

    def __init__(self) -> None:
        self.base = ""
        self.hold = asyncio.Event()
        self.seen: list[str] = []

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/echo", self.echo)
        app.router.add_post("/slow", self.slow)
        app.router.add_post("/drop", self.drop)
        app.router.add_post("/moved", self.moved)
        app.router.add_get("/moved", self.moved)
        app.router.add_post("/long", self.long)
        app.router.add_get("/hub", self.hub)
        runner = web.AppRunner(app)
        await runner.setup()
        sock = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, sock).start()
        self.base = f"http://127.0.0.1:{sock.getsockname()[1]}"
        return runner

    async def echo(self, request: web.Request) -> web.Response:
        body = await request.read()
        return web.Response(body=body, status=418, headers={"Retry-After": "3"})

    async def slow(self, request: web.Request) -> web.Response:
        await self.hold.wait()
        return web.Response()

    async def drop(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def moved(self, request: web.Request) -> web.Response:
        self.seen.append("moved")
        return web.Response(status=307, headers={"Location": "/echo"})

    async def long(self, request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 2000)

    async def hub(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("access_token") != TOKEN:
            return web.Response(status=401)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            if message.data == "binary":
                await ws.send_bytes(b"\x00\xff")
            elif message.data == "long":
                await ws.send_str("x" * 2000)
            elif message.data == "close":
                await ws.close(code=4001, message=f"bye access_token={TOKEN}".encode())
            elif message.data == "drop":
                assert request.transport is not None
                request.transport.abort()
            else:
                await ws.send_str(f"{WSMsgType(message.type).name}:{message.data}")
        return ws


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    runner = await peer.start()
    yield peer
    peer.hold.set()
    await runner.cleanup()


@pytest.fixture
async def network() -> AsyncIterator[AiohttpNetwork]:
    network = AiohttpNetwork()
    yield network
    await network.close()
    await network.close()


async def test_an_answer_is_read_whole(peer: Peer, network: AiohttpNetwork) -> None:
    """Status, headers in any case and body come back; a bad status is no exception."""
    answer = await network.request(
        "POST", peer.base + "/echo", headers={"X": "1"}, body=b"abc", timeout_s=5
    )
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (418, b"abc", "3")
    empty = await network.request("POST", peer.base + "/echo", headers={}, body=b"", timeout_s=5)
    assert empty.body == b""


async def test_a_failure_before_the_first_byte_is_unsent(network: AiohttpNetwork) -> None:
    """Nobody listening, and no URL at all: nothing has left."""
    for url in ("http://127.0.0.1:1/x?access_token=abc", "nonsense?access_token=abc"):
        with pytest.raises(ProjectXConnectionError) as caught:
            await network.request("POST", url, headers={}, body=b"x", timeout_s=5)
        assert not caught.value.sent
        assert "abc" not in str(caught.value)
        with pytest.raises(ProjectXConnectionError) as caught:
            await network.connect(url, headers={}, timeout_s=5)
        assert not caught.value.sent
        assert "abc" not in str(caught.value)


@pytest.mark.parametrize(("path", "timeout_s"), [("/slow", 0.05), ("/drop", 5.0)])
async def test_a_lost_answer_is_sent(
    peer: Peer, network: AiohttpNetwork, path: str, timeout_s: float
) -> None:
    """Once bytes may have left, the error says so, and shows no query."""
    with pytest.raises(ProjectXConnectionError) as caught:
        await network.request(
            "POST", f"{peer.base}{path}?key=abc", headers={}, body=b"x", timeout_s=timeout_s
        )
    assert caught.value.sent
    assert "abc" not in str(caught.value)


async def test_an_answer_beyond_the_cap_is_refused(
    peer: Peer, network: AiohttpNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body and a message longer than the cap are errors, not memory."""
    monkeypatch.setattr(networks, "MAX_MESSAGE_BYTES", 1000)
    with pytest.raises(ProjectXConnectionError, match="longer than 1000"):
        await network.request("POST", peer.base + "/long", headers={}, body=b"", timeout_s=5)
    hub = await network.connect(f"{peer.base}/hub?access_token={TOKEN}", headers={}, timeout_s=5)
    await hub.send(b"long")
    with pytest.raises(ConnectionError, match="broke"):
        await hub.receive()
    await hub.close()


async def test_a_redirect_is_not_followed(peer: Peer, network: AiohttpNetwork) -> None:
    """A request returns the redirect itself, a WebSocket is refused with its status."""
    url = peer.base + "/moved"
    answer = await network.request("POST", url, headers={}, body=b"x", timeout_s=5)
    assert answer.status == 307
    with pytest.raises(ProjectXConnectionError, match="redirects are not followed") as caught:
        await network.connect(url, headers={}, timeout_s=5)
    assert caught.value.error_code == 307
    assert peer.seen == ["moved", "moved"]


async def test_a_refused_upgrade_has_its_status(peer: Peer, network: AiohttpNetwork) -> None:
    """A wrong token is HTTP 401 in error_code, and is not shown."""
    with pytest.raises(ProjectXConnectionError) as caught:
        await network.connect(f"{peer.base}/hub?access_token=wrong", headers={}, timeout_s=5)
    assert caught.value.error_code == 401
    assert "wrong" not in str(caught.value)


async def test_an_upgrade_without_answer_times_out(peer: Peer, network: AiohttpNetwork) -> None:
    """The upgrade is bounded like everything else."""

    async def hear_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hear_only, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProjectXConnectionError, match=r"no answer within 0\.05 s"):
            await network.connect(f"ws://127.0.0.1:{port}/", headers={}, timeout_s=0.05)


async def test_text_and_binary_messages_are_bytes(peer: Peer, network: AiohttpNetwork) -> None:
    """Bytes are sent as text; what comes back is bytes of either kind."""
    url = peer.base.replace("http", "ws") + f"/hub?access_token={TOKEN}"
    hub = await network.connect(url, headers={}, timeout_s=5)
    await hub.send("hé".encode())
    assert await hub.receive() == "TEXT:hé".encode()
    await hub.send(b"binary")
    assert await hub.receive() == b"\x00\xff"
    await hub.close()
    await hub.close()
    with pytest.raises(ConnectionError):
        await hub.send(b"x")
    with pytest.raises(ConnectionError):
        await hub.receive()


@pytest.mark.parametrize(("word", "reason"), [(b"close", "4001: bye"), (b"drop", "1006")])
async def test_a_closed_socket_says_why(
    peer: Peer, network: AiohttpNetwork, word: bytes, reason: str
) -> None:
    """The other side's code and reason reach the reader, a token in it does not."""
    hub = await network.connect(f"{peer.base}/hub?access_token={TOKEN}", headers={}, timeout_s=5)
    await hub.send(word)
    with pytest.raises(ConnectionError, match=reason) as caught:
        await hub.receive()
    assert "secret" not in str(caught.value)
    await hub.close()
