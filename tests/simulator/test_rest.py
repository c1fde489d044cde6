"""Every route: its documented answer, its error codes, and what is refused before it is asked."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.scripted import (
    KEY,
    MINUTE_NS,
    MNQ,
    START_NS,
    USER,
    ScriptedHistory,
    ScriptedSource,
    house,
    post,
    token_of,
)

from project_x_py._core.bars import Bar
from project_x_py._core.products import PRODUCTS
from project_x_py.simulator._assembly import Assembly
from project_x_py.simulator._rest import Reply, Request
from project_x_py.simulator._routes import ROUTES

ENVELOPE = ["success", "errorCode", "errorMessage"]
FIRST_MINUTE_NS = START_NS // MINUTE_NS * MINUTE_NS
BARS = {
    "contractId": MNQ,
    "live": False,
    "startTime": "2026-09-01T14:00:00Z",
    "endTime": "2026-09-01T15:00:00Z",
    "unit": 2,
    "unitNumber": 1,
    "limit": 1000,
    "includePartialBar": True,
}


def bar(minutes_back: int, close: int = 96420, volume: int = 912) -> Bar:
    """A minute bar before the start of the script."""
    start_ns = FIRST_MINUTE_NS - minutes_back * MINUTE_NS
    return Bar(start_ns, 96416, 96427, 96406, close, volume, 10, 500, 412)


@pytest.fixture
def parts() -> Assembly:
    """A gateway over a market with three minutes of history, the last one forming."""
    past = ScriptedHistory([bar(2), bar(1), bar(0, close=96421)])
    return house(ScriptedSource(past=past))


def envelope(reply: Reply) -> dict[str, Any]:
    """The body of a 200."""
    assert reply.status == 200, reply
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    body: dict[str, Any] = msgspec.json.decode(reply.body)
    return body


def failure(body: dict[str, Any]) -> tuple[bool, int]:
    """Success and code of an envelope."""
    return body["success"], body["errorCode"]


async def test_login_answers_with_a_token(parts: Assembly) -> None:
    """The envelope of a log-in has its keys in the observed order, and the token works."""
    body = envelope(
        await post(parts, "/api/Auth/loginKey", {"userName": USER, "apiKey": KEY}, token="")
    )
    assert list(body) == ["token", *ENVELOPE]
    assert failure(body) == (True, 0)
    accounts = await post(parts, "/api/Account/search", {}, token=body["token"])
    assert accounts.status == 200


@pytest.mark.parametrize(("user", "key"), [(USER, "wrong"), ("nobody", KEY), (KEY, USER)])
async def test_a_wrong_pair_is_a_200_with_code_3(parts: Assembly, user: str, key: str) -> None:
    """A refused log-in says so in the envelope, without a text."""
    reply = await post(parts, "/api/Auth/loginKey", {"userName": user, "apiKey": key}, token="")
    assert envelope(reply) == {
        "token": None,
        "success": False,
        "errorCode": 3,
        "errorMessage": None,
    }


async def test_application_login(parts: Assembly) -> None:
    """The five strings of the application log-in; its verify key is the API key."""
    ask = dict.fromkeys(("password", "deviceId", "appId"), "x")
    good = {**ask, "userName": USER, "verifyKey": KEY}
    assert failure(envelope(await post(parts, "/api/Auth/loginApp", good, token=""))) == (True, 0)
    bad = {**good, "verifyKey": "x"}
    assert failure(envelope(await post(parts, "/api/Auth/loginApp", bad, token=""))) == (False, 3)


@pytest.mark.parametrize("body", [b"", b"{}", b"not json"])
async def test_validate_needs_no_body(parts: Assembly, body: bytes) -> None:
    """Validation answers with a fresh token, whatever the body; the old token stays valid."""
    token = token_of(parts)
    answer = envelope(await post(parts, "/api/Auth/validate", body, token=token))
    assert list(answer) == ["newToken", *ENVELOPE]
    assert answer["newToken"] != token
    assert (await post(parts, "/api/Auth/validate", body, token=token)).status == 200


async def test_logout_ends_the_token(parts: Assembly) -> None:
    """The envelope has no payload; afterwards the token is refused."""
    token = token_of(parts)
    answer = envelope(await post(parts, "/api/Auth/logout", token=token))
    assert list(answer) == ENVELOPE
    assert (await post(parts, "/api/Auth/logout", token=token)).status == 401


async def test_accounts(parts: Assembly) -> None:
    """Accounts have the documented members; the filter leaves those that may trade."""
    body = envelope(await post(parts, "/api/Account/search", {"onlyActiveAccounts": True}))
    assert list(body) == ["accounts", *ENVELOPE]
    assert body["accounts"] == [
        {
            "id": 20514377,
            "name": "PRAC-V2-100200-30040050",
            "balance": 150212.4,
            "canTrade": True,
            "isVisible": True,
            "simulated": True,
        }
    ]
    every = envelope(await post(parts, "/api/Account/search", {}))
    assert [row["id"] for row in every["accounts"]] == [20514377, 7]


async def test_contract_search_is_fuzzy(parts: Assembly) -> None:
    """The text is looked for anywhere, so that ES finds yen, pesos and notes too."""
    body = envelope(await post(parts, "/api/Contract/search", {"searchText": "ES", "live": False}))
    assert list(body) == ["contracts", *ENVELOPE]
    codes = {row["symbolId"].removeprefix("F.US.") for row in body["contracts"]}
    assert codes == {"EP", "MES", "FVA", "JY6", "MX6", "TYA"}
    assert all(row["activeContract"] for row in body["contracts"])


async def test_contract_search_is_capped(parts: Assembly) -> None:
    """No more than twenty rows come back, also for an empty text."""
    for text in ("", "CON.F.US", None):
        body = envelope(await post(parts, "/api/Contract/search", {"searchText": text}))
        assert len(body["contracts"]) == 20


async def test_live_finds_nothing_unless_entitled(parts: Assembly) -> None:
    """A simulated log-in asking for live data gets an empty success, and no bars."""
    for path, ask in (("search", {"searchText": "NQ"}), ("available", {})):
        body = envelope(await post(parts, f"/api/Contract/{path}", {**ask, "live": True}))
        assert (body["contracts"], body["success"]) == ([], True)
    bars = envelope(await post(parts, "/api/History/retrieveBars", {**BARS, "live": True}))
    assert failure(bars) == (False, 1)
    entitled = house(live_entitled=True)
    body = envelope(await post(entitled, "/api/Contract/available", {"live": True}))
    assert len(body["contracts"]) == len(PRODUCTS)


async def test_contract_by_id(parts: Assembly) -> None:
    """An active contract has the documented members."""
    body = envelope(await post(parts, "/api/Contract/searchById", {"contractId": MNQ}))
    assert list(body) == ["contract", *ENVELOPE]
    assert body["contract"] == {
        "id": MNQ,
        "name": "MNQU6",
        "description": "Micro E-mini Nasdaq-100: September 2026",
        "tickSize": 0.25,
        "tickValue": 0.5,
        "activeContract": True,
        "symbolId": "F.US.MNQ",
    }


async def test_an_expired_contract_still_answers(parts: Assembly) -> None:
    """Its activeContract is false; prices of one unit are whole numbers."""
    ask = {"contractId": "CON.F.US.ENQ.H25"}
    body = envelope(await post(parts, "/api/Contract/searchById", ask))
    assert body["contract"]["description"] == "E-mini NASDAQ-100: March 2025"
    assert body["contract"]["activeContract"] is False
    assert body["contract"]["tickValue"] == 5


@pytest.mark.parametrize("contract_id", ["CON.F.US.XYZ.U26", "CON.F.US.EP.F26", "ES", ""])
async def test_an_unknown_contract_is_code_1(parts: Assembly, contract_id: str) -> None:
    """No such product, no such month, no such form: code 1 and a null payload."""
    body = envelope(await post(parts, "/api/Contract/searchById", {"contractId": contract_id}))
    assert (body["contract"], *failure(body)) == (None, False, 1)


async def test_available_contracts(parts: Assembly) -> None:
    """One active contract of every product, that of the market's own month among them."""
    body = envelope(await post(parts, "/api/Contract/available", {"live": False}))
    rows = {row["symbolId"]: row for row in body["contracts"]}
    assert len(rows) == len(body["contracts"]) == len(PRODUCTS) == 51
    assert rows["F.US.MNQ"]["id"] == MNQ
    assert rows["F.US.JY6"]["tickSize"] == 0.0000005


