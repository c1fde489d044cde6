"""What a real-time client tells of itself.

Invariant (``tests/realtime/test_figures.py``): every figure was counted or measured; the health is
that of :meth:`ProjectXRealtimeClient.get_health_status`, 0 without a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.component import snapshot_of
from project_x_py._core.time import format_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.component import ComponentStatistics
    from project_x_py._core.histogram import Latency

__all__ = ["realtime_statistics"]

_TEXTS = ("health", "last_event_time", "connected_time")


def realtime_statistics(
    stats: Mapping[str, Any], last_event_ns: int | None, latency: Mapping[str, Latency]
) -> ComponentStatistics:
    """Return a client's snapshot.

    Args:
        stats: As ``get_stats`` returns them.
        last_event_ns: When the newest event came, None before the first.
        latency: Stages of a message.
    """
    health: Mapping[str, Any] = stats["health"]
    both = stats["user_connected"] and stats["market_connected"]
    either = stats["user_connected"] or stats["market_connected"]
    error = stats["last_error"]
    errors = [] if error is None else [{"error_type": "ConnectionError", "message": error}]
    measured = {name: value for name, value in health.items() if name != "facts"}
    return snapshot_of(
        {
            "name": "realtime",
            "status": "connected" if both else "degraded" if either else "disconnected",
            "uptime_seconds": int(health["uptime_seconds"]),
            "last_activity": None if last_event_ns is None else format_iso(last_event_ns),
            "error_count": stats["connection_errors"]
            + stats["callback_errors"]
            + sum(stats["decode_errors"].values()),
            "memory_usage_mb": 0.0,
        },
        float(health["health_score"]),
        {**{k: v for k, v in stats.items() if k not in _TEXTS}, "health": measured},
        latency,
        errors=errors,
    )
