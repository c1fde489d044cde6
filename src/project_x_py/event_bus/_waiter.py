"""The events that one :meth:`EventBus.wait_for` may be waiting for.

Invariant (``tests/event_bus/test_emit_and_wait.py``): however events and a cancellation meet,
none is lost and no publisher fails.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.event_bus._event import Event

__all__ = ["Waiter"]


class Waiter:
    """Takes events without running foreign code; whoever waits looks through them itself."""

    __slots__ = ("_arrived", "_failure", "_wake")

    def __init__(self) -> None:
        self._arrived: deque[Event] = deque()
        self._failure: Exception | None = None
        self._wake: asyncio.Future[None] | None = None

    def put(self, event: Event) -> None:
        """Add an event."""
        self._arrived.append(event)
        self._rouse()

    def fail(self, failure: Exception) -> None:
        """Let the wait end with ``failure``."""
        self._failure = failure
        self._rouse()

    async def next(self) -> Event:
        """Return the next event; cancelling loses none."""
        while not self._arrived:
            if self._failure is not None:
                raise self._failure
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        return self._arrived.popleft()

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
