"""Events of a suite, delivered to async handlers in order and without loss."""

from project_x_py.event_bus._bus import EventBus
from project_x_py.event_bus._event import Event
from project_x_py.event_bus._handlers import Handler
from project_x_py.event_bus._statistics import BusStatistics, HandlerStatistics
from project_x_py.event_bus._types import EventType

__all__ = ["BusStatistics", "Event", "EventBus", "EventType", "Handler", "HandlerStatistics"]
