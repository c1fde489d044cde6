"""What a real-time client tells of itself."""

from __future__ import annotations

import asyncio

from tests.realtime.peer import MNQ, Peer
from tests.virtual import in_virtual_time


@in_virtual_time
async def test_the_snapshot_follows_the_connection() -> None:
    """Health is 0 without a connection, and 100 with two that do well, in a quiet market too."""
    peer = Peer()
    client = peer.client()
    before = client.statistics()
    assert (before.name, before.status, before.health) == ("realtime", "disconnected", 0.0)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    await asyncio.sleep(60)
    told = client.statistics()
    assert (told.status, told.health, told.errors) == ("connected", 100.0, 0)
    assert told.figures["subscribed_contracts"] == 1
    assert told.figures["events_received"] == 0
    assert told.last_activity is None
    assert set(told.latency) == {"decode", "book", "bar"}
    await client.cleanup()
    assert client.statistics().health == 0.0


@in_virtual_time
async def test_bytes_attempts_and_the_last_failure_are_told() -> None:
    """What came is counted in bytes, a lost hub in attempts, a failed connect by its reason."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    before = client.statistics().figures
    assert (before["reconnection_attempts"], before["last_reconnection_ns"]) == (0, 0)
    peer.emit("market", "GatewayQuote", MNQ, {"volume": 1})
    peer.hub("market").cut("gone")
    await asyncio.sleep(5)
    after = client.statistics()
    assert after.status == "connected"
    assert after.figures["bytes_received"] > before["bytes_received"]
    assert after.figures["reconnection_attempts"] == 1
    assert after.figures["last_reconnection_ns"] > 0
    assert after.recent_errors == ()
    await client.cleanup()
