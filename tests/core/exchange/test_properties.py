"""Whatever users and the market do, in whatever order, the exchange's books stay true."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange_strategies import CONTRACT, MS, PRODUCT, World, commands, random_commands

from project_x_py._core.exchange.accounts import AccountSpec, PositionBracket
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import BracketMode, OrderStatus, OrderType
from project_x_py._core.exchange.commands import Bracket
from project_x_py._core.exchange.events import (
    ExchangeEvent,
    OrderEvent,
    OrderRow,
    TradeEvent,
    events_digest,
)
from project_x_py._core.exchange.models import (
    FillAtTouch,
    FillThrough,
    FixedLatency,
    LognormalLatency,
    OptimisticQueue,
    PessimisticQueue,
)
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.records import Aggressor

FIRST = 3_200_000_000

quirk_sets = st.fixed_dictionaries(
    {},
    optional={
        "legs_on_partial_fill": st.sampled_from(["per fill", "on completion"]),
        "bracket_anchor": st.sampled_from(["average", "first fill"]),
        "cancel_leg_cancels_sibling": st.booleans(),
        "cancel_parent_cancels_legs": st.booleans(),
        "cancel_legs_when_flat": st.booleans(),
        "reversal_rows": st.sampled_from([1, 2]),
        "reversal_keeps_position_id": st.booleans(),
        "wrong_side_stop": st.sampled_from(["reject", "trigger"]),
        "trigger_by": st.sampled_from(["trade", "quote"]),
        "join_pegged": st.booleans(),
        "size_below_filled": st.sampled_from(["reject", "cancel rest"]),
        "modify_suspended": st.booleans(),
        "costs_at_fill": st.booleans(),
        "activation_ns": st.sampled_from([0, 10 * MS]),
        "update_time_is_fill_time": st.booleans(),
        "report_trail_moves": st.booleans(),
    },
)


def play(world: World, steps: list[tuple[Any, ...]]) -> None:
    """Does what the steps say; the books are checked after each."""
    untouched = all(step[0] != "modify" for step in steps)
    for step in [*steps, ("wait", 50 * MS)]:
        act(world, step)
        check(world)
        if untouched:
            check_protection(rows(world))


def act(world: World, step: tuple[Any, ...]) -> None:
    match step:
        case ("market", account, side, size, bracket):
            place(world, OrderType.MARKET, account, side, size, bracket)
        case ("limit", account, side, size, price, bracket):
            place(world, OrderType.LIMIT, account, side, size, bracket, limit=price)
        case ("stop", account, side, size, price, bracket):
            place(world, OrderType.STOP, account, side, size, bracket, stop=price)
        case ("trail", account, side, size, price):
            place(world, OrderType.TRAILING_STOP, account, side, size, False, trail=price)
        case ("join", account, side, size, at_bid):
            kind = OrderType.JOIN_BID if at_bid else OrderType.JOIN_ASK
            place(world, kind, account, side, size, False)
        case ("cancel", account, number):
            world.cancel(newest(world, number), account)
        case ("modify", account, number, size, price):
            prices = {} if price is None else {"limit": price, "stop": price, "trail": price}
            world.modify(newest(world, number), account, size=size, **prices)
        case ("close", account, size):
            world.close(size, account)
        case ("hit", side, size, price):
            hit(world, side, size, price)
        case ("make", side, size, price):
            if world.tape is None:
                make(world, side, size, price)
            else:
                world.show((side, price, size))
        case ("wait", ns):
            world.wait(ns)
        case ("halt", on):
            if on:
                world.exchange.halt(CONTRACT, world.now, world.now + 5 * MS)
            else:
                world.exchange.resume(CONTRACT, world.now)
        case other:
            raise AssertionError(other)


def newest(world: World, number: int) -> int:
    """The id of the order that is ``number`` before the newest."""
    return FIRST + max(len(world.exchange._orders._orders) - number, 1)


def place(
    world: World, kind: int, account: int, side: int, size: int, bracket: bool, **prices: int
) -> None:
    away = -1 if side == SELL else 1
    legs = {}
    if bracket:
        legs = {"sl": Bracket(-4 * away, 4 + (size % 2)), "tp": Bracket(5 * away, 1)}
    world.order(kind, side, size, account_id=account, **legs, **prices)


def hit(world: World, side: int, size: int, price: int | None) -> None:
    if world.tape is None:
        world.hit(side, size, price)
    elif price is not None:
        world.trade(price, size, Aggressor(side))


def make(world: World, side: int, size: int, price: int) -> None:
    done = world.book.submit_limit(side, price, size)
    for fill in done.fills:
        world.trade(fill.price, fill.size, Aggressor(side))


def rows(world: World) -> list[OrderRow]:
    """Every order there is."""
    return [order.row() for account in (1, 2) for order in world.exchange._orders.of(account)]


def check(world: World) -> None:
    """What holds after every step."""
    book = world.book
    if book.best_bid is not None and book.best_ask is not None:
        assert book.best_bid < book.best_ask, "the book is crossed"
    orders = rows(world)
    check_orders(world, orders)
    check_prices(world)
    check_both_sides(world, orders)
    check_families(world, orders)
    for account in (1, 2):
        check_money(world, account)


def check_orders(world: World, orders: list[OrderRow]) -> None:
    filled: dict[int, int] = defaultdict(int)
    cost: dict[int, int] = defaultdict(int)
    for account in (1, 2):
        for trade in world.trades(account):
            filled[trade.order_id] += trade.size
            cost[trade.order_id] += trade.size * trade.price
    resting = resting_sizes(world)
    for row in orders:
        assert 0 <= row.filled <= row.size
        assert (row.status == OrderStatus.FILLED) == (row.filled == row.size)
        assert (row.filled, row.fill_cost) == (filled[row.id], cost[row.id])
        if row.status != OrderStatus.OPEN:
            assert row.id not in resting, "an order that does not work is in the market"
        elif row.type in (OrderType.LIMIT, OrderType.JOIN_BID, OrderType.JOIN_ASK):
            assert resting.pop(row.id) == row.size - row.filled
        else:
            assert row.id in world.exchange._markets[CONTRACT].watch._waiting
    assert not resting


def check_prices(world: World) -> None:
    """No fill is worse than the limit its order had at that moment."""
    for index, event in enumerate(world.log):
        if not isinstance(event, TradeEvent):
            continue
        told = next(
            later.row
            for later in world.log[index:]
            if isinstance(later, OrderEvent) and later.row.id == event.row.order_id
        )
        if told.limit is not None:
            worse = event.row.price - told.limit
            assert (worse if event.row.side == BUY else -worse) <= 0


def check_both_sides(world: World, orders: list[OrderRow]) -> None:
    """Each fill of the book is booked for whoever of both sides is a user, once."""
    if world.tape is not None:
        return
    took: dict[int, int] = defaultdict(int)
    for fill in world.book.fills:
        took[fill.maker_owner] += fill.size
        took[fill.taker_owner] += fill.size
    for row in orders:
        assert took[row.id] == row.filled


def resting_sizes(world: World) -> dict[int, int]:
    if world.tape is not None:
        return {o.id: o.left for o in world.tape._resting.values()}
    return {o.owner: o.size for o in world.book._orders.values() if o.owner}


def check_families(world: World, orders: list[OrderRow]) -> None:
    """Legs never fill more than their entry, and never could."""
    entries = {row.id: row for row in orders}
    closed: dict[int, int] = defaultdict(int)
    for row in orders:
        if row.parent_id is not None:
            closed[row.parent_id] += row.filled
    for row in orders:
        if row.parent_id is None:
            continue
        left = entries[row.parent_id].filled - closed[row.parent_id]
        assert left >= 0
        if row.status == OrderStatus.OPEN:
            assert row.size - row.filled <= left


def check_protection(orders: list[OrderRow]) -> None:
    """An open leg covers exactly what its entry filled and no leg closed."""
    left = {row.id: row.filled for row in orders}
    for row in orders:
        if row.parent_id is not None:
            left[row.parent_id] -= row.filled
    for row in orders:
        if row.parent_id is not None and row.status == OrderStatus.OPEN:
            assert row.size - row.filled == left[row.parent_id]


def check_money(world: World, account: int) -> None:
    """Cash is realised profit less costs, and both follow from the fills alone."""
    trades = world.trades(account)
    profit = sum((t.profit for t in trades if t.profit is not None), Decimal(0))
    costs = sum((t.fees + t.commissions for t in trades), Decimal(0))
    state = world.exchange._accounts[account]
    owed = Decimal(state.owed) / 1_000_000
    assert world.balance(account) == 50_000 + profit - costs + owed
    net, paid = 0, Fraction(0)
    for trade in trades:
        sign = 1 if trade.side == BUY else -1
        net += sign * trade.size
        paid += sign * trade.size * trade.price
    assert net == world.net(account)
    held = world.exchange.queries.positions(account)
    worth = sum(Fraction(p.average_num, p.average_den) * p.net for p in held)
    exact = (worth - paid) * Fraction(PRODUCT.tick_value)
    assert abs(exact - Fraction(profit)) <= Fraction(1, 1_000_000)
    if not net:
        assert exact == Fraction(profit)


latencies = st.sampled_from(["none", "fixed", "lognormal"])


def latency(name: str) -> Any:
    if name == "lognormal":
        return LognormalLatency(seed=7)
    return FixedLatency(0 if name == "none" else 3 * MS)


@settings(max_examples=250)
@given(steps=commands, quirks=quirk_sets, travel=latencies)
def test_a_shared_book_keeps_the_books_true(
    steps: list[tuple[Any, ...]], quirks: dict[str, Any], travel: str
) -> None:
    """In a shared book, cash, contracts, families and priorities hold after every step."""
    play(World(quirks=quirks, latency=latency(travel), fees=True), steps)


@settings(max_examples=250)
@given(
    steps=commands,
    quirks=quirk_sets,
    travel=latencies,
    rule=st.sampled_from([FillAtTouch(), FillThrough()]),
    queue=st.sampled_from([OptimisticQueue(), PessimisticQueue()]),
)
def test_a_tape_keeps_the_books_true(
    steps: list[tuple[Any, ...]], quirks: dict[str, Any], travel: str, rule: Any, queue: Any
) -> None:
    """On a tape, cash, contracts and families hold after every step."""
    world = World(quirks=quirks, latency=latency(travel), fees=True, tape=TapeVenue(rule, queue))
    play(world, steps)


@settings(max_examples=100)
@given(steps=commands)
def test_guarded_positions_have_guards_of_their_size(steps: list[tuple[Any, ...]]) -> None:
    """In position-bracket mode the working guards never exceed the position, left alone."""
    guarded = tuple(
        AccountSpec(
            id=number,
            name=f"PRAC-{number}",
            balance=Decimal(50_000),
            bracket_mode=BracketMode.POSITION,
            position_bracket=PositionBracket(stop_ticks=6, target_ticks=6),
        )
        for number in (1, 2)
    )
    world = World(accounts=guarded)
    for step in steps:
        if step[0] == "modify":
            continue
        act(world, step)
        check(world)
        for account in (1, 2):
            for guard in world.exchange._guards.of(account, CONTRACT):
                assert not guard.is_working or guard.remaining <= abs(world.net(account))


@settings(max_examples=60)
@given(steps=commands, quirks=quirk_sets, tape=st.booleans())
def test_same_input_gives_the_same_events(
    steps: list[tuple[Any, ...]], quirks: dict[str, Any], tape: bool
) -> None:
    """Events are numbered without gaps, never go back in time, and come out the same again."""
    digests = set()
    for _ in range(2):
        world = World(
            quirks=quirks, latency=latency("lognormal"), tape=TapeVenue() if tape else None
        )
        for step in steps:
            act(world, step)
        assert [event.seq for event in world.log] == list(range(1, len(world.log) + 1))
        times = [event.ns for event in world.log]
        assert times == sorted(times)
        digests.add(events_digest(world.log))
    assert len(digests) == 1


@pytest.mark.parametrize("seed", range(40))
def test_a_long_play_keeps_the_books_true(seed: int) -> None:
    """A lively run of 150 steps keeps them true as well, in a book and on a tape."""
    steps = random_commands(seed)
    travel = ["none", "fixed", "lognormal"][seed % 3]
    if seed % 4 > 1:
        steps = [step for step in steps if step[0] != "modify"]
    play(World(latency=latency(travel), fees=True, quirks={"join_pegged": seed % 2 == 0}), steps)
    play(World(latency=latency(travel), fees=True, tape=TapeVenue()), steps)


def test_events_are_the_same_on_every_python() -> None:
    """Twelve long plays, in a book and on a tape, have one digest, to the byte."""
    events: list[ExchangeEvent] = []
    for seed in range(12):
        tape = TapeVenue() if seed % 2 else None
        world = World(latency=latency("lognormal"), fees=True, tape=tape)
        for step in random_commands(seed):
            act(world, step)
        events += world.log
    assert events_digest(events) == (
        "d038527013c50091b04447b4c8e2bdb664e0d8475badc99c548800107eb7e59d"
    )


def test_the_plays_are_not_idle() -> None:
    """The long plays reach every state, legs that fill and are cancelled, profits and losses."""
    seen: set[str] = set()
    for seed in range(20):
        world = World()
        for step in random_commands(seed):
            act(world, step)
        for event in world.log:
            if isinstance(event, OrderEvent):
                leg = "leg " if event.row.parent_id else ""
                seen.add(leg + OrderStatus(event.row.status).name)
            elif isinstance(event, TradeEvent) and event.row.profit is not None:
                seen.add("profit" if event.row.profit > 0 else "loss")
    assert seen >= {
        "OPEN", "FILLED", "CANCELLED", "REJECTED", "PENDING", "leg SUSPENDED", "leg OPEN",
        "leg FILLED", "leg CANCELLED", "profit", "loss",
    }  # fmt: skip
