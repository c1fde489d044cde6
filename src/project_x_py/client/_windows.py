"""Sliding windows of requests: how many were sent of late, and when the next one fits.

Invariant (``tests/client/test_budget.py``): any span of a window's length holds at most its limit.
"""

from __future__ import annotations

import enum
from collections import deque
from typing import Protocol

__all__ = [
    "BUDGETS",
    "LONGEST_PAUSE_S",
    "LONGEST_WINDOW_S",
    "Bucket",
    "LocalUsage",
    "Usage",
    "Window",
]

NS = 1_000_000_000


class Bucket(enum.IntEnum):
    """The two budgets of the service."""

    REST = 0
    BARS = 1


BUDGETS = {Bucket.REST: (200, 60.0), Bucket.BARS: (50, 30.0)}
"""Requests and seconds, as the service documents them."""

LONGEST_WINDOW_S = 60.0
"""Nobody waits longer than this for a place in a window; what lasts longer is a pause."""

LONGEST_PAUSE_S = 600.0
"""A longer pause is not believed: after so long one request may ask whether it still holds."""


class Window:
    """At most ``limit`` requests within any ``seconds``."""

    __slots__ = ("_span_ns", "_times", "limit")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self._span_ns = round(seconds * NS)
        self._times: deque[int] = deque()

    def wait_ns(self, now_ns: int, ceiling: int | None = None) -> int:
        """Return how long until a request fits, zero when it fits at once.

        Args:
            now_ns: Monotonic time.
            ceiling: Leave room above so many requests; the limit when left out.
        """
        times = self._times
        while times and now_ns - times[0] >= self._span_ns:
            times.popleft()
        over = len(times) - min(ceiling or self.limit, self.limit)
        return 0 if over < 0 else times[over] + self._span_ns - now_ns

    def take(self, now_ns: int) -> None:
        """Enter a request sent at ``now_ns``."""
        self._times.append(now_ns)

    def used(self, now_ns: int) -> int:
        """Return how many requests the window holds."""
        self.wait_ns(now_ns)
        return len(self._times)


class Usage(Protocol):
    """Who counts against the service's windows."""

    def take(
        self,
        bucket: Bucket,
        ceiling: int,
        now_ns: int,
        *,
        heed: bool = True,
        urgent: bool = False,
    ) -> int:
        """Enter a request and return 0, or return the ns until it may fit.

        Args:
            bucket: Which window.
            ceiling: How many requests it may hold with this one.
            now_ns: Monotonic time.
            heed: Whether a pause holds it.
            urgent: Whether it would rather be counted badly than wait for the counting.
        """
        ...

    def pause(self, bucket: Bucket, until_ns: int, now_ns: int) -> None:
        """Hold a bucket until then; an earlier end than the one known changes nothing."""
        ...

    def used(self, bucket: Bucket, now_ns: int) -> int:
        """Return how many requests the window holds."""
        ...


class LocalUsage:
    """Counts what this client sends."""

    __slots__ = ("_paused", "_windows")

    def __init__(self) -> None:
        self._windows = {bucket: Window(*budget) for bucket, budget in BUDGETS.items()}
        self._paused = dict.fromkeys(Bucket, 0)

    def take(
        self,
        bucket: Bucket,
        ceiling: int,
        now_ns: int,
        *,
        heed: bool = True,
        urgent: bool = False,
    ) -> int:
        """Enter a request and return 0, or return the ns until it fits."""
        if heed and self._paused[bucket] > now_ns:
            return self._paused[bucket] - now_ns
        window = self._windows[bucket]
        wait = window.wait_ns(now_ns, ceiling)
        if not wait:
            window.take(now_ns)
        return wait

    def pause(self, bucket: Bucket, until_ns: int, now_ns: int) -> None:
        """Hold a bucket until then."""
        self._paused[bucket] = max(self._paused[bucket], until_ns)

    def used(self, bucket: Bucket, now_ns: int) -> int:
        """Return how many requests the window holds."""
        return self._windows[bucket].used(now_ns)
