"""What is found to be wrong with a book, how soon, and how it heals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orderbook.books import ASK, BID, MNQ, OPEN, best, depth, plain_book, quote, trade
from tests.orderbook.feeds import HandFeed, LossyFeed
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.gaps import MARKET_KINDS, FeedGap, GapReason
from project_x_py._core.records import Depth
from project_x_py._core.time import NS
from project_x_py._ports import MarketSink
from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.orderbook import OrderBook
from project_x_py.orderbook._integrity import LAG_S, POLL_S, Integrity

Script = Callable[[OrderBook, HandFeed, list[Event]], Awaitable[None]]


def fresh(bid: int, ask: int) -> Callable[[MarketSink], bool]:
    """Answers a renewal with a quote and a picture."""

    def on_renew(sink: MarketSink) -> bool:
        sink.on_quote(quote(bid=bid, ask=ask))
        sink.on_depth(best(bid, ask))
        return True

    return on_renew


def play(script: Script, config: dict[str, Any] | None = None, opened: int = OPEN) -> None:
    """Run a script on a book that a hand feeds, in virtual time."""

    async def main() -> None:
        bus, feed, told = EventBus(), HandFeed(), []

        async def note(event: Event) -> None:
            told.append(event)

        await bus.on(EventType.ORDERBOOK_UPDATE, note)
        book = plain_book(config, bus=bus, clock=VirtualClock(opened))
        assert await book.initialize(feed)
        feed.sinks[0].on_depth(best(100, 102))
        assert book.trusted
        await script(book, feed, told)
        await book.cleanup()
        await bus.aclose(1)
        assert feed.sinks == []

    run_virtual(main())


@pytest.mark.parametrize("wrong", [{"bid": 99}, {"bid": 101}, {"ask": 103}, {"ask": 101}])
def test_a_lost_best_price_is_found_within_two_seconds(wrong: dict[str, int]) -> None:
    """A best price that left, or that came, without a depth message: told, and healed."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        handler = book.realtime_handler
        handler.on_quote(quote(bid=100, ask=102))
        await asyncio.sleep(5)
        assert book.trusted
        handler.on_quote(quote(**wrong))
        truth = {"bid": 100, "ask": 102, **wrong}
        feed.on_renew = fresh(truth["bid"], truth["ask"])
        await asyncio.sleep(1)
        assert book.trusted
        await asyncio.sleep(1)
        reasons = [event.data["reason"] for event in told if event.data["change"] == "trust"]
        side = next(iter(wrong))
        assert reasons[-2:] == [f"the best {side} is not the quote stream's", None]
        assert book.trusted
        assert book.state.best() == (truth["bid"], truth["ask"])
        assert feed.renewed == [MNQ.id]
        assert book.state.counters.distrusted == 1

    play(script)


def test_a_moving_market_does_not_hide_a_lost_message() -> None:
    """Quotes that keep changing are never the stale best price: found within 2 s all the same."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        handler = book.realtime_handler
        handler.on_quote(quote(bid=100, ask=102))
        for step in range(20):
            handler.on_quote(quote(ask=103 + step % 3))
            await asyncio.sleep(0.1)
        assert not book.trusted
        assert feed.renewed

    play(script)


moves = st.lists(
    st.tuples(st.floats(0, 0.5), st.integers(95, 105), st.floats(0, 1), st.floats(0, 1)),
    min_size=1,
    max_size=40,
)


@given(moves)
def test_late_streams_raise_no_doubt(told: list[tuple[float, int, float, float]]) -> None:
    """Book and quotes may each be late by up to LAG_S, in a market however fast."""
    clock, arrivals, floors = 0.0, [], [0.0, 0.0]
    for number, (after, price, *delays) in enumerate(told):
        clock += after
        for stream in (0, 1):
            floors[stream] = max(floors[stream], clock + delays[stream] * LAG_S)
            arrivals.append((floors[stream], number, stream, price))
    end = max(at for at, *_ in arrivals) + 5
    looks = [(n * POLL_S, -1, 2, 0) for n in range(int(end / POLL_S))]
    integrity = Integrity()
    for at, _, stream, price in sorted([*arrivals, *looks]):
        now = round(at * NS)
        if stream == 0:
            integrity.on_top(price, 200, now)
        elif stream == 1:
            integrity.on_quote(price, None, now)
        else:
            assert integrity.verdict(now) is None


def test_crossing_levels_are_doubted_until_confirmed() -> None:
    """A plain level that crosses removes what it crosses; unless the removal comes, it was lost."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        handler = book.realtime_handler
        handler.on_depth(depth((ASK, 103, 1)))
        handler.on_depth(depth((BID, 102, 1)))
        assert book.state.best() == (102, 103)
        handler.on_depth(depth((ASK, 102, 0)))
        await asyncio.sleep(3)
        assert book.trusted
        handler.on_depth(depth((BID, 103, 1), (ASK, 103, 0), (ASK, 104, 1)))
        await asyncio.sleep(3)
        assert book.trusted
        handler.on_depth(depth((BID, 104, 1)))
        feed.on_renew = fresh(104, 105)
        await asyncio.sleep(2)
        assert book.state.counters.distrusted == 1
        assert "crossed" in next(e.data["reason"] for e in told if e.data["reason"])
        assert book.trusted
        assert feed.renewed == [MNQ.id]

    play(script)


