"""Where one's own orders rest, and what may be before them."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.orderbook.books import ASK, BID, MNQ, OPEN, best, depth, plain_book, trade

from project_x_py._core.records import AccountUpdate, Aggressor, OrderUpdate
from project_x_py.orderbook import OrderBook


def order(order_id: int = 1, **fields: Any) -> OrderUpdate:
    """A working buy limit at 10."""
    told = {
        "account_id": 7, "contract_id": MNQ.id, "status": 1, "type": 1, "side": 0, "size": 2,
        "limit": 10, "recv_ns": OPEN,
    }  # fmt: skip
    return OrderUpdate(id=order_id, **{**told, **fields})


def ahead(book: OrderBook, order_id: int = 1) -> int | None:
    """What is before an order at most."""
    return book.state.own_orders[order_id].ahead


def test_an_order_queues_behind_what_was_there() -> None:
    """Prints at its price and a shrinking level bring it forward; joining orders do not."""
    book = plain_book()
    handler = book.realtime_handler
    handler.on_depth(best(10, 12, 9))
    handler.own_orders.on_order(order())
    assert ahead(book) == 9
    handler.on_depth(depth((BID, 10, 30)))
    assert ahead(book) == 9
    handler.on_trades([trade(10, 4, Aggressor.SELL)])
    assert ahead(book) == 5
    handler.on_depth(depth((BID, 10, 3)))
    assert ahead(book) == 3
    handler.on_trades([trade(12, 4, Aggressor.BUY)])
    assert ahead(book) == 3
    rows = asyncio.run(book.get_own_orders())
    assert rows == [
        {"order_id": 1, "side": "buy", "price": 2.5, "size": 2, "level_size": 3, "ahead": 3}
    ]


def test_a_print_and_its_depth_message_count_once() -> None:
    """Whichever comes first, four contracts printed are four contracts fewer."""
    for first in (0, 1):
        book = plain_book()
        handler = book.realtime_handler
        handler.on_depth(best(10, 12, 9))
        handler.own_orders.on_order(order())
        told = [
            lambda: handler.on_trades([trade(10, 4, Aggressor.SELL)]),  # noqa: B023
            lambda: handler.on_depth(depth((BID, 10, 5))),  # noqa: B023
        ]
        told[first]()
        told[1 - first]()
        assert ahead(book) == 5


steps = st.lists(
    st.one_of(
        st.tuples(st.just("print"), st.integers(0, 5)),
        st.tuples(st.just("level"), st.integers(0, 30)),
    ),
    max_size=20,
)


@given(steps)
def test_the_queue_never_grows(told: list[tuple[str, int]]) -> None:
    """Whatever happens at its price, an order that rests unchanged is never further back."""
    book = plain_book()
    handler = book.realtime_handler
    handler.on_depth(best(10, 12, 20))
    handler.own_orders.on_order(order())
    before = ahead(book)
    for kind, size in told:
        if kind == "print":
            handler.on_trades([trade(10, size, Aggressor.SELL)])
        else:
            handler.on_depth(depth((BID, 10, size)))
        now = ahead(book)
        assert before is not None
        assert now is not None
        assert 0 <= now <= before
        before = now


def test_only_resting_orders_of_this_contract_are_kept() -> None:
    """Stops, market orders, other contracts and orders that are done are no part of the queue."""
    book = plain_book()
    own = book.realtime_handler.own_orders
    book.realtime_handler.on_depth(best(10, 12, 9))
    own.on_order(order(1, contract_id="CON.F.US.EP.U26"))
    own.on_order(order(2, type=4, limit=None))
    own.on_order(order(3, status=8))
    own.on_order(order(4, side=1, limit=12))
    own.on_order(order(5, size=3, filled=1))
    assert {o.order_id: (o.side, o.size) for o in book.state.own_orders.values()} == {
        4: (1, 2),
        5: (0, 2),
    }
    own.on_order(order(5, size=3, filled=3, status=2))
    assert set(book.state.own_orders) == {4}
    own.set_all([order(6)])
    assert set(book.state.own_orders) == {6}


def test_a_changed_order_queues_anew() -> None:
    """Another price or a larger size loses the place; a smaller one keeps it."""
    book = plain_book()
    handler = book.realtime_handler
    handler.on_depth(depth((6, 0, 0), (BID, 10, 9), (BID, 9, 6), (ASK, 12, 1)))
    handler.own_orders.on_order(order())
    handler.on_trades([trade(10, 5, Aggressor.SELL)])
    handler.own_orders.on_order(order(size=1))
    assert ahead(book) == 4
    handler.own_orders.on_order(order(size=5))
    assert ahead(book) == 9
    handler.own_orders.on_order(order(size=5, limit=9))
    assert ahead(book) == 6


def test_without_a_book_the_queue_is_unknown() -> None:
    """It is learnt from the first picture that shows the level."""
    book = plain_book()
    own = book.realtime_handler.own_orders
    own.on_order(order())
    assert ahead(book) is None
    own.on_print(0, 10, 3)
    assert ahead(book) is None
    book.realtime_handler.on_depth(best(10, 12, 8))
    assert ahead(book) == 8


def test_a_picture_in_pieces_bounds_nothing() -> None:
    """Between a reset and the level's own row the order is not taken to be the first."""
    book = plain_book()
    handler = book.realtime_handler
    handler.on_depth(best(10, 12, 9))
    handler.own_orders.on_order(order())
    handler.on_depth(depth((6, 0, 0)))
    assert ahead(book) == 9
    handler.on_depth(depth((BID, 9, 4), (ASK, 12, 1)))
    assert ahead(book) == 9
    handler.on_depth(depth((BID, 10, 7)))
    assert ahead(book) == 7


