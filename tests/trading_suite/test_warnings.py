"""What a suite announces of its session, its memory and its request budget."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py._core.submission import Lane
from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client._budget import CEILINGS, RequestBudget
from project_x_py.client._windows import Bucket
from project_x_py.config import ProjectXConfig
from project_x_py.simulator import faults
from project_x_py.trading_suite import _warnings
from project_x_py.trading_suite.config import TradingSuiteConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py import TradingSuite
    from project_x_py.event_bus import Event

OPEN = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
CLOSED = datetime(2026, 9, 5, 16, 0, tzinfo=UTC)
"""A Saturday."""


class Heard:
    """Keeps the data of one kind of event."""

    def __init__(self) -> None:
        self.data: list[dict[str, Any]] = []

    async def __call__(self, event: Event) -> None:
        self.data.append(event.data)


async def listening(suite: TradingSuite, kind: EventType) -> Heard:
    """A handler of that kind, registered."""
    heard = Heard()
    await suite.on(kind, heard)
    return heard


@in_virtual_time
async def test_the_session_is_announced_and_its_renewals_without_a_token() -> None:
    """Once when the suite connects, once more for each renewal, with a later end each time."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}, auto_connect=False) as (
        _,
        suite,
    ):
        heard = await listening(suite, EventType.AUTHENTICATED)
        await suite.connect()
        await asyncio.sleep(1)
        token = suite.client.get_session_token()
        assert await suite.client.validate_session()
        await asyncio.sleep(1)
        first, second = heard.data
        assert (first["how"], second["how"]) == ("login", "renewal")
        assert first["timestamp"] < second["timestamp"] < first["expires"] < second["expires"]
        assert first["account"] == suite.client.get_account_info().name
        assert first["simulated"] is True
        assert token not in str(heard.data)


def test_the_memory_limit_is_announced_once_until_it_was_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Above the limit once, silent near it, and again after it was nine tenths for a while."""
    used = [100.0]
    monkeypatch.setattr(_warnings, "resident_mb", lambda: used[0])

    async def run() -> None:
        async with simulated_suite("MNQ", gateway={"start": CLOSED}, memory_limit_mb=200) as (
            _,
            suite,
        ):
            heard = await listening(suite, EventType.MEMORY_WARNING)

            async def count_at(mb: float) -> int:
                used[0] = mb
                await asyncio.sleep(2 * _warnings.EVERY_S)
                return len(heard.data)

            assert await count_at(199) == 0
            assert await count_at(200) == 1
            assert await count_at(190) == 1
            assert await count_at(210) == 1
            assert await count_at(150) == 1
            assert await count_at(210) == 2
            told = heard.data[0]
            assert (told["used_mb"], told["limit_mb"], told["process_mb"]) == (200, 200, 200)
            assert told["components_mb"] == sum(told["components"].values()) > 0

    run_virtual(run())


def test_where_the_system_tells_nothing_the_parts_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a figure of the process, what the parts hold is compared."""
    monkeypatch.setattr(_warnings, "resident_mb", lambda: None)

    async def run() -> None:
        keywords = {"auto_connect": False, "memory_limit_mb": 0.001}
        async with simulated_suite("MNQ", gateway={"start": OPEN}, **keywords) as (_, suite):
            heard = await listening(suite, EventType.MEMORY_WARNING)
            await suite.connect()
            await asyncio.sleep(1)
            (told,) = heard.data
            assert told["process_mb"] is None
            assert told["used_mb"] == told["components_mb"] >= 0.001

    run_virtual(run())


@pytest.mark.parametrize(
    ("per_minute", "budget", "used", "limit"),
    [(1000, "rest", CEILINGS[Bucket.REST][Lane.QUERY], 200), (60, "own", 60, 60)],
)
def test_a_full_window_is_announced_once(
    per_minute: int, budget: str, used: int, limit: int
) -> None:
    """Who has to wait for longer than a second is told of, once until nobody waits."""
    told: list[Mapping[str, Any]] = []

    async def run() -> None:
        clock = VirtualClock(0)
        config = ProjectXConfig(requests_per_minute=per_minute, burst_limit=1000)
        windows = RequestBudget(config, clock)
        windows.notices.add(lambda name, facts: told.append({"name": name, **facts}))
        for minute in range(2):
            async with asyncio.TaskGroup() as tasks:
                for _ in range(used + 5):
                    tasks.create_task(windows.acquire())
            assert len(told) == minute + 1
            await asyncio.sleep(120)
        first = told[0]
        assert (first["name"], first["kind"]) == ("rate_limit_warning", "waiting")
        assert (first["budget"], first["used"], first["limit"]) == (budget, used, limit)
        assert first["waiting"] >= 1
        assert 1 <= first["wait_seconds"] <= 60

    run_virtual(run())


@in_virtual_time
async def test_a_refused_request_is_announced() -> None:
    """429 is told of with the seconds for which nothing is sent."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (gateway, suite):
        heard = await listening(suite, EventType.RATE_LIMIT_WARNING)
        gateway.faults.apply(faults.Refuse(status=429, retry_after="3"))
        await suite.client.list_accounts()
        await asyncio.sleep(1)
        assert [one["kind"] for one in heard.data] == ["refused"]
        assert (heard.data[0]["budget"], heard.data[0]["wait_seconds"]) == ("rest", 3.0)


@pytest.mark.parametrize("limit", [0, -1, float("inf"), float("nan")])
def test_a_limit_that_makes_no_sense_is_refused(limit: float) -> None:
    """The memory limit is a number above zero."""
    with pytest.raises(ValueError, match="memory_limit_mb"):
        TradingSuiteConfig("MNQ", memory_limit_mb=limit)
