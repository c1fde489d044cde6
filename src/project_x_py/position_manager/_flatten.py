"""Taking everything off, with proof.

*Flat* is proved by two complete lists that show no position, no working order, and no submission
whose fate is unknown; the second begun well after the first. Without that the answer is *not
proved*, and the work goes on.

Invariant (``tests/position_manager/test_flatten.py``): proved is said only on that evidence; no
close is sent twice for what one close may still be taking off.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.submission import Accepted, Lane, Listed, Refused, Uncertain
from project_x_py._core.time import NS
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._core.records import PositionUpdate
    from project_x_py._core.submission import Listing, Outcome
    from project_x_py._ports import Clock, OrderQueries

__all__ = ["FlatProof", "Flattener", "OrderDoor"]

logger = logging.getLogger(__name__)

LONGEST_S = 30.0
"""How long one call works before it answers *not proved*."""

SETTLE_S = SETTLE_NS / NS

LONGEST_PAUSE_S = 5.0
"""Between two looks while the gateway refuses to close all that is held."""

TRIES = 3
"""How often what is held is asked for when that fails, after stops were cancelled."""


class OrderDoor(Protocol):
    """Who sends what takes positions and orders off; each call sends at most once an order."""

    async def close_at_gateway(self, contract_id: str) -> Outcome: ...

    async def cancel_working(self, contract_id: str | None) -> int:
        """Cancel every working order; return how many still work or are unknown."""
        ...


@dataclass(frozen=True, slots=True)
class FlatProof:
    """What is known after flattening.

    Attributes:
        proved: Whether two complete reads show nothing held, working or unknown.
        closed: Contracts that were closed, by contract id.
        held: Contracts still held, by contract id, as last read.
        working: Orders that still work or are unknown, as last read.
        reason: Why it is not proved.
    """

    proved: bool
    closed: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    working: int = 0
    reason: str | None = None


class Flattener:
    """Closes positions of one account until it is proved that none is left.

    Args:
        account_id: Whose.
        orders: Cancels and closes.
        queries: Reads.
        clock: Spaces the reads.
    """

    def __init__(
        self, account_id: int, orders: OrderDoor, queries: OrderQueries, clock: Clock
    ) -> None:
        self._account_id = account_id
        self._orders = orders
        self._queries = queries
        self._clock = clock

    async def flatten(
        self, contract_id: str | None = None, timeout_s: float = LONGEST_S
    ) -> FlatProof:
        """Cancel and close everything, of one contract when it is given, and prove it.

        Orders are cancelled first, so that nothing opens while positions are closed.

        Returns:
            What is known when it is proved, or after ``timeout_s``.
        """
        closed: dict[str, int] = {}
        asked_ns: dict[str, int] = {}
        refused: dict[str, str] = {}
        pause_s = SETTLE_S / 2
        last = FlatProof(False, reason="nothing could be read")
        flat_since_ns: int | None = None
        ends_ns = self._clock.monotonic_ns() + int(timeout_s * NS)
        while True:
            began_ns = self._clock.monotonic_ns()
            last = await self._look(
                contract_id, closed, cancels=not _on_its_way(last.held, asked_ns, began_ns)
            )
            if last.reason is None and not last.held and not last.working:
                if flat_since_ns is not None and began_ns - flat_since_ns >= SETTLE_NS:
                    return FlatProof(True, closed)
                flat_since_ns = began_ns if flat_since_ns is None else flat_since_ns
            else:
                flat_since_ns = None
                await self._close(last.held, asked_ns, closed, refused)
            if self._clock.monotonic_ns() >= ends_ns:
                return FlatProof(
                    False,
                    closed,
                    last.held,
                    last.working,
                    _reason(last, refused),
                )
            # While all that is held is refused, only the gateway can change anything.
            stuck = bool(last.held) and last.held.keys() <= refused.keys()
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S) if stuck else SETTLE_S / 2
            await asyncio.sleep(pause_s)

    async def _look(
        self, contract_id: str | None, closed: dict[str, int], *, cancels: bool
    ) -> FlatProof:
        """Cancel and read; what protects a position that nothing closes yet is left to work."""
        try:
            working = await self._orders.cancel_working(contract_id) if cancels else 1
            listed = await self._listed()
        except ProjectXError as exc:
            return FlatProof(False, closed, reason=str(exc))
        if not isinstance(listed, Listed) or not listed.complete:
            return FlatProof(False, closed, reason=_incomplete(listed))
        held = {row.contract_id: row.net for row in _of(listed.rows, contract_id)}
        return FlatProof(False, closed, held, working)

    async def _listed(self) -> Listing[PositionUpdate]:
        """Return what is held; asked for anew when it fails, since stops were just cancelled."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(ProjectXError):
                return await self._queries.positions(self._account_id, lane=Lane.CANCEL)
        return await self._queries.positions(self._account_id, lane=Lane.CANCEL)

    async def _close(
        self,
        held: dict[str, int],
        asked_ns: dict[str, int],
        closed: dict[str, int],
        refused: dict[str, str],
    ) -> None:
        """Ask once for each position that nothing closes yet; ``refused`` keeps the refusals."""
        for contract_id, net in held.items():
            now_ns = self._clock.monotonic_ns()
            # One that is still on its way must be given the time to arrive.
            if _on_its_way((contract_id,), asked_ns, now_ns):
                continue
            asked_ns[contract_id] = now_ns
            outcome = await self._orders.close_at_gateway(contract_id)
            if isinstance(outcome, Uncertain) and not outcome.sent:
                # Nothing is on its way.
                del asked_ns[contract_id]
            if isinstance(outcome, Accepted):
                closed[contract_id] = closed.get(contract_id, 0) + abs(net)
            if not isinstance(outcome, Refused):
                refused.pop(contract_id, None)
            else:
                refused[contract_id] = outcome.message or outcome.name
            if not isinstance(outcome, Accepted):
                logger.warning("%s is not closed yet: %s", contract_id, outcome)


def _reason(last: FlatProof, refused: dict[str, str]) -> str:
    """Return why it is not proved, as exactly as the gateway has said."""
    told = [
        f"the gateway does not close {held}: {refused[held]}"
        for held in last.held
        if held in refused
    ]
    if last.reason is not None:
        told.insert(0, last.reason)
    return "; ".join(told) or "it was not shown twice that nothing is left"


def _incomplete(listed: Listing[PositionUpdate]) -> str:
    """Return what a list of positions lacks."""
    if not isinstance(listed, Listed):
        return f"the list of positions was not complete: {listed.reason}"
    return f"the list of positions was not complete: {listed.left_out} of it cannot be read"


def _on_its_way(held: Iterable[str], asked_ns: dict[str, int], now_ns: int) -> bool:
    """Whether a close of any of some contracts was sent, and may still arrive."""
    sent = [asked_ns[contract_id] for contract_id in held if contract_id in asked_ns]
    return any(now_ns - sent_ns < 2 * SETTLE_NS for sent_ns in sent)


def _of(rows: tuple[PositionUpdate, ...], contract_id: str | None) -> list[PositionUpdate]:
    return [row for row in rows if row.net and contract_id in (None, row.contract_id)]
