"""Statistics of a suite and its parts: measured, frozen, exported, scored.

Every part has ``statistics()``, which returns a :class:`ComponentStatistics`; a suite's returns a
:class:`SuiteStatistics`. All else reads these. Every name is loaded at first use.

Held by ``tests/statistics/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.statistics.aggregator import ComponentProtocol, StatisticsAggregator
    from project_x_py.statistics.base import (
        BaseStatisticsTracker,
        ComponentStatistics,
        StatisticsProvider,
    )
    from project_x_py.statistics.collector import ComponentCollector
    from project_x_py.statistics.export import StatsExporter
    from project_x_py.statistics.health import HealthMonitor, HealthThresholds
    from project_x_py.statistics.server import MetricsServer
    from project_x_py.statistics.snapshot import SuiteFacts, SuiteStatistics

__all__ = [
    "BaseStatisticsTracker",
    "ComponentCollector",
    "ComponentProtocol",
    "ComponentStatistics",
    "HealthMonitor",
    "HealthThresholds",
    "MetricsServer",
    "StatisticsAggregator",
    "StatisticsProvider",
    "StatsExporter",
    "SuiteFacts",
    "SuiteStatistics",
]

_HOMES = {
    ".aggregator": "ComponentProtocol StatisticsAggregator",
    ".base": "BaseStatisticsTracker ComponentStatistics StatisticsProvider",
    ".collector": "ComponentCollector",
    ".export": "StatsExporter",
    ".health": "HealthMonitor HealthThresholds",
    ".server": "MetricsServer",
    ".snapshot": "SuiteFacts SuiteStatistics",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
