"""What a fill changes, and how it is told."""

from __future__ import annotations

from decimal import Decimal

from tests.exchange_strategies import MS, NOON, PRICE, World, kinds

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.events import OrderEvent, PositionEvent, TradeEvent

LIMIT, MARKET = 1, 2


def test_a_fill_is_told_four_times() -> None:
    """Trade, order, position, account, each with the state right after it."""
    world = World(fees=True)
    world.buy(2)
    trade, order, position, account = world.log[1:]
    assert isinstance(trade, TradeEvent)
    assert isinstance(order, OrderEvent)
    assert isinstance(position, PositionEvent)
    assert (trade.row.price, trade.row.size, trade.row.side) == (PRICE + 1, 2, BUY)
    assert (trade.row.profit, trade.row.fees, trade.row.commissions) == (
        None, Decimal("0.72"), Decimal("0.5"),
    )  # fmt: skip
    assert (trade.row.order_id, trade.row.ns, trade.row.voided) == (order.row.id, NOON, False)
    assert (position.row.net, position.row.average_num, position.row.average_den) == (
        2, PRICE + 1, 1,
    )  # fmt: skip
    assert account.row == world.exchange.queries.account(1)
    assert [event.action for event in world.log] == [1, 0, 2, 1, 1]


def test_closing_realises_before_costs() -> None:
    """The profit is gross; the balance is not; ids are above 32 bits."""
    world = World(fees=True)
    world.buy()
    world.hit(BUY, 49)
    world.book.submit_limit(BUY, PRICE + 5, 1)
    world.sell()
    trade = world.trades()[-1]
    assert trade.profit == 2
    assert trade.id > 2**31
    assert world.balance() == 50_000 + 2 - Decimal("1.22")


def test_a_flat_position_is_told_once_more_with_its_average() -> None:
    """Size zero, the same id, delete; a new position has a new id."""
    world = World()
    world.buy()
    opened = world.exchange.queries.positions(1)[0]
    world.wait(MS)
    world.sell()
    flat = world.log[-2]
    assert isinstance(flat, PositionEvent)
    assert (flat.row.id, flat.row.net, flat.row.average_num, flat.action) == (
        opened.id, 0, PRICE + 1, 2,
    )  # fmt: skip
    assert world.exchange.queries.positions(1) == []
    world.buy()
    again = world.exchange.queries.positions(1)[0]
    assert again.id == opened.id + 1
    assert (opened.created_ns, again.created_ns) == (NOON, NOON + MS)


def test_a_reversal_is_one_row_of_the_same_position() -> None:
    """The trade realises what it closed, and the position goes on with the other sign."""
    world = World()
    world.buy()
    before = world.exchange.queries.positions(1)[0]
    world.sell(3)
    (row,) = [trade for trade in world.trades() if trade.side == SELL]
    after = world.exchange.queries.positions(1)[0]
    assert (row.size, row.profit) == (3, Decimal("-0.5"))
    assert (after.id, after.net, after.average_num) == (before.id, -2, PRICE)


def test_orders_that_are_over_are_told_as_such() -> None:
    """The number beside an order is 1 while it works and 2 when it is over."""
    world = World()
    order = world.order(LIMIT, BUY, 1, limit=PRICE - 3).order_id
    assert order is not None
    world.cancel(order)
    assert [event.action for event in world.log] == [1, 1, 2]
    assert kinds(world.log)[-1] == "order 1 CANCELLED"
