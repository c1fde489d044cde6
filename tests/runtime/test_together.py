"""Coroutines run at once, none of which outlives the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from project_x_py._runtime.together import both, hedged, outlived, together


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


async def test_two_of_different_kinds_keep_their_places() -> None:
    """Each result comes where its coroutine stood, and a failure of either is raised."""

    async def text() -> str:
        await asyncio.sleep(0)
        return "text"

    async def number() -> int:
        return 7

    async def fail() -> int:
        raise KeyError("contract")

    assert await both(text(), number()) == ("text", 7)
    with pytest.raises(KeyError, match="contract"):
        await both(text(), fail())


async def test_nothing_to_do_is_no_mistake() -> None:
    """No coroutine, no result."""
    assert await together([]) == []


async def test_a_failure_leaves_nothing_of_a_cancellation_behind() -> None:
    """The caller of what failed is not counted as cancelled, so its time-outs end as such."""

    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("contract")

    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.0):
            with pytest.raises(KeyError):
                await together([fail(), asyncio.Event().wait()])
            assert not task.cancelling()
            await asyncio.Event().wait()


async def test_a_cancellation_is_told_whatever_else_goes_wrong() -> None:
    """A caller that is cancelled learns of it, also when a coroutine fails as it is given up."""
    ended: list[str] = []

    async def fail_late() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("late")
            raise KeyError("contract")

    caller = asyncio.get_running_loop().create_task(together([fail_late()]))
    await asyncio.sleep(0)
    for _ in range(2):
        caller.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({caller})
    assert caller.cancelled()
    assert ended == ["late"]


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


def test_no_try_is_waited_for_alone(virtual: Callable[..., Any]) -> None:
    """Others begin beside it, at most so many; the first is kept, and the first end decides."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        begun: list[float] = []
        ended: list[int] = []

        def make(*durations: float | None) -> Callable[[], Coroutine[Any, Any, int]]:
            async def one() -> int:
                number = len(begun)
                begun.append(loop.time())
                duration = durations[min(number, len(durations) - 1)]
                try:
                    await (asyncio.sleep(duration) if duration else asyncio.Event().wait())
                finally:
                    ended.append(number)
                return number

            begun.clear()
            ended.clear()
            return one

        began = loop.time()
        assert await hedged(make(None, None, None, 0.5), 2.0, 4) == 3
        assert [at - began for at in begun] == [0.0, 2.0, 4.0, 6.0]
        assert loop.time() - began == 6.5
        assert sorted(ended) == [0, 1, 2, 3]
        assert await hedged(make(9.0, None), 2.0, 3) == 0
        assert len(begun) == 5
        assert ended[:2] == [1, 2]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100.0):
                await hedged(make(None), 2.0, 4)
        assert len(ended) == len(begun) == 50
        assert len(asyncio.all_tasks()) == 1

    virtual(run())


def test_a_try_that_fails_is_how_all_of_them_end(virtual: Callable[..., Any]) -> None:
    """The failure is raised as it is, and nothing of the others is left."""

    async def run() -> None:
        durations = iter((60.0, 0.5))

        async def fails() -> None:
            await asyncio.sleep(next(durations))
            raise KeyError("refused")

        with pytest.raises(KeyError, match="refused"):
            await hedged(fails, 1.0, 2)
        assert len(asyncio.all_tasks()) == 1

    virtual(run())
