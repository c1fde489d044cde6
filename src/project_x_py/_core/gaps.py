"""An outage of a feed, as an object.

A gap is told twice: when it opens (``to_ns`` is None) and when the feed is whole again. Both
tellings have the same ``from_ns``, hub and contract.

Invariants (``tests/core/test_gaps.py``): a gap never ends before it began; an open gap closes
once; a feed's kinds are those of its hub.
"""

from __future__ import annotations

from enum import Enum

import msgspec

__all__ = ["MARKET_KINDS", "USER_KINDS", "FeedGap", "GapReason"]

MARKET_KINDS = ("trades", "quotes", "depth")
"""What the market hub sends of a contract."""

USER_KINDS = ("accounts", "orders", "positions", "fills")
"""What the user hub sends."""


class GapReason(Enum):
    """Why messages were missed."""

    DISCONNECTED = "disconnected"
    """The socket was lost."""
    SILENT = "silent"
    """The hub was connected and said nothing that it should have said."""
    CORRUPT = "corrupt"
    """A frame could not be read."""
    SUSPENDED = "suspended"
    """The machine slept, or its clock jumped."""


class FeedGap(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one contract, or of the account, that were missed.

    ``from_ns`` is the exchange time of the last message known to be good, ``to_ns`` the time at
    which the feed was whole again. ``backfilled`` names the kinds that were read anew since.
    """

    hub: str
    contract_id: str | None
    from_ns: int
    to_ns: int | None = None
    reason: GapReason
    missed: tuple[str, ...]
    backfilled: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether messages are still being missed."""
        return self.to_ns is None

    def closed(self, to_ns: int) -> FeedGap:
        """Return the gap as it is once the feed is whole, not before it began.

        Raises:
            ValueError: It was closed already.
        """
        if self.to_ns is not None:
            raise ValueError(f"the gap of {self.contract_id or self.hub} is closed already")
        return msgspec.structs.replace(self, to_ns=max(to_ns, self.from_ns))

    def with_backfilled(self, kinds: tuple[str, ...]) -> FeedGap:
        """Return the gap with ``kinds`` read anew, each named once and in the hub's order."""
        done = {*self.backfilled, *kinds}
        return msgspec.structs.replace(
            self, backfilled=tuple(kind for kind in self.missed if kind in done)
        )
