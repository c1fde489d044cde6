"""The flatten, the close, and what happens when nobody takes."""

from __future__ import annotations

from decimal import Decimal

from tests.exchange_strategies import MS, PRICE, World, kinds

from project_x_py._core.calendar import calendar_for
from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import OrderStatus
from project_x_py._core.exchange.exchange import Exchange
from project_x_py._core.exchange.markets import TradedContract
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.products import product_for_ticker
from project_x_py._core.records import Aggressor, Trade
from project_x_py._core.time import parse_ns

LIMIT, MARKET = 1, 2


def test_at_the_flatten_positions_are_closed_and_orders_cancelled() -> None:
    """15:10 in Chicago: nobody holds or works anything; orders are taken again at 17:00."""
    world = World()
    entry = world.bracket(MARKET, BUY, 3)
    world.wait(10 * MS)
    world.order(LIMIT, SELL, 1, limit=PRICE + 9, account_id=2)
    world.sell(2, account_id=2)
    world.log.clear()
    world.until("2026-09-01T20:10:00Z")
    assert kinds(world.log) == [
        "order 2 CANCELLED", "order 3 CANCELLED", "order 4 CANCELLED",
        "order 6 PENDING", "trade 3@96000", "order 6 FILLED", "position 0", "account",
        "order 7 PENDING", "trade 2@96001", "order 7 FILLED", "position 0", "account",
    ]  # fmt: skip
    assert {event.ns for event in world.log} == {parse_ns("2026-09-01T20:10:00Z")}
    assert world.order(MARKET, BUY).code == 2
    world.until("2026-09-01T22:00:00Z")
    assert world.order(MARKET, BUY).ok
    assert world.status(entry) == OrderStatus.FILLED


def test_without_the_flatten_positions_stay_and_orders_go_at_the_close() -> None:
    """The daily close cancels what works; the position is there in the evening."""
    world = World(quirks={"flatten_minute": None})
    world.buy(2)
    order = world.order(LIMIT, BUY, 1, limit=PRICE - 3).order_id
    assert order is not None
    world.until("2026-09-01T20:59:59Z")
    assert world.status(order) == OrderStatus.OPEN
    world.until("2026-09-01T21:00:00Z")
    assert (world.status(order), world.net()) == (OrderStatus.CANCELLED, 2)


def test_what_nobody_takes_is_tried_again() -> None:
    """An empty book at the flatten: the first bid afterwards gets the position."""
    world = World()
    world.buy(3)
    world.book.submit_market(SELL, 1000)
    world.until("2026-09-01T20:10:00Z")
    assert world.net() == 3
    assert world.trade(PRICE) == []
    world.book.submit_limit(BUY, PRICE - 9, 2)
    world.trade(PRICE)
    assert world.net() == 1
    world.book.submit_limit(BUY, PRICE - 9, 2)
    world.trade(PRICE)
    assert world.net() == 0
    assert world.trade(PRICE) == []


def test_after_the_close_nothing_is_tried_any_more() -> None:
    """A position that nobody took goes on into the next day."""
    world = World()
    world.buy(3)
    world.book.submit_market(SELL, 1000)
    world.until("2026-09-01T21:00:00Z")
    world.book.submit_limit(BUY, PRICE - 9, 5)
    world.trade(PRICE)
    assert world.net() == 3


def test_a_short_day_flattens_at_its_close() -> None:
    """Corn ends at 13:20 in Chicago: the tape's last price closes the position."""
    contract, corn = "CON.F.US.ZCE.Z26", product_for_ticker("ZC")
    start = parse_ns("2026-09-01T18:00:00Z")
    exchange = Exchange(
        [TradedContract(contract, corn, TapeVenue(), calendar_for("ZC"))],
        [AccountSpec(id=1, name="A", balance=Decimal(1000))],
        start_ns=start,
    )
    exchange.on_market([Trade(contract, 1700, 5, Aggressor.BUY, start, start)])
    world = World()
    world.exchange, world.now = exchange, start
    world.buy(1, contract_id=contract)
    world.wait(3 * MS)
    assert world.net() == 1
    world.until("2026-09-01T18:19:59.999999998Z")
    assert world.net() == 1
    world.wait(1)
    assert world.net() == 0


def test_the_weeks_go_by() -> None:
    """Boundaries go on over a weekend and a holiday, two a trading day."""
    world = World(fees=True)
    days = 0
    for _ in range(14):
        world.wait(86_400_000 * MS)
        days += world.order(MARKET, BUY).ok
    assert days == 9
    assert world.net() == 0 or world.net() == 1
