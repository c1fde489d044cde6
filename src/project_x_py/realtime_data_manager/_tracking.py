"""Counters that a program keeps by the documented ``track_...`` methods.

Invariant (``tests/realtime_data_manager/test_statistics.py``): they are seen among the user's own
figures, never mixed with what the manager has counted itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py._core.tallies import Tallies

__all__ = ["Tracking"]


class Tracking:
    """Counts into the user's part of a manager's statistics."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies

    def count(self, name: str) -> None:
        """Add one to a counter."""
        self._tallies.increment(name, 1)

    def latency(self, ms: float) -> None:
        """Count a latency, in milliseconds."""
        self._tallies.timing("data_latency", ms)
