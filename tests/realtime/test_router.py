"""Where events go: owners by rank, callbacks unchanged, other accounts nowhere."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.realtime.peer import ACCOUNT, MES, MNQ, ORIGIN_NS, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade
from project_x_py._runtime.clock import SystemClock
from project_x_py._wire.decode import DecodeStats
from project_x_py.exceptions import ProjectXError
from project_x_py.realtime._router import EventRouter

if TYPE_CHECKING:
    from collections.abc import Sequence

GRID = TickGrid(0.25, 0.5)


class Owner:
    """Keeps the records it is fed with."""

    def __init__(self, name: str = "", order: list[str] | None = None) -> None:
        self.records: list[Trade | Quote | Depth] = []
        self._name = name
        self._order = order if order is not None else []

    def on_trades(self, trades: Sequence[Trade]) -> None:
        self._order.append(self._name)
        self.records.extend(trades)

    def on_quote(self, quote: Quote) -> None:
        self._order.append(self._name)
        self.records.append(quote)

    def on_depth(self, depth: Depth) -> None:
        self._order.append(self._name)
        self.records.append(depth)


@in_virtual_time
async def test_owners_get_records_in_the_order_of_arrival() -> None:
    """Usual and unusual shapes arrive in one order, in ticks, stamped with exchange time."""
    peer, owner = Peer(), Owner()
    client = peer.client()
    client.attach(MNQ, GRID, owner, rank=0)
    assert await client.connect()
    await asyncio.sleep(1)
    at = ORIGIN_NS + 1_000_000_000
    peer.emit("market", "GatewayQuote", MNQ, {"bestBid": 1.25, "bestAsk": None})
    peer.emit("market", "GatewayTrade", MNQ, [{"price": 1.5, "volume": 2, "type": 0}, None])
    peer.emit("market", "GatewayTrade", MNQ, {"price": 2, "volume": 1, "type": 9})
    peer.emit("market", "GatewayDepth", MNQ, [{"type": 6}, {"type": 1, "price": 3, "volume": 4}])
    peer.emit("market", "GatewayDepth", MNQ, {"type": 2, "price": 2.75, "volume": 0})
    peer.emit("market", "GatewayQuote", MNQ, {"action": 1, "data": {"lastPrice": 1.5}})
    peer.emit("market", "GatewayTrade", [{"price": 4, "volume": 1, "contractId": MNQ}])
    peer.emit("market", "GatewayTrade", MES, [{"price": 9, "volume": 9}])
    await asyncio.sleep(1)
    assert owner.records == [
        Quote(contract_id=MNQ, exch_ns=at, recv_ns=at, bid=5),
        Trade(MNQ, 6, 2, Aggressor.BUY, at, at),
        Trade(MNQ, 8, 1, Aggressor.NONE, at, at),
        Depth(MNQ, (DepthLevel(6, 0, 0, at), DepthLevel(1, 12, 4, at)), at),
        Depth(MNQ, (DepthLevel(2, 11, 0, at),), at),
        Quote(contract_id=MNQ, exch_ns=at, recv_ns=at, last=6),
        Trade(MNQ, 16, 1, Aggressor.NONE, at, at),
    ]
    assert client.get_stats()["events_received"] == 8
    assert client.get_stats()["decode_errors"] == {}
    await client.cleanup()


@in_virtual_time
async def test_owners_are_called_by_rank() -> None:
    """The book is before the bars, whoever attached first; attaching again changes the rank."""
    peer, order = Peer(), list[str]()
    client = peer.client()
    bars, book, last = Owner("bars", order), Owner("book", order), Owner("last", order)
    client.attach(MNQ, GRID, bars, rank=1)
    client.attach(MNQ, GRID, last, rank=0)
    client.attach(MNQ, GRID, book, rank=0)
    client.attach(MNQ, GRID, last, rank=2)
    assert await client.connect()
    for target, payload in (
        ("GatewayTrade", [{"price": 1, "volume": 1}]),
        ("GatewayQuote", {"bestBid": 1}),
        ("GatewayDepth", [{"type": 6}]),
    ):
        peer.emit("market", target, MNQ, payload)
    await asyncio.sleep(1)
    assert order == ["book", "bars", "last"] * 3
    client.detach(MNQ, bars)
    client.detach(MNQ, last)
    client.detach(MNQ, book)
    client.detach(MNQ, book)
    peer.emit("market", "GatewayTrade", MNQ, [{"price": 1, "volume": 1}])
    await asyncio.sleep(1)
    assert len(order) == 9
    await client.cleanup()


def test_one_contract_has_one_grid() -> None:
    """A second owner with another tick size is a mistake, not a second truth."""
    client = Owner()
    router = EventRouter(ACCOUNT, None, SystemClock(), DecodeStats())  # type: ignore[arg-type]
    router.attach(MNQ, GRID, client, rank=0)
    with pytest.raises(ProjectXError, match="is attached with"):
        router.attach(MNQ, TickGrid(0.1), Owner(), rank=0)


@in_virtual_time
async def test_bad_entries_are_counted_and_the_rest_applies() -> None:
    """An off-grid print beside a good one, and an event nobody knows, end up in the counts."""
    peer, owner = Peer(), Owner()
    client = peer.client()
    client.attach(MNQ, GRID, owner, rank=0)
    assert await client.connect()
    peer.emit(
        "market", "GatewayTrade", MNQ, [{"price": 1.1, "volume": 1}, {"price": 1, "volume": 1}]
    )
    peer.emit("market", "GatewayTrade", MNQ, [{"price": 1.1, "volume": 1}])
    peer.emit("market", "GatewayDepth", MNQ, [{"type": 1, "price": 1.1, "volume": 1}])
    peer.emit("market", "GatewayQuote", MNQ, {"bestBid": 1.1})
    peer.emit("market", "GatewayTrade", 7, [])
    peer.emit("market", "GatewayNews", "x")
    peer.emit("user", "GatewayNews", "x")
    peer.emit("user", "GatewayUserOrder")
    await asyncio.sleep(1)
    assert [type(record) for record in owner.records] == [Trade]
    counts = client.get_stats()["decode_errors"]
    assert counts.pop("trade: off the grid") == 2
    assert counts == {
        "depth: off the grid": 1,
        "quote: off the grid": 1,
        "market event: first argument is no contract id": 1,
        "unknown event": 2,
        "user event: no argument": 1,
    }
    assert client.is_connected()
    await client.cleanup()


@pytest.mark.checklist(13, 14, 16, 17)
@in_virtual_time
async def test_callbacks_get_payloads_as_they_were_sent() -> None:
    """All seven kinds reach every callback; market ones with their contract beside the payload."""
    peer = Peer()
    client = peer.client()
    seen: dict[str, list[Any]] = {}
    again: list[Any] = []
    events = {
        "account_update": ("user", "GatewayUserAccount"),
        "position_update": ("user", "GatewayUserPosition"),
        "order_update": ("user", "GatewayUserOrder"),
        "trade_execution": ("user", "GatewayUserTrade"),
        "quote_update": ("market", "GatewayQuote"),
        "market_trade": ("market", "GatewayTrade"),
        "market_depth": ("market", "GatewayDepth"),
    }
    for kind in events:
        await client.add_callback(kind, seen.setdefault(kind, []).append)
        await client.add_callback(kind, again.append)
    assert await client.connect()
    payloads: dict[str, Any] = {
        "account_update": {"action": 1, "data": {"id": ACCOUNT, "balance": 1.5, "odd": None}},
        "position_update": {"action": 2, "data": {"accountId": ACCOUNT, "size": 0}},
        "order_update": {"accountId": ACCOUNT, "id": 3391000302, "unknown": {"deep": [1, 2]}},
        "trade_execution": [{"accountId": ACCOUNT, "price": 24120.5}],
        "quote_update": {"symbol": "F.US.MNQ", "bestBid": 24104, "lastPrice": None},
        "market_trade": [{"price": 1.1, "volume": -3, "more": "x"}, None],
        "market_depth": {"type": 77, "price": None},
    }
    for kind, (hub, target) in events.items():
        lead = [MNQ] if hub == "market" else []
        peer.emit(hub, target, *lead, payloads[kind])
    await asyncio.sleep(1)
    for kind, (hub, _) in events.items():
        sent = payloads[kind]
        assert seen[kind] == [{"contract_id": MNQ, "data": sent} if hub == "market" else sent]
    assert len(again) == 7
    await client.cleanup()


@pytest.mark.parametrize(
    ("payload", "ours"),
    [
        ({"accountId": ACCOUNT}, {"accountId": ACCOUNT}),
        ({"accountId": str(ACCOUNT)}, {"accountId": str(ACCOUNT)}),
        ({"accountId": 1}, None),
        ({"accountId": "1"}, None),
        ({"action": 1, "data": {"accountId": 1}}, None),
        (
            {"action": 1, "data": [{"accountId": 1}, {"accountId": ACCOUNT}]},
            {"action": 1, "data": [{"accountId": ACCOUNT}]},
        ),
        ([{"accountId": 1}], None),
        ([{"accountId": ACCOUNT, "id": 1}, {"accountId": 1}], [{"accountId": ACCOUNT, "id": 1}]),
        ({"id": 7, "balance": 1}, {"id": 7, "balance": 1}),
        ("text", None),
        (None, None),
    ],
)
@pytest.mark.checklist(9)
@in_virtual_time
async def test_events_of_another_account_reach_nobody(payload: Any, ours: Any) -> None:
    """Only what belongs to the client's account is passed on, also of a list."""
    peer = Peer()
    client = peer.client()
    seen: list[Any] = []
    await client.add_callback("order_update", seen.append)
    assert await client.connect()
    peer.emit("user", "GatewayUserOrder", payload)
    await asyncio.sleep(1)
    assert seen == ([] if ours is None else [ours])
    await client.cleanup()


