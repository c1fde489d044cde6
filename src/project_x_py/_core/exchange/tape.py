"""Users' orders against a market that has already happened.

A tape cannot answer: whatever users do, the recorded trades and sizes stay as they were. So an
order that takes gets what the tape shows, level by level; an order that rests is filled when the
recorded prints would have reached it.

Assumptions:

- What users took from a level stays missing there until the tape shows the level as gone.
- A resting order joins the back of what is shown at its price. Prints at its price serve those
  ahead first; how far cancels let it advance is up to the queue model. Users at one price are
  served in the order of their arrival, and users' orders do not trade with each other.
- A print beyond the price of an order fills all of it. Whether a print, or an opposite quote, at
  its price fills it is up to the fill rule.
- An opposite quote that comes to a resting order would have traded with it: the order is filled at
  its own price, with as much as is shown there and nobody took.
- A quote better than the depth shown holds for any size until depth of that side comes; where
  neither is known, the last trade's price does.
- A print takes what was shown at better prices away at once: the tape's own depth comes after it.

Invariant (``tests/core/exchange/test_tape.py``): no order is filled beyond its size or through its
limit, and no more than a print's size is filled at the price of that print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.book import ASK, BID, PriceLadder
from project_x_py._core.exchange.models import FillAtTouch, PessimisticQueue
from project_x_py._core.exchange.venues import VenueFill
from project_x_py._core.records import Aggressor, Depth, Trade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_x_py._core.exchange.models import FillRule, QueueModel
    from project_x_py._core.records import DepthLevel, MarketRecord

__all__ = ["TapeVenue"]

_SIDES = {1: ASK, 2: BID, 3: ASK, 4: BID, 9: BID, 10: ASK}
"""Side of a depth row by its kind."""
_BEST = frozenset({3, 4, 9, 10})
_RESET = 6
_TAKER = {BID: Aggressor.BUY, ASK: Aggressor.SELL}
"""Whose print at a resting order's price cannot have traded with it."""


class _Resting:
    """An order that waits on the tape."""

    __slots__ = ("ahead", "id", "left", "price", "side")

    def __init__(self, order_id: int, side: int, price: int, left: int, ahead: int) -> None:
        self.id = order_id
        self.side = side
        self.price = price
        self.left = left
        self.ahead = ahead

    def beyond(self, price: int) -> bool:
        """Whether a price is strictly better for the order than its limit."""
        return price < self.price if self.side == BID else price > self.price


