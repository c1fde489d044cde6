"""The hubs without a transport: protocol, subscriptions, pings and slow clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.scripted import (
    ACCOUNT,
    BOOK,
    MNQ,
    START_NS,
    ScriptedSource,
    contract,
    house,
    records_of,
    token_of,
)
from tests.virtual import in_virtual_time

from project_x_py._core.records import Aggressor, Depth, DepthLevel, MarketRecord, Quote, Trade
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator._assembly import Assembly
from project_x_py.simulator._hub import MAX_WAITING_BYTES, Hub, HubConnection
from project_x_py.simulator._rest import Reply, Request
from project_x_py.simulator._user_hub import Action, Stream

GREETING = b'{"protocol":"json","version":1}\x1e'
NQ = "CON.F.US.ENQ.U26"


class Client:
    """One client of a hub, which reads when told to."""

    def __init__(self, hub: Hub, *, greet: bool = True) -> None:
        self.cuts = 0
        self.connection: HubConnection = hub.open(self._cut)
        if greet:
            self.connection.receive(GREETING)

    def _cut(self) -> None:
        self.cuts += 1

    async def read(self) -> list[bytes]:
        """The records that wait; empty when the connection has ended."""
        return records_of(await asyncio.wait_for(self.connection.output(), 60))

    async def call(
        self, target: str, *arguments: object, invocation: str | None = "1"
    ) -> list[bytes]:
        """Invoke a method and return what comes back."""
        self.connection.receive(signalr.encode_invocation(target, arguments, invocation))
        return await self.read()


@pytest.fixture
def parts() -> Assembly:
    """A gateway with two contracts."""
    return house(ScriptedSource(contracts=(contract(), contract(NQ, "NQU6", "NQ"))))


async def greeted(hub: Hub) -> Client:
    """A client whose greeting has been answered."""
    client = Client(hub)
    assert await client.read() == [b"{}"]
    return client


@pytest.mark.parametrize("version", [0, 1])
async def test_greeting(parts: Assembly, version: int) -> None:
    """Any version up to the hub's own is fine, in text or bytes, in one piece or two."""
    text = f'{{"protocol":"json","version":{version}}}\x1e'
    for pieces in ([text], [text.encode()], [text[:9], text[9:]]):
        client = Client(parts.market_hub, greet=False)
        for piece in pieces:
            client.connection.receive(piece)
        assert await client.read() == [b"{}"]


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b'{"protocol":"messagepack","version":1}\x1e', "'messagepack' is not supported"),
        (b'{"protocol":"json","version":2}\x1e', "does not support version 2"),
        (b"hello\x1e", "Not a handshake request"),
    ],
)
async def test_a_wrong_greeting_ends_the_connection(
    parts: Assembly, greeting: bytes, error: str
) -> None:
    """The answer says why, and nothing follows it."""
    client = Client(parts.market_hub, greet=False)
    client.connection.receive(greeting)
    [answer] = await client.read()
    assert error in msgspec.json.decode(answer)["error"]
    assert await client.connection.output() == b""


async def test_records_may_ride_with_the_greeting(parts: Assembly) -> None:
    """Greeting, ping and call in one frame are all taken, in order."""
    client = Client(parts.user_hub, greet=False)
    call = signalr.encode_invocation("SubscribeAccounts", [], "7")
    client.connection.receive(GREETING + signalr.PING + call)
    assert await client.read() == [b"{}", b'{"type":3,"invocationId":"7","result":null}']


async def test_a_completion_is_golden(parts: Assembly) -> None:
    """A call with an id is completed with a null result, one without is not."""
    client = await greeted(parts.user_hub)
    assert await client.call("SubscribeOrders", ACCOUNT.id) == [
        b'{"type":3,"invocationId":"1","result":null}'
    ]
    client.connection.receive(signalr.encode_invocation("subscribetrades", [ACCOUNT.id]))
    assert await client.call("UnsubscribeOrders", ACCOUNT.id, invocation="2") == [
        b'{"type":3,"invocationId":"2","result":null}'
    ]