@in_virtual_time
async def test_a_callback_may_change_what_it_gets() -> None:
    """What one callback does to its payload is not seen by the others, of either hub."""
    peer = Peer()
    client = peer.client()
    seen: list[Any] = []

    def spoil(payload: dict[str, Any]) -> None:
        deep = payload.get("data", payload)
        deep["prices"].clear()
        deep["more"]["price"] = 0

    for kind in ("order_update", "quote_update"):
        await client.add_callback(kind, spoil)
        await client.add_callback(kind, seen.append)
        await client.add_callback(kind, lambda payload: spoil(payload))
    assert await client.connect()
    sent = {"accountId": ACCOUNT, "prices": [1, 2], "more": {"price": 3}}
    peer.emit("user", "GatewayUserOrder", sent)
    peer.emit("market", "GatewayQuote", MNQ, sent)
    await asyncio.sleep(1)
    assert sorted(seen, key=len) == [{"contract_id": MNQ, "data": sent}, sent]
    await client.cleanup()


@pytest.mark.parametrize("odd", [b"1e999", b'"\xe0\x28"', b"1" * 5000])
@in_virtual_time
async def test_what_only_a_callback_cannot_read_ends_no_hub(odd: bytes) -> None:
    """Owners read the members they know; the others go uncalled, and it is counted."""
    peer, owner, seen = Peer(), Owner(), list[Any]()
    client = peer.client()
    client.attach(MNQ, GRID, owner, rank=0)
    await client.add_callback("quote_update", seen.append)
    assert await client.connect()
    socket = peer.hub("market")
    for extra in (odd, b"7"):
        socket.push(
            b'{"type":1,"target":"GatewayQuote","arguments":["%s",{"lastPrice":1.5,"odd":%s}]}'
            b"\x1e" % (MNQ.encode(), extra)
        )
    await asyncio.sleep(1)
    assert len(owner.records) == 2
    assert seen[-1] == {"contract_id": MNQ, "data": {"lastPrice": 1.5, "odd": 7}}
    counted = client.get_stats()["decode_errors"].get("payload: not JSON", 0)
    assert counted + len(seen) == 2
    assert peer.hub("market") is socket
    await client.cleanup()


