"""Contract cards: every switch of the hubs, both ways, as a client sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from tests.contract.cards import Look, Switch, play_switch, switch_cards
from tests.simulator.scripted import records_of
from tests.simulator.trading import BUY, JOIN_BID, MARKET, ORDER, TRADE, WORKING, Trader

from project_x_py._ports import Socket
from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXConnectionError

QUOTES, TRADES, DEPTH = (f"SubscribeContract{name}" for name in ("Quotes", "Trades", "MarketDepth"))
Record = dict[str, Any]


class Peer:
    """A raw connection to a hub: what was sent, record by record.

    Args:
        socket: The connection, greeted.
    """

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.records: list[Record] = []
        self.frames: list[int] = []

    async def call(self, method: str, *arguments: object) -> Record:
        """The completion of a call; what came before it is kept."""
        number = f"{method}-{len(self.records)}"
        await self.socket.send(signalr.encode_invocation(method, list(arguments), number))
        return await self.read(lambda r: r.get("invocationId") == number)

    async def read(self, wanted: Callable[[Record], bool]) -> Record:
        """The first record of some kind, waited for if need be."""
        at = 0
        while True:
            for record in self.records[at:]:
                if wanted(record):
                    return record
            at = len(self.records)
            records = records_of(await self.socket.receive())
            self.frames.append(len(records))
            self.records += [msgspec.json.decode(record) for record in records]

    async def event(self, target: str) -> list[Any]:
        """The arguments of the first event of a name."""
        arguments: list[Any] = (await self.read(lambda r: r.get("target") == target))["arguments"]
        return arguments

    async def all_until(self, method: str, *arguments: object) -> list[Record]:
        """The events that have come when a last call is completed."""
        await self.call(method, *arguments)
        return [record for record in self.records if record["type"] == 1]


async def market(trader: Trader, *methods: str) -> Peer:
    """A connection to the market hub that subscribes to the contract."""
    peer = Peer(await trader.connect(trader.gateway.config.market_hub_url))
    for method in methods:
        await peer.call(method, trader.contract.contract_id)
    return peer


async def user(trader: Trader, token: str | None = None) -> Peer:
    """Another connection to the user hub."""
    return Peer(await trader.connect(trader.gateway.config.user_hub_url, token))


async def snapshot(trader: Trader) -> list[Record]:
    """The depth messages that a subscription begins with."""
    peer = await market(trader, DEPTH)
    return await peer.all_until(TRADES, trader.contract.contract_id)


async def user_pictures(trader: Trader) -> object:
    """What subscribers to an account with an order and a position are told at once."""
    await trader.filled(MARKET, BUY)
    await trader.status(await trader.order(JOIN_BID, BUY), WORKING)
    peer = await user(trader)
    await peer.call("SubscribeAccounts")
    for what in ("Orders", "Positions", "Trades"):
        await peer.call(f"Subscribe{what}", trader.account)
    told = await peer.all_until("SubscribeAccounts")
    return [record["target"].removeprefix("GatewayUser") for record in told]


async def market_pictures(trader: Trader) -> object:
    """What subscribers to a market that stands still are told at once."""
    peer = await market(trader, QUOTES, DEPTH)
    told = await peer.all_until(TRADES, trader.contract.contract_id)
    return [record["target"] for record in told]


async def later_quotes(trader: Trader) -> object:
    """Whether every one of some quotes is whole."""
    peer = await market(trader, QUOTES)
    trader.gateway.market.resume()
    await peer.read(lambda r: len([q for q in peer.records if q.get("target")]) > 20)
    trader.gateway.market.pause()
    quotes = [r["arguments"][1] for r in peer.records if r.get("target") == "GatewayQuote"]
    whole = {"bestBid", "bestAsk", "lastPrice", "change", "open", "high", "low", "volume"}
    assert whole <= set(quotes[0])
    return all(whole <= set(quote) for quote in quotes)


async def print_payload(trader: Trader) -> list[Any]:
    """The arguments of the message about a print, and the depth message after it."""
    peer = await market(trader, TRADES)
    await trader.filled(MARKET, BUY)
    return await peer.event("GatewayTrade")


async def lists(trader: Trader) -> object:
    """Whether a print and a snapshot come as lists, and how many messages the snapshot takes."""
    _, payload = await print_payload(trader)
    rows = await snapshot(trader)
    shapes = {type(row["arguments"][1]) for row in rows}
    return type(payload), shapes, len(rows) > 1


async def last_of_lists(trader: Trader) -> object:
    """Whether the lists of prints and depth end with a null."""
    _, prints = await print_payload(trader)
    (depth,) = await snapshot(trader)
    return prints[-1] is None, depth["arguments"][1][-1] is None


async def contract_names(trader: Trader) -> object:
    """Whether quote, print and depth row name their contract."""
    _, prints = await print_payload(trader)
    (depth,) = await snapshot(trader)
    _, quote = await (await market(trader, QUOTES)).event("GatewayQuote")
    assert quote["symbol"] == prints[0]["symbolId"] == trader.contract.symbol_id
    rows = depth["arguments"][1]
    return "contract" in quote, "contractId" in prints[0], "contractId" in rows[0]


async def current_volumes(trader: Trader) -> object:
    """Whether currentVolume says the level's size again."""
    (depth,) = await snapshot(trader)
    rows = depth["arguments"][1][1:]
    assert all(row["volume"] > 0 for row in rows)
    same: set[bool] = {row["currentVolume"] == row["volume"] for row in rows}
    return same


