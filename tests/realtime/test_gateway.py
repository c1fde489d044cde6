"""The client on the simulated gateway: in process on virtual time, and over a real socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.realtime.peer import Listener
from tests.virtual import in_virtual_time

from project_x_py._runtime.endpoints import (
    Endpoint,
    _endpoints,
    clock_for,
    open_network,
    origin_of,
)
from project_x_py.client import ProjectX
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.simulator import SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py._ports import Network


class Owner:
    """Counts records, and checks that they come in the order of their times."""

    def __init__(self) -> None:
        self.trades = self.quotes = self.depths = 0
        self.last_ns = 0

    def on_trades(self, trades: Sequence[Trade]) -> None:
        for trade in trades:
            assert trade.exch_ns >= self.last_ns
            self.last_ns = trade.exch_ns
        self.trades += len(trades)

    def on_quote(self, quote: Quote) -> None:
        self.quotes += 1

    def on_depth(self, depth: Depth) -> None:
        self.depths += 1


async def clients(gateway: SimulatedGateway) -> tuple[ProjectX, ProjectXRealtimeClient]:
    login = gateway.credentials
    client = ProjectX(username=login.username, api_key=login.api_key, config=gateway.config)
    await client.authenticate()
    account = str(client.get_account_info().id)
    live = ProjectXRealtimeClient(client.get_session_token(), account, config=gateway.config)
    live.token_factory = client.fresh_token
    return client, live


class Hole:
    """A network that swallows what is sent while it is one, and never gives it back."""

    def __init__(self, network: Network) -> None:
        self.swallows = False
        self.swallowed = 0
        self._network = network

    async def request(self, method: str, url: str, *, timeout_s: float, **rest: Any) -> Any:
        await self._pass(timeout_s)
        return await self._network.request(method, url, timeout_s=timeout_s, **rest)

    async def connect(self, url: str, *, timeout_s: float, **rest: Any) -> Any:
        await self._pass(timeout_s)
        return await self._network.connect(url, timeout_s=timeout_s, **rest)

    async def close(self) -> None:
        """The network under it is closed by the test."""

    async def _pass(self, timeout_s: float) -> None:
        if self.swallows:
            self.swallowed += 1
            try:
                async with asyncio.timeout(timeout_s):
                    await asyncio.Event().wait()
            except TimeoutError:
                raise ProjectXConnectionError("no answer", sent=True) from None


@in_virtual_time
async def test_a_black_hole_in_which_the_token_ends_costs_three_seconds() -> None:
    """REST and hubs swallowed, the token expired: back, all is subscribed to within three seconds.

    However long it lasts, little is sent into it, and the logins are few.
    """
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        urls = (gateway.config.user_hub_url, gateway.config.market_hub_url)
        network = open_network(urls)
        hole, clock = Hole(network), clock_for(urls)
        origin = gateway.config.api_url
        registered = _endpoints.pop(origin_of(origin))
        _endpoints[origin_of(origin)] = Endpoint(clock, lambda: hole)
        client, live = await clients(gateway)
        contract_id = gateway.contracts[0].contract_id
        assert await live.connect()
        assert await live.subscribe_user_updates()
        assert await live.subscribe_market_data([contract_id])
        gateway.market.pause()
        loop = asyncio.get_running_loop()
        for lasts_s in (1.0, 3.3, 7.9, 12.2, 19.9, 31.0, 47.5, 62.0, 95.0, 240.0):
            logins = client.get_performance_stats()["logins"]
            hole.swallows = True
            gateway.faults.expire_tokens()
            gateway.faults.drop_connections()
            await asyncio.sleep(lasts_s)
            hole.swallows = False
            back = loop.time()
            while not (live.is_connected() and not live.get_stats()["open_gaps"]):
                await asyncio.sleep(0.01)
            assert loop.time() - back <= 3.0, lasts_s
            assert client.get_performance_stats()["logins"] == logins + 1
            assert hole.swallowed < 8 + 3 * lasts_s
            hole.swallowed = 0
            await asyncio.sleep(30)
        await live.cleanup()
        await client.aclose()
        _endpoints[origin_of(origin)] = registered
        await network.close()


@pytest.mark.checklist(11)
@in_virtual_time
async def test_a_market_reaches_its_owner() -> None:
    """Token and account of the REST client construct it; events flow, also after a drop."""
    async with SimulatedGateway(in_process=True) as gateway:
        client, live = await clients(gateway)
        owner, listener = Owner(), Listener()
        contract = gateway.contracts[0]
        live.add_connection_listener(listener)
        assert await live.connect()
        live.attach(contract.contract_id, contract.grid, owner, rank=0)
        assert await live.subscribe_user_updates()
        assert await live.subscribe_market_data([contract.contract_id])
        await asyncio.sleep(20)
        before = owner.trades, owner.quotes, owner.depths
        assert min(before) > 100
        gateway.faults.drop_connections()
        await asyncio.sleep(20)
        after = owner.trades, owner.quotes, owner.depths
        assert all(new > old + 100 for new, old in zip(after, before, strict=True))
        assert listener.states("market")[-1] == "connected"
        stats = live.get_stats()
        assert stats["decode_errors"] == {}
        assert stats["connection_errors"] == 2
        assert stats["health"]["user_heartbeats_failed"] == 0
        await live.cleanup()
        assert gateway.connections == {"user": 0, "market": 0}
        await client.aclose()


@in_virtual_time
async def test_a_silent_gateway_is_noticed_and_found_again() -> None:
    """A muted hub is left within 15 s; once it speaks, everything is subscribed to again."""
    async with SimulatedGateway(in_process=True) as gateway:
        client, live = await clients(gateway)
        owner, listener = Owner(), Listener()
        contract = gateway.contracts[0]
        live.add_connection_listener(listener)
        live.attach(contract.contract_id, contract.grid, owner, rank=0)
        assert await live.connect()
        assert await live.subscribe_market_data([contract.contract_id])
        gateway.faults.mute("market")
        await asyncio.sleep(16)
        assert not live.is_connected()
        assert "said nothing for 5.0 s" in str(listener.changes[2][2]["reason"])
        gateway.faults.unmute("market")
        before = owner.trades
        await asyncio.sleep(45)
        assert live.is_connected()
        assert owner.trades > before
        await live.cleanup()
        await client.aclose()


@in_virtual_time
async def test_tokens_change_on_a_gateway_that_checks_them() -> None:
    """A renewed token takes over, a made-up one is refused and changes nothing."""
    async with SimulatedGateway(in_process=True) as gateway:
        client, live = await clients(gateway)
        assert await live.connect()
        await asyncio.sleep(5)
        assert await live.update_jwt_token(await client.fresh_token())
        assert live.is_connected()
        assert not await live.update_jwt_token("made.up.token")
        assert "HTTP 401" in str(live.last_error)
        assert live.is_connected()
        await live.cleanup()
        await client.aclose()


async def test_a_market_reaches_its_owner_over_a_socket() -> None:
    """The same over loopback, in real time, for as long as it takes to see every kind."""
    async with SimulatedGateway(speed=20.0) as gateway:
        client, live = await clients(gateway)
        owner = Owner()
        contract = gateway.contracts[0]
        live.attach(contract.contract_id, contract.grid, owner, rank=0)
        assert await live.connect()
        assert await live.subscribe_user_updates()
        assert await live.subscribe_market_data([contract.contract_id])
        async with asyncio.timeout(20):
            while not (owner.trades and owner.quotes and owner.depths):
                await asyncio.sleep(0.02)
        assert live.get_stats()["decode_errors"] == {}
        assert await live.force_health_reconnect()
        await live.cleanup()
        await client.aclose()
    assert not live.is_connected()
