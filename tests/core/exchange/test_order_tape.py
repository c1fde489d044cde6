"""Users' orders in recorded queues: exactly where they would have stood."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.models import FillThrough
from project_x_py._core.exchange.order_tape import (
    ADD,
    CANCEL,
    CLEAR,
    FILL,
    MODIFY,
    OrderTapeVenue,
)
from project_x_py._core.exchange.venues import VenueFill
from project_x_py._core.records import Aggressor, Trade

USER = 3_000_000_001


def venue(*rows: tuple[int, int, int, int, int], **options: Any) -> OrderTapeVenue:
    """A venue after rows of (action, order, side, price, size)."""
    made = OrderTapeVenue(**options)
    for row in rows:
        made.apply(*row)
    return made


def bids(*sizes: int, price: int = 100) -> OrderTapeVenue:
    """Buyers 1, 2, ... of these sizes in this order, and a seller of 10 a tick higher."""
    made = venue((ADD, 90, SELL, price + 1, 10))
    for name, size in enumerate(sizes, start=1):
        made.apply(ADD, name, BUY, price, size)
    return made


def test_cancels_ahead_move_an_order_and_those_behind_do_not() -> None:
    """The queue ahead is what stood there and is still there, to the contract."""
    book = bids(5, 3)
    assert book.submit(USER, BUY, 100, 2, 0) == []
    book.apply(ADD, 3, BUY, 100, 7)
    assert book.queue_ahead(USER) == 8
    book.apply(CANCEL, 3, BUY, 100, 7)
    assert book.queue_ahead(USER) == 8
    book.apply(CANCEL, 1, BUY, 100, 2)
    assert book.queue_ahead(USER) == 6
    book.apply(CANCEL, 2, BUY, 100, 3)
    assert book.queue_ahead(USER) == 3


def test_a_smaller_order_keeps_its_place_and_any_other_goes_to_the_back() -> None:
    """A change to a larger size, or away and back, puts a recorded order behind the user."""
    book = bids(5, 3, 4)
    book.submit(USER, BUY, 100, 2, 0)
    book.apply(MODIFY, 1, BUY, 100, 2)
    assert book.queue_ahead(USER) == 9
    book.apply(MODIFY, 2, BUY, 100, 6)
    assert book.queue_ahead(USER) == 6
    book.apply(MODIFY, 3, BUY, 99, 4)
    book.apply(MODIFY, 3, BUY, 100, 4)
    assert book.queue_ahead(USER) == 2
    assert book.size_at(BUY, 100) == 12


def test_fills_ahead_come_first_and_a_fill_behind_is_the_users() -> None:
    """When the record fills somebody who came later, the user would have been filled before."""
    book = bids(5)
    book.submit(USER, BUY, 100, 2, 0)
    book.apply(ADD, 2, BUY, 100, 4)
    book.apply(FILL, 1, BUY, 100, 5)
    assert (book.queue_ahead(USER), book.drain()) == (0, [])
    book.apply(FILL, 2, BUY, 100, 1)
    assert book.drain() == [VenueFill(USER, 100, 1)]
    book.apply(FILL, 2, BUY, 100, 3)
    assert book.drain() == [VenueFill(USER, 100, 1)]
    with pytest.raises(KeyError):
        book.queue_ahead(USER)


def test_a_fill_is_followed_by_what_the_book_says_of_it() -> None:
    """The cancel or change behind a fill tells what it took, and does not count again."""
    book = bids(5, 4)
    book.submit(USER, BUY, 100, 1, 0)
    book.apply(FILL, 1, BUY, 100, 5)
    book.apply(CANCEL, 1, BUY, 100, 5)
    book.apply(FILL, 2, BUY, 100, 1)
    assert book.queue_ahead(USER) == 3
    book.apply(MODIFY, 2, BUY, 100, 3)
    assert book.queue_ahead(USER) == 3
    book.apply(FILL, 2, BUY, 100, 1)
    book.apply(CANCEL, 2, BUY, 100, 3)
    assert book.queue_ahead(USER) == 0


def test_a_fill_at_a_worse_price_goes_through_better_ones() -> None:
    """Users beyond the filled price get its size, the best price first, then the oldest."""
    book = bids(9)
    book.submit(USER, BUY, 100, 2, 0)
    book.apply(MODIFY, 90, SELL, 105, 10)
    book.submit(USER + 1, BUY, 102, 2, 0)
    book.submit(USER + 2, BUY, 103, 2, 0)
    book.submit(USER + 3, BUY, 102, 2, 0)
    book.apply(FILL, 1, BUY, 100, 5)
    assert book.drain() == [
        VenueFill(USER + 2, 103, 2),
        VenueFill(USER + 1, 102, 2),
        VenueFill(USER + 3, 102, 1),
    ]


def test_what_users_at_better_prices_got_is_not_there_again() -> None:
    """A fill of three serves two beyond its price, and one of those who wait at it."""
    book = bids(1)
    book.submit(USER, BUY, 100, 2, 0)
    book.apply(ADD, 2, BUY, 100, 9)
    book.apply(MODIFY, 90, SELL, 105, 10)
    book.submit(USER + 1, BUY, 102, 2, 0)
    book.apply(FILL, 2, BUY, 100, 3)
    assert book.drain() == [VenueFill(USER + 1, 102, 2), VenueFill(USER, 100, 1)]


def test_those_whom_the_record_passed_over_are_passed_over() -> None:
    """Where the record fills a later order first, an earlier one takes nothing of the fill."""
    book = bids(5)
    book.submit(USER, BUY, 100, 2, 0)
    book.apply(ADD, 2, BUY, 100, 4)
    book.apply(FILL, 2, BUY, 100, 2)
    assert book.drain() == [VenueFill(USER, 100, 2)]
    assert book.submit(USER + 1, SELL, 100, 9, 0) == [VenueFill(USER + 1, 100, 7)]


def test_an_order_that_comes_to_a_user_trades_with_the_user() -> None:
    """Who rests across a user's price would have been filled, and has so much less left."""
    book = bids(5)
    book.apply(CANCEL, 1, BUY, 100, 5)
    book.submit(USER, BUY, 100, 2, 0)
    book.apply(ADD, 7, SELL, 99, 3)
    assert book.drain() == [VenueFill(USER, 100, 2)]
    assert book.submit(USER + 1, BUY, 100, 5, 0) == [VenueFill(USER + 1, 99, 1)]
    assert book.best_ask == 101
    book.apply(MODIFY, 90, SELL, 100, 10)
    assert book.drain() == [VenueFill(USER + 1, 100, 4)]


