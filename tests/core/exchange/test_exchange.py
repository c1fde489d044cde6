"""Commands: what each answers, and what it sets going."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.exchange_strategies import CONTRACT, MS, NOON, PRICE, PRODUCT, World, kinds

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import OrderStatus
from project_x_py._core.exchange.events import TradeEvent
from project_x_py._core.exchange.exchange import Exchange
from project_x_py._core.exchange.markets import TradedContract
from project_x_py._core.exchange.models import FixedLatency
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.records import Aggressor, Trade

LIMIT, MARKET, STOP_LIMIT, STOP, TRAIL, JOIN_BID, JOIN_ASK = range(1, 8)
OTHER = "CON.F.US.EP.U26"


def spec(number: int = 1, **members: object) -> AccountSpec:
    return AccountSpec(id=number, name="A", balance=Decimal(50_000), **members)  # type: ignore[arg-type]


def test_a_limit_order_rests_and_is_filled_by_the_market() -> None:
    """Pending, open, two partial fills, filled; it stands behind what was there."""
    world = World()
    outcome = world.order(LIMIT, BUY, 5, limit=PRICE)
    assert kinds(outcome.events) == ["order 1 PENDING", "order 1 OPEN"]
    assert kinds(world.hit(SELL, 10)) == []
    assert kinds(world.hit(SELL, 2)) == ["trade 2@96000", "order 1 OPEN", "position 2", "account"]
    assert kinds(world.hit(SELL, 4))[1] == "order 1 FILLED"
    assert world.net() == 5


def test_a_limit_order_through_the_market_takes_better_prices() -> None:
    """It takes level by level and rests with the remainder at its own price."""
    world = World()
    order = world.order(LIMIT, BUY, 25, limit=PRICE + 2).order_id
    assert order is not None
    assert world.fills(order) == [(PRICE + 1, 10), (PRICE + 2, 10)]
    assert world.book.best_bid == PRICE + 2
    assert world.row(order).filled == 20


def test_what_a_market_order_cannot_get_is_cancelled() -> None:
    """A book of a hundred fills a hundred; the rest ends as cancelled with its fills."""
    world = World()
    row = world.row(world.buy(130))
    assert (row.status, row.filled) == (OrderStatus.CANCELLED, 100)


def test_users_trade_with_each_other() -> None:
    """Both sides are booked: one sells what the other buys, at the resting one's price."""
    world = World()
    maker = world.order(LIMIT, SELL, 2, limit=PRICE + 1, account_id=2).order_id
    assert maker is not None
    world.hit(BUY, 10)
    taker = world.buy(2)
    assert world.fills(taker) == world.fills(maker) == [(PRICE + 1, 2)]
    assert (world.net(1), world.net(2)) == (2, -2)
    told = [e.row.order_id for e in world.log if isinstance(e, TradeEvent)]
    assert told == [maker, taker]


@pytest.mark.parametrize(("side", "kind"), [(BUY, JOIN_BID), (SELL, JOIN_ASK)])
def test_joining_orders_rest_at_the_best_price_of_their_side(side: int, kind: int) -> None:
    """The price is the quote's at arrival, and the type stays."""
    world = World()
    order = world.order(kind, side, 2).order_id
    assert order is not None
    row = world.row(order)
    expected = PRICE if side == BUY else PRICE + 1
    assert (row.limit, row.type, row.status) == (expected, kind, OrderStatus.OPEN)


def test_joining_an_empty_side_is_cancelled() -> None:
    """Without a bid there is nothing to join."""
    world = World()
    world.book.submit_market(SELL, 1000)
    assert kinds(world.order(JOIN_BID, BUY).events) == ["order 1 PENDING", "order 1 CANCELLED"]


