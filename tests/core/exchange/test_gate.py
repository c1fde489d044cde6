"""What is let through, and in what order things are looked at."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange_strategies import CONTRACT, PRICE, World

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import OrderStatus, OrderType
from project_x_py._core.exchange.commands import Bracket, Price

NASTY: list[Price] = [
    Decimal("1E+999999999"), Decimal("1E-999999999"), Decimal("sNaN"), Decimal("-Infinity"),
    float("nan"), float("inf"), 1e300, -1e300, -0.0,
]  # fmt: skip
WEIRD: st.SearchStrategy[Price] = st.one_of(
    st.floats(),
    st.decimals(),
    st.sampled_from(NASTY),
)


@given(WEIRD, st.integers(), st.integers(), st.integers(-3, 12), st.integers(), st.integers())
def test_no_numbers_break_the_exchange(
    price: Price, size: int, side: int, kind: int, ticks: int, leg: int
) -> None:
    """Whatever numbers an order or a change has, there is an answer, and nothing hangs."""
    world = World()
    outcome = world.order(
        kind,
        side,
        size,
        limit_price=price,
        stop_price=price,
        trail_price=price,
        sl=Bracket(ticks, leg),
    )
    assert outcome.code in (0, 2)
    resting = world.order(OrderType.LIMIT, BUY, 1, limit=PRICE - 5).order_id
    assert resting is not None
    assert world.modify(resting, size=size, limit_price=price, trail_price=price).code in (0, 3)


@pytest.mark.parametrize("price", NASTY)
def test_prices_of_no_instrument_are_refused(price: Price) -> None:
    """No number, none that is finite, none that fits: each is refused at once."""
    outcome = World().order(OrderType.LIMIT, BUY, 1, limit_price=price)
    assert outcome.code == 2
    assert outcome.message in (
        "Invalid limit price. Price is not aligned to tick size.",
        "Invalid price. Price is outside allowed range.",
    )


@pytest.mark.parametrize("price", [24000.25, Decimal("24000.25"), Decimal("24000.2500000")])
def test_prices_are_read_exactly(price: Price) -> None:
    """A float, a decimal, and one with zeros at its end are the same price."""
    world = World()
    order = world.order(OrderType.LIMIT, SELL, 1, limit_price=price).order_id
    assert order is not None
    assert world.row(order).limit == 96_001


def test_prices_of_other_types_are_passed_over() -> None:
    """A market order takes no notice of prices; a limit order none of a stop price."""
    world = World()
    row = world.row(world.buy(limit_price=Decimal("1.1"), stop_price=Decimal("0.1")))
    assert (row.limit, row.stop, row.status) == (None, None, OrderStatus.FILLED)
    order = world.order(OrderType.LIMIT, BUY, 1, limit=PRICE - 3, stop_price=1.1).order_id
    assert order is not None
    assert world.modify(order, stop_price=1.1).ok
    assert world.row(order).stop is None


def test_the_band_is_never_narrower_than_some_ticks() -> None:
    """Near zero a percentage is no range; the switch can take the band away."""
    world = World(quirks={"price_band_bp": 0, "price_band_min_ticks": 5})
    assert world.order(OrderType.LIMIT, BUY, 1, limit=PRICE - 5).ok
    assert not world.order(OrderType.LIMIT, BUY, 1, limit=PRICE - 6).ok
    world = World(quirks={"price_band_bp": None})
    assert world.order(OrderType.LIMIT, BUY, 1, limit=1).ok


def test_without_a_last_price_the_quotes_are_the_centre() -> None:
    """The middle of both sides, or the one there is, or nothing."""
    world = World()
    market = world.exchange._markets[CONTRACT]
    market.last = None
    assert market.centre() == PRICE
    world.book.submit_market(BUY, 1000)
    assert market.centre() == PRICE
    world.book.submit_market(SELL, 1000)
    assert market.centre() is None
    world.book.submit_limit(SELL, 5, 1)
    assert market.centre() == 5
    assert not market.has_price or market.venue.best_ask == 5
    assert world.order(OrderType.STOP, BUY, 1, stop=PRICE).ok
    world.book.submit_market(BUY, 1)
    world.book.submit_limit(BUY, 0, 1)
    assert world.order(OrderType.LIMIT, BUY, 1, limit=-40).ok


def test_means_count_what_works_already() -> None:
    """Working orders and the position count against the limit, exits and legs do not."""
    spec = AccountSpec(id=1, name="A", balance=Decimal(1000), position_limit=3)
    world = World(accounts=(spec,))
    world.bracket(OrderType.MARKET, BUY, 2)
    world.wait(10_000_000)
    assert world.order(OrderType.LIMIT, BUY, 1, limit=PRICE - 5).ok
    assert not world.order(OrderType.LIMIT, BUY, 1, limit=PRICE - 5).ok
    assert world.order(OrderType.LIMIT, SELL, 5, limit=PRICE + 15).ok


def test_margin_is_what_the_balance_can_carry() -> None:
    """So much balance for each contract, whatever the direction; exits need none."""
    spec = AccountSpec(id=1, name="A", balance=Decimal(1000), margin=Decimal(400))
    world = World(accounts=(spec,))
    world.sell(2)
    assert not world.order(OrderType.MARKET, SELL).ok
    exact = AccountSpec(id=1, name="A", balance=Decimal(800), margin=Decimal(400))
    assert World(accounts=(exact,)).order(OrderType.MARKET, SELL, 2).ok
    assert world.order(OrderType.MARKET, BUY, 2).ok