def test_what_users_took_stays_missing() -> None:
    """A taken order serves no other user, and what the record fills of it goes further back."""
    book = bids(5, 5)
    assert book.submit(USER, SELL, 100, 7, 0) == [VenueFill(USER, 100, 7)]
    assert book.best_bid == 100
    assert book.submit(USER + 1, SELL, 100, 9, 0) == [VenueFill(USER + 1, 100, 3)]
    assert (book.best_bid, book.size_at(BUY, 100)) == (None, 10)
    book.submit(USER + 2, BUY, 100, 4, 0)
    assert book.drain() == []
    book.apply(FILL, 1, BUY, 100, 3)
    assert book.drain() == [VenueFill(USER + 2, 100, 3)]


def test_a_taken_order_that_gets_larger_offers_only_more() -> None:
    """What was taken of an order is not there again when its owner asks for more."""
    book = bids(5)
    book.submit(USER, SELL, 100, 4, 0)
    book.apply(MODIFY, 1, BUY, 100, 8)
    assert book.submit(USER, SELL, None, 9, 0) == [VenueFill(USER, 100, 4)]


def test_trade_through_needs_more_than_the_touch() -> None:
    """Under the rule of trade-through only what happens beyond a price fills it."""
    book = venue((ADD, 90, SELL, 105, 10), rule=FillThrough())
    book.submit(USER, BUY, 100, 1, 0)
    book.submit(USER + 1, BUY, 101, 1, 0)
    book.apply(ADD, 1, BUY, 100, 5)
    book.apply(FILL, 1, BUY, 100, 3)
    assert book.drain() == [VenueFill(USER + 1, 101, 1)]
    book.apply(ADD, 2, SELL, 100, 3)
    assert book.drain() == []
    book.apply(ADD, 3, SELL, 99, 3)
    assert book.drain() == [VenueFill(USER, 100, 1)]


def test_market_orders_take_level_by_level_and_never_rest() -> None:
    """Without a limit everything there is serves; what is not there is not filled."""
    book = venue((ADD, 1, SELL, 101, 2), (ADD, 2, SELL, 102, 3), (ADD, 3, SELL, 101, 1))
    assert book.submit(USER, BUY, None, 9, 0) == [VenueFill(USER, 101, 3), VenueFill(USER, 102, 3)]
    with pytest.raises(KeyError):
        book.queue_ahead(USER)


def test_a_record_may_refer_to_what_it_never_told() -> None:
    """Unknown orders are let in by a change, and passed over by a cancel or a fill."""
    book = venue((CANCEL, 5, BUY, 100, 2), (FILL, 5, BUY, 100, 2), (MODIFY, 5, BUY, 100, 2))
    assert (book.best_bid, book.size_at(BUY, 100)) == (100, 2)
    book.apply(ADD, 5, BUY, 99, 4)
    assert (book.best_bid, book.size_at(BUY, 100)) == (99, 0)


def test_a_clear_leaves_users() -> None:
    """After the end of all orders users wait at the front."""
    book = bids(5)
    book.submit(USER, BUY, 100, 2, 0)
    book.apply(CLEAR, 0, BUY, 0, 0)
    assert (book.best_bid, book.best_ask, book.queue_ahead(USER)) == (None, None, 0)


