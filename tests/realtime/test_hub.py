"""A hub that stays connected: confirmation, tokens, delays, failures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.realtime.peer import ACCOUNT, MES, MNQ, ORIGIN_NS, TOKEN, URLS, Listener, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.grid import TickGrid
from project_x_py._core.time import NS
from project_x_py._runtime.clock import VirtualClock
from project_x_py.exceptions import ProjectXAuthenticationError, ProjectXError
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.realtime._connection import HubTiming

SIX = [
    ("SubscribeContractQuotes", [MNQ]),
    ("SubscribeContractTrades", [MNQ]),
    ("SubscribeContractMarketDepth", [MNQ]),
    ("SubscribeContractQuotes", [MES]),
    ("SubscribeContractTrades", [MES]),
    ("SubscribeContractMarketDepth", [MES]),
]


@in_virtual_time
async def test_connected_is_announced_after_every_confirmation() -> None:
    """A reconnect is announced only when the last completion has come."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ, MES])
    assert await client.subscribe_user_updates()
    peer.latency_s = 2.0
    peer.hub("market").cut("gone")
    await asyncio.sleep(1.5)
    assert sorted(peer.calls("market")) == sorted(SIX)
    assert not client.is_connected()
    assert listener.states("market") == ["connected", "disconnected", "reconnecting"]
    await asyncio.sleep(2)
    assert client.is_connected()
    assert listener.states("market")[-1] == "connected"
    peer.hub("user").cut("gone")
    await asyncio.sleep(5)
    assert peer.calls("user") == [
        ("SubscribeAccounts", []),
        ("SubscribeOrders", [ACCOUNT]),
        ("SubscribePositions", [ACCOUNT]),
        ("SubscribeTrades", [ACCOUNT]),
    ]
    await client.cleanup()


@in_virtual_time
async def test_every_attempt_asks_for_a_token() -> None:
    """The factory, sync or async, is called for each connect and each reconnect."""
    peer = Peer()
    client = peer.client()
    made: list[str] = []

    async def fresh() -> str:
        made.append(f"t{len(made)}")
        return made[-1]

    client.token_factory = fresh
    assert client.token_factory is fresh
    assert await client.connect()
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    client.token_factory = lambda: "sync"
    peer.hub("user").cut("gone")
    await asyncio.sleep(5)
    assert [token for _, _, token in peer.attempts] == ["t0", "t1", "t2", "sync"]
    await client.cleanup()


@in_virtual_time
async def test_delays_grow_with_jitter_up_to_the_cap() -> None:
    """In session each delay is drawn below a bound that doubles up to 2.5 s, for ever."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    peer.down = {"market"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(600)
    delays = listener.delays("market")
    bounds = [0.25, 0.5, 1.0, 2.0]
    assert all(delay <= bound for delay, bound in zip(delays, bounds, strict=False))
    assert all(delay <= 2.5 for delay in delays)
    assert max(delays[4:]) > 2.0
    assert len(set(delays)) == len(delays) > 300
    assert 1.0 < sum(delays[4:]) / len(delays[4:]) < 1.5
    attempts = [
        d["attempt"] for s, h, d in listener.changes if (s, h) == ("reconnecting", "market")
    ]
    assert attempts == list(range(1, len(delays) + 1))
    peer.down = set()
    await asyncio.sleep(3)
    assert client.is_connected()
    await client.cleanup()


@in_virtual_time
async def test_refusals_are_asked_again_less_often() -> None:
    """While the gateway refuses the token the delays go up to 30 s."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    peer.refused_tokens = {peer.attempts[0][2]}
    peer.hub("user").cut("gone")
    await asyncio.sleep(900)
    delays = listener.delays("user")
    assert 15 < max(delays) <= 30
    assert len(delays) < 90
    await client.cleanup()


