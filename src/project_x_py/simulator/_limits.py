"""The gateway's request budgets: two sliding windows, told apart by route.

A request is counted when it is let through; a refused one is not, so a client that keeps knocking
is let in as soon as the window has room. Times are monotonic, whatever the exchange clock does.

Invariant (``tests/simulator/test_limits.py``): in no stretch of a window's length are more
requests let through than its limit.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

__all__ = ["Budget", "Limits", "SlidingWindow"]

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """So many ``requests`` in any ``seconds`` seconds."""

    requests: int
    seconds: float


class SlidingWindow:
    """Counts what was let through within the last so many seconds."""

    __slots__ = ("_budget", "_span_ns", "_times")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._span_ns = round(budget.seconds * NS)
        self._times: deque[int] = deque()

    def wait_ns(self, now_ns: int) -> int:
        """Let a request through and return 0, or return how long there is no room for it."""
        times = self._times
        while times and times[0] + self._span_ns <= now_ns:
            times.popleft()
        if len(times) < self._budget.requests:
            times.append(now_ns)
            return 0
        return times[0] + self._span_ns - now_ns if times else self._span_ns


class Limits:
    """The windows of one user: one for history, one for everything else.

    Args:
        history: Budget of ``History/retrieveBars``.
        rest: Budget of every other route, log-ins included.
        retry_after: Whether a refusal names the seconds to wait.
    """

    def __init__(
        self,
        history: Budget = Budget(50, 30),
        rest: Budget = Budget(200, 60),
        *,
        retry_after: bool = False,
    ) -> None:
        self._windows = {"history": SlidingWindow(history), "rest": SlidingWindow(rest)}
        self._retry_after = retry_after

    def refusal(self, bucket: str, now_ns: int) -> dict[str, str] | None:
        """Return the headers of a refusal, or None when the request is let through."""
        wait_ns = self._windows[bucket].wait_ns(now_ns)
        if not wait_ns:
            return None
        return {"Retry-After": str(math.ceil(wait_ns / NS))} if self._retry_after else {}
