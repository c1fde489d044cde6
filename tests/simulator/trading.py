"""A client that trades: requests as they are on the wire, and what the user hub says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import msgspec
from tests.simulator.scripted import records_of

from project_x_py._ports import HttpAnswer, Socket
from project_x_py._runtime import endpoints
from project_x_py._wire import signalr
from project_x_py.simulator import SimulatedGateway

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
"""Half past nine in Chicago, a Tuesday."""
LIMIT, MARKET, STOP_LIMIT, STOP, TRAIL, JOIN_BID, JOIN_ASK = 1, 2, 3, 4, 5, 6, 7
BUY, SELL = 0, 1
WORKING, FILLED, CANCELLED, REJECTED, PENDING, SUSPENDED = 1, 2, 3, 5, 6, 8
ORDER, POSITION, TRADE, ACCOUNT = (
    f"GatewayUser{name}" for name in ("Order", "Position", "Trade", "Account")
)
START = "2026-09-01T00:00:00Z"
PATIENCE_S = 60.0
BARE = -1
"""Stands for the action of an event that is not wrapped."""

Event = tuple[str, int, dict[str, Any]]
"""Target, action and payload."""


ANSWER_S = 60
"""Long enough for a machine on which everything else is run as well."""


class Trader:
    """Logs in to a gateway, subscribes to its account, and trades the first contract.

    Args:
        gateway: A running gateway.
        account: The account to trade on; 0 for the first that may trade.
    """

    def __init__(self, gateway: SimulatedGateway, account: int = 0) -> None:
        self.gateway = gateway
        self.contract = gateway.contracts[0]
        self.events: list[Event] = []
        self.raw: list[bytes] = []
        self._network = endpoints.open_network([gateway.config.api_url])
        self._token = ""
        self.account = account

    async def __aenter__(self) -> Self:
        try:
            await self._enter()
        except BaseException:
            await self._network.close()
            raise
        return self

    async def _enter(self) -> None:
        self._token = await self.log_in()
        if not self.account:
            accounts = await self.post("Account/search", {"onlyActiveAccounts": True})
            self.account = accounts["accounts"][0]["id"]
        self._socket = await self.connect(self.gateway.config.user_hub_url)
        for number, what in enumerate(("Accounts", "Orders", "Positions", "Trades")):
            given = [] if what == "Accounts" else [self.account]
            await self._socket.send(
                signalr.encode_invocation(f"Subscribe{what}", given, str(number))
            )
        completed = 0
        while completed < 4:
            completed += (await self._socket.receive()).count(b'"type":3')

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._network.close()

    @property
    def token(self) -> str:
        """What the gateway knows the trader by."""
        return self._token

    async def log_in(self) -> str:
        """Another token."""
        user = self.gateway.credentials
        ask = {"userName": user.username, "apiKey": user.api_key}
        token: str = (await self.post("Auth/loginKey", ask))["token"]
        return token

    async def connect(self, hub: str, token: str | None = None, query: str = "") -> Socket:
        """A greeted connection to a hub."""
        url = f"{hub.replace('http', 'ws', 1)}?access_token={token or self._token}{query}"
        socket = await self._network.connect(url, headers={}, timeout_s=ANSWER_S)
        await socket.send(signalr.encode_handshake())
        assert await socket.receive() == b"{}\x1e"
        return socket

    async def reply(
        self,
        path: str,
        body: bytes = b"{}",
        *,
        method: str = "POST",
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> HttpAnswer:
        """The raw answer to any request; ``path`` is below the gateway's origin."""
        bearer = {"Authorization": f"Bearer {self._token if token is None else token}"}
        return await self._network.request(
            method,
            f"{self.gateway.config.api_url.removesuffix('/api')}{path}",
            headers={"Content-Type": "application/json", **bearer, **(headers or {})},
            body=body,
            timeout_s=ANSWER_S,
        )

    async def wait(self, exchange_s: float) -> None:
        """Let so much time of the exchange pass."""
        clock = self.gateway.clock
        await clock.sleep_until(clock.now_ns() + round(exchange_s * 1e9))

    async def send(self, route: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a request."""
        reply = await self._network.request(
            "POST",
            f"{self.gateway.config.api_url}/{route}",
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
            body=body,
            timeout_s=ANSWER_S,
        )
        return reply.status, reply.body

    async def post(self, route: str, body: object) -> dict[str, Any]:
        """The envelope that a request is answered with."""
        status, raw = await self.send(route, msgspec.json.encode(body))
        assert status == 200, (status, raw)
        answer: dict[str, Any] = msgspec.json.decode(raw)
        return answer

    async def ask(self, route: str, **members: object) -> dict[str, Any]:
        """The envelope of a request about the account."""
        return await self.post(route, {"accountId": self.account, **members})

    async def place(self, kind: int, side: int, size: int = 1, **members: object) -> dict[str, Any]:
        """The answer to an order."""
        return await self.ask(
            "Order/place",
            contractId=self.contract.contract_id,
            type=kind,
            side=side,
            size=size,
            **members,
        )

    async def order(self, kind: int, side: int, size: int = 1, **members: object) -> int:
        """The id of an order that is accepted."""
        answer = await self.place(kind, side, size, **members)
        assert answer["success"], answer
        number: int = answer["orderId"]
        return number

    async def row(self, order_id: int) -> dict[str, Any]:
        """An order as REST tells of it."""
        answer = await self.ask("Order/searchById", orderId=order_id)
        row: dict[str, Any] = answer["order"]
        return row

    async def hear(self, wanted: Callable[[Event], bool], since: int = 0) -> Event:
        """The first event of some kind, waited for if need be.

        Args:
            wanted: Tells it from others.
            since: How many of the events so far are passed over.
        """
        at = since
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self.events[at:]:
                    if wanted(event):
                        return event
                at = len(self.events)
                await self._listen()

    async def status(self, order_id: int, *statuses: int) -> dict[str, Any]:
        """An order's payload once the hub says that it is in one of some states."""
        event = await self.hear(
            lambda e: e[0] == ORDER and e[2]["id"] == order_id and e[2]["status"] in statuses
        )
        return event[2]

    async def filled(self, kind: int, side: int, size: int = 1, **members: object) -> int:
        """The id of an order that is filled, after its position and its costs are told."""
        order_id = await self.order(kind, side, size, **members)
        await self.status(order_id, FILLED)
        at = max(n for n, e in enumerate(self.events) if e[0] == ORDER and e[2]["id"] == order_id)
        await self.hear(lambda e: e[0] == ACCOUNT, at)
        return order_id

    def best(self, side: int) -> int:
        """The best price of a side in ticks."""
        return self.levels(side)[0][0]

    def levels(self, side: int) -> list[tuple[int, int]]:
        """Price in ticks and size of each shown level of a side."""
        snapshot = self.gateway.market.snapshot(self.contract.contract_id)
        return list(snapshot.asks if side == SELL else snapshot.bids)

    def price(self, ticks: int) -> float:
        """Points."""
        return self.contract.grid.price(ticks)

    def told(self, order_id: int) -> list[int]:
        """The states that the hub told of an order, in order."""
        return [e[2]["status"] for e in self.events if e[0] == ORDER and e[2]["id"] == order_id]

    async def _listen(self) -> None:
        data = await self._socket.receive()
        await self._socket.send(signalr.PING)
        self.raw.append(data)
        for raw in records_of(data):
            record = msgspec.json.decode(raw)
            if record["type"] == 1:
                (argument,) = record["arguments"]
                action, data = argument.get("action", BARE), argument.get("data", argument)
                self.events.append((record["target"], action, data))
