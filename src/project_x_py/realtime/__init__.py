"""Live events of the gateway's two SignalR hubs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.exceptions import CircuitBreakerError
    from project_x_py.realtime.circuit_breaker import (
        CircuitBreaker,
        CircuitBreakerConfig,
        CircuitBreakerMetrics,
        CircuitBreakerMixin,
        CircuitState,
    )
    from project_x_py.realtime.client import ProjectXRealtimeClient, create_realtime_client
    from project_x_py.realtime.connection_management import ConnectionManagementMixin
    from project_x_py.realtime.event_handling import EventHandlingMixin
    from project_x_py.realtime.feeds import FeedMixin
    from project_x_py.realtime.health_monitoring import HealthMonitoringMixin
    from project_x_py.realtime.subscriptions import SubscriptionsMixin
    from project_x_py.realtime.task_management import TaskManagerMixin

__all__ = [
    "CircuitBreaker",
    "CircuitBreakerConfig",
    "CircuitBreakerError",
    "CircuitBreakerMetrics",
    "CircuitBreakerMixin",
    "CircuitState",
    "ConnectionManagementMixin",
    "EventHandlingMixin",
    "FeedMixin",
    "HealthMonitoringMixin",
    "ProjectXRealtimeClient",
    "SubscriptionsMixin",
    "TaskManagerMixin",
    "create_realtime_client",
]

_HOMES = {
    ".circuit_breaker": (
        "CircuitBreaker CircuitBreakerConfig CircuitBreakerMetrics CircuitBreakerMixin CircuitState"
    ),
    ".client": "ProjectXRealtimeClient create_realtime_client",
    ".connection_management": "ConnectionManagementMixin",
    ".event_handling": "EventHandlingMixin",
    ".feeds": "FeedMixin",
    ".health_monitoring": "HealthMonitoringMixin",
    ".subscriptions": "SubscriptionsMixin",
    ".task_management": "TaskManagerMixin",
    "project_x_py.exceptions": "CircuitBreakerError",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