async def resets(trader: Trader) -> object:
    """The kinds of rows of each message of a snapshot, those in a row once."""
    shapes = []
    for record in await snapshot(trader):
        kinds = [row["type"] for row in record["arguments"][1]]
        shapes.append(list(dict.fromkeys(kinds)))
    return shapes


async def levels(trader: Trader) -> object:
    """How many rows a snapshot has, and whether they are those of the market."""
    (depth,) = await snapshot(trader)
    rows = depth["arguments"][1]
    best = {trader.price(trader.best(BUY)), trader.price(trader.best(1))}
    return len(rows), best <= {row["price"] for row in rows}


async def nulls(trader: Trader) -> object:
    """Which members without a value a new order has on the hub."""
    await trader.status(await trader.order(JOIN_BID, BUY), WORKING)
    row = next(e[2] for e in trader.events if e[0] == ORDER)
    return [name for name in ("stopPrice", "filledPrice", "customTag", "limitPrice") if name in row]


async def fraction_digits(trader: Trader) -> object:
    """Whether times of the hub have more than three digits."""
    await trader.filled(MARKET, BUY)
    time = next(e[2] for e in trader.events if e[0] == TRADE)["creationTimestamp"]
    return len(time.removesuffix("+00:00").partition(".")[2]) > 3


async def completion(trader: Trader) -> object:
    """The members of a completion."""
    return sorted(await (await market(trader)).call(TRADES, trader.contract.contract_id))


async def frames(trader: Trader) -> object:
    """How many records the first frame has that answers a subscription."""
    peer = await market(trader, DEPTH)
    return peer.frames[0]


async def stale_id(trader: Trader) -> object:
    """Whether connections with an own, a used and a foreign id come about."""
    hub = trader.gateway.config.market_hub_url
    path = hub.removeprefix(trader.gateway.config.api_url.removesuffix("/api"))
    reply = await trader.reply(f"{path}/negotiate?negotiateVersion=1", b"")
    own = msgspec.json.decode(reply.body)["connectionToken"]
    return [await connects(trader, hub, f"&id={each}") for each in (own, own, "other")]


async def connects(trader: Trader, hub: str, query: str = "") -> object:
    """True, or the status that refuses a connection."""
    try:
        await trader.connect(hub, query=query)
    except ProjectXConnectionError as refused:
        return refused.error_code
    return True


async def offered(trader: Trader) -> object:
    """The transports that negotiation names."""
    reply = await trader.reply("/hubs/user/negotiate?negotiateVersion=1", b"")
    answer = msgspec.json.decode(reply.body)
    return [each["transport"] for each in answer["availableTransports"]]


async def second_connection(trader: Trader) -> object:
    """Whether a second connection to the user hub comes about."""
    return await connects(trader, trader.gateway.config.user_hub_url)


async def oldest_connection(trader: Trader) -> object:
    """How the first of two connections ends, and that the second one works."""
    peer = await market(trader)
    again = await connects(trader, trader.gateway.config.market_hub_url)
    if again is not True:
        return again
    return (await peer.read(lambda r: r["type"] == 7))["type"], trader.gateway.connections["market"]


async def many_subscriptions(trader: Trader) -> object:
    """Which of three subscriptions of a connection are refused."""
    peer = await market(trader)
    done = [await peer.call(one, trader.contract.contract_id) for one in (QUOTES, TRADES, DEPTH)]
    again = await peer.call(QUOTES, trader.contract.contract_id)
    return ["error" in each for each in (*done, again)]


