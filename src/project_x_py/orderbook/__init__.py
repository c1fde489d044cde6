"""The level-2 order book of one instrument."""

from __future__ import annotations

from project_x_py.orderbook.base import OrderBookBase
from project_x_py.orderbook.orderbook import OrderBook, create_orderbook

__all__ = ["OrderBook", "OrderBookBase", "create_orderbook"]
