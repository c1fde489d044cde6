"""An exchange that takes up what another has left goes on as that one would have."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from tests.core.exchange.test_properties import (
    act,
    check_families,
    check_money,
    check_protection,
    latencies,
    latency,
    quirk_sets,
    resting_sizes,
    rows,
)
from tests.exchange_strategies import CONTRACT, MS, NOON, PRICE, World, commands

from project_x_py._core.exchange.accounts import AccountSpec, PositionBracket
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import BracketMode, OrderStatus, OrderType
from project_x_py._core.exchange.exchange import Exchange
from project_x_py._core.exchange.image import Kept, MarketImage
from project_x_py._core.exchange.keeping import Changes
from project_x_py._core.exchange.queries import OrderQuery
from project_x_py._core.rules import rules_for
from project_x_py._core.time import parse_ns


class Record:
    """What a store would hold, put together change by change, as JSON."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], bytes] = {}
        self.saves = 0

    def note(self, exchange: Exchange) -> Changes:
        """Write down what has changed, and say so."""
        changes = exchange.keeping.changes()
        encode = msgspec.json.encode
        self.rows.update({("account", a.spec.id): encode(a) for a in changes.accounts})
        self.rows.update({("order", o.id): encode(o) for o in changes.orders})
        self.rows.update({("trade", t.id): encode(t) for t in changes.trades})
        if changes.exchange is not None:
            self.rows["exchange", 0] = encode(changes.exchange)
        exchange.keeping.written(changes)
        self.saves += bool(changes)
        return changes

    def kept(self, ns: int) -> Kept:
        """All of it, read back."""
        parts: dict[str, list[Any]] = {"account": [], "order": [], "trade": [], "exchange": []}
        for (kind, _), body in sorted(self.rows.items()):
            parts[kind].append(msgspec.json.decode(body))
        whole = {
            "exchange": parts["exchange"][0],
            "market": msgspec.to_builtins(MarketImage(ns=ns, last={CONTRACT: PRICE})),
            "accounts": parts["account"],
            "orders": parts["order"],
            "trades": parts["trade"],
        }
        return msgspec.json.decode(msgspec.json.encode(whole), type=Kept)


def after(world: World, record: Record, *, ns: int | None = None, **members: Any) -> World:
    """Another world whose exchange takes up what was written of a first one's."""
    kept = record.kept(world.now)
    start_ns = world.now if ns is None else ns
    options = {"quirks": world.quirks, "accounts": world.accounts, "fees": world.fees, **members}
    later = World(start_ns=start_ns, latency=world.latency, **options)
    later.exchange.take_up(kept)
    later.note(later.exchange.resume_contract(CONTRACT, kept, start_ns))
    return later


def told(world: World) -> list[Any]:
    """Everything that can be asked of two accounts."""
    queries = world.exchange.queries
    return [
        [
            queries.account(account),
            queries.positions(account),
            queries.trades(account, 0),
            queries.query(OrderQuery(account, limit=500)),
        ]
        for account in (1, 2)
    ]


@settings(max_examples=60)
@given(
    before=commands,
    later=commands,
    quirks=quirk_sets,
    travel=latencies,
)
def test_the_books_stay_true_over_a_restart(
    before: list[tuple[Any, ...]],
    later: list[tuple[Any, ...]],
    quirks: dict[str, Any],
    travel: str,
) -> None:
    """Whatever was going on: money, families and protection hold, and no order works twice."""
    world = World(quirks=quirks, latency=latency(travel), fees=True)
    record = Record()
    record.note(world.exchange)
    for step in before:
        act(world, step)
        record.note(world.exchange)
    assert not record.note(world.exchange), "nothing has happened since"
    again = after(world, record)
    untouched = all(step[0] != "modify" for step in [*before, *later])
    for step in [("wait", 50 * MS), *later]:
        act(again, step)
        orders = rows(again)
        check_families(again, orders)
        if untouched:
            check_protection(orders)
        for account in (1, 2):
            check_money(again, account)
        check_places(again)
    ids = [order.id for order in rows(again)]
    assert len(set(ids)) == len(ids)
    trades = [trade.id for account in (1, 2) for trade in again.trades(account)]
    assert len(set(trades)) == len(trades)


