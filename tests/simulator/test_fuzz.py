"""Whatever a client sends, the gateway answers or closes, and serves the next one as ever."""

from __future__ import annotations

import asyncio
import math
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from tests.simulator.scripted import ACCOUNT, MNQ, ScriptedSource, house, post, records_of, token_of

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py._wire import signalr
from project_x_py.simulator import ExchangeQuirks, HubQuirks, Quirks, RestQuirks
from project_x_py.simulator._app import build_app
from project_x_py.simulator._assembly import Assembly
from project_x_py.simulator._limits import Budget, Limits
from project_x_py.simulator._rest import MAX_BODY_BYTES, Request, Route
from project_x_py.simulator._routes import ROUTES

PLENTY = Limits(history=Budget(1_000_000, 1), rest=Budget(1_000_000, 1))
DOCUMENTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)


@pytest.fixture(scope="module")
def parts() -> Assembly:
    """A gateway with room for any number of requests."""
    return house(ScriptedSource(), limits=PLENTY)


@pytest.fixture(scope="module")
def document(parts: Assembly) -> Any:
    """The served document, with the application behind it."""
    return schemathesis.openapi.from_asgi("/openapi.json", build_app(parts.front))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_rest_keeps_to_its_document(
    document: Any, parts: Assembly, route: Route, mode: GenerationMode
) -> None:
    """Every route, on good and bad bodies, answers what the document says it does."""
    operation = document[route.path][route.method]
    headers = {"Authorization": f"Bearer {token_of(parts)}"}
    checks = [CHECKS.get_one(name) for name in DOCUMENTED]
    if mode is GenerationMode.NEGATIVE and route.binds is None:
        checks = checks[:1]

    @settings(BOUNDED, max_examples=6)
    @given(operation.as_strategy(generation_mode=mode))
    def meets(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=checks)

    try:
        meets()
    except Unsatisfiable:
        assert route.binds is None, "a route without a body cannot be asked wrongly"


NUMBERS = (
    st.integers()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.sampled_from([0, -1, 1, 2, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308, -1e308, 5e-324])
    | st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS = st.text(max_size=12) | st.sampled_from(
    [MNQ, "CON.F.US.EP.U26", "CON.F.US..U26", "CON.F.US.MNQ.U26\x00", "2026-09-01T14:00:00Z",
     "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30", "\ud83d", "A" * 5000]
)  # fmt: skip
FLAT = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = (
    FLAT | st.lists(FLAT, max_size=2) | st.fixed_dictionaries({"accountId": FLAT, "ticks": FLAT})
)
BOUNDED = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
"""A fixed number of examples, the same each time, and no search for smaller ones."""

MEMBERS = sorted(
    {
        member.encode_name
        for route in ROUTES
        if route.binds is not None
        for member in msgspec.structs.fields(route.binds)
    }
)


def written(value: Any) -> bytes:
    """JSON, numbers of any size as they are."""
    if isinstance(value, dict):
        members = (written(key) + b":" + written(value[key]) for key in value)
        return b"{" + b",".join(members) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(written(item) for item in value) + b"]"
    if isinstance(value, bool | None | float):
        return msgspec.json.encode(value)
    if isinstance(value, int):
        return str(value).encode()
    return msgspec.json.encode(value.encode("utf-8", "replace").decode())


SHAPED = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=8).map(
    lambda members: written({"accountId": ACCOUNT.id, "contractId": MNQ, **members})
)
HOSTILE = st.sampled_from(
    [
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'{"filter":' * 900 + b"1" + b"}" * 900,
        b'{"accountId":NaN,"size":Infinity,"limitPrice":-Infinity}',
        b'{"contractId":"' + b"A" * (MAX_BODY_BYTES - 20) + b'"}',
        b"{" + b" " * MAX_BODY_BYTES + b"}",
        b'{"contractId":"\xff\xfe","accountId":1}',
        b'\x00\x01\x02{"accountId":1}',
        b'{"accountId":1,"accountId":"1","ACCOUNTID":null}',
        b'{"limitPrice":1e999999,"size":-0}',
        b"\xef\xbb\xbf{}",
    ]
)


@settings(BOUNDED, max_examples=120)
@given(st.sampled_from([route.path for route in ROUTES]), SHAPED | HOSTILE | st.binary(max_size=64))
@example("/api/Order/place", b'{"contractId":"X","type":2,"side":0,"size":1,"limitPrice":1e308}')
def test_no_body_breaks_a_route(parts: Assembly, path: str, body: bytes) -> None:
    """Any bytes give an answer, a refusal or a 4xx; then an order is taken and found."""

    async def run() -> tuple[int, Any]:
        reply = await post(parts, path, body)
        assert reply.status in (200, 400, 401, 405, 413), (reply.status, path)
        if reply.status == 200:
            msgspec.json.decode(reply.body)
        found = await post(parts, "/api/Order/searchOpen", {"accountId": ACCOUNT.id})
        return reply.status, msgspec.json.decode(found.body)

    _, found = asyncio.run(run())
    assert (found["success"], isinstance(found["orders"], list)) == (True, True)


