"""How the simulated gateway starts, stops and keeps quiet."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from project_x_py._runtime import endpoints
from project_x_py._runtime.clock import SystemClock
from project_x_py.exceptions import ProjectXConnectionError, ProjectXError
from project_x_py.simulator import SimulatedGateway, _hub

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
GREETING = '{"protocol":"json","version":1}\x1e'


def _port_of(gateway: SimulatedGateway) -> int:
    return int(gateway.config.api_url.removesuffix("/api").rpartition(":")[2])


async def _token(gateway: SimulatedGateway, http: aiohttp.ClientSession) -> str:
    user = gateway.ready()
    body = {"userName": user["username"], "apiKey": user["api_key"]}
    async with http.post(f"{user['api_url']}/Auth/loginKey", json=body) as reply:
        token: str = (await reply.json())["token"]
        return token


async def test_nothing_is_left() -> None:
    """After the block: no task, no thread, no signal handler, no listener, no registered origin."""
    threads, handler = threading.active_count(), signal.getsignal(signal.SIGINT)
    async with aiohttp.ClientSession() as http:
        async with SimulatedGateway(start=OPEN, instruments=("MNQ",)) as gateway:
            port, url = _port_of(gateway), gateway.config.api_url
            assert signal.getsignal(signal.SIGINT) is handler
            hub = f"{gateway.config.market_hub_url}?access_token={await _token(gateway, http)}"
            client = await http.ws_connect(hub)
            await client.send_str(GREETING)
            assert (await client.receive(timeout=5)).data == "{}\x1e"
            assert endpoints.clock_for([url]) is gateway.clock
        assert (await client.receive(timeout=5)).data == '{"type":7,"allowReconnect":true}\x1e'
        await client.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert threading.active_count() == threads
    assert isinstance(endpoints.clock_for([url]), SystemClock)
    with socket.socket() as probe, pytest.raises(OSError):
        probe.connect(("127.0.0.1", port))


async def test_every_answer_has_the_date() -> None:
    """Answers, refusals and upgrades tell the time of the gateway's machine, once each."""
    async with (
        SimulatedGateway(start=OPEN, instruments=("MNQ",)) as gateway,
        aiohttp.ClientSession() as http,
    ):
        began = time.time() - 1
        dates = []
        for path in ("Status/ping", "nowhere"):
            async with http.get(f"{gateway.config.api_url}/{path}") as reply:
                dates.append(reply.headers.getall("Date"))
        hub = f"{gateway.config.market_hub_url}?access_token={await _token(gateway, http)}"
        async with http.ws_connect(hub) as client:
            dates.append(client._response.headers.getall("Date"))
        for told in dates:
            assert len(told) == 1
            assert began <= parsedate_to_datetime(told[0]).timestamp() <= time.time()


async def _stuck(gateway: SimulatedGateway, token: str) -> socket.socket:
    """A client that subscribes to a market's depth and reads nothing after the upgrade."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", _port_of(gateway)))
    upgrade = (
        f"GET /hubs/market?access_token={token} HTTP/1.1\r\nHost: localhost\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    contract_id = gateway.contracts[0].contract_id
    call = '{"type":1,"target":"SubscribeContractMarketDepth","arguments":["%s"]}\x1e'
    frames = _masked((GREETING + call % contract_id).encode())
    await loop.sock_sendall(client, upgrade.encode())
    await loop.sock_recv(client, 1024)
    await loop.sock_sendall(client, frames)
    return client


async def test_a_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once too much waits for it its connection ends; market and other clients go on."""
    monkeypatch.setattr(_hub, "MAX_WAITING_BYTES", 200_000)
    async with (
        aiohttp.ClientSession() as http,
        SimulatedGateway(start=OPEN, speed=2000, instruments=("MNQ",)) as gateway,
    ):
        token = await _token(gateway, http)
        with await _stuck(gateway, token):
            async with asyncio.timeout(10):
                while not gateway.connections["market"]:
                    await asyncio.sleep(0)
                while gateway.connections["market"]:
                    await asyncio.sleep(0)
            published = gateway.market.published
            await _token(gateway, http)
            async with asyncio.timeout(5):
                while gateway.market.published == published:
                    await asyncio.sleep(0)


