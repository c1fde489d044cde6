"""Every sentence in which the exchange refuses, provoked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.exchange_strategies import CONTRACT, PRICE, World

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.codes import BracketMode, OrderStatus
from project_x_py._core.exchange.commands import Bracket, Outcome
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.products import product_for_ticker
from project_x_py._core.time import parse_ns

LIMIT, MARKET, STOP_LIMIT, STOP, TRAIL, JOIN_BID, JOIN_ASK = range(1, 8)
BUY, SELL = 0, 1
UNALIGNED = Decimal("24000.1")
CLOSED = "Trading is currently unavailable. The instrument is not in an active trading status."


def account(**members: Any) -> tuple[AccountSpec, ...]:
    return (AccountSpec(**({"id": 1, "name": "A", "balance": Decimal(50_000)} | members)),)


def test_closed_market_is_code_2_with_a_text() -> None:
    """In the break, and from the flatten on, an order is refused and stored."""
    for text in ("2026-09-01T20:15:00Z", "2026-09-01T21:30:00Z", "2026-09-05T12:00:00Z"):
        world = World(start_ns=parse_ns(text))
        outcome = world.order(MARKET, BUY)
        assert (outcome.code, outcome.message) == (2, CLOSED)
        assert outcome.order_id is not None
        assert world.status(outcome.order_id) == OrderStatus.REJECTED


Case = tuple[dict[str, Any], dict[str, Any], str]
CASES: list[Case] = [
    ({}, {"type": 0}, "Invalid order type."),
    ({}, {"type": 8}, "Invalid order type."),
    ({}, {"type": STOP_LIMIT, "limit": PRICE, "stop": PRICE + 4}, "Invalid order type."),
    ({}, {"side": 2}, "Invalid order side."),
    (
        {"quirks": {"join_other_side": False}},
        {"type": JOIN_BID, "side": SELL},
        "Invalid order side.",
    ),
    ({"quirks": {"join_other_side": False}}, {"type": JOIN_ASK}, "Invalid order side."),
    ({}, {"size": 0}, "Invalid order size."),
    ({}, {"size": -5}, "Invalid order size."),
    ({}, {"size": 10_001}, "Invalid order size."),
    ({}, {"tag": "x" * 65}, "Invalid custom tag. The custom tag is too long."),
    (
        {},
        {"tag": "x" * 62, "sl": Bracket(-4, STOP)},
        "Invalid custom tag. The custom tag is too long.",
    ),
    (
        {"quirks": {"ascii_tags": True}},
        {"tag": "ü"},
        "Invalid custom tag. The custom tag contains invalid characters.",
    ),
    (
        {"quirks": {"ascii_tags": True}},
        {"tag": "a\n"},
        "Invalid custom tag. The custom tag contains invalid characters.",
    ),
    ({}, {"type": LIMIT}, "Invalid limit price. Price is required."),
    ({}, {"type": STOP}, "Invalid stop price. Price is required."),
    ({}, {"type": TRAIL}, "Trail Distance not set."),
    ({}, {"type": TRAIL, "trail": PRICE}, "Trail Distance not set."),
    (
        {},
        {"type": LIMIT, "limit_price": UNALIGNED},
        "Invalid limit price. Price is not aligned to tick size.",
    ),
    (
        {},
        {"type": STOP, "stop_price": UNALIGNED},
        "Invalid stop price. Price is not aligned to tick size.",
    ),
    (
        {},
        {"type": TRAIL, "trail_price": 23999.9},
        "Invalid trail price. Price is not aligned to tick size.",
    ),
    ({}, {"type": TRAIL, "trail": PRICE - 1001}, "Trail Distance exceeds maximum (1000)"),
    ({}, {"type": LIMIT, "limit": PRICE - 1441}, "Invalid price. Price is outside allowed range."),
    ({}, {"type": LIMIT, "limit": PRICE * 2}, "Invalid price. Price is outside allowed range."),
    (
        {},
        {"type": STOP, "stop": PRICE},
        "Invalid stop price. Price is on the wrong side of the market.",
    ),
    (
        {},
        {"type": STOP, "side": SELL, "stop": PRICE},
        "Invalid stop price. Price is on the wrong side of the market.",
    ),
    (
        {},
        {"sl": Bracket(40, STOP)},
        "Invalid stop loss ticks (40). Ticks should be less than zero when longing.",
    ),
    (
        {},
        {"side": SELL, "sl": Bracket(-40, STOP)},
        "Invalid stop loss ticks (-40). Ticks should be greater than zero when shorting.",
    ),
    (
        {},
        {"tp": Bracket(-1, LIMIT)},
        "Invalid take profit ticks (-1). Ticks should be greater than zero when longing.",
    ),
    (
        {},
        {"side": SELL, "tp": Bracket(0, LIMIT)},
        "Invalid take profit ticks (0). Ticks should be less than zero when shorting.",
    ),
    (
        {"quirks": {"min_bracket_ticks": 4}},
        {"sl": Bracket(-3, STOP)},
        "Invalid stop loss ticks (-3). Ticks should be at least 4.",
    ),
    ({}, {"sl": Bracket(-4, LIMIT)}, "Invalid stop loss type (Limit)"),
    ({}, {"sl": Bracket(-4, 12)}, "Invalid stop loss type (12)"),
    ({}, {"tp": Bracket(4, STOP)}, "Invalid take profit type (Stop)"),
    (
        {"quirks": {"single_leg_brackets": False}},
        {"sl": Bracket(-4, STOP)},
        "Invalid brackets. Both stop loss and take profit are required.",
    ),
    (
        {"accounts": account(bracket_mode=BracketMode.POSITION)},
        {"sl": Bracket(-4, STOP)},
        "Brackets cannot be used with Position Brackets. You must enable Auto OCO Brackets.",
    ),
    ({"accounts": account(position_limit=2)}, {"size": 3}, "Maximum position exceeded."),
    ({"accounts": account(margin=Decimal(25_001))}, {"size": 2}, "Not enough margin."),
    (
        {"quirks": {"honour_linked_order_id": True}},
        {"linked_order_id": 3_200_000_001},
        "Invalid linked order.",
    ),
]


@pytest.mark.parametrize(("setting", "order", "message"), CASES, ids=[case[2] for case in CASES])
def test_an_order_is_refused_in_these_words(
    setting: dict[str, Any], order: dict[str, Any], message: str
) -> None:
    """Code 2 and the sentence; the order is stored as rejected, told once and never works."""
    world = World(**setting)
    outcome = world.order(**({"type": MARKET, "side": BUY, "size": 1} | order))
    assert (outcome.code, outcome.message) == (2, message)
    assert outcome.order_id is not None
    row = world.row(outcome.order_id)
    assert (row.status, row.filled) == (OrderStatus.REJECTED, 0)
    assert [event.row for event in outcome.events] == [row]
    assert world.exchange.queries.open_orders(1) == []


def test_a_market_without_a_price_has_no_symbol() -> None:
    """A contract that never showed a price, or that has no market here, refuses."""
    world = World(tape=TapeVenue(), depth=0, listed=lambda contract: True)
    other = World(tape=TapeVenue(), depth=0)
    other.exchange._markets[CONTRACT].last = None
    assert world.order(MARKET, BUY, contract_id="CON.F.US.EP.U26").message == "Invalid symbol"
    other.exchange._markets[CONTRACT].venue = TapeVenue()
    assert other.order(MARKET, BUY).message == "Invalid symbol"


def test_nothing_trails_without_a_last_price() -> None:
    """A quote is not enough to trail from."""
    world = World()
    world.exchange._markets[CONTRACT].last = None
    outcome = world.order(TRAIL, SELL, trail=PRICE - 4)
    assert (outcome.code, outcome.message) == (2, "Cannot trail without a last price")


def test_a_tag_is_refused_for_ever_once_used() -> None:
    """Also after the order is over, also a leg's, also of a refused order."""
    duplicate = "Invalid custom tag. The custom tag is already in use."
    world = World()
    first = world.bracket(LIMIT, BUY, limit=PRICE - 30, tag="run")
    world.cancel(first)
    for tag in ("run", "run-SL", "run-TP"):
        assert world.order(MARKET, BUY, tag=tag).message == duplicate
    assert not world.order(MARKET, BUY, 0, tag="bad").ok
    assert world.order(MARKET, BUY, tag="bad").message == duplicate
    world.buy(tag="leg-TP")
    assert world.order(MARKET, BUY, tag="leg", tp=Bracket(4, LIMIT)).message == duplicate
    assert world.order(MARKET, BUY, tag="run", account_id=2).ok
    assert world.order(MARKET, BUY, tag="").ok
    assert world.order(MARKET, BUY, tag="").ok


