"""Prints of the trade stream and of depth messages: each once, with the aggressor known best."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orderbook.books import MNQ, OPEN, best, depth, plain_book, quote, trade

from project_x_py._core.records import Aggressor, DepthLevel
from project_x_py._core.time import NS
from project_x_py.orderbook._rings import UNKNOWN
from project_x_py.orderbook._state import LevelKind
from project_x_py.orderbook._tape import PRICES, Tape, infer_aggressor

PRINT = 5
BUY, SELL, NONE = Aggressor.BUY, Aggressor.SELL, Aggressor.NONE

prints = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), max_size=15)


@given(prints, st.randoms(use_true_random=False), st.integers(1, 3))
def test_two_tellings_of_the_same_prints_count_once(
    told: list[tuple[int, int]], rng: object, pieces: int
) -> None:
    """However the streams interleave, and however one splits its prints, volumes are those told."""
    book = plain_book()
    hub = [(price, size) for price, size in told]
    dom = [(price, 1) for price, size in told for _ in range(size)] if pieces > 1 else list(told)
    while hub or dom:
        if hub and (not dom or rng.random() < 0.5):  # type: ignore[attr-defined]
            price, size = hub.pop(0)
            book.realtime_handler.on_trades([trade(price, size)])
        else:
            book.realtime_handler.on_depth(depth((PRINT, *dom.pop(0))))
    columns = book.state.trades.columns()
    for price in (1, 2, 3):
        volume = int(columns.size[columns.price == price].sum())
        assert volume == sum(size for at, size in told if at == price)
    total = sum(size for _, size in told)
    assert sum(book.state.counters.volumes) == total
    assert (
        book.state.cumulative_delta
        == book.state.counters.volumes[0] - (book.state.counters.volumes[1])
    )


@given(prints)
def test_the_trade_stream_knows_the_aggressor(told: list[tuple[int, int]]) -> None:
    """A print that depth told of first has the trade stream's aggressor afterwards."""
    book = plain_book()
    book.realtime_handler.on_depth(best(0, 2))
    for price, size in told:
        book.realtime_handler.on_depth(depth((PRINT, price, size)))
        book.realtime_handler.on_trades([trade(price, size, SELL)])
    assert book.state.counters.volumes == [0, sum(size for _, size in told), 0]
    assert set(book.state.trades.columns().aggressor.tolist()) <= {int(SELL)}
    assert book.state.cumulative_delta == -sum(size for _, size in told)


@pytest.mark.parametrize(
    ("price", "bid", "ask", "whose"),
    [
        (12, 10, 12, BUY),
        (13, 10, 12, BUY),
        (10, 10, 12, SELL),
        (9, 10, 12, SELL),
        (11, 10, 12, NONE),
        (11, None, None, NONE),
        (12, None, 12, BUY),
        (9, 10, None, SELL),
        (11, 12, 10, NONE),
    ],
)
def test_an_aggressor_is_inferred_from_the_quotes_before(
    price: int, bid: int | None, ask: int | None, whose: Aggressor
) -> None:
    """At or through the ask a buyer, at or through the bid a seller, else nobody can tell."""
    assert infer_aggressor(price, bid, ask) == whose


def test_each_print_keeps_the_prices_before_it() -> None:
    """Best bid and ask of the book; before there is a book, those of the quotes."""
    book = plain_book()
    handler = book.realtime_handler
    handler.on_trades([trade(11, 1)])
    handler.on_quote(quote(bid=9, ask=13))
    handler.on_trades([trade(11, 1)])
    handler.on_depth(best(10, 12))
    handler.on_trades([trade(12, 1)])
    rows = [row[4:] for row in book.state.trades.rows(3)]
    assert rows == [(UNKNOWN, UNKNOWN), (9, 13), (10, 12)]


def test_prints_enter_the_history_of_levels() -> None:
    """A print names the side it took from and what was displayed there."""
    book = plain_book()
    book.realtime_handler.on_depth(best(10, 12, 7))
    book.realtime_handler.on_trades([trade(12, 3, BUY), trade(10, 2, SELL), trade(11, 2, NONE)])
    found = book.state.changes.columns()
    rows = list(zip(found.kind, found.side, found.price, found.old, found.new, strict=True))[-2:]
    assert rows == [(LevelKind.PRINT, 1, 12, 7, 3), (LevelKind.PRINT, 0, 10, 7, 2)]


def test_prints_without_size_are_kept() -> None:
    """A print of nothing has a price and a time; it adds no volume."""
    book = plain_book()
    book.realtime_handler.on_trades([trade(12, 0)])
    assert len(book.state.trades) == 1
    assert book.state.counters.volumes == [0, 0, 0]


def test_extremes_are_of_the_session() -> None:
    """Prints widen them, quotes set them, and another trading day begins with none."""
    book = plain_book()
    handler, state = book.realtime_handler, book.state
    handler.on_trades([trade(12, 1), trade(15, 1), trade(11, 1)])
    assert (state.session_low, state.session_high) == (11, 15)
    handler.on_quote(quote(low=3, high=30))
    assert (state.session_low, state.session_high) == (3, 30)
    handler.on_quote(quote(low=2))
    assert (state.session_low, state.session_high) == (2, 30)
    handler.on_trades([trade(12, 1, at=OPEN + 86_400 * NS)])
    assert (state.session_low, state.session_high) == (12, 12)


def test_what_is_remembered_of_prices_is_bounded() -> None:
    """After very many prices both streams begin anew."""
    book = plain_book()
    tape = Tape(book.state, lambda side, price, size: None)
    for price in range(PRICES + 2):
        tape.take_print(DepthLevel(PRINT, price, 1, OPEN))
    assert tape.take_print(DepthLevel(PRINT, PRICES + 1, 1, OPEN))[0] == 1
    assert tape.take_trade(trade(0, 1)) == 1
    assert book.state.contract_id == MNQ.id
