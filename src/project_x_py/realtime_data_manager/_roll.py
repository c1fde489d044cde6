"""When a contract stops being the active month of its product.

The roll rule of the product says how many sessions are left; the gateway says when the active month
has changed. Both are announced, and nothing is switched: bars, orders and positions stay with the
contract that the suite was created for. Entries in the old month are refused from then on
(:class:`~project_x_py._ports.EntryGate`), unless the month was asked for by name.

Invariant (``tests/realtime_data_manager/test_roll.py``): the change is announced once, the days
before it once each, and the contract of the manager never changes.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from project_x_py._core.calendar import calendar_for, trade_date
from project_x_py._core.products import ContractName, active_contract, find_product
from project_x_py._core.time import MINUTE_NS
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from project_x_py._core.products import Product
    from project_x_py._ports import Clock, HistorySource
    from project_x_py.models import Instrument

__all__ = ["SESSIONS_AHEAD", "RollWatch"]

log = logging.getLogger(__name__)

SESSIONS_AHEAD = 5
"""How many sessions before the roll it is announced, and from then on once a session."""

CHECK_NS = 15 * MINUTE_NS
"""How often the gateway is asked for the active month, in exchange time."""


class RollWatch:
    """Watches one contract.

    Args:
        symbol: As the instrument was asked for.
        contract: What it was resolved to.
        source: Knows the active month.
        clock: Exchange time.
        tell: Announces a kind of news, with a message and facts.

    Attributes:
        next_contract_id: The month that has taken over, None while the contract is the active one.
    """

    def __init__(
        self,
        symbol: str,
        contract: Instrument,
        source: HistorySource,
        clock: Clock,
        tell: Callable[[str, str, Mapping[str, object]], None],
    ) -> None:
        self.next_contract_id: str | None = None
        self._contract = contract
        self._source = source
        self._clock = clock
        self._tell = tell
        self._product = find_product(contract.id)
        product = self._product
        # Only a ticker or a product leaves the month to the SDK.
        self._was_asked_for = product is None or symbol.upper() not in (
            product.ticker,
            product.code,
            f"F.US.{product.code}",
        )
        self._told_on: date | None = None

    def entry_refusal(self, contract_id: str) -> str | None:
        """Return why no position should be opened in a contract, None when one may."""
        if contract_id != self._contract.id or self.next_contract_id is None:
            return None
        if self._was_asked_for:
            return None
        return (
            f"{contract_id} is no longer the active month of its product, "
            f"{self.next_contract_id} is: create a new suite for it, or name the month you want"
        )

    def sessions_left(self, today: date) -> int | None:
        """Return how many sessions the contract is still the active month for, today's included.

        None when the product's rule does not name it today, or not for the next three months.
        """
        if self._product is None or self._rule(self._product, today) != self._contract.id:
            return None
        sessions, calendar = 0, calendar_for(self._product.ticker)
        for ahead in range(92):
            day = today + timedelta(ahead)
            if self._rule(self._product, day) != self._contract.id:
                return sessions
            sessions += bool(calendar.sessions(day))
        return None

    async def run(self) -> None:
        """Look until the month has changed; the contract has just been resolved when it begins."""
        while self.next_contract_id is None:
            self._look_ahead()
            await self._clock.sleep_until(self._clock.now_ns() + CHECK_NS)
            try:
                await self._ask()
            except ProjectXError as exc:
                log.debug("the active month could not be asked for: %s", exc)

    def _look_ahead(self) -> None:
        today = trade_date(self._clock.now_ns())
        left = self.sessions_left(today) if today != self._told_on else None
        if left is None or left > SESSIONS_AHEAD:
            return
        self._told_on = today
        self._tell(
            "contract_roll_ahead",
            f"{self._contract.id} is the active month for {left} more sessions",
            {"sessions_left": left},
        )

    async def _ask(self) -> None:
        product = self._product
        if product is None:
            return
        found = await self._source.search_instruments(product.ticker)
        months = [c for c in found if find_product(c.id) == product and c.activeContract]
        if not months or any(c.id == self._contract.id for c in months):
            return
        self.next_contract_id = months[0].id
        self._tell(
            "contract_rolled",
            f"{months[0].id} is the active month now; this suite stays with {self._contract.id}",
            {"next_contract_id": months[0].id},
        )

    @staticmethod
    def _rule(product: Product, day: date) -> str:
        name: ContractName = active_contract(product, day)
        return name.contract_id
