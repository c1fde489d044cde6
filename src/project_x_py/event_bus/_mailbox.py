"""The events waiting for one handler, and the one task that hands them over.

A mailbox belongs to one pair of bus and handler, so all events of a handler come in order and one
at a time, and a slow or failing handler delays nobody else. The task starts with the first event,
sleeps while there is none, and takes a burst in one wake-up.

A handler that is more than 1,000 events or 1 s behind gets, of the kinds in ``CONFLATED``, only
the latest per contract; the latest keeps its own place, so order holds. After a conflation by age
everything then waiting is handed over before the next one, so that a busy contract cannot be
starved by quiet ones.

Invariants (``tests/event_bus/test_delivery.py``, ``test_backlog.py``): order, one at a time,
nothing lost but what ``conflated`` counts, and no task left once the mailbox has finished.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Protocol

from project_x_py.event_bus._event import Event
from project_x_py.event_bus._handlers import Handler, handler_key, handler_label, handler_name
from project_x_py.event_bus._types import CONFLATED, UNBOUNDED, event_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.histogram import LogHistogram
    from project_x_py._runtime.supervisor import Supervisor
    from project_x_py.event_bus._types import EventType

__all__ = [
    "BEHIND_EVENTS",
    "BEHIND_NS",
    "MAX_WAITING",
    "Barrier",
    "Mailbox",
    "MailboxOwner",
    "current_mailbox",
]

BEHIND_EVENTS = 1_000
BEHIND_NS = 1_000_000_000
MAX_WAITING = 65_536
_SLICE_EVENTS = 256
_SLICE_NS = 5_000_000
"""After so many events, or so long, a mailbox lets the loop do something else."""

logger = logging.getLogger(__name__)

_inside: ContextVar[Mailbox | None] = ContextVar("project_x_py_event_handler", default=None)


def current_mailbox() -> Mailbox | None:
    """Return the mailbox whose handler this code, or the task that started this one, is part of."""
    return _inside.get()


class Barrier:
    """Waits behind the events of some mailboxes until each has come to it."""

    __slots__ = ("_done", "_left")

    def __init__(self) -> None:
        self._left = 0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def put_behind(self, box: Mailbox) -> None:
        """Stand behind what waits in ``box`` now; nothing if nothing waits or is handled."""
        if not box.parked:
            self._left += 1
            box.queue.append(self)

    def arrive(self) -> None:
        """A mailbox has come to it, or has dropped it."""
        self._left -= 1
        if not self._left and not self._done.done():
            self._done.set_result(None)

    async def passed(self) -> None:
        """Wait until every mailbox has come to it."""
        if self._left:
            await self._done


class MailboxOwner(Protocol):
    """What a mailbox reports to its bus."""

    def handler_failed(self, box: Mailbox, event: Event, error: BaseException) -> None: ...

    def handler_overflowed(self, box: Mailbox, event: Event) -> None: ...

    def handler_ended(self, box: Mailbox) -> None: ...


class Mailbox:
    """Events on their way to one handler.

    A producer appends to ``queue``, then calls :meth:`unpark` if ``parked``, else :meth:`crowded`
    if the queue is longer than ``alarm``; written out in the bus, since a call for each event and
    handler would cost as much as the delivery.
    """

    __slots__ = (
        "_context",
        "_ending",
        "_handler",
        "_kept_until",
        "_loop",
        "_monotonic_ns",
        "_owner",
        "_pass_above",
        "_supervisor",
        "_waits",
        "_wake",
        "alarm",
        "busy_ns",
        "conflated",
        "current",
        "delivered",
        "errors",
        "key",
        "label",
        "longest_ns",
        "name",
        "parked",
        "queue",
        "task",
    )

    def __init__(
        self,
        handler: Handler,
        owner: MailboxOwner,
        supervisor: Supervisor,
        monotonic_ns: Callable[[], int],
        waits: LogHistogram,
    ) -> None:
        self.queue: deque[Event | Barrier] = deque()
        self.parked = True
        self.alarm = BEHIND_EVENTS
        self.key = handler_key(handler)
        self.name = handler_name(handler)
        self.label = handler_label(handler)
        self.task: asyncio.Task[None] | None = None
        self.current: Event | None = None
        self.delivered = self.conflated = self.errors = self.longest_ns = self.busy_ns = 0
        self._handler = handler
        self._owner = owner
        self._supervisor = supervisor
        self._monotonic_ns = monotonic_ns
        self._waits = waits
        self._context: Context = copy_context()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Future[None] | None = None
        self._pass_above = BEHIND_EVENTS
        self._kept_until = -1
        self._ending = False

    def unpark(self) -> None:
        """Make sure that a task takes what has just been put into the empty queue.

        Raises:
            RuntimeError: No loop runs here, or not the one of this mailbox; the event is taken
                back.
        """
        try:
            loop = asyncio.get_running_loop()
            if self.task is not None and loop is not self._loop:
                raise RuntimeError("another loop")
        except RuntimeError:
            self.queue.clear()
            raise RuntimeError(
                "publish from the loop that runs the handlers; "
                "publish_threadsafe() is the way in from another thread"
            ) from None
        if self.task is None:
            self._loop = loop
            self.task = self._supervisor.spawn(
                self._run(), name=f"event handler {self.label}", context=self._context
            )
        elif self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
        self.parked = False

    def crowded(self, event: Event) -> None:
        """Make room after ``event`` was put in, or refuse it and report the overflow."""
        if len(self.queue) > self._pass_above:
            self._conflate()
            self._pass_above = len(self.queue) + BEHIND_EVENTS
        self.alarm = min(self._pass_above, MAX_WAITING)
        if len(self.queue) > MAX_WAITING and not (
            event.type in UNBOUNDED or _contract_id(event) is not None
        ):
            self.queue.pop()
            self._owner.handler_overflowed(self, event)

    def purge(self, kind: EventType | str | None) -> None:
        """Take out the waiting events of one kind, or all of them."""
        kept = [
            item
            for item in self.queue
            if not isinstance(item, Event) or (kind is not None and item.type != kind)
        ]
        self.queue.clear()
        self.queue.extend(kept)

    def finish(self) -> None:
        """Let the task end as soon as nothing waits; :meth:`resume` takes it back."""
        self._ending = True
        if self.parked and self._wake is not None and not self._wake.done():
            self.parked = False
            self._wake.set_result(None)

    def stop(self) -> None:
        """End the task now, whatever waits or runs; what is lost is logged."""
        self.finish()
        self._drop()
        if self.task is not None:
            self.task.cancel()

    def resume(self) -> None:
        """Keep the task after all, the handler having been registered again."""
        self._ending = False

    def waiting(self) -> int:
        """Return how many events wait."""
        return sum(isinstance(item, Event) for item in self.queue)

    def behind_ns(self) -> int:
        """Return the age of the event being handled, else of the oldest one waiting, else 0."""
        oldest = self.current
        if oldest is None:
            oldest = next((item for item in self.queue if isinstance(item, Event)), None)
        return 0 if oldest is None else max(0, self._monotonic_ns() - oldest.monotonic_ns)

    async def _run(self) -> None:
        _inside.set(self)
        loop = asyncio.get_running_loop()
        try:
            while True:
                while self.queue:
                    await self._work()
                    if self.queue:
                        await asyncio.sleep(0)
                if self._ending:
                    return
                self._wake = loop.create_future()
                self.parked = True
                await self._wake
        finally:
            self._stopped()

    async def _work(self) -> None:
        """Hand over what waits, up to one slice."""
        queue, handler, clock = self.queue, self._handler, self._monotonic_ns
        popleft = queue.popleft
        if len(queue) <= BEHIND_EVENTS:
            self.alarm = self._pass_above = BEHIND_EVENTS
        start = now = began = clock()
        stale, deadline = now - BEHIND_NS, now + _SLICE_NS
        last = self.delivered + _SLICE_EVENTS
        while queue:
            item = popleft()
            if not isinstance(item, Event):
                item.arrive()
                continue
            if item.monotonic_ns < stale and item.monotonic_ns > self._kept_until:
                item = self._catch_up(item)
            self.current = item
            try:
                await handler(item)
            except asyncio.CancelledError as exc:
                self._cancelled(item, exc)
            except Exception as exc:  # noqa: BLE001 - foreign code must not end the task
                self._failed(item, exc)
            began, now = now, clock()
            if now - began > self.longest_ns:
                self._took(item, now - began)
            self.delivered += 1
            if now > deadline or self.delivered >= last:
                break
        if self.current is not None:
            # Of the events of one wake-up, the last has waited behind all others.
            self._waits.add(began - self.current.monotonic_ns)
            self.busy_ns += now - start
        self.current = None

    def _catch_up(self, event: Event) -> Event:
        """Return what to hand over instead of ``event``, which has waited too long."""
        self.queue.appendleft(event)
        self._conflate()
        events = [item for item in self.queue if isinstance(item, Event)]
        self._kept_until = events[-1].monotonic_ns
        while (first := self.queue.popleft()) is not events[0]:
            if not isinstance(first, Event):
                first.arrive()
        return events[0]

    def _conflate(self) -> None:
        """Leave out all but the latest event per conflated kind and contract."""
        seen: set[tuple[EventType | str, str]] = set()
        latest: list[Event | Barrier] = []
        items = list(self.queue)
        while items:
            item = items.pop()
            if isinstance(item, Event) and item.monotonic_ns <= self._kept_until:
                items.append(item)
                break
            contract_id = _contract_id(item)
            if contract_id is not None and isinstance(item, Event):
                mark = (item.type, contract_id)
                if mark in seen:
                    self.conflated += 1
                    continue
                seen.add(mark)
            latest.append(item)
        latest.reverse()
        self.queue.clear()
        self.queue.extend(items)
        self.queue.extend(latest)

    def _failed(self, event: Event, error: BaseException) -> None:
        self.errors += 1
        self._owner.handler_failed(self, event, error)

    def _cancelled(self, event: Event, error: asyncio.CancelledError) -> None:
        task = self.task
        if task is None or task.cancelling():
            raise error
        self._failed(event, error)  # it awaited something that was cancelled; it goes on itself

    def _took(self, event: Event, run_ns: int) -> None:
        self.longest_ns = run_ns
        if run_ns > BEHIND_NS:
            name = event_name(event.type)
            logger.warning("handler %s took %.1f s for %s", self.label, run_ns / 1e9, name)

    def _drop(self) -> None:
        lost = self.waiting()
        for item in self.queue:
            if not isinstance(item, Event):
                item.arrive()
        self.queue.clear()
        if lost:
            logger.warning("handler %s was stopped with %d events waiting", self.label, lost)

    def _stopped(self) -> None:
        self._drop()
        self.task = self._wake = self.current = None
        self.parked = True
        self._owner.handler_ended(self)


def _contract_id(item: Event | Barrier) -> str | None:
    """Return what the event is conflated by, None when it is not conflated."""
    if isinstance(item, Event) and item.type in CONFLATED and isinstance(item.data, dict):
        contract_id = item.data.get("contract_id")
        return contract_id if isinstance(contract_id, str) else None
    return None
