"""The matching book, alone and against a matcher too simple to be wrong."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from project_x_py._core.exchange.book import BUY, SELL, Fill, MatchingBook


@dataclass
class Waiting:
    """An order of the naive matcher."""

    id: int
    side: int
    price: int
    size: int


class NaiveBook:
    """Sorts every order it has, every time."""

    def __init__(self) -> None:
        self.orders: list[Waiting] = []
        self.ids = 0

    def submit(
        self, side: int, price: int | None, size: int, rest: bool
    ) -> list[tuple[int, int, int]]:
        self.ids += 1
        sign = -1 if side == BUY else 1
        rivals = [o for o in self.orders if o.side != side]
        rivals.sort(key=lambda o: (-sign * o.price, o.id))
        fills = []
        for maker in rivals:
            beyond = price is not None and (maker.price - price) * sign < 0
            if beyond or not size:
                break
            done = min(size, maker.size)
            fills.append((maker.id, maker.price, done))
            size -= done
            maker.size -= done
        self.orders = [o for o in self.orders if o.size]
        if size and rest and price is not None:
            self.orders.append(Waiting(self.ids, side, price, size))
        return fills

    def cancel(self, order_id: int) -> int:
        gone = [o.size for o in self.orders if o.id == order_id]
        self.orders = [o for o in self.orders if o.id != order_id]
        return sum(gone)

    def depth(self, side: int) -> list[tuple[int, int]]:
        sizes: dict[int, int] = {}
        for order in self.orders:
            if order.side == side:
                sizes[order.price] = sizes.get(order.price, 0) + order.size
        return sorted(sizes.items(), reverse=side == BUY)


LIMIT = st.tuples(
    st.just("limit"),
    st.sampled_from([BUY, SELL]),
    st.integers(-6, 6),
    st.integers(1, 9),
    st.booleans(),
)
MARKET = st.tuples(st.just("market"), st.sampled_from([BUY, SELL]), st.integers(1, 25))
CANCEL = st.tuples(st.just("cancel"), st.integers(1, 60))
REDUCE = st.tuples(st.just("reduce"), st.integers(1, 60), st.integers(1, 8))
STEPS = st.lists(st.one_of(LIMIT, LIMIT, MARKET, CANCEL, REDUCE), max_size=60)


@settings(max_examples=250, deadline=None)
@given(steps=STEPS)
def test_agrees_with_the_naive_matcher(steps: list[tuple[object, ...]]) -> None:
    """Fills, depth and queues are those of price-time priority after every step."""
    book, naive = MatchingBook(), NaiveBook()
    submitted = filled = discarded = 0
    for step in steps:
        match step:
            case ("limit", int(side), int(price), int(size), bool(rest)):
                done = book.submit_limit(side, price, size, rest=rest)
                expected = naive.submit(side, price, size, rest)
            case ("market", int(side), int(size)):
                done = book.submit_market(side, size)
                expected = naive.submit(side, None, size, False)
            case ("cancel", int(order_id)):
                gone = book.cancel(order_id)
                assert gone == naive.cancel(order_id)
                discarded += gone
                continue
            case ("reduce", int(order_id), int(size)):
                before = book.order(order_id)
                old = before.size if before else 0
                if book.reduce(order_id, size):
                    discarded += old - size
                    next(o for o in naive.orders if o.id == order_id).size = size
                continue
            case other:
                raise AssertionError(other)
        assert [(f.maker_id, f.price, f.size) for f in done.fills] == expected
        assert all(f.taker_id == done.order_id == naive.ids for f in done.fills)
        submitted += size
        took = sum(f.size for f in done.fills)
        filled += took
        assert took + done.remaining == size
        if not done.resting:
            discarded += done.remaining
        _same(book, naive)
    resting = sum(o.size for o in naive.orders)
    assert submitted == 2 * filled + discarded + resting


def _same(book: MatchingBook, naive: NaiveBook) -> None:
    for side in (BUY, SELL):
        depth = naive.depth(side)
        assert book.depth(side, 1000) == depth
        assert book.prices(side, 3) == [price for price, _ in depth[:3]]
        for price, size in depth:
            queue = list(book.queue(side, price))
            waiting = [o for o in naive.orders if (o.side, o.price) == (side, price)]
            assert [(o.id, o.size) for o in queue] == [(o.id, o.size) for o in waiting]
            assert book.size_at(side, price) == size
            assert book.newest(side, price) == waiting[-1].id
    bid, ask = book.best_bid, book.best_ask
    assert bid is None or ask is None or bid < ask
    assert len(book) == len(naive.orders)


def test_fill_names_both_sides() -> None:
    """A fill carries the ids and owners of maker and taker, at the maker's price."""
    book = MatchingBook()
    maker = book.submit_limit(SELL, 101, 3, owner=7)
    done = book.submit_limit(BUY, 105, 2, owner=9)
    assert maker.resting
    assert not done.resting
    assert list(done.fills) == [Fill(maker.order_id, 7, done.order_id, 9, 101, 2)]
    assert book.size_at(SELL, 101) == 1


def test_oldest_order_fills_first_and_reducing_keeps_its_place() -> None:
    """Lowering the size does not cost the place in the queue."""
    book = MatchingBook()
    first = book.submit_limit(BUY, 50, 5).order_id
    second = book.submit_limit(BUY, 50, 5).order_id
    assert book.reduce(first, 2)
    assert [f.maker_id for f in book.submit_market(SELL, 3).fills] == [first, second]


def test_empty_price_has_nothing() -> None:
    """Reads of a price without orders are empty, not errors."""
    book = MatchingBook()
    assert (book.best_bid, book.best_ask, len(book)) == (None, None, 0)
    assert (book.size_at(BUY, 1), book.newest(BUY, 1), list(book.queue(BUY, 1))) == (0, None, [])
    assert (book.order(1), book.cancel(1), book.reduce(1, 1)) == (None, 0, False)


def test_market_order_discards_what_nobody_offers() -> None:
    """A market order never rests."""
    book = MatchingBook()
    book.submit_limit(SELL, 10, 1)
    done = book.submit_market(BUY, 4)
    assert (done.remaining, done.resting, len(book)) == (3, False, 0)


def test_clear_keeps_ids_unique() -> None:
    """An id is not given twice, even after the book was emptied."""
    book = MatchingBook()
    old = book.submit_limit(SELL, 10, 1).order_id
    book.clear()
    assert book.best_ask is None
    assert book.submit_limit(SELL, 10, 1).order_id > old


@pytest.mark.parametrize("size", [0, -1])
def test_size_must_be_positive(size: int) -> None:
    """An order of nothing is refused before anything changes."""
    book = MatchingBook()
    order = book.submit_limit(BUY, 1, 1).order_id
    with pytest.raises(ValueError, match="at least 1 contract"):
        book.submit_limit(BUY, 1, size)
    with pytest.raises(ValueError, match="at least 1 contract"):
        book.submit_market(SELL, size)
    with pytest.raises(ValueError, match="at least 1 contract"):
        book.reduce(order, size)
    assert book.depth(BUY, 5) == [(1, 1)]


def test_repr_tells_side_size_and_price() -> None:
    """A resting order shows itself as text."""
    book = MatchingBook()
    order = book.order(book.submit_limit(SELL, 12, 3).order_id)
    assert repr(order) == "RestingOrder(1, sell 3 @ 12)"
