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
    IcebergConfig,
    MemoryConfig,
    SyncCallback,
)

__all__ = [
    "AsyncCallback",
    "CallbackType",
    "IcebergConfig",
    "MarketAnalytics",
    "MemoryConfig",
    "MemoryManager",
    "OrderBook",
    "OrderBookBase",
    "OrderDetection",
    "RealtimeHandler",
    "SyncCallback",
    "VolumeProfile",
    "create_orderbook",
]
