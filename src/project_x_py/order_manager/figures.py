"""The documented base of figures; behaviour is in ``_figures``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._runtime.counting import CountingMixin

if TYPE_CHECKING:
    from project_x_py.order_manager._figures import OrderFigures
    from project_x_py.types.stats_types import OrderComponentStats, OrderManagerStats

__all__ = ["FiguresMixin"]


class FiguresMixin(CountingMixin):
    """What was done, and how the manager stands.

    Its status is stopped, active or uncertain; its health 100 less 25 for each of the issues of
    :meth:`get_health_status`; its memory that of the orders, roughly. Reads and journal writes that
    failed count as errors.
    """

    __slots__ = ()

    _figures: OrderFigures

    def get_order_statistics(self) -> OrderManagerStats:
        """Return what was done since the start, measured."""
        return self._figures.documented()

    async def get_order_statistics_async(self) -> OrderManagerStats:
        """Return the same as :meth:`get_order_statistics`."""
        return self._figures.documented()

    def get_average_fill_time(self) -> float:
        """Return the mean milliseconds from placing to the last fill."""
        return self._figures.average_fill_ms()

    def get_average_slippage(self) -> float:
        """Return the mean points that fills were worse than the order's own price."""
        return self._figures.average_slippage()

    def get_order_type_distribution(self) -> dict[str, float]:
        """Return the share of each order type among the orders placed, by its name."""
        return self._figures.distribution()

    def get_top_rejection_reasons(self) -> list[tuple[str, int]]:
        """Return the gateway's texts of refusals with their counts, the most frequent first."""
        return self._figures.rejections()

    async def get_health_status(self) -> dict[str, Any]:
        """Return how the manager stands.

        Keys: status (stopped, active or uncertain), health_score, issues (sentences),
        uptime_seconds, realtime, last_read, unprotected (contracts held without a working stop
        although one was asked for, by the entry's tag).
        """
        return self._figures.stand()

    def get_memory_stats(self) -> dict[str, Any]:
        """Return what is kept.

        Keys: tracked_orders, working_orders, outstanding, oco_pairs, guarded_entries,
        memory_usage_mb, counters, gauges (those of one's own).
        """
        return self._figures.memory()

    def get_recovery_statistics(self) -> dict[str, Any]:
        """Return what had to be found out, and how long anything was unprotected.

        Keys: reads, failed_reads, outstanding, conflicts, stale_facts, journal_failures,
        flattened, unprotected_ms_median, unprotected_ms_max.
        """
        return self._figures.recovery()

    def get_protection_times(self) -> list[dict[str, Any]]:
        """Return how long anything of each protected trade was without a working stop.

        One dict an entry that has filled, the oldest first, those that are still open included;
        the newest 10,000 are kept. Keys: custom_tag, order_id, contract_id, filled (contracts),
        unprotected_ms (from when a fill is known until its protection is).
        """
        return self._figures.protection()

    def get_circuit_breaker_status(self) -> dict[str, Any]:
        """Return how reading the account goes; nothing ever stops it, so it never breaks.

        Keys: state (open while reads fail), failure_count, last_error.
        """
        return self._figures.reads()

    def get_task_monitoring_stats(self) -> dict[str, Any]:
        """Return keys active, completed, cancelled, failed and running (names)."""
        return self._figures.tasks()

    async def get_stats(self) -> OrderComponentStats:
        """Return the figures that every component has, and ``fill_rate``."""
        return self._figures.component()
