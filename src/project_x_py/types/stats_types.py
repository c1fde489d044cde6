"""Dictionaries that statistics return: measured values only.

Times carry their unit in the name, memory is in MB, timestamps are ISO-8601 text. A figure that has
no meaning yet is None; one of type None is measured by nothing here, because there is no such thing
or because to measure it would cost more than it tells.
"""

from typing import NotRequired, TypedDict

__all__ = [
    "CacheStats",
    "ComponentStats",
    "ComprehensiveStats",
    "ConnectionStats",
    "ErrorInfo",
    "ErrorStats",
    "HTTPClientStats",
    "HealthStats",
    "MemoryUsageStats",
    "OrderComponentStats",
    "OrderManagerStats",
    "OrderbookStats",
    "PerformanceStats",
    "PositionComponentStats",
    "PositionManagerStats",
    "RealtimeConnectionStats",
    "RealtimeDataManagerStats",
    "RiskManagerStats",
    "TradingStats",
    "TradingSuiteStats",
]


class CacheStats(TypedDict):
    """Counters of a cache."""

    cache_hits: int
    cache_misses: int
    cache_hit_rate: float
    items_cached: int
    total_size_mb: float
    avg_item_size_kb: float
    avg_lookup_time_ms: None
    evictions: int
    ttl_expirations: int
    memory_limit_mb: None
    memory_usage_mb: float
    memory_pressure: None


class ComponentStats(TypedDict):
    """State of one part of a suite."""

    name: str
    status: str
    uptime_seconds: int
    last_activity: str | None
    error_count: int
    memory_usage_mb: float
    performance_metrics: NotRequired[dict[str, object]]


class OrderComponentStats(ComponentStats):
    """State of the orders, with the share of orders that were filled, 0 to 1."""

    fill_rate: float


class PositionComponentStats(ComponentStats):
    """State of the positions, with the share of closed trades that won, 0 to 1."""

    win_rate: float | None


class TradingSuiteStats(TypedDict):
    """State of a suite."""

    suite_id: str
    instrument: str
    created_at: str
    uptime_seconds: int
    status: str
    connected: bool
    components: dict[str, ComponentStats]
    realtime_connected: bool
    user_hub_connected: bool
    market_hub_connected: bool
    total_api_calls: int
    api_success_rate: float
    """Share of the requests that were answered well, 0 to 1."""
    successful_api_calls: int
    failed_api_calls: int
    avg_response_time_ms: float
    cache_hit_rate: float
    memory_usage_mb: float
    active_subscriptions: int
    message_queue_size: int
    features_enabled: list[str]
    timeframes: list[str]
    total_errors: NotRequired[int]
    health_score: NotRequired[float]


class HealthStats(TypedDict):
    """Health from 0 to 100, and what keeps it down."""

    overall_score: float
    component_scores: dict[str, float]
    issues: list[str]


class PerformanceStats(TypedDict):
    """Figures of REST calls; times in milliseconds."""

    api_calls_total: int
    cache_hit_rate: float
    avg_response_time: float
    requests_per_second: float


class ErrorInfo(TypedDict):
    """One error that was counted."""

    timestamp: str | None
    component: str
    error_type: str
    message: str
    severity: str


class ErrorStats(TypedDict):
    """Counters of errors; the rate is per minute."""

    total_errors: int
    error_rate: float
    errors_by_component: dict[str, int]
    recent_errors: list[ErrorInfo]


class ConnectionStats(TypedDict):
    """State of the connections by name; uptime in seconds."""

    active_connections: int
    connection_status: dict[str, str]
    connection_uptime: dict[str, float]


class TradingStats(TypedDict):
    """Trading of the day; money is dollars."""

    orders_today: int
    fills_today: int
    active_positions: int
    pnl_today: float | None


class OrderManagerStats(TypedDict):
    """Counters of the order manager."""

    orders_placed: int
    orders_filled: int
    orders_cancelled: int
    orders_rejected: int
    orders_modified: int
    fill_rate: float
    avg_fill_time_ms: float
    rejection_rate: float
    market_orders: int
    limit_orders: int
    stop_orders: int
    bracket_orders: int
    last_order_time: str | None
    avg_order_response_time_ms: float
    fastest_fill_ms: float
    slowest_fill_ms: float
    total_volume: int
    total_value: float
    avg_order_size: float
    largest_order: int
    risk_violations: int
    order_validation_failures: int


class PositionManagerStats(TypedDict):
    """Counters of the position manager; money is dollars."""

    open_positions: int
    closed_positions: int
    total_positions: int
    total_pnl: float | None
    realized_pnl: float
    unrealized_pnl: float | None
    best_position_pnl: float | None
    worst_position_pnl: float | None
    avg_position_size: float | None
    largest_position: int
    avg_hold_time_minutes: float | None
    longest_hold_time_minutes: float | None
    win_rate: float | None
    profit_factor: float | None
    sharpe_ratio: float | None
    max_drawdown: float | None
    total_risk: float | None
    max_position_risk: float | None
    portfolio_correlation: None
    var_95: None
    position_updates: int
    risk_calculations: int
    last_position_update: str | None


