"""The words in which the exchange refuses.

Those under "captured" are the gateway's, character for character, with or without a tick; the
others are not known, and are this exchange's own.

Invariant (``tests/core/exchange/test_rejections.py``): every sentence here is provoked by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from project_x_py._core.exchange.codes import type_name

__all__ = [
    "BAND",
    "BRACKET_MODE",
    "CLOSED",
    "DUPLICATE_TAG",
    "FOLLOWER",
    "INVALID_TAG",
    "LEG_TOO_LARGE",
    "LIVE_ACCOUNT",
    "LONG_TAG",
    "MARGIN",
    "NO_LAST_PRICE",
    "NO_LINKED_ORDER",
    "NO_SYMBOL",
    "NO_TRAIL",
    "POSITION_LIMIT",
    "SIDE",
    "SINGLE_LEG",
    "SIZE",
    "SUSPENDED",
    "TRAIL_TOO_FAR",
    "TYPE",
    "WRONG_SIDE",
    "Refusal",
    "few_ticks",
    "leg_ticks",
    "leg_type",
    "missing",
    "off_grid",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command is refused.

    ``recorded`` tells whether an order is kept all the same, with status 5, and its id answered.
    """

    code: int
    message: str | None = None
    recorded: bool = False


# Captured.
BRACKET_MODE: Final = (
    "Brackets cannot be used with Position Brackets. You must enable Auto OCO Brackets."
)
NO_TRAIL: Final = "Trail Distance not set."
TRAIL_TOO_FAR: Final = "Trail Distance exceeds maximum (1000)"
NO_LAST_PRICE: Final = "Cannot trail without a last price"
NO_SYMBOL: Final = "Invalid symbol"
CLOSED: Final = (
    "Trading is currently unavailable. The instrument is not in an active trading status."
)
BAND: Final = "Invalid price. Price is outside allowed range."
MARGIN: Final = "Not enough margin."
FOLLOWER: Final = "Follower accounts cannot cancel orders"
LIVE_ACCOUNT: Final = "Live accounts not supported"

# Own words.
DUPLICATE_TAG: Final = "Invalid custom tag. The custom tag is already in use."
LONG_TAG: Final = "Invalid custom tag. The custom tag is too long."
INVALID_TAG: Final = "Invalid custom tag. The custom tag contains invalid characters."
TYPE: Final = "Invalid order type."
SIDE: Final = "Invalid order side."
SIZE: Final = "Invalid order size."
WRONG_SIDE: Final = "Invalid stop price. Price is on the wrong side of the market."
POSITION_LIMIT: Final = "Maximum position exceeded."
SINGLE_LEG: Final = "Invalid brackets. Both stop loss and take profit are required."
NO_LINKED_ORDER: Final = "Invalid linked order."
SUSPENDED: Final = "Suspended orders cannot be modified."
LEG_TOO_LARGE: Final = "Invalid order size. A bracket cannot be larger than its position."


def off_grid(which: str) -> str:
    """Say that a price (``limit``, ``stop``, ``trail``) is not a multiple of the tick."""
    return f"Invalid {which} price. Price is not aligned to tick size."


def missing(which: str) -> str:
    """Say that a price an order's type needs was not given (own words)."""
    return f"Invalid {which} price. Price is required."


def leg_ticks(leg: str, ticks: int, side: int, below: bool) -> str:
    """Say that the ticks of a leg have the wrong sign.

    Args:
        leg: ``stop loss`` or ``take profit``.
        ticks: What was sent.
        side: The entry's, 0 buys.
        below: Whether they should have been negative.
    """
    should = "less" if below else "greater"
    doing = "shorting" if side else "longing"
    return f"Invalid {leg} ticks ({ticks}). Ticks should be {should} than zero when {doing}."


def few_ticks(leg: str, ticks: int, least: int) -> str:
    """Say that a leg is too close to its entry (own words)."""
    return f"Invalid {leg} ticks ({ticks}). Ticks should be at least {least}."


def leg_type(leg: str, number: int) -> str:
    """Say that a leg cannot be of an order type."""
    return f"Invalid {leg} type ({type_name(number)})"
