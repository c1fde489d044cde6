"""What a user registered for raw events, and the one task that calls it.

Each registration has its own waiting line and its own task, so events come in order and one at a
time, and a slow or failing callback delays nobody else.

Invariants (``tests/realtime/test_callbacks.py``): nothing is lost up to ``MAX_WAITING`` events,
beyond which the callback is taken off, loudly; a callback may be sync or async in any form; what
it raises ends neither the line nor anybody else's; one that keeps raising is left alone for a
while, and its events wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from project_x_py._runtime.breaker import Breaker, BreakerSettings

if TYPE_CHECKING:
    from project_x_py._ports import Clock, TaskOwner

__all__ = ["MAX_WAITING", "Callback", "CallbackLine", "called"]

Callback = Callable[[dict[str, Any]], Awaitable[object] | object]
"""Any callable; what it returns is awaited if that is possible."""

MAX_WAITING = 65_536
SLICE_EVENTS = 256
"""After so many events the loop may do something else."""

PATIENCE = BreakerSettings(failures=10, window_s=10.0, pause_s=1.0, longest_pause_s=30.0, trials=1)
"""Ten failures without a success between them, within ten seconds, and the callback rests."""

logger = logging.getLogger(__name__)


async def called(
    foreign: Callable[..., Any], *args: Any, **named: Any
) -> tuple[Any, BaseException | None]:
    """Call what a user handed in, sync or async; return its result, and what it raised."""
    try:
        result = foreign(*args, **named)
        if inspect.isawaitable(result):
            result = await result
    except asyncio.CancelledError as exc:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return None, exc  # it awaited something that was cancelled
    except Exception as exc:  # noqa: BLE001 - foreign code must not end what calls it
        return None, exc
    return result, None


class CallbackLine:
    """Events on their way to one callback.

    Args:
        kind: The documented name of the event.
        callback: What to call.
        tasks: Starts the task, with the first event.
        clock: Measures how long a callback that keeps failing is left alone.
        overflowed: Told when the line is full and has been closed.
    """

    __slots__ = (
        "_breaker",
        "_overflowed",
        "_task",
        "_tasks",
        "_wake",
        "callback",
        "closed",
        "coalesce",
        "coalesced",
        "delivered",
        "errors",
        "kind",
        "waiting",
    )

    def __init__(
        self,
        kind: str,
        callback: Callback,
        tasks: TaskOwner,
        clock: Clock,
        overflowed: Callable[[CallbackLine], None],
    ) -> None:
        self.kind = kind
        self.callback = callback
        self.waiting: deque[Any] = deque()
        self.closed = False
        self.coalesce = False
        self.delivered = self.errors = self.coalesced = 0
        self._breaker = Breaker(kind, clock, PATIENCE)
        self._tasks = tasks
        self._overflowed = overflowed
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def put(self, payload: Any) -> None:
        """Append one event."""
        if len(self.waiting) >= MAX_WAITING:
            logger.error(
                "callback %r for %s does not keep up: %d events wait; it is taken off",
                self.callback,
                self.kind,
                len(self.waiting),
            )
            self.close()
            self._overflowed(self)
            return
        self.waiting.append(payload)
        if self._task is None:
            self._task = self._tasks.spawn(self._run(), name=f"callback-{self.kind}")
        self._wake.set()

    def close(self) -> None:
        """Call no more; a call that runs goes on to its end."""
        self.closed = True
        self.waiting.clear()
        self._wake.set()

    async def _run(self) -> None:
        while not self.closed:
            for _ in range(SLICE_EVENTS):
                if not self.waiting:
                    break
                if not self._breaker.allows():
                    await self._rest()
                if self.coalesce:
                    self._coalesce()
                if self.waiting:
                    await self._call(self.waiting.popleft())
            if self.waiting:
                await asyncio.sleep(0)
                continue
            self._wake.clear()
            if not self.closed:
                await self._wake.wait()

    async def _rest(self) -> None:
        """Leave a callback alone that keeps failing; its events wait."""
        logger.error("callback %r for %s keeps failing; its events wait", self.callback, self.kind)
        while not self.closed and self._breaker.left_s > 0:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._breaker.left_s):
                    await self._wake.wait()

    async def _call(self, payload: Any) -> None:
        _, failure = await called(self.callback, payload)
        if failure is None:
            self._breaker.succeeded()
        else:
            self.errors += 1
            self._breaker.failed()
            what = "callback %r for %s failed"
            logger.error(what, self.callback, self.kind, exc_info=failure)
        self.delivered += 1

    def _coalesce(self) -> None:
        """Leave only the latest waiting event of each contract, in the order of the latest."""
        latest: dict[str, Any] = {}
        for payload in self.waiting:
            latest.pop(payload["contract_id"], None)
            latest[payload["contract_id"]] = payload
        self.coalesced += len(self.waiting) - len(latest)
        self.waiting.clear()
        self.waiting.extend(latest.values())
