"""The event bus: what a suite announces, and who is told.

``publish`` is synchronous and takes about a microsecond: it puts the event into the mailbox of
each handler (:mod:`._mailbox`) and returns. Who gets which event is worked out once per event
name and kept until a registration changes.

Invariants (``tests/event_bus/``): a bus hands each event to a handler at most once, in however
many ways it was registered and however buses forward to each other; ``off`` removes exactly what
it names; after ``aclose`` no task is left.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, TypeVar, overload

from project_x_py._runtime.clock import SystemClock
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.event_bus._event import Event
from project_x_py.event_bus._mailbox import Barrier, current_mailbox
from project_x_py.event_bus._roster import Roster
from project_x_py.event_bus._types import EventType, event_name, known_event, normalise
from project_x_py.event_bus._waiter import Waiter
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from project_x_py._ports import Clock
    from project_x_py.event_bus._handlers import Handler
    from project_x_py.event_bus._mailbox import Mailbox
    from project_x_py.event_bus._statistics import BusStatistics

__all__ = ["Done", "EventBus"]

H = TypeVar("H", bound="Handler")

_CANCEL_S = 1.0
"""Seconds granted to a cancelled handler to clean up."""

logger = logging.getLogger(__name__)


class Done:
    """Something that has been done already, and may be awaited all the same."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


_DONE = Done()


