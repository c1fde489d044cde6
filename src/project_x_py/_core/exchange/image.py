"""What of an exchange outlives it: pictures of orders, accounts and everything else that lasts.

A picture holds ids where the exchange holds objects, and exact ratios as text. Prices, stops that
wait and places in queues are the market's, and are not in any picture.

Invariant (``tests/core/exchange/test_keeping.py``): an exchange that takes up the pictures of
another is the same as that one in everything that can be asked of it, and in all that it does next.
"""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003 - msgspec reads it
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.exchange.accounts import AccountSpec  # noqa: TC001 - msgspec reads it
from project_x_py._core.exchange.codes import OrderStatus
from project_x_py._core.exchange.events import TradeRow  # noqa: TC001 - msgspec reads it
from project_x_py._core.exchange.gate import Change  # noqa: TC001 - msgspec reads it
from project_x_py._core.exchange.orders import Order
from project_x_py._core.exchange.positions import Position

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AccountImage",
    "Errand",
    "ExchangeImage",
    "Kept",
    "MarketImage",
    "OrderImage",
    "PositionImage",
    "RulesImage",
    "linked",
]


class OrderImage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order as the exchange keeps it; the links are ids."""

    id: int
    account_id: int
    contract_id: str
    type: int
    side: int
    size: int
    created_ns: int
    updated_ns: int
    status: int
    tag: str | None = None
    limit: int | None = None
    stop: int | None = None
    trail: int | None = None
    offset: int | None = None
    filled: int = 0
    fill_cost: int = 0
    first_price: int | None = None
    triggered: bool = False
    hidden: bool = False
    linked_id: int | None = None
    parent: int | None = None
    sibling: int | None = None
    stop_leg: int | None = None
    target_leg: int | None = None
    holds_tag: bool = False
    """Whether its tag is taken; that of a refused order need not be."""

    @classmethod
    def of(cls, order: Order, *, holds_tag: bool) -> OrderImage:
        """Return an order's picture."""
        return cls(
            id=order.id,
            account_id=order.account_id,
            contract_id=order.contract_id,
            type=int(order.type),
            side=order.side,
            size=order.size,
            created_ns=order.created_ns,
            updated_ns=order.updated_ns,
            status=int(order.status),
            tag=order.tag,
            limit=order.limit,
            stop=order.stop,
            trail=order.trail,
            offset=order.offset,
            filled=order.filled,
            fill_cost=order.fill_cost,
            first_price=order.first_price,
            triggered=order.triggered,
            hidden=order.hidden,
            linked_id=order.linked_id,
            parent=_id(order.parent),
            sibling=_id(order.sibling),
            stop_leg=_id(order.stop_leg),
            target_leg=_id(order.target_leg),
            holds_tag=holds_tag,
        )

    def order(self) -> Order:
        """Return the order, not linked to any other yet."""
        made = Order(
            self.id,
            self.account_id,
            self.contract_id,
            type=self.type,
            side=self.side,
            size=self.size,
            ns=self.created_ns,
            tag=self.tag,
            status=OrderStatus(self.status),
        )
        made.updated_ns = self.updated_ns
        made.limit, made.stop = self.limit, self.stop
        made.trail, made.offset = self.trail, self.offset
        made.filled, made.fill_cost = self.filled, self.fill_cost
        made.first_price, made.linked_id = self.first_price, self.linked_id
        made.triggered, made.hidden = self.triggered, self.hidden
        return made


class PositionImage(msgspec.Struct, frozen=True, kw_only=True):
    """One open position; ratios are written as ``numerator/denominator``."""

    contract_id: str
    id: int
    created_ns: int
    net: int
    cost: str
    average: str
    carry: str

    @classmethod
    def of(cls, contract_id: str, position: Position) -> PositionImage:
        """Return a position's picture."""
        return cls(
            contract_id=contract_id,
            id=position.id,
            created_ns=position.created_ns,
            net=position.net,
            cost=str(position.cost),
            average=str(position.average),
            carry=str(position.carry),
        )

    def position(self, tick_value: int) -> Position:
        """Return the position; ``tick_value`` in micro-dollars."""
        made = Position(self.id, tick_value, self.created_ns)
        made.net = self.net
        made.cost, made.average = Fraction(self.cost), Fraction(self.average)
        made.carry = Fraction(self.carry)
        return made


class RulesImage(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account stands against the firm's rules, in dollars."""

    highest: Decimal
    day_start: Decimal
    best_day: Decimal
    can_trade: bool
    locked_today: bool
    day_ns: int
    """When the trading day began that the figures are of."""


class AccountImage(msgspec.Struct, frozen=True, kw_only=True):
    """One account with its positions; money in micro-dollars."""

    spec: AccountSpec
    can_trade: bool
    violated: bool
    balance: int
    owed: int
    positions: tuple[PositionImage, ...] = ()
    rules: RulesImage | None = None


class MarketImage(msgspec.Struct, frozen=True, kw_only=True):
    """When, and at which last prices in ticks, a market was seen last."""

    ns: int
    last: dict[str, int]


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was accepted and travels to the engine: a change, or a cancellation."""

    order_id: int
    change: Change | None = None


class ExchangeImage(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to no single account.

    Attributes:
        next_order: Id of the next order; likewise trade and position.
        errands: Commands on their way, oldest first.
        guards: The platform's own protective orders, by id.
        closing: Orders that close a whole position, or part of one, and that still travel.
        unflat: Contracts that the platform has not been able to flatten.
    """

    next_order: int
    next_trade: int
    next_position: int
    errands: tuple[Errand, ...] = ()
    guards: tuple[tuple[int, ...], ...] = ()
    closing: tuple[int, ...] = ()
    unflat: tuple[str, ...] = ()


class Kept(msgspec.Struct, kw_only=True):
    """All of it, as one exchange left it for the next."""

    exchange: ExchangeImage
    market: MarketImage
    accounts: list[AccountImage]
    orders: list[OrderImage]
    """Ascending by id."""
    trades: list[TradeRow]
    """Ascending by id."""


def linked(images: Iterable[OrderImage]) -> dict[int, Order]:
    """Return the orders of pictures by id, linked as they were.

    Raises:
        KeyError: A picture links to one that is not there.
    """
    known = list(images)
    orders = {image.id: image.order() for image in known}

    def found(order_id: int | None) -> Order | None:
        return None if order_id is None else orders[order_id]

    for image in known:
        order = orders[image.id]
        order.parent, order.sibling = found(image.parent), found(image.sibling)
        order.stop_leg, order.target_leg = found(image.stop_leg), found(image.target_leg)
    return orders


def _id(order: Order | None) -> int | None:
    return None if order is None else order.id
