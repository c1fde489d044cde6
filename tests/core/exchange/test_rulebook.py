"""The firm's rules at work on an exchange of two contracts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange_strategies import MS, PRICE, World

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import ModifyCode, OrderStatus, OrderType
from project_x_py._core.exchange.commands import ModifyOrder, Outcome, PlaceOrder
from project_x_py._core.exchange.exchange import Exchange
from project_x_py._core.exchange.markets import TradedContract
from project_x_py._core.exchange.models import FixedLatency, NoFees
from project_x_py._core.exchange.quirks import ExchangeQuirks
from project_x_py._core.exchange.venues import BookVenue, SharedBook
from project_x_py._core.products import product_for_ticker
from project_x_py._core.records import Quote
from project_x_py._core.rules import rules_for
from project_x_py._core.time import parse_ns

LIMIT, MARKET = OrderType.LIMIT, OrderType.MARKET
MNQ, MES, ES = "CON.F.US.MNQ.U26", "CON.F.US.MES.U26", "CON.F.US.EP.U26"
NOON = parse_ns("2026-09-01T17:00:00Z")


def account(name: str = "50KTC-V2-1", balance: float = 50_000, **more: Any) -> AccountSpec:
    """An account with the rules of its name."""
    size = more.pop("size_thousands", None)
    return AccountSpec(
        id=1,
        name=name,
        balance=Decimal(str(balance)),
        rules=rules_for(name, size_thousands=size),
        **more,
    )


class Markets:
    """Three contracts with deep books at one price, and one account."""

    def __init__(self, spec: AccountSpec) -> None:
        self.now = NOON
        listed = []
        self.books: dict[str, SharedBook] = {}
        for contract, ticker in ((MNQ, "MNQ"), (MES, "MES"), (ES, "ES")):
            book = self.books[contract] = SharedBook()
            book.submit_limit(BUY, PRICE - 1, 1_000)
            book.submit_limit(SELL, PRICE + 1, 1_000)
            venue = BookVenue(book, lambda _side, _fills, _ns: None)
            listed.append(TradedContract(contract, product_for_ticker(ticker), venue))
        self.exchange = Exchange(
            listed, (spec,), start_ns=NOON, quirks=ExchangeQuirks(),
            latency=FixedLatency(0), fees=NoFees(), listed=None,
        )  # fmt: skip
        for contract in self.books:
            self.quote(contract, PRICE)

    def quote(self, contract: str, last: int) -> None:
        self.exchange.on_market(
            [Quote(contract_id=contract, exch_ns=self.now, recv_ns=self.now, last=last)]
        )

    def place(self, contract: str, side: int, size: int, limit: int | None = None) -> Outcome:
        product = product_for_ticker({MNQ: "MNQ", MES: "MES", ES: "ES"}[contract])
        price = None if limit is None else product.grid.decimal(limit)
        kind = MARKET if limit is None else LIMIT
        order = PlaceOrder(
            account_id=1, contract_id=contract, type=kind, side=side, size=size, limit_price=price
        )
        done = self.exchange.place(order, self.now)
        self.now += MS
        self.exchange.advance(self.now)
        return done

    def resize(self, order_id: int, size: int) -> Outcome:
        change = ModifyOrder(account_id=1, order_id=order_id, size=size)
        done = self.exchange.modify(change, self.now)
        self.now += MS
        self.exchange.advance(self.now)
        return done


def test_what_works_in_other_contracts_counts() -> None:
    """Thirty micros held and twenty working in another contract are all five minis."""
    made = Markets(account())
    assert made.place(MNQ, BUY, 30).ok
    assert made.place(MES, BUY, 20, PRICE - 9).ok
    assert not made.place(ES, BUY, 1).ok
    assert not made.place(MNQ, BUY, 1).ok
    assert made.place(MES, SELL, 20, PRICE + 9).ok
    assert not made.place(MES, SELL, 1, PRICE + 9).ok
    assert made.place(MNQ, SELL, 30).ok
    assert made.place(ES, BUY, 3).ok


def test_an_order_that_grows_is_capped_like_one_that_comes() -> None:
    """To the limit and not beyond; smaller is always allowed."""
    made = Markets(account())
    entry = made.place(MNQ, BUY, 40, PRICE - 5)
    assert entry.order_id is not None
    assert made.resize(entry.order_id, 50).ok
    refused = made.resize(entry.order_id, 51)
    assert (refused.ok, refused.code) == (False, ModifyCode.REJECTED)
    assert made.resize(entry.order_id, 10).ok
    assert made.place(ES, SELL, 4).ok
    assert not made.resize(entry.order_id, 11).ok


def test_what_only_makes_smaller_is_never_too_large() -> None:
    """An exit of what is held passes whatever else works; a reversal is the other side's size."""
    made = Markets(account())
    assert made.place(ES, BUY, 5).ok
    assert made.place(ES, SELL, 5).ok
    assert made.place(ES, BUY, 5).ok
    assert made.place(ES, SELL, 10).ok
    assert not made.place(ES, BUY, 11).ok


@pytest.mark.parametrize(("size", "minis"), [(50, 2), (100, 3), (150, 3)])
def test_an_express_account_begins_small(size: int, minis: int) -> None:
    """Its size, which its name does not tell, decides how many contracts; none known, no cap."""
    made = Markets(account("EXPRESS-V2-1", 0, size_thousands=size))
    assert not made.place(ES, BUY, minis + 1).ok
    assert made.place(ES, BUY, minis).ok
    free = Markets(account("EXPRESS-V2-1", 0))
    assert free.place(ES, BUY, 20).ok


