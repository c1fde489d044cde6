"""The spread over time, and what trades really paid.

Columns are int64 arrays, oldest first, in ticks, contracts and nanoseconds. A quote stands until
the next; one without both sides, or that is crossed, is left out of every figure.

Invariants (``tests/orderbook/test_analytics.py``): effective spread = realised spread + price
impact where both are known; the time-weighted average lies between the least and the greatest
spread; shares of the distribution add up to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from project_x_py._core.time import NS
from project_x_py.orderbook._flow import dot
from project_x_py.orderbook._rings import UNKNOWN, QuoteColumns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from project_x_py.orderbook._rings import Column, TradeColumns

    Floats = NDArray[np.float64]

__all__ = [
    "REALIZED_AFTER_NS",
    "Paid",
    "SpreadHistory",
    "paid",
    "resilience",
    "second_deviation",
    "spread_history",
    "two_sided",
]

REALIZED_AFTER_NS = 5 * NS
"""How long after a trade the mid is looked at to tell impact from what the maker earned."""


@dataclass(frozen=True, slots=True)
class SpreadHistory:
    """Spreads in ticks over a stretch of time, weighted by how long each stood.

    Attributes:
        average: Mean.
        deviation: Standard deviation.
        least: Smallest.
        greatest: Largest.
        samples: Quotes in it.
        trend: Slope of the least-squares line in ticks a minute; None when no time passed.
        distribution: Share of the time by spread in ticks.
    """

    average: float
    deviation: float
    least: int
    greatest: int
    samples: int
    trend: float | None
    distribution: dict[int, float]


@dataclass(frozen=True, slots=True)
class Paid:
    """What trades paid, volume-weighted, in ticks; None where nothing is known.

    Attributes:
        effective: Twice the distance from the mid before the trade.
        realized: Twice the distance from the mid five seconds later, signed by the aggressor.
        impact: Twice the way the mid went in the aggressor's direction in that time.
        at_best: Share of the volume that traded no worse than the best price before it.
    """

    effective: float | None
    realized: float | None
    impact: float | None
    at_best: float | None


def two_sided(quotes: QuoteColumns) -> QuoteColumns:
    """Return the quotes that have both sides and are not crossed."""
    good = (quotes.bid != UNKNOWN) & (quotes.ask != UNKNOWN) & (quotes.bid < quotes.ask)
    return quotes if good.all() else QuoteColumns(*(column[good] for column in quotes))


def spread_history(quotes: QuoteColumns, end_ns: int) -> SpreadHistory | None:
    """Return the spread over time; None without a two-sided quote.

    Args:
        quotes: Best prices, one row per change.
        end_ns: Until when the last quote stood.
    """
    quotes = two_sided(quotes)
    if not len(quotes.bid):
        return None
    spread = quotes.ask - quotes.bid
    ns = quotes.exch_ns
    weight = _stood(ns, end_ns)
    average = float(dot(spread, weight))
    deviation = float(np.sqrt(dot((spread - average) ** 2, weight)))
    values, where = np.unique(spread, return_inverse=True)
    shares = np.bincount(where, weights=weight)
    return SpreadHistory(
        average,
        deviation,
        int(values[0]),
        int(values[-1]),
        len(spread),
        _trend(spread, ns),
        {int(value): float(part) for value, part in zip(values, shares, strict=True)},
    )


def _stood(ns: Column, end_ns: int) -> Floats:
    """Return the share of the time that each row stood; equal shares when no time passed."""
    stood = np.diff(ns, append=max(end_ns, int(ns[-1]))).clip(0).astype(np.float64)
    total = stood.sum()
    return stood / total if total else np.full(len(ns), 1 / len(ns))


def _trend(spread: Column, ns: Column) -> float | None:
    minutes = (ns - ns[0]) / (60 * NS)
    centred = minutes - minutes.mean()
    variance = float(dot(centred, centred))
    return float(dot(centred, spread)) / variance if variance else None


def paid(trades: TradeColumns, quotes: QuoteColumns) -> Paid:
    """Return what trades paid against the mid before them and after.

    Effective spread 2 D (p - m), realised spread 2 D (p - m after), price impact 2 D (m after - m),
    with D = 1 for buyers and -1 for sellers. Trades without aggressor, or without a known quote
    before them, are left out; so are, from the last two, those too recent for an "after".

    Source: Huang and Stoll, "Dealer versus auction markets", Journal of Financial Economics 41
    (1996); the delay of five seconds is this module's.
    """
    known = (trades.aggressor < 2) & (trades.bid != UNKNOWN) & (trades.ask != UNKNOWN)
    size = trades.size[known].astype(np.float64)
    if not size.sum():
        return Paid(None, None, None, None)
    price, bid, ask = trades.price[known], trades.bid[known], trades.ask[known]
    buys = trades.aggressor[known] == 0
    direction = np.where(buys, 1.0, -1.0)
    mid = (bid + ask) / 2
    effective = 2 * direction * (price - mid)
    fine = np.where(buys, price <= ask, price >= bid)
    later, told = _mid_after(trades.exch_ns[known], quotes)
    volume = size.sum()
    at_best = float(size[fine].sum() / volume)
    average = float(dot(effective, size) / volume)
    after = size[told].sum()
    if not after:
        return Paid(average, None, None, at_best)
    realized = 2 * direction * (price - later)
    return Paid(
        average,
        float(dot(realized[told], size[told]) / after),
        float(dot((effective - realized)[told], size[told]) / after),
        at_best,
    )


def _mid_after(ns: Column, quotes: QuoteColumns) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the mid five seconds after each time, and where the quotes reach that far."""
    quotes = two_sided(quotes)
    if not len(quotes.bid):
        return np.zeros(len(ns)), np.zeros(len(ns), dtype=bool)
    then = ns + REALIZED_AFTER_NS
    at = np.searchsorted(quotes.exch_ns, then, side="right") - 1
    told = (then <= quotes.exch_ns[-1]) & (at >= 0)
    return (quotes.bid + quotes.ask)[at.clip(0)] / 2, told


