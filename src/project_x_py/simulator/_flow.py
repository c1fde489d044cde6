"""Order flow of one made-up market: limit orders, cancels and market orders in a real book.

Orders arrive at random, faster after trades and when the climate is wild. Makers keep levels
around the latent price, pull orders that it has passed and fill the gaps it leaves; takers lean
towards it. Prices move only through orders in a :class:`SharedBook`, where users' orders stand in
the same queues: takers fill them, makers see them, and nobody but the exchange cancels them. Ten
levels a side are shown; a level that is pushed out of sight is told with size 0.

Draws use ``getrandbits`` of an own generator and exactly rounded arithmetic, so the same seed
gives the same market on every platform and Python.

Invariants (``tests/simulator/test_synthetic.py``): after each event the told levels, the quote and
the book agree; the book is never crossed; nothing happens outside the sessions. With users in the
book (``tests/simulator/test_floor.py``) the same holds, and no side is empty after an event.
"""

from __future__ import annotations

import random
from itertools import groupby
from math import log
from operator import attrgetter
from typing import TYPE_CHECKING

from project_x_py._core.calendar import day_ordinal, day_start_of
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.venues import BookVenue, SharedBook
from project_x_py._core.records import Aggressor, Depth, DepthLevel, Trade
from project_x_py._core.time import NS
from project_x_py.simulator._correlation import LatentPrice
from project_x_py.simulator._noise import key_of
from project_x_py.simulator._profiles import TRADE_SHARE, day_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py._core.calendar import SessionCalendar
    from project_x_py._core.exchange.book import Fill
    from project_x_py._core.records import MarketRecord
    from project_x_py.simulator._board import QuoteBoard
    from project_x_py.simulator._correlation import Climate
    from project_x_py.simulator._history import BarHistory
    from project_x_py.simulator._profiles import Profile

__all__ = ["SHOWN", "OrderFlow"]

SHOWN = 10
"""Levels a side that are told."""
_BUILT = 14
_KEPT = 20
_TIDY_EVERY = 64

_LEVEL = {BUY: 2, SELL: 1}
_BEST = {BUY: 4, SELL: 3}
_NEW_BEST = {BUY: 9, SELL: 10}
_RESET = 6

_WAITS = tuple(round(-log(1 - (i + 0.5) / 2048) * NS) for i in range(2048))
"""Quantiles of the exponential distribution with mean one second, in ns."""
_TAKES = round(TRADE_SHARE * 1024)
_SHARES = (0.45, 0.75, 0.95, 1.1, 1.2, 1.25, 1.2, 1.15, 1.1, 1.0)
"""Usual size of each level from the best on, relative to the profile's."""
_FLICKER = 10
"""Of 32 quiet maker events, so many withdraw the best level of a thin book: the quote moves."""
_EXCITE = 1.2
_CALM = 1.5
_USUAL_EXCITEMENT = 0.35
"""What trades add to the pace on average."""


