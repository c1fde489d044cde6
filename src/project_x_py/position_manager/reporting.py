"""The documented base that reports and counts; behaviour is in ``_reports``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._runtime.counting import CountingMixin

if TYPE_CHECKING:
    from project_x_py.position_manager._reports import PositionReports
    from project_x_py.types.response_types import RiskAnalysisResponse
    from project_x_py.types.stats_types import PositionComponentStats, PositionManagerStats

__all__ = ["PositionReportingMixin"]


class PositionReportingMixin(CountingMixin):
    """Statistics, exports, and counters of the user's own.

    Its status is initializing, active or degraded. Its health is 100 while positions are known and
    their fills account for them, 0 while unknown; less what positions are not accounted for, at
    most the half; half of it while the last read failed. Its memory is about that of the changes
    and trades kept.
    """

    __slots__ = ()

    _figures: PositionReports

    async def get_position_statistics(self) -> PositionManagerStats:
        """Return what was held and made since the start, in dollars, costs paid."""
        return self._figures.documented()

    async def get_position_stats(self) -> dict[str, Any]:
        """Return the same as :meth:`get_position_statistics`, as a plain mapping."""
        return self._figures.plain()

    async def export_portfolio_report(self) -> dict[str, Any]:
        """Return everything that is known, ready to be written as JSON.

        Keys: report_timestamp, account_id, positions, trades, pnl, statistics, risk.
        """
        return self._figures.export()

    async def get_risk_metrics(self) -> RiskAnalysisResponse:
        """Return what positions tell of risk; limits are the risk manager's, and None here."""
        return self._figures.risk()

    async def track_risk_calculation(self, risk_amount: float) -> None:
        """Count a risk calculation of one's own, with its dollars."""
        self._figures.count_risk(risk_amount)

    async def get_stats(self) -> PositionComponentStats:
        """Return the figures that every component has, and ``win_rate``; None without a trade."""
        return self._figures.component()

    def get_memory_stats(self) -> dict[str, Any]:
        """Return keys memory_usage_mb, counters, gauges."""
        return self._figures.memory()
