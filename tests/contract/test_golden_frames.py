"""Contract cards: what travels over the hubs, character for character.

In the patterns ``<n>`` is a number of contracts or an id, ``<p>`` a price, and ``<t>`` a time as
the hubs write it; everything else stands as it is sent.
"""

from __future__ import annotations

import re

import msgspec
from tests.contract.cards import card
from tests.contract.test_hub_quirks import DEPTH, QUOTES, TRADES, Peer, market, user
from tests.simulator.scripted import records_of
from tests.simulator.trading import (
    BUY,
    LIMIT,
    MARKET,
    POSITION,
    SELL,
    WORKING,
    Trader,
)

from project_x_py._wire import signalr
from project_x_py.simulator import faults

KINDS = {
    "<n>": r"\d+",
    "<p>": r"-?(0|[1-9]\d*)(\.\d*[1-9])?",
    "<t>": r"2026-09-01T\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?\+00:00",
}
MNQ = "CON.F.US.MNQ.U26"
FIRST_ACCOUNT = 21_000_001


def is_frame(record: bytes, pattern: str) -> bool:
    """Whether a record is as a pattern has it."""
    text = re.escape(pattern)
    for kind, expression in KINDS.items():
        text = text.replace(re.escape(kind), expression)
    return re.fullmatch(text, record.decode()) is not None


def check(records: list[bytes], *patterns: str) -> None:
    """Hold that every pattern is met by a record."""
    for pattern in patterns:
        assert any(is_frame(record, pattern) for record in records), (pattern, records)


def test_a_pattern_is_strict() -> None:
    """A member too many, a float for a short number or a null is not what a pattern has."""
    pattern = '{"price":<p>,"volume":<n>,"timestamp":"<t>"}'
    time = "2026-09-01T14:30:00.5+00:00"
    assert is_frame(b'{"price":-0.25,"volume":3,"timestamp":"%s"}' % time.encode(), pattern)
    for wrong in ("24000.0", "24000.250", "null", '"24000"', "1e3"):
        assert not is_frame(
            f'{{"price":{wrong},"volume":3,"timestamp":"{time}"}}'.encode(), pattern
        )
    for wrong in ("2026-09-01T14:30:00Z", "2026-09-01T14:30:00.50+00:00"):
        record = f'{{"price":1,"volume":3,"timestamp":"{wrong}"}}'
        assert not is_frame(record.encode(), pattern)


async def raw(trader: Trader, hub: str, *calls: tuple[str, object]) -> list[bytes]:
    """The records that a connection gets which makes some calls, up to the last completion."""
    socket = await trader.connect(hub)
    for number, (method, argument) in enumerate(calls):
        await socket.send(signalr.encode_invocation(method, [argument], str(number)))
    records: list[bytes] = []
    while sum(b'"type":3' in record for record in records) < len(calls):
        records += records_of(await socket.receive())
    return records


def events(trader: Trader, target: str) -> list[bytes]:
    """What the trader was told of some kind, as it was sent."""
    records = [record for data in trader.raw for record in records_of(data)]
    return [record for record in records if f'"{target}"'.encode() in record]


USER = '{"type":1,"target":"GatewayUser%s","arguments":[{"action":%d,"data":{%s}}]}'
ORDER = f'"id":<n>,"accountId":{FIRST_ACCOUNT},"contractId":"{MNQ}","symbolId":"F.US.MNQ",' + (
    '"creationTimestamp":"<t>","updateTimestamp":"<t>","status":%d,"type":%d,"side":%d,'
)


@card()
async def test_gf01_greeting_and_completions(trader: Trader) -> None:
    """A greeting is answered with an empty object, a call with its id, a wrong one with words."""
    hub = trader.gateway.config.user_hub_url
    (done,) = await raw(trader, hub, ("SubscribeOrders", FIRST_ACCOUNT))
    assert done == b'{"type":3,"invocationId":"0","result":null}'
    (wrong,) = await raw(trader, hub, ("SubscribeAccounts", 5))
    assert wrong == (
        b'{"type":3,"invocationId":"0","error":"Failed to invoke \'SubscribeAccounts\' due to an '
        b"error on the server. InvalidDataException: Invocation provides 1 argument(s) but target "
        b'expects 0."}'
    )
    (none,) = await raw(trader, hub, ("SubscribeToOrders", 5))
    assert b"Method does not exist" in none


