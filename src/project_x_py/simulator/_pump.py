"""Moves the market with the exchange clock and hands on what happens.

Records go out in the order of the market, however fast the clock runs and however late the loop
is: what was missed is caught up in slices, with a turn of the loop after each, so that clients
are served while it lasts.

Invariant (``tests/simulator/test_gateway.py``): nothing goes out before its time, and everything
goes out.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py._core.records import MarketRecord
    from project_x_py._ports import Clock
    from project_x_py.simulator._source import BookSnapshot, MarketSource

__all__ = ["Market"]

SLICE_NS = 250_000_000
"""How much exchange time is caught up between two turns of the loop."""


class Market:
    """The moving market of a gateway, and its controls.

    Args:
        source: What happens.
        clock: When it happens.
        publish: Told of each slice of records, in order.
        release: Lets a held clock run, so many wall seconds from now.
    """

    def __init__(
        self,
        source: MarketSource,
        clock: Clock,
        publish: Callable[[Sequence[MarketRecord]], None],
        release: Callable[[float], None],
    ) -> None:
        self._source = source
        self._clock = clock
        self._publish = publish
        self._release = release
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._over = asyncio.Event()
        self._published = 0

    @property
    def published(self) -> int:
        """Records handed on so far."""
        return self._published

    @property
    def is_over(self) -> bool:
        """Whether the source has nothing left, as at the end of a tape."""
        return self._over.is_set()

    def snapshot(self, contract_id: str) -> BookSnapshot:
        """Return the market of a contract as of the last record handed on.

        Raises:
            KeyError: The contract has no market here.
        """
        return self._source.snapshot(contract_id)

    def start(self, *, after_s: float = 0.0) -> None:
        """Let a held clock run, ``after_s`` wall seconds from now; a running one stays as it is."""
        self._release(after_s)

    def pause(self) -> None:
        """Send nothing more; the clock runs on, as when a feed stalls."""
        self._flowing.clear()

    def resume(self) -> None:
        """Send what has happened since :meth:`pause`, in order and at once, and go on."""
        self._flowing.set()

    async def wait_until_over(self) -> None:
        """Wait until the source has nothing left."""
        await self._over.wait()

    async def run(self) -> None:
        """Move the market until the source has nothing left."""
        source, clock = self._source, self._clock
        while (due := source.next_ns()) is not None:
            await clock.sleep_until(due)
            await self._flowing.wait()
            records = source.advance(min(clock.now_ns(), due + SLICE_NS))
            self._published += len(records)
            self._publish(records)
            await asyncio.sleep(0)
        self._over.set()
