"""The visible book of one contract: aggregated sizes at integer ticks.

Updates are absolute (a level's size replaces what it was), so the book is right whatever the order
of updates to different levels. It does not judge: a crossed book is kept as it was told, because
pre-openings are crossed; :meth:`PriceLadder.uncross` and :meth:`PriceLadder.trim` are for the owner
who knows better.

Invariants (``tests/core/test_book.py``):

- the ladder equals a plain dictionary of prices after any updates;
- ``best_bid`` and ``best_ask`` are the first of ``top``, and None exactly when a side is empty.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from sys import getsizeof

__all__ = ["ASK", "BID", "Level", "PriceLadder"]

BID = 0
"""The buyers' side; the number is the gateway's."""
ASK = 1
"""The sellers' side."""

Level = tuple[int, int, int]
"""Price in ticks, size in contracts, and when it was last set (ns since 1970 UTC)."""


class _Side:
    """One side. Keys ascend towards the best price: the price for bids, its negative for asks."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}


class PriceLadder:
    """Both sides of one contract's book.

    Attributes:
        best_bid: Highest bid in ticks; None while there is none.
        best_ask: Lowest ask in ticks; None while there is none.
        version: Differs after every change.
    """

    __slots__ = ("_sides", "best_ask", "best_bid", "version")

    def __init__(self) -> None:
        self._sides = (_Side(1), _Side(-1))
        self.best_bid: int | None = None
        self.best_ask: int | None = None
        self.version = 0

    def set_level(self, side: int, price: int, size: int, ns: int) -> int:
        """Set the size of a level; zero or less removes it.

        Args:
            side: ``BID`` or ``ASK``.
            price: Ticks.
            size: Contracts resting there now.
            ns: When the exchange says so, ns since 1970 UTC.

        Returns:
            Contracts that rested there before, zero where there was no level.
        """
        half = self._sides[side]
        levels = half.levels
        self.version += 1
        known = levels.get(price)
        if size > 0:
            levels[price] = (price, size, ns)
            if known is None:
                insort(half.keys, price * half.sign)
                self._rank(side)
                return 0
            return known[1]
        if known is None:
            return 0
        del levels[price]
        keys = half.keys
        del keys[bisect_left(keys, price * half.sign)]
        self._rank(side)
        return known[1]

    def clear(self) -> None:
        """Remove every level."""
        for half in self._sides:
            half.keys.clear()
            half.levels.clear()
        self.best_bid = self.best_ask = None
        self.version += 1

    def top(self, side: int, n: int | None = None) -> list[Level]:
        """Return the best ``n`` levels of a side, best first; all of them for None."""
        half = self._sides[side]
        keys, levels = half.keys, half.levels
        best = keys[::-1] if n is None else keys[: -n - 1 : -1] if n > 0 else []
        if side:
            return [levels[-key] for key in best]
        return [levels[key] for key in best]

    def best(self) -> tuple[int | None, int | None, int | None, int | None]:
        """Return best bid, best ask and the sizes there; None where a side is empty."""
        bid, ask = self.best_bid, self.best_ask
        bids, asks = self._sides
        return (
            bid,
            ask,
            None if bid is None else bids.levels[bid][1],
            None if ask is None else asks.levels[ask][1],
        )

    def worst(self, side: int) -> int | None:
        """Return the deepest price of a side in ticks; None while it is empty."""
        half = self._sides[side]
        return half.keys[0] * half.sign if half.keys else None

    @property
    def nbytes(self) -> int:
        """Bytes that the levels take, about: what Python says of one level, times their number."""
        found = 0
        for half in self._sides:
            found += getsizeof(half.keys) + getsizeof(half.levels)
            for level in half.levels.values():
                found += len(half.levels) * (getsizeof(level) + sum(map(getsizeof, level)))
                break
        return found

    def depth(self, side: int) -> int:
        """Return how many levels a side has."""
        return len(self._sides[side].keys)

    def size_at(self, side: int, price: int) -> int:
        """Return the size at a price in ticks; zero where there is no level."""
        level = self._sides[side].levels.get(price)
        return level[1] if level is not None else 0

    def uncross(self, side: int, price: int) -> list[Level]:
        """Remove the levels of the other side that cannot stand beside a true price of this one.

        Args:
            side: The side that is believed.
            price: Ticks; bids at or above an ask, asks at or below a bid, are removed.

        Returns:
            What was removed, best first.
        """
        other = 1 - side
        half = self._sides[other]
        return self._drop(other, bisect_left(half.keys, price * half.sign))

    def trim(self, side: int, price: int) -> list[Level]:
        """Remove the levels of a side that are better than its true best price; return them."""
        half = self._sides[side]
        return self._drop(side, bisect_left(half.keys, price * half.sign + 1))

    def keep(self, side: int, n: int) -> list[Level]:
        """Remove the levels of a side beyond its best ``n``; return them, deepest first."""
        half = self._sides[side]
        excess = len(half.keys) - max(n, 0)
        if excess <= 0:
            return []
        dropped = [half.levels.pop(key * half.sign) for key in half.keys[:excess]]
        del half.keys[:excess]
        self._rank(side)
        self.version += 1
        return dropped

    def _drop(self, side: int, first: int) -> list[Level]:
        half = self._sides[side]
        dropped = [half.levels.pop(key * half.sign) for key in reversed(half.keys[first:])]
        if dropped:
            del half.keys[first:]
            self._rank(side)
            self.version += 1
        return dropped

    def _rank(self, side: int) -> None:
        half = self._sides[side]
        best = half.keys[-1] * half.sign if half.keys else None
        if side:
            self.best_ask = best
        else:
            self.best_bid = best
