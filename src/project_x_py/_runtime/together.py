"""Waiting for work: several coroutines at once, or a task that goes on without its waiter.

Invariants (``tests/runtime/test_together.py``): when :func:`together` returns or raises, none of
its coroutines is running, the first failure being the caller's; a waiter that nobody cancelled
never looks cancelled because the task it waited for was.
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

    Raises:
        BaseException: The first failure, as it was raised; the others are cancelled and awaited.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
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
