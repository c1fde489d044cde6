"""What a client tells of itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py import ProjectX
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import SimulatedGateway

OPEN = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)


@in_virtual_time
async def test_the_snapshot_follows_the_requests() -> None:
    """Health is 0 before the login, 100 after it, less when requests fail; orders are timed."""
    async with SimulatedGateway(in_process=True, start=OPEN) as gateway:
        client = ProjectX(**login(gateway))
        before = client.statistics()
        assert (before.status, before.health, before.last_activity) == (
            "disconnected",
            0.0,
            None,
        )
        await client.authenticate()
        await client.get_instrument("MNQ")
        told = client.statistics()
        assert (told.name, told.status, told.health) == ("client", "active", 100.0)
        assert told.figures["total_requests"] == 3
        assert told.last_activity is not None
        assert told.latency["order_sent"].count == 0
        with pytest.raises(ProjectXError):
            await client._http.call("/Nothing/here", {}, headers={}, idempotent=False)
        after = client.statistics()
        assert (after.health, after.errors) == (75.0, 1)
        assert after.latency["order_sent"].count == 1
        assert after.latency["order_answered"].count == 0
        await client.aclose()


@in_virtual_time
async def test_answers_are_told_by_status_and_duration() -> None:
    """Each status with its count, the pauses before further tries, the fastest and slowest."""
    async with SimulatedGateway(in_process=True, start=OPEN) as gateway:
        client = ProjectX(**login(gateway))
        assert "fastest_response_time_ms" not in client.get_performance_stats()
        await client.authenticate()
        gateway.faults.refuse_next(503)
        await client.get_instrument("MNQ")
        told = client.statistics().figures
        assert (told["response_codes.503"], told["response_codes.200"]) == (1, 3)
        assert told["backoff_delays_ms.0"] > 0
        assert 0 <= told["fastest_response_time_ms"] <= told["slowest_response_time_ms"]
        assert (told["cache_evictions"], told["cache_expirations"]) == (0, 0)
        await asyncio.sleep(client.cache_ttl)
        await client.get_instrument("MNQ")
        assert client.get_cache_stats()["cache_expirations"] == 1
        await client.aclose()