def test_a_smaller_user_keeps_its_place_and_one_that_left_is_gone() -> None:
    """Shrinking leaves the queue as it is; a withdrawn order is not filled."""
    book = bids(1)
    book.submit(USER, BUY, 100, 5, 0)
    book.submit(USER + 1, BUY, 100, 5, 0)
    book.shrink(USER, 2, 0)
    book.shrink(USER + 9, 2, 0)
    assert book.queue_ahead(USER + 1) == 3
    book.withdraw(USER, 0)
    book.withdraw(USER, 0)
    assert book.queue_ahead(USER + 1) == 1
    assert list(book.observe(Trade("", 99, 9, Aggressor.SELL, 0, 0), True)) == []


rows = st.lists(
    st.one_of(
        st.tuples(st.just(ADD), st.integers(1, 30), st.integers(0, 1), st.integers(95, 105),
                  st.integers(1, 9)),
        st.tuples(st.just(CANCEL), st.integers(1, 30), st.just(0), st.just(0), st.integers(1, 9)),
        st.tuples(st.just(MODIFY), st.integers(1, 30), st.integers(0, 1), st.integers(95, 105),
                  st.integers(1, 9)),
        st.tuples(st.just(FILL), st.integers(1, 30), st.just(0), st.just(0), st.integers(1, 9)),
        st.tuples(st.just("user"), st.integers(0, 1), st.none() | st.integers(95, 105),
                  st.integers(1, 9)),
        st.tuples(st.just("withdraw"), st.integers(0, 20)),
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=300)
@given(rows, st.booleans())
def test_nothing_is_filled_twice_or_through_a_limit(
    steps: list[tuple[Any, ...]], through: bool
) -> None:
    """Each row gives users at most its size; orders get at most theirs, within their limits."""
    book = OrderTapeVenue(FillThrough()) if through else OrderTapeVenue()
    orders: dict[int, tuple[int, int | None, int]] = {}
    filled: dict[int, int] = defaultdict(int)
    for step in steps:
        match step:
            case ("user", side, limit, size):
                order_id = USER + len(orders)
                orders[order_id] = (side, limit, size)
                on_offer = sum(o.left for o in book._recorded.values() if o.side != side)
                fills = book.submit(order_id, side, limit, size, 0)
                assert sum(fill.size for fill in fills) <= on_offer
                got = sum(o.left for o in book._recorded.values() if o.side != side)
                assert on_offer - got == sum(fill.size for fill in fills)
            case ("withdraw", number):
                book.withdraw(USER + number, 0)
                fills = []
            case (action, name, side, price, size):
                known = book._recorded.get(name)
                book.apply(action, name, side, price, size)
                fills = book.drain()
                given_up = size if action != CANCEL else 0
                assert sum(fill.size for fill in fills) <= given_up
                if action == FILL and known is None:
                    assert not fills
        for fill in fills:
            side, limit, size = orders[fill.order_id]
            filled[fill.order_id] += fill.size
            assert filled[fill.order_id] <= size
            assert limit is None or (fill.price <= limit if side == BUY else fill.price >= limit)
        for standing in book._recorded.values():
            assert 0 <= standing.left <= standing.size <= standing.shown
        for order_id, standing in book._users.items():
            assert standing.left == orders[order_id][2] - filled[order_id] > 0


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 5)), min_size=1, max_size=15),
    st.lists(st.integers(1, 9), max_size=10),
)
def test_one_price_is_served_in_the_order_of_arrival(
    arrivals: list[tuple[bool, int]], fills: list[int]
) -> None:
    """With users in a queue, contracts go to whoever of it came first, as in a real one."""
    book = OrderTapeVenue()
    naive: list[list[int]] = []
    for number, (is_user, size) in enumerate(arrivals, start=1):
        if is_user:
            book.submit(USER + number, BUY, 100, size, 0)
        else:
            book.apply(ADD, number, BUY, 100, size)
        naive.append([USER + number if is_user else number, size])
    got: dict[int, int] = defaultdict(int)
    for volume in fills:
        # The record, which knows of no user, fills its own first order.
        first = next((order for order in naive if order[0] < USER), None)
        standing = book._recorded.get(first[0]) if first is not None else None
        if first is None or standing is None or volume > standing.size:
            break
        left = volume
        for order in naive:
            if order[0] >= USER or order is first:
                done = min(left, order[1])
                order[1] -= done
                left -= done
                if order[0] >= USER:
                    got[order[0]] += done
            if order is first:
                order[1] = standing.size - volume
                break
        naive = [order for order in naive if order[1]]
        book.apply(FILL, first[0], BUY, 100, volume)
    booked: dict[int, int] = defaultdict(int)
    for fill in book.drain():
        booked[fill.order_id] += fill.size
    assert booked == {order: size for order, size in got.items() if size}
