"""Settings as dictionaries; every key that may be left out has a default in the part it sets."""

from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

__all__ = [
    "BacktestConfig",
    "CacheConfig",
    "DataManagerConfig",
    "EnvironmentConfig",
    "FeatureConfig",
    "HTTPConfig",
    "IndicatorConfig",
    "LoggingConfig",
    "MemoryManagementConfig",
    "OrderManagerConfig",
    "OrderbookConfig",
    "PositionManagerConfig",
    "ProjectXSDKConfig",
    "RateLimitConfig",
    "RealtimeConfig",
    "RiskConfig",
    "TradingSuiteConfig",
    "WebSocketConfig",
]


class BacktestConfig(TypedDict):
    """Settings of a backtest; dates are ISO-8601, money is dollars."""

    start_date: str
    end_date: str
    initial_capital: float
    commission_per_trade: float
    slippage_bps: int
    benchmark: NotRequired[str]
    rebalance_frequency: NotRequired[str]
    enable_short_selling: NotRequired[bool]
    max_leverage: NotRequired[float]
    margin_requirement: NotRequired[float]


class CacheConfig(TypedDict, total=False):
    """Settings of the instrument and bar caches."""

    enabled: bool
    max_size: int
    ttl_seconds: int
    cleanup_interval: int
    persistence: bool
    compression: bool
    memory_limit_mb: int
    eviction_policy: str


class DataManagerConfig(TypedDict, total=False):
    """Settings of the real-time data manager."""

    max_bars_per_timeframe: int
    enable_tick_data: bool
    enable_level2_data: bool
    buffer_size: int
    compression_enabled: bool
    data_validation: bool
    auto_cleanup: bool
    cleanup_interval_minutes: int
    historical_data_cache: bool
    cache_expiry_hours: int
    timezone: str
    initial_days: int
    enable_dynamic_limits: bool
    resource_config: dict[str, object]


class EnvironmentConfig(TypedDict):
    """The surroundings a program runs in."""

    environment: Literal["development", "staging", "production"]
    debug_mode: NotRequired[bool]
    verbose_logging: NotRequired[bool]
    enable_profiling: NotRequired[bool]
    mock_external_services: NotRequired[bool]
    test_mode: NotRequired[bool]
    feature_flags: NotRequired[dict[str, bool]]
    external_service_urls: NotRequired[dict[str, str]]


class FeatureConfig(TypedDict, total=False):
    """Features by name."""

    orderbook: bool
    realtime_tracking: bool
    risk_management: bool
    portfolio_analytics: bool
    pattern_detection: bool
    advanced_orders: bool
    market_scanner: bool
    backtesting: bool


class HTTPConfig(TypedDict):
    """Settings of REST calls."""

    base_url: str
    timeout_seconds: NotRequired[int]
    max_retries: NotRequired[int]
    retry_delay_seconds: NotRequired[float]
    verify_ssl: NotRequired[bool]
    follow_redirects: NotRequired[bool]
    max_redirects: NotRequired[int]
    connection_pool_size: NotRequired[int]
    keep_alive: NotRequired[bool]
    headers: NotRequired[dict[str, str]]


class IndicatorConfig(TypedDict, total=False):
    """Settings of indicators."""

    cache_results: bool
    parallel_calculation: bool
    precision: int
    smoothing_factor: float
    lookback_periods: int
    enable_volume_indicators: bool
    enable_momentum_indicators: bool
    enable_volatility_indicators: bool
    custom_periods: dict[str, int]


class LoggingConfig(TypedDict):
    """Settings of logging."""

    level: str
    format: NotRequired[str]
    handlers: NotRequired[list[str]]
    file_path: NotRequired[str]
    max_file_size_mb: NotRequired[int]
    backup_count: NotRequired[int]
    enable_structured_logging: NotRequired[bool]
    include_timestamps: NotRequired[bool]
    include_thread_info: NotRequired[bool]
    log_performance_metrics: NotRequired[bool]


