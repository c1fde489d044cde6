"""The request budget: sliding windows that the service and the configuration set.

The service refuses the 201st request within 60 s, and the 51st bar request within 30 s; the
configuration adds its own limits below that. A request waits here until every window that
applies to it has room, so that the client never provokes a 429 by itself.

Invariant (``tests/client/test_budget.py``): no window ever holds more requests than its limit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py._ports import Clock
    from project_x_py.config import ProjectXConfig

__all__ = ["RequestBudget", "Window"]

NS = 1_000_000_000


class Window:
    """At most ``limit`` requests within any ``seconds``."""

    __slots__ = ("_span_ns", "_times", "limit")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self._span_ns = round(seconds * NS)
        self._times: deque[int] = deque()

    def wait_ns(self, now_ns: int) -> int:
        """Return how long to wait until a request fits; zero when it fits at once."""
        times = self._times
        while times and now_ns - times[0] >= self._span_ns:
            times.popleft()
        return 0 if len(times) < self.limit else times[0] + self._span_ns - now_ns

    def take(self, now_ns: int) -> None:
        """Enter a request sent at ``now_ns``."""
        self._times.append(now_ns)


class RequestBudget:
    """Lets requests go when the service's and the configuration's windows have room.

    Args:
        config: Its ``requests_per_minute`` and ``burst_limit`` (per second) apply to every
            request but the login.
        clock: Its monotonic time is what the windows are measured in.
    """

    def __init__(self, config: ProjectXConfig, clock: Clock) -> None:
        self._clock = clock
        own = [Window(config.requests_per_minute, 60), Window(config.burst_limit, 1)]
        self._rest = [Window(200, 60), *own]
        self._bars = [Window(50, 30), *own]
        self._paused_until_ns = 0

    def pause(self, seconds: float) -> None:
        """Hold every request for ``seconds``; a 429 of one is a 429 for all."""
        until = self._clock.monotonic_ns() + round(seconds * NS)
        self._paused_until_ns = max(self._paused_until_ns, until)

    async def acquire(self, *, bars: bool = False) -> None:
        """Wait until a request may leave, and enter it.

        The check and the entry are one synchronous step, so parallel callers cannot share a place.
        """
        windows = self._bars if bars else self._rest
        while True:
            now = self._clock.monotonic_ns()
            wait = max(self._paused_until_ns - now, *(window.wait_ns(now) for window in windows))
            if wait <= 0:
                for window in windows:
                    window.take(now)
                return
            await asyncio.sleep(wait / NS)
