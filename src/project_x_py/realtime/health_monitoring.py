"""The documented base that measures; behaviour is in ``_health``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py.realtime._health import HealthSettings

if TYPE_CHECKING:
    from project_x_py.realtime._health import HealthMonitor

__all__ = ["HealthMonitoringMixin"]


class HealthMonitoringMixin:
    """Heartbeats, latency and a score."""

    __slots__ = ()

    _health: HealthMonitor

    async def configure_health_monitoring(
        self,
        heartbeat_interval: float = 10.0,
        health_threshold: float = 70.0,
        latency_threshold_ms: float = 2000.0,
        max_latency_samples: int = 1000,
    ) -> None:
        """Change how health is measured, at once also for the connection that runs.

        Args:
            heartbeat_interval: Seconds between two round trips of a hub.
            health_threshold: Score below which a hub that answers badly is reconnected, after two
                bad heartbeats and at most once a minute.
            latency_threshold_ms: Round trips above it are warned of, in the log and by a
                LATENCY_WARNING event of the suite, and score 0.
            max_latency_samples: Round trips kept per hub.

        Raises:
            ValueError: A value is out of its range.
        """
        self._health.configure(
            HealthSettings(
                heartbeat_interval, health_threshold, latency_threshold_ms, max_latency_samples
            )
        )

    async def get_health_status(self) -> dict[str, Any]:
        """Return what was measured since :meth:`connect`.

        Returns:
            ``health_score`` (0 to 100, 0 while not connected), ``status``, ``uptime_seconds``,
            ``timestamp`` (ISO-8601), ``user_connected``, ``market_connected``,
            ``both_connected``, ``user_hub_latency_ms`` (mean), ``user_hub_latency_p95``,
            ``user_hub_latency_p99``, ``market_hub_latency_ms``, ``market_hub_latency_p95``,
            ``market_hub_latency_p99``, ``events_per_second``, ``total_events_received``,
            ``total_heartbeats_sent``, ``user_heartbeats_failed``, ``market_heartbeats_failed``,
            ``connection_failures``, ``user_heartbeat_success_rate`` (percent),
            ``market_heartbeat_success_rate``, ``last_user_heartbeat`` (ISO-8601 or None),
            ``last_market_heartbeat``, ``user_heartbeat_pending``, ``market_heartbeat_pending``,
            ``heartbeat_interval``, ``health_threshold``, ``latency_threshold_ms``, and ``facts``:
            per hub the ``frame_age`` and ``heartbeat_age`` in seconds, ``streams`` with the
            seconds since each contract's trades, quotes and depth were heard, and ``open_gaps``.
        """
        return self._health.status()

    async def get_performance_metrics(self) -> dict[str, Any]:
        """Return rates in short.

        Returns:
            ``uptime_seconds``, ``events_per_second``, ``total_events``, ``average_latency_ms``,
            ``connection_stability`` (percent of heartbeats answered), ``memory_usage`` (a dict of
            ``latency_samples`` and ``max_latency_samples``).
        """
        return self._health.performance()

    async def is_connection_healthy(self, threshold: float | None = None) -> bool:
        """Return whether the score reaches ``threshold``, by default the configured one."""
        return self._health.is_healthy(threshold)

    async def force_health_reconnect(self) -> bool:
        """Drop both hubs and connect them again, subscriptions included.

        Returns:
            Whether both are connected again within 10 s; if not, they go on trying.
        """
        return await self._health.reconnect()
