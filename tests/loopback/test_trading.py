"""The life of a bracket over real sockets, with clients that know nothing of the gateway."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp

from project_x_py.simulator import SimulatedGateway

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
GREETING = '{"protocol":"json","version":1}\x1e'


async def test_life_of_a_bracket() -> None:
    """Entry, legs, one leg's fill, the sibling's end, a flat position, and a balance that fits."""
    async with (
        SimulatedGateway(start=OPEN, speed=50, instruments=("MNQ",)) as gateway,
        aiohttp.ClientSession() as http,
    ):
        user = gateway.ready()

        async def post(path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {token}"}
            async with http.post(f"{user['api_url']}/{path}", json=body, headers=headers) as reply:
                answer: dict[str, Any] = await reply.json()
                return answer

        login = {"userName": user["username"], "apiKey": user["api_key"]}
        token = (await post("Auth/loginKey", login))["token"]
        (account,) = (await post("Account/search", {}, token))["accounts"]
        found = await post("Contract/search", {"searchText": "MNQ"}, token)
        async with http.ws_connect(f"{user['user_hub_url']}?access_token={token}") as hub:
            await hub.send_str(GREETING + _subscriptions(account["id"]))
            heard = _Heard(hub)
            await heard.until(lambda: heard.completed == 4)
            order = {
                "accountId": account["id"],
                "contractId": found["contracts"][0]["id"],
                "type": 2,
                "side": 1,
                "size": 2,
                "customTag": "life",
                "stopLossBracket": {"ticks": 8, "type": 4},
                "takeProfitBracket": {"ticks": -8, "type": 1},
            }
            placed = await post("Order/place", order, token)
            assert placed["success"], placed
            entry = placed["orderId"]
            await heard.until(lambda: any(p["size"] == 0 for p in heard.of("Position")))
            await heard.until(lambda: len(heard.of("Account")) >= len(heard.of("Trade")) >= 2)
            await heard.until(lambda: heard.states(entry + 1, entry + 2) == {2, 3})
        orders = {row["id"]: row for row in heard.of("Order")}
        assert orders[entry]["status"] == 2
        assert orders[entry + 1]["customTag"] == "life-SL"
        since = {"accountId": account["id"], "startTimestamp": "2026-09-01T00:00:00Z"}
        trades = (await post("Trade/search", since, token))["trades"]
        profit = sum(trade["profitAndLoss"] or 0 for trade in trades)
        costs = sum(trade["fees"] + trade["commissions"] for trade in trades)
        (after,) = (await post("Account/search", {}, token))["accounts"]
        assert abs(after["balance"] - (account["balance"] + profit - costs)) < 1e-6
        assert (await post("Position/searchOpen", since, token))["positions"] == []
        assert (await post("Order/searchOpen", since, token))["orders"] == []


def _subscriptions(account: int) -> str:
    calls = [("Accounts", []), *((what, [account]) for what in ("Orders", "Positions", "Trades"))]
    return "".join(
        json.dumps(
            {"type": 1, "invocationId": what, "target": f"Subscribe{what}", "arguments": given}
        )
        + "\x1e"
        for what, given in calls
    )


class _Heard:
    """What a connection to the user hub said."""

    def __init__(self, hub: aiohttp.ClientWebSocketResponse) -> None:
        self._hub = hub
        self._payloads: list[tuple[str, dict[str, Any]]] = []
        self.completed = 0

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [data for target, data in self._payloads if target == f"GatewayUser{kind}"]

    def states(self, *order_ids: int) -> set[int]:
        """The newest status of each of some orders."""
        newest = {row["id"]: row["status"] for row in self.of("Order")}
        return {newest.get(order_id, 0) for order_id in order_ids}

    async def until(self, enough: Any) -> None:
        async with asyncio.timeout(20):
            while not enough():
                for text in (await self._hub.receive_str()).split("\x1e")[:-1]:
                    record = json.loads(text)
                    self.completed += record.get("type") == 3
                    if record.get("type") == 1:
                        (argument,) = record["arguments"]
                        self._payloads.append((record["target"], argument["data"]))
