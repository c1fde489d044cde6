"""What happens to the market and its clock on demand: halts, breaks, rolls and jumps in time.

Invariants (``tests/simulator/test_faults.py``): a halted contract tells nothing until it trades
again, and then opens with its whole book; after a roll the next month is the active one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from project_x_py._core.time import NS
from project_x_py._runtime.clock import ReplayClock, VirtualClock
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from project_x_py.simulator._venue import Venue

__all__ = ["MarketFaults"]

_FOREVER_NS = 1 << 62


@runtime_checkable
class _Haltable(Protocol):
    def halt(self, contract_id: str, until_ns: int) -> None: ...

    def resume(self, contract_id: str) -> None: ...


class MarketFaults:
    """Strikes the market of one gateway, from the moment it runs."""

    def __init__(self) -> None:
        self._venue: Venue | None = None

    def attach(self, venue: Venue) -> None:
        """Make the market known."""
        self._venue = venue

    def jump(self, seconds: float) -> None:
        """Move the exchange clock by so many exchange seconds; below zero, back.

        Raises:
            ProjectXError: The clock is not the gateway's own, or the jump is not finite.
        """
        clock = self._started.clock
        if not isinstance(clock, ReplayClock | VirtualClock):
            raise ProjectXError("only a clock of the gateway's own can jump")
        if not abs(seconds) < 10 * 366 * 86_400:
            raise ProjectXError(f"a jump takes at most ten years, not {seconds} s")
        clock.shift(round(seconds * NS))

    def halt(self, contract_id: str | None, seconds: float | None) -> int:
        """Stop a contract, or all, for so many exchange seconds, or until :meth:`resume`.

        Returns:
            How many contracts were stopped.

        Raises:
            ProjectXError: The contract has no market here, or the market is a tape.
        """
        if seconds is not None and not 0 < seconds < float("inf"):
            raise ProjectXError(f"a halt takes seconds above 0, not {seconds}")
        source, contracts = self._haltable(contract_id)
        venue = self._started
        until_ns = _FOREVER_NS
        if seconds is not None:
            until_ns = venue.clock.now_ns() + round(seconds * NS)
        for contract in contracts:
            source.halt(contract, until_ns)
            venue.floor.halt(contract, until_ns)
        return len(contracts)

    def resume(self, contract_id: str | None) -> int:
        """Let a contract, or all, trade again.

        Raises:
            ProjectXError: The contract has no market here, or the market is a tape.
        """
        source, contracts = self._haltable(contract_id)
        for contract in contracts:
            source.resume(contract)
            self._started.floor.resume(contract)
        return len(contracts)

    def roll(self, contract_id: str) -> int:
        """Let the month after a contract's be the active one.

        Raises:
            ProjectXError: The contract is not an active one here.
        """
        traded = {c.contract_id for c in self._started.source.contracts}
        self._started.listings.roll(contract_id)
        if contract_id in traded:
            self._started.floor.expire(contract_id)
        return 1

    def check(self, contract_id: str | None) -> None:
        """Refuse a contract that has no market here.

        Raises:
            ProjectXError: It has none.
        """
        known = [c.contract_id for c in self._started.source.contracts]
        if contract_id is not None and contract_id not in known:
            raise ProjectXError(f"{contract_id} has no market here; these have: {', '.join(known)}")

    def _haltable(self, contract_id: str | None) -> tuple[_Haltable, list[str]]:
        self.check(contract_id)
        source = self._started.source
        if not isinstance(source, _Haltable):
            raise ProjectXError("a tape plays on; only a made-up market can be halted")
        every = [c.contract_id for c in source.contracts]
        return source, every if contract_id is None else [contract_id]

    @property
    def _started(self) -> Venue:
        if self._venue is None:
            raise ProjectXError("the gateway is not running: use it in an 'async with' block")
        return self._venue
