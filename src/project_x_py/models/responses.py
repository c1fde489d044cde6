"""What placing an order returns.

A refusal by the gateway is one of these with ``success`` False, never an exception.

Invariant (``tests/test_models.py``): a refused order's answer without an id reads as id 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from project_x_py.models._fields import (
    AMOUNT,
    CODE,
    FLAG,
    ID,
    TEXT,
    Model,
    Rule,
    nested,
    optional,
    rules,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BracketOrderResponse", "OrderPlaceResponse"]


@dataclass
class OrderPlaceResponse(Model):
    """The gateway's answer to an order.

    Attributes:
        orderId: Id of the order; a rejected order has one too, an order refused for its account
            or contract has 0.
        success: Whether the order was accepted.
        errorCode: 0, or the code of the refusal.
        errorMessage: Reason of the refusal, where the gateway gives one.
    """

    orderId: int
    success: bool
    errorCode: int
    errorMessage: str | None

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "OrderPlaceResponse",
        orderId=ID,
        success=FLAG,
        errorCode=CODE,
        errorMessage=optional(TEXT),
    )

    @classmethod
    def _read(cls, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        if payload.get("success") is False and payload.get("orderId") is None:
            return {**payload, "orderId": 0}
        return payload


@dataclass
class BracketOrderResponse(Model):
    """What became of an entry with its stop loss and take profit.

    Attributes:
        success: Whether the entry is placed and protected.
        entry_order_id: Id of the entry; None when it was not placed.
        stop_order_id: Id of the stop loss; None when it was not placed.
        target_order_id: Id of the take profit; None when it was not placed.
        entry_price: Entry price in points; None for a market entry that has no fill yet.
        stop_loss_price: Stop price in points, as aligned to the tick grid; None without a stop.
        take_profit_price: Target price in points, aligned likewise; None without a target.
        entry_response: The gateway's answer to the entry.
        stop_response: The gateway's answer to the stop loss.
        target_response: The gateway's answer to the take profit.
        error_message: What failed; None on success.
    """

    success: bool
    entry_order_id: int | None
    stop_order_id: int | None
    target_order_id: int | None
    entry_price: float | None
    stop_loss_price: float | None
    take_profit_price: float | None
    entry_response: OrderPlaceResponse | None
    stop_response: OrderPlaceResponse | None
    target_response: OrderPlaceResponse | None
    error_message: str | None

    _rules: ClassVar[tuple[Rule, ...]] = rules(
        "BracketOrderResponse",
        success=FLAG,
        entry_order_id=optional(ID),
        stop_order_id=optional(ID),
        target_order_id=optional(ID),
        entry_price=optional(AMOUNT),
        stop_loss_price=optional(AMOUNT),
        take_profit_price=optional(AMOUNT),
        entry_response=optional(nested(OrderPlaceResponse)),
        stop_response=optional(nested(OrderPlaceResponse)),
        target_response=optional(nested(OrderPlaceResponse)),
        error_message=optional(TEXT),
    )