class TapeVenue:
    """One contract's market as recorded, and the users' orders that wait for it.

    Args:
        rule: Whether a print at the price of an order fills it.
        queue: How cancels let an order advance.
    """

    def __init__(self, rule: FillRule | None = None, queue: QueueModel | None = None) -> None:
        self._rule = rule if rule is not None else FillAtTouch()
        self._queue = queue if queue is not None else PessimisticQueue()
        self._ladder = PriceLadder()
        self._resting: dict[int, _Resting] = {}
        self._taken: dict[tuple[int, int], int] = {}
        self._quoted: list[int | None] = [None, None]
        self._last: int | None = None

    @property
    def best_bid(self) -> int | None:
        """Highest bid shown, else quoted."""
        return self._best(BID)

    @property
    def best_ask(self) -> int | None:
        """Lowest ask shown, else quoted."""
        return self._best(ASK)

    def submit(
        self, order_id: int, side: int, price: int | None, size: int, ns: int
    ) -> list[VenueFill]:
        """Take what is shown up to the limit, and let a limit order's remainder wait."""
        fills = [
            VenueFill(order_id, shown, amount)
            for shown, amount in self._take(1 - side, price, size, self._last, touch=True)
        ]
        left = size - sum(fill.size for fill in fills)
        if left and price is not None:
            ahead = self._queue.joined(self._ladder.size_at(side, price))
            self._resting[order_id] = _Resting(order_id, side, price, left, ahead)
        return fills

    def withdraw(self, order_id: int, ns: int) -> None:
        """Let an order wait no longer."""
        self._resting.pop(order_id, None)

    def shrink(self, order_id: int, size: int, ns: int) -> None:
        """Lower an order; it keeps its place."""
        order = self._resting.get(order_id)
        if order is not None:
            order.left = min(order.left, size)

    def observe(self, record: MarketRecord, matching: bool) -> Iterator[VenueFill]:
        """Take note of a record, and yield the resting orders that it filled."""
        if isinstance(record, Trade):
            yield from self._trade(record, matching)
        elif isinstance(record, Depth):
            for level in record.levels:
                self._level(level)
            yield from self._touched(matching)
        else:
            if record.last is not None:
                self._last = record.last
            for side, best in ((BID, record.bid), (ASK, record.ask)):
                if best is not None:
                    self._quoted[side] = best
                    self._ladder.trim(side, best)
            yield from self._touched(matching)

    def drain(self) -> list[VenueFill]:
        """Return nothing: :meth:`observe` has told of every fill."""
        return []

    def _best(self, side: int) -> int | None:
        shown = self._ladder.best_ask if side else self._ladder.best_bid
        quoted = self._quoted[side]
        if shown is None or quoted is None:
            return quoted if shown is None else shown
        return min(shown, quoted) if side else max(shown, quoted)

    def _take(
        self, side: int, limit: int | None, wanted: int, last: int | None, *, touch: bool
    ) -> list[tuple[int, int]]:
        """Take up to ``wanted`` contracts from a side; return prices and sizes, best first.

        ``last`` is the price where neither depth nor quotes are known, and ``touch`` tells
        whether those at the limit itself are there for the taking.
        """
        best = self._best(side)
        if best is None:
            best = last
        if best is None or not _within(side, best, limit, touch):
            return []
        if not self._ladder.size_at(side, best):
            return [(best, wanted)]
        got: list[tuple[int, int]] = []
        for price, size, _ in self._ladder.top(side):
            if not wanted or not _within(side, price, limit, touch):
                break
            taken = self._taken.get((side, price), 0)
            done = min(wanted, size - taken)
            if done > 0:
                self._taken[side, price] = taken + done
                got.append((price, done))
                wanted -= done
        return got

    def _trade(self, trade: Trade, matching: bool) -> Iterator[VenueFill]:
        """A print: fill whom it reaches, and take what was shown at better prices away."""
        if trade.size <= 0:
            return
        price, self._last = trade.price, trade.price
        if trade.aggressor is not Aggressor.BUY:
            self._consume(BID, price, trade.size)
        if trade.aggressor is not Aggressor.SELL:
            self._consume(ASK, price, trade.size)
        served = [0, 0]
        reached = [
            order for order in self._resting.values() if order.price == price or order.beyond(price)
        ]
        for order in _in_priority(reached):
            if order.id not in self._resting:
                continue
            amount = 0
            if order.beyond(price):
                amount = order.left
            elif trade.aggressor is not _TAKER[order.side]:
                amount = self._at_touch(order, trade.size, served)
            if matching and amount:
                yield self._fill(order, amount)

    def _at_touch(self, order: _Resting, size: int, served: list[int]) -> int:
        """Serve those ahead of an order with a print at its price; return what it gets itself."""
        amount = min(max(size - order.ahead - served[order.side], 0), order.left)
        order.ahead = max(order.ahead - size, 0)
        if not self._rule.fills_at_touch:
            return 0
        served[order.side] += amount
        return amount

    def _touched(self, matching: bool) -> Iterator[VenueFill]:
        """Fill the orders whose price the opposite side has come to."""
        if not matching or not self._resting:
            return
        touch = self._rule.fills_at_touch
        best = self._best(BID), self._best(ASK)
        reached = [
            order
            for order in self._resting.values()
            if (price := best[1 - order.side]) is not None
            and (order.beyond(price) or (touch and order.price == price))
        ]
        for order in _in_priority(reached):
            if order.id in self._resting:
                offers = self._take(1 - order.side, order.price, order.left, None, touch=touch)
                if offers:
                    yield self._fill(order, sum(size for _, size in offers))

    def _fill(self, order: _Resting, amount: int) -> VenueFill:
        order.left -= amount
        if not order.left:
            del self._resting[order.id]
        return VenueFill(order.id, order.price, amount)

    def _consume(self, side: int, price: int, size: int) -> None:
        """A print took from a side: what was better is gone, what is at its price is less."""
        ladder = self._ladder
        ladder.trim(side, price)
        quoted = self._quoted[side]
        if quoted is not None and (quoted > price if side == BID else quoted < price):
            self._quoted[side] = None
        shown = ladder.size_at(side, price)
        if shown:
            ladder.set_level(side, price, shown - size, 0)

    def _level(self, level: DepthLevel) -> None:
        """Set a level, and let those who wait there advance by what was cancelled."""
        if level.kind == _RESET:
            self._ladder.clear()
            self._taken.clear()
            return
        side = _SIDES.get(level.kind)
        if side is None:
            return
        key, price = (side, level.price), level.price
        self._quoted[side] = None
        if level.size <= 0:
            self._taken.pop(key, None)
        elif key in self._taken:
            self._taken[key] = min(self._taken[key], level.size)
        cancelled = max(self._ladder.size_at(side, price) - level.size, 0)
        self._ladder.set_level(side, price, level.size, level.exch_ns)
        if level.kind in _BEST and level.size > 0:
            self._ladder.trim(side, price)
        for order in self._resting.values():
            if order.side == side and order.price == price:
                order.ahead = self._queue.cancelled(order.ahead, cancelled, level.size)


def _within(side: int, price: int, limit: int | None, touch: bool) -> bool:
    """Whether a price of a side is acceptable to someone on the other with a limit."""
    if limit is None or (touch and price == limit):
        return True
    return price < limit if side == ASK else price > limit


def _in_priority(orders: list[_Resting]) -> list[_Resting]:
    """Return orders with the better price first, then the earlier arrival."""
    if len(orders) > 1:
        orders.sort(key=lambda order: -order.price if order.side == BID else order.price)
    return orders
