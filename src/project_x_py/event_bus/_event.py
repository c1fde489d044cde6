"""One thing that happened, as handlers receive it.

Invariants (``tests/event_bus/test_event.py``): an event cannot be changed, can be made outside a
running loop, and knows both when it was made by the wall and by a clock that never goes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py._runtime.clock import SystemClock
from project_x_py.event_bus._types import EventType, normalise

if TYPE_CHECKING:
    from datetime import datetime

    from project_x_py.models import MarketDataEvent, OrderUpdateEvent, PositionUpdateEvent

__all__ = ["Event"]

_NS = 1_000_000_000
_CLOCK = SystemClock()

_ORDER_EVENTS = frozenset(
    {
        EventType.ORDER_PLACED,
        EventType.ORDER_FILLED,
        EventType.ORDER_PARTIAL_FILL,
        EventType.ORDER_CANCELLED,
        EventType.ORDER_REJECTED,
        EventType.ORDER_EXPIRED,
        EventType.ORDER_MODIFIED,
    }
)
_POSITION_EVENTS = frozenset(
    {EventType.POSITION_OPENED, EventType.POSITION_UPDATED, EventType.POSITION_CLOSED}
)


class _Stamped(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    monotonic_ns: int = msgspec.field(default_factory=_CLOCK.monotonic_ns)
    """When it was made, nanoseconds of a clock that never goes back; for durations and order."""
    wall_ns: int = msgspec.field(default_factory=_CLOCK.wall_ns)
    """When it was made, nanoseconds since 1970 UTC."""


class Event(_Stamped, frozen=True, eq=False):
    """Something that happened, with its data.

    Two events are equal only when they are the same one.

    Args:
        type: What happened. A string that is the value of an EventType becomes that member.
        data: The facts; for the SDK's own events a dict with documented keys.
        source: Who announces it.
    """

    type: EventType | str
    data: Any
    source: str | None = None

    def __post_init__(self) -> None:
        if type(self.type) is not EventType:
            msgspec.structs.force_setattr(self, "type", normalise(self.type))

    @property
    def timestamp(self) -> float:
        """Seconds of the monotonic clock, comparable with ``loop.time()``; see ``wall_time``."""
        return self.monotonic_ns / _NS

    @property
    def wall_time(self) -> datetime:
        """When the event was made, by the wall clock, aware, in exchange time (Chicago)."""
        from project_x_py._core.time import CHICAGO, to_datetime

        return to_datetime(self.wall_ns, CHICAGO)

    def model(self) -> OrderUpdateEvent | PositionUpdateEvent | MarketDataEvent | None:
        """Return the data as the typed model of its kind of event.

        Order events give an OrderUpdateEvent, POSITION_OPENED, POSITION_UPDATED and
        POSITION_CLOSED a PositionUpdateEvent, QUOTE_UPDATE a MarketDataEvent; None for all other
        events.

        Raises:
            ProjectXDataError: The data lacks what the model needs.
        """
        from project_x_py import models

        if self.type in _ORDER_EVENTS:
            return models.OrderUpdateEvent.from_event_data(self.data)
        if self.type in _POSITION_EVENTS:
            return models.PositionUpdateEvent.from_event_data(self.data)
        if self.type is EventType.QUOTE_UPDATE:
            return models.MarketDataEvent.from_event_data(self.data)
        return None
