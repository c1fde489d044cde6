"""Closes of a position one after the other, so that each knows what those before it have done.

Invariant (``tests/position_manager/test_turns.py``): of closes that are asked for together one is
under way at a time, and the next begins when what is held shows it, or had the time to.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import SETTLE_NS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from project_x_py._ports import Clock

__all__ = ["CloseTurns"]

LOOK_S = 0.25


class CloseTurns:
    """Who closes what, of one account.

    Args:
        clock: Ends the wait for a close that is not shown.
        net: Tells what is held of a contract, as known.
        read: Reads what is held; whether that was possible.
    """

    def __init__(
        self, clock: Clock, net: Callable[[str], int], read: Callable[[], Awaitable[bool]]
    ) -> None:
        self._clock = clock
        self._net = net
        self._read = read
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._sent: dict[str, tuple[int, int]] = {}
        """What was held when a close was sent, and until when it may be unseen, by contract."""

    @asynccontextmanager
    async def turn(self, contract_id: str) -> AsyncIterator[None]:
        """Wait for the closes that were asked for before; the next one waits for this."""
        while (other := self._under_way.get(contract_id)) is not None:
            await asyncio.wait((other,))
        ended = asyncio.get_running_loop().create_future()
        self._under_way[contract_id] = ended
        try:
            await self._shown(contract_id)
            yield
        finally:
            del self._under_way[contract_id]
            ended.set_result(None)

    def begun(self, contract_id: str, net: int) -> None:
        """Note that a close of ``net`` contracts, or of a part of them, may be under way."""
        self._sent[contract_id] = net, self._clock.monotonic_ns() + SETTLE_NS

    def undone(self, contract_id: str) -> None:
        """Note that the close that began closes nothing."""
        self._sent.pop(contract_id, None)

    async def _shown(self, contract_id: str) -> None:
        """Wait until what is held has changed since the last close was sent, or had the time to."""
        net, until_ns = self._sent.get(contract_id, (0, 0))
        while self._net(contract_id) == net != 0 and self._clock.monotonic_ns() < until_ns:
            await self._read()
            if self._net(contract_id) == net:
                await asyncio.sleep(LOOK_S)
        self._sent.pop(contract_id, None)
