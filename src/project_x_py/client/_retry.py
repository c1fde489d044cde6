"""Which failures of a request may be tried again, and how long to wait before.

One pure function decides. A request that may have acted on the exchange is never sent twice, so
only idempotent ones are ever retried, bounded in attempts and in time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from project_x_py.exceptions import (
    ProjectXConnectionError,
    ProjectXError,
    ProjectXRateLimitError,
    ProjectXServerError,
)

__all__ = ["RetryPolicy", "is_retryable"]

LONGEST_DELAY_S = 30.0


def is_retryable(error: ProjectXError, *, idempotent: bool) -> bool:
    """Tell whether the request that ended in ``error`` may be sent again."""
    return idempotent and isinstance(
        error, ProjectXConnectionError | ProjectXServerError | ProjectXRateLimitError
    )


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long an idempotent request is tried.

    Attributes:
        attempts: Tries in all, the first one included.
        base_delay_s: Upper bound of the first wait; it doubles with every try.
        deadline_s: No wait ends later than this after the first try.
    """

    attempts: int
    base_delay_s: float
    deadline_s: float

    def delay_s(self, attempt: int, retry_after_s: float | None = None) -> float:
        """Return the wait after try number ``attempt`` (from 1), with full jitter.

        A server's Retry-After is a lower bound that jitter is added to.
        """
        ceiling = min(self.base_delay_s * 2 ** (attempt - 1), LONGEST_DELAY_S)
        jitter = random.uniform(0, ceiling)
        return jitter if retry_after_s is None else retry_after_s + jitter / 10
