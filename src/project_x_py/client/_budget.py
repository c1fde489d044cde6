"""The request budget: who may send when, so that the client never provokes a 429 by itself.

Two kinds of windows apply. The service's hold for everybody on the account: 200 requests within
60 s, and 50 bar requests within 30 s. The configuration's, ``requests_per_minute`` and
``burst_limit`` (a second), hold for this client, and never delay what protects or cancels.

A pause that the service asks for holds protection and cancelling only where one of them was
refused. It is kept for at most ten minutes, and a request that it would hold
for longer than the longest window is refused at once: an error says more than a call that hangs.

Requests wait in lanes. A lane may fill a service window up to its ceiling only, so that the last
fifth of the 200 is left to protection and cancelling whatever else goes on. A request that
changes something does not wait long: it is refused here, with nothing sent, rather than sent late.

Invariants (``tests/client/test_budget.py``): no window overruns; a lower lane never takes a place
that a higher one waits for; queries leave a fifth of the window to protection; a refused request
was not sent; a waiter that is cancelled is forgotten.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from project_x_py._core.notices import Notices
from project_x_py._core.submission import Lane
from project_x_py.client._windows import (
    BUDGETS,
    LONGEST_PAUSE_S,
    LONGEST_WINDOW_S,
    Bucket,
    LocalUsage,
    Usage,
    Window,
)
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
"""Protection and cancelling are held by a pause only when the service has refused one of them, and
then for no longer than this: better that the service refuses them than the client."""

WARN_NS = NS
"""Whoever has to wait for longer is worth a warning."""

TURN_NS = 1_000
"""What a timer is late by, so that a time lost to rounding does not make it fire for nothing."""


class BudgetRefusalError(ProjectXRateLimitError):
    """The client's own budget has no room in time; nothing was sent."""