def test_a_stop_becomes_a_market_order_when_the_market_trades_there() -> None:
    """It waits without being in the book, and fills at what is there, not at its price."""
    world = World()
    order = world.order(STOP, SELL, 2, stop=PRICE - 4).order_id
    assert order is not None
    assert world.status(order) == OrderStatus.OPEN
    assert world.hit(SELL, 40) == []
    assert kinds(world.hit(SELL, 9)) == ["trade 1@95996", "order 1 OPEN", "position -1", "account",
        "trade 1@95995", "order 1 FILLED", "position -2", "account"]  # fmt: skip


def test_a_stop_limit_rests_once_it_is_hit() -> None:
    """Where the type is supported: hit at its stop, it goes no further than its limit."""
    world = World(quirks={"stop_limit": True})
    order = world.order(STOP_LIMIT, BUY, 30, stop=PRICE + 3, limit=PRICE + 4).order_id
    assert order is not None
    world.hit(BUY, 21)
    row = world.row(order)
    assert world.fills(order) == [(PRICE + 3, 9), (PRICE + 4, 10)]
    assert (row.status, row.filled, row.type) == (OrderStatus.OPEN, 19, STOP_LIMIT)
    assert world.book.best_bid == PRICE + 4
    assert world.modify(order, limit=PRICE + 5, stop=PRICE - 50).ok
    assert world.row(order).filled == 29


def test_a_trailing_stop_keeps_the_distance_it_came_with() -> None:
    """Six ticks below the last trade, whatever the price sent; it follows, then fires."""
    world = World()
    order = world.order(TRAIL, SELL, 1, trail=PRICE - 6).order_id
    assert order is not None
    row = world.row(order)
    assert (row.stop, row.trail_ticks, row.limit) == (PRICE - 6, 6, None)
    assert world.trade(PRICE + 5) == []
    assert world.row(order).stop == PRICE - 1
    world.trade(PRICE)
    assert world.status(order) == OrderStatus.OPEN
    world.modify(order, trail=PRICE - 2000)
    assert (world.row(order).trail_ticks, world.row(order).stop) == (2000, PRICE - 2000)
    world.modify(order, trail=PRICE - 1)
    world.trade(PRICE - 1)
    assert world.status(order) == OrderStatus.FILLED


def test_a_trailing_buy_follows_downwards() -> None:
    """Sent above or below the market, a buy's level is above it."""
    world = World()
    for level in (PRICE + 6, PRICE - 6):
        order = world.order(TRAIL, BUY, 1, trail=level).order_id
        assert order is not None
        assert world.row(order).stop == PRICE + 6
    world.trade(PRICE - 3)
    assert world.row(order).stop == PRICE + 3


def test_commands_travel_and_arrive_in_order() -> None:
    """Nothing happens before the delay is over; a cancel sent after a place arrives after it."""
    world = World(latency=FixedLatency(3 * MS))
    outcome = world.order(LIMIT, BUY, 1, limit=PRICE - 3)
    assert outcome.order_id is not None
    assert kinds(outcome.events) == ["order 1 PENDING"]
    assert kinds(world.cancel(outcome.order_id).events) == []
    assert world.exchange.next_ns() == NOON + 3 * MS
    assert kinds(world.wait(3 * MS - 1)) == []
    assert kinds(world.wait(1)) == ["order 1 OPEN", "order 1 CANCELLED"]


def test_a_quicker_command_does_not_overtake() -> None:
    """A cancel that travels 1 ms arrives with the order that was sent before and travels 5."""

    class Slower:
        def __init__(self) -> None:
            self.delays = [5 * MS, 1 * MS, 0]

        def delay_ns(self) -> int:
            return self.delays.pop(0)

    world = World(latency=Slower())
    order = world.order(LIMIT, BUY, 1, limit=PRICE - 3).order_id
    assert order is not None
    assert world.cancel(order).ok
    assert world.wait(4 * MS) == []
    assert kinds(world.wait(MS)) == ["order 1 OPEN", "order 1 CANCELLED"]


