"""Async SDK for trading futures through the ProjectX Gateway, with a simulated gateway inside.

Every name here is loaded from its own package at first use, so that ``import project_x_py`` costs
almost nothing and has no side effect: no event-loop policy, no log handler, no thread, no file.

Invariants (``tests/architecture/test_exports.py``, ``test_import_cost.py``): each name of
``__all__`` loads; importing loads no frame library, no network library and no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily
from project_x_py._version import __version__

if TYPE_CHECKING:
    from project_x_py.client import ProjectX
    from project_x_py.client import ProjectX as AsyncProjectX
    from project_x_py.config import (
        ConfigManager,
        create_custom_config,
        load_default_config,
        load_topstepx_config,
    )
    from project_x_py.event_bus import Event, EventBus, EventType
    from project_x_py.exceptions import (
        OffGridError,
        OrderSubmissionUncertainError,
        ProjectXAuthenticationError,
        ProjectXConnectionError,
        ProjectXDataError,
        ProjectXError,
        ProjectXInstrumentError,
        ProjectXOrderError,
        ProjectXPositionError,
        ProjectXRateLimitError,
        ProjectXServerError,
    )
    from project_x_py.indicators import (
        calculate_adx,
        calculate_atr,
        calculate_bollinger_bands,
        calculate_commodity_channel_index,
        calculate_ema,
        calculate_macd,
        calculate_obv,
        calculate_rsi,
        calculate_sma,
        calculate_stochastic,
        calculate_vwap,
        calculate_williams_r,
    )
    from project_x_py.models import (
        Account,
        BracketOrderResponse,
        Instrument,
        Order,
        OrderPlaceResponse,
        Position,
        ProjectXConfig,
        Trade,
    )
    from project_x_py.order_manager import OrderManager
    from project_x_py.order_manager import OrderManager as AsyncOrderManager
    from project_x_py.order_templates import (
        ATRStopTemplate,
        BreakoutTemplate,
        OrderTemplate,
        RiskRewardTemplate,
        ScalpingTemplate,
        get_template,
    )
    from project_x_py.order_tracker import OrderChainBuilder, OrderLifecycleError, OrderTracker
    from project_x_py.orderbook import OrderBook, create_orderbook
    from project_x_py.position_manager import PositionManager
    from project_x_py.position_manager import PositionManager as AsyncPositionManager
    from project_x_py.realtime import ProjectXRealtimeClient, create_realtime_client
    from project_x_py.realtime_data_manager import RealtimeDataManager
    from project_x_py.realtime_data_manager import RealtimeDataManager as AsyncRealtimeDataManager
    from project_x_py.sessions import (
        DEFAULT_SESSIONS,
        SessionAnalytics,
        SessionConfig,
        SessionFilterMixin,
        SessionStatistics,
        SessionTimes,
        SessionType,
    )
    from project_x_py.trading_suite import Features, TradingSuite, TradingSuiteConfig
    from project_x_py.types import (
        HealthStatusResponse,
        OrderManagerConfig,
        OrderSide,
        OrderStatus,
        OrderType,
        PerformanceStatsResponse,
        PortfolioMetricsResponse,
        PositionManagerConfig,
        PositionType,
        RiskAnalysisResponse,
    )
    from project_x_py.utils import (
        RateLimiter,
        calculate_max_drawdown,
        calculate_portfolio_metrics,
        calculate_sharpe_ratio,
        get_env_var,
        round_to_tick_size,
        setup_logging,
    )

__all__ = [
    "DEFAULT_SESSIONS",
    "DOCUMENTED_API",
    "ATRStopTemplate",
    "Account",
    "AsyncOrderManager",
    "AsyncPositionManager",
    "AsyncProjectX",
    "AsyncRealtimeDataManager",
    "BracketOrderResponse",
    "BreakoutTemplate",
    "ConfigManager",
    "Event",
    "EventBus",
    "EventType",
    "Features",
    "HealthStatusResponse",
    "Instrument",
    "OffGridError",
    "Order",
    "OrderBook",
    "OrderChainBuilder",
    "OrderLifecycleError",
    "OrderManager",
    "OrderManagerConfig",
    "OrderPlaceResponse",
    "OrderSide",
    "OrderStatus",
    "OrderSubmissionUncertainError",
    "OrderTemplate",
    "OrderTracker",
    "OrderType",
    "PerformanceStatsResponse",
    "PortfolioMetricsResponse",
    "Position",
    "PositionManager",
    "PositionManagerConfig",
    "PositionType",
    "ProjectX",
    "ProjectXAuthenticationError",
    "ProjectXConfig",
    "ProjectXConnectionError",
    "ProjectXDataError",
    "ProjectXError",
    "ProjectXInstrumentError",
    "ProjectXOrderError",
    "ProjectXPositionError",
    "ProjectXRateLimitError",
    "ProjectXRealtimeClient",
    "ProjectXServerError",
    "RateLimiter",
    "RealtimeDataManager",
    "RiskAnalysisResponse",
    "RiskRewardTemplate",
    "ScalpingTemplate",
    "SessionAnalytics",
    "SessionConfig",
    "SessionFilterMixin",
    "SessionStatistics",
    "SessionTimes",
    "SessionType",
    "Trade",
    "TradingSuite",
    "TradingSuiteConfig",
    "__version__",
    "calculate_adx",
    "calculate_atr",
    "calculate_bollinger_bands",
    "calculate_commodity_channel_index",
    "calculate_ema",
    "calculate_macd",
    "calculate_max_drawdown",
    "calculate_obv",
    "calculate_portfolio_metrics",
    "calculate_rsi",
    "calculate_sharpe_ratio",
    "calculate_sma",
    "calculate_stochastic",
    "calculate_vwap",
    "calculate_williams_r",
    "create_custom_config",
    "create_orderbook",
    "create_realtime_client",
    "get_env_var",
    "get_template",
    "load_default_config",
    "load_topstepx_config",
    "round_to_tick_size",
    "setup_logging",
]

DOCUMENTED_API = "3.5.7"
"""The documented level of the upstream API that this distribution implements."""

_HOMES = {
    ".client": "ProjectX",
    ".config": "ConfigManager create_custom_config load_default_config load_topstepx_config",
    ".event_bus": "Event EventBus EventType",
    ".exceptions": (
        "OffGridError OrderSubmissionUncertainError ProjectXAuthenticationError "
        "ProjectXConnectionError ProjectXDataError ProjectXError ProjectXInstrumentError "
        "ProjectXOrderError ProjectXPositionError ProjectXRateLimitError ProjectXServerError"
    ),
    ".indicators": (
        "calculate_adx calculate_atr calculate_bollinger_bands "
        "calculate_commodity_channel_index calculate_ema calculate_macd calculate_obv "
        "calculate_rsi calculate_sma calculate_stochastic calculate_vwap calculate_williams_r"
    ),
    ".models": (
        "Account BracketOrderResponse Instrument Order OrderPlaceResponse Position "
        "ProjectXConfig Trade"
    ),
    ".order_manager": "OrderManager",
    ".order_templates": (
        "ATRStopTemplate BreakoutTemplate OrderTemplate RiskRewardTemplate ScalpingTemplate "
        "get_template"
    ),
    ".order_tracker": "OrderChainBuilder OrderLifecycleError OrderTracker",
    ".orderbook": "OrderBook create_orderbook",
    ".position_manager": "PositionManager",
    ".realtime": "ProjectXRealtimeClient create_realtime_client",
    ".realtime_data_manager": "RealtimeDataManager",
    ".sessions": (
        "DEFAULT_SESSIONS SessionAnalytics SessionConfig SessionFilterMixin SessionStatistics "
        "SessionTimes SessionType"
    ),
    ".trading_suite": "Features TradingSuite TradingSuiteConfig",
    ".types": (
        "HealthStatusResponse OrderManagerConfig OrderSide OrderStatus OrderType "
        "PerformanceStatsResponse PortfolioMetricsResponse PositionManagerConfig PositionType "
        "RiskAnalysisResponse"
    ),
    ".utils": (
        "RateLimiter calculate_max_drawdown calculate_portfolio_metrics "
        "calculate_sharpe_ratio get_env_var round_to_tick_size setup_logging"
    ),
}

_ALIASES = {
    "AsyncOrderManager": "OrderManager",
    "AsyncPositionManager": "PositionManager",
    "AsyncProjectX": "ProjectX",
    "AsyncRealtimeDataManager": "RealtimeDataManager",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES, _ALIASES)
