"""An order desk on an in-process gateway, for the tests of whatever stands on one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from tests.suites import login

from project_x_py._core.orders.intents import Intent
from project_x_py._core.orders.ledger import Change, OrderChange, OrderLedger
from project_x_py._core.submission import Lane, OrderRequest, OrderSearch, Outcome
from project_x_py._runtime.journal import Journal
from project_x_py._runtime.supervisor import Supervisor
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import ProjectX
from project_x_py.order_manager._desk import OrderDesk, OrderGate
from project_x_py.order_manager._reconciler import Reconciler
from project_x_py.simulator import SimulatedGateway

__all__ = ["LIMIT", "MARKET", "Bench", "bench", "in_virtual_time", "served"]

LIMIT, MARKET = 1, 2


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test in virtual time."""

    @wraps(test)
    def run(*args: Any, **keywords: Any) -> None:
        run_virtual(test(*args, **keywords))

    return run


@asynccontextmanager
async def served(**options: object) -> AsyncIterator[SimulatedGateway]:
    """A gateway of one made-up market, in this process."""
    async with SimulatedGateway(in_process=True, instruments=("MNQ",), **options) as gateway:
        yield gateway


class Bench:
    """A desk, what it stands on, and what it told.

    Args:
        client: Logged in.
        journal: Where intents are written down.
        gate: Checks entries.
    """

    def __init__(
        self, client: ProjectX, journal: Journal | None, gate: OrderGate | None = None
    ) -> None:
        self.client = client
        self.account_id = client.get_account_info().id
        self.told: list[tuple[OrderChange, bool]] = []
        self.tasks = Supervisor("desk")
        self.ledger = OrderLedger(self.account_id)
        self.desk = OrderDesk(
            self.ledger,
            client.order_gateway(),
            journal=journal,
            gate=gate,
            clock=client.clock,
            tasks=self.tasks,
            tell=self._tell,
        )
        self.reconciler = Reconciler(self.desk, client.order_queries(), clock=client.clock)
        self.contract_id = ""
        self.limit = 0
        """A price that nobody sells at, in ticks."""
        self._numbers = 0

    @property
    def kinds(self) -> list[Change]:
        """What was told, in order."""
        return [change.kind for change, _ in self.told]

    def intent(self, tag: str = "", **changes: object) -> Intent:
        """An order that rests far below the market, unless it is changed."""
        self._numbers += 1
        tag = tag or f"run-{self._numbers}"
        values = {"type": LIMIT, "side": 0, "size": 1, "limit": self.limit, **changes}
        request = OrderRequest(
            account_id=self.account_id, contract_id=self.contract_id, tag=tag, **values
        )
        return Intent(tag=tag, request=request, created_ns=self.client.clock.now_ns())

    async def place(self, tag: str = "", lane: Lane = Lane.ENTRY, **changes: object) -> Outcome:
        """Place such an order."""
        return await self.desk.place(self.intent(tag, **changes), lane=lane)

    async def at_gateway(self) -> list[tuple[str | None, int]]:
        """Tags and statuses of all orders as the gateway has them a second later, oldest first."""
        await asyncio.sleep(1)
        answer = await self.client.order_queries().orders(OrderSearch(account_id=self.account_id))
        return [(row.custom_tag, row.status) for row in answer.rows]

    def _tell(self, change: OrderChange, *, reconciled: bool) -> None:
        self.told.append((change, reconciled))


@asynccontextmanager
async def bench(
    gateway: SimulatedGateway, journal: Path | None = None, gate: OrderGate | None = None
) -> AsyncIterator[Bench]:
    """A desk on ``gateway``, with a journal in ``journal``."""
    written = None if journal is None else Journal(journal, threaded=False)
    if written is not None:
        written.open()
    async with ProjectX(**login(gateway)) as client:
        await client.authenticate()
        made = Bench(client, written, gate)
        contract = await client.get_instrument("MNQ")
        made.contract_id = contract.id
        bars = await client.get_bars("MNQ", days=1, interval=1)
        made.limit = round(bars["close"][-1] / contract.tickSize) - 200
        try:
            yield made
        finally:
            await made.tasks.aclose()
            if written is not None:
                written.close()
