"""What a gateway may send instead of depth: counted, refused entry by entry, the rest applied."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orderbook.books import MNQ, OPEN, levels, plain_book
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.grid import TickGrid
from project_x_py._wire.decode import DecodeStats, decode_depth, decode_trades
from project_x_py.orderbook import OrderBook
from project_x_py.simulator.faults import LargeDepth

GOOD: list[dict[str, Any]] = [
    {"type": 6, "price": 0, "volume": 0},
    {"type": 2, "price": 25.0, "volume": 5},
    {"type": 1, "price": 25.5, "volume": 4},
]
BOOK = ({100: 5}, {102: 4})


def sent(payload: str) -> tuple[OrderBook, DecodeStats]:
    """A book after one payload as it is on the wire."""
    book, stats = plain_book(), DecodeStats()
    grid = TickGrid(MNQ.tickSize)
    for message in decode_depth(payload.encode(), MNQ.id, grid, OPEN, stats):
        book.realtime_handler.on_depth(message)
    return book, stats


@pytest.mark.checklist(79)
@pytest.mark.parametrize(
    ("bad", "counted"),
    [
        ({"type": 2, "price": 24.75, "volume": -3}, True),
        ({"type": 2, "price": 24.8, "volume": 3}, True),
        ({"type": 2, "price": "abc", "volume": 3}, True),
        ({"type": 2, "price": None, "volume": 3}, True),
        ({"type": 2, "price": 24.75}, True),
        ({"type": "two", "price": 24.75, "volume": 3}, True),
        ({"type": 2, "price": 24.75, "volume": 1e400}, True),
        ({"type": 2, "price": 24.75, "volume": 10**20}, True),
        ({"type": 2, "price": 4e18, "volume": 3}, True),
        ({"type": 2, "price": -1e30, "volume": 3}, True),
        ({"type": 5, "price": 24.75, "volume": 2**31}, True),
        (
            {"type": 2, "price": 24.75, "volume": 3, "timestamp": "9999-12-31T23:59:59Z"},
            True,
        ),
        ([], False),
        ("text", True),
        (7, True),
        (None, False),
        ({"type": 0, "price": 24.75, "volume": 3}, False),
        ({"type": 42, "price": 24.75, "volume": 3}, False),
        ({"type": 11, "price": 24.75, "volume": 3}, False),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_bad_entry_spoils_no_other(bad: Any, counted: bool, place: int) -> None:
    """Wherever it stands in the message, the good entries make the book, and it is counted."""
    rows = [*GOOD[:place], bad, *GOOD[place:]]
    book, stats = sent(json.dumps(rows))
    assert levels(book) == BOOK
    assert book.trusted
    assert bool(stats.counts) == counted


@pytest.mark.parametrize(
    "bad",
    [
        {"price": 24.75, "volume": 10**20},
        {"price": 1e30, "volume": 3},
        {"price": 24.75, "volume": 3, "timestamp": "9999-12-31T23:59:59Z"},
    ],
)
def test_a_print_that_cannot_be_spoils_no_other(bad: dict[str, Any]) -> None:
    """No integer column would hold it: it is counted, the prints beside it are kept."""
    book, stats = plain_book(), DecodeStats()
    rows = [{"price": 25.0, "volume": 2}, bad, {"price": 25.25, "volume": 1}]
    grid = TickGrid(MNQ.tickSize)
    book.realtime_handler.on_trades(
        decode_trades(json.dumps(rows).encode(), MNQ.id, grid, OPEN, stats)
    )
    assert sum(book.state.counters.volumes) == 3
    assert stats.total == 1


def test_numbers_that_are_none_are_refused() -> None:
    """NaN and Infinity, which JSON does not have, harm nothing that came before or after."""
    book, stats = sent('[{"type":2,"price":NaN,"volume":3}]')
    assert levels(book) == ({}, {})
    assert stats.counts
    book, _ = sent(json.dumps(GOOD))
    assert levels(book) == BOOK


@pytest.mark.checklist(79)
def test_one_entry_needs_no_list() -> None:
    """A single object is a list of one."""
    book, stats = sent(json.dumps(GOOD[1]))
    assert levels(book) == ({100: 5}, {})
    assert not stats.counts


@pytest.mark.parametrize("payload", ["null", "[]", "[null,null]", "{}", "[[]]", '"x"', "[", ""])
def test_nothing_is_nothing(payload: str) -> None:
    """Payloads without a usable entry leave the book as it was."""
    book, _ = sent(payload)
    assert levels(book) == ({}, {})


def test_a_mebibyte_is_one_message() -> None:
    """Twelve thousand entries in one frame are applied whole."""
    rows: list[dict[str, Any]] = [GOOD[0]]
    for step in range(6000):
        rows.append({"type": 2, "price": 5000 - step * 0.25, "volume": 1 + step % 9})
        rows.append({"type": 1, "price": 5000.25 + step * 0.25, "volume": 1 + step % 9})
    payload = json.dumps(
        [{**row, "timestamp": "2026-09-01T14:00:00.1234567+00:00"} for row in rows]
    )
    assert len(payload) > 2**20
    book, stats = sent(payload)
    assert not stats.counts
    assert [book.state.ladder.depth(side) for side in (0, 1)] == [6000, 6000]
    assert book.state.best() == (20_000, 20_001)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "price", "volume", "timestamp", "data"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@given(st.lists(json_values, max_size=6))
def test_no_payload_can_break_a_book(rows: list[Any]) -> None:
    """Whatever is sent, no exception leaves, and the next picture is right."""
    book, stats = plain_book(), DecodeStats()
    grid = TickGrid(MNQ.tickSize)
    for payload in (json.dumps(rows), json.dumps(GOOD)):
        for message in decode_depth(payload.encode(), MNQ.id, grid, OPEN, stats):
            book.realtime_handler.on_depth(message)
    assert levels(book) == BOOK


@in_virtual_time
async def test_frames_of_a_mebibyte_arrive_from_a_gateway() -> None:
    """A subscription answered with a frame above a mebibyte is applied, and the true book after."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (gateway, suite):
        book = OrderBook("MNQ", suite.events, suite.client)
        assert await book.initialize(suite.realtime)
        await asyncio.sleep(2)
        resets = book.state.counters.resets
        assert gateway.faults.apply(LargeDepth(size_bytes=2**20 + 1)) == 1
        await asyncio.sleep(2)
        assert book.state.counters.resets == resets + 2
        assert sum(book.state.counters.entries.values()) > 5000
        assert book.trusted
        truth = gateway.market.snapshot(suite.instrument_id)
        assert [row[:2] for row in book.state.ladder.top(0, 5)] == list(truth.bids)[:5]
        await book.cleanup()