def test_an_order_beyond_the_window_is_unknown() -> None:
    """Until its level comes into view; what the window leaves later is not forgotten."""
    book = plain_book({"max_depth_levels": 2})
    handler = book.realtime_handler
    handler.on_depth(depth((6, 0, 0), (BID, 12, 5), (BID, 11, 5), (ASK, 14, 1)))
    handler.own_orders.on_order(order())
    handler.own_orders.on_order(order(2, side=1, limit=15))
    assert (ahead(book), ahead(book, 2)) == (None, None)
    handler.on_depth(depth((BID, 12, 0), (BID, 10, 50)))
    assert ahead(book) == 50
    handler.on_depth(depth((BID, 12, 5)))
    assert book.state.ladder.size_at(0, 10) == 0
    assert ahead(book) == 50


def test_a_free_price_within_the_window_has_nobody_ahead() -> None:
    """Between the best prices and between levels an order is the first."""
    book = plain_book()
    handler = book.realtime_handler
    handler.on_depth(depth((6, 0, 0), (BID, 12, 5), (BID, 9, 5), (ASK, 15, 1), (ASK, 18, 1)))
    handler.own_orders.on_order(order())
    handler.own_orders.on_order(order(2, limit=13))
    handler.own_orders.on_order(order(3, side=1, limit=16))
    assert [ahead(book, n) for n in (1, 2, 3)] == [0, 0, 0]


def test_an_untrusted_book_bounds_nothing() -> None:
    """What an outage has left of the book may be too small; the next picture tells."""
    book = plain_book()
    handler = book.realtime_handler
    handler.on_depth(best(10, 12, 2))
    book.state.distrust = "messages are missing"
    handler.own_orders.on_order(order())
    handler.on_depth(depth((ASK, 13, 4)))
    assert ahead(book) is None
    handler.on_depth(best(10, 12, 50))
    assert ahead(book) == 50


def test_other_account_records_change_nothing() -> None:
    """Positions, fills and accounts are taken and left."""
    book = plain_book()
    own = book.realtime_handler.own_orders
    account = AccountUpdate(
        id=7, name="S1", balance=1.0, can_trade=True, visible=True, simulated=True, recv_ns=OPEN
    )
    own.on_account(account)
    assert book.state.own_orders == {}