def test_an_order_that_fills_first_stays_filled() -> None:
    """A cancel and a change that arrive too late do nothing, though they were accepted."""
    world = World(latency=FixedLatency(3 * MS))
    order = world.order(LIMIT, BUY, 1, limit=PRICE - 1).order_id
    assert order is not None
    world.wait(3 * MS)
    assert world.cancel(order).ok
    assert world.modify(order, limit=PRICE - 3).ok
    world.hit(SELL, 40)
    assert world.wait(3 * MS) == []
    assert world.status(order) == OrderStatus.FILLED


def test_an_order_on_its_way_when_trading_stops_is_rejected() -> None:
    """A halt between acceptance and arrival: the hub tells of it, the answer could not."""
    world = World(latency=FixedLatency(3 * MS))
    assert world.bracket(LIMIT, BUY, limit=PRICE - 3)
    world.exchange.halt(CONTRACT, world.now)
    assert kinds(world.wait(3 * MS)) == [
        "order 1 REJECTED", "order 2 CANCELLED", "order 3 CANCELLED",
    ]  # fmt: skip


def test_an_order_cancelled_on_its_way_does_not_arrive() -> None:
    """The flatten takes orders that are still travelling, too."""
    world = World(latency=FixedLatency(3 * MS))
    world.until("2026-09-01T20:09:59.999Z")
    order = world.order(LIMIT, BUY, 1, limit=PRICE - 3).order_id
    assert order is not None
    assert kinds(world.wait(5 * MS)) == ["order 1 CANCELLED"]


def test_modify_changes_in_place() -> None:
    """Same id; a smaller size keeps the place in the queue, a new price takes a new one."""
    world = World()
    order = world.order(LIMIT, BUY, 5, limit=PRICE - 1).order_id
    assert order is not None
    world.book.submit_limit(BUY, PRICE - 1, 10)
    world.wait(MS)
    assert kinds(world.modify(order, size=3).events) == ["order 1 OPEN"]
    world.hit(SELL, 10 + 10 + 3)
    assert world.row(order).filled == 3
    other = world.order(LIMIT, BUY, 2, limit=PRICE - 1).order_id
    assert other is not None
    world.modify(other, limit=PRICE - 2)
    assert world.row(other).limit == PRICE - 2
    world.modify(other, size=4)
    assert kinds(world.modify(other, limit=PRICE + 30).events)[:2] == [
        "order 2 OPEN", "trade 4@96001",
    ]  # fmt: skip
    assert world.row(other).updated_ns == world.now


def test_modify_without_members_changes_nothing() -> None:
    """Accepted, and no event."""
    world = World()
    order = world.order(LIMIT, BUY, 5, limit=PRICE - 1).order_id
    assert order is not None
    outcome = world.modify(order)
    assert (outcome.code, outcome.events) == (0, ())


def test_a_stop_moves_through_the_market_where_it_may() -> None:
    """Changed to a level the market has passed, it fires."""
    world = World(quirks={"wrong_side_stop": "trigger"})
    order = world.order(STOP, SELL, 1, stop=PRICE - 4).order_id
    assert order is not None
    world.modify(order, stop=PRICE + 1)
    assert world.status(order) == OrderStatus.FILLED


def test_a_size_that_is_filled_meanwhile_is_left_alone() -> None:
    """A change to three arrives when four are filled: the size stays, the price changes."""
    world = World(latency=FixedLatency(3 * MS))
    order = world.order(LIMIT, BUY, 6, limit=PRICE - 1).order_id
    assert order is not None
    world.wait(3 * MS)
    world.modify(order, size=3, limit=PRICE - 2)
    world.hit(SELL, 24)
    world.wait(3 * MS)
    row = world.row(order)
    assert (row.size, row.filled, row.limit) == (6, 4, PRICE - 2)


