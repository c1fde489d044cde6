"""What one part of a suite tells of itself at one moment: the same shape for every part.

Invariant (``tests/core/test_component.py``): a snapshot cannot be changed, holds only what is a
number, and can be copied and pickled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from project_x_py._core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from project_x_py._core.histogram import Latency
    from project_x_py.types.stats_types import ComponentStats, ErrorInfo

__all__ = ["ComponentStatistics", "numbers_of", "snapshot_of"]


@dataclass(frozen=True, slots=True)
class ComponentStatistics:
    """One part of a suite.

    Attributes:
        name: Which part; of an instrument's parts, ``MNQ.data`` for example.
        status: In a word: active, connected, disconnected, initializing ...
        health: 0 to 100; 0 while it cannot do its work, and not less because a market is quiet.
        uptime_s: Seconds since it was made.
        last_activity: When it last had something to do, ISO-8601; None before the first time.
        errors: Errors counted.
        memory_mb: Megabytes that it holds.
        figures: What was counted and measured, by name; a name within a name after a dot.
        latency: How long things took, by stage.
        recent_errors: The newest errors that it has kept, the newest last.
    """

    name: str
    status: str
    health: float
    uptime_s: int
    last_activity: str | None
    errors: int
    memory_mb: float
    figures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    latency: Mapping[str, Latency] = field(default_factory=lambda: MappingProxyType({}))
    recent_errors: Sequence[ErrorInfo] = ()

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and pickle as what it is made of: views of mappings cannot be."""
        return _restored, (
            self.documented(),
            self.health,
            dict(self.figures),
            dict(self.latency),
            tuple(self.recent_errors),
        )

    def documented(self) -> ComponentStats:
        """Return the same as the documented mapping."""
        return {
            "name": self.name,
            "status": self.status,
            "uptime_seconds": self.uptime_s,
            "last_activity": self.last_activity,
            "error_count": self.errors,
            "memory_usage_mb": self.memory_mb,
            "performance_metrics": dict(self.figures),
        }


def _restored(
    told: ComponentStats,
    health: float,
    figures: Mapping[str, float],
    latency: Mapping[str, Latency],
    errors: Sequence[ErrorInfo],
) -> ComponentStatistics:
    """Return a copy of a snapshot; its errors are as they were told."""
    return replace(snapshot_of(told, health, figures, latency), recent_errors=errors)


def snapshot_of(
    stats: ComponentStats,
    health: float,
    figures: Mapping[str, object],
    latency: Mapping[str, Latency] | None = None,
    *,
    errors: Iterable[Mapping[str, object]] = (),
) -> ComponentStatistics:
    """Return a snapshot of what a part tells in the documented way.

    Args:
        stats: As its ``get_stats`` returns it.
        health: 0 to 100.
        figures: Whatever else was counted; only numbers are kept.
        latency: How long things took, by stage.
        errors: The newest ones, as ``get_recent_errors`` tells them; secrets are removed.
    """
    own = numbers_of(stats.get("performance_metrics", {}))
    return ComponentStatistics(
        name=stats["name"],
        status=stats["status"],
        health=health,
        uptime_s=stats["uptime_seconds"],
        last_activity=stats["last_activity"],
        errors=stats["error_count"],
        memory_mb=stats["memory_usage_mb"],
        figures=MappingProxyType({**own, **numbers_of(figures)}),
        latency=MappingProxyType(dict(latency or {})),
        recent_errors=tuple(_error(stats["name"], error) for error in errors),
    )


def _error(component: str, told: Mapping[str, object]) -> ErrorInfo:
    at = told.get("timestamp")
    return {
        "timestamp": at.isoformat() if isinstance(at, datetime) else str(at) if at else None,
        "component": component,
        "error_type": str(told.get("error_type", "")),
        "message": redact(str(told.get("message", ""))),
        "severity": "error",
    }


def numbers_of(given: Mapping[str, object], within: str = "") -> dict[str, float]:
    """Return the numbers of a mapping and of those in it, each under its path.

    Yes and no count as 1 and 0; what is None or no number is left out.
    """
    found: dict[str, float] = {}
    for name, value in given.items():
        path = f"{within}{name}"
        if isinstance(value, Mapping):
            found |= numbers_of(value, f"{path}.")
        elif isinstance(value, int | float):
            found[path] = int(value) if isinstance(value, bool) else value
    return found
