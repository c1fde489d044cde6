"""Both venues: what they report adds up; and the book that users share."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.models import (
    FillAtTouch,
    FillThrough,
    OptimisticQueue,
    PessimisticQueue,
)
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.exchange.venues import BookVenue, SharedBook, Venue, VenueFill
from project_x_py._core.records import Aggressor, Depth, DepthLevel, Trade

price = st.integers(-8, 8)
size = st.integers(1, 9)
side = st.integers(0, 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), side, st.none() | price, size),
        st.tuples(st.just("withdraw"), st.integers(1, 20)),
        st.tuples(st.just("shrink"), st.integers(1, 20), size),
        st.tuples(st.just("market"), side, price, size),
        st.tuples(st.just("show"), side, price, st.integers(0, 9)),
    ),
    max_size=40,
)


class Count:
    """What became of each order."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.asked: dict[int, tuple[int, int | None]] = {}
        self.left: dict[int, int] = {}

    def submit(self, side: int, limit: int | None, size: int) -> None:
        number = len(self.asked) + 1
        self.asked[number] = side, limit
        self.left[number] = size
        fills = self.venue.submit(number, side, limit, size, 0)
        self.book(self.venue.drain())
        self.book(fills)
        if limit is None:
            self.left[number] = 0

    def book(self, fills: list[VenueFill]) -> None:
        for fill in fills:
            side, limit = self.asked[fill.order_id]
            assert fill.size > 0
            if limit is not None:
                assert fill.price <= limit if side == BUY else fill.price >= limit
            self.left[fill.order_id] -= fill.size
            assert self.left[fill.order_id] >= 0


@settings(max_examples=200)
@given(steps)
def test_a_shared_book_accounts_for_every_contract(script: list[tuple[Any, ...]]) -> None:
    """What users did not get filled or take out rests in the book, and nothing else of theirs."""
    book = SharedBook()
    count = Count(BookVenue(book))
    for step in script:
        match step:
            case ("submit", side, limit, size):
                count.submit(side, limit, size)
            case ("withdraw", number):
                count.venue.withdraw(number, 0)
                count.left[number] = 0
            case ("shrink", number, size):
                count.venue.shrink(number, size, 0)
                if count.left.get(number, 0) > size:
                    count.left[number] = size
            case ("market", side, limit, size):
                book.submit_limit(side, limit, size)
                count.book(count.venue.drain())
            case ("show", side, limit, _):
                newest = book.newest(side, limit)
                if newest is not None:
                    book.cancel(newest)
        resting = {o.owner: o.size for o in book._orders.values() if o.owner}
        assert resting == {number: left for number, left in count.left.items() if left}
        assert (count.venue.best_bid, count.venue.best_ask) == (book.best_bid, book.best_ask)


@settings(max_examples=200)
@given(
    steps,
    st.sampled_from([FillAtTouch(), FillThrough()]),
    st.sampled_from([OptimisticQueue(), PessimisticQueue()]),
)
def test_a_tape_accounts_for_every_contract(
    script: list[tuple[Any, ...]], rule: Any, queue: Any
) -> None:
    """The same on a tape; no print fills more at its price than its size."""
    venue = TapeVenue(rule, queue)
    count = Count(venue)
    for step in script:
        match step:
            case ("submit", side, limit, size):
                count.submit(side, limit, size)
            case ("withdraw", number):
                venue.withdraw(number, 0)
                count.left[number] = 0
            case ("shrink", number, size):
                venue.shrink(number, size, 0)
                if count.left.get(number, 0) > size:
                    count.left[number] = size
            case ("market", side, printed, size):
                trade = Trade("C", printed, size, Aggressor(side), 0, 0)
                fills = list(venue.observe(trade, True))
                assert sum(fill.size for fill in fills if fill.price == printed) <= size
                count.book(fills)
            case ("show", side, shown, size):
                level = DepthLevel(1 if side else 2, shown, size, 0)
                count.book(list(venue.observe(Depth("C", (level,), 0), True)))
        resting = {order.id: order.left for order in venue._resting.values()}
        assert resting == {number: left for number, left in count.left.items() if left}


