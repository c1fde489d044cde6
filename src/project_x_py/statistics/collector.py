"""The parts of a suite as plain mappings.

Invariant (``tests/statistics/test_collector.py``): each part is there once, whatever the number of
instruments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from project_x_py.statistics.base import BaseStatisticsTracker

if TYPE_CHECKING:
    from project_x_py.statistics.snapshot import SuiteStatistics

__all__ = ["ComponentCollector", "StatisticsSource"]


class StatisticsSource(Protocol):
    """A suite, as seen from here."""

    def statistics(self) -> SuiteStatistics: ...


class ComponentCollector(BaseStatisticsTracker):
    """Collects what the parts of a suite tell.

    Args:
        trading_suite: The suite.
    """

    def __init__(self, trading_suite: StatisticsSource) -> None:
        super().__init__("component_collector")
        self._suite = trading_suite
        self._figures.tallies.show_status("active")

    async def collect(self) -> dict[str, Any]:
        """Return by name of the part the documented figures and ``health_score``.

        Names are ``client``, ``realtime``, ``events``, ``order_manager``, ``position_manager``, and
        of each instrument ``MNQ.data``, ``MNQ.orderbook`` and ``MNQ.risk_manager``.
        """
        await self.increment("collections")
        told = self._suite.statistics()
        return {
            name: {**part.documented(), "health_score": part.health}
            for name, part in told.components.items()
        }
