"""One request to the gateway: budget, sending, retries, and what its answer means.

Invariants (``tests/client/test_retry.py``): a request that may have acted is sent once; every
failure is one of the documented exceptions, with the gateway's code and text; no token or key is
ever part of an error.
"""

from __future__ import annotations

import asyncio
import email.utils
from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py._core.redact import redact
from project_x_py.client._retry import RetryPolicy, is_retryable
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXClientError,
    ProjectXDataError,
    ProjectXError,
    ProjectXRateLimitError,
    ProjectXServerError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._ports import Clock, HttpAnswer, Network
    from project_x_py.client._budget import RequestBudget
    from project_x_py.config import ProjectXConfig

__all__ = ["HttpCaller", "RequestCounters"]

SHOWN_BODY = 300
"""How much of an answer that makes no sense is shown in the error."""

DEFAULT_PAUSE_S = 5.0
"""The pause after a 429 that names none."""


class RequestCounters:
    """What the client has asked and got so far."""

    __slots__ = ("errors", "requests", "retries", "total_ns")

    def __init__(self) -> None:
        self.requests = 0
        self.retries = 0
        self.errors = 0
        self.total_ns = 0


class HttpCaller:
    """Sends requests and reads answers; knows nothing of tokens."""

    def __init__(
        self, config: ProjectXConfig, network: Network, clock: Clock, budget: RequestBudget
    ) -> None:
        self._base = config.api_url.rstrip("/")
        self._timeout_s = float(config.timeout_seconds)
        self._network = network
        self._clock = clock
        self._budget = budget
        self._policy = RetryPolicy(
            attempts=max(1, config.retry_attempts),
            base_delay_s=config.retry_delay_seconds,
            deadline_s=self._timeout_s * 2,
        )
        self.counters = RequestCounters()

    async def call(
        self,
        path: str,
        body: Mapping[str, object] | None,
        *,
        headers: Mapping[str, str],
        idempotent: bool = True,
    ) -> dict[str, Any]:
        """Send one logical request and return the decoded envelope, successful or not.

        Raises:
            ProjectXAuthenticationError: The gateway answered 401.
            ProjectXRateLimitError: 429, and the time allowed ran out.
            ProjectXServerError: 5xx after the last try.
            ProjectXConnectionError: The gateway could not be reached, or the answer was lost.
            ProjectXDataError: The answer is not the JSON object it should be, or the path is
                unknown.
        """
        started = self._clock.monotonic_ns()
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._once(path, body, headers)
            except ProjectXError as error:
                self.counters.errors += 1
                wait_s = self._policy.delay_s(attempt, _retry_after(error))
                if isinstance(error, ProjectXRateLimitError):
                    self._budget.pause(wait_s)
                spent_s = (self._clock.monotonic_ns() - started) / 1e9
                if (
                    attempt >= self._policy.attempts
                    or spent_s + wait_s > self._policy.deadline_s
                    or not is_retryable(error, idempotent=idempotent)
                ):
                    raise
                self.counters.retries += 1
                await asyncio.sleep(wait_s)

    async def _once(
        self, path: str, body: Mapping[str, object] | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        await self._budget.acquire(bars=path == "/History/retrieveBars")
        self.counters.requests += 1
        began = self._clock.monotonic_ns()
        try:
            answer = await self._network.request(
                "POST",
                self._base + path,
                headers={
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                    **headers,
                },
                body=b"" if body is None else msgspec.json.encode(body),
                timeout_s=self._timeout_s,
            )
        finally:
            self.counters.total_ns += self._clock.monotonic_ns() - began
        _raise_for_status(path, answer)
        return _envelope(path, answer)


def _raise_for_status(path: str, answer: HttpAnswer) -> None:
    status = answer.status
    if 200 <= status < 300:
        return
    details = {"path": path, "status": status, "body": _shown(answer.body)}
    if status == 401:
        raise ProjectXAuthenticationError(
            f"{path}: the gateway refused the session token (401)", status, details
        )
    if status == 429:
        details["retry_after_s"] = _header_seconds(answer.headers)
        raise ProjectXRateLimitError(
            f"{path}: the gateway's request limit is used up (429)", status, details
        )
    if status == 404:
        raise ProjectXDataError(
            f"{path}: the gateway knows no such path (404); is api_url right?", status, details
        )
    if status >= 500:
        raise ProjectXServerError(f"{path}: the gateway failed ({status})", status, details)
    raise ProjectXClientError(
        f"{path}: the gateway could not read the request ({status}): {details['body']}",
        status,
        details,
    )


def _envelope(path: str, answer: HttpAnswer) -> dict[str, Any]:
    try:
        envelope = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise ProjectXDataError(
            f"{path}: the answer is not JSON: {_shown(answer.body)}",
            answer.status,
            {"path": path, "body": _shown(answer.body)},
        ) from exc
    if not isinstance(envelope, dict) or not isinstance(envelope.get("success"), bool):
        raise ProjectXDataError(
            f"{path}: the answer is not an envelope with 'success': {_shown(answer.body)}",
            answer.status,
            {"path": path, "body": _shown(answer.body)},
        )
    return envelope


def _shown(body: bytes) -> str:
    return redact(body[:SHOWN_BODY].decode("utf-8", "replace"))


def _retry_after(error: ProjectXError) -> float | None:
    if not isinstance(error, ProjectXRateLimitError):
        return None
    seconds = error.response_data.get("retry_after_s")
    return float(seconds) if isinstance(seconds, int | float) else DEFAULT_PAUSE_S


def _header_seconds(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After as seconds or as an HTTP date; None when absent or unreadable."""
    text = next((v for k, v in headers.items() if k.lower() == "retry-after"), "").strip()
    if text.isdigit():
        return float(text)
    date = next((v for k, v in headers.items() if k.lower() == "date"), "")
    try:
        until = email.utils.parsedate_to_datetime(text)
        since = email.utils.parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (until - since).total_seconds())
