"""The exchange's market and limit orders against a matcher too simple to be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange_strategies import PRICE, World

from project_x_py._core.exchange.book import BUY
from project_x_py._core.exchange.codes import OrderStatus, OrderType


@dataclass
class Naive:
    """Everybody's orders in one list, sorted whenever somebody takes; 0 is the market."""

    resting: list[list[int]] = field(default_factory=list)
    filled: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    count: int = 0

    def submit(self, who: int, side: int, limit: int | None, size: int, rest: bool) -> None:
        self.count += 1
        sign = 1 if side == BUY else -1
        rivals = [order for order in self.resting if order[1] != side]
        for maker in sorted(rivals, key=lambda order: (sign * order[2], order[4])):
            if not size or (limit is not None and sign * (maker[2] - limit) > 0):
                break
            done = min(size, maker[3])
            maker[3] -= done
            size -= done
            for party in (who, maker[0]):
                self.filled.setdefault(party, []).append((maker[2], done))
        self.resting = [order for order in self.resting if order[3]]
        if size and rest and limit is not None:
            self.resting.append([who, side, limit, size, self.count])

    def cancel(self, who: int) -> None:
        self.resting = [order for order in self.resting if order[0] != who]


near = st.integers(PRICE - 6, PRICE + 7)
script = st.lists(
    st.one_of(
        st.tuples(st.just("user"), st.integers(1, 2), st.integers(0, 1), st.none() | near,
                  st.integers(1, 9)),
        st.tuples(st.just("other"), st.integers(0, 1), st.none() | near, st.integers(1, 9)),
        st.tuples(st.just("cancel"), st.integers(0, 12)),
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=200)
@given(script)
def test_users_get_the_fills_that_price_and_time_give_them(steps: list[tuple[Any, ...]]) -> None:
    """Fills of every user's order, at each price, are those of the naive matcher."""
    world, naive = World(depth=0), Naive()
    for step in steps:
        match step:
            case ("user", account, side, limit, size):
                kind = OrderType.MARKET if limit is None else OrderType.LIMIT
                prices = {} if limit is None else {"limit": limit}
                order = world.order(kind, side, size, account_id=account, **prices).order_id
                assert order is not None
                naive.submit(order, side, limit, size, rest=True)
            case ("other", side, limit, size):
                if limit is None:
                    world.book.submit_market(side, size)
                else:
                    world.book.submit_limit(side, limit, size)
                world.exchange.advance(world.now)
                naive.submit(0, side, limit, size, rest=True)
            case ("cancel", back):
                order = 3_200_000_000 + max(len(world.exchange._orders._orders) - back, 1)
                for account in (1, 2):
                    world.cancel(order, account)
                naive.cancel(order)
    compare(world, naive)


def compare(world: World, naive: Naive) -> None:
    for account in (1, 2):
        for row in world.exchange.queries.orders(account, 0):
            booked = naive.filled.get(row.id, [])
            assert row.filled == sum(size for _, size in booked)
            assert row.fill_cost == sum(price * size for price, size in booked)
            waits = [order[3] for order in naive.resting if order[0] == row.id]
            assert (row.status == OrderStatus.OPEN) == bool(waits)
            assert not waits or waits == [row.size - row.filled]
