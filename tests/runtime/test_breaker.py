"""A breaker opens after failures, tries again after a pause, and rests ever longer."""

from __future__ import annotations

import asyncio

import pytest
from tests.virtual import in_virtual_time

from project_x_py._runtime.breaker import Breaker, BreakerSettings, BreakerState
from project_x_py._runtime.clock import VirtualClock
from project_x_py.exceptions import CircuitBreakerError

SETTINGS = BreakerSettings(failures=3, window_s=10.0, pause_s=5.0, longest_pause_s=15.0, trials=2)


@in_virtual_time
async def test_it_opens_after_failures_within_the_window() -> None:
    """Failures that lie further apart, or have a success between them, do not open it."""
    breaker = Breaker("it", VirtualClock(0), SETTINGS)
    for _ in range(10):
        breaker.failed()
        await asyncio.sleep(6)
    for _ in range(10):
        breaker.failed()
        breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    assert breaker.state is BreakerState.OPEN
    assert not breaker.allows()
    assert breaker.left_s == pytest.approx(5.0)
    assert breaker.times_opened == 1


@in_virtual_time
async def test_trials_decide() -> None:
    """So many pass when the pause is over; one failure opens it for longer, a success closes it."""
    breaker = Breaker("it", VirtualClock(0), SETTINGS)
    breaker.open()
    pauses = []
    for _ in range(4):
        pauses.append(breaker.left_s)
        await asyncio.sleep(breaker.left_s)
        assert breaker.state is BreakerState.HALF_OPEN
        assert [breaker.allows() for _ in range(3)] == [True, True, False]
        breaker.failed()
    assert pauses == pytest.approx([5.0, 10.0, 15.0, 15.0])
    await asyncio.sleep(15)
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    breaker.open()
    assert breaker.left_s == pytest.approx(5.0)


@in_virtual_time
async def test_a_trial_that_said_nothing_is_given_again() -> None:
    """Also when others were refused while it lasted: a breaker never stays half open for ever."""
    breaker = Breaker("it", VirtualClock(0), SETTINGS)
    breaker.open()
    await asyncio.sleep(5)
    assert [breaker.allows() for _ in range(9)] == [True] * 2 + [False] * 7
    with pytest.raises(CircuitBreakerError, match="it is being tried again"):
        breaker.check()
    breaker.withdraw()
    assert [breaker.allows() for _ in range(3)] == [True, False, False]


@in_virtual_time
async def test_a_sign_of_life_ends_the_pause() -> None:
    """Then trials pass at once; if they fail, the next pause is the longer one."""
    breaker = Breaker("it", VirtualClock(0), SETTINGS)
    breaker.hurry()
    assert breaker.state is BreakerState.CLOSED
    breaker.open()
    assert not breaker.allows()
    breaker.hurry()
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.allows()
    breaker.failed()
    assert breaker.left_s == pytest.approx(10.0)


@in_virtual_time
async def test_calls_through_it() -> None:
    """A failure is the caller's and counts, a cancellation does not, and open means unmade."""
    breaker, made = Breaker("the gateway", VirtualClock(0), SETTINGS), list[str]()

    async def work(outcome: str) -> str:
        made.append(outcome)
        if outcome == "bad":
            raise KeyError("bad")
        if outcome == "cancelled":
            raise asyncio.CancelledError
        return outcome

    assert await breaker.call(lambda: work("good")) == "good"
    for _ in range(5):
        with pytest.raises(asyncio.CancelledError):
            await breaker.call(lambda: work("cancelled"))
    for _ in range(3):
        with pytest.raises(KeyError):
            await breaker.call(lambda: work("bad"))
    with pytest.raises(CircuitBreakerError, match="the gateway has failed too often"):
        await breaker.call(lambda: work("good"))
    assert made.count("good") == 1


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"pause_s": -1}, {"trials": 0}, {"growth": 0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    """ValueError names them all."""
    with pytest.raises(ValueError, match="above zero"):
        BreakerSettings(**wrong)  # type: ignore[arg-type]