def resilience(quotes: QuoteColumns, trades: TradeColumns) -> float | None:
    """Return the share of widenings of the spread that were undone before the next trade.

    Source: Foucault, Kadan and Kandel, "Limit Order Book as a Market for Liquidity", Review of
    Financial Studies 18 (2005), who call this probability the resiliency of the book.

    Returns:
        A number from 0 to 1; None when the spread never widened before a trade.
    """
    quotes = two_sided(quotes)
    spread = quotes.ask - quotes.bid
    wider = np.flatnonzero(spread[1:] > spread[:-1]) + 1
    if not len(wider) or not len(trades.exch_ns):
        return None
    after = np.searchsorted(trades.exch_ns, quotes.exch_ns[wider], side="right")
    judged = after < len(trades.exch_ns)
    wider, after = wider[judged], after[judged]
    if not len(wider):
        return None
    ends = np.searchsorted(quotes.exch_ns, trades.exch_ns[after], side="left")
    padded = np.append(spread, np.iinfo(np.int64).max)
    bounds = np.column_stack((wider, np.maximum(ends, wider + 1))).ravel()
    least = np.minimum.reduceat(padded, bounds)[::2]
    return float(np.mean(least <= spread[wider - 1]))


def second_deviation(quotes: QuoteColumns) -> float | None:
    """Return the standard deviation of the mid over a second, in ticks; None while unknown."""
    quotes = two_sided(quotes)
    if len(quotes.bid) < 2:
        return None
    elapsed = (int(quotes.exch_ns[-1]) - int(quotes.exch_ns[0])) / NS
    if elapsed <= 0:
        return None
    doubled = quotes.bid + quotes.ask
    steps = (doubled[1:] - doubled[:-1]) / 2
    return float((dot(steps, steps) / elapsed) ** 0.5)
