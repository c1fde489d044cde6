"""Moves the trading floor with the exchange clock.

Records go out in the order of the market, however fast the clock runs and however late the loop
is: what was missed is caught up in slices, with a turn of the loop after each, so that clients
are served while it lasts.

Invariant (``tests/simulator/test_gateway.py``): nothing goes out before its time, and everything
goes out.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from project_x_py.simulator._floor import SLICE_NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._ports import Clock
    from project_x_py.simulator._floor import Floor
    from project_x_py.simulator._source import BookSnapshot

__all__ = ["Market"]


class Market:
    """The moving market of a gateway, and its controls.

    Args:
        floor: What happens.
        clock: When it happens.
        release: Lets a held clock run, so many wall seconds from now.
    """

    def __init__(self, floor: Floor, clock: Clock, release: Callable[[float], None]) -> None:
        self._floor = floor
        self._clock = clock
        self._release = release
        self._over = asyncio.Event()
        self._limit: asyncio.Timeout | None = None
        self._asleep = False
        floor.woken = self._wake

    @property
    def published(self) -> int:
        """Records handed on so far."""
        return self._floor.published

    @property
    def is_over(self) -> bool:
        """Whether the source has nothing left, as at the end of a tape."""
        return self._over.is_set()

    def snapshot(self, contract_id: str) -> BookSnapshot:
        """Return the market of a contract as of the last record handed on.

        Raises:
            KeyError: The contract has no market here.
        """
        return self._floor.snapshot(contract_id)

    def start(self, *, after_s: float = 0.0) -> None:
        """Let a held clock run, ``after_s`` wall seconds from now; a running one stays as it is."""
        self._release(after_s)

    def pause(self) -> None:
        """Let the market stand still; the clock runs on, as when a feed stalls.

        Users' orders are taken on and meet the market as it stands.
        """
        self._floor.moving = False
        self._wake()

    def resume(self) -> None:
        """Send what has happened since :meth:`pause`, in order and at once, and go on."""
        self._floor.moving = True
        self._wake()

    async def wait_until_over(self) -> None:
        """Wait until the source has nothing left."""
        await self._over.wait()

    async def run(self) -> None:
        """Move the floor, for ever: after the market's end users' commands still take effect."""
        while True:
            # One time-out for all sleeps until one is broken off: a market event needs no other.
            with suppress(TimeoutError):
                async with asyncio.timeout(None) as self._limit:
                    await self._move()

    async def _move(self) -> None:
        floor, clock = self._floor, self._clock
        while True:
            if floor.is_over:
                self._over.set()
            due = floor.next_ns()
            self._asleep = True
            try:
                if due is None:
                    await asyncio.Event().wait()
                else:
                    await clock.sleep_until(due)
            finally:
                self._asleep = False
            if self._limit is not None and self._limit.when() is not None:
                self._limit.reschedule(None)
            due = floor.next_ns()
            if due is None or due > clock.now_ns():
                continue
            floor.advance(min(clock.now_ns(), due + SLICE_NS))
            await asyncio.sleep(0)

    def _wake(self) -> None:
        """Let what is due be looked at again: it may have become earlier."""
        if self._asleep and self._limit is not None:
            self._asleep = False
            self._limit.reschedule(0)
