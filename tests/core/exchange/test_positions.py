"""Net positions against plain sums over their fills."""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.exchange.positions import Position, Realised

fills = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-50, 200), st.integers(1, 9)), min_size=1, max_size=40
)
TICK = 7_812_500
"""Micro-dollars: a treasury note's tick, which does not divide by three."""


@given(fills)
def test_a_position_is_the_sum_of_its_fills(steps: list[tuple[int, int, int]]) -> None:
    """Net, cost and profit follow from the fills; flat to flat they add up exactly."""
    position, net, paid, profit = Position(1, TICK, 0), 0, 0, 0
    for side, price, size in steps:
        sign = -1 if side else 1
        closing = min(size, abs(net)) if net * sign < 0 else 0
        realised = position.fill(side, price, size)
        assert realised.size == closing
        net += sign * size
        paid += sign * price * size
        profit += realised.profit
        worth = position.cost if position.net > 0 else -position.cost
        assert position.net == net
        assert abs((worth - paid) * TICK - profit) <= Fraction(1, 2)
        if net == 0:
            assert (worth, profit) == (0, -paid * TICK)
        else:
            assert position.average == position.cost / abs(net)


def test_a_position_closes_at_its_average_price() -> None:
    """Two at 100 and one at 101 average 100 and a third; closing one keeps that."""
    position = Position(1, 1_000_000, 0)
    for price, size in ((100, 2), (101, 1)):
        assert position.fill(0, price, size) == Realised(0, 0)
    assert position.average == Fraction(301, 3)
    assert position.fill(1, 102, 1) == Realised(1, 1_666_667)
    assert position.average == Fraction(301, 3)
    assert position.fill(1, 102, 2) == Realised(2, 3_333_333)


def test_a_reversal_realises_and_starts_anew() -> None:
    """Selling three against one long closes it and opens two short at the fill's price."""
    position = Position(1, 500_000, 0)
    position.fill(0, 100, 1)
    assert position.fill(1, 104, 3) == Realised(1, 2_000_000)
    assert (position.net, position.average) == (-2, 104)


def test_a_flat_position_remembers_its_average() -> None:
    """The average of a closed position is the one it had."""
    position = Position(1, 1, 0)
    position.fill(1, 77, 2)
    position.fill(0, 70, 2)
    assert (position.net, position.average) == (0, 77)


def test_endless_odd_closes_do_not_grow_the_cost() -> None:
    """The cost's denominator stays bounded, and profit still adds up when flat."""
    position, paid, profit = Position(1, TICK, 0), 0, 0
    rng = random.Random(3)
    for price in range(1, 400):
        opening, closing = rng.randrange(7, 60), rng.randrange(1, 7)
        position.fill(0, price, opening)
        profit += position.fill(1, price + 3, closing).profit
        paid += opening * price - closing * (price + 3)
        assert position.cost.denominator < 10**13
    profit += position.fill(1, 0, position.net).profit
    assert profit == -paid * TICK
