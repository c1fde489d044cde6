"""A stop and a target of one position that both filled in one gap: the reversal is traded back.

Concerns pairs that no entry owns; the guard does the same for entries under it.

Invariant (``tests/order_manager/test_taken_back.py``): never more is traded than was taken off
twice, nor than is held on the wrong side by a read of afterwards; nothing is sent while another
close of the contract is under way, or an entry of it is under guard.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import SETTLE_NS, Intent, Purpose
from project_x_py._core.submission import Accepted, Lane
from project_x_py._core.time import NS
from project_x_py.exceptions import ProjectXError
from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    from project_x_py._core.orders.state import OrderState
    from project_x_py._core.submission import Outcome
    from project_x_py.order_manager._parts import OrderParts

__all__ = ["TakenBack"]

logger = logging.getLogger(__name__)

TRIES = 10

_EXITS = (Purpose.STOP, Purpose.TARGET)
_NO_PRICES = {"limit_price": None, "stop_price": None, "trail_price": None}


class TakenBack:
    """Trades back what pairs of one account took off twice.

    Args:
        parts: Of the manager.
    """

    def __init__(self, parts: OrderParts) -> None:
        self._parts = parts

    async def look(self, one: int, other: int) -> None:
        """Compare what two orders that were a pair have filled with what one might."""
        ledger = self._parts.desk.ledger
        states = [state for state in map(ledger.order, (one, other)) if state is not None]
        if len(states) != 2 or not all(self._is_exit(state) for state in states):
            return
        first, second = (state.snapshot() for state in states)
        if (first.contract_id, first.side) != (second.contract_id, second.side):
            return
        twice = sum(state.filled for state in states) - max(state.size for state in states)
        if twice > 0:
            text = f"{twice} contracts were exited twice, by orders {one} and {other}"
            self._parts.warn(first.custom_tag or "", text)
            await self._bring_back(first.contract_id, first.side, twice)

    def _is_exit(self, state: OrderState) -> bool:
        submission = self._parts.desk.ledger.submission(state.snapshot().custom_tag or "")
        if submission is None or submission.intent.protects is not None:
            return False
        return submission.intent.purpose in _EXITS

    async def _bring_back(self, contract_id: str, side: int, twice: int) -> None:
        """Look until it is traded back, or is not held; each look begins when fills are shown."""
        for _ in range(TRIES):
            await asyncio.sleep(SETTLE_NS / NS)
            if self._is_others(contract_id):
                continue
            try:
                net = await self._parts.answers.net(contract_id)
                size = min(twice, -net if side == OrderSide.SELL else net)
                if size <= 0:
                    return
                outcome = await self._trade(contract_id, side, size)
            except ProjectXError as exc:
                logger.warning("%d of %s are not traded back: %s", twice, contract_id, exc)
                continue
            if isinstance(outcome, Accepted):
                return
            # One that was sent without an answer counts as leaving until that is known.
            logger.warning("%d of %s are not traded back: %s", size, contract_id, outcome)
        logger.error("%s is held on the wrong side: %d were exited twice", contract_id, twice)

    def _is_others(self, contract_id: str) -> bool:
        """Whether a close is under way, or a guard counts what is traded of the contract."""
        commitments, ledger = self._parts.desk.commitments, self._parts.desk.ledger
        entries = [ledger.by_tag(tag) for tag in self._parts.guard.tags()]
        return (
            commitments.is_taking(contract_id)
            or commitments.leaving(contract_id) > 0
            or any(one is not None and one.snapshot().contract_id == contract_id for one in entries)
        )

    async def _trade(self, contract_id: str, side: int, size: int) -> Outcome:
        intake = self._parts.intake
        request = await intake.request(
            contract_id,
            OrderType.MARKET,
            OrderSide.BUY if side == OrderSide.SELL else OrderSide.SELL,
            size,
            _NO_PRICES,
            account_id=None,
        )
        intent = Intent(
            tag=intake.next_tag(),
            request=request,
            purpose=Purpose.EXIT,
            created_ns=self._parts.clock.now_ns(),
        )
        return await self._parts.desk.place(intent, lane=Lane.PROTECTIVE)
