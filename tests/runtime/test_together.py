"""Coroutines run at once, none of which outlives the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from project_x_py._runtime.together import outlived, together


async def test_the_results_come_in_the_order_given() -> None:
    """The first result is the first coroutine's, although it ends last."""
    released = asyncio.Event()

    async def first() -> str:
        await released.wait()
        return "first"

    async def second() -> str:
        released.set()
        return "second"

    assert await together([first(), second()]) == ["first", "second"]


async def test_the_first_failure_ends_the_others_and_is_raised_as_it_is() -> None:
    """A failure is not wrapped in a group, and the other coroutine has ended by then."""
    ended: list[str] = []

    async def fail() -> None:
        raise KeyError("contract")

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("wait")

    with pytest.raises(KeyError, match="contract"):
        await together([wait(), fail()])
    assert ended == ["wait"]


async def test_nothing_to_do_is_no_mistake() -> None:
    """No coroutine, no result."""
    assert await together([]) == []


def test_a_waiter_that_nobody_cancelled_never_looks_cancelled(virtual: Callable[..., Any]) -> None:
    """A task that is cut off is an error to those who wait for it; one that ends is its result."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        never = loop.create_task(asyncio.sleep(60))
        loop.call_later(1, never.cancel)
        with pytest.raises(ConnectionError, match="cut off"):
            await outlived(never, lambda: ConnectionError("cut off"))
        done = loop.create_task(asyncio.sleep(1, 7))
        assert await outlived(done, ValueError) == 7

    virtual(run())


def test_a_task_goes_on_without_its_waiter(virtual: Callable[..., Any]) -> None:
    """Cancelling the waiter passes through and leaves the task alone."""

    async def run() -> None:
        work = asyncio.get_running_loop().create_task(asyncio.sleep(2, 7))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await outlived(work, ValueError)
        assert await work == 7

    virtual(run())
