"""Dictionaries in the gateway's own spelling: answers and hub payloads.

Timestamps are ISO-8601 text, prices are points, money is dollars, codes are the numbers of
:mod:`project_x_py.types.trading`.
"""

from typing import NotRequired, TypedDict

__all__ = [
    "APIErrorResponse",
    "AccountListResponse",
    "AccountResponse",
    "AccountUpdatePayload",
    "AuthLoginResponse",
    "BarData",
    "BarDataResponse",
    "ErrorResponse",
    "InstrumentResponse",
    "InstrumentSearchResponse",
    "MarketDepthLevel",
    "MarketDepthResponse",
    "MarketDepthUpdatePayload",
    "MarketTradePayload",
    "OrderPlacementResponse",
    "OrderResponse",
    "OrderSearchResponse",
    "OrderUpdatePayload",
    "PositionResponse",
    "PositionSearchResponse",
    "PositionUpdatePayload",
    "QuoteData",
    "QuoteUpdatePayload",
    "TradeExecutionPayload",
    "TradeResponse",
    "TradeSearchResponse",
]


class APIErrorResponse(TypedDict):
    """A refusal, or a fault of the request."""

    errorCode: int
    errorMessage: str
    details: NotRequired[dict[str, str]]


class AccountResponse(TypedDict):
    """An account, as the gateway sends it."""

    id: int
    name: str
    balance: float
    canTrade: bool
    isVisible: bool
    simulated: bool


class AccountListResponse(TypedDict):
    """Accounts found."""

    accounts: list[AccountResponse]


class AccountUpdatePayload(TypedDict):
    """A change of an account."""

    accountId: int
    balance: float
    equity: NotRequired[float]
    margin: NotRequired[float]
    timestamp: str


class AuthLoginResponse(TypedDict):
    """A login and the account it selected."""

    jwt: str
    expiresIn: int
    accountId: int
    accountName: str
    canTrade: bool
    simulated: bool


class BarData(TypedDict):
    """One bar; ``timestamp`` is its start."""

    timestamp: str
    open: float
    high: float
    low: float
    close: float
    volume: int


class BarDataResponse(TypedDict):
    """Bars of one contract, with the unit code and number they were asked for."""

    contractId: str
    bars: list[BarData]
    interval: int
    unit: int


class ErrorResponse(TypedDict):
    """A refusal, or a fault of the request."""

    errorCode: int
    errorMessage: str
    details: NotRequired[dict[str, str]]


class InstrumentResponse(TypedDict):
    """A contract, as the gateway sends it."""

    id: str
    name: str
    description: str
    tickSize: float
    tickValue: float
    activeContract: bool
    symbolId: NotRequired[str]
    contractMultiplier: NotRequired[float]
    tradingHours: NotRequired[str]
    lastTradingDay: NotRequired[str]


class InstrumentSearchResponse(TypedDict):
    """Contracts found."""

    instruments: list[InstrumentResponse]
    totalCount: int


class MarketDepthLevel(TypedDict):
    """One price level; ``size`` in contracts."""

    price: float
    size: int
    orders: NotRequired[int]


class MarketDepthResponse(TypedDict):
    """Both sides of a book, best price first."""

    contractId: str
    timestamp: str
    bids: list[MarketDepthLevel]
    asks: list[MarketDepthLevel]


class MarketDepthUpdatePayload(TypedDict):
    """A change of one price level."""

    contractId: str
    side: int
    action: int
    price: float
    size: int
    timestamp: str


class MarketTradePayload(TypedDict):
    """One print of the market."""

    contractId: str
    price: float
    size: int
    side: int
    timestamp: str
    tradeId: NotRequired[str]


class OrderPlacementResponse(TypedDict):
    """The answer to an order."""

    orderId: int
    success: bool
    errorCode: int
    errorMessage: NotRequired[str]


class OrderResponse(TypedDict):
    """An order, as the gateway sends it."""

    id: int
    accountId: int
    contractId: str
    creationTimestamp: str
    updateTimestamp: NotRequired[str]
    status: int
    type: int
    side: int
    size: int
    symbolId: NotRequired[str]
    fillVolume: NotRequired[int]
    limitPrice: NotRequired[float]
    stopPrice: NotRequired[float]
    filledPrice: NotRequired[float]
    customTag: NotRequired[str]


class OrderSearchResponse(TypedDict):
    """Orders found."""

    orders: list[OrderResponse]
    totalCount: int


class OrderUpdatePayload(TypedDict):
    """A change of an order."""

    orderId: int
    accountId: int
    contractId: str
    status: int
    fillVolume: NotRequired[int]
    filledPrice: NotRequired[float]
    timestamp: str


class PositionResponse(TypedDict):
    """A position, as the gateway sends it."""

    id: int
    accountId: int
    contractId: str
    creationTimestamp: str
    type: int
    size: int
    averagePrice: float


class PositionSearchResponse(TypedDict):
    """Positions found."""

    positions: list[PositionResponse]
    totalCount: int


class PositionUpdatePayload(TypedDict):
    """A change of a position."""

    positionId: int
    accountId: int
    contractId: str
    type: int
    size: int
    averagePrice: float
    timestamp: str


class QuoteData(TypedDict):
    """A complete quote."""

    contractId: str
    bid: float
    bidSize: int
    ask: float
    askSize: int
    last: float
    lastSize: int
    timestamp: str


class QuoteUpdatePayload(TypedDict):
    """What changed in a quote; a key that is absent is unchanged."""

    contractId: str
    bid: NotRequired[float]
    bidSize: NotRequired[int]
    ask: NotRequired[float]
    askSize: NotRequired[int]
    last: NotRequired[float]
    lastSize: NotRequired[int]
    timestamp: str


class TradeExecutionPayload(TypedDict):
    """One fill of an own order."""

    tradeId: int
    orderId: int
    accountId: int
    contractId: str
    price: float
    size: int
    side: int
    profitAndLoss: NotRequired[float]
    fees: float
    timestamp: str


class TradeResponse(TypedDict):
    """A fill, as the gateway sends it; no ``profitAndLoss`` on a half-turn."""

    id: int
    accountId: int
    contractId: str
    creationTimestamp: str
    price: float
    profitAndLoss: NotRequired[float]
    fees: float
    side: int
    size: int
    voided: bool
    orderId: int


class TradeSearchResponse(TypedDict):
    """Fills found."""

    trades: list[TradeResponse]
    totalCount: int
