"""Dictionaries that callbacks receive.

Timestamps are ISO-8601 text, prices are points, money is dollars.
"""

from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from project_x_py.models import Order, Position

__all__ = [
    "AccountUpdateData",
    "ConnectionStatusData",
    "ErrorData",
    "MarketDepthData",
    "MarketTradeData",
    "NewBarData",
    "OrderFilledData",
    "OrderUpdateData",
    "PositionAlertData",
    "PositionClosedData",
    "PositionUpdateData",
    "QuoteUpdateData",
    "SystemStatusData",
    "TradeExecutionData",
]


class AccountUpdateData(TypedDict):
    """A change of an account."""

    account_id: int
    balance: float
    equity: NotRequired[float]
    margin: NotRequired[float]
    timestamp: str


class ConnectionStatusData(TypedDict):
    """A change of a hub's connection."""

    hub: str
    connected: bool
    timestamp: str
    error: NotRequired[str]


class ErrorData(TypedDict):
    """An error told to callbacks."""

    error_type: str
    message: str
    details: NotRequired[dict[str, str]]
    timestamp: str


class MarketDepthData(TypedDict):
    """Both sides of a book as (price, size), best price first."""

    contract_id: str
    bids: list[tuple[float, int]]
    asks: list[tuple[float, int]]
    timestamp: str


class MarketTradeData(TypedDict):
    """One print of the market."""

    contract_id: str
    price: float
    size: int
    side: int
    timestamp: str
    trade_id: NotRequired[str]


class NewBarData(TypedDict):
    """The bar that has just begun."""

    timeframe: str
    data: dict[str, float | int | str]
    timestamp: str


class OrderFilledData(TypedDict):
    """An order is filled."""

    order_id: int
    order: "Order"
    filled_price: float
    filled_volume: int
    timestamp: str


class OrderUpdateData(TypedDict):
    """An order has changed."""

    order_id: int
    order: NotRequired["Order"]
    status: int
    fill_volume: NotRequired[int]
    filled_price: NotRequired[float]
    timestamp: str
    account_id: NotRequired[int]
    contract_id: NotRequired[str]


class PositionAlertData(TypedDict):
    """An alert on a position was triggered."""

    contract_id: str
    message: str
    position: "Position"
    alert: dict[str, float | bool | str]


class PositionClosedData(TypedDict):
    """A position is flat."""

    contract_id: str
    position: "Position"
    pnl: NotRequired[float]
    timestamp: str


class PositionUpdateData(TypedDict):
    """A position has changed."""

    position_id: int
    position: "Position"
    old_position: NotRequired["Position"]
    contract_id: str
    size: int
    average_price: float
    type: int
    timestamp: str


class QuoteUpdateData(TypedDict):
    """What changed in a quote; a key that is absent is unchanged."""

    contract_id: str
    bid: NotRequired[float]
    bid_size: NotRequired[int]
    ask: NotRequired[float]
    ask_size: NotRequired[int]
    last: NotRequired[float]
    last_size: NotRequired[int]
    timestamp: str


class SystemStatusData(TypedDict):
    """A change of the suite's own state."""

    status: str
    message: NotRequired[str]
    timestamp: str


class TradeExecutionData(TypedDict):
    """One fill of an own order; no ``pnl`` on a half-turn."""

    trade_id: int
    order_id: int
    contract_id: str
    price: float
    size: int
    side: int
    pnl: NotRequired[float]
    fees: float
    timestamp: str
