"""A small exchange to test with, and generated commands and market events for it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.book import BUY, SELL, Execution, Fill
from project_x_py._core.exchange.codes import OrderStatus, OrderType
from project_x_py._core.exchange.commands import Bracket, ModifyOrder, Outcome, PlaceOrder
from project_x_py._core.exchange.events import (
    AccountEvent,
    ExchangeEvent,
    OrderEvent,
    OrderRow,
    PositionEvent,
    TradeEvent,
    TradeRow,
)
from project_x_py._core.exchange.exchange import Exchange
from project_x_py._core.exchange.markets import TradedContract
from project_x_py._core.exchange.models import FixedLatency, LatencyModel, NoFees, ProductFees
from project_x_py._core.exchange.quirks import ExchangeQuirks
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.exchange.venues import BookVenue, SharedBook
from project_x_py._core.products import product_for_ticker
from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade
from project_x_py._core.time import parse_ns

__all__ = ["CONTRACT", "MS", "NOON", "PRICE", "World", "commands", "kinds", "random_commands"]

MS = 1_000_000
NOON = parse_ns("2026-09-01T17:00:00Z")
"""A Tuesday, 12:00 in Chicago."""
CONTRACT = "CON.F.US.MNQ.U26"
PRODUCT = product_for_ticker("MNQ")
PRICE = 96_000
"""Where the market starts: 24,000.00 points on a tick of 0.25."""


class RecordingBook(SharedBook):
    """A shared book that remembers all fills."""

    __slots__ = ("fills",)

    def __init__(self) -> None:
        super().__init__()
        self.fills: list[Fill] = []

    def submit_limit(
        self, side: int, price: int, size: int, *, owner: int = 0, rest: bool = True
    ) -> Execution:
        done = super().submit_limit(side, price, size, owner=owner, rest=rest)
        self.fills += done.fills
        return done

    def submit_market(self, side: int, size: int, *, owner: int = 0) -> Execution:
        done = super().submit_market(side, size, owner=owner)
        self.fills += done.fills
        return done


@dataclass
class World:
    """One contract, two accounts, and a market that the test moves by hand.

    The market is a shared book with ``depth`` levels of ``lots`` contracts on both sides of
    ``PRICE`` (bids from ``PRICE`` down, asks from ``PRICE + 1`` up), or a tape that shows the same.
    """

    quirks: dict[str, Any] = field(default_factory=dict)
    latency: LatencyModel | None = None
    tape: TapeVenue | None = None
    fees: bool = False
    accounts: tuple[AccountSpec, ...] = (
        AccountSpec(id=1, name="PRAC-1", balance=Decimal(50_000)),
        AccountSpec(id=2, name="PRAC-2", balance=Decimal(50_000)),
    )
    start_ns: int = NOON
    depth: int = 10
    lots: int = 10
    listed: Any = None

    def __post_init__(self) -> None:
        self.now = self.start_ns
        self.log: list[ExchangeEvent] = []
        self.book = RecordingBook()
        self.changes: list[tuple[int, int]] = []
        if self.tape is None:
            venue: Any = BookVenue(self.book, lambda side, fills, ns: self._changed(side, fills))
            for away in range(self.depth):
                self.book.submit_limit(BUY, PRICE - away, self.lots)
                self.book.submit_limit(SELL, PRICE + 1 + away, self.lots)
        else:
            venue = self.tape
        self.exchange = Exchange(
            [TradedContract(CONTRACT, PRODUCT, venue)],
            self.accounts,
            start_ns=self.start_ns,
            quirks=ExchangeQuirks(**self.quirks),
            latency=self.latency if self.latency is not None else FixedLatency(0),
            fees=ProductFees() if self.fees else NoFees(),
            listed=self.listed,
        )
        if self.tape is not None:
            rows = [(side, price, self.lots) for side, price in self._ladder()]
            self.show(*rows)
        self.quote(last=PRICE)

    def _ladder(self) -> list[tuple[int, int]]:
        levels = range(self.depth)
        return [(BUY, PRICE - i) for i in levels] + [(SELL, PRICE + 1 + i) for i in levels]

    def _changed(self, side: int, fills: Iterable[Any]) -> None:
        self.changes.append((side, sum(fill.size for fill in fills)))

    # What the market does.

    def quote(self, **prices: int) -> list[ExchangeEvent]:
        """The market quotes."""
        quote = Quote(contract_id=CONTRACT, exch_ns=self.now, recv_ns=self.now, **prices)
        return self.note(self.exchange.on_market([quote]))

    def show(self, *levels: tuple[int, int, int]) -> list[ExchangeEvent]:
        """The market shows sizes: (side, price, size)."""
        rows = tuple(DepthLevel(1 if s else 2, price, size, self.now) for s, price, size in levels)
        return self.note(self.exchange.on_market([Depth(CONTRACT, rows, self.now)]))

    def trade(
        self, price: int, size: int = 1, aggressor: Aggressor = Aggressor.NONE
    ) -> list[ExchangeEvent]:
        """The market prints."""
        record = Trade(CONTRACT, price, size, aggressor, self.now, self.now)
        return self.note(self.exchange.on_market([record]))

    def hit(self, side: int, size: int, price: int | None = None) -> list[ExchangeEvent]:
        """Somebody else takes from the shared book, and the market prints it."""
        if price is None:
            done = self.book.submit_market(side, size)
        else:
            done = self.book.submit_limit(side, price, size, rest=False)
        who = Aggressor.SELL if side else Aggressor.BUY
        events: list[ExchangeEvent] = []
        for fill in done.fills:
            events += self.trade(fill.price, fill.size, who)
        return events

    def wait(self, ns: int) -> list[ExchangeEvent]:
        """Time passes, and what is due happens."""
        self.now += ns
        return self.note(self.exchange.advance(self.now))

    def until(self, text: str) -> list[ExchangeEvent]:
        """Time passes until an instant."""
        return self.wait(parse_ns(text) - self.now)

    # What users do.

    def order(self, type: int, side: int, size: int = 1, **members: Any) -> Outcome:  # noqa: A002
        """Places an order; ``limit``, ``stop``, ``trail`` in ticks, ``sl``, ``tp`` as brackets."""
        for name in ("limit", "stop", "trail"):
            if name in members:
                ticks = members.pop(name)
                members[f"{name}_price"] = PRODUCT.grid.decimal(ticks)
        for short, name in (("sl", "stop_loss"), ("tp", "take_profit"), ("tag", "custom_tag")):
            if short in members:
                members[name] = members.pop(short)
        members = {"account_id": 1, "contract_id": CONTRACT} | members
        return self._done(
            self.exchange.place(PlaceOrder(type=type, side=side, size=size, **members), self.now)
        )

    def buy(self, size: int = 1, **members: Any) -> int:
        """Buys at the market; returns the order's id."""
        return self._accepted(self.order(OrderType.MARKET, BUY, size, **members))

    def sell(self, size: int = 1, **members: Any) -> int:
        """Sells at the market; returns the order's id."""
        return self._accepted(self.order(OrderType.MARKET, SELL, size, **members))

    def bracket(self, type: int, side: int, size: int = 1, **members: Any) -> int:  # noqa: A002
        """Places an order with a stop 8 ticks and a target 12 ticks away; returns its id."""
        away = -1 if side == SELL else 1
        sl, tp = Bracket(-8 * away, OrderType.STOP), Bracket(12 * away, OrderType.LIMIT)
        return self._accepted(self.order(type, side, size, **({"sl": sl, "tp": tp} | members)))

    def modify(self, order_id: int, account_id: int = 1, **members: Any) -> Outcome:
        """Modifies; ``limit``, ``stop``, ``trail`` in ticks."""
        for name in ("limit", "stop", "trail"):
            if name in members:
                members[f"{name}_price"] = PRODUCT.grid.decimal(members.pop(name))
        change = ModifyOrder(account_id=account_id, order_id=order_id, **members)
        return self._done(self.exchange.modify(change, self.now))

    def cancel(self, order_id: int, account_id: int = 1) -> Outcome:
        """Cancels."""
        return self._done(self.exchange.cancel(account_id, order_id, self.now))

    def close(self, size: int | None = None, account_id: int = 1) -> Outcome:
        """Closes a position, or part of it."""
        if size is None:
            return self._done(self.exchange.close_position(account_id, CONTRACT, self.now))
        return self._done(self.exchange.partial_close(account_id, CONTRACT, size, self.now))

    def _accepted(self, outcome: Outcome) -> int:
        assert outcome.ok, outcome.message
        assert outcome.order_id is not None
        return outcome.order_id

    def _done(self, outcome: Outcome) -> Outcome:
        self.note(outcome.events)
        return outcome

    def note(self, events: Iterable[ExchangeEvent]) -> list[ExchangeEvent]:
        """Keeps events."""
        events = list(events)
        self.log += events
        return events

    # What is.

    def row(self, order_id: int, account_id: int = 1) -> OrderRow:
        """An order."""
        row = self.exchange.queries.order(account_id, order_id)
        assert row is not None
        return row

    def status(self, order_id: int, account_id: int = 1) -> OrderStatus:
        """The state of an order."""
        return OrderStatus(self.row(order_id, account_id).status)

    def net(self, account_id: int = 1) -> int:
        """The position of an account."""
        return sum(p.net for p in self.exchange.queries.positions(account_id))

    def balance(self, account_id: int = 1) -> Decimal:
        """The balance of an account."""
        row = self.exchange.queries.account(account_id)
        assert row is not None
        return row.balance

    def fills(self, order_id: int) -> list[tuple[int, int]]:
        """Prices and sizes of an order's fills."""
        return [
            (e.row.price, e.row.size)
            for e in self.log
            if isinstance(e, TradeEvent) and e.row.order_id == order_id
        ]

    def trades(self, account_id: int = 1) -> list[TradeRow]:
        """All executions of an account, oldest first."""
        return self.exchange.queries.trades(account_id, 0)[::-1]


