"""An order desk on an in-process gateway, for the tests of whatever stands on one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace
from tests.suites import login

from project_x_py._core.grid import TickGrid
from project_x_py._core.orders.intents import SETTLE_NS, Intent, Protection
from project_x_py._core.orders.ledger import Change, OrderChange, OrderLedger
from project_x_py._core.positions import PositionBook
from project_x_py._core.records import AccountUpdate, OrderUpdate, PositionUpdate, TradeUpdate
from project_x_py._core.submission import Lane, OrderRequest, OrderSearch, Outcome
from project_x_py._runtime.journal import Journal
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.client import ProjectX
from project_x_py.order_manager._desk import OrderDesk, OrderGate
from project_x_py.order_manager._guard import ProtectionGuard
from project_x_py.order_manager._reconciler import Reconciler
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.simulator import SimulatedGateway

__all__ = ["LIMIT", "MARKET", "Bench", "Watched", "bench", "served", "watched"]

LIMIT, MARKET = 1, 2


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
        self.listeners: list[Callable[[OrderChange], None]] = []
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
        for listener in self.listeners:
            listener(change)
        self.reconciler.stir()


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


class Watched:
    """A bench whose entries are guarded, fed by the user hub.

    Args:
        made: The bench.
    """

    def __init__(self, made: Bench) -> None:
        self.bench = made
        self.warnings: list[str] = []
        self.book = PositionBook(made.account_id)
        self.positions_ns: dict[str, int] = {}
        made.reconciler.positions = self
        self.guard = ProtectionGuard(
            made.desk,
            clock=made.client.clock,
            tasks=made.tasks,
            net=self.book.net,
            net_after=self._net_after,
            warn=lambda _tag, text: self.warnings.append(text),
            run="ab12",
        )
        made.listeners.append(self.guard.on_change)
        made.reconciler.after = self.guard.on_read
        made.reconciler.awaited = self.guard.awaits_read

    @property
    def net(self) -> int:
        """Contracts held, signed."""
        return self.book.net(self.bench.contract_id)

    async def enter(self, protection: Protection, tag: str = "run-1", **changes: object) -> Outcome:
        """Send an entry under guard, a market order unless it is changed."""
        values = {"type": MARKET, "limit": None, **changes}
        if protection.native:
            values.setdefault("stop_bracket", (-80, 4))
            values.setdefault("target_bracket", (80, 1))
        self.guard.protect(tag, protection)
        return await self.bench.place(tag, **values)

    def working(self) -> list[tuple[int, int]]:
        """Type and remaining contracts of everything that works."""
        return [(state.snapshot().type, state.remaining) for state in self.bench.ledger.working()]

    def hear_positions(self, listed: tuple[PositionUpdate, ...], asof_ns: int) -> None:
        """Take a complete list."""
        self.book.hear_all([replace(row, recv_ns=asof_ns) for row in listed], asof_ns)
        self.positions_ns[self.bench.contract_id] = asof_ns
        self.guard.on_position()

    def hear_fill(self, fill: TradeUpdate) -> None:
        """Take a fill."""

    def holds_positions(self) -> bool:
        """Whether anything is held."""
        return len(self.book) > 0

    def on_order(self, update: OrderUpdate) -> None:
        """Take an order event."""
        self.bench.desk.hear(update)

    def on_fill(self, update: TradeUpdate) -> None:
        """Take a fill event."""
        self.bench.desk.hear_fill(update)

    def on_position(self, update: PositionUpdate) -> None:
        """Take a position event."""
        self.book.hear(update)
        self.positions_ns[update.contract_id] = update.recv_ns
        self.bench.reconciler.stir()
        self.guard.on_position()

    def on_account(self, update: AccountUpdate) -> None:
        """Take an account event."""

    def _net_after(self, contract_id: str, grown_ns: int) -> int | None:
        said_ns = self.positions_ns.get(contract_id, 0)
        return self.book.net(contract_id) if said_ns > grown_ns + SETTLE_NS else None


@asynccontextmanager
async def watched(gateway: SimulatedGateway, *, hub: bool = True) -> AsyncIterator[Watched]:
    """A guarded bench with its reconciler running, with or without the user hub."""
    async with bench(gateway) as made:
        found = Watched(made)
        contract = await made.client.get_instrument(made.contract_id)
        grid = TickGrid(contract.tickSize, contract.tickValue)
        realtime = ProjectXRealtimeClient(
            made.client.get_session_token(), str(made.account_id), config=made.client.config
        )
        realtime.attach_user(found, lambda _contract_id: grid, rank=2)
        if hub:
            assert await realtime.connect()
            assert await realtime.subscribe_user_updates()
        reading = made.tasks.spawn(made.reconciler.run(), name="reconciler")
        try:
            yield found
        finally:
            reading.cancel()
            await realtime.cleanup()
        made.tasks.raise_if_faulted()
