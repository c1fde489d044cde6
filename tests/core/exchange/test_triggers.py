"""Stops that wait, against a scan of all of them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.exchange.codes import OrderType
from project_x_py._core.exchange.orders import Order
from project_x_py._core.exchange.triggers import StopWatch


def stop(number: int, side: int, price: int | None, trail: int | None = None) -> Order:
    kind = OrderType.STOP if trail is None else OrderType.TRAILING_STOP
    order = Order(number, 1, "C", type=kind, side=side, size=1, ns=0)
    order.stop, order.trail = price, trail
    return order


@dataclass
class Scan:
    """All stops in a list, looked through every time."""

    orders: list[Order]

    def hit(self, side: int, price: int) -> Order | None:
        sign = -1 if side else 1
        reached = [
            o
            for o in self.orders
            if o.side == side and o.stop is not None and (price - o.stop) * sign >= 0
        ]
        if not reached:
            return None
        first = min(reached, key=lambda o: (sign * (o.stop or 0), self.orders.index(o)))
        self.orders.remove(first)
        return first


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 1), st.integers(-5, 5)),
        st.tuples(st.just("remove"), st.integers(0, 20), st.just(0)),
        st.tuples(st.just("hit"), st.integers(0, 1), st.integers(-5, 5)),
    ),
    max_size=40,
)


@given(steps)
def test_hits_are_those_of_a_scan(script: list[tuple[str, int, int]]) -> None:
    """The nearest stop first, then the one that has waited longest; nothing else."""
    watch, scan = StopWatch(), Scan([])
    for number, (what, a, price) in enumerate(script):
        if what == "add":
            order = stop(number, a, price)
            watch.add(order)
            scan.orders.append(order)
        elif what == "remove":
            for order in scan.orders[a : a + 1]:
                watch.remove(order)
                scan.orders.remove(order)
        else:
            assert watch.hit(a, price) is scan.hit(a, price)
        assert len(watch) == len(scan.orders)


def test_removing_what_does_not_wait_does_nothing() -> None:
    """An order that never waited can be removed."""
    watch = StopWatch()
    watch.remove(stop(1, 0, 5))
    assert len(watch) == 0


def test_a_stop_without_a_price_cannot_wait() -> None:
    """An order needs a stop price."""
    with pytest.raises(ValueError, match="no stop price"):
        StopWatch().add(stop(1, 0, None))


@given(st.integers(0, 1), st.integers(1, 20), st.lists(st.integers(-50, 50), max_size=30))
def test_a_trailing_stop_keeps_its_distance_and_never_goes_back(
    side: int, distance: int, prices: list[int]
) -> None:
    """Its level is the best price so far, less the distance, until it is hit."""
    watch = StopWatch()
    away = -1 if side else 1
    order, plain = stop(1, side, away * distance, -away * distance), stop(2, 1 - side, 0)
    watch.add(order)
    watch.add(plain)
    best = 0
    for price in prices:
        watch.follow(1 - side, price)
        if watch.hit(side, price) is order:
            assert (price - best) * away >= distance
            assert watch.follow(side, price) == []
            return
        moved = watch.follow(side, price)
        assert moved == ([order] if (best - price) * away > 0 else [])
        best = max(best, price) if side else min(best, price)
        assert order.stop == best + away * distance
