"""Depth messages against a plain dictionary that follows the same rules."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from tests.orderbook.books import ASK, BID, OPEN, best, depth, levels, plain_book

from project_x_py._core.records import Depth
from project_x_py._core.time import parse_ns
from project_x_py.orderbook._state import UNKNOWN, LevelKind
from project_x_py.types import DomType

if TYPE_CHECKING:
    from project_x_py.orderbook import OrderBook

Row = tuple[int, int, int]
CLOSED = parse_ns("2026-09-01T21:30:00Z")
RESET, PRINT = int(DomType.RESET), int(DomType.TRADE)
BIDS, ASKS = {2, 4, 9}, {1, 3, 10}

rows = st.tuples(
    st.sampled_from([0, 1, 2, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 77]),
    st.integers(-8, 8),
    st.integers(0, 3),
)
streams = st.lists(st.lists(rows, min_size=1, max_size=8), max_size=20)


class Reference:
    """Both sides as dictionaries."""

    def __init__(self) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}

    def take(self, kind: int, price: int, size: int) -> None:
        if kind == RESET:
            self.bids, self.asks = {}, {}
        if kind not in BIDS | ASKS:
            return
        own, other = (self.bids, self.asks) if kind in BIDS else (self.asks, self.bids)
        sign = 1 if kind in BIDS else -1

        def better(other_price: int) -> bool:
            return (other_price - price) * sign > 0

        is_new = price not in own
        own.pop(price, None)
        if not size:
            return
        own[price] = size
        if is_new:
            for crossed in [p for p in other if not better(p)]:
                del other[crossed]
        if kind not in {1, 2}:
            for wrong in [p for p in own if better(p)]:
                del own[wrong]


def empty_book() -> OrderBook:
    """A book that was told to be empty."""
    book = plain_book()
    book.realtime_handler.on_depth(depth((RESET, 0, 0)))
    return book


@given(streams)
def test_the_book_is_the_dictionary(stream: list[list[Row]]) -> None:
    """After every message of any stream, no level is wrong, and none is crossed."""
    book, reference = empty_book(), Reference()
    for number, message in enumerate(stream):
        for row in message:
            reference.take(*row)
        book.realtime_handler.on_depth(depth(*message, at=OPEN + number))
        assert levels(book) == (reference.bids, reference.asks)
        bid, ask = book.state.ladder.best_bid, book.state.ladder.best_ask
        assert bid is None or ask is None or bid < ask
        if bid is not None or ask is not None:
            top = book.state.quotes.row(-1)
            assert top[:2] == (
                UNKNOWN if bid is None else bid,
                UNKNOWN if ask is None else ask,
            )


@given(streams, st.integers(1, 9))
def test_chunks_do_not_matter(stream: list[list[Row]], size: int) -> None:
    """The same entries in other messages give the same book."""
    entries = [row for message in stream for row in message]
    whole, parts = empty_book(), empty_book()
    if entries:
        whole.realtime_handler.on_depth(depth(*entries))
    for first in range(0, len(entries), size):
        parts.realtime_handler.on_depth(depth(*entries[first : first + size]))
    assert levels(whole) == levels(parts)


sides = st.dictionaries(st.integers(1, 9), st.integers(1, 5), min_size=1, max_size=6)
pictures = st.lists(st.tuples(st.integers(-6, 6), sides, sides), min_size=1, max_size=8)


@given(pictures, st.randoms(use_true_random=False), st.integers(1, 6))
def test_a_true_stream_gives_the_true_book(
    books: list[tuple[int, dict[int, int], dict[int, int]]], rng: object, chunk: int
) -> None:
    """Differences between true books, in any order and any chunks, lead to the last of them."""
    true = [
        ({mid - p: n for p, n in bids.items()}, {mid + p: n for p, n in asks.items()})
        for mid, bids, asks in books
    ]
    book = empty_book()
    entries: list[Row] = []
    for before, after in pairwise([({}, {}), *true]):
        changes = [
            (kind, price, after[side].get(price, 0))
            for kind, side in ((BID, 0), (ASK, 1))
            for price in before[side].keys() | after[side].keys()
            if before[side].get(price) != after[side].get(price)
        ]
        rng.shuffle(changes)  # type: ignore[attr-defined]
        entries += changes
    for first in range(0, len(entries), chunk):
        book.realtime_handler.on_depth(depth(*entries[first : first + chunk]))
    assert levels(book) == true[-1]


def kinds(book_rows: list[tuple[int, ...]]) -> list[tuple[int, int, int, int]]:
    """Kind, price, old and new of history rows."""
    return [(kind, price, old, new) for kind, _, price, old, new, _ in book_rows]


def test_the_history_tells_what_happened() -> None:
    """Changes, removals, what was crossed, resets and the picture after one are told apart."""
    book = plain_book()
    take = book.realtime_handler.on_depth
    take(depth((BID, 10, 5), (BID, 9, 5), (BID, 8, 2), (ASK, 11, 4)))
    take(depth((BID, 9, 7)))
    take(depth((BID, 9, 7)))
    take(depth((BID, 9, 0)))
    take(depth((BID, 9, 0)))
    take(depth((BID, 11, 3)))
    take(depth((RESET, 0, 0), (BID, 10, 6), (ASK, 12, 1)))
    assert kinds(book.state.changes.rows(99)) == [
        (LevelKind.SET, 10, 0, 5),
        (LevelKind.SET, 9, 0, 5),
        (LevelKind.SET, 8, 0, 2),
        (LevelKind.SET, 11, 0, 4),
        (LevelKind.SET, 9, 5, 7),
        (LevelKind.REMOVED, 9, 7, 0),
        (LevelKind.DROPPED, 11, 4, 0),
        (LevelKind.SET, 11, 0, 3),
        (LevelKind.RESET, UNKNOWN, 3, 0),
        (LevelKind.SNAPSHOT, 10, 5, 6),
        (LevelKind.SNAPSHOT, 12, 0, 1),
    ]
    counters = book.state.counters
    assert (counters.duplicates, counters.uncrossed, counters.resets) == (2, 1, 1)
    assert counters.messages == 7


def test_a_level_may_leave_the_window_and_come_back() -> None:
    """The deepest level that leaves as a nearer one comes was not cancelled; alone, it was."""
    book = plain_book()
    take = book.realtime_handler.on_depth
    take(depth((BID, 8, 2), (BID, 9, 5), (ASK, 12, 4)))
    take(depth((BID, 8, 0), (BID, 10, 1)))
    assert kinds(book.state.changes.rows(2))[0] == (LevelKind.DROPPED, 8, 2, 0)
    take(depth((BID, 10, 0), (BID, 8, 2)))
    assert levels(book)[0] == {9: 5, 8: 2}
    assert kinds(book.state.changes.rows(2))[0] == (LevelKind.REMOVED, 10, 1, 0)
    take(depth((BID, 8, 0)))
    assert kinds(book.state.changes.rows(1)) == [(LevelKind.REMOVED, 8, 2, 0)]


def test_levels_beyond_the_bound_are_let_go() -> None:
    """Only the best levels of each side are kept, and what goes is counted."""
    book = plain_book({"max_depth_levels": 3})
    book.realtime_handler.on_depth(depth(*((BID, price, 1) for price in range(1, 8)), (ASK, 20, 1)))
    assert levels(book) == ({5: 1, 6: 1, 7: 1}, {20: 1})
    assert book.state.counters.beyond == 4


def test_a_picture_may_come_in_pieces() -> None:
    """After a bare reset the book is not believed until both sides are there again."""
    book = plain_book()
    take = book.realtime_handler.on_depth
    assert book.distrust_reason == "no depth received yet"
    take(best(10, 12))
    assert book.trusted
    take(depth((RESET, 0, 0)))
    take(depth((BID, 10, 3)))
    take(depth((ASK, 12, 3)))
    assert [row[0] for row in book.state.changes.rows(3)] == [3, 4, 4]


def test_a_picture_needs_no_reset_where_one_is_awaited() -> None:
    """Several levels of each side replace what was; a few changes of both sides do not."""
    book = plain_book()
    take = book.realtime_handler.on_depth
    take(depth((BID, 7, 1), (ASK, 17, 1)))
    assert not book.trusted
    bids, asks = range(1, 6), range(11, 16)
    rows = [(BID, price, 1) for price in bids] + [(ASK, price, 1) for price in asks]
    take(depth(*rows))
    assert book.trusted
    assert levels(book) == (dict.fromkeys(bids, 1), dict.fromkeys(asks, 1))
    take(depth(*((kind, price, 2) for kind, price, _ in rows[1:])))
    assert levels(book)[0] == {**dict.fromkeys(bids, 2), 1: 1}


def test_wrong_entries_spoil_no_other() -> None:
    """A size below zero is refused, an unknown DomType left out, the rest applied."""
    book = plain_book()
    book.realtime_handler.on_depth(
        depth((BID, 10, -4), (77, 3, 3), (0, 3, 3), (PRINT, 3, -1), (BID, 9, 2), (ASK, 11, 1))
    )
    assert levels(book) == ({9: 2}, {11: 1})
    assert (book.state.counters.invalid, book.state.counters.ignored) == (2, 2)
    assert book.state.counters.entries == {2: 2, 77: 1, 0: 1, 5: 1, 1: 1}


def test_a_closed_market_may_be_crossed() -> None:
    """Before the opening plain levels cross and stay; a best price is believed all the same."""
    book = plain_book()
    handler = book.realtime_handler
    handler.on_depth(depth((BID, 12, 5), (ASK, 10, 5), at=CLOSED))
    assert levels(book) == ({12: 5}, {10: 5})
    assert book.state.spread() == -2
    handler.on_depth(depth((int(DomType.BEST_BID), 12, 5), at=CLOSED))
    assert levels(book) == ({12: 5}, {})
    handler.on_depth(depth((int(DomType.NEW_BEST_ASK), 11, 1), at=CLOSED))
    assert levels(book) == ({}, {11: 1})


def test_session_extremes_come_from_the_feed() -> None:
    """DomTypes 7 and 8 set them; fills change nothing."""
    book = plain_book()
    book.realtime_handler.on_depth(depth((7, 3, 0), (8, 30, 0), (11, 9, 9)))
    assert (book.state.session_low, book.state.session_high) == (3, 30)
    assert levels(book) == ({}, {})


def test_an_empty_message_is_counted() -> None:
    """A message without levels changes nothing."""
    book = plain_book()
    book.realtime_handler.on_depth(Depth(book.state.contract_id, (), OPEN))
    assert book.state.counters.messages == 1
    assert levels(book) == ({}, {})