def kinds(events: Iterable[ExchangeEvent]) -> list[str]:
    """Events in short: ``order 1 OPEN``, ``trade 1@96001``, ``position 1``, ``account``.

    Orders are named by their distance from the first order's id.
    """
    short: list[str] = []
    for event in events:
        if isinstance(event, OrderEvent):
            number = event.row.id - 3_200_000_000
            short.append(f"order {number} {OrderStatus(event.row.status).name}")
        elif isinstance(event, TradeEvent):
            short.append(f"trade {event.row.size}@{event.row.price}")
        elif isinstance(event, PositionEvent):
            short.append(f"position {event.row.net}")
        else:
            assert isinstance(event, AccountEvent)
            short.append("account")
    return short


_near = st.integers(PRICE - 14, PRICE + 14)
_size = st.integers(1, 6)
_side = st.sampled_from([BUY, SELL])
_account = st.sampled_from([1, 2])
_order = st.integers(0, 12)

_step = st.one_of(
    st.tuples(st.just("market"), _account, _side, _size, st.booleans()),
    st.tuples(st.just("limit"), _account, _side, _size, _near, st.booleans()),
    st.tuples(st.just("stop"), _account, _side, _size, _near, st.booleans()),
    st.tuples(st.just("trail"), _account, _side, _size, _near),
    st.tuples(st.just("join"), _account, _side, _size, st.booleans()),
    st.tuples(st.just("cancel"), _account, _order),
    st.tuples(st.just("modify"), _account, _order, st.none() | _size, st.none() | _near),
    st.tuples(st.just("close"), _account, st.none() | _size),
    st.tuples(st.just("hit"), _side, st.integers(1, 25), st.none() | _near),
    st.tuples(st.just("make"), _side, st.integers(1, 12), _near),
    st.tuples(st.just("wait"), st.sampled_from([0, MS, 5 * MS, 20 * MS])),
    st.tuples(st.just("halt"), st.booleans()),
)
commands = st.lists(_step, max_size=30)
"""What users and the market do, in any order; orders are numbered from the newest."""


