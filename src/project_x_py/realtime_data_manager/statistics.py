"""The documented base that counts; behaviour is in ``_statistics``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._runtime.counting import CountingMixin

if TYPE_CHECKING:
    from project_x_py.realtime_data_manager._statistics import Statistics
    from project_x_py.types import RealtimeDataManagerStats

__all__ = ["StatisticsMixin"]


class StatisticsMixin(CountingMixin):
    """What the manager has done and holds, and counters of the user's own.

    Its status is initializing, active, repairing or disconnected. Its health is 100 while the feed
    runs, is connected and its bars are whole; less the share of trades that had to be refused, at
    most 50 while bars wait to be put right, and 0 while nothing can come. Its memory is that of the
    bars, as allocated.
    """

    __slots__ = ()

    _figures: Statistics

    async def get_memory_stats(self) -> RealtimeDataManagerStats:
        """Return the figures of a data manager."""
        return self._figures.manager()

    async def get_resource_stats(self) -> dict[str, Any]:
        """Return keys memory_usage_mb, bars_held, bars_limit, counters, gauges."""
        return self._figures.resources()

    async def get_buffer_stats(self) -> dict[str, Any]:
        """Return by timeframe: bars, limit, utilization (0 to 1)."""
        return self._figures.buffers()

    async def get_validation_status(self) -> dict[str, Any]:
        """Return what was refused and why, what came late, and what audits found.

        Keys: trades_counted, trades_refused, refused_by_reason, trades_waiting,
        quote_prices_refused, late_amendments, bars_compared, bar_differences, repairs,
        repair_failures, repair_pending.
        """
        return self._figures.validation()

    def get_realtime_validation_status(self) -> dict[str, Any]:
        """Return the same as :meth:`get_validation_status`."""
        return self._figures.validation()
