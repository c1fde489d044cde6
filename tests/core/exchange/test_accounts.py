"""Accounts."""

from __future__ import annotations

from decimal import Decimal

from tests.exchange_strategies import MS, NOON, World

from project_x_py._core.exchange.accounts import Account, AccountSpec
from project_x_py._core.exchange.codes import OrderType


def test_an_account_is_told_as_it_is() -> None:
    """Balance in dollars; only a live account is not simulated."""
    spec = AccountSpec(id=5, name="50KTC", balance=Decimal("49999.5"), live=True, visible=False)
    row = Account(spec).row()
    assert (row.id, row.name, str(row.balance)) == (5, "50KTC", "49999.5")
    assert (row.can_trade, row.visible, row.simulated) == (True, False, False)


def test_debts_are_paid_once() -> None:
    """Settling takes what is owed, and nothing when nothing is."""
    account = Account(AccountSpec(id=1, name="A", balance=Decimal(10)))
    account.owed = 1_500_000
    assert account.settle()
    assert (account.balance, account.owed) == (8_500_000, 0)
    assert not account.settle()


def test_the_balance_is_what_trading_left() -> None:
    """Buying at 96001 and selling at 96005 makes four ticks of 0.50 less 2 x 0.61."""
    world = World(fees=True)
    world.buy()
    assert world.balance() == Decimal("49999.39")
    world.order(OrderType.LIMIT, 1, 1, limit=96005)
    world.hit(0, 60)
    assert world.net() == 0
    assert world.balance() == Decimal("50000.78")


def test_costs_may_wait_for_the_close() -> None:
    """With the switch off, costs leave the balance at the day's last close."""
    world = World(fees=True, quirks={"costs_at_fill": False, "flatten_minute": None})
    world.buy()
    assert world.balance() == 50_000
    world.wait(9 * 3600 * 1000 * MS)
    assert world.balance() == Decimal("49999.39")
    assert world.now > NOON
