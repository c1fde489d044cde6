"""Statistics of a suite and its parts: measured, frozen, exported, scored.

Every part has ``statistics()``, which returns a :class:`ComponentStatistics`; a suite's returns a
:class:`SuiteStatistics`. All else reads these. Every name is loaded at first use.

Held by ``tests/statistics/``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

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
    "aggregator": ("ComponentProtocol", "StatisticsAggregator"),
    "base": ("BaseStatisticsTracker", "ComponentStatistics", "StatisticsProvider"),
    "collector": ("ComponentCollector",),
    "export": ("StatsExporter",),
    "health": ("HealthMonitor", "HealthThresholds"),
    "server": ("MetricsServer",),
    "snapshot": ("SuiteFacts", "SuiteStatistics"),
}
"""Each module, and the names that it is home to."""

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a public name from its module at first use."""
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """List the public names, loaded or not."""
        return sorted(set(globals()) | set(__all__))