@in_virtual_time
async def test_a_connection_that_lived_shortens_the_next_delay() -> None:
    """After ten good seconds delays begin anew; flapping makes them grow."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    for lived_s in (1, 1, 1, 20, 1):
        await asyncio.sleep(lived_s)
        peer.hub("user").cut("gone")
        await asyncio.sleep(0.001)
        while not client.is_connected():
            await asyncio.sleep(0.01)
    assert listener.attempts("user") == [1, 2, 3, 1, 2]
    await client.cleanup()


@in_virtual_time
async def test_a_subscription_refused_on_reconnect_is_no_connection() -> None:
    """A hub that refuses what is wanted is not announced as connected, and is asked again."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.refused_methods = {"SubscribeContractTrades": "not now"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(20)
    assert not client.is_connected()
    assert "connected" not in listener.states("market")[1:]
    reasons = {d["reason"] for s, _, d in listener.changes if s == "reconnecting"}
    assert "SubscribeContractTrades: not now" in reasons
    peer.refused_methods = {}
    await asyncio.sleep(31)
    assert client.is_connected()
    await client.cleanup()


@in_virtual_time
async def test_a_token_that_cannot_be_made_is_a_failed_attempt() -> None:
    """A factory that raises one of our errors ends the connect, or delays the reconnect."""
    peer = Peer()
    client = peer.client()

    def refused() -> str:
        raise ProjectXAuthenticationError("the key was withdrawn")

    client.token_factory = refused
    assert not await client.connect()
    assert "the key was withdrawn" in str(client.last_error)
    client.token_factory = None
    assert await client.connect()
    client.token_factory = refused
    peer.hub("user").cut("gone")
    await asyncio.sleep(10)
    assert not client.is_connected()
    client.token_factory = None
    await asyncio.sleep(31)
    assert client.is_connected()
    await client.cleanup()


@in_virtual_time
async def test_a_failed_connect_leaves_nothing() -> None:
    """No socket, no task, no network is left, and the next connect works."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    peer.down = {"market"}
    assert not await client.connect()
    assert client.last_error == "nobody answers"
    assert peer.sockets == []
    assert peer.networks == 0
    assert client.get_task_stats()["pending_tasks"] == 0
    assert not client.user_connected
    peer.down = set()
    assert await client.connect()
    assert client.last_error is None
    await client.cleanup()


@in_virtual_time
async def test_a_connect_without_answer_ends_in_ten_seconds() -> None:
    """A hub that never finishes its handshake costs ten seconds, not more."""
    peer = Peer()
    peer.connect_s = 60.0
    client = peer.client()
    began = asyncio.get_running_loop().time()
    assert not await client.connect()
    assert asyncio.get_running_loop().time() - began == pytest.approx(10)
    assert "not connected within 10 s" in str(client.last_error)
    assert peer.networks == 0
    await client.cleanup()


@in_virtual_time
async def test_subscribing_while_reconnecting_waits() -> None:
    """The subscription is confirmed once, on the connection that comes."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    peer.down = {"market"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    subscribing = asyncio.ensure_future(client.subscribe_market_data([MNQ]))
    await asyncio.sleep(5)
    assert not subscribing.done()
    peer.down = set()
    assert await subscribing
    assert peer.calls("market") == SIX[:3]
    await client.cleanup()


