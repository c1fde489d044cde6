"""Payloads of the hubs as records: the contract's samples, its quirks, and garbage."""

from __future__ import annotations

import json
import logging
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.grid import TickGrid
from project_x_py._core.records import (
    AccountUpdate,
    Aggressor,
    Depth,
    DepthLevel,
    OrderUpdate,
    PositionUpdate,
    Quote,
    Trade,
    TradeUpdate,
)
from project_x_py._core.time import parse_ns
from project_x_py._wire import decode
from project_x_py._wire.decode import DecodeStats, MarketDecoder
from project_x_py._wire.decode import _market as markets
from project_x_py._wire.decode import _time as times
from project_x_py._wire.signalr import decode_record
from project_x_py.exceptions import ProjectXDataError

MNQ = "CON.F.US.MNQ.U26"
GRID = TickGrid(0.25, 0.5)
RECV = 1_800_000_000_000_000_000
QUOTE = {
    "symbol": "F.US.MNQ",
    "bestBid": 24104,
    "bestAsk": 24104.5,
    "lastUpdated": "2026-09-01T14:31:31.4170352+00:00",
    "timestamp": "2026-09-01T14:31:31.35+00:00",
    "contract": MNQ,
}
TRADE = {
    "symbolId": "F.US.MNQ",
    "price": 24104.25,
    "timestamp": "2026-09-01T14:31:30.052+00:00",
    "type": 1,
    "volume": 3,
    "contractId": MNQ,
}
LEVEL = {
    "contractId": MNQ,
    "timestamp": "2026-09-01T14:31:31.4173601+00:00",
    "type": 4,
    "price": 24104,
    "volume": 2,
    "currentVolume": 0,
}
TRADED = Trade(MNQ, 96417, 3, Aggressor.SELL, parse_ns(str(TRADE["timestamp"])), RECV)
QUOTED = Quote(
    contract_id=MNQ,
    exch_ns=parse_ns(str(QUOTE["timestamp"])),
    recv_ns=RECV,
    bid=96416,
    ask=96418,
)
LEVELLED = DepthLevel(4, 96416, 2, parse_ns(str(LEVEL["timestamp"])))
ORDER = {
    "id": 3391000302,
    "accountId": 20514377,
    "contractId": MNQ,
    "symbolId": "F.US.MNQ",
    "creationTimestamp": "2026-09-01T14:40:00.1180427+00:00",
    "updateTimestamp": "2026-09-01T14:40:00.1180427+00:00",
    "status": 8,
    "type": 4,
    "side": 0,
    "size": 1,
    "fillVolume": 0,
    "stopPrice": 24090.25,
    "customTag": "run7-000124-SL",
    "trailDistance": 40,
    "trailPrice": 10,
    "parentOrderId": 3391000301,
}
ORDERED = OrderUpdate(
    id=3391000302,
    account_id=20514377,
    contract_id=MNQ,
    status=8,
    type=4,
    side=0,
    size=1,
    stop=96361,
    custom_tag="run7-000124-SL",
    parent_id=3391000301,
    created_ns=parse_ns("2026-09-01T14:40:00.1180427Z"),
    updated_ns=parse_ns("2026-09-01T14:40:00.1180427Z"),
    recv_ns=RECV,
)
POSITION = {
    "id": 811000417,
    "accountId": 20514377,
    "contractId": MNQ,
    "contractDisplayName": "MNQU26",
    "creationTimestamp": "2026-09-01T14:40:00.124411+00:00",
    "type": 2,
    "size": 3,
    "averagePrice": 24110.375,
}
FILL = {
    "id": 2990001399,
    "accountId": 20514377,
    "contractId": MNQ,
    "creationTimestamp": "2026-09-01T14:41:07.0093316+00:00",
    "price": 24120.5,
    "profitAndLoss": -20,
    "fees": 0.36,
    "commissions": 0.25,
    "side": 0,
    "size": 1,
    "voided": False,
    "orderId": 3391000302,
}
ACCOUNT = {
    "id": 20514377,
    "name": "PRAC-V2-100200-30040050",
    "balance": 150211.79,
    "canTrade": True,
    "isVisible": True,
    "simulated": True,
}


