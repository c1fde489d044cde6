"""What a real-time client tells of itself."""

from __future__ import annotations

import asyncio

from tests.realtime.peer import MNQ, Peer, in_virtual_time


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
