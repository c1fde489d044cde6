"""Whether a book is to be believed.

The gateway numbers no message and puts no sizes into quotes. What can be known is this:

- best prices: the quote stream tells them too. A disagreement that lasts ``LIMIT_S`` is a lost
  message. Either stream may be behind the other by ``LAG_S``, so a price that the other one has
  just left is no disagreement yet;
- sizes, and levels behind the best: nothing tells that one was lost. The book is asked for anew
  every ``resnapshot_s``, which bounds how long such an error lasts;
- silence: a print takes liquidity, so prints without any depth message mean that depth is lost;
- outages: the feed tells of them.

Times are monotonic nanoseconds of the machine: a replay at a multiple of the market's speed is
watched by the wall, too.

Invariants (``tests/orderbook/test_integrity.py``): a lost best price is found within 2 s; a stream
that is late by less than ``LAG_S`` never raises doubt.
"""

from __future__ import annotations

from project_x_py._core.time import NS

__all__ = ["LAG_S", "LIMIT_S", "POLL_S", "STALE_S", "Integrity"]

LAG_S = 0.4
"""One stream may be so far behind the other."""
LIMIT_S = 1.2
"""A disagreement may last so long."""
POLL_S = 0.25
"""Doubts are looked at so often."""
STALE_S = 5.0
"""Prints may come for so long without a depth message."""
CROSSED_S = 1.0
"""A crossed book must part, and levels dropped for crossing be confirmed, within so long."""

LAG, LIMIT, STALE, CROSSED = (round(s * NS) for s in (LAG_S, LIMIT_S, STALE_S, CROSSED_S))

LEFT = 64
"""So many prices that a stream has left are kept, the newest."""


class _Side:
    """One side's best price as two streams tell it."""

    __slots__ = ("_left", "quote", "since_ns", "top")

    def __init__(self) -> None:
        self.top: int | None = None
        self.quote: int | None = None
        self.since_ns: int | None = None
        self._left: tuple[dict[int | None, int], dict[int | None, int]] = ({}, {})

    def move(self, stream: int, price: int | None, now_ns: int) -> None:
        """Take a new best price of the book (0) or of the quotes (1)."""
        left = self.quote if stream else self.top
        if price == left:
            return
        prices = self._left[stream]
        prices.pop(left, None)
        prices[left] = now_ns
        if len(prices) > LEFT:
            del prices[next(iter(prices))]
        if stream:
            self.quote = price
        else:
            self.top = price
        if self.quote is None or self.quote == self.top:
            self.since_ns = None
            return
        left_ns = self._left[1 - stream].get(price)
        # The other stream may be behind, and have just left this price.
        if self.since_ns is None or (left_ns is not None and left_ns >= now_ns - LAG):
            self.since_ns = now_ns


class Integrity:
    """Compares what the streams of one contract say.

    Attributes:
        outage: Why messages are being missed; None while the feed is whole.
        printed_ns: When the first print since the last depth message came; None without one.
        doubted: Levels, as side and price, that plain levels have crossed and that no message has
            named since.
    """

    __slots__ = ("_crossed_ns", "_doubted_ns", "_sides", "doubted", "outage", "printed_ns")

    def __init__(self) -> None:
        self.outage: str | None = None
        self.forget()

    def forget(self) -> None:
        """Begin anew: what the streams said so far proves nothing any more."""
        self._sides = (_Side(), _Side())
        self.printed_ns: int | None = None
        self.doubted: set[tuple[int | None, int]] = set()
        self._doubted_ns = 0
        self._crossed_ns: int | None = None

    def on_quote(self, bid: int | None, ask: int | None, now_ns: int) -> None:
        """Take the best prices of the quote stream in ticks; None where it tells none."""
        bids, asks = self._sides
        if bid != bids.quote:
            bids.move(1, bid, now_ns)
        if ask != asks.quote:
            asks.move(1, ask, now_ns)

    def on_top(self, bid: int | None, ask: int | None, now_ns: int) -> None:
        """Take the best prices of the book."""
        if bid is None or ask is None or bid < ask:
            self._crossed_ns = None
        elif self._crossed_ns is None:
            self._crossed_ns = now_ns
        bids, asks = self._sides
        if bid != bids.top:
            bids.move(0, bid, now_ns)
        if ask != asks.top:
            asks.move(0, ask, now_ns)

    def on_print(self, now_ns: int) -> None:
        """Take note that a print has come since the last depth message."""
        if self.printed_ns is None:
            self.printed_ns = now_ns

    def on_dropped(self, levels: list[tuple[int, int]], now_ns: int) -> None:
        """Doubt levels that plain levels have crossed, until a message confirms that they left."""
        if not self.doubted:
            self._doubted_ns = now_ns
        self.doubted.update(levels)

    def verdict(self, now_ns: int) -> str | None:
        """Return what is wrong with the book; None while nothing is known to be."""
        if self.outage is not None:
            return f"messages are missing: {self.outage}"
        for name, side in zip(("bid", "ask"), self._sides, strict=True):
            if side.since_ns is not None and now_ns - side.since_ns >= LIMIT:
                return f"the best {name} is not the quote stream's"
        if self.doubted and now_ns - self._doubted_ns >= CROSSED:
            return "crossed: levels that cannot stand were never removed"
        if self._crossed_ns is not None and now_ns - self._crossed_ns >= CROSSED:
            return "crossed: the best bid is not below the best ask"
        if self.printed_ns is not None and now_ns - self.printed_ns >= STALE:
            return "stale: prints come, but no depth"
        return None
