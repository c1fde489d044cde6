"""Whoever is killed comes back over real sockets: one order, and still protected."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.processes import LIMIT_S, PROJECTX
from tests.suites import login

from project_x_py._core.records import OrderUpdate
from project_x_py._core.submission import OrderSearch
from project_x_py._runtime.clock import ReplayClock, SystemClock
from project_x_py._runtime.endpoints import REPLAY_CLOCK_VARIABLE
from project_x_py._runtime.journal import Journal
from project_x_py.client import ProjectX
from project_x_py.event_bus import EventBus
from project_x_py.models import ProjectXConfig
from project_x_py.order_manager import OrderManager
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.simulator import SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


@asynccontextmanager
async def gateway_process(folder: Path, port: int) -> AsyncIterator[dict[str, str]]:
    """A gateway in a process of its own, which is killed at the end."""
    command = [*PROJECTX, "gateway", "--instruments", "MNQ", "--start", OPEN.isoformat()]
    child = await asyncio.create_subprocess_exec(
        *command, "--port", str(port), "--state", str(folder), stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            said = await child.stdout.readline()
        yield json.loads(said)
    finally:
        child.kill()
        await child.wait()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_killed_gateway_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One client lives through it: the same orders, no duplicate, and the stop still protects."""
    folder, port = tmp_path / "state", free_port()
    started_ns = SystemClock().wall_ns()
    # A program of another process keeps the gateway's time as its runner hands it over.
    held = ReplayClock(round(OPEN.timestamp() * 1e9), started_ns, 1.0)
    monkeypatch.setenv(REPLAY_CLOCK_VARIABLE, held.dumps())
    journal = Journal(tmp_path / "orders.sqlite")
    async with gateway_process(folder, port) as ready:
        config = config_of(ready)
        client = ProjectX(ready["username"], ready["api_key"], config=config)
        await client.authenticate()
        orders = OrderManager(client, EventBus(), journal=journal)
        realtime = ProjectXRealtimeClient(
            client.get_session_token(), str(orders.account_id), config=config
        )
        realtime.token_factory = client.fresh_token
        assert await realtime.connect()
        assert await realtime.subscribe_user_updates()
        assert await orders.initialize(realtime)
        price = (await client.get_bars("MNQ", days=1, interval=1))["close"][-1]
        placed = await orders.place_bracket_order(
            "MNQ", 0, 1, price, price - 500, price + 500, "market"
        )
        assert placed.success, placed.error_message
        async with asyncio.timeout(LIMIT_S):
            # The exchange wakes the legs a moment after the fill.
            before = await rows(client)
            while [row.status for row in before] != [2, 1, 1]:
                await asyncio.sleep(0.05)
                before = await rows(client)
    try:
        async with gateway_process(folder, port) as again:
            assert again == ready
            async with asyncio.timeout(LIMIT_S):
                while not realtime.is_connected():
                    await asyncio.sleep(0.1)
            assert await rows(client) == before
            assert [order.type for order in before] == [2, 4, 1]
            assert (await orders.get_health_status())["unprotected"] == {}
            resting = await orders.place_limit_order("MNQ", 0, 1, price - 300)
            assert resting.orderId > max(order.id for order in before)
            await orders.close_position("MNQ")
            async with asyncio.timeout(LIMIT_S):
                while orders.get_memory_stats()["guarded_entries"]:
                    await asyncio.sleep(0.1)
            assert [o.id for o in await orders.search_open_orders()] == [resting.orderId]
            assert len(await rows(client)) == len(before) + 2
    finally:
        await orders.cleanup()
        await realtime.cleanup()
        await client.aclose()


@pytest.mark.long
async def test_both_are_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program and the gateway at once: the next two find one entry, guarded by its legs."""
    folder, port, journal = tmp_path / "state", free_port(), tmp_path / "orders.sqlite"
    held = ReplayClock(round(OPEN.timestamp() * 1e9), SystemClock().wall_ns(), 1.0)
    monkeypatch.setenv(REPLAY_CLOCK_VARIABLE, held.dumps())
    async with gateway_process(folder, port) as ready:
        config = config_of(ready)
        urls = {
            "PROJECTX_API_URL": config.api_url,
            "PROJECTX_REALTIME_URL": config.realtime_url,
            "PROJECTX_USER_HUB_URL": config.user_hub_url,
            "PROJECTX_MARKET_HUB_URL": config.market_hub_url,
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            *(ready["username"], ready["api_key"], str(journal)),
            stdout=subprocess.PIPE,
            env={**os.environ, **urls},
        )
        assert child.stdout is not None
        try:
            async with asyncio.timeout(LIMIT_S):
                said = (await child.stdout.readline()).decode()
            assert said.startswith("placed True"), said
        finally:
            child.kill()
    await child.wait()
    async with (
        gateway_process(folder, port),
        ProjectX(ready["username"], ready["api_key"], config=config) as client,
    ):
        await client.authenticate()
        orders = OrderManager(client, EventBus(), journal=Journal(journal))
        try:
            assert await orders.initialize()
            assert [row.type for row in await rows(client)] == [2, 4, 1]
            assert orders.get_memory_stats()["guarded_entries"] == 1
            assert (await orders.get_health_status())["unprotected"] == {}
        finally:
            await orders.cleanup()


def config_of(ready: dict[str, str]) -> ProjectXConfig:
    """What leads to a gateway that has said where it is."""
    return ProjectXConfig(
        api_url=ready["api_url"],
        realtime_url=ready["api_url"],
        user_hub_url=ready["user_hub_url"],
        market_hub_url=ready["market_hub_url"],
    )


async def rows(client: ProjectX) -> list[OrderUpdate]:
    """Every order of the account as the gateway has it, but for times and the prices of legs.

    The manager moves legs from the distance that they came at to where they were asked for, and may
    be at it when the gateway dies.
    """
    search = OrderSearch(account_id=client.get_account_info().id)
    listed = await client.order_queries().orders(search)
    found = sorted(listed.rows, key=lambda row: row.id)
    leave_out = {"recv_ns": 0, "updated_ns": None, "stop": None, "limit": None}
    return [msgspec.structs.replace(row, **leave_out) for row in found]
