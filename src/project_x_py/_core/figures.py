"""What a part of a suite counts and tells of itself, in the form that all parts have in common.

Invariant (``tests/core/test_figures.py``): what every part tells follows from its tallies and from
the few facts that it alone knows; a status of the user's own goes before the part's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from project_x_py._core.component import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.component import ComponentStatistics
    from project_x_py._core.histogram import Latency
    from project_x_py._core.tallies import Tallies
    from project_x_py.types.stats_types import ComponentStats

__all__ = ["ComponentFigures"]

NEWEST = 10
"""Errors that a snapshot shows."""


class ComponentFigures(ABC):
    """Figures of one part.

    Args:
        tallies: What is counted of it, by itself or by the user.
    """

    def __init__(self, tallies: Tallies) -> None:
        self.tallies = tallies

    @abstractmethod
    def own_status(self) -> str:
        """Return how the part does, in a word."""

    @abstractmethod
    def health(self) -> float:
        """Return 0 to 100: how much of its work the part can do."""

    @abstractmethod
    def memory_mb(self) -> float:
        """Return the megabytes that the part holds."""

    @abstractmethod
    def last_activity(self) -> str | None:
        """Return when the part last had something to do, ISO-8601; None before the first time."""

    @abstractmethod
    def figures(self) -> Mapping[str, object]:
        """Return whatever else a snapshot of the part holds; only numbers are kept of it."""

    def latency(self) -> Mapping[str, Latency]:
        """Return how long things took, by stage."""
        return {}

    def performance(self) -> dict[str, object]:
        """Return count, mean, least and greatest of each kind of duration."""
        return self.tallies.durations()

    def status(self) -> str:
        """Return what was set, else how the part does."""
        return self.own_status() if self.tallies.status is None else self.tallies.status

    def error_count(self) -> int:
        """Return how many errors were counted."""
        return self.tallies.errors

    def reset(self) -> None:
        """Forget what was counted."""
        self.tallies.reset()

    def component(self) -> ComponentStats:
        """Return the documented figures of a component."""
        return {
            "name": self.tallies.name,
            "status": self.status(),
            "uptime_seconds": self.tallies.uptime_s(),
            "last_activity": self.last_activity(),
            "error_count": self.error_count(),
            "memory_usage_mb": self.memory_mb(),
            "performance_metrics": self.performance(),
        }

    def snapshot(self) -> ComponentStatistics:
        """Return everything that is a number, as it is now, and the newest errors."""
        errors = self.tallies.newest_errors(NEWEST)
        return snapshot_of(
            self.component(), self.health(), self.figures(), self.latency(), errors=errors
        )