@card()
async def test_gf02_a_bracket(trader: Trader) -> None:
    """Legs are suspended without a price, with signed distances; only the target is linked."""
    legs = {
        "stopLossBracket": {"ticks": 40, "type": 4},
        "takeProfitBracket": {"ticks": -80, "type": 1},
    }
    entry = await trader.order(LIMIT, SELL, limitPrice=24_010, customTag="run7", **legs)
    await trader.status(entry, WORKING)
    check(
        events(trader, "GatewayUserOrder"),
        USER % ("Order", 1, ORDER % (8, 4, 0) + '"size":1,"fillVolume":0,"customTag":"run7-SL",'
                f'"trailDistance":40,"trailPrice":10,"parentOrderId":{entry}'),
        USER % ("Order", 1, ORDER % (6, 1, 1) + '"size":1,"limitPrice":24010,"fillVolume":0,'
                '"customTag":"run7"'),
        USER % ("Order", 1, ORDER % (8, 1, 0) + '"size":1,"fillVolume":0,"customTag":"run7-TP",'
                f'"trailDistance":-80,"trailPrice":-20,"parentOrderId":{entry},'
                f'"linkedOrderId":{entry + 1}'),
        USER % ("Order", 1, ORDER % (1, 1, 1) + '"size":1,"limitPrice":24010,"fillVolume":0,'
                '"customTag":"run7"'),
    )  # fmt: skip


@card()
async def test_gf03_a_round_turn(trader: Trader) -> None:
    """Executions, orders, positions and balances, without the members that have no value."""
    await trader.filled(MARKET, BUY)
    await trader.filled(MARKET, SELL)
    await trader.hear(lambda e: e[0] == POSITION and e[2]["size"] == 0)
    trade = f'"id":<n>,"accountId":{FIRST_ACCOUNT},"contractId":"{MNQ}","creationTimestamp":"<t>",'
    costs = '"fees":0.36,"commissions":0.25,'
    check(
        events(trader, "GatewayUserTrade"),
        USER % ("Trade", 0, trade + f'"price":<p>,{costs}"side":0,"size":1,"voided":false,'
                '"orderId":<n>'),
        USER % ("Trade", 0, trade + f'"price":<p>,"profitAndLoss":<p>,{costs}"side":1,"size":1,'
                '"voided":false,"orderId":<n>'),
    )  # fmt: skip
    filled = '"size":1,"fillVolume":1,"filledPrice":<p>'
    check(events(trader, "GatewayUserOrder"), USER % ("Order", 2, ORDER % (2, 2, 0) + filled))
    position = (
        f'"id":<n>,"accountId":{FIRST_ACCOUNT},"contractId":"{MNQ}",'
        '"contractDisplayName":"MNQU26","creationTimestamp":"<t>",'
    )
    check(
        events(trader, "GatewayUserPosition"),
        USER % ("Position", 1, position + '"type":1,"size":1,"averagePrice":<p>'),
        USER % ("Position", 2, position + '"type":0,"size":0,"averagePrice":<p>'),
    )
    check(
        events(trader, "GatewayUserAccount"),
        USER % ("Account", 1, f'"id":{FIRST_ACCOUNT},"name":"PRAC-V2-100001-{FIRST_ACCOUNT}",'
                '"balance":149999.39,"canTrade":true,"isVisible":true,"simulated":true'),
    )  # fmt: skip


@card()
async def test_gf04_quotes(trader: Trader) -> None:
    """The first quote is whole; later ones hold what changed, and always symbol and times."""
    hub = trader.gateway.config.market_hub_url
    head = f'{{"type":1,"target":"GatewayQuote","arguments":["{MNQ}",{{"symbol":"F.US.MNQ",'
    tail = f'"lastUpdated":"<t>","timestamp":"<t>","contract":"{MNQ}"}}]}}'
    records = await raw(trader, hub, (QUOTES, MNQ), (TRADES, MNQ))
    check(
        records,
        head + '"lastPrice":<p>,"bestBid":<p>,"bestAsk":<p>,"change":<p>,"changePercent":<p>,'
        '"open":<p>,"high":<p>,"low":<p>,"volume":<n>,' + tail,
    )
    peer = await market(trader, QUOTES)
    trader.gateway.market.resume()
    await peer.read(lambda r: len([one for one in peer.records if one["type"] == 1]) > 20)
    trader.gateway.market.pause()
    quotes = [record["arguments"] for record in peer.records if record["type"] == 1]
    assert {name for name, _ in quotes} == {MNQ}
    for _, quote in quotes:
        assert {"symbol", "lastUpdated", "timestamp", "contract"} <= set(quote)
        assert None not in quote.values()
    assert min(len(quote) for _, quote in quotes) < len(quotes[0][1])


