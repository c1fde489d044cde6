"""Taking off without an order manager: straight at the gateway, once each.

Invariant (``tests/position_manager/test_gateway_door.py``): a cancellation that may still be under
way is not sent again within the settle time.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.orders.state import WORKING
from project_x_py._core.submission import Lane, Listed, OrderSearch

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from project_x_py._core.submission import Outcome
    from project_x_py._ports import Clock, OrderGateway, OrderQueries

__all__ = ["GatewayDoor"]


class GatewayDoor:
    """Closes and cancels.

    Args:
        account_id: Whose.
        gateway: Where requests go.
        queries: Finds what works.
        clock: Spaces what is sent about one order.
    """

    def __init__(
        self, account_id: int, gateway: OrderGateway, queries: OrderQueries, clock: Clock
    ) -> None:
        self._account_id = account_id
        self._gateway = gateway
        self._queries = queries
        self._clock = clock
        self._asked_ns: dict[int, int] = {}

    async def close_at_gateway(self, contract_id: str) -> Outcome:
        """Ask the gateway to close a position, once."""
        return await self._gateway.close_position(self._account_id, contract_id)

    async def reduce_at_gateway(self, contract_id: str, size: int) -> Outcome:
        """Ask the gateway to close a part of a position, once."""
        return await self._gateway.reduce_position(self._account_id, contract_id, size)

    def withheld(self, contract_id: str | None) -> AbstractContextManager[None]:
        """Refuse nothing: whose entries come from elsewhere is not known here."""
        return nullcontext()

    async def cancel_working(self, contract_id: str | None) -> int:
        """Cancel what works; return how many orders worked before."""
        listed = await self._queries.orders(
            OrderSearch(
                account_id=self._account_id,
                statuses=tuple(sorted(WORKING)),
                contract_id=contract_id,
            ),
            lane=Lane.CANCEL,
        )
        if not isinstance(listed, Listed) or not listed.complete:
            return 1
        now_ns = self._clock.monotonic_ns()
        for row in listed.rows:
            if now_ns - self._asked_ns.get(row.id, -SETTLE_NS) >= SETTLE_NS:
                self._asked_ns[row.id] = now_ns
                await self._gateway.cancel(self._account_id, row.id)
        return len(listed.rows)
