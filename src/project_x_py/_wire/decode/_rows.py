"""The usual shapes of market events, decoded in one pass from record to rows.

A record whose shape is another one is no error here: :func:`read_market_event` returns None, and
the record goes through its envelope and the tolerant path.
"""

from __future__ import annotations

import msgspec

__all__ = [
    "DepthEvent",
    "DepthRow",
    "MarketEvent",
    "QuoteEvent",
    "QuoteRow",
    "TradeEvent",
    "TradeRow",
    "read_market_event",
]


class TradeRow(msgspec.Struct, rename="camel", gc=False):
    """One print."""

    price: float
    volume: int
    type: int | None = None
    timestamp: str | None = None


class DepthRow(msgspec.Struct, rename="camel", gc=False):
    """One level, or a reset, whose price says nothing."""

    type: int = 0
    price: float | None = None
    volume: int | None = None
    timestamp: str | None = None
    data: None = None
    """Never sent bare: an object here is a wrapper, which is another shape."""


class QuoteRow(msgspec.Struct, rename="camel", gc=False):
    """What a sparse quote may hold."""

    best_bid: float | None = None
    best_ask: float | None = None
    timestamp: str | None = None
    last_updated: str | None = None
    last_price: float | None = None
    volume: int | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    change: float | None = None
    change_percent: float | None = None
    data: None = None
    """Never sent bare: an object here is a wrapper, which is another shape."""


class QuoteEvent(msgspec.Struct, tag_field="target", tag="GatewayQuote", gc=False):
    """A whole GatewayQuote record; only invocations have a target."""

    arguments: tuple[str, QuoteRow]


class TradeEvent(msgspec.Struct, tag_field="target", tag="GatewayTrade", gc=False):
    """A whole GatewayTrade record."""

    arguments: tuple[str, list[TradeRow | None]]


class DepthEvent(msgspec.Struct, tag_field="target", tag="GatewayDepth", gc=False):
    """A whole GatewayDepth record."""

    arguments: tuple[str, list[DepthRow | None]]


MarketEvent = QuoteEvent | TradeEvent | DepthEvent

_events: msgspec.json.Decoder[MarketEvent] = msgspec.json.Decoder(MarketEvent)


def read_market_event(record: bytes) -> MarketEvent | None:
    """Return a market event of the usual shape, None for every other record."""
    try:
        return _events.decode(record)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
