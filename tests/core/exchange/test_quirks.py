"""Every switch changes what is seen, and every switch is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
from tests.exchange_strategies import MS, NOON, PRICE, World, kinds

from project_x_py._core.exchange.accounts import AccountSpec, PositionBracket
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import BracketMode, OrderStatus
from project_x_py._core.exchange.commands import Bracket
from project_x_py._core.exchange.events import OrderEvent
from project_x_py._core.exchange.ledger import FIRST_TRADE_ID
from project_x_py._core.exchange.models import FixedLatency
from project_x_py._core.exchange.orders import FIRST_ORDER_ID
from project_x_py._core.exchange.queries import OrderQuery
from project_x_py._core.exchange.quirks import ExchangeQuirks

OPEN, CANCELLED = OrderStatus.OPEN, OrderStatus.CANCELLED
LIMIT, MARKET, STOP_LIMIT, STOP, TRAIL, JOIN_BID, JOIN_ASK = range(1, 8)
Look = Callable[[World], object]


def account(**members: Any) -> AccountSpec:
    return AccountSpec(**({"id": 1, "name": "A", "balance": Decimal(50_000)} | members))


def answer(type: int, side: int = BUY, size: int = 1, **members: Any) -> Look:  # noqa: A002
    """The code of an order's answer."""
    return lambda world: world.order(type, side, size, **members).code


def rest(world: World, size: int = 1, price: int = PRICE - 3) -> int:
    order = world.order(LIMIT, BUY, size, limit=price).order_id
    assert order is not None
    return order


def partly(world: World) -> int:
    """An entry of five that has filled two, 10 ms ago."""
    entry = world.bracket(LIMIT, BUY, 5, limit=PRICE - 20)
    world.hit(SELL, 102)
    world.wait(10 * MS)
    return entry


def used_by_refused(world: World) -> object:
    world.order(MARKET, BUY, 0, tag="a")
    return world.order(MARKET, BUY, tag="a").code


def used_again(world: World) -> object:
    order = world.order(LIMIT, BUY, 1, limit=PRICE - 3, tag="a").order_id
    assert order is not None
    while_it_works = world.order(MARKET, BUY, tag="a").code
    world.cancel(order)
    return while_it_works, world.order(MARKET, BUY, tag="a").code


def far_trail(world: World) -> object:
    order = world.order(TRAIL, SELL, 1, trail=PRICE - 6).order_id
    assert order is not None
    return world.modify(order, trail=PRICE - 1001).code


def ids(world: World) -> object:
    world.buy()
    return world.log[0].row.id, world.trades()[0].id


def linked(world: World) -> object:
    first = rest(world)
    world.order(STOP, BUY, 1, stop=PRICE + 3, linked_order_id=first)
    world.hit(BUY, 21)
    return world.status(first), world.row(first + 1).linked_id == first


def searched(**members: Any) -> Look:
    def look(world: World) -> object:
        order = rest(world)
        world.wait(5 * MS)
        world.cancel(order)
        rest(world)
        rows = world.exchange.queries.orders(1, **members)
        return [row.id - order for row in rows]

    return look


def trailing_moves(world: World) -> object:
    world.order(TRAIL, SELL, 1, trail=PRICE - 6)
    return len(world.trade(PRICE + 1))


def below_filled(world: World) -> object:
    order = rest(world, 5, PRICE)
    world.hit(SELL, 13)
    return world.modify(order, size=3).code, world.status(order)


def suspended_price(world: World) -> object:
    entry = world.bracket(LIMIT, BUY, 1, limit=PRICE - 2)
    code = world.modify(entry + 1, stop=PRICE - 40).code
    world.hit(SELL, 31)
    world.wait(10 * MS)
    return code, world.row(entry + 1).stop


def leg_cancelled(world: World) -> object:
    entry = world.bracket(MARKET, BUY)
    world.wait(10 * MS)
    world.cancel(entry + 1)
    return world.status(entry + 2)


def parent_cancelled(world: World) -> object:
    entry = world.bracket(LIMIT, BUY, 1, limit=PRICE - 2)
    world.cancel(entry)
    return world.status(entry + 1)


