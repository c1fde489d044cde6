"""Counters of a component of one's own, in the shape that the SDK's own components have.

Everything is counted by :class:`project_x_py._core.tallies.Tallies`, as in the SDK's own parts.

Invariants (``tests/statistics/test_base.py``): what is told follows from what was counted; what is
kept is bounded; the health is 0 while the component is disconnected or failed, and neither youth
nor quiet lowers it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from project_x_py._core.component import ComponentStatistics
from project_x_py._core.figures import ComponentFigures
from project_x_py._core.redact import redact
from project_x_py._core.tallies import Tallies, Timing
from project_x_py._core.time import NS, format_iso
from project_x_py._runtime.clock import SystemClock
from project_x_py._runtime.counting import CountingMixin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._ports import Clock
    from project_x_py.types.stats_types import ComponentStats

__all__ = [
    "BaseStatisticsTracker",
    "ComponentStatistics",
    "ErrorInfo",
    "PerformanceMetrics",
    "StatisticsProvider",
]

PERFECT = 100.0
POINTS_A_SHARE = 1_000.0
"""A tenth of failures among the operations takes all points."""
STATUS_CAPS = {"initializing": 70.0, "disconnected": 0.0, "stopped": 0.0, "error": 0.0}
"""The most that a component of that status can score."""


@runtime_checkable
class StatisticsProvider(Protocol):
    """A component that counts and can be asked."""

    async def increment(self, metric: str, value: int | float = 1) -> None: ...

    async def set_gauge(self, metric: str, value: int | float) -> None: ...

    async def record_timing(self, operation: str, duration_ms: float) -> None: ...

    async def track_error(
        self, error: Exception, context: str, details: dict[str, Any] | None = None
    ) -> None: ...

    async def get_stats(self) -> ComponentStats: ...

    async def get_health_score(self) -> float: ...


class ErrorInfo:
    """One error that was counted.

    Args:
        error: The exception, or its text.
        context: What was being done.
        details: Further facts.
        timestamp: When, in seconds since 1970 UTC; the present when left out.
    """

    def __init__(
        self,
        error: Exception | str,
        context: str,
        details: dict[str, Any] | None = None,
        timestamp: float | None = None,
    ) -> None:
        self.error = error
        self.context = context
        self.details = details
        self.timestamp = SystemClock.wall_ns() / NS if timestamp is None else timestamp

    def to_dict(self) -> dict[str, Any]:
        """Return keys error, error_type, context, details, timestamp; secrets are removed."""
        return {
            "error": redact(str(self.error)),
            "error_type": "str" if isinstance(self.error, str) else type(self.error).__name__,
            "context": self.context,
            "details": self.details,
            "timestamp": self.timestamp,
        }


class PerformanceMetrics:
    """Durations by operation, in milliseconds."""

    def __init__(self) -> None:
        self._timings: dict[str, Timing] = {}

    async def record_timing(self, operation: str, duration_ms: float) -> None:
        """Count one duration."""
        self._timings.setdefault(operation, Timing()).add(duration_ms)

    async def get_operation_count(self, operation: str) -> int:
        """Return how many durations were counted, 0 for an operation that nobody timed."""
        timing = self._timings.get(operation)
        return 0 if timing is None else timing.count

    async def get_avg_timing(self, operation: str) -> float:
        """Return the mean, 0.0 for an operation that nobody timed."""
        timing = self._timings.get(operation)
        return 0.0 if timing is None else timing.figures()["avg_ms"]

    async def get_all_metrics(self) -> dict[str, dict[str, float]]:
        """Return count, avg_ms, min_ms and max_ms of each operation."""
        return {name: timing.figures() for name, timing in self._timings.items()}


class _OwnFigures(ComponentFigures):
    """What is told of a component that only its tallies know."""

    def own_status(self) -> str:
        return "initializing"

    def health(self) -> float:
        tallies = self.tallies
        operations = sum(timing.count for timing in tallies.timings.values())
        operations += int(sum(tallies.counters.values()))
        share = tallies.errors / max(operations, tallies.errors, 1)
        cap = STATUS_CAPS.get(self.status(), PERFECT)
        return min(cap, max(0.0, PERFECT - POINTS_A_SHARE * share))

    def memory_mb(self) -> float:
        tallies = self.tallies
        held = (tallies.counters, tallies.gauges, tallies.timings)
        own = sum(map(sys.getsizeof, held))
        errors = sum(map(sys.getsizeof, tallies.newest_errors(sys.maxsize)))
        return (own + errors) / 2**20

    def last_activity(self) -> str | None:
        last_ns = self.tallies.last_ns
        return None if last_ns is None else format_iso(last_ns)

    def figures(self) -> Mapping[str, object]:
        return {**self.tallies.counters, **self.tallies.gauges}


class BaseStatisticsTracker(CountingMixin):
    """Counters, gauges, durations and errors of one component.

    Its status is what was set last, ``initializing`` before. Its health is 0 while disconnected,
    stopped or failed; else 100 less a point for each error in a thousand operations, at most 70
    while initializing. Its memory is that of the counters and the errors kept.

    Args:
        component_name: Whose they are.
        max_errors: How many of the newest errors are kept.
        cache_ttl: For how many seconds an answer of :meth:`get_stats` is given again.
        clock: Wall and monotonic time; the system's when left out.

    Raises:
        ValueError: A number is below zero.
    """

    def __init__(
        self,
        component_name: str,
        max_errors: int = 100,
        cache_ttl: float = 5.0,
        *,
        clock: Clock | None = None,
    ) -> None:
        if max_errors < 0 or cache_ttl < 0:
            raise ValueError(f"max_errors and cache_ttl are not below 0: {max_errors}, {cache_ttl}")
        self.component_name = component_name
        self.cache_ttl = cache_ttl
        self._clock: Clock = clock or SystemClock()
        self._figures = _OwnFigures(
            Tallies(component_name, self._clock.wall_ns, self._clock.monotonic_ns, max_errors)
        )
        self._cached: tuple[int, ComponentStatistics] | None = None

    async def get_stats(self) -> ComponentStats:
        """Return the documented figures, at most ``cache_ttl`` seconds old."""
        now_ns = self._clock.monotonic_ns()
        cached = self._cached
        if cached is None or now_ns - cached[0] >= self.cache_ttl * NS:
            cached = self._cached = (now_ns, self.statistics())
        return cached[1].documented()

    async def reset_metrics(self) -> None:
        """Forget what was counted; the status stays."""
        self._cached = None
        self._figures.reset()

    async def cleanup_cache(self) -> None:
        """Forget the answer that would be given again."""
        self._cached = None