def check_places(world: World) -> None:
    """An open order rests once, at what is left of it, or waits once for its stop."""
    resting = resting_sizes(world)
    waiting = world.exchange._markets[CONTRACT].watch._waiting
    for row in rows(world):
        if row.status == OrderStatus.OPEN and row.type in (1, 6, 7):
            assert resting.pop(row.id) == row.size - row.filled
        elif row.status == OrderStatus.OPEN:
            assert row.id in waiting
    assert not resting


@settings(max_examples=30)
@given(steps=commands, quirks=quirk_sets)
def test_everything_that_is_told_stays_the_same(
    steps: list[tuple[Any, ...]], quirks: dict[str, Any]
) -> None:
    """Orders in every state, executions, positions and balances are those of before."""
    world, record = World(quirks=quirks, fees=True), Record()
    for step in [*steps, ("wait", 50 * MS)]:
        act(world, step)
        record.note(world.exchange)
    again = World(quirks=quirks, fees=True, start_ns=world.now)
    again.exchange.take_up(record.kept(world.now))
    assert told(again) == told(world)
    assert not again.exchange.keeping.changes()


def test_only_what_changes_is_written() -> None:
    """A price that moves changes nothing; a moved stop changes one order."""
    world, record = World(), Record()
    world.bracket(OrderType.MARKET, BUY)
    world.wait(50 * MS)
    record.note(world.exchange)
    world.trade(PRICE + 1)
    assert not record.note(world.exchange)
    (stop,) = [row for row in rows(world) if row.type == OrderType.STOP]
    world.modify(stop.id, stop=PRICE - 20)
    changes = record.note(world.exchange)
    assert [order.id for order in changes.orders] == [stop.id]
    assert not changes.accounts


def test_what_is_not_said_to_be_written_is_told_again() -> None:
    """So a write that fails is made up for by the next."""
    world = World()
    order_id = world.buy()
    first = world.exchange.keeping.changes()
    world.order(OrderType.LIMIT, BUY, limit=PRICE - 5)
    second = world.exchange.keeping.changes()
    assert order_id in {order.id for order in first.orders}
    assert {o.id for o in first.orders} < {o.id for o in second.orders}
    assert second.trades == first.trades


def test_commands_on_their_way_arrive_after_all() -> None:
    """A cancellation, a change and an order that were accepted happen, each once."""
    world, record = World(latency=latency("fixed")), Record()
    resting = [
        world._accepted(world.order(OrderType.LIMIT, BUY, limit=PRICE - 5 - n)) for n in range(2)
    ]
    world.wait(10 * MS)
    world.cancel(resting[0])
    world.modify(resting[1], limit=PRICE - 9)
    entry = world.bracket(OrderType.MARKET, BUY, 2)
    record.note(world.exchange)
    again = after(world, record)
    again.wait(50 * MS)
    found = {row.id: row for row in rows(again)}
    assert found[resting[0]].status == OrderStatus.CANCELLED
    assert found[resting[1]].limit == PRICE - 9
    assert found[entry].status == OrderStatus.FILLED
    assert [found[entry + n].status for n in (1, 2)] == [OrderStatus.OPEN] * 2


def test_a_closing_order_on_its_way_bars_a_second() -> None:
    """After a restart as before it, or the position would be turned around."""
    world, record = World(latency=latency("fixed")), Record()
    world.buy(2)
    world.wait(10 * MS)
    assert world.close().ok
    record.note(world.exchange)
    again = after(world, record)
    assert again.close().code == 6
    again.wait(10 * MS)
    assert again.net() == 0


