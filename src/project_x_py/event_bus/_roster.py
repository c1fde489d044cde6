"""The handlers of one bus: their mailboxes, what they are registered for, how they fare.

Invariant (``tests/event_bus/test_registration.py``): one mailbox per handler; it is forgotten when
it has neither a registration nor a task. A handler that fails with every event fills no disk: so
many failures of it are logged in a minute, and the next one says how many were not
(``tests/event_bus/test_delivery.py``).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from project_x_py._core.histogram import LogHistogram
from project_x_py.event_bus._handlers import check_handler, handler_key
from project_x_py.event_bus._mailbox import BEHIND_EVENTS, BEHIND_NS, Mailbox
from project_x_py.event_bus._statistics import BusStatistics, HandlerStatistics
from project_x_py.event_bus._subscriptions import Subscriptions
from project_x_py.event_bus._types import EventType, event_name
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from project_x_py._runtime.supervisor import Supervisor
    from project_x_py.event_bus._event import Event
    from project_x_py.event_bus._handlers import Handler

__all__ = ["Roster"]

_NS = 1_000_000_000
_LOGGED = 10
_LOGGED_IN_NS = 60 * _NS
"""So many failures of one handler are logged in such a time; all are announced and counted."""

logger = logging.getLogger(__name__)


class _LogShare:
    """How much of one handler's failures is logged."""

    __slots__ = ("_began_ns", "_logged", "_missed")

    def __init__(self) -> None:
        self._began_ns = self._logged = self._missed = 0

    def take(self, now_ns: int) -> int | None:
        """Return how many were not logged before this one; None when it is not logged either."""
        if not self._logged or now_ns - self._began_ns >= _LOGGED_IN_NS:
            self._began_ns, self._logged = now_ns, 0
        if self._logged >= _LOGGED:
            self._missed += 1
            return None
        self._logged += 1
        missed, self._missed = self._missed, 0
        return missed


