"""Orders placed, changed, cancelled and closed: what the documented calls do.

Invariants (``tests/order_manager/test_order_manager.py``): a mistake of the caller is an exception
before anything leaves; a refusal by the gateway is a response with ``success`` False; one call
sends one order; a call never returns an outcome that the gateway did not show.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from project_x_py._core.orders.intents import Intent, Purpose
from project_x_py._core.orders.state import CANCELLED, FILLED, REJECTED, WORKING
from project_x_py._core.submission import (
    Accepted,
    Lane,
    OrderEdit,
    OrderRequest,
    Refused,
)
from project_x_py._core.time import NS
from project_x_py._runtime.together import together
from project_x_py.exceptions import (
    ProjectXConnectionError,
    ProjectXOrderError,
    RiskLimitExceeded,
)
from project_x_py.models import BracketOrderResponse, OrderPlaceResponse
from project_x_py.order_manager._excess import uncovered
from project_x_py.order_manager._requests import (
    check_edit,
    check_target,
    checked_order_id,
    checked_size,
    edit_ticks,
    protective_ticks,
)
from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.records import OrderUpdate
    from project_x_py.order_manager._brackets import BracketPlan
    from project_x_py.order_manager._parts import OrderParts

__all__ = ["OrderWork"]

LOOK_S = 0.25
CLOSING_NS = 5 * NS
"""How long a close waits for what the gateway was asked to close before."""


class OrderWork:
    """Carries out what an order manager is asked for.

    Args:
        parts: Of the manager.
    """

    def __init__(self, parts: OrderParts) -> None:
        self._parts = parts

    async def place(
        self,
        contract_id: str,
        order_type: int | None,
        side: int,
        size: int,
        limit_price: float | Decimal | None = None,
        stop_price: float | Decimal | None = None,
        trail_price: float | Decimal | None = None,
        custom_tag: str | None = None,
        linked_order_id: int | None = None,
        account_id: int | None = None,
        *,
        trail_distance: float | Decimal | None = None,
        stop_loss_bracket: Mapping[str, int] | None = None,
        take_profit_bracket: Mapping[str, int] | None = None,
    ) -> OrderPlaceResponse:
        """See :meth:`OrderManager.place_order`."""
        self._parts.tasks.raise_if_faulted()
        request = await self._parts.intake.request(
            contract_id,
            self._default_type() if order_type is None else order_type,
            side,
            size,
            {"limit_price": limit_price, "stop_price": stop_price, "trail_price": trail_price},
            account_id=account_id,
            custom_tag=custom_tag,
            trail_distance=trail_distance,
            legs=(stop_loss_bracket, take_profit_bracket),
        )
        if linked_order_id is not None:
            await self._check_linked(linked_order_id)
        response = await self._placed(request, Purpose.ENTRY, self._parts.intake.lane(request))
        if linked_order_id is not None and response.success:
            self._parts.oco.pair(response.orderId, linked_order_id)
        return response

    async def _check_linked(self, order_id: int) -> None:
        """Refuse to pair an order with one that the account has not."""
        if await self._parts.answers.known(checked_order_id(order_id)) is None:
            raise ProjectXOrderError(f"linked_order_id: the account has no order {order_id}")

    def _default_type(self) -> OrderType:
        """Return the order type of the config, for an order that names none."""
        name = str(self._parts.config.get("default_order_type", "")).upper()
        if name not in OrderType.__members__:
            known = ", ".join(kind.lower() for kind in OrderType.__members__)
            raise ProjectXOrderError(
                f"order_type is left out, and default_order_type {name.lower()!r} of the config is "
                f"none of {known}"
            )
        return OrderType[name]

    async def _confirmed(self, response: OrderPlaceResponse) -> OrderPlaceResponse:
        """Return a response after the gateway has shown the order, where the config asks for it."""
        if not (response.success and self._parts.config.get("require_confirmation", False)):
            return response
        found = await self._parts.answers.asked(response.orderId)
        if found is None:
            return OrderPlaceResponse(
                response.orderId, False, 2, "the gateway accepted the order and does not show it"
            )
        if found.status == REJECTED:
            return OrderPlaceResponse(response.orderId, False, 2, "the order was rejected")
        return response

    async def bracket(
        self,
        contract_id: str,
        side: int,
        size: int,
        entry_price: float | Decimal | None,
        stop_loss_price: float | Decimal | None,
        take_profit_price: float | Decimal | None,
        entry_type: str = "limit",
        account_id: int | None = None,
        *,
        began: Callable[[str], None] | None = None,
    ) -> BracketOrderResponse:
        """See :meth:`OrderManager.place_bracket_order`; ``began`` is told the tag beforehand."""
        self._parts.tasks.raise_if_faulted()
        plan = await self._parts.intake.plan(
            contract_id,
            side,
            size,
            (entry_price, stop_loss_price, take_profit_price),
            entry_type,
            account_id,
        )
        self._parts.counters.brackets += 1
        grid = await self._parts.intake.grids.grid(plan.request.contract_id)
        try:
            tag, outcome = await self._parts.brackets.send(plan, began)
            response = await self._parts.answers.response(tag, outcome)
        except (RiskLimitExceeded, ProjectXConnectionError) as exc:
            return self._failed_bracket(plan, grid, None, str(exc))
        if not response.success:
            return self._failed_bracket(plan, grid, response, response.errorMessage)
        stop_id, target_id = await self._parts.brackets.legs(tag)
        entry = self._parts.desk.ledger.order(response.orderId)
        filled = None if entry is None else entry.snapshot().average_fill
        resting = plan.request.limit if plan.request.limit is not None else plan.request.stop
        return BracketOrderResponse(
            success=True,
            entry_order_id=response.orderId,
            stop_order_id=stop_id,
            target_order_id=target_id,
            entry_price=filled
            if filled is not None
            else (None if resting is None else grid.price(resting)),
            stop_loss_price=None if plan.stop is None else grid.price(plan.stop),
            take_profit_price=None if plan.target is None else grid.price(plan.target),
            entry_response=response,
            stop_response=_leg_response(stop_id),
            target_response=_leg_response(target_id),
            error_message=None,
        )

    async def modify(
        self,
        order_id: int,
        limit_price: float | Decimal | None = None,
        stop_price: float | Decimal | None = None,
        size: int | None = None,
        *,
        trail_price: float | Decimal | None = None,
    ) -> bool:
        """See :meth:`OrderManager.modify_order`."""
        self._parts.tasks.raise_if_faulted()
        if limit_price is None and stop_price is None and size is None and trail_price is None:
            raise ProjectXOrderError("name what to change: a price, a size, or both")
        if size is not None:
            checked_size(size, self._parts.config.get("max_order_size"))
        checked_order_id(order_id)
        order = await self._parts.answers.known(order_id)
        if order is None:
            return self._parts.no(f"the account has no order {order_id}")
        if order.status not in WORKING:
            return self._parts.no(f"order {order_id} has ended")
        grid = await self._parts.intake.grids.grid(order.contract_id)
        edit = OrderEdit(
            account_id=self._parts.account_id,
            order_id=order_id,
            contract_id=order.contract_id,
            size=size,
            limit=edit_ticks("limit_price", limit_price, grid),
            stop=edit_ticks("stop_price", stop_price, grid),
            trail=edit_ticks("trail_price", trail_price, grid),
        )
        check_edit(order, edit, self._parts.intake.last(order.contract_id), grid)
        refusal = self._parts.gate_edit(order, edit)
        if refusal is not None:
            return self._parts.no(refusal)
        self._parts.moved.claim(order_id)
        outcome = await self._parts.desk.modify(edit, lane=Lane.PROTECTIVE)
        if isinstance(outcome, Accepted):
            return True
        if isinstance(outcome, Refused):
            self._parts.moved.claim(order_id, claimed=False)
            return self._parts.no(outcome.message)
        found = await self._parts.answers.asked(order_id) if outcome.sent else None
        if found is not None and _as_edited(found, edit):
            return True
        return self._parts.no(outcome.reason)

    async def cancel(self, order_id: int, account_id: int | None = None) -> bool:
        """See :meth:`OrderManager.cancel_order`."""
        self._parts.tasks.raise_if_faulted()
        self._parts.intake.own(account_id)
        checked_order_id(order_id)
        outcome = await self._parts.desk.cancel(order_id)
        if isinstance(outcome, Accepted):
            return True
        found = await self._parts.answers.asked(order_id)
        if found is None:
            return self._parts.no(f"the account has no order {order_id}")
        if found.status == CANCELLED:
            return True
        if found.status not in WORKING:
            return self._parts.no(
                f"order {order_id} has {'filled' if found.status == FILLED else 'ended'}"
            )
        text = outcome.message if isinstance(outcome, Refused) else outcome.reason
        return self._parts.no(text)

    async def cancel_all(
        self, contract_id: str | None = None, account_id: int | None = None
    ) -> dict[str, Any]:
        """See :meth:`OrderManager.cancel_all_orders`."""
        self._parts.intake.own(account_id)
        wanted = (
            None if contract_id is None else (await self._parts.intake.contract(contract_id)).id
        )
        if not await self._parts.reconciler.read(lane=Lane.CANCEL):
            raise ProjectXOrderError(f"working orders unknown: {self._parts.reconciler.last_error}")
        ids = [state.id for state in self._parts.desk.ledger.working(wanted)]
        errors: list[str] = []

        async def cancel(order_id: int) -> bool:
            outcome = await self._parts.desk.cancel(order_id)
            if isinstance(outcome, Accepted):
                return True
            found = await self._parts.answers.asked(order_id)
            if found is not None and found.status not in WORKING:
                return True
            text = outcome.message if isinstance(outcome, Refused) else outcome.reason
            errors.append(f"{order_id}: {text}")
            return False

        done = await together(cancel(order_id) for order_id in ids)
        cancelled = sum(done)
        return {
            "total": len(ids),
            "cancelled": cancelled,
            "failed": len(ids) - cancelled,
            "errors": errors,
        }

    async def close_position(
        self,
        contract_id: str,
        method: str = "market",
        limit_price: float | Decimal | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None:
        """See :meth:`OrderManager.close_position`."""
        if method not in ("market", "limit"):
            raise ProjectXOrderError(f"method is 'market' or 'limit', not {method!r}")
        contract = await self._parts.intake.contract(contract_id)
        commitments, asked = self._parts.desk.commitments, True
        while asked:
            await self._after_the_gateway(contract.id)
            net = await self._parts.answers.net(contract.id)
            if not net:
                return None
            leaving = commitments.leaving(contract.id)
            if abs(net) <= leaving:
                raise ProjectXOrderError(f"an order is closing all of {contract.id} already")
            request = await self._parts.intake.request(
                contract.id,
                OrderType.LIMIT if method == "limit" else OrderType.MARKET,
                OrderSide.SELL if net > 0 else OrderSide.BUY,
                abs(net) - leaving,
                {"limit_price": limit_price, "stop_price": None, "trail_price": None},
                account_id=account_id,
            )
            # Another close may have been asked for while this one was made ready.
            asked = commitments.is_taking(contract.id)
            asked = asked or commitments.leaving(contract.id) != leaving
        if method == "market":
            self._parts.guard.closings.order(contract.id)
        return await self._placed(request, Purpose.EXIT, Lane.PROTECTIVE)

    async def _after_the_gateway(self, contract_id: str) -> None:
        """Wait until it is known what the gateway was asked to close of a position."""
        commitments, clock = self._parts.desk.commitments, self._parts.clock
        ends_ns = clock.monotonic_ns() + CLOSING_NS
        while commitments.is_taking(contract_id):
            if clock.monotonic_ns() >= ends_ns:
                raise ProjectXOrderError(
                    f"the gateway was asked to close {contract_id}, and has not shown what it did; "
                    f"close again when the account was read"
                )
            self._parts.desk.doubt()
            await asyncio.sleep(LOOK_S)

    async def protect(
        self,
        contract_id: str,
        name: str,
        price: float | Decimal,
        size: int | None,
        account_id: int | None,
    ) -> OrderPlaceResponse | None:
        """Place a stop or a target for what is held; None when nothing is held."""
        self._parts.intake.own(account_id)
        contract = await self._parts.intake.contract(contract_id)
        net = await self._parts.answers.net(contract.id)
        if not net:
            return None
        kind = "stop" if name == "stop_price" else "target"
        asked = None if size is None else checked_size(size, abs(net))
        wanted = uncovered(self._parts, contract.id, kind, net, asked)
        side = OrderSide.SELL if net > 0 else OrderSide.BUY
        grid = await self._parts.intake.grids.grid(contract.id)
        exact = price
        if name == "stop_price":
            exact = grid.price(protective_ticks(name, price, side, grid))
        request = await self._parts.intake.request(
            contract.id,
            OrderType.STOP if name == "stop_price" else OrderType.LIMIT,
            side,
            wanted,
            {"limit_price": None, "stop_price": None, "trail_price": None, name: exact},
            account_id=account_id,
        )
        purpose = Purpose.STOP if name == "stop_price" else Purpose.TARGET
        last = self._parts.intake.last(contract.id)
        check_target(request, last, grid)
        return await self._placed(request, purpose, Lane.PROTECTIVE)

    async def _placed(
        self, request: OrderRequest, purpose: Purpose, lane: Lane
    ) -> OrderPlaceResponse:
        self._parts.intake.pace(lane)
        tag = request.tag or self._parts.intake.next_tag()
        intent = Intent(
            tag=tag, request=request, purpose=purpose, created_ns=self._parts.clock.now_ns()
        )
        try:
            outcome = await self._parts.desk.place(intent, lane=lane)
        except RiskLimitExceeded:
            self._parts.counters.denied += 1
            raise
        return await self._confirmed(await self._parts.answers.response(tag, outcome))

    def _failed_bracket(
        self,
        plan: BracketPlan,
        grid: TickGrid,
        response: OrderPlaceResponse | None,
        reason: str | None,
    ) -> BracketOrderResponse:
        self._parts.last_error = reason
        return BracketOrderResponse(
            success=False,
            entry_order_id=response.orderId if response is not None and response.orderId else None,
            stop_order_id=None,
            target_order_id=None,
            entry_price=grid.price(plan.reference),
            stop_loss_price=None if plan.stop is None else grid.price(plan.stop),
            take_profit_price=None if plan.target is None else grid.price(plan.target),
            entry_response=response,
            stop_response=None,
            target_response=None,
            error_message=reason or "refused",
        )


def _leg_response(order_id: int | None) -> OrderPlaceResponse | None:
    return None if order_id is None else OrderPlaceResponse(order_id, True, 0, None)


def _as_edited(order: OrderUpdate, edit: OrderEdit) -> bool:
    pairs = ((edit.size, order.size), (edit.limit, order.limit), (edit.stop, order.stop))
    return all(wanted is None or wanted == found for wanted, found in pairs)
