"""Joining and leaving the gateway, which take turns however their calls overlap.

Calls of :meth:`Turns.join` at the same time are one attempt; a caller that is cancelled leaves it
to the others, and the last one ends it. A leave ends an attempt that is under way, and a join that
comes during a leave waits for its end. What is being closed is closed, whoever is cancelled.

Invariants (``tests/realtime/test_turns.py``): a join that returned True is not undone by a leave
that began before it; whatever the order of the calls, and whoever is cancelled, each of them ends,
and after the last leave nothing is open.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from project_x_py.realtime._tasks import PASSING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from project_x_py._ports import TaskOwner

__all__ = ["Turns"]


class Turns:
    """Who joins and who leaves.

    Args:
        tasks: Runs both.
        join: Connects; False, or an error, when that did not work.
        leave: Closes whatever is open; harmless when nothing is.
        ended: Told that an attempt to join was ended by a leave.
    """

    def __init__(
        self,
        tasks: TaskOwner,
        join: Callable[[], Coroutine[Any, Any, bool]],
        leave: Callable[[], Coroutine[Any, Any, None]],
        ended: Callable[[], None],
    ) -> None:
        self._tasks = tasks
        self._join = join
        self._leave = leave
        self._ended = ended
        self._joining: asyncio.Task[bool] | None = None
        self._joiners = 0
        self._undoing = False
        self._leaving: asyncio.Task[None] | None = None

    async def join(self) -> bool:
        """Return whether it is joined, by this call or by the one it shares the attempt of."""
        await self.settled()
        joining = self._joining
        if joining is None or joining.done():
            joining = self._tasks.spawn(self._attempt(), name=f"{PASSING}connect")
            self._joining, self._joiners = joining, 0
        self._joiners += 1
        try:
            await asyncio.wait({joining})
        finally:
            self._joiners -= 1
            if not self._joiners and not joining.done():
                await self._give_up(joining)
        if joining.cancelled():
            self._ended()
            return False
        return joining.result()

    async def leave(self) -> None:
        """End an attempt to join, and leave; whoever asks meanwhile waits for the same end."""
        if self._leaving is None or self._leaving.done():
            self._leaving = self._tasks.spawn(self._left(), name=f"{PASSING}disconnect")
        await asyncio.wait({self._leaving})

    async def settled(self) -> None:
        """Return when nothing is being closed."""
        while True:
            if self._leaving is not None and not self._leaving.done():
                await asyncio.wait({self._leaving})
            elif self._undoing and self._joining is not None and not self._joining.done():
                await asyncio.wait({self._joining})
            else:
                return

    async def _attempt(self) -> bool:
        joined = False
        try:
            joined = await self._join()
        finally:
            if not joined:
                self._undoing = True
                try:
                    await self._leave()
                finally:
                    self._undoing = False
        return joined

    async def _left(self) -> None:
        if self._joining is not None and not self._joining.done():
            await self._give_up(self._joining)
        await self._leave()

    async def _give_up(self, joining: asyncio.Task[bool]) -> None:
        """End an attempt; what it closes by itself is left to it."""
        if not self._undoing:
            joining.cancel()
        await asyncio.wait({joining})
