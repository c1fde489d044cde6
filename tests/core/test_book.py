"""The price ladder against a dictionary and against a recorded book."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import level_updates

from project_x_py._core.book import ASK, BID, Level, PriceLadder

Update = tuple[int, int, int, int]
SIDES = (BID, ASK)


class PlainBook:
    """Both sides as dictionaries, sorted whenever somebody asks."""

    def __init__(self) -> None:
        self.sides: tuple[dict[int, Level], dict[int, Level]] = ({}, {})

    def set_level(self, side: int, price: int, size: int, ns: int) -> int:
        known = self.sides[side].pop(price, None)
        if size > 0:
            self.sides[side][price] = (price, size, ns)
        return known[1] if known else 0

    def top(self, side: int) -> list[Level]:
        return sorted(self.sides[side].values(), reverse=side == BID)

    def remove(self, side: int, beyond: Callable[[int], bool]) -> list[Level]:
        gone = [level for level in self.top(side) if beyond(level[0])]
        for price, *_ in gone:
            del self.sides[side][price]
        return gone


def both(updates: list[Update]) -> tuple[PriceLadder, PlainBook]:
    ladder, plain = PriceLadder(), PlainBook()
    for update in updates:
        ladder.set_level(*update)
        plain.set_level(*update)
    return ladder, plain


def check(ladder: PriceLadder, plain: PlainBook) -> None:
    """The ladder shows what the plain book shows, and its best prices are the first shown."""
    for side in SIDES:
        assert ladder.top(side) == plain.top(side)
        assert ladder.depth(side) == len(plain.sides[side])
    assert ladder.best_bid == next((level[0] for level in plain.top(BID)), None)
    assert ladder.best_ask == next((level[0] for level in plain.top(ASK)), None)
    for side in SIDES:
        tops = plain.top(side)
        assert (ladder.best()[side], ladder.best()[2 + side]) == (
            tops[0][:2] if tops else (None, None)
        )
        assert ladder.worst(side) == (tops[-1][0] if tops else None)


@given(level_updates)
def test_the_ladder_is_a_dictionary_of_prices(updates: list[Update]) -> None:
    """After every update of a sequence, crossed or not, both show the same levels."""
    ladder, plain = PriceLadder(), PlainBook()
    for update in updates:
        version = ladder.version
        assert ladder.set_level(*update) == plain.set_level(*update)
        check(ladder, plain)
        assert ladder.version > version
        side, price, size, _ = update
        assert ladder.size_at(side, price) == size


@given(level_updates, st.integers(0, 1), st.integers(-12, 12))
def test_uncross_removes_what_cannot_stand(updates: list[Update], side: int, price: int) -> None:
    """Believing a bid removes asks at or below it; believing an ask, bids at or above it."""
    ladder, plain = both(updates)
    cannot = (lambda p: p <= price) if side == BID else (lambda p: p >= price)
    assert ladder.uncross(side, price) == plain.remove(1 - side, cannot)
    check(ladder, plain)


@given(level_updates, st.integers(0, 1), st.integers(-12, 12))
def test_trim_removes_what_is_better(updates: list[Update], side: int, price: int) -> None:
    """Believing a best price removes the levels beyond it, and keeps the level itself."""
    ladder, plain = both(updates)
    better = (lambda p: p > price) if side == BID else (lambda p: p < price)
    assert ladder.trim(side, price) == plain.remove(side, better)
    check(ladder, plain)


@given(level_updates, st.integers(0, 1), st.integers(-1, 15))
def test_keep_leaves_the_best(updates: list[Update], side: int, n: int) -> None:
    """Only the best n levels of that side stay; the other side is untouched."""
    ladder, plain = both(updates)
    best = plain.top(side)[: max(n, 0)]
    gone = plain.remove(side, lambda p: p not in {level[0] for level in best})
    assert ladder.keep(side, n) == gone[::-1]
    check(ladder, plain)


@given(level_updates, st.integers(-1, 30))
def test_top_is_cut_from_the_best(updates: list[Update], n: int) -> None:
    """The best n levels are the first n of all."""
    ladder, _ = both(updates)
    for side in SIDES:
        assert ladder.top(side, n) == ladder.top(side)[: max(n, 0)]


@given(level_updates)
def test_clear_leaves_nothing(updates: list[Update]) -> None:
    """A cleared ladder is an empty one, and takes levels again."""
    ladder, _ = both(updates)
    version = ladder.version
    ladder.clear()
    check(ladder, PlainBook())
    assert ladder.version > version
    ladder.set_level(ASK, -3, 7, 1)
    assert (ladder.best_ask, ladder.top(ASK)) == (-3, [(-3, 7, 1)])


def test_removals_that_remove_nothing_change_nothing() -> None:
    """The version stays when there was nothing to remove."""
    ladder = PriceLadder()
    ladder.set_level(BID, 10, 1, 1)
    ladder.set_level(ASK, 11, 1, 1)
    version = ladder.version
    assert ladder.uncross(BID, 10) == ladder.uncross(ASK, 11) == []
    assert ladder.trim(BID, 10) == ladder.trim(ASK, 11) == []
    ladder.keep(BID, 1)
    assert ladder.version == version


def test_a_full_dictionary_of_far_prices() -> None:
    """Ten thousand levels set from the outside in, then removed from the best on."""
    ladder = PriceLadder()
    for away in range(5_000, 0, -1):
        ladder.set_level(BID, -away, away, 1)
        ladder.set_level(ASK, away, away, 1)
    assert (ladder.best_bid, ladder.best_ask, ladder.depth(ASK)) == (-1, 1, 5_000)
    for away in range(1, 5_001):
        ladder.set_level(BID, -away, 0, 2)
        assert ladder.best_bid == (-away - 1 if away < 5_000 else None)


Recorded = Callable[[str], list[dict[str, Any]]]


def test_the_recorded_book_of_christmas_2023(recorded: Recorded) -> None:
    """Prices and sizes of the top ten equal the recorded ones at all 379 events."""
    rows = sorted(recorded("es_l3_20231225/depth"), key=lambda r: (r["ts_recv"], r["event"]))
    expected = {row["event"]: row for row in recorded("es_l3_20231225/book_golden")}
    assert len(expected) == 379
    events = {event: list(group) for event, group in groupby(rows, key=lambda r: r["event"])}
    ladder, seen = PriceLadder(), 0
    for event in sorted(set(events) | set(expected)):
        for row in events.get(event, ()):
            side = BID if row["side"] == "B" else ASK
            ladder.set_level(side, row["price_ticks"], row["size"], row["ts"])
        if (golden := expected.get(event)) is not None:
            seen += 1
            for side, name in ((BID, "bid"), (ASK, "ask")):
                levels = [(p / 4, size) for p, size, _ in ladder.top(side)]
                assert levels == list(zip(golden[f"{name}_px"], golden[f"{name}_sz"], strict=True))
    assert seen == 379


def test_a_recorded_stress_tape_keeps_its_best_prices(recorded: Recorded) -> None:
    """Wherever a deep tape and the separately told quotes meet, the best prices agree."""
    ladder = PriceLadder()
    for row in recorded("btcusdt_l2_20240808/depth_snapshot"):
        side = BID if row["side"] == "B" else ASK
        ladder.set_level(side, round(row["price"] * 10), round(row["size"] * 1000), row["ts"])
    newest = recorded("btcusdt_l2_20240808/depth_snapshot")[0]["update_id"]
    rows = [r for r in recorded("btcusdt_l2_20240808/depth") if r["update_id"] > newest]
    quotes = {q["update_id"]: q for q in recorded("btcusdt_l2_20240808/quotes")}
    compared = 0
    for update, group in groupby(rows, key=lambda r: r["update_id"]):
        for row in group:
            side = BID if row["side"] == "B" else ASK
            ladder.set_level(side, round(row["price"] * 10), round(row["size"] * 1000), row["ts"])
        if (quote := quotes.get(update)) is not None:
            compared += 1
            best = round(quote["bid"] * 10), round(quote["ask"] * 10)
            assert (ladder.best_bid, ladder.best_ask) == best
    assert compared == 629


@pytest.mark.parametrize("side", SIDES)
def test_an_emptied_side_has_no_best(side: int) -> None:
    """Removing the last level leaves None."""
    ladder = PriceLadder()
    ladder.set_level(side, 5, 1, 1)
    ladder.set_level(side, 5, 0, 2)
    assert ladder.best_bid is None
    assert ladder.best_ask is None


@given(level_updates)
def test_bytes_grow_with_the_levels(updates: list[Update]) -> None:
    """An empty ladder takes least; what levels take is counted per level."""
    ladder, _ = both(updates)
    held = ladder.depth(BID) + ladder.depth(ASK)
    assert ladder.nbytes >= PriceLadder().nbytes + 100 * held
