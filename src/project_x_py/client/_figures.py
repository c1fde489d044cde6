"""What a client tells of itself.

Invariant (``tests/client/test_figures.py``): every figure was counted; the health is 0 without a
session, else the share of requests that were answered well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.component import snapshot_of
from project_x_py._core.time import NS, format_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.component import ComponentStatistics
    from project_x_py.client._http import HttpCaller

__all__ = ["client_statistics"]


def client_statistics(
    http: HttpCaller, now_ns: int, *, logged_in: bool, figures: Mapping[str, object]
) -> ComponentStatistics:
    """Return a client's snapshot.

    Args:
        http: Has counted the requests.
        now_ns: Monotonic time.
        logged_in: Whether there is a session.
        figures: What else the client counts.
    """
    counters = http.counters
    sent_ns = counters.sent_wall_ns
    well = 1 - min(1.0, counters.errors / counters.requests) if counters.requests else 1.0
    held = figures.get("market_data_bytes", 0)
    return snapshot_of(
        {
            "name": "client",
            "status": "active" if logged_in else "disconnected",
            "uptime_seconds": (now_ns - http.began_ns) // NS,
            "last_activity": None if sent_ns is None else format_iso(sent_ns),
            "error_count": counters.errors,
            "memory_usage_mb": held / 2**20 if isinstance(held, int) else 0.0,
        },
        100.0 * well if logged_in else 0.0,
        {
            **figures,
            "response_codes": {str(code): count for code, count in counters.codes.items()},
            "backoff_delays_ms": {
                str(at): wait_s * 1000 for at, wait_s in enumerate(counters.waits_s)
            },
        },
        {
            "order_sent": counters.to_wire.latency(),
            "order_answered": counters.answers.latency(),
        },
    )
