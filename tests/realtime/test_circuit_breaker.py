"""The documented circuit breaker and its mixin, on virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.virtual import in_virtual_time

from project_x_py._runtime.clock import VirtualClock
from project_x_py.exceptions import CircuitBreakerError, ProjectXError
from project_x_py.realtime import (
    CircuitBreaker,
    CircuitBreakerConfig,
    CircuitBreakerMetrics,
    CircuitBreakerMixin,
    CircuitState,
    _circuits,
)


@pytest.fixture(autouse=True)
def _virtual_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_circuits, "SystemClock", lambda: VirtualClock(0))


class Handler:
    """Does as it is told, and counts."""

    def __init__(self) -> None:
        self.calls = 0
        self.fails = False
        self.takes_s = 0.0

    async def __call__(self, event: Any, more: int = 0) -> Any:
        self.calls += 1
        await asyncio.sleep(self.takes_s)
        if self.fails:
            raise KeyError(event)
        return event, more


@in_virtual_time
async def test_it_opens_tries_and_closes() -> None:
    """Five failures open it for 30 s, a failed trial for 60 s, and a good one closes it."""
    breaker, handler = CircuitBreaker("quotes"), Handler()
    assert await breaker.call("quote", handler, "a", more=2) == ("a", 2)
    handler.fails = True
    for _ in range(5):
        with pytest.raises(KeyError):
            await breaker.call("quote", handler, "b")
    assert breaker.get_state() is CircuitState.OPEN
    with pytest.raises(CircuitBreakerError, match=r"quotes: 'quote' .* again in 30\.0 s"):
        await breaker.call("quote", handler, "c")
    assert handler.calls == 6
    await asyncio.sleep(30)
    assert breaker.get_state() is CircuitState.HALF_OPEN
    with pytest.raises(KeyError):
        await breaker.call("quote", handler, "d")
    await asyncio.sleep(59)
    assert breaker.get_state() is CircuitState.OPEN
    await asyncio.sleep(1)
    handler.fails = False
    assert await breaker.call("quote", handler, "e") == ("e", 0)
    assert breaker.get_state() is CircuitState.CLOSED
    metrics = breaker.get_metrics()
    assert (metrics["state"], metrics["times_opened"], metrics["name"]) == ("closed", 2, "quotes")
    assert (metrics["total_calls"], metrics["failed_calls"]) == (8, 6)
    assert metrics["state_changes"] == 5


@in_virtual_time
async def test_what_takes_too_long_has_failed_and_what_is_slow_is_counted() -> None:
    """The bound of a call is its own; a time-out of the caller's says nothing of the handler."""
    breaker, handler = (
        CircuitBreaker("orders", CircuitBreakerConfig(failure_threshold=2)),
        Handler(),
    )
    handler.takes_s = 3.0
    assert await breaker.call("order", handler, 1)
    handler.takes_s = 60.0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await breaker.call("order", handler, 2)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await breaker.call("order", handler, 3)
    assert breaker.get_state() is CircuitState.OPEN
    metrics = breaker.get_metrics()
    assert (metrics["slow_calls"], metrics["timeout_calls"], metrics["total_calls"]) == (1, 2, 3)
    assert metrics["avg_response_time"] == pytest.approx(3.0)


@in_virtual_time
async def test_a_fallback_stands_in_while_it_is_open() -> None:
    """It gets the same arguments; without one the call is refused, and forcing works both ways."""
    breaker, handler, other = CircuitBreaker("depth"), Handler(), Handler()
    breaker.set_fallback_handler("depth", other)
    await breaker.force_open()
    assert await breaker.call("depth", handler, 5, more=6) == (5, 6)
    assert (handler.calls, other.calls) == (0, 1)
    breaker.remove_fallback_handler("depth")
    breaker.remove_fallback_handler("depth")
    with pytest.raises(CircuitBreakerError):
        await breaker.call("depth", handler, 5)
    await breaker.force_closed()
    assert await breaker.call("depth", handler, 5) == (5, 0)


@in_virtual_time
async def test_trials_that_are_cancelled_leave_room_for_others() -> None:
    """Three trials that said nothing do not keep it half open for ever."""
    breaker, handler = CircuitBreaker("fills"), Handler()
    await breaker.force_open()
    await asyncio.sleep(30)
    handler.takes_s = 4.0
    for _ in range(4):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await breaker.call("fill", handler, 1)
    assert breaker.get_state() is CircuitState.HALF_OPEN
    assert await breaker.call("fill", handler, 1)
    assert breaker.get_state() is CircuitState.CLOSED