def first_contract(world: World) -> object:
    entry = partly(world)
    before = world.status(entry + 1)
    world.hit(SELL, 3)
    world.wait(10 * MS)
    return before, world.status(entry + 1), world.row(entry + 1).size


def completed_by_cancel(world: World) -> object:
    entry = partly(world)
    world.cancel(entry)
    world.wait(10 * MS)
    return [kind for kind in kinds(world.log) if "order 2" in kind], world.row(entry + 1).size


def anchored(world: World) -> object:
    entry = world.bracket(MARKET, BUY, 30)
    world.wait(10 * MS)
    return world.row(entry + 1).stop


def orphans(world: World) -> object:
    entry = world.bracket(MARKET, BUY)
    world.wait(10 * MS)
    world.close()
    return world.status(entry + 1)


def guards(world: World) -> object:
    world.buy()
    return len(world.exchange.queries.open_orders(1)), len(world.log)


def reversal(world: World) -> object:
    world.buy()
    before = world.exchange.queries.positions(1)[0].id
    world.sell(3)
    sold = [(t.size, t.profit) for t in world.trades() if t.side == SELL]
    nets = [e.row.net for e in world.log if hasattr(e.row, "net")]
    return sold, world.exchange.queries.positions(1)[0].id - before, nets


def actions(world: World) -> object:
    world.buy()
    world.sell()
    return [event.action for event in world.log]


def order_actions(world: World) -> object:
    world.buy()
    return [event.action for event in world.log if isinstance(event, OrderEvent)]


def pegged(world: World) -> object:
    order = world.order(JOIN_BID, BUY, 1).order_id
    other = world.order(JOIN_ASK, SELL, 1).order_id
    assert order is not None
    assert other is not None
    world.book.submit_limit(BUY, PRICE + 1, 12)
    world.quote(bid=PRICE + 1)
    limit = world.row(order).limit
    world.hit(SELL, 13)
    world.cancel(other)
    world.book.submit_market(SELL, 1000)
    world.quote(bid=PRICE)
    return limit, world.status(order)


def unquoted_peg(world: World) -> object:
    world.book.clear()
    world.book.submit_limit(SELL, PRICE + 5, 3)
    order = world.order(JOIN_ASK, BUY, 5).order_id
    assert order is not None
    world.quote(bid=PRICE)
    return world.row(order).limit, world.row(order).filled


def dated(world: World) -> object:
    order = rest(world, 1, PRICE)
    world.wait(5 * MS)
    world.hit(SELL, 11)
    return world.row(order).updated_ns - NOON


def flattened(world: World) -> object:
    order = rest(world)
    world.until("2026-09-01T20:10:00Z")
    return world.status(order), world.order(MARKET, BUY).code


def over(act: str) -> Look:
    def look(world: World) -> object:
        order = rest(world)
        world.cancel(order)
        return (world.cancel(order) if act == "cancel" else world.modify(order, size=2)).code

    return look


def in_flight(world: World) -> object:
    order = rest(world)
    return world.modify(order, size=2).code, world.cancel(order).code


def quoted_stop(world: World) -> object:
    order = world.order(STOP, BUY, 1, stop=PRICE + 3).order_id
    assert order is not None
    world.book.submit_market(BUY, 25)
    world.quote(ask=PRICE + 3)
    return world.status(order)


def owed(world: World) -> object:
    world.buy()
    return world.balance()


def activation(world: World) -> object:
    entry = world.bracket(MARKET, BUY)
    return world.status(entry + 1)


def page(world: World) -> object:
    for _ in range(3):
        rest(world)
    return len(world.exchange.queries.query(OrderQuery(1, contract_id="X", limit=500)).rows)


POOR = account(margin=Decimal(60_000))
GUARDED = account(bracket_mode=BracketMode.POSITION, position_bracket=PositionBracket(stop_ticks=8))
OTHER = account(can_trade=False)
Case = tuple[str, Any, Look, object, object]
ENTRY_ON = ExchangeQuirks().activation_ns

