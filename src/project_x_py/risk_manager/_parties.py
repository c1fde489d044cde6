"""Whom a risk manager works with, as small ports.

Invariant (``tests/typing``): the managers of this package's neighbours satisfy them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from decimal import Decimal

    import polars as pl

    from project_x_py._ports import OpenOrders, PositionMoney
    from project_x_py.models import Order, OrderPlaceResponse

__all__ = ["BarSource", "RiskOrders", "RiskPositions"]


class RiskOrders(Protocol):
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