@pytest.mark.parametrize(
    ("hub", "target", "arguments", "error"),
    [
        (
            "user",
            "SubscribeAccounts",
            [5],
            "Invocation provides 1 argument(s) but target expects 0",
        ),
        ("user", "SubscribeOrders", [], "Invocation provides 0 argument(s) but target expects 1"),
        ("user", "SubscribeOrders", ["5"], "Error binding arguments"),
        ("user", "SubscribeOrders", [True], "Error binding arguments"),
        ("user", "SubscribeOrders", [5], "Account 5 was not found"),
        ("user", "SubscribeContractQuotes", [MNQ], "Method does not exist"),
        ("market", "SubscribeContractQuotes", [[MNQ]], "Error binding arguments"),
        ("market", "SubscribeContractQuotes", ["F.US.MNQ"], "has no market"),
        ("market", "UnsubscribeContractTrades", ["x"], "has no market"),
    ],
)
async def test_a_wrong_call_is_completed_with_an_error(
    parts: Assembly, hub: str, target: str, arguments: list[object], error: str
) -> None:
    """The text names the mistake; the connection lives on."""
    client = await greeted(parts.user_hub if hub == "user" else parts.market_hub)
    [record] = await client.call(target, *arguments, invocation="9")
    completion = msgspec.json.decode(record)
    assert (completion["type"], completion["invocationId"]) == (3, "9")
    assert error in completion["error"]
    assert not client.connection.ended


async def test_a_streaming_call_is_refused(parts: Assembly) -> None:
    """It is completed with an error, since the hubs have no streams."""
    client = await greeted(parts.market_hub)
    client.connection.receive(b'{"type":4,"invocationId":"3","target":"x","arguments":[]}\x1e')
    [record] = await client.read()
    assert msgspec.json.decode(record)["invocationId"] == "3"


@pytest.mark.parametrize("garbage", [b"{]\x1e", b"[]\x1e", b"{}\x1e", b"x" * (2 * 1024 * 1024)])
async def test_garbage_closes_the_connection(parts: Assembly, garbage: bytes) -> None:
    """What is not a record, or is far too long, ends the connection with an error."""
    client = await greeted(parts.market_hub)
    client.connection.receive(garbage)
    assert await client.read() == [b'{"type":7,"error":"Connection closed with an error."}']
    assert await client.connection.output() == b""
    assert parts.market_hub.connections == 0


async def test_a_client_may_say_goodbye(parts: Assembly) -> None:
    """A close record ends the connection without an answer."""
    client = await greeted(parts.market_hub)
    client.connection.receive(b'{"type":7}\x1e' + signalr.PING)
    assert await client.connection.output() == b""


async def test_quotes_begin_with_the_whole_quote(parts: Assembly) -> None:
    """Completion, full quote, then what changes and nothing else."""
    client = await greeted(parts.market_hub)
    completion, full = await client.call("SubscribeContractQuotes", MNQ)
    assert msgspec.json.decode(completion)["type"] == 3
    assert msgspec.json.decode(full)["arguments"][1]["lastPrice"] == 24104.25
    parts.market_hub.publish(
        [Quote(contract_id=MNQ, exch_ns=START_NS, recv_ns=START_NS, bid=96415)]
    )
    [sparse] = await client.read()
    assert set(msgspec.json.decode(sparse)["arguments"][1]) == {
        "symbol",
        "bestBid",
        "lastUpdated",
        "timestamp",
        "contract",
    }


async def test_a_new_session_changes_what_change_is_measured_from() -> None:
    """A quote that brings an open takes the previous close anew."""
    source = ScriptedSource()
    parts = house(source)
    client = await greeted(parts.market_hub)
    await client.call("SubscribeContractQuotes", MNQ)
    source.book = replace(BOOK, prev_close=96311)
    parts.market_hub.publish(
        [Quote(contract_id=MNQ, exch_ns=START_NS, recv_ns=START_NS, last=96321, open=96321)]
    )
    [record] = await client.read()
    assert msgspec.json.decode(record)["arguments"][1]["change"] == 2.5


def trade(price: int, contract_id: str = MNQ) -> Trade:
    """One print."""
    return Trade(contract_id, price, 1, Aggressor.BUY, START_NS, START_NS)


