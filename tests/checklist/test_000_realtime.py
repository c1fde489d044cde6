"""What the first seed document promises of the real-time client."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import threading
from typing import Any

import pytest
from tests.realtime.peer import ACCOUNT, MNQ, TOKEN, URLS, Peer
from tests.virtual import in_virtual_time

import project_x_py
from project_x_py.models import ProjectXConfig
from project_x_py.realtime import ProjectXRealtimeClient, create_realtime_client

USER = "https://rtc.topstepx.com/hubs/user"
MARKET = "https://rtc.topstepx.com/hubs/market"


@pytest.mark.checklist(1)
def test_the_client_is_at_the_root_with_its_arguments() -> None:
    """Importable from the root; five arguments by position and by keyword."""
    assert project_x_py.ProjectXRealtimeClient is ProjectXRealtimeClient
    names = ["jwt_token", "account_id", "user_hub_url", "market_hub_url", "config"]
    assert list(inspect.signature(ProjectXRealtimeClient).parameters) == names
    values: list[Any] = [TOKEN, "12345", URLS[0], URLS[1], ProjectXConfig()]
    for client in (
        ProjectXRealtimeClient(*values),
        ProjectXRealtimeClient(**dict(zip(names, values, strict=True))),
    ):
        assert (client.user_hub_url, client.market_hub_url) == URLS


@pytest.mark.checklist(2)
def test_the_client_is_of_its_five_parts() -> None:
    """The named bases exist and every client is one of each."""
    bases = [base.__name__ for base in ProjectXRealtimeClient.__mro__]
    for name in (
        "ConnectionManagementMixin",
        "EventHandlingMixin",
        "HealthMonitoringMixin",
        "SubscriptionsMixin",
        "TaskManagerMixin",
    ):
        assert name in bases


@pytest.mark.checklist(3, 12, 15)
@in_virtual_time
async def test_two_hubs_open_on_connect() -> None:
    """Nothing is opened before connect(); then there are two, and both count."""
    peer = Peer()
    client = peer.client()
    await asyncio.sleep(100)
    assert peer.attempts == []
    assert await client.connect()
    assert sorted(socket.hub for socket in peer.sockets) == ["market", "user"]
    assert client.is_connected()
    peer.down = {"user"}
    peer.hub("user").cut("gone")
    await asyncio.sleep(1)
    assert client.market_connected
    assert not client.is_connected()
    await client.cleanup()


@pytest.mark.checklist(4, 5, 6, 7)
def test_addresses_come_from_argument_configuration_or_default() -> None:
    """In that order, and for each hub by itself."""
    config = ProjectXConfig(
        user_hub_url="https://gateway.topstepx.com/hubs/user",
        market_hub_url="https://gateway.topstepx.com/hubs/market",
    )
    test = "https://test.topstepx.com/hubs/market"
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({}, USER, MARKET),
        ({"market_hub_url": test}, USER, test),
        ({"user_hub_url": test}, test, MARKET),
        ({"config": config}, config.user_hub_url, config.market_hub_url),
        ({"config": config, "market_hub_url": test}, config.user_hub_url, test),
        ({"config": config, "user_hub_url": test}, test, config.market_hub_url),
    ]
    for arguments, user, market in cases:
        client = ProjectXRealtimeClient(TOKEN, "12345", **arguments)
        assert (client.user_hub_url, client.market_hub_url) == (user, market)


@pytest.mark.checklist(8)
@in_virtual_time
async def test_the_token_travels_in_the_query() -> None:
    """Both hubs are opened with access_token in the URL."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    assert sorted(socket.token for socket in peer.sockets) == [TOKEN, TOKEN]
    await client.cleanup()


@pytest.mark.checklist(10)
async def test_the_factory_is_awaited() -> None:
    """create_realtime_client() is at the root and in .realtime, and returns a client."""
    assert project_x_py.create_realtime_client is create_realtime_client
    client = await create_realtime_client(jwt_token=TOKEN, account_id="12345")
    assert isinstance(client, ProjectXRealtimeClient)


