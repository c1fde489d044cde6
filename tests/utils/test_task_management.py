"""Tasks of a script."""

from __future__ import annotations

import asyncio
import gc

import pytest

from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.utils.task_management import (
    AsyncContextManager,
    TaskManagerMixin,
    create_fire_and_forget_task,
)


async def forever(begun: asyncio.Event | None = None) -> None:
    """Wait for what never comes."""
    if begun is not None:
        begun.set()
    await asyncio.get_running_loop().create_future()


async def test_leaving_the_block_leaves_no_task() -> None:
    """Tasks run while the block does, and are counted before and after."""
    begun = asyncio.Event()
    async with AsyncContextManager() as tasks:
        task = tasks.spawn(forever(begun), name="watch")
        await begun.wait()
        assert tasks.get_task_stats()["pending_tasks"] == 1
    assert task.cancelled()
    assert tasks.get_task_stats() == {
        "total_tasks": 1,
        "pending_tasks": 0,
        "completed_tasks": 0,
        "cancelled_tasks": 1,
        "failed_tasks": 0,
        "persistent_tasks": 0,
    }
    assert issubclass(ProjectXRealtimeClient, TaskManagerMixin)


async def test_a_task_nobody_holds_ends_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    """It is held until it ends; a failure is logged, and told to the handler if there is one."""
    told: list[BaseException] = []
    gate = asyncio.Event()

    async def fail() -> None:
        await gate.wait()
        raise RuntimeError("broken")

    def heard(error: BaseException) -> None:
        told.append(error)

    waiting = asyncio.get_running_loop().create_future()
    create_fire_and_forget_task(fail(), "first", heard)
    second = create_fire_and_forget_task(fail(), error_handler=waiting.set_result)
    cancelled = create_fire_and_forget_task(forever(), error_handler=heard)
    gc.collect()
    cancelled.cancel()
    gate.set()
    assert isinstance(await waiting, RuntimeError)
    assert [str(one) for one in told] == ["broken"]
    assert second.get_name() == "unnamed"
    assert len([one for one in caplog.records if "failed" in one.message]) == 2
