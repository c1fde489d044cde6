"""Sleeps and clock jumps, told from slow machines, and what the client does about them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.realtime.peer import MNQ, ORIGIN_NS, URLS, Listener, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.gaps import FeedGap, GapReason
from project_x_py._core.time import NS
from project_x_py._runtime.clock import VirtualClock
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.realtime._sleep import SleepDetector


class Machine(VirtualClock):
    """The clocks of a machine that can sleep and whose wall clock can be set."""

    slept_ns = 0
    counted_ns = 0

    def sleep(self, seconds: float, *, counted: bool = False) -> None:
        """Sleep; ``counted`` is how some systems run their monotonic clock meanwhile."""
        self.slept_ns += round(seconds * NS)
        if counted:
            self.counted_ns += round(seconds * NS)

    def wall_ns(self) -> int:
        return super().wall_ns() + self.slept_ns

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + self.counted_ns


def client_on(machine: Machine, peer: Peer) -> ProjectXRealtimeClient:
    return ProjectXRealtimeClient.wired("t", "1", URLS, clock=machine, network=peer.open, seed=1)


@in_virtual_time
async def test_sleeps_and_jumps_are_told_from_slow_machines() -> None:
    """Small steps of the wall and short stalls are nothing; the rest is named."""
    machine = Machine(ORIGIN_NS)
    detector = SleepDetector(machine)
    for seconds in (0.5, 4.9, -4.9):
        machine.sleep(seconds)
        await asyncio.sleep(1)
        assert detector.look() is None
    await asyncio.sleep(19)
    assert detector.look() is None
    machine.sleep(3600)
    assert "slept" in str(detector.look())
    assert detector.look() is None
    machine.sleep(-3600)
    assert "set back by 3600 s" in str(detector.look())
    machine.sleep(600, counted=True)
    assert "stood still for 600 s" in str(detector.look())


@pytest.mark.parametrize(("seconds", "counted"), [(28800, False), (28800, True), (-7200, False)])
@in_virtual_time
async def test_a_machine_that_wakes_connects_anew(seconds: float, counted: bool) -> None:
    """Both hubs, with a token that is asked for anew and every subscription; gaps say why."""
    peer, listener, gaps = Peer(), Listener(), list[FeedGap]()
    machine = Machine(ORIGIN_NS)
    client = client_on(machine, peer)
    tokens = iter(range(100))
    client.token_factory = lambda: f"token-{next(tokens)}"
    client.add_connection_listener(listener)
    client.add_gap_listener(gaps.append)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    assert await client.subscribe_user_updates()
    await asyncio.sleep(100)
    before = [sorted(peer.calls(hub)) for hub in ("user", "market")]
    machine.sleep(seconds, counted=counted)
    await asyncio.sleep(3)
    assert client.is_connected()
    assert [token for *_, token in peer.attempts] == [f"token-{n}" for n in range(4)]
    assert [sorted(peer.calls(hub)) for hub in ("user", "market")] == before
    assert listener.states("user") == ["connected", "disconnected", "reconnecting", "connected"]
    assert {gap.reason for gap in gaps} == {GapReason.SUSPENDED}
    assert [gap.is_open for gap in gaps].count(True) == 2
    assert client.get_stats()["open_gaps"] == 0
    await client.cleanup()


@in_virtual_time
async def test_who_asks_first_after_a_sleep_is_told() -> None:
    """Before any timer of the client has run, the account is in doubt already."""
    peer, told = Peer(), list[Any]()
    machine = Machine(ORIGIN_NS)
    client = client_on(machine, peer)
    assert await client.connect()
    assert await client.subscribe_user_updates()
    client.add_gap_listener(lambda gap: told.append((gap.contract_id, gap.is_open)))
    await asyncio.sleep(10.1)
    assert client.account_doubt() is None
    machine.sleep(60)
    assert client.account_doubt() == "messages of the account are being missed: suspended"
    assert told == [(None, True)]
    await asyncio.sleep(2)
    assert client.account_doubt() is None
    assert told == [(None, True), (None, False)]
    await client.cleanup()