class EventBus:
    """Delivers events to async handlers, in order for each handler and without loss.

    Registration works at once, awaited or not, in or outside a running loop::

        await bus.on(EventType.NEW_BAR, handler)

        @bus.on(EventType.QUOTE_UPDATE)
        async def handle_quote(event): ...

    A handler is any async callable. Each has its own mailbox and task: it gets its events one at a
    time and in order, and delays no other handler. When it raises, the traceback is logged, an
    ERROR event ``{original_event, handler, error, exception}`` is announced, and its next event
    goes on; the failure of an ERROR handler is only logged.

    A handler that falls more than 1,000 events or 1 s behind gets only the latest quote, book and
    data update of each contract. All else waits, up to 65,536 events; beyond, the registration is
    taken off, an ERROR event is announced and :meth:`raise_if_faulted` raises. Order and position
    events wait without limit.

    Args:
        supervisor: Who owns the handlers' tasks; an own one when None.
        clock: What events are stamped by; the system's when None.
    """

    def __init__(self, *, supervisor: Supervisor | None = None, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        self._monotonic_ns = clock.monotonic_ns
        self._wall_ns = clock.wall_ns
        self._roster = Roster(
            supervisor or Supervisor("event bus"),
            self._monotonic_ns,
            self.publish,
            self._invalidate,
        )
        self._routes: dict[EventType | str, tuple[Mailbox, ...]] = {}
        self._waiters: dict[EventType | str, list[Waiter]] = {}
        self._forwards: list[EventBus] = []
        self._sources: list[EventBus] = []
        self._history: deque[Event] | None = None
        self._discarded = 0
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bind()

    @overload
    def on(self, event: EventType | str) -> Callable[[H], H]: ...

    @overload
    def on(self, event: EventType | str, handler: Handler) -> Done: ...

    def on(self, event: EventType | str, handler: Handler | None = None) -> Done | Callable[[H], H]:
        """Register an async handler for an event; without one, return a decorator that does.

        The registration is in force when this returns; the result may be awaited. Registering the
        same handler again changes nothing.

        Args:
            event: EventType or its value.
            handler: Called with the :class:`Event`.

        Raises:
            ValueError: The event is unknown, or the handler is not an async callable.
            RuntimeError: The bus is closed.
        """
        return self._on(self._known(event), handler, once=False)

    @overload
    def once(self, event: EventType | str) -> Callable[[H], H]: ...

    @overload
    def once(self, event: EventType | str, handler: Handler) -> Done: ...

    def once(
        self, event: EventType | str, handler: Handler | None = None
    ) -> Done | Callable[[H], H]:
        """Register an async handler for the next such event only; otherwise like :meth:`on`."""
        return self._on(self._known(event), handler, once=True)

    @overload
    def on_any(self) -> Callable[[H], H]: ...

    @overload
    def on_any(self, handler: Handler) -> Done: ...

    def on_any(self, handler: Handler | None = None) -> Done | Callable[[H], H]:
        """Register an async handler for every event; without one, return a decorator that does.

        Raises:
            ValueError: The handler is not an async callable.
            RuntimeError: The bus is closed.
        """
        return self._on(None, handler, once=False)

    def subscribe(self, _name: str, event: EventType | str, handler: Handler) -> Done:
        """Register an async handler for an event of any name, the program's own ones included.

        Args:
            _name: Who subscribes; for the reader, not used.
            event: EventType, its value, or a name of one's own.
            handler: Called with the :class:`Event`.

        Raises:
            ValueError: The handler is not an async callable.
            RuntimeError: The bus is closed.
        """
        self._add(normalise(event), handler, once=False)
        return _DONE

    def off(self, event: EventType | str | None = None, handler: Handler | None = None) -> Done:
        """Remove registrations; no removed one is called again, even for an event that waits.

        Args:
            event: The event to remove from; None means every event and :meth:`on_any`.
            handler: The handler to remove; None means all. One that is not registered is ignored.

        Raises:
            ValueError: The event is unknown.
        """
        self._roster.remove(None if event is None else self._known(event), handler)
        return _DONE

    def publish(self, event: EventType | str, data: object, source: str | None = None) -> None:
        """Announce an event: put it into the mailbox of each handler and return at once.

        Without a handler it costs nothing and makes no event. After :meth:`aclose` it is only
        counted.

        Args:
            event: EventType, its value, or a name of one's own.
            data: The facts; not copied, not to be changed afterwards.
            source: Who announces it.

        Raises:
            ValueError: ``event`` is neither an EventType nor text.
            RuntimeError: There are handlers, and the loop that runs them does not run here.
        """
        boxes = self._routes.get(event)
        if boxes is None:
            self._publish(event, data, source)
        elif boxes:
            item = Event(
                event, data, source, monotonic_ns=self._monotonic_ns(), wall_ns=self._wall_ns()
            )
            for box in boxes:
                queue = box.queue
                queue.append(item)
                if box.parked:
                    box.unpark()
                elif len(queue) > box.alarm:
                    box.crowded(item)

    def publish_threadsafe(
        self, event: EventType | str, data: object, source: str | None = None
    ) -> None:
        """Announce an event from a thread other than the loop's.

        Raises:
            ValueError: ``event`` is neither an EventType nor text.
            RuntimeError: The bus has not been used in a loop, or that loop is closed.
        """
        if self._loop is None:
            raise RuntimeError("the bus belongs to no loop: register or publish in one first")
        self._loop.call_soon_threadsafe(self.publish, normalise(event), data, source)

    async def emit(self, event: EventType | str, data: object, source: str | None = None) -> None:
        """Announce an event and wait until its handlers have run, and those of their failures.

        From inside a handler, or from a task that one started, it only announces: waiting there
        for handlers could wait for itself.

        Args:
            event: EventType, its value, or a name of one's own.
            data: The facts; not copied, not to be changed afterwards.
            source: Who announces it.

        Raises:
            ValueError: ``event`` is neither an EventType nor text.
        """
        boxes = self._routes.get(event)
        if boxes is None:
            boxes = self._publish(event, data, source)
        else:
            self.publish(event, data, source)
        if not boxes or current_mailbox() is not None:
            return
        errors = sum(box.errors for box in boxes)
        await _handled(boxes)
        if sum(box.errors for box in boxes) > errors:
            await _handled(self._roster.subscriptions.boxes(EventType.ERROR))

    async def wait_for(
        self,
        event: EventType | str,
        timeout: float | None = None,
        *,
        predicate: Callable[[Event], bool] | None = None,
    ) -> Event:
        """Wait for the next such event and return it; may be used inside a handler.

        Args:
            event: EventType or its value.
            timeout: Seconds; None waits without end.
            predicate: Answers whether an event is the one; what it raises is raised here.

        Raises:
            TimeoutError: It did not come in time.
            ValueError: The event is unknown.
            ProjectXError: The bus was closed meanwhile.
        """
        kind = self._known(event)
        if self._closed:
            raise RuntimeError("the event bus is closed")
        waiter = Waiter()
        self._waiters.setdefault(kind, []).append(waiter)
        self._invalidate()
        try:
            async with asyncio.timeout(timeout) as limit:
                while True:
                    found = await waiter.next()
                    if predicate is None or predicate(found):
                        return found
        except TimeoutError:
            if limit.expired():
                raise TimeoutError(f"no {event_name(kind)} within {timeout} s") from None
            raise
        finally:
            self._forget(kind, waiter)

    async def wait_for_idle(self) -> None:
        """Wait until no handler of this bus runs and no event waits.

        Inside a handler, that one is left out.
        """
        me = current_mailbox()
        while busy := self._roster.busy(me):
            await _handled(busy)

    def forward_to(self, target_bus: EventBus) -> Done:
        """Hand every event announced here to another bus too, in force when this returns.

        The same event object arrives, once even where buses forward in a circle. History and
        waits of the target see it too.
        """
        if target_bus is not self and target_bus not in self._forwards:
            self._forwards.append(target_bus)
            target_bus._sources.append(self)
            self._invalidate()
        return _DONE

    def enable_history(self, max_size: int = 1000) -> None:
        """Keep the newest ``max_size`` events from now on; events kept already stay.

        Raises:
            ValueError: ``max_size`` is not above zero.
        """
        if max_size < 1:
            raise ValueError(f"max_size must be above zero, not {max_size}")
        self._history = deque(self._history or (), maxlen=max_size)
        self._invalidate()

    def get_history(self) -> list[Event]:
        """Return the events kept, oldest first; empty unless :meth:`enable_history` was called."""
        return list(self._history or ())

    def clear_history(self) -> None:
        """Forget the events kept; later ones are kept as before."""
        if self._history is not None:
            self._history.clear()

    def get_handler_count(self, event: EventType | str | None = None) -> int:
        """Return the number of registrations for one event by its name, or of all there are."""
        return self._roster.subscriptions.count(None if event is None else normalise(event))

    def wants(self, event: EventType | str) -> bool:
        """Answer whether anybody would notice the event, so that its data is worth making.

        Handlers, waits and history count, here and on every bus that events are forwarded to.
        """
        boxes = self._routes.get(event)
        if boxes is None and not self._closed:
            boxes = self._route(normalise(event))
            return boxes is None or bool(boxes)
        return bool(boxes)

    def raise_if_faulted(self) -> None:
        """Raise while a registration is taken off because its handler fell too far behind.

        Registering that handler for that event again, or taking it off, settles it.

        Raises:
            ProjectXError: Names the handlers and events.
        """
        if faults := self._roster.faults():
            raise ProjectXError("; ".join(faults))

    def statistics(self) -> BusStatistics:
        """Return how each handler fares."""
        return self._roster.statistics(self._discarded)

    async def aclose(self, drain_s: float = 2.0) -> None:
        """Let the handlers finish what waits, then end their tasks; later events are discarded.

        The handler that calls this is neither cancelled nor waited for: it gets what still waits
        for it after it has returned, and then ends. Calling it again is harmless.

        Args:
            drain_s: Seconds granted to the handlers; one that still runs then is cancelled, and
                what it did not get is logged.
        """
        me = current_mailbox()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + drain_s
        try:
            while tasks := self._roster.finishing(me):
                if (left := deadline - loop.time()) <= 0:
                    break
                await asyncio.wait(tasks, timeout=left)
        finally:
            self._shut()
            tasks = self._roster.close(me)
        if tasks:
            _, stubborn = await asyncio.wait(tasks, timeout=_CANCEL_S)
            for task in stubborn:
                logger.error("%s ignores its cancellation", task.get_name())

    def _shut(self) -> None:
        self._closed = True
        self._invalidate()
        for target in self._forwards:
            target._sources.remove(self)
        for source in self._sources:
            source._forwards.remove(self)
        self._forwards = []
        self._sources = []
        for waiter in [one for waiters in self._waiters.values() for one in waiters]:
            waiter.fail(ProjectXError("the event bus was closed"))

    def _on(
        self, kind: EventType | str | None, handler: Handler | None, *, once: bool
    ) -> Done | Callable[[H], H]:
        if handler is not None:
            self._add(kind, handler, once=once)
            return _DONE

        def register(given: H) -> H:
            self._add(kind, given, once=once)
            return given

        return register

    def _add(self, kind: EventType | str | None, handler: Handler, *, once: bool) -> None:
        self._bind()
        self._roster.add(kind, handler, once=once)

    def _known(self, event: EventType | str) -> EventType | str:
        return known_event(event, self._roster.subscriptions.names())

    def _bind(self) -> None:
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # made or registered outside a loop: the first event tells which one it is

    def _forget(self, kind: EventType | str, waiter: Waiter) -> None:
        waiters = self._waiters.get(kind, [])
        if waiter in waiters:
            waiters.remove(waiter)
        if not waiters:
            self._waiters.pop(kind, None)
        self._invalidate()

    def _invalidate(self) -> None:
        for bus in _reachable(self, EventBus._sources_of):
            bus._routes.clear()

    def _publish(
        self, event: EventType | str, data: object, source: str | None
    ) -> tuple[Mailbox, ...]:
        """Announce an event whose route is not known, or not simple; return who gets it."""
        kind = normalise(event)
        if self._closed:
            self._discarded += 1
            return ()
        self._bind()
        boxes = self._route(kind)
        if boxes is not None:
            self.publish(kind, data, source)
            return boxes
        item = Event(kind, data, source, monotonic_ns=self._monotonic_ns(), wall_ns=self._wall_ns())
        buses = _reachable(self, EventBus._forwards_of)
        return tuple(box for bus in buses for box in bus._accept(item))

    def _route(self, kind: EventType | str) -> tuple[Mailbox, ...] | None:
        """Work out and remember who gets a kind; None when more than mailboxes is concerned."""
        buses = _reachable(self, EventBus._forwards_of)
        if any(bus._is_involved(kind) for bus in buses):
            return None
        boxes = tuple(box for bus in buses for box in bus._roster.subscriptions.boxes(kind))
        self._routes[kind] = boxes
        return boxes

    def _is_involved(self, kind: EventType | str) -> bool:
        return (
            self._history is not None
            or kind in self._waiters
            or self._roster.subscriptions.has_once(kind)
        )

    def _accept(self, item: Event) -> tuple[Mailbox, ...]:
        if self._history is not None:
            self._history.append(item)
        for waiter in self._waiters.get(item.type, ()):
            waiter.put(item)
        single = self._roster.take_once(item.type)
        boxes = tuple(dict.fromkeys((*self._roster.subscriptions.boxes(item.type), *single)))
        for box in boxes:
            box.queue.append(item)
            if box.parked:
                box.unpark()
            elif len(box.queue) > box.alarm:
                box.crowded(item)
        for box in single:
            self._roster.retire_if_unused(box)
        return boxes

    def _forwards_of(self) -> list[EventBus]:
        return self._forwards

    def _sources_of(self) -> list[EventBus]:
        return self._sources


def _reachable(start: EventBus, step: Callable[[EventBus], Iterable[EventBus]]) -> list[EventBus]:
    """Return ``start`` and every bus that steps lead to from it, each once, nearest first."""
    found = [start]
    for bus in found:
        found += [other for other in step(bus) if other not in found]
    return found


async def _handled(boxes: Iterable[Mailbox]) -> None:
    """Wait until the mailboxes have handed over what they hold, and the handlers have run."""
    barrier = Barrier()
    for box in boxes:
        barrier.put_behind(box)
    await barrier.passed()
