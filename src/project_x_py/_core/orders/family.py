"""An entry and the orders that protect it: what is held, what is covered, what has to be done.

Pure arithmetic on orders. Whoever sends the orders asks after every fact, and acts on the answer.

Invariants (``tests/core/orders/test_family.py``):

- ``missing`` is what was filled, less what was exited, less what working stops cover; never
  below zero;
- a protective order is never larger than what is still held, once there is something to shrink;
- when nothing is held and the entry has ended, every protective order that works is an orphan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.orders.intents import Purpose
from project_x_py._core.orders.state import OPEN, PENDING, SUSPENDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.orders.intents import Protection, Submission
    from project_x_py._core.orders.state import OrderState
    from project_x_py._core.records import OrderUpdate

__all__ = ["Assessment", "Resize", "assess", "is_leg"]

_COVERS = frozenset({OPEN, PENDING})
"""Statuses of a stop that is at the exchange; a suspended one covers nothing yet."""


class Resize(msgspec.Struct, frozen=True):
    """A working leg that is larger than what is left to protect."""

    order_id: int
    size: int
    """Its new total size, what it has filled included."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """How an entry stands. Counts are contracts."""

    held: int
    covered: int
    missing: int
    overfilled: int
    """Exited beyond what was entered: a position the other way that nobody asked for."""
    closed: int
    """Contracts that others must have closed, if something is overfilled."""
    shrink: tuple[Resize, ...]
    orphans: tuple[int, ...]
    waiting: bool
    """Whether a leg is there and only waits for its activation."""
    targets_missing: int


def assess(
    entry: OrderState,
    stops: Sequence[OrderState],
    targets: Sequence[OrderState],
    *,
    protection: Protection,
    most: int | None = None,
    exited: int = 0,
    returning: int = 0,
    closed: tuple[int, int] = (0, 0),
    reversed_by: int = 0,
) -> Assessment:
    """Return how an entry and its legs stand.

    Args:
        entry: The order that opens.
        stops: Its protective stops, ended ones included.
        targets: Its profit targets, likewise.
        protection: What was asked for.
        most: What the account is known to hold on this side, whoever closed the rest; None when
            it is not known, 0 when it is known to be flat.
        exited: Contracts closed by other orders of the same trade, less those brought back.
        returning: Contracts that orders on their way may still bring back: nothing is held of
            them yet, and nothing more has to be sent for them.
        closed: Contracts that others closed for sure, and those that they may have closed.
        reversed_by: Contracts held on the other side.
    """
    out = sum(leg.filled for leg in (*stops, *targets)) + exited
    sure, maybe = closed
    held = max(0, entry.filled - out - sure)
    held = held if most is None else min(held, most)
    surplus = out - returning - entry.filled
    overfilled = max(0, surplus)
    # A leg that filled after others had closed reverses the position, if they did close it; by no
    # more than legs have filled: the rest is what somebody wanted.
    unexplained = max(0, reversed_by - overfilled)
    explained = min(max(0, surplus + sure + maybe), max(0, out - returning))
    overfilled += min(unexplained, max(0, explained - overfilled))
    overfilled = overfilled if most is None or reversed_by else 0
    working_stops = [leg for leg in stops if not leg.is_terminal]
    working_targets = [leg for leg in targets if not leg.is_terminal]
    covered = sum(leg.remaining for leg in working_stops if leg.status in _COVERS)
    wanted = held if protection.stop is not None else 0
    at_target = sum(leg.remaining for leg in working_targets)
    shrink: list[Resize] = []
    orphans: list[int] = []
    if held == 0 and entry.is_terminal:
        orphans = [leg.id for leg in (*working_stops, *working_targets)]
    elif held:
        # Of targets the newest is what was asked for last: a part to be taken elsewhere.
        shrink = [*_surplus(working_stops[::-1], held), *_surplus(working_targets, held)]
    return Assessment(
        held=held,
        covered=covered,
        missing=max(0, wanted - covered),
        overfilled=overfilled,
        closed=max(0, overfilled - surplus) if overfilled else 0,
        shrink=tuple(shrink),
        orphans=tuple(orphans),
        waiting=any(leg.status == SUSPENDED for leg in working_stops),
        targets_missing=max(0, held - at_target) if protection.target is not None else 0,
    )


def is_leg(order: OrderUpdate, submission: Submission | None) -> bool:
    """Return whether an order protects or ends what another opened, by what is known of it.

    Args:
        order: The order.
        submission: What it was asked for with, None for one that somebody else placed.
    """
    if order.parent_id is not None:
        return True
    return submission is not None and submission.intent.purpose is not Purpose.ENTRY


def _surplus(legs: Sequence[OrderState], held: int) -> list[Resize]:
    """Return how to shrink legs, the first one first, to no more than what is held together."""
    placed = [leg for leg in legs if leg.status != SUSPENDED]
    surplus = sum(leg.remaining for leg in placed) - held
    found = []
    for leg in placed:
        if surplus <= 0:
            break
        cut = min(surplus, leg.remaining)
        surplus -= cut
        found.append(Resize(leg.id, leg.size - cut))
    return found
