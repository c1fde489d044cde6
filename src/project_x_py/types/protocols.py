"""What a program that is handed the parts of a suite may rely on.

Structural types for user code and its own doubles: each lists the documented calls of one part.
Inside the SDK the parts see each other through smaller ports.

Invariant (``tests/typing``): the SDK's own classes satisfy them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    import polars as pl

    from project_x_py.models import (
        Account,
        BracketOrderResponse,
        Instrument,
        Order,
        OrderPlaceResponse,
        Position,
        Trade,
    )
    from project_x_py.types.base import CallbackType
    from project_x_py.types.trading import OrderStatus, OrderType

__all__ = [
    "OrderManagerProtocol",
    "PositionManagerProtocol",
    "ProjectXClientProtocol",
    "ProjectXRealtimeClientProtocol",
    "RealtimeDataManagerProtocol",
]


class ProjectXClientProtocol(Protocol):
    """A REST client."""

    async def authenticate(self) -> None: ...

    async def list_accounts(self) -> list[Account]: ...

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument: ...

    async def search_instruments(self, query: str, live: bool = False) -> list[Instrument]: ...

    async def get_bars(
        self,
        symbol: str,
        days: int = 8,
        interval: int = 5,
        unit: int = 2,
        limit: int | None = None,
        partial: bool = True,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> pl.DataFrame: ...

    async def search_open_positions(self, account_id: int | None = None) -> list[Position]: ...

    async def search_trades(
        self,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        contract_id: str | None = None,
        account_id: int | None = None,
        limit: int = 100,
    ) -> list[Trade]: ...

    async def get_health_status(self) -> Mapping[str, object]: ...

    async def get_positions(self) -> list[Position]: ...

    def cache_instrument(self, symbol: str, instrument: Instrument) -> None: ...

    def get_cached_instrument(self, symbol: str) -> Instrument | None: ...

    def cache_market_data(self, cache_key: str, data: pl.DataFrame) -> None: ...

    def get_cached_market_data(self, cache_key: str) -> pl.DataFrame | None: ...

    def clear_all_caches(self) -> None: ...


class ProjectXRealtimeClientProtocol(Protocol):
    """A real-time client with its two hubs."""

    async def connect(self) -> bool: ...

    async def disconnect(self) -> None: ...

    async def cleanup(self) -> None: ...

    def is_connected(self) -> bool: ...

    async def subscribe_user_updates(self) -> bool: ...

    async def unsubscribe_user_updates(self) -> bool: ...

    async def subscribe_market_data(self, contract_ids: list[str]) -> bool: ...

    async def unsubscribe_market_data(self, contract_ids: list[str]) -> bool: ...

    async def add_callback(self, event_type: str, callback: CallbackType) -> None: ...

    async def remove_callback(self, event_type: str, callback: CallbackType) -> None: ...

    async def update_jwt_token(self, new_jwt_token: str, timeout: float = 30.0) -> bool: ...

    async def get_health_status(self) -> Mapping[str, object]: ...

    def get_stats(self) -> Mapping[str, object]: ...

    async def setup_connections(self) -> None: ...

    async def configure_health_monitoring(
        self,
        heartbeat_interval: float = 10.0,
        health_threshold: float = 70.0,
        latency_threshold_ms: float = 2000.0,
        max_latency_samples: int = 1000,
    ) -> None: ...

    async def is_connection_healthy(self, threshold: float | None = None) -> bool: ...

    async def force_health_reconnect(self) -> bool: ...

    async def get_performance_metrics(self) -> Mapping[str, object]: ...

    def get_task_stats(self) -> Mapping[str, object]: ...


class RealtimeDataManagerProtocol(Protocol):
    """Bars of one instrument, kept up to date."""

    async def initialize(self, initial_days: int = 1) -> bool: ...

    async def start_realtime_feed(self) -> bool: ...

    async def stop_realtime_feed(self) -> None: ...

    async def cleanup(self) -> None: ...

    async def get_data(
        self, timeframe: str = "5min", bars: int | None = None
    ) -> pl.DataFrame | None: ...

    async def get_current_price(self) -> float | None: ...

    async def get_mtf_data(self) -> dict[str, pl.DataFrame]: ...

    async def add_callback(
        self, event_type: str, callback: Callable[..., Awaitable[None]]
    ) -> None: ...

    async def get_memory_stats(self) -> Mapping[str, object]: ...

    def get_realtime_validation_status(self) -> Mapping[str, object]: ...

    def start_cleanup_task(self) -> None: ...

    async def stop_cleanup_task(self) -> None: ...


class OrderManagerProtocol(Protocol):
    """Places, changes and cancels orders."""

    async def place_order(
        self,
        contract_id: str,
        order_type: int,
        side: int,
        size: int,
        limit_price: float | None = None,
        stop_price: float | None = None,
        trail_price: float | None = None,
        custom_tag: str | None = None,
        linked_order_id: int | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse: ...

    async def place_market_order(
        self, contract_id: str, side: int, size: int, account_id: int | None = None
    ) -> OrderPlaceResponse: ...

    async def place_limit_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        limit_price: float,
        account_id: int | None = None,
    ) -> OrderPlaceResponse: ...

    async def place_stop_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        stop_price: float,
        account_id: int | None = None,
    ) -> OrderPlaceResponse: ...

    async def place_trailing_stop_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        trail_price: float,
        account_id: int | None = None,
    ) -> OrderPlaceResponse: ...

    async def place_bracket_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        entry_price: float | None,
        stop_loss_price: float,
        take_profit_price: float,
        entry_type: str = "limit",
        account_id: int | None = None,
    ) -> BracketOrderResponse: ...

    async def modify_order(
        self,
        order_id: int,
        limit_price: float | None = None,
        stop_price: float | None = None,
        size: int | None = None,
    ) -> bool: ...

    async def cancel_order(self, order_id: int, account_id: int | None = None) -> bool: ...

    async def search_open_orders(
        self,
        contract_id: str | None = None,
        side: int | None = None,
        account_id: int | None = None,
    ) -> list[Order]: ...

    async def get_order_by_id(self, order_id: int) -> Order | None: ...

    async def close_position(
        self,
        contract_id: str,
        method: str = "market",
        limit_price: float | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None: ...

    async def cancel_position_orders(
        self,
        contract_id: str,
        order_types: list[str] | None = None,
        account_id: int | None = None,
    ) -> Mapping[str, object]: ...

    async def get_position_orders(
        self,
        contract_id: str,
        order_types: list[str | OrderType] | None = None,
        status: OrderStatus | None = None,
    ) -> Mapping[str, list[Order]]: ...

    async def sync_orders_with_position(
        self,
        contract_id: str,
        target_size: int,
        cancel_orphaned: bool = True,
        account_id: int | None = None,
    ) -> Mapping[str, object]: ...

    async def update_position_order_sizes(
        self, contract_id: str, new_size: int, account_id: int | None = None
    ) -> Mapping[str, object]: ...

    async def on_position_changed(
        self, contract_id: str, old_size: int, new_size: int, account_id: int | None = None
    ) -> None: ...

    async def on_position_closed(self, contract_id: str, account_id: int | None = None) -> None: ...

    async def track_order_for_position(
        self,
        contract_id: str,
        order_id: int,
        order_type: str = "entry",
        account_id: int | None = None,
        meta: dict[str, Any] | None = None,
    ) -> None: ...

    def untrack_order(self, order_id: int) -> None: ...

    def clear_order_tracking(self) -> None: ...

    async def get_tracked_order_status(
        self, order_id: int, wait_for_cache: bool = False
    ) -> dict[str, Any] | None: ...

    def get_memory_stats(self) -> Mapping[str, object]: ...


class PositionManagerProtocol(Protocol):
    """Knows the positions and what they are worth."""

    async def get_all_positions(self, account_id: int | None = None) -> list[Position]: ...

    async def get_position(
        self, contract_id: str, account_id: int | None = None
    ) -> Position | None: ...

    async def refresh_positions(self, account_id: int | None = None) -> bool: ...

    async def calculate_position_pnl(
        self,
        position: Position,
        current_price: float | None = None,
        point_value: float | None = None,
    ) -> Mapping[str, object]: ...

    async def get_portfolio_pnl(self, account_id: int | None = None) -> Mapping[str, object]: ...

    async def get_risk_metrics(self) -> Mapping[str, object]: ...

    async def get_position_statistics(self) -> Mapping[str, object]: ...

    async def close_position_direct(
        self, contract_id: str, account_id: int | None = None
    ) -> Mapping[str, object]: ...

    async def partially_close_position(
        self, contract_id: str, close_size: int, account_id: int | None = None
    ) -> Mapping[str, object]: ...

    async def stop_monitoring(self) -> None: ...
