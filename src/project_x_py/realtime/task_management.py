"""The documented base that accounts for tasks; behaviour is in ``_tasks``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py.realtime._tasks import TaskLedger

__all__ = ["TaskManagerMixin"]


class TaskManagerMixin:
    """Counts of the tasks an object runs."""

    __slots__ = ()

    _tasks: TaskLedger

    def get_task_stats(self) -> dict[str, Any]:
        """Return counts of the tasks.

        Returns:
            ``total_tasks`` ever started; ``pending_tasks`` running now; ``completed_tasks``,
            ``cancelled_tasks``, ``failed_tasks`` that ended so; ``persistent_tasks``, those of
            the pending that last as long as a connection or a callback.
        """
        return self._tasks.stats()
