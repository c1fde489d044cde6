"""Contract cards: what each route answers when all is well, and what every route has in common."""

from __future__ import annotations

import base64
import re
from typing import Any

import msgspec
from tests.contract.cards import card
from tests.simulator.trading import (
    BUY,
    CANCELLED,
    FILLED,
    JOIN_BID,
    LIMIT,
    MARKET,
    POSITION,
    REJECTED,
    SELL,
    START,
    STOP,
    SUSPENDED,
    WORKING,
    Trader,
)

from project_x_py._core.products import PRODUCTS
from project_x_py.simulator._routes import ROUTES

ENVELOPE = ["success", "errorCode", "errorMessage"]
GOOD = {"success": True, "errorCode": 0, "errorMessage": None}
ORDER_MEMBERS = [
    "id", "accountId", "contractId", "symbolId", "creationTimestamp", "updateTimestamp", "status",
    "type", "side", "size", "limitPrice", "stopPrice", "fillVolume", "filledPrice", "customTag",
]  # fmt: skip
REST_TIME = re.compile(r"2026-09-01T\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?\+00:00")
BARS = {
    "live": False,
    "startTime": "2026-09-01T14:00:00Z",
    "endTime": "2026-09-01T14:30:00Z",
    "unit": 2,
    "unitNumber": 1,
    "limit": 20_000,
    "includePartialBar": False,
}


async def good(trader: Trader, route: str, payload: str | None = None, **members: object) -> Any:
    """The payload of a success, whose envelope is whole and in order."""
    answer = await trader.post(route, members)
    keys = [] if payload is None else [payload]
    assert list(answer)[: len(keys)] == keys
    assert list(answer)[-3:] == ENVELOPE
    assert {key: answer[key] for key in ENVELOPE} == GOOD
    return answer.get(payload) if payload else None


@card()
async def test_ro01_login_key(trader: Trader) -> None:
    """Auth/loginKey: a token of three parts that tells in seconds when it expires."""
    user = trader.gateway.credentials
    ask = {"userName": user.username.upper(), "apiKey": user.api_key}
    token = await good(trader, "Auth/loginKey", "token", **ask)
    part = token.split(".")[1]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert token.count(".") == 2
    assert (await trader.reply("/api/Account/search", token=token)).status == 200
    assert (await trader.reply("/api/Account/search")).status == 200, "the older one stays valid"


@card()
async def test_ro02_login_app(trader: Trader) -> None:
    """Auth/loginApp: five strings, and the answer of the other log-in."""
    user = trader.gateway.credentials
    more = dict.fromkeys(("password", "deviceId", "appId"), "x")
    ask = {**more, "userName": user.username, "verifyKey": user.api_key}
    assert (await good(trader, "Auth/loginApp", "token", **ask)).count(".") == 2


@card()
async def test_ro03_validate(trader: Trader) -> None:
    """Auth/validate: a new token, with an empty body, an object, or neither type nor body."""
    for body, headers in ((b"", {}), (b"{}", {}), (b"", {"Content-Type": "text/plain"})):
        reply = await trader.reply("/api/Auth/validate", body, headers=headers)
        answer = msgspec.json.decode(reply.body)
        assert list(answer) == ["newToken", *ENVELOPE]
        assert answer["newToken"] != trader.token


@card()
async def test_ro04_logout(trader: Trader) -> None:
    """Auth/logout: the bare envelope; the token is over, those of others are not."""
    token = await trader.log_in()
    reply = await trader.reply("/api/Auth/logout", b"", token=token)
    assert msgspec.json.decode(reply.body) == GOOD
    assert (await trader.reply("/api/Account/search", token=token)).status == 401
    assert (await trader.reply("/api/Account/search")).status == 200
    assert trader.gateway.connections["user"] == 1


