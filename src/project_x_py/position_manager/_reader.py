"""Reads positions and fills of an account, at the start and, without orders' own reads, for ever.

The fills of the trading day are read before the positions, so that what they come to is contained
in the first list of positions and is not counted once more.

Invariants (``tests/position_manager/test_reader.py``): a read that failed or may lack a row
changes nothing; the money of the day is that of the gateway's own fills.
"""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import TYPE_CHECKING

from project_x_py._core.submission import Listed
from project_x_py._core.time import NS
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.records import TradeUpdate
    from project_x_py._ports import Clock, OrderQueries
    from project_x_py.position_manager._day import DayMoney
    from project_x_py.position_manager._keeper import PositionKeeper

__all__ = ["PositionReader"]

logger = logging.getLogger(__name__)

HELD_S = 10.0
FLAT_S = 60.0
RETRY_S = 2.0
MARGIN_NS = 60 * NS
"""How much earlier than asked for a search begins: the gateway's clock is not ours."""


class PositionReader:
    """Keeps a keeper equal to the gateway.

    Args:
        queries: What the gateway knows.
        clock: Stamps and spaces the reads.
        keeper: Told of what is read.
        day: Told of the day's fills that came before.
        grid: Finds the grid of a contract.
    """

    def __init__(
        self,
        queries: OrderQueries,
        clock: Clock,
        keeper: PositionKeeper,
        day: DayMoney,
        grid: Callable[[str], Awaitable[TickGrid]],
    ) -> None:
        self.reads = 0
        self.failures = 0
        self.last_error: str | None = None
        self._queries = queries
        self._clock = clock
        self._keeper = keeper
        self._day = day
        self._grid = grid
        self._since_ns: int | None = None

    async def read(self) -> bool:
        """Make one complete read; return whether it was, otherwise ``last_error`` says why."""
        asof_ns = self._clock.now_ns()
        since_ns = self._day.begin_ns if self._since_ns is None else self._since_ns - MARGIN_NS
        account_id = self._keeper.account_id
        try:
            fills = await self._queries.fills(account_id, since_ns)
            positions = await self._queries.positions(account_id)
            if not isinstance(positions, Listed) or not positions.complete:
                return self._failed("the list of positions was not complete")
            if not isinstance(fills, Listed) or not fills.complete:
                return self._failed("the list of fills was not complete")
            named = {row.contract_id for row in positions.rows}
            for contract_id in named | {fill.contract_id for fill in fills.rows}:
                await self._grid(contract_id)
        except ProjectXError as exc:
            return self._failed(str(exc))
        self._merge_fills(fills.rows)
        self._keeper.hear_positions(positions.rows, asof_ns)
        self.reads += 1
        self.last_error = None
        self._since_ns = asof_ns
        return True

    async def run(self, *, until_known: bool) -> None:
        """Read for ever, or only until a first read was complete."""
        while not (until_known and self._keeper.is_known):
            await asyncio.sleep(self._pause_s())
            await self.read()

    def _merge_fills(self, fills: tuple[TradeUpdate, ...]) -> None:
        if self._keeper.is_known:
            for fill in fills:
                self._keeper.hear_fill(fill)
            return
        heard = self._keeper.heard_fills()
        before = [fill for fill in fills if fill.id not in heard]
        self._keeper.passed(frozenset(fill.id for fill in before))
        self._day.begin_with(
            sum((_money(fill) for fill in before if not fill.voided), Decimal(0)),
            sum(fill.profit_and_loss is not None and not fill.voided for fill in before),
        )

    def _pause_s(self) -> float:
        if self.last_error is not None or not self._keeper.is_known:
            return RETRY_S
        return HELD_S if self._keeper.holds_positions() else FLAT_S

    def _failed(self, reason: str) -> bool:
        self.failures += 1
        if reason != self.last_error:
            logger.warning("positions could not be read: %s", reason)
        self.last_error = reason
        return False


def _money(fill: TradeUpdate) -> Decimal:
    """Return what a fill made by the gateway's own figures, costs paid."""
    profit = Decimal(str(fill.profit_and_loss or 0))
    return profit - Decimal(str(fill.fees)) - Decimal(str(fill.commissions))
