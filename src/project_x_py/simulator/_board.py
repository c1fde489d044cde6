"""The quote of one contract: session figures, and which of them have not been told yet.

Quotes are sparse: a field is sent when it has changed, never otherwise. Open, high, low and volume
begin again at 17:00 in Chicago, when the last price becomes the previous close.

Invariant (``tests/simulator/test_board.py``): merging all quotes gives the state of the board.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.calendar import day_ordinal, day_start_of
from project_x_py._core.records import Quote
from project_x_py.simulator._source import BookSnapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.grid import TickGrid
    from project_x_py.simulator._history import DayState

__all__ = ["QuoteBoard"]


class QuoteBoard:
    """Best prices and session figures of one contract, in ticks and contracts.

    Args:
        contract_id: The contract.
        grid: Its prices, for the change in points.
        day: What has traded so far on the trading day of ``ns``.
        ns: Exchange time at which the board begins.
    """

    __slots__ = (
        "_ask", "_bid", "_contract_id", "_day_end_ns", "_grid", "_told", "high", "last",
        "last_ns", "low", "open", "prev_close", "volume",
    )  # fmt: skip

    def __init__(self, contract_id: str, grid: TickGrid, day: DayState, ns: int) -> None:
        self._contract_id = contract_id
        self._grid = grid
        self.open, self.high, self.low, self.last, self.volume, self.prev_close = day
        self.last_ns = ns
        self._bid: int | None = None
        self._ask: int | None = None
        self._told = (self.open, self.high, self.low, self.last, self.volume)
        self._day_end_ns = day_start_of(day_ordinal(ns) + 1)

    def roll(self, ns: int) -> None:
        """Begin the next trading day if ``ns`` is in it."""
        if ns < self._day_end_ns:
            return
        self._day_end_ns = day_start_of(day_ordinal(ns) + 1)
        self.prev_close = self.last
        self.open = self.high = self.low = None
        self.volume = 0

    def trade(self, price: int, size: int) -> None:
        """Count a print of the running day."""
        if self.high is None or self.low is None:
            self.open = self.high = self.low = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.last = price
        self.volume += size

    def quote(self, bid: int | None, ask: int | None, ns: int) -> Quote | None:
        """Return what has changed since the last quote, None if nothing has.

        Args:
            bid: Best bid in ticks; None, for an empty side, cannot be told and changes nothing.
            ask: Best ask in ticks, likewise.
            ns: Exchange time of the quote.
        """
        new_bid = bid if bid != self._bid else None
        new_ask = ask if ask != self._ask else None
        figures = (self.open, self.high, self.low, self.last, self.volume)
        if figures == self._told:
            if new_bid is None and new_ask is None:
                return None
            self._bid, self._ask = bid, ask
            return Quote(
                contract_id=self._contract_id, exch_ns=ns, recv_ns=ns, bid=new_bid, ask=new_ask
            )
        self._bid, self._ask = bid, ask
        return self._full(new_bid, new_ask, ns, figures)

    def snapshot(
        self, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]
    ) -> BookSnapshot:
        """Return the board together with a book."""
        return BookSnapshot(
            bids=bids,
            asks=asks,
            last=self.last,
            open=self.open,
            high=self.high,
            low=self.low,
            volume=self.volume,
            prev_close=self.prev_close,
            last_ns=self.last_ns,
        )

    def _full(
        self,
        bid: int | None,
        ask: int | None,
        ns: int,
        figures: tuple[int | None, int | None, int | None, int | None, int],
    ) -> Quote:
        opened, high, low, last, volume = figures
        told = self._told
        self._told = figures
        change = percent = None
        if last != told[3] and last is not None and self.prev_close is not None:
            change = self._grid.price(last - self.prev_close)
            if self.prev_close:
                percent = round(100 * (last - self.prev_close) / abs(self.prev_close), 4)
        return Quote(
            contract_id=self._contract_id,
            exch_ns=ns,
            recv_ns=ns,
            bid=bid,
            ask=ask,
            last=last if last != told[3] else None,
            open=opened if opened != told[0] else None,
            high=high if high != told[1] else None,
            low=low if low != told[2] else None,
            volume=volume if volume != told[4] else None,
            change=change,
            change_percent=percent,
        )
