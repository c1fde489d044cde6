"""An entry with its stop and its target, as one call.

The gateway's own bracket comes first: it protects from the fill on, also when this program is
gone. An account whose brackets are managed by position refuses it; the entry then goes out alone
and the guard places the legs as it fills.

Invariant (``tests/order_manager/test_brackets.py``): the call never leaves an entry that nobody
guards, and a leg is never reported that the gateway does not have.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import Intent, Protection, Purpose
from project_x_py._core.submission import Accepted, Lane, OrderRequest, Outcome, Refused
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._ports import Clock
    from project_x_py.order_manager._desk import OrderDesk
    from project_x_py.order_manager._guard import ProtectionGuard

__all__ = ["BracketDesk", "BracketPlan", "check_bracket"]

STOP_LEG, TARGET_LEG = 4, 1
MARKET = 2

LEGS_S = 2.0
"""How long the call waits for the legs of an entry that has filled, or of the gateway's own."""

LOOK_S = 0.02

NO_NATIVE = "Position Brackets"
"""In the gateway's text when the account manages brackets by position."""


class BracketPlan:
    """A bracket in ticks.

    Args:
        request: The entry, without legs.
        reference: Price that the legs' distances are counted from until the fill is known.
        stop: Price of the stop, None for none.
        target: Price of the target, None for none.
    """

    __slots__ = ("reference", "request", "stop", "target")

    def __init__(
        self, request: OrderRequest, reference: int, stop: int | None, target: int | None
    ) -> None:
        self.request = request
        self.reference = reference
        self.stop = stop
        self.target = target

    def entry(self, tag: str, *, native: bool) -> OrderRequest:
        """Return the request to send, with the gateway's legs or without."""
        asked = self.request
        stop = None if self.stop is None else (self.stop - self.reference, STOP_LEG)
        target = None if self.target is None else (self.target - self.reference, TARGET_LEG)
        return OrderRequest(
            account_id=asked.account_id,
            contract_id=asked.contract_id,
            type=asked.type,
            side=asked.side,
            size=asked.size,
            limit=asked.limit,
            stop=asked.stop,
            tag=tag,
            stop_bracket=stop if native else None,
            target_bracket=target if native else None,
        )


def check_bracket(plan: BracketPlan, points: Callable[[int], float], last: int | None) -> None:
    """Refuse legs on the wrong side of the entry, and a stop that the market has passed.

    What fills at once fills where the market is, whatever its price says: the stop could not rest
    where it was asked for, and what is held would have none.

    Args:
        plan: The bracket.
        points: From ticks to points.
        last: The last price in ticks; None when it is not known.

    Raises:
        ProjectXOrderError: The stop or the target is not where it can protect or profit.
    """
    buys = plan.request.side == OrderSide.BUY
    kind = "buy" if buys else "sell"
    legs = (("stop_loss_price", plan.stop, buys), ("take_profit_price", plan.target, not buys))
    for name, price, below in legs:
        if price == 0 < plan.reference:
            raise ProjectXOrderError(f"{name} 0 is no price: leave it out, or None, for none")
        if price is None or ((price < plan.reference) == below and price != plan.reference):
            continue
        where = "below" if below else "above"
        raise ProjectXOrderError(
            f"{name} {points(price)} of a {kind} bracket must be {where} the "
            f"entry {points(plan.reference)}"
        )
    if plan.stop is None or last is None or plan.request.type == OrderType.STOP:
        return
    if plan.stop >= last if buys else plan.stop <= last:
        raise ProjectXOrderError(
            f"stop_loss_price {points(plan.stop)} of a {kind} bracket must be "
            f"{'below' if buys else 'above'} the last price {points(last)}"
        )


class BracketDesk:
    """Sends brackets of one account.

    Args:
        desk: Sends the entry.
        guard: Guards it.
        clock: Stamps it.
        next_tag: Makes a tag.
    """

    def __init__(
        self,
        desk: OrderDesk,
        guard: ProtectionGuard,
        clock: Clock,
        next_tag: Callable[[], str],
    ) -> None:
        self.native: bool | None = None
        """Whether the account takes the gateway's brackets; None until one was tried."""
        self._desk = desk
        self._guard = guard
        self._clock = clock
        self._next_tag = next_tag

    async def send(
        self, plan: BracketPlan, began: Callable[[str], None] | None = None
    ) -> tuple[str, Outcome]:
        """Send the entry, guarded; return its tag and what became of it.

        Args:
            plan: The bracket.
            began: Told the tag of each entry before it is sent.

        Raises:
            RiskLimitExceeded: The risk gate refused; nothing was sent.
        """
        if self.native is not False:
            tag, outcome = await self._send(plan, began, native=True)
            if not (isinstance(outcome, Refused) and NO_NATIVE in outcome.message):
                if isinstance(outcome, Accepted):
                    self.native = True
                return tag, outcome
            self.native = False
        return await self._send(plan, began, native=False)

    async def legs(self, tag: str) -> tuple[int | None, int | None]:
        """Wait a little for the legs, and return their ids as far as they exist.

        An entry that rests has no legs of its own until it fills; those of the gateway are there
        at once. One at the market does not rest, only its fill may not be known yet.
        """
        waited = 0.0
        while True:
            stops, targets = self._guard.legs(tag)
            stop = next((leg.id for leg in stops if leg.is_working), None)
            target = next((leg.id for leg in targets if leg.is_working), None)
            guarded = self._guard.guarded(tag)
            if guarded is None or waited >= LEGS_S:
                return stop, target
            wanted = guarded.protection
            if (stop or wanted.stop is None) and (target or wanted.target is None):
                return stop, target
            entry = self._desk.ledger.by_tag(tag)
            rests = entry is not None and not entry.filled and entry.snapshot().type != MARKET
            if rests and not wanted.native and waited > LOOK_S:
                return stop, target
            await asyncio.sleep(LOOK_S)
            waited += LOOK_S

    async def _send(
        self, plan: BracketPlan, began: Callable[[str], None] | None, *, native: bool
    ) -> tuple[str, Outcome]:
        tag = plan.request.tag or self._next_tag()
        if not native and self._desk.ledger.submission(tag) is not None:
            tag = self._next_tag()
        protection = Protection(stop=plan.stop, target=plan.target, native=native)
        intent = Intent(
            tag=tag,
            request=plan.entry(tag, native=native),
            purpose=Purpose.ENTRY,
            protection=protection,
            created_ns=self._clock.now_ns(),
        )
        self._guard.protect(tag, protection)
        if began is not None:
            began(tag)
        try:
            return tag, await self._desk.place(intent, lane=Lane.ENTRY)
        finally:
            self._guard.settle(tag)
