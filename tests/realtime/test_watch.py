"""Mute hubs and frozen contracts, told from quiet markets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.realtime.peer import MES, MNQ, Listener, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.calendar import find_calendar
from project_x_py._core.gaps import FeedGap, GapReason
from project_x_py._core.grid import TickGrid
from project_x_py._core.time import NS, format_iso
from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.supervisor import Supervisor
from project_x_py._runtime.virtual_loop import VirtualLoop
from project_x_py.exceptions import ProjectXConnectionError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from project_x_py.realtime import ProjectXRealtimeClient


class Market:
    """Sends what a market would, a message every ``every_s`` seconds a stream."""

    def __init__(self, peer: Peer, client: ProjectXRealtimeClient, every_s: float = 0.2) -> None:
        self.frozen: set[str] = set()
        """Streams and contracts that bring nothing although the market trades."""
        self.quiet = False
        self.asked = 0
        self.traded_ns = 0
        self._peer = peer
        self._client = client
        self._every_s = every_s

    async def run(self, contract_id: str) -> None:
        """Send for ever, while the contract is subscribed to."""
        events: dict[str, tuple[str, Any]] = {
            "trades": ("GatewayTrade", [{"price": 1, "volume": 1}]),
            "quotes": ("GatewayQuote", {"bestBid": 1}),
            "depth": ("GatewayDepth", [{"type": 2, "price": 1, "volume": 1}]),
        }
        while True:
            await asyncio.sleep(self._every_s)
            if self.quiet:
                continue
            self.traded_ns = self._client._clock.now_ns()
            for kind, (target, payload) in events.items():
                if self._client.market_connected and not self.frozen & {kind, contract_id}:
                    self._peer.emit("market", target, contract_id, payload)

    async def newest(self, contract_id: str) -> int:
        """The witness: when the market traded last."""
        self.asked += 1
        return self.traded_ns


class Told:
    """Keeps notices and gaps."""

    def __init__(self, client: ProjectXRealtimeClient) -> None:
        self.notices: list[tuple[float, str, dict[str, Any]]] = []
        self.gaps: list[FeedGap] = []
        client.add_notice_listener(self.notice)
        client.add_gap_listener(self.gaps.append)

    def notice(self, name: str, facts: Any) -> None:
        """Take a notice."""
        self.notices.append((asyncio.get_running_loop().time(), name, dict(facts)))

    @property
    def stale(self) -> list[str | None]:
        """The contracts, or None for a hub, that were said to be stale."""
        return [facts["contract_id"] for _, name, facts in self.notices if name == "feed_stale"]


@asynccontextmanager
async def market_of(
    peer: Peer, *contracts: str, every_s: float = 0.2
) -> AsyncIterator[tuple[ProjectXRealtimeClient, Market, Told, Listener]]:
    """A connected client that hears contracts, and the market behind them."""
    client, listener = peer.client(), Listener()
    client.add_connection_listener(listener)
    market, told, tasks = Market(peer, client, every_s), Told(client), Supervisor("market")
    client.set_witness(market.newest)
    assert await client.connect()
    assert await client.subscribe_market_data(list(contracts))
    assert await client.subscribe_user_updates()
    for contract_id in contracts:
        tasks.spawn(market.run(contract_id), name="market")
    yield client, market, told, listener
    await tasks.aclose()
    await client.cleanup()


class Owner:
    """Somebody who is fed, which is what makes messages be read."""

    def take(self, records: object) -> None:
        """Take a record."""

    on_trades = on_quote = on_depth = take


@pytest.mark.parametrize("behind_s", [3, 10])
@in_virtual_time
async def test_a_clock_that_is_behind_is_no_fault_of_the_feed(behind_s: int) -> None:
    """Each print was heard, though by this clock before it happened; nobody is suspected.

    A print that was not heard is missed all the same.
    """
    peer = Peer()
    client = peer.client()
    clock, told, prints = client._clock, Told(client), list[int]()

    async def newest(contract_id: str) -> int | None:
        # The history is asked about what this machine's clock takes for the past.
        return max((at for at in prints if at < clock.now_ns()), default=None)

    def traded(heard: bool = True) -> None:
        prints.append((clock.now_ns() + behind_s * NS) // NS * NS)
        if heard:
            stamp = format_iso(clock.now_ns() + behind_s * NS, 7)
            row = {"price": 1, "volume": 1, "timestamp": stamp}
            peer.emit("market", "GatewayTrade", MNQ, [row])

    client.set_witness(newest)
    client.attach(MNQ, TickGrid(0.25, 0.5), Owner(), rank=0)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    await asyncio.sleep(2)
    for second in range(240):
        await asyncio.sleep(1)
        peer.emit("market", "GatewayQuote", MNQ, {"bestBid": 1})
        if second % 120 == 0:
            traded()
    assert told.stale == []
    for _ in range(120):
        traded(heard=False)
        peer.emit("market", "GatewayQuote", MNQ, {"bestBid": 1})
        await asyncio.sleep(1)
    assert MNQ in told.stale
    await client.cleanup()


@in_virtual_time
async def test_a_mute_hub_is_found_within_five_seconds() -> None:
    """Of a liquid contract in session; it is left, and the other hub too if it is as mute."""
    for mute in ({"market"}, {"market", "user"}):
        peer = Peer()
        async with market_of(peer, MNQ) as (client, _, told, listener):
            await asyncio.sleep(40)
            assert told.notices == []
            peer.silent = mute
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(6)
            assert told.stale == [None] * len(mute)
            assert told.notices[0][0] - began <= 5.0
            assert [gap.reason for gap in told.gaps] == [GapReason.SILENT] * len(mute)
            peer.silent = set()
            await asyncio.sleep(20)
            assert client.is_connected()
            assert "mute" in listener.changes[2][2]["reason"]
            assert [gap.is_open for gap in told.gaps].count(False) == len(mute)
            assert client.get_stats()["open_gaps"] == 0
            assert len(peer.calls("market")) == 3


@pytest.mark.parametrize("spoke_s", [0.0, 0.3, 1.0, 4.0, 11.0, 26.0])
@in_virtual_time
async def test_a_hub_that_falls_mute_before_its_pace_is_known_is_found_as_soon(
    spoke_s: float,
) -> None:
    """The history has what it does not tell, so it is left within five seconds all the same."""
    peer = Peer()
    async with market_of(peer, MNQ) as (client, market, told, _):

        async def slow(contract_id: str) -> int | None:
            await asyncio.sleep(0.3)
            return await market.newest(contract_id) // NS * NS

        client.set_witness(slow)
        await asyncio.sleep(spoke_s)
        peer.silent = {"market"}
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(6)
        assert told.stale == [None]
        assert told.notices[0][0] - began <= 5.0
        peer.silent = set()
        await asyncio.sleep(20)
        assert client.is_connected()
        assert client.get_stats()["open_gaps"] == 0


@in_virtual_time
async def test_a_slow_hub_of_a_quiet_contract_is_not_left() -> None:
    """It takes two seconds to answer, hardly ever speaks, and the history says the same."""
    peer = Peer()
    async with market_of(peer, MNQ, every_s=700.0) as (_, market, told, _):
        peer.latency_s = 1.9
        await asyncio.sleep(1200)
        assert market.asked > 4
        assert told.stale == []
        assert len(peer.attempts) == 2


@in_virtual_time
async def test_a_contract_that_trades_unheard_is_found_within_five_seconds() -> None:
    """The hub answers, the history has newer bars: it is subscribed to anew, and no hub is left."""
    peer = Peer()
    async with market_of(peer, MNQ, MES) as (client, market, told, _):
        await asyncio.sleep(40)
        market.frozen = {MNQ}
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(5)
        assert told.stale == [MNQ]
        assert told.notices[0][0] - began <= 5.0
        assert told.notices[0][2]["seconds_since_message"] >= 3.0
        market.frozen = set()
        await asyncio.sleep(5)
        assert [(gap.contract_id, gap.is_open) for gap in told.gaps] == [(MNQ, True), (MNQ, False)]
        assert client.get_stats()["connection_errors"] == 0
        calls = [method for method, arguments in peer.calls("market")[6:] if arguments == [MNQ]]
        assert len(calls) == 6


@in_virtual_time
async def test_a_contract_that_stays_frozen_costs_ever_fewer_reconnects() -> None:
    """Subscribing anew does not help, so the hub is connected anew, and seldom after that."""
    peer = Peer()
    async with market_of(peer, MNQ) as (client, market, told, _):
        await asyncio.sleep(40)
        market.frozen = {MNQ}
        await asyncio.sleep(3600)
        assert 5 < len(peer.times("market")) < 20
        assert client.get_stats()["open_gaps"] == 1
        assert len(told.gaps) == 1


@pytest.mark.parametrize("frozen", [{MNQ}, {"trades"}])
@in_virtual_time
async def test_what_was_never_heard_is_found_once_it_trades(frozen: set[str]) -> None:
    """A subscription that brings nothing from its first second on, or no prints, is renewed."""
    peer = Peer()
    async with market_of(peer, MNQ) as (client, market, told, _):
        market.frozen = set(frozen)
        await asyncio.sleep(5)
        assert told.stale == [MNQ]
        market.frozen = set()
        await asyncio.sleep(10)
        assert client.get_stats()["open_gaps"] == 0
        assert client.get_stats()["connection_errors"] == 0
        assert market.asked == 1


@in_virtual_time
async def test_a_feed_that_does_not_come_back_after_the_break_is_found() -> None:
    """What was usual before the break is forgotten, but not that somebody wants to hear."""
    peer = Peer()
    calendar = find_calendar(MNQ)
    assert calendar is not None
    async with market_of(peer, MNQ) as (client, market, told, _):
        clock = client._clock
        assert isinstance(clock, VirtualClock)
        await asyncio.sleep(60)
        clock.shift(calendar.next_close_ns(clock.now_ns()) - 30 * NS - clock.now_ns())
        await asyncio.sleep(30)
        market.quiet = True
        await asyncio.sleep(120)
        clock.shift(calendar.next_open_ns(clock.now_ns()) - 30 * NS - clock.now_ns())
        await asyncio.sleep(30)
        market.quiet, market.frozen = False, {MNQ}
        await asyncio.sleep(5)
        assert told.stale == [MNQ]


@in_virtual_time
async def test_what_traded_while_a_hub_was_away_convicts_nobody() -> None:
    """The gap of the outage tells of it; a quiet contract that is back is not suspected for it."""
    peer = Peer()
    async with market_of(peer, MNQ, every_s=400.0) as (client, market, told, _):
        await asyncio.sleep(401)
        peer.hub("market").cut("gone")
        market.traded_ns = client._clock.now_ns()
        await asyncio.sleep(300)
        assert market.asked > 0
        assert told.stale == []
        assert client.get_stats()["connection_errors"] == 1


@in_virtual_time
async def test_what_comes_while_the_history_is_asked_is_not_missed() -> None:
    """A print on its way at the moment of the question is nobody's fault."""
    peer = Peer()
    async with market_of(peer, MNQ) as (client, market, told, _):

        async def slow(contract_id: str) -> int | None:
            market.quiet = False
            await asyncio.sleep(0.3)
            market.asked += 1
            return market.traded_ns

        client.set_witness(slow)
        await asyncio.sleep(40)
        for _turn in range(20):
            market.quiet = True
            await asyncio.sleep(30)
        assert market.asked > 0
        assert told.stale == []


