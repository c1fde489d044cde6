"""Whether the machine slept, or its clock was set, since the last look.

A process that was suspended finds its sockets dead, its token perhaps expired, and its view of the
account old, but nothing tells it so. Three clocks together do: the wall goes on during a sleep, the
monotonic clock stops on some systems and goes on in others, and the loop's timers come late.

Invariant (``tests/realtime/test_sleep.py``): a slow machine, a slewed clock and a short stall are
no sleep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.time import NS

if TYPE_CHECKING:
    from project_x_py._ports import Clock

__all__ = ["SleepDetector"]

JUMP_NS = 5 * NS
"""A wall clock that is slewed stays far below; one that was set by less does no harm."""

STALL_NS = 20 * NS
"""A process that stood still for so long has missed pings that keep its connections."""


class SleepDetector:
    """Compares the clocks from look to look; looks are expected every second or so."""

    __slots__ = ("_clock", "_monotonic_ns", "_wall_ns")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall_ns = clock.wall_ns()
        self._monotonic_ns = clock.monotonic_ns()

    def restart(self) -> None:
        """Forget the time since the last look."""
        self._wall_ns, self._monotonic_ns = self._clock.wall_ns(), self._clock.monotonic_ns()

    def look(self) -> str | None:
        """Return what happened to time since the last look, None if nothing did."""
        wall_ns, monotonic_ns = self._wall_ns, self._monotonic_ns
        self.restart()
        passed_ns = self._monotonic_ns - monotonic_ns
        jump_ns = (self._wall_ns - wall_ns) - passed_ns
        if jump_ns >= JUMP_NS:
            return f"the machine slept, or its clock was set forward, for {jump_ns / NS:.0f} s"
        if jump_ns <= -JUMP_NS:
            return f"the clock was set back by {-jump_ns / NS:.0f} s"
        if passed_ns >= STALL_NS:
            return f"the process stood still for {passed_ns / NS:.0f} s"
        return None
