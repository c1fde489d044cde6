"""Waiting for work: several coroutines at once, or a task that goes on without its waiter.

Invariants (``tests/runtime/test_together.py``): when :func:`together` returns or raises, none of
its coroutines is running, the first failure being the caller's; a caller that was cancelled always
learns of it; a waiter that nobody cancelled never looks cancelled, neither because the task it
waited for was nor because others failed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

__all__ = ["outlived", "together"]

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines in parallel and return their results in order.

    A task group would do, but for two habits of it that end in tasks which die or live on for no
    reason to be seen: after a failure it leaves its task counted as cancelled, and a cancellation
    that meets a failure is gone.

    Raises:
        BaseException: The first failure, as it was raised; the others are cancelled and awaited.
    """
    loop = asyncio.get_running_loop()
    failures: list[BaseException] = []

    def note(task: asyncio.Task[T]) -> None:
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            failures.append(failure)

    tasks = [loop.create_task(coroutine) for coroutine in work]
    for task in tasks:
        task.add_done_callback(note)
    cancelled: asyncio.CancelledError | None = None
    given_up = False
    while running := {task for task in tasks if not task.done()}:
        try:
            await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
        except asyncio.CancelledError as exc:
            cancelled = exc
        if not given_up and (cancelled is not None or failures):
            given_up = True
            for task in running:
                task.cancel()
    if cancelled is not None:
        raise cancelled
    if failures:
        raise failures[0]
    return [task.result() for task in tasks]


async def outlived(task: asyncio.Task[T], gone: Callable[[], Exception]) -> T:
    """Return the result of a task that goes on when its waiter is cancelled.

    Args:
        task: Somebody else's.
        gone: Makes what is raised when the task itself was cancelled.

    Raises:
        Exception: The task's own, or what ``gone`` makes.
    """
    await asyncio.wait({task})
    if task.cancelled():
        raise gone()
    return task.result()