async def expired_connections(trader: Trader) -> object:
    """How many connections there are when their token is over, and what they were told."""
    peer = await market(trader)
    trader.gateway.faults.expire_tokens()
    left = trader.gateway.connections["market"]
    if not left:
        assert (await peer.read(lambda r: r["type"] == 7))["type"] == 7
    return left


async def next_day(trader: Trader) -> object:
    """Whether a connection of yesterday is still there."""
    peer = await market(trader)
    spent_s = 0
    while spent_s < 24 * 3600 + 60 and trader.gateway.connections["market"]:
        await peer.socket.send(signalr.PING)
        await trader.wait(20)
        spent_s += 20
    return trader.gateway.connections["market"]


async def logged_out_connections(trader: Trader) -> object:
    """How many connections to the user hub there are when the token of one is logged out."""
    token = await trader.log_in()
    peer = await user(trader, token)
    await trader.reply("/api/Auth/logout", token=token)
    left = trader.gateway.connections["user"]
    if left == 1:
        assert (await peer.read(lambda r: r["type"] == 7))["type"] == 7
    return left


async def logout_events(trader: Trader) -> object:
    """Whether a connection is told of the log-out of its token, and not of another's."""
    token = await trader.log_in()
    own, other = await user(trader, token), await user(trader)
    await trader.reply("/api/Auth/logout", token=token)
    told = [await peer.all_until("SubscribeAccounts") for peer in (own, other)]
    return [[record["target"] for record in each] for each in told]


def hub(
    name: str,
    value: object,
    look: Look,
    usual: object,
    switched: object,
    *,
    virtual: bool = False,
    **base: object,
) -> Switch:
    """A switch of the hubs; the members of ``base`` are others of them, or of the gateway."""
    own = {f"hubs.{key}" if key != "latency_ns" else key: given for key, given in base.items()}
    return Switch(f"hubs.{name}", value, look, usual, switched, own, virtual=virtual)


PICTURES = ["Account", "Order", "Position"]
WHOLE = ["GatewayQuote", "GatewayDepth"]
EVERY = ["WebSockets", "ServerSentEvents", "LongPolling"]
REFUSED = 403

SWITCHES = [
    hub("user_snapshots", True, user_pictures, [], PICTURES),
    hub("market_snapshots", False, market_pictures, WHOLE, []),
    hub("sparse_quotes", False, later_quotes, False, True),
    hub("lists", False, lists, (list, {list}, False), (dict, {dict}, True)),
    hub("null_padding", True, last_of_lists, (False, False), (True, True)),
    hub("contract_members", False, contract_names, (True,) * 3, (False,) * 3),
    hub("current_volume", "size", current_volumes, {False}, {True}),
    hub("reset_row", "own message", resets, [[6, 2, 1]], [[6], [2, 1]]),
    hub("reset_row", "none", resets, [[6, 2, 1]], [[2, 1]]),
    hub("snapshot_levels", 3, levels, (21, True), (7, True)),
    hub("null_members", True, nulls, [], ["stopPrice", "filledPrice", "customTag", "limitPrice"]),
    hub("time_digits", 3, fraction_digits, True, False, latency_ns=3_123_400),
    hub(
        "completion_results",
        False,
        completion,
        ["invocationId", "result", "type"],
        ["invocationId", "type"],
    ),
    hub("one_record_per_frame", True, frames, 2, 1),
    hub("stale_ids_accepted", False, stale_id, [True, True, True], [True, 404, 404]),
    hub("all_transports_offered", True, offered, EVERY[:1], EVERY),
    hub("connection_limit", 1, second_connection, True, REFUSED),
    hub("newest_connection_wins", True, oldest_connection, REFUSED, (7, 1), connection_limit=1),
    hub("subscription_limit", 2, many_subscriptions, [False] * 4, [False, False, True, False]),
    hub("expiry_closes", True, expired_connections, 1, 0),
    hub("expiry_closes", True, next_day, 1, 0, virtual=True),
    hub("logout_closes", True, logged_out_connections, 2, 1),
    hub("logout_event", True, logout_events, [[], []], [["GatewayLogout"], []]),
]


@switch_cards(SWITCHES)
def test_hub_switch(play: Callable[..., None], switch: Switch) -> None:
    """The default does one thing, the switch the other."""
    play_switch(play, switch)


def test_a_card_can_fail(play: Callable[..., None]) -> None:
    """What is not seen as told is an error that names the switch."""
    wrong = hub("lists", False, lists, (), ())
    with pytest.raises(AssertionError, match=r"hubs\.lists"):
        play_switch(play, wrong)