@pytest.mark.parametrize("kind", ["trades", "quotes", "depth"])
@in_virtual_time
async def test_one_stream_that_froze_is_subscribed_to_anew(kind: str) -> None:
    """The others go on; prints are testified by the history, the rest by a fresh snapshot."""
    peer = Peer()
    async with market_of(peer, MNQ) as (client, market, told, _):
        await asyncio.sleep(40)
        market.frozen = {kind}
        await asyncio.sleep(6)
        assert told.stale == ([MNQ] if kind == "trades" else [])
        assert len(peer.calls("market")) > 3
        market.frozen = set()
        await asyncio.sleep(6)
        assert client.get_stats()["open_gaps"] == 0
        assert client.get_stats()["connection_errors"] == 0


@in_virtual_time
async def test_a_market_that_stops_is_no_fault() -> None:
    """A halt in session: the hub answers, the history has nothing newer, and little is asked."""
    peer = Peer()
    async with market_of(peer, MNQ) as (client, market, told, _):
        await asyncio.sleep(40)
        market.quiet = True
        await asyncio.sleep(7200)
        assert told.notices == []
        assert told.gaps == []
        assert 5 < market.asked < 25
        assert client.get_stats()["false_alarms"] == market.asked
        assert client.get_stats()["connection_errors"] == 0


