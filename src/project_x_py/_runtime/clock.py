"""Where time comes from.

A :class:`SystemClock` is the wall. A :class:`ReplayClock` maps the wall to exchange time with an
origin and a speed, so that a gateway and its clients, in one process or two, agree on it without
talking. A :class:`VirtualClock` follows a loop that jumps to its next timer.

Invariants (``tests/runtime/test_clock.py``): exchange time goes back only where the wall is set
back or the clock is shifted; wall and monotonic time are neither scaled nor shifted; a sleeper that
wakes finds its time reached.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from project_x_py._ports import Clock

__all__ = ["HOLD", "ReplayClock", "SystemClock", "VirtualClock"]

NS = 1_000_000_000
LONGEST_SLEEP_S = 60.0
"""A sleeper looks at the clock at least this often, so that a wall clock that jumps is noticed."""

SHORTEST_SLEEP_S = 1e-6
"""A shorter one may be lost in the rounding of the loop's time, and would never end."""

HOLD = -1
"""The origin of a replay clock that stands still until it is started."""


class SystemClock:
    """Exchange time is wall time."""

    __slots__ = ()

    # The system's own functions, because every event is stamped twice.
    now_ns = staticmethod(time.time_ns)
    wall_ns = staticmethod(time.time_ns)
    monotonic_ns = staticmethod(time.monotonic_ns)

    async def sleep_until(self, exch_ns: int) -> None:
        await _sleep_until(self, exch_ns, speed=1.0)


class ReplayClock:
    """Exchange time runs from ``exch_ns`` at ``speed``, from the wall moment ``wall_ns`` on.

    Before that moment it stands at ``exch_ns``; with ``wall_ns=HOLD`` it stands there until
    :meth:`start`.

    Args:
        exch_ns: Exchange time at the origin, ns since 1970 UTC.
        wall_ns: Wall time at the origin, ns since 1970 UTC, or ``HOLD``.
        speed: Exchange seconds per wall second, above zero.
    """

    __slots__ = ("_started", "exch_ns", "speed", "wall_origin_ns")

    def __init__(self, exch_ns: int, wall_ns: int, speed: float) -> None:
        if not 0 < speed < float("inf"):
            raise ProjectXError(f"the speed of a replay must be above zero, not {speed}")
        self.exch_ns = exch_ns
        self.wall_origin_ns = wall_ns
        self.speed = speed
        self._started = asyncio.Event()
        if wall_ns != HOLD:
            self._started.set()

    def start(self, *, after_s: float = 0.0) -> None:
        """Let a held clock run, ``after_s`` wall seconds from now; a running one stays as it is."""
        if self.wall_origin_ns == HOLD:
            self.wall_origin_ns = time.time_ns() + round(after_s * NS)
            self._started.set()

    def shift(self, by_ns: int) -> None:
        """Move exchange time by so much; who sleeps notices within a minute.

        A clock read from text does not move with the one that was written.
        """
        self.exch_ns += by_ns

    def now_ns(self) -> int:
        if self.wall_origin_ns == HOLD:
            return self.exch_ns
        passed = max(0, time.time_ns() - self.wall_origin_ns)
        return self.exch_ns + (passed if self.speed == 1 else int(passed * self.speed))

    def wall_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep_until(self, exch_ns: int) -> None:
        if exch_ns > self.now_ns():
            await self._started.wait()
        await _sleep_until(self, exch_ns, speed=self.speed)

    def dumps(self) -> str:
        """Return the clock as text that :meth:`loads` reads in another process."""
        return f"{self.exch_ns}:{self.wall_origin_ns}:{self.speed!r}"

    @classmethod
    def loads(cls, text: str) -> ReplayClock:
        """Read a clock written by :meth:`dumps`.

        Raises:
            ProjectXError: ``text`` is not such a clock.
        """
        try:
            exch, wall, speed = text.split(":")
            return cls(int(exch), int(wall), float(speed))
        except ValueError as exc:
            raise ProjectXError(f"not a replay clock: {text!r}") from exc


class VirtualClock:
    """All three times follow the running loop's own time, from ``origin_ns`` on, but for shifts.

    Meant for :class:`~project_x_py._runtime.virtual_loop.VirtualLoop`, whose time jumps.
    """

    __slots__ = ("_loop", "_origin_ns", "_shift_ns")

    def __init__(self, origin_ns: int, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self._origin_ns = origin_ns - round(self._loop.time() * NS)
        self._shift_ns = 0

    def shift(self, by_ns: int) -> None:
        """Move exchange time by so much; who sleeps notices within a minute."""
        self._shift_ns += by_ns

    def now_ns(self) -> int:
        return self.wall_ns() + self._shift_ns

    def wall_ns(self) -> int:
        return self._origin_ns + round(self._loop.time() * NS)

    def monotonic_ns(self) -> int:
        return round(self._loop.time() * NS)

    async def sleep_until(self, exch_ns: int) -> None:
        await _sleep_until(self, exch_ns, speed=1.0)


async def _sleep_until(clock: Clock, exch_ns: int, *, speed: float) -> None:
    while (left := exch_ns - clock.now_ns()) > 0:  # noqa: ASYNC110 - time has no event to wait for
        await asyncio.sleep(min(max(left / NS / speed, SHORTEST_SLEEP_S), LONGEST_SLEEP_S))