async def test_streams_keep_the_order_of_the_market(parts: Assembly) -> None:
    """Prints in a row share a message; nothing overtakes anything; contracts stay apart."""
    client = await greeted(parts.market_hub)
    for target in ("SubscribeContractTrades", "SubscribeContractMarketDepth"):
        await client.call(target, MNQ)
    await client.call("SubscribeContractTrades", NQ)
    level = Depth(MNQ, (DepthLevel(1, 5, 5, START_NS),), START_NS)
    script: list[MarketRecord] = [
        trade(1),
        trade(2),
        level,
        trade(3),
        trade(4, NQ),
        Quote(contract_id=MNQ, exch_ns=START_NS, recv_ns=START_NS, bid=1),
        trade(5),
    ]
    parts.market_hub.publish(script)
    seen = []
    for record in await client.read():
        message = msgspec.json.decode(record)
        contract_id, rows = message["arguments"]
        seen.append((message["target"], contract_id, [row["price"] for row in rows]))
    assert seen == [
        ("GatewayTrade", MNQ, [0.25, 0.5]),
        ("GatewayDepth", MNQ, [1.25]),
        ("GatewayTrade", MNQ, [0.75]),
        ("GatewayTrade", NQ, [1]),
        ("GatewayTrade", MNQ, [1.25]),
    ]


async def test_subscribing_twice_delivers_once(parts: Assembly) -> None:
    """The second call is completed and brings nothing; one unsubscription ends it."""
    client = await greeted(parts.market_hub)
    await client.call("SubscribeContractMarketDepth", MNQ)
    assert len(await client.call("SubscribeContractMarketDepth", MNQ, invocation="2")) == 1
    level = Depth(MNQ, (DepthLevel(1, 5, 5, START_NS),), START_NS)
    parts.market_hub.publish([level])
    assert len(await client.read()) == 1
    parts.market_hub.publish([level])
    assert len(await client.call("UnsubscribeContractMarketDepth", MNQ, invocation="3")) == 2
    parts.market_hub.publish([level])
    assert len(await client.call("UnsubscribeContractMarketDepth", MNQ, invocation="4")) == 1


async def test_everybody_gets_the_same_bytes(parts: Assembly) -> None:
    """A message is written once for all who are subscribed, and for nobody else."""
    one, two, other = [await greeted(parts.market_hub) for _ in range(3)]
    for client in (one, two):
        await client.call("SubscribeContractTrades", MNQ)
    parts.market_hub.publish([trade(1)])
    assert await one.connection.output() is await two.connection.output()
    assert len(await other.call("UnsubscribeContractTrades", MNQ)) == 1


async def test_user_events_are_wrapped(parts: Assembly) -> None:
    """Account events go to who asked for accounts, order events to who asked for that account."""
    client = await greeted(parts.user_hub)
    assert len(await client.call("SubscribeAccounts")) == 1
    await client.call("SubscribeOrders", ACCOUNT.id)
    hub = parts.user_hub
    hub.publish(Stream.ORDERS, 7, Action.UPSERT, b'{"id":3000000000}')
    hub.publish(Stream.TRADES, ACCOUNT.id, Action.INSERT, b'{"id":3000000001}')
    hub.publish(Stream.ORDERS, ACCOUNT.id, Action.UPSERT, b'{"id":3000000002}')
    hub.publish(Stream.ACCOUNTS, 7, Action.UPSERT, b'{"id":7}')
    assert await client.read() == [
        b'{"type":1,"target":"GatewayUserOrder","arguments":'
        b'[{"action":1,"data":{"id":3000000002}}]}',
        b'{"type":1,"target":"GatewayUserAccount","arguments":[{"action":1,"data":{"id":7}}]}',
    ]
    await client.call("UnsubscribeAccounts")
    hub.publish(Stream.ACCOUNTS, 7, Action.UPSERT, b'{"id":7}')
    assert len(await client.call("UnsubscribeOrders", ACCOUNT.id)) == 1


async def test_user_events_may_be_bare() -> None:
    """The documented shape has no wrapper."""
    parts = house(wrapped_user_events=False)
    client = await greeted(parts.user_hub)
    await client.call("SubscribeAccounts")
    parts.user_hub.publish(Stream.ACCOUNTS, 7, Action.UPSERT, b'{"id":7}')
    assert await client.read() == [
        b'{"type":1,"target":"GatewayUserAccount","arguments":[{"id":7}]}'
    ]


def test_pings_come_in_time() -> None:
    """A client that pings hears from the hub at least every 15 s, for as long as it likes."""

    async def watch() -> list[float]:
        client = await greeted(house().market_hub)
        loop, heard = asyncio.get_running_loop(), []
        for _ in range(10):
            assert await client.read() == [b'{"type":6}']
            heard.append(loop.time())
            client.connection.receive(signalr.PING)
        client.connection.finish()
        return heard

    heard = run_virtual(watch())
    assert all(later - earlier <= 15 for earlier, later in pairwise(heard))
    assert heard[-1] > 90


