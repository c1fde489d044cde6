"""What other clients send and need, in their own forms.

Each test is one published client's habits. Direct and negotiated sockets, wrong calls, drops and
large messages are proven with Microsoft's client in ``tests/interop``.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from tests.simulator.scripted import records_of
from tests.simulator.trading import BUY, LIMIT, OPEN, Trader

from project_x_py._runtime import endpoints
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py._wire import signalr
from project_x_py.simulator import SimulatedGateway


def meet(scene: Callable[[Trader], Awaitable[None]]) -> None:
    """Play a scene in process, on virtual time."""

    async def run() -> None:
        async with (
            SimulatedGateway(instruments=["MNQ"], start=OPEN, in_process=True) as gateway,
            Trader(gateway) as trader,
        ):
            await scene(trader)

    run_virtual(run())


async def raw(trader: Trader, method: str, route: str, body: bytes, **headers: str) -> Any:
    """Status and document of the answer to a request with these headers alone."""
    network = endpoints.open_network([trader.gateway.config.api_url])
    reply = await network.request(
        method, f"{trader.gateway.config.api_url}/{route}", headers=headers, body=body, timeout_s=5
    )
    return reply.status, msgspec.json.decode(reply.body) if reply.body else None


def test_msgspec_clients_without_ids() -> None:
    """Ping needs no token; validate tells ``newToken``; a call without an id is not completed."""

    async def scene(trader: Trader) -> None:
        assert await raw(trader, "GET", "Status/ping", b"") == (200, "pong")
        validated = await trader.post("Auth/validate", None)
        assert list(validated) == ["newToken", "success", "errorCode", "errorMessage"]
        socket = await trader.connect(trader.gateway.config.market_hub_url)
        contract = trader.contract.contract_id
        await socket.send(signalr.encode_invocation("SubscribeContractQuotes", [contract]))
        (record,) = records_of(await socket.receive())
        assert msgspec.json.decode(record)["target"] == "GatewayQuote"

    meet(scene)


def test_the_client_of_the_seeds() -> None:
    """Explicit nulls pass, the token tells when it expires, ``/trades/search`` is not there."""

    async def scene(trader: Trader) -> None:
        user = trader.gateway.credentials
        login = {"userName": user.username, "apiKey": user.api_key}
        token = (await trader.post("Auth/loginKey", login))["token"]
        claims = token.split(".")[1]
        expiry = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        assert expiry["exp"] - expiry["iat"] == 86_400
        nulls = dict.fromkeys(("stopPrice", "trailPrice", "linkedOrderId", "customTag"))
        price = trader.price(trader.best(BUY) - 100)
        placed = await trader.place(LIMIT, BUY, limitPrice=price, **nulls)
        assert placed["success"], placed
        status, _ = await raw(trader, "GET", "trades/search?startDate=2026-09-01", b"")
        assert status == 404
        part = {"contractId": trader.contract.contract_id, "closeSize": 1}
        assert not (await trader.ask("Position/partialCloseContract", **part))["success"]

    meet(scene)


def test_clients_with_empty_objects_and_old_log_ins() -> None:
    """``{}`` is a body like none; an application's log-in is understood; times may differ."""

    async def scene(trader: Trader) -> None:
        assert (await trader.post("Auth/validate", {}))["success"]
        assert (await trader.post("Account/search", {}))["accounts"]
        old = dict.fromkeys(("userName", "password", "deviceId", "appId", "verifyKey"), "x")
        assert "token" in await trader.post("Auth/loginApp", old)
        for start in (
            "2026-09-01T14:00:00Z",
            "2026-09-01T14:00:00.000Z",
            "2026-09-01T09:00:00-05:00",
        ):
            bars = await trader.post(
                "History/retrieveBars",
                {
                    "contractId": trader.contract.contract_id,
                    "live": False,
                    "startTime": start,
                    "endTime": "2026-09-01T14:30:00Z",
                    "unit": 2,
                    "unitNumber": 1,
                    "limit": 1000,
                    "includePartialBar": False,
                },
            )
            times = [bar["t"] for bar in bars["bars"]]
            assert len(times) == 30
            assert all(len(t) == 25 and t.endswith("+00:00") for t in times)

    meet(scene)


def test_a_strict_client() -> None:
    """Hubs are below one origin; records have known types, quotes their symbol and time."""

    async def scene(trader: Trader) -> None:
        config = trader.gateway.config
        origin = config.api_url.removesuffix("/api")
        assert config.user_hub_url == f"{origin}/hubs/user"
        assert config.market_hub_url == f"{origin}/hubs/market"
        socket = await trader.connect(config.market_hub_url)
        contract = trader.contract.contract_id
        for number, stream in enumerate(("Quotes", "Trades", "MarketDepth")):
            call = signalr.encode_invocation(f"SubscribeContract{stream}", [contract], str(number))
            await socket.send(call)
        records: list[dict[str, Any]] = []
        while len(records) < 500:
            records += map(msgspec.json.decode, records_of(await socket.receive()))
        assert {record["type"] for record in records} <= {1, 3, 6, 7}
        events = [record["arguments"] for record in records if record["type"] == 1]
        assert all(len(given) == 2 and given[0] == contract for given in events)
        quotes = [given[1] for given in events if isinstance(given[1], dict)]
        assert quotes
        assert all({"symbol", "lastUpdated"} <= quote.keys() for quote in quotes)

    meet(scene)
