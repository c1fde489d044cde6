"""What the exchange tells: rows of orders, trades, positions and accounts, and events of them.

A row is a frozen picture of one thing, in ticks, contracts and nanoseconds; the hub and REST
layers turn it into payloads with the contract's grid. An event carries the row as it was at its
moment, so events that are read late still tell the truth of their time.

Invariants (``tests/core/exchange/test_events.py``): ``seq`` counts up by one over all events of
an exchange; the digest of the same events is the same on every platform and Python.
"""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003 - msgspec reads it
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.exchange.money import decimal_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._core.grid import TickGrid

__all__ = [
    "AccountEvent",
    "AccountRow",
    "ExchangeEvent",
    "OrderEvent",
    "OrderRow",
    "PositionEvent",
    "PositionRow",
    "TradeEvent",
    "TradeRow",
    "events_digest",
]


class OrderRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One order. Prices in ticks; None is "has none"."""

    id: int
    account_id: int
    contract_id: str
    created_ns: int
    updated_ns: int
    status: int
    type: int
    side: int
    size: int
    limit: int | None
    stop: int | None
    filled: int
    fill_cost: int
    """Sum of price in ticks times size over all fills."""
    custom_tag: str | None
    trail_ticks: int | None
    """Distance of a trailing stop; on the leg of a bracket the signed offset from the entry."""
    parent_id: int | None
    linked_id: int | None
    """Only on the target of a bracket: its stop."""

    def filled_price(self, grid: TickGrid) -> Decimal | None:
        """Return the average fill price in points, which need not be on the grid."""
        if not self.filled:
            return None
        return decimal_of(Fraction(grid.tick_size) * self.fill_cost / self.filled)


class TradeRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One execution of an order, a half-turn."""

    id: int
    account_id: int
    contract_id: str
    order_id: int
    ns: int
    price: int
    size: int
    side: int
    profit: Decimal | None
    """Realised dollars before costs; None for a fill that only opens."""
    fees: Decimal
    """Exchange and clearing fees of all its contracts, dollars."""
    commissions: Decimal
    voided: bool = False


class PositionRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The net position of an account in a contract.

    ``net`` is signed; a position that went flat is told once more with zero and the average it
    had. The average price is ``average_num / average_den`` ticks, exactly.
    """

    id: int
    account_id: int
    contract_id: str
    created_ns: int
    net: int
    average_num: int
    average_den: int

    def average_price(self, grid: TickGrid) -> Decimal:
        """Return the average entry price in points, which need not be on the grid."""
        return decimal_of(Fraction(grid.tick_size) * self.average_num / self.average_den)


class AccountRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One account; ``balance`` in dollars, open profit not included."""

    id: int
    name: str
    balance: Decimal
    can_trade: bool
    visible: bool
    simulated: bool


class OrderEvent(msgspec.Struct, frozen=True, gc=False, tag="order"):
    """An order came into being or changed. ``action`` is the number beside the payload."""

    seq: int
    ns: int
    action: int
    row: OrderRow


class TradeEvent(msgspec.Struct, frozen=True, gc=False, tag="trade"):
    """A user's order was executed."""

    seq: int
    ns: int
    action: int
    row: TradeRow


class PositionEvent(msgspec.Struct, frozen=True, gc=False, tag="position"):
    """A position was opened, changed or closed."""

    seq: int
    ns: int
    action: int
    row: PositionRow


class AccountEvent(msgspec.Struct, frozen=True, gc=False, tag="account"):
    """The balance of an account, or what it may do, changed."""

    seq: int
    ns: int
    action: int
    row: AccountRow


ExchangeEvent = OrderEvent | TradeEvent | PositionEvent | AccountEvent


def events_digest(events: Iterable[ExchangeEvent]) -> str:
    """Return the SHA-256 of events as JSON lines, in hexadecimal."""
    encode, digest = msgspec.json.Encoder().encode, sha256()
    for event in events:
        digest.update(encode(event))
        digest.update(b"\n")
    return digest.hexdigest()
