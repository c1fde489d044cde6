"""One logical request to the gateway: budget, sending, retries, counting.

Invariants (``tests/client/test_calls.py``): a request that may have acted is sent once; every
failure is one of the documented exceptions; no token or key is ever part of an error.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from project_x_py._core.histogram import LogHistogram
from project_x_py._core.submission import Lane
from project_x_py._runtime.breaker import Breaker, BreakerSettings
from project_x_py._runtime.together import hedged
from project_x_py.client._envelope import raise_for_status, read_envelope
from project_x_py.client._retry import (
    URGENT_EVERY_S,
    URGENT_TRIES,
    RetryPolicy,
    retry_delay_s,
)
from project_x_py.exceptions import (
    ProjectXConnectionError,
    ProjectXError,
    ProjectXRateLimitError,
    ProjectXServerError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from project_x_py._ports import Clock, HttpAnswer, Network
    from project_x_py.client._budget import RequestBudget
    from project_x_py.client._envelope import Envelope
    from project_x_py.config import ProjectXConfig

__all__ = ["BARS_PATH", "HttpCaller", "RequestCounters"]

T = TypeVar("T")

BARS_PATH = "/History/retrieveBars"
"""The one path with a budget of its own."""

ASSUMED_PAUSE_S = 5.0
"""The pause after a 429 that names none; it doubles with every further 429 in a row."""
LONGEST_ASSUMED_PAUSE_S = 60.0

GUARDED = (Lane.QUERY, Lane.BACKFILL)
"""What a gateway that keeps failing is spared; the login, orders and what is asked to reconcile
them are always tried."""
PATIENCE = BreakerSettings(failures=5, window_s=60.0, pause_s=2.0, longest_pause_s=30.0, trials=1)
"""Five requests in a row, all their tries included, within a minute."""

WAITS_KEPT = 10
"""Pauses before further tries that are told."""

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class RequestCounters:
    """What the client has asked and got so far."""

    __slots__ = (
        "answers", "calls", "codes", "errors", "fastest_ns", "in_flight", "last_ns", "rate_limited",
        "requests", "retries", "sent_wall_ns", "slowest_ns", "to_wire", "total_ns", "waits_s",
    )  # fmt: skip

    def __init__(self) -> None:
        self.calls = 0
        """Logical requests, whatever the number of tries."""
        self.requests = 0
        """HTTP requests that left."""
        self.retries = 0
        self.errors = 0
        """Tries that ended in an error, 429 included."""
        self.rate_limited = 0
        self.in_flight = 0
        self.total_ns = 0
        """Time from sending to the end of the answer, of all requests."""
        self.last_ns = 0
        self.fastest_ns: int | None = None
        """The shortest time that an answer took; None before the first."""
        self.slowest_ns: int | None = None
        self.codes: Counter[int] = Counter()
        """Answers by HTTP status."""
        self.waits_s: deque[float] = deque(maxlen=WAITS_KEPT)
        """The newest pauses before a further try."""
        self.sent_wall_ns: int | None = None
        """When the newest request left."""
        self.to_wire = LogHistogram()
        """From the call of what changes something until its first try is handed to the network."""
        self.answers = LogHistogram()
        """Of the same, from there until the answer was read."""

    def answered(self, status: int) -> None:
        """Count an answer, whatever it says, that took as long as the last request."""
        self.codes[status] += 1
        self.fastest_ns = min(self.last_ns, self.fastest_ns or self.last_ns)
        self.slowest_ns = max(self.last_ns, self.slowest_ns or 0)

    @property
    def mean_ms(self) -> float:
        """Mean time of an answer in milliseconds, 0.0 before the first."""
        return self.total_ns / self.requests / 1e6 if self.requests else 0.0


class HttpCaller:
    """Sends requests and reads answers; knows nothing of tokens."""

    def __init__(
        self, config: ProjectXConfig, network: Network, clock: Clock, budget: RequestBudget
    ) -> None:
        self._base = config.api_url.rstrip("/")
        self._timeout_s = float(config.timeout_seconds)
        self._network = network
        self._clock = clock
        self._policy = RetryPolicy.of(config)
        self._urgent = self._policy.urgent()
        self.began_ns = clock.monotonic_ns()
        self._guard = Breaker("the gateway", clock, PATIENCE)
        self.budget = budget
        self.counters = RequestCounters()

    async def call(
        self,
        path: str,
        body: Mapping[str, object] | None,
        *,
        headers: Mapping[str, str],
        lane: Lane = Lane.QUERY,
        idempotent: bool = True,
    ) -> Envelope:
        """Send one logical request and return its envelope, successful or not.

        Raises:
            ProjectXAuthenticationError: The gateway answered 401.
            ProjectXRateLimitError: 429, and the time allowed ran out; or, for what is not
                idempotent, this client's budget has no room in time and nothing was sent.
            ProjectXServerError: 5xx after the last try.
            ProjectXConnectionError: The gateway could not be reached, or the answer was lost.
            ProjectXDataError: The answer is not what it should be, or the path is unknown.
            ProjectXClientError: Any other 4xx.
            CircuitBreakerError: The last queries have all failed and nothing was sent; the next
                one is let pass in the seconds that the message says, or as soon as anything that
                is always tried has been answered.
        """
        payload = b"" if body is None else msgspec.json.encode(body)
        head = {**_JSON, **headers}
        send = partial(self._once, "POST", path, payload, head, read_envelope)
        if idempotent and lane in GUARDED:
            return await self._guarded(send, path == BARS_PATH, lane)
        return await self._unguarded(send, path == BARS_PATH, lane, idempotent)

    async def text(self, path: str) -> str:
        """Send a GET and return the text of its answer, without quotes; it is always tried.

        Raises:
            ProjectXError: As :meth:`call`, but for ``CircuitBreakerError``.
        """
        send = partial(self._once, "GET", path, b"", {"Accept": "*/*"}, _read_text)
        return await self._unguarded(send, False, Lane.QUERY, True)

    async def _unguarded(
        self, send: Callable[[float], Awaitable[T]], bars: bool, lane: Lane, idempotent: bool
    ) -> T:
        """Send what is always tried; an answer is a sign of life, after which a query may pass."""
        answer = await self._tried(send, bars, lane, idempotent)
        self._guard.hurry()
        return answer

    async def _guarded(self, send: Callable[[float], Awaitable[T]], bars: bool, lane: Lane) -> T:
        """Send unless the gateway has failed too often, and learn from how it ends."""
        guard = self._guard
        guard.check()
        try:
            answer = await self._tried(send, bars, lane, True)
        except (ProjectXConnectionError, ProjectXServerError):
            guard.failed()
            raise
        except ProjectXRateLimitError:
            guard.withdraw()  # it has enough to do, which is no failure
            raise
        except ProjectXError:
            guard.succeeded()  # it answered
            raise
        except BaseException:
            guard.withdraw()  # cancelled: nothing is known
            raise
        guard.succeeded()
        return answer

    async def _tried(
        self, send: Callable[[float], Awaitable[T]], bars: bool, lane: Lane, idempotent: bool
    ) -> T:
        """Send when the budget lets it, and again for as long as the policy says."""
        self.counters.calls += 1
        called_ns = self._clock.monotonic_ns()
        urgent = idempotent and lane is Lane.PROTECTIVE
        policy = self._urgent if urgent else self._policy
        attempt, began = 0, None
        while True:
            attempt += 1
            await self.budget.acquire(lane, bars=bars, patient=idempotent)
            if began is None:
                began = self._clock.monotonic_ns()
                if not idempotent:
                    self.counters.to_wire.add(began - called_ns)
            try:
                trying = self._hedged(send, bars, lane) if urgent else send(self._timeout_s)
                answer = await trying
            except ProjectXError as error:
                self.counters.errors += 1
                wait_s = retry_delay_s(
                    policy,
                    error,
                    idempotent=idempotent,
                    attempt=attempt,
                    spent_s=(self._clock.monotonic_ns() - began) / 1e9,
                    retry_after_s=self._pause(error, bars, lane),
                    draw=random.random(),
                )
                if wait_s is None:
                    raise
            else:
                if not idempotent:
                    self.counters.answers.add(self._clock.monotonic_ns() - began)
                return answer
            self.counters.retries += 1
            self.counters.waits_s.append(wait_s)
            await asyncio.sleep(wait_s)

    async def _hedged(self, send: Callable[[float], Awaitable[T]], bars: bool, lane: Lane) -> T:
        """Send, and again beside that for as long as there is no answer."""
        tries = 0

        async def one() -> T:
            nonlocal tries
            tries += 1
            if tries > 1:
                await self.budget.acquire(lane, bars=bars, patient=True)
                self.counters.retries += 1
            return await send(self._timeout_s)

        return await hedged(one, URGENT_EVERY_S, URGENT_TRIES)

    async def _once(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        read: Callable[[str, HttpAnswer], T],
        timeout_s: float,
    ) -> T:
        counters = self.counters
        counters.requests += 1
        counters.in_flight += 1
        began = self._clock.monotonic_ns()
        counters.sent_wall_ns = self._clock.wall_ns()
        try:
            answer = await self._network.request(
                method,
                self._base + path,
                headers=headers,
                body=body,
                timeout_s=timeout_s,
            )
        finally:
            counters.in_flight -= 1
            counters.last_ns = self._clock.monotonic_ns() - began
            counters.total_ns += counters.last_ns
        counters.answered(answer.status)
        raise_for_status(path, answer, self._clock.wall_ns())
        self.budget.succeeded(bars=path == BARS_PATH)
        return read(path, answer)

    def _pause(self, error: ProjectXError, bars: bool, lane: Lane) -> float | None:
        """Hold everybody after a 429, and return for how long; None after anything else."""
        if not isinstance(error, ProjectXRateLimitError):
            return None
        self.counters.rate_limited += 1
        asked = error.response_data.get("retry_after_s")
        if isinstance(asked, int | float):
            seconds = float(asked)
        else:
            doubled = ASSUMED_PAUSE_S * 2.0 ** self.budget.pauses_in_a_row(bars=bars)
            seconds = min(doubled, LONGEST_ASSUMED_PAUSE_S)
        self.budget.pause(seconds, bars=bars, lane=lane)
        return seconds


def _read_text(path: str, answer: HttpAnswer) -> str:
    return answer.body.decode("utf-8", "replace").strip().strip('"')
