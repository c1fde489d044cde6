"""What is to happen later, in order of time and then of arrival.

Invariant (``tests/core/exchange/test_agenda.py``): nothing is taken before it is due, and things of
one moment come in the order in which they were planned.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Agenda"]


class Agenda:
    """A queue of calls with times."""

    __slots__ = ("_count", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def plan(self, ns: int, call: Callable[[], None]) -> None:
        """Let something happen at ``ns``."""
        heappush(self._heap, (ns, self._count, call))
        self._count += 1

    def next_ns(self) -> int | None:
        """Return when the next thing happens, None when nothing will."""
        return self._heap[0][0] if self._heap else None

    def take(self, until_ns: int) -> tuple[int, Callable[[], None]] | None:
        """Take the next thing that is due by ``until_ns``, with its time; None without one."""
        if not self._heap or self._heap[0][0] > until_ns:
            return None
        ns, _, call = heappop(self._heap)
        return ns, call
