"""Events as an async iterator, for those who would rather loop than register a handler.

The iterator is a handler of the bus that waits for its reader, so what the bus promises to slow
handlers holds for slow readers: quotes, books and data updates give way to later ones, all else
waits up to the bus's bound, and what concerns money waits without one.

Invariants (``tests/trading_suite/test_stream.py``): events come in order from the moment that the
stream was made; it ends with the suite, after what was delivered; a stream that nobody holds any
more leaves no handler behind.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from project_x_py.event_bus import Event, EventBus, EventType

__all__ = ["EventStream"]

ROOM = 32
"""Events that wait here; more of them wait in the handler's mailbox."""


class _StreamReader:
    """Between the bus and the reader; knows nothing of the stream, so that it can be let go."""

    __slots__ = ("arrived", "bus", "ended", "kind", "room", "waiting")

    def __init__(self, bus: EventBus, kind: EventType | str) -> None:
        self.bus = bus
        self.kind = kind
        self.waiting: deque[Event] = deque()
        self.arrived = asyncio.Event()
        self.room = asyncio.Event()
        self.ended = False
        bus.on(kind, self.take)

    async def take(self, event: Event) -> None:
        """Put an event in, as soon as there is room."""
        while len(self.waiting) >= ROOM and not self.ended:
            self.room.clear()
            await self.room.wait()
        if not self.ended:
            self.waiting.append(event)
            self.arrived.set()

    def end(self) -> None:
        """Take no more; what is there may still be read."""
        if not self.ended:
            self.ended = True
            self.bus.off(self.kind, self.take)
            self.arrived.set()
            self.room.set()


class EventStream:
    """The events of one kind, in order::

        async for event in suite.stream(EventType.NEW_BAR):
            ...

    Leaving the loop is enough; ``async with`` or :meth:`aclose` ends it at a definite moment.

    Args:
        bus: Where the events are announced.
        event: EventType or its value.

    Raises:
        ValueError: The event is unknown.
        RuntimeError: The bus is closed.
    """

    def __init__(self, bus: EventBus, event: EventType | str) -> None:
        self._box = _StreamReader(bus, event)
        weakref.finalize(self, self._box.end).atexit = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Return the next event; cancelling loses none.

        Raises:
            StopAsyncIteration: The suite is closed, or the stream is.
            ProjectXError: The reader was so far behind that the bus has let go of it.
        """
        box = self._box
        while not box.waiting:
            if box.ended:
                raise StopAsyncIteration
            box.bus.raise_if_faulted()
            box.arrived.clear()
            await box.arrived.wait()
        box.room.set()
        return box.waiting.popleft()

    def end(self) -> None:
        """Take no more events; what has been delivered may still be read."""
        self._box.end()

    async def aclose(self) -> None:
        """End the stream; what has been delivered and not read is dropped."""
        self._box.end()
        self._box.waiting.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.aclose()
