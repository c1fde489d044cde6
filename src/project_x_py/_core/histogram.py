"""Durations counted in buckets that grow with them, so that adding one allocates nothing.

Each power of two has eight buckets: a percentile is at most an eighth too high, and never too low.

Invariants (``tests/core/test_histogram.py``): counts, sum and maximum are exact; a percentile is
not below the true one, nor above it by more than an eighth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Latency", "LogHistogram"]

_LOW_BITS = 4
"""Values of so many bits have a bucket each."""
_TOP_BITS = 44
"""Longer ones, of some five hours, share the last bucket."""
_SIZE = ((_TOP_BITS - _LOW_BITS) << 3) + 16


@dataclass(frozen=True, slots=True)
class Latency:
    """How long one kind of thing took; microseconds.

    Attributes:
        count: How many were measured.
        mean_us: Mean, exact.
        p50_us: The value that half of them do not exceed.
        p95_us: The same of 95 in a hundred.
        p99_us: The same of 99 in a hundred.
        max_us: The longest, exact.
    """

    count: int = 0
    mean_us: float = 0.0
    p50_us: float = 0.0
    p95_us: float = 0.0
    p99_us: float = 0.0
    max_us: float = 0.0


class LogHistogram:
    """Durations of one kind, in nanoseconds."""

    __slots__ = ("_buckets", "longest_ns", "total_ns")

    def __init__(self) -> None:
        self._buckets = [0] * _SIZE
        self.longest_ns = 0
        self.total_ns = 0

    def add(self, ns: int) -> None:
        """Count one duration; one below zero, of a clock that was set back, counts as zero."""
        if ns < 0:
            ns = 0
        bits = ns.bit_length()
        if bits > _TOP_BITS:
            index = _SIZE - 1
        elif bits > _LOW_BITS:
            shift = bits - _LOW_BITS
            index = (shift << 3) + (ns >> shift)
        else:
            index = ns
        self._buckets[index] += 1
        self.total_ns += ns
        if ns > self.longest_ns:
            self.longest_ns = ns

    def copy(self) -> LogHistogram:
        """Return another one that has counted the same."""
        twin = LogHistogram()
        twin.include(self)
        return twin

    def include(self, other: LogHistogram) -> None:
        """Count all that another one has counted."""
        self._buckets = [
            mine + its for mine, its in zip(self._buckets, other._buckets, strict=True)
        ]
        self.total_ns += other.total_ns
        self.longest_ns = max(self.longest_ns, other.longest_ns)

    @property
    def count(self) -> int:
        """How many were counted."""
        return sum(self._buckets)

    def percentile_ns(self, share: float) -> int:
        """Return what ``share`` (0 to 1) of the durations do not exceed, 0 without one."""
        count = self.count
        wanted = max(1, math.ceil(share * count))
        seen = 0
        for index, amount in enumerate(self._buckets):
            seen += amount
            if seen >= wanted:
                return min(_upper(index), self.longest_ns)
        return 0

    def latency(self) -> Latency:
        """Return what was counted, as it is at this moment."""
        count = self.count
        if not count:
            return Latency()
        return Latency(
            count,
            self.total_ns / count / 1_000,
            self.percentile_ns(0.50) / 1_000,
            self.percentile_ns(0.95) / 1_000,
            self.percentile_ns(0.99) / 1_000,
            self.longest_ns / 1_000,
        )


def _upper(index: int) -> int:
    """Return the greatest duration of a bucket."""
    if index < 16:
        return index
    if index == _SIZE - 1:
        return 1 << 63
    shift = (index >> 3) - 1
    return ((index - (shift << 3) + 1) << shift) - 1
