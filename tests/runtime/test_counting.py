"""The documented counting methods, on every part of a suite that has them."""

from __future__ import annotations

import asyncio

from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._runtime.counting import CountingMixin

PARTS = ("orders", "positions", "data", "orderbook", "risk_manager")
ERROR = {"timestamp", "component", "error_type", "message", "context", "details"}


@in_virtual_time
async def test_every_part_counts_and_tells_in_the_same_way() -> None:
    """What a user counts is in the figures of the part; a reset forgets it, and only it."""
    async with simulated_suite("MNQ", features=["orderbook", "risk_manager"]) as (_, suite):
        await asyncio.sleep(2)
        for name in PARTS:
            await _told(getattr(suite, name))


async def _told(part: CountingMixin) -> None:
    assert isinstance(part, CountingMixin)
    own, before = await part.get_status(), await part.get_error_count()
    await part.increment("mine", 2)
    await part.set_gauge("level", 7)
    await part.record_timing("work", 3)
    await part.track_error(ValueError("no"), "here", {"x": 1})
    await part.set_status("mine")
    stats, told = await part.get_stats(), part.statistics()
    timed = {"count": 1, "avg_ms": 3, "min_ms": 3, "max_ms": 3}
    assert stats["performance_metrics"]["work"] == timed
    assert stats["status"] == told.status == await part.get_status() == "mine" != own
    assert stats["uptime_seconds"] == await part.get_uptime() >= 2
    assert stats["memory_usage_mb"] == await part.get_memory_usage()
    assert told.health == await part.get_health_score()
    counted = [v for k, v in told.figures.items() if k.split(".")[-1] in ("mine", "level")]
    assert sorted(counted) == [2, 7]
    assert await part.get_error_count() == before + 1
    assert set((await part.get_recent_errors(1))[0]) == ERROR
    assert told.recent_errors[-1]["message"] == "no"
    await part.reset_metrics()
    assert (await part.get_error_count(), await part.get_recent_errors()) == (before, [])
    assert await part.get_status() == "mine"
