"""Which failures of a request are tried again, and how long to wait before.

One pure function decides. A request that may have acted on the exchange is never sent twice, so
only idempotent ones are ever retried, bounded in attempts and in time by the configuration.

Invariants (``tests/client/test_retry.py``): what is not idempotent is never retried; no wait ends
beyond the deadline; a Retry-After is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from project_x_py.client._budget import BudgetRefusalError
from project_x_py.exceptions import (
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXError,
    ProjectXRateLimitError,
    ProjectXServerError,
)

if TYPE_CHECKING:
    from typing import Self

    from project_x_py.config import ProjectXConfig

__all__ = [
    "LONGEST_DELAY_S",
    "URGENT_DELAY_S",
    "URGENT_EVERY_S",
    "URGENT_TRIES",
    "RetryPolicy",
    "SpoiltAnswerError",
    "retry_delay_s",
]

LONGEST_DELAY_S = 30.0
URGENT_DELAY_S = 1.0
"""Longest wait for what everything else waits for, such as the token of a hub that comes back."""
URGENT_EVERY_S = 1.5
"""After so long without an answer another urgent try begins beside those that have none; a network
that has swallowed them gives nothing back."""
URGENT_TRIES = 4
"""Urgent tries at a time."""
SPOILT_REPEATS = 1
"""An answer that is no JSON is asked for again this often: a proxy's page goes away, a wrong URL
does not."""


class SpoiltAnswerError(ProjectXDataError):
    """The answer came with success and is not the JSON it should be."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long an idempotent request is tried.

    Attributes:
        repeats: Tries beyond the first.
        base_delay_s: Upper bound of the first wait; it doubles with every try.
        deadline_s: No wait ends later than this after the first try began.
        longest_delay_s: Upper bound of every wait that the service has not asked for.
    """

    repeats: int
    base_delay_s: float
    deadline_s: float
    longest_delay_s: float = LONGEST_DELAY_S

    @classmethod
    def of(cls, config: ProjectXConfig) -> Self:
        """Return the policy of a configuration: all tries within twice its timeout."""
        return cls(config.retry_attempts, config.retry_delay_seconds, config.timeout_seconds * 2.0)

    def urgent(self) -> RetryPolicy:
        """Return the same with waits of a second at most."""
        return replace(self, longest_delay_s=min(self.longest_delay_s, URGENT_DELAY_S))


def retry_delay_s(
    policy: RetryPolicy,
    error: ProjectXError,
    *,
    idempotent: bool,
    attempt: int,
    spent_s: float,
    retry_after_s: float | None,
    draw: float,
) -> float | None:
    """Return how long to wait before the next try, None for no more tries.

    Args:
        policy: How often and how long.
        error: What the try ended in.
        idempotent: Whether a second sending could do no harm.
        attempt: Number of the try that failed, from 1.
        spent_s: Seconds since the first try began.
        retry_after_s: What the service asked for, or is assumed to want, after a 429.
        draw: A number drawn from 0 to 1, which makes the jitter.
    """
    if not idempotent or not _is_transient(error):
        return None
    repeats = policy.repeats
    if isinstance(error, SpoiltAnswerError):
        repeats = min(repeats, SPOILT_REPEATS)
    if attempt > repeats:
        return None
    doubled = policy.base_delay_s * 2.0 ** min(attempt - 1, 30)
    delay = draw * min(doubled, policy.longest_delay_s)
    if retry_after_s is not None:
        delay = retry_after_s + delay / 10
    return delay if spent_s + delay <= policy.deadline_s else None


def _is_transient(error: ProjectXError) -> bool:
    return isinstance(
        error,
        ProjectXConnectionError | ProjectXServerError | ProjectXRateLimitError | SpoiltAnswerError,
    ) and not isinstance(error, BudgetRefusalError)