CASES: list[Case] = [
    ("max_tag_length", 3, answer(MARKET, tag="abcd"), 0, 2),
    ("max_tag_length", None, answer(MARKET, tag="x" * 99), 2, 0),
    ("ascii_tags", True, answer(MARKET, tag="ü"), 0, 2),
    ("refused_order_uses_tag", False, used_by_refused, 2, 0),
    ("tags_for_ever", False, used_again, (2, 2), (2, 0)),
    ("signed_bracket_ticks", False, answer(MARKET, sl=Bracket(3, STOP)), 2, 0),
    ("modify_trail_capped", True, far_trail, 0, 3),
    ("large_ids", False, ids, (FIRST_ORDER_ID, FIRST_TRADE_ID), (1, 1)),
    ("stop_limit", True, answer(STOP_LIMIT, stop=PRICE + 3, limit=PRICE + 5), 2, 0),
    (
        "honour_linked_order_id",
        True,
        linked,
        (OPEN, False),
        (CANCELLED, True),
    ),
    ("search_by", "updated", searched(start_ns=NOON + 1, end_ns=NOON + 9 * MS), [1], [0, 1]),
    ("search_end_inclusive", False, searched(start_ns=0, end_ns=NOON + 5 * MS), [0, 1], [0]),
    ("search_window_ns", 5 * MS, searched(start_ns=NOON), [0, 1], [0]),
    ("search_row_cap", 1, searched(start_ns=0), [0, 1], [1]),
    ("null_leaves_unchanged", False, lambda w: w.modify(rest(w), size=2).code, 0, 3),
    (
        "size_below_filled",
        "cancel rest",
        below_filled,
        (3, OPEN),
        (0, CANCELLED),
    ),
    ("modify_suspended", True, suspended_price, (3, PRICE - 10), (0, PRICE - 40)),
    ("cancel_leg_cancels_sibling", True, leg_cancelled, OPEN, CANCELLED),
    (
        "cancel_parent_cancels_legs",
        False,
        parent_cancelled,
        CANCELLED,
        OrderStatus.SUSPENDED,
    ),
    (
        "legs_on_partial_fill",
        "on completion",
        first_contract,
        (OPEN, OPEN, 5),
        (OrderStatus.SUSPENDED, OPEN, 5),
    ),
    (
        "legs_on_partial_fill",
        "on completion",
        completed_by_cancel,
        (["order 2 SUSPENDED", "order 2 OPEN"], 2),
        (["order 2 SUSPENDED", "order 2 OPEN"], 2),
    ),
    ("bracket_anchor", "first fill", anchored, PRICE + 2 - 8, PRICE + 1 - 8),
    ("min_bracket_ticks", 4, answer(MARKET, sl=Bracket(-3, STOP)), 0, 2),
    ("single_leg_brackets", False, answer(MARKET, sl=Bracket(-3, STOP)), 0, 2),
    ("cancel_legs_when_flat", True, orphans, OPEN, CANCELLED),
    ("position_brackets_visible", False, guards, (1, 6), (0, 5)),
    (
        "reversal_keeps_position_id",
        False,
        reversal,
        ([(3, Decimal("-0.5"))], 0, [1, -2]),
        ([(3, Decimal("-0.5"))], 1, [1, 0, -2]),
    ),
    (
        "reversal_rows",
        2,
        reversal,
        ([(3, Decimal("-0.5"))], 0, [1, -2]),
        ([(1, Decimal("-0.5")), (2, None)], 0, [1, -2]),
    ),
    ("insert_action", 7, actions, [1, 0, 2, 1, 1, 1, 0, 2, 2, 1], [1, 7, 2, 1, 1, 1, 7, 2, 2, 1]),
    ("update_action", 7, actions, [1, 0, 2, 1, 1, 1, 0, 2, 2, 1], [7, 0, 2, 7, 7, 7, 0, 2, 2, 7]),
    ("delete_action", 7, actions, [1, 0, 2, 1, 1, 1, 0, 2, 2, 1], [1, 0, 2, 1, 1, 1, 0, 2, 7, 1]),
    (
        "ended_order_action",
        7,
        actions,
        [1, 0, 2, 1, 1, 1, 0, 2, 2, 1],
        [1, 0, 7, 1, 1, 1, 0, 7, 2, 1],
    ),
    ("join_other_side", False, answer(JOIN_ASK), 0, 2),
    ("join_pegged", True, pegged, (PRICE, OrderStatus.FILLED), (PRICE + 1, OrderStatus.FILLED)),
    ("join_pegged", True, unquoted_peg, (PRICE + 5, 3), (PRICE + 5, 3)),
    ("wrong_side_stop", "trigger", answer(STOP, stop=PRICE - 3), 2, 0),
    ("price_band_bp", None, answer(LIMIT, limit=PRICE - 1500), 2, 0),
    ("price_band_min_ticks", 2000, answer(LIMIT, limit=PRICE - 1500), 2, 0),
    ("margin_code", 3, answer(MARKET), 2, 3),
    ("platform_cancel_status", 4, flattened, (CANCELLED, 2), (OrderStatus.EXPIRED, 2)),
    ("refuse_live_accounts", False, answer(MARKET), 10, 0),
    ("inactive_accounts_listed", False, lambda w: len(w.exchange.queries.accounts()), 1, 0),
    ("costs_at_fill", False, owed, Decimal("49999.39"), Decimal(50_000)),
    ("outside_hours_code", 5, flattened, (CANCELLED, 2), (CANCELLED, 5)),
    ("flatten_minute", None, flattened, (CANCELLED, 2), (OPEN, 0)),
    ("terminal_cancel_code", 2, over("cancel"), 5, 2),
    ("terminal_modify_code", 2, over("modify"), 3, 2),
    ("pending_commands_refused", True, in_flight, (0, 0), (4, 4)),
    ("update_time_is_fill_time", True, dated, 0, 5 * MS),
    (
        "fill_events",
        ("account", "position", "order", "trade"),
        lambda w: kinds(w.order(MARKET, BUY).events)[1:],
        ["trade 1@96001", "order 1 FILLED", "position 1", "account"],
        ["account", "position 1", "order 1 FILLED", "trade 1@96001"],
    ),
    ("report_trail_moves", True, trailing_moves, 0, 1),
    ("trigger_by", "quote", quoted_stop, OPEN, OrderStatus.FILLED),
    ("activation_ns", 0, activation, OrderStatus.SUSPENDED, OPEN),
    ("query_filters_contract", True, page, 3, 0),
    ("query_row_cap", 2, page, 3, 2),
    ("max_order_size", 4, answer(MARKET, size=5), 0, 2),
]
ACCOUNTS = {
    "margin_code": POOR,
    "position_brackets_visible": GUARDED,
    "refuse_live_accounts": account(live=True),
    "inactive_accounts_listed": OTHER,
}


