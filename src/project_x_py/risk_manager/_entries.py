"""The entries of one managed trade: what is held, what works, how to leave, how to stay safe.

Invariants (``tests/risk_manager/test_managed_trade.py``): an exit is never larger than what is held
and not leaving yet; what may still be entered is given up before the trade is left alone.
"""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import TYPE_CHECKING

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from project_x_py._core.orders.trade import EntryState
    from project_x_py.models import BracketOrderResponse, OrderPlaceResponse
    from project_x_py.risk_manager._parties import TradeOrders

__all__ = ["TradeEntries"]

LOOK_S = 0.25
"""How often is looked when no event comes."""


class TradeEntries:
    """Entries of one contract, all of one side.

    Args:
        door: Sends, and knows how each stands.
    """

    def __init__(self, door: TradeOrders) -> None:
        self.tags: list[str] = []
        self.last_error: str | None = None
        self._door = door

    async def enter(
        self,
        contract_id: str,
        side: int,
        size: int,
        prices: tuple[float | None, float, float | None],
        entry_type: str,
    ) -> BracketOrderResponse:
        """Send one entry with its stop, once; it belongs to the trade before it leaves."""
        return await self._door.enter(contract_id, side, size, prices, entry_type, self.tags.append)

    def states(self) -> list[EntryState]:
        """Return how each entry stands, oldest first, without those that never came to be."""
        found = (self._door.state(tag) for tag in self.tags)
        return [state for state in found if state is not None and state.reason is None]

    def __iter__(self) -> Iterator[EntryState]:
        return iter(self.states())

    @property
    def side(self) -> int | None:
        """0 bought, 1 sold; None before the first entry."""
        return next((state.side for state in self), None)

    @property
    def held(self) -> int:
        """Contracts entered and not left."""
        return sum(state.held for state in self)

    @property
    def filled(self) -> int:
        """Contracts entered."""
        return sum(state.filled for state in self)

    @property
    def exited(self) -> int:
        """Contracts left."""
        return sum(state.exited for state in self)

    @property
    def pending(self) -> int:
        """Contracts that may still be entered."""
        return sum(state.pending for state in self)

    @property
    def is_safe(self) -> bool:
        """Whether stops cover everything that is held."""
        return all(state.is_safe for state in self)

    @property
    def unprotected_ns(self) -> int:
        """How long contracts were held without a working stop, of all entries together."""
        return sum(self._door.unprotected_ns(tag) for tag in self.tags)

    @property
    def stop(self) -> int | None:
        """The stop of what is held, in ticks: the one that is hit last, None without one."""
        stops = [state.stop for state in self if state.stop is not None]
        if not stops:
            return None
        return min(stops) if self.side == 0 else max(stops)

    @property
    def target(self) -> int | None:
        """The target that works, in ticks, None without one."""
        return next((state.target for state in self if state.target is not None), None)

    def average_entry(self) -> Fraction | None:
        """Return the average price of what was entered, in ticks; None before a fill."""
        filled = self.filled
        return sum((s.entered_worth for s in self), Fraction(0)) / filled if filled else None

    def average_exit(self) -> Fraction | None:
        """Return the average price of what was left, in ticks; None before an exit."""
        exited = self.exited
        return sum((s.exited_worth for s in self), Fraction(0)) / exited if exited else None

    def realised_ticks(self) -> Fraction:
        """Return ticks times contracts that exits have made, costs not counted."""
        total = Fraction(0)
        for state in self:
            if state.filled and state.exited:
                paid = state.entered_worth / state.filled * min(state.exited, state.filled)
                made = state.exited_worth - paid
                total += made if state.side == 0 else -made
        return total

    def open_ticks(self, price: int) -> Fraction:
        """Return ticks times contracts of open profit at a price in ticks."""
        total = Fraction(0)
        for state in self:
            if state.held:
                made = price * state.held - state.entered_worth / state.filled * state.held
                total += made if state.side == 0 else -made
        return total

    async def until(self, holds: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until something holds; return whether it does after so long at the latest."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        while not holds():
            left = end - loop.time()
            if left <= 0:
                return False
            await self._door.changed(min(LOOK_S, left))
        return True

    async def leave(
        self, size: int, limit_price: float | Decimal | None = None
    ) -> list[OrderPlaceResponse]:
        """Take contracts off, oldest entry first: one order for each entry that is taken from.

        Args:
            size: Contracts; what is leaving already is not sent for again.
            limit_price: In points; at the market when left out.

        Raises:
            OrderSubmissionUncertainError: An exit was sent, and nobody can say what became of it.
        """
        found = []
        for state in self.states():
            part = min(size, state.held - state.leaving)
            if part > 0:
                size -= part
                found.append(await self._door.exit(state.tag, part, limit_price))
        return found

    async def move_stop(self, ticks: int) -> bool:
        """Bring the stops of all entries that hold, or may, to a price."""
        moved = [
            await self._door.move_stop(state.tag, ticks)
            for state in self.states()
            if state.held or state.pending
        ]
        return bool(moved) and all(moved)

    async def give_up(self, timeout_s: float) -> bool:
        """Cancel what may still be entered; return whether nothing may any more.

        An order whose fate is unknown is waited for, and cancelled when it is found.
        """
        await self.until(lambda: not any(state.is_unknown for state in self), timeout_s)
        for state in self.states():
            if state.pending:
                try:
                    await self._door.give_up(state.tag)
                except ProjectXError as exc:
                    self.last_error = str(exc)
        return await self.until(lambda: not self.pending, timeout_s)
