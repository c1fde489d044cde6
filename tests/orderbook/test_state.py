"""What the parts of a book read."""

from __future__ import annotations

import asyncio

import pytest
from tests.orderbook.books import BID, OPEN, best, depth, plain_book, quote
from tests.orderbook.feeds import HandFeed
from tests.virtual import in_virtual_time

from project_x_py._core.time import NS
from project_x_py._runtime.clock import VirtualClock
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook import OrderBook
from project_x_py.orderbook._rings import UNKNOWN
from project_x_py.orderbook._state import KEPT


def test_best_prices_come_from_the_book_before_the_quotes() -> None:
    """While the book is empty the quote stream's are best; one side of a book is not filled up."""
    book = plain_book()
    state, handler = book.state, book.realtime_handler
    assert state.best() == (None, None)
    handler.on_quote(quote(bid=99))
    handler.on_quote(quote(ask=103))
    assert (state.best(), state.spread(), state.mid()) == ((99, 103), 4, 25.25)
    handler.on_depth(depth((BID, 100, 1)))
    assert (state.best(), state.spread(), state.mid()) == ((100, None), None, None)
    handler.on_depth(best(100, 101))
    assert (state.best(), state.spread(), state.mid()) == ((100, 101), 1, 25.125)


def test_prices_and_times_that_are_unknown_are_none() -> None:
    """None and UNKNOWN have no price, 0 is no moment; without a contract there is no grid."""
    state = plain_book().state
    assert (state.price(None), state.price(UNKNOWN), state.price(100)) == (None, None, 25.0)
    assert state.when(0) is None
    with pytest.raises(ProjectXError, match="initialize"):
        OrderBook("MNQ", EventBus()).state.price(100)


def test_moments_are_remembered_within_bounds() -> None:
    """Very many different times are shown without keeping them all."""
    state = plain_book().state
    for second in range(1, KEPT + 10):
        assert state.when(OPEN + second * NS) == state.when(OPEN + second * NS)
    assert len(state.times) <= KEPT


@in_virtual_time
async def test_a_window_is_counted_in_exchange_time() -> None:
    """``window_ns`` is so many minutes before the exchange clock; rows are found by it."""
    book = plain_book(clock=VirtualClock(OPEN))
    for minute in range(5):
        book.realtime_handler.on_depth(best(100, 102 + minute, at=OPEN + minute * 60 * NS))
    await asyncio.sleep(300)
    assert book.state.window_ns(2.5) == OPEN + 150 * NS
    recent = book.state.quotes.columns(book.state.window_ns(2.5))
    assert recent.ask.tolist() == [105, 106]


@in_virtual_time
async def test_without_depth_the_quotes_are_the_history() -> None:
    """With depth left out, each quote is a row of best prices of unknown size."""
    book, feed = plain_book(clock=VirtualClock(OPEN)), HandFeed()
    assert await book.initialize(feed, subscribe_to_depth=False)
    book.realtime_handler.on_depth(best(100, 102))
    book.realtime_handler.on_quote(quote(bid=99, ask=103))
    book.realtime_handler.on_quote(quote(last=100))
    assert book.state.quotes.rows(9) == [(99, 103, UNKNOWN, UNKNOWN, OPEN)]
    assert book.state.counters.messages == 0
    await book.cleanup()


@in_virtual_time
async def test_delay_is_measured_on_the_way() -> None:
    """A message that changes the top tells how long it took from its receipt."""
    book, feed = plain_book(clock=VirtualClock(OPEN)), HandFeed()
    assert await book.initialize(feed)
    await asyncio.sleep(0.25)
    for step in range(64):
        feed.sinks[0].on_depth(best(100, 102 + step, at=OPEN))
    assert (await book.get_memory_stats())["processing_latency_ms"] == pytest.approx(250)
    await book.cleanup()
