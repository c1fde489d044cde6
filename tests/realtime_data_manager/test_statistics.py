"""Figures follow from what was counted, and what is kept of them is bounded."""

from __future__ import annotations

import asyncio
from typing import get_type_hints

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.grid import TickGrid
from project_x_py._runtime.clock import SystemClock
from project_x_py.event_bus import Event, EventType
from project_x_py.realtime_data_manager._statistics import Statistics
from project_x_py.realtime_data_manager._tracking import Tracking
from project_x_py.realtime_data_manager._validation import QuoteAndTradeCheck
from project_x_py.simulator.faults import Drop
from project_x_py.types import ComponentStats, RealtimeDataManagerStats

ABSENT = {"overflow_stats", "buffer_overflow_stats", "lock_optimization_stats"}


def test_what_a_program_tells_is_kept_apart() -> None:
    """Counts and latencies told by the documented methods are among the user's own figures."""
    counted = Statistics("bars", SystemClock(), lambda: True)
    tracking = Tracking(counted.tallies)
    tracking.count("ticks_processed")
    tracking.count("ticks_processed")
    tracking.latency(5.0)
    counted.tallies.gauge("depth", 3.5)
    resources = counted.resources()
    assert resources["counters"] == {"ticks_processed": 2}
    assert resources["gauges"] == {"depth": 3.5}
    assert counted.manager()["ticks_processed"] == 0
    metrics = counted.component()["performance_metrics"]
    assert metrics == {"data_latency": {"count": 1, "avg_ms": 5.0, "min_ms": 5.0, "max_ms": 5.0}}


@in_virtual_time
async def test_a_manager_tells_its_documented_figures() -> None:
    """get_stats and get_memory_stats have the documented keys, and agree with what happened."""
    names = ["1sec", "1min"]
    async with simulated_suite("MNQ", timeframes=names) as (_, suite):
        data = suite.data
        await asyncio.sleep(5)
        figures = await data.get_memory_stats()
        assert set(figures) == set(get_type_hints(RealtimeDataManagerStats)) - ABSENT
        assert set(await data.get_stats()) == set(get_type_hints(ComponentStats))
        assert figures["trades_processed"] > 0
        assert figures["quotes_processed"] > 0
        buffers = await data.get_buffer_stats()
        assert figures["total_bars_stored"] == sum(one["bars"] for one in buffers.values())
        assert set(buffers) == set(names)
        assert await data.get_status() == "active"
        assert await data.get_health_score() == 100
        assert await data.get_uptime() >= 5
        assert await data.get_memory_usage() > 0
        assert data.get_realtime_validation_status() == await data.get_validation_status()
        assert any("bar-clock" in name for name in data.background_tasks)
        assert data.get_task_stats()["failed"] == 0
        await data.track_trade_processed()
        await data.increment("mine", 2)
        await data.set_gauge("level", 1)
        await data.record_timing("work", 3)
        await data.track_error(ValueError("no"), "here")
        resources = await data.get_resource_stats()
        assert resources["counters"] == {"trades_processed": 1, "mine": 2}
        assert await data.get_error_count() == 1
        assert (await data.get_recent_errors())[0]["error_type"] == "ValueError"
        before = await data.get_data("1sec")
        await data.cleanup_cache()
        after = await data.get_data("1sec")
        assert before is not None
        assert after is not None
        assert before.equals(after)
        await data.set_status("mine")
        assert await data.get_status() == "mine"
        await suite.data.stop_realtime_feed()
        assert await data.get_health_score() == 0


@in_virtual_time
async def test_a_bar_is_counted_when_it_ends_and_not_when_it_is_read() -> None:
    """Neither loaded history nor a repair is a bar more than was told of as ended."""
    async with simulated_suite("MCL", timeframes=["1sec", "1min"]) as (gateway, suite):
        told = {"1sec": 0, "1min": 0}

        async def note(event: Event) -> None:
            told[event.data["timeframe"]] += not event.data["amended"]

        begun = (await suite.data.get_memory_stats())["timeframe_stats"]
        assert sum(one["bars_ended"] for one in begun.values()) < 10
        await suite.on(EventType.BAR_CLOSED, note)
        await asyncio.sleep(20)
        gateway.faults.apply(Drop(hub="market"))
        await asyncio.sleep(50.5)
        figures = await suite.data.get_memory_stats()
        for name, one in figures["timeframe_stats"].items():
            assert one["bars_ended"] - begun[name]["bars_ended"] == told[name]
        assert told["1sec"] > 50


@pytest.mark.parametrize(
    ("trade", "fits"),
    [
        ({"price": 100.25, "volume": 3}, True),
        ({"price": -37.5, "size": 1}, True),
        ({"price": 100.3, "volume": 3}, False),
        ({"price": float("nan"), "volume": 3}, False),
        ({"price": "100", "volume": 3}, False),
        ({"price": 100.25, "volume": -1}, False),
        ({"volume": 1}, False),
    ],
)
def test_trades_as_dictionaries_are_checked(trade: dict[str, object], fits: bool) -> None:
    """By the rules of the feed: finite, on the grid, a count."""
    check = QuoteAndTradeCheck()
    check.grid = TickGrid(0.25, 5)
    assert (check.trade(trade) is not None) == fits


@pytest.mark.parametrize(
    ("quote", "fits"),
    [
        ({"bid": 100.0, "ask": 100.25}, True),
        ({"bestBid": 100.0}, True),
        ({"lastPrice": 100.0, "volume": 7}, True),
        ({"bid": 100.5, "ask": 100.25}, False),
        ({"bid": 100.1}, False),
        ({"bid": float("inf")}, False),
        ({"volume": 7}, False),
    ],
)
def test_quotes_as_dictionaries_are_checked(quote: dict[str, object], fits: bool) -> None:
    """By the rules of the feed: finite, on the grid, not crossed, and with a price at all."""
    check = QuoteAndTradeCheck()
    check.grid = TickGrid(0.25, 5)
    assert (check.quote(quote) is not None) == fits