@in_virtual_time
async def test_a_payload_that_is_no_json_value_is_counted() -> None:
    """A number beyond any float passes the framing, and stops at the payload."""
    peer = Peer()
    client = peer.client()
    seen: list[Any] = []
    await client.add_callback("order_update", seen.append)
    assert await client.connect()
    record = b'{"type":1,"target":"GatewayUserOrder","arguments":[{"accountId":1e999}]}\x1e'
    peer.hub("user").push(record)
    await asyncio.sleep(1)
    assert seen == []
    assert client.get_stats()["decode_errors"] == {"payload: not JSON": 1}
    await client.cleanup()


@pytest.mark.checklist(18, 19)
@in_virtual_time
async def test_the_client_keeps_no_data() -> None:
    """After many events no payload of theirs can be found in what the client holds."""
    import gc

    peer, owner = Peer(), Owner()
    client = peer.client()
    client.attach(MNQ, GRID, owner, rank=0)
    assert await client.connect()
    for number in range(500):
        peer.emit("market", "GatewayQuote", MNQ, {"bestBid": number, "symbol": "needle"})
        peer.emit("user", "GatewayUserOrder", {"accountId": ACCOUNT, "customTag": "needle"})
    await asyncio.sleep(1)
    owner.records.clear()
    gc.collect()
    seen: set[int] = set()
    queue: list[Any] = [vars(client)]
    found = 0
    while queue:
        item = queue.pop()
        if id(item) in seen or isinstance(item, type | Peer) or callable(item):
            continue
        seen.add(id(item))
        found += item == "needle" or isinstance(item, Quote | Trade | Depth)
        for inner in gc.get_referents(item):
            if type(inner).__module__.startswith("project_x_py") or type(inner) in (
                dict,
                list,
                tuple,
                str,
            ):
                queue.append(inner)  # noqa: PERF401 - a walk
    assert found == 0
    assert len(seen) > 20
    assert json.dumps(client.get_stats(), default=str).count("needle") == 0
    await client.cleanup()
