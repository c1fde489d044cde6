"""What began late or could not be read is asked for anew, and never in a storm."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.realtime.peer import MES, MNQ, Owner, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.gaps import FeedGap, GapReason
from project_x_py._core.grid import TickGrid

RENEWED = [
    "UnsubscribeContractQuotes",
    "UnsubscribeContractMarketDepth",
    "SubscribeContractQuotes",
    "SubscribeContractMarketDepth",
]


def renewals(peer: Peer) -> list[str]:
    """What was called on the market hub after the first three subscriptions."""
    return [method for method, _ in peer.calls("market")[3:]]


@in_virtual_time
async def test_an_owner_that_comes_late_gets_a_snapshot() -> None:
    """Attached to a contract that is subscribed to: renewed once, however many come together."""
    peer = Peer()
    client = peer.client()
    client.attach(MNQ, TickGrid(0.25), Owner(), rank=0)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    assert renewals(peer) == []
    client.attach(MNQ, TickGrid(0.25), Owner(), rank=1)
    client.attach(MNQ, TickGrid(0.25), Owner(), rank=2)
    client.attach(MES, TickGrid(0.25), Owner(), rank=1)
    await asyncio.sleep(1)
    assert renewals(peer) == RENEWED
    await client.cleanup()


@in_virtual_time
async def test_whoever_subscribes_second_waits_for_the_first() -> None:
    """One call a stream, two callers that return when it is confirmed, and no renewal."""
    peer = Peer()
    peer.latency_s = 2.0
    client = peer.client()
    assert await client.connect()
    loop = asyncio.get_running_loop()
    began = loop.time()
    first = asyncio.ensure_future(client.subscribe_market_data([MNQ]))
    await asyncio.sleep(1)
    client.attach(MNQ, TickGrid(0.25), Owner(), rank=0)
    assert await client.subscribe_market_data([MNQ])
    assert loop.time() - began == pytest.approx(2.0)
    assert await first
    await asyncio.sleep(10)
    assert len(peer.calls("market")) == 3
    peer.refused_methods = {"SubscribeContractTrades": "no"}
    both = [asyncio.ensure_future(client.subscribe_market_data([MES])) for _ in range(2)]
    await asyncio.wait(both)
    assert [task.result() for task in both] == [False, False]
    assert client.get_stats()["subscribed_contracts"] == 1
    await client.cleanup()


@in_virtual_time
async def test_a_renewal_never_loses_the_subscription() -> None:
    """Neither a drop in its middle nor a refusal leaves the contract unwanted."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.latency_s = 1.0
    renewing = asyncio.ensure_future(client.renew_market_data(MNQ))
    await asyncio.sleep(1.5)
    peer.hub("market").cut("gone")
    peer.latency_s = 0.0
    assert await renewing
    assert client.is_connected()
    assert len(peer.calls("market")) == 3
    peer.refused_methods = {"SubscribeContractQuotes": "not now"}
    renewing = asyncio.ensure_future(client.renew_market_data(MNQ))
    await asyncio.sleep(3)
    peer.refused_methods = {}
    assert await renewing
    assert client.is_connected()
    assert len(peer.calls("market")) == 3
    await client.cleanup()


@pytest.mark.parametrize(
    ("target", "payload", "missed", "renewed"),
    [
        ("GatewayTrade", [{"price": 1.1, "volume": 1}], ("trades",), False),
        ("GatewayQuote", {"bestBid": 1.1}, ("quotes",), True),
        ("GatewayDepth", [{"type": 1, "price": 1, "volume": -1}], ("depth",), True),
        ("GatewayDepth", "text", ("depth",), True),
    ],
)
@in_virtual_time
async def test_what_cannot_be_read_is_a_gap_of_its_stream(
    target: str, payload: Any, missed: tuple[str, ...], renewed: bool
) -> None:
    """It opens at once; snapshots are asked for anew, and prints can only be read anew."""
    peer, told, errors = Peer(), list[FeedGap](), list[Any]()
    client = peer.client()
    client.attach(MNQ, TickGrid(0.25), Owner(), rank=0)
    client.add_gap_listener(told.append)
    client.add_notice_listener(lambda name, facts: errors.append((name, facts["hub"])))
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.emit("market", target, MNQ, payload)
    await asyncio.sleep(1)
    assert [(gap.is_open, gap.missed) for gap in told] == [(True, missed), (False, missed)]
    assert {gap.reason for gap in told} == {GapReason.CORRUPT}
    assert errors == [("error", "market")]
    assert renewals(peer) == (RENEWED if renewed else [])
    assert client.get_stats()["connection_errors"] == 0
    await client.cleanup()


@in_virtual_time
async def test_a_gateway_that_keeps_spoiling_is_asked_less_and_less_often() -> None:
    """An hour of bad prices every second costs a few renewals, and the gap stays open meanwhile."""
    peer, told = Peer(), list[FeedGap]()
    client = peer.client()
    client.attach(MNQ, TickGrid(0.25), Owner(), rank=0)
    client.add_gap_listener(told.append)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    for _ in range(3600):
        peer.emit("market", "GatewayQuote", MNQ, {"bestBid": 1.1})
        await asyncio.sleep(1)
    assert 8 < len(renewals(peer)) / 4 < 25
    assert len(told) // 2 == len(renewals(peer)) // 4
    assert client.get_stats()["connection_errors"] == 0
    await client.cleanup()


@in_virtual_time
async def test_an_event_without_its_contract_resynchronises_the_hub() -> None:
    """Nobody knows what was lost, so everything is asked for anew, but not in a storm."""
    peer, told = Peer(), list[FeedGap]()
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    client.add_gap_listener(told.append)
    for _ in range(600):
        if client.is_connected():
            peer.hub("market").push(b'{"type":1,"target":"GatewayTrade"}\x1e')
        await asyncio.sleep(1)
    assert {gap.reason for gap in told} == {GapReason.CORRUPT}
    assert len(peer.times("market")) < 15
    assert client.get_stats()["decode_errors"]["market event: no contract id"] > 500
    await client.cleanup()
