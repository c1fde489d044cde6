"""The rate limiter, on virtual time."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._runtime.limiter import RateLimiter
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.exceptions import InvalidFieldError

EARLY = 1e-9
"""Timers may fire this much early by the rounding of one addition."""


@given(
    limit=st.integers(1, 5),
    window=st.sampled_from([0.5, 1.0, 60.0]),
    arrivals=st.lists(st.floats(0, 200), min_size=1, max_size=40),
)
def test_no_window_holds_more_than_the_limit(
    limit: int, window: float, arrivals: list[float]
) -> None:
    """However calls arrive, the one that comes ``limit`` later comes a whole window later."""

    async def run() -> list[float]:
        limiter = RateLimiter(limit, window)
        loop = asyncio.get_running_loop()
        passed: list[float] = []

        async def call(at: float) -> None:
            await asyncio.sleep(at)
            await limiter.acquire()
            passed.append(loop.time())

        async with asyncio.TaskGroup() as group:
            for at in arrivals:
                group.create_task(call(at))
        return passed

    passed = run_virtual(run())
    assert len(passed) == len(arrivals)
    for early, late in zip(passed, passed[limit:], strict=False):
        assert late - early >= window - EARLY


def test_calls_within_the_limit_do_not_wait() -> None:
    """The first calls pass at once, the next waits for the first to leave the window."""

    async def run() -> tuple[float, float]:
        limiter = RateLimiter(2, 10.0)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await limiter.acquire()
        await asyncio.sleep(4)
        await limiter.acquire()
        second = loop.time() - start
        await limiter.acquire()
        return second, loop.time() - start

    assert run_virtual(run()) == (4.0, pytest.approx(10.0))


def test_waiters_are_served_in_order() -> None:
    """Who came first passes first, also past one who gives up, which costs nobody a turn."""

    async def run() -> list[tuple[str, float]]:
        limiter = RateLimiter(1, 1.0)
        loop = asyncio.get_running_loop()
        start = loop.time()
        order: list[tuple[str, float]] = []

        async def call(name: str) -> None:
            await limiter.acquire()
            order.append((name, round(loop.time() - start, 6)))

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call(name)) for name in "abcd"]
            await asyncio.sleep(0.5)
            tasks[1].cancel()
        return order

    assert run_virtual(run()) == [("a", 0.0), ("c", 1.0), ("d", 2.0)]


def test_a_turn_that_was_granted_and_not_used_is_free_again() -> None:
    """Cancelled in the very moment of its turn, a call leaves its place to the next."""

    async def run() -> float:
        limiter = RateLimiter(1, 1.0)
        loop = asyncio.get_running_loop()
        await limiter.acquire()
        start = loop.time()
        task = asyncio.create_task(limiter.acquire())
        await asyncio.sleep(0)
        loop.call_at(start + 1.0, task.cancel)
        await asyncio.wait([task])
        await limiter.acquire()
        return loop.time() - start

    assert run_virtual(run()) == pytest.approx(1.0)


def test_a_limiter_outlives_its_loop() -> None:
    """Waiters that ended with one loop do not hold up another."""
    limiter = RateLimiter(1, 0.5)

    async def give_up() -> None:
        await limiter.acquire()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await limiter.acquire()

    run_virtual(give_up())
    run_virtual(limiter.acquire())


@pytest.mark.parametrize(("limit", "window"), [(0, 1.0), (1, 0.0), (1, -1.0), (1, float("inf"))])
def test_impossible_limits_are_refused(limit: int, window: float) -> None:
    """A limiter lets something pass, in some time."""
    with pytest.raises(InvalidFieldError):
        RateLimiter(limit, window)
