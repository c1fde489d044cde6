"""Liquidity at one moment: sums, imbalance, concentration, pressure, and scores with a meaning.

Levels are (price in ticks, contracts, time), best first, as ``PriceLadder.top`` returns them.

Invariants (``tests/orderbook/test_analytics.py``): an imbalance lies between -1 and 1 and changes
its sign when the sides are exchanged; the microprice lies between best bid and ask; a score lies
between 0 and 10, and is None where there is nothing to base it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from project_x_py._core.book import Level

__all__ = [
    "concentration",
    "imbalance",
    "immediacy_score",
    "mean_score",
    "microprice",
    "pressure",
    "round_trip",
    "tightness_score",
    "top_share",
]


def imbalance(bid: float, ask: float) -> float | None:
    """Return (bid - ask) / (bid + ask) of two amounts; None when both are zero.

    Source: Cartea, Jaimungal and Penalva, "Algorithmic and High-Frequency Trading" (2015), section
    12.2, volume order imbalance.
    """
    total = bid + ask
    return (bid - ask) / total if total else None


def microprice(bid: int, bid_size: int, ask: int, ask_size: int) -> float:
    """Return the mid weighted by the sizes of the other side: (b r + a q) / (q + r), in ticks.

    The thinner side is the likelier to give way, so the price leans towards it.

    Source: Gatheral and Oomen, "Zero-intelligence realized variance estimation", Finance and
    Stochastics 14 (2010); Stoikov, "The micro-price", Quantitative Finance 18 (2018), calls it the
    weighted mid.
    """
    return (bid * ask_size + ask * bid_size) / (bid_size + ask_size)


def concentration(sizes: Sequence[int]) -> float | None:
    """Return the Herfindahl index of sizes: 1 when all is on one level, 1/n when spread evenly.

    Source: Hirschman, "The Paternity of an Index", American Economic Review 54 (1964).
    """
    total = sum(sizes)
    return sum(size * size for size in sizes) / (total * total) if total else None


def top_share(sizes: Iterable[int], n: int = 5) -> float | None:
    """Return the share of all contracts that the ``n`` largest levels hold; None without any."""
    ranked = sorted(sizes, reverse=True)
    total = sum(ranked)
    return sum(ranked[:n]) / total if total else None


def pressure(levels: Sequence[Level], mid: float) -> float:
    """Return the contracts of a side, each divided by its distance from the mid in ticks.

    A contract far away pushes less. The weight 1/distance is this module's choice; Cartea,
    Jaimungal and Penalva (2015), section 12.2, weight by an exponential of the distance.
    """
    return sum(size / max(abs(price - mid), 0.5) for price, size, _ in levels)


def round_trip(bids: Sequence[Level], asks: Sequence[Level]) -> float | None:
    """Return what buying all of ``asks`` and selling to all of ``bids`` costs a contract, in ticks.

    Source: Irvine, Benston and Kandel, "Liquidity Beyond the Inside Spread" (2000), cost of a round
    trip, here for the size that is displayed.
    """
    if not bids or not asks:
        return None
    bought = sum(price * size for price, size, _ in asks) / sum(size for _, size, _ in asks)
    sold = sum(price * size for price, size, _ in bids) / sum(size for _, size, _ in bids)
    return bought - sold


def tightness_score(spread: float | None) -> float | None:
    """Return 10 for the tightest spread there can be, one tick, and 10 / n for n ticks."""
    return None if spread is None or spread <= 0 else min(10.0, 10 / spread)


def immediacy_score(best_size: int, average_trade: float | None) -> float | None:
    """Return ten times the share of an average trade that the thinner best level fills at once."""
    return None if not average_trade else 10 * min(1.0, best_size / average_trade)


def mean_score(*scores: float | None) -> float | None:
    """Return the mean of the scores that are known; None when none is."""
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else None
