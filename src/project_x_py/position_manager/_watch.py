"""Alerts of users and periodic news of open positions.

Invariant (``tests/position_manager/test_alerts.py``): news come at the interval and only of what is
held; starting twice is one round of news.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from typing import TYPE_CHECKING

from project_x_py.exceptions import ProjectXPositionError

if TYPE_CHECKING:
    from project_x_py.position_manager._core import PositionCore
    from project_x_py.position_manager._reads import PositionReads

__all__ = ["PositionWatch"]


class PositionWatch:
    """Watches positions.

    Args:
        core: The account.
        scope: One contract, None for all.
        reads: Finds contracts.
    """

    def __init__(self, core: PositionCore, scope: str | None, reads: PositionReads) -> None:
        self._core = core
        self._scope = scope
        self._reads = reads
        self._news: asyncio.Task[None] | None = None

    async def alert(
        self,
        name: str,
        max_loss: float | None,
        max_gain: float | None,
        pnl_threshold: float | None,
    ) -> None:
        """Set an alert, and look at once."""
        contract_id = await self._reads.contract_id(name)
        core = self._core
        core.alerts.set(contract_id, max_loss, max_gain, pnl_threshold, core.clock.now_ns())
        price = core.last_price(contract_id)
        if price is not None:
            core.on_price(contract_id, price)

    async def forget(self, name: str) -> None:
        """Remove an alert."""
        self._core.alerts.remove(await self._reads.contract_id(name))

    async def start(self, interval_s: float) -> None:
        """Tell of open positions every so often."""
        if not (math.isfinite(interval_s) and interval_s > 0):
            raise ProjectXPositionError(f"refresh_interval is seconds above zero, not {interval_s}")
        await self.stop()
        self._news = self._core.tasks.spawn(self._run(interval_s), name="position-news")

    async def stop(self) -> None:
        """Tell no more."""
        news, self._news = self._news, None
        if news is not None:
            news.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await news

    async def _run(self, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            for held in list(self._core.keeper.book):
                if self._scope in (None, held.contract_id):
                    self._core.publish_pnl(held.contract_id, None)