@pytest.fixture
def stats() -> DecodeStats:
    return DecodeStats()


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


def grid_for(contract_id: str) -> TickGrid | None:
    return GRID if contract_id == MNQ else None


def trades(payload: bytes, stats: DecodeStats) -> list[Trade]:
    return decode.decode_trades(payload, MNQ, GRID, RECV, stats)


def quotes(payload: bytes, stats: DecodeStats) -> list[Quote]:
    return decode.decode_quote(payload, MNQ, GRID, RECV, stats)


def depth(payload: bytes, stats: DecodeStats) -> list[Depth]:
    return decode.decode_depth(payload, MNQ, GRID, RECV, stats)


def shapes(entry: dict[str, Any]) -> list[Any]:
    """The ways in which the gateway, its documents and its clients wrap one entry."""
    return [
        entry,
        [entry],
        [None, entry, None],
        {"action": 1, "data": entry},
        {"action": 0, "data": [entry]},
        [{"action": 2, "data": entry}],
        [20514377, entry],
        entry | {"someNewMember": {"nested": [1]}},
    ]


@pytest.mark.parametrize("payload", shapes(TRADE))
def test_a_trade_of_any_shape_is_the_trade(payload: Any, stats: DecodeStats) -> None:
    """Lists, single objects, nulls and wrappers all give the one print."""
    assert trades(raw(payload), stats) == [TRADED]
    assert stats.total == 0


@pytest.mark.parametrize("payload", shapes(QUOTE))
def test_a_quote_of_any_shape_is_the_quote(payload: Any, stats: DecodeStats) -> None:
    """A sparse quote says what changed and nothing of the rest."""
    assert quotes(raw(payload), stats) == [QUOTED]
    assert stats.total == 0


@pytest.mark.parametrize("payload", shapes(LEVEL))
def test_depth_of_any_shape_is_the_message(payload: Any, stats: DecodeStats) -> None:
    """One message holds its levels in order."""
    assert depth(raw(payload), stats) == [Depth(MNQ, (LEVELLED,), RECV)]
    assert stats.total == 0


@pytest.mark.parametrize("payload", shapes(ORDER))
def test_an_order_of_any_shape_is_the_order(payload: Any, stats: DecodeStats) -> None:
    """The wrapper, sparse members and 64-bit ids are read; absent prices stay None."""
    assert decode.decode_orders(raw(payload), grid_for, RECV, stats) == [ORDERED]
    assert stats.total == 0


def test_a_full_quote_is_read_whole(stats: DecodeStats) -> None:
    """Every documented member arrives; the change stays a float as sent."""
    full = QUOTE | {
        "lastPrice": 24104.25,
        "open": 24000,
        "high": 24200,
        "low": 23900.75,
        "volume": 12345,
        "change": -25.5,
        "changePercent": 0.14,
    }
    (quote,) = quotes(raw(full), stats)
    assert (quote.last, quote.open, quote.high, quote.low) == (96417, 96000, 96800, 95603)
    assert (quote.volume, quote.change, quote.change_percent) == (12345, -25.5, 0.14)


def test_nulls_of_a_quote_are_unchanged(stats: DecodeStats) -> None:
    """A null member is the same as an absent one, and no zero."""
    (quote,) = quotes(raw({"bestBid": None, "bestAsk": 1, "volume": None}), stats)
    assert (quote.bid, quote.ask, quote.volume, quote.exch_ns) == (None, 4, None, RECV)


def test_a_quote_without_its_timestamp_uses_last_updated(stats: DecodeStats) -> None:
    """The exchange's time is preferred, the publisher's is next."""
    (quote,) = quotes(raw({"bestBid": 1, "lastUpdated": QUOTE["lastUpdated"]}), stats)
    assert quote.exch_ns == parse_ns(str(QUOTE["lastUpdated"]))


def test_a_quote_keeps_its_good_members(stats: DecodeStats) -> None:
    """An off-grid bid, a text ask and a negative volume are counted; the last price applies."""
    bad = {"bestBid": 24104.1, "bestAsk": "24104.5", "volume": -1, "lastPrice": 24104.25}
    (quote,) = quotes(raw(bad), stats)
    assert (quote.bid, quote.ask, quote.last, quote.volume) == (None, None, 96417, None)
    assert stats.counts == {
        "quote: off the grid": 1,
        "quote: wrong type": 1,
        "quote: negative size": 1,
    }


