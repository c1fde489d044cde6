"""The level-2 order book of one instrument."""

from __future__ import annotations

from project_x_py.orderbook.analytics import MarketAnalytics
from project_x_py.orderbook.base import OrderBookBase
from project_x_py.orderbook.detection import OrderDetection
from project_x_py.orderbook.memory import MemoryManager
from project_x_py.orderbook.orderbook import OrderBook, create_orderbook
from project_x_py.orderbook.profile import VolumeProfile
from project_x_py.orderbook.realtime import RealtimeHandler
from project_x_py.types import (
    AsyncCallback,
    CallbackType,
    DomType,
    IcebergConfig,
    MarketDataDict,
    MemoryConfig,
    OrderbookSide,
    OrderbookSnapshot,
    PriceLevelDict,
    SyncCallback,
    TradeDict,
)

__all__ = [
    "AsyncCallback",
    "CallbackType",
    "DomType",
    "IcebergConfig",
    "MarketAnalytics",
    "MarketDataDict",
    "MemoryConfig",
    "MemoryManager",
    "OrderBook",
    "OrderBookBase",
    "OrderDetection",
    "OrderbookSide",
    "OrderbookSnapshot",
    "PriceLevelDict",
    "RealtimeHandler",
    "SyncCallback",
    "TradeDict",
    "VolumeProfile",
    "create_orderbook",
]
