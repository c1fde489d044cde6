"""The documented circuit breaker, and the base that has several; behaviour is in ``_circuits``."""

from __future__ import annotations

from typing import Any

from project_x_py.exceptions import CircuitBreakerError, ProjectXError
from project_x_py.realtime._circuits import (
    CircuitBreaker,
    CircuitBreakerConfig,
    CircuitBreakerMetrics,
    Circuited,
    CircuitState,
    Handler,
)
from project_x_py.realtime.task_management import TaskManagerMixin

__all__ = [
    "CircuitBreaker",
    "CircuitBreakerConfig",
    "CircuitBreakerError",
    "CircuitBreakerMetrics",
    "CircuitBreakerMixin",
    "CircuitState",
    "ProjectXError",
    "TaskManagerMixin",
]


class CircuitBreakerMixin(Circuited, TaskManagerMixin):
    """Circuit breakers for an object of your own: one before all events, and one per kind.

    :meth:`call_with_breaker` is the way through them. Nothing is behind a breaker before
    :meth:`configure_circuit_breaker` or :meth:`enable_circuit_breaker`.
    """

    __slots__ = ()

    async def configure_circuit_breaker(
        self,
        failure_threshold: int = 5,
        time_window_seconds: float = 60.0,
        timeout_seconds: float = 5.0,
        recovery_timeout: float = 30.0,
        half_open_max_calls: int = 3,
        exponential_backoff_multiplier: float = 2.0,
        max_recovery_time: float = 300.0,
        slow_call_threshold: float = 2.0,
        enable_global_circuit: bool = True,
        enable_per_event_circuits: bool = True,
    ) -> None:
        """Begin anew with other settings, all breakers closed; see the configuration's fields.

        Args:
            enable_global_circuit: Whether one breaker stands before all events.
            enable_per_event_circuits: Whether each kind of event has one of its own.

        Raises:
            ValueError: A count or a time is not above zero, or the multiplier is below one.
        """
        self._circuits.configure(
            CircuitBreakerConfig(
                failure_threshold,
                time_window_seconds,
                timeout_seconds,
                recovery_timeout,
                half_open_max_calls,
                exponential_backoff_multiplier,
                max_recovery_time,
                slow_call_threshold,
            ),
            enable_global_circuit,
            enable_per_event_circuits,
        )

    async def enable_circuit_breaker(self) -> None:
        """Let calls go through the breakers, with the default settings if there are none yet."""
        self._circuits.enable()

    async def disable_circuit_breaker(self) -> None:
        """Let every call pass; the breakers keep what they know."""
        self._circuits.disable()

    async def call_with_breaker(
        self, event_type: str, func: Handler, *args: Any, **kwargs: Any
    ) -> Any:
        """Await ``func(*args, **kwargs)`` through the breakers of an event.

        Raises:
            CircuitBreakerError: One of them is open, and the event has no fallback.
            Exception: What ``func`` raised.
        """
        return await self._circuits.call(event_type, func, *args, **kwargs)

    async def set_circuit_breaker_fallback(
        self, event_type: str, fallback_handler: Handler
    ) -> None:
        """Call ``fallback_handler`` instead, with the same arguments, while a breaker is open."""
        self._circuits.set_fallback(event_type, fallback_handler)

    async def remove_circuit_breaker_fallback(self, event_type: str) -> None:
        """Call nothing instead any more; harmless when there is none."""
        self._circuits.remove_fallback(event_type)

    async def get_circuit_breaker_state(self, event_type: str | None = None) -> CircuitState:
        """Return the state of an event's breaker, or of the one before all; closed without one."""
        return self._circuits.state(event_type)

    async def get_circuit_breaker_metrics(self, event_type: str | None = None) -> dict[str, Any]:
        """Return :meth:`CircuitBreaker.get_metrics` of one of them; empty without one."""
        return self._circuits.metrics(event_type)

    async def get_all_circuit_breaker_metrics(self) -> dict[str, Any]:
        """Return those of all.

        Returns:
            ``enabled``, ``global`` (metrics, empty without that breaker) and ``events`` (kind to
            metrics).
        """
        return self._circuits.all_metrics()

    async def force_circuit_breaker_open(self, event_type: str | None = None) -> None:
        """Let nothing of an event pass for a while, or nothing at all.

        Raises:
            ProjectXError: There is no such breaker; nothing was configured.
        """
        await self._circuits.force_open(event_type)

    async def force_circuit_breaker_closed(self, event_type: str | None = None) -> None:
        """Let it pass, and forget what failed.

        Raises:
            ProjectXError: There is no such breaker; nothing was configured.
        """
        await self._circuits.force_closed(event_type)
