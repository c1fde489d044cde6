"""Breakers around the handlers of a program: what keeps failing is left alone for a while.

A shell over :class:`~project_x_py._runtime.breaker.Breaker` for a program's own handlers. The
client has its breakers already, one around each callback, and needs none of this; its hubs are
never behind one, since they have delays of their own.

Invariants (``tests/realtime/test_circuit_breaker.py``): while it is open nothing is called but the
fallback; what a call raises reaches its caller; a call that is cancelled says nothing about the
handler; the breaker of one kind of event never opens for the failures of another.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from project_x_py._core.time import NS
from project_x_py._runtime.breaker import Breaker, BreakerSettings, BreakerState
from project_x_py._runtime.clock import SystemClock
from project_x_py.exceptions import CircuitBreakerError, ProjectXError
from project_x_py.realtime._tasks import TaskLedger

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "CircuitBreaker",
    "CircuitBreakerConfig",
    "CircuitBreakerMetrics",
    "CircuitState",
    "Circuited",
    "Circuits",
    "Handler",
]

Handler = Callable[..., Awaitable[Any]]

KEPT = 1000
"""Response times and changes of state that are remembered."""


class CircuitState(enum.Enum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass
class CircuitBreakerConfig:
    """When a breaker opens, and for how long.

    Attributes:
        failure_threshold: Failures within the window that open it.
        time_window_seconds: The window.
        timeout_seconds: Longest time of one call; one that takes longer has failed.
        recovery_timeout: Seconds it stays open the first time.
        half_open_max_calls: Trials that pass afterwards; the first success closes it.
        exponential_backoff_multiplier: How much longer it stays open each further time.
        max_recovery_time: Longest time it stays open.
        slow_call_threshold: Seconds above which a call counts as slow.
    """

    failure_threshold: int = 5
    time_window_seconds: float = 60.0
    timeout_seconds: float = 5.0
    recovery_timeout: float = 30.0
    half_open_max_calls: int = 3
    exponential_backoff_multiplier: float = 2.0
    max_recovery_time: float = 300.0
    slow_call_threshold: float = 2.0

    def settings(self) -> BreakerSettings:
        """Return what the breaker itself needs.

        Raises:
            ValueError: A count or a time is not above zero, or the multiplier is below one.
        """
        if min(self.timeout_seconds, self.slow_call_threshold) <= 0:
            raise ValueError(f"a breaker's counts and times are above zero: {self}")
        return BreakerSettings(
            failures=self.failure_threshold,
            window_s=self.time_window_seconds,
            pause_s=self.recovery_timeout,
            longest_pause_s=max(self.recovery_timeout, self.max_recovery_time),
            growth=self.exponential_backoff_multiplier,
            trials=self.half_open_max_calls,
        )


class CircuitBreakerMetrics:
    """What became of the calls.

    Args:
        time_window_seconds: How far back failures count as recent.
    """

    def __init__(self, time_window_seconds: float = 60.0) -> None:
        self.time_window_seconds = time_window_seconds
        self.total_calls = self.successful_calls = self.failed_calls = 0
        self.timeout_calls = self.slow_calls = 0
        self._clock = SystemClock()
        self._failures: deque[int] = deque(maxlen=KEPT)
        self._times_s: deque[float] = deque(maxlen=KEPT)
        self._changes: deque[tuple[int, CircuitState]] = deque(maxlen=KEPT)

    def record_success(self, response_time: float) -> None:
        """Count a call that went well, and its seconds."""
        self.total_calls += 1
        self.successful_calls += 1
        self._times_s.append(response_time)

    def record_failure(self, response_time: float | None = None) -> None:
        """Count a call that failed, and its seconds where they are known."""
        self.total_calls += 1
        self.failed_calls += 1
        self._failures.append(self._clock.monotonic_ns())
        if response_time is not None:
            self._times_s.append(response_time)

    def record_timeout(self) -> None:
        """Count a call that was given up, which is a failure too."""
        self.timeout_calls += 1
        self.record_failure()

    def record_slow_call(self, response_time: float) -> None:
        """Count that a call, counted already, was slow."""
        self.slow_calls += 1

    def record_state_change(self, new_state: CircuitState) -> None:
        """Keep when the state changed."""
        self._changes.append((self._clock.wall_ns(), new_state))

    def get_failure_rate(self) -> float:
        """Return the share of calls that failed, 0.0 without one."""
        return self.failed_calls / self.total_calls if self.total_calls else 0.0

    def get_slow_call_rate(self) -> float:
        """Return the share of calls that were slow, 0.0 without one."""
        return self.slow_calls / self.total_calls if self.total_calls else 0.0

    def get_current_window_failures(self) -> int:
        """Return how many calls failed within the window."""
        oldest_ns = self._clock.monotonic_ns() - round(self.time_window_seconds * NS)
        return sum(at_ns >= oldest_ns for at_ns in self._failures)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it.

        Returns:
            ``total_calls``, ``successful_calls``, ``failed_calls``, ``timeout_calls``,
            ``slow_calls``, ``failure_rate``, ``slow_call_rate`` (0 to 1),
            ``current_window_failures``, ``avg_response_time`` (seconds), ``state_changes`` (how
            many) and ``last_state_change`` (seconds since 1970, or None).
        """
        times_s = self._times_s
        return {
            "total_calls": self.total_calls,
            "successful_calls": self.successful_calls,
            "failed_calls": self.failed_calls,
            "timeout_calls": self.timeout_calls,
            "slow_calls": self.slow_calls,
            "failure_rate": self.get_failure_rate(),
            "slow_call_rate": self.get_slow_call_rate(),
            "current_window_failures": self.get_current_window_failures(),
            "avg_response_time": sum(times_s) / len(times_s) if times_s else 0.0,
            "state_changes": len(self._changes),
            "last_state_change": self._changes[-1][0] / NS if self._changes else None,
        }


