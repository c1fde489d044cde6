"""Rings against plain lists."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py.orderbook._rings import UNKNOWN, LevelRing, QuoteRing, TradeRing

TIMES = st.lists(st.integers(0, 50), max_size=60)


@given(TIMES, st.integers(1, 20), st.integers(-1, 51))
def test_a_ring_holds_the_newest_rows(times: list[int], capacity: int, since: int) -> None:
    """Whatever the order of times, the columns are those of the newest rows at or after a time."""
    ring = LevelRing(capacity)
    for n, ns in enumerate(times):
        ring.append(n, 1, 2, 3, 4, ns)
    kept = list(enumerate(times))[-capacity:]
    assert len(ring) == len(kept)
    assert ring.columns().kind.tolist() == [n for n, _ in kept]
    recent = ring.columns(since)
    assert recent.kind.tolist() == [n for n, ns in kept if ns >= since]
    assert recent.exch_ns.tolist() == [ns for _, ns in kept if ns >= since]
    assert ring.appended == len(times)
    lost = times[:-capacity] if len(times) > capacity else []
    assert ring.oldest_lost_ns == (max(lost) if lost else None)


@pytest.mark.parametrize("capacity", [1, 3, 1024, 1500, 5000])
def test_a_ring_grows_to_its_bound_and_not_beyond(capacity: int) -> None:
    """Room is taken as rows come, and stays at five quarters of the bound."""
    ring = QuoteRing(capacity)
    for n in range(3 * capacity):
        ring.append(n, None, 1, None, n)
    assert ring.columns().bid.tolist() == list(range(2 * capacity, 3 * capacity))
    assert set(ring.columns().ask.tolist()) == {UNKNOWN}
    assert ring.nbytes <= 5 * 8 * (capacity + max(capacity // 4, 1))


@given(TIMES, st.integers(0, 51))
def test_the_oldest_rows_go_by_age(times: list[int], before: int) -> None:
    """Rows before a time leave from the oldest on, up to the first that is not."""
    ring = TradeRing(100)
    for ns in times:
        ring.append(1, 1, 0, ns, 1, 2)
    early = next((n for n, ns in enumerate(times) if ns >= before), len(times))
    assert ring.drop_before(before) == early
    assert ring.columns().exch_ns.tolist() == times[early:]


def test_rows_are_read_by_index_and_from_the_end() -> None:
    """Index 0 is the oldest row, -1 the newest; there is nothing beyond."""
    ring = TradeRing(2)
    for price in (5, 6, 7):
        ring.append(price, 1, 0, price, None, 9)
    assert ring.row(0) == (6, 1, 0, 6, UNKNOWN, 9)
    assert ring.row(-1) == (7, 1, 0, 7, UNKNOWN, 9)
    assert ring.rows(1) == [(7, 1, 0, 7, UNKNOWN, 9)]
    assert ring.rows(0) == []
    assert len(ring.rows(10)) == 2
    for index in (2, -3):
        with pytest.raises(IndexError):
            ring.row(index)
    ring.clear()
    assert (len(ring), ring.rows(5)) == (0, [])
    with pytest.raises(ValueError, match="at least one row"):
        TradeRing(0)


@given(TIMES)
def test_best_prices_follow_each_other_in_time(times: list[int]) -> None:
    """Rows of one picture set in any order are told one after the other."""
    ring = QuoteRing(100)
    for n, ns in enumerate(times):
        ring.append(n, None, 1, None, ns)
    assert ring.columns().exch_ns.tolist() == list(itertools.accumulate(times, max))


def test_a_wrong_time_does_not_stay() -> None:
    """One row in the future does not become the time of those that follow."""
    ring = QuoteRing(100)
    hour = 3600 * 10**9
    for ns in (5, 2 * hour, 6, 7):
        ring.append(1, 2, 1, 1, ns)
    assert ring.columns().exch_ns.tolist() == [5, 2 * hour, 6, 7]


def test_a_view_cannot_be_written() -> None:
    """What readers get is read-only."""
    ring = TradeRing(4)
    ring.append(5, 1, 0, 1, 4, 6)
    with pytest.raises(ValueError, match="read-only"):
        ring.columns().price[0] = 7