def test_a_silent_client_is_closed() -> None:
    """After 30 s without a word the hub says why and ends; then it cuts the transport."""

    async def watch() -> tuple[list[bytes], float, int]:
        client = await greeted(house().market_hub)
        said: list[bytes] = []
        while records := await client.read():
            said += records
        ended = asyncio.get_running_loop().time()
        await asyncio.sleep(10)
        return said, ended, client.cuts

    said, ended, cuts = run_virtual(watch())
    assert b"said nothing" in said[-1]
    assert 30 <= ended < 31
    assert cuts == 1


def test_a_client_that_never_greets_is_closed() -> None:
    """After 15 s, without a word, since the protocol has not begun."""

    async def watch() -> float:
        client = Client(house().market_hub, greet=False)
        assert await client.connection.output() == b""
        return asyncio.get_running_loop().time()

    assert 15 <= run_virtual(watch()) < 16


async def test_a_slow_client_is_cut_off_with_an_error(parts: Assembly) -> None:
    """One that does not read is closed once too much waits; the others go on."""
    slow, quick = await greeted(parts.market_hub), await greeted(parts.market_hub)
    for client in (slow, quick):
        await client.call("SubscribeContractTrades", MNQ)
    sent = 0
    while not slow.connection.ended:
        parts.market_hub.publish([trade(1)] * 1000)
        sent += len(await quick.connection.output())
    assert sent > MAX_WAITING_BYTES
    assert await slow.read() == [
        b'{"type":7,"error":"Connection closed with an error.","allowReconnect":true}'
    ]
    assert await slow.connection.output() == b""
    assert not quick.connection.ended


async def test_a_batch_has_bounds(parts: Assembly) -> None:
    """Much that waits goes out in pieces of whole records, in order."""
    client = await greeted(parts.market_hub)
    await client.call("SubscribeContractTrades", MNQ)
    for price in range(40):
        parts.market_hub.publish([trade(price)] * 100)
    batches: list[bytes] = []
    while b"".join(batches).count(b"\x1e") < 40:
        batches.append(await client.connection.output())
    assert len(batches) > 1
    assert all(batch.endswith(b"\x1e") for batch in batches)
    prices = [
        msgspec.json.decode(record)["arguments"][1][0]["price"]
        for record in records_of(b"".join(batches))
    ]
    assert prices == [price / 4 for price in range(40)]


async def test_a_muted_hub_holds_everything_back(parts: Assembly) -> None:
    """While mute nothing comes, not even answers; afterwards all of it, in order."""
    faults = parts.venue.faults
    client = await greeted(parts.market_hub)
    faults.mute("market")
    reading = asyncio.ensure_future(client.call("SubscribeContractTrades", MNQ))
    await asyncio.sleep(0)
    parts.market_hub.publish([trade(1)])
    await asyncio.sleep(0)
    assert not reading.done()
    user = await greeted(parts.user_hub)
    assert not user.connection.ended
    faults.unmute("market")
    completion, first = await reading
    assert b'"type":3' in completion
    assert b"GatewayTrade" in first


async def test_dropping_cuts_at_once(parts: Assembly) -> None:
    """A dropped connection ends without a farewell, with all its subscriptions."""
    client = await greeted(parts.market_hub)
    await client.call("SubscribeContractTrades", MNQ)
    user = await greeted(parts.user_hub)
    assert parts.venue.faults.drop_connections("market") == 1
    assert await client.connection.output() == b""
    assert (client.cuts, user.cuts) == (1, 0)
    parts.market_hub.publish([trade(1)])
    assert parts.venue.faults.drop_connections("market") == 0


async def test_shutting_says_goodbye(parts: Assembly) -> None:
    """Clients are told that they may come back; a mute hub just ends."""
    client = await greeted(parts.market_hub)
    user = await greeted(parts.user_hub)
    parts.venue.faults.mute("user")
    parts.front.shut()
    assert await client.read() == [b'{"type":7,"allowReconnect":true}']
    assert await user.connection.output() == b""


async def negotiate(parts: Assembly, query: str = "", token: str | None = None) -> Reply:
    """The reply to a negotiation."""
    token = token_of(parts) if token is None else token
    ask = Request("POST", "/hubs/market/negotiate", f"access_token={token}&{query}", {}, b"")
    return await parts.front.answer(ask)


