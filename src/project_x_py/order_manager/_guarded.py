"""What is remembered of one entry while it is kept protected.

Invariant (``tests/order_manager/test_guard.py``): how long it was unprotected is the sum of its
spans.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from project_x_py._core.orders.state import OPEN
from project_x_py._core.submission import OrderEdit

if TYPE_CHECKING:
    from project_x_py._core.orders.family import Assessment
    from project_x_py._core.orders.intents import Protection
    from project_x_py._core.orders.ledger import OrderLedger
    from project_x_py._core.orders.state import OrderState

__all__ = ["Guarded", "misplaced_legs", "needs_work"]

LIMIT, STOP = 1, 4


class Guarded:
    """An entry under guard.

    Args:
        tag: The entry's tag.
        protection: What was asked for.
    """

    __slots__ = (
        "adjusted",
        "asked_ns",
        "cancelled_ns",
        "changed",
        "confirmed",
        "earlier",
        "legs",
        "naked_since_ns",
        "over_ns",
        "protection",
        "refused_exits",
        "refused_stop",
        "refused_targets",
        "retry_ns",
        "spans",
        "tag",
        "task",
        "unsent",
    )

    def __init__(self, tag: str, protection: Protection) -> None:
        self.tag = tag
        self.protection = protection
        self.legs = 0
        self.spans: list[tuple[int, int]] = []
        """When anything of it was unprotected, as monotonic times."""
        self.naked_since_ns: int | None = None
        self.unsent = 0
        """Orders in a row that never left."""
        self.adjusted: set[int] = set()
        self.refused_targets = 0
        self.refused_exits = 0
        """Exits in a row that the gateway refused."""
        self.retry_ns = 0
        """When an exit may be tried again, as a monotonic time."""
        self.refused_stop: str | None = None
        """Tag of the newest stop whose refusal was acted on."""
        self.asked_ns: int | None = None
        self.cancelled_ns: dict[int, int] = {}
        self.earlier = False
        """Whether an earlier run began it: its legs may have been moved on purpose."""
        self.over_ns: int | None = None
        """Since when nothing seems to be left to do; exchange time."""
        self.confirmed = False
        """Whether a complete read has shown it."""
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def naked_ns(self) -> int:
        """How long anything of it was unprotected."""
        return sum(until - since for since, until in self.spans)


def misplaced_legs(
    guarded: Guarded,
    legs: tuple[list[OrderState], list[OrderState]],
    ledger: OrderLedger,
) -> list[OrderEdit]:
    """Return edits that bring the gateway's own legs to the prices that were asked for.

    The gateway counts their distance from the fill, which need not be the price expected. A
    leg is brought there once: from then on it is its owner's to move.
    """
    if not guarded.protection.native or guarded.earlier:
        return []
    stops, targets = legs
    found = []
    for leg in (*stops, *targets):
        order = leg.snapshot()
        if leg.status != OPEN or leg.id in guarded.adjusted:
            continue
        if ledger.submission(order.custom_tag or "") is not None:
            # What was sent from here, a part that is left at a limit, is where it belongs.
            continue
        stop = guarded.protection.stop if order.type == STOP else None
        limit = guarded.protection.target if order.type == LIMIT else None
        if (stop is None or order.stop in (None, stop)) and (
            limit is None or order.limit in (None, limit)
        ):
            if order.stop is not None or order.limit is not None:
                guarded.adjusted.add(leg.id)
            continue
        found.append(
            OrderEdit(
                account_id=order.account_id,
                order_id=leg.id,
                contract_id=order.contract_id,
                stop=stop,
                limit=limit,
            )
        )
    return found


def needs_work(view: Assessment, misplaced: list[OrderEdit], refused_targets: int) -> bool:
    """Whether something is to be sent for an entry that stands so."""
    return bool(
        view.missing
        or view.overfilled
        or view.orphans
        or view.shrink
        or view.targets_missing > refused_targets
        or misplaced
    )
