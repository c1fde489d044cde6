"""The four assumptions a simulated fill rests on, each a small port with two answers.

==============  ==========================================  =================================
Port            Question                                    Answers
==============  ==========================================  =================================
QueueModel      how many contracts are ahead of an order    PessimisticQueue, OptimisticQueue
LatencyModel    when a command reaches the engine           FixedLatency, LognormalLatency
FeeModel        what an execution costs                     ProductFees, NoFees
FillRule        whether a print fills an order              FillAtTouch, FillThrough
==============  ==========================================  =================================

Queue and fill rule are asked in tape mode only: in a shared book users' orders stand in the real
queue. Nothing here looks at a clock or at shared randomness.

Invariant (``tests/core/exchange/test_models.py``): the optimistic answer is never worse for the
user than the pessimistic one.
"""

from __future__ import annotations

import random
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple, Protocol

from project_x_py._core.exchange.money import micros

if TYPE_CHECKING:
    from project_x_py._core.products import Product

__all__ = [
    "Costs",
    "FeeModel",
    "FillAtTouch",
    "FillRule",
    "FillThrough",
    "FixedLatency",
    "LatencyModel",
    "LognormalLatency",
    "NoFees",
    "OptimisticQueue",
    "PessimisticQueue",
    "ProductFees",
    "QueueModel",
]


class QueueModel(Protocol):
    """How far an order has come in the queue at its price, on a tape without order ids."""

    def joined(self, shown: int) -> int:
        """Return the contracts ahead of an order that joins a level of ``shown`` contracts."""
        ...

    def cancelled(self, ahead: int, cancelled: int, shown: int) -> int:
        """Return the contracts ahead after some left the level without trading.

        Args:
            ahead: Contracts ahead before.
            cancelled: How many left; 0 when the level grew.
            shown: Size of the level now; 0 also when it is out of sight.
        """
        ...


class PessimisticQueue:
    """Assumes that whoever cancels stood behind the user.

    An order joins at the back and advances by trades at its price only, except that no more can be
    ahead than the level holds. A level that is shown as empty may be out of sight, so it moves
    nobody.
    """

    def joined(self, shown: int) -> int:
        """Return all that is shown."""
        return shown

    def cancelled(self, ahead: int, cancelled: int, shown: int) -> int:
        """Return ``ahead``, at most what is shown."""
        return min(ahead, shown) if shown else ahead


class OptimisticQueue:
    """Assumes that whoever cancels stood ahead of the user.

    An order joins at the back, and every contract that leaves the level lets it advance.
    """

    def joined(self, shown: int) -> int:
        """Return all that is shown."""
        return shown

    def cancelled(self, ahead: int, cancelled: int, shown: int) -> int:
        """Return ``ahead`` less what was cancelled, at most what is shown."""
        return max(0, min(ahead - cancelled, shown))


class LatencyModel(Protocol):
    """How long a command travels from the gateway to the matching engine."""

    def delay_ns(self) -> int:
        """Return the delay of the next command in nanoseconds, not below zero."""
        ...


class FixedLatency:
    """Assumes that every command takes the same time.

    Bare market orders were seen to fill about 3 ms after their creation.

    Args:
        ns: The delay.
    """

    def __init__(self, ns: int = 3_000_000) -> None:
        if ns < 0:
            raise ValueError(f"a delay cannot be negative, as {ns} ns is")
        self._ns = ns

    def delay_ns(self) -> int:
        """Return the delay."""
        return self._ns


class LognormalLatency:
    """Assumes delays whose logarithm is normal: many short ones, a few long ones.

    The normal variate is the sum of twelve uniform ones less its mean, cut at six deviations, and
    the exponential is Python's correctly rounded decimal one, so that a seed gives the same delays
    on every platform.

    Args:
        median_ns: Half of the delays are shorter.
        sigma_percent: Standard deviation of the delay's logarithm, in hundredths.
        seed: Seed of an own generator.
    """

    def __init__(self, median_ns: int = 3_000_000, *, sigma_percent: int = 50, seed: int) -> None:
        if median_ns < 0 or sigma_percent < 0:
            raise ValueError("neither the median nor the deviation of a delay can be negative")
        self._median_ns = median_ns
        self._sigma = sigma_percent
        self._bits = random.Random(seed).getrandbits

    def delay_ns(self) -> int:
        """Return the next delay."""
        uniform = sum(self._bits(16) for _ in range(12)) - 6 * 65_535
        with localcontext() as context:
            context.prec = 20
            exponent = Decimal(uniform * self._sigma) / (65_536 * 100)
            return int(exponent.exp() * self._median_ns)


class Costs(NamedTuple):
    """What one execution costs, in micro-dollars."""

    fees: int
    commissions: int


class FeeModel(Protocol):
    """What an execution costs."""

    def costs(self, product: Product, size: int) -> Costs:
        """Return the costs of ``size`` contracts on one side."""
        ...


class ProductFees:
    """Assumes the product table: so much per contract and side, whatever the volume."""

    def __init__(self) -> None:
        self._known: dict[str, Costs] = {}

    def costs(self, product: Product, size: int) -> Costs:
        """Return the table's fees and commission times ``size``."""
        one = self._known.get(product.code)
        if one is None:
            one = Costs(micros(product.fees), micros(product.commission))
            self._known[product.code] = one
        return Costs(one.fees * size, one.commissions * size)


class NoFees:
    """Assumes that trading is free."""

    def costs(self, product: Product, size: int) -> Costs:
        """Return nothing to pay."""
        return Costs(0, 0)


class FillRule(Protocol):
    """Whether the market has come far enough to fill a resting order on a tape."""

    fills_at_touch: bool
    """Whether a print, or an opposite quote, at the order's own price can fill it."""


class FillAtTouch:
    """Assumes that a print at an order's price fills it once those ahead of it are served.

    A print beyond the price fills all of it: everything at the price must have traded.
    """

    fills_at_touch = True


class FillThrough:
    """Assumes that only a print beyond an order's price fills it, as the platform states.

    It then fills all of the order, at the order's own price.
    """

    fills_at_touch = False
