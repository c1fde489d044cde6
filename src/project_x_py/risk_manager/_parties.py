"""Whom a risk manager works with, as small ports.

Invariant (``tests/typing``): the managers of this package's neighbours satisfy them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    import polars as pl

    from project_x_py._core.orders.trade import EntryState
    from project_x_py._ports import OpenOrders, PositionMoney
    from project_x_py.models import BracketOrderResponse, Order, OrderPlaceResponse, Position

__all__ = [
    "BarSource",
    "LastPrice",
    "NotedOrders",
    "Notes",
    "RiskOrders",
    "RiskPositions",
    "TradeOrders",
    "TradePositions",
    "TradingOrders",
]


class Notes(Protocol):
    """What is to be found again in the next run."""

    def keep(self, kind: str, name: str, content: object) -> None: ...

    def drop(self, kind: str, name: str) -> None: ...

    def found(self, kind: str) -> dict[str, bytes]: ...


class NotedOrders(Protocol):
    """Knows orders, and keeps notes beside them."""

    @property
    def memos(self) -> Notes: ...

    async def get_order_by_id(self, order_id: int) -> Order | None: ...


class RiskOrders(NotedOrders, Protocol):
    """Places and moves protective orders."""

    @property
    def position_door(self) -> OpenOrders: ...

    async def add_stop_loss(
        self,
        contract_id: str,
        stop_price: float | Decimal,
        size: int | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None: ...

    async def add_take_profit(
        self,
        contract_id: str,
        limit_price: float | Decimal,
        size: int | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None: ...

    async def track_oco_pair(self, order1_id: int, order2_id: int) -> None: ...

    async def modify_order(
        self,
        order_id: int,
        limit_price: float | Decimal | None = None,
        stop_price: float | Decimal | None = None,
        size: int | None = None,
    ) -> bool: ...

    async def search_open_orders(
        self,
        contract_id: str | None = None,
        side: int | None = None,
        account_id: int | None = None,
    ) -> list[Order]: ...


class RiskPositions(Protocol):
    """Knows positions and money."""

    @property
    def money(self) -> PositionMoney: ...


class BarSource(Protocol):
    """Knows bars."""

    async def get_data(
        self, timeframe: str = ..., bars: int | None = None
    ) -> pl.DataFrame | None: ...


class TradeOrders(Protocol):
    """Enters under guard, leaves, moves stops, and knows how each entry stands."""

    async def enter(
        self,
        contract_id: str,
        side: int,
        size: int,
        prices: tuple[float | None, float, float | None],
        entry_type: str,
        began: Callable[[str], None],
    ) -> BracketOrderResponse: ...

    def state(self, tag: str) -> EntryState | None: ...

    def unprotected_ns(self, tag: str) -> int: ...

    async def exit(
        self, tag: str, size: int, limit_price: float | Decimal | None = None
    ) -> OrderPlaceResponse: ...

    async def move_stop(self, tag: str, stop: int) -> bool: ...

    async def give_up(self, tag: str) -> bool: ...

    async def changed(self, timeout_s: float) -> None: ...


class TradingOrders(Protocol):
    """An order manager, as a managed trade sees it."""

    @property
    def trade_door(self) -> TradeOrders: ...

    @property
    def last_error(self) -> str | None: ...


class TradePositions(Protocol):
    """A position manager, as a managed trade sees it."""

    async def get_position(
        self, contract_id: str, account_id: int | None = None
    ) -> Position | None: ...

    async def close_all_positions(
        self, contract_id: str | None = None, account_id: int | None = None
    ) -> dict[str, Any]: ...


class LastPrice(Protocol):
    """Knows the last price of one contract."""

    async def get_current_price(self) -> float | None: ...