@in_virtual_time
async def test_subscribing_ends_when_no_connection_comes() -> None:
    """After its bound the call returns False, and the contract is not wanted."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    peer.down = {"market"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    assert not await client.subscribe_market_data([MNQ])
    assert "the market hub is not connected" in str(client.last_error)
    peer.down = set()
    await asyncio.sleep(5)
    assert peer.calls("market") == []
    await client.cleanup()


@in_virtual_time
async def test_disconnecting_while_others_wait_tells_them() -> None:
    """A connect and a subscription under way end with False when the client disconnects."""
    peer = Peer()
    peer.connect_s = 5.0
    client = peer.client()
    connecting = asyncio.ensure_future(client.connect())
    await asyncio.sleep(1)
    await client.disconnect()
    assert not await connecting
    peer.connect_s = 0.0
    assert await client.connect()
    peer.down = {"market"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(3)
    subscribing = asyncio.ensure_future(client.subscribe_market_data([MNQ]))
    await asyncio.sleep(1)
    await client.disconnect()
    assert not await subscribing
    assert client.get_task_stats()["pending_tasks"] == 0
    await client.cleanup()


@in_virtual_time
async def test_a_hub_stopped_before_it_ran_tells_its_waiters() -> None:
    """Even an owner task that never got a turn leaves nobody waiting."""
    peer = Peer()
    client = peer.client()
    hub = client._user
    starting = asyncio.ensure_future(hub.start(peer))
    stopping = asyncio.ensure_future(hub.stop())
    await asyncio.sleep(0)
    await stopping
    await hub.stop()
    with pytest.raises(ProjectXError):
        await starting
    assert not hub.started
    with pytest.raises(ProjectXError, match="not connected"):
        await hub.wait_connected()
    with pytest.raises(ProjectXError, match="not connected"):
        await client._market.open("t")
    await client.cleanup()


@in_virtual_time
async def test_a_deliberate_disconnect_is_announced_but_no_error() -> None:
    """Listeners hear of it with its reason; no error is counted."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    client.add_connection_listener(listener)
    assert await client.connect()
    await client.disconnect()
    assert listener.states("user") == ["connected", "disconnected"]
    assert listener.changes[-1][2]["reason"] == "disconnected here"
    assert client.get_stats()["connection_errors"] == 0
    await client.disconnect()
    assert len(listener.changes) == 4
    await client.cleanup()


class Broken:
    """An owner with a defect."""

    def on_trades(self, trades: Any) -> None:
        raise KeyError("a defect of the owner")

    def on_quote(self, quote: Any) -> None:
        """Quotes are fine."""

    def on_depth(self, depth: Any) -> None:
        """Depth is fine."""


@in_virtual_time
async def test_an_owner_that_fails_is_a_fault() -> None:
    """The hub stops for good, listeners hear of it, and the next calls raise the cause."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    client.attach(MNQ, TickGrid(0.25), Broken(), rank=0)
    assert await client.connect()
    peer.emit("market", "GatewayTrade", MNQ, [{"price": 1, "volume": 1}])
    await asyncio.sleep(60)
    assert listener.states("market") == ["connected", "disconnected"]
    assert not client.is_connected()
    assert client.user_connected
    assert client.get_task_stats()["failed_tasks"] == 1
    for call in (client.connect, client.disconnect, client.cleanup):
        with pytest.raises(ProjectXError, match="a defect of the owner"):
            await call()
    assert peer.sockets == []


@in_virtual_time
async def test_frames_can_be_tapped_in_sequence() -> None:
    """A recorder sees each frame before it is applied, numbered over reconnects."""
    peer = Peer()
    client = peer.client(timing=HubTiming())
    frames: list[tuple[str, int, int, bytes]] = []
    client.tap_frames(lambda *frame: frames.append(frame))
    assert await client.connect()
    peer.emit("market", "GatewayQuote", MNQ, {"volume": 1})
    await asyncio.sleep(1)
    peer.hub("market").cut("gone")
    await asyncio.sleep(4)
    peer.emit("market", "GatewayQuote", MNQ, {"volume": 2})
    await asyncio.sleep(1)
    market = [frame for frame in frames if frame[0] == "market" and b"Quote" in frame[3]]
    assert [number for _, number, _, _ in market] == [1, 2]
    assert market[1][2] - market[0][2] == pytest.approx(5_000_000_000, rel=1e-6)
    await client.cleanup()


@in_virtual_time
async def test_a_token_that_was_refused_is_not_offered_again() -> None:
    """The factory is told of it and makes another one, within the same attempt."""
    peer, asked = Peer(), list[str | None]()
    client = peer.client()

    async def fresh(refused: str | None = None) -> str:
        asked.append(refused)
        return "t0" if refused is None else f"{refused}+"

    client.token_factory = fresh
    assert await client.connect()
    peer.refused_tokens = {"t0", "t0+"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    assert client.is_connected()
    offered = [token for _, hub, token in peer.attempts if hub == "market"]
    assert offered == ["t0", "t0", "t0+", "t0++"]
    assert asked == [None, None, None, "t0", "t0+"]
    await client.cleanup()


@in_virtual_time
async def test_without_another_token_none_is_offered() -> None:
    """Nothing is sent until there is a token that may be taken; then it is, at once."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    token = peer.attempts[0][2]
    peer.refused_tokens = {token}
    peer.hub("user").cut("gone")
    await asyncio.sleep(300)
    assert len(peer.times("user")) == 2
    assert not client.is_connected()
    assert not await client.update_jwt_token(token)
    assert await client.update_jwt_token("another")
    assert client.is_connected()
    peer.refused_tokens = {"another"}
    peer.hub("user").cut("gone")
    await asyncio.sleep(60)
    await client.disconnect()
    peer.refused_tokens = set()
    assert await client.connect()
    await client.cleanup()


