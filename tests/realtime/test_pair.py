"""Both hubs under one token: changing it, concurrency, bounds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.realtime.peer import MNQ, TOKEN, Listener, Peer
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.realtime._connection import HubTiming

if TYPE_CHECKING:
    from project_x_py.realtime import ProjectXRealtimeClient

FRESH = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjJ9.signature-of-the-second"


async def subscribed(peer: Peer) -> ProjectXRealtimeClient:
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    assert await client.subscribe_user_updates()
    return client


def alive(peer: Peer, token: str) -> bool:
    """Whether both hubs run on ``token`` with everything subscribed to."""
    return (
        {socket.token for socket in peer.sockets} == {token}
        and len(peer.calls("market")) == 3
        and len(peer.calls("user")) == 4
    )


@pytest.mark.checklist(24)
@in_virtual_time
async def test_a_new_token_takes_over() -> None:
    """Both hubs reconnect with it, subscriptions included, within one round trip."""
    peer, listener = Peer(), Listener()
    client = await subscribed(peer)
    client.add_connection_listener(listener)
    assert await client.update_jwt_token(FRESH)
    assert alive(peer, FRESH)
    assert client.is_connected()
    assert listener.states("market") == ["disconnected", "reconnecting", "connected"]
    assert listener.delays("market") == [0.0]
    peer.hub("user").cut("gone")
    await asyncio.sleep(5)
    assert alive(peer, FRESH)
    await client.cleanup()


@pytest.mark.checklist(25)
@in_virtual_time
async def test_a_refused_token_changes_nothing() -> None:
    """The call returns False; the old connections were never touched."""
    peer, listener = Peer(), Listener()
    client = await subscribed(peer)
    client.add_connection_listener(listener)
    peer.refused_tokens = {FRESH}
    assert not await client.update_jwt_token(FRESH)
    assert "HTTP 401" in str(client.last_error)
    assert alive(peer, TOKEN)
    assert listener.changes == []
    peer.hub("user").cut("gone")
    await asyncio.sleep(5)
    assert alive(peer, TOKEN)
    await client.cleanup()


@pytest.mark.checklist(26)
@in_virtual_time
async def test_a_token_that_takes_too_long_is_rolled_back() -> None:
    """TimeoutError at the timeout; the old state is live."""
    peer = Peer()
    client = await subscribed(peer)
    peer.connect_s = 7.0
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await client.update_jwt_token(FRESH, timeout=5.0)
    assert asyncio.get_running_loop().time() - began == pytest.approx(5.0)
    await asyncio.sleep(10)
    assert alive(peer, TOKEN)
    assert client.is_connected()
    assert await client.update_jwt_token(FRESH, timeout=30.0)
    await client.cleanup()


@in_virtual_time
async def test_a_token_refused_late_is_rolled_back() -> None:
    """When the hub refuses the subscriptions under the new token, the old one is back in 5 s."""
    peer = Peer()
    client = await subscribed(peer)
    loop = asyncio.get_running_loop()
    peer.refused_methods = {"SubscribeContractTrades": "not with this token"}
    loop.call_later(1.0, peer.refused_methods.clear)
    assert not await client.update_jwt_token(FRESH)
    assert "not with this token" in str(client.last_error)
    assert client.is_connected()
    await asyncio.sleep(1)
    assert alive(peer, TOKEN)
    await client.cleanup()


@in_virtual_time
async def test_a_token_that_is_never_confirmed_times_out() -> None:
    """Completions that do not come end in TimeoutError, and recovery is bounded by 5 s."""
    peer = Peer()
    client = await subscribed(peer)
    peer.unanswered = {"SubscribeContractTrades"}
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await client.update_jwt_token(FRESH, timeout=3.0)
    assert asyncio.get_running_loop().time() - began == pytest.approx(8.0, abs=0.1)
    peer.unanswered = set()
    await asyncio.sleep(40)
    assert alive(peer, TOKEN)
    await client.cleanup()


@pytest.mark.checklist(27)
@in_virtual_time
async def test_concurrent_changes_do_not_deadlock() -> None:
    """Two changes follow each other; one during a connect or a disconnect ends, too."""
    peer = Peer()
    peer.latency_s = 0.1
    client = await subscribed(peer)
    first = asyncio.ensure_future(client.update_jwt_token("first"))
    second = asyncio.ensure_future(client.update_jwt_token("second"))
    assert await asyncio.wait_for(first, 5)
    assert await asyncio.wait_for(second, 5)
    assert alive(peer, "second")
    changing = asyncio.ensure_future(client.update_jwt_token("third"))
    await asyncio.sleep(0)
    await asyncio.wait_for(client.disconnect(), 5)
    assert not await asyncio.wait_for(changing, 10)
    connecting = asyncio.ensure_future(client.connect())
    await asyncio.sleep(0)
    changed = await asyncio.wait_for(client.update_jwt_token("fourth"), 10)
    assert await asyncio.wait_for(connecting, 10)
    assert {socket.token for socket in peer.sockets} == {"fourth" if changed else "second"}
    await client.cleanup()


@in_virtual_time
async def test_a_change_that_is_cancelled_leaves_the_old_token() -> None:
    """The hubs go on by themselves, and no socket is left over."""
    peer = Peer()
    client = await subscribed(peer)
    peer.connect_s = 2.0
    changing = asyncio.ensure_future(client.update_jwt_token(FRESH))
    await asyncio.sleep(3)
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    await asyncio.sleep(10)
    assert alive(peer, TOKEN)
    assert client.is_connected()
    await client.cleanup()
    assert peer.sockets == []


@in_virtual_time
async def test_a_token_while_not_connected_is_kept() -> None:
    """It is used by the next connect; nothing is opened for it."""
    peer = Peer()
    client = peer.client()
    assert await client.update_jwt_token(FRESH)
    assert peer.attempts == []
    assert await client.connect()
    assert {token for _, _, token in peer.attempts} == {FRESH}
    await client.cleanup()


@in_virtual_time
async def test_a_token_ends_a_delay() -> None:
    """A hub that waits because its token was refused goes over to the new one at once."""
    peer = Peer()
    client = await subscribed(peer)
    peer.refused_tokens = {TOKEN}
    peer.hub("user").cut("expired")
    await asyncio.sleep(300)
    began = asyncio.get_running_loop().time()
    assert await client.update_jwt_token(FRESH)
    assert asyncio.get_running_loop().time() - began < 0.1
    assert alive(peer, FRESH)
    await client.cleanup()


@pytest.mark.checklist(27)
@in_virtual_time
async def test_two_connects_are_one() -> None:
    """Both callers get the same connection; a third finds it."""
    peer = Peer()
    peer.latency_s = 0.1
    client = peer.client()
    both = await asyncio.gather(client.connect(), client.connect())
    assert both == [True, True]
    assert await client.connect()
    assert len(peer.attempts) == 2
    await client.cleanup()
    assert peer.networks == 0


@in_virtual_time
async def test_a_connect_that_is_cancelled_leaves_nothing() -> None:
    """Cancelling it closes what it had opened."""
    peer = Peer()
    peer.connect_s = 5.0
    client = peer.client()
    connecting = asyncio.ensure_future(client.connect())
    await asyncio.sleep(1)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert peer.sockets == []
    assert client.get_task_stats()["pending_tasks"] == 0
    await client.cleanup()


@in_virtual_time
async def test_a_url_can_be_checked_before_connecting() -> None:
    """setup_connections() opens nothing, and refuses what is no hub URL."""
    peer = Peer()
    client = peer.client(timing=HubTiming())
    await client.setup_connections()
    assert peer.attempts == []
    client._user.url = "nonsense"
    with pytest.raises(ProjectXConnectionError, match="not the URL of a hub"):
        await client.setup_connections()


@in_virtual_time
async def test_what_cannot_be_a_token_is_refused_at_once() -> None:
    """No text is a mistake; far too much text is False, and the old state stays."""
    peer = Peer()
    client = await subscribed(peer)
    with pytest.raises(ValueError, match="a token is text, not NoneType"):
        await client.update_jwt_token(None)  # type: ignore[arg-type]
    began = asyncio.get_running_loop().time()
    assert not await client.update_jwt_token("x" * 100_000)
    assert asyncio.get_running_loop().time() == began
    assert alive(peer, TOKEN)
    await client.cleanup()


async def _cancelled() -> str:
    raise asyncio.CancelledError


def _failing() -> str:
    raise OSError(f"no answer for {TOKEN}")


@pytest.mark.parametrize(
    ("factory", "reason"),
    [
        (_failing, "the token factory failed: OSError: no answer"),
        (_cancelled, "the token factory failed: CancelledError"),
        (lambda: None, "made no token, but NoneType"),
        (lambda: b"abc", "made no token, but bytes"),
        (lambda: " ", "made no token, but an empty text"),
        (asyncio.Event().wait, "no token within 30 s"),
    ],
)
@in_virtual_time
async def test_a_token_factory_of_any_kind_costs_the_attempt_only(
    factory: Any, reason: str
) -> None:
    """The hub goes on trying, and is back with the first factory that works."""
    peer, listener = Peer(), Listener()
    client = await subscribed(peer)
    client.add_connection_listener(listener)
    client.token_factory = factory
    peer.hub("market").cut("gone")
    await asyncio.sleep(45)
    assert not client.market_connected
    reasons = {str(d["reason"]) for s, _, d in listener.changes if s == "reconnecting"}
    assert any(reason in told for told in reasons)
    assert not any(TOKEN in told for told in reasons)
    client.token_factory = lambda: FRESH
    await asyncio.sleep(45)
    assert client.is_connected()
    client.raise_if_faulted()
    await client.cleanup()


@pytest.mark.parametrize("token", ["", "  ", "x" * 9000])
@in_virtual_time
async def test_what_can_be_no_token_is_refused_at_once(token: str) -> None:
    """Nothing is asked of the gateway, and nothing changes."""
    peer = Peer()
    client = await subscribed(peer)
    asked = len(peer.attempts)
    assert not await client.update_jwt_token(token)
    assert "are no token" in str(client.last_error)
    for timeout in (float("nan"), "5", None):
        with pytest.raises(ValueError, match="timeout is a number"):
            await client.update_jwt_token(FRESH, timeout)  # type: ignore[arg-type]
    assert len(peer.attempts) == asked
    assert alive(peer, TOKEN)
    await client.cleanup()
