"""Typed views of real-time updates.

Events of the bus carry documented dictionaries; these read them. Contract ids and timestamps
are text, prices are points.

Invariant (``tests/test_models.py``): what a view cannot know raises ``ProjectXDataError`` that
names it; nothing is made up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from project_x_py.exceptions import ProjectXDataError
from project_x_py.models._fields import (
    AMOUNT,
    CODE,
    COUNT,
    ID,
    NAME,
    TEXT,
    Model,
    Rule,
    optional,
    rules,
)
from project_x_py.models.entities import Order, Position

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MarketDataEvent", "OrderUpdateEvent", "PositionUpdateEvent"]


def _first(data: Mapping[str, Any], what: str, *keys: str) -> Any:
    for key in keys:
        if (value := data.get(key)) is not None:
            return value.isoformat() if isinstance(value, dt.datetime) else value
    raise ProjectXDataError(
        f"{what} is missing: none of {', '.join(keys)} is in the event's data, "
        f"which has {', '.join(sorted(map(str, data)))}"
    )


@dataclass
class OrderUpdateEvent(Model):
    """An order has changed.

    Attributes:
        orderId: The order.
        status: Its ``OrderStatus`` code.
        fillVolume: Contracts filled so far; None when not told.
        updateTimestamp: When it changed, ISO-8601.
    """

    orderId: int
    status: int
    fillVolume: int | None
    updateTimestamp: str

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "OrderUpdateEvent",
        orderId=ID,
        status=CODE,
        fillVolume=optional(COUNT),
        updateTimestamp=TEXT,
    )

    @classmethod
    def from_event_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the view of an order event's data.

        Args:
            data: ``{"order": Order, ...}``, or an order as the gateway sends it.

        Raises:
            ProjectXDataError: There is no order in ``data``.
        """
        order = data.get("order")
        raw = order.to_dict() if isinstance(order, Order) else order or data
        return cls(
            orderId=_first(raw, "OrderUpdateEvent.orderId", "id", "orderId", "order_id"),
            status=_first(raw, "OrderUpdateEvent.status", "status", "new_status"),
            fillVolume=raw.get("fillVolume"),
            updateTimestamp=_first(
                {**data, **raw},
                "OrderUpdateEvent.updateTimestamp",
                "updateTimestamp",
                "timestamp",
                "creationTimestamp",
            ),
        )


@dataclass
class PositionUpdateEvent(Model):
    """A position has changed.

    Attributes:
        positionId: The position.
        contractId: Contract held.
        size: Contracts, never negative; 0 when it was closed.
        averagePrice: Average entry price in points.
        updateTimestamp: When it changed, ISO-8601; when it was opened where the gateway tells
            no more.
    """

    positionId: int
    contractId: str
    size: int
    averagePrice: float
    updateTimestamp: str

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "PositionUpdateEvent",
        positionId=ID,
        contractId=NAME,
        size=COUNT,
        averagePrice=AMOUNT,
        updateTimestamp=TEXT,
    )

    @classmethod
    def from_event_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the view of a position event's data.

        Args:
            data: A position as the gateway sends it, or ``{"position": Position, ...}``.

        Raises:
            ProjectXDataError: There is no position in ``data``.
        """
        position = data.get("position")
        raw = position.to_dict() if isinstance(position, Position) else position or data
        name = "PositionUpdateEvent."
        return cls(
            positionId=_first(raw, name + "positionId", "id", "positionId", "position_id"),
            contractId=_first(raw, name + "contractId", "contractId", "contract_id"),
            size=_first(raw, name + "size", "size"),
            averagePrice=_first(raw, name + "averagePrice", "averagePrice", "average_price"),
            updateTimestamp=_first(
                {**data, **raw},
                name + "updateTimestamp",
                "updateTimestamp",
                "timestamp",
                "creationTimestamp",
            ),
        )


@dataclass
class MarketDataEvent(Model):
    """A quote has changed.

    Attributes:
        contractId: The contract.
        lastPrice: Price of the last trade, in points.
        bid: Best bid in points; None while unknown.
        ask: Best ask in points; None while unknown.
        volume: Contracts traded in the session so far; None while unknown.
        timestamp: When it changed, ISO-8601.
    """

    contractId: str
    lastPrice: float
    bid: float | None
    ask: float | None
    volume: int | None
    timestamp: str

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "MarketDataEvent",
        contractId=NAME,
        lastPrice=AMOUNT,
        bid=optional(AMOUNT),
        ask=optional(AMOUNT),
        volume=optional(COUNT),
        timestamp=TEXT,
    )

    @classmethod
    def from_event_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the view of a QUOTE_UPDATE's data.

        Args:
            data: bid, ask, last, volume, symbol, contract_id, timestamp.

        Raises:
            ProjectXDataError: ``data`` is not of a quote, or no trade is known yet.
        """
        name = "MarketDataEvent."
        return cls(
            contractId=_first(data, name + "contractId", "contract_id", "contractId"),
            lastPrice=_first(data, name + "lastPrice", "last", "lastPrice"),
            bid=data.get("bid"),
            ask=data.get("ask"),
            volume=data.get("volume"),
            timestamp=_first(data, name + "timestamp", "timestamp"),
        )
