"""Prints of two streams as one tape.

The trade stream tells who took liquidity; depth messages may tell of the same prints once more, in
other pieces, earlier or later. What has traded at a price is the larger of what the two streams
have told of there, so a print counts when either is first to tell of it, and never twice.

Invariants (``tests/orderbook/test_tape.py``): however two tellings of the same prints interleave,
each price's volume is that of one; the aggressor of the trade stream wins over an inferred one.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from project_x_py._core.book import ASK, BID
from project_x_py._core.calendar import day_ordinal, day_start_of
from project_x_py._core.records import Aggressor
from project_x_py.orderbook._state import LevelKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.records import DepthLevel, Quote, Trade
    from project_x_py.orderbook._state import BookState

__all__ = ["Tape", "infer_aggressor"]

PRICES = 65_536
REMEMBERED = 256
BUY, SELL, NONE = int(Aggressor.BUY), int(Aggressor.SELL), int(Aggressor.NONE)
SIGN = (1, -1, 0)
PRINT = int(LevelKind.PRINT)


def infer_aggressor(price: int, bid: int | None, ask: int | None) -> int:
    """Return who took liquidity, by the best prices before the print, in ticks.

    At or above the ask it was the buyer, at or below the bid the seller. Between them, without
    them, and while they are crossed, it cannot be told.
    """
    if bid is not None and ask is not None and bid >= ask:
        return NONE
    if ask is not None and price >= ask:
        return BUY
    if bid is not None and price <= bid:
        return SELL
    return NONE


class Tape:
    """Counts prints into a state.

    Args:
        state: The book; nothing else writes its prints.
        printed: Told of every counted print: side it took from, price, size.
    """

    __slots__ = ("_hub", "_inferred", "_printed", "_session_end_ns", "_state", "_told")

    def __init__(self, state: BookState, printed: Callable[[int, int, int], None]) -> None:
        self._state = state
        self._printed = printed
        self._hub: dict[int, int] = {}
        self._told: dict[int, int] = {}
        self._inferred: deque[tuple[int, int, int, int]] = deque(maxlen=REMEMBERED)
        self._session_end_ns = 0

    def take_trade(self, trade: Trade) -> int:
        """Count a print of the trade stream; return the contracts not counted before."""
        price, size = trade.price, trade.size
        told = self._told.get(price, 0)
        total = self._hub.get(price, 0)
        total += size
        self._put(self._hub, price, total)
        if not told:
            fresh = size
        else:
            known = max(total - size, told)
            fresh = max(total, told) - known
        aggressor = int(trade.aggressor)
        if fresh < size:
            self._correct(price, size - fresh, aggressor)
        if fresh or not size:
            self._count(price, fresh, aggressor, trade.exch_ns)
        return fresh

    def take_print(self, level: DepthLevel) -> tuple[int, int]:
        """Count a print of a depth message; return the contracts not counted before, and whose."""
        state, price, size = self._state, level.price, level.size
        hub = self._hub.get(price, 0)
        told = self._told.get(price, 0)
        self._put(self._told, price, told + size)
        fresh = max(told + size, hub) - max(told, hub)
        aggressor = infer_aggressor(price, *state.best())
        if not fresh:
            state.counters.repeated_prints += 1
            return 0, aggressor
        self._inferred.append((state.trades.appended, price, fresh, aggressor))
        self._count(price, fresh, aggressor, level.exch_ns)
        return fresh, aggressor

    def take_quote(self, quote: Quote) -> None:
        """Take the session's extremes from a quote; they include what was before the book."""
        if quote.low is None and quote.high is None:
            return
        self._turn_session(quote.exch_ns)
        if quote.low is not None:
            self._state.session_low = quote.low
        if quote.high is not None:
            self._state.session_high = quote.high

    def _count(self, price: int, size: int, aggressor: int, exch_ns: int) -> None:
        state = self._state
        counters = state.counters
        state.trades.append(price, size, aggressor, exch_ns, *state.best())
        counters.prints[aggressor] += 1
        counters.volumes[aggressor] += size
        counters.notional += price * size
        state.cumulative_delta += SIGN[aggressor] * size
        if size > counters.largest:
            counters.largest = size
        if exch_ns >= self._session_end_ns:
            self._turn_session(exch_ns)
        low, high = state.session_low, state.session_high
        if low is None or price < low:
            state.session_low = price
        if high is None or price > high:
            state.session_high = price
        if aggressor == NONE or not size:
            return
        side = BID if aggressor else ASK
        if state.settings.detection:
            state.changes.append(
                PRINT, side, price, state.ladder.size_at(side, price), size, exch_ns
            )
        self._printed(side, price, size)

    def _correct(self, price: int, size: int, aggressor: int) -> None:
        """Give prints whose aggressor was inferred the one that the trade stream tells."""
        state = self._state
        counters = state.counters
        kept: list[tuple[int, int, int, int]] = []
        for row, at, counted, inferred in self._inferred:
            if at != price or counted > size:
                kept.append((row, at, counted, inferred))
                continue
            size -= counted
            if inferred != aggressor and state.trades.set_aggressor(row, aggressor):
                counters.prints[inferred] -= 1
                counters.prints[aggressor] += 1
                counters.volumes[inferred] -= counted
                counters.volumes[aggressor] += counted
                state.cumulative_delta += (SIGN[aggressor] - SIGN[inferred]) * counted
        if len(kept) < len(self._inferred):
            self._inferred = deque(kept, maxlen=REMEMBERED)

    def _put(self, told: dict[int, int], price: int, volume: int) -> None:
        if len(told) >= PRICES and price not in told:
            self._hub.clear()
            self._told.clear()
            volume = 0
        told[price] = volume

    def _turn_session(self, exch_ns: int) -> None:
        """Forget the extremes when another trading day has begun."""
        if exch_ns < self._session_end_ns:
            return
        if self._session_end_ns:
            self._state.session_low = self._state.session_high = None
        self._session_end_ns = day_start_of(day_ordinal(exch_ns) + 1)
