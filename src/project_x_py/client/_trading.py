"""Orders and positions at the gateway: each mutation sent once, each outcome a value.

Prices come in ticks and leave as the JSON numbers a person would type. The codes of each endpoint
are read by its own table: the same number means something else at the next one. A pending or
unknown-error code, a lost answer, a 429, a 5xx and an answer that cannot be read all leave open
what happened, and are ``Uncertain``; what was turned away at the door, or never left, is
``Uncertain`` with ``sent`` False.

Invariants (``tests/client/test_trading.py``): one request per call, but for one more after a 401
from the door; ``Refused`` and ``Accepted`` rest on an envelope or a 4xx that says so; no failure
of the network or the gateway is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.submission import (
    Accepted,
    Lane,
    OrderEdit,
    OrderRequest,
    Outcome,
    Refused,
    Uncertain,
)
from project_x_py.client._budget import BudgetRefusalError
from project_x_py.client._codes import UNDECIDED, code_name, refusal_text
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXClientError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXError,
    ProjectXInstrumentError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.submission import BracketTicks
    from project_x_py.client._calls import GatewayCalls
    from project_x_py.client._envelope import Envelope
    from project_x_py.client._grids import Grids

__all__ = ["GatewayOrders", "outcome_of_answer", "outcome_of_error"]

_NOT_CARRIED_OUT = frozenset({400, 403, 404, 405, 413, 415, 422})
"""Statuses with which the gateway turns a request away before it acts on it."""


class GatewayOrders:
    """Places, changes and cancels orders, and closes positions; see ``_ports.OrderGateway``.

    Args:
        calls: Sends requests.
        grids: Tick grids by contract.
    """

    def __init__(self, calls: GatewayCalls, grids: Grids) -> None:
        self._calls = calls
        self._grids = grids

    async def place(self, order: OrderRequest, *, lane: Lane = Lane.ENTRY) -> Outcome:
        """Place an order; Accepted has its id, and so may Refused.

        Raises:
            ProjectXInstrumentError: Nobody knows the contract; nothing was sent.
        """
        grid = await self._grid(order.contract_id, lane)
        if isinstance(grid, Uncertain):
            return grid
        body: dict[str, object] = {
            "accountId": order.account_id,
            "contractId": order.contract_id,
            "type": order.type,
            "side": order.side,
            "size": order.size,
            "limitPrice": None if order.limit is None else grid.price(order.limit),
            "stopPrice": None if order.stop is None else grid.price(order.stop),
            "trailPrice": None if order.trail is None else grid.price(order.trail),
        }
        if order.tag is not None:
            body["customTag"] = order.tag
        if order.stop_bracket is not None:
            body["stopLossBracket"] = _leg(order.stop_bracket)
        if order.target_bracket is not None:
            body["takeProfitBracket"] = _leg(order.target_bracket)
        return await self._submit("/Order/place", body, lane)

    async def modify(self, edit: OrderEdit, *, lane: Lane = Lane.ENTRY) -> Outcome:
        """Change a working order; what is None stays as it is.

        Raises:
            ProjectXInstrumentError: Nobody knows the contract; nothing was sent.
        """
        grid = await self._grid(edit.contract_id, lane)
        if isinstance(grid, Uncertain):
            return grid
        body: dict[str, object] = {"accountId": edit.account_id, "orderId": edit.order_id}
        if edit.size is not None:
            body["size"] = edit.size
        for name, ticks in (
            ("limitPrice", edit.limit),
            ("stopPrice", edit.stop),
            ("trailPrice", edit.trail),
        ):
            if ticks is not None:
                body[name] = grid.price(ticks)
        return await self._submit("/Order/modify", body, lane)

    async def cancel(self, account_id: int, order_id: int) -> Outcome:
        """Cancel an order; Refused with code 2, 3 or 5 may mean that it has ended already."""
        body = {"accountId": account_id, "orderId": order_id}
        return await self._submit("/Order/cancel", body, Lane.CANCEL)

    async def close_position(self, account_id: int, contract_id: str) -> Outcome:
        """Close the whole position in a contract by a market order, whose id is not told."""
        body = {"accountId": account_id, "contractId": contract_id}
        return await self._submit("/Position/closeContract", body, Lane.CANCEL)

    async def reduce_position(self, account_id: int, contract_id: str, size: int) -> Outcome:
        """Close ``size`` contracts of a position by a market order, whose id is not told."""
        body = {"accountId": account_id, "contractId": contract_id, "size": size}
        return await self._submit("/Position/partialCloseContract", body, Lane.CANCEL)

    async def _grid(self, contract_id: str, lane: Lane) -> TickGrid | Uncertain:
        try:
            return await self._grids.grid(contract_id, lane=lane)
        except ProjectXInstrumentError:
            raise
        except ProjectXError as error:
            return Uncertain(str(error), sent=False)

    async def _submit(self, path: str, body: Mapping[str, object], lane: Lane) -> Outcome:
        try:
            answer = await self._calls.submit(path, body, lane=lane)
            return outcome_of_answer(answer)
        except ProjectXError as error:
            return outcome_of_error(path, error)


def outcome_of_answer(answer: Envelope) -> Outcome:
    """Return what an envelope says of a request that changes something.

    Raises:
        ProjectXDataError: The order id is not a number.
    """
    path, code = answer.path, answer.code
    order_id = answer.read("orderId", int) if path == "/Order/place" else None
    if answer.success and not code:
        if path == "/Order/place" and order_id is None:
            return Uncertain("the order was accepted without an id", sent=True, ended=True)
        return Accepted(order_id)
    if answer.success or not code:
        return Uncertain(f"success is {answer.success} with code {code}", sent=True, ended=True)
    text = refusal_text(path, code, answer.message)
    if code in UNDECIDED[path] or code_name(path, code).startswith("code"):
        return Uncertain(text, sent=True, ended=True)
    return Refused(code, code_name(path, code), text, order_id)


def outcome_of_error(path: str, error: ProjectXError) -> Outcome:
    """Return what a failed request proves of what it asked for."""
    if isinstance(error, BudgetRefusalError):
        return Uncertain(str(error), sent=False)
    if isinstance(error, ProjectXConnectionError):
        # A time-out hangs up at this end only: the gateway may still be about to act.
        return Uncertain(str(error), sent=error.sent, ended=error.hung_up)
    if isinstance(error, ProjectXAuthenticationError):
        # Without a token nothing was sent; a second 401 from the door was turned away as well.
        turned_away = error.response_data.get("challenged", True)
        return Uncertain(str(error), sent=not turned_away, ended=True)
    is_status = isinstance(error, ProjectXClientError | ProjectXDataError)
    if is_status and error.error_code in _NOT_CARRIED_OUT:
        status = error.error_code or 0
        return Refused(status, f"HTTP {status}", str(error))
    return Uncertain(str(error), sent=True, ended=True)


def _leg(bracket: BracketTicks) -> dict[str, int]:
    ticks, kind = bracket
    return {"ticks": ticks, "type": kind}
