"""Dictionaries and settings of the order book; prices are points, sizes are contracts."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from project_x_py.types.trading import DomType, OrderbookSide

__all__ = [
    "DomType",
    "IcebergConfig",
    "MarketDataDict",
    "MemoryConfig",
    "OrderbookSide",
    "OrderbookSnapshot",
    "PriceLevelDict",
    "TradeDict",
]


class MarketDataDict(TypedDict):
    """Market data of one contract, as received."""

    contractId: str
    data: list[dict[str, object]]


class PriceLevelDict(TypedDict):
    """One price level; ``volume`` in contracts."""

    price: float
    volume: int
    timestamp: datetime


class OrderbookSnapshot(TypedDict):
    """Both sides of a book at one instant, best price first."""

    instrument: str
    timestamp: datetime
    best_bid: float | None
    best_ask: float | None
    spread: float | None
    mid_price: float | None
    bids: list[PriceLevelDict]
    asks: list[PriceLevelDict]
    total_bid_volume: int
    total_ask_volume: int
    bid_count: int
    ask_count: int
    imbalance: float | None


class TradeDict(TypedDict):
    """One print of the market with the quote it met."""

    price: float
    volume: int
    timestamp: datetime
    side: str
    spread_at_trade: float | None
    mid_price_at_trade: float | None
    best_bid_at_trade: float | None
    best_ask_at_trade: float | None
    order_type: str


@dataclass
class IcebergConfig:
    """What counts as an iceberg."""

    min_refreshes: int = 5
    volume_threshold: int = 50
    time_window_minutes: int = 10
    confidence_threshold: float = 0.7


@dataclass
class MemoryConfig:
    """How much of the past an order book keeps; the interval is in seconds."""

    max_trades: int = 10000
    max_depth_entries: int = 1000
    cleanup_interval: int = 300
    max_history_per_level: int = 50
    price_history_window_minutes: int = 30
    max_best_price_history: int = 1000
    max_spread_history: int = 1000
    max_delta_history: int = 1000
