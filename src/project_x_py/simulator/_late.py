"""What is sent later than it was meant to be, in order.

Invariant (``tests/simulator/test_faults.py``): however the delay changes meanwhile, nothing
overtakes what was put before it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["LateLine"]


class LateLine:
    """A line of messages that wait; empty, it is false.

    Args:
        loop: Whose time they wait by.
        send: Takes each when its time has come.
    """

    __slots__ = ("_line", "_loop", "_send", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._send = send
        self._line: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        return bool(self._line)

    def put(self, data: bytes, delay_s: float) -> None:
        """Send ``data`` so many seconds from now, and not before what is in the line."""
        due = self._loop.time() + delay_s
        if self._line:
            due = max(due, self._line[-1][0])
        self._line.append((due, data))
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._look)

    def release(self) -> None:
        """Send everything at once."""
        line = [data for _, data in self._line]
        self.clear()
        for data in line:
            self._send(data)

    def clear(self) -> None:
        """Forget everything."""
        self._line.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        line, now = self._line, self._loop.time()
        while line and line[0][0] <= now:
            self._send(line.popleft()[1])
        if line:
            self._timer = self._loop.call_at(line[0][0], self._look)