@card()
async def test_ro05_account_search(trader: Trader) -> None:
    """Account/search: the members of an account, in their order."""
    (row,) = await good(trader, "Account/search", "accounts", onlyActiveAccounts=True)
    assert row == {
        "id": 21_000_001,
        "name": "PRAC-V2-100001-21000001",
        "balance": 150_000,
        "canTrade": True,
        "isVisible": True,
        "simulated": True,
    }


@card()
async def test_ro06_contract_search(trader: Trader) -> None:
    """Contract/search: what holds the text anywhere, all of it active, twenty at most."""
    rows = await good(trader, "Contract/search", "contracts", searchText="NQ", live=False)
    assert {row["name"][:-2] for row in rows} >= {"NQ", "MNQ", "QM", "QG"}
    assert all(row["activeContract"] for row in rows)
    every = await good(trader, "Contract/search", "contracts", searchText="", live=False)
    assert len(every) == 20
    assert await good(trader, "Contract/search", "contracts", searchText="NQ", live=True) == []


@card()
async def test_ro07_contract_by_id(trader: Trader) -> None:
    """Contract/searchById: one object; an old month answers, and is not active."""
    ask = {"contractId": "CON.F.US.MNQ.U26"}
    row = await good(trader, "Contract/searchById", "contract", **ask)
    assert row == {
        "id": "CON.F.US.MNQ.U26",
        "name": "MNQU6",
        "description": "Micro E-mini Nasdaq-100: September 2026",
        "tickSize": 0.25,
        "tickValue": 0.5,
        "activeContract": True,
        "symbolId": "F.US.MNQ",
    }
    ask = {"contractId": "CON.F.US.ENQ.H25"}
    old = await good(trader, "Contract/searchById", "contract", **ask)
    assert (old["name"], old["activeContract"]) == ("NQH5", False)


@card()
async def test_ro08_available_contracts(trader: Trader) -> None:
    """Contract/available: one active month of each product, by the vendor's code."""
    rows = await good(trader, "Contract/available", "contracts", live=False)
    by_symbol = {row["symbolId"]: row for row in rows}
    assert len(rows) == len(by_symbol) == len(PRODUCTS) == 51
    for product in PRODUCTS:
        row = by_symbol[f"F.US.{product.code}"]
        assert row["name"].startswith(product.ticker)
        assert row["tickSize"] == float(product.tick_size)
        assert row["tickValue"] == float(product.tick_value)
        assert re.fullmatch(rf"CON\.F\.US\.{product.code}\.[FGHJKMNQUVXZ]\d\d", row["id"])
    assert by_symbol["F.US.EP"]["name"] == "ESU6"


@card()
async def test_ro09_retrieve_bars(trader: Trader) -> None:
    """History/retrieveBars: stamped at the start, newest first, the newest of a smaller limit."""
    ask = {**BARS, "contractId": trader.contract.contract_id}
    bars = await good(trader, "History/retrieveBars", "bars", **ask)
    times = [bar["t"] for bar in bars]
    assert times == [f"2026-09-01T14:{minute:02}:00+00:00" for minute in range(29, -1, -1)]
    assert list(bars[0]) == ["t", "o", "h", "l", "c", "v"]
    assert all(bar["l"] <= min(bar["o"], bar["c"]) <= bar["h"] and bar["v"] > 0 for bar in bars)
    few = await good(trader, "History/retrieveBars", "bars", **{**ask, "limit": 3})
    assert few == bars[:3]
    day = {**ask, "unit": 4, "startTime": "2026-08-30T00:00:00Z", "endTime": "2026-09-02T00:00:00Z"}
    (monday,) = await good(trader, "History/retrieveBars", "bars", **day)
    assert monday["t"] == "2026-08-30T22:00:00+00:00", "17:00 in Chicago"
    partial = {**day, "includePartialBar": True}
    assert len(await good(trader, "History/retrieveBars", "bars", **partial)) == 2


