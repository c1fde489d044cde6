"""Reads that analytics, detection and profile share.

Invariant (``tests/orderbook/test_analytics.py``): the first quote of a window is the one that stood
when it began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.orderbook._rings import QuoteColumns
    from project_x_py.orderbook._state import BookState

__all__ = ["is_complete", "points", "quotes_since", "stamp"]


def points(state: BookState, ticks: float | None) -> float | None:
    """Return a price, or a distance of prices, in points; an average need not lie on the grid."""
    if ticks is None:
        return None
    numerator, denominator = state.grid.ratio
    return ticks * numerator / denominator


def stamp(state: BookState) -> str:
    """Return the time of the newest depth message, or of the question, as ISO-8601 text."""
    when = state.when(state.last_update_ns or state.clock.now_ns())
    return "" if when is None else when.isoformat()


def quotes_since(state: BookState, since_ns: int) -> QuoteColumns:
    """Return the best prices from a time on, the first being those that stood then."""
    import numpy as np

    from project_x_py.orderbook._rings import QuoteColumns

    quotes = state.quotes.columns()
    first = int(np.searchsorted(quotes.exch_ns, since_ns, side="right")) - 1
    if first < 0:
        return quotes
    chosen = QuoteColumns(*(column[first:] for column in quotes))
    return chosen._replace(exch_ns=np.maximum(chosen.exch_ns, since_ns))


def is_complete(state: BookState, since_ns: int) -> bool:
    """Return whether every print since a time is still held."""
    lost = state.trades.oldest_lost_ns
    return lost is None or lost < since_ns
