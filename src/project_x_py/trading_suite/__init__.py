"""Everything for one or more instruments, connected: the suite, its contexts, its settings.

The parts of a suite can be imported from here as well; each is loaded at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    "client": ("ProjectX", "ProjectXBase"),
    "event_bus": ("EventBus", "EventType"),
    "models": ("Instrument",),
    "order_manager": ("OrderManager",),
    "order_tracker": ("OrderChainBuilder", "OrderTracker"),
    "orderbook": ("OrderBook",),
    "position_manager": ("PositionManager",),
    "realtime": ("ProjectXRealtimeClient",),
    "realtime_data_manager": ("RealtimeDataManager",),
    "risk_manager": ("ManagedTrade", "RiskConfig", "RiskManager"),
    "sessions": ("SessionConfig", "SessionType"),
    "statistics": ("StatisticsAggregator",),
    "types": (
        "DataManagerConfig",
        "OrderManagerConfig",
        "OrderbookConfig",
        "PositionManagerConfig",
        "ProjectXClientProtocol",
        "TradingSuiteStats",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a part from its package at first use."""
        from importlib import import_module

        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"project_x_py.{_HOME_OF[name]}"), name)

    def __dir__() -> list[str]:
        """List the public names, loaded or not."""
        return sorted({*globals(), *__all__})