def test_place_refuses_by_account_and_contract() -> None:
    """Codes 1, 4, 8, 9, 10 make no order; the live account's has a text."""
    world = World(
        accounts=(
            spec(1),
            spec(2, can_trade=False),
            spec(3, live=True),
            spec(4, can_trade=False, violated=True),
        ),
        listed={OTHER: True, "CON.F.US.EP.H26": False}.get,
    )
    answers = {
        number: world.order(MARKET, BUY, account_id=number).code for number in (1, 2, 3, 4, 5)
    }
    assert answers == {1: 0, 2: 10, 3: 10, 4: 4, 5: 1}
    assert world.order(MARKET, BUY, account_id=3).message == "Live accounts not supported"
    assert world.order(MARKET, BUY, contract_id="CON.F.US.XX.U26").code == 8
    outcome = world.order(MARKET, BUY, contract_id="CON.F.US.EP.H26")
    assert (outcome.code, outcome.order_id, outcome.ok) == (9, None, False)
    assert world.order(MARKET, BUY, contract_id=OTHER).message == "Invalid symbol"
    assert World().order(MARKET, BUY, contract_id=OTHER).code == 8


def test_modify_and_cancel_refuse_by_what_they_name() -> None:
    """Unknown account 1, unknown order 2, somebody else's 2, a live account 6, one that is over."""
    world = World(accounts=(spec(1), spec(2), spec(3, live=True)))
    order = world.order(LIMIT, BUY, 1, limit=PRICE - 3).order_id
    assert order is not None
    assert [world.modify(order, account, size=2).code for account in (9, 2, 3)] == [1, 2, 6]
    assert [world.cancel(order, account).code for account in (9, 2, 3)] == [1, 2, 6]
    assert world.cancel(order).ok
    assert world.cancel(order).code == 5
    assert world.modify(order, size=2).code == 3


def test_close_sends_an_untagged_market_order() -> None:
    """The whole position goes, the legs stay as they are, the trade has the profit."""
    world = World()
    entry = world.bracket(MARKET, BUY, 3)
    world.wait(10 * MS)
    outcome = world.close()
    assert kinds(outcome.events) == [
        "order 4 PENDING", "trade 3@96000", "order 4 FILLED", "position 0", "account",
    ]  # fmt: skip
    assert outcome.order_id is not None
    assert world.row(outcome.order_id).custom_tag is None
    assert [world.status(entry + i) for i in (1, 2)] == [OrderStatus.OPEN] * 2
    assert world.trades()[-1].profit == Decimal("-1.5")


def test_partial_close_takes_part() -> None:
    """Two of a short of three; sizes outside the position are code 5."""
    world = World()
    world.sell(3)
    assert [world.close(size).code for size in (0, 4, -1)] == [5, 5, 5]
    assert world.close(2).ok
    assert world.net() == -1


def test_close_refuses_by_what_it_names() -> None:
    """Each endpoint has its own numbers for live accounts, halts and closes on their way."""
    world = World(
        accounts=(spec(1), spec(2), spec(3, live=True)),
        latency=FixedLatency(3 * MS),
        listed={OTHER: True, "CON.F.US.EP.H26": False}.get,
    )
    assert [world.close(None, number).code for number in (9, 2, 3)] == [1, 2, 8]
    assert [world.close(1, number).code for number in (9, 2, 3)] == [1, 2, 9]
    codes = [
        world.exchange.close_position(1, contract, world.now).code
        for contract in ("X", "CON.F.US.EP.H26", OTHER)
    ]
    assert codes == [3, 4, 2]
    world.buy(2)
    world.wait(3 * MS)
    assert world.close().ok
    assert (world.close().code, world.close(1).code) == (6, 7)
    world.wait(3 * MS)
    assert world.close().code == 2
    world.buy(2)
    world.wait(3 * MS)
    world.exchange.halt(CONTRACT, world.now)
    whole, part = world.close(), world.close(1)
    assert (whole.code, part.code) == (5, 6)
    assert whole.message == (
        "Trading is currently unavailable. The instrument is not in an active trading status."
    )
    assert part.message is None
    for outcome in (whole, part):
        assert outcome.order_id is not None
        assert world.status(outcome.order_id) == OrderStatus.REJECTED
    world.exchange.resume(CONTRACT, world.now)
    assert world.close().ok


