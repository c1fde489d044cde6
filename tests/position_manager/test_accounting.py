"""The client's account of fills and statements against the exchange's own account of the same.

Both work positions and money out by themselves. Whatever reports are split into, in whatever order
they come, and however often, the client ends with the exchange's position, average and money.
"""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange_strategies import CONTRACT, MS, PRICE, World
from tests.position_manager.ports import GRID, silent

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.events import PositionEvent, PositionRow, TradeEvent, TradeRow
from project_x_py._core.records import PositionUpdate, TradeUpdate
from project_x_py.position_manager._keeper import PositionKeeper

START = Decimal(50_000)

DEEDS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 9)),
        st.tuples(st.just(None), st.integers(-6, 6)),
    ),
    min_size=1,
    max_size=20,
)


def traded(deeds: list[tuple[int | None, int]]) -> World:
    """An account that has traded on a thin book, so that its orders fill in pieces."""
    world = World(fees=True, lots=2, depth=60)
    price = PRICE
    for side, number in deeds:
        if side is None:
            price += number
            world.quote(last=price)
        else:
            world.order(2, side, number)
        world.wait(MS)
        for what in (BUY, SELL):
            world.book.submit_limit(what, price - 1 if what == BUY else price + 2, 2, rest=True)
        world.wait(MS)
    return world


def report(row: TradeRow) -> TradeUpdate:
    """A fill as the user hub tells of it."""
    return TradeUpdate(
        id=row.id,
        account_id=row.account_id,
        contract_id=row.contract_id,
        order_id=row.order_id,
        price=row.price,
        size=row.size,
        side=row.side,
        profit_and_loss=None if row.profit is None else float(row.profit),
        fees=float(row.fees),
        commissions=float(row.commissions),
        exch_ns=row.ns,
        recv_ns=row.ns,
    )


def statement(row: PositionRow, seq: int) -> PositionUpdate:
    """A position as the user hub tells of it."""
    average = Fraction(row.average_num, row.average_den) * Fraction(GRID.tick_size)
    return PositionUpdate(
        id=row.id,
        account_id=row.account_id,
        contract_id=row.contract_id,
        net=row.net,
        average_price=float(average),
        recv_ns=seq,
    )


def heard(world: World, seed: int, *, shuffled: bool = True) -> PositionKeeper:
    """A keeper that was told everything once to three times, fills in any order if so wanted."""
    rng = random.Random(seed)
    keeper = PositionKeeper(1, lambda _contract_id: GRID, silent)
    keeper.hear_positions((), 0)
    fills = [report(row) for row in world.trades()[::-1] for _ in range(rng.randint(1, 3))]
    if shuffled:
        rng.shuffle(fills)
    said = [event for event in world.log if isinstance(event, PositionEvent)]
    statements = [statement(event.row, n) for n, event in enumerate(said, 1)]
    while fills or statements:
        if fills and (not statements or rng.random() < 0.5):
            keeper.hear_fill(fills.pop())
        else:
            told = statements.pop(0)
            for _ in range(rng.randint(1, 2)):
                keeper.hear_position(told)
    return keeper


def compare(deeds: list[tuple[int | None, int]], seed: int) -> PositionKeeper:
    """Play, tell, and hold both accounts against each other."""
    world = traded(deeds)
    keeper = heard(world, seed)
    rows = world.exchange.queries.positions(1)
    net = sum(row.net for row in rows)
    assert keeper.net(CONTRACT) == net
    assert keeper.accounts_for(CONTRACT)
    holding = keeper._account(CONTRACT).holding
    assert holding.net == net
    if rows:
        assert holding.average == Fraction(rows[0].average_num, rows[0].average_den)
        worth = (PRICE - holding.average) * net * Fraction(GRID.tick_value)
        assert abs(Fraction(keeper.unrealised(CONTRACT, PRICE)) - worth) < Fraction(1, 1_000)
    made = sum((row.profit or Decimal(0) for row in world.trades()), Decimal(0))
    paid = sum((row.fees + row.commissions for row in world.trades()), Decimal(0))
    assert abs(keeper.realised() - made) < Decimal("0.01")
    assert keeper.costs() == paid
    assert abs(START + keeper.realised() - keeper.costs() - world.balance()) < Decimal("0.01")
    return keeper


@settings(max_examples=30, deadline=None)
@given(DEEDS, st.integers(0, 2**32))
def test_the_clients_account_is_the_exchanges(
    deeds: list[tuple[int | None, int]], seed: int
) -> None:
    """Position, average price, realised dollars, costs and balance."""
    compare(deeds, seed)


@pytest.mark.long
@settings(max_examples=3_000, deadline=None)
@given(DEEDS, st.integers(0, 2**32))
def test_the_clients_account_is_the_exchanges_on_many(
    deeds: list[tuple[int | None, int]], seed: int
) -> None:
    """The same on more of them."""
    compare(deeds, seed)


@pytest.mark.parametrize("seed", range(20))
def test_closed_trades_are_told_with_the_exchanges_money(seed: int) -> None:
    """In, more, through to the other side, out: two trades that come to what the balance says."""
    deeds: list[tuple[int | None, int]] = [
        (BUY, 5), (None, 3), (BUY, 2), (None, -4), (SELL, 9), (None, 2), (BUY, 2),
    ]  # fmt: skip
    world = traded(deeds)
    keeper = heard(world, seed, shuffled=False)
    assert world.net() == 0
    assert sum(trade.profit for trade in keeper.closed) == keeper.realised()
    assert sum(trade.costs for trade in keeper.closed) == keeper.costs()


def test_told_as_it_happens_every_trade_is_a_trade() -> None:
    """In the order of the user hub a reversal is the end of one and the beginning of another."""
    world = traded([(BUY, 5), (None, 3), (BUY, 2), (SELL, 9), (None, 2), (BUY, 2)])
    keeper = PositionKeeper(1, lambda _contract_id: GRID, silent)
    keeper.hear_positions((), 0)
    for number, event in enumerate(world.log, 1):
        if isinstance(event, PositionEvent):
            keeper.hear_position(statement(event.row, number))
        elif isinstance(event, TradeEvent):
            keeper.hear_fill(report(event.row))
    assert [(trade.is_long, trade.size) for trade in keeper.closed] == [(True, 7), (False, 2)]
    assert sum(trade.profit for trade in keeper.closed) == keeper.realised()
