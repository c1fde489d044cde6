"""Market and account facts as the SDK holds them: integer ticks, integer nanoseconds.

``_wire.decode`` makes them, the owners of state apply them, and nothing changes them: every record
is frozen. ``exch_ns`` is when the exchange says it happened, ``recv_ns`` when it was received;
both are nanoseconds since 1970 UTC. A field that is None was not sent, which for a sparse quote
means "unchanged", never zero.

Invariant (``tests/wire/test_decode.py``): a record never holds a float price or a naive time.
"""

from __future__ import annotations

import enum

import msgspec

__all__ = [
    "AccountUpdate",
    "Aggressor",
    "Depth",
    "DepthLevel",
    "MarketRecord",
    "OrderUpdate",
    "PositionUpdate",
    "Quote",
    "Trade",
    "TradeUpdate",
]


class Aggressor(enum.IntEnum):
    """Who took liquidity in a print; the numbers are the gateway's."""

    BUY = 0
    SELL = 1
    NONE = 2
    """An auction, or a code the SDK does not know."""


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One print of the market."""

    contract_id: str
    price: int
    size: int
    aggressor: Aggressor
    exch_ns: int
    recv_ns: int


class Quote(msgspec.Struct, frozen=True, gc=False):
    """What changed in a contract's quote; None means unchanged."""

    contract_id: str
    exch_ns: int
    recv_ns: int
    bid: int | None = None
    ask: int | None = None
    last: int | None = None
    open: int | None = None
    high: int | None = None
    low: int | None = None
    volume: int | None = None
    """Contracts traded in the session so far."""
    change: float | None = None
    """Points against the previous close, as sent."""
    change_percent: float | None = None
    """As sent; the gateway does not say whether it is a percentage or a fraction."""


class DepthLevel(msgspec.Struct, frozen=True, gc=False):
    """One entry of a depth message.

    ``kind`` is the gateway's DomType number: 1 ask, 2 bid, 3 best ask, 4 best bid, 5 trade,
    6 reset, 7 session low, 8 session high, 9 new best bid, 10 new best ask, 11 fill, 0 unknown.
    """

    kind: int
    price: int
    size: int
    exch_ns: int


class Depth(msgspec.Struct, frozen=True, gc=False):
    """One depth message: its levels apply in order, all or none seen by a reader."""

    contract_id: str
    levels: tuple[DepthLevel, ...]
    recv_ns: int


MarketRecord = Trade | Quote | Depth


class OrderUpdate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the gateway says of one order. Codes it may invent stay plain integers."""

    id: int
    account_id: int
    contract_id: str
    status: int
    type: int
    side: int
    size: int
    filled: int = 0
    limit: int | None = None
    stop: int | None = None
    average_fill: float | None = None
    """Average fill price in points; an average need not lie on the grid."""
    custom_tag: str | None = None
    parent_id: int | None = None
    linked_id: int | None = None
    created_ns: int | None = None
    updated_ns: int | None = None
    recv_ns: int


class PositionUpdate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the gateway says of one position; ``net`` is signed, zero is flat."""

    id: int
    account_id: int
    contract_id: str
    net: int
    average_price: float
    created_ns: int | None = None
    recv_ns: int


class TradeUpdate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One fill of an own order."""

    id: int
    account_id: int
    contract_id: str
    order_id: int
    price: int
    size: int
    side: int
    profit_and_loss: float | None = None
    """Realised dollars; None on a half-turn, which opens or adds."""
    fees: float = 0.0
    commissions: float = 0.0
    voided: bool = False
    exch_ns: int
    recv_ns: int


class AccountUpdate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the gateway says of one account."""

    id: int
    name: str
    balance: float
    can_trade: bool
    visible: bool
    simulated: bool
    recv_ns: int
