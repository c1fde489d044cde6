"""Live events of the gateway's two SignalR hubs."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    "CircuitBreaker": "circuit_breaker",
    "CircuitBreakerConfig": "circuit_breaker",
    "CircuitBreakerError": "circuit_breaker",
    "CircuitBreakerMetrics": "circuit_breaker",
    "CircuitBreakerMixin": "circuit_breaker",
    "CircuitState": "circuit_breaker",
    "ConnectionManagementMixin": "connection_management",
    "EventHandlingMixin": "event_handling",
    "FeedMixin": "feeds",
    "HealthMonitoringMixin": "health_monitoring",
    "ProjectXRealtimeClient": "client",
    "SubscriptionsMixin": "subscriptions",
    "TaskManagerMixin": "task_management",
    "create_realtime_client": "client",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a name from its module at first use."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
