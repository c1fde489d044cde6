"""The gateway's request budgets: two windows, told apart by route.

A request is counted when it is let through; a refused one is not, so a client that keeps knocking
is let in as soon as the window has room. Times are monotonic, whatever the exchange clock does.

Invariant (``tests/simulator/test_limits.py``): in no stretch of a window's length are more
requests let through than its limit.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from project_x_py.simulator._rest_quirks import RestQuirks

__all__ = ["Budget", "FixedWindow", "Limits", "SlidingWindow"]

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


class FixedWindow:
    """Counts what was let through since the last whole number of so many seconds."""

    __slots__ = ("_budget", "_count", "_span_ns", "_stretch")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._span_ns = round(budget.seconds * NS)
        self._stretch = -1
        self._count = 0

    def wait_ns(self, now_ns: int) -> int:
        """Let a request through and return 0, or return how long there is no room for it."""
        stretch, passed_ns = divmod(now_ns, self._span_ns)
        if stretch != self._stretch:
            self._stretch, self._count = stretch, 0
        if self._count < self._budget.requests:
            self._count += 1
            return 0
        return self._span_ns - passed_ns


class Limits:
    """The windows of one user: one for history, one for everything else.

    Args:
        history: Budget of ``History/retrieveBars``.
        rest: Budget of every other route, log-ins included.
        retry_after: Whether a refusal names the seconds to wait.
        quirks: How budgets are counted, and what shares one.
    """

    MAX_WINDOWS = 4096
    """Tokens and routes that are counted apart; the longest unused is forgotten beyond."""

    def __init__(
        self,
        history: Budget = Budget(50, 30),
        rest: Budget = Budget(200, 60),
        *,
        retry_after: bool = False,
        quirks: RestQuirks | None = None,
    ) -> None:
        self._budgets = {"history": history, "rest": rest}
        self._retry_after = retry_after
        self._quirks = quirks or RestQuirks()
        self._windows: dict[tuple[str, str, str], SlidingWindow | FixedWindow] = {}

    def refusal(
        self, bucket: str, now_ns: int, *, token: str = "", path: str = ""
    ) -> dict[str, str] | None:
        """Return the headers of a refusal, or None when the request is let through.

        Args:
            bucket: ``"history"`` or ``"rest"``.
            now_ns: Monotonic time.
            token: Whose request it is; empty for a log-in.
            path: What it asks for.
        """
        wait_ns = self._window(bucket, token, path).wait_ns(now_ns)
        if not wait_ns:
            return None
        return {"Retry-After": str(math.ceil(wait_ns / NS))} if self._retry_after else {}

    def _window(self, bucket: str, token: str, path: str) -> SlidingWindow | FixedWindow:
        quirks = self._quirks
        key = (
            bucket,
            token if quirks.rate_scope == "token" else "",
            "" if quirks.rate_pooled else path,
        )
        window = self._windows.pop(key, None)
        if window is None:
            kind = SlidingWindow if quirks.rate_window == "sliding" else FixedWindow
            window = kind(self._budgets[bucket])
            if len(self._windows) >= self.MAX_WINDOWS:
                del self._windows[next(iter(self._windows))]
        self._windows[key] = window
        return window
