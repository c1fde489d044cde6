"""The quote of one contract, merged from sparse updates.

Invariant (``tests/realtime_data_manager/test_quotes.py``): a field that was known once stays known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py._core.records import Quote

__all__ = ["MergedQuote"]


class MergedQuote:
    """Best bid, best ask, last price (ticks) and session volume as last told; None until told."""

    __slots__ = ("ask", "bid", "exch_ns", "last", "volume")

    def __init__(self) -> None:
        self.bid: int | None = None
        self.ask: int | None = None
        self.last: int | None = None
        self.volume = 0
        self.exch_ns = 0

    def merge(self, quote: Quote) -> None:
        """Take over what ``quote`` tells."""
        if quote.bid is not None:
            self.bid = quote.bid
        if quote.ask is not None:
            self.ask = quote.ask
        if quote.last is not None:
            self.last = quote.last
        if quote.volume is not None:
            self.volume = quote.volume
        self.exch_ns = quote.exch_ns
