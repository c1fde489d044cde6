"""Types of the SDK: codes, ids, dictionaries, settings and protocols.

The dictionaries are tables of names and types; nothing here does anything, and nothing here needs
polars at run time.

Invariants (``tests/test_types.py``): every name loads on first use; the keys are the documented
ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py.types.api_responses import (
        AccountListResponse,
        AccountResponse,
        AccountUpdatePayload,
        APIErrorResponse,
        AuthLoginResponse,
        BarData,
        BarDataResponse,
        InstrumentResponse,
        InstrumentSearchResponse,
        MarketDepthLevel,
        MarketDepthResponse,
        MarketDepthUpdatePayload,
        MarketTradePayload,
        OrderPlacementResponse,
        OrderResponse,
        OrderSearchResponse,
        OrderUpdatePayload,
        PositionResponse,
        PositionSearchResponse,
        PositionUpdatePayload,
        QuoteData,
        QuoteUpdatePayload,
        TradeExecutionPayload,
        TradeResponse,
        TradeSearchResponse,
    )
    from project_x_py.types.base import (
        DEFAULT_TIMEZONE,
        TICK_SIZE_PRECISION,
        AccountId,
        AsyncCallback,
        CallbackType,
        ContractId,
        OrderId,
        PositionId,
        SyncCallback,
    )
    from project_x_py.types.callback_types import (
        AccountUpdateData,
        ConnectionStatusData,
        ErrorData,
        MarketDepthData,
        MarketTradeData,
        NewBarData,
        OrderFilledData,
        OrderUpdateData,
        PositionAlertData,
        PositionClosedData,
        PositionUpdateData,
        QuoteUpdateData,
        SystemStatusData,
        TradeExecutionData,
    )
    from project_x_py.types.config_types import (
        BacktestConfig,
        CacheConfig,
        DataManagerConfig,
        EnvironmentConfig,
        FeatureConfig,
        HTTPConfig,
        IndicatorConfig,
        LoggingConfig,
        MemoryManagementConfig,
        OrderbookConfig,
        OrderManagerConfig,
        PositionManagerConfig,
        ProjectXSDKConfig,
        RateLimitConfig,
        RealtimeConfig,
        RiskConfig,
        TradingSuiteConfig,
        WebSocketConfig,
    )
    from project_x_py.types.market_data import (
        IcebergConfig,
        MarketDataDict,
        MemoryConfig,
        OrderbookSnapshot,
        PriceLevelDict,
        TradeDict,
    )
    from project_x_py.types.protocols import (
        OrderManagerProtocol,
        PositionManagerProtocol,
        ProjectXClientProtocol,
        ProjectXRealtimeClientProtocol,
        RealtimeDataManagerProtocol,
    )
    from project_x_py.types.response_types import (
        ComprehensiveAnalysisResponse,
        ConnectionStatsResponse,
        ErrorResponse,
        HealthStatusResponse,
        IcebergDetectionResponse,
        LiquidityAnalysisResponse,
        MarketImpactResponse,
        MemoryStatsResponse,
        OrderbookAnalysisResponse,
        OrderStatsResponse,
        PerformanceStatsResponse,
        PortfolioMetricsResponse,
        PositionAnalysisResponse,
        PositionSizingResponse,
        RiskAnalysisResponse,
        RiskValidationResponse,
        SpoofingDetectionResponse,
        TradeAnalysisResponse,
        VolumeProfileListResponse,
        VolumeProfileResponse,
    )
    from project_x_py.types.stats_types import (
        CacheStats,
        ComponentStats,
        ComprehensiveStats,
        ConnectionStats,
        ErrorInfo,
        ErrorStats,
        HealthStats,
        HTTPClientStats,
        MemoryUsageStats,
        OrderbookStats,
        OrderManagerStats,
        PerformanceStats,
        PositionManagerStats,
        RealtimeConnectionStats,
        RealtimeDataManagerStats,
        RiskManagerStats,
        TradingStats,
        TradingSuiteStats,
    )
    from project_x_py.types.trading import (
        DomType,
        OrderbookSide,
        OrderSide,
        OrderStatus,
        OrderType,
        PositionType,
        TradeLogType,
    )

__all__ = [
    "DEFAULT_TIMEZONE",
    "TICK_SIZE_PRECISION",
    "APIErrorResponse",
    "AccountId",
    "AccountListResponse",
    "AccountResponse",
    "AccountUpdateData",
    "AccountUpdatePayload",
    "AsyncCallback",
    "AuthLoginResponse",
    "BacktestConfig",
    "BarData",
    "BarDataResponse",
    "CacheConfig",
    "CacheStats",
    "CallbackType",
    "ComponentStats",
    "ComprehensiveAnalysisResponse",
    "ComprehensiveStats",
    "ConnectionStats",
    "ConnectionStatsResponse",
    "ConnectionStatusData",
    "ContractId",
    "DataManagerConfig",
    "DomType",
    "EnvironmentConfig",
    "ErrorData",
    "ErrorInfo",
    "ErrorResponse",
    "ErrorStats",
    "FeatureConfig",
    "HTTPClientStats",
    "HTTPConfig",
    "HealthStats",
    "HealthStatusResponse",
    "IcebergConfig",
    "IcebergDetectionResponse",
    "IndicatorConfig",
    "InstrumentResponse",
    "InstrumentSearchResponse",
    "LiquidityAnalysisResponse",
    "LoggingConfig",
    "MarketDataDict",
    "MarketDepthData",
    "MarketDepthLevel",
    "MarketDepthResponse",
    "MarketDepthUpdatePayload",
    "MarketImpactResponse",
    "MarketTradeData",
    "MarketTradePayload",
    "MemoryConfig",
    "MemoryManagementConfig",
    "MemoryStatsResponse",
    "MemoryUsageStats",
    "NewBarData",
    "OrderFilledData",
    "OrderId",
    "OrderManagerConfig",
    "OrderManagerProtocol",
    "OrderManagerStats",
    "OrderPlacementResponse",
    "OrderResponse",
    "OrderSearchResponse",
    "OrderSide",
    "OrderStatsResponse",
    "OrderStatus",
    "OrderType",
    "OrderUpdateData",
    "OrderUpdatePayload",
    "OrderbookAnalysisResponse",
    "OrderbookConfig",
    "OrderbookSide",
    "OrderbookSnapshot",
    "OrderbookStats",
    "PerformanceStats",
    "PerformanceStatsResponse",
    "PortfolioMetricsResponse",
    "PositionAlertData",
    "PositionAnalysisResponse",
    "PositionClosedData",
    "PositionId",
    "PositionManagerConfig",
    "PositionManagerProtocol",
    "PositionManagerStats",
    "PositionResponse",
    "PositionSearchResponse",
    "PositionSizingResponse",
    "PositionType",
    "PositionUpdateData",
    "PositionUpdatePayload",
    "PriceLevelDict",
    "ProjectXClientProtocol",
    "ProjectXRealtimeClientProtocol",
    "ProjectXSDKConfig",
    "QuoteData",
    "QuoteUpdateData",
    "QuoteUpdatePayload",
    "RateLimitConfig",
    "RealtimeConfig",
    "RealtimeConnectionStats",
    "RealtimeDataManagerProtocol",
    "RealtimeDataManagerStats",
    "RiskAnalysisResponse",
    "RiskConfig",
    "RiskManagerStats",
    "RiskValidationResponse",
    "SpoofingDetectionResponse",
    "SyncCallback",
    "SystemStatusData",
    "TradeAnalysisResponse",
    "TradeDict",
    "TradeExecutionData",
    "TradeExecutionPayload",
    "TradeLogType",
    "TradeResponse",
    "TradeSearchResponse",
    "TradingStats",
    "TradingSuiteConfig",
    "TradingSuiteStats",
    "VolumeProfileListResponse",
    "VolumeProfileResponse",
    "WebSocketConfig",
]

_HOMES = {
    ".api_responses": (
        "APIErrorResponse AccountListResponse AccountResponse AccountUpdatePayload "
        "AuthLoginResponse BarData BarDataResponse InstrumentResponse "
        "InstrumentSearchResponse MarketDepthLevel MarketDepthResponse "
        "MarketDepthUpdatePayload MarketTradePayload OrderPlacementResponse OrderResponse "
        "OrderSearchResponse OrderUpdatePayload PositionResponse PositionSearchResponse "
        "PositionUpdatePayload QuoteData QuoteUpdatePayload TradeExecutionPayload "
        "TradeResponse TradeSearchResponse"
    ),
    ".base": (
        "AccountId AsyncCallback CallbackType ContractId DEFAULT_TIMEZONE OrderId PositionId "
        "SyncCallback TICK_SIZE_PRECISION"
    ),
    ".callback_types": (
        "AccountUpdateData ConnectionStatusData ErrorData MarketDepthData MarketTradeData "
        "NewBarData OrderFilledData OrderUpdateData PositionAlertData PositionClosedData "
        "PositionUpdateData QuoteUpdateData SystemStatusData TradeExecutionData"
    ),
    ".config_types": (
        "BacktestConfig CacheConfig DataManagerConfig EnvironmentConfig FeatureConfig "
        "HTTPConfig IndicatorConfig LoggingConfig MemoryManagementConfig OrderManagerConfig "
        "OrderbookConfig PositionManagerConfig ProjectXSDKConfig RateLimitConfig "
        "RealtimeConfig RiskConfig TradingSuiteConfig WebSocketConfig"
    ),
    ".market_data": (
        "IcebergConfig MarketDataDict MemoryConfig OrderbookSnapshot PriceLevelDict TradeDict"
    ),
    ".protocols": (
        "OrderManagerProtocol PositionManagerProtocol ProjectXClientProtocol "
        "ProjectXRealtimeClientProtocol RealtimeDataManagerProtocol"
    ),
    ".response_types": (
        "ComprehensiveAnalysisResponse ConnectionStatsResponse ErrorResponse "
        "HealthStatusResponse IcebergDetectionResponse LiquidityAnalysisResponse "
        "MarketImpactResponse MemoryStatsResponse OrderStatsResponse "
        "OrderbookAnalysisResponse PerformanceStatsResponse PortfolioMetricsResponse "
        "PositionAnalysisResponse PositionSizingResponse RiskAnalysisResponse "
        "RiskValidationResponse SpoofingDetectionResponse TradeAnalysisResponse "
        "VolumeProfileListResponse VolumeProfileResponse"
    ),
    ".stats_types": (
        "CacheStats ComponentStats ComprehensiveStats ConnectionStats ErrorInfo ErrorStats "
        "HTTPClientStats HealthStats MemoryUsageStats OrderManagerStats OrderbookStats "
        "PerformanceStats PositionManagerStats RealtimeConnectionStats "
        "RealtimeDataManagerStats RiskManagerStats TradingStats TradingSuiteStats"
    ),
    ".trading": "DomType OrderSide OrderStatus OrderType OrderbookSide PositionType TradeLogType",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
