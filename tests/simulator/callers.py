"""A gateway without sockets, and the bare calls that a client of the same process makes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py._runtime import endpoints
from project_x_py._wire import signalr
from project_x_py.simulator import SimulatedGateway

if TYPE_CHECKING:
    from project_x_py._ports import Network, Socket

__all__ = ["OPEN", "ask", "connect", "login", "network_of", "virtual"]

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)


def virtual(**options: Any) -> SimulatedGateway:
    """A gateway without sockets that begins in regular hours."""
    return SimulatedGateway(in_process=True, **{"start": OPEN, "instruments": ("MNQ",), **options})


def network_of(gateway: SimulatedGateway) -> Network:
    """The way a client of this process finds."""
    return endpoints.open_network([gateway.config.api_url])


async def ask(
    gateway: SimulatedGateway, route: str, body: object, token: str = ""
) -> dict[str, Any]:
    """The envelope that a POST is answered with."""
    reply = await network_of(gateway).request(
        "POST",
        f"{gateway.config.api_url}/{route}",
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        body=msgspec.json.encode(body),
        timeout_s=5,
    )
    assert reply.status == 200, reply
    answer: dict[str, Any] = msgspec.json.decode(reply.body)
    return answer


async def login(gateway: SimulatedGateway) -> str:
    """A token."""
    user = gateway.credentials
    body = {"userName": user.username, "apiKey": user.api_key}
    token: str = (await ask(gateway, "Auth/loginKey", body))["token"]
    return token


async def connect(gateway: SimulatedGateway, token: str) -> Socket:
    """A greeted connection to the market hub."""
    url = f"{gateway.config.market_hub_url}?access_token={token}"
    socket = await network_of(gateway).connect(url, headers={}, timeout_s=5)
    await socket.send(signalr.encode_handshake())
    assert await socket.receive() == b"{}\x1e"
    return socket