Modify = Callable[[World], Outcome]


def resting(world: World) -> int:
    outcome = world.order(LIMIT, BUY, 3, limit=PRICE - 5)
    assert outcome.order_id is not None
    return outcome.order_id


def leg(world: World) -> int:
    entry = world.bracket(MARKET, BUY, 2)
    world.wait(10_000_000)
    return entry + 1


MODIFIES: list[tuple[dict[str, Any], Modify, str]] = [
    ({}, lambda w: w.modify(resting(w), size=0), "Invalid order size."),
    (
        {},
        lambda w: w.modify(resting(w), limit_price=UNALIGNED),
        "Invalid limit price. Price is not aligned to tick size.",
    ),
    (
        {},
        lambda w: w.modify(resting(w), limit=PRICE * 3),
        "Invalid price. Price is outside allowed range.",
    ),
    (
        {"quirks": {"null_leaves_unchanged": False}},
        lambda w: w.modify(resting(w), size=2),
        "Invalid limit price. Price is required.",
    ),
    (
        {},
        lambda w: w.modify(leg(w), stop=PRICE + 5),
        "Invalid stop price. Price is on the wrong side of the market.",
    ),
    (
        {},
        lambda w: w.modify(leg(w), size=3),
        "Invalid order size. A bracket cannot be larger than its position.",
    ),
    (
        {},
        lambda w: w.modify(w.bracket(LIMIT, BUY, limit=PRICE - 30) + 1, stop=PRICE - 50),
        "Suspended orders cannot be modified.",
    ),
    (
        {"accounts": account(position_limit=3)},
        lambda w: w.modify(resting(w), size=4),
        "Maximum position exceeded.",
    ),
    (
        {"quirks": {"null_leaves_unchanged": False}},
        lambda w: w.modify(w.order(TRAIL, SELL, trail=PRICE - 4).order_id or 0),
        "Trail Distance not set.",
    ),
]


