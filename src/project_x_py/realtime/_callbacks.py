"""What a user registered for raw events, and the one task that calls it.

Each registration has its own waiting line and its own task, so events come in order and one at a
time, and a slow or failing callback delays nobody else.

Invariants (``tests/realtime/test_callbacks.py``): nothing is lost up to ``MAX_WAITING`` events,
beyond which the callback is taken off, loudly; a callback may be sync or async in any form; what
it raises ends neither the line nor anybody else's.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py._ports import TaskOwner

__all__ = ["MAX_WAITING", "Callback", "CallbackLine"]

Callback = Callable[[dict[str, Any]], Awaitable[object] | object]
"""Any callable; what it returns is awaited if that is possible."""

MAX_WAITING = 65_536
SLICE_EVENTS = 256
"""After so many events the loop may do something else."""

logger = logging.getLogger(__name__)


class CallbackLine:
    """Events on their way to one callback.

    Args:
        kind: The documented name of the event.
        callback: What to call.
        tasks: Starts the task, with the first event.
        overflowed: Told when the line is full and has been closed.
    """

    __slots__ = (
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
        overflowed: Callable[[CallbackLine], None],
    ) -> None:
        self.kind = kind
        self.callback = callback
        self.waiting: deque[Any] = deque()
        self.closed = False
        self.coalesce = False
        self.delivered = self.errors = self.coalesced = 0
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
                if self.coalesce:
                    self._coalesce()
                await self._call(self.waiting.popleft())
            if self.waiting:
                await asyncio.sleep(0)
                continue
            self._wake.clear()
            if not self.closed:
                await self._wake.wait()

    async def _call(self, payload: Any) -> None:
        try:
            result = self.callback(payload)
            if inspect.isawaitable(result):
                await result
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._failed()  # it awaited something that was cancelled
        except Exception:  # noqa: BLE001 - foreign code must not end the line
            self._failed()
        self.delivered += 1

    def _failed(self) -> None:
        self.errors += 1
        logger.exception("callback %r for %s failed", self.callback, self.kind)

    def _coalesce(self) -> None:
        """Leave only the latest waiting event of each contract, in the order of the latest."""
        latest: dict[str, Any] = {}
        for payload in self.waiting:
            latest.pop(payload["contract_id"], None)
            latest[payload["contract_id"]] = payload
        self.coalesced += len(self.waiting) - len(latest)
        self.waiting.clear()
        self.waiting.extend(latest.values())
