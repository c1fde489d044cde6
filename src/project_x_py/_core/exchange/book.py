"""A price-time-priority order book in integer ticks.

Every price level is a queue: the order that has waited longest is filled first, and an order
that takes crosses the best level before the next. The book knows orders and fills, nothing of
accounts, sessions or time; ``owner`` is carried along for the exchange that builds on it.

Invariants (``tests/core/exchange/test_matching_book.py``, against a naive matcher):

- contracts are conserved: submitted = filled + cancelled + resting;
- a fill is always at the resting order's price, oldest order of the best level first;
- after every call the best bid is below the best ask;
- the size of a level is the sum of its orders, and an empty level does not exist.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["BUY", "SELL", "Execution", "Fill", "MatchingBook", "RestingOrder"]

BUY: Final = 0
SELL: Final = 1
_ANY_PRICE: Final = -(1 << 62)


class Fill(msgspec.Struct, frozen=True, gc=False):
    """One match between a resting order and an arriving one."""

    maker_id: int
    maker_owner: int
    taker_id: int
    taker_owner: int
    price: int
    size: int


class Execution(msgspec.Struct, frozen=True):
    """What became of an arriving order: its fills in order, and what is left of it.

    ``resting`` tells whether the remainder joined the book; otherwise it was discarded.
    """

    order_id: int
    fills: Sequence[Fill]
    remaining: int
    resting: bool


class RestingOrder:
    """An order in the book. Only the book changes it; a removed one keeps its last size."""

    __slots__ = ("_after", "_before", "id", "owner", "price", "side", "size")

    def __init__(self, order_id: int, side: int, price: int, size: int, owner: int) -> None:
        self.id = order_id
        self.side = side
        self.price = price
        self.size = size
        self.owner = owner
        self._before: RestingOrder | None = None
        self._after: RestingOrder | None = None

    def __repr__(self) -> str:
        side = "sell" if self.side else "buy"
        return f"RestingOrder({self.id}, {side} {self.size} @ {self.price})"


class _Level:
    """The queue at one price, as a linked list: any order leaves in constant time."""

    __slots__ = ("first", "last", "size")

    def __init__(self) -> None:
        self.first: RestingOrder | None = None
        self.last: RestingOrder | None = None
        self.size = 0

    def append(self, order: RestingOrder) -> None:
        last = self.last
        if last is None:
            self.first = order
        else:
            last._after = order
            order._before = last
        self.last = order
        self.size += order.size

    def unlink(self, order: RestingOrder) -> None:
        before, after = order._before, order._after
        if before is None:
            self.first = after
        else:
            before._after = after
        if after is None:
            self.last = before
        else:
            after._before = before
        order._before = order._after = None


class _Half:
    """One side. Keys grow towards the best price: the price of a bid, minus that of an ask."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}

    def best(self) -> int | None:
        return self.keys[-1] * self.sign if self.keys else None

    def drop(self, key: int) -> None:
        del self.levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]