async def test_bars_are_newest_first(parts: Assembly) -> None:
    """Bars have the documented members, in the documented form, byte for byte."""
    reply = await post(parts, "/api/History/retrieveBars", BARS)
    assert reply.body == (
        b'{"bars":[{"t":"2026-09-01T14:31:00+00:00","o":24104,"h":24106.75,"l":24101.5,'
        b'"c":24105.25,"v":912},{"t":"2026-09-01T14:30:00+00:00","o":24104,"h":24106.75,'
        b'"l":24101.5,"c":24105,"v":912},{"t":"2026-09-01T14:29:00+00:00","o":24104,'
        b'"h":24106.75,"l":24101.5,"c":24105,"v":912}],'
        b'"success":true,"errorCode":0,"errorMessage":null}'
    )


async def test_bars_are_asked_for_as_sent() -> None:
    """The request reaches the history with its times in nanoseconds and the exchange's now."""
    past = ScriptedHistory()
    ask = {**BARS, "unit": 3, "unitNumber": 4, "limit": 7, "includePartialBar": False}
    reply = await post(house(ScriptedSource(past=past)), "/api/History/retrieveBars", ask)
    assert envelope(reply)["bars"] == []
    hour = 60 * MINUTE_NS
    begin = FIRST_MINUTE_NS // hour * hour
    assert past.asked == [(3, 4, begin, begin + hour, 7, False, START_NS)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"contractId": "CON.F.US.XYZ.U26"}, 1),
        ({"contractId": "CON.F.US.EP.U26"}, 1),
        ({"unit": 0}, 2),
        ({"unit": 7}, 2),
        ({"unitNumber": 0}, 3),
        ({"unitNumber": -1}, 3),
        ({"unitNumber": 2**31 - 1}, 3),
        ({"limit": 0}, 4),
        ({"limit": 20_001}, 4),
        ({"contractId": "x", "unit": 0, "limit": 0}, 1),
    ],
)
async def test_codes_of_bars(parts: Assembly, change: dict[str, object], code: int) -> None:
    """Contract, unit, unit number and limit are judged in this order."""
    body = envelope(await post(parts, "/api/History/retrieveBars", {**BARS, **change}))
    assert (body["bars"], *failure(body)) == (None, False, code)


