"""Figures are measured."""

from __future__ import annotations

import asyncio
import inspect
import re

from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py.order_manager.figures import FiguresMixin
from project_x_py.simulator import faults


def keys(name: str) -> set[str]:
    """The keys that a docstring lists."""
    text = inspect.getdoc(getattr(FiguresMixin, name)) or ""
    listed = re.search(r"[Kk]eys:? (.*?)\.(\s|$)", text, re.DOTALL)
    assert listed is not None
    return set(re.findall(r"[a-z_]+", re.sub(r"\(.*?\)", "", listed[1], flags=re.DOTALL))) - {"and"}


@in_virtual_time
async def test_the_keys_are_those_of_the_docstrings() -> None:
    """Each documented dictionary has exactly what its docstring names."""
    async with managed() as (_, desk):
        orders = desk.orders
        assert set(await orders.get_health_status()) == keys("get_health_status")
        for name in (
            "get_memory_stats",
            "get_recovery_statistics",
            "get_circuit_breaker_status",
            "get_task_monitoring_stats",
        ):
            assert set(getattr(orders, name)()) == keys(name), name
        stats = await orders.get_stats()
        assert (stats["name"], stats["status"], stats["error_count"]) == (
            "order_manager",
            "active",
            0,
        )


@in_virtual_time
async def test_health_says_what_is_not_known() -> None:
    """Sound at first; while reads fail it says so, and afterwards no more."""
    async with managed(hub=False) as (gateway, desk):
        orders = desk.orders
        await asyncio.sleep(3)
        health = await orders.get_health_status()
        assert (health["status"], health["issues"], health["realtime"]) == ("active", [], False)
        assert await orders.get_uptime() == 3
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/place"))
        gateway.faults.apply(faults.Refuse(route="/api/Order/v2/query", status=503, times=10_000))
        asking = asyncio.ensure_future(orders.place_limit_order("MNQ", 0, 1, desk.price - 50))
        await asyncio.sleep(5)
        assert await orders.get_status() == "uncertain"
        assert await orders.get_health_score() < 100
        gateway.faults.requests.clear()
        assert (await asking).success
        assert await orders.get_health_score() == 100
        assert orders.get_recovery_statistics()["outstanding"] == 0
        assert await orders.get_memory_usage() > 0
        await orders.cleanup()
        assert await orders.get_status() == "stopped"
