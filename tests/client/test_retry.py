"""Which failures are tried again, and after how long."""

from __future__ import annotations

import pytest

from project_x_py.client._retry import LONGEST_DELAY_S, RetryPolicy, is_retryable
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXRateLimitError,
    ProjectXServerError,
)


@pytest.mark.parametrize(
    "error",
    [ProjectXConnectionError("x"), ProjectXServerError("x"), ProjectXRateLimitError("x")],
)
def test_transient_failures_are_retried_only_when_idempotent(error: Exception) -> None:
    """A transient failure is tried again, unless the request may have acted."""
    assert is_retryable(error, idempotent=True)
    assert not is_retryable(error, idempotent=False)


@pytest.mark.parametrize("error", [ProjectXAuthenticationError("x"), ProjectXDataError("x")])
def test_lasting_failures_are_final(error: Exception) -> None:
    """A failure that would come again is not tried again."""
    assert not is_retryable(error, idempotent=True)


def test_waits_grow_and_are_bounded() -> None:
    """The wait has full jitter below a doubling ceiling, which itself is bounded."""
    policy = RetryPolicy(attempts=5, base_delay_s=2.0, deadline_s=60)
    for attempt in range(1, 12):
        ceiling = min(2.0 * 2 ** (attempt - 1), LONGEST_DELAY_S)
        waits = [policy.delay_s(attempt) for _ in range(50)]
        assert all(0 <= wait <= ceiling for wait in waits)
        assert len(set(waits)) > 1


def test_retry_after_is_a_lower_bound() -> None:
    """A server that names a time is never asked before it."""
    policy = RetryPolicy(attempts=5, base_delay_s=2.0, deadline_s=60)
    assert all(policy.delay_s(1, retry_after_s=7) >= 7 for _ in range(50))
