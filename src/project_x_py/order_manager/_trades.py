"""What a managed trade asks of the orders: to enter under guard, to leave, to move the stop.

Exits go out as parts of the entry that they end, so that the guard counts them: stops and targets
shrink as an exit fills, never before, and what a stop and an exit both took is bought back.

Invariants (``tests/order_manager/test_trades.py``): each call sends each request at most once; the
tag of an entry is told before its bytes leave; a moved stop is the one that is kept up.
"""

from __future__ import annotations

import asyncio
import contextlib
from fractions import Fraction
from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import Intent, IntentState, Purpose
from project_x_py._core.orders.state import CANCELLED, OPEN, PENDING
from project_x_py._core.orders.trade import EntryState
from project_x_py._core.submission import Accepted, Lane, Refused
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.orders.state import OrderState
    from project_x_py._core.submission import Outcome
    from project_x_py.models import BracketOrderResponse, OrderPlaceResponse
    from project_x_py.order_manager._parts import OrderParts
    from project_x_py.order_manager._work import OrderWork

__all__ = ["TradeDoor"]

LOOKS, LOOK_S = 20, 0.1

_NEVER = frozenset({IntentState.REFUSED, IntentState.ABSENT, IntentState.UNSENT})


class TradeDoor:
    """The orders of an account, as those see them who manage trades.

    Args:
        parts: Of the order manager.
        work: Sends entries.
    """

    def __init__(self, parts: OrderParts, work: OrderWork) -> None:
        self._parts = parts
        self._work = work
        self._changed = asyncio.Event()
        parts.on_change.append(lambda _change: self._stir())
        parts.on_position_said.append(self._stir)

    async def enter(
        self,
        contract_id: str,
        side: int,
        size: int,
        prices: tuple[float | None, float, float | None],
        entry_type: str,
        began: Callable[[str], None],
    ) -> BracketOrderResponse:
        """Place an entry with its stop; see ``place_bracket_order``.

        Args:
            contract_id: The full id.
            side: 0 buys, 1 sells.
            size: Contracts.
            prices: Entry, stop and target in points.
            entry_type: limit, market or stop.
            began: Told the tag of the entry before it is sent.
        """
        return await self._work.bracket(
            contract_id, side, size, *prices, entry_type=entry_type, began=began
        )

    def state(self, tag: str) -> EntryState | None:
        """Return how an entry stands; None for one that was never asked for."""
        ledger = self._parts.desk.ledger
        submission = ledger.submission(tag)
        view = self._parts.guard.assessment(tag)
        if submission is None:
            return None
        request, entry = submission.intent.request, ledger.by_tag(tag)
        grid = self._parts.intake.known_grid(request.contract_id)
        stops, targets = self._parts.guard.legs(tag)
        exits, leaving = self._exits(tag, request.side)
        unknown = submission.is_outstanding and entry is None
        left = [*stops, *targets, *exits]
        never = submission.state in _NEVER and not (entry and entry.filled)
        return EntryState(
            tag=tag,
            order_id=None if entry is None else entry.id,
            side=request.side,
            size=request.size if entry is None else entry.size,
            filled=0 if entry is None else entry.filled,
            pending=request.size if entry is None and not never else _remaining(entry),
            is_unknown=unknown,
            held=0 if view is None else view.held,
            covered=0 if view is None else view.covered,
            leaving=leaving,
            exited=sum(one.filled for one in left),
            entered_worth=Fraction(0) if entry is None else _worth(entry, grid),
            exited_worth=sum((_worth(one, grid) for one in left), Fraction(0)),
            stop=next((one.snapshot().stop for one in _working(stops)), None),
            target=next((one.snapshot().limit for one in _working(targets)), None),
            stop_ids=tuple(one.id for one in _working(stops)),
            target_ids=tuple(one.id for one in _working(targets)),
            reason=submission.message or submission.state.value if never else None,
        )

    def unprotected_ns(self, tag: str) -> int:
        """Return how long contracts of an entry were held without a working stop, up to this
        moment; 0 for one that nobody guards."""
        guard = self._parts.guard
        guarded = guard.guarded(tag)
        if guarded is None:
            ended = (ns for entry, ns in reversed(guard.ended) if entry.custom_tag == tag)
            return next(ended, 0)
        since_ns = guarded.naked_since_ns
        running_ns = 0 if since_ns is None else self._parts.clock.monotonic_ns() - since_ns
        return guarded.naked_ns + running_ns

    async def exit(
        self, tag: str, size: int, limit_price: float | Decimal | None = None
    ) -> OrderPlaceResponse:
        """Take contracts of an entry off, by one order: at the market, or at a limit.

        A limit takes the place of as much of the target.

        Raises:
            ProjectXOrderError: The order is impossible, or the entry is not known.
            OrderSubmissionUncertainError: It was sent, and nobody can say yet what became of it.
        """
        entry = self._parts.desk.ledger.by_tag(tag)
        if entry is None:
            raise ProjectXOrderError(f"nothing is known of the entry {tag}")
        order = entry.snapshot()
        request = await self._parts.intake.request(
            order.contract_id,
            OrderType.MARKET if limit_price is None else OrderType.LIMIT,
            OrderSide.SELL if order.side == OrderSide.BUY else OrderSide.BUY,
            size,
            {"limit_price": limit_price, "stop_price": None, "trail_price": None},
            account_id=None,
        )
        own = request.tag or self._parts.intake.next_tag()
        intent = Intent(
            tag=own,
            request=request,
            purpose=Purpose.EXIT if limit_price is None else Purpose.TARGET,
            protects=tag,
            created_ns=self._parts.clock.now_ns(),
        )
        outcome = await self._parts.desk.place(intent, lane=Lane.PROTECTIVE)
        return await self._parts.answers.response(own, outcome)

    async def move_stop(self, tag: str, stop: int) -> bool:
        """Bring the stop of an entry to a price in ticks, and keep it up there.

        Returns:
            Whether every stop at the exchange is there; False with the reason in the manager's
            ``last_error``, the stop then being where it was.
        """
        await self._stops_are_there(tag)
        before = self.state(tag)
        moved = True
        for edit in self._parts.guard.move_stop(tag, stop):
            outcome = await self._parts.desk.modify(edit, lane=Lane.PROTECTIVE)
            if isinstance(outcome, Accepted):
                continue
            found = None if isinstance(outcome, Refused) else await self._stop_of(edit.order_id)
            if found != stop:
                moved = self._parts.no(_reason(outcome))
        if not moved and before is not None and before.stop is not None:
            self._parts.guard.move_stop(tag, before.stop)
        self._parts.moved.note(tag)
        return moved

    async def give_up(self, tag: str) -> bool:
        """Cancel what an entry may still enter; return whether nothing can be entered any more."""
        state = self.state(tag)
        if state is None or not state.pending:
            return True
        if state.order_id is None:
            return False
        outcome = await self._parts.desk.cancel(state.order_id)
        if not isinstance(outcome, Accepted):
            found = await self._parts.answers.asked(state.order_id)
            return found is not None and found.status == CANCELLED
        return True

    async def changed(self, timeout_s: float) -> None:
        """Wait until an order has changed or a position was stated, or so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()

    def _stir(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _stops_are_there(self, tag: str) -> None:
        """Wait a little for a stop that is on its way: it would arrive where it was asked for."""
        for _ in range(LOOKS):
            state = self.state(tag)
            stops = _working(self._parts.guard.legs(tag)[0])
            if state is None or (state.is_safe and all(leg.status != PENDING for leg in stops)):
                return
            await self.changed(LOOK_S)

    async def _stop_of(self, order_id: int) -> int | None:
        found = await self._parts.answers.asked(order_id)
        return None if found is None else found.stop

    def _exits(self, tag: str, side: int) -> tuple[list[OrderState], int]:
        """Return the exits that are known, and what exits may still take off."""
        ledger = self._parts.desk.ledger
        found, leaving = [], 0
        for submission in ledger.submissions_for(tag):
            intent = submission.intent
            if intent.purpose is not Purpose.EXIT or intent.request.side == side:
                continue
            state = ledger.by_tag(intent.tag)
            if state is not None:
                found.append(state)
                leaving += state.remaining
            elif submission.is_outstanding:
                leaving += intent.request.size
        return found, leaving


def _working(legs: Iterable[OrderState]) -> list[OrderState]:
    """Return the legs that may still fill, those at the exchange first."""
    return sorted((leg for leg in legs if leg.is_working), key=lambda leg: leg.status != OPEN)


def _remaining(order: OrderState | None) -> int:
    return 0 if order is None else order.remaining


def _worth(order: OrderState, grid: TickGrid) -> Fraction:
    worth = order.fills_worth
    if worth is not None:
        return Fraction(worth)
    average = order.snapshot().average_fill
    points = Fraction(0) if average is None else Fraction(str(average))
    return points / Fraction(grid.tick_size) * order.filled


def _reason(outcome: Outcome) -> str:
    return outcome.message or outcome.name if isinstance(outcome, Refused) else str(outcome)