@card()
async def test_ro10_place(trader: Trader) -> None:
    """Order/place: the id, above what 32 bits hold; members that nobody knows do nothing."""
    answer = await trader.place(LIMIT, BUY, limitPrice=24_000, customTag=None, colour="red")
    assert list(answer) == ["orderId", *ENVELOPE]
    assert answer["orderId"] > 2**31
    row = await trader.row(answer["orderId"])
    assert list(row) == ORDER_MEMBERS
    assert REST_TIME.fullmatch(row["creationTimestamp"])


@card()
async def test_ro11_modify(trader: Trader) -> None:
    """Order/modify: the bare envelope, the same order, its other members as they were."""
    order_id = await trader.order(LIMIT, BUY, 2, limitPrice=24_000)
    before = await trader.status(order_id, WORKING)
    members = {"accountId": trader.account, "orderId": order_id, "limitPrice": 24_000.25}
    await good(trader, "Order/modify", **members, size=None, stopPrice=None, trailPrice=None)
    await trader.hear(lambda e: e[2].get("limitPrice") == 24_000.25)
    row = await trader.row(order_id)
    assert (row["limitPrice"], row["size"], row["id"]) == (24_000.25, 2, before["id"])


@card()
async def test_ro12_cancel(trader: Trader) -> None:
    """Order/cancel: the bare envelope; the order ends as cancelled at that time."""
    order_id = await trader.order(JOIN_BID, BUY)
    await trader.status(order_id, WORKING)
    await good(trader, "Order/cancel", accountId=trader.account, orderId=order_id)
    await trader.status(order_id, CANCELLED)
    row = await trader.row(order_id)
    assert row["updateTimestamp"] > row["creationTimestamp"]


@card()
async def test_ro13_order_search(trader: Trader) -> None:
    """Order/search: every state but those without a price, the oldest first."""
    filled = await trader.filled(MARKET, BUY)
    refused = (await trader.place(MARKET, BUY, 0))["orderId"]
    working = await trader.order(JOIN_BID, BUY)
    await trader.status(working, WORKING)
    members = {"accountId": trader.account, "startTimestamp": START, "endTimestamp": None}
    rows = await good(trader, "Order/search", "orders", **members)
    assert [(row["id"], row["status"]) for row in rows] == [
        (filled, FILLED),
        (refused, REJECTED),
        (working, WORKING),
    ]
    misspelt = {"accountId": trader.account, "startTime": START}
    assert await good(trader, "Order/search", "orders", **misspelt) == []


@card()
async def test_ro14_open_orders(trader: Trader) -> None:
    """Order/searchOpen: those of status 1 only."""
    await trader.filled(MARKET, BUY)
    working = await trader.order(JOIN_BID, BUY)
    await trader.status(working, WORKING)
    rows = await good(trader, "Order/searchOpen", "orders", accountId=trader.account)
    assert [(row["id"], row["status"]) for row in rows] == [(working, WORKING)]


@card()
async def test_ro15_order_by_id(trader: Trader) -> None:
    """Order/searchById: one object in whatever state."""
    order_id = await trader.filled(MARKET, SELL)
    ask = {"accountId": trader.account, "orderId": order_id}
    row = await good(trader, "Order/searchById", "order", **ask)
    assert (row["status"], row["side"], row["fillVolume"]) == (FILLED, SELL, 1)
    assert (row["limitPrice"], row["stopPrice"], row["customTag"]) == (None, None, None)


@card()
async def test_ro16_query_pages(trader: Trader) -> None:
    """Order/v2/query: newest first, offsets in rows, the count unasked, suspended legs as well."""
    bracket = {"stopLossBracket": {"ticks": -8, "type": STOP}}
    first = await trader.order(LIMIT, BUY, limitPrice=24_000, **bracket)
    for _ in range(3):
        await trader.order(LIMIT, BUY, limitPrice=24_000)
    asked = {"filter": {"accountId": trader.account}, "pageSize": 2}
    pages = []
    for offset in (0, 2, 4, 6):
        answer = await trader.post("Order/v2/query", {**asked, "pageOffset": offset})
        assert list(answer) == ["orders", "totalCount", *ENVELOPE]
        assert answer["totalCount"] == 5
        pages.append([row["id"] - first for row in answer["orders"]])
    assert pages == [[4, 3], [2, 1], [0], []]
    ascending = {**asked, "sortBy": 1, "sortDirection": 0}
    rows = await good(trader, "Order/v2/query", "orders", **ascending)
    assert [row["id"] - first for row in rows] == [0, 1]
    legs = {"filter": {"accountId": trader.account, "Statuses": [SUSPENDED]}}
    (leg,) = await good(trader, "Order/v2/query", "orders", **legs)
    assert leg["parentOrderId"] == first