async def test_a_listed_contract_without_a_market_says_what_has_one(parts: Assembly) -> None:
    """The text of the failure names the contracts that have bars."""
    ask = {**BARS, "contractId": "CON.F.US.EP.U26"}
    body = envelope(await post(parts, "/api/History/retrieveBars", ask))
    assert MNQ in body["errorMessage"]


async def test_ping_needs_nothing(parts: Assembly) -> None:
    """GET, no token, no budget, a JSON string."""
    for _ in range(201):
        reply = await parts.front.answer(Request("GET", "/api/Status/ping", "", {}, b""))
        assert (reply.status, reply.body) == (200, b'"pong"')


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.open], ids=lambda r: r.path)
async def test_every_closed_route_wants_a_token(parts: Assembly, route: Any) -> None:
    """Without a token, and with a wrong one: 401, empty, with a challenge."""
    for token, challenge in (("", "Bearer"), ("a.b.c", 'Bearer error="invalid_token"')):
        reply = await post(parts, route.path, {}, token=token)
        assert (reply.status, reply.body) == (401, b"")
        assert reply.headers["www-authenticate"] == challenge


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.path)
async def test_every_route_knows_its_method(parts: Assembly, route: Any) -> None:
    """The other method is 405; case and a slash at the end do not matter."""
    other = "GET" if route.method == "POST" else "POST"
    path = route.path.upper() + "/"
    reply = await parts.front.answer(Request(other, path, "", {}, b""))
    assert (reply.status, reply.headers["allow"]) == (405, route.method)


@pytest.mark.parametrize("path", ["/api/trades/search", "/", "/api", "/hubs", "/hubs/other", ""])
async def test_an_unknown_path_is_404(parts: Assembly, path: str) -> None:
    """Whatever the token."""
    assert (await post(parts, path, {})).status == 404


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/api/Auth/loginKey", {"userName": USER}, "apiKey"),
        ("/api/Auth/loginKey", {"userName": USER, "apiKey": None}, "$.apiKey"),
        ("/api/Contract/searchById", {}, "contractId"),
        ("/api/Contract/search", {"live": "false"}, "$.live"),
        ("/api/History/retrieveBars", {**BARS, "unit": "Minute"}, "$.unit"),
        ("/api/History/retrieveBars", {**BARS, "unit": "2"}, "$.unit"),
        ("/api/History/retrieveBars", {**BARS, "limit": 2**31}, "$.limit"),
        ("/api/History/retrieveBars", {**BARS, "contractId": 5}, "$.contractId"),
        ("/api/History/retrieveBars", {**BARS, "startTime": "yesterday"}, "date"),
        ("/api/History/retrieveBars", {**BARS, "endTime": "2026-09-01T14:00:00+00:00Z"}, "date"),
        ("/api/History/retrieveBars", {**BARS, "endTime": None}, "$.endTime"),
        ("/api/Account/search", b"", "non-empty"),
        ("/api/Account/search", b"{", "JSON"),
        ("/api/Account/search", b"[]", "object"),
        ("/api/Account/search", b"\xff", "JSON"),
        ("/api/Account/search", b"[" * 100_000, "JSON"),
    ],
)
async def test_a_body_that_does_not_bind_is_a_problem(
    parts: Assembly, path: str, body: object, where: str
) -> None:
    """400 with a problem document that names the member and complains of the request, too."""
    reply = await post(parts, path, body)
    assert reply.status == 400
    assert reply.headers["content-type"] == "application/problem+json; charset=utf-8"
    problem = msgspec.json.decode(reply.body)
    assert set(problem) == {"type", "title", "status", "errors", "traceId"}
    assert where in str(problem["errors"])
    assert problem["errors"]["request"] == ["The request field is required."]


