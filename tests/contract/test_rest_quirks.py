"""Contract cards: every switch of the routes, both ways, as a client sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from tests.contract.cards import Look, Switch, play_switch, switch_cards
from tests.simulator.trading import BUY, LIMIT, MARKET, START, TRADE, Trader

from project_x_py._wire import signalr

BARS: dict[str, object] = {
    "live": False,
    "startTime": "2026-09-01T14:00:00Z",
    "endTime": "2026-09-01T14:05:00Z",
    "unit": 2,
    "unitNumber": 1,
    "limit": 100,
    "includePartialBar": False,
}


async def bars(trader: Trader, **members: object) -> dict[str, Any]:
    """The answer about bars of five minutes before the opening."""
    body = {**BARS, "contractId": trader.contract.contract_id, **members}
    return await trader.post("History/retrieveBars", body)


async def starts(trader: Trader, **members: object) -> list[str]:
    """When bars begin, hours and minutes, as they come."""
    return [row["t"][11:16] for row in (await bars(trader, **members))["bars"]]


def asked(**members: object) -> Look:
    """The code of asking for bars, and how many come."""

    async def look(trader: Trader) -> object:
        answer = await bars(trader, **members)
        return answer["errorCode"], len(answer["bars"] or ())

    return look


async def edges(trader: Trader) -> object:
    """When the bars of a window begin."""
    return await starts(trader)


async def days(trader: Trader) -> object:
    """When daily bars begin, and that they hold what their hours hold."""
    window = {"startTime": "2026-08-26T00:00:00Z", "endTime": "2026-08-28T23:00:00Z", "limit": 50}
    daily = (await bars(trader, unit=4, **window))["bars"]
    for day in daily:
        begin = datetime.fromisoformat(day["t"])
        within = {"startTime": day["t"], "endTime": (begin + timedelta(days=1)).isoformat()}
        hours = (await bars(trader, unit=3, **{**window, **within}))["bars"]
        assert (day["o"], day["c"]) == (hours[-1]["o"], hours[0]["c"])
        assert (day["h"], day["l"]) == (max(h["h"] for h in hours), min(h["l"] for h in hours))
        assert day["v"] == sum(h["v"] for h in hours)
    return [day["t"][5:16] for day in daily]


async def extra_members(trader: Trader) -> object:
    """The members of a bar."""
    return list((await bars(trader))["bars"][0])


async def live_contracts(trader: Trader) -> object:
    """How many contracts there are with live data, and the code of their bars."""
    answer = await trader.post("Contract/available", {"live": True})
    return len(answer["contracts"]), (await bars(trader, live=True))["errorCode"]


async def found(trader: Trader) -> object:
    """The products that a search for ES finds."""
    answer = await trader.post("Contract/search", {"searchText": "ES", "live": False})
    return {row["symbolId"].removeprefix("F.US.") for row in answer["contracts"]}


async def unknown_user(trader: Trader) -> object:
    """Code and words of a log-in whose user is not known."""
    answer = await trader.post("Auth/loginKey", {"userName": "nobody", "apiKey": "key"})
    return answer["errorCode"], answer["errorMessage"]


async def unfit_sessions(trader: Trader) -> object:
    """What a strange, a logged-out and an expired token are answered, and a strange log-out."""
    ended, expired = await trader.log_in(), await trader.log_in()
    await trader.reply("/api/Auth/logout", token=ended)
    told = []
    for path, token in (("validate", "a.b.c"), ("validate", ended), ("logout", "a.b.c")):
        told.append(await answered(trader, path, token))
    trader.gateway.faults.expire_tokens()
    told.insert(2, await answered(trader, "validate", expired))
    return told


async def answered(trader: Trader, path: str, token: str) -> object:
    """The status of a request about a session, or its code."""
    reply = await trader.reply(f"/api/Auth/{path}", token=token)
    return reply.status if reply.status != 200 else msgspec.json.decode(reply.body)["errorCode"]


async def validated(trader: Trader) -> object:
    """Whether validating gives another token, and whether the old one still works."""
    token = await trader.log_in()
    reply = await trader.reply("/api/Auth/validate", token=token)
    fresh = msgspec.json.decode(reply.body)["newToken"]
    both = [await answered(trader, "validate", each) for each in (token, fresh)]
    return fresh != token, both


async def other_token(trader: Trader) -> object:
    """Whether a token works when another one of the user is logged out."""
    token, other = await trader.log_in(), await trader.log_in()
    await trader.reply("/api/Auth/logout", token=token)
    return (await trader.reply("/api/Account/search", token=other)).status


async def commissions(trader: Trader) -> object:
    """Whether an execution tells its commission on REST, and on the hub."""
    await trader.filled(MARKET, BUY)
    (trade,) = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    told = next(e[2] for e in trader.events if e[0] == TRADE)
    return "commissions" in trade, "commissions" in told


async def price_texts(trader: Trader) -> object:
    """How the prices of an order and of a bar end."""
    price = trader.price(trader.best(BUY) - 20)
    order_id = await trader.order(LIMIT, BUY, limitPrice=price)
    body = msgspec.json.encode({"accountId": trader.account, "orderId": order_id})
    _, order = await trader.send("Order/searchById", body)
    asked_for = {**BARS, "contractId": trader.contract.contract_id}
    _, history = await trader.send("History/retrieveBars", msgspec.json.encode(asked_for))
    return tuple(
        bool(re.search(rb'"%s":\d+\.\d{9}[,}]' % name, raw))
        for name, raw in ((b"limitPrice", order), (b"c", history))
    )


async def time_texts(trader: Trader) -> object:
    """Whether times of REST have three digits and a Z."""
    order_id = await trader.order(LIMIT, BUY, limitPrice=trader.price(trader.best(BUY) - 20))
    times = [
        (await trader.row(order_id))["creationTimestamp"],
        (await bars(trader))["bars"][0]["t"],
    ]
    assert all(datetime.fromisoformat(text).utcoffset() == timedelta(0) for text in times)
    return [re.fullmatch(r".{19}\.\d{3}Z", text) is not None for text in times]


async def naive_times(trader: Trader) -> object:
    """The status of requests with times that have no offset."""
    account, contract = trader.account, trader.contract.contract_id
    naive = "2026-09-01T14:00:00"
    bodies: dict[str, dict[str, object]] = {
        "History/retrieveBars": {**BARS, "contractId": contract, "endTime": naive},
        "Order/search": {"accountId": account, "startTimestamp": naive},
        "Trade/search": {"accountId": account, "startTimestamp": START, "endTimestamp": naive},
        "Order/v2/query": {"filter": {"accountId": account, "createdAfter": naive}},
    }
    sent = [await trader.send(route, msgspec.json.encode(body)) for route, body in bodies.items()]
    return {status for status, _ in sent}


async def ping(trader: Trader) -> object:
    """The body of a ping, and what it says it is."""
    reply = await trader.reply("/api/Status/ping", method="GET", body=b"")
    return reply.body, reply.headers["content-type"].partition(";")[0]


async def refused_bodies(trader: Trader) -> object:
    """The titles of a 401 and a 429, as far as they have a body."""
    await spend(trader)
    replies = [
        await trader.reply("/api/Account/search", token="a.b.c"),
        await trader.reply("/api/History/retrieveBars"),
    ]
    assert [reply.status for reply in replies] == [401, 429]
    return [msgspec.json.decode(each.body)["title"] if each.body else None for each in replies]


async def spend(trader: Trader, token: str | None = None) -> int:
    """The status of the last of fifty requests for bars."""
    status = 0
    for _ in range(50):
        status = (await trader.reply("/api/History/retrieveBars", token=token)).status
    return status


async def one_more(trader: Trader) -> object:
    """Whether a refusal says how long to wait."""
    await spend(trader)
    reply = await trader.reply("/api/History/retrieveBars")
    assert reply.status == 429
    return "retry-after" in {name.lower() for name in reply.headers}


async def with_another_token(trader: Trader) -> object:
    """The status of one more request, under another token."""
    other = await trader.log_in()
    await spend(trader)
    return (await trader.reply("/api/History/retrieveBars", token=other)).status


async def across_a_boundary(trader: Trader) -> object:
    """The status of one more request, eleven seconds later, in the next half minute."""
    clock = trader.gateway.clock
    into_s = clock.monotonic_ns() % 30_000_000_000 / 1e9
    await trader.wait((20 - into_s) % 30)
    await spend(trader)
    await trader.wait(11)
    return (await trader.reply("/api/History/retrieveBars")).status


async def after_many_searches(trader: Trader) -> object:
    """The status of another route when one has used up the budget."""
    for _ in range(200):
        await trader.reply("/api/Order/searchOpen")
    return (await trader.reply("/api/Account/search")).status


async def hub_call_after_many(trader: Trader) -> object:
    """Whether a hub method is refused when the budget is used up."""
    hub = await trader.connect(trader.gateway.config.market_hub_url)
    for _ in range(200):
        await trader.reply("/api/Order/searchOpen")
    ask = signalr.encode_invocation("SubscribeContractTrades", [trader.contract.contract_id], "1")
    await hub.send(ask)
    return b"Too many requests" in await hub.receive()


async def from_a_page(trader: Trader) -> object:
    """What a page is told of a preflight and of an answer."""
    page = {"Origin": "http://localhost:3000", "Access-Control-Request-Headers": "x-signalr"}
    before = await trader.reply(
        "/api/Account/search", b"", method="OPTIONS", headers=page, token="none"
    )
    after = await trader.reply("/api/Account/search", headers=page)
    allowed = "access-control-allow-origin"
    return (
        before.status,
        before.headers.get("access-control-allow-headers"),
        [reply.headers.get(allowed) for reply in (before, after)],
        after.status,
    )


def rest(
    name: str,
    value: object,
    look: Look,
    usual: object,
    switched: object,
    *,
    base: dict[str, object] | None = None,
    virtual: bool = False,
) -> Switch:
    """A switch of the routes."""
    return Switch(f"rest.{name}", value, look, usual, switched, base or {}, virtual=virtual)


PAGE = "http://localhost:3000"
TITLES = ["Unauthorized", "Too Many Requests"]
ROWS = ["t", "o", "h", "l", "c", "v"]
EVERYWHERE = {"EP", "MES", "FVA", "JY6", "MX6", "TYA"}
ASCENDING = ["14:00", "14:01", "14:02", "14:03", "14:04"]
DESCENDING = ASCENDING[::-1]
SESSION_DAYS = ["08-27T22:00", "08-26T22:00"]
UTC_DAYS = ["08-28T00:00", "08-27T00:00", "08-26T00:00"]

SWITCHES = [
    Switch("live_entitled", True, live_contracts, (0, 1), (51, 0)),
    Switch("retry_after", True, one_more, False, True),
    rest("wrong_user_code", 8, unknown_user, (3, None), (8, "Unknown error")),
    rest("wrong_user_code", 1, unknown_user, (3, None), (1, None)),
    rest("session_refusals", "code", unfit_sessions, [401, 401, 401, 401], [1, 2, 3, 1]),
    rest("validate_rotates", False, validated, (True, [0, 0]), (False, [0, 0])),
    rest("validate_ends_token", True, validated, (True, [0, 0]), (True, [401, 0])),
    rest("logout_scope", "user", other_token, 200, 401),
    rest("search_descriptions", False, found, EVERYWHERE, {"EP", "MES"}),
    rest("bars_newest_first", False, edges, DESCENDING, ASCENDING),
    rest("bars_cap", 2, asked(limit=3), (0, 3), (4, 0)),
    rest("bars_above_cap", "truncate", asked(limit=3), (4, 0), (0, 2), base={"rest.bars_cap": 2}),
    rest("bars_start_inclusive", False, edges, DESCENDING, DESCENDING[:-1]),
    rest("bars_end_inclusive", True, edges, DESCENDING, ["14:05", *DESCENDING]),
    rest("bars_extra_members", True, extra_members, ROWS, [*ROWS, "d", "k"]),
    rest("max_unit_number", 1, asked(unitNumber=5), (0, 1), (3, 0)),
    rest("daily_bars", "utc", days, SESSION_DAYS, UTC_DAYS),
    rest("commissions_on_trades", False, commissions, (True, True), (False, True)),
    rest("nine_decimals", True, price_texts, (False, False), (True, True)),
    rest("short_times", True, time_texts, [False, False], [True, True]),
    rest("naive_times", "refuse", naive_times, {200}, {400}),
    rest("quoted_ping", False, ping, (b'"pong"', "application/json"), (b"pong", "text/plain")),
    rest("problem_bodies", True, refused_bodies, [None, None], TITLES),
    rest("rate_window", "fixed", across_a_boundary, 429, 400, virtual=True),
    rest("rate_scope", "token", with_another_token, 429, 400),
    rest("rate_pooled", False, after_many_searches, 429, 200, virtual=True),
    rest("hub_calls_counted", True, hub_call_after_many, False, True, virtual=True),
    rest("cors_origin", "*", from_a_page, (405, None, [None, None], 200),
         (204, "x-signalr", [PAGE, PAGE], 200)),
    rest("cors_origin", "http://localhost:1", from_a_page, (405, None, [None, None], 200),
         (204, "x-signalr", ["http://localhost:1"] * 2, 200)),
]  # fmt: skip


@switch_cards(SWITCHES)
def test_rest_switch(play: Callable[..., None], switch: Switch) -> None:
    """The default does one thing, the switch the other."""
    play_switch(play, switch)
