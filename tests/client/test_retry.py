"""Which failures are tried again, and after how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py.client._budget import BudgetRefusalError
from project_x_py.client._retry import (
    LONGEST_DELAY_S,
    RetryPolicy,
    SpoiltAnswerError,
    retry_delay_s,
)
from project_x_py.config import ProjectXConfig
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXClientError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXError,
    ProjectXRateLimitError,
    ProjectXServerError,
)

POLICY = RetryPolicy(repeats=3, base_delay_s=2.0, deadline_s=60.0)
TRANSIENT = [
    ProjectXConnectionError("x"),
    ProjectXServerError("x"),
    ProjectXRateLimitError("x"),
    SpoiltAnswerError("x"),
]
LASTING = [
    ProjectXAuthenticationError("x"),
    ProjectXClientError("x"),
    ProjectXDataError("x"),
    BudgetRefusalError("x"),
]


def _delay(
    error: ProjectXError,
    *,
    idempotent: bool = True,
    attempt: int = 1,
    spent_s: float = 0.0,
    retry_after_s: float | None = None,
    draw: float = 0.5,
    policy: RetryPolicy = POLICY,
) -> float | None:
    return retry_delay_s(
        policy,
        error,
        idempotent=idempotent,
        attempt=attempt,
        spent_s=spent_s,
        retry_after_s=retry_after_s,
        draw=draw,
    )


@pytest.mark.parametrize("error", TRANSIENT)
def test_transient_failures_are_retried(error: ProjectXError) -> None:
    """A transient failure of a query is tried again."""
    assert _delay(error) == 1.0


@pytest.mark.parametrize("error", LASTING)
def test_lasting_failures_are_final(error: ProjectXError) -> None:
    """A failure that would come again is not tried again."""
    assert _delay(error) is None


@given(
    error=st.sampled_from(TRANSIENT + LASTING),
    attempt=st.integers(1, 50),
    spent_s=st.floats(0, 1000),
    retry_after_s=st.none() | st.floats(0, 1000),
    draw=st.floats(0, 1),
)
def test_what_may_have_acted_is_never_sent_again(
    error: ProjectXError,
    attempt: int,
    spent_s: float,
    retry_after_s: float | None,
    draw: float,
) -> None:
    """Nothing makes a request that is not idempotent go twice."""
    assert (
        _delay(
            error,
            idempotent=False,
            attempt=attempt,
            spent_s=spent_s,
            retry_after_s=retry_after_s,
            draw=draw,
        )
        is None
    )


@given(
    attempt=st.integers(1, 60),
    spent_s=st.floats(0, 100),
    retry_after_s=st.none() | st.floats(0, 200),
    draw=st.floats(0, 1),
    repeats=st.integers(0, 60),
)
def test_waits_are_bounded(
    attempt: int, spent_s: float, retry_after_s: float | None, draw: float, repeats: int
) -> None:
    """Full jitter below a doubling ceiling; attempts and time end it; Retry-After is kept."""
    policy = RetryPolicy(repeats, 2.0, 60.0)
    delay = _delay(
        TRANSIENT[1],
        attempt=attempt,
        spent_s=spent_s,
        retry_after_s=retry_after_s,
        draw=draw,
        policy=policy,
    )
    if attempt > repeats:
        assert delay is None
    if delay is not None:
        assert 0 <= delay <= (retry_after_s or 0) + min(2.0**attempt, LONGEST_DELAY_S)
        assert delay >= (retry_after_s or 0)
        assert spent_s + delay <= 60.0


def test_a_page_that_is_no_answer_is_asked_for_once_more() -> None:
    """A proxy's page may be gone the next time; a wrong URL is not tried for long."""
    assert _delay(TRANSIENT[3], attempt=1) is not None
    assert _delay(TRANSIENT[3], attempt=2) is None


@pytest.mark.checklist(164)
def test_the_configuration_rules_the_retries() -> None:
    """``retry_attempts`` is the number of repeats, ``retry_delay_seconds`` the first ceiling."""
    policy = RetryPolicy.of(
        ProjectXConfig(retry_attempts=5, retry_delay_seconds=0.5, timeout_seconds=7)
    )
    assert policy == RetryPolicy(5, 0.5, 14.0)
    assert _delay(TRANSIENT[0], attempt=1, draw=1.0, policy=policy) == 0.5
    assert _delay(TRANSIENT[0], attempt=3, draw=1.0, policy=policy) == 2.0
    assert _delay(TRANSIENT[0], attempt=6, policy=policy) is None
    none = RetryPolicy.of(ProjectXConfig(retry_attempts=0))
    assert _delay(TRANSIENT[0], policy=none) is None


def test_what_everything_waits_for_is_tried_again_within_a_second() -> None:
    """Urgent tries wait no longer than a second, unless the service asks for it."""
    urgent = POLICY.urgent()
    assert urgent.repeats == POLICY.repeats
    assert [_delay(TRANSIENT[0], attempt=n, draw=1.0, policy=urgent) for n in (1, 3)] == [1.0, 1.0]
    assert _delay(TRANSIENT[2], retry_after_s=5.0, draw=1.0, policy=urgent) == 5.1
