"""A program that is killed comes back over real sockets: one order, and still protected."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.processes import LIMIT_S
from tests.suites import login

from project_x_py._runtime.journal import Journal
from project_x_py.client import ProjectX
from project_x_py.event_bus import EventBus
from project_x_py.order_manager import OrderManager
from project_x_py.simulator import SimulatedGateway

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)

PROGRAM = """
import asyncio, sys
from pathlib import Path
from project_x_py.config import load_default_config
from project_x_py._runtime.journal import Journal
from project_x_py.client import ProjectX
from project_x_py.event_bus import EventBus
from project_x_py.order_manager import OrderManager

async def main(user, key, journal):
    async with ProjectX(user, key, config=load_default_config()) as client:
        await client.authenticate()
        orders = OrderManager(client, EventBus(), journal=Journal(Path(journal)))
        await orders.initialize()
        bars = await client.get_bars("MNQ", days=1, interval=1)
        price = bars["close"][-1]
        placed = await orders.place_bracket_order(
            "MNQ", 0, 1, price, price - 500, price + 500, "market"
        )
        print("placed", placed.success, placed.entry_order_id, flush=True)
        await asyncio.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
async def test_a_killed_program_is_taken_over(tmp_path: Path) -> None:
    """The next run knows the entry, guards it, and cancels the legs once the position is closed."""
    journal = tmp_path / "orders.sqlite"
    async with SimulatedGateway(start=OPEN, instruments=("MNQ",)) as gateway:
        user = gateway.ready()
        arguments = (user["username"], user["api_key"], str(journal))
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            *map(str, arguments),
            stdout=subprocess.PIPE,
            env={**os.environ, **gateway.environment()},
        )
        assert child.stdout is not None
        try:
            async with asyncio.timeout(LIMIT_S):
                said = (await child.stdout.readline()).decode()
            assert said.startswith("placed True"), said
        finally:
            child.send_signal(signal.SIGKILL)
            await child.wait()
        async with ProjectX(**login(gateway)) as client:
            await client.authenticate()
            orders = OrderManager(client, EventBus(), journal=Journal(journal))
            try:
                assert await orders.initialize()
                assert orders.get_memory_stats()["guarded_entries"] == 1
                assert (await orders.get_health_status())["unprotected"] == {}
                assert sorted(o.type for o in await orders.search_open_orders()) == [1, 4]
                assert len(await orders.search_orders()) == 3
                await orders.close_position("MNQ")
                async with asyncio.timeout(LIMIT_S):
                    while orders.get_memory_stats()["guarded_entries"]:
                        await asyncio.sleep(0.1)
                assert await orders.search_open_orders() == []
            finally:
                await orders.cleanup()
