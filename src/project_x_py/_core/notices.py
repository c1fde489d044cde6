"""What a part has to say that is nobody's answer, told at once to whoever listens.

Names are those of the events that a suite publishes, ``feed_stale`` or ``authenticated`` for
example.

Invariant (``tests/core/test_notices.py``): everybody is told once, in the order in which they came.
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

    def remove(self, listener: Notice) -> None:
        """Tell it no more; removing one that is not told is harmless."""
        self._listeners = tuple(each for each in self._listeners if each != listener)

    def tell(self, name: str, facts: Mapping[str, Any]) -> None:
        """Tell everybody, synchronously."""
        for listener in self._listeners:
            listener(name, facts)