@card()
async def test_ro17_query_refuses_what_does_not_bind(trader: Trader) -> None:
    """Order/v2/query: a filter at the root, and pages that cannot be, are a 400."""
    words = "SearchOrdersQueryRequest was missing required properties including: 'filter'"
    mine = {"filter": {"accountId": trader.account}}
    for body, named in (
        ({"accountId": trader.account}, words),
        ({"filter": {}}, "accountId"),
        ({**mine, "pageSize": 0}, "pageSize"),
        ({**mine, "pageOffset": -1}, "pageOffset"),
        ({**mine, "sortBy": 2}, "sortBy"),
        ({**mine, "sortDirection": "Asc"}, "sortDirection"),
        ({"filter": {**mine["filter"], "statuses": ["Open"]}}, "statuses"),
        ({"filter": {**mine["filter"], "createdAfter": "soon"}}, "date"),
    ):
        status, raw = await trader.send("Order/v2/query", msgspec.json.encode(body))
        assert status == 400, body
        assert named in str(msgspec.json.decode(raw)["errors"]), body


@card()
async def test_ro18_open_positions(trader: Trader) -> None:
    """Position/searchOpen: one netted row for each contract, none when flat."""
    ask = {"accountId": trader.account}
    assert await good(trader, "Position/searchOpen", "positions", **ask) == []
    await trader.filled(MARKET, SELL, 2)
    (row,) = await good(trader, "Position/searchOpen", "positions", **ask)
    assert list(row) == [
        "id", "accountId", "contractId", "contractDisplayName", "creationTimestamp", "type",
        "size", "averagePrice",
    ]  # fmt: skip
    assert (row["contractDisplayName"], row["type"], row["size"]) == ("MNQU26", 2, 2)


@card()
async def test_ro19_close(trader: Trader) -> None:
    """Position/closeContract: the bare envelope, then a flat position with action 2."""
    await trader.filled(MARKET, BUY, 2)
    ask = {"accountId": trader.account, "contractId": trader.contract.contract_id}
    await good(trader, "Position/closeContract", **ask)
    flat = await trader.hear(lambda e: e[0] == POSITION and e[2]["size"] == 0)
    assert (flat[1], flat[2]["type"]) == (2, 0)


@card()
async def test_ro20_partial_close(trader: Trader) -> None:
    """Position/partialCloseContract: the bare envelope, then a smaller position."""
    await trader.filled(MARKET, BUY, 3)
    ask = {"accountId": trader.account, "contractId": trader.contract.contract_id, "size": 2}
    await good(trader, "Position/partialCloseContract", **ask)
    await trader.hear(lambda e: e[0] == POSITION and e[2]["size"] == 1)


@card()
async def test_ro21_trade_search(trader: Trader) -> None:
    """Trade/search: newest first; an opening row has no result, a closing one its gross."""
    await trader.filled(MARKET, BUY)
    await trader.filled(MARKET, SELL)
    ask = {"accountId": trader.account, "startTimestamp": START}
    closing, opening = await good(trader, "Trade/search", "trades", **ask)
    assert list(opening) == [
        "id", "accountId", "contractId", "creationTimestamp", "price", "profitAndLoss", "fees",
        "commissions", "side", "size", "voided", "orderId",
    ]  # fmt: skip
    assert (opening["profitAndLoss"], opening["side"], opening["voided"]) == (None, BUY, False)
    assert closing["profitAndLoss"] == (closing["price"] - opening["price"]) * 2
    assert (opening["fees"], opening["commissions"]) == (0.36, 0.25)


