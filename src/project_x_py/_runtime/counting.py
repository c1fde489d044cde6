"""The documented methods that count beside a part of a suite, and that say how it does.

Behaviour is in :class:`~project_x_py._core.figures.ComponentFigures`, of which each part has its
own: what its status, health and memory mean is said there, and in the part's own base.

Invariant (``tests/runtime/test_counting.py``): every method tells what the part's figures say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py._core.component import ComponentStatistics
    from project_x_py._core.figures import ComponentFigures
    from project_x_py.types.stats_types import ComponentStats

__all__ = ["CountingMixin"]


class CountingMixin:
    """Counters of the user's own, and what is told of a part."""

    __slots__ = ()

    _figures: ComponentFigures

    async def increment(self, metric: str, value: float = 1) -> None:
        """Add to a counter of one's own; of a thousand names at most."""
        self._figures.tallies.increment(metric, value)

    async def set_gauge(self, metric: str, value: float) -> None:
        """Keep the newest value of something of one's own."""
        self._figures.tallies.gauge(metric, value)

    async def record_timing(self, operation: str, duration_ms: float) -> None:
        """Count a duration of one's own, seen in :meth:`get_stats`."""
        self._figures.tallies.timing(operation, duration_ms)

    async def track_error(
        self, error: Exception, context: str, details: dict[str, Any] | None = None
    ) -> None:
        """Count an error; the newest hundred are kept."""
        self._figures.tallies.error(error, context, details)

    async def get_error_count(self) -> int:
        """Return how many errors were counted."""
        return self._figures.error_count()

    async def get_recent_errors(self, limit: int = 10) -> list[dict[str, Any]]:
        """Return the newest errors, the newest last.

        Keys: timestamp, component, error_type, message, context, details.

        Raises:
            ValueError: ``limit`` is no whole number of at least zero.
        """
        return self._figures.tallies.newest_errors(limit)

    async def set_status(self, status: str) -> None:
        """Show a status of one's own instead of the part's."""
        self._figures.tallies.show_status(status)

    async def get_status(self) -> str:
        """Return in a word how the part does, or what :meth:`set_status` was given."""
        return self._figures.status()

    async def get_uptime(self) -> int:
        """Return the whole seconds since the part was made."""
        return self._figures.tallies.uptime_s()

    async def get_memory_usage(self) -> float:
        """Return the megabytes that the part holds."""
        return self._figures.memory_mb()

    async def get_health_score(self) -> float:
        """Return 0 to 100: how much of its work the part can do; quiet lowers it not."""
        return self._figures.health()

    def statistics(self) -> ComponentStatistics:
        """Return everything that was counted and measured, as it is now."""
        return self._figures.snapshot()

    async def get_stats(self) -> ComponentStats:
        """Return the figures that every component has.

        Keys: name, status, uptime_seconds, last_activity, error_count, memory_usage_mb, and
        performance_metrics for those that measure any.
        """
        return self._figures.component()

    async def reset_metrics(self) -> None:
        """Forget counters, gauges, timings and errors of one's own."""
        self._figures.reset()
