"""Dictionaries that analyses return.

A figure that cannot be measured is left to the part that returns it: it says None or leaves the
dictionary out, and never makes one up. Timestamps are ISO-8601 text.
"""

from typing import NotRequired, TypedDict

__all__ = [
    "ComprehensiveAnalysisResponse",
    "ConnectionStatsResponse",
    "ErrorResponse",
    "HealthStatusResponse",
    "IcebergDetectionResponse",
    "LiquidityAnalysisResponse",
    "MarketImpactResponse",
    "MemoryStatsResponse",
    "OrderStatsResponse",
    "OrderbookAnalysisResponse",
    "PerformanceStatsResponse",
    "PortfolioMetricsResponse",
    "PositionAnalysisResponse",
    "PositionSizingResponse",
    "RiskAnalysisResponse",
    "RiskValidationResponse",
    "SpoofingDetectionResponse",
    "TradeAnalysisResponse",
    "VolumeProfileListResponse",
    "VolumeProfileResponse",
]


class OrderbookAnalysisResponse(TypedDict):
    """Figures of a book at one instant; None where nothing is known."""

    bid_depth: int
    ask_depth: int
    total_bid_size: int
    total_ask_size: int
    avg_bid_size: float | None
    avg_ask_size: float | None
    price_levels: int
    order_clustering: float | None
    imbalance: float | None
    spread: float | None
    mid_price: float | None
    weighted_mid_price: float | None
    volume_weighted_avg_price: float | None
    time_weighted_avg_price: float | None
    timestamp: str


class LiquidityAnalysisResponse(TypedDict):
    """Liquidity around the market; None where nothing is known."""

    bid_liquidity: float
    ask_liquidity: float
    total_liquidity: float
    avg_spread: float | None
    spread_volatility: float | None
    liquidity_score: float | None
    market_depth_score: float | None
    resilience_score: float | None
    tightness_score: float | None
    immediacy_score: float | None
    depth_imbalance: float | None
    effective_spread: float | None
    realized_spread: float | None
    price_impact: float | None
    timestamp: str
    spread_trend: NotRequired[float | None]
    spread_distribution: NotRequired[dict[float, float]]


class RiskAnalysisResponse(TypedDict):
    """Risk in use against its limits; money is dollars, None where nothing is known."""

    current_risk: float | None
    max_risk: float | None
    daily_loss: float | None
    daily_loss_limit: float | None
    position_count: int
    position_limit: int | None
    daily_trades: int
    daily_trade_limit: int | None
    win_rate: float | None
    profit_factor: float | None
    sharpe_ratio: float | None
    max_drawdown: float | None
    position_risks: list[dict[str, object]]
    risk_per_trade: float | None
    account_balance: float
    margin_used: float | None
    margin_available: float | None


class PerformanceStatsResponse(TypedDict):
    """Counters of REST calls and caches."""

    api_calls: int
    cache_hits: int
    cache_misses: int
    cache_hit_ratio: float
    total_requests: int
    active_connections: int


class VolumeProfileResponse(TypedDict):
    """One level of a volume profile."""

    price_min: float
    price_max: float
    volume: int
    percentage: float
    value_area_high: float
    value_area_low: float
    point_of_control: float
    profile_type: str
    total_volume: int
    session_info: dict[str, object]


class VolumeProfileListResponse(TypedDict):
    """A volume profile, level by level."""

    levels: list[VolumeProfileResponse]
    total_volume: int
    price_range: float
    value_area_volume_percent: float
    session_start: str
    session_end: str
    analysis_timestamp: str


class ComprehensiveAnalysisResponse(TypedDict):
    """The analyses of a market in one."""

    market_structure: OrderbookAnalysisResponse
    liquidity_analysis: LiquidityAnalysisResponse
    risk_metrics: RiskAnalysisResponse
    performance_stats: PerformanceStatsResponse
    volume_profile: VolumeProfileListResponse
    detected_patterns: list[str]
    market_regime: str
    confidence_score: float
    analysis_timestamp: str
    recommendations: list[str]


class ConnectionStatsResponse(TypedDict):
    """Counters of the connections."""

    active_connections: int
    total_connections: int
    failed_connections: int
    connection_success_rate: float
    avg_connection_time_ms: float
    websocket_connections: int
    http_connections: int
    reconnection_attempts: int
    last_reconnection: str | None
    uptime_seconds: int
    data_sent_bytes: int
    data_received_bytes: int
    messages_sent: int
    messages_received: int


class ErrorResponse(TypedDict):
    """An error in full."""

    error_code: int
    error_message: str
    error_type: str
    error_category: str
    timestamp: str
    request_id: str
    endpoint: str
    method: str
    user_message: str
    technical_details: NotRequired[dict[str, object]]
    suggested_action: NotRequired[str]
    retry_after_seconds: NotRequired[int]