def test_a_quote_without_a_good_member_is_none(stats: DecodeStats) -> None:
    """Nothing is published of a quote that says nothing right."""
    assert quotes(raw({"bestBid": 24104.1}), stats) == []
    assert quotes(raw({}), stats) == []
    assert quotes(raw({"data": 5}), stats) == []
    assert stats.total == 1


@pytest.mark.parametrize(("code", "side"), [(0, "BUY"), (1, "SELL"), (2, "NONE"), (77, "NONE")])
def test_the_aggressor_is_known_or_none(code: int, side: str, stats: DecodeStats) -> None:
    """Codes 0 and 1 are sides, every other code and no code are none."""
    (trade,) = trades(raw([TRADE | {"type": code}]), stats)
    assert trade.aggressor is Aggressor[side]
    (bare,) = trades(raw([{"price": 1, "volume": 0}]), stats)
    assert (bare.aggressor, bare.size, bare.exch_ns) == (Aggressor.NONE, 0, RECV)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (TRADE | {"price": 24104.1}, "trade: off the grid"),
        (TRADE | {"price": math.nan}, "trade: off the grid"),
        (TRADE | {"price": math.inf}, "trade: off the grid"),
        (TRADE | {"price": None}, "trade: wrong type"),
        (TRADE | {"volume": -1}, "trade: negative size"),
        (TRADE | {"volume": 1.5}, "trade: wrong type"),
        (TRADE | {"volume": "1"}, "trade: wrong type"),
        (TRADE | {"type": "Buy"}, "trade: wrong type"),
        (TRADE | {"timestamp": "soon"}, "trade: not a time"),
        (TRADE | {"timestamp": 5}, "trade: wrong type"),
        ("text", "trade: not an object"),
        (7, "trade: not an object"),
    ],
)
def test_a_bad_trade_leaves_its_neighbours(bad: Any, kind: str, stats: DecodeStats) -> None:
    """One entry is counted under its kind, the others apply in order."""
    assert trades(raw([TRADE, bad, TRADE]), stats) == [TRADED, TRADED]
    assert stats.counts == {kind: 1}


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (LEVEL | {"price": 24104.1}, "depth: off the grid"),
        (LEVEL | {"price": None}, "depth: without a price or a size"),
        (LEVEL | {"volume": None}, "depth: without a price or a size"),
        (LEVEL | {"volume": -2}, "depth: negative size"),
        (LEVEL | {"type": "Bid"}, "depth: wrong type"),
        (LEVEL | {"timestamp": "soon"}, "depth: not a time"),
    ],
)
def test_a_bad_level_leaves_its_neighbours(bad: Any, kind: str, stats: DecodeStats) -> None:
    """One level is counted under its kind, the others stay one message."""
    assert depth(raw([LEVEL, bad, LEVEL]), stats) == [Depth(MNQ, (LEVELLED, LEVELLED), RECV)]
    assert stats.counts == {kind: 1}
    assert depth(raw([bad]), DecodeStats()) == []


def test_a_reset_needs_no_price(stats: DecodeStats) -> None:
    """A reset row clears whatever its price and size say, at the time of reception if unset."""
    rows = [
        {"type": 6, "price": 0.1, "volume": -1, "timestamp": "0001-01-01T00:00:00+00:00"},
        {"type": 6},
        LEVEL | {"type": 23},
    ]
    (message,) = depth(raw(rows), stats)
    assert message.levels[0] == message.levels[1] == DepthLevel(6, 0, 0, RECV)
    assert message.levels[2].kind == 23
    assert stats.total == 0


@pytest.mark.parametrize("payload", [b"", b"{", b"[1e999]x", b"\xff", b"[" * 5000])
def test_what_is_not_json_is_counted(payload: bytes) -> None:
    """A payload that is not JSON gives nothing, raises nothing, and is counted once."""
    readers = [
        trades,
        quotes,
        depth,
        lambda p, s: decode.decode_orders(p, grid_for, RECV, s),
        lambda p, s: decode.decode_positions(p, grid_for, RECV, s),
        lambda p, s: decode.decode_fills(p, grid_for, RECV, s),
        lambda p, s: decode.decode_accounts(p, grid_for, RECV, s),
    ]
    for read in readers:
        stats = DecodeStats()
        assert read(payload, stats) == []
        assert stats.total == 1
        assert "not JSON" in next(iter(stats.counts))


