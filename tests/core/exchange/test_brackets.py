"""Brackets: creation, activation, one cancels the other, partial fills."""

from __future__ import annotations

import pytest
from tests.exchange_strategies import MS, NOON, PRICE, World, kinds

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.brackets import nearest
from project_x_py._core.exchange.codes import OrderStatus, OrderType
from project_x_py._core.exchange.commands import Bracket
from project_x_py._core.exchange.models import FixedLatency

LIMIT, MARKET, STOP, TRAIL = 1, 2, 4, 5


def test_a_market_entry_with_a_bracket_goes_the_documented_way() -> None:
    """SL suspended, entry pending, TP suspended; the fill; then the legs open, and one ends."""
    world = World(latency=FixedLatency(6 * MS))
    entry = world.bracket(MARKET, SELL, tag="run7")
    assert kinds(world.log) == ["order 2 SUSPENDED", "order 1 PENDING", "order 3 SUSPENDED"]
    assert kinds(world.wait(6 * MS)) == [
        "trade 1@96000",
        "order 1 FILLED",
        "position -1",
        "account",
    ]
    assert kinds(world.wait(10 * MS)) == ["order 2 OPEN", "order 3 OPEN"]
    assert kinds(world.hit(BUY, 71)) == [
        "trade 1@96008", "order 2 FILLED", "position 0", "account", "order 3 CANCELLED",
    ]  # fmt: skip
    entry_row, stop, target = (world.row(entry + i) for i in range(3))
    assert (stop.type, stop.side, stop.stop, stop.trail_ticks) == (STOP, BUY, PRICE + 8, 8)
    assert (target.type, target.limit, target.trail_ticks) == (LIMIT, PRICE - 12, -12)
    assert [r.parent_id for r in (entry_row, stop, target)] == [None, entry, entry]
    assert [r.linked_id for r in (entry_row, stop, target)] == [None, None, stop.id]
    assert [r.custom_tag for r in (entry_row, stop, target)] == ["run7", "run7-SL", "run7-TP"]
    assert {r.created_ns for r in (entry_row, stop, target)} == {NOON}
    assert entry_row.updated_ns == NOON
    assert stop.updated_ns == NOON + 16 * MS
    assert target.updated_ns == world.now


def test_legs_of_an_untagged_entry_have_no_tag() -> None:
    """No tag, no suffixes."""
    world = World()
    entry = world.bracket(MARKET, BUY)
    assert [world.row(entry + i).custom_tag for i in range(3)] == [None] * 3


@pytest.mark.parametrize("kind", ["sl", "tp"])
def test_one_leg_alone_is_a_bracket(kind: str) -> None:
    """A stop or a target only: nothing is linked, nothing else cancelled."""
    world = World()
    leg = Bracket(-4, STOP) if kind == "sl" else Bracket(4, LIMIT)
    entry = world.buy(**{kind: leg})
    world.wait(10 * MS)
    row = world.row(entry + 1)
    assert (row.parent_id, row.linked_id, row.status) == (entry, None, OrderStatus.OPEN)
    world.hit(SELL if kind == "sl" else BUY, 60)
    assert world.net() == 0
    assert world.status(entry + 1) == OrderStatus.FILLED


def test_a_target_fills_at_its_limit_and_ends_the_stop() -> None:
    """The target rests in the book; its fill cancels the stop."""
    world = World()
    entry = world.bracket(MARKET, BUY, 2)
    world.wait(10 * MS)
    world.book.submit_limit(SELL, PRICE + 13, 1)
    world.hit(BUY, 200, PRICE + 13)
    assert world.fills(entry + 2) == [(PRICE + 13, 2)]
    assert world.status(entry + 1) == OrderStatus.CANCELLED
    assert (world.net(), world.row(entry + 1).filled) == (0, 0)


def test_legs_come_to_life_with_the_first_contract_and_grow() -> None:
    """Entry of five fills two, then three: the legs protect two, then five."""
    world = World()
    entry = world.bracket(LIMIT, BUY, 5, limit=PRICE - 20, tag="a")
    world.hit(SELL, 102)
    assert world.status(entry) == OrderStatus.OPEN
    assert [world.row(entry + i).status for i in (1, 2)] == [OrderStatus.SUSPENDED] * 2
    world.wait(10 * MS)
    assert [world.row(entry + i).size for i in (1, 2)] == [2, 2]
    world.hit(SELL, 2)
    assert [world.row(entry + i).size for i in (1, 2)] == [4, 4]
    world.cancel(entry)
    assert [(world.row(entry + i).status, world.row(entry + i).size) for i in (1, 2)] == [
        (1, 4)
    ] * 2
    assert world.row(entry).filled == 4


def test_a_partly_filled_leg_shrinks_its_sibling() -> None:
    """A target that fills two of five leaves a stop of three, in place."""
    world = World()
    entry = world.bracket(MARKET, BUY, 5)
    world.wait(10 * MS)
    events = world.hit(BUY, 95 + 2)
    assert kinds(events)[-1] == "order 2 OPEN"
    assert (world.row(entry + 1).size, world.row(entry + 2).filled, world.net()) == (3, 2, 3)
    world.hit(SELL, 90)
    assert world.net() == 0
    assert world.status(entry + 1) == OrderStatus.FILLED
    assert world.row(entry + 2).status == OrderStatus.CANCELLED


def test_a_stop_that_fills_in_parts_shrinks_the_target() -> None:
    """A thin book fills a stop of five with two; the target keeps three."""
    world = World(depth=1, lots=5)
    entry = world.bracket(MARKET, BUY, 5)
    world.wait(10 * MS)
    world.book.submit_limit(BUY, PRICE - 20, 2)
    world.hit(SELL, 5)
    world.trade(PRICE - 8)
    stop, target = world.row(entry + 1), world.row(entry + 2)
    assert (stop.status, stop.filled) == (OrderStatus.CANCELLED, 2)
    assert (target.status, target.size) == (OrderStatus.OPEN, 3)


