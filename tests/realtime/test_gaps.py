"""Outages as objects: told when they open, told when the feed is whole, in the order of events."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.realtime.peer import ACCOUNT, MES, MNQ, ORIGIN_NS, TOKEN, Listener, Owner, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.gaps import MARKET_KINDS, USER_KINDS, FeedGap, GapReason
from project_x_py._core.grid import TickGrid
from project_x_py._core.time import NS
from project_x_py._wire import signalr

STAMP = "2026-09-01T14:30:05.5+00:00"


class Gaps:
    """Keeps the gaps that were told, with the time."""

    def __init__(self) -> None:
        self.told: list[FeedGap] = []
        self.at: list[float] = []

    def __call__(self, gap: FeedGap) -> None:
        self.told.append(gap)
        self.at.append(asyncio.get_running_loop().time())

    def of(self, contract_id: str | None) -> list[FeedGap]:
        """The gaps of one contract, or of the account."""
        return [gap for gap in self.told if gap.contract_id == contract_id]


class Desk:
    """An owner of the account."""

    def on_order(self, update: Any) -> None:
        """Take an order."""

    def on_position(self, update: Any) -> None:
        """Take a position."""

    def on_fill(self, update: Any) -> None:
        """Take a fill."""

    def on_account(self, update: Any) -> None:
        """Take a balance."""


@in_virtual_time
async def test_a_lost_connection_is_a_gap_of_each_contract_and_of_the_account() -> None:
    """Each is told twice: from the last good message to the confirmed resubscription."""
    peer, gaps, listener = Peer(), Gaps(), Listener()
    client = peer.client()
    client.add_gap_listener(gaps)
    client.add_gap_listener(gaps)
    client.add_connection_listener(listener)
    client.attach(MNQ, TickGrid(0.25), Owner(), rank=0)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ, MES])
    assert await client.subscribe_user_updates()
    await asyncio.sleep(5.5)
    peer.emit("market", "GatewayTrade", MNQ, [{"price": 1, "volume": 1, "timestamp": STAMP}])
    peer.emit("user", "GatewayUserAccount", {"id": ACCOUNT, "balance": 1, "canTrade": True})
    await asyncio.sleep(10)
    assert gaps.told == []
    for hub in ("market", "user"):
        peer.hub(hub).cut("gone")
    await asyncio.sleep(5)
    opened, closed = gaps.of(MNQ)
    assert (opened.hub, opened.reason, opened.missed) == (
        "market",
        GapReason.DISCONNECTED,
        MARKET_KINDS,
    )
    assert opened.is_open
    assert opened.from_ns == ORIGIN_NS - ORIGIN_NS % (60 * NS) + 5 * NS + NS // 2
    assert closed.from_ns == opened.from_ns
    assert closed.to_ns is not None
    assert not closed.is_open
    (account, account_over) = gaps.of(None)
    assert (account.hub, account.missed) == ("user", USER_KINDS)
    assert account.from_ns == ORIGIN_NS + 5 * NS + NS // 2
    assert account_over.to_ns is not None
    never_heard, _ = gaps.of(MES)
    assert never_heard.from_ns == ORIGIN_NS
    assert client.get_stats()["feed_gaps"] == 3
    assert client.get_stats()["open_gaps"] == 0
    await client.cleanup()


@in_virtual_time
async def test_gaps_are_told_before_the_change_of_the_hub() -> None:
    """Who hears DISCONNECTED or CONNECTED already knows what is missed, and that it is over."""
    peer, told = Peer(), list[str]()
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    client.add_gap_listener(lambda gap: told.append("open" if gap.is_open else "over"))
    client.add_connection_listener(lambda state, hub, details: told.append(state))
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    assert told == ["open", "disconnected", "reconnecting", "over", "connected"]
    await client.cleanup()


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"#!/not json\x1e", GapReason.CORRUPT),
        (b'{"type":7}\x1e', GapReason.DISCONNECTED),
        (b'{"type":1,"target":"GatewayLogout","arguments":[]}\x1e', GapReason.DISCONNECTED),
    ],
)
@in_virtual_time
async def test_a_gap_says_why(frame: bytes, reason: GapReason) -> None:
    """A frame that could not be read is another matter than a connection that ended."""
    peer, gaps = Peer(), Gaps()
    client = peer.client()
    client.add_gap_listener(gaps)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.hub("market").push(frame)
    await asyncio.sleep(5)
    assert [gap.reason for gap in gaps.told] == [reason, reason]
    await client.cleanup()


@in_virtual_time
async def test_a_silent_hub_is_a_gap_that_ends_when_it_is_heard() -> None:
    """After half a minute without a ping; the snapshot of the new subscription ends it."""
    peer, gaps = Peer(), Gaps()
    client = peer.client()
    client.add_gap_listener(gaps)
    await client.configure_health_monitoring(heartbeat_interval=1000)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.silent = {"market"}
    await asyncio.sleep(31)
    peer.silent = set()
    await asyncio.sleep(14)
    assert client.is_connected()
    assert [gap.reason for gap in gaps.told] == [GapReason.SILENT]
    assert client.get_stats()["open_gaps"] == 1
    peer.emit("market", "GatewayQuote", MNQ, {"bestBid": 1})
    await asyncio.sleep(1)
    assert [gap.is_open for gap in gaps.told] == [True, False]
    await client.cleanup()


@in_virtual_time
async def test_what_was_read_anew_is_noted() -> None:
    """report_backfill() completes the object that is over, and tells those who asked for it."""
    peer, gaps, repaired = Peer(), Gaps(), Gaps()
    client = peer.client()
    client.add_gap_listener(gaps)
    client.add_repair_listener(repaired)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    opened, closed = gaps.told
    client.report_backfill(opened, ("trades",))
    assert repaired.told == []
    client.report_backfill(closed, ("trades",))
    client.report_backfill(closed, ("depth",))
    assert [gap.backfilled for gap in repaired.told] == [("trades",), ("trades", "depth")]
    assert len(gaps.told) == 2
    client.remove_gap_listener(gaps)
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    assert len(gaps.told) == 2
    await client.cleanup()


@in_virtual_time
async def test_who_leaves_a_contract_misses_nothing_of_it() -> None:
    """An unsubscribed contract has no gap, and one that was open is dropped."""
    peer, gaps = Peer(), Gaps()
    client = peer.client()
    client.add_gap_listener(gaps)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ, MES])
    assert await client.unsubscribe_market_data([MES])
    peer.down = {"market"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    assert [gap.contract_id for gap in gaps.told] == [MNQ]
    assert await client.unsubscribe_market_data([MNQ])
    assert client.get_stats()["open_gaps"] == 0
    peer.down = set()
    await asyncio.sleep(5)
    assert len(gaps.told) == 1
    await client.cleanup()


@in_virtual_time
async def test_the_account_is_in_doubt_until_it_is_subscribed_to_again() -> None:
    """account_doubt() gives the reason from the loss on, and None once all is confirmed."""
    peer = Peer()
    client = peer.client(token=TOKEN)
    assert client.account_doubt() == "the user hub is not connected"
    assert await client.connect()
    assert await client.subscribe_user_updates()
    assert client.account_doubt() is None
    peer.latency_s = 1.0
    peer.hub("user").cut("gone")
    await asyncio.sleep(0.9)
    assert client.account_doubt() == "messages of the account are being missed: disconnected"
    await asyncio.sleep(5)
    assert client.account_doubt() is None
    await client.cleanup()


@in_virtual_time
async def test_a_repair_ends_no_gap_of_a_hub_that_was_lost_meanwhile() -> None:
    """A message that could not be read, then no connection: the account's gap lasts until it is."""
    peer, gaps = Peer(), Gaps()
    client = peer.client()
    client.add_gap_listener(gaps)
    client.attach_user(Desk(), lambda _: TickGrid(0.25), rank=2)
    assert await client.connect()
    assert await client.subscribe_user_updates()
    for _ in range(2):
        await asyncio.sleep(0.1)
        peer.emit("user", "GatewayUserOrder", 7)
    await asyncio.sleep(0.01)
    assert [gap.is_open for gap in gaps.of(None)] == [True, False, True]
    peer.down = {"user"}
    peer.hub("user").cut("gone")
    await asyncio.sleep(30)
    assert gaps.of(None)[-1].is_open
    peer.down = set()
    await asyncio.sleep(5)
    assert client.user_connected
    assert not gaps.of(None)[-1].is_open
    await client.cleanup()