@pytest.mark.parametrize(
    ("name", "value", "look", "usual", "switched"), CASES, ids=[case[0] for case in CASES]
)
def test_a_switch_changes_what_is_seen(
    name: str, value: Any, look: Look, usual: object, switched: object
) -> None:
    """The default does one thing, the switch the other."""

    def world(**quirks: Any) -> World:
        return World(
            quirks=quirks,
            accounts=(ACCOUNTS.get(name, account()),),
            fees=name == "costs_at_fill",
            latency=FixedLatency(3 * MS) if name == "pending_commands_refused" else None,
        )

    assert look(world()) == usual
    assert look(world(**{name: value})) == switched


def test_every_switch_is_tried() -> None:
    """No field of the table is without a case."""
    assert {case[0] for case in CASES} == {field.name for field in fields(ExchangeQuirks)}


def test_legs_expire_with_their_entry() -> None:
    """Where the platform lets orders expire, suspended legs do so as well."""
    world = World(quirks={"platform_cancel_status": 4})
    entry = world.bracket(LIMIT, BUY, 1, limit=PRICE - 20)
    world.until("2026-09-01T20:10:00Z")
    assert [world.status(entry + i) for i in range(3)] == [OrderStatus.EXPIRED] * 3
    assert isinstance(world.log[-1], OrderEvent)
