"""The request budget: who may send when, so that the client never provokes a 429 by itself.

Two kinds of windows apply. The service's hold for everybody on the account: 200 requests within
60 s, and 50 bar requests within 30 s. The configuration's, ``requests_per_minute`` and
``burst_limit`` (a second), hold for this client, and never delay what protects or cancels.

Requests wait in lanes. A lane may fill a service window up to its ceiling only, so that the last
fifth of the 200 is left to protection and cancelling whatever else goes on. A request that
changes something does not wait long: it is refused here, with nothing sent, rather than sent late.

Invariants (``tests/client/test_budget.py``): no window overruns; a lower lane never takes a place
that a higher one waits for; queries leave a fifth of the window to protection; a refused request
was not sent; a waiter that is cancelled is forgotten.
"""

from __future__ import annotations

import asyncio
import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from project_x_py._core.submission import Lane
from project_x_py.client._windows import BUDGETS, Bucket, LocalUsage, Usage, Window
from project_x_py.exceptions import ProjectXConnectionError, ProjectXRateLimitError

if TYPE_CHECKING:
    from project_x_py._ports import Clock
    from project_x_py.config import ProjectXConfig

__all__ = ["CEILINGS", "LONGEST_WAIT_S", "BudgetRefusalError", "RequestBudget"]

NS = 1_000_000_000

CEILINGS = {
    Bucket.REST: {
        Lane.PROTECTIVE: 200,
        Lane.CANCEL: 190,
        Lane.ENTRY: 160,
        Lane.RECONCILE: 150,
        Lane.QUERY: 140,
        Lane.BACKFILL: 120,
    },
    Bucket.BARS: {**dict.fromkeys(Lane, 50), Lane.BACKFILL: 40},
}
"""How many requests a service window may hold for one more of a lane to go."""

LONGEST_WAIT_S = {Lane.PROTECTIVE: 5.0, Lane.CANCEL: 5.0, Lane.ENTRY: 2.0}
"""How old a request that changes something may become before it is sent."""

PROBE_S = 1.0
"""A pause that the service asked for holds protection and cancelling no longer than this: better
that the service refuses them than the client."""

TURN_NS = 1_000
"""What a timer is late by, so that a time lost to rounding does not make it fire for nothing."""


class BudgetRefusalError(ProjectXRateLimitError):
    """The client's own budget has no room in time; nothing was sent."""


@dataclass(slots=True, eq=False)
class _Waiter:
    lane: Lane
    bucket: Bucket
    since_ns: int
    deadline_ns: int | None
    turn: asyncio.Future[None] = field(repr=False)

    @property
    def rank(self) -> tuple[int, int]:
        return self.lane, self.since_ns


