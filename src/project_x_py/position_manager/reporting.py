"""The documented base that reports and counts; behaviour is in ``_reports``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py._core.component import ComponentStatistics
    from project_x_py.position_manager._reports import PositionCounters, PositionReports
    from project_x_py.types.response_types import RiskAnalysisResponse
    from project_x_py.types.stats_types import PositionComponentStats, PositionManagerStats

__all__ = ["PositionReportingMixin"]


class PositionReportingMixin:
    """Statistics, exports, and counters of the user's own."""

    __slots__ = ()

    _reports: PositionReports
    _counters: PositionCounters

    async def get_position_statistics(self) -> PositionManagerStats:
        """Return what was held and made since the start, in dollars, costs paid."""
        return self._reports.documented()

    async def get_position_stats(self) -> dict[str, Any]:
        """Return the same as :meth:`get_position_statistics`, as a plain mapping."""
        return self._reports.plain()

    async def export_portfolio_report(self) -> dict[str, Any]:
        """Return everything that is known, ready to be written as JSON.

        Keys: report_timestamp, account_id, positions, trades, pnl, statistics, risk.
        """
        return self._reports.export()

    async def get_risk_metrics(self) -> RiskAnalysisResponse:
        """Return what positions tell of risk; limits are the risk manager's, and None here."""
        return self._reports.risk()

    async def track_risk_calculation(self, risk_amount: float) -> None:
        """Count a risk calculation of one's own, with its dollars."""
        self._reports.count_risk(risk_amount)

    def statistics(self) -> ComponentStatistics:
        """Return everything that was counted and measured, as it is now."""
        return self._reports.snapshot()

    async def get_stats(self) -> PositionComponentStats:
        """Return the figures that every component has, and ``win_rate``; None without a trade."""
        return self._reports.component()

    async def increment(self, metric: str, value: float = 1) -> None:
        """Add to a counter of one's own."""
        self._counters.increment(metric, value)

    async def set_gauge(self, metric: str, value: float) -> None:
        """Set a gauge of one's own."""
        self._counters.gauge(metric, value)

    async def record_timing(self, operation: str, duration_ms: float) -> None:
        """Count a duration of one's own, seen in :meth:`get_stats`."""
        self._counters.timing(operation, duration_ms)

    async def track_error(
        self, error: Exception, context: str, details: dict[str, Any] | None = None
    ) -> None:
        """Count an error; the newest hundred are kept."""
        self._counters.error(error, context, details)

    async def get_error_count(self) -> int:
        """Return how many errors were counted."""
        return self._counters.errors

    async def get_recent_errors(self, limit: int = 10) -> list[dict[str, Any]]:
        """Return the newest errors, the newest last.

        Keys: timestamp, component, error_type, message, context, details.
        """
        return self._counters.newest_errors(limit)

    async def set_status(self, status: str) -> None:
        """Show a status of one's own instead of the manager's."""
        self._counters.show_status(status)

    async def get_status(self) -> str:
        """Return initializing, active or degraded, or what was set."""
        return self._counters.shown_status()

    async def get_uptime(self) -> int:
        """Return the seconds since the manager was made."""
        return self._counters.uptime_s()

    async def get_memory_usage(self) -> float:
        """Return about how many megabytes the kept changes and trades take."""
        return self._counters.memory_mb()

    async def get_health_score(self) -> float:
        """Return 100 while positions are known and their fills account for them, 0 while unknown.

        Less what positions are not accounted for, at most the half; half of it while the last
        read failed.
        """
        return self._counters.health()

    def get_memory_stats(self) -> dict[str, Any]:
        """Return keys memory_usage_mb, counters, gauges."""
        return self._counters.memory()

    async def reset_metrics(self) -> None:
        """Forget counters, gauges, timings and errors of one's own."""
        self._counters.reset()