class RealtimeDataManagerStats(TypedDict):
    """Counters of the real-time data manager. The last three are kept by nothing, and absent."""

    bars_processed: int
    ticks_processed: int
    quotes_processed: int
    trades_processed: int
    timeframe_stats: dict[str, dict[str, int]]
    avg_processing_time_ms: float | None
    """Of a print; measured on its way from the hubs, so None where a manager alone is asked."""
    data_latency_ms: float
    buffer_utilization: float
    total_bars_stored: int
    memory_usage_mb: float
    compression_ratio: float
    updates_per_minute: float
    last_update: str | None
    data_freshness_seconds: float
    data_validation_errors: int
    connection_interruptions: int
    recovery_attempts: int
    overflow_stats: NotRequired[dict[str, object]]
    buffer_overflow_stats: NotRequired[dict[str, object]]
    lock_optimization_stats: NotRequired[dict[str, object]]


class OrderbookStats(TypedDict):
    """Counters of the order book."""

    avg_bid_depth: int
    avg_ask_depth: int
    max_bid_depth: int
    max_ask_depth: int
    trades_processed: int
    avg_trade_size: float
    largest_trade: int
    total_volume: int
    avg_spread: float
    spread_volatility: float
    price_levels: int
    order_clustering: float
    icebergs_detected: int
    spoofing_alerts: int
    unusual_patterns: int
    update_frequency_per_second: float
    processing_latency_ms: float
    memory_usage_mb: float
    data_gaps: int
    invalid_updates: int
    duplicate_updates: int


class RiskManagerStats(TypedDict):
    """Counters of the risk manager; money is dollars."""

    rules_evaluated: int
    rule_violations: int
    rule_warnings: int
    rules_passed: int
    total_risk_exposure: float
    max_position_risk: float
    portfolio_risk: float | None
    var_95: None
    max_loss_limit: float | None
    daily_loss_limit: float
    position_size_limit: int
    leverage_limit: None
    stop_losses_triggered: int
    margin_calls: None
    risk_alerts: int
    emergency_stops: None
    risk_calculations_per_second: float
    avg_calculation_time_ms: None
    memory_usage_mb: float
    managed_trades_active: int
    managed_trades_completed: int
    managed_trades_stopped: None
    avg_trade_duration_minutes: None
    sharpe_ratio: float | None
    sortino_ratio: None
    max_drawdown: float | None
    risk_adjusted_return: None


class RealtimeConnectionStats(TypedDict):
    """Counters of the hub connections."""

    user_hub_connected: bool
    market_hub_connected: bool
    connection_uptime_seconds: int
    reconnection_attempts: int
    last_reconnection: str | None
    connection_stability_score: float | None
    messages_sent: int
    messages_received: int
    message_queue_size: int
    avg_message_latency_ms: float | None
    subscriptions_active: int
    data_rate_per_second: float
    bandwidth_usage_kbps: float
    connection_errors: int
    message_errors: int
    timeout_errors: int
    last_error: str | None


class HTTPClientStats(TypedDict):
    """Counters of REST calls."""

    total_requests: int
    successful_requests: int
    failed_requests: int
    avg_response_time_ms: float
    fastest_request_ms: float | None
    slowest_request_ms: float | None
    response_codes: dict[str, int]
    rate_limit_hits: int
    retry_attempts: int
    backoff_delays_ms: list[float]
    cache_hits: int
    cache_misses: int
    cache_hit_rate: float
    active_connections: int
    connection_reuse_rate: None


class MemoryUsageStats(TypedDict):
    """Memory in use."""

    total_memory_mb: float | None
    used_memory_mb: float | None
    available_memory_mb: float | None
    memory_usage_percent: float | None
    component_memory: dict[str, float]
    gc_collections: int
    gc_time_ms: None
    objects_tracked: None
    memory_alerts: int
    out_of_memory_errors: None
    cleanup_operations: None
    last_cleanup: None


class ComprehensiveStats(TypedDict):
    """The statistics of a suite in full."""

    suite: TradingSuiteStats
    health: NotRequired[HealthStats]
    performance: NotRequired[PerformanceStats]
    errors: NotRequired[ErrorStats]
    connections: NotRequired[ConnectionStats]
    trading: NotRequired[TradingStats]
    order_manager: NotRequired[OrderManagerStats]
    position_manager: NotRequired[PositionManagerStats]
    data_manager: NotRequired[RealtimeDataManagerStats]
    orderbook: NotRequired[OrderbookStats]
    risk_manager: NotRequired[RiskManagerStats]
    realtime: NotRequired[RealtimeConnectionStats]
    http_client: NotRequired[HTTPClientStats]
    cache: NotRequired[CacheStats]
    memory: NotRequired[MemoryUsageStats]
    latency: NotRequired[dict[str, dict[str, float]]]
    """By stage: count, mean_ms, p50_ms, p95_ms, p99_ms, max_ms."""
    handlers: NotRequired[dict[str, dict[str, float]]]
    """By name: delivered, waiting, conflated, errors, mean_ms, longest_ms, behind_ms, slow."""
    generated_at: str
    collection_time_ms: float
