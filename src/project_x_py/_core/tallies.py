"""What a user counts beside a manager: counters, gauges, durations, errors; all of it bounded.

Invariant (``tests/core/test_tallies.py``): at most so many names and errors are kept, and what is
told follows from what was counted.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from project_x_py._core.time import NS, format_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Tallies", "Timing"]

ERRORS_KEPT = 100
NAMES_KEPT = 1_000


class Timing:
    """Count, sum, least and greatest of one kind of duration, in milliseconds."""

    __slots__ = ("count", "greatest", "least", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.least = float("inf")
        self.greatest = 0.0

    def add(self, ms: float) -> None:
        """Count one."""
        self.count += 1
        self.total += ms
        self.least = min(self.least, ms)
        self.greatest = max(self.greatest, ms)

    def figures(self) -> dict[str, float]:
        """Return count, avg_ms, min_ms and max_ms; there was at least one."""
        return {
            "count": self.count,
            "avg_ms": self.total / self.count,
            "min_ms": self.least,
            "max_ms": self.greatest,
        }


class Tallies:
    """Counters of one component.

    Args:
        name: Whose they are.
        wall_ns: Tells the wall time.
        monotonic_ns: Tells the time since an arbitrary moment.
        errors_kept: How many of the newest errors are kept.

    Attributes:
        status: A status of the user's own, None before one is shown.
        last_ns: Wall time when something was last counted or shown, None before.
    """

    def __init__(
        self,
        name: str,
        wall_ns: Callable[[], int],
        monotonic_ns: Callable[[], int],
        errors_kept: int = ERRORS_KEPT,
    ) -> None:
        self.name = name
        self.errors = 0
        self.last_ns: int | None = None
        self.status: str | None = None
        self.counters: dict[str, float] = {}
        self.gauges: dict[str, float] = {}
        self.timings: dict[str, Timing] = {}
        self._newest: deque[dict[str, object]] = deque(maxlen=errors_kept)
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._began_ns = monotonic_ns()

    def increment(self, metric: str, value: float) -> None:
        """Add to a counter."""
        self.last_ns = self._wall_ns()
        if metric in self.counters or len(self.counters) < NAMES_KEPT:
            self.counters[metric] = self.counters.get(metric, 0) + value

    def gauge(self, metric: str, value: float) -> None:
        """Set a gauge."""
        self.last_ns = self._wall_ns()
        if metric in self.gauges or len(self.gauges) < NAMES_KEPT:
            self.gauges[metric] = value

    def timing(self, operation: str, ms: float) -> None:
        """Count a duration."""
        self.last_ns = self._wall_ns()
        if operation in self.timings or len(self.timings) < NAMES_KEPT:
            self.timings.setdefault(operation, Timing()).add(ms)

    def error(self, error: Exception, context: str, details: Mapping[str, object] | None) -> None:
        """Count an error, and keep it among the newest."""
        self.errors += 1
        self.last_ns = self._wall_ns()
        self._newest.append(
            {
                "timestamp": format_iso(self.last_ns),
                "component": self.name,
                "error_type": type(error).__name__,
                "message": str(error),
                "context": context,
                "details": dict(details or {}),
            }
        )

    def newest_errors(self, limit: object) -> list[dict[str, object]]:
        """Return the newest errors, the newest last.

        Raises:
            ValueError: ``limit`` is no whole number of at least zero.
        """
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise ValueError(f"limit is a whole number of at least 0, not {limit!r}")
        return list(self._newest)[-limit:] if limit else []

    def reset(self) -> None:
        """Forget all of it."""
        for held in (self.counters, self.gauges, self.timings, self._newest):
            held.clear()
        self.errors = 0

    def show_status(self, status: str) -> None:
        """Show a status of one's own."""
        self.last_ns = self._wall_ns()
        self.status = status

    def durations(self) -> dict[str, object]:
        """Return count, mean, least and greatest of each kind of duration."""
        return {name: timing.figures() for name, timing in self.timings.items()}

    def uptime_s(self) -> int:
        """Return the seconds since it was made."""
        return (self._monotonic_ns() - self._began_ns) // NS
