"""The request budget never lets a window overrun."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.together import together
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client._budget import RequestBudget, Window
from project_x_py.config import ProjectXConfig

NS = 1_000_000_000


@given(
    limit=st.integers(1, 5),
    gaps=st.lists(st.integers(0, 3 * NS), min_size=1, max_size=60),
)
def test_a_window_never_holds_more_than_its_limit(limit: int, gaps: list[int]) -> None:
    """However requests arrive, any span of the window holds at most the limit."""
    window, now, sent = Window(limit, 2.0), 0, []
    for gap in gaps:
        now += gap
        now += window.wait_ns(now)
        window.take(now)
        sent.append(now)
    for index in range(limit, len(sent)):
        assert sent[index] - sent[index - limit] >= 2 * NS


def _sent(config: ProjectXConfig, count: int, *, bars: bool) -> list[float]:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        budget = RequestBudget(config, VirtualClock(0))
        began = loop.time()

        async def one() -> float:
            await budget.acquire(bars=bars)
            return loop.time() - began

        return sorted(await together(one() for _ in range(count)))

    return run_virtual(main())


@pytest.mark.checklist(165)
def test_the_configuration_limits_bursts_and_minutes() -> None:
    """Parallel callers share the configured places: ten a second, sixty a minute."""
    times = _sent(ProjectXConfig(), 61, bars=False)
    assert times[9] == 0 < times[10]
    assert times[59] < 60 <= times[60]


def test_bar_requests_have_the_services_own_window() -> None:
    """With a generous configuration the service's 50 bar requests in 30 s still hold."""
    config = ProjectXConfig(requests_per_minute=1000, burst_limit=1000)
    times = _sent(config, 51, bars=True)
    assert times[49] == 0
    assert times[50] >= 30


def test_a_pause_holds_everybody() -> None:
    """A 429 of one request pauses all of them."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        budget = RequestBudget(ProjectXConfig(), VirtualClock(0))
        budget.pause(5)
        began = loop.time()
        await together([budget.acquire(), budget.acquire(bars=True)])
        return loop.time() - began

    assert run_virtual(main()) >= 5
