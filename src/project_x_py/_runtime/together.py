"""Waiting for work: several coroutines at once, the first of several tries, or a task that goes on
without its waiter.

Invariants (``tests/runtime/test_together.py``): when :func:`together` returns or raises, none of
its coroutines is running, the first failure being the caller's; a caller that was cancelled always
learns of it; a waiter that nobody cancelled never looks cancelled, neither because the task it
waited for was nor because others failed; a try that has no answer is never waited for alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

__all__ = ["both", "hedged", "outlived", "together"]

T = TypeVar("T")
U = TypeVar("U")


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


async def both(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Run two coroutines of different results in parallel, as :func:`together` does."""
    work: list[Coroutine[Any, Any, T | U]] = [first, second]
    results = await together(work)
    return cast("T", results[0]), cast("U", results[1])


async def hedged(make: Callable[[], Coroutine[Any, Any, T]], every_s: float, most: int) -> T:
    """Return how the first of several tries ends, of which none is waited for alone.

    What a network has swallowed is not given back when it works again, and only what is sent anew
    finds out that it does. The first try is never given up for others, since the other side may
    only be slow; of the later ones it is the oldest when there are too many.

    Args:
        make: Begins a try.
        every_s: After so long without an answer another try begins beside the others.
        most: Tries at a time.

    Raises:
        BaseException: That of the try that ended first.
    """
    loop = asyncio.get_running_loop()
    tries: list[asyncio.Task[T]] = []
    given_up: list[asyncio.Task[T]] = []
    try:
        while True:
            if len(tries) >= most:
                given_up.append(tries.pop(1))
                given_up[-1].cancel()
            tries.append(loop.create_task(make()))
            ended, _ = await asyncio.wait(
                tries, timeout=every_s, return_when=asyncio.FIRST_COMPLETED
            )
            if ended:
                well = [one for one in ended if not one.cancelled() and one.exception() is None]
                return (well or list(ended))[0].result()
    finally:
        given_up += tries
        for one in given_up:
            one.cancel()
        await asyncio.wait(given_up)
        for one in given_up:
            if not one.cancelled():
                one.exception()


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
