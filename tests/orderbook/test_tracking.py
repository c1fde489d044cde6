"""The documented statistics methods of a book."""

from __future__ import annotations

import asyncio

from tests.orderbook.books import OPEN, best, plain_book
from tests.virtual import in_virtual_time

from project_x_py._runtime.clock import VirtualClock


@in_virtual_time
async def test_what_is_counted_is_told() -> None:
    """Durations, errors, status and uptime come back as they were given."""
    book = plain_book(clock=VirtualClock(OPEN))
    assert await book.get_status() == "initializing"
    await book.increment("mine")
    await book.increment("mine", 4)
    await book.set_gauge("level", 2.5)
    await book.record_timing("read", 2.0)
    await book.record_timing("read", 4.0)
    await book.track_bid_update(2)
    await book.track_ask_update()
    await book.track_trade_processed(5, 25.0)
    await book.track_spread_sample(0.5)
    await book.track_data_quality_issue("late")
    await book.track_error(ValueError("first"), "here", {"x": 1})
    await book.track_error(KeyError("second"), "there")
    await asyncio.sleep(61)
    assert await book.get_uptime() == 61
    assert await book.get_error_count() == 2
    (newest,) = await book.get_recent_errors(1)
    assert (newest["error_type"], newest["context"], newest["details"]) == (
        "KeyError",
        "there",
        {},
    )
    assert await book.get_recent_errors(0) == []
    tallies = book.figures.tallies
    assert tallies.counters == {
        "mine": 5,
        "bid_updates": 2,
        "ask_updates": 1,
        "trades_processed": 1,
        "quality_late": 1,
    }
    assert tallies.gauges == {"level": 2.5, "spread": 0.5}
    stats = await book.get_stats()
    assert stats["performance_metrics"] == {
        "read": {"count": 2, "avg_ms": 3.0, "min_ms": 2.0, "max_ms": 4.0}
    }
    assert (stats["name"], stats["last_activity"]) == ("orderbook_MNQU6", None)
    book.realtime_handler.on_depth(best(100, 102))
    assert (await book.get_stats())["last_activity"] == "2026-09-01T14:00:00+00:00"
    await book.reset_metrics()
    assert await book.get_error_count() == 0
    assert (await book.get_stats())["performance_metrics"] == {}
    await book.set_status("mine")
    assert await book.get_status() == "mine"


@in_virtual_time
async def test_the_status_follows_the_life_of_the_book() -> None:
    """Static without a feed, disconnected after cleanup."""
    book = plain_book(clock=VirtualClock(OPEN))
    assert await book.initialize()
    assert await book.get_status() == "static"
    await book.cleanup()
    assert await book.get_status() == "disconnected"
