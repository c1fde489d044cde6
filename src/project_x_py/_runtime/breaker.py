"""A circuit breaker: what keeps failing is left alone for a while, ever longer.

Closed, everything passes. After enough failures within a window it opens, and nothing passes until
a pause is over; then, half open, a few trials decide whether it closes or opens again for longer.
It never stands around what keeps a connection: that has its own delays.

Invariants (``tests/runtime/test_breaker.py``): a success closes it and forgets the failures; pauses
grow up to their limit; trials never exceed their number, and one that ends without saying anything
is given again.
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from project_x_py.exceptions import CircuitBreakerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._ports import Clock

__all__ = ["Breaker", "BreakerSettings", "BreakerState"]

T = TypeVar("T")

NS = 1_000_000_000


class BreakerState(enum.Enum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When a breaker opens and for how long.

    Raises:
        ValueError: A count or a time is not above zero.
    """

    failures: int = 5
    window_s: float = 60.0
    pause_s: float = 30.0
    longest_pause_s: float = 300.0
    growth: float = 2.0
    trials: int = 3

    def __post_init__(self) -> None:
        least = min(self.failures, self.window_s, self.pause_s, self.longest_pause_s, self.trials)
        if least <= 0 or self.growth < 1:
            raise ValueError(f"a breaker's counts and times are above zero: {self}")


class Breaker:
    """The state of one breaker.

    Args:
        name: What it stands before, for errors.
        clock: Measures windows and pauses, by monotonic time.
        settings: When it opens, and for how long.
    """

    __slots__ = (
        "_clock",
        "_failures",
        "_opened",
        "_pause_s",
        "_state",
        "_trials",
        "_until_ns",
        "name",
        "settings",
    )

    def __init__(self, name: str, clock: Clock, settings: BreakerSettings | None = None) -> None:
        self.name = name
        self.settings = settings or BreakerSettings()
        self._clock = clock
        self._failures: deque[int] = deque()
        self._opened = 0
        self._trials = 0
        self._until_ns = 0
        self._pause_s = 0.0
        self._state = BreakerState.CLOSED

    @property
    def state(self) -> BreakerState:
        """The state now; an open breaker whose pause is over is half open."""
        over = self._clock.monotonic_ns() >= self._until_ns
        if self._state is BreakerState.OPEN and over:
            self._state, self._trials = BreakerState.HALF_OPEN, 0
        return self._state

    @property
    def times_opened(self) -> int:
        """How often it has opened."""
        return self._opened

    @property
    def left_s(self) -> float:
        """Seconds until it lets a trial pass; 0 unless it is open."""
        if self.state is not BreakerState.OPEN:
            return 0.0
        return (self._until_ns - self._clock.monotonic_ns()) / NS

    def allows(self) -> bool:
        """Take note of a call that is about to be made; False if it must not be."""
        state = self.state
        if state is BreakerState.HALF_OPEN and self._trials < self.settings.trials:
            self._trials += 1  # one that is refused is none, or it could never be taken back
            return True
        return state is BreakerState.CLOSED

    def check(self) -> None:
        """Do the same.

        Raises:
            CircuitBreakerError: The call must not be made.
        """
        if not self.allows():
            left_s = self.left_s
            when = f"it is tried again in {left_s:.1f} s" if left_s else "it is being tried again"
            raise CircuitBreakerError(f"{self.name} has failed too often; {when}")

    def withdraw(self) -> None:
        """Take back a call that was allowed, and ended without saying anything."""
        if self._state is BreakerState.HALF_OPEN and self._trials:
            self._trials -= 1

    def hurry(self) -> None:
        """End a pause: there was another sign that what failed is back, and trials decide."""
        self._until_ns = min(self._until_ns, self._clock.monotonic_ns())

    def succeeded(self) -> None:
        """Take note of a call that went well."""
        if self._state is not BreakerState.OPEN:
            self.close()

    def failed(self) -> None:
        """Take note of a call that failed; may open the breaker."""
        now_ns = self._clock.monotonic_ns()
        oldest_ns = now_ns - round(self.settings.window_s * NS)
        self._failures.append(now_ns)
        while self._failures[0] < oldest_ns:
            self._failures.popleft()
        many = len(self._failures) >= self.settings.failures
        if self._state is BreakerState.HALF_OPEN or (self._state is BreakerState.CLOSED and many):
            self.open()

    def open(self) -> None:
        """Let nothing pass for a while, longer than the last time."""
        settings = self.settings
        grown_s = self._pause_s * settings.growth
        self._pause_s = min(settings.longest_pause_s, max(settings.pause_s, grown_s))
        self._until_ns = self._clock.monotonic_ns() + round(self._pause_s * NS)
        self._state = BreakerState.OPEN
        self._opened += 1
        self._failures.clear()

    def close(self) -> None:
        """Let everything pass, and forget what failed."""
        self._state = BreakerState.CLOSED
        self._failures.clear()
        self._pause_s = 0.0

    async def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """Await ``work()`` unless the breaker is open, and learn from how it ends.

        Raises:
            CircuitBreakerError: The breaker is open; nothing was called.
        """
        self.check()
        try:
            result = await work()
        except asyncio.CancelledError:
            self.withdraw()  # says nothing about what was called
            raise
        except BaseException:
            self.failed()
            raise
        self.succeeded()
        return result