async def test_a_client_that_does_not_read_cannot_hold_the_gateway() -> None:
    """The block ends within its few seconds of grace, and the socket with it."""
    async with aiohttp.ClientSession() as http:
        async with SimulatedGateway(start=OPEN, speed=2000, instruments=("MNQ",)) as gateway:
            client = await _stuck(gateway, await _token(gateway, http))
            while gateway.market.published < 30_000:
                await asyncio.sleep(0)
            stopping = time.monotonic()
        assert time.monotonic() - stopping < 5
    assert asyncio.all_tasks() == {asyncio.current_task()}
    client.close()


def _masked(payload: bytes) -> bytes:
    # A mask of zeros leaves the payload as it is.
    size = len(payload)
    head = bytes([0x81, 0x80 | size]) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + bytes(4) + payload


async def test_a_port_that_is_taken_is_named() -> None:
    """The error names the port and the way out, and nothing is left behind."""
    async with SimulatedGateway(start=OPEN, instruments=("MNQ",)) as gateway:
        port = _port_of(gateway)
        with pytest.raises(ProjectXConnectionError, match=rf"port {port} .* port=0"):
            await SimulatedGateway(start=OPEN, port=port).__aenter__()
    async with SimulatedGateway(start=OPEN, port=port) as again:
        assert _port_of(again) == port


@pytest.mark.parametrize(
    ("host", "message"),
    [("0.0.0.0", "allow_remote=True"), ("192.0.2.1", "allow_remote=True"), ("example.org", "IP")],
)
async def test_only_loopback_is_served(host: str, message: str) -> None:
    """An address that others can reach is refused before anything is bound."""
    with pytest.raises(ProjectXError, match=message):
        await SimulatedGateway(start=OPEN, host=host).__aenter__()


async def test_other_addresses_on_demand(caplog: pytest.LogCaptureFixture) -> None:
    """All addresses on demand, with a warning; this machine still goes through its loopback."""
    async with SimulatedGateway(start=OPEN, host="localhost") as gateway:
        assert gateway.config.api_url.startswith("http://127.0.0.1:")
    assert not caplog.records
    async with SimulatedGateway(start=OPEN, host="0.0.0.0", allow_remote=True) as gateway:
        assert gateway.config.api_url.startswith("http://127.0.0.1:")
        port = _port_of(gateway)
    (warned,) = caplog.records
    assert warned.levelname == "WARNING"
    assert f"0.0.0.0 port {port}, where other machines can reach it" in warned.getMessage()


async def test_no_token_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """Not at any level, neither of a connection nor of one that is refused."""
    caplog.set_level(logging.DEBUG)
    async with (
        aiohttp.ClientSession() as http,
        SimulatedGateway(start=OPEN, instruments=("MNQ",)) as gateway,
    ):
        token = await _token(gateway, http)
        async with http.ws_connect(f"{gateway.config.user_hub_url}?access_token={token}") as client:
            await client.send_str(GREETING)
            await client.receive(timeout=5)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"{gateway.config.user_hub_url}?access_token={token}x")
        key = gateway.credentials.api_key
    assert token not in caplog.text
    assert key not in caplog.text
    assert "access_token" not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_gateway_that_fails_inside_its_block_stops() -> None:
    """The exception of the block comes out, and the port is free again."""
    with pytest.raises(ZeroDivisionError):
        async with SimulatedGateway(start=OPEN, instruments=("MNQ",)) as gateway:
            port = _port_of(gateway)
            raise ZeroDivisionError
    with socket.socket() as probe, pytest.raises(OSError):
        probe.connect(("127.0.0.1", port))
