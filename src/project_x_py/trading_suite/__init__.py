"""Everything for one or more instruments, connected: the suite, its contexts, its settings.

The parts of a suite can be imported from here as well; each is loaded at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily
from project_x_py.trading_suite.config import Features, TradingSuiteConfig
from project_x_py.trading_suite.context import InstrumentContext
from project_x_py.trading_suite.suite import TradingSuite

if TYPE_CHECKING:
    from project_x_py.client import ProjectX, ProjectXBase
    from project_x_py.event_bus import EventBus, EventType
    from project_x_py.models import Instrument
    from project_x_py.order_manager import OrderManager
    from project_x_py.order_tracker import OrderChainBuilder, OrderTracker
    from project_x_py.orderbook import OrderBook
    from project_x_py.position_manager import PositionManager
    from project_x_py.realtime import ProjectXRealtimeClient
    from project_x_py.realtime_data_manager import RealtimeDataManager
    from project_x_py.risk_manager import ManagedTrade, RiskConfig, RiskManager
    from project_x_py.sessions import SessionConfig, SessionType
    from project_x_py.statistics import StatisticsAggregator
    from project_x_py.types import (
        DataManagerConfig,
        OrderbookConfig,
        OrderManagerConfig,
        PositionManagerConfig,
        ProjectXClientProtocol,
        TradingSuiteStats,
    )

__all__ = [
    "DataManagerConfig",
    "EventBus",
    "EventType",
    "Features",
    "Instrument",
    "InstrumentContext",
    "ManagedTrade",
    "OrderBook",
    "OrderChainBuilder",
    "OrderManager",
    "OrderManagerConfig",
    "OrderTracker",
    "OrderbookConfig",
    "PositionManager",
    "PositionManagerConfig",
    "ProjectX",
    "ProjectXBase",
    "ProjectXClientProtocol",
    "ProjectXRealtimeClient",
    "RealtimeDataManager",
    "RiskConfig",
    "RiskManager",
    "SessionConfig",
    "SessionType",
    "StatisticsAggregator",
    "TradingSuite",
    "TradingSuiteConfig",
    "TradingSuiteStats",
]

_HOMES = {
    "project_x_py.client": "ProjectX ProjectXBase",
    "project_x_py.event_bus": "EventBus EventType",
    "project_x_py.models": "Instrument",
    "project_x_py.order_manager": "OrderManager",
    "project_x_py.order_tracker": "OrderChainBuilder OrderTracker",
    "project_x_py.orderbook": "OrderBook",
    "project_x_py.position_manager": "PositionManager",
    "project_x_py.realtime": "ProjectXRealtimeClient",
    "project_x_py.realtime_data_manager": "RealtimeDataManager",
    "project_x_py.risk_manager": "ManagedTrade RiskConfig RiskManager",
    "project_x_py.sessions": "SessionConfig SessionType",
    "project_x_py.statistics": "StatisticsAggregator",
    "project_x_py.types": (
        "DataManagerConfig OrderManagerConfig OrderbookConfig PositionManagerConfig "
        "ProjectXClientProtocol TradingSuiteStats"
    ),
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
