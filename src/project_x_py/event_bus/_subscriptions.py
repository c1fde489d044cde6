"""Which mailbox gets which event.

A mailbox is registered at most once for an event, so no handler gets an event twice, however
often and in however many ways it was registered (``tests/event_bus/test_registration.py``, against
a plain model).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py.event_bus._types import UNBOUNDED, event_name

if TYPE_CHECKING:
    from project_x_py.event_bus._mailbox import Mailbox
    from project_x_py.event_bus._types import EventType

__all__ = ["Subscriptions"]


class Subscriptions:
    """The registrations of one bus, in the order in which they were made."""

    __slots__ = ("_any", "_named", "_once")

    def __init__(self) -> None:
        self._any: dict[Mailbox, None] = {}
        self._named: dict[EventType | str, dict[Mailbox, None]] = {}
        self._once: dict[EventType | str, dict[Mailbox, None]] = {}

    def add(self, event: EventType | str, box: Mailbox, *, once: bool) -> None:
        """Register ``box`` for one event; a lasting registration outdoes a single one."""
        if once:
            if box not in self._named.get(event, {}):
                self._once.setdefault(event, {})[box] = None
            return
        self._named.setdefault(event, {})[box] = None
        self._once.get(event, {}).pop(box, None)

    def add_any(self, box: Mailbox) -> None:
        """Register ``box`` for every event."""
        self._any[box] = None

    def remove(self, event: EventType | str | None, box: Mailbox | None) -> None:
        """Take out what is named: None stands for every event, or for every mailbox."""
        for kind in [event] if event is not None else [*self._named, *self._once]:
            for table in (self._named, self._once):
                boxes = table.get(kind, {})
                for gone in list(boxes) if box is None else [box]:
                    boxes.pop(gone, None)
                if not boxes:
                    table.pop(kind, None)
        if event is None:
            for gone in list(self._any) if box is None else [box]:
                self._any.pop(gone, None)

    def detach(self, event: EventType | str, box: Mailbox) -> None:
        """Take ``box`` off one event; where it had all, it keeps those that are never taken off."""
        self.remove(event, box)
        if self._any.pop(box, self) is None:
            for kind in UNBOUNDED:
                self.add(kind, box, once=False)

    def boxes(self, event: EventType | str) -> tuple[Mailbox, ...]:
        """Return who gets the event, single registrations aside, each once."""
        return tuple({**self._named.get(event, {}), **self._any})

    def has_once(self, event: EventType | str) -> bool:
        """Answer whether a single registration for the event waits."""
        return bool(self._once.get(event))

    def take_once(self, event: EventType | str) -> tuple[Mailbox, ...]:
        """Return the single registrations for the event and forget them."""
        return tuple(self._once.pop(event, {}))

    def has_any(self, box: Mailbox) -> bool:
        """Answer whether ``box`` is registered for every event."""
        return box in self._any

    def names(self) -> frozenset[str]:
        """Return the names, other than EventType's, for which there is a registration."""
        return frozenset(kind for kind in (*self._named, *self._once) if isinstance(kind, str))

    def events_of(self, box: Mailbox) -> tuple[str, ...]:
        """Return the names of the events ``box`` is registered for; ``*`` is every event."""
        found = ["*"] if box in self._any else []
        for table in (self._named, self._once):
            found += [event_name(kind) for kind, boxes in table.items() if box in boxes]
        return tuple(found)

    def count(self, event: EventType | str | None) -> int:
        """Return the registrations for one event by name, or all there are."""
        if event is not None:
            return len(self._named.get(event, {})) + len(self._once.get(event, {}))
        tables = (*self._named.values(), *self._once.values())
        return len(self._any) + sum(map(len, tables))