async def test_unknown_members_and_letter_case_are_ignored(parts: Assembly) -> None:
    """Members bind whatever their case; those that nobody knows do nothing."""
    ask = {"CONTRACTID": MNQ, "colour": {"deep": [None]}}
    assert envelope(await post(parts, "/api/Contract/searchById", ask))["success"]


async def test_missing_value_members_take_their_zero(parts: Assembly) -> None:
    """Bars asked for with the contract alone fail on their unit, not on their form."""
    body = envelope(await post(parts, "/api/History/retrieveBars", {"contractId": MNQ}))
    assert failure(body) == (False, 2)


async def test_a_body_of_another_kind_is_415(parts: Assembly) -> None:
    """JSON goes under several names; a form is refused."""
    for kind, status in (
        ("text/json; charset=utf-8", 200),
        ("application/vnd.api+json", 200),
        ("", 200),
        ("application/x-www-form-urlencoded", 415),
    ):
        headers = {"authorization": f"Bearer {token_of(parts)}", "content-type": kind}
        ask = Request("POST", "/api/Account/search", "", headers, b"{}")
        assert (await parts.front.answer(ask)).status == status, kind


async def test_a_huge_body_is_413(parts: Assembly) -> None:
    """Above one MiB nothing is read."""
    assert (await post(parts, "/api/Account/search", b" " * (1024 * 1024 + 1))).status == 413


async def test_budgets_are_kept(parts: Assembly) -> None:
    """The 51st request for bars is a plain 429; other routes still answer."""
    replies = [await post(parts, "/api/History/retrieveBars", BARS) for _ in range(51)]
    assert [reply.status for reply in replies] == [200] * 50 + [429]
    assert (replies[-1].body, replies[-1].headers) == (b"", {})
    assert (await post(parts, "/api/Account/search", {})).status == 200


async def test_logins_count(parts: Assembly) -> None:
    """The 201st log-in within a minute is refused, and may name the wait."""
    parts = house(retry_after=True)
    ask = {"userName": USER, "apiKey": "wrong"}
    replies = [await post(parts, "/api/Auth/loginKey", ask, token="") for _ in range(201)]
    assert [reply.status for reply in replies] == [200] * 200 + [429]
    assert 1 <= int(replies[-1].headers["Retry-After"]) <= 60


async def test_a_fault_comes_first(parts: Assembly) -> None:
    """The next request is refused without being looked at, the one after is answered."""
    parts.venue.faults.refuse_next(503, retry_after_s=1)
    reply = await post(parts, "/api/Account/search", {}, token="")
    assert (reply.status, reply.headers) == (503, {"Retry-After": "1"})
    assert (await post(parts, "/api/Account/search", {})).status == 200


async def test_tokens_expire_on_demand(parts: Assembly) -> None:
    """Every token so far is refused; who logs in again is let in."""
    old = token_of(parts)
    parts.venue.faults.expire_tokens()
    assert (await post(parts, "/api/Account/search", {}, token=old)).status == 401
    assert (await post(parts, "/api/Account/search", {})).status == 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
members = st.sampled_from(
    sorted({name for r in ROUTES if r.binds for name in r.binds.__struct_encode_fields__})
)
plausible = st.sampled_from([MNQ, USER, KEY, 0, 1, 2, 20_000, "2026-09-01T14:00:00Z", True])
bodies = st.one_of(
    st.binary(max_size=64),
    st.dictionaries(members, plausible | json_values, max_size=9).map(
        lambda value: msgspec.json.encode(value)
    ),
    json_values.map(lambda value: msgspec.json.encode(value)),
)


@settings(max_examples=120, deadline=None)
@given(route=st.sampled_from(ROUTES), body=bodies, kind=st.sampled_from(["", "application/json"]))
async def test_no_body_breaks_a_route(route: Any, body: bytes, kind: str) -> None:
    """Whatever the body, a route answers 200 with the envelope or 400 with a problem."""
    parts = house()
    headers = {"authorization": f"Bearer {token_of(parts)}", "content-type": kind}
    reply = await parts.front.answer(Request(route.method, route.path, "", headers, body))
    assert reply.status in (200, 400)
    document = msgspec.json.decode(reply.body)
    if reply.status == 200 and route.method == "POST":
        assert list(document)[-3:] == ENVELOPE
        assert document["success"] is (document["errorCode"] == 0)