@in_virtual_time
async def test_metrics_are_what_was_recorded() -> None:
    """Rates, the window, and the mean of the times."""
    metrics = CircuitBreakerMetrics(time_window_seconds=10.0)
    assert metrics.get_failure_rate() == metrics.get_slow_call_rate() == 0.0
    metrics.record_success(1.0)
    metrics.record_failure(3.0)
    metrics.record_slow_call(3.0)
    await asyncio.sleep(11)
    metrics.record_timeout()
    metrics.record_state_change(CircuitState.OPEN)
    assert metrics.get_failure_rate() == pytest.approx(2 / 3)
    assert metrics.get_slow_call_rate() == pytest.approx(1 / 3)
    assert metrics.get_current_window_failures() == 1
    assert metrics.to_dict() == {
        "total_calls": 3,
        "successful_calls": 1,
        "failed_calls": 2,
        "timeout_calls": 1,
        "slow_calls": 1,
        "failure_rate": pytest.approx(2 / 3),
        "slow_call_rate": pytest.approx(1 / 3),
        "current_window_failures": 1,
        "avg_response_time": 2.0,
        "state_changes": 1,
        "last_state_change": pytest.approx(11.0),
    }


@in_virtual_time
async def test_one_kind_of_event_does_not_open_the_breaker_of_another() -> None:
    """Each has its own, and one before all of them opens for the failures of all."""
    guarded, handler, other = CircuitBreakerMixin(), Handler(), Handler()
    handler.fails = True
    with pytest.raises(KeyError):
        await guarded.call_with_breaker("quote", handler, 1)
    assert await guarded.get_circuit_breaker_metrics("quote") == {}
    await guarded.configure_circuit_breaker(failure_threshold=2, enable_global_circuit=False)
    for _ in range(2):
        with pytest.raises(KeyError):
            await guarded.call_with_breaker("quote", handler, 1)
    with pytest.raises(CircuitBreakerError):
        await guarded.call_with_breaker("quote", handler, 1)
    assert await guarded.call_with_breaker("trade", other, 1) == (1, 0)
    assert await guarded.get_circuit_breaker_state("quote") is CircuitState.OPEN
    assert await guarded.get_circuit_breaker_state("trade") is CircuitState.CLOSED
    with pytest.raises(ProjectXError, match="all events"):
        await guarded.force_circuit_breaker_open()
    await guarded.configure_circuit_breaker(failure_threshold=2)
    for kind in ("quote", "trade"):
        with pytest.raises(KeyError):
            await guarded.call_with_breaker(kind, handler, 1)
    assert await guarded.get_circuit_breaker_state() is CircuitState.OPEN
    assert await guarded.get_circuit_breaker_state("quote") is CircuitState.CLOSED
    told = await guarded.get_all_circuit_breaker_metrics()
    assert (told["enabled"], told["global"]["failed_calls"], set(told["events"])) == (
        True, 2, {"quote", "trade"},
    )  # fmt: skip
    assert guarded.get_task_stats()["total_tasks"] == 0


@in_virtual_time
async def test_a_mixin_can_be_forced_and_left_alone() -> None:
    """A fallback per kind, a switch, and both directions by force."""
    guarded, handler, other = CircuitBreakerMixin(), Handler(), Handler()
    await guarded.enable_circuit_breaker()
    await guarded.force_circuit_breaker_open("order")
    with pytest.raises(CircuitBreakerError):
        await guarded.call_with_breaker("order", handler, 1)
    await guarded.set_circuit_breaker_fallback("order", other)
    assert await guarded.call_with_breaker("order", handler, 1) == (1, 0)
    assert (handler.calls, other.calls) == (0, 1)
    await guarded.remove_circuit_breaker_fallback("order")
    await guarded.disable_circuit_breaker()
    assert await guarded.call_with_breaker("order", handler, 1) == (1, 0)
    await guarded.enable_circuit_breaker()
    await guarded.force_circuit_breaker_closed("order")
    assert await guarded.call_with_breaker("order", handler, 1) == (1, 0)
    assert handler.calls == 2


@pytest.mark.parametrize(
    "wrong", [{"timeout_seconds": 0}, {"failure_threshold": 0}, {"slow_call_threshold": -1}]
)
def test_a_configuration_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    """ValueError, before anything is guarded by it."""
    with pytest.raises(ValueError, match="above zero"):
        CircuitBreakerConfig(**wrong).settings()
