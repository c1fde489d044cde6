"""Facts before consequences."""

from __future__ import annotations

from tests.exchange_strategies import CONTRACT, MS, PRICE, World, kinds

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import OrderStatus
from project_x_py._core.exchange.markets import TradedContract
from project_x_py._core.exchange.models import FixedLatency
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.products import product_for_ticker
from project_x_py._core.records import Aggressor, Trade

LIMIT, MARKET, STOP, TRAIL = 1, 2, 4, 5


def test_fills_of_one_moment_are_booked_before_anything_reacts() -> None:
    """Entry and target fill between two reports: sizes follow from both, not from one."""
    world = World()
    entry = world.bracket(LIMIT, BUY, 5, limit=PRICE - 20)
    world.hit(SELL, 102)
    world.wait(10 * MS)
    world.book.submit_limit(SELL, PRICE - 20, 2)
    world.book.submit_limit(BUY, PRICE - 8, 1, rest=False)
    world.trade(PRICE - 8)
    stop, target = world.row(entry + 1), world.row(entry + 2)
    assert (world.row(entry).filled, target.filled, world.net()) == (4, 1, 3)
    assert (stop.size - stop.filled, target.size - target.filled) == (3, 3)


def test_a_target_done_before_its_entry_leaves_a_stop_for_the_rest() -> None:
    """The target fills all it has in the moment in which the entry gets more."""
    world = World()
    entry = world.bracket(LIMIT, BUY, 5, limit=PRICE - 20)
    world.hit(SELL, 102)
    world.wait(10 * MS)
    world.book.submit_limit(SELL, PRICE - 20, 1)
    world.book.submit_limit(BUY, PRICE - 8, 2, rest=False)
    world.trade(PRICE - 8)
    assert world.status(entry + 2) == OrderStatus.FILLED
    assert world.net() == 1
    stop = world.row(entry + 1)
    assert (stop.status, stop.size) == (OrderStatus.OPEN, 1)


def test_a_leg_is_never_made_larger_than_what_is_open() -> None:
    """A size accepted for five open contracts arrives when a target has closed two of them."""
    world = World(latency=FixedLatency(3 * MS))
    entry = world.bracket(MARKET, BUY, 5)
    world.wait(20 * MS)
    assert world.modify(entry + 1, size=4).ok
    world.hit(BUY, 95 + 2)
    assert (world.row(entry + 1).size, world.net()) == (3, 3)
    world.wait(3 * MS)
    assert (world.row(entry + 1).size, world.row(entry + 2).filled) == (3, 2)


def test_one_contracts_halt_is_not_anothers() -> None:
    """Legs that wait for the end of a halt go on waiting while another contract trades."""
    world = World()
    other = "CON.F.US.EP.U26"
    world.exchange.list_contract(TradedContract(other, product_for_ticker("ES"), TapeVenue()))
    entry = world.bracket(MARKET, BUY)
    world.exchange.halt(CONTRACT, world.now)
    world.wait(10 * MS)
    record = Trade(other, 20_000, 1, Aggressor.BUY, world.now, world.now)
    assert world.exchange.on_market([record]) == ()
    world.exchange.resume(CONTRACT, world.now)
    assert kinds(world.exchange.on_market([record])) == ["order 2 OPEN", "order 3 OPEN"]
    assert world.status(entry + 1) == OrderStatus.OPEN


def test_a_print_reaches_an_order_and_its_stop_in_turn() -> None:
    """On a tape a target that fills takes its stop away before stops are looked at."""
    world = World(tape=TapeVenue())
    entry = world.bracket(MARKET, BUY)
    world.wait(10 * MS)
    world.modify(entry + 1, stop=PRICE - 1)
    events = world.trade(PRICE + 30, 5, Aggressor.BUY)
    assert kinds(events) == [
        "trade 1@96013", "order 3 FILLED", "position 0", "account", "order 2 CANCELLED",
    ]  # fmt: skip
    world.trade(PRICE - 9)
    assert world.net() == 0


def test_stops_go_off_nearest_first() -> None:
    """One print reaches three: they trade in the order in which the market came to them."""
    world = World()
    orders = [world.order(STOP, SELL, 1, stop=PRICE - away).order_id for away in (6, 2, 4)]
    world.hit(SELL, 61)
    world.trade(PRICE - 6)
    sold = [trade.order_id for trade in world.trades()]
    assert sold == [orders[1], orders[2], orders[0]]


def test_a_stop_can_set_off_another() -> None:
    """A stop's own trades reach the next stop with the market's next print."""
    world = World()
    first = world.order(STOP, SELL, 10, stop=PRICE - 1).order_id
    second = world.order(STOP, SELL, 1, stop=PRICE - 2).order_id
    assert first is not None
    assert second is not None
    world.hit(SELL, 11)
    assert world.status(second) == OrderStatus.OPEN
    world.trade(PRICE - 2)
    assert world.status(second) == OrderStatus.FILLED


def test_a_trailing_stop_in_flight_starts_from_the_market_it_finds() -> None:
    """The distance is fixed on acceptance, the level on arrival."""
    world = World(latency=FixedLatency(3 * MS))
    order = world.order(TRAIL, BUY, 1, trail=PRICE + 6).order_id
    assert order is not None
    assert world.row(order).stop == PRICE + 6
    world.trade(PRICE - 10)
    world.wait(3 * MS)
    assert world.row(order).stop == PRICE - 4
    world.modify(order, size=3)
    world.wait(3 * MS)
    assert (world.row(order).size, world.row(order).stop) == (3, PRICE - 4)


def test_a_trailing_stop_keeps_its_level_in_a_market_without_prices() -> None:
    """Where the last price is forgotten on the way, the level of acceptance holds."""
    world = World(latency=FixedLatency(3 * MS))
    order = world.order(TRAIL, BUY, 1, trail=PRICE + 6).order_id
    assert order is not None
    world.exchange._markets[CONTRACT].last = None
    world.wait(3 * MS)
    assert (world.row(order).stop, world.status(order)) == (PRICE + 6, OrderStatus.OPEN)


def test_a_stop_filled_through_the_modified_trail() -> None:
    """Changing a waiting stop's price moves it in the queue of stops."""
    world = World()
    order = world.order(STOP, SELL, 1, stop=PRICE - 9).order_id
    assert order is not None
    world.modify(order, stop=PRICE - 2)
    world.trade(PRICE - 2)
    assert world.status(order) == OrderStatus.FILLED
