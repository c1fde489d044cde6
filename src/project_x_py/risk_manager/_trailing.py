"""Stops that follow the price, and only ever tighten.

Invariants (``tests/risk_manager/test_trailing.py``): a stop never moves away from the price, also
where others have put it; before the trigger it does not move at all; one change is under way at a
time, and one a second; a stop that could not be moved is tried again; with a journal the next
run's stop goes on following.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._ports import TaskOwner
    from project_x_py.risk_manager._parties import Notes

__all__ = ["Trail", "TrailingStops", "tightened"]

logger = logging.getLogger(__name__)

MEMO = "risk-trail"
"""What stops that follow are called in the journal."""

MOVE_S = 1.0
"""A stop is moved at most once in so long: the requests of an account are limited."""

LONGEST_S = 30.0
"""Longest wait before a stop that could not be moved is tried again."""


@dataclass(slots=True)
class Trail:
    """One stop that follows; ticks.

    Attributes:
        contract_id: What is held.
        order_id: The stop.
        is_long: Which way.
        entry: Price that the trigger counts from.
        stop: Where the stop is, as far as is known.
        distance: Between the best price and the stop.
        trigger: Profit at which it begins.
        begun: Whether the trigger was reached.
    """

    contract_id: str
    order_id: int
    is_long: bool
    entry: int
    stop: int
    distance: int
    trigger: int
    begun: bool = False
    best: int | None = None
    last: int = 0
    moving: bool = False


class _Memo(msgspec.Struct, frozen=True, kw_only=True):
    """What the next run needs to let a stop follow; where the stop is the gateway knows."""

    contract_id: str
    is_long: bool
    entry: int
    stop: int
    distance: int
    trigger: int
    begun: bool


_decode = msgspec.json.Decoder(_Memo).decode


def tightened(trail: Trail, price: int) -> int | None:
    """Take a price; return where the stop belongs when that is tighter than it is.

    A stop that the market is through already could not be placed there: the one that works is
    the one to fill.
    """
    way = 1 if trail.is_long else -1
    trail.last = price
    if trail.best is None or way * (price - trail.best) > 0:
        trail.best = price
    if not trail.begun and way * (trail.best - trail.entry) < trail.trigger:
        return None
    trail.begun = True
    wanted = trail.best - way * trail.distance
    if way * (price - wanted) <= 0:
        return None
    return wanted if way * (wanted - trail.stop) > 0 else None


class TrailingStops:
    """The stops of an account that follow.

    Args:
        move: Moves a stop to a price in ticks, unless it is as tight already; returns where it is
            then, None when it is over.
        tasks: Runs the moves.
        notes: Where they are written down for the next run.
    """

    def __init__(
        self,
        move: Callable[[Trail, int], Awaitable[int | None]],
        tasks: TaskOwner,
        notes: Notes,
    ) -> None:
        self._move = move
        self._tasks = tasks
        self._notes = notes
        self._trails: dict[int, Trail] = {}

    def add(self, trail: Trail) -> None:
        """Let a stop follow from now on."""
        self._trails[trail.order_id] = trail
        self._note(trail)

    def resume(self, contract_id: str | None) -> int:
        """Let the stops follow that followed in an earlier run; return how many.

        Args:
            contract_id: The contract whose stops are meant; None for all.

        Raises:
            JournalError: The journal cannot be read.
        """
        for name, body in self._notes.found(MEMO).items():
            memo = _decode(body)
            order_id = int(name)
            if contract_id in (None, memo.contract_id) and order_id not in self._trails:
                self._trails[order_id] = Trail(
                    memo.contract_id,
                    order_id,
                    memo.is_long,
                    memo.entry,
                    memo.stop,
                    memo.distance,
                    memo.trigger,
                    memo.begun,
                )
        return len(self._trails)

    def forget(self, contract_id: str | None = None) -> None:
        """Let the stops of a contract, or all, stay where they are."""
        for order_id, trail in list(self._trails.items()):
            if contract_id in (None, trail.contract_id):
                self.ended(order_id)

    def close(self) -> None:
        """Follow no more in this run; the next one goes on."""
        self._trails = {}

    def ended(self, order_id: int) -> None:
        """Forget a stop that is over."""
        if self._trails.pop(order_id, None) is not None:
            self._notes.drop(MEMO, str(order_id))

    def __len__(self) -> int:
        return len(self._trails)

    def on_price(self, contract_id: str, price: int) -> None:
        """Take a trade of the market."""
        for trail in self._trails.values():
            if trail.contract_id != contract_id:
                continue
            begun = trail.begun
            wanted = tightened(trail, price)
            if trail.begun and not begun:
                self._note(trail)
            if wanted is not None and not trail.moving:
                trail.moving = True
                self._tasks.spawn(self._follow(trail), name=f"trail-{trail.order_id}")

    def _note(self, trail: Trail) -> None:
        memo = _Memo(
            contract_id=trail.contract_id,
            is_long=trail.is_long,
            entry=trail.entry,
            stop=trail.stop,
            distance=trail.distance,
            trigger=trail.trigger,
            begun=trail.begun,
        )
        self._notes.keep(MEMO, str(trail.order_id), memo)

    async def _follow(self, trail: Trail) -> None:
        """Move the stop until it is where it belongs; one that cannot be moved is tried again."""
        pause_s = MOVE_S
        try:
            while trail.order_id in self._trails:
                wanted = tightened(trail, trail.last)
                if wanted is None:
                    return
                before, trail.stop = trail.stop, await self._moved(trail, wanted)
                if trail.order_id not in self._trails:
                    return
                pause_s = MOVE_S if trail.stop != before else min(2 * pause_s, LONGEST_S)
                await asyncio.sleep(pause_s)
        finally:
            trail.moving = False

    async def _moved(self, trail: Trail, wanted: int) -> int:
        """Move a stop once; return where it is then, as far as is known."""
        try:
            found = await self._move(trail, wanted)
        except ProjectXError as exc:
            logger.warning("stop %d stays where it is for a while: %s", trail.order_id, exc)
            return trail.stop
        if found is None:
            self.ended(trail.order_id)
            return trail.stop
        return found
