"""At most so many calls in any window of time.

An exact sliding window: the times of the last calls are kept, and a call waits until the one that
many before it has left the window. Waiters are served in the order in which they came.

Invariants (``tests/runtime/test_limiter.py``): no window of ``window_seconds``, wherever it
begins, holds more than ``max_requests`` calls; a waiter that is cancelled costs nobody a turn.
"""

from __future__ import annotations

import asyncio
from collections import deque

from project_x_py.exceptions import InvalidFieldError

__all__ = ["RateLimiter"]


class RateLimiter:
    """Spaces calls by an exact sliding window, on the running loop's monotonic time.

    Args:
        max_requests: Calls in any window, 1 or more.
        window_seconds: Length of the window in seconds, above 0.

    Raises:
        InvalidFieldError: An argument is out of range.
    """

    def __init__(self, max_requests: int, window_seconds: float) -> None:
        if max_requests < 1:
            raise InvalidFieldError(f"max_requests must be 1 or more, not {max_requests}")
        if not 0 < window_seconds < float("inf"):
            raise InvalidFieldError(f"window_seconds must be above 0, not {window_seconds}")
        self.max_requests = max_requests
        self.window_seconds = window_seconds
        self._times: deque[float] = deque(maxlen=max_requests)
        self._waiters: deque[asyncio.Future[float]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self) -> None:
        """Return as soon as one more call fits into the window."""
        loop = asyncio.get_running_loop()
        if not self._waiters and self._wait_s(loop.time()) <= 0:
            self._times.append(loop.time())
            return
        waiter: asyncio.Future[float] = loop.create_future()
        self._waiters.append(waiter)
        if len(self._waiters) == 1:
            self._arm(loop)
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():
                self._times.remove(waiter.result())
            self._serve(loop)
            raise

    def _wait_s(self, now: float) -> float:
        if len(self._times) < self.max_requests:
            return 0.0
        return self._times[0] + self.window_seconds - now

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiters:
            wait_s = max(0.0, self._wait_s(loop.time()))
            self._timer = loop.call_later(wait_s, self._serve, loop)

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiters and (self._waiters[0].done() or self._wait_s(loop.time()) <= 0):
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._times.append(loop.time())
                waiter.set_result(self._times[-1])
        self._arm(loop)
