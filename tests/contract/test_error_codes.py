"""Contract cards: every error code of every route, with its words.

The enumerations are transcribed once more here, so that a wrong number in the source shows.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.contract.cards import turn
from tests.simulator.trading import (
    BUY,
    JOIN_BID,
    LIMIT,
    MARKET,
    REJECTED,
    SELL,
    STOP,
    TRAIL,
    WORKING,
    Trader,
)

from project_x_py.simulator import Quirks, SimulatedAccount, faults
from project_x_py.simulator._error_codes import CODES
from project_x_py.simulator._openapi_rows import PAYLOADS

LOGIN = (
    "UserNotFound PasswordVerificationFailed InvalidCredentials AppNotFound AppVerificationFailed "
    "InvalidDevice AgreementsNotSigned UnknownError ApiSubscriptionNotFound "
    "ApiKeyAuthenticationDisabled"
)
PLACE = (
    "AccountNotFound OrderRejected InsufficientFunds AccountViolation OutsideTradingHours "
    "OrderPending UnknownError ContractNotFound ContractNotActive AccountRejected"
)
MODIFY = (
    "AccountNotFound OrderNotFound Rejected Pending UnknownError AccountRejected ContractNotFound"
)
CLOSE = "AccountNotFound PositionNotFound ContractNotFound ContractNotActive "
ENUMERATIONS = {
    "Auth/loginKey": LOGIN,
    "Auth/loginApp": LOGIN,
    "Auth/validate": "InvalidSession SessionNotFound ExpiredToken UnknownError",
    "Auth/logout": "InvalidSession UnknownError",
    "Account/search": "",
    "Contract/search": "",
    "Contract/searchById": "ContractNotFound",
    "Contract/available": "",
    "History/retrieveBars": "ContractNotFound UnitInvalid UnitNumberInvalid LimitInvalid",
    "Order/place": PLACE,
    "Order/modify": MODIFY,
    "Order/cancel": MODIFY.rpartition(" ")[0],
    "Order/search": "AccountNotFound",
    "Order/searchOpen": "AccountNotFound",
    "Order/searchById": "OrderNotFound",
    "Order/v2/query": "AccountNotFound",
    "Position/searchOpen": "AccountNotFound",
    "Position/closeContract": CLOSE + "OrderRejected OrderPending UnknownError AccountRejected",
    "Position/partialCloseContract": CLOSE
    + "InvalidCloseSize OrderRejected OrderPending UnknownError AccountRejected",
    "Trade/search": "AccountNotFound",
    "Status/ping": "",
}
AGREEMENTS = "Please log into the ProjectX platform and complete the required agreements"
CLOSED = "Trading is currently unavailable. The instrument is not in an active trading status."
LIVE = "Live accounts not supported"
BAND = "Invalid price. Price is outside allowed range."
WRONG_SIDE = "Invalid stop price. Price is on the wrong side of the market."
TAG = "Invalid custom tag. The custom tag "
FOLLOWER = "Follower accounts cannot cancel orders"
AFTER_FLATTEN = {"start": datetime(2026, 9, 1, 20, 30, tzinfo=UTC)}
SLOW = {"latency_ns": 50_000_000_000}
UNKNOWN, EXPIRED_MONTH = "CON.F.US.XYZ.U26", "CON.F.US.MNQ.M26"
BARS = {
    "startTime": "2026-09-01T14:00:00Z",
    "endTime": "2026-09-01T14:05:00Z",
    "unit": 2,
    "unitNumber": 1,
    "limit": 10,
}
SPAN = {"startTimestamp": "2026-09-01T00:00:00Z"}

Answer = dict[str, Any]
Act = Callable[[Trader], Awaitable[Answer]]


def asks(route: str, **members: object) -> Act:
    """Asks a route about the account and the contract, unless told of others."""

    async def act(trader: Trader) -> Answer:
        usual = {"accountId": trader.account, "contractId": trader.contract.contract_id}
        return await trader.post(route, {**usual, **members})

    return act


def fails(route: str, code: int, message: str | None = None) -> Act:
    """Asks a route that has been told to answer with a code."""

    async def act(trader: Trader) -> Answer:
        path = f"/api/{route}"
        trader.gateway.faults.apply(faults.Answer(route=path, code=code, message=message))
        reply = await trader.reply(path)
        answer: Answer = msgspec.json.decode(reply.body)
        return answer

    return act


def logs_in(**members: str) -> Act:
    """Logs in with something wrong."""

    async def act(trader: Trader) -> Answer:
        user = trader.gateway.credentials
        good = {"userName": user.username, "apiKey": user.api_key, "verifyKey": user.api_key}
        rest = dict.fromkeys(("password", "deviceId", "appId"), "x")
        route = members.get("route", "Auth/loginKey")
        return await trader.post(route, {**rest, **good, **members})

    return act


def with_token(route: str, token: str, *, then: str = "") -> Act:
    """Asks about a session that is not valid."""

    async def act(trader: Trader) -> Answer:
        used = token or await trader.log_in()
        if then == "logout":
            await trader.reply("/api/Auth/logout", token=used)
        elif then == "expire":
            trader.gateway.faults.expire_tokens()
        answer: Answer = msgspec.json.decode((await trader.reply(f"/api/{route}", token=used)).body)
        return answer

    return act


def on(state: str, route: str, **members: object) -> Act:
    """Asks about an order, or about a position, in some state."""

    async def act(trader: Trader) -> Answer:
        order_id = 0
        if state == "resting":
            order_id = await trader.order(JOIN_BID, BUY)
            await trader.status(order_id, WORKING)
        elif state == "sent":
            order_id = await trader.order(JOIN_BID, BUY)
        elif state in ("filled", "held", "closed market"):
            order_id = await trader.filled(MARKET, BUY, 2)
        if state == "closed market":
            trader.gateway.faults.apply(faults.Halt())
        named = {"orderId": order_id} if route.startswith("Order") else {}
        return await asks(route, **{**named, **members})(trader)

    return act


async def closes_twice(trader: Trader, route: str, **members: object) -> Answer:
    """Asks to close while a close is on its way."""
    await trader.order(MARKET, BUY, 2)
    await trader.wait(60)
    assert (await asks(route, **members)(trader))["success"]
    return await asks(route, **members)(trader)


def twice(route: str, **members: object) -> Act:
    """Asks to close while a close is on its way."""

    async def act(trader: Trader) -> Answer:
        return await closes_twice(trader, route, **members)

    return act


@dataclass(frozen=True)
class Case:
    """One code, and how it comes about.

    Attributes:
        route: Below ``/api/``.
        code: The number.
        act: Brings it about.
        message: The words beside it, whole.
        quirks: Switches that it takes, by their paths.
        options: Of the gateway.
        fault: Whether nothing but the fault ``answer`` brings it about.
        order: Whether an order is made all the same, with status 5.
    """

    route: str
    code: int
    act: Act
    message: str | None = None
    quirks: dict[str, object] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    fault: bool = False
    order: bool = False


def by_fault(route: str, code: int, message: str | None = None) -> Case:
    """A code that no request brings about."""
    return Case(route, code, fails(route, code, message), message, fault=True)


def login_cases(route: str) -> list[Case]:
    """The codes of both ways to log in."""
    key = "apiKey" if route.endswith("Key") else "verifyKey"
    unknown, wrong = {"userName": "nobody"}, {key: "wrong"}
    return [
        Case(route, 1, logs_in(route=route, **unknown), quirks={"rest.wrong_user_code": 1}),
        by_fault(route, 2),
        Case(route, 3, logs_in(route=route, **wrong)),
        by_fault(route, 4),
        by_fault(route, 5),
        by_fault(route, 6),
        by_fault(route, 7, AGREEMENTS),
        Case(
            route,
            8,
            logs_in(route=route, **unknown),
            "Unknown error",
            {"rest.wrong_user_code": 8},
        ),
        by_fault(route, 9),
        by_fault(route, 10),
    ]


CODED: dict[str, object] = {"rest.session_refusals": "code"}
VALIDATE, LOGOUT = "Auth/validate", "Auth/logout"
PLACED, MODIFIED, CANCELLED = "Order/place", "Order/modify", "Order/cancel"
WHOLE, PART = "Position/closeContract", "Position/partialCloseContract"
MARKET_BUY = {"type": MARKET, "side": BUY, "size": 1}
ONE_LIVE = {"accounts": ["live"]}

CASES = [
    *login_cases("Auth/loginKey"),
    *login_cases("Auth/loginApp"),
    Case(VALIDATE, 1, with_token(VALIDATE, "a.b.c"), quirks=CODED),
    Case(VALIDATE, 2, with_token(VALIDATE, "", then="logout"), quirks=CODED),
    Case(VALIDATE, 3, with_token(VALIDATE, "", then="expire"), quirks=CODED),
    by_fault(VALIDATE, 4),
    Case(LOGOUT, 1, with_token(LOGOUT, "a.b.c"), quirks=CODED),
    by_fault(LOGOUT, 2),
    Case("Contract/searchById", 1, asks("Contract/searchById", contractId=UNKNOWN)),
    Case("History/retrieveBars", 1, asks("History/retrieveBars", **BARS, contractId=UNKNOWN)),
    Case("History/retrieveBars", 2, asks("History/retrieveBars", **{**BARS, "unit": 7})),
    Case("History/retrieveBars", 3, asks("History/retrieveBars", **{**BARS, "unitNumber": 0})),
    Case("History/retrieveBars", 4, asks("History/retrieveBars", **{**BARS, "limit": 20_001})),
    Case(PLACED, 1, asks(PLACED, **MARKET_BUY, accountId=1)),
    Case(PLACED, 2, asks(PLACED, **{**MARKET_BUY, "size": 0}), "Invalid order size.", order=True),
    Case(
        PLACED,
        3,
        asks(PLACED, **MARKET_BUY),
        "Not enough margin.",
        {"exchange.margin_code": 3},
        {"accounts": [SimulatedAccount(margin=200_000)]},
        order=True,
    ),
    Case(
        PLACED,
        4,
        asks(PLACED, **MARKET_BUY, accountId=21_000_002),
        options={"accounts": ["practice", SimulatedAccount(kind="combine", violated=True)]},
    ),
    Case(
        PLACED,
        5,
        asks(PLACED, **MARKET_BUY),
        CLOSED,
        {"exchange.outside_hours_code": 5},
        AFTER_FLATTEN,
        order=True,
    ),
    by_fault(PLACED, 6),
    by_fault(PLACED, 7),
    Case(PLACED, 8, asks(PLACED, **MARKET_BUY, contractId=UNKNOWN)),
    Case(PLACED, 9, asks(PLACED, **MARKET_BUY, contractId=EXPIRED_MONTH)),
    Case(PLACED, 10, asks(PLACED, **MARKET_BUY), LIVE, options=ONE_LIVE),
    Case(MODIFIED, 1, on("resting", MODIFIED, accountId=1, size=2)),
    Case(MODIFIED, 2, asks(MODIFIED, orderId=1, size=2)),
    Case(MODIFIED, 3, on("resting", MODIFIED, size=0), "Invalid order size."),
    Case(
        MODIFIED,
        4,
        on("sent", MODIFIED, size=2),
        quirks={**SLOW, "exchange.pending_commands_refused": True},
    ),
    Case(
        MODIFIED,
        5,
        on("filled", MODIFIED, size=2),
        quirks={"exchange.terminal_modify_code": 5},
    ),
    Case(MODIFIED, 6, asks(MODIFIED, orderId=1, size=2), LIVE, options=ONE_LIVE),
    by_fault(MODIFIED, 7),
    Case(CANCELLED, 1, on("resting", CANCELLED, accountId=1)),
    Case(CANCELLED, 2, asks(CANCELLED, orderId=1)),
    Case(CANCELLED, 3, on("filled", CANCELLED), quirks={"exchange.terminal_cancel_code": 3}),
    Case(
        CANCELLED,
        4,
        on("sent", CANCELLED),
        quirks={**SLOW, "exchange.pending_commands_refused": True},
    ),
    Case(CANCELLED, 5, on("filled", CANCELLED)),
    Case(CANCELLED, 6, asks(CANCELLED, orderId=1), LIVE, options=ONE_LIVE),
    Case(
        CANCELLED,
        6,
        on("resting", CANCELLED),
        FOLLOWER,
        options={"accounts": [SimulatedAccount(follower=True)]},
    ),
    Case("Order/search", 1, asks("Order/search", **SPAN, accountId=1)),
    Case("Order/searchOpen", 1, asks("Order/searchOpen", accountId=1)),
    Case("Order/searchById", 1, asks("Order/searchById", orderId=1)),
    Case("Order/v2/query", 1, asks("Order/v2/query", filter={"accountId": 1})),
    Case("Position/searchOpen", 1, asks("Position/searchOpen", accountId=1)),
    Case(WHOLE, 1, on("held", WHOLE, accountId=1)),
    Case(WHOLE, 2, asks(WHOLE)),
    Case(WHOLE, 3, asks(WHOLE, contractId=UNKNOWN)),
    Case(WHOLE, 4, asks(WHOLE, contractId=EXPIRED_MONTH)),
    Case(WHOLE, 5, on("closed market", WHOLE), CLOSED),
    Case(WHOLE, 6, twice(WHOLE), quirks=SLOW),
    by_fault(WHOLE, 7),
    Case(WHOLE, 8, asks(WHOLE), LIVE, options=ONE_LIVE),
    Case(PART, 1, on("held", PART, accountId=1, size=1)),
    Case(PART, 2, asks(PART, size=1)),
    Case(PART, 3, asks(PART, contractId=UNKNOWN, size=1)),
    Case(PART, 4, asks(PART, contractId=EXPIRED_MONTH, size=1)),
    Case(PART, 5, on("held", PART, size=3)),
    Case(PART, 6, on("closed market", PART, size=1)),
    Case(PART, 7, twice(PART, size=1), quirks=SLOW),
    by_fault(PART, 8),
    Case(PART, 9, asks(PART, size=1), LIVE, options=ONE_LIVE),
    Case("Trade/search", 1, asks("Trade/search", **SPAN, accountId=1)),
]


def groups() -> dict[str, list[Case]]:
    """Cases that one gateway can play: those that need nothing of it, and each other by itself."""
    plain: dict[str, list[Case]] = {}
    for case in CASES:
        if case.quirks or case.options or case.act.__qualname__.startswith("on."):
            number = sum(key.startswith(f"{case.route}-{case.code}") for key in plain)
            plain[f"{case.route}-{case.code}" + ("-again" if number else "")] = [case]
        else:
            plain.setdefault(f"{case.route}-plain", []).append(case)
    return plain


GROUPS = groups()


@pytest.mark.parametrize("name", GROUPS)
def test_code(play: Callable[..., None], name: str) -> None:
    """The envelope has the code, the words and a payload of null, and a 200 carries it."""
    cases = GROUPS[name]

    async def scene(trader: Trader) -> None:
        for case in cases:
            answer = await case.act(trader)
            payload = PAYLOADS.get(f"/api/{case.route}")
            keys = [*(payload.members if payload else ()), "success", "errorCode", "errorMessage"]
            assert list(answer) == keys, case
            assert (answer["success"], answer["errorCode"]) == (False, case.code), (case, answer)
            assert answer["errorMessage"] == case.message, case
            if case.order:
                assert (await trader.row(answer["orderId"]))["status"] == REJECTED
            else:
                assert [answer[key] for key in keys[:-3]] == [None] * len(keys[:-3])

    first = cases[0]
    play(scene, {"quirks": turn(Quirks(), first.quirks), **first.options})


OFF_GRID = "Invalid {} price. Price is not aligned to tick size."
STOP_TICKS = "Invalid stop loss ticks ({}). Ticks should be {} than zero when {}."
TARGET_TICKS = "Invalid take profit ticks ({}). Ticks should be {} than zero when {}."


def bracket(stop: int | None = None, target: int | None = None, kind: int = 4) -> dict[str, object]:
    """A bracket by its ticks and the type of its stop."""
    legs: dict[str, object] = {}
    if stop is not None:
        legs["stopLossBracket"] = {"ticks": stop, "type": kind}
    if target is not None:
        legs["takeProfitBracket"] = {"ticks": target, "type": 1}
    return legs


def test_words_of_refusals(play: Callable[..., None]) -> None:
    """Every sentence of code 2 that a price, a tag or a bracket earns, whole."""

    async def scene(trader: Trader) -> None:
        bid, ask = trader.price(trader.best(BUY)), trader.price(trader.best(SELL))
        await trader.order(LIMIT, BUY, limitPrice=bid - 5, customTag="used")
        refusals: list[tuple[int, int, dict[str, object], str]] = [
            (LIMIT, BUY, {"limitPrice": bid + 0.1}, OFF_GRID.format("limit")),
            (STOP, SELL, {"stopPrice": bid - 4.1}, OFF_GRID.format("stop")),
            (TRAIL, SELL, {"trailPrice": bid - 4.1}, OFF_GRID.format("trail")),
            (LIMIT, BUY, {"limitPrice": bid - 720}, BAND),
            (LIMIT, BUY, {}, "Invalid limit price. Price is required."),
            (STOP, BUY, {}, "Invalid stop price. Price is required."),
            (STOP, BUY, {"stopPrice": bid - 10}, WRONG_SIDE),
            (TRAIL, BUY, {}, "Trail Distance not set."),
            (TRAIL, BUY, {"trailPrice": ask + 300}, "Trail Distance exceeds maximum (1000)"),
            (MARKET, BUY, bracket(40), STOP_TICKS.format(40, "less", "longing")),
            (MARKET, SELL, bracket(-40), STOP_TICKS.format(-40, "greater", "shorting")),
            (MARKET, BUY, bracket(None, -8), TARGET_TICKS.format(-8, "greater", "longing")),
            (MARKET, SELL, bracket(None, 8), TARGET_TICKS.format(8, "less", "shorting")),
            (MARKET, BUY, bracket(-8, kind=1), "Invalid stop loss type (Limit)"),
            (0, BUY, {}, "Invalid order type."),
            (3, BUY, {"limitPrice": ask, "stopPrice": ask}, "Invalid order type."),
            (MARKET, 2, {}, "Invalid order side."),
            (MARKET, BUY, {"customTag": "used"}, TAG + "is already in use."),
            (MARKET, BUY, {"customTag": "x" * 65}, TAG + "is too long."),
        ]
        for kind, side, members, words in refusals:
            answer = await trader.place(kind, side, **members)
            assert (answer["errorCode"], answer["errorMessage"]) == (2, words)
        other = await asks(PLACED, **MARKET_BUY, contractId="CON.F.US.EP.U26")(trader)
        assert (other["errorCode"], other["errorMessage"]) == (2, "Invalid symbol")

    play(scene, {})


def test_what_no_request_brings_about_is_explained() -> None:
    """The page names the codes that take the fault, each for its route, and no others."""
    page = (Path(__file__).parents[2] / "docs/howto/gateway.md").read_text(encoding="utf-8")
    named = set()
    for routes, codes in re.findall(r"^\| (`\w+/\w+`[^|]*) \| (\d[^|]*) \|", page, re.MULTILINE):
        for route in re.findall(r"`(.+?)`", routes):
            for code, name in re.findall(r"(\d+) (\w+)", codes):
                assert CODES[f"/api/{route}"][int(code)] == name
                named.add((route, int(code)))
    assert named == {(case.route, case.code) for case in CASES if case.fault}


def test_the_table_is_that_of_the_documents() -> None:
    """Every route has the codes of its own enumeration, by the documented names."""
    assert {path.removeprefix("/api/"): codes for path, codes in CODES.items()} == {
        route: dict(enumerate(names.split(), 1)) for route, names in ENUMERATIONS.items()
    }


def test_every_code_has_a_card() -> None:
    """No number of the table is without one."""
    played = {(f"/api/{case.route}", case.code) for case in CASES}
    assert played == {(path, code) for path, codes in CODES.items() for code in codes}


def test_codes_mean_something_else_elsewhere() -> None:
    """The same number has up to seven meanings, so a table for all routes is wrong."""
    meanings: dict[int, set[str]] = {}
    for codes in CODES.values():
        for code, name in codes.items():
            meanings.setdefault(code, set()).add(name)
    assert len(meanings[2]) == 7
    assert len(meanings[5]) == 5
