"""What happens to the market and its clock on demand: halts, breaks, rolls and jumps in time.

In a halt orders rest; a daily break ends the trading day, which they do not outlive. A tape stands
still in both, and goes on where it stood.

Invariants (``tests/simulator/test_faults.py``, ``tests/simulator/test_halts.py``): a halted
contract tells nothing until it trades again, and then opens with its whole book; after a roll the
next month is the active one and trades.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.time import NS
from project_x_py._runtime.clock import ReplayClock, VirtualClock
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator._source import GrowingMarket, HaltableMarket, ListedContract

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py.simulator._listings import Listing
    from project_x_py.simulator._venue import Venue

__all__ = ["MarketFaults"]

TEN_YEARS_S = 10 * 366 * 86_400


class MarketFaults:
    """Strikes the market of one gateway, from the moment it runs."""

    def __init__(self) -> None:
        self._venue: Venue | None = None
        self._announce: list[Callable[[ListedContract], None]] = []

    def attach(self, venue: Venue) -> None:
        """Make the market known."""
        self._venue = venue

    def attach_listing(self, announce: Callable[[ListedContract], None]) -> None:
        """Make known who has to know of contracts that begin to trade."""
        self._announce.append(announce)

    def jump(self, seconds: float) -> None:
        """Move the exchange clock by so many exchange seconds; below zero, back.

        Raises:
            ProjectXError: The clock is not the gateway's own, or the jump is not finite.
        """
        clock = self._started.clock
        if not isinstance(clock, ReplayClock | VirtualClock):
            raise ProjectXError("only a clock of the gateway's own can jump")
        self.check_jump(seconds)
        clock.shift(round(seconds * NS))

    def halt(self, contract_id: str | None, seconds: float | None) -> int:
        """Stop a contract, or all, for so many exchange seconds, or until :meth:`resume`.

        Returns:
            How many contracts were stopped.

        Raises:
            ProjectXError: The contract has no market here, or the market cannot stand still.
        """
        until_ns = None if seconds is None else self._after(seconds)
        contracts = self._haltable(contract_id)
        for contract in contracts:
            self._started.floor.halt(contract, until_ns)
        return len(contracts)

    def close_day(self, seconds: float) -> int:
        """End the trading day of every contract, and let the next begin so many seconds later.

        Raises:
            ProjectXError: The market cannot stand still.
        """
        until_ns, contracts = self._after(seconds), self._haltable(None)
        for contract in contracts:
            self._started.floor.close_day(contract, until_ns)
        return len(contracts)

    def resume(self, contract_id: str | None) -> int:
        """Let a contract, or all, trade again.

        Raises:
            ProjectXError: The contract has no market here, or the market cannot stand still.
        """
        contracts = self._haltable(contract_id)
        for contract in contracts:
            self._started.floor.resume(contract)
        return len(contracts)

    def roll(self, contract_id: str) -> int:
        """Let the month after a contract's be the active one.

        Where the market is made up, that month begins to trade; on a tape it has no market.

        Raises:
            ProjectXError: The contract is not an active one here.
        """
        source, floor = self._started.source, self._started.floor
        traded = {c.contract_id for c in source.contracts}
        rolled = self._started.listings.roll(contract_id)
        if contract_id in traded:
            floor.expire(contract_id)
            if isinstance(source, GrowingMarket):
                following = _contract(rolled)
                source.list_after(contract_id, following)
                floor.list_contract(following)
                for announce in self._announce:
                    announce(following)
        return 1

    def check(self, contract_id: str | None) -> None:
        """Refuse a contract that has no market here.

        Raises:
            ProjectXError: It has none.
        """
        known = [c.contract_id for c in self._started.source.contracts]
        if contract_id is not None and contract_id not in known:
            raise ProjectXError(f"{contract_id} has no market here; these have: {', '.join(known)}")

    def check_jump(self, seconds: float) -> None:
        """Refuse a jump that is too far. Raises ProjectXError."""
        if not abs(seconds) < TEN_YEARS_S:
            raise ProjectXError(f"a jump takes at most ten years, not {seconds} s")

    def check_halt(self, seconds: float) -> None:
        """Refuse a halt that is none or too long. Raises ProjectXError."""
        if not 0 < seconds < TEN_YEARS_S:
            raise ProjectXError(f"a halt takes seconds above 0 and below ten years, not {seconds}")

    def _after(self, seconds: float) -> int:
        self.check_halt(seconds)
        return self._started.clock.now_ns() + round(seconds * NS)

    def _haltable(self, contract_id: str | None) -> list[str]:
        self.check(contract_id)
        source = self._started.source
        if not isinstance(source, HaltableMarket):
            raise ProjectXError("this market cannot stand still")
        every = [c.contract_id for c in source.contracts]
        return every if contract_id is None else [contract_id]

    @property
    def _started(self) -> Venue:
        if self._venue is None:
            raise ProjectXError("the gateway is not running: use it in an 'async with' block")
        return self._venue


def _contract(row: Listing) -> ListedContract:
    return ListedContract(
        row.product, row.contract_id, row.name, row.product.grid, row.product.description
    )
