"""What a manager finds again in its next run."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py._runtime.journal import Journal
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.client import ProjectX
from project_x_py.event_bus import EventBus
from project_x_py.order_manager import OrderManager
from project_x_py.order_manager._memos import Memos
from project_x_py.simulator import SimulatedGateway


@in_virtual_time
async def test_the_newest_of_a_name_is_found(tmp_path: Path) -> None:
    """What was dropped is not, and what JSON cannot hold never was."""
    journal, tasks = Journal(tmp_path / "orders.sqlite", threaded=False), Supervisor("test")
    journal.open()
    memos = Memos(journal, 1, tasks)
    memos.keep("a", "x", 1)
    memos.keep("a", "x", [2])
    memos.keep("a", "y", 3)
    memos.drop("a", "y")
    memos.keep("a", "z", object())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert memos.found("a") == {"x": b"[2]"}
    journal.close()
    memos.keep("a", "late", 4)
    await asyncio.sleep(0)
    await tasks.aclose()
    tasks.raise_if_faulted()
    nowhere = Memos(None, 1, tasks)
    nowhere.keep("a", "x", 1)
    nowhere.drop("a", "x")
    assert nowhere.found("a") == {}


@in_virtual_time
async def test_tracked_orders_outlive_their_program(tmp_path: Path) -> None:
    """With their kind and what was kept with them; what was let go of is not tracked again."""
    async with (
        SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway,
        ProjectX(**login(gateway)) as client,
    ):
        await client.authenticate()
        price = (await client.get_bars("MNQ", days=1, interval=1))["close"][-1]
        seen = []
        for run in range(2):
            journal = Journal(tmp_path / "orders.sqlite", threaded=False)
            orders = OrderManager(client, EventBus(), journal=journal)
            assert await orders.initialize()
            if not run:
                placed = [
                    (await orders.place_limit_order("MNQ", 0, 1, price - 300 - n)).orderId
                    for n in range(3)
                ]
                for number in placed:
                    await orders.track_order_for_position("MNQ", number, "target", meta={"n": 1})
                orders.untrack_order(placed[0])
                await orders.cancel_order(placed[1])
                await asyncio.sleep(15)
            for number in placed:
                status = await orders.get_tracked_order_status(number)
                assert status is not None
                seen.append((status["position_order"], status["meta"]))
            await orders.cleanup()
    assert seen == [(None, {}), (None, {}), ("target", {"n": 1})] * 2
