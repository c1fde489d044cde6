"""The gateway's codes as enumerations.

All are ``IntEnum``: a member equals the number on the wire, and a number the SDK does not know
stays a plain ``int`` wherever one is read.

Invariant (``tests/test_types.py``): the numbers are the gateway's.
"""

from __future__ import annotations

import enum

__all__ = [
    "DomType",
    "OrderSide",
    "OrderStatus",
    "OrderType",
    "OrderbookSide",
    "PositionType",
    "TradeLogType",
]


class OrderSide(enum.IntEnum):
    """Side of an order; the gateway calls them bid and ask."""

    BUY = 0
    SELL = 1


class OrderType(enum.IntEnum):
    """Kind of an order."""

    UNKNOWN = 0
    LIMIT = 1
    MARKET = 2
    STOP_LIMIT = 3
    STOP = 4
    TRAILING_STOP = 5
    JOIN_BID = 6
    JOIN_ASK = 7


class OrderStatus(enum.IntEnum):
    """Where an order is in its life."""

    NONE = 0
    OPEN = 1
    """Working; also while partially filled."""
    FILLED = 2
    CANCELLED = 3
    """May hold a partial fill."""
    EXPIRED = 4
    REJECTED = 5
    PENDING = 6
    """Accepted, not yet at the exchange."""
    PENDING_CANCELLATION = 7
    SUSPENDED = 8
    """A bracket leg that waits for its entry to fill."""


class PositionType(enum.IntEnum):
    """Direction of a position; a flat one is undefined."""

    UNDEFINED = 0
    LONG = 1
    SHORT = 2


class TradeLogType(enum.IntEnum):
    """Who took liquidity in a print of the market."""

    BUY = 0
    SELL = 1


class OrderbookSide(enum.IntEnum):
    """Side of the book."""

    BID = 0
    ASK = 1


class DomType(enum.IntEnum):
    """What an entry of a depth message says."""

    UNKNOWN = 0
    ASK = 1
    BID = 2
    BEST_ASK = 3
    BEST_BID = 4
    TRADE = 5
    RESET = 6
    SESSION_LOW = 7
    SESSION_HIGH = 8
    NEW_BEST_BID = 9
    NEW_BEST_ASK = 10
    FILL = 11
