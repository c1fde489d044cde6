"""Several components asked together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.statistics.samples import part

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.statistics import BaseStatisticsTracker, StatisticsAggregator

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from project_x_py._core.component import ComponentStatistics


class Ready:
    """Tells a snapshot, as the parts of a suite do."""

    def __init__(self, told: ComponentStatistics) -> None:
        self.told = told

    def statistics(self) -> ComponentStatistics:
        return self.told


class Mapped:
    """Tells a mapping, awaited or not."""

    async def get_statistics(self) -> dict[str, Any]:
        return {"status": "active", "error_count": 2, "rows": 7}

    def get_health_score(self) -> float:
        return 80.0


class Stuck(Mapped):
    """Never answers."""

    async def get_statistics(self) -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}


class Broken(Mapped):
    """Fails."""

    async def get_statistics(self) -> dict[str, Any]:
        raise ZeroDivisionError("no such thing")


def run(work: Coroutine[Any, Any, None]) -> None:
    run_virtual(work)


def test_every_form_of_component_is_asked() -> None:
    """Snapshots, trackers and components with mappings are told side by side."""

    async def main() -> None:
        own = BaseStatisticsTracker("own", clock=VirtualClock(0))
        await own.set_status("active")
        aggregator = StatisticsAggregator(clock=VirtualClock(0))
        await aggregator.register_component("realtime", Ready(part("x", user_connected=1)))
        await aggregator.register_component("mapped", Mapped())
        await aggregator.register_component("own", own)
        assert await aggregator.get_component_count() == 3
        stats = await aggregator.get_suite_stats()
        assert list(stats["components"]) == ["realtime", "mapped", "own"]
        assert stats["components"]["mapped"]["performance_metrics"] == {"error_count": 2, "rows": 7}
        assert (stats["total_errors"], stats["user_hub_connected"]) == (2, True)
        assert (stats["connected"], stats.get("health_score")) == (False, 0.0)
        everything = await aggregator.get_comprehensive_stats()
        assert everything["health"]["component_scores"]["mapped"] == 80.0

    run(main())


def test_who_is_late_or_fails_delays_nobody() -> None:
    """After the time-out both are errors with health 0, and the others are told."""

    async def main() -> None:
        aggregator = StatisticsAggregator(component_timeout=1.0, clock=VirtualClock(0))
        for name, one in (("stuck", Stuck()), ("broken", Broken()), ("well", Mapped())):
            await aggregator.register_component(name, one)
        began = asyncio.get_running_loop().time()
        told = await aggregator.collect()
        assert asyncio.get_running_loop().time() - began == pytest.approx(1.0)
        assert told.component_health() == {"stuck": 0.0, "broken": 0.0, "well": 80.0}
        assert told.components["stuck"].status == "error"
        assert await aggregator.get_error_count() == 2
        texts = [error["message"] for error in await aggregator.get_recent_errors()]
        assert texts == ["no answer in 1.0 s", "no such thing"]

    run(main())


def test_an_answer_is_kept_for_its_time() -> None:
    """It is given again until ``cache_ttl``, a refresh, or another registration."""

    async def main() -> None:
        one = Ready(part("a", rows=1))
        aggregator = StatisticsAggregator(cache_ttl=5, clock=VirtualClock(0))
        await aggregator.register_component("a", one)

        async def rows(force_refresh: bool = False) -> object:
            stats = await aggregator.aggregate_stats(force_refresh)
            return stats["components"]["a"].get("performance_metrics")

        assert await rows() == {"rows": 1}
        one.told = part("a", rows=2)
        assert await rows() == {"rows": 1}
        assert await rows(force_refresh=True) == {"rows": 2}
        one.told = part("a", rows=3)
        await asyncio.sleep(5)
        assert await rows() == {"rows": 3}
        one.told = part("a", rows=4)
        await aggregator.cleanup_cache()
        assert await rows() == {"rows": 4}
        await aggregator.unregister_component("a")
        await aggregator.unregister_component("a")
        assert (await aggregator.get_suite_stats())["components"] == {}
        await aggregator.register_component("a", one)
        assert await aggregator.get_registered_components() == ["a"]
        await aggregator.clear_all_components()
        assert await aggregator.get_registered_components() == []

    run(main())


def test_what_cannot_be_asked_is_refused() -> None:
    """The message says what is missing; a time-out of nothing is refused as well."""

    async def main() -> None:
        aggregator = StatisticsAggregator(clock=VirtualClock(0))
        with pytest.raises(TypeError, match="object has neither statistics"):
            await aggregator.register_component("x", object())

    run(main())
    with pytest.raises(ValueError, match="above 0 s"):
        StatisticsAggregator(component_timeout=0)