def random_commands(seed: int, count: int = 150) -> list[tuple[Any, ...]]:
    """A long and lively run of the same steps."""
    rng = random.Random(seed)
    wandering = PRICE
    steps: list[tuple[Any, ...]] = []
    for _ in range(count):
        wandering += rng.randrange(-3, 4)
        near, side, size = wandering + rng.randrange(-9, 10), rng.randrange(2), rng.randrange(1, 7)
        account, number = rng.randrange(1, 3), rng.randrange(12)
        bracket = rng.random() < 0.6
        maybe = [None, size]
        steps.append(
            rng.choice(
                [
                    ("market", account, side, size, bracket),
                    ("limit", account, side, size, near, bracket),
                    ("stop", account, side, size, near, bracket),
                    ("trail", account, side, size, near),
                    ("join", account, side, size, rng.random() < 0.5),
                    ("cancel", account, number),
                    ("modify", account, number, rng.choice(maybe), rng.choice([None, near])),
                    ("close", account, rng.choice(maybe)),
                    ("hit", side, size * 4, near),
                    ("hit", side, size * 4, near),
                    ("hit", side, size, None),
                    ("make", side, size * 3, near),
                    ("make", side, size * 3, wandering + (9 if side else -9)),
                    ("wait", rng.choice([0, MS, 5 * MS, 20 * MS])),
                    ("wait", rng.choice([0, MS, 5 * MS, 20 * MS])),
                    ("halt", rng.random() < 0.3),
                ]
            )
        )
    return steps
