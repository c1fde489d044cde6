"""Orders on a tape: queues, prints, quotes, and what a taker leaves."""

from __future__ import annotations

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.models import (
    FillAtTouch,
    FillRule,
    FillThrough,
    OptimisticQueue,
    PessimisticQueue,
    QueueModel,
)
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.exchange.venues import VenueFill
from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade


class Tape:
    """A tape that a test writes."""

    def __init__(self, rule: FillRule | None = None, queue: QueueModel | None = None) -> None:
        self.venue = TapeVenue(rule, queue)

    def rows(self, *rows: tuple[int, int, int], matching: bool = True) -> list[VenueFill]:
        levels = tuple(DepthLevel(kind, price, size, 0) for kind, price, size in rows)
        return list(self.venue.observe(Depth("C", levels, 0), matching))

    def book(self) -> None:
        self.rows((2, 99, 10), (2, 98, 10), (1, 101, 10), (1, 102, 10))

    def trade(
        self, price: int, size: int, who: Aggressor = Aggressor.SELL, matching: bool = True
    ) -> list[VenueFill]:
        return list(self.venue.observe(Trade("C", price, size, who, 0, 0), matching))

    def quote(self, **prices: int) -> list[VenueFill]:
        return list(
            self.venue.observe(Quote(contract_id="C", exch_ns=0, recv_ns=0, **prices), True)
        )

    def submit(self, number: int, side: int, price: int | None, size: int) -> list[VenueFill]:
        return self.venue.submit(number, side, price, size, 0)


def test_a_taker_gets_what_is_shown() -> None:
    """Level by level up to the limit; what a market order cannot get is not filled."""
    tape = Tape()
    tape.book()
    assert tape.submit(1, BUY, 101, 15) == [VenueFill(1, 101, 10)]
    assert tape.submit(2, BUY, None, 15) == [VenueFill(2, 102, 10)]
    assert tape.submit(3, SELL, 98, 25) == [VenueFill(3, 99, 10), VenueFill(3, 98, 10)]


def test_what_was_taken_stays_missing_until_the_level_goes() -> None:
    """A growing level offers what it grew by; an emptied one starts anew."""
    tape = Tape()
    tape.book()
    tape.submit(1, BUY, None, 10)
    assert tape.submit(2, BUY, 101, 5) == []
    assert tape.rows((1, 101, 13)) == [VenueFill(2, 101, 3)]
    assert tape.rows((1, 101, 4)) == []
    assert tape.rows((1, 101, 0), (1, 101, 4)) == [VenueFill(2, 101, 2)]


def test_a_resting_order_waits_behind_what_is_shown() -> None:
    """Ten are ahead; a print of twelve gives it two, the next the rest."""
    tape = Tape()
    tape.book()
    assert tape.submit(1, BUY, 99, 5) == []
    assert tape.trade(99, 12) == [VenueFill(1, 99, 2)]
    assert tape.trade(99, 2, Aggressor.BUY) == []
    assert tape.trade(99, 9, Aggressor.NONE) == [VenueFill(1, 99, 3)]


def test_users_at_one_price_share_a_print() -> None:
    """The first to come is served first, and together they get no more than the print."""
    tape = Tape()
    tape.book()
    tape.submit(1, BUY, 99, 2)
    tape.submit(2, BUY, 99, 5)
    assert tape.trade(99, 14) == [VenueFill(1, 99, 2), VenueFill(2, 99, 2)]


def test_a_print_beyond_the_price_fills_everything() -> None:
    """At the order's own price, whatever the print's size, whichever the rule."""
    for rule in (FillAtTouch(), FillThrough()):
        tape = Tape(rule)
        tape.book()
        tape.submit(1, BUY, 99, 5)
        tape.submit(2, SELL, 101, 5)
        assert tape.trade(98, 1) == [VenueFill(1, 99, 5)]
        assert tape.trade(102, 1, Aggressor.BUY) == [VenueFill(2, 101, 5)]


def test_trade_through_needs_more_than_the_touch() -> None:
    """Prints and quotes at the price fill nobody under that rule, but serve those ahead."""
    tape = Tape(FillThrough())
    tape.book()
    tape.submit(1, BUY, 99, 5)
    assert tape.trade(99, 30) == []
    assert tape.quote(ask=99) == []
    assert tape.quote(ask=98) == [VenueFill(1, 99, 5)]


def test_cancels_ahead_are_up_to_the_queue_model() -> None:
    """Of ten ahead six leave: an optimist is then fourth, a pessimist still behind four."""
    for queue, filled in ((OptimisticQueue(), 5), (PessimisticQueue(), 1)):
        tape = Tape(queue=queue)
        tape.rows((2, 99, 10))
        tape.submit(1, BUY, 99, 5)
        tape.rows((2, 99, 16), (2, 99, 10))
        assert tape.trade(99, 11 if filled == 1 else 9) == [VenueFill(1, 99, filled)]


