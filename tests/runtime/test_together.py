"""Coroutines run at once, none of which outlives the call."""

from __future__ import annotations

import asyncio

import pytest

from project_x_py._runtime.together import together


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