@dataclass(slots=True, eq=False)
class _Waiter:
    number: int
    lane: Lane
    bucket: Bucket
    since_ns: int
    deadline_ns: int | None
    turn: asyncio.Future[None] = field(repr=False)


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
        self._queues: dict[tuple[Lane, Bucket], deque[_Waiter]] = {
            (lane, bucket): deque() for lane in Lane for bucket in Bucket
        }
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._pauses = dict.fromkeys(Bucket, 0)
        self._urgent_from_ns = 0
        self._closed = False
        self._is_warned = False
        self.notices = Notices()

    async def acquire(
        self, lane: Lane = Lane.QUERY, *, bars: bool = False, patient: bool = True
    ) -> None:
        """Return as soon as a request may leave; it is entered with that.

        Args:
            lane: Who it is for.
            bars: Whether it is a bar request, which has a window of its own.
            patient: Whether it waits for its place in the windows however long that takes; else
                for ``LONGEST_WAIT_S``, which has the lanes of what changes something.

        Raises:
            BudgetRefusalError: There is no room in time, or the service has asked for a pause
                that is longer than any window.
            ProjectXConnectionError: The client is closed.
        """
        if self._closed:
            raise _closed()
        now = self._clock.monotonic_ns()
        longest = None if patient else LONGEST_WAIT_S.get(lane)
        self._count += 1
        waiter = _Waiter(
            self._count,
            lane,
            Bucket.BARS if bars else Bucket.REST,
            now,
            None if longest is None else now + round(longest * NS),
            asyncio.get_running_loop().create_future(),
        )
        if not any(self._queues.values()) and not self._try(waiter, now)[0]:
            waiter.turn.set_result(None)
            return
        self._queues[lane, waiter.bucket].append(waiter)
        self._serve()
        # Who is cancelled here leaves a turn that is done, and is passed over.
        await waiter.turn

    def close(self) -> None:
        """Let nobody go any more; who waits is told that nothing was sent."""
        self._closed = True
        self._arm(None)
        for queue in self._queues.values():
            for waiter in queue:
                if not waiter.turn.done():
                    waiter.turn.set_exception(_closed())
            queue.clear()

    def pause(self, seconds: float, *, bars: bool = False, lane: Lane = Lane.QUERY) -> None:
        """Hold everybody: the service has answered 429.

        A bar request's 429 holds bar requests, any other holds both kinds. Pauses in a row grow,
        since one that sufficed would not have been followed by another.

        Args:
            seconds: What the service asked for, or what is assumed; ten minutes at most count.
            bars: Whether it was a bar request that was refused.
            lane: Whose request it was. Protection and cancelling heed none but their own refusals.
        """
        now = self._clock.monotonic_ns()
        seconds = min(seconds, LONGEST_PAUSE_S)
        for bucket in (Bucket.BARS,) if bars else tuple(Bucket):
            self._usage.pause(bucket, now + round(seconds * NS), now)
        if lane <= Lane.CANCEL:
            self._urgent_from_ns = now + round(min(seconds, PROBE_S) * NS)
        self._pauses[Bucket.BARS if bars else Bucket.REST] += 1
        self._warn("refused", Bucket.BARS if bars else Bucket.REST, round(seconds * NS))
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
            "waiting": sum(
                not waiter.turn.done() for queue in self._queues.values() for waiter in queue
            ),
        }

    def _serve(self) -> None:
        """Let go whoever can, in the order of lanes; set the timer for the next."""
        now = self._clock.monotonic_ns()
        blocked: dict[Bucket | None, int] = {}
        deadlines: list[int] = []
        for lane in Lane:
            heads = {bucket: self._queues[lane, bucket] for bucket in Bucket}
            while heads := {bucket: queue for bucket, queue in heads.items() if queue}:
                bucket = min(heads, key=lambda each: heads[each][0].number)
                waiter = heads[bucket][0]
                if waiter.turn.done():
                    heads[bucket].popleft()
                elif blocked.keys() & _windows(lane, bucket):
                    del heads[bucket]
                else:
                    wait, culprit = self._try(waiter, now)
                    if wait:
                        blocked[culprit] = wait
                    else:
                        heads[bucket].popleft()
                        waiter.turn.set_result(None)
            if lane <= Lane.ENTRY:
                deadlines += self._refuse_late(lane, blocked, now)
            self._refuse_paused(lane, blocked)
        self._warn_of(blocked)
        waits = [*blocked.values(), *(deadline - now for deadline in deadlines)]
        self._arm(min(waits) if waits else None)

    def _warn_of(self, blocked: dict[Bucket | None, int]) -> None:
        """Warn once when requests wait for long, until none does."""
        longest = max(blocked, key=lambda bucket: blocked[bucket], default=None)
        wait_ns = blocked.get(longest, 0)
        if wait_ns < WARN_NS:
            self._is_warned = self._is_warned and bool(blocked)
        elif not self._is_warned:
            self._is_warned = True
            self._warn("waiting", longest, wait_ns)

    def _warn(self, kind: str, bucket: Bucket | None, wait_ns: int) -> None:
        if bucket is None:
            used, limit = self._own[0].used(self._clock.monotonic_ns()), self._own[0].limit
        else:
            used = self._usage.used(bucket, self._clock.monotonic_ns())
            limit = BUDGETS[bucket][0]
        facts = {
            "kind": kind,
            "budget": "own" if bucket is None else bucket.name.lower(),
            "used": used,
            "limit": limit,
            "waiting": self.state()["waiting"],
            "wait_seconds": wait_ns / NS,
        }
        self.notices.tell("rate_limit_warning", facts)

    def _refuse_late(self, lane: Lane, blocked: dict[Bucket | None, int], now: int) -> list[int]:
        """Refuse who would leave too late, and return the deadlines of the others."""
        deadlines: list[int] = []
        for bucket in Bucket:
            wait = max((blocked.get(each, 0) for each in _windows(lane, bucket)), default=0)
            for waiter in self._queues[lane, bucket]:
                if waiter.deadline_ns is None or waiter.turn.done():
                    continue
                if max(now + wait, now + 1) > waiter.deadline_ns:
                    waiter.turn.set_exception(_too_late(lane, wait))
                else:
                    deadlines.append(waiter.deadline_ns)
        return deadlines

    def _refuse_paused(self, lane: Lane, blocked: dict[Bucket | None, int]) -> None:
        """Refuse who is patient with windows, but would have to be with a long pause."""
        for bucket in Bucket:
            wait = blocked.get(bucket, 0)
            if wait <= LONGEST_WINDOW_S * NS:
                continue
            for waiter in self._queues[lane, bucket]:
                if waiter.deadline_ns is None and not waiter.turn.done():
                    waiter.turn.set_exception(_paused(wait))

    def _try(self, waiter: _Waiter, now: int) -> tuple[int, Bucket | None]:
        """Enter a request and return 0, or the ns to wait and the bucket that has no room.

        None stands for the configuration's windows.
        """
        bucket = waiter.bucket
        urgent = waiter.lane <= Lane.CANCEL
        own = 0 if urgent else max(window.wait_ns(now) for window in self._own)
        if own:
            return own, None
        probe_ns = self._urgent_from_ns - now
        heed = not urgent or probe_ns > 0
        wait = self._usage.take(
            bucket, CEILINGS[bucket][waiter.lane], now, heed=heed, urgent=urgent
        )
        if not wait:
            for window in self._own:
                window.take(now)
        return min(wait, probe_ns) if urgent and heed else wait, bucket

    def _arm(self, wait_ns: int | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait_ns is not None:
            delay = (max(wait_ns, 0) + TURN_NS) / NS
            self._timer = asyncio.get_running_loop().call_later(delay, self._serve)


def _windows(lane: Lane, bucket: Bucket) -> set[Bucket | None]:
    """Return what a request needs room in; None stands for the configuration's windows."""
    return {bucket} if lane <= Lane.CANCEL else {bucket, None}


def _too_late(lane: Lane, wait_ns: int) -> BudgetRefusalError:
    return BudgetRefusalError(
        f"not sent: the request limit has no room for this {lane.name.lower()} request within "
        f"{LONGEST_WAIT_S[lane]:g} s (the next place is {wait_ns / NS:.1f} s away); nothing has "
        "left, so it may be tried again",
        response_data={"sent": False, "wait_s": wait_ns / NS},
    )


def _paused(wait_ns: int) -> BudgetRefusalError:
    return BudgetRefusalError(
        f"not sent: the gateway has asked for a pause, of which {wait_ns / NS:.0f} s are left; "
        "nothing has left, so it may be tried again then",
        response_data={"sent": False, "wait_s": wait_ns / NS},
    )


def _closed() -> ProjectXConnectionError:
    return ProjectXConnectionError(
        "the client is closed, so nothing was sent; make another one", sent=False
    )