class RequestBudget:
    """Lets requests go when the service's and the configuration's windows have room.

    Args:
        config: Its ``requests_per_minute`` and ``burst_limit`` (per second).
        clock: Its monotonic time is what the windows are measured in.
        usage: Counts against the service's windows; only this client when left out.
    """

    def __init__(self, config: ProjectXConfig, clock: Clock, usage: Usage | None = None) -> None:
        self._clock = clock
        self._usage = usage or LocalUsage()
        self._own = (Window(config.requests_per_minute, 60), Window(config.burst_limit, 1))
        self._waiters: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None
        self._pauses = dict.fromkeys(Bucket, 0)
        self._closed = False

    async def acquire(
        self, lane: Lane = Lane.QUERY, *, bars: bool = False, patient: bool = True
    ) -> None:
        """Return as soon as a request may leave; it is entered with that.

        Args:
            lane: Who it is for.
            bars: Whether it is a bar request, which has a window of its own.
            patient: Whether it waits for as long as it takes; else for ``LONGEST_WAIT_S``.

        Raises:
            BudgetRefusalError: There is no room in time.
            ProjectXConnectionError: The client is closed.
        """
        if self._closed:
            raise _closed()
        now = self._clock.monotonic_ns()
        longest = None if patient else LONGEST_WAIT_S.get(lane, LONGEST_WAIT_S[Lane.ENTRY])
        waiter = _Waiter(
            lane,
            Bucket.BARS if bars else Bucket.REST,
            now,
            None if longest is None else now + round(longest * NS),
            asyncio.get_running_loop().create_future(),
        )
        bisect.insort(self._waiters, waiter, key=lambda each: each.rank)
        self._serve()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                self._serve()
            raise

    def close(self) -> None:
        """Let nobody go any more; who waits is told that nothing was sent."""
        self._closed = True
        self._arm(None)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.turn.done():
                waiter.turn.set_exception(_closed())

    def pause(self, seconds: float, *, bars: bool = False) -> None:
        """Hold everybody: the service has answered 429.

        A bar request's 429 holds bar requests, any other holds both kinds. Pauses in a row grow,
        since one that sufficed would not have been followed by another.

        Args:
            seconds: What the service asked for, or what is assumed.
            bars: Whether it was a bar request that was refused.
        """
        now = self._clock.monotonic_ns()
        for bucket in (Bucket.BARS,) if bars else tuple(Bucket):
            self._usage.pause(bucket, now + round(seconds * NS), now)
        self._pauses[Bucket.BARS if bars else Bucket.REST] += 1
        self._serve()

    def succeeded(self, *, bars: bool = False) -> None:
        """Note that the service has answered a request, whatever it said."""
        self._pauses[Bucket.BARS if bars else Bucket.REST] = 0

    def pauses_in_a_row(self, *, bars: bool = False) -> int:
        """Return how many 429 there were since the last answer that was none."""
        return self._pauses[Bucket.BARS if bars else Bucket.REST]

    def state(self) -> dict[str, int]:
        """Return requests in each service window, and how many wait."""
        now = self._clock.monotonic_ns()
        return {
            "rest_window_used": self._usage.used(Bucket.REST, now),
            "rest_window_limit": BUDGETS[Bucket.REST][0],
            "bars_window_used": self._usage.used(Bucket.BARS, now),
            "bars_window_limit": BUDGETS[Bucket.BARS][0],
            "waiting": len(self._waiters),
        }

    def _serve(self) -> None:
        """Let go whoever can, in the order of lanes; set the timer for the next."""
        now = self._clock.monotonic_ns()
        blocked: set[Bucket | None] = set()
        waits: list[int] = []
        for waiter in tuple(self._waiters):
            if waiter.turn.done():
                self._waiters.remove(waiter)
                continue
            windows: set[Bucket | None] = {waiter.bucket}
            if waiter.lane > Lane.CANCEL:
                windows.add(None)
            wait = 0
            if not windows & blocked:
                wait, culprit = self._try(waiter, now)
                if not wait:
                    self._waiters.remove(waiter)
                    waiter.turn.set_result(None)
                    continue
                blocked.add(culprit)
                waits.append(wait)
            if waiter.deadline_ns is not None:
                if now + wait > waiter.deadline_ns or now >= waiter.deadline_ns:
                    self._refuse(waiter, wait)
                    continue
                waits.append(waiter.deadline_ns - now)
        self._arm(min(waits) if self._waiters and waits else None)

    def _try(self, waiter: _Waiter, now: int) -> tuple[int, Bucket | None]:
        """Enter a request and return 0, or the ns to wait and the bucket that has no room.

        None stands for the configuration's windows.
        """
        bucket = waiter.bucket
        urgent = waiter.lane <= Lane.CANCEL
        own = 0 if urgent else max(window.wait_ns(now) for window in self._own)
        if own:
            return own, None
        probe_ns = waiter.since_ns + round(PROBE_S * NS) - now
        heed = not urgent or probe_ns > 0
        wait = self._usage.take(
            bucket, CEILINGS[bucket][waiter.lane], now, heed=heed, urgent=urgent
        )
        if not wait:
            for window in self._own:
                window.take(now)
        return min(wait, probe_ns) if urgent and heed else wait, bucket

    def _refuse(self, waiter: _Waiter, wait: int) -> None:
        self._waiters.remove(waiter)
        waiter.turn.set_exception(
            BudgetRefusalError(
                f"not sent: the request limit has no room for this {waiter.lane.name.lower()} "
                f"request within {LONGEST_WAIT_S.get(waiter.lane, 2.0):g} s (the next place is "
                f"{wait / NS:.1f} s away); nothing has left, so it may be tried again",
                response_data={"sent": False, "wait_s": wait / NS},
            )
        )

    def _arm(self, wait_ns: int | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait_ns is not None:
            delay = (max(wait_ns, 0) + TURN_NS) / NS
            self._timer = asyncio.get_running_loop().call_later(delay, self._serve)


def _closed() -> ProjectXConnectionError:
    return ProjectXConnectionError(
        "the client is closed, so nothing was sent; make another one", sent=False
    )
