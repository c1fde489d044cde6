"""Stops that follow the price, and only ever tighten.

Invariants (``tests/risk_manager/test_trailing.py``): a stop never moves away from the price; before
the trigger it does not move at all; one change is under way at a time.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._ports import TaskOwner

__all__ = ["Trail", "TrailingStops", "tightened"]

logger = logging.getLogger(__name__)


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
    """

    contract_id: str
    order_id: int
    is_long: bool
    entry: int
    stop: int
    distance: int
    trigger: int
    best: int | None = None
    moving: bool = False


def tightened(trail: Trail, price: int) -> int | None:
    """Take a price; return where the stop belongs when that is tighter than it is."""
    way = 1 if trail.is_long else -1
    if trail.best is None or way * (price - trail.best) > 0:
        trail.best = price
    if way * (trail.best - trail.entry) < trail.trigger:
        return None
    wanted = trail.best - way * trail.distance
    return wanted if way * (wanted - trail.stop) > 0 else None


class TrailingStops:
    """The stops of an account that follow.

    Args:
        move: Moves a stop to a price in ticks; returns whether it is there.
        tasks: Runs the moves.
    """

    def __init__(self, move: Callable[[Trail, int], Awaitable[bool]], tasks: TaskOwner) -> None:
        self._move = move
        self._tasks = tasks
        self._trails: dict[int, Trail] = {}

    def add(self, trail: Trail) -> None:
        """Let a stop follow from now on."""
        self._trails[trail.order_id] = trail

    def forget(self, contract_id: str | None = None) -> None:
        """Let the stops of a contract, or all, stay where they are."""
        self._trails = {
            order_id: trail
            for order_id, trail in self._trails.items()
            if contract_id not in (None, trail.contract_id)
        }

    def ended(self, order_id: int) -> None:
        """Forget a stop that is over."""
        self._trails.pop(order_id, None)

    def __len__(self) -> int:
        return len(self._trails)

    def on_price(self, contract_id: str, price: int) -> None:
        """Take a trade of the market."""
        for trail in self._trails.values():
            if trail.contract_id != contract_id:
                continue
            if tightened(trail, price) is not None and not trail.moving:
                trail.moving = True
                self._tasks.spawn(self._follow(trail), name=f"trail-{trail.order_id}")

    async def _follow(self, trail: Trail) -> None:
        """Move the stop until it is where it belongs; one that cannot be moved is forgotten."""
        try:
            while trail.best is not None and trail.order_id in self._trails:
                wanted = tightened(trail, trail.best)
                if wanted is None:
                    return
                if not await self._move(trail, wanted):
                    self.ended(trail.order_id)
                    return
                trail.stop = wanted
        except ProjectXError as exc:
            logger.warning("stop %d does not follow any more: %s", trail.order_id, exc)
            self.ended(trail.order_id)
        finally:
            trail.moving = False
