"""Reading orders, trades, positions and accounts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange_strategies import CONTRACT, MS, NOON, PRICE, World

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.book import BUY
from project_x_py._core.exchange.codes import OrderStatus
from project_x_py._core.exchange.models import FixedLatency
from project_x_py._core.exchange.queries import OrderQuery

LIMIT, MARKET = 1, 2


def history() -> World:
    """A rejected order, a filled bracket, a resting one with suspended legs, one on its way."""
    world = World(latency=FixedLatency(MS))
    world.order(MARKET, BUY, 0)
    world.wait(10 * MS)
    world.bracket(MARKET, BUY)
    world.wait(20 * MS)
    world.bracket(LIMIT, BUY, limit=PRICE - 30)
    world.wait(10 * MS)
    world.order(LIMIT, BUY, 1, limit=PRICE - 31)
    return world


def numbers(rows: list[object]) -> list[int]:
    return [row.id - 3_200_000_000 for row in rows]  # type: ignore[attr-defined]


def test_searches_hide_pending_and_suspended_orders() -> None:
    """Search has 1, 2, 3, 5; searchOpen only 1; by id and v2 have everything."""
    world = history()
    queries = world.exchange.queries
    assert numbers(list(queries.orders(1, 0))) == [1, 2, 3, 4, 5]
    assert numbers(list(queries.open_orders(1))) == [3, 4, 5]
    page = queries.query(OrderQuery(1))
    assert (numbers(list(page.rows)), page.total) == ([8, 7, 6, 5, 4, 3, 2, 1], 8)
    assert world.status(3_200_000_006) == OrderStatus.SUSPENDED
    assert queries.order(1, 5) is None
    assert queries.order(2, 3_200_000_001) is None


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [(0, 0, [1]), (0, 10, [1, 2, 3, 4]), (1, 30, [2, 3, 4, 5]), (31, None, []), (0, -1, [])],
)
def test_a_search_is_by_creation_and_inclusive(
    start: int, end: int | None, found: list[int]
) -> None:
    """Both ends belong to it; without an end it goes on for ever."""
    until = None if end is None else NOON + end * MS
    rows = history().exchange.queries.orders(1, NOON + start * MS, until)
    assert numbers(list(rows)) == found


def test_the_v2_query_filters_and_sorts() -> None:
    """By status and creation; by id or time, up or down; the contract only if asked to."""
    queries = history().exchange.queries
    open_or_waiting = OrderQuery(1, statuses=(1, 8), by_id=True, descending=False)
    assert numbers(list(queries.query(open_or_waiting).rows)) == [3, 4, 5, 6, 7]
    late = OrderQuery(1, created_after_ns=NOON + 10 * MS, created_before_ns=NOON + 10 * MS)
    assert numbers(list(queries.query(late).rows)) == [4, 3, 2]
    assert queries.query(OrderQuery(1, contract_id="X")).total == 8
    assert queries.query(OrderQuery(1, limit=-1, offset=-5)).rows == []


@given(st.integers(1, 12), st.booleans(), st.booleans())
def test_pages_hold_each_order_once(size: int, by_id: bool, descending: bool) -> None:
    """Paging by row offset until the total gives every order exactly once."""
    queries = history().exchange.queries
    found: list[int] = []
    total = 1
    while len(found) < total:
        query = OrderQuery(1, by_id=by_id, descending=descending, offset=len(found), limit=size)
        page = queries.query(query)
        found += numbers(list(page.rows))
        total = page.total
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_trades_are_found_by_time_newest_first() -> None:
    """Inclusive at both ends."""
    world = World()
    for _ in range(3):
        world.buy()
        world.wait(MS)
    queries = world.exchange.queries
    found = queries.trades(1, NOON + MS, NOON + 2 * MS)
    assert [trade.ns for trade in found] == [NOON + 2 * MS, NOON + MS]
    assert len(queries.trades(1, 0)) == 3


def test_positions_and_accounts_are_told_as_they_are() -> None:
    """One row per contract held; accounts with or without those that cannot trade."""
    world = World(
        accounts=(
            AccountSpec(id=1, name="A", balance=Decimal(10)),
            AccountSpec(id=2, name="B", balance=Decimal(0), can_trade=False),
        )
    )
    world.buy(2)
    queries = world.exchange.queries
    (position,) = queries.positions(1)
    assert (position.contract_id, position.net) == (CONTRACT, 2)
    assert [row.id for row in queries.accounts()] == [1, 2]
    assert [row.id for row in queries.accounts(only_active=True)] == [1]
    assert queries.account(3) is None


def test_an_unknown_account_is_an_error() -> None:
    """Whoever asks has to look for the account first."""
    queries = World().exchange.queries
    for ask in (queries.positions, queries.open_orders):
        with pytest.raises(KeyError):
            ask(9)
