"""Background tasks of a script: owned, counted, and never lost.

Invariants (``tests/utils/test_task_management.py``): a task is held until it ends; leaving an
:class:`AsyncContextManager` leaves no task; a failure that nobody handles is logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._runtime.supervisor import Supervisor
from project_x_py.realtime._tasks import TaskLedger
from project_x_py.realtime.task_management import TaskManagerMixin

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from types import TracebackType
    from typing import Self

__all__ = ["AsyncContextManager", "TaskManagerMixin", "create_fire_and_forget_task"]

_UNOWNED = Supervisor("fire-and-forget")


class AsyncContextManager(TaskManagerMixin):
    """Owns tasks while a block runs::

        async with AsyncContextManager() as tasks:
            tasks.spawn(watch(), name="watch")

    Leaving the block cancels what still runs, and waits for its end. Derive from it to give an
    object of your own such tasks.
    """

    def __init__(self) -> None:
        self._tasks = TaskLedger()

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Start ``work`` as a task.

        Args:
            work: The coroutine to run.
            name: What it is for, as shown in log lines.

        Raises:
            RuntimeError: No loop runs here.
        """
        return self._tasks.spawn(work, name=name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self._tasks.aclose()


def create_fire_and_forget_task(
    coro: Coroutine[Any, Any, Any],
    name: str | None = None,
    error_handler: Callable[[BaseException], Any] | None = None,
) -> asyncio.Task[Any]:
    """Start a coroutine as a task that nobody has to hold or await.

    It is held until it ends. A failure is logged with its traceback.

    Args:
        coro: The coroutine to run.
        name: What it is for, as shown in log lines.
        error_handler: Called with the exception when it fails.

    Raises:
        RuntimeError: No loop runs here.
    """
    task = _UNOWNED.spawn(coro, name=name or "unnamed")
    if error_handler is not None:
        handler = error_handler

        def tell(ended: asyncio.Task[Any]) -> None:
            if not ended.cancelled() and (failure := ended.exception()) is not None:
                handler(failure)

        task.add_done_callback(tell)
    return task
