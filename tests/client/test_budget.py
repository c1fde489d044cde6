"""The request budget: windows, lanes, reserve, refusals and pauses."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtual import in_virtual_time

from project_x_py._core.submission import Lane
from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.together import together
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client._budget import CEILINGS, LONGEST_WAIT_S, BudgetRefusalError, RequestBudget
from project_x_py.client._lease import SharedUsage
from project_x_py.client._windows import BUDGETS, Bucket, Window
from project_x_py.config import ProjectXConfig
from project_x_py.exceptions import ProjectXConnectionError

NS = 1_000_000_000
OPEN = {"requests_per_minute": 10_000, "burst_limit": 10_000}


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


async def _sent_at(budget: RequestBudget, lane: Lane, *, bars: bool = False) -> float:
    await budget.acquire(lane, bars=bars)
    return asyncio.get_running_loop().time()


def _sent(config: ProjectXConfig, count: int, *, bars: bool) -> list[float]:
    async def main() -> list[float]:
        budget = RequestBudget(config, VirtualClock(0))
        began = asyncio.get_running_loop().time()
        times = await together(_sent_at(budget, Lane.QUERY, bars=bars) for _ in range(count))
        return sorted(time - began for time in times)

    return run_virtual(main())


@pytest.mark.checklist(165)
def test_the_configuration_limits_bursts_and_minutes() -> None:
    """Parallel callers share the configured places: ten a second, sixty a minute."""
    times = _sent(ProjectXConfig(), 61, bars=False)
    assert times[9] == 0 < times[10]
    assert times[59] < 60 <= times[60]


def test_bar_requests_have_the_services_own_window() -> None:
    """With a generous configuration the service's 50 bar requests in 30 s still hold."""
    times = _sent(ProjectXConfig(**OPEN), 51, bars=True)
    assert times[49] == 0
    assert times[50] >= 30


@pytest.mark.parametrize("lane", list(Lane))
def test_a_lane_leaves_room_above_its_ceiling(lane: Lane) -> None:
    """Each lane stops at its ceiling, and a fifth of the window is protection's and cancelling's.

    Whoever comes first below a ceiling goes at once.
    """

    async def main() -> list[float]:
        budget = RequestBudget(ProjectXConfig(**OPEN), VirtualClock(0))
        return sorted(await together(_sent_at(budget, lane) for _ in range(201)))

    times = run_virtual(main())
    ceiling = CEILINGS[Bucket.REST][lane]
    assert times[ceiling - 1] == 0
    assert times[ceiling] >= 60
    if lane > Lane.CANCEL:
        assert ceiling <= 0.8 * BUDGETS[Bucket.REST][0]


def test_protection_leaves_at_once_behind_a_flood_of_queries() -> None:
    """With a thousand queries waiting a stop leaves within 50 ms, whenever it comes."""

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        budget = RequestBudget(ProjectXConfig(), VirtualClock(0))
        waits: list[float] = []
        async with asyncio.TaskGroup() as group:
            flood = [group.create_task(budget.acquire(Lane.QUERY)) for _ in range(1000)]
            for _ in range(30):
                await asyncio.sleep(3.7)
                asked = loop.time()
                await budget.acquire(Lane.PROTECTIVE, patient=False)
                await budget.acquire(Lane.CANCEL, patient=False)
                waits.append(loop.time() - asked)
            for task in flood:
                task.cancel()
        return waits

    assert max(run_virtual(main())) <= 0.05


def test_the_configuration_never_delays_protection() -> None:
    """One request a minute for everybody else, and stops and cancels go as they come."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        config = ProjectXConfig(requests_per_minute=1, burst_limit=1)
        budget = RequestBudget(config, VirtualClock(0))
        began = loop.time()
        for lane in (Lane.QUERY, Lane.PROTECTIVE, Lane.CANCEL, Lane.PROTECTIVE):
            await budget.acquire(lane)
        return loop.time() - began

    assert run_virtual(main()) == 0


def test_higher_lanes_go_first() -> None:
    """Among those that wait, an entry goes before a reconcile, that before a query, then backfill.

    Within a lane they go as they came.
    """

    async def main() -> list[tuple[Lane, int]]:
        config = ProjectXConfig(requests_per_minute=1000, burst_limit=1)
        budget = RequestBudget(config, VirtualClock(0))
        order: list[tuple[Lane, int]] = []

        async def one(lane: Lane, number: int) -> None:
            await budget.acquire(lane)
            order.append((lane, number))

        await budget.acquire(Lane.QUERY)
        lanes = [Lane.BACKFILL, Lane.QUERY, Lane.RECONCILE, Lane.ENTRY]
        await together(one(lane, number) for number in range(2) for lane in lanes)
        return order

    order = run_virtual(main())
    assert order == sorted(order)


def test_bars_that_wait_do_not_hold_up_other_queries() -> None:
    """A full bar window is no reason for another request to wait."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        budget = RequestBudget(ProjectXConfig(**OPEN), VirtualClock(0))
        async with asyncio.TaskGroup() as group:
            bars = [group.create_task(budget.acquire(Lane.QUERY, bars=True)) for _ in range(60)]
            await asyncio.sleep(0)
            await budget.acquire(Lane.BACKFILL)
            waited = loop.time()
            for task in bars:
                task.cancel()
        return waited

    assert run_virtual(main()) == 0