@in_virtual_time
async def test_a_confirmation_on_a_connection_that_is_lost_by_now_ends_no_gap() -> None:
    """The last completion and the goodbye come in one frame: what follows is still missed."""
    peer, gaps = Peer(), Gaps()
    client = peer.client()
    client.add_gap_listener(gaps)
    client.attach_user(Desk(), lambda _: TickGrid(0.25), rank=2)
    assert await client.connect()
    assert await client.subscribe_user_updates()
    await client.disconnect()
    assert await client.connect()
    peer.unanswered = {"SubscribeTrades"}
    asking = asyncio.ensure_future(client.subscribe_user_updates())
    await asyncio.sleep(1)
    peer.unanswered, peer.down = set(), {"user"}
    peer.hub("user").push(signalr.encode_completion("4") + signalr.encode_close("bye"))
    await asyncio.sleep(3)
    assert not client.user_connected
    assert gaps.of(None)[-1].is_open
    peer.down = set()
    assert await asking
    await asyncio.sleep(5)
    assert client.user_connected
    assert [gap.is_open for gap in gaps.of(None)] == [True, False]
    await client.cleanup()


@in_virtual_time
async def test_an_order_lost_on_a_dead_socket_lies_in_a_gap() -> None:
    """The socket is dead before anybody knows: the gap begins before what was lost on it."""
    peer, gaps = Peer(), Gaps()
    client = peer.client()
    client.add_gap_listener(gaps)
    client.attach_user(Desk(), lambda _: TickGrid(0.25), rank=2)
    assert await client.connect()
    assert await client.subscribe_user_updates()
    loop = asyncio.get_running_loop()
    for heard in (False, True, False):
        await asyncio.sleep(21)
        if heard:
            peer.emit("user", "GatewayUserAccount", {"id": ACCOUNT, "balance": 1, "canTrade": True})
        await asyncio.sleep(2)
        peer.silent = {"user"}
        lost_ns = ORIGIN_NS + round(loop.time() * NS)
        peer.emit("user", "GatewayUserAccount", {"id": ACCOUNT, "balance": 2, "canTrade": True})
        while client.user_connected:
            await asyncio.sleep(0.1)
        peer.silent = set()
        await asyncio.sleep(5)
        assert client.user_connected
        gap = gaps.of(None)[-1]
        assert gap.from_ns < lost_ns < (gap.to_ns or 0)
        assert gap.reason is GapReason.SILENT
    await client.cleanup()