class HealthStatusResponse(TypedDict):
    """State of the client and what it talks to."""

    status: str
    timestamp: str
    uptime_seconds: int
    api_version: str
    connection_status: str
    database_status: str
    cache_status: str
    websocket_status: str
    last_heartbeat: str
    response_time_ms: float


class IcebergDetectionResponse(TypedDict):
    """A price level that keeps refilling."""

    price: float
    side: str
    visible_size: int
    total_volume: int
    refill_count: int
    avg_refill_size: float
    time_active_minutes: float
    confidence: float
    pattern: str
    first_detected: str
    last_refresh: str


class MarketImpactResponse(TypedDict):
    """What an order of some size would cost; None where nothing is known."""

    estimated_fill_price: float | None
    price_impact_pct: float | None
    spread_cost: float | None
    market_impact_cost: float | None
    total_transaction_cost: float | None
    levels_consumed: int
    remaining_liquidity: float
    confidence_level: float
    slippage_estimate: float | None
    timing_risk: float | None
    liquidity_premium: float | None
    implementation_shortfall: float | None
    timestamp: str


class MemoryStatsResponse(TypedDict):
    """Memory in use."""

    total_memory_mb: float
    used_memory_mb: float
    available_memory_mb: float
    memory_usage_percent: float
    cache_size_mb: float
    buffer_size_mb: float
    gc_collections: int
    gc_time_ms: float
    objects_tracked: int
    memory_leaks_detected: int
    last_cleanup: str
    next_cleanup: str


class OrderStatsResponse(TypedDict):
    """Counters of an account's orders."""

    orders_placed: int
    orders_filled: int
    orders_cancelled: int
    orders_rejected: int
    orders_modified: int
    bracket_orders: int
    fill_rate: float
    cancellation_rate: float
    rejection_rate: float
    avg_fill_time_seconds: float
    avg_fill_price: float
    total_volume: int
    total_fees: float
    slippage_avg_ticks: float
    last_order_time: str | None
    performance_score: float


class PortfolioMetricsResponse(TypedDict):
    """Figures of an account's trading; money is dollars, None where nothing is known."""

    total_value: float | None
    total_pnl: float | None
    realized_pnl: float
    unrealized_pnl: float | None
    daily_pnl: float | None
    weekly_pnl: float | None
    monthly_pnl: float | None
    ytd_pnl: float | None
    total_return: float | None
    annualized_return: float | None
    sharpe_ratio: float | None
    sortino_ratio: float | None
    max_drawdown: float | None
    win_rate: float | None
    profit_factor: float | None
    avg_win: float | None
    avg_loss: float | None
    total_trades: int
    winning_trades: int
    losing_trades: int
    largest_win: float | None
    largest_loss: float | None
    avg_trade_duration_minutes: float | None
    last_updated: str


class PositionAnalysisResponse(TypedDict):
    """Figures of one position; money is dollars, None where nothing is known."""

    position_id: int
    contract_id: str
    entry_price: float
    current_price: float | None
    unrealized_pnl: float | None
    position_size: int
    position_value: float | None
    margin_used: float | None
    duration_minutes: int
    high_water_mark: float | None
    low_water_mark: float | None
    max_unrealized_pnl: float | None
    min_unrealized_pnl: float | None
    volatility: float | None
    beta: float | None
    delta_exposure: float | None
    gamma_exposure: float
    theta_decay: float
    risk_contribution: float | None
    analysis_timestamp: str
    error: NotRequired[str]


class PositionSizingResponse(TypedDict):
    """A position size and the risk it carries, in dollars."""

    position_size: int
    risk_amount: float
    risk_percent: float
    entry_price: float
    stop_loss: float
    tick_size: float
    account_balance: float
    kelly_fraction: float | None
    max_position_size: int
    sizing_method: str


class RiskValidationResponse(TypedDict):
    """Whether an order may be placed, and why not."""

    is_valid: bool
    reasons: list[str]
    warnings: list[str]
    current_risk: float
    daily_loss: float
    daily_trades: int
    position_count: int
    portfolio_risk: float


class SpoofingDetectionResponse(TypedDict):
    """A pattern of orders placed to be cancelled."""

    price: float
    side: str
    order_size: int
    placement_frequency: float
    cancellation_rate: float
    time_to_cancel_avg_seconds: float | None
    distance_from_market: float | None
    confidence: float
    pattern: str
    first_detected: str
    last_detected: str
    total_instances: int


class TradeAnalysisResponse(TypedDict):
    """Quality of one fill."""

    trade_id: int
    execution_price: float
    market_price_at_execution: float
    slippage_ticks: float
    slippage_dollars: float
    timing_cost: float
    market_impact: float
    fill_quality_score: float
    venue_liquidity: float
    spread_at_execution: float
    volume_participation_rate: float
    price_improvement: float
    execution_shortfall: float
    benchmark_comparison: str
    execution_timestamp: str
