"""The tasks of one client, over as many connections as it makes.

Invariant (``tests/realtime/test_tasks.py``): counts add up over clean-ups, and a task that ended
leaves nothing but its count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._runtime.supervisor import Supervisor

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

__all__ = ["PASSING", "TaskLedger"]

NAME = "realtime"

PASSING = "passing-"
"""Begins the names of tasks that end by themselves."""


class TaskLedger:
    """A supervisor that can be closed and used again."""

    __slots__ = ("_cancelled", "_completed", "_failed", "_fault", "_supervisor")

    def __init__(self) -> None:
        self._supervisor = Supervisor(NAME)
        self._completed = self._cancelled = self._failed = 0
        self._fault: Supervisor | None = None

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Start ``work`` as a task of the client."""
        return self._supervisor.spawn(work, name=name)

    def raise_if_faulted(self) -> None:
        """Raise when a task has failed, also before the last clean-up.

        Raises:
            ProjectXError: Names the task; the failure is its cause.
        """
        (self._fault or self._supervisor).raise_if_faulted()

    def stats(self) -> dict[str, Any]:
        """Return counts of the client's tasks.

        Returns:
            ``total_tasks`` ever started; ``pending_tasks`` running now; ``completed_tasks``,
            ``cancelled_tasks`` and ``failed_tasks`` that ended so; ``persistent_tasks``, those of
            the pending that last as long as a connection or a callback.
        """
        stats = self._supervisor.stats()
        completed = self._completed + stats.completed
        cancelled = self._cancelled + stats.cancelled
        failed = self._failed + stats.failed
        return {
            "total_tasks": stats.active + completed + cancelled + failed,
            "pending_tasks": stats.active,
            "completed_tasks": completed,
            "cancelled_tasks": cancelled,
            "failed_tasks": failed,
            "persistent_tasks": sum(not name.startswith(PASSING) for name in stats.running),
        }

    async def aclose(self, timeout_s: float = 5.0) -> None:
        """Cancel and await every task; the ledger can be used again afterwards.

        Args:
            timeout_s: Seconds granted to the tasks.
        """
        closing = self._supervisor
        self._supervisor = Supervisor(NAME)
        await closing.aclose(timeout_s)
        stats = closing.stats()
        self._completed += stats.completed
        self._cancelled += stats.cancelled
        self._failed += stats.failed
        if closing.fault is not None and self._fault is None:
            self._fault = closing
