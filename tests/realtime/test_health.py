"""How well both hubs do, from round trips that were measured."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from tests.realtime.peer import MNQ, Listener, Peer
from tests.virtual import in_virtual_time

KEYS = {
    "health_score",
    "status",
    "uptime_seconds",
    "timestamp",
    "user_connected",
    "market_connected",
    "both_connected",
    "user_hub_latency_ms",
    "user_hub_latency_p95",
    "user_hub_latency_p99",
    "market_hub_latency_ms",
    "market_hub_latency_p95",
    "market_hub_latency_p99",
    "events_per_second",
    "total_events_received",
    "total_heartbeats_sent",
    "user_heartbeats_failed",
    "market_heartbeats_failed",
    "connection_failures",
    "user_heartbeat_success_rate",
    "market_heartbeat_success_rate",
    "last_user_heartbeat",
    "last_market_heartbeat",
    "user_heartbeat_pending",
    "market_heartbeat_pending",
    "heartbeat_interval",
    "health_threshold",
    "latency_threshold_ms",
    "facts",
}


@pytest.mark.checklist(33)
@in_virtual_time
async def test_a_client_that_never_connected_is_not_healthy() -> None:
    """The score is 0, the status critical, and every documented key is there."""
    client = Peer().client()
    status = await client.get_health_status()
    assert set(status) == KEYS
    assert (status["health_score"], status["status"]) == (0.0, "critical")
    assert not await client.is_connection_healthy()
    assert await client.is_connection_healthy(0)
    assert status["last_user_heartbeat"] is None
    assert status["user_hub_latency_ms"] == status["market_hub_latency_p99"] == 0.0


@pytest.mark.checklist(200)
@pytest.mark.checklist(31, 32, 37)
@in_virtual_time
async def test_round_trips_are_measured_per_hub() -> None:
    """A heartbeat every interval per hub; mean and percentiles are those of the completions."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    peer.latency_s = 0.05
    await asyncio.sleep(100.5)
    peer.latency_s = 0.25
    await asyncio.sleep(10)
    status = await client.get_health_status()
    assert status["total_heartbeats_sent"] == 22
    assert status["user_hub_latency_ms"] == pytest.approx((10 * 50 + 250) / 11, abs=0.01)
    assert status["market_hub_latency_p95"] == pytest.approx(250, abs=0.01)
    assert status["market_heartbeat_success_rate"] == 100.0
    assert status["last_market_heartbeat"].startswith("2026-09-01T")
    assert status["uptime_seconds"] == pytest.approx(110.5)
    assert status["health_score"] == 100.0
    metrics = await client.get_performance_metrics()
    assert set(metrics) == {
        "uptime_seconds",
        "events_per_second",
        "total_events",
        "average_latency_ms",
        "connection_stability",
        "memory_usage",
    }
    assert metrics["memory_usage"] == {"latency_samples": 22, "max_latency_samples": 2000}
    assert metrics["connection_stability"] == 100.0
    await client.cleanup()


@in_virtual_time
async def test_a_heartbeat_changes_nothing() -> None:
    """It ends a subscription that nobody has; a refusal of it is an answer as well."""
    peer = Peer()
    client = peer.client()
    peer.refused_methods = {"UnsubscribeTrades": "Account 0 was not found."}
    assert await client.connect()
    await asyncio.sleep(25)
    assert [method for method, _ in peer.hub("user").calls] == ["UnsubscribeTrades"] * 2
    assert peer.hub("market").calls == [("UnsubscribeContractQuotes", ["CON.F.US.NONE.Z00"])] * 2
    status = await client.get_health_status()
    assert status["user_heartbeats_failed"] == 0
    assert status["health_score"] == 100.0
    await client.cleanup()


@pytest.mark.checklist(34)
@in_virtual_time
async def test_settings_change_what_runs() -> None:
    """A shorter interval holds from that moment on; samples are cut to the new bound."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    await asyncio.sleep(15)
    await client.configure_health_monitoring(
        heartbeat_interval=0.5,
        health_threshold=75.0,
        latency_threshold_ms=1000,
        max_latency_samples=4,
    )
    await asyncio.sleep(10.2)
    status = await client.get_health_status()
    assert status["total_heartbeats_sent"] == 2 + 2 * 21
    assert status["heartbeat_interval"] == 0.5
    assert (status["health_threshold"], status["latency_threshold_ms"]) == (75.0, 1000)
    metrics = await client.get_performance_metrics()
    assert metrics["memory_usage"]["latency_samples"] == 8
    await client.cleanup()


@pytest.mark.parametrize(
    "wrong",
    [
        {"heartbeat_interval": 0},
        {"heartbeat_interval": math.inf},
        {"health_threshold": 101},
        {"health_threshold": -1},
        {"latency_threshold_ms": 0},
        {"max_latency_samples": 0},
        {"max_latency_samples": 2.5},
        {"heartbeat_interval": "5"},
        {"latency_threshold_ms": None},
        {"health_threshold": True},
    ],
)
@in_virtual_time
async def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    """ValueError names the setting, and nothing changes."""
    client = Peer().client()
    with pytest.raises(ValueError, match=next(iter(wrong))):
        await client.configure_health_monitoring(**wrong)
    assert (await client.get_health_status())["heartbeat_interval"] == 10.0


@pytest.mark.checklist(35)
@in_virtual_time
async def test_a_sick_hub_is_connected_anew() -> None:
    """One that pings but answers no invocation, by the usual threshold, the other being well."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    await client.configure_health_monitoring(heartbeat_interval=5.0)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.unanswered = {"UnsubscribeContractQuotes"}
    for _ in range(90):
        await asyncio.sleep(1)
        for socket in peer.sockets:
            socket.push(b'{"type":6}\x1e')
    reasons = [d["reason"] for s, h, d in listener.changes if (s, h) == ("disconnected", "market")]
    assert len(reasons) == 2
    assert all("is below 70" in reason for reason in reasons)
    assert listener.states("user") == ["connected"]
    assert client.is_connected()
    assert len(peer.calls("market")) == 3
    status = await client.get_health_status()
    assert status["market_heartbeats_failed"] > 5
    assert status["market_heartbeat_success_rate"] == 0.0
    await client.cleanup()