def test_a_book_that_opens_crossed_is_not_believed_for_long() -> None:
    """What an auction crossed must part once the market is open."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        closed = OPEN + 7 * 3600 * NS + 30 * 60 * NS
        book.realtime_handler.on_depth(depth((BID, 103, 1), at=closed))
        assert book.state.spread() == -1
        await asyncio.sleep(2)
        assert book.distrust_reason == "crossed: the best bid is not below the best ask"

    play(script)


def test_prints_without_depth_are_stale() -> None:
    """Prints take liquidity: when no depth message tells of it, depth is missing."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        handler = book.realtime_handler
        await asyncio.sleep(60)
        assert book.trusted
        handler.on_trades([trade(102, 1)])
        await asyncio.sleep(4)
        assert book.trusted
        handler.on_trades([trade(102, 1)])
        await asyncio.sleep(2)
        assert book.distrust_reason == "stale: prints come, but no depth"

    play(script)


def test_a_fresh_book_is_asked_for_less_and_less_often() -> None:
    """While that does not help, the time between two tries doubles up to a minute."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        book.realtime_handler.on_quote(quote(bid=90, ask=102))
        await asyncio.sleep(600)
        assert not book.trusted
        assert 12 <= len(feed.renewed) <= 15
        feed.on_renew = fresh(90, 102)
        await asyncio.sleep(61)
        assert book.trusted

    play(script)


def test_a_refused_or_failed_renewal_is_tried_again() -> None:
    """A refusal or an outage of the gateway ends neither the watch nor the book."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        answers = ["no", "away", "yes"]

        def on_renew(sink: MarketSink) -> bool:
            answer = answers.pop(0)
            if answer == "away":
                raise ProjectXConnectionError(answer)
            return answer == "yes" and fresh(90, 102)(sink)

        feed.on_renew = on_renew
        book.realtime_handler.on_quote(quote(bid=90, ask=102))
        await asyncio.sleep(30)
        assert book.trusted
        assert len(feed.renewed) == 3
        book.raise_if_faulted()

    play(script)


def test_deeper_losses_are_bounded_by_a_periodic_picture() -> None:
    """A wrong level behind the best is not noticed; it is gone after ``snapshot_interval``."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        feed.on_renew = fresh(100, 102)
        book.realtime_handler.on_depth(depth((BID, 90, 77)))
        await asyncio.sleep(29)
        assert book.state.ladder.size_at(0, 90) == 77
        await asyncio.sleep(2)
        assert book.state.ladder.size_at(0, 90) == 0
        assert book.state.counters.distrusted == 0
        await asyncio.sleep(60)
        assert len(feed.renewed) == 3

    play(script, {"snapshot_interval_seconds": 30})


def test_outages_are_told_and_reported_when_read_anew() -> None:
    """From the opening of a gap until a fresh picture the book is not to be relied on."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        (listener,) = feed.listeners
        gap = FeedGap(
            hub="market", contract_id=MNQ.id, from_ns=OPEN, reason=GapReason.SILENT,
            missed=MARKET_KINDS,
        )  # fmt: skip
        other = FeedGap(
            hub="user", contract_id=None, from_ns=OPEN, reason=GapReason.SILENT, missed=("orders",)
        )
        listener(other)
        assert book.trusted
        listener(gap)
        assert book.distrust_reason == "messages are missing: silent"
        await asyncio.sleep(5)
        assert feed.renewed == []
        feed.on_renew = fresh(100, 102)
        closed = gap.closed(OPEN + 5 * NS)
        listener(closed)
        assert not book.trusted
        await asyncio.sleep(1)
        assert book.trusted
        assert feed.reported == [(closed, ("depth",))]
        listener(gap)
        feed.sinks[0].on_depth(best(100, 102))
        listener(closed)
        assert feed.reported == [(closed, ("depth",))] * 2
        assert book.state.counters.gaps == 2

    play(script)


def test_a_closed_market_is_left_alone() -> None:
    """Nothing is asked for while nothing can be sent."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        book.realtime_handler.on_quote(quote(bid=90, ask=102))
        await asyncio.sleep(300)
        assert feed.renewed == []

    play(script, opened=OPEN + 3 * 24 * 3600 * NS + 12 * 3600 * NS)


def test_a_feed_that_is_away_is_not_asked() -> None:
    """Without a connection the book waits; health is 0, and 100 again later."""

    async def script(book: OrderBook, feed: HandFeed, told: list[Event]) -> None:
        assert await book.get_health_score() == 100.0
        feed.connected = False
        book.realtime_handler.on_quote(quote(bid=90, ask=102))
        await asyncio.sleep(60)
        assert feed.renewed == []
        assert await book.get_health_score() == 0.0
        feed.connected = True
        assert await book.get_health_score() == 50.0
        feed.on_renew = fresh(90, 102)
        await asyncio.sleep(5)
        assert await book.get_health_score() == 100.0

    play(script)


@in_virtual_time
async def test_a_lossy_link_to_a_gateway_heals() -> None:
    """Depth that is lost for seconds: found by the quotes, told, and right again afterwards."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (gateway, suite):
        feed, bus, told = LossyFeed(suite.realtime), EventBus(), []

        async def note(event: Event) -> None:
            told.append(event.data["trusted"])

        book = OrderBook("MNQ", bus, suite.client)
        assert await book.initialize(feed)
        await asyncio.sleep(3)
        assert book.trusted
        await bus.on(EventType.ORDERBOOK_UPDATE, note)

        def all_but_pictures(message: Depth) -> bool:
            return message.levels[0].kind != 6

        feed.loses = all_but_pictures
        await asyncio.sleep(2.5)
        assert feed.lost > 20
        assert book.state.counters.distrusted >= 1
        feed.loses = lambda message: False
        await asyncio.sleep(15)
        assert book.trusted
        assert False in told
        assert told[-1]
        truth = gateway.market.snapshot(suite.instrument_id)
        shown = book.state.ladder.top(0, 10)
        assert [level[:2] for level in shown] == list(truth.bids)[:10]
        await book.cleanup()
        await bus.aclose(1)