class MatchingBook:
    """Both sides of one contract's market.

    Sides are ``BUY`` (0) and ``SELL`` (1), the gateway's numbers. Order ids are the book's own:
    ascending from 1, never used again.
    """

    __slots__ = ("_halves", "_next_id", "_orders")

    def __init__(self) -> None:
        self._halves = (_Half(1), _Half(-1))
        self._orders: dict[int, RestingOrder] = {}
        self._next_id = 1

    @property
    def best_bid(self) -> int | None:
        """Highest price somebody is willing to pay, None without bids."""
        return self._halves[BUY].best()

    @property
    def best_ask(self) -> int | None:
        """Lowest price somebody is willing to sell at, None without asks."""
        return self._halves[SELL].best()

    def submit_limit(
        self, side: int, price: int, size: int, *, owner: int = 0, rest: bool = True
    ) -> Execution:
        """Match an order down to its limit, then let the remainder join the queue at its price.

        Args:
            side: ``BUY`` or ``SELL``.
            price: Limit in ticks.
            size: Contracts, above zero.
            owner: Carried into fills.
            rest: False discards the remainder instead (immediate or cancel).

        Raises:
            ValueError: ``size`` is not above zero.
        """
        own = self._halves[side]
        key = price * own.sign
        order_id, fills, left = self._match(side, -key, size, owner)
        if not left or not rest:
            return Execution(order_id, fills, left, False)
        order = RestingOrder(order_id, side, price, left, owner)
        level = own.levels.get(key)
        if level is None:
            own.levels[key] = level = _Level()
            keys = own.keys
            if keys and key < keys[-1]:
                insort(keys, key)
            else:
                keys.append(key)
        level.append(order)
        self._orders[order_id] = order
        return Execution(order_id, fills, left, True)

    def submit_market(self, side: int, size: int, *, owner: int = 0) -> Execution:
        """Match an order at any price; what the book cannot fill is discarded.

        Raises:
            ValueError: ``size`` is not above zero.
        """
        order_id, fills, left = self._match(side, _ANY_PRICE, size, owner)
        return Execution(order_id, fills, left, False)

    def cancel(self, order_id: int) -> int:
        """Take an order out and return the contracts it had left, 0 if it is not in the book."""
        order = self._orders.pop(order_id, None)
        if order is None:
            return 0
        half = self._halves[order.side]
        key = order.price * half.sign
        level = half.levels[key]
        level.unlink(order)
        level.size -= order.size
        if level.first is None:
            half.drop(key)
        return order.size

    def reduce(self, order_id: int, size: int) -> bool:
        """Lower an order to ``size`` contracts; it keeps its place in the queue.

        Returns:
            False, and nothing happens, if the order is not in the book or is not larger.

        Raises:
            ValueError: ``size`` is not above zero.
        """
        _check_size(size)
        order = self._orders.get(order_id)
        if order is None or order.size <= size:
            return False
        half = self._halves[order.side]
        half.levels[order.price * half.sign].size -= order.size - size
        order.size = size
        return True

    def order(self, order_id: int) -> RestingOrder | None:
        """Return an order that is in the book, else None."""
        return self._orders.get(order_id)

    def queue(self, side: int, price: int) -> Iterator[RestingOrder]:
        """Yield the orders at a price, the one to be filled first at the front."""
        half = self._halves[side]
        level = half.levels.get(price * half.sign)
        order = level.first if level is not None else None
        while order is not None:
            yield order
            order = order._after

    def newest(self, side: int, price: int) -> int | None:
        """Return the id of the last order in the queue at a price, None at an empty price."""
        half = self._halves[side]
        level = half.levels.get(price * half.sign)
        return level.last.id if level is not None and level.last is not None else None

    def size_at(self, side: int, price: int) -> int:
        """Return the contracts resting at a price."""
        half = self._halves[side]
        level = half.levels.get(price * half.sign)
        return level.size if level is not None else 0

    def prices(self, side: int, levels: int) -> list[int]:
        """Return the ``levels`` best prices that have orders, best first."""
        half = self._halves[side]
        keys = half.keys[: -levels - 1 : -1]
        return keys if half.sign == 1 else [-key for key in keys]

    def depth(self, side: int, levels: int) -> list[tuple[int, int]]:
        """Return (price, contracts) of the ``levels`` best prices, best first."""
        half = self._halves[side]
        sign, table = half.sign, half.levels
        return [(key * sign, table[key].size) for key in half.keys[: -levels - 1 : -1]]

    def clear(self) -> None:
        """Take every order out; ids go on."""
        self._orders.clear()
        for half in self._halves:
            half.keys.clear()
            half.levels.clear()

    def __len__(self) -> int:
        return len(self._orders)

    def _match(
        self, side: int, limit_key: int, size: int, owner: int
    ) -> tuple[int, Sequence[Fill], int]:
        """Fill against the other side while its best key is at least ``limit_key``."""
        if size < 1:
            _check_size(size)
        order_id = self._next_id
        self._next_id = order_id + 1
        other = self._halves[1 - side]
        keys = other.keys
        if not keys or keys[-1] < limit_key:
            return order_id, (), size
        fills: list[Fill] = []
        while size and keys and keys[-1] >= limit_key:
            key = keys[-1]
            level = other.levels[key]
            size = self._take(level, key * other.sign, size, order_id, owner, fills)
            if level.first is None:
                del other.levels[key]
                keys.pop()
        return order_id, fills, size

    def _take(
        self, level: _Level, price: int, size: int, taker: int, owner: int, fills: list[Fill]
    ) -> int:
        """Fill from the front of one queue; return the contracts still wanted."""
        maker = level.first
        while maker is not None and size:
            done = maker.size
            if done > size:
                done = size
                maker.size -= done
            else:
                del self._orders[maker.id]
                level.unlink(maker)
            fills.append(Fill(maker.id, maker.owner, taker, owner, price, done))
            level.size -= done
            size -= done
            maker = level.first
        return size


def _check_size(size: int) -> None:
    if size < 1:
        raise ValueError(f"the size of an order must be at least 1 contract, not {size}")
