"""Tasks are held, counted, and their failures are not overlooked."""

from __future__ import annotations

import asyncio
import contextvars
import gc

import pytest
from tests.virtual import in_virtual_time

from project_x_py._runtime.supervisor import Supervisor
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.exceptions import ProjectXError


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def fail(message: str) -> None:
    raise LookupError(message)


@in_virtual_time
async def test_tasks_are_counted_and_forgotten() -> None:
    """Tasks that ended leave counts behind, and nothing else."""
    supervisor = Supervisor("suite")
    results = [await supervisor.spawn(asyncio.sleep(1, n), name=f"n{n}") for n in range(3)]
    waiting = supervisor.spawn(forever(), name="waits")
    waiting.cancel()
    await asyncio.wait([waiting])
    running = supervisor.spawn(forever(), name="runs")
    await asyncio.sleep(0)
    stats = supervisor.stats()
    assert results == [0, 1, 2]
    assert (stats.active, stats.completed, stats.cancelled, stats.failed) == (1, 3, 1, 0)
    assert stats.running == ("runs",)
    await supervisor.aclose()
    assert running.cancelled()


def test_tasks_survive_without_a_reference() -> None:
    """A task that nobody else holds runs to its end through a garbage collection."""

    async def main() -> list[str]:
        done: list[str] = []

        async def work() -> None:
            await asyncio.sleep(1)
            done.append("done")

        Supervisor("suite").spawn(work(), name="work")
        await asyncio.sleep(0)
        gc.collect()
        await asyncio.sleep(2)
        return done

    assert run_virtual(main()) == ["done"]


def test_the_first_failure_is_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    """A failed task is logged, kept, and raised by name, with its own error as the cause."""

    async def main() -> None:
        supervisor = Supervisor("suite")
        supervisor.raise_if_faulted()
        assert supervisor.fault is None
        for message in ("first", "second"):
            supervisor.spawn(fail(message), name=f"the {message}")
        await asyncio.sleep(1)
        for _ in range(2):
            with pytest.raises(ProjectXError, match=r"'suite'.*'the first'.*first") as caught:
                supervisor.raise_if_faulted()
            assert isinstance(caught.value.__cause__, LookupError)
        assert supervisor.fault is caught.value.__cause__
        assert supervisor.stats().failed == 2

    run_virtual(main())
    assert [record.exc_info is not None for record in caplog.records] == [True, True]


@in_virtual_time
async def test_who_awaits_a_failed_task_gets_the_error_too() -> None:
    """The failure reaches the one who waits for the task as well."""
    supervisor = Supervisor("suite")
    with pytest.raises(LookupError):
        await supervisor.spawn(fail("broken"), name="work")
    await asyncio.sleep(0)
    assert supervisor.fault is not None


@in_virtual_time
async def test_close_waits_for_clean_up_and_for_what_it_starts() -> None:
    """Closing ends tasks, tasks started by their clean-up, and starts no others."""
    supervisor = Supervisor("suite")
    ended: list[str] = []

    async def late() -> None:
        try:
            await forever()
        finally:
            ended.append("late")

    async def work() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(1)
            supervisor.spawn(late(), name="late")
            await asyncio.sleep(0)
            ended.append("work")

    supervisor.spawn(work(), name="work")
    await asyncio.sleep(0)
    await supervisor.aclose()
    assert ended == ["work", "late"]
    assert supervisor.stats().active == 0
    with pytest.raises(RuntimeError, match="closed and starts no task 'more'"):
        supervisor.spawn(forever(), name="more")
    await supervisor.aclose()


@in_virtual_time
async def test_close_from_an_own_task() -> None:
    """A task may close its supervisor: it is not cancelled, all others are."""
    supervisor = Supervisor("suite")
    other = supervisor.spawn(forever(), name="other")

    async def closes() -> str:
        await asyncio.sleep(0)
        await supervisor.aclose()
        await asyncio.sleep(1)
        return "closed"

    assert await supervisor.spawn(closes(), name="closes") == "closed"
    assert other.cancelled()


def test_close_gives_up_on_a_task_that_ignores_it(caplog: pytest.LogCaptureFixture) -> None:
    """A task that swallows its cancellation delays the close by no more than the timeout."""

    async def main() -> None:
        supervisor = Supervisor("suite")
        release = asyncio.Event()

        async def stubborn() -> None:
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue

        task = supervisor.spawn(stubborn(), name="stubborn")
        await asyncio.sleep(0)
        await supervisor.aclose(timeout_s=3)
        assert asyncio.get_running_loop().time() == 3
        release.set()
        await task

    run_virtual(main())
    assert "stubborn" in caplog.text


def test_spawn_needs_a_running_loop() -> None:
    """Outside a loop the refusal names the task, and the coroutine is not left over."""
    with pytest.raises(RuntimeError, match="'work' can only be started in a running loop"):
        Supervisor("suite").spawn(forever(), name="work")


def test_spawn_in_a_given_context() -> None:
    """A task sees the context variables it is given instead of the current ones."""
    colour: contextvars.ContextVar[str] = contextvars.ContextVar("colour", default="none")

    async def main() -> tuple[str, str]:
        async def look() -> str:
            return colour.get()

        supervisor = Supervisor("suite")
        before = contextvars.copy_context()
        colour.set("red")
        own = await supervisor.spawn(look(), name="own")
        given = await supervisor.spawn(look(), name="given", context=before)
        return own, given

    assert run_virtual(main()) == ("red", "none")
