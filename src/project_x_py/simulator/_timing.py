"""Which clock a gateway runs by.

On a loop with virtual time the exchange follows the loop; on a real one, a replay clock of the
gateway's own, which can be fast and can be held.

Invariant (``tests/simulator/test_gateway.py``): a socket is never served on virtual time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from project_x_py._core.time import from_datetime
from project_x_py._runtime.clock import HOLD, ReplayClock, SystemClock, VirtualClock
from project_x_py._runtime.virtual_loop import VirtualLoop
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from project_x_py._ports import Clock
    from project_x_py.simulator._plan import MarketPlan
    from project_x_py.simulator._source import MarketSource

__all__ = ["Timing"]

VIRTUAL_NOW_NS = from_datetime(datetime(2026, 9, 1, 13, 30, tzinfo=UTC), UTC)
"""What "now" is on a loop whose time is virtual, which has no other."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What a gateway was told of its clock."""

    speed: float
    hold: bool
    clock: Clock | None
    in_process: bool

    def begin(self, plan: MarketPlan) -> tuple[Clock, MarketSource]:
        """Return a clock, and the market at the time that the clock shows.

        Raises:
            ProjectXError: What was asked for excludes each other.
        """
        loop = asyncio.get_running_loop()
        virtual = isinstance(loop, VirtualLoop)
        if virtual or self.clock is not None:
            self._check_foreign()
        if self.clock is not None:
            source = plan.open(self.clock.now_ns())
            if plan.after is not None and plan.after.ns > self.clock.now_ns():
                raise ProjectXError("the state is of a later time than the clock shows")
            return self.clock, source
        if virtual:
            source = plan.open(VIRTUAL_NOW_NS)
            return VirtualClock(source.start_ns, loop), source
        wall = SystemClock()
        source = plan.open(wall.wall_ns())
        begins_ns = HOLD if self.hold else wall.wall_ns()
        return ReplayClock(source.start_ns, begins_ns, self.speed), source

    def _check_foreign(self) -> None:
        if self.hold or self.speed != 1:
            raise ProjectXError("hold and speed need a clock of the gateway's own, on real time")
        if not self.in_process:
            raise ProjectXError("a socket needs real time: pass in_process=True")