@pytest.mark.parametrize(("setting", "act", "message"), MODIFIES, ids=[m[2] for m in MODIFIES])
def test_a_modification_is_refused_in_these_words(
    setting: dict[str, Any], act: Modify, message: str
) -> None:
    """Code 3 and the sentence; the order stays as it was."""
    world = World(**setting)
    outcome = act(world)
    assert (outcome.code, outcome.message, outcome.events) == (3, message, ())


def test_modification_in_a_closed_market_is_refused() -> None:
    """A halt refuses changes with the closed market's sentence; cancelling goes on."""
    world = World()
    order = resting(world)
    world.exchange.halt(CONTRACT, world.now)
    assert world.modify(order, size=1).message == CLOSED
    assert world.cancel(order).ok


def test_refusals_of_the_account() -> None:
    """Live and follower accounts are told so by cancel."""
    world = World(accounts=account(live=True), quirks={"refuse_live_accounts": False})
    order = resting(world)
    assert world.modify(order, size=2).ok
    outcome = world.cancel(order)
    assert (outcome.code, outcome.message) == (6, "Live accounts not supported")
    world = World(accounts=account(follower=True))
    outcome = world.cancel(resting(world))
    assert (outcome.code, outcome.message) == (6, "Follower accounts cannot cancel orders")
    assert product_for_ticker("MNQ").grid.price(PRICE) == 24000
