"""Small tools for scripts and notebooks, each at home where it is listed below.

A face: nothing inside the package imports from here.

Invariant (``tests/utils/test_face.py``): every name loads on first use, and importing this
package loads no frame library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py._runtime.limiter import RateLimiter
    from project_x_py.utils.environment import get_env_var
    from project_x_py.utils.failures import (
        ErrorContext,
        handle_errors,
        handle_rate_limit,
        retry_on_network_error,
        validate_response,
    )
    from project_x_py.utils.formatting import format_price, format_volume
    from project_x_py.utils.frames import (
        create_data_snapshot,
        get_polars_last_value,
        get_polars_rows,
    )
    from project_x_py.utils.logging_config import LogContext, ProjectXLogger, log_api_call
    from project_x_py.utils.logs import configure_sdk_logging, setup_logging
    from project_x_py.utils.market import (
        convert_timeframe_to_seconds,
        extract_symbol_from_contract_id,
        get_market_session_info,
        is_market_hours,
        validate_contract_id,
    )
    from project_x_py.utils.money import (
        calculate_position_sizing,
        calculate_position_value,
        calculate_risk_reward_ratio,
        calculate_tick_value,
        round_to_tick_size,
    )
    from project_x_py.utils.pattern_detection import detect_candlestick_patterns
    from project_x_py.utils.performance import (
        calculate_correlation_matrix,
        calculate_max_drawdown,
        calculate_portfolio_metrics,
        calculate_sharpe_ratio,
        calculate_volatility_metrics,
    )

__all__ = [
    "ErrorContext",
    "LogContext",
    "ProjectXLogger",
    "RateLimiter",
    "calculate_correlation_matrix",
    "calculate_max_drawdown",
    "calculate_portfolio_metrics",
    "calculate_position_sizing",
    "calculate_position_value",
    "calculate_risk_reward_ratio",
    "calculate_sharpe_ratio",
    "calculate_tick_value",
    "calculate_volatility_metrics",
    "configure_sdk_logging",
    "convert_timeframe_to_seconds",
    "create_data_snapshot",
    "detect_candlestick_patterns",
    "extract_symbol_from_contract_id",
    "format_price",
    "format_volume",
    "get_env_var",
    "get_market_session_info",
    "get_polars_last_value",
    "get_polars_rows",
    "handle_errors",
    "handle_rate_limit",
    "is_market_hours",
    "log_api_call",
    "retry_on_network_error",
    "round_to_tick_size",
    "setup_logging",
    "validate_contract_id",
    "validate_response",
]

_HOMES = {
    ".environment": "get_env_var",
    ".failures": (
        "ErrorContext handle_errors handle_rate_limit retry_on_network_error validate_response"
    ),
    ".formatting": "format_price format_volume",
    ".frames": "create_data_snapshot get_polars_last_value get_polars_rows",
    ".logging_config": "LogContext ProjectXLogger log_api_call",
    ".logs": "configure_sdk_logging setup_logging",
    ".market": (
        "convert_timeframe_to_seconds extract_symbol_from_contract_id get_market_session_info "
        "is_market_hours validate_contract_id"
    ),
    ".money": (
        "calculate_position_sizing calculate_position_value calculate_risk_reward_ratio "
        "calculate_tick_value round_to_tick_size"
    ),
    ".pattern_detection": "detect_candlestick_patterns",
    ".performance": (
        "calculate_correlation_matrix calculate_max_drawdown calculate_portfolio_metrics "
        "calculate_sharpe_ratio calculate_volatility_metrics"
    ),
    "project_x_py._runtime.limiter": "RateLimiter",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