def test_a_market_that_moved_meanwhile_is_met_as_it_is() -> None:
    """A stop that the price has passed is hit, and its target is cancelled; once, and flat."""
    world, record = World(), Record()
    world.bracket(OrderType.MARKET, BUY)
    world.wait(50 * MS)
    record.note(world.exchange)
    again = World(start_ns=world.now + MS)
    kept = record.kept(world.now)
    again.exchange.take_up(kept)
    again.trade(PRICE - 30)
    again.note(again.exchange.resume_contract(CONTRACT, kept, again.now))
    again.wait(MS)
    statuses = {row.type: row.status for row in rows(again)}
    assert statuses == {2: 2, 4: 2, 1: 3}
    assert again.net() == 0


def test_the_end_of_a_day_meanwhile_is_made_up_for() -> None:
    """What worked is cancelled, what was held is closed as soon as the market moves."""
    world, record = World(), Record()
    world.buy()
    rests = world._accepted(world.order(OrderType.LIMIT, BUY, limit=PRICE - 5))
    record.note(world.exchange)
    again = after(world, record, ns=parse_ns("2026-09-02T14:00:00Z"))
    assert again.net() == 1
    again.trade(PRICE)
    assert again.net() == 0
    (order,) = [row for row in rows(again) if row.id == rests]
    assert order.status not in (OrderStatus.OPEN, OrderStatus.PENDING)


def test_orders_wait_for_a_market_that_is_closed() -> None:
    """They neither trigger nor fill, may be cancelled, and queue up when it opens."""
    world, record = World(quirks={"flatten_minute": None}), Record()
    orders = [
        world._accepted(world.order(OrderType.LIMIT, BUY, limit=PRICE - 5 - n)) for n in range(2)
    ]
    record.note(world.exchange)
    kept = record.kept(world.now)
    again = World(quirks=world.quirks, start_ns=NOON + MS)
    again.exchange.take_up(kept)
    again.exchange.halt(CONTRACT, again.now, again.now + 5 * MS)
    again.note(again.exchange.resume_contract(CONTRACT, kept, again.now))
    assert not resting_sizes(again)
    again.cancel(orders[0])
    again.wait(10 * MS)
    again.trade(PRICE)
    assert resting_sizes(again) == {orders[1]: 1}


def test_the_platforms_own_orders_are_taken_up() -> None:
    """Guards of a position go on guarding it, and end with it."""
    guarded = tuple(
        AccountSpec(
            id=number,
            name=f"PRAC-{number}",
            balance=Decimal(50_000),
            bracket_mode=BracketMode.POSITION,
            position_bracket=PositionBracket(stop_ticks=8, target_ticks=8),
        )
        for number in (1, 2)
    )
    world, record = World(accounts=guarded), Record()
    world.buy(2)
    record.note(world.exchange)
    again = after(world, record)
    again.sell(1)
    assert [row.size for row in rows(again) if row.status == OrderStatus.OPEN] == [1, 1]
    again.sell(1)
    assert not [row for row in rows(again) if row.status == OrderStatus.OPEN]


def test_the_firms_rules_go_on() -> None:
    """The highest day, the day's beginning and a lock are those of before."""
    ruled = tuple(
        AccountSpec(
            id=n, name=f"50KTC-V2-{n}", balance=Decimal(50_000), rules=rules_for(f"50KTC-V2-{n}")
        )
        for n in (1, 2)
    )
    world, record = World(accounts=ruled), Record()
    world.exchange._rules._watched[1][1].highest += 500
    world.exchange._rules._watched[1][1].locked_today = True
    record.note(world.exchange)
    again = after(world, record)
    image = again.exchange._rules.image(1)
    assert image is not None
    assert (image.highest, image.locked_today) == (50_500, True)
    again.until("2026-09-02T23:00:00Z")
    again.trade(PRICE)
    later = again.exchange._rules.image(1)
    assert later is not None
    assert not later.locked_today


def test_tags_stay_taken() -> None:
    """Also those of orders that are over."""
    world, record = World(), Record()
    world.order(OrderType.MARKET, SELL, tag="once")
    record.note(world.exchange)
    again = after(world, record)
    assert not again.order(OrderType.MARKET, BUY, tag="once").ok
    assert again.order(OrderType.MARKET, BUY, tag="twice").ok