@pytest.mark.checklist(21, 22, 23, 30)
@in_virtual_time
async def test_a_drop_heals_by_itself_with_everything_subscribed() -> None:
    """No user code is involved; delays grow and are capped; subscriptions are as before."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_user_updates()
    assert await client.subscribe_market_data([MNQ])
    before = peer.calls("user"), peer.calls("market")
    peer.down = {"user", "market"}
    peer.hub("user").cut("gone")
    peer.hub("market").cut("gone")
    await asyncio.sleep(3600)
    for hub in ("user", "market"):
        times = peer.times(hub)
        gaps = [later - earlier for earlier, later in itertools.pairwise(times[1:])]
        assert len(gaps) > 1000
        assert max(gaps) <= 3.0
        assert max(gaps[:1]) < max(gaps)
    peer.down = set()
    await asyncio.sleep(5)
    assert client.is_connected()
    assert (peer.calls("user"), peer.calls("market")) == before
    await client.cleanup()


@pytest.mark.checklist(28, 29)
@in_virtual_time
async def test_every_step_is_bounded_and_can_be_tried_again() -> None:
    """Connecting, shaking hands and subscribing end within their bounds; connect() works after."""
    peer = Peer()
    client = peer.client()
    loop = asyncio.get_running_loop()
    greeting = peer.greeting
    for connect_s, hello in ((1e6, greeting), (0.0, b"")):
        peer.connect_s, peer.greeting = connect_s, hello
        began = loop.time()
        assert not await client.connect()
        assert loop.time() - began <= 10.001
        assert client.last_error
        assert peer.sockets == []
    peer.connect_s, peer.greeting = 0.0, greeting
    assert await client.connect()
    peer.unanswered = {"SubscribeOrders", "SubscribeContractTrades"}
    began = loop.time()
    assert not await client.subscribe_user_updates()
    assert not await client.subscribe_market_data([MNQ])
    assert loop.time() - began <= 20.001
    peer.unanswered = set()
    assert await client.subscribe_user_updates()
    await client.cleanup()


@pytest.mark.checklist(38, 39, 45)
@in_virtual_time
async def test_statistics_tell_of_events_errors_tasks_and_health() -> None:
    """Counters and times move with each event and each lost connection."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    await client.subscribe_market_data([MNQ])
    stamps: list[Any] = []
    for number in range(1, 4):
        await asyncio.sleep(1)
        peer.emit("market", "GatewayQuote", MNQ, {"volume": number})
        peer.emit("user", "GatewayUserAccount", {"id": ACCOUNT})
        await asyncio.sleep(1)
        stats = client.get_stats()
        assert stats["events_received"] == 2 * number
        stamps.append(stats["last_event_time"])
    assert stamps == sorted(set(stamps))
    peer.hub("user").cut("gone")
    await asyncio.sleep(5)
    stats = client.get_stats()
    assert stats["connection_errors"] == 1
    assert stats["subscribed_contracts"] == 1
    assert stats["user_connected"]
    assert stats["market_connected"]
    assert {"health", "task_stats"} <= set(stats)
    await client.cleanup()


@pytest.mark.checklist(43)
@in_virtual_time
async def test_callbacks_run_on_the_loop_in_order() -> None:
    """Whatever is behind the socket, a callback runs in the loop's thread, event by event."""
    peer = Peer()
    client = peer.client()
    seen: list[tuple[int, int]] = []
    running = 0

    async def callback(event: dict[str, Any]) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.001)
        seen.append((threading.get_ident(), event["data"]["volume"]))
        running -= 1

    await client.add_callback("quote_update", callback)
    assert await client.connect()
    for number in range(200):
        peer.emit("market", "GatewayQuote", MNQ, {"volume": number})
    await asyncio.sleep(1)
    assert seen == [(threading.get_ident(), number) for number in range(200)]
    await client.cleanup()