def test_the_daily_limit_locks_until_five_in_the_afternoon() -> None:
    """Everything is closed and cancelled, nothing is taken, and the next day it is again."""
    world = World(accounts=(account("50KTC-V2-DLL-1"),), lots=400, depth=200)
    world.buy(50)
    world.wait(MS)
    resting = world.order(LIMIT, SELL, 1, limit=PRICE + 190).order_id
    assert resting is not None
    world.quote(last=PRICE - 38)
    assert world.net() == 50
    world.quote(last=PRICE - 39)
    world.wait(MS)
    assert (world.net(), world.status(resting)) == (0, OrderStatus.CANCELLED)
    row = world.exchange.queries.accounts()[0]
    assert not row.can_trade
    assert world.order(MARKET, BUY).code == 10
    world.until("2026-09-01T22:00:00Z")
    world.quote(last=PRICE - 39)
    assert world.exchange.queries.accounts()[0].can_trade
    assert world.order(MARKET, BUY).ok


def test_the_end_of_an_account_is_for_good_and_trails() -> None:
    """A day that ends higher raises the limit; what has ended stays ended on later days."""
    world = World(accounts=(account(balance=52_500),), lots=400, depth=200)
    world.until("2026-09-01T22:00:00Z")
    world.quote(last=PRICE)
    world.buy(50)
    world.wait(MS)
    world.quote(last=PRICE - 98)
    assert world.net() == 50
    world.quote(last=PRICE - 99)
    world.wait(MS)
    assert (world.net(), world.exchange.queries.accounts()[0].can_trade) == (0, False)
    assert world.order(MARKET, BUY).code == 4
    world.until("2026-09-02T22:00:00Z")
    world.quote(last=PRICE)
    assert world.order(MARKET, BUY).code == 4


def test_a_position_that_nobody_takes_is_closed_when_somebody_does() -> None:
    """Without a bid nothing is sent; the next look tries again."""
    world = World(accounts=(account("50KTC-V2-DLL-1"),), lots=60, depth=2)
    world.buy(50)
    world.wait(MS)
    world.book.submit_market(SELL, 10_000)
    world.quote(last=PRICE - 60)
    world.wait(MS)
    assert world.net() == 50
    world.book.submit_limit(BUY, PRICE - 60, 30)
    world.quote(last=PRICE - 60)
    world.wait(MS)
    assert world.net() == 20
    world.book.submit_limit(BUY, PRICE - 60, 30)
    world.quote(last=PRICE - 60)
    world.wait(MS)
    assert world.net() == 0


def test_an_account_without_rules_is_never_touched() -> None:
    """The same losses and sizes, and nothing is closed or capped."""
    world = World(lots=400, depth=200)
    world.buy(60)
    world.wait(MS)
    world.quote(last=PRICE - 190)
    world.wait(MS)
    assert world.net() == 60
    assert world.exchange.queries.accounts()[0].can_trade


def test_a_breach_cancels_what_works_in_every_contract() -> None:
    """An order in a contract of which nothing is held goes too."""
    made = Markets(account("50KTC-V2-DLL-1"))
    assert made.place(ES, BUY, 4).ok
    resting = made.place(MES, BUY, 10, PRICE - 9).order_id
    assert resting is not None
    made.quote(ES, PRICE - 20)
    made.exchange.advance(made.now + MS)
    row = made.exchange.queries.order(1, resting)
    assert row is not None
    assert row.status == OrderStatus.CANCELLED
    assert made.exchange.queries.positions(1) == []


def test_where_an_account_stands_is_taken_up() -> None:
    """Another book goes on with the lock, the high and the day; without rules there is none."""
    world = World(accounts=(account("50KTC-V2-DLL-1", 50_000),), lots=400, depth=200)
    world.buy(50)
    world.wait(MS)
    world.quote(last=PRICE - 39)
    world.wait(MS)
    left = world.exchange._rules.image(1)
    assert left is not None
    assert (left.locked_today, left.can_trade, left.day_start) == (True, True, 50_000)
    other = World(accounts=(account("50KTC-V2-DLL-1", 49_000),), lots=400, depth=200)
    other.exchange._rules.take_up(1, left)
    assert other.exchange._rules.image(1) == left
    assert World().exchange._rules.image(1) is None
    World().exchange._rules.take_up(1, left)


def test_legs_of_a_bracket_are_no_contracts_more() -> None:
    """An entry of fifty with its legs is fifty, while it works and when it is held."""
    world = World(accounts=(account(),), lots=400, depth=200)
    world.bracket(LIMIT, BUY, 50, limit=PRICE - 5)
    world.wait(MS)
    assert not world.order(MARKET, BUY, 1).ok
    assert world.order(LIMIT, SELL, 50, limit=PRICE + 20).ok


ORDERS = st.lists(
    st.tuples(
        st.sampled_from([MNQ, MES, ES]),
        st.sampled_from([BUY, SELL]),
        st.integers(1, 30),
        st.sampled_from([None, -9, 9]),
    ),
    max_size=25,
)


@settings(max_examples=40)
@given(ORDERS)
def test_no_stream_of_orders_gets_beyond_the_cap(orders: list[tuple[str, int, int, Any]]) -> None:
    """However entries, exits and resting orders are mixed, five minis are the most that is held."""
    made = Markets(account())
    units = {MNQ: 1, MES: 1, ES: 10}
    for contract, side, size, away in orders:
        made.place(contract, side, size, None if away is None else PRICE + away)
        held = {row.contract_id: abs(row.net) for row in made.exchange.queries.positions(1)}
        assert sum(units[name] * net for name, net in held.items()) <= 50