def shared() -> tuple[SharedBook, BookVenue, list[tuple[int, int, int]]]:
    book, changes = SharedBook(), []
    venue = BookVenue(book, lambda side, fills, ns: changes.append((side, len(fills), ns)))
    return book, venue, changes


def test_the_market_cannot_touch_users_orders() -> None:
    """Cancelling, looking for the newest and clearing leave users' orders alone."""
    book, venue, _ = shared()
    first = book.submit_limit(BUY, 5, 2).order_id
    venue.submit(9, BUY, 5, 3, 0)
    users = next(o.id for o in book.queue(BUY, 5) if o.owner)
    assert book.cancel(users) == 0
    assert book.newest(BUY, 5) == first
    assert book.withdraw(first) == 0
    book.clear()
    assert book.depth(BUY, 5) == [(5, 3)]
    assert book.newest(BUY, 5) is None
    assert book.newest(BUY, 4) is None
    assert book.cancel(first) == 0


def test_users_stand_in_the_queue_with_everybody_else() -> None:
    """A user between two others is filled after the first and before the second."""
    book, venue, _ = shared()
    book.submit_limit(SELL, 7, 2)
    venue.submit(9, SELL, 7, 3, 0)
    book.submit_limit(SELL, 7, 2)
    book.submit_market(BUY, 4)
    assert venue.drain() == [VenueFill(9, 7, 2)]
    assert book.size_at(SELL, 7) == 3
    book.submit_market(BUY, 1)
    assert venue.drain() == [VenueFill(9, 7, 1)]
    assert venue.drain() == []


def test_fills_at_one_price_are_taken_together() -> None:
    """A taker has one fill for each price, however many orders it met."""
    book, venue, _ = shared()
    for where in (7, 7, 8):
        book.submit_limit(SELL, where, 2)
    assert venue.submit(9, BUY, 8, 7, 0) == [VenueFill(9, 7, 4), VenueFill(9, 8, 2)]
    assert book.depth(BUY, 1) == [(8, 1)]


def test_the_market_is_told_when_users_change_the_book() -> None:
    """Resting, taking, shrinking and withdrawing are told with side, fills and time."""
    book, venue, changes = shared()
    book.submit_limit(SELL, 7, 2)
    venue.submit(1, BUY, 5, 3, 11)
    venue.submit(2, BUY, None, 1, 12)
    venue.shrink(1, 2, 13)
    venue.shrink(1, 2, 14)
    venue.shrink(5, 1, 14)
    venue.withdraw(1, 15)
    venue.withdraw(1, 16)
    assert changes == [(BUY, 0, 11), (BUY, 1, 12), (BUY, 0, 13), (BUY, 0, 15)]


def test_the_market_need_not_be_told() -> None:
    """Without anybody to tell, the book changes just the same."""
    book = SharedBook()
    venue = BookVenue(book)
    venue.submit(1, BUY, 5, 3, 0)
    venue.shrink(1, 2, 0)
    assert book.depth(BUY, 1) == [(5, 2)]
    venue.withdraw(1, 0)
    assert book.depth(BUY, 1) == []


def test_an_order_that_filled_meanwhile_is_not_withdrawn() -> None:
    """Between its fill and the report of it an order can neither shrink nor be taken out."""
    book, venue, changes = shared()
    venue.submit(1, SELL, 7, 3, 0)
    book.submit_market(BUY, 3)
    venue.shrink(1, 1, 1)
    venue.withdraw(1, 1)
    assert changes == [(SELL, 0, 0)]
    assert venue.drain() == [VenueFill(1, 7, 3)]


def test_a_shared_book_observes_nothing() -> None:
    """The book has filled whom it could before anybody hears of it."""
    _, venue, _ = shared()
    assert list(venue.observe(Trade("C", 1, 1, Aggressor.BUY, 0, 0), True)) == []


@pytest.mark.parametrize("owner", [0, 4])
def test_a_market_order_fills_users(owner: int) -> None:
    """Whoever sends it, a user's resting order is told of its fill."""
    book, venue, _ = shared()
    venue.submit(9, SELL, 7, 3, 0)
    book.submit_market(BUY, 1, owner=owner)
    assert venue.drain() == [VenueFill(9, 7, 1)]