class CircuitBreaker:
    """One breaker, for one or several kinds of events.

    Args:
        name: What it stands before, for errors and the log.
        config: When it opens; the defaults when left out.
        logger: Where changes of state are told; that of this module when left out.
    """

    def __init__(
        self,
        name: str,
        config: CircuitBreakerConfig | None = None,
        logger: logging.Logger | None = None,
    ) -> None:
        self.name = name
        self.config = config or CircuitBreakerConfig()
        self.logger = logger or logging.getLogger(__name__)
        self.metrics = CircuitBreakerMetrics(self.config.time_window_seconds)
        self._clock = SystemClock()
        self._breaker = Breaker(name, self._clock, self.config.settings())
        self._fallbacks: dict[str, Handler] = {}
        self._told = CircuitState.CLOSED

    async def call(self, event_type: str, func: Handler, *args: Any, **kwargs: Any) -> Any:
        """Await ``func(*args, **kwargs)`` and return its result, unless the breaker is open.

        While it is open, the fallback of ``event_type`` is called instead, with the same
        arguments.

        Raises:
            CircuitBreakerError: It is open, and the event has no fallback; nothing was called.
            TimeoutError: The call took longer than ``timeout_seconds``.
            Exception: What ``func`` raised.
        """
        allowed = self._breaker.allows()
        self._tell()
        if not allowed:
            fallback = self._fallbacks.get(event_type)
            if fallback is not None:
                return await fallback(*args, **kwargs)
            raise CircuitBreakerError(
                f"{self.name}: {event_type!r} has failed too often; it is tried again in "
                f"{self._breaker.left_s:.1f} s"
            )
        began_ns = self._clock.monotonic_ns()
        limit = asyncio.timeout(self.config.timeout_seconds)
        try:
            async with limit:
                result = await func(*args, **kwargs)
        except (asyncio.CancelledError, CircuitBreakerError):
            self._breaker.withdraw()  # says nothing about what was called
            raise
        except BaseException:
            self._failed((self._clock.monotonic_ns() - began_ns) / NS, limit.expired())
            raise
        self._succeeded((self._clock.monotonic_ns() - began_ns) / NS)
        return result

    def get_state(self) -> CircuitState:
        """Return the state; an open breaker whose time is over is half open."""
        return CircuitState(self._breaker.state.value)

    def get_metrics(self) -> dict[str, Any]:
        """Return what was measured.

        Returns:
            ``name``, ``state``, ``times_opened``, ``seconds_until_trial`` (0 unless it is open),
            and the keys of :meth:`CircuitBreakerMetrics.to_dict`.
        """
        return {
            "name": self.name,
            "state": self.get_state().value,
            "times_opened": self._breaker.times_opened,
            "seconds_until_trial": self._breaker.left_s,
            **self.metrics.to_dict(),
        }

    def set_fallback_handler(self, event_type: str, handler: Handler) -> None:
        """Call ``handler`` with events of a kind while the breaker is open."""
        self._fallbacks[event_type] = handler

    def remove_fallback_handler(self, event_type: str) -> None:
        """Call nothing instead any more; harmless when there is none."""
        self._fallbacks.pop(event_type, None)

    async def force_open(self) -> None:
        """Let nothing pass for a while."""
        self._breaker.open()
        self._tell()

    async def force_closed(self) -> None:
        """Let everything pass, and forget what failed."""
        self._breaker.close()
        self._tell()

    def _succeeded(self, took_s: float) -> None:
        self.metrics.record_success(took_s)
        if took_s > self.config.slow_call_threshold:
            self.metrics.record_slow_call(took_s)
        self._breaker.succeeded()
        self._tell()

    def _failed(self, took_s: float, timed_out: bool) -> None:
        if timed_out:
            self.metrics.record_timeout()
        else:
            self.metrics.record_failure(took_s)
        self._breaker.failed()
        self._tell()

    def _tell(self) -> None:
        state = self.get_state()
        if state is not self._told:
            self._told = state
            self.metrics.record_state_change(state)
            level = logging.INFO if self._breaker.state is BreakerState.CLOSED else logging.WARNING
            self.logger.log(level, "circuit breaker %s is %s", self.name, state.value)