def test_an_order_keeps_what_is_right(stats: DecodeStats) -> None:
    """An impossible price or time of an order is not sent; the order itself is not lost."""
    bad = ORDER | {"limitPrice": 24104.1, "updateTimestamp": "soon", "filledPrice": 24100.333}
    (order,) = decode.decode_orders(raw(bad), grid_for, RECV, stats)
    assert (order.limit, order.updated_ns, order.average_fill) == (None, None, 24100.333)
    assert stats.counts == {"order: price off the grid": 1, "order: not a time": 1}


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ({"side": None}, "order: wrong type or member missing"),
        ({"id": "33910003x2"}, "order: wrong type or member missing"),
        ({"size": -1}, "order: negative size"),
        ({"fillVolume": -1}, "order: negative size"),
        ({"contractId": "CON.F.US.EP.U26"}, "order: contract not known"),
    ],
)
def test_an_order_that_makes_no_sense_is_counted(
    bad: dict[str, Any], kind: str, stats: DecodeStats
) -> None:
    """A missing side is never a buy; the good entry beside it applies."""
    payload = raw([ORDER | bad, ORDER])
    assert decode.decode_orders(payload, grid_for, RECV, stats) == [ORDERED]
    assert stats.counts == {kind: 1}


def test_nulls_of_an_order_are_absent(stats: DecodeStats) -> None:
    """Explicit nulls, as REST sends them, are the same as absent members."""
    sparse = ORDER | {"limitPrice": None, "fillVolume": None, "filledPrice": None}
    assert decode.decode_orders(raw(sparse), grid_for, RECV, stats) == [ORDERED]


@pytest.mark.parametrize(
    ("change", "net"),
    [({}, -3), ({"type": 1}, 3), ({"type": 0, "size": 0}, 0), ({"type": 2, "size": 0.0}, 0)],
)
def test_a_position_is_signed(change: dict[str, Any], net: int, stats: DecodeStats) -> None:
    """Long is positive, short negative, size 0 flat whatever the type; the average may be odd."""
    payload = raw({"action": 2, "data": POSITION | change})
    (position,) = decode.decode_positions(payload, grid_for, RECV, stats)
    assert position == PositionUpdate(
        id=811000417,
        account_id=20514377,
        contract_id=MNQ,
        net=net,
        average_price=24110.375,
        created_ns=parse_ns("2026-09-01T14:40:00.124411Z"),
        recv_ns=RECV,
    )


@pytest.mark.parametrize(
    "bad", [{"type": 0}, {"type": 3}, {"size": -1}, {"type": None}, {"averagePrice": math.inf}]
)
def test_a_position_without_a_sign_is_counted(bad: dict[str, Any], stats: DecodeStats) -> None:
    """A position that is neither long, short nor flat is not guessed."""
    assert decode.decode_positions(raw(POSITION | bad), grid_for, RECV, stats) == []
    assert stats.total == 1


def test_a_fill_is_read(stats: DecodeStats) -> None:
    """Profit absent is None, costs absent are zero, a missing time is that of reception."""
    payload = raw({"action": 0, "data": FILL})
    expected = TradeUpdate(
        id=2990001399,
        account_id=20514377,
        contract_id=MNQ,
        order_id=3391000302,
        price=96482,
        size=1,
        side=0,
        profit_and_loss=-20.0,
        fees=0.36,
        commissions=0.25,
        exch_ns=parse_ns("2026-09-01T14:41:07.0093316Z"),
        recv_ns=RECV,
    )
    assert decode.decode_fills(payload, grid_for, RECV, stats) == [expected]
    names = ("profitAndLoss", "fees", "commissions", "voided", "creationTimestamp")
    bare = {key: value for key, value in FILL.items() if key not in names}
    (fill,) = decode.decode_fills(raw(bare), grid_for, RECV, stats)
    assert (fill.profit_and_loss, fill.fees, fill.voided, fill.exch_ns) == (None, 0, False, RECV)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ({"price": 24120.6}, "fill: off the grid"),
        ({"size": -1}, "fill: negative size"),
        ({"contractId": "X"}, "fill: contract not known"),
        ({"orderId": None}, "fill: wrong type or member missing"),
        ({"fees": math.nan}, "fill: not a finite number"),
    ],
)
def test_a_bad_fill_is_counted(bad: dict[str, Any], kind: str, stats: DecodeStats) -> None:
    """A fill that cannot be booked is left out under its kind."""
    assert decode.decode_fills(raw(FILL | bad), grid_for, RECV, stats) == []
    assert stats.counts == {kind: 1}