@in_virtual_time
async def test_a_session_that_was_ended_asks_for_a_new_token() -> None:
    """GatewayLogout makes the token doubtful, but the only one there is may be tried again."""
    peer, asked = Peer(), list[str | None]()
    client = peer.client()
    assert await client.connect()
    peer.emit("user", "GatewayLogout")
    await asyncio.sleep(5)
    assert client.is_connected()

    def fresh(refused: str | None = None) -> str:
        asked.append(refused)
        return "fresh"

    client.token_factory = fresh
    peer.emit("market", "GatewayLogout", "x")
    await asyncio.sleep(5)
    assert client.is_connected()
    assert asked == [peer.attempts[0][2]]
    await client.cleanup()


@in_virtual_time
async def test_delays_are_longer_while_the_market_is_closed() -> None:
    """At the weekend they go up to a minute, whoever answers how."""
    peer, listener = Peer(), Listener()
    saturday = VirtualClock(ORIGIN_NS + 4 * 86400 * NS)
    client = ProjectXRealtimeClient.wired(
        TOKEN, "1", URLS, clock=saturday, network=peer.open, seed=1
    )
    client.add_connection_listener(listener)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.down = {"market"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(7200)
    delays = listener.delays("market")
    assert 40 < max(delays) <= 60
    assert len(delays) < 350
    await client.cleanup()


@in_virtual_time
async def test_an_attempt_without_answer_is_not_waited_for() -> None:
    """On a network that swallows everything others begin beside it; back, it takes two seconds."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    loop = asyncio.get_running_loop()
    for lasts_s in (3.0, 9.5, 15.0, 47.0):
        peer.connect_s = 3600.0
        for hub in ("user", "market"):
            peer.hub(hub).cut("gone")
        await asyncio.sleep(lasts_s)
        peer.connect_s = 0.05
        back = loop.time()
        while not client.is_connected():
            await asyncio.sleep(0.01)
        assert loop.time() - back <= 2.6
        assert len(peer.calls("market")) == 3
        await asyncio.sleep(30)
        assert len(peer.sockets) == 2
    assert client.get_task_stats()["pending_tasks"] == client.get_task_stats()["persistent_tasks"]
    await client.cleanup()


@in_virtual_time
async def test_a_confirmation_that_does_not_come_is_not_waited_for_long() -> None:
    """After a reconnect it costs seconds, then twice as many, for a gateway that is only slow."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.latency_s = 4.0
    peer.hub("market").cut("gone")
    await asyncio.sleep(12)
    assert client.is_connected()
    reasons = [d["reason"] for s, h, d in listener.changes if (s, h) == ("reconnecting", "market")]
    assert len(reasons) == 2
    assert "no completion within 2.5 s" in reasons[1]
    await client.cleanup()
