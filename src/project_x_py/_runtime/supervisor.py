"""The one owner of background tasks.

A task that nobody holds can vanish, and a task that nobody awaits can fail unseen. A
:class:`Supervisor` holds its tasks strongly until they end, and turns the failure of one into a
fault that the next call of the suite raises.

Invariants (``tests/runtime/test_supervisor.py``):

- a task that ends leaves nothing behind but a count;
- the first failure is kept and raised by every :meth:`Supervisor.raise_if_faulted`;
- after :meth:`Supervisor.aclose` no task is left but, at most, the one that called it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextvars import Context

__all__ = ["Supervisor", "SupervisorStats"]

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SupervisorStats:
    """How many tasks run, and how those that ended did so."""

    name: str
    active: int
    completed: int
    cancelled: int
    failed: int
    running: tuple[str, ...]
    """Names of the active tasks, in the order in which they were started."""


class Supervisor:
    """Starts tasks, keeps them alive, notices how they end.

    Can be made outside a running loop; :meth:`spawn` needs one.

    Args:
        name: Whose tasks these are; part of log lines and faults.
    """

    __slots__ = ("_cancelled", "_closed", "_completed", "_failed", "_fault", "_name", "_tasks")

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: dict[asyncio.Task[object], None] = {}  # ordered, unlike a set
        self._completed = 0
        self._cancelled = 0
        self._failed = 0
        self._fault: tuple[str, BaseException] | None = None
        self._closed = False

    def spawn(
        self, work: Coroutine[object, object, T], *, name: str, context: Context | None = None
    ) -> asyncio.Task[T]:
        """Start ``work`` as a task of the running loop.

        Args:
            work: The coroutine to run; closed unstarted when it cannot be.
            name: What the task is for, as shown in statistics, faults and deadlocks.
            context: Context variables it sees; a copy of the current ones when None.

        Raises:
            RuntimeError: No loop runs here, or the supervisor is closed.
        """
        if self._closed:
            work.close()
            raise RuntimeError(f"{self._name!r} is closed and starts no task {name!r}")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            work.close()
            raise RuntimeError(f"task {name!r} can only be started in a running loop") from None
        task = loop.create_task(work, name=name, context=context)
        self._tasks[task] = None
        task.add_done_callback(self._ended)
        return task

    @property
    def fault(self) -> BaseException | None:
        """The first failure of a task, None while all is well."""
        return None if self._fault is None else self._fault[1]

    def raise_if_faulted(self) -> None:
        """Raise when a task has failed.

        Raises:
            ProjectXError: Names the task; the failure is its cause.
        """
        if self._fault is not None:
            name, failure = self._fault
            raise ProjectXError(
                f"{self._name!r} is faulted: its task {name!r} failed with "
                f"{type(failure).__name__}: {failure}"
            ) from failure

    def stats(self) -> SupervisorStats:
        """Return counts of the tasks, and the names of the active ones."""
        running = tuple(task.get_name() for task in self._tasks)
        return SupervisorStats(
            self._name, len(running), self._completed, self._cancelled, self._failed, running
        )

    async def aclose(self, timeout_s: float = 5.0) -> None:
        """Cancel every task and wait until all have ended; start no more.

        Tasks that the cancelled ones start while they clean up are cancelled too. The task that
        calls this is neither cancelled nor waited for. Calling it again is harmless.

        Args:
            timeout_s: Seconds granted to the tasks; one that refuses to end is named in the log.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        asked: set[asyncio.Task[object]] = set()
        while others := [task for task in self._tasks if task is not asyncio.current_task()]:
            for task in others:
                if task not in asked:
                    task.cancel()
            asked.update(others)
            left = deadline - loop.time()
            if left <= 0:
                names = sorted(task.get_name() for task in others)
                logger.error("%s: tasks ignore their cancellation: %s", self._name, names)
                break
            await asyncio.wait(others, timeout=left)
        self._closed = True

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.pop(task, None)
        if task.cancelled():
            self._cancelled += 1
            return
        failure = task.exception()
        if failure is None:
            self._completed += 1
            return
        self._failed += 1
        if self._fault is None:
            self._fault = (task.get_name(), failure)
        logger.error("%s: task %r failed", self._name, task.get_name(), exc_info=failure)
