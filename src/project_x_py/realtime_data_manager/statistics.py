"""The documented base that counts; behaviour is in ``_statistics``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py._core.component import ComponentStatistics
    from project_x_py.realtime_data_manager._statistics import Statistics
    from project_x_py.types import ComponentStats, RealtimeDataManagerStats

__all__ = ["StatisticsMixin"]


class StatisticsMixin:
    """What the manager has done and holds, and counters of the user's own."""

    __slots__ = ()

    _statistics: Statistics

    async def increment(self, metric: str, value: float = 1) -> None:
        """Add to a counter of one's own, seen in :meth:`get_resource_stats`."""
        self._statistics.increment(metric, value)

    async def set_gauge(self, metric: str, value: float) -> None:
        """Set a gauge of one's own, seen in :meth:`get_resource_stats`."""
        self._statistics.gauge(metric, value)

    async def record_timing(self, operation: str, duration_ms: float) -> None:
        """Count a duration of one's own, seen in :meth:`get_stats`."""
        self._statistics.timing(operation, duration_ms)

    async def track_error(
        self, error: Exception, context: str, details: dict[str, Any] | None = None
    ) -> None:
        """Count an error; the newest hundred are kept."""
        self._statistics.error(error, context, details)

    async def get_error_count(self) -> int:
        """Return how many errors were counted."""
        return self._statistics.errors

    async def get_recent_errors(self, limit: int = 10) -> list[dict[str, Any]]:
        """Return the newest errors, the newest last.

        Keys: timestamp, component, error_type, message, context, details.
        """
        return self._statistics.newest_errors(limit)

    async def set_status(self, status: str) -> None:
        """Show a status of one's own instead of the manager's."""
        self._statistics.set_status(status)

    async def get_status(self) -> str:
        """Return initializing, active, repairing or disconnected, or what was set."""
        return self._statistics.status()

    async def get_uptime(self) -> int:
        """Return the seconds since the manager was made."""
        return self._statistics.uptime_s()

    async def get_memory_usage(self) -> float:
        """Return the megabytes that the bars take, as allocated."""
        return self._statistics.memory_mb()

    async def get_health_score(self) -> float:
        """Return 100 while the feed runs, is connected and its bars are whole.

        Less the share of trades that had to be refused, at most 50 while bars wait to be put right,
        and 0 while nothing can come.
        """
        return self._statistics.health()

    def statistics(self) -> ComponentStatistics:
        """Return everything that was counted and measured, as it is now."""
        return self._statistics.snapshot()

    async def get_stats(self) -> ComponentStats:
        """Return the figures that every component has."""
        return self._statistics.component()

    async def get_memory_stats(self) -> RealtimeDataManagerStats:
        """Return the figures of a data manager."""
        return self._statistics.manager()

    async def get_resource_stats(self) -> dict[str, Any]:
        """Return keys memory_usage_mb, bars_held, bars_limit, counters, gauges."""
        return self._statistics.resources()

    async def get_buffer_stats(self) -> dict[str, Any]:
        """Return by timeframe: bars, limit, utilization (0 to 1)."""
        return self._statistics.buffers()

    async def get_validation_status(self) -> dict[str, Any]:
        """Return what was refused and why, what came late, and what audits found.

        Keys: trades_counted, trades_refused, refused_by_reason, trades_waiting,
        quote_prices_refused, late_amendments, bars_compared, bar_differences, repairs,
        repair_failures, repair_pending.
        """
        return self._statistics.validation()

    def get_realtime_validation_status(self) -> dict[str, Any]:
        """Return the same as :meth:`get_validation_status`."""
        return self._statistics.validation()

    async def reset_metrics(self) -> None:
        """Forget counters, gauges, timings and errors of one's own."""
        self._statistics.reset()