def test_an_account_is_read(stats: DecodeStats) -> None:
    """All members arrive; a balance that is no number is counted."""
    payload = raw({"action": 1, "data": ACCOUNT})
    assert decode.decode_accounts(payload, grid_for, RECV, stats) == [
        AccountUpdate(
            id=20514377,
            name="PRAC-V2-100200-30040050",
            balance=150211.79,
            can_trade=True,
            visible=True,
            simulated=True,
            recv_ns=RECV,
        )
    ]
    assert decode.decode_accounts(raw(ACCOUNT | {"balance": math.nan}), grid_for, RECV, stats) == []
    assert stats.total == 1


def arguments(*values: Any) -> list[msgspec.Raw]:
    record = {"type": 1, "target": "x", "arguments": list(values)}
    return decode_record(raw(record)).arguments


def test_the_first_argument_names_the_contract(stats: DecodeStats) -> None:
    """Two arguments are contract and payload, whatever root the payload names."""
    found = decode.market_arguments(arguments(MNQ, QUOTE), stats)
    assert found is not None
    assert (found[0], json.loads(bytes(found[1]))) == (MNQ, QUOTE)
    lone = decode.market_arguments(arguments([None, TRADE]), stats)
    assert lone is not None
    assert lone[0] == MNQ
    assert stats.total == 0


@pytest.mark.parametrize("values", [(), ({"symbol": "F.US.MNQ"},), (5, QUOTE), (1, 2, 3)])
def test_a_market_event_without_a_contract_is_counted(
    values: tuple[Any, ...], stats: DecodeStats
) -> None:
    """A root symbol is never taken for a contract."""
    assert decode.market_arguments(arguments(*values), stats) is None
    assert stats.total == 1


def test_the_last_argument_is_the_users(stats: DecodeStats) -> None:
    """A payload may follow the account's number; no argument is counted."""
    for values in ((ORDER,), (20514377, ORDER)):
        found = decode.user_argument(arguments(*values), stats)
        assert found is not None
        assert json.loads(bytes(found)) == ORDER
    assert decode.user_argument([], stats) is None
    assert stats.total == 1


def test_whole_records_of_the_usual_shape_are_read_at_once(stats: DecodeStats) -> None:
    """The one-pass path gives what the path over the envelope gives; other records give None."""
    decoder = MarketDecoder(MNQ, GRID, stats)
    cases: list[tuple[str, Any]] = [
        ("GatewayQuote", QUOTE),
        ("GatewayTrade", [TRADE, None]),
        ("GatewayDepth", [LEVEL, None]),
    ]
    for target, payload in cases:
        record = raw({"type": 1, "target": target, "arguments": [MNQ, payload]})
        event = decode.read_market_event(record)
        assert event is not None
        assert event.arguments[0] == MNQ
        if isinstance(event, decode.QuoteEvent):
            assert decoder.quote_row(event.arguments[1], RECV) == QUOTED
        elif isinstance(event, decode.TradeEvent):
            assert decoder.trade_rows(event.arguments[1], RECV) == [TRADED]
        else:
            message = decoder.depth_rows(event.arguments[1], RECV)
            assert message == Depth(MNQ, (LEVELLED,), RECV)
    for other in ({"type": 6}, {"type": 3, "invocationId": "1"}, {"type": 1, "target": "X"}, 5):
        assert decode.read_market_event(raw(other)) is None
    assert decode.read_market_event(b"\xff") is None
    bad = decode.read_market_event(
        raw({"type": 1, "target": "GatewayQuote", "arguments": [MNQ, QUOTE | {"bestBid": 0.1}]})
    )
    assert isinstance(bad, decode.QuoteEvent)
    with pytest.raises(ProjectXDataError):
        decoder.quote_row(bad.arguments[1], RECV)
    quote = decoder.repaired_quote(bad.arguments[1], RECV)
    assert quote is not None
    assert (quote.bid, quote.ask) == (None, 96418)


