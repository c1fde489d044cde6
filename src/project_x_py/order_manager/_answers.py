"""What the gateway shows, in the documented words.

Invariant (``tests/order_manager/test_answers.py``): a response says accepted or refused only when
the gateway has shown it; a list that is not complete is an error, never a short list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from project_x_py._core.orders.intents import IntentState
from project_x_py._core.submission import Accepted, Lane, Listed, OrderSearch, Refused, Uncertain
from project_x_py.exceptions import (
    OrderSubmissionUncertainError,
    ProjectXConnectionError,
    ProjectXOrderError,
)
from project_x_py.models import OrderPlaceResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.records import OrderUpdate
    from project_x_py._core.submission import Outcome
    from project_x_py._ports import OrderQueries
    from project_x_py.order_manager._desk import OrderDesk

__all__ = ["NEVER_ARRIVED", "RESOLVE_S", "Answers"]

RESOLVE_S = 10.0
"""How long a call waits for the gateway to show what became of an order."""

NEVER_ARRIVED = 1001
"""Code of a response about an order that is proved not to have reached the gateway, above all
codes of its own."""


class Answers:
    """Reads orders of one account.

    Args:
        desk: Knows what was sent, and hears what is read.
        queries: Asks the gateway.
        grid: Finds the grid of a contract, before its order is told of.
    """

    def __init__(
        self,
        desk: OrderDesk,
        queries: OrderQueries,
        grid: Callable[[str], Awaitable[TickGrid]],
    ) -> None:
        self._grid = grid
        self._desk = desk
        self._queries = queries
        self._account_id = desk.ledger.account_id

    async def response(self, tag: str, outcome: Outcome) -> OrderPlaceResponse:
        """Return the documented answer, after finding out what a lost one would have said.

        Raises:
            ProjectXConnectionError: Nothing was sent.
            OrderSubmissionUncertainError: It was sent, and nothing shows what became of it yet.
        """
        if isinstance(outcome, Uncertain) and not outcome.sent:
            raise ProjectXConnectionError(f"order {tag} was not sent: {outcome.reason}")
        submission = self._desk.ledger.submission(tag)
        if isinstance(outcome, Uncertain | Accepted) and submission is not None:
            if submission.is_outstanding and not await self._desk.settled(tag, RESOLVE_S):
                raise OrderSubmissionUncertainError(
                    f"order {tag} was sent and no answer came; whether it works is unknown, and "
                    "the gateway is asked until it says so"
                )
            if submission.state is IntentState.ABSENT:
                return OrderPlaceResponse(
                    0, False, NEVER_ARRIVED, "the order never reached the gateway"
                )
            if submission.state is not IntentState.REFUSED:
                return OrderPlaceResponse(submission.order_id or 0, True, 0, None)
        if isinstance(outcome, Refused):
            return OrderPlaceResponse(outcome.order_id or 0, False, outcome.code, outcome.message)
        text = submission.message if submission is not None else None
        code = submission.code if submission is not None else 0
        number = submission.order_id if submission is not None else None
        return OrderPlaceResponse(number or 0, False, code or 2, text or "rejected")

    async def known(self, order_id: int) -> OrderUpdate | None:
        """Return an order as it is known, else as the gateway has it; None when it has none."""
        state = self._desk.ledger.order(order_id)
        return state.snapshot() if state is not None else await self.asked(order_id)

    async def asked(self, order_id: int) -> OrderUpdate | None:
        """Return an order as the gateway has it now; None when it has none."""
        asof_ns = self._desk.now_ns()
        found = await self._queries.order(self._account_id, order_id)
        if found is not None:
            await self._grid(found.contract_id)
            self._desk.hear(replace(found, recv_ns=asof_ns), reconciled=True)
            state = self._desk.ledger.order(order_id)
            return found if state is None else state.snapshot()
        return None

    async def listed(self, search: OrderSearch) -> tuple[OrderUpdate, ...]:
        """Return the orders that fit, all of them.

        Raises:
            ProjectXOrderError: One may be missing.
        """
        listed = await self._queries.orders(search, lane=Lane.QUERY)
        if not isinstance(listed, Listed) or not listed.complete:
            raise ProjectXOrderError("the gateway's list of orders was not complete")
        return listed.rows

    async def net(self, contract_id: str) -> int:
        """Return the signed contracts held, as the gateway has it now.

        Raises:
            ProjectXOrderError: The list of positions was not complete.
        """
        listed = await self._queries.positions(self._account_id, lane=Lane.CANCEL)
        if not isinstance(listed, Listed) or not listed.complete:
            raise ProjectXOrderError("the gateway's list of positions was not complete")
        return sum(row.net for row in listed.rows if row.contract_id == contract_id)
