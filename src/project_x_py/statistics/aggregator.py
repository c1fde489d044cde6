"""Statistics of several components, asked together; one that does not answer delays nobody.

A :class:`TradingSuite` asks its own parts by itself. An aggregator is for more than that: parts of
a program of one's own, or of several suites.

Invariants (``tests/statistics/test_aggregator.py``): a component that is late or fails is told of
with status ``error`` and health 0; an answer is not older than ``cache_ttl``.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from project_x_py._core.component import ComponentStatistics, snapshot_of
from project_x_py._core.time import NS, format_iso
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.statistics.base import BaseStatisticsTracker
from project_x_py.statistics.snapshot import SuiteFacts, SuiteStatistics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from project_x_py._ports import Clock
    from project_x_py.types.stats_types import (
        ComponentStats,
        ComprehensiveStats,
        TradingSuiteStats,
    )

__all__ = ["ComponentProtocol", "Snapshots", "StatisticsAggregator"]


@runtime_checkable
class Snapshots(Protocol):
    """A component that tells everything at once, as all parts of a suite do."""

    def statistics(self) -> ComponentStatistics: ...


@runtime_checkable
class ComponentProtocol(Protocol):
    """A component of one's own that tells a mapping and a score, at once or awaited."""

    def get_statistics(self) -> Mapping[str, Any] | Awaitable[Mapping[str, Any]]: ...

    def get_health_score(self) -> float | Awaitable[float]: ...


@runtime_checkable
class _Documented(Protocol):
    def get_stats(self) -> Mapping[str, Any] | Awaitable[Mapping[str, Any]]: ...

    def get_health_score(self) -> float | Awaitable[float]: ...


class StatisticsAggregator(BaseStatisticsTracker):
    """Asks the components that are registered with it.

    Args:
        cache_ttl: For how many seconds an answer is given again.
        component_timeout: How many seconds a component has to answer.
        facts: What is aggregated; the suite's when it is one.
        clock: Wall and monotonic time; the system's when left out.

    Raises:
        ValueError: A time is below zero.
    """

    def __init__(
        self,
        cache_ttl: float = 5.0,
        component_timeout: float = 1.0,
        *,
        facts: SuiteFacts | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__("statistics_aggregator", cache_ttl=cache_ttl, clock=clock)
        if component_timeout <= 0:
            raise ValueError(f"component_timeout is above 0 s, not {component_timeout}")
        self.component_timeout = component_timeout
        self._facts = facts
        self._components: dict[str, object] = {}
        self._kept: tuple[int, SuiteStatistics] | None = None
        self._began_ns = self._clock.monotonic_ns()
        self._began_at = format_iso(self._clock.wall_ns())
        self._figures.tallies.show_status("active")

    async def register_component(self, name: str, component: object) -> None:
        """Ask a component from now on; another one of that name is replaced.

        Args:
            name: Under which it is told.
            component: Has ``statistics()``, or ``get_health_score()`` and one of ``get_stats()``
                and ``get_statistics()``.

        Raises:
            TypeError: It cannot be asked.
        """
        if not isinstance(component, Snapshots | ComponentProtocol | _Documented):
            raise TypeError(
                f"{name}: {type(component).__name__} has neither statistics() nor "
                "get_health_score() with get_stats() or get_statistics()"
            )
        self._components[name] = component
        self._kept = None

    async def unregister_component(self, name: str) -> None:
        """Ask it no more; a name that nobody has is harmless."""
        self._components.pop(name, None)
        self._kept = None

    async def clear_all_components(self) -> None:
        """Ask nobody any more."""
        self._components.clear()
        self._kept = None

    async def get_registered_components(self) -> list[str]:
        """Return the names, in the order of registration."""
        return list(self._components)

    async def get_component_count(self) -> int:
        """Return how many components are asked."""
        return len(self._components)

    async def get_suite_stats(self) -> TradingSuiteStats:
        """Return what all tell together, at most ``cache_ttl`` seconds old."""
        return (await self.collect()).documented()

    async def aggregate_stats(self, force_refresh: bool = False) -> TradingSuiteStats:
        """Return the same as :meth:`get_suite_stats`; ``force_refresh`` asks anew."""
        if force_refresh:
            self._kept = None
        return (await self.collect()).documented()

    async def get_comprehensive_stats(self) -> ComprehensiveStats:
        """Return all sections that have a source."""
        return (await self.collect()).comprehensive()

    async def cleanup_cache(self) -> None:
        """Forget the answer that would be given again."""
        await super().cleanup_cache()
        self._kept = None

    async def collect(self) -> SuiteStatistics:
        """Return what all tell, frozen, at most ``cache_ttl`` seconds old."""
        now_ns = self._clock.monotonic_ns()
        kept = self._kept
        if kept is not None and now_ns - kept[0] < self.cache_ttl * NS:
            return kept[1]
        told = await self._ask_all(dict(self._components))
        took_ns = self._clock.monotonic_ns() - now_ns
        facts = self._facts or SuiteFacts(
            suite_id="aggregator",
            created_at=self._began_at,
            uptime_s=(now_ns - self._began_ns) // NS,
        )
        found = SuiteStatistics(
            facts, format_iso(self._clock.wall_ns()), told, collection_ms=took_ns / 1e6
        )
        self._kept = (now_ns, found)
        self._figures.tallies.timing("collect", took_ns / 1e6)
        return found

    async def _ask_all(self, components: Mapping[str, object]) -> dict[str, ComponentStatistics]:
        """Ask everybody at once; who fails or is late is an error of that component alone."""
        supervisor = Supervisor("statistics")
        asked = {
            name: supervisor.spawn(_ask(name, component), name=f"statistics of {name}")
            for name, component in components.items()
        }
        if asked:
            await asyncio.wait(asked.values(), timeout=self.component_timeout)
        await supervisor.aclose(self.component_timeout)
        told: dict[str, ComponentStatistics] = {}
        for name, task in asked.items():
            failure: BaseException | None = TimeoutError(f"no answer in {self.component_timeout} s")
            if task.done() and not task.cancelled():
                failure = task.exception()
            if failure is None:
                told[name] = task.result()
                continue
            told[name] = ComponentStatistics(name, "error", 0.0, 0, None, 1, 0.0)
            kept = failure if isinstance(failure, Exception) else RuntimeError(repr(failure))
            self._figures.tallies.error(kept, f"statistics of {name}", None)
        return told


async def _ask(name: str, component: object) -> ComponentStatistics:
    if isinstance(component, Snapshots):
        return component.statistics()
    assert isinstance(component, ComponentProtocol | _Documented)
    stats: Any = (
        component.get_stats() if isinstance(component, _Documented) else component.get_statistics()
    )
    given: Mapping[str, Any] = await stats if inspect.isawaitable(stats) else stats
    score = component.get_health_score()
    health = float(await score if inspect.isawaitable(score) else score)
    documented: ComponentStats = {
        "name": name,
        "status": str(given.get("status", "active")),
        "uptime_seconds": int(given.get("uptime_seconds", 0)),
        "last_activity": given.get("last_activity"),
        "error_count": int(given.get("error_count", 0)),
        "memory_usage_mb": float(given.get("memory_usage_mb", 0.0)),
    }
    metrics = given.get("performance_metrics")
    return snapshot_of(documented, health, given if metrics is None else metrics)
