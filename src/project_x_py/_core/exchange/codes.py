"""The numbers the exchange answers and reports with, as the gateway's wire has them.

They are kept apart from the client's enumerations on purpose: the exchange is a double, and a
wrong number in one must not be hidden by the same wrong number in the other.

Invariant (``tests/core/exchange/test_codes.py``): every number is that of the documented table.
"""

from __future__ import annotations

import enum

__all__ = [
    "BracketMode",
    "CancelCode",
    "CloseCode",
    "ModifyCode",
    "OrderStatus",
    "OrderType",
    "PartialCloseCode",
    "PlaceCode",
    "type_name",
]


class OrderType(enum.IntEnum):
    """What kind of order it is."""

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
    FILLED = 2
    CANCELLED = 3
    EXPIRED = 4
    REJECTED = 5
    PENDING = 6
    """Accepted, not yet at the matching engine."""
    PENDING_CANCELLATION = 7
    SUSPENDED = 8
    """A bracket's leg whose entry has not filled: it has no price yet."""


class BracketMode(enum.Enum):
    """Who manages protective orders; a setting of the account that the API does not show."""

    AUTO_OCO = "auto-oco"
    """Orders may carry brackets."""
    POSITION = "position"
    """The platform protects positions itself; orders with brackets are refused."""


class PlaceCode(enum.IntEnum):
    """Answers to placing an order."""

    SUCCESS = 0
    ACCOUNT_NOT_FOUND = 1
    ORDER_REJECTED = 2
    INSUFFICIENT_FUNDS = 3
    ACCOUNT_VIOLATION = 4
    OUTSIDE_TRADING_HOURS = 5
    ORDER_PENDING = 6
    UNKNOWN_ERROR = 7
    CONTRACT_NOT_FOUND = 8
    CONTRACT_NOT_ACTIVE = 9
    ACCOUNT_REJECTED = 10


class ModifyCode(enum.IntEnum):
    """Answers to changing an order."""

    SUCCESS = 0
    ACCOUNT_NOT_FOUND = 1
    ORDER_NOT_FOUND = 2
    REJECTED = 3
    PENDING = 4
    UNKNOWN_ERROR = 5
    ACCOUNT_REJECTED = 6
    CONTRACT_NOT_FOUND = 7


class CancelCode(enum.IntEnum):
    """Answers to cancelling an order."""

    SUCCESS = 0
    ACCOUNT_NOT_FOUND = 1
    ORDER_NOT_FOUND = 2
    REJECTED = 3
    PENDING = 4
    UNKNOWN_ERROR = 5
    ACCOUNT_REJECTED = 6


class CloseCode(enum.IntEnum):
    """Answers to closing a position."""

    SUCCESS = 0
    ACCOUNT_NOT_FOUND = 1
    POSITION_NOT_FOUND = 2
    CONTRACT_NOT_FOUND = 3
    CONTRACT_NOT_ACTIVE = 4
    ORDER_REJECTED = 5
    ORDER_PENDING = 6
    UNKNOWN_ERROR = 7
    ACCOUNT_REJECTED = 8


class PartialCloseCode(enum.IntEnum):
    """Answers to closing part of a position; from 5 on shifted against :class:`CloseCode`."""

    SUCCESS = 0
    ACCOUNT_NOT_FOUND = 1
    POSITION_NOT_FOUND = 2
    CONTRACT_NOT_FOUND = 3
    CONTRACT_NOT_ACTIVE = 4
    INVALID_CLOSE_SIZE = 5
    ORDER_REJECTED = 6
    ORDER_PENDING = 7
    UNKNOWN_ERROR = 8
    ACCOUNT_REJECTED = 9


_TYPE_NAMES = {
    OrderType.UNKNOWN: "Unknown",
    OrderType.LIMIT: "Limit",
    OrderType.MARKET: "Market",
    OrderType.STOP_LIMIT: "StopLimit",
    OrderType.STOP: "Stop",
    OrderType.TRAILING_STOP: "TrailingStop",
    OrderType.JOIN_BID: "JoinBid",
    OrderType.JOIN_ASK: "JoinAsk",
}


def type_name(number: int) -> str:
    """Return an order type as the gateway's messages name it; an unknown one as its digits."""
    try:
        return _TYPE_NAMES[OrderType(number)]
    except ValueError:
        return str(number)
