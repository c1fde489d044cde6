"""Keeps a gateway's accounts, so that the next one goes on where this one ended.

Whatever a command or the market has changed is written down before an answer or an event tells
of it. What cannot be written is not told: a command fails, and events wait until a write succeeds.

Invariants (``tests/simulator/test_state.py``): an answer that has left is on record, and so is
everything that it tells of; a write that fails is made up for by the next one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from project_x_py._core.exchange.image import MarketImage
from project_x_py._core.time import NS
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from project_x_py._core.exchange.image import Kept
    from project_x_py._core.exchange.keeping import Changes, Keeping
    from project_x_py._ports import Clock

__all__ = ["Keeper", "StateError", "Store"]

logger = logging.getLogger(__name__)

MARKET_EVERY_NS = NS
"""How often, in wall time, the market's time and prices are written where nothing else is."""


class StateError(ProjectXError):
    """The state of a gateway cannot be read or written; the message says where it is and why."""


class Store(Protocol):
    """Where the state is."""

    def save(self, changes: Changes, market: MarketImage) -> None:
        """Write changes down, all of them or none; they are durable when this returns.

        Raises:
            StateError: They cannot be written.
        """
        ...


class Keeper:
    """Writes down what changes in one exchange.

    Args:
        store: Where to.
        clock: Spaces the writes of a market in which nothing happens to users.
        kept: What the exchange begins with; None for nothing.
    """

    def __init__(self, store: Store, clock: Clock, kept: Kept | None) -> None:
        self.kept = kept
        self._store = store
        self._clock = clock
        self._market_due_ns = 0
        self.failure: StateError | None = None
        """Why the newest write failed; None where it did not."""

    def save(self, keeping: Keeping, now_ns: int, last: dict[str, int]) -> bool:
        """Write down what has changed.

        Args:
            keeping: Tells what that is.
            now_ns: Exchange time.
            last: Last prices in ticks of the contracts that are traded.

        Returns:
            Whether everything is on record; else ``failure`` tells why not, and what has changed
            is written with what changes next.
        """
        changes = keeping.changes()
        wall_ns = self._clock.monotonic_ns()
        if not changes and wall_ns < self._market_due_ns:
            return True
        try:
            self._store.save(changes, MarketImage(ns=now_ns, last=last))
        except StateError as exc:
            if self.failure is None:
                logger.error("%s; what happens to accounts is not told until it is written", exc)
            self.failure = exc
            return False
        keeping.written(changes)
        self._market_due_ns = wall_ns + MARKET_EVERY_NS
        self.failure = None
        return True
