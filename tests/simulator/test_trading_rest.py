"""The routes of trading, byte for byte: forms, types, paging, and the order of rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from tests.simulator.scripted import MNQ, ScriptedSource, house, post
from tests.simulator.trading import (
    BUY,
    CANCELLED,
    JOIN_BID,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    START,
    WORKING,
    Trader,
)

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import ExchangeQuirks, Quirks, SimulatedGateway
from project_x_py.simulator._assembly import Assembly

ENVELOPE = ["success", "errorCode", "errorMessage"]
ORDER_KEYS = [
    "id",
    "accountId",
    "contractId",
    "symbolId",
    "creationTimestamp",
    "updateTimestamp",
    "status",
    "type",
    "side",
    "size",
    "limitPrice",
    "stopPrice",
    "fillVolume",
    "filledPrice",
    "customTag",
]
POSITION_KEYS = [
    "id",
    "accountId",
    "contractId",
    "contractDisplayName",
    "creationTimestamp",
    "type",
    "size",
    "averagePrice",
]
TRADE_KEYS = [
    "id",
    "accountId",
    "contractId",
    "creationTimestamp",
    "price",
    "profitAndLoss",
    "fees",
    "commissions",
    "side",
    "size",
    "voided",
    "orderId",
]
PLACE = {"accountId": 20514377, "contractId": MNQ, "type": MARKET, "side": BUY, "size": 1}
QUERY = {"filter": {"accountId": 20514377}}
BRACKET = {"ticks": -8, "type": 4}


def trade(scene: Callable[[Trader], Awaitable[None]], **options: Any) -> None:
    """Play a scene in process, on virtual time, before a market that stands still."""

    async def run() -> None:
        settings = {"start": OPEN, "instruments": ("MNQ",), **options}
        async with SimulatedGateway(in_process=True, **settings) as gateway:
            gateway.market.pause()
            async with Trader(gateway) as trader:
                await scene(trader)

    run_virtual(run())


@pytest.fixture
def parts() -> Assembly:
    """A gateway over a scripted market."""
    return house(ScriptedSource())


@pytest.mark.parametrize(
    ("route", "body", "where"),
    [
        ("Order/place", {**PLACE, "type": "Market"}, "$.type"),
        ("Order/place", {**PLACE, "side": "0"}, "$.side"),
        ("Order/place", {**PLACE, "size": 1.0}, "$.size"),
        ("Order/place", {**PLACE, "size": True}, "$.size"),
        ("Order/place", {**PLACE, "size": 2**31}, "$.size"),
        ("Order/place", {**PLACE, "limitPrice": "24000.25"}, "$.limitPrice"),
        ("Order/place", {**PLACE, "contractId": None}, "$.contractId"),
        ("Order/place", {**PLACE, "customTag": 5}, "$.customTag"),
        ("Order/place", {**PLACE, "stopLossBracket": {"ticks": -8}}, "type"),
        ("Order/place", {**PLACE, "stopLossBracket": {**BRACKET, "type": "4"}}, "stopLoss"),
        ("Order/place", {**PLACE, "takeProfitBracket": 8}, "$.takeProfitBracket"),
        ("Order/place", {"accountId": 20514377}, "contractId"),
        ("Order/modify", {"orderId": "1"}, "$.orderId"),
        ("Order/modify", {"orderId": 1, "stopPrice": "1"}, "$.stopPrice"),
        ("Order/cancel", {"orderId": 2**63}, "$.orderId"),
        ("Order/search", {"accountId": "x"}, "$.accountId"),
        ("Order/search", {"startTimestamp": None}, "$.startTimestamp"),
        ("Order/search", {"startTimestamp": "today"}, "date"),
        ("Trade/search", {"startTimestamp": START, "endTimestamp": "now"}, "date"),
        ("Order/v2/query", {"accountId": 1}, "missing required properties including: 'filter'"),
        ("Order/v2/query", {"filter": {}}, "accountId"),
        ("Order/v2/query", {"filter": None}, "$.filter"),
        ("Order/v2/query", {**QUERY, "pageSize": 0}, "$.pageSize"),
        ("Order/v2/query", {**QUERY, "pageOffset": -1}, "$.pageOffset"),
        ("Order/v2/query", {**QUERY, "sortBy": 2}, "$.sortBy"),
        ("Order/v2/query", {"filter": {"accountId": 1, "statuses": ["1"]}}, "statuses"),
        ("Order/v2/query", {"filter": {"accountId": 1, "createdAfter": "x"}}, "date"),
        ("Position/closeContract", {"accountId": 1}, "contractId"),
        ("Position/partialCloseContract", {"contractId": MNQ, "size": "1"}, "$.size"),
    ],
)
async def test_wrong_types_are_400(parts: Assembly, route: str, body: object, where: str) -> None:
    """Enumerations are integers and prices numbers; a problem names the member."""
    reply = await post(parts, f"/api/{route}", body)
    assert reply.status == 400
    assert where in str(msgspec.json.decode(reply.body)["errors"])


@pytest.mark.parametrize(
    ("route", "key"),
    [
        ("Order/search", "orders"),
        ("Order/searchOpen", "orders"),
        ("Order/searchById", "order"),
        ("Position/searchOpen", "positions"),
        ("Trade/search", "trades"),
    ],
)
async def test_an_unknown_account_is_code_1(parts: Assembly, route: str, key: str) -> None:
    """The payload of a failure is null, not an empty list."""
    reply = await post(parts, f"/api/{route}", {"accountId": 1, "startTimestamp": START})
    assert msgspec.json.decode(reply.body) == {
        key: None,
        "success": False,
        "errorCode": 1,
        "errorMessage": None,
    }


async def test_query_of_an_unknown_account(parts: Assembly) -> None:
    """Both payload members are null."""
    reply = await post(parts, "/api/Order/v2/query", {"filter": {"accountId": 1}})
    body = msgspec.json.decode(reply.body)
    assert (body["orders"], body["totalCount"], body["errorCode"]) == (None, None, 1)


@pytest.mark.parametrize("route", ["Order/search", "Trade/search"])
async def test_a_search_without_a_start(route: str) -> None:
    """It is an empty success, as when its name is misspelt; by a switch it is a 400."""
    body = {"accountId": 20514377, "startTime": START}
    reply = await post(house(), f"/api/{route}", body)
    answer = msgspec.json.decode(reply.body)
    assert (answer["success"], next(iter(answer.values()))) == (True, [])
    assert (await post(house(strict_start=True), f"/api/{route}", body)).status == 400


async def test_members_bind_in_any_letter_case(parts: Assembly) -> None:
    """Down to the members of a filter; those that nobody knows are ignored."""
    body = {"Filter": {"ACCOUNTID": 20514377, "Statuses": [1], "colour": 1}, "PageSize": 5}
    reply = await post(parts, "/api/Order/v2/query", body)
    answer = msgspec.json.decode(reply.body)
    assert list(answer) == ["orders", "totalCount", *ENVELOPE]
    assert (answer["orders"], answer["totalCount"]) == ([], 0)


def test_rows_have_the_documented_members() -> None:
    """Nulls are explicit, parent and linked order are there when set, times have six digits."""

    async def scene(trader: Trader) -> None:
        legs = {
            "stopLossBracket": {"ticks": -8, "type": 4},
            "takeProfitBracket": {"ticks": 8, "type": 1},
        }
        entry = await trader.filled(MARKET, BUY, limitPrice=None, linkedOrderId=None, **legs)
        await trader.status(entry + 2, WORKING)
        by_id = await trader.ask("Order/searchById", orderId=entry)
        assert list(by_id) == ["order", *ENVELOPE]
        assert list(by_id["order"]) == ORDER_KEYS
        assert (by_id["order"]["limitPrice"], by_id["order"]["customTag"]) == (None, None)
        assert by_id["order"]["creationTimestamp"] == "2026-09-01T14:30:00+00:00"
        assert list(await trader.row(entry + 1)) == [*ORDER_KEYS, "parentOrderId"]
        target = await trader.row(entry + 2)
        assert list(target) == [*ORDER_KEYS, "parentOrderId", "linkedOrderId"]
        assert target["updateTimestamp"] == "2026-09-01T14:30:00.013+00:00"
        positions = await trader.ask("Position/searchOpen")
        assert list(positions) == ["positions", *ENVELOPE]
        assert [list(row) for row in positions["positions"]] == [POSITION_KEYS]
        trades = await trader.ask("Trade/search", startTimestamp=START, endTimestamp=None)
        assert list(trades) == ["trades", *ENVELOPE]
        assert [list(row) for row in trades["trades"]] == [TRADE_KEYS]
        assert trades["trades"][0]["profitAndLoss"] is None
        assert trades["trades"][0]["creationTimestamp"] == "2026-09-01T14:30:00.003+00:00"

    trade(scene)


def test_sorting_and_time_spans() -> None:
    """Orders come oldest first, executions newest first; both ends of a span belong to it."""

    async def scene(trader: Trader) -> None:
        first = await trader.filled(MARKET, BUY)
        await asyncio.sleep(1)
        second = await trader.filled(MARKET, SELL)
        orders = (await trader.ask("Order/search", startTimestamp=START))["orders"]
        assert [row["id"] for row in orders] == [first, second]
        trades = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
        assert [row["orderId"] for row in trades] == [second, first]
        end = {"startTimestamp": START, "endTimestamp": orders[0]["creationTimestamp"]}
        until = (await trader.ask("Order/search", **end))["orders"]
        assert [row["id"] for row in until] == [first]
        since = {"startTimestamp": orders[1]["creationTimestamp"]}
        later = (await trader.ask("Order/search", **since))["orders"]
        assert [row["id"] for row in later] == [second]

    trade(scene)


async def _many(trader: Trader) -> list[int]:
    """A hundred and five refused orders."""
    return [(await trader.place(MARKET, BUY, 0))["orderId"] for _ in range(105)]


def test_paging() -> None:
    """The offset counts rows, a page has at most a hundred, newest first unless asked otherwise,
    the total is always told, and the contract does not filter."""

    async def scene(trader: Trader) -> None:
        ids = await _many(trader)
        ask = {"filter": {"accountId": trader.account, "contractId": "CON.F.US.EP.U26"}}
        page = await trader.post("Order/v2/query", {**ask, "pageSize": 500})
        assert [row["id"] for row in page["orders"]] == ids[:4:-1]
        assert page["totalCount"] == 105
        names = ("pageSize", "pageOffset", "sortBy", "sortDirection", "includeTotalCount")
        nulls = await trader.post("Order/v2/query", {**ask, **dict.fromkeys(names)})
        assert nulls == page
        rest = await trader.post("Order/v2/query", {**ask, "pageOffset": 100})
        assert [row["id"] for row in rest["orders"]] == ids[4::-1]
        few = {**ask, "pageSize": 2, "pageOffset": 1, "sortBy": 1, "sortDirection": 0}
        page = await trader.post("Order/v2/query", {**few, "includeTotalCount": False})
        assert [row["id"] for row in page["orders"]] == ids[1:3]
        assert page["totalCount"] == 105

    trade(scene)


def test_switches_of_paging() -> None:
    """A filter by contract, and a smaller cap."""

    async def scene(trader: Trader) -> None:
        await trader.place(MARKET, BUY, 0)
        await trader.place(MARKET, BUY, 0)
        base = {"accountId": trader.account}
        other = {"filter": {**base, "contractId": "CON.F.US.EP.U26"}}
        assert (await trader.post("Order/v2/query", other))["totalCount"] == 0
        page = await trader.post("Order/v2/query", {"filter": base})
        assert (len(page["orders"]), page["totalCount"]) == (1, 2)

    trade(
        scene, quirks=Quirks(exchange=ExchangeQuirks(query_filters_contract=True, query_row_cap=1))
    )


def test_orders_move_the_market_that_everybody_sees() -> None:
    """A bid that improves the book is its best level, for bars a print is a print."""

    async def scene(trader: Trader) -> None:
        ask, size = trader.levels(SELL)[0]
        await trader.filled(LIMIT, BUY, size, limitPrice=trader.price(ask))
        assert trader.best(SELL) == ask + 1
        order_id = await trader.order(LIMIT, BUY, 3, limitPrice=trader.price(ask))
        await trader.status(order_id, WORKING)
        assert trader.levels(BUY)[0] == (ask, 3)
        snapshot = trader.gateway.market.snapshot(trader.contract.contract_id)
        assert snapshot.last == ask
        await trader.ask("Order/cancel", orderId=order_id)
        await trader.status(order_id, CANCELLED)
        assert trader.best(BUY) == ask - 1

    trade(scene)


def test_a_swept_book_comes_back() -> None:
    """Who takes all there is gets it, and no more; makers quote again at once."""

    async def scene(trader: Trader) -> None:
        order_id = await trader.order(MARKET, BUY, 10_000)
        row = await trader.status(order_id, CANCELLED)
        assert 0 < row["fillVolume"] < 10_000
        assert trader.levels(SELL)
        assert trader.best(BUY) < trader.best(SELL)
        resting = await trader.order(JOIN_BID, BUY)
        trader.gateway.market.resume()
        await trader.status(resting, 2)

    trade(scene)
