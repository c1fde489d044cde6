"""The guardian of the client against the rule book of the gateway, on the same streams of orders.

Both work the account out on their own. What the guardian lets through the firm takes, and as long
as nothing else is sent the firm never has to act, whatever the market does in between.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange_strategies import CONTRACT, MS, PRICE, World
from tests.risk_manager.test_guardian import Told, guardian

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import OrderStatus, OrderType
from project_x_py._core.exchange.commands import Bracket
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.exposure import OpenOrder
from project_x_py._core.rules import rules_for
from project_x_py._core.time import format_iso

START = 50_000
LEVELS, LOTS = 3, 500

ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.integers(1, 60), st.integers(4, 90)),
        st.tuples(st.just("move"), st.sampled_from([-1, 1]), st.integers(1, 60)),
    ),
    min_size=1,
    max_size=14,
)


class Account:
    """An evaluation account on a market that moves tick by tick, and the guardian's view of it."""

    def __init__(self, name: str) -> None:
        spec = AccountSpec(id=1, name=name, balance=Decimal(START), rules=rules_for(name))
        self.world = World(tape=TapeVenue(), accounts=(spec,), depth=0)
        self.last = PRICE
        self.told = Told()
        self.judge = guardian(
            self.told,
            name,
            max_risk_per_trade=1,
            max_daily_loss=1,
            max_portfolio_risk=1,
            max_position_size=1_000,
            max_daily_trades=1_000,
        )
        self.show(PRICE, PRICE)

    def show(self, before: int, after: int) -> None:
        """The market is at another price: its levels, then a trade at it."""
        gone = [(BUY, before - 1 - n, 0) for n in range(LEVELS)]
        gone += [(SELL, before + 1 + n, 0) for n in range(LEVELS)]
        come = [(BUY, after - 1 - n, LOTS) for n in range(LEVELS)]
        come += [(SELL, after + 1 + n, LOTS) for n in range(LEVELS)]
        sizes = {(side, price): size for side, price, size in (*gone, *come)}
        self.world.show(*((side, price, size) for (side, price), size in sizes.items()))
        self.world.trade(after)
        self.world.wait(MS)
        self.last = after

    def look(self) -> None:
        """Tell the guardian what the gateway would tell the client."""
        told, world = self.told, self.world
        told.now = format_iso(world.now, 9)
        told.worth = world.balance()
        told.day = told.worth - START
        told.held = {CONTRACT: world.net()} if world.net() else {}
        rows = world.exchange.queries.positions(1)
        average = Decimal(0)
        for row in rows:
            average = Decimal(row.average_num) / Decimal(row.average_den)
        profit = world.net() * (self.last - average) * Decimal("0.5")
        told.profits = {CONTRACT: profit} if rows else {}
        told.working = tuple(
            OpenOrder(
                tag=str(row.id), contract_id=CONTRACT, side=row.side, size=row.size - row.filled,
                stop=row.stop,
            )
            for row in world.exchange.queries.open_orders(1)
            if row.status == OrderStatus.OPEN
        )  # fmt: skip
        told.last_price = lambda _contract_id: (self.last, 0.0)  # type: ignore[method-assign]

    def enter(self, side: int, size: int, away: int) -> bool:
        """Ask the guardian, and send what it lets through; return whether it did."""
        self.look()
        stop = self.last - away if side == BUY else self.last + away
        wanted = OpenOrder(tag="new", contract_id=CONTRACT, side=side, size=size, protected_at=stop)
        if self.judge.denials(wanted):
            return False
        leg = Bracket(-away if side == BUY else away, OrderType.STOP)
        done = self.world.order(OrderType.MARKET, side, size, sl=leg)
        assert done.ok, done
        self.world.wait(MS)
        return True

    def firm_acted(self) -> bool:
        """Whether the gateway's rule book has closed the account, or locked its day."""
        return not self.world.exchange.queries.accounts()[0].can_trade


def play(name: str, side: int, actions: list[tuple[str, int, int]]) -> tuple[int, int]:
    """Carry a stream out; return how many entries were let through, and how many refused."""
    account = Account(name)
    passed = refused = 0
    for what, one, other in actions:
        if what == "enter":
            done = account.enter(side, one, other)
            passed, refused = passed + done, refused + (not done)
        else:
            for _ in range(other):
                account.show(account.last, account.last + one)
                assert not account.firm_acted(), (actions, account.told)
        assert abs(account.world.net()) <= 50
    return passed, refused


@pytest.mark.parametrize("name", ["50KTC-V2-1", "50KTC-V2-DLL-1"])
@settings(max_examples=12, deadline=None)
@given(side=st.sampled_from([BUY, SELL]), actions=ACTIONS)
def test_the_guardian_refuses_before_the_firm_acts(
    name: str, side: int, actions: list[tuple[str, int, int]]
) -> None:
    """Entries with stops, in any market: taken by the firm, and never ended by it."""
    play(name, side, actions)


@pytest.mark.long
@pytest.mark.parametrize("name", ["50KTC-V2-1", "50KTC-V2-DLL-1"])
@settings(max_examples=400, deadline=None)
@given(side=st.sampled_from([BUY, SELL]), actions=ACTIONS)
def test_the_guardian_refuses_before_the_firm_acts_on_many(
    name: str, side: int, actions: list[tuple[str, int, int]]
) -> None:
    """The same on longer runs."""
    play(name, side, actions)


@pytest.mark.parametrize(("name", "times"), [("50KTC-V2-1", 24), ("50KTC-V2-DLL-1", 12)])
def test_it_lets_through_until_little_is_left_and_then_nothing(name: str, times: int) -> None:
    """Losses in a row: as many as fit before the limit, and the firm has not acted at the end."""
    losing: list[tuple[str, int, int]] = [("enter", 4, 40), ("move", -1, 44)] * 40
    passed, refused = play(name, BUY, losing)
    assert (passed, passed + refused) == (times, 40)


def test_without_the_guardian_the_firm_acts() -> None:
    """The same losses, not asked about: what the test above would notice."""
    account = Account("50KTC-V2-DLL-1")
    acted: list[Any] = []
    for _ in range(20):
        leg = Bracket(-40, OrderType.STOP)
        if not account.world.order(OrderType.MARKET, BUY, 4, sl=leg).ok:
            break
        account.world.wait(MS)
        for _ in range(44):
            account.show(account.last, account.last - 1)
            acted.append(account.firm_acted())
    assert any(acted)
