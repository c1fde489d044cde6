"""What a bus tells about its handlers: frozen, taken at one moment.

Tested in ``tests/event_bus/test_delivery.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from project_x_py._core.histogram import LogHistogram

if TYPE_CHECKING:
    from project_x_py._core.histogram import Latency

__all__ = ["BusStatistics", "HandlerStatistics"]


@dataclass(frozen=True, slots=True)
class HandlerStatistics:
    """How one handler fares."""

    handler: str
    """Module and name."""
    events: tuple[str, ...]
    """What it is registered for; ``*`` is every event."""
    waiting: int
    """Events in its mailbox, the one being handled aside."""
    delivered: int
    """Runs that ended, failed ones included."""
    conflated: int
    """Market data events left out because a newer one of the same contract waited behind."""
    errors: int
    """Runs that ended in an exception."""
    longest_s: float
    """The longest run in seconds, time spent waiting included."""
    mean_s: float
    """Mean run in seconds, time spent waiting included."""
    behind_s: float
    """Age in seconds of the event being handled, else of the oldest one waiting, else 0."""
    slow: bool
    """Whether it is, or ever was, more than 1 s or 1,000 events behind."""


@dataclass(frozen=True, slots=True)
class BusStatistics:
    """How a bus and its handlers fare; counts start when a handler is first registered."""

    handlers: tuple[HandlerStatistics, ...]
    """In the order of registration."""
    detached: tuple[str, ...]
    """Subscriptions taken off because their handler fell too far behind."""
    discarded: int
    """Events announced after the bus was closed."""
    waits: LogHistogram = field(default_factory=LogHistogram, repr=False)
    """A copy of what :attr:`latency` is told of."""

    @property
    def latency(self) -> Latency:
        """From the announcement of an event to the call of its handler.

        Of the events that a handler gets in one wake-up the last one is measured, which has waited
        behind the others.
        """
        return self.waits.latency()

    @property
    def waiting(self) -> int:
        """Events in all mailboxes."""
        return sum(handler.waiting for handler in self.handlers)

    @property
    def delivered(self) -> int:
        """Runs of all handlers that ended."""
        return sum(handler.delivered for handler in self.handlers)

    @property
    def conflated(self) -> int:
        """Events left out for all handlers."""
        return sum(handler.conflated for handler in self.handlers)

    @property
    def errors(self) -> int:
        """Runs of all handlers that ended in an exception."""
        return sum(handler.errors for handler in self.handlers)

    @property
    def slow(self) -> tuple[str, ...]:
        """Names of the handlers that are or were behind."""
        return tuple(handler.handler for handler in self.handlers if handler.slow)