def test_an_entry_is_refused_rather_than_sent_late() -> None:
    """With no room within two seconds an entry is refused at once, provably unsent."""

    async def main() -> tuple[float, BudgetRefusalError, int]:
        loop = asyncio.get_running_loop()
        config = ProjectXConfig(requests_per_minute=5, burst_limit=5)
        budget = RequestBudget(config, VirtualClock(0))
        for _ in range(5):
            await budget.acquire(Lane.QUERY)
        before = budget.state()["rest_window_used"]
        with pytest.raises(BudgetRefusalError) as caught:
            await budget.acquire(Lane.ENTRY, patient=False)
        assert budget.state()["rest_window_used"] == before
        return loop.time(), caught.value, budget.state()["waiting"]

    asked, error, waiting = run_virtual(main())
    assert asked == 0
    assert error.response_data["sent"] is False
    assert "nothing has left" in str(error)
    assert waiting == 0


def test_an_entry_waits_no_longer_than_its_age() -> None:
    """An entry that others overtake is refused when it has become too old."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        budget = RequestBudget(ProjectXConfig(burst_limit=1), VirtualClock(0))

        async def entries() -> None:
            while True:
                await budget.acquire(Lane.ENTRY)

        async with asyncio.TaskGroup() as group:
            others = [group.create_task(entries()) for _ in range(6)]
            await asyncio.sleep(0)
            asked = loop.time()
            with contextlib.suppress(BudgetRefusalError):
                await budget.acquire(Lane.ENTRY, patient=False)
            waited = loop.time() - asked
            for task in others:
                task.cancel()
        return waited

    assert run_virtual(main()) <= LONGEST_WAIT_S[Lane.ENTRY] + 0.001


def test_a_cancelled_waiter_is_forgotten() -> None:
    """Who gives up while waiting costs the next one no turn."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        config = ProjectXConfig(requests_per_minute=1000, burst_limit=1)
        budget = RequestBudget(config, VirtualClock(0))
        await budget.acquire()
        async with asyncio.TaskGroup() as group:
            first = group.create_task(budget.acquire())
            second = group.create_task(budget.acquire())
            await asyncio.sleep(0.5)
            first.cancel()
            await second
        assert budget.state()["waiting"] == 0
        return loop.time()

    assert 1 <= run_virtual(main()) < 1.01


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


def test_a_pause_of_bars_holds_bars_only() -> None:
    """The service counts bars apart, so their 429 says nothing of anything else."""

    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        budget = RequestBudget(ProjectXConfig(), VirtualClock(0))
        budget.pause(5, bars=True)
        await budget.acquire()
        other = loop.time()
        await budget.acquire(bars=True)
        return other, loop.time()

    other, bars = run_virtual(main())
    assert other == 0
    assert bars >= 5


@pytest.mark.parametrize(("refused", "held_s"), [(Lane.QUERY, 0), (Lane.CANCEL, 1)])
def test_a_pause_holds_protection_only_after_its_own_refusal(refused: Lane, held_s: int) -> None:
    """The service is paused for a minute: a stop goes at once, or a second after one like it."""

    async def main() -> float:
        budget = RequestBudget(ProjectXConfig(), VirtualClock(0))
        budget.pause(60, lane=refused)
        await budget.acquire(Lane.PROTECTIVE, patient=False)
        return asyncio.get_running_loop().time()

    assert held_s <= run_virtual(main()) < held_s + 0.01


@pytest.mark.parametrize("shared", [False, True])
@in_virtual_time
async def test_a_long_pause_is_an_error_not_a_call_that_hangs(shared: bool, tmp_path: Path) -> None:
    """Who waits and who comes is told at once; after ten minutes a day's pause is asked about."""
    loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
    usage = SharedUsage(tmp_path / "lease.json") if shared else None
    budget = RequestBudget(ProjectXConfig(burst_limit=1), VirtualClock(0), usage)
    await budget.acquire()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(_refused(budget))
        await asyncio.sleep(0.1)
        budget.pause(86_400)
    error = waiting.result()
    assert error.response_data["sent"] is False
    assert error.response_data["wait_s"] == pytest.approx(600, abs=1)
    await _refused(budget, bars=True)
    assert loop.time() - began < 1.1
    await asyncio.sleep(550)
    await budget.acquire()
    assert 600 <= loop.time() - began < 602


async def _refused(budget: RequestBudget, *, bars: bool = False) -> BudgetRefusalError:
    with pytest.raises(BudgetRefusalError, match="pause") as caught:
        await budget.acquire(bars=bars)
    return caught.value


def test_pauses_in_a_row_are_counted() -> None:
    """An answer that is no 429 begins the count anew."""

    async def main() -> list[int]:
        budget = RequestBudget(ProjectXConfig(), VirtualClock(0))
        counts = []
        for act in (budget.pause, budget.pause, None, budget.pause):
            if act is None:
                budget.succeeded()
            else:
                act(1)
            counts.append(budget.pauses_in_a_row())
        return counts

    assert run_virtual(main()) == [1, 2, 0, 1]


@in_virtual_time
async def test_closing_tells_those_who_wait() -> None:
    """Who waits when the client closes learns that nothing was sent; who comes later, too."""
    budget = RequestBudget(ProjectXConfig(burst_limit=1), VirtualClock(0))
    await budget.acquire()

    async def waits() -> None:
        with pytest.raises(ProjectXConnectionError, match="closed") as caught:
            await budget.acquire()
        assert not caught.value.sent

    async with asyncio.TaskGroup() as group:
        group.create_task(waits())
        await asyncio.sleep(0)
        budget.close()
    await waits()
