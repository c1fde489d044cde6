"""Events of a suite, delivered to async handlers in order and without loss."""

from project_x_py.event_bus._event import Event
from project_x_py.event_bus._types import EventType

__all__ = ["Event", "EventType"]
