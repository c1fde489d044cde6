"""What the gateway tells of: accounts, instruments, orders, positions and fills.

Mutable dataclasses with the documented names, order and defaults. Prices are points, money is
dollars, timestamps are ISO-8601 text as sent. Codes hold any number of 0 or more and compare
equal to the members of their enums.

Invariants (``tests/test_models.py``): constructors refuse what cannot be; a code the gateway
invents reads as ``UNKNOWN`` and breaks nothing.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import ClassVar

from project_x_py.models._fields import (
    AMOUNT,
    CODE,
    COUNT,
    FLAG,
    ID,
    NAME,
    POSITIVE,
    TEXT,
    Model,
    Rule,
    number,
    optional,
    rules,
)
from project_x_py.types.trading import OrderSide, OrderStatus, OrderType, PositionType

__all__ = ["Account", "Instrument", "Order", "Position", "Trade"]

_WORKING = frozenset(
    {
        OrderStatus.OPEN,
        OrderStatus.PENDING,
        OrderStatus.PENDING_CANCELLATION,
        OrderStatus.SUSPENDED,
    }
)
_TERMINAL = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED}
)
_SIDES = {member.value: member.name for member in OrderSide}
_TYPES = {member.value: member.name for member in OrderType}
_STATUSES = {member.value: member.name for member in OrderStatus}
_DIRECTIONS = {member.value: member.name for member in PositionType}


def _product(contract_id: str) -> str:
    parts = contract_id.split(".")
    return parts[3] if len(parts) >= 4 else contract_id


@dataclass
class Account(Model):
    """A trading account.

    Attributes:
        id: The ``accountId`` of every other call.
        name: Label; stage and size are only written here.
        balance: Realised balance in dollars, without open profit.
        canTrade: Whether the gateway accepts orders for it.
        isVisible: Whether the platform shows it.
        simulated: How orders are routed; also true for evaluation accounts.
    """

    id: int
    name: str
    balance: float
    canTrade: bool
    isVisible: bool
    simulated: bool

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "Account", id=ID, name=TEXT, balance=AMOUNT, canTrade=FLAG, isVisible=FLAG, simulated=FLAG
    )


@dataclass
class Instrument(Model):
    """A contract that can be traded.

    Attributes:
        id: Contract id, for example ``CON.F.US.EP.U26``.
        name: Ticker, month letter and one-digit year, for example ``ESU6``.
        description: What it is, in words.
        tickSize: Smallest price movement in points.
        tickValue: Dollars per tick and contract; a point is worth ``tickValue / tickSize``.
        activeContract: Whether it is the month the venue lists as active.
        symbolId: Product, for example ``F.US.EP``.
    """

    id: str
    name: str
    description: str
    tickSize: float
    tickValue: float
    activeContract: bool
    symbolId: str | None = None

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "Instrument",
        id=NAME,
        name=NAME,
        description=TEXT,
        tickSize=POSITIVE,
        tickValue=POSITIVE,
        activeContract=FLAG,
        symbolId=optional(TEXT),
    )


@dataclass
class Order(Model):
    """An order as the gateway last described it.

    Attributes:
        id: Order id.
        accountId: Account it belongs to.
        contractId: Contract it trades.
        creationTimestamp: When it was created, ISO-8601.
        updateTimestamp: When it last changed, ISO-8601; not the time of a fill.
        status: ``OrderStatus`` code.
        type: ``OrderType`` code.
        side: ``OrderSide`` code: 0 buys, 1 sells.
        size: Contracts ordered.
        symbolId: Product of the contract.
        fillVolume: Contracts filled so far.
        limitPrice: Limit price in points.
        stopPrice: Stop price in points.
        filledPrice: Average fill price in points; need not lie on the tick grid.
        customTag: The client's own mark.
    """

    id: int
    accountId: int
    contractId: str
    creationTimestamp: str
    updateTimestamp: str | None
    status: int
    type: int
    side: int
    size: int
    symbolId: str | None = None
    fillVolume: int | None = None
    limitPrice: float | None = None
    stopPrice: float | None = None
    filledPrice: float | None = None
    customTag: str | None = None

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "Order",
        id=ID,
        accountId=ID,
        contractId=NAME,
        creationTimestamp=TEXT,
        updateTimestamp=optional(TEXT),
        status=CODE,
        type=CODE,
        side=CODE,
        size=COUNT,
        symbolId=optional(TEXT),
        fillVolume=optional(COUNT),
        limitPrice=optional(AMOUNT),
        stopPrice=optional(AMOUNT),
        filledPrice=optional(AMOUNT),
        customTag=optional(TEXT),
    )

    @property
    def is_open(self) -> bool:
        """Whether its status is Open."""
        return self.status == OrderStatus.OPEN

    @property
    def is_filled(self) -> bool:
        """Whether it is filled completely."""
        return self.status == OrderStatus.FILLED

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled; a part of it may have filled before."""
        return self.status == OrderStatus.CANCELLED

    @property
    def is_rejected(self) -> bool:
        """Whether it was refused."""
        return self.status == OrderStatus.REJECTED

    @property
    def is_working(self) -> bool:
        """Whether it can still come to a fill: open or pending, also pending cancellation or
        suspended."""
        return self.status in _WORKING

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more can happen to it: filled, cancelled, expired or rejected."""
        return self.status in _TERMINAL

    @property
    def is_buy(self) -> bool:
        """Whether it buys."""
        return self.side == OrderSide.BUY

    @property
    def is_sell(self) -> bool:
        """Whether it sells."""
        return self.side == OrderSide.SELL

    @property
    def side_str(self) -> str:
        """``BUY`` or ``SELL``; ``UNKNOWN`` for another code."""
        return _SIDES.get(self.side, "UNKNOWN")

    @property
    def type_str(self) -> str:
        """Name of the order type; ``UNKNOWN`` for another code."""
        return _TYPES.get(self.type, "UNKNOWN")

    @property
    def status_str(self) -> str:
        """Name of the status; ``UNKNOWN`` for another code."""
        return _STATUSES.get(self.status, "UNKNOWN")

    @property
    def _filled(self) -> int:
        if self.fillVolume is None:
            return self.size if self.is_filled else 0
        return self.fillVolume

    @property
    def filled_percent(self) -> float:
        """Share of the size that is filled, 0 to 100; 0.0 for a size of 0."""
        return self._filled / self.size * 100 if self.size else 0.0

    @property
    def remaining_size(self) -> int:
        """Contracts not filled."""
        return self.size - self._filled

    @property
    def symbol(self) -> str:
        """Product code out of the contract id: ``MNQ`` of ``CON.F.US.MNQ.H25``."""
        return _product(self.contractId)


@dataclass
class Position(Model):
    """The net position in one contract.

    Attributes:
        id: Position id.
        accountId: Account it belongs to.
        contractId: Contract held.
        creationTimestamp: When it was opened, ISO-8601.
        type: ``PositionType`` code: 1 long, 2 short, 0 flat.
        size: Contracts, never negative; the direction is in ``type``.
        averagePrice: Average entry price in points; need not lie on the tick grid.
    """

    id: int
    accountId: int
    contractId: str
    creationTimestamp: str
    type: int
    size: int
    averagePrice: float

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "Position",
        id=ID,
        accountId=ID,
        contractId=NAME,
        creationTimestamp=TEXT,
        type=CODE,
        size=COUNT,
        averagePrice=AMOUNT,
    )

    @property
    def is_long(self) -> bool:
        """Whether it is long."""
        return self.type == PositionType.LONG

    @property
    def is_short(self) -> bool:
        """Whether it is short."""
        return self.type == PositionType.SHORT

    @property
    def direction(self) -> str:
        """``LONG``, ``SHORT`` or ``UNDEFINED``."""
        return _DIRECTIONS.get(self.type, "UNDEFINED")

    @property
    def symbol(self) -> str:
        """Product code out of the contract id: ``MNQ`` of ``CON.F.US.MNQ.H25``."""
        return _product(self.contractId)

    @property
    def signed_size(self) -> int:
        """Contracts, negative when short."""
        return -self.size if self.is_short else self.size

    @property
    def total_cost(self) -> float:
        """Contracts times average price, in points; no tick value in it."""
        return self.size * self.averagePrice

    def unrealized_pnl(
        self, current_price: float, tick_value: float = 1.0, tick_size: float | None = None
    ) -> float:
        """Return the open profit at ``current_price``; negative is a loss.

        Args:
            current_price: Price to value the position at, in points.
            tick_value: Dollars per tick with ``tick_size`` given, else dollars per point.
            tick_size: Points per tick. With it the result is exact in dollars.

        Returns:
            Signed price difference times size times value; 0.0 for a flat position.

        Raises:
            InvalidFieldError: An argument is not a finite number, or ``tick_size`` not above 0.
        """
        price = number("current_price", current_price)
        value = number("tick_value", tick_value)
        sign = 1 if self.is_long else -1 if self.is_short else 0
        if tick_size is None:
            return (price - self.averagePrice) * sign * self.size * value
        return _exact_pnl(
            price, self.averagePrice, sign * self.size, value, POSITIVE.test("tick_size", tick_size)
        )

    def __getitem__(self, key: str) -> int | float | str:
        """Return a field or a property by name, as a payload dictionary would.

        Raises:
            KeyError: There is no such name.
            TypeError: ``key`` names something that is not a number or a text.
        """
        if key not in dir(self) or key.startswith("_"):
            close = difflib.get_close_matches(str(key), [rule.field for rule in self._rules], 1)
            raise KeyError(f"{key}{f' (did you mean {close[0]}?)' if close else ''}")
        value = getattr(self, key)
        if not isinstance(value, (int, float, str)):
            raise TypeError(f"Position[{key!r}] is neither a number nor a text")
        return value


def _exact_pnl(price: float, entry: float, size: int, tick_value: float, tick_size: float) -> float:
    from fractions import Fraction  # only needed here, and costs the import of the package

    points = Fraction(repr(price)) - Fraction(repr(entry))
    return float(points / Fraction(repr(tick_size)) * Fraction(repr(tick_value)) * size)


@dataclass(slots=True)
class Trade(Model):
    """One fill of an own order.

    Attributes:
        id: Trade id.
        accountId: Account it belongs to.
        contractId: Contract traded.
        creationTimestamp: When it was executed, ISO-8601.
        price: Price in points.
        profitAndLoss: Dollars realised by a fill that closes, before costs; None on a half-turn,
            which opens or adds.
        fees: Dollars of exchange and NFA fees.
        side: 0 bought, 1 sold.
        size: Contracts.
        voided: Whether the exchange busted it.
        orderId: The order that was filled.
    """

    id: int
    accountId: int
    contractId: str
    creationTimestamp: str
    price: float
    profitAndLoss: float | None
    fees: float
    side: int
    size: int
    voided: bool
    orderId: int

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "Trade",
        id=ID,
        accountId=ID,
        contractId=NAME,
        creationTimestamp=TEXT,
        price=AMOUNT,
        profitAndLoss=optional(AMOUNT),
        fees=AMOUNT,
        side=CODE,
        size=COUNT,
        voided=FLAG,
        orderId=ID,
    )
