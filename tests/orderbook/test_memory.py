"""What a book keeps, by number and by age."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.orderbook.books import ASK, BID, OPEN, best, depth, plain_book, trade
from tests.orderbook.feeds import HandFeed
from tests.virtual import in_virtual_time

from project_x_py._core.time import NS
from project_x_py._runtime.clock import VirtualClock
from project_x_py.orderbook import MemoryManager
from project_x_py.types import MemoryConfig

MINUTE = 60 * NS
SMALL = {
    "max_trade_history": 10,
    "max_depth_levels": 5,
    "max_history_per_level": 4,
    "max_best_price_history": 7,
}


@pytest.mark.checklist(66, 73)
def test_histories_are_bounded_at_every_moment() -> None:
    """Whatever comes, no more than the configured rows and levels are held."""
    book = plain_book(SMALL)
    handler, state = book.realtime_handler, book.state
    for step in range(200):
        handler.on_depth(depth((BID, 100 + step % 50, step), (ASK, 200 + step % 50, 1)))
        handler.on_trades([trade(150, 1)])
        assert len(state.trades) <= 10
        assert len(state.changes) <= 20
        assert len(state.quotes) <= 7
        assert max(state.ladder.depth(side) for side in (0, 1)) <= 5
    stats = asyncio.run(book.get_memory_stats())
    assert (stats["trades_held"], stats["level_changes_held"], stats["best_prices_held"]) == (
        10,
        20,
        7,
    )
    assert stats["trades_processed"] == 200


@pytest.mark.checklist(67, 73)
@in_virtual_time
async def test_old_rows_are_let_go_at_the_interval() -> None:
    """From initialize to cleanup, by the configured interval and age, and by nothing else."""
    config = {"cleanup_interval": 10, "price_history_window_minutes": 1}
    book = plain_book(config, clock=VirtualClock(OPEN))
    handler, state = book.realtime_handler, book.state
    assert await book.initialize()
    assert book.memory_manager.is_running
    for second in range(120):
        at = OPEN + second * NS
        handler.on_depth(best(100, 102 + second, at=at))
        handler.on_trades([trade(102, 1, at=at)])
        await asyncio.sleep(1)
    times = state.trades.columns().exch_ns
    assert int(times[0]) >= OPEN + 60 * NS
    assert int(times[-1]) == OPEN + 119 * NS
    assert len(times) == 60
    stats = await book.get_memory_stats()
    assert stats["cleanups"] == 12
    assert stats["rows_dropped_by_age"] > 59
    assert stats["last_cleanup"].timestamp() * NS == OPEN + 120 * NS
    await book.cleanup()
    assert not book.memory_manager.is_running
    await asyncio.sleep(600)
    assert (await book.get_memory_stats())["cleanups"] == 12
    await book.cleanup_cache()
    assert len(state.trades) == 0
    assert state.ladder.depth(0) == 1


@pytest.mark.checklist(67, 74)
@in_virtual_time
async def test_starting_and_stopping_are_harmless_again() -> None:
    """Twice started is once started; a stopped manager starts again; nothing is left behind."""
    book = plain_book(clock=VirtualClock(OPEN))
    manager = MemoryManager(book, MemoryConfig(cleanup_interval=5))
    await manager.stop()
    await manager.start()
    await manager.start()
    await asyncio.sleep(11)
    assert manager.cleanups == 2
    await manager.stop()
    await manager.start()
    await asyncio.sleep(6)
    assert manager.cleanups == 3
    manager.raise_if_faulted()
    await manager.stop()
    assert len(asyncio.all_tasks()) == 1


@in_virtual_time
async def test_figures_are_measured() -> None:
    """Depth averages come from samples, spreads from the best prices held, bytes from the rings."""
    book, feed = plain_book(clock=VirtualClock(OPEN)), HandFeed()
    assert await book.initialize(feed)
    handler = book.realtime_handler
    handler.on_depth(best(100, 102))
    handler.on_depth(depth((BID, 99, 5), (BID, 98, 5), (ASK, 103, 5)))
    await asyncio.sleep(10)
    handler.on_depth(depth((ASK, 102, 0)))
    handler.on_depth(depth((BID, 98, 5), (BID, 97, -1)))
    await asyncio.sleep(10)
    await book.track_pattern_detection("iceberg")
    await book.track_pattern_detection("absorption")
    stats: dict[str, Any] = await book.get_memory_stats()
    assert (stats["max_bid_depth"], stats["max_ask_depth"]) == (3, 2)
    assert stats["avg_bid_depth"] == 3
    assert stats["avg_spread"] == pytest.approx((0.5 + 0.75) / 2)
    assert stats["spread_volatility"] == pytest.approx(0.125)
    assert stats["price_levels"] == 4
    assert stats["order_clustering"] == 1.0
    assert (stats["icebergs_detected"], stats["unusual_patterns"]) == (1, 1)
    assert stats["update_frequency_per_second"] == pytest.approx(4 / 20, rel=0.01)
    assert (stats["invalid_updates"], stats["duplicate_updates"]) == (1, 1)
    state = book.state
    rings = sum(ring.nbytes for ring in state.rings)
    assert stats["memory_usage_mb"] * 1e6 == rings + state.ladder.nbytes
    assert stats["memory_usage_mb"] == await book.get_memory_usage()
    assert stats["bytes_at_most"] > rings
    await book.cleanup()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.checklist(66)
def test_a_limit_in_megabytes_shortens_the_histories() -> None:
    """With a limit, the rings take no more than it when they are full."""
    book = plain_book({"memory_limit_mb": 1})
    for step in range(50_000):
        book.realtime_handler.on_depth(depth((BID, 100 + step % 2, 1 + step % 3)))
    state = book.state
    rings = sum(ring.nbytes for ring in state.rings)
    assert 400_000 < rings <= 1_000_000