@card()
async def test_gf05_prints(trader: Trader) -> None:
    """The payload is a list; the kind is the side of who took, and the root is the symbol."""
    socket = await trader.connect(trader.gateway.config.market_hub_url)
    await socket.send(signalr.encode_invocation(TRADES, [MNQ], "1"))
    assert records_of(await socket.receive()) == [b'{"type":3,"invocationId":"1","result":null}']
    price = trader.gateway.contracts[0].grid.decimal(trader.best(SELL)).normalize()
    await trader.order(MARKET, BUY, 1)
    check(
        records_of(await socket.receive()),
        f'{{"type":1,"target":"GatewayTrade","arguments":["{MNQ}",[{{"symbolId":"F.US.MNQ",'
        f'"price":{price:f},"timestamp":"<t>","type":0,"volume":1,"contractId":"{MNQ}"}}]]}}',
    )


@card()
async def test_gf06_depth(trader: Trader) -> None:
    """A reset row heads the whole book, in one list: bids, then asks, sizes as volume."""
    hub = trader.gateway.config.market_hub_url
    records = await raw(trader, hub, (DEPTH, MNQ), (TRADES, MNQ))
    (depth,) = [record for record in records if b"GatewayDepth" in record]
    row = (
        f'{{"contractId":"{MNQ}","timestamp":"<t>","type":%d,"price":%s,"volume":%s,'
        '"currentVolume":0}'
    )
    rows = [row % (6, "0", "0"), *[row % (2, "<p>", "<n>")] * 10, *[row % (1, "<p>", "<n>")] * 10]
    head = f'{{"type":1,"target":"GatewayDepth","arguments":["{MNQ}",['
    check([depth], head + ",".join(rows) + "]]}")
    sizes = {one["price"]: one["volume"] for one in msgspec.json.decode(depth)["arguments"][1][1:]}
    assert sizes == {
        trader.price(price): size for side in (BUY, SELL) for price, size in trader.levels(side)
    }


@card()
async def test_gf07_a_large_depth_frame(trader: Trader) -> None:
    """A book of a megabyte comes in one piece, with the true one behind it."""
    peer = await market(trader, DEPTH)
    trader.gateway.faults.apply(faults.LargeDepth(size_bytes=1024 * 1024))
    await peer.read(lambda r: sum(one.get("target") == "GatewayDepth" for one in peer.records) > 2)
    large, true = (record["arguments"][1] for record in peer.records[-2:])
    assert len(large) > 8_000
    assert large[0]["type"] == true[0]["type"] == 6
    assert len(true) == 21


@card()
async def test_gf08_the_last_record(trader: Trader) -> None:
    """A server that gives up says why, and whether to come back."""
    peer = await market(trader)
    trader.gateway.faults.apply(faults.Close(hub="market", allow_reconnect=True))
    assert await peer.read(lambda r: r["type"] == 7) == {
        "type": 7,
        "error": "Connection closed with an error.",
        "allowReconnect": True,
    }


@card()
async def test_gf09_negotiation(trader: Trader) -> None:
    """Version 0 has an id, version 1 a token as well; both name WebSockets, text and binary."""
    offered = [{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]
    for hub in ("user", "market"):
        old = msgspec.json.decode((await trader.reply(f"/hubs/{hub}/negotiate", b"")).body)
        assert list(old) == ["connectionId", "availableTransports"]
        path = f"/hubs/{hub}/negotiate?negotiateVersion=1"
        new = msgspec.json.decode((await trader.reply(path, b"")).body)
        assert list(new) == [
            "negotiateVersion", "connectionToken", "connectionId", "availableTransports",
        ]  # fmt: skip
        assert old["availableTransports"] == new["availableTransports"] == offered
        assert (await trader.reply(path, b"", token="a.b.c")).status == 401


@card()
async def test_gf10_calls_without_an_id(trader: Trader) -> None:
    """They are carried out and not answered; a second subscription changes nothing."""
    socket = await trader.connect(trader.gateway.config.user_hub_url)
    for _ in range(2):
        await socket.send(signalr.encode_invocation("SubscribeTrades", [FIRST_ACCOUNT]))
    peer = Peer(socket)
    await peer.call("SubscribeTrades", FIRST_ACCOUNT)
    assert [record["type"] for record in peer.records] == [3]
    await trader.filled(MARKET, BUY)
    await peer.call("UnsubscribeTrades", FIRST_ACCOUNT)
    assert [record["type"] for record in peer.records] == [3, 1, 3]
    await trader.filled(MARKET, BUY)
    await peer.call("UnsubscribeTrades", FIRST_ACCOUNT)
    assert [record["type"] for record in peer.records] == [3, 1, 3, 3]


@card()
async def test_gf11_nothing_is_sent_unasked(trader: Trader) -> None:
    """A user hub subscription is followed by silence, whatever the account holds."""
    await trader.filled(MARKET, BUY)
    peer = await user(trader)
    for what in ("Orders", "Positions", "Trades"):
        await peer.call(f"Subscribe{what}", FIRST_ACCOUNT)
    assert await peer.all_until("SubscribeAccounts") == []
