"""What the client has to say that is neither an event of the gateway nor a change of a hub.

Names are those of the events that a suite publishes: ``feed_stale``, ``latency_warning`` and
``error``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Notice", "Notices"]

Notice = Callable[[str, Mapping[str, Any]], None]
"""Gets the name of a notice, and its facts."""


class Notices:
    """Those who are told, in the order in which they came."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: tuple[Notice, ...] = ()

    def add(self, listener: Notice) -> None:
        """Tell ``listener`` too; adding it twice is adding it once."""
        if listener not in self._listeners:
            self._listeners = (*self._listeners, listener)

    def tell(self, name: str, facts: Mapping[str, Any]) -> None:
        """Tell everybody, synchronously."""
        for listener in self._listeners:
            listener(name, facts)