class OrderManagerConfig(TypedDict, total=False):
    """Settings of the order manager."""

    enable_bracket_orders: bool
    enable_trailing_stops: bool
    enable_stop_limit: bool
    auto_risk_management: bool
    max_order_size: int
    max_orders_per_minute: int
    default_order_type: str
    enable_order_validation: bool
    require_confirmation: bool
    auto_cancel_on_close: bool
    order_timeout_minutes: int
    status_check_max_attempts: int
    status_check_initial_delay: float
    status_check_backoff_factor: float
    status_check_max_delay: float
    status_check_circuit_breaker_threshold: int
    status_check_circuit_breaker_reset_time: float


class OrderbookConfig(TypedDict, total=False):
    """Settings of the order book."""

    max_depth_levels: int
    max_trade_history: int
    enable_market_by_order: bool
    enable_analytics: bool
    enable_pattern_detection: bool
    snapshot_interval_seconds: int
    memory_limit_mb: int
    compression_level: int
    enable_delta_updates: bool
    price_precision: int


class PositionManagerConfig(TypedDict, total=False):
    """Settings of the position manager."""

    enable_risk_monitoring: bool
    auto_stop_loss: bool
    auto_take_profit: bool
    max_position_size: int
    max_portfolio_risk: float
    position_sizing_method: str
    enable_correlation_analysis: bool
    enable_portfolio_rebalancing: bool
    rebalance_frequency_minutes: int
    risk_calculation_interval: int


class TradingSuiteConfig(TypedDict, total=False):
    """Settings of a suite."""

    features: list[str]
    timeframes: list[str]
    initial_days: int
    auto_connect: bool
    enable_logging: bool
    log_level: str
    performance_mode: bool


class RealtimeConfig(TypedDict, total=False):
    """Settings of the hub connections."""

    reconnect_attempts: int
    reconnect_delay_seconds: float
    heartbeat_interval_seconds: int
    message_timeout_seconds: int
    enable_compression: bool
    buffer_size: int
    max_message_size: int
    ping_interval_seconds: int
    connection_timeout_seconds: int
    keep_alive: bool


class WebSocketConfig(TypedDict):
    """Settings of one WebSocket."""

    url: str
    protocols: NotRequired[list[str]]
    headers: NotRequired[dict[str, str]]
    compression: NotRequired[str]
    max_size: NotRequired[int]
    max_queue: NotRequired[int]
    ping_interval: NotRequired[float]
    ping_timeout: NotRequired[float]
    close_timeout: NotRequired[float]
    user_agent_header: NotRequired[str]


class RateLimitConfig(TypedDict, total=False):
    """Settings of the request budget."""

    requests_per_minute: int
    burst_limit: int
    backoff_strategy: str
    max_backoff_seconds: float
    enable_jitter: bool
    track_by_endpoint: bool
    global_limit: bool
    per_connection_limit: int


class RiskConfig(TypedDict, total=False):
    """Settings of risk figures; the risk manager has a class of the same name for its limits."""

    var_confidence_level: float
    lookback_days: int
    monte_carlo_simulations: int
    stress_test_scenarios: list[str]
    correlation_threshold: float
    max_correlation: float
    enable_scenario_analysis: bool
    risk_calculation_frequency: str


class ProjectXSDKConfig(TypedDict, total=False):
    """All settings of a program by subject."""

    environment: EnvironmentConfig
    logging: LoggingConfig
    trading_suite: TradingSuiteConfig
    order_manager: OrderManagerConfig
    position_manager: PositionManagerConfig
    data_manager: DataManagerConfig
    orderbook: OrderbookConfig
    realtime: RealtimeConfig
    websocket: WebSocketConfig
    http: HTTPConfig
    cache: CacheConfig
    rate_limit: RateLimitConfig
    memory: dict[str, object]
    indicators: IndicatorConfig
    risk: RiskConfig
    backtest: BacktestConfig


@dataclass
class MemoryManagementConfig:
    """Limits on memory; sizes in MB, intervals in seconds."""

    max_memory_mb: int = 512
    gc_threshold: float = 0.8
    cleanup_interval_seconds: int = 300
    enable_memory_monitoring: bool = True
    memory_alerts: bool = True
    alert_threshold_mb: int = 400
    auto_optimize: bool = True
    debug_memory_usage: bool = False