@in_virtual_time
async def test_a_quiet_contract_is_no_fault() -> None:
    """One that speaks every few minutes is asked about seldom, and never suspected of more."""
    peer = Peer()
    async with market_of(peer, MNQ, every_s=400.0) as (client, market, told, _):
        await asyncio.sleep(4 * 3600)
        assert told.notices == []
        assert client.get_stats()["connection_errors"] == 0
        assert market.asked < 10


@in_virtual_time
async def test_without_a_witness_nobody_is_convicted_of_silence() -> None:
    """Nor with one that fails: the contract is subscribed to anew, and that is all."""

    async def fails(contract_id: str) -> int | None:
        raise ProjectXConnectionError("no answer")

    witnesses: list[Callable[..., Any] | None] = [None, fails]
    for witness in witnesses:
        peer = Peer()
        async with market_of(peer, MNQ) as (client, market, told, _):
            client.set_witness(witness)
            await asyncio.sleep(40)
            market.frozen = {MNQ}
            await asyncio.sleep(60)
            assert told.notices == []
            assert client.get_stats()["connection_errors"] == 0
            assert client.get_stats()["false_alarms"] > 0


@in_virtual_time
async def test_a_loop_that_was_held_up_suspects_nobody() -> None:
    """Ten seconds in which nothing ran say nothing about the gateway."""
    peer = Peer()
    async with market_of(peer, MNQ) as (client, _, told, __):
        await asyncio.sleep(40)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop._set_time(loop.time() + 10.0)
        await asyncio.sleep(5)
        assert told.notices == []
        assert client.get_stats()["connection_errors"] == 0


