"""The names of events, and how each kind is delivered to a handler that falls behind.

Invariant (``tests/event_bus/test_types.py``): the members and values are the documented ones.
"""

from __future__ import annotations

from difflib import get_close_matches
from enum import Enum

__all__ = [
    "CONFLATED",
    "RISK_EVENTS",
    "UNBOUNDED",
    "EventType",
    "event_name",
    "known_event",
    "normalise",
]


class EventType(Enum):
    """Everything a bus of the SDK announces; the value is the event's name as a string."""

    NEW_BAR = "new_bar"
    """The first trade of a bar arrived: ``data`` is the bar begun, ``completed`` the one before."""
    BAR_CLOSED = "bar_closed"
    """A bar ended, by a later trade or by the exchange clock."""
    DATA_UPDATE = "data_update"
    QUOTE_UPDATE = "quote_update"
    TRADE_TICK = "trade_tick"
    ORDERBOOK_UPDATE = "orderbook_update"
    MARKET_DEPTH_UPDATE = "market_depth_update"

    ORDER_PLACED = "order_placed"
    ORDER_FILLED = "order_filled"
    ORDER_PARTIAL_FILL = "order_partial_fill"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_REJECTED = "order_rejected"
    ORDER_EXPIRED = "order_expired"
    ORDER_MODIFIED = "order_modified"

    POSITION_OPENED = "position_opened"
    POSITION_CLOSED = "position_closed"
    POSITION_UPDATED = "position_updated"
    """What is held has changed and is not flat; also right after POSITION_OPENED."""
    POSITION_UPDATE = "position_updated"  # noqa: PIE796 - an alias
    """The same event as POSITION_UPDATED."""
    POSITION_PNL_UPDATE = "position_pnl_update"

    RISK_LIMIT_WARNING = "risk_limit_warning"
    RISK_LIMIT_EXCEEDED = "risk_limit_exceeded"
    STOP_LOSS_TRIGGERED = "stop_loss_triggered"
    TAKE_PROFIT_TRIGGERED = "take_profit_triggered"

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    RECONNECTING = "reconnecting"
    AUTHENTICATED = "authenticated"
    FEED_STALE = "feed_stale"
    """Nothing was received for longer than the market's hours explain."""
    FEED_GAP = "feed_gap"
    """Messages were missed; the state was read anew."""

    ERROR = "error"
    WARNING = "warning"
    MEMORY_WARNING = "memory_warning"
    RATE_LIMIT_WARNING = "rate_limit_warning"
    LATENCY_WARNING = "latency_warning"

    # Members are singletons: identity hashes as well as the name does, and several times faster.
    __hash__ = object.__hash__


RISK_EVENTS = frozenset({"risk_orders_placed", "stop_adjusted", "trade_recorded"})
"""The risk manager's events, which have names but no members."""

CONFLATED = frozenset(
    {
        EventType.QUOTE_UPDATE,
        EventType.ORDERBOOK_UPDATE,
        EventType.MARKET_DEPTH_UPDATE,
        EventType.DATA_UPDATE,
    }
)
"""Kinds of which a handler that is behind gets only the latest per contract."""

UNBOUNDED = frozenset(
    {
        EventType.ORDER_PLACED,
        EventType.ORDER_FILLED,
        EventType.ORDER_PARTIAL_FILL,
        EventType.ORDER_CANCELLED,
        EventType.ORDER_REJECTED,
        EventType.ORDER_EXPIRED,
        EventType.ORDER_MODIFIED,
        EventType.POSITION_OPENED,
        EventType.POSITION_CLOSED,
        EventType.POSITION_UPDATED,
        EventType.POSITION_PNL_UPDATE,
    }
)
"""Kinds of money: they wait for a handler however far behind it is."""

_BY_VALUE: dict[str, EventType] = {member.value: member for member in EventType}


def normalise(event: EventType | str) -> EventType | str:
    """Return the member that ``event`` names, or ``event`` itself when it is a name of one's own.

    Raises:
        ValueError: ``event`` is neither a member nor text.
    """
    if isinstance(event, EventType):
        return event
    if isinstance(event, str):
        return _BY_VALUE.get(event, event)
    raise ValueError(f"an event is an EventType or its name, not {event!r}")


def event_name(event: EventType | str) -> str:
    """Return the name of an event as a string."""
    return event.value if isinstance(event, EventType) else event


def known_event(event: EventType | str, also: frozenset[str]) -> EventType | str:
    """Return ``event`` as :func:`normalise` does, and refuse a name that nothing announces.

    Args:
        event: Member or name.
        also: Names of one's own that are known at the moment.

    Raises:
        ValueError: Unknown; the message lists close matches.
    """
    found = normalise(event)
    if isinstance(found, EventType) or found in RISK_EVENTS or found in also:
        return found
    names = sorted(_BY_VALUE.keys() | RISK_EVENTS | also)
    close = get_close_matches(found.lower(), names, n=3)
    hint = f"; close matches: {', '.join(close)}" if close else ""
    raise ValueError(f"unknown event {found!r}{hint}")
