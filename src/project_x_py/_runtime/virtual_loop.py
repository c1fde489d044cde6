"""An event loop whose time jumps to the next timer when there is nothing else to do.

Hours of timers run in the time their callbacks take, in the same order every time. What happens
outside the loop (a thread, an executor) takes no virtual time: while such work is in flight, time
stands still. A loop that can never go on again, because nothing is ready, no timer is set and
nothing is in flight, raises :class:`DeadlockError` instead of hanging.

There is no virtual network: a socket that is not ready when the loop looks counts as silent. Use
an in-memory transport.

Invariants (``tests/runtime/test_virtual_loop.py``): timers fire in the order of their times and,
at one time, of their making; ``loop.time()`` is then the time of the timer, but for the rounding of
one addition; no time passes while there is something to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import math
import selectors
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Executor
    from contextvars import Context
    from typing import TypeVarTuple, Unpack

    Ts = TypeVarTuple("Ts")

__all__ = ["DeadlockError", "VirtualLoop", "run_virtual"]

T = TypeVar("T")

LONGEST_OUTSIDE_S = 60.0
"""Real seconds that work outside the loop may take before it is taken for hung."""

ASKED_EVERY = 64
"""Turns of a loop without sockets after which the system is asked, be it for a signal."""


class DeadlockError(RuntimeError):
    """Every task waits for something that cannot happen; the message names the tasks."""


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of sleeping until the next timer, asks its loop what to do.

    Where nothing but the loop's own wake-up is registered, as in memory, the system is asked only
    now and then: threads put their callbacks straight into the loop.
    """

    def __init__(self) -> None:
        super().__init__()
        self.idle: Callable[[float | None], bool] | None = None
        self._turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._turns += 1
        asks = len(self.get_map()) > 1 or self._turns % ASKED_EVERY == 0
        ready = super().select(0) if asks else []
        if ready or self.idle is None or (timeout is not None and timeout <= 0):
            return ready
        given_up = time.monotonic() + LONGEST_OUTSIDE_S
        while self.idle(timeout) and not ready:
            if time.monotonic() > given_up:
                raise DeadlockError(f"work outside the loop took more than {LONGEST_OUTSIDE_S} s")
            ready = super().select(LONGEST_OUTSIDE_S)
        return ready


_is_earlier = float.__lt__


class _Moment(float):
    """The time of a timer; of two equal ones, that of the timer made first is the earlier.

    On a real loop no two timers are made at one time, so programs take that order for granted.
    """

    __slots__ = ("_number",)
    _number: int

    def __new__(cls, when: float, number: int) -> _Moment:
        moment = super().__new__(cls, when)
        moment._number = number
        return moment

    def __lt__(self, other: float) -> bool:
        if self == other:
            return isinstance(other, _Moment) and self._number < other._number
        return _is_earlier(self, other)

    __hash__ = float.__hash__


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with virtual time.

    Args:
        start: What ``loop.time()`` is at first, in seconds.
    """

    def __init__(self, start: float = 0.0) -> None:
        selector = _JumpingSelector()
        super().__init__(selector)
        self._outside = 0
        self._timers = 0
        self._set_time(start)
        selector.idle = self._idle

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._virtual_time

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call ``callback`` at ``when``, after all that was put there before."""
        self._timers += 1
        return super().call_at(_Moment(when, self._timers), callback, *args, context=context)

    def hold(self) -> None:
        """Hold time still while something outside the loop is at work for it.

        Called in the thread of the loop, when the work is handed out.
        """
        self._outside += 1

    def release(self) -> None:
        """End one :meth:`hold`; may be called from any thread, and after the loop was closed.

        Whoever did the work hands the outcome in first, by ``call_soon_threadsafe``.
        """
        with contextlib.suppress(RuntimeError):
            self.call_soon_threadsafe(self._released)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run ``func`` in a thread or process; no virtual time passes meanwhile."""
        self.hold()
        try:
            future = super().run_in_executor(executor, func, *args)
        except BaseException:
            self.release()
            raise
        future.add_done_callback(lambda _: self.release())
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for the threads of the default executor; no virtual time passes meanwhile."""
        self.hold()
        try:
            await super().shutdown_default_executor()
        finally:
            self.release()

    def _released(self) -> None:
        self._outside -= 1

    def _idle(self, timeout: float | None) -> bool:
        """Answer whether to wait for work outside; else let time jump by ``timeout``."""
        if self._outside:
            return True
        if timeout is None:
            raise DeadlockError(self._describe())
        self._set_time(self._virtual_time + timeout)
        return False

    def _set_time(self, value: float) -> None:
        self._virtual_time = value
        # Timers up to one resolution ahead are due, so it has to be more than the rounding of a
        # sum of floats, or a timer just missed would spin forever.
        self._clock_resolution = max(1e-9, 2 * math.ulp(value))

    def _describe(self) -> str:
        tasks = sorted(
            (task for task in asyncio.all_tasks(self) if not task.done()),
            key=lambda task: task.get_name(),
        )
        waiting = ", ".join(f"{task.get_name()} ({_where(task)})" for task in tasks)
        return (
            f"at {self._virtual_time:.9f} s nothing is ready and no timer is set; "
            f"waiting: {waiting or 'no task'}"
        )


def run_virtual(work: Coroutine[object, object, T], *, start: float = 0.0) -> T:
    """Run a coroutine to its end in virtual time and return its result.

    Args:
        work: The coroutine.
        start: What ``loop.time()`` is at first, in seconds.

    Raises:
        DeadlockError: It waits for something that cannot happen.
    """
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(start)) as runner:
        return runner.run(work)


def _where(task: asyncio.Task[object]) -> str:
    """Return the innermost function in which a suspended task waits, with its line."""
    place = "not started"
    step: object = task.get_coro()
    while inspect.iscoroutine(step) and step.cr_frame is not None:
        place = f"{step.cr_code.co_qualname}, line {step.cr_frame.f_lineno}"
        step = step.cr_await
    return place
