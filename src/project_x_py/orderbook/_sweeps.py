"""Orders that take several levels at once, and levels that take in much and hold.

Columns are int64 arrays, oldest first, in ticks, contracts and nanoseconds.

Invariants (``tests/orderbook/test_detection.py``): a sweep is of one aggressor, runs one way and
takes the levels it names; an absorbed volume was executed at one level that was not traded through
meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from project_x_py._core.time import NS

if TYPE_CHECKING:
    from project_x_py.orderbook._bursts import BurstColumns
    from project_x_py.orderbook._rings import TradeColumns

__all__ = ["HOLD_NS", "SWEEP_NS", "Absorption", "Sweep", "absorptions", "sweeps"]

SWEEP_NS = 1_000_000
"""Prints of one order come within this time."""

HOLD_NS = 10 * NS
"""A level that is still there holds when it was hit for so long; one that was traded through held
when that came so long after its last execution."""

OUTSTANDING = 10
"""Times the usual volume of a level, which is the median between two times it was traded through,
that a level must take in."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Prints of one aggressor through several prices.

    Attributes:
        aggressor: 0 bought, 1 sold.
        first: Price of the first print in ticks.
        last: Price of the last.
        levels: Different prices.
        volume: Contracts.
        start_ns: Time of the first print.
        end_ns: Time of the last.
    """

    aggressor: int
    first: int
    last: int
    levels: int
    volume: int
    start_ns: int
    end_ns: int


@dataclass(slots=True)
class Absorption:
    """What a level took in.

    Attributes:
        side: 0 bid, 1 ask.
        price: Ticks.
        volume: Contracts executed there.
        shown: What it displayed before each execution.
        start_ns: Time of the first execution.
        end_ns: Time of the last.
        broken_ns: When the price traded through it; None while it has not.
    """

    side: int
    price: int
    volume: int
    start_ns: int
    end_ns: int
    shown: list[int] = field(default_factory=list)
    broken_ns: int | None = None

    def held_ns(self, now_ns: int) -> int:
        """Return how long it held."""
        if self.broken_ns is not None:
            return self.broken_ns - self.end_ns
        return now_ns - self.start_ns

    @property
    def displayed(self) -> float:
        """Mean of what it displayed before an execution."""
        return sum(self.shown) / len(self.shown)

    @property
    def ratio(self) -> float:
        """Contracts executed over contracts displayed."""
        return self.volume / max(self.displayed, 1.0)


def sweeps(trades: TradeColumns, min_levels: int) -> list[Sweep]:
    """Return the sweeps through at least ``min_levels`` prices, oldest first.

    Prints belong together while the aggressor is the same, less than a millisecond passes from one
    to the next, and the price does not come back.
    """
    price, kind, ns = trades.price, trades.aggressor, trades.exch_ns
    if len(price) < min_levels:
        return []
    step = np.diff(price)
    away = np.where(kind[1:] == 0, step >= 0, step <= 0)
    same = (kind[1:] == kind[:-1]) & (kind[1:] < 2) & (np.diff(ns) < SWEEP_NS) & away
    starts = np.concatenate(([0], np.flatnonzero(~same) + 1))
    moved = np.concatenate(([0], np.cumsum((step != 0) & same)))
    ends = np.append(starts[1:], len(price)) - 1
    levels = moved[ends] - moved[starts] + 1
    found = []
    for at in np.flatnonzero(levels >= min_levels):
        first, last = int(starts[at]), int(ends[at])
        found.append(
            Sweep(
                int(kind[first]),
                int(price[first]),
                int(price[last]),
                int(levels[at]),
                int(trades.size[first : last + 1].sum()),
                int(ns[first]),
                int(ns[last]),
            )
        )
    return found


def absorptions(
    bursts: BurstColumns, min_ratio: float, min_volume: int, now_ns: int
) -> list[Absorption]:
    """Return the levels that took in much more than they displayed and held, largest first.

    Args:
        bursts: Executions of a window.
        min_ratio: Contracts executed over contracts displayed, at least.
        min_volume: Contracts executed, at least.
        now_ns: Exchange time.
    """
    standing: tuple[dict[int, Absorption], dict[int, Absorption]] = ({}, {})
    ended: list[Absorption] = []
    columns = (bursts.side, bursts.price, bursts.executed, bursts.shown, bursts.exch_ns)
    for side, price, executed, shown, ns in zip(*(c.tolist() for c in columns), strict=True):
        own = standing[side]
        for other in [p for p in own if (p < price if side else p > price)]:
            own[other].broken_ns = ns
            ended.append(own.pop(other))
        level = own.get(price)
        if level is None:
            level = own[price] = Absorption(side, price, 0, ns, ns)
        level.volume += executed
        level.shown.append(shown)
        level.end_ns = ns
    ended += [*standing[0].values(), *standing[1].values()]
    if not ended:
        return []
    least = max(min_volume, OUTSTANDING * float(np.median([each.volume for each in ended])))
    held = [
        each
        for each in ended
        if each.volume >= least and each.ratio >= min_ratio and each.held_ns(now_ns) >= HOLD_NS
    ]
    return sorted(held, key=lambda each: -each.volume)