@in_virtual_time
async def test_the_daily_break_and_the_weekend_are_no_fault() -> None:
    """Around every close and opening of a week, busy to the last second, nobody is suspected."""
    peer = Peer()
    calendar = find_calendar(MNQ)
    assert calendar is not None
    async with market_of(peer, MNQ) as (client, market, told, _):
        clock = client._clock
        assert isinstance(clock, VirtualClock)
        await asyncio.sleep(60)
        turns, last_ns = 0, clock.now_ns() + 7 * 86400 * NS
        while clock.now_ns() < last_ns:
            now_ns = clock.now_ns()
            market.quiet = not calendar.is_open(now_ns)
            turn_ns = (
                calendar.next_open_ns(now_ns) if market.quiet else calendar.next_close_ns(now_ns)
            )
            clock.shift(turn_ns - 60 * NS - now_ns)
            await asyncio.sleep(60)
            market.quiet = not market.quiet
            await asyncio.sleep(90)
            turns += 1
        assert turns >= 10
        assert told.notices == []
        assert told.gaps == []
        assert client.get_stats()["connection_errors"] == 0
        assert market.asked == 0


@pytest.mark.long
@in_virtual_time
async def test_a_whole_week_without_a_false_reconnect() -> None:
    """Every second of it: a contract that trades in session, and one that hardly ever does."""
    peer = Peer()
    calendar = find_calendar(MNQ)
    assert calendar is not None
    async with market_of(peer, MNQ, every_s=0.9) as (client, market, told, _):
        quiet = Market(peer, client, every_s=700.0)
        tasks = Supervisor("quiet market")

        async def newest(contract_id: str) -> int | None:
            return await (quiet if contract_id == MES else market).newest(contract_id)

        client.set_witness(newest)
        assert await client.subscribe_market_data([MES])
        tasks.spawn(quiet.run(MES), name="market")
        clock = client._clock
        for _ in range(7 * 24 * 60):
            market.quiet = quiet.quiet = not calendar.is_open(clock.now_ns())
            await asyncio.sleep(60)
        assert told.notices == []
        assert told.gaps == []
        stats = client.get_stats()
        assert stats["connection_errors"] == 0
        assert stats["events_received"] > 1_000_000
        assert len(peer.attempts) == 2
        await tasks.aclose()