async def test_negotiation(parts: Assembly) -> None:
    """Version 0 has an id, version 1 a token beside it; each is fresh."""
    old = msgspec.json.decode((await negotiate(parts)).body)
    new = msgspec.json.decode((await negotiate(parts, "negotiateVersion=1")).body)
    transports = [{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]
    assert old.keys() == {"connectionId", "availableTransports"}
    assert old["availableTransports"] == new["availableTransports"] == transports
    assert new["negotiateVersion"] == 1
    assert len({old["connectionId"], new["connectionId"], new["connectionToken"]}) == 3


@pytest.mark.parametrize("token", ["", "a.b.c"])
async def test_both_ways_in_want_a_token(parts: Assembly, token: str) -> None:
    """Negotiation and upgrade are refused with 401."""
    assert (await negotiate(parts, token=token)).status == 401
    upgrade = Request("GET", "/hubs/user", f"access_token={token}", {}, b"")
    refused = parts.front.admit(upgrade)
    assert isinstance(refused, Reply)
    assert refused.status == 401


async def test_who_is_let_in(parts: Assembly) -> None:
    """By query or header, at once or with an id of any age; not elsewhere, and not by fault."""
    token = token_of(parts)
    for path, query, headers, status in (
        ("/hubs/user", f"access_token={token}", {}, None),
        ("/hubs/Market/", f"id=stale&access_token={token}", {}, None),
        ("/hubs/market", "", {"authorization": f"Bearer {token}"}, None),
        ("/hubs/other", f"access_token={token}", {}, 404),
        ("/elsewhere", f"access_token={token}", {}, 404),
    ):
        admitted = parts.front.admit(Request("GET", path, query, headers, b""))
        assert (admitted.status if isinstance(admitted, Reply) else None) == status, path
    parts.venue.faults.refuse_next(502, route="/hubs/market")
    ask = Request("GET", "/hubs/market", f"access_token={token}", {}, b"")
    refused = parts.front.admit(ask)
    assert isinstance(refused, Reply)
    assert refused.status == 502


async def test_a_hub_is_no_page(parts: Assembly) -> None:
    """A plain request to a hub is 400; a negotiation that is no POST is 405."""
    headers = {"authorization": f"Bearer {token_of(parts)}"}
    for method, path, status in (
        ("GET", "/hubs/market", 400),
        ("GET", "/hubs/market/negotiate", 405),
        ("POST", "/hubs/none/negotiate", 404),
    ):
        reply = await parts.front.answer(Request(method, path, "", headers, b""))
        assert reply.status == status, path


values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(MNQ)
targets = st.sampled_from(["SubscribeContractQuotes", "SubscribeAccounts", "subscribeorders"])
records = st.one_of(
    st.builds(
        signalr.encode_invocation,
        targets | st.text(min_size=1, max_size=5),
        st.lists(values, max_size=2),
        st.none() | st.text(max_size=3),
    ),
    st.just(signalr.PING),
    st.dictionaries(
        st.sampled_from(["type", "target", "arguments", "invocationId", "error", "x"]),
        values | st.lists(values, max_size=2) | st.integers(1, 7),
    ).map(lambda value: msgspec.json.encode(value) + b"\x1e"),
    st.binary(max_size=20),
)


@settings(max_examples=120, deadline=None)
@given(stream=st.lists(records, max_size=6), cuts=st.lists(st.integers(0, 200), max_size=4))
@in_virtual_time
async def test_nothing_a_client_sends_breaks_a_hub(stream: list[bytes], cuts: list[int]) -> None:
    """However a stream of records and garbage is cut, each id is completed once or all ends."""
    for hub in ("user", "market"):
        parts = house()
        client = await greeted(parts.user_hub if hub == "user" else parts.market_hub)
        for piece in _cut(b"".join(stream), cuts):
            client.connection.receive(piece)
        if not client.connection.ended:
            client.connection.receive(b"\x1e" + signalr.PING)
        client.connection.close()
        said = [msgspec.json.decode(r) for r in await client.read()]
        completed = [r["invocationId"] for r in said if r["type"] == 3]
        client.connection.finish()
        if not any(r.get("error") for r in said if r["type"] == 7):
            assert len(completed) == _ids_in(stream)


def _cut(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for begin, end in pairwise(edges):
        yield data[begin:end]


def _ids_in(stream: list[bytes]) -> int:
    count = 0
    for raw in b"".join(stream).split(b"\x1e"):
        try:
            record = signalr.decode_record(raw)
        except ProjectXDataError:
            continue
        if record.type == 7:
            return count
        count += record.type in (1, 4) and record.invocation_id is not None
    return count
