"""Regular and electronic sessions: filters, levels, profiles and statistics on frames.

Holidays, early closes and daily breaks come from the exchange calendar of each product group, so a
session is what the exchange says, not a range of clock hours. Every name is loaded at first use;
the configuration alone loads no frame library.

Held by ``tests/sessions/``; the calendar's sources are in ``docs/reference/calendar.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.sessions._profile import (
        VolumeProfile,
        volume_profile,
    )
    from project_x_py.sessions._windows import (
        ProductSessions,
        Window,
        resolve_session_product,
    )
    from project_x_py.sessions.aggregation import (
        aggregate_session_bars,
        aggregate_with_sessions,
    )
    from project_x_py.sessions.config import (
        DEFAULT_SESSIONS,
        SessionConfig,
        SessionTimes,
        SessionType,
    )
    from project_x_py.sessions.filtering import (
        SessionFilterMixin,
        filter_session,
    )
    from project_x_py.sessions.indicators import (
        calculate_anchored_vwap,
        calculate_percent_from_open,
        calculate_relative_to_vwap,
        calculate_session_cumulative_volume,
        calculate_session_gap,
        calculate_session_levels,
        calculate_session_vwap,
        generate_session_alerts,
        get_session_performance_metrics,
        get_volume_profile,
    )
    from project_x_py.sessions.statistics import (
        SessionAnalytics,
        SessionStatistics,
        session_summary,
        session_totals,
    )

__all__ = [
    "DEFAULT_SESSIONS",
    "ProductSessions",
    "SessionAnalytics",
    "SessionConfig",
    "SessionFilterMixin",
    "SessionStatistics",
    "SessionTimes",
    "SessionType",
    "VolumeProfile",
    "Window",
    "aggregate_session_bars",
    "aggregate_with_sessions",
    "calculate_anchored_vwap",
    "calculate_percent_from_open",
    "calculate_relative_to_vwap",
    "calculate_session_cumulative_volume",
    "calculate_session_gap",
    "calculate_session_levels",
    "calculate_session_vwap",
    "filter_session",
    "generate_session_alerts",
    "get_session_performance_metrics",
    "get_volume_profile",
    "resolve_session_product",
    "session_summary",
    "session_totals",
    "volume_profile",
]

_HOMES = {
    "._profile": "VolumeProfile volume_profile",
    "._windows": "ProductSessions Window resolve_session_product",
    ".aggregation": "aggregate_session_bars aggregate_with_sessions",
    ".config": "DEFAULT_SESSIONS SessionConfig SessionTimes SessionType",
    ".filtering": "SessionFilterMixin filter_session",
    ".indicators": (
        "calculate_anchored_vwap calculate_percent_from_open calculate_relative_to_vwap "
        "calculate_session_cumulative_volume calculate_session_gap calculate_session_levels "
        "calculate_session_vwap generate_session_alerts get_session_performance_metrics "
        "get_volume_profile"
    ),
    ".statistics": "SessionAnalytics SessionStatistics session_summary session_totals",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
