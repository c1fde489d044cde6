"""Trade flow: deltas, average prices and order-flow imbalance, from columns of the book's past.

Columns are int64 arrays, oldest first, prices in ticks and times in nanoseconds, as the rings of
``_rings`` hand them out.

Invariants (``tests/orderbook/test_analytics.py``): volumes by aggressor add up to the volume; an
average price lies between the lowest and the highest; the order-flow imbalance of a quote that
only grows on the bid is what it grew by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from project_x_py.orderbook._rings import UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from project_x_py.orderbook._rings import Column, QuoteColumns, TradeColumns

    Amounts = NDArray[Any]

__all__ = ["Flow", "dot", "flow", "order_flow_imbalance", "time_weighted", "volume_weighted"]


@dataclass(frozen=True, slots=True)
class Flow:
    """Contracts and prints by who was the aggressor."""

    buy: int
    sell: int
    neutral: int
    buys: int
    sells: int
    neutrals: int

    @property
    def volume(self) -> int:
        """All contracts."""
        return self.buy + self.sell + self.neutral

    @property
    def trades(self) -> int:
        """All prints."""
        return self.buys + self.sells + self.neutrals

    @property
    def delta(self) -> int:
        """Contracts that buyers took less those that sellers took."""
        return self.buy - self.sell


def dot(left: Amounts, right: Amounts) -> float:
    """Return the sum of products; unlike BLAS it starts no threads, which would cost more."""
    return float((left * right).sum())


def flow(trades: TradeColumns) -> Flow:
    """Return the contracts and prints of each kind of aggressor."""
    volume, prints = [], []
    for kind in range(2):
        chosen = trades.aggressor == kind
        volume.append(int(trades.size[chosen].sum()))
        prints.append(int(np.count_nonzero(chosen)))
    total, number = int(trades.size.sum()), len(trades.size)
    return Flow(
        volume[0], volume[1], total - sum(volume), prints[0], prints[1], number - sum(prints)
    )


def volume_weighted(price: Column, size: Column) -> float | None:
    """Return the volume-weighted average price in ticks, sum(p v) / sum(v); None without volume.

    Source: Berkowitz, Logue and Noser, "The Total Cost of Transactions on the NYSE", Journal of
    Finance 43 (1988).
    """
    volume = int(size.sum())
    if not volume:
        return None
    # Whole numbers near the first price keep the sum exact where prices and volumes are large.
    first = int(price[0])
    return first + float(dot(price - first, size)) / volume


def time_weighted(value: Column, ns: Column, end_ns: int) -> float | None:
    """Return the average of a value that stands until the next, weighted by how long it stood.

    Args:
        value: What was true from each time on.
        ns: Times, ascending.
        end_ns: Until when the last value stood.

    Returns:
        The average in the unit of ``value``; the last value when no time passed; None when empty.
    """
    if not len(value):
        return None
    stood = np.diff(ns, append=max(end_ns, int(ns[-1]))).clip(0)
    total = int(stood.sum())
    if not total:
        return float(value[-1])
    first = int(value[0])
    return first + float(dot((value - first).astype(np.float64), stood / total))


def order_flow_imbalance(quotes: QuoteColumns) -> int | None:
    """Return the order-flow imbalance at the best prices, in contracts.

    Each change of the best quote adds what it brought to the bid and takes what it brought to the
    ask: e = [b' >= b] q' - [b' <= b] q - [a' <= a] r' + [a' >= a] r, with b, a the best prices,
    q, r the sizes there, and primes for "after". Positive: the pressure is upwards.

    Source: Cont, Kukanov and Stoikov, "The Price Impact of Order Book Events", Journal of Financial
    Econometrics 12 (2014), equation 2.

    Returns:
        The sum over the changes between two-sided quotes; None when there are fewer than two.
    """
    known = (quotes.bid != UNKNOWN) & (quotes.ask != UNKNOWN)
    known &= (quotes.bid_size != UNKNOWN) & (quotes.ask_size != UNKNOWN)
    pairs = known[1:] & known[:-1]
    if not pairs.any():
        return None
    bid, ask, bid_size, ask_size = quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size
    change = np.where(bid[1:] >= bid[:-1], bid_size[1:], 0)
    change = change - np.where(bid[1:] <= bid[:-1], bid_size[:-1], 0)
    change = change - np.where(ask[1:] <= ask[:-1], ask_size[1:], 0)
    change = change + np.where(ask[1:] >= ask[:-1], ask_size[:-1], 0)
    return int(change[pairs].sum())
