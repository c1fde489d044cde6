"""The quote of one contract, merged from sparse updates.

A price beyond any that an exchange can print is left out and counted; the rest of its update holds.

Invariant (``tests/realtime_data_manager/test_quotes.py``): a field that was known once stays known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py.realtime_data_manager._admission import LARGEST_PRICE

if TYPE_CHECKING:
    from project_x_py._core.records import Quote

__all__ = ["MergedQuote"]


class MergedQuote:
    """Best bid, best ask, last price (ticks) and session volume as last told; None until told.

    Attributes:
        refused: Prices left out so far.
    """

    __slots__ = ("_last_ns", "ask", "bid", "exch_ns", "last", "refused", "volume")

    def __init__(self) -> None:
        self.bid: int | None = None
        self.ask: int | None = None
        self.last: int | None = None
        self.volume = 0
        self.exch_ns = 0
        self.refused = 0
        self._last_ns = 0

    def merge(self, quote: Quote) -> None:
        """Take over what ``quote`` tells."""
        bid, ask, last = quote.bid, quote.ask, quote.last
        if bid is not None:
            self.bid = bid if self._is_possible(bid) else self.bid
        if ask is not None:
            self.ask = ask if self._is_possible(ask) else self.ask
        if last is not None and self._is_possible(last):
            self.last, self._last_ns = last, quote.exch_ns
        if quote.volume is not None:
            self.volume = quote.volume
        self.exch_ns = quote.exch_ns

    def trade(self, price: int, exch_ns: int) -> None:
        """Take over the price of a trade as the last, unless a quote has told a newer one."""
        if exch_ns >= self._last_ns:
            self.last, self._last_ns = price, exch_ns

    def middle(self) -> int | None:
        """Return the price half-way between bid and ask, down to a tick; None while one is unknown.

        Crossed prices have none.
        """
        if self.bid is None or self.ask is None or self.bid >= self.ask:
            return None
        return (self.bid + self.ask) // 2

    def _is_possible(self, price: int) -> bool:
        if -LARGEST_PRICE <= price <= LARGEST_PRICE:
            return True
        self.refused += 1
        return False