@in_virtual_time
async def test_the_threshold_is_the_users() -> None:
    """Whoever asks for a score of 95 gets a hub anew that answers in half a second."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    await client.configure_health_monitoring(heartbeat_interval=5.0, health_threshold=95.0)
    assert await client.connect()
    peer.latency_s = 0.45
    await asyncio.sleep(20)
    assert "disconnected" in listener.states("market")
    await client.cleanup()


@pytest.mark.checklist(36)
@in_virtual_time
async def test_a_slow_answer_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """One warning when a hub becomes slow, none while it stays so, another the next time."""
    peer = Peer()
    client = peer.client()
    await client.configure_health_monitoring(1.0, 0.0, 1000.0)
    assert await client.connect()
    for latency_s in (1.5, 0.1, 1.5):
        peer.latency_s = latency_s
        await asyncio.sleep(30)
    slow = [record.getMessage() for record in caplog.records if "to answer" in record.message]
    assert len(slow) == 4
    assert "1500 ms to answer, above the threshold of 1000 ms" in slow[0]
    await client.cleanup()


@pytest.mark.parametrize(
    ("latency_s", "score", "status"),
    [
        (0.1, 100.0, "excellent"),
        (0.3, 96.7, "excellent"),
        (0.5, 91.7, "excellent"),
        (0.9, 83.3, "good"),
        (1.5, 75.0, "good"),
        (2.5, 66.7, "fair"),
    ],
)
@in_virtual_time
async def test_the_score_follows_the_latency(latency_s: float, score: float, status: str) -> None:
    """100 ms scores full; parts that were not measured, as events here, have no weight."""
    peer = Peer()
    client = peer.client()
    await client.configure_health_monitoring(health_threshold=0)
    assert await client.connect()
    peer.latency_s = latency_s
    await asyncio.sleep(60)
    found = await client.get_health_status()
    assert (found["health_score"], found["status"]) == (score, status)
    await client.cleanup()


@in_virtual_time
async def test_a_quiet_market_takes_nothing_from_the_score() -> None:
    """Silence alone is no fault; a hub that is down is, and costs half the connection."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    peer.emit("market", "GatewayQuote", MNQ, {"volume": 1})
    for _ in range(3):
        await asyncio.sleep(600)
        assert client._health.score() == 100.0
    peer.down = {"market", "user"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(1)
    assert client._health.score() == pytest.approx(77.8)
    peer.hub("user").cut("gone")
    await asyncio.sleep(1)
    assert client._health.score() == 0.0
    await client.cleanup()


@in_virtual_time
async def test_missed_messages_keep_the_score_below_fair() -> None:
    """While a subscribed contract is not heard the status is never fair, whatever is well."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.emit("market", "GatewayQuote", MNQ, {"volume": 1})
    await asyncio.sleep(25)
    facts = (await client.get_health_status())["facts"]
    assert facts["streams"][MNQ]["quotes"] == pytest.approx(25)
    assert facts["streams"][MNQ]["depth"] is None
    assert facts["user"]["heartbeat_age"] == facts["market"]["frame_age"] == pytest.approx(5)
    peer.down = {"market"}
    peer.hub("market").cut("gone")
    await asyncio.sleep(1)
    status = await client.get_health_status()
    assert (status["health_score"], status["status"]) == (49.0, "poor")
    assert status["facts"]["open_gaps"] == 1
    peer.down = set()
    await asyncio.sleep(5)
    assert client._health.score() == 100.0
    await client.cleanup()


@in_virtual_time
async def test_a_reconnect_may_be_asked_for() -> None:
    """True once both hubs are back with their subscriptions, False while they are not."""
    peer = Peer()
    client = peer.client()
    assert not await client.force_health_reconnect()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    assert await client.force_health_reconnect()
    assert len(peer.attempts) == 4
    assert len(peer.calls("market")) == 3
    peer.down = {"market"}
    assert not await client.force_health_reconnect()
    assert client.last_error == "not connected within 10 s"
    peer.down = set()
    await asyncio.sleep(5)
    assert client.is_connected()
    await client.cleanup()
    assert (await client.get_health_status())["uptime_seconds"] == 0.0


@in_virtual_time
async def test_a_hub_that_says_nothing_when_asked_is_left() -> None:
    """Within a heartbeat and five seconds; while it stays so, with more and more patience."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    peer.unanswered = {"UnsubscribeTrades"}
    await asyncio.sleep(300)
    lost = [state for state in listener.states("user") if state == "disconnected"]
    assert 3 <= len(lost) <= 10
    assert listener.states("market") == ["connected"]
    peer.unanswered = set()
    await asyncio.sleep(400)
    assert client.is_connected()
    peer.silent = {"user"}
    began = asyncio.get_running_loop().time()
    while client.user_connected:
        await asyncio.sleep(0.1)
    assert asyncio.get_running_loop().time() - began <= 15.2
    await client.cleanup()
