"""Whether the account may enter: the gateway lets it trade, and nobody is closing everything.

Invariant (``tests/order_manager/test_permission.py``): while the gateway says that the account may
not trade, or a contract is being closed for good, no entry is sent; exits, stops and cancellations
are never asked about.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from project_x_py._core.time import NS
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_x_py._core.orders.intents import Intent
    from project_x_py._core.records import AccountUpdate
    from project_x_py._ports import OrderSource, TaskOwner
    from project_x_py.order_manager._desk import OrderGate

__all__ = ["Permission"]

logger = logging.getLogger(__name__)

ASK_NS = 10 * NS
"""How often a refused entry has the account looked up, since an event may be lost."""


class Permission:
    """The first gate of every entry of one account.

    Args:
        source: Knows the account.
        tasks: Looks it up again.
        gate: Asked next.
    """

    def __init__(self, source: OrderSource, tasks: TaskOwner, gate: OrderGate | None) -> None:
        account = source.get_account_info()
        self.can_trade = account.canTrade
        """What the gateway said last."""
        self._account_id = account.id
        self._name = account.name
        self._source = source
        self._tasks = tasks
        self._gate = gate
        self._asked_ns: int | None = None
        self._closing: list[str | None] = []
        """Contracts that somebody is closing until it is proved, None for all."""

    @contextmanager
    def withheld(self, contract_id: str | None) -> Iterator[None]:
        """Refuse entries of a contract, of all for None: they would be closed again at once."""
        self._closing.append(contract_id)
        try:
            yield
        finally:
            self._closing.remove(contract_id)

    def deny(self, intent: Intent) -> str | None:
        """Return why an entry must not be sent, None when it may."""
        if not self.can_trade:
            self._ask()
            return f"the gateway does not let account {self._name} trade (canTrade is false)"
        if None in self._closing or intent.request.contract_id in self._closing:
            return "positions are being closed, and it is not proved yet that nothing is left"
        return None if self._gate is None else self._gate.deny(intent)

    def hear(self, update: AccountUpdate) -> None:
        """Take what the gateway says of an account."""
        if update.id == self._account_id:
            self.can_trade = update.can_trade

    def _ask(self) -> None:
        now_ns = self._source.clock.monotonic_ns()
        if self._asked_ns is None or now_ns - self._asked_ns >= ASK_NS:
            self._asked_ns = now_ns
            self._tasks.spawn(self._look_up(), name="can-trade")

    async def _look_up(self) -> None:
        try:
            accounts = await self._source.list_accounts()
        except ProjectXError as exc:
            logger.warning("whether the account may trade is not known: %s", exc)
            return
        for account in accounts:
            if account.id == self._account_id:
                self.can_trade = account.canTrade