class Circuits:
    """The breakers of one object: one before all events, and one per kind of event."""

    def __init__(self) -> None:
        self._config: CircuitBreakerConfig | None = None
        self._enabled = False
        self._per_event = True
        self._fallbacks: dict[str, Handler] = {}
        self._whole: CircuitBreaker | None = None
        self._kinds: dict[str, CircuitBreaker] = {}

    def configure(
        self,
        config: CircuitBreakerConfig,
        enable_global_circuit: bool = True,
        enable_per_event_circuits: bool = True,
    ) -> None:
        """Begin anew with other settings, all breakers closed.

        Raises:
            ValueError: A count or a time is not above zero, or the multiplier is below one.
        """
        config.settings()
        self._config = config
        self._per_event = enable_per_event_circuits
        self._whole = CircuitBreaker("all events", config) if enable_global_circuit else None
        self._kinds = {}
        self._enabled = True

    def enable(self) -> None:
        """Let calls go through the breakers, with the default settings if there are none yet."""
        if self._config is None:
            self.configure(CircuitBreakerConfig())
        self._enabled = True

    def disable(self) -> None:
        """Let every call pass; the breakers keep what they know."""
        self._enabled = False

    async def call(self, event_type: str, func: Handler, *args: Any, **kwargs: Any) -> Any:
        """Await ``func(*args, **kwargs)`` through the breakers of an event.

        Raises:
            CircuitBreakerError: One of them is open, and the event has no fallback.
            Exception: What ``func`` raised.
        """
        if not self._enabled:
            return await func(*args, **kwargs)
        call = func
        if self._whole is not None:
            call = partial(self._whole.call, event_type, call)
        if self._per_event:
            call = partial(self._of(event_type).call, event_type, call)
        try:
            return await call(*args, **kwargs)
        except CircuitBreakerError:
            fallback = self._fallbacks.get(event_type)
            if fallback is None:
                raise
            return await fallback(*args, **kwargs)

    def set_fallback(self, event_type: str, fallback_handler: Handler) -> None:
        """Call ``fallback_handler`` instead, with the same arguments, while a breaker is open."""
        self._fallbacks[event_type] = fallback_handler

    def remove_fallback(self, event_type: str) -> None:
        """Call nothing instead any more; harmless when there is none."""
        self._fallbacks.pop(event_type, None)

    def state(self, event_type: str | None = None) -> CircuitState:
        """Return the state of an event's breaker, or of the one before all; closed without one."""
        breaker = self._found(event_type)
        return CircuitState.CLOSED if breaker is None else breaker.get_state()

    def metrics(self, event_type: str | None = None) -> dict[str, Any]:
        """Return :meth:`CircuitBreaker.get_metrics` of one of them; empty without one."""
        breaker = self._found(event_type)
        return {} if breaker is None else breaker.get_metrics()

    def all_metrics(self) -> dict[str, Any]:
        """Return those of all.

        Returns:
            ``enabled``, ``global`` (metrics, empty without that breaker) and ``events`` (kind to
            metrics).
        """
        return {
            "enabled": self._enabled,
            "global": self.metrics(),
            "events": {kind: one.get_metrics() for kind, one in self._kinds.items()},
        }

    async def force_open(self, event_type: str | None = None) -> None:
        """Let nothing of an event pass for a while, or nothing at all.

        Raises:
            ProjectXError: There is no such breaker; nothing was configured.
        """
        await self._wanted(event_type).force_open()

    async def force_closed(self, event_type: str | None = None) -> None:
        """Let it pass, and forget what failed.

        Raises:
            ProjectXError: There is no such breaker; nothing was configured.
        """
        await self._wanted(event_type).force_closed()

    def _of(self, event_type: str) -> CircuitBreaker:
        breaker = self._kinds.get(event_type)
        if breaker is None:
            breaker = self._kinds[event_type] = CircuitBreaker(event_type, self._config)
        return breaker

    def _found(self, event_type: str | None) -> CircuitBreaker | None:
        return self._whole if event_type is None else self._kinds.get(event_type)

    def _wanted(self, event_type: str | None) -> CircuitBreaker:
        if event_type is not None and self._per_event and self._config is not None:
            return self._of(event_type)
        breaker = self._found(event_type)
        if breaker is None:
            raise ProjectXError(f"no circuit breaker stands before {event_type or 'all events'}")
        return breaker


class Circuited:
    """Has breakers and tasks of its own, however its subclasses are made."""

    _circuits: Circuits
    _tasks: TaskLedger

    def __new__(cls, *args: object, **named: object) -> Self:
        made = super().__new__(cls)
        made._circuits, made._tasks = Circuits(), TaskLedger()
        return made