def test_a_trade_is_not_counted_again_as_a_cancel() -> None:
    """The depth that follows a print moves the queue only by what did not trade."""
    tape = Tape(queue=OptimisticQueue())
    tape.book()
    tape.submit(1, BUY, 99, 5)
    tape.trade(99, 4)
    tape.rows((2, 99, 6))
    assert tape.trade(99, 6) == []
    assert tape.trade(99, 1) == [VenueFill(1, 99, 1)]


def test_a_print_takes_better_prices_away() -> None:
    """After a print at 98 no bid above it is left to sell to."""
    tape = Tape()
    tape.book()
    tape.trade(98, 4)
    assert tape.venue.best_bid == 98
    assert tape.submit(1, SELL, None, 9) == [VenueFill(1, 98, 6)]
    tape.trade(102, 10, Aggressor.BUY)
    assert tape.venue.best_ask is None
    tape.quote(bid=98, ask=103)
    tape.trade(97, 1)
    tape.trade(104, 1, Aggressor.BUY)
    assert (tape.venue.best_bid, tape.venue.best_ask) == (None, None)


def test_a_quote_that_comes_to_an_order_fills_it() -> None:
    """An ask at the bid's price trades with it, as far as it is shown."""
    tape = Tape()
    tape.book()
    tape.submit(1, BUY, 100, 8)
    assert tape.rows((1, 100, 3)) == [VenueFill(1, 100, 3)]
    assert tape.rows((1, 99, 2)) == [VenueFill(1, 100, 2)]
    assert tape.rows((7, 90, 1), (5, 99, 9)) == []


def test_quotes_alone_are_good_for_any_size() -> None:
    """Without depth the quoted price holds; without quotes the last trade's."""
    tape = Tape()
    assert tape.submit(1, BUY, None, 3) == []
    tape.quote(last=100)
    assert tape.submit(2, BUY, None, 3) == [VenueFill(2, 100, 3)]
    assert tape.submit(3, BUY, 99, 3) == []
    tape.quote(bid=98, ask=100)
    assert tape.submit(4, BUY, 100, 700) == [VenueFill(4, 100, 700)]
    assert tape.quote(ask=99) == [VenueFill(3, 99, 3)]
    assert (tape.venue.best_bid, tape.venue.best_ask) == (98, 99)


def test_a_better_quote_holds_until_depth_comes() -> None:
    """A quote inside the depth shown is traded at; the side's next depth is believed instead."""
    tape = Tape()
    tape.book()
    tape.quote(bid=100, ask=102)
    assert (tape.venue.best_bid, tape.venue.best_ask) == (100, 102)
    assert tape.submit(1, SELL, None, 50) == [VenueFill(1, 100, 50)]
    tape.rows((2, 99, 9))
    assert tape.submit(2, SELL, None, 9) == [VenueFill(2, 99, 9)]


def test_a_reset_forgets_the_book() -> None:
    """After a reset row only what follows is shown; a new best removes better levels."""
    tape = Tape()
    tape.book()
    tape.rows((6, 0, 0), (2, 97, 1), (9, 96, 2))
    assert (tape.venue.best_bid, tape.venue.best_ask) == (96, None)
    tape.rows((10, 101, 0))
    assert tape.venue.best_ask is None


def test_nothing_is_filled_in_a_halt() -> None:
    """Prints, quotes and depth are noted, and nobody is filled."""
    tape = Tape()
    tape.book()
    tape.submit(1, BUY, 99, 5)
    assert tape.trade(98, 50, matching=False) == []
    assert tape.trade(99, 50, matching=False) == []
    assert tape.rows((1, 98, 5), matching=False) == []
    assert tape.rows() == [VenueFill(1, 99, 5)]


def test_orders_can_be_withdrawn_between_two_fills() -> None:
    """While a print is going through the orders, those taken out are passed over."""
    for record in (
        Trade("C", 90, 1, Aggressor.SELL, 0, 0),
        Quote(contract_id="C", exch_ns=0, recv_ns=0, ask=90),
    ):
        venue = TapeVenue()
        venue.submit(1, BUY, 99, 5, 0)
        venue.submit(2, BUY, 98, 5, 0)
        filled = []
        for fill in venue.observe(record, True):
            filled.append(fill)
            venue.withdraw(2, 0)
        assert filled == [VenueFill(1, 99, 5)]


def test_a_smaller_order_keeps_its_place() -> None:
    """Shrinking changes only what is left; shrinking what is not there nothing."""
    tape = Tape()
    tape.book()
    tape.submit(1, BUY, 99, 5)
    tape.venue.shrink(1, 2, 0)
    tape.venue.shrink(7, 2, 0)
    assert tape.trade(99, 20) == [VenueFill(1, 99, 2)]
    assert tape.venue.drain() == []


def test_a_print_without_size_is_nothing() -> None:
    """Zero-size prints neither fill nor move."""
    tape = Tape()
    tape.book()
    tape.submit(1, BUY, 99, 5)
    assert tape.trade(90, 0) == []
    assert tape.venue.best_bid == 99
