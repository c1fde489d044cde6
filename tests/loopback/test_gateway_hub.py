"""The simulated gateway on a real socket, with a client that knows nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from project_x_py.simulator import SimulatedGateway, faults

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
GREETING = '{"protocol":"json","version":1}\x1e'


@pytest.fixture
async def gateway() -> AsyncIterator[SimulatedGateway]:
    """A gateway in regular hours, ten times as fast as the wall."""
    async with SimulatedGateway(start=OPEN, speed=10, instruments=("MNQ",)) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


async def login(gateway: SimulatedGateway, http: aiohttp.ClientSession) -> str:
    """A token."""
    user = gateway.ready()
    body = {"userName": user["username"], "apiKey": user["api_key"]}
    async with http.post(f"{user['api_url']}/Auth/loginKey", json=body) as reply:
        token: str = (await reply.json())["token"]
        return token


async def records(socket: aiohttp.ClientWebSocketResponse) -> list[str]:
    """The records of the next frame, which is text."""
    message = await socket.receive(timeout=5)
    assert message.type is aiohttp.WSMsgType.TEXT, message
    text: str = message.data
    assert text.endswith("\x1e")
    return text[:-1].split("\x1e")


async def test_rest_over_http(gateway: SimulatedGateway, http: aiohttp.ClientSession) -> None:
    """Replies carry their status, type and body; 401 and 400 as documented."""
    token = await login(gateway, http)
    api, headers = gateway.config.api_url, {"Authorization": f"Bearer {token}"}
    async with http.post(
        f"{api}/Contract/available", json={"live": False}, headers=headers
    ) as reply:
        assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
        assert len((await reply.json())["contracts"]) == 51
    async with http.post(f"{api}/Auth/validate", headers=headers) as reply:
        assert (await reply.json())["newToken"]
    async with http.get(f"{api}/Status/ping") as reply:
        assert await reply.text() == '"pong"'
    async with http.post(f"{api}/Account/search", json={}) as reply:
        assert (reply.status, await reply.read()) == (401, b"")
        assert reply.headers["WWW-Authenticate"] == "Bearer"
    async with http.post(f"{api}/Account/search", data=b"{", headers=headers) as reply:
        assert reply.status == 415
    async with http.post(f"{api}/Account/search", json=[], headers=headers) as reply:
        assert (reply.status, reply.content_type) == (400, "application/problem+json")
    async with http.delete(f"{api}/Account/search", headers=headers) as reply:
        assert (reply.status, reply.headers["Allow"]) == (405, "POST")


async def test_a_huge_body_is_refused(
    gateway: SimulatedGateway, http: aiohttp.ClientSession
) -> None:
    """Above the cap it is 413, also when it comes in pieces; the gateway goes on."""
    token = await login(gateway, http)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 65536

    url, headers = f"{gateway.config.api_url}/Account/search", {"Authorization": f"Bearer {token}"}
    async with http.post(url, data=pieces(), headers=headers) as reply:
        assert reply.status == 413
    async with http.post(url, json={}, headers=headers) as reply:
        assert reply.status == 200


async def test_direct_connection(gateway: SimulatedGateway, http: aiohttp.ClientSession) -> None:
    """Token in the query, text frames out, text and binary in, events without a negotiation."""
    url = f"{gateway.config.market_hub_url}?access_token={await login(gateway, http)}"
    contract_id = gateway.contracts[0].contract_id
    async with http.ws_connect(url) as socket:
        await socket.send_bytes(GREETING.encode())
        assert await records(socket) == ["{}"]
        await socket.send_str(
            '{"type":1,"invocationId":"5","target":"SubscribeContractMarketDepth",'
            f'"arguments":["{contract_id}"]}}\x1e'
        )
        heard = await records(socket)
        assert heard[0] == '{"type":3,"invocationId":"5","result":null}'
        while not any('"type":6,"price":0' in record for record in heard):
            heard += await records(socket)
        assert all(contract_id in record for record in heard[1:])


async def test_negotiated_connection(
    gateway: SimulatedGateway, http: aiohttp.ClientSession
) -> None:
    """Token in a header, negotiation first, its connection token as id."""
    headers = {"Authorization": f"Bearer {await login(gateway, http)}"}
    hub = gateway.config.user_hub_url
    async with http.post(f"{hub}/negotiate?negotiateVersion=1", headers=headers) as reply:
        token = (await reply.json())["connectionToken"]
    async with http.ws_connect(f"{hub}?id={token}", headers=headers) as socket:
        await socket.send_str(GREETING)
        assert await records(socket) == ["{}"]
        await socket.send_str(
            '{"type":1,"invocationId":"1","target":"SubscribeAccounts","arguments":[]}\x1e'
        )
        assert await records(socket) == ['{"type":3,"invocationId":"1","result":null}']


@pytest.mark.parametrize(
    ("path", "status"), [("/hubs/market", 401), ("/hubs/market/x", 404), ("/elsewhere", 404)]
)
async def test_a_refused_upgrade_has_its_status(
    gateway: SimulatedGateway, http: aiohttp.ClientSession, path: str, status: int
) -> None:
    """The client sees why it is not let in."""
    origin = gateway.config.api_url.removesuffix("/api")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(f"{origin}{path}?access_token=a.b.c")
    assert refused.value.status == status


async def test_a_wrong_greeting_closes(
    gateway: SimulatedGateway, http: aiohttp.ClientSession
) -> None:
    """The answer says why, then the socket closes."""
    url = f"{gateway.config.market_hub_url}?access_token={await login(gateway, http)}"
    async with http.ws_connect(url) as socket:
        await socket.send_str('{"protocol":"messagepack","version":1}\x1e')
        assert "not supported" in (await records(socket))[0]
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


async def test_a_dropped_connection_breaks(
    gateway: SimulatedGateway, http: aiohttp.ClientSession
) -> None:
    """The socket ends without a close frame; the client may come back at once."""
    url = f"{gateway.config.market_hub_url}?access_token={await login(gateway, http)}"
    for _ in range(2):
        async with http.ws_connect(url) as socket:
            await socket.send_str(GREETING)
            assert await records(socket) == ["{}"]
            assert gateway.faults.drop_connections("market") == 1
            message = await socket.receive(timeout=5)
            assert message.type is not aiohttp.WSMsgType.CLOSE
            assert socket.closed


async def test_a_half_open_connection_answers_no_ping(
    gateway: SimulatedGateway, http: aiohttp.ClientSession
) -> None:
    """Neither records nor pings are answered any more; another connection is served."""
    url = f"{gateway.config.user_hub_url}?access_token={await login(gateway, http)}"
    async with (
        http.ws_connect(url, autoping=False) as struck,
        http.ws_connect(url, autoping=False) as other,
    ):
        await struck.send_str(GREETING)
        assert await records(struck) == ["{}"]
        await struck.ping(b"before")
        assert (await struck.receive(timeout=5)).type is aiohttp.WSMsgType.PONG
        assert gateway.faults.apply(faults.HalfOpen(hub="user")) == 2
        await struck.ping(b"after")
        await struck.send_str('{"type":1,"target":"SubscribeAccounts","arguments":[]}\x1e')
        async with http.ws_connect(url, autoping=False) as third:
            await third.ping(b"there")
            assert (await third.receive(timeout=5)).type is aiohttp.WSMsgType.PONG
        with pytest.raises(TimeoutError):
            await struck.receive(timeout=0.2)
        assert not other.closed
    async with asyncio.timeout(5):
        while gateway.connections["user"]:
            await asyncio.sleep(0.01)


async def test_many_clients_hear_the_same(
    gateway: SimulatedGateway, http: aiohttp.ClientSession
) -> None:
    """Clients of one stream get the same records, in the same order."""
    url = f"{gateway.config.market_hub_url}?access_token={await login(gateway, http)}"
    contract_id = gateway.contracts[0].contract_id
    call = '{"type":1,"target":"SubscribeContractTrades","arguments":["' + contract_id + '"]}\x1e'

    async def listen() -> list[str]:
        async with http.ws_connect(url) as socket:
            await socket.send_str(GREETING + call)
            heard: list[str] = []
            while len(heard) < 60:
                heard += await records(socket)
            return [record for record in heard if "GatewayTrade" in record]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(listen()) for _ in range(3)]
    first, *others = [task.result() for task in tasks]
    for other in others:
        start = next(at for at, record in enumerate(first) if record in other)
        begin = other.index(first[start])
        length = min(len(first) - start, len(other) - begin)
        assert length > 10
        assert first[start : start + length] == other[begin : begin + length]


async def test_what_a_browser_asks(gateway: SimulatedGateway, http: aiohttp.ClientSession) -> None:
    """A plain GET of a hub is an error, not a hang."""
    url: Any = f"{gateway.config.market_hub_url}?access_token={await login(gateway, http)}"
    async with http.get(url) as reply:
        assert reply.status == 400
