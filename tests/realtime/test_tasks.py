"""The tasks of one client: counted once, ended together, forgotten."""

from __future__ import annotations

import asyncio

import pytest
from tests.realtime.peer import MNQ, Peer
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXError
from project_x_py.realtime._tasks import TaskLedger

KEYS = {
    "total_tasks",
    "pending_tasks",
    "completed_tasks",
    "cancelled_tasks",
    "failed_tasks",
    "persistent_tasks",
}


async def never() -> None:
    await asyncio.Event().wait()


async def nothing() -> None:
    """End at once."""


async def fails() -> None:
    raise KeyError("a defect")


@pytest.mark.checklist(46, 48)
@in_virtual_time
async def test_every_task_is_counted_once() -> None:
    """Two hubs have four tasks each, the watch over the feeds has one, and so has a callback.

    Each connection has a passing task more, and so have the end of each socket, a connect, and a
    disconnect.
    """
    peer = Peer()
    client = peer.client()
    assert set(client.get_task_stats()) == KEYS
    assert not any(client.get_task_stats().values())
    await client.add_callback("quote_update", lambda event: None)
    assert await client.connect()
    peer.emit("market", "GatewayQuote", MNQ, {"volume": 1})
    await asyncio.sleep(1)
    mine = {asyncio.current_task()}
    stats = client.get_task_stats()
    assert stats["pending_tasks"] == stats["persistent_tasks"] == 10
    assert len(asyncio.all_tasks() - mine) == 10
    await client.disconnect()
    stats = client.get_task_stats()
    assert stats["pending_tasks"] == 1
    assert stats["failed_tasks"] == 0
    await client.cleanup()
    stats = client.get_task_stats()
    assert stats["pending_tasks"] == 0
    assert asyncio.all_tasks() == mine
    ended = stats["completed_tasks"] + stats["cancelled_tasks"] + stats["failed_tasks"]
    assert stats["total_tasks"] == ended == 15
    assert await client.connect()
    assert client.get_task_stats()["total_tasks"] == 25
    await client.cleanup()


@pytest.mark.checklist(47, 51)
@in_virtual_time
async def test_tasks_that_end_leave_a_count_only() -> None:
    """Ten thousand short tasks and a thousand reconnects leave no task behind."""
    ledger = TaskLedger()
    for number in range(100):
        for _ in range(100):
            ledger.spawn(nothing(), name=f"short-{number}")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert ledger.stats()["completed_tasks"] == 10_000
    assert ledger.stats()["pending_tasks"] == 0
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    for _ in range(1000):
        peer.hub("user").cut("gone")
        await asyncio.sleep(0.001)
        while not client.is_connected():
            await asyncio.sleep(0.5)
    assert client.get_task_stats()["pending_tasks"] == 9
    assert len(peer.sockets) == 2
    await client.cleanup()


@pytest.mark.checklist(49)
@in_virtual_time
async def test_a_failed_task_is_counted_logged_and_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The failure is raised by the next call, and still after the ledger was closed."""
    ledger = TaskLedger()
    ledger.spawn(fails(), name="broken")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert ledger.stats()["failed_tasks"] == 1
    assert "broken" in caplog.text
    for _ in range(2):
        with pytest.raises(ProjectXError, match="a defect"):
            ledger.raise_if_faulted()
        await ledger.aclose()
    assert ledger.stats()["failed_tasks"] == 1


@pytest.mark.checklist(50)
@in_virtual_time
async def test_a_clean_up_has_a_bound() -> None:
    """Tasks are cancelled; one that refuses to end is named in the log after the time granted."""
    ledger = TaskLedger()
    ledger.spawn(never(), name="patient")

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(7)
                return
            except asyncio.CancelledError:
                continue

    task = ledger.spawn(stubborn(), name="stubborn")
    await asyncio.sleep(0)
    began = asyncio.get_running_loop().time()
    await ledger.aclose(timeout_s=2.0)
    assert asyncio.get_running_loop().time() - began == pytest.approx(2.0)
    assert ledger.stats()["cancelled_tasks"] == 1
    await task
