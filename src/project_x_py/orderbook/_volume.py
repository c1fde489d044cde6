"""Volume by price and time by price, on the tick grid.

Columns are int64 arrays, oldest first, in ticks, contracts and nanoseconds.

Invariants (``tests/orderbook/test_profile.py``): the volumes add up to what traded, at the highest
price too; the value area is one stretch of prices that holds the point of control and at least its
share of the volume, and no stretch that the same rule grows stops earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from project_x_py.orderbook._rings import Column

    Amounts = NDArray[Any]

__all__ = ["VALUE_AREA", "PriceProfile", "time_profile", "value_area", "volume_profile"]

VALUE_AREA = 0.7
"""Share of all volume that the value area holds at least."""

WIDEST = 1 << 20
"""Prices further apart than this many ticks are counted by value instead of by position."""


@dataclass(frozen=True, slots=True)
class PriceProfile:
    """An amount per price, in bins of equal width.

    Attributes:
        first: Lowest price of the first bin, in ticks.
        width: Ticks a bin.
        amounts: Amount of each bin, ascending in price; the first and the last are above zero.
        poc: Price with the largest amount; of equal ones the closest to the middle of the range,
            the lower of two.
        low: Lowest price of the value area.
        high: Highest price of the value area.
        total: Sum of the amounts.
    """

    first: int
    width: int
    amounts: Amounts
    poc: int
    low: int
    high: int
    total: int

    def centres(self) -> list[float]:
        """Return the middle of each bin in ticks; half-way between two for an even width."""
        half = (self.width - 1) / 2
        return [self.first + self.width * at + half for at in range(len(self.amounts))]


def value_area(amounts: Amounts) -> tuple[int, int, int]:
    """Return the index of the largest amount, and first and last index of the value area.

    The area grows from the point of control by the larger of its two neighbours, by both when they
    are equal, until it holds 70 % of all.

    Source: Steidlmayer and Koy, "Markets and Market Logic" (1986); Dalton, Jones and Dalton, "Mind
    over Markets" (1990), who compare two prices at a time; here it is one.
    """
    peaks = np.flatnonzero(amounts == amounts.max())
    middle = (len(amounts) - 1) / 2
    peak = int(peaks[np.argmin(np.abs(peaks - middle))])
    values = amounts.tolist()
    wanted = VALUE_AREA * sum(values)
    first = last = peak
    held, end = values[peak], len(values) - 1
    while held < wanted and (first > 0 or last < end):
        below = values[first - 1] if first > 0 else -1
        above = values[last + 1] if last < end else -1
        if below >= above:
            first -= 1
            held += below
        if above >= below:
            last += 1
            held += above
    return peak, first, last


def volume_profile(price: Column, size: Column, bins: int) -> PriceProfile | None:
    """Return the volume by price in at most ``bins`` bins; None without volume.

    Point of control and value area are those of single prices, whatever the bins.
    """
    if not size.any():
        return None
    low, high = int(price.min()), int(price.max())
    width = -(-(high - low + 1) // bins)
    if high - low < WIDEST:
        exact = np.bincount(price - low, weights=size)
        peak, first, last = value_area(exact)
        prices = range(low, high + 1)
        binned = np.add.reduceat(exact, np.arange(0, len(exact), width)) if width > 1 else exact
    else:
        values, where = np.unique(price, return_inverse=True)
        exact = np.bincount(where, weights=size)
        peak, first, last = value_area(exact)
        prices = values.tolist()
        binned = np.bincount((price - low) // width, weights=size)
    amounts = binned.astype(np.int64)
    return PriceProfile(
        low, width, amounts, prices[peak], prices[first], prices[last], int(amounts.sum())
    )


def time_profile(price: Column, ns: Column, period_ns: int) -> PriceProfile | None:
    """Return in how many periods each price was reached; None without trades.

    A period reaches every price between its lowest and its highest trade. This is the time-price
    opportunity of Steidlmayer's Market Profile, one letter a period.

    Args:
        price: Prices of trades.
        ns: Their times.
        period_ns: Length of a period; periods are counted from 1970 UTC.
    """
    if not len(price):
        return None
    _, where = np.unique(ns // period_ns, return_inverse=True)
    lows = np.full(int(where.max()) + 1, np.iinfo(np.int64).max)
    highs = np.full(len(lows), np.iinfo(np.int64).min)
    np.minimum.at(lows, where, price)
    np.maximum.at(highs, where, price)
    low, high = int(lows.min()), int(highs.max())
    if high - low >= WIDEST:
        raise ValueError(f"the trades span {high - low} ticks; a time profile needs fewer")
    steps = np.zeros(high - low + 2, dtype=np.int64)
    np.add.at(steps, lows - low, 1)
    np.add.at(steps, highs - low + 1, -1)
    amounts = np.cumsum(steps)[:-1]
    peak, first, last = value_area(amounts)
    return PriceProfile(low, 1, amounts, low + peak, low + first, low + last, int(amounts.sum()))