@settings(BOUNDED)
@given(
    st.sampled_from(["GET", "POST", "PUT", "", "\x00"]),
    st.text(max_size=30) | st.sampled_from(["/hubs/user", "/hubs/market/negotiate", "/api/", "//"]),
    st.text(max_size=30),
    st.dictionaries(
        st.sampled_from(["authorization", "content-type", "x"]), st.text(max_size=20), max_size=3
    ),
    st.binary(max_size=16),
)
def test_no_request_breaks_the_front(
    parts: Assembly, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    """Any method, path, query and headers give a status below 500."""
    request = Request(method, path, query, headers, body)

    async def run() -> int:
        return (await parts.front.answer(request)).status

    assert asyncio.run(run()) < 500


RECORDS = st.one_of(
    st.binary(max_size=40),
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.integers(-1, 9) | VALUES,
            "target": st.sampled_from(
                ["SubscribeOrders", "SubscribeContractQuotes", "UnsubscribeAccounts", "x"]
            )
            | VALUES,
            "arguments": st.lists(st.sampled_from([MNQ, ACCOUNT.id]) | VALUES, max_size=3) | VALUES,
            "invocationId": st.sampled_from(["1", ""]) | VALUES,
        },
    ).map(written),
    st.sampled_from(
        [
            b"[" * 100_000,
            b'{"type":1,"target":"SubscribeOrders","arguments":' + b"[" * 5000 + b"]" * 5000 + b"}",
            b'{"type":1,"target":"SubscribeOrders","arguments":[NaN]}',
            b'{"type":1,"target":"SubscribeOrders","arguments":[1e400],"invocationId":"1"}',
            b'{"type":1,"target":"' + b"A" * 1_100_000 + b'","arguments":[]}',
            b"\x00\xff\xfe",
            b"\x82\xa4type\x01",
        ]
    ),
)


@settings(BOUNDED)
@given(st.sampled_from(["user", "market"]), st.lists(RECORDS, max_size=4), st.booleans())
def test_no_frame_breaks_a_hub(name: str, records: list[bytes], greet: bool) -> None:
    """Any frames, text or binary, are answered, ignored or end their own connection only."""

    async def run() -> list[bytes]:
        parts = house(ScriptedSource())
        hub = parts.user_hub if name == "user" else parts.market_hub
        other, client = hub.open(_nothing), hub.open(_nothing)
        other.receive(signalr.encode_handshake())
        await other.output()
        if greet:
            client.receive(signalr.encode_handshake())
        for record in records:
            client.receive(record + b"\x1e")
            client.receive(record.decode("latin-1") + "\x1e")
        said = await client.output() if greet or client.ended else b""
        for record in records_of(said):
            if record != b"{}" and b'"error"' not in record[:9]:
                signalr.decode_record(record)
        target, argument = (
            ("SubscribeOrders", ACCOUNT.id) if name == "user" else ("SubscribeContractTrades", MNQ)
        )
        other.receive(signalr.encode_invocation(target, [argument], "7"))
        return records_of(await other.output())

    (answer,) = run_virtual(run())
    assert msgspec.json.decode(answer) == {"type": 3, "invocationId": "7", "result": None}


def switched(kind: type) -> st.SearchStrategy[Any]:
    """Any setting of the switches that are on or off, or one of a few values."""
    choices: dict[str, st.SearchStrategy[Any]] = {}
    for name, hint in get_type_hints(kind).items():
        if hint is bool:
            choices[name] = st.booleans()
        elif get_origin(hint) is Literal:
            choices[name] = st.sampled_from(get_args(hint))
    return st.builds(kind, **choices)


QUIRKS = st.builds(
    Quirks,
    rest=switched(RestQuirks),
    hubs=switched(HubQuirks),
    exchange=switched(ExchangeQuirks),
    live_entitled=st.booleans(),
    wrapped_user_events=st.booleans(),
    strict_start=st.booleans(),
)


@settings(BOUNDED, max_examples=80)
@given(
    QUIRKS,
    st.lists(st.tuples(st.sampled_from([r.path for r in ROUTES]), SHAPED | HOSTILE), max_size=4),
    st.lists(RECORDS, max_size=2),
)
def test_no_switch_opens_a_gap(
    quirks: Quirks, asked: list[tuple[str, bytes]], records: list[bytes]
) -> None:
    """Whatever is switched, routes answer below 500, both hubs too, and an order is then taken."""

    async def run() -> Any:
        parts = house(ScriptedSource(), limits=PLENTY, quirks=quirks)
        for path, body in asked:
            assert (await post(parts, path, body)).status < 500
        for hub in (parts.user_hub, parts.market_hub):
            client = hub.open(_nothing)
            client.receive(signalr.encode_handshake())
            for method in ("SubscribeContractQuotes", "SubscribeContractMarketDepth"):
                client.receive(signalr.encode_invocation(method, [MNQ], "1"))
            for method in ("SubscribeOrders", "SubscribePositions"):
                client.receive(signalr.encode_invocation(method, [ACCOUNT.id], "2"))
            for record in records:
                client.receive(record + b"\x1e")
            while not client.ended and len(await client.output()) > 3:
                client.close()
        order = {"accountId": ACCOUNT.id, "contractId": MNQ, "type": 2, "side": 0, "size": 1}
        return msgspec.json.decode((await post(parts, "/api/Order/place", order)).body)

    assert isinstance(run_virtual(run())["success"], bool)


def _nothing() -> None:
    """A transport that needs no cutting."""


def test_the_numbers_of_an_order_are_the_exchange_s_to_refuse(parts: Assembly) -> None:
    """Prices and sizes that no market has are refused by code, never by a crash."""
    strange = [math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, -0.0, 2**63, 0.1 + 0.2]

    async def place(price: float, size: int) -> int:
        order = {"accountId": ACCOUNT.id, "contractId": MNQ, "type": 1, "side": 0}
        reply = await post(parts, "/api/Order/place", {**order, "size": size, "limitPrice": price})
        return reply.status

    for price in strange:
        for size in (0, -1, 1, 2**31 - 1, 2**31):
            assert asyncio.run(place(price, size)) in (200, 400)
