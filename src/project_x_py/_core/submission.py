"""What is asked of the gateway about orders, and what it answers, as values.

The client sends these and the order manager decides on them; neither knows the other. Prices are
ticks, times nanoseconds since 1970 UTC.

Invariants (``tests/core/test_submission.py``): an outcome that proves nothing is never Accepted
or Refused; a list that may lack a row says so.
"""

from __future__ import annotations

import enum
from typing import Generic, TypeVar

import msgspec

__all__ = [
    "Absent",
    "Accepted",
    "BracketTicks",
    "Lane",
    "Listed",
    "Listing",
    "OrderEdit",
    "OrderRequest",
    "OrderSearch",
    "Outcome",
    "Refused",
    "Uncertain",
]

T = TypeVar("T")

BracketTicks = tuple[int, int]
"""Signed ticks from the fill, and the order type of the leg."""


class Lane(enum.IntEnum):
    """Who goes first when requests are scarce; the smaller number."""

    PROTECTIVE = 0
    """Stops, exits, and the log-in that everything needs."""
    CANCEL = 1
    """Cancelling and flattening."""
    ENTRY = 2
    RECONCILE = 3
    """Reads that find out what became of orders."""
    QUERY = 4
    BACKFILL = 5
    """Reads that nobody waits for at once."""


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An order to be placed. Codes are the gateway's; ``tag`` is unique on the account."""

    account_id: int
    contract_id: str
    type: int
    side: int
    size: int
    limit: int | None = None
    stop: int | None = None
    trail: int | None = None
    """Price level of a trailing stop, not its distance."""
    tag: str | None = None
    stop_bracket: BracketTicks | None = None
    target_bracket: BracketTicks | None = None


class OrderEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a working order; what is None stays as it is."""

    account_id: int
    order_id: int
    contract_id: str
    size: int | None = None
    limit: int | None = None
    stop: int | None = None
    trail: int | None = None


class OrderSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders are looked for; ``statuses`` empty means any. Times are of creation."""

    account_id: int
    statuses: tuple[int, ...] = ()
    contract_id: str | None = None
    created_after_ns: int | None = None
    created_before_ns: int | None = None


class Accepted(msgspec.Struct, frozen=True):
    """The gateway did as asked; ``order_id`` is known after placing only."""

    order_id: int | None = None


class Refused(msgspec.Struct, frozen=True):
    """The gateway said no, so nothing was done."""

    code: int
    """The gateway's, of this endpoint's own table; an HTTP status when there was no envelope."""
    name: str
    """Of the code, such as ``OrderRejected``."""
    message: str
    order_id: int | None = None
    """A refused order is stored with an id of its own."""


class Uncertain(msgspec.Struct, frozen=True):
    """No answer that proves anything."""

    reason: str
    sent: bool
    """False when provably nothing was done: no byte left, or it was turned away at the door."""
    ended: bool = False
    """Whether the gateway answered or hung up, so that nothing of it is on its way any more."""


Outcome = Accepted | Refused | Uncertain
"""What became of one request that changes something."""


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """The rows of a search, all pages of it."""

    rows: tuple[T, ...]
    left_out: int = 0
    """Entries that could not be read, so that their orders are not told of."""
    whole: bool = True
    """Whether every page was read, and no row moved from one to another meanwhile."""

    @property
    def complete(self) -> bool:
        """Whether what is not in it is not there."""
        return self.whole and not self.left_out


class Absent(msgspec.Struct, frozen=True):
    """The gateway answered a search with success and without a list: it proves nothing."""

    reason: str


Listing = Listed[T] | Absent
