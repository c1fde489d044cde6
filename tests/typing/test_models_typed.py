"""Models, configuration and utilities as a user types them; mypy reads it, pytest runs it."""

from __future__ import annotations

from typing import Any, assert_type

from project_x_py.config import ConfigManager, ProjectXConfig, create_custom_config
from project_x_py.exceptions import ProjectXConnectionError, ProjectXError
from project_x_py.models import (
    BracketOrderResponse,
    Instrument,
    Order,
    OrderPlaceResponse,
    Position,
    Trade,
)
from project_x_py.types import OrderSide, OrderStatus, OrderType, PositionType
from project_x_py.types.config_types import OrderbookConfig
from project_x_py.utils import (
    calculate_position_sizing,
    convert_timeframe_to_seconds,
    get_env_var,
    round_to_tick_size,
)

CONTRACT = "CON.F.US.MGC.M25"
TIME = "2024-01-01T10:00:00Z"


def test_models_are_typed() -> None:
    """Fields, properties and readers have the documented types."""
    order = Order(
        1, 2, CONTRACT, TIME, None, OrderStatus.OPEN, OrderType.LIMIT, OrderSide.BUY, size=5
    )
    assert_type(order.status, int)
    assert_type(order.fillVolume, int | None)
    assert_type(order.filled_percent, float)
    assert_type(order.to_dict(), dict[str, Any])
    assert_type(Order.from_api(order.to_dict()), Order)
    position = Position(1, 2, CONTRACT, TIME, PositionType.LONG, 5, 2050.0)
    assert_type(position["size"], int | float | str)
    assert_type(position.unrealized_pnl(2051.0, 10.0, tick_size=0.1), float)
    trade = Trade(1, 2, CONTRACT, TIME, 2050.0, None, 0.5, 0, 1, False, 3)
    assert_type(trade.profitAndLoss, float | None)
    placed = OrderPlaceResponse(1, True, 0, None)
    bracket = BracketOrderResponse(
        True, 1, 2, 3, 2050.0, 2040.0, 2070.0, placed, placed, placed, None
    )
    assert_type(bracket.entry_response, OrderPlaceResponse | None)
    instrument = Instrument(CONTRACT, "MGCM5", "Micro gold", 0.1, 1.0, True)
    assert_type(instrument.symbolId, str | None)


def test_configuration_is_typed() -> None:
    """Configurations and their dictionaries have the documented types."""
    config = create_custom_config("https://a.com/u", "https://a.com/m", timeout_seconds=10)
    assert_type(config, ProjectXConfig)
    assert_type(config.retry_delay_seconds, float)
    assert_type(ConfigManager().validate_config(config), bool)
    book: OrderbookConfig = {"max_depth_levels": 10}
    assert book.get("max_trade_history") is None


def test_errors_and_utilities_are_typed() -> None:
    """Errors carry a code and data; the utilities answer plain values."""
    error = ProjectXConnectionError("cut", sent=True)
    assert_type(error.error_code, int | None)
    assert_type(error.response_data, dict[str, Any])
    assert isinstance(error, ProjectXError)
    assert_type(convert_timeframe_to_seconds("5min"), int)
    assert_type(round_to_tick_size(1.13, 0.25), float)
    assert_type(get_env_var("HOME", "x"), str)
    assert_type(get_env_var("HOME"), str | None)
    assert_type(calculate_position_sizing(1e5, 0.01, 100.0, 99.0)["position_size"], Any)