def test_a_halt_lets_nothing_trigger_or_fill() -> None:
    """Orders are refused, stops wait, until the time that was named has come."""
    world = World(tape=TapeVenue())
    stop = world.order(STOP, SELL, 1, stop=PRICE - 3).order_id
    limit = world.order(LIMIT, BUY, 1, limit=PRICE - 4).order_id
    assert stop is not None
    assert limit is not None
    world.exchange.halt(CONTRACT, world.now, world.now + 5 * MS)
    assert world.order(MARKET, BUY).code == 2
    world.trade(PRICE - 5)
    assert [world.status(o) for o in (stop, limit)] == [OrderStatus.OPEN] * 2
    world.wait(5 * MS)
    world.trade(PRICE - 5)
    assert [world.status(o) for o in (stop, limit)] == [OrderStatus.FILLED] * 2


def test_an_expired_contract_takes_nothing_more() -> None:
    """Its orders are cancelled, and new ones get code 9."""
    world = World()
    order = world.order(LIMIT, BUY, 1, limit=PRICE - 3).order_id
    assert order is not None
    events = world.exchange.expire(CONTRACT, world.now)
    assert kinds(events) == ["order 1 CANCELLED"]
    assert world.order(MARKET, BUY).code == 9


def test_records_of_other_contracts_are_passed_over() -> None:
    """A market that is not traded here moves nothing."""
    world = World()
    trade = Trade("CON.F.US.EP.U26", 1, 1, Aggressor.BUY, world.now + 5, world.now + 5)
    assert world.exchange.on_market([trade]) == ()
    assert world.exchange.now_ns == NOON


def test_what_was_due_happens_before_a_record() -> None:
    """A record of later brings its time with it: first the legs open, then the stop is hit."""
    world = World()
    entry = world.bracket(MARKET, BUY)
    at = NOON + 30 * MS
    later = [
        Trade(CONTRACT, PRICE - 9, 1, Aggressor.SELL, at, at),
        Trade(CONTRACT, PRICE - 9, 1, Aggressor.SELL, at + 5, at + 5),
    ]
    events = world.note(world.exchange.on_market(later))
    assert [(kind, event.ns - NOON) for kind, event in zip(kinds(events), events, strict=True)] == [
        ("order 2 OPEN", 10 * MS), ("order 3 OPEN", 10 * MS), ("trade 1@96000", 30 * MS),
        ("order 2 FILLED", 30 * MS), ("position 0", 30 * MS), ("account", 30 * MS),
        ("order 3 CANCELLED", 30 * MS),
    ]  # fmt: skip
    assert world.exchange.now_ns == at + 5
    assert world.status(entry) == OrderStatus.FILLED


def test_time_never_goes_back() -> None:
    """A record or a command with an earlier time happens now."""
    world = World()
    world.exchange.advance(NOON + 100)
    world.now = NOON
    world.order(LIMIT, BUY, 1, limit=PRICE - 3)
    assert world.log[-1].ns == NOON + 100


def test_ids_are_unique() -> None:
    """Two accounts, or two contracts, of one id are refused."""
    with pytest.raises(ValueError, match="two accounts"):
        Exchange([], [spec(1), spec(1)], start_ns=NOON)
    contract = TradedContract(CONTRACT, PRODUCT, TapeVenue())
    with pytest.raises(ValueError, match="traded already"):
        Exchange([contract, contract], [], start_ns=NOON)


def test_an_exchange_takes_its_defaults() -> None:
    """Without settings: 3 ms, the product's fees, the default quirks, no other contracts."""
    exchange = Exchange([TradedContract(CONTRACT, PRODUCT, TapeVenue())], [spec(1)], start_ns=NOON)
    assert exchange.now_ns == NOON
    assert exchange.next_ns() is not None
    assert Exchange([], [], start_ns=NOON).next_ns() is None
