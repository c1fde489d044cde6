"""What every contract traded at last, for whoever values or watches positions.

Invariant (``tests/core/test_prices.py``): the last price is that of the newest trade by arrival,
its age counts from the trade's own time, and a listener hears every trade after it is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.time import NS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py._core.records import Depth, Quote, Trade

__all__ = ["PriceBoard"]


class PriceBoard:
    """Keeps last prices; attached to a market feed as the last owner of each contract.

    Args:
        now_ns: Tells the exchange time.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._last: dict[str, tuple[int, int]] = {}
        self._listeners: tuple[Callable[[str, int], None], ...] = ()

    def last_price(self, contract_id: str) -> tuple[int, float] | None:
        """Return the last price in ticks and its age in exchange seconds, None before any."""
        known = self._last.get(contract_id)
        if known is None:
            return None
        return known[0], max(0, self._now_ns() - known[1]) / NS

    def add_price_listener(self, listener: Callable[[str, int], None]) -> None:
        """Call ``listener(contract_id, ticks)`` at every trade."""
        if listener not in self._listeners:
            self._listeners = (*self._listeners, listener)

    def remove_price_listener(self, listener: Callable[[str, int], None]) -> None:
        """Call it no more; harmless when it is not there."""
        self._listeners = tuple(other for other in self._listeners if other != listener)

    def on_trades(self, trades: Sequence[Trade]) -> None:
        """Take trades in the order of their arrival."""
        newest = trades[-1]
        self._last[newest.contract_id] = newest.price, newest.exch_ns
        for listener in self._listeners:
            for trade in trades:
                listener(trade.contract_id, trade.price)

    def on_quote(self, quote: Quote) -> None:
        """Take the last price that a quote carries, until a trade is known."""
        if quote.last is not None and quote.contract_id not in self._last:
            self._last[quote.contract_id] = quote.last, quote.exch_ns

    def on_depth(self, depth: Depth) -> None:
        """Depth tells of no trade."""
