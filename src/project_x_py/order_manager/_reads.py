"""Orders found.

Invariant (``tests/order_manager/test_reads.py``): a list is complete or it is an error; an order is
found in whatever state it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.orders.state import FILLED, WORKING
from project_x_py._core.submission import OrderSearch
from project_x_py._core.time import CHICAGO, NS, from_datetime
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_manager._requests import checked_order_id, checked_side
from project_x_py.order_manager._views import order_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from project_x_py._core.records import OrderUpdate
    from project_x_py.models import Order
    from project_x_py.order_manager._parts import OrderParts

__all__ = ["OrderReads"]

HISTORY_NS = 30 * 86_400 * NS
"""How far back a search goes that names no beginning."""


class OrderReads:
    """Finds orders of one account.

    Args:
        parts: Of the manager.
    """

    def __init__(self, parts: OrderParts) -> None:
        self._parts = parts

    async def working(
        self,
        contract_id: str | None = None,
        side: int | None = None,
        account_id: int | None = None,
    ) -> list[Order]:
        """See :meth:`OrderManager.search_open_orders`."""
        self._parts.intake.own(account_id)
        wanted = (
            None if contract_id is None else (await self._parts.intake.contract(contract_id)).id
        )
        if side is not None:
            checked_side(side)
        rows = await self._parts.answers.listed(
            OrderSearch(
                account_id=self._parts.account_id,
                statuses=tuple(sorted(WORKING)),
                contract_id=wanted,
            )
        )
        return [
            order_model(row, await self._parts.intake.grids.grid(row.contract_id))
            for row in rows
            if side in (None, row.side)
        ]

    async def by_id(self, order_id: int) -> Order | None:
        """See :meth:`OrderManager.get_order_by_id`."""
        order = await self._parts.answers.known(checked_order_id(order_id))
        return (
            None
            if order is None
            else order_model(order, await self._parts.intake.grids.grid(order.contract_id))
        )

    async def is_filled(self, order_id: int) -> bool:
        """See :meth:`OrderManager.is_order_filled`."""
        order = await self._parts.answers.known(checked_order_id(order_id))
        return order is not None and order.status == FILLED

    async def history(
        self,
        start: datetime | None,
        end: datetime | None,
        contract_id: str | None,
        account_id: int | None,
    ) -> list[Order]:
        """See :meth:`OrderManager.search_orders`."""
        self._parts.intake.own(account_id)
        wanted = (
            None if contract_id is None else (await self._parts.intake.contract(contract_id)).id
        )
        since_ns = (
            self._parts.clock.now_ns() - HISTORY_NS
            if start is None
            else from_datetime(start, CHICAGO)
        )
        rows = await self._parts.answers.listed(
            OrderSearch(
                account_id=self._parts.account_id,
                contract_id=wanted,
                created_after_ns=since_ns,
                created_before_ns=None if end is None else from_datetime(end, CHICAGO),
            )
        )
        return await self._models(rows)

    async def query(
        self,
        statuses: Sequence[int] | None,
        contract_id: str | None,
        page_size: int,
        page_offset: int,
    ) -> list[Order]:
        """See :meth:`OrderManager.query_orders`."""
        if page_size < 1 or page_offset < 0:
            raise ProjectXOrderError("page_size is at least 1 and page_offset at least 0")
        wanted = (
            None if contract_id is None else (await self._parts.intake.contract(contract_id)).id
        )
        rows = await self._parts.answers.listed(
            OrderSearch(
                account_id=self._parts.account_id,
                statuses=tuple(sorted(WORKING if statuses is None else set(statuses))),
                contract_id=wanted,
            )
        )
        return await self._models(rows[page_offset : page_offset + page_size])

    async def _models(self, rows: Sequence[OrderUpdate]) -> list[Order]:
        return [
            order_model(row, await self._parts.intake.grids.grid(row.contract_id)) for row in rows
        ]
