"""Connecting, disconnecting and changing the token at the same time, in every order."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from tests.realtime.peer import MES, MNQ, TOKEN, Peer
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import run_virtual

if TYPE_CHECKING:
    from project_x_py.realtime import ProjectXRealtimeClient

FRESH = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjJ9.signature-of-the-second"
REFUSED = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjN9.signature-of-the-third"
LONGEST_S = {"connect": 15.0, "disconnect": 5.0, "change": 25.0, "subscribe": 21.0, "again": 11.0}


def slow() -> Peer:
    peer = Peer()
    peer.latency_s = peer.connect_s = 0.5
    return peer


@in_virtual_time
async def test_a_connect_waits_for_the_end_of_a_disconnect() -> None:
    """It returns True with a connection of its own, and the disconnect does not undo it."""
    peer = slow()
    client = peer.client()
    assert await client.connect()
    leaving = asyncio.ensure_future(client.disconnect())
    joining = asyncio.ensure_future(client.connect())
    await leaving
    assert not client.is_connected()
    assert client.get_stats()["connected_time"] is None
    assert await joining
    await asyncio.sleep(60)
    assert client.is_connected()
    assert client.get_stats()["connected_time"] is not None
    assert (len(peer.sockets), peer.networks) == (2, 1)
    await client.cleanup()


@in_virtual_time
async def test_a_disconnect_ends_a_connect() -> None:
    """Everybody who waits for the connect gets False and the reason; nothing is open."""
    peer = slow()
    client = peer.client()
    joining = [asyncio.ensure_future(client.connect()) for _ in range(3)]
    await asyncio.sleep(0.3)
    await client.disconnect()
    assert await asyncio.gather(*joining) == [False] * 3
    assert client.last_error == "disconnected meanwhile"
    assert (peer.sockets, peer.networks) == ([], 0)
    assert await client.connect()
    await client.cleanup()


@in_virtual_time
async def test_one_of_two_who_connect_may_leave() -> None:
    """The other one gets the connection; when both leave, nothing is left of it."""
    peer = slow()
    client = peer.client()
    first, second = (asyncio.ensure_future(client.connect()) for _ in range(2))
    await asyncio.sleep(0.3)
    first.cancel()
    assert await second
    await client.disconnect()
    both = [asyncio.ensure_future(client.connect()) for _ in range(2)]
    await asyncio.sleep(0.3)
    for one in both:
        one.cancel()
    await asyncio.wait(both)
    assert (peer.sockets, peer.networks) == ([], 0)
    await client.cleanup()


@in_virtual_time
async def test_a_connect_that_failed_is_cleaned_up_whoever_is_cancelled() -> None:
    """A caller that gives up while a failed attempt is closed leaves nothing open either."""
    peer = slow()
    peer.down = {"market"}
    client = peer.client()
    for after_s in (0.5, 0.5001, 0.51, 1.0):
        joining = asyncio.ensure_future(client.connect())
        await asyncio.sleep(after_s)
        joining.cancel()
        await asyncio.wait({joining})
        await asyncio.sleep(5)
        assert (peer.sockets, peer.networks) == ([], 0)
        assert client.get_task_stats()["pending_tasks"] == 0
    await client.cleanup()


@dataclass
class _Play:
    """Random calls at random times, and what must hold whatever they are."""

    rng: random.Random
    peer: Peer
    client: ProjectXRealtimeClient
    disconnects: int = 0
    wrong: list[str] = field(default_factory=list)

    async def call(self, name: str) -> None:
        client, loop = self.client, asyncio.get_running_loop()
        began, disconnects = loop.time(), self.disconnects
        match name:
            case "connect":
                joined = await client.connect()
                time = client.get_stats()["connected_time"]
                if joined and disconnects == self.disconnects and time is None:
                    self.wrong.append("connected, and no time of it")
            case "disconnect":
                self.disconnects += 1
                await client.disconnect()
            case "change":
                token = self.rng.choice((TOKEN, FRESH, REFUSED))
                if await client.update_jwt_token(token, timeout=20.0) and token == REFUSED:
                    # While not connected a token is kept unproved, so take it back.
                    await client.update_jwt_token(TOKEN, timeout=20.0)
            case "subscribe":
                await client.subscribe_market_data([self.rng.choice((MNQ, MES))])
            case "again":
                await client.force_health_reconnect()
        took_s = loop.time() - began
        if took_s > 2 * LONGEST_S[name]:
            self.wrong.append(f"{name} took {took_s:.1f} s")

    async def run(self) -> None:
        calls: list[asyncio.Task[None]] = []
        for _ in range(self.rng.randrange(2, 9)):
            name = self.rng.choice(tuple(LONGEST_S))
            calls.append(asyncio.ensure_future(self.call(name)))
            if self.rng.random() < 0.25:
                when_s = self.rng.choice((0.0, 0.5, self.rng.uniform(0.0, 3.0)))
                asyncio.get_running_loop().call_later(when_s, calls[-1].cancel)
            if self.rng.random() < 0.2 and self.peer.sockets:
                self.rng.choice(self.peer.sockets).cut("gone")
            for _ in range(self.rng.randrange(4)):
                await asyncio.sleep(self.rng.choice((0.0, 0.0, 0.5, self.rng.uniform(0.0, 1.5))))
        ended = await asyncio.gather(*calls, return_exceptions=True)
        self.wrong += [repr(e) for e in ended if isinstance(e, Exception)]


async def played(seed: int) -> list[str]:
    """Play a seed, then see that the client does what it is told as if nothing had been."""
    rng, peer = random.Random(seed), Peer()
    peer.latency_s, peer.connect_s = rng.choice((0.0, 0.3)), rng.choice((0.0, 0.5))
    peer.refused_tokens = {REFUSED}
    client = peer.client(seed=seed)
    play = _Play(rng, peer, client)
    await play.run()
    await client.update_jwt_token(TOKEN)
    if not await client.connect():
        play.wrong.append(f"cannot be connected again: {client.last_error}")
    await asyncio.sleep(30)
    stats = client.get_stats()
    if not client.is_connected() or stats["connected_time"] is None:
        play.wrong.append("did not stay connected")
    if (len(peer.sockets), peer.networks) != (2, 1):
        play.wrong.append(f"{len(peer.sockets)} sockets, {peer.networks} networks")
    if not await client.subscribe_market_data([MNQ]):
        play.wrong.append("cannot be subscribed")
    await client.disconnect()
    left = client.get_task_stats()
    if peer.sockets or peer.networks or left["pending_tasks"] or left["failed_tasks"]:
        play.wrong.append(f"left: {peer.sockets} {peer.networks} {left}")
    await client.cleanup()
    return play.wrong


@pytest.mark.checklist(27)
@pytest.mark.parametrize("first", [0, 100])
def test_any_order_of_calls_ends_well(first: int) -> None:
    """However calls overlap, and whichever are given up, each ends and the last word holds."""
    wrong = {seed: run_virtual(played(seed)) for seed in range(first, first + 60)}
    assert not {seed: what for seed, what in wrong.items() if what}


@pytest.mark.long
def test_thousands_of_orders_end_well() -> None:
    """The same, at more length."""
    wrong = {seed: run_virtual(played(seed)) for seed in range(1000, 6000)}
    assert not {seed: what for seed, what in wrong.items() if what}
