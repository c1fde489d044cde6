"""What the client does by itself about a feed that began late or could not be read.

Invariants (``tests/realtime/test_repairs.py``): an owner that comes late gets its first snapshot;
what could not be read is a gap that stays open until it was asked for anew, and as long as its hub
is not connected; a gateway that keeps sending it is asked less and less often.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py._core.gaps import MARKET_KINDS, USER_KINDS, GapReason
from project_x_py._core.time import NS
from project_x_py.realtime._tasks import PASSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._ports import Clock, TaskOwner
    from project_x_py.realtime._gaps import GapKeeper
    from project_x_py.realtime._hub import Hub
    from project_x_py.realtime._subscriptions import Subscriptions

__all__ = ["Repairs"]

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
CALM_S = 600.0
"""Without a fault for so long, the next one is treated as the first."""

STREAMS = {"trade": ("trades",), "quote": ("quotes",), "depth": ("depth",)}
"""Begins the kind of what could not be read, to what is missed."""


@dataclass(slots=True)
class _Fault:
    """How often something could not be read."""

    pause_s: float = 0.0
    repaired_ns: int = 0
    under_way: bool = False


class Repairs:
    """Renewals of single contracts.

    Args:
        clock: Measures pauses.
        tasks: Runs the renewals.
        gaps: Opened when something could not be read.
        notice: Told of it.
    """

    def __init__(
        self, clock: Clock, tasks: TaskOwner, gaps: GapKeeper, notice: Callable[[str, str], None]
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._gaps = gaps
        self._notice = notice
        self._market: Hub | None = None
        self._user: Hub | None = None
        self._subscriptions: Subscriptions | None = None
        self._faults: dict[str | None, _Fault] = {}
        self._late: set[str] = set()

    def adopt(self, user: Hub, market: Hub, subscriptions: Subscriptions) -> None:
        """Set what renewals go through."""
        self._user, self._market, self._subscriptions = user, market, subscriptions

    def owner_came(self, contract_id: str) -> None:
        """See that an owner gets a snapshot, also of a contract that is subscribed to already."""
        known = self._subscriptions
        if known is not None and known.is_confirmed(contract_id) and contract_id not in self._late:
            self._late.add(contract_id)
            self._tasks.spawn(self._renew_late(contract_id), name=f"{PASSING}renewal")

    def spoilt(self, contract_id: str | None, kind: str) -> None:
        """Open a gap for something that could not be read, and see that it is closed again.

        Args:
            contract_id: Whose it was; None for the account's, "" for nobody knows whose.
            kind: As it is counted.
        """
        if contract_id == "":
            self._lose_market(kind)
            return
        everything = USER_KINDS if contract_id is None else MARKET_KINDS
        missed = STREAMS.get(kind.partition(":")[0], everything)
        self._gaps.open(contract_id, GapReason.CORRUPT, missed)
        fault = self._faults.setdefault(contract_id, _Fault())
        if not fault.under_way:
            fault.under_way = True
            hub = "user" if contract_id is None else "market"
            self._notice(hub, f"left out of a message: {kind}")
            self._tasks.spawn(
                self._repair(contract_id, fault, prints_only=missed == ("trades",)),
                name=f"{PASSING}repair",
            )

    def _lose_market(self, kind: str) -> None:
        """Connect anew: something was lost, and it is not said of what contract."""
        fault = self._faults.setdefault("", _Fault())
        if not fault.under_way:
            fault.under_way = True
            self._tasks.spawn(self._reconnect(fault, kind), name=f"{PASSING}resync")

    async def _reconnect(self, fault: _Fault, kind: str) -> None:
        try:
            await self._pause(fault)
            if self._market is not None:
                self._market.drop(f"left out of a message: {kind}", GapReason.CORRUPT)
        finally:
            fault.under_way = False

    async def _repair(self, contract_id: str | None, fault: _Fault, *, prints_only: bool) -> None:
        try:
            await self._pause(fault)
            known = self._subscriptions
            if contract_id is not None and known is not None and not prints_only:
                await known.renew_market(contract_id)
        finally:
            fault.under_way = False
        # A hub that was lost meanwhile misses more, until it has confirmed everything again.
        hub = self._user if contract_id is None else self._market
        if hub is not None and hub.connected:
            self._gaps.close(contract_id)

    async def _pause(self, fault: _Fault) -> None:
        """Wait the longer the more often it has happened of late."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - fault.repaired_ns >= CALM_S * NS:
            fault.pause_s = 0.0
        left_s = fault.pause_s - (now_ns - fault.repaired_ns) / NS
        await asyncio.sleep(max(0.0, left_s))
        fault.pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * fault.pause_s))
        fault.repaired_ns = self._clock.monotonic_ns()

    async def _renew_late(self, contract_id: str) -> None:
        self._late.discard(contract_id)
        if self._subscriptions is not None:
            await self._subscriptions.renew_market(contract_id)