class Roster:
    """Who is registered for what, and the mailboxes that serve them.

    Args:
        supervisor: Owner of the handlers' tasks.
        monotonic_ns: What runs are timed by.
        announce: Publishes an event of the bus itself.
        changed: Called when who gets what has changed.
    """

    __slots__ = (
        "_announce",
        "_boxes",
        "_changed",
        "_closed",
        "_failures",
        "_faults",
        "_monotonic_ns",
        "_supervisor",
        "subscriptions",
        "waits",
    )

    def __init__(
        self,
        supervisor: Supervisor,
        monotonic_ns: Callable[[], int],
        announce: Callable[[EventType, object, str], None],
        changed: Callable[[], None],
    ) -> None:
        self.subscriptions = Subscriptions()
        self._supervisor = supervisor
        self._monotonic_ns = monotonic_ns
        self._announce = announce
        self._changed = changed
        self._boxes: dict[object, Mailbox] = {}
        self._faults: dict[tuple[EventType | str, Mailbox], str] = {}
        self._failures: dict[Mailbox, _LogShare] = {}
        self.waits = LogHistogram()
        self._closed = False

    def add(self, kind: EventType | str | None, handler: Handler, *, once: bool = False) -> None:
        """Register a handler for one kind of event, or for every one when ``kind`` is None."""
        check_handler(handler)
        if self._closed:
            raise RuntimeError("the event bus is closed and takes no handler")
        box = self._boxes.get(handler_key(handler))
        if box is None:
            box = Mailbox(handler, self, self._supervisor, self._monotonic_ns, self.waits)
            self._boxes[box.key] = box
        box.resume()
        if kind is None:
            self.subscriptions.add_any(box)
        else:
            self.subscriptions.add(kind, box, once=once)
        self._settle(kind, box)
        self._changed()

    def remove(self, kind: EventType | str | None, handler: Handler | None) -> None:
        """Take registrations out, and the events that wait for them."""
        box = None if handler is None else self._boxes.get(handler_key(handler))
        if handler is not None and box is None:
            return
        self.subscriptions.remove(kind, box)
        for concerned in [box] if box is not None else list(self._boxes.values()):
            if not self.subscriptions.has_any(concerned):
                concerned.purge(kind)
            self._settle(kind, concerned)
            self.retire_if_unused(concerned)
        self._changed()

    def take_once(self, kind: EventType | str) -> tuple[Mailbox, ...]:
        """Return the mailboxes registered for one event only, and end those registrations."""
        boxes = self.subscriptions.take_once(kind)
        if boxes:
            self._changed()
        return boxes

    def retire_if_unused(self, box: Mailbox) -> None:
        """Let a mailbox without registration end when it is empty; forget it when it has ended."""
        if not self.subscriptions.events_of(box):
            box.finish()
            if box.task is None and not box.queue:
                self._boxes.pop(box.key, None)
                self._failures.pop(box, None)

    def busy(self, me: Mailbox | None) -> list[Mailbox]:
        """Return the mailboxes, other than ``me``, that hold or hand over events."""
        return [box for box in self._boxes.values() if not box.parked and box is not me]

    def handler_failed(self, box: Mailbox, event: Event, error: BaseException) -> None:
        """Log what a handler raised, and announce it unless it handled an ERROR itself."""
        name = event_name(event.type)
        share = self._failures.setdefault(box, _LogShare())
        missed = share.take(self._monotonic_ns())
        if missed is not None:
            more = f"; {missed:,} failures before it were not logged" if missed else ""
            logger.error("handler %s failed on %s%s", box.label, name, more, exc_info=error)
        self._announce_error(event.type, box, str(error), error)

    def handler_overflowed(self, box: Mailbox, event: Event) -> None:
        """Take a handler that is too far behind off a kind of event."""
        self.subscriptions.detach(event.type, box)
        name = event_name(event.type)
        text = f"handler {box.label} was taken off {name}: {len(box.queue):,} events wait for it"
        self._faults[event.type, box] = text
        self._changed()
        self.retire_if_unused(box)
        logger.error("%s", text)
        self._announce_error(event.type, box, text, ProjectXError(text))

    def handler_ended(self, box: Mailbox) -> None:
        """Forget a mailbox that has no task and no registration any more."""
        self.retire_if_unused(box)

    def faults(self) -> tuple[str, ...]:
        """Return what was taken off because of too many waiting events, and not settled since."""
        return tuple(self._faults.values())

    def statistics(self, discarded: int) -> BusStatistics:
        """Return how each handler fares."""
        handlers = tuple(self._describe(box) for box in self._boxes.values())
        return BusStatistics(handlers, self.faults(), discarded, self.waits.copy())

    def finishing(self, me: Mailbox | None) -> set[asyncio.Task[None]]:
        """Ask every mailbox to end when it is empty; return the tasks to wait for."""
        for box in list(self._boxes.values()):
            box.finish()
        return {
            box.task
            for box in self._boxes.values()
            if box.task is not None and (box is not me or box.current is None)
        }

    def close(self, me: Mailbox | None) -> set[asyncio.Task[None]]:
        """Take no handler any more and stop all but ``me``; return the tasks to wait for."""
        self._closed = True
        self.subscriptions = Subscriptions()
        self._changed()
        tasks = self.finishing(me)
        for box in list(self._boxes.values()):
            if box is not me or box.current is None:
                box.stop()
            self.retire_if_unused(box)
        return tasks

    def _settle(self, kind: EventType | str | None, box: Mailbox) -> None:
        for fault in list(self._faults):
            if fault[1] is box and (kind is None or fault[0] == kind):
                del self._faults[fault]

    def _announce_error(
        self, original: EventType | str, box: Mailbox, text: str, error: BaseException
    ) -> None:
        if original is not EventType.ERROR:
            data = {
                "original_event": event_name(original),
                "handler": box.name,
                "error": text,
                "exception": error,
            }
            self._announce(EventType.ERROR, data, "event_bus")

    def _describe(self, box: Mailbox) -> HandlerStatistics:
        waiting, behind_ns = box.waiting(), box.behind_ns()
        slow = max(behind_ns, box.longest_ns) > BEHIND_NS or waiting > BEHIND_EVENTS
        return HandlerStatistics(
            handler=box.label,
            events=self.subscriptions.events_of(box),
            waiting=waiting,
            delivered=box.delivered,
            conflated=box.conflated,
            errors=box.errors,
            longest_s=box.longest_ns / _NS,
            mean_s=box.busy_ns / box.delivered / _NS if box.delivered else 0.0,
            behind_s=behind_ns / _NS,
            slow=slow or box.conflated > 0,
        )