class OrderFlow:
    """One contract's market, an event at a time.

    Args:
        contract_id: The contract.
        profile: Its character.
        calendar: When it trades.
        climate: The mood it shares with its group.
        board: Its quote; holds the price at which the flow starts.
        history: Told of every trade.
        seed: Seed of the market.
        start_ns: Exchange time; in a session the market is there at once, else from the next on.
        price: Where the flow starts, in ticks.
        caused: Takes the records that users' commands cause.
        name: Whose orders these are; another name with the same seed makes others.
        book: Where everybody trades; None for one of its own.

    Attributes:
        venue: Where users' orders enter the book.
    """

    def __init__(
        self,
        contract_id: str,
        profile: Profile,
        calendar: SessionCalendar,
        climate: Climate,
        board: QuoteBoard,
        history: BarHistory,
        *,
        seed: int,
        start_ns: int,
        price: int,
        caused: list[MarketRecord],
        name: str,
        book: SharedBook | None = None,
    ) -> None:
        self._contract_id = contract_id
        self._profile = profile
        self._calendar = calendar
        self._board = board
        self._history = history
        self._bits = random.Random(key_of(seed, "flow", name)).getrandbits
        self._latent = LatentPrice(profile, climate, seed, price)
        self._shape = day_shape(profile.group)
        self._pace = profile.pace / (1 + _USUAL_EXCITEMENT)
        self._sizes = _geometric(profile.trade_size)
        self._lots = _geometric(max(profile.level_size / 4, 1.0))
        self._flicker = min(_FLICKER, 120 // profile.level_size)
        self._book = SharedBook() if book is None else book
        self.venue = BookVenue(self._book, self._disturbed)
        self._caused = caused
        self._shown: list[list[tuple[int, int]]] = [[], []]
        self._excitement = 0.0
        self._events = 0
        self._rate = self._pace
        self._opened = False
        self._traded = False
        self._day_start = day_start_of(day_ordinal(start_ns)) // NS
        self._latent.start(start_ns // NS, self._day_start)
        self._close_ns = 0
        if calendar.is_open(start_ns):
            self._begin(start_ns, [])
        else:
            self.next_ns = calendar.next_open_ns(start_ns)

    def shown(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return (price, size) of the shown bids and asks, best first."""
        return self._shown[BUY], self._shown[SELL]

    def is_open(self, ns: int) -> bool:
        """Return whether a session goes on at ``ns``, which is not before the last event."""
        return self._opened and ns < self._close_ns

    def let(self, side: int, change: Callable[[], Sequence[Fill]], ns: int) -> list[MarketRecord]:
        """Let somebody else change the book at ``ns``, and return what it tells.

        Args:
            side: Of the change; who takes with it is the aggressor of its fills.
            change: Changes the book, and returns its fills as a taker.
            ns: Exchange time of a session, not before the last event.
        """
        records: list[MarketRecord] = []
        self._changed(records, side, change(), ns)
        return records

    def reopen(self, ns: int) -> None:
        """Open again at ``ns``, as after a halt, or with the next session if there is none then."""
        self._opened = False
        if not self._calendar.is_open(ns):
            ns = self._calendar.next_open_ns(ns)
        self.next_ns = ns

    def step(self) -> list[MarketRecord]:
        """Let the event at ``next_ns`` happen, and return what it tells."""
        ns = self.next_ns
        self._board.last_ns = ns
        if not self._opened:
            return self._open(ns)
        self._latent.advance(ns // NS)
        if self._bits(10) < _TAKES or not self._traded:
            records = self._take(ns)
        else:
            records = self._make(ns)
        self._events += 1
        if self._events % _TIDY_EVERY == 0:
            self._tidy()
        self._schedule(ns)
        return records

    def _open(self, ns: int) -> list[MarketRecord]:
        """Open a session: a print at the opening price, then the whole picture, then the quote."""
        self._board.roll(ns)
        self._day_start = day_start_of(day_ordinal(ns)) // NS
        if self._traded:
            self._latent.reopen(ns // NS, self._day_start)
        else:
            self._latent.start(ns // NS, self._day_start)
        records: list[MarketRecord] = []
        self._print(records, int(self._latent.ticks), 5 * self._size(), self._bits(1), ns)
        self._begin(ns, records)
        levels = [DepthLevel(_RESET, 0, 0, ns)]
        for side in (BUY, SELL):
            levels += [DepthLevel(_LEVEL[side], *level, ns) for level in self._shown[side]]
        records.append(Depth(self._contract_id, tuple(levels), ns))
        return self._quoted(records, ns)

    def _begin(self, ns: int, records: list[MarketRecord]) -> None:
        """Fill a book that is empty, but for users' orders, around the latent price."""
        self._opened = True
        self._close_ns = self._calendar.next_close_ns(ns)
        self._book.clear()
        anchor = int(self._latent.ticks)
        for away in range(_BUILT):
            share = _SHARES[min(away, 9)] * self._profile.level_size
            for side, price in ((BUY, anchor - away), (SELL, anchor + 1 + away)):
                self._join(side, price, records, ns)
                while self._book.size_at(side, price) < share:
                    self._join(side, price, records, ns)
        self._shown = [self._book.depth(side, SHOWN) for side in (BUY, SELL)]
        self._schedule(ns)

    def _join(self, side: int, price: int, records: list[MarketRecord], ns: int) -> None:
        """Let a maker join a price; what a user left across it in an earlier session trades."""
        done = self._book.submit_limit(side, price, self._lot())
        self._prints(records, side, done.fills, ns)

    def _disturbed(self, side: int, fills: Sequence[Fill], ns: int) -> None:
        """Tell what a user's command did; where it left a side empty, makers come back."""
        if ns >= self._close_ns:
            return
        self._changed(self._caused, side, fills, ns)

    def _changed(
        self, records: list[MarketRecord], side: int, fills: Sequence[Fill], ns: int
    ) -> None:
        book, anchor = self._book, int(self._latent.ticks)
        self._board.last_ns = ns
        self._prints(records, side, fills, ns)
        for each in (BUY, SELL):
            if (book.best_bid if each == BUY else book.best_ask) is None:
                self._fill_gaps(each, anchor)
        self._show(records, 1 - side, ns)
        self._told(records, side, ns)

    def _schedule(self, ns: int) -> None:
        minute = (ns // NS - self._day_start) // 60
        weight = self._shape[minute] if minute < len(self._shape) else self._shape[-1]
        mood = 0.3 + 0.7 * self._latent.wild
        self._rate = max(self._pace * weight * mood, 0.02)
        wait = int(_WAITS[self._bits(11)] / (self._rate * (1 + self._excitement))) + 1
        self._excitement /= 1 + _CALM * (wait / NS)
        self.next_ns = ns + wait
        if self.next_ns >= self._close_ns:
            self._opened = False
            self.next_ns = self._calendar.next_open_ns(self._close_ns - 1)

    def _take(self, ns: int) -> list[MarketRecord]:
        """A market order; the first of all sells at the bid, the price the past ends with."""
        book, bid, ask = self._book, self._shown[BUY][0][0], self._shown[SELL][0][0]
        value = self._latent.ticks
        lean = (value - (bid + ask) * 0.5) * 140
        buys = self._bits(10) < 512 + max(-470.0, min(470.0, lean)) and self._traded
        size = self._size()
        if self._bits(5) == 0 and self._traded:
            size = max(size, self._shown[SELL if buys else BUY][0][1])
        anchor = int(value)
        if buys:
            limit = max(ask, min(anchor, ask + 8))
            done = book.submit_limit(BUY, limit, size * (1 + limit - ask), rest=False)
        else:
            limit = min(bid, max(anchor + 1, bid - 8))
            done = book.submit_limit(SELL, limit, size * (1 + bid - limit), rest=False)
        records: list[MarketRecord] = []
        self._prints(records, BUY if buys else SELL, done.fills, ns)
        # In proportion to the usual pace: an excited market calms down again, however wild it is.
        self._excitement += _EXCITE / self._rate
        hit = SELL if buys else BUY
        if book.best_ask is None or book.best_bid is None:
            self._fill_gaps(hit, anchor)
        return self._told(records, hit, ns)

    def _make(self, ns: int) -> list[MarketRecord]:
        """Makers on one side: pull what the latent price has passed, fill gaps, or just shuffle."""
        side, anchor = self._bits(1), int(self._latent.ticks)
        shown = self._shown[side]
        pulled = self._pull(side, anchor) if len(shown) > 5 else False
        if not self._fill_gaps(side, anchor) and not pulled:
            if self._bits(5) < self._flicker and len(shown) > 5:
                self._withdraw(side, shown[0][0])
            else:
                self._shuffle(side)
        return self._told([], side, ns)

    def _pull(self, side: int, anchor: int) -> bool:
        """Cancel up to four of the orders on the wrong side of the latent price."""
        book, pulled = self._book, 0
        while pulled < 4:
            best = book.best_bid if side == BUY else book.best_ask
            if best is None or (best <= anchor if side == BUY else best > anchor):
                break
            newest = book.newest(side, best)
            if newest is None:
                break
            book.cancel(newest)
            pulled += 1
        return pulled > 0

    def _fill_gaps(self, side: int, anchor: int) -> bool:
        """Put orders at the empty prices next to the latent price, a third of them at a time."""
        book = self._book
        prices = set(book.prices(side, SHOWN + 6))
        if side == BUY:
            first = anchor if book.best_ask is None else min(anchor, book.best_ask - 1)
            missing = [p for p in range(first, first - SHOWN, -1) if p not in prices]
        else:
            first = anchor + 1 if book.best_bid is None else max(anchor + 1, book.best_bid + 1)
            missing = [p for p in range(first, first + SHOWN) if p not in prices]
        for price in missing[: 1 + len(missing) // 3]:
            book.submit_limit(side, price, self._lot())
        return bool(missing)

    def _withdraw(self, side: int, price: int) -> None:
        """Cancel everything at a price, if only a few orders are there."""
        orders = list(self._book.queue(side, price))
        if len(orders) > 6:
            self._shuffle(side)
            return
        for order in orders:
            self._book.cancel(order.id)

    def _shuffle(self, side: int) -> None:
        """Add an order to a level or cancel its newest, towards the level's usual size."""
        shown = self._shown[side]
        at = min((self._bits(4) * self._bits(4)) >> 4, len(shown) - 1)
        price, size = shown[at]
        usual = _SHARES[at] * self._profile.level_size
        newest = self._book.newest(side, price)
        if newest is not None and size > usual * (0.5 + self._bits(6) / 64):
            self._book.cancel(newest)
        else:
            self._book.submit_limit(side, price, self._lot())

    def _tidy(self) -> None:
        """Drop the levels far out of sight, which nobody is told of."""
        for side in (BUY, SELL):
            for price in self._book.prices(side, 1000)[_KEPT:]:
                for order in list(self._book.queue(side, price)):
                    self._book.cancel(order.id)

    def _print(
        self, records: list[MarketRecord], price: int, size: int, aggressor: int, ns: int
    ) -> None:
        self._traded = True
        self._board.trade(price, size)
        self._history.add_trade(price, size, aggressor, ns)
        who = Aggressor.SELL if aggressor else Aggressor.BUY
        records.append(Trade(self._contract_id, price, size, who, ns, ns))

    def _prints(
        self, records: list[MarketRecord], side: int, fills: Sequence[Fill], ns: int
    ) -> None:
        """Add the prints of an order that took: one for each price."""
        for price, group in groupby(fills, attrgetter("price")):
            self._print(records, price, sum(fill.size for fill in group), side, ns)

    def _told(self, records: list[MarketRecord], side: int, ns: int) -> list[MarketRecord]:
        """Add what changed on a side of the book, and in the quote."""
        self._show(records, side, ns)
        return self._quoted(records, ns)

    def _show(self, records: list[MarketRecord], side: int, ns: int) -> None:
        """Add what changed on a side of the book."""
        before, after = self._shown[side], self._book.depth(side, SHOWN)
        if after != before:
            self._shown[side] = after
            records.append(Depth(self._contract_id, _changes(side, before, after, ns), ns))

    def _quoted(self, records: list[MarketRecord], ns: int) -> list[MarketRecord]:
        quote = self._board.quote(self._shown[BUY][0][0], self._shown[SELL][0][0], ns)
        if quote is not None:
            records.append(quote)
        return records

    def _size(self) -> int:
        return self._sizes[self._bits(8)]

    def _lot(self) -> int:
        return self._lots[self._bits(8)]


def _changes(
    side: int, before: list[tuple[int, int]], after: list[tuple[int, int]], ns: int
) -> tuple[DepthLevel, ...]:
    """Return the rows that turn one picture of a side into another: what left, then what is."""
    level = _LEVEL[side]
    old, new = dict(before), dict(after)
    rows = [DepthLevel(level, price, 0, ns) for price in old if price not in new]
    best, size = after[0]
    if best != before[0][0]:
        rows.append(DepthLevel(_NEW_BEST[side], best, size, ns))
    elif old[best] != size:
        rows.append(DepthLevel(_BEST[side], best, size, ns))
    rows += [DepthLevel(level, *row, ns) for row in after[1:] if old.get(row[0]) != row[1]]
    return tuple(rows)


def _geometric(mean: float) -> tuple[int, ...]:
    """Return 256 equally likely sizes of at least 1, geometric with about this mean."""
    going_on = (mean - 1) / mean
    sizes: list[int] = []
    size, reached, tail = 1, 0.0, 1.0
    for i in range(256):
        while reached + tail * (1 - going_on) < (i + 0.5) / 256:
            reached += tail * (1 - going_on)
            tail *= going_on
            size += 1
        sizes.append(size)
    return tuple(sizes)