@card()
async def test_ro22_ping(trader: Trader) -> None:
    """Status/ping: GET, without a token, a JSON string."""
    reply = await trader.reply("/api/Status/ping", b"", method="GET", token="none")
    assert (reply.status, reply.body) == (200, b'"pong"')


@card()
async def test_ro23_every_route_wants_a_token(trader: Trader) -> None:
    """Without a valid one: 401, empty, with a challenge; log-ins and ping are open."""
    wanted = {route.path for route in ROUTES if not route.open}
    assert len(ROUTES) == 21
    for route in ROUTES:
        reply = await trader.reply(route.path, method=route.method, token="a.b.c")
        assert (reply.status == 401) == (route.path in wanted), route.path
        if reply.status == 401:
            assert reply.body == b""
            assert "Bearer" in reply.headers["www-authenticate"]


@card()
async def test_ro24_what_does_not_bind(trader: Trader) -> None:
    """A name for a number, a text for a price, a missing object: 400, with the complaint beside."""
    order = {"accountId": trader.account, "contractId": trader.contract.contract_id, "side": BUY}
    limit = {**order, "type": LIMIT, "size": 1}
    bars = {**BARS, "contractId": trader.contract.contract_id}
    for route, body in (
        ("Order/place", {**order, "type": "Market", "size": 1}),
        ("Order/place", {**limit, "limitPrice": "24000.25"}),
        ("Order/place", {**limit, "size": 1.5}),
        ("Order/place", {**limit, "stopLossBracket": {"ticks": -8}}),
        ("Order/place", {**limit, "contractId": 5}),
        ("History/retrieveBars", {**bars, "unit": "Minute"}),
        ("History/retrieveBars", {**bars, "contractId": 12}),
        ("History/retrieveBars", {**bars, "startTime": "2026-09-01T14:00:00+00:00Z"}),
        ("Trade/search", {"accountId": trader.account, "startTimestamp": "2026-13-01"}),
        ("Auth/loginKey", {"userName": "x"}),
    ):
        reply = await trader.reply(f"/api/{route}", msgspec.json.encode(body))
        assert reply.status == 400, (route, body)
        assert reply.headers["content-type"].startswith("application/problem+json")
        problem = msgspec.json.decode(reply.body)
        assert list(problem) == ["type", "title", "status", "errors", "traceId"]
        assert problem["errors"]["request"] == ["The request field is required."]


@card()
async def test_ro25_other_paths_and_methods(trader: Trader) -> None:
    """An unknown path is 404, the other method 405, a body that is no JSON 415."""
    assert (await trader.reply("/api/trades/search?startDate=x", b"", method="GET")).status == 404
    assert (await trader.reply("/api/Order/search", b"", method="GET")).status == 405
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await trader.reply("/api/Account/search", b"a=b", headers=form)).status == 415


@card()
async def test_ro26_a_side_that_is_missing_buys(trader: Trader) -> None:
    """A value that is not sent is zero, and zero buys; rows always tell the side."""
    body = {"accountId": trader.account, "contractId": trader.contract.contract_id}
    answer = await trader.post("Order/place", {**body, "type": MARKET, "size": 1})
    await trader.status(answer["orderId"], FILLED)
    assert (await trader.row(answer["orderId"]))["side"] == BUY


@card()
async def test_ro27_budgets(trader: Trader) -> None:
    """The 51st request for bars within half a minute is a bare 429; others are answered."""
    replies = [await trader.reply("/api/History/retrieveBars") for _ in range(51)]
    assert [reply.status for reply in replies] == [400] * 50 + [429]
    assert replies[-1].body == b""
    assert "retry-after" not in {name.lower() for name in replies[-1].headers}
    assert (await trader.reply("/api/Account/search")).status == 200
