"""The documented base that counts; behaviour is in ``_figures``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py._core.component import ComponentStatistics
    from project_x_py.risk_manager._figures import RiskFigures
    from project_x_py.types.stats_types import ComponentStats

__all__ = ["RiskStatisticsMixin"]


class RiskStatisticsMixin:
    """What was checked and refused, and counters of the user's own."""

    __slots__ = ()

    _figures: RiskFigures

    async def increment(self, metric: str, value: float = 1) -> None:
        """Add to a counter of one's own."""
        self._figures.tallies.increment(metric, value)

    async def set_gauge(self, metric: str, value: float) -> None:
        """Set a gauge of one's own."""
        self._figures.tallies.gauge(metric, value)

    async def record_timing(self, operation: str, duration_ms: float) -> None:
        """Count a duration of one's own, seen in :meth:`get_stats`."""
        self._figures.tallies.timing(operation, duration_ms)

    async def track_error(
        self, error: Exception, context: str, details: dict[str, object] | None = None
    ) -> None:
        """Count an error; the newest hundred are kept."""
        self._figures.tallies.error(error, context, details)

    async def get_error_count(self) -> int:
        """Return how many errors were counted."""
        return self._figures.error_count()

    async def get_recent_errors(self, limit: int = 10) -> list[dict[str, object]]:
        """Return the newest errors, the newest last."""
        return self._figures.tallies.newest_errors(limit)

    async def set_status(self, status: str) -> None:
        """Show a status of one's own instead of the manager's."""
        self._figures.tallies.show_status(status)

    async def get_status(self) -> str:
        """Return active, or locked while the firm's rules or own limits allow no entry."""
        return self._figures.status()

    async def get_uptime(self) -> int:
        """Return the seconds since the manager was made."""
        return self._figures.tallies.uptime_s()

    async def get_memory_usage(self) -> float:
        """Return 0.0: the manager keeps figures of other owners only."""
        return self._figures.memory_mb()

    async def get_health_score(self) -> float:
        """Return 100 while positions and the day's money are known, else 0."""
        return self._figures.health()

    def statistics(self) -> ComponentStatistics:
        """Return everything that was counted and measured, as it is now."""
        return self._figures.snapshot()

    async def get_stats(self) -> ComponentStats:
        """Return the figures that every component has."""
        return self._figures.component()

    def get_memory_stats(self) -> dict[str, float]:
        """Return counters and gauges of one's own by name."""
        return self._figures.memory()

    async def reset_metrics(self) -> None:
        """Forget counters, gauges, timings and errors of one's own."""
        self._figures.tallies.reset()

    async def cleanup_cache(self) -> None:
        """Forget what is kept of errors and durations."""
        self._figures.tallies.reset()