def test_cancelling_an_entry_cancels_its_suspended_legs() -> None:
    """Nothing filled: entry and both legs end."""
    world = World()
    entry = world.bracket(LIMIT, BUY, limit=PRICE - 20)
    assert kinds(world.cancel(entry).events) == [
        "order 1 CANCELLED", "order 2 CANCELLED", "order 3 CANCELLED",
    ]  # fmt: skip


def test_a_suspended_leg_can_be_cancelled_alone() -> None:
    """The other one comes to life as if nothing had been."""
    world = World()
    entry = world.bracket(LIMIT, BUY, limit=PRICE - 2)
    world.cancel(entry + 1)
    world.hit(SELL, 60)
    world.wait(10 * MS)
    assert world.status(entry + 1) == OrderStatus.CANCELLED
    assert world.status(entry + 2) == OrderStatus.OPEN
    world.cancel(entry + 2)
    assert world.net() == 1
    entry = world.bracket(LIMIT, BUY, limit=PRICE - 20)
    world.cancel(entry + 2)
    assert kinds(world.cancel(entry).events) == ["order 4 CANCELLED", "order 5 CANCELLED"]


def test_a_trailing_leg_follows_and_keeps_its_sign() -> None:
    """It starts at its offset from the fill and then keeps the distance to the market."""
    world = World()
    entry = world.buy(sl=Bracket(-6, TRAIL))
    world.wait(10 * MS)
    assert world.row(entry + 1).stop == PRICE + 1 - 6
    world.trade(PRICE + 10)
    row = world.row(entry + 1)
    assert (row.stop, row.trail_ticks) == (PRICE + 4, -6)
    world.modify(entry + 1, trail=PRICE + 8)
    row = world.row(entry + 1)
    assert (row.stop, row.trail_ticks) == (PRICE + 8, -2)
    world.trade(PRICE + 8)
    assert (world.status(entry + 1), world.net()) == (OrderStatus.FILLED, 0)


def test_a_leg_that_the_market_has_passed_acts_at_once() -> None:
    """A stop fires on activation, a target takes the better price."""
    world = World()
    entry = world.bracket(MARKET, BUY)
    world.hit(SELL, 95)
    assert kinds(world.wait(10 * MS))[:3] == ["order 2 OPEN", "order 3 OPEN", "trade 1@95991"]
    assert world.status(entry + 2) == OrderStatus.CANCELLED
    world = World()
    entry = world.bracket(MARKET, SELL)
    world.book.submit_limit(SELL, PRICE - 14, 3)
    world.hit(SELL, 1000)
    world.book.submit_limit(SELL, PRICE - 14, 3)
    world.wait(10 * MS)
    assert world.fills(entry + 2) == [(PRICE - 14, 1)]
    assert world.status(entry + 1) == OrderStatus.CANCELLED


def test_ticks_count_from_the_average_fill() -> None:
    """A sweep of 96001 and 96002 averages 96001.67, which anchors at 96002."""
    world = World()
    entry = world.bracket(MARKET, BUY, 20 + 10)
    world.wait(10 * MS)
    assert world.row(entry).fill_cost == 10 * (96_001 + 96_002 + 96_003)
    assert world.row(entry + 1).stop == 96_002 - 8


@pytest.mark.parametrize(
    ("ratio", "whole"), [((5, 2), 3), ((-5, 2), -3), ((7, 3), 2), ((-7, 3), -2), ((0, 5), 0)]
)
def test_the_nearest_tick_goes_away_from_zero_at_a_half(ratio: tuple[int, int], whole: int) -> None:
    """Halves are rounded away from zero, on both sides of it."""
    assert nearest(*ratio) == whole


def test_an_entry_whose_legs_are_done_is_over() -> None:
    """When the target closed all that was filled, the entry's rest is cancelled."""
    world = World()
    entry = world.bracket(LIMIT, BUY, 5, limit=PRICE - 20)
    world.hit(SELL, 102)
    world.wait(10 * MS)
    world.book.submit_limit(SELL, PRICE - 8, 5)
    world.hit(BUY, 2, PRICE - 8)
    world.trade(PRICE - 8)
    assert world.status(entry + 2) == OrderStatus.FILLED
    assert world.status(entry) == OrderStatus.CANCELLED
    assert (world.net(), world.status(entry + 1)) == (0, OrderStatus.CANCELLED)


def test_a_leg_moves_without_its_sibling() -> None:
    """A new stop price keeps the id, the size, and the target as they are."""
    world = World()
    entry = world.bracket(MARKET, BUY, 2)
    world.wait(10 * MS)
    target = world.row(entry + 2)
    world.wait(MS)
    assert kinds(world.modify(entry + 1, stop=PRICE - 3).events) == ["order 2 OPEN"]
    row = world.row(entry + 1)
    assert (row.stop, row.size, row.updated_ns) == (PRICE - 3, 2, world.now)
    assert world.row(entry + 2) == target


def test_activation_waits_for_the_end_of_a_halt() -> None:
    """Legs that would come to life in a halt do so with the first record after it."""
    world = World()
    entry = world.bracket(MARKET, BUY)
    world.exchange.halt("CON.F.US.MNQ.U26", world.now, world.now + 20 * MS)
    assert world.wait(15 * MS) == []
    assert world.trade(PRICE) == []
    world.wait(5 * MS)
    assert kinds(world.trade(PRICE)) == ["order 2 OPEN", "order 3 OPEN"]
    assert world.status(entry) == OrderStatus.FILLED
    assert OrderType.MARKET == MARKET