def test_prices_are_memorised_within_bounds(
    monkeypatch: pytest.MonkeyPatch, stats: DecodeStats
) -> None:
    """The memos of prices and seconds are emptied when they are full, and stay right."""
    monkeypatch.setattr(markets, "MEMO_PRICES", 2)
    monkeypatch.setattr(times, "MEMO_SECONDS", 2)
    decoder = MarketDecoder(MNQ, GRID, stats)
    rows = [
        TRADE | {"price": p / 4, "timestamp": f"2026-09-01T14:31:{p:02}.5+00:00"}
        for p in (1, 2, 3, 4, 1, 2)
    ]
    found = decoder.trades(raw(rows), RECV)
    assert [trade.price for trade in found] == [1, 2, 3, 4, 1, 2]
    assert found[0].exch_ns == found[4].exch_ns


def test_what_is_left_out_is_shown_without_secrets(
    stats: DecodeStats, caplog: pytest.LogCaptureFixture
) -> None:
    """One log line per kind; tokens are gone and long texts are cut."""
    bad = "access_token=eyJhbGciOiJIUzI1NiJ9.secretsecret.x " + "y" * 5000
    with caplog.at_level(logging.WARNING):
        trades(raw([bad, bad]), stats)
        stats.note("other", bad.encode())
    assert stats.counts == {"trade: not an object": 2, "other": 1}
    assert len(caplog.records) == 2
    assert "secretsecret" not in caplog.text + str(stats.last)
    assert all(len(text) <= 200 for text in stats.last.values())


def test_the_package_names_what_it_has() -> None:
    """Every exported name is there, any other is an AttributeError."""
    for name in decode.__all__:
        assert getattr(decode, name) is not None
    with pytest.raises(AttributeError, match="nothing_such"):
        decode.nothing_such  # noqa: B018


@given(
    text=st.text(max_size=40)
    | st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["2026-09-01T14:31:31", "2026-09-01 14:31:3", "1969-01-01T00:00:00"]),
        st.sampled_from([".", ",", ""]),
        st.text("0123456789²٣+", max_size=11),
        st.sampled_from(["+00:00", "Z", "-05:00", ""]),
    )
)
def test_times_are_those_of_the_one_parser(text: str) -> None:
    """The memo changes no result, on the first sight of a second and on the next."""
    try:
        expected = parse_ns(text)
    except ProjectXDataError:
        expected = None
    for _ in range(2):
        try:
            found = times.exchange_ns(text, RECV)
        except ProjectXDataError:
            assert expected is None
        else:
            assert expected is not None
            assert found == (expected if expected > 0 else RECV)


members = st.dictionaries(
    st.sampled_from([*TRADE, *QUOTE, *LEVEL, *ORDER, *POSITION, *FILL, *ACCOUNT, "data"]),
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([*ORDER.values(), *LEVEL.values()])
    | st.text(max_size=3),
    max_size=12,
)
payloads = st.recursive(
    members | st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.fixed_dictionaries({"data": inner}),
    max_leaves=6,
)


@given(payload=payloads | st.binary(max_size=20))
def test_no_payload_raises(payload: Any) -> None:
    """Whatever comes is records or counts; records hold integers only where they promise."""
    body = payload if isinstance(payload, bytes) else raw(payload)
    stats = DecodeStats()
    market = [*trades(body, stats), *quotes(body, stats), *depth(body, stats)]
    for record in market:
        if isinstance(record, Trade):
            assert type(record.price) is int
            assert record.size >= 0
        assert record.recv_ns == RECV
    for read in (
        decode.decode_orders,
        decode.decode_positions,
        decode.decode_fills,
        decode.decode_accounts,
    ):
        assert isinstance(read(body, grid_for, RECV, stats), list)
    assert len(stats.counts) < 40
