"""Virtual time: it jumps, it is the same every time, and a deadlock is an error."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import DeadlockError, VirtualLoop, run_virtual

DAY = 86_400.0


def virtual_loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


def test_time_jumps_to_the_timer() -> None:
    """A year of sleep ends at exactly its end, without waiting."""

    async def main() -> float:
        await asyncio.sleep(365 * DAY)
        return virtual_loop().time()

    assert run_virtual(main(), start=5.0) == 365 * DAY + 5


@given(
    delays=st.lists(st.floats(min_value=0, max_value=1e7), max_size=20),
    start=st.floats(min_value=0, max_value=2e9),
)
def test_timers_fire_in_order_of_time_then_of_making(delays: list[float], start: float) -> None:
    """Timers fire in order, at their time, from any start."""

    async def main() -> list[tuple[int, float]]:
        fired: list[tuple[int, float]] = []
        loop = virtual_loop()
        for number, delay in enumerate(delays):
            loop.call_at(start + delay, lambda n=number: fired.append((n, loop.time())))
        await asyncio.sleep(2e7)
        return fired

    fired = run_virtual(main(), start=start)
    expected = sorted(range(len(delays)), key=lambda number: start + delays[number])
    times = [start + delays[number] for number, _ in fired]
    assert times == [start + delays[number] for number in expected]
    assert all(at == pytest.approx(start + delays[number]) for number, at in fired)


def test_equal_times_keep_their_order() -> None:
    """Sleepers that end at one time go on in the order in which they began."""

    async def main() -> list[int]:
        woken: list[int] = []

        async def sleeper(number: int) -> None:
            await asyncio.sleep(1)
            woken.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(sleeper(number))
        return woken

    assert run_virtual(main()) == list(range(50))


def test_no_time_passes_while_something_is_ready() -> None:
    """A task that keeps the loop busy does not let a timer come nearer."""

    async def main() -> float:
        for _ in range(1_000):
            await asyncio.sleep(0)
        return virtual_loop().time()

    assert run_virtual(main()) == 0.0


def test_deadlock_names_the_tasks_and_where_they_wait() -> None:
    """When nothing can happen any more, the error says who waits and in which function."""

    async def wait_for_godot() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(wait_for_godot(), name="vladimir")

    with pytest.raises(DeadlockError, match=r"vladimir \(.*wait_for_godot, line \d+\)"):
        run_virtual(main())


def test_work_in_an_executor_takes_no_virtual_time() -> None:
    """A timer set before the thread began does not fire until the thread has answered."""

    async def main() -> list[str]:
        order: list[str] = []
        loop = virtual_loop()
        timer = loop.call_later(1e-6, order.append, "timer")
        gate = threading.Event()
        loop.call_soon(gate.set)
        assert await asyncio.to_thread(gate.wait, 10)
        order.append("thread")
        await asyncio.sleep(1)
        assert timer.when() < loop.time()
        return order

    assert run_virtual(main()) == ["thread", "timer"]


def test_call_from_another_thread_is_honoured() -> None:
    """What a thread hands in while its work is announced arrives, however late, in no time."""

    async def main() -> tuple[str, float]:
        loop = virtual_loop()
        answer: asyncio.Future[str] = loop.create_future()
        may_answer = threading.Event()

        def work() -> None:
            may_answer.wait(10)
            loop.call_soon_threadsafe(answer.set_result, "done")
            loop.release()

        loop.hold()
        thread = threading.Thread(target=work)
        thread.start()
        loop.call_later(3, loop.stop)
        may_answer.set()
        result = await answer
        thread.join()
        return result, loop.time()

    assert run_virtual(main()) == ("done", 0.0)


def test_release_after_the_loop_has_closed_is_harmless() -> None:
    """A thread that ends late may still say so."""
    loops: list[VirtualLoop] = []

    async def main() -> None:
        loops.append(virtual_loop())
        loops[0].hold()

    run_virtual(main())
    loops[0].release()
    assert loops[0].is_closed()


def test_work_that_never_ends_outside_is_a_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work announced and never delivered ends in an error, not in a hang."""
    monkeypatch.setattr("project_x_py._runtime.virtual_loop.LONGEST_OUTSIDE_S", 0.01)

    async def main() -> None:
        virtual_loop().hold()
        await asyncio.sleep(1)

    with pytest.raises(DeadlockError, match="outside"):
        run_virtual(main())


def test_failure_and_leftovers_are_cleaned_up() -> None:
    """The failure of the work is raised, and tasks it left are cancelled."""
    ended: list[str] = []

    async def straggler() -> None:
        try:
            await asyncio.sleep(DAY)
        finally:
            ended.append("straggler")

    async def main() -> None:
        with contextlib.ExitStack() as stack:
            task = asyncio.get_running_loop().create_task(straggler())
            stack.callback(str, task)
            await asyncio.sleep(0)
            raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        run_virtual(main())
    assert ended == ["straggler"]


def test_timeouts_and_clock_follow_virtual_time() -> None:
    """asyncio.timeout and VirtualClock agree with the loop."""

    async def main() -> int:
        clock = VirtualClock(1_000)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await asyncio.get_running_loop().create_future()
        await clock.sleep_until(4_000_001_000)
        return clock.now_ns()

    assert run_virtual(main()) == 4_000_001_000
