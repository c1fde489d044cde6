"""Whatever users and a tape of single orders do, the exchange's books stay true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.exchange.test_properties import latency, play, quirk_sets
from tests.exchange_strategies import World, commands, random_commands

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.models import FillAtTouch, FillRule, FillThrough
from project_x_py._core.exchange.order_tape import ADD, CANCEL, FILL, OrderTapeVenue, _Standing
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.exchange.venues import VenueFill
from project_x_py._core.records import Aggressor, Depth, MarketRecord, Trade


class _Waiting(NamedTuple):
    """A user's order that rests, as the books are checked against it."""

    id: int
    left: int


class Recorded(OrderTapeVenue):
    """A tape whose orders are made from the levels and prints that a world shows.

    What a level gains is one more order, what it loses leaves from its back, and a print fills
    from its front. In a halt the tape stands still.
    """

    def __init__(self, rule: FillRule) -> None:
        super().__init__(rule)
        self._names = 0

    @property
    def _resting(self) -> dict[int, _Waiting]:
        return {user: _Waiting(user, order.left) for user, order in self._users.items()}

    def observe(self, record: MarketRecord, matching: bool) -> Iterator[VenueFill]:
        if isinstance(record, Depth) and matching:
            for level in record.levels:
                self._level(SELL if level.kind == 1 else BUY, level.price, level.size)
        elif isinstance(record, Trade) and matching:
            side = BUY if record.aggressor is Aggressor.SELL else SELL
            self._print(side, record.price, record.size)
        return iter(())

    def _level(self, side: int, price: int, size: int) -> None:
        change = size - self.size_at(side, price)
        if change > 0:
            self._names += 1
            self.apply(ADD, self._names, side, price, change)
        for name, order in self._at(side, price)[::-1]:
            gone = min(-change, order.shown)
            if gone > 0:
                self.apply(CANCEL, name, side, price, gone)
                change += gone

    def _print(self, side: int, price: int, size: int) -> None:
        for name, order in self._at(side, price):
            done = min(size, order.shown)
            if done > 0:
                self.apply(FILL, name, side, price, done)
                self.apply(CANCEL, name, side, price, done)
                size -= done

    def _at(self, side: int, price: int) -> list[tuple[int, _Standing]]:
        queue = self._halves[side].queues.get(price, {})
        return [(name, order) for name, order in queue.items() if not order.user]


def recorded(rule: FillRule) -> TapeVenue:
    """A tape of orders where a tape is wanted."""
    return cast(TapeVenue, Recorded(rule))


@settings(max_examples=250)
@given(
    steps=commands,
    quirks=quirk_sets,
    travel=st.sampled_from(["none", "fixed", "lognormal"]),
    rule=st.sampled_from([FillAtTouch(), FillThrough()]),
)
def test_a_tape_of_orders_keeps_the_books_true(
    steps: list[tuple[Any, ...]], quirks: dict[str, Any], travel: str, rule: FillRule
) -> None:
    """Cash, contracts, families and limits hold after every step."""
    play(World(quirks=quirks, latency=latency(travel), fees=True, tape=recorded(rule)), steps)


@pytest.mark.parametrize("seed", range(20))
def test_a_long_play_keeps_the_books_true(seed: int) -> None:
    """A lively run of 150 steps keeps them true as well, and fills orders that rested."""
    world = World(latency=latency("fixed"), fees=True, tape=recorded(FillAtTouch()))
    play(world, random_commands(seed))
    assert world.trades(1) or world.trades(2)
