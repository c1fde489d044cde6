"""What an order of some size would pay if it walked the book as it stands.

Prices are ticks, sizes contracts. The book shows what rests at this moment: hidden size would make
an order cheaper, orders that are pulled before it arrives would make it dearer, and neither can be
known.

Invariants (``tests/orderbook/test_analytics.py``): the contracts filled are those asked for or all
that is there; a larger order never has a better average; what is left plus what is filled is what
was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.book import Level

__all__ = ["Walk", "walk"]


@dataclass(frozen=True, slots=True)
class Walk:
    """An order's way through one side.

    Attributes:
        filled: Contracts that the side could fill.
        cost: Sum of price times contracts; over ``filled`` it is the average price in ticks.
        levels: Levels it took from.
        last: Worst price it paid; None when nothing was filled.
        next_best: Best price that would remain; None when nothing would.
        remaining: Contracts that would remain on the levels given.
    """

    filled: int
    cost: int
    levels: int
    last: int | None
    next_best: int | None
    remaining: int

    @property
    def average(self) -> float | None:
        """Average price in ticks; None when nothing was filled."""
        return self.cost / self.filled if self.filled else None


def walk(levels: Sequence[Level], size: int) -> Walk:
    """Take ``size`` contracts from the levels of one side.

    Args:
        levels: (price, contracts, time), best first, as ``PriceLadder.top`` returns them.
        size: Contracts wanted, above zero.
    """
    wanted, cost, taken_from, remaining = size, 0, 0, 0
    last = next_best = None
    for price, there, _ in levels:
        took = min(wanted, there)
        if took:
            wanted -= took
            cost += price * took
            taken_from += 1
            last = price
        if there > took:
            remaining += there - took
            if next_best is None:
                next_best = price
    return Walk(size - wanted, cost, taken_from, last, next_best, remaining)
