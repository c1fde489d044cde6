"""What an order manager is made of, and what passes between its parts.

Invariants (``tests/order_manager/test_parts.py``): a change is counted and announced before any
part acts on it; events of a contract go to the bus that is its own; after an outage of the hub
entries wait until the account was read anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from project_x_py._core.orders.family import is_leg
from project_x_py._core.orders.intents import Intent
from project_x_py._core.orders.ledger import OrderLedger
from project_x_py._core.orders.state import OPEN
from project_x_py._core.submission import Lane
from project_x_py._ports import GapFeed
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.event_bus import EventType
from project_x_py.order_manager._answers import Answers
from project_x_py.order_manager._brackets import BracketDesk
from project_x_py.order_manager._commitments import Commitments
from project_x_py.order_manager._desk import OrderDesk
from project_x_py.order_manager._guard import ProtectionGuard
from project_x_py.order_manager._holdings import Holdings
from project_x_py.order_manager._intake import Intake
from project_x_py.order_manager._memos import Memos
from project_x_py.order_manager._moved import MovedLegs
from project_x_py.order_manager._oco import OcoPairs
from project_x_py.order_manager._permission import Permission
from project_x_py.order_manager._position_door import PositionDoor
from project_x_py.order_manager._reconciler import Reconciler
from project_x_py.order_manager._requests import as_edited, order_tag
from project_x_py.order_manager._statistics import OrderCounters
from project_x_py.order_manager._taken_back import TakenBack
from project_x_py.order_manager._views import event_data, symbol_of
from project_x_py.types.trading import OrderSide

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    from project_x_py._core.gaps import FeedGap
    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._core.records import (
        AccountUpdate,
        OrderUpdate,
        PositionUpdate,
        TradeUpdate,
    )
    from project_x_py._core.submission import OrderEdit
    from project_x_py._ports import LastPrices, OrderSource, UserFeed
    from project_x_py._runtime.journal import Journal
    from project_x_py.event_bus import EventBus
    from project_x_py.order_manager._desk import OrderGate
    from project_x_py.types.config_types import OrderManagerConfig

__all__ = ["OrderParts"]

RANK = 2
"""Orders hear of account events after market data and before positions."""

READ_ANEW = ("orders", "positions")
"""Kinds of messages that a complete read makes up for."""


class OrderParts:
    """The parts of one manager; hears the account's events for them.

    Args:
        source: A client that is logged in.
        bus: Where events go that are of no contract with a bus of its own.
        config: Settings.
        journal: Where intents are written down.
        gate: Asked before every order that adds risk.
        prices: Who knows last prices.
        bus_for: Finds the bus of a contract.
        random_hex: Makes so many random bytes, as text.
    """

    def __init__(
        self,
        source: OrderSource,
        bus: EventBus,
        config: OrderManagerConfig,
        *,
        journal: Journal | None,
        gate: OrderGate | None,
        prices: LastPrices | None,
        bus_for: Callable[[str], EventBus] | None,
        random_hex: Callable[[int], str],
    ) -> None:
        self.account_id = account_id = source.get_account_info().id
        self.config = config
        self.clock = source.clock
        self.last_error: str | None = None
        self.tasks = Supervisor(f"orders-{account_id}")
        self.counters = OrderCounters()
        self.holdings = Holdings(account_id)
        self.on_change: list[Callable[[OrderChange], None]] = []
        self.on_open: list[Callable[[], None]] = []
        """Called once what earlier runs have left can be read."""
        self.on_position_said: list[Callable[[], None]] = []
        self.on_read: list[Callable[[tuple[OrderUpdate, ...]], None]] = []
        self.journal = journal
        self.upkeep: Callable[[], Coroutine[Any, Any, None]] | None = None
        """What is done now and then, for as long as the account is followed."""
        self._bus = bus
        self._bus_for = bus_for
        self._feed: UserFeed | None = None
        self._reading: asyncio.Task[None] | None = None
        self._outages: list[FeedGap] = []
        ledger = OrderLedger(account_id)
        commitments = Commitments(ledger)
        self.intake = Intake(
            source,
            account_id,
            config,
            commitments=commitments,
            holdings=self.holdings,
            tasks=self.tasks,
            learned=self._learned,
            run=random_hex(4),
        )
        self.intake.prices = prices
        grids = self.intake.grids.held
        self.permission = Permission(source, self.tasks, gate)
        self.desk = OrderDesk(
            ledger,
            source.order_gateway(grids),
            journal=journal,
            gate=self.permission,
            clock=self.clock,
            tasks=self.tasks,
            tell=self._tell,
            commitments=commitments,
        )
        self.guard = self._guard_of(random_hex(2))
        self.memos = Memos(journal, account_id, self.tasks)
        self.moved = MovedLegs(self.guard, self.memos)
        self.oco = OcoPairs(self.desk, self.tasks, self.memos, TakenBack(self).look)
        queries = source.order_queries(grids)
        self.answers = Answers(self.desk, queries, self.intake.grids.grid)
        self.reconciler = Reconciler(
            self.desk,
            queries,
            clock=self.clock,
            grid=self.intake.grids.grid,
            positions=self.holdings,
            after=self._read,
            awaited=self.guard.awaits_read,
        )
        self.door = self._door_of()
        self.brackets = BracketDesk(self.desk, self.guard, self.clock, self.intake.next_tag)

    def _guard_of(self, run: str) -> ProtectionGuard:
        return ProtectionGuard(
            self.desk,
            clock=self.clock,
            tasks=self.tasks,
            net=self.holdings.net,
            net_after=self.holdings.net_after,
            warn=self.warn,
            run=run,
            ended=self._guard_ended,
        )

    def _door_of(self) -> PositionDoor:
        return PositionDoor(
            self.desk,
            self.guard,
            self.reconciler,
            self.intake,
            self.holdings,
            self.permission,
        )

    def _guard_ended(self, tag: str) -> None:
        self.desk.forget_family(tag)
        self.moved.forget(tag)

    @property
    def is_reading(self) -> bool:
        """Whether the account is being followed."""
        return self._reading is not None

    @property
    def is_fed(self) -> bool:
        """Whether a user hub tells of changes."""
        return self._feed is not None

    def no(self, reason: str) -> bool:
        """Keep a reason, and say no."""
        self.last_error = reason
        return False

    def gate_edit(self, order: OrderUpdate, edit: OrderEdit) -> str | None:
        """Return why an edit must not be sent: one that adds risk is judged like an entry.

        The order counts as what it would become, and no longer as what it is. Stops and targets
        are their owner's to move, as long as they take off no more than is held and may still be
        entered, and so is an order that becomes smaller where it is.
        """
        wanted = as_edited(order, edit)
        known = self.desk.ledger.submission(order.custom_tag or "")
        grows = wanted.size > order.size - order.filled
        if is_leg(order, known) and (not grows or wanted.size <= self._to_protect(order)):
            return None
        if not grows and (wanted.limit, wanted.stop) == (order.limit, order.stop):
            return None
        more = replace(wanted, size=max(0, wanted.size - (order.size - order.filled)))
        if self.desk.gate is None or self.intake.lane(more) is Lane.PROTECTIVE:
            return None
        intent = Intent(
            tag=order_tag(order),
            request=wanted,
            protection=known.intent.protection if known else None,
            created_ns=self.clock.now_ns(),
        )
        refusal = self.desk.gate.deny(intent)
        self.counters.denied += refusal is not None
        return refusal

    def _to_protect(self, leg: OrderUpdate) -> int:
        """Return the contracts that a leg may take off: those held, and those that may come in."""
        net = self.holdings.net(leg.contract_id)
        held = abs(net) if net and (net > 0) == (leg.side == OrderSide.SELL) else 0
        return held + sum(
            one.size
            for one in self.door.open_orders()
            if one.contract_id == leg.contract_id and one.side != leg.side and not one.leg
        )

    async def start(self, feed: UserFeed | None) -> bool:
        """Take up what an earlier run left, read the account, and follow it from now on.

        Raises:
            JournalError: The order journal cannot be opened.
        """
        self.tasks.raise_if_faulted()
        if self._reading is not None:
            return True
        if self.journal is not None:
            self.journal.open()
            newest = self.moved.found()
            for submission in self.desk.restore(self.journal.entries()):
                wanted = submission.intent.protection
                if submission.order_id is not None:
                    self.reconciler.find(submission.order_id)
                if wanted is not None:
                    tag = submission.intent.tag
                    self.guard.protect(tag, newest(tag, wanted), earlier=True)
            for order_id in self.oco.take_up():
                self.reconciler.find(order_id)
            for opened in self.on_open:
                opened()
        if feed is not None:
            self._feed = feed
            feed.attach_user(self, self.intake.grids.sought, rank=RANK)
            if isinstance(feed, GapFeed):
                feed.add_gap_listener(self._outage)
        known = await self.reconciler.read()
        self.last_error = self.reconciler.last_error
        self._reading = self.tasks.spawn(self.reconciler.run(), name="reconciler")
        if self.upkeep is not None:
            self.tasks.spawn(self.upkeep(), name="upkeep")
        return known

    async def stop(self) -> None:
        """Stop following; working orders stay at the gateway."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.detach_user(self)
            if isinstance(feed, GapFeed):
                feed.remove_gap_listener(self._outage)
        self._reading = None
        await self.tasks.aclose()
        if self.journal is not None:
            self.journal.close()

    def doubt(self) -> str | None:
        """Return why the account's state is not known for sure, None when it is."""
        if self._outages:
            return "the account is being read again after an outage of its hub"
        if self.reconciler.last_read_ns is None:
            return "the account has not been read yet"
        return None

    def on_order(self, update: OrderUpdate) -> None:
        """Take an order event of the user hub."""
        self.desk.hear(update)
        if update.status == OPEN:
            # A leg that begins to work is no change that is told of, and protects from then on.
            self.guard.on_position()

    def on_fill(self, update: TradeUpdate) -> None:
        """Take a fill of the user hub."""
        self.desk.hear_fill(update)
        self.holdings.hear_fill(update)

    def on_position(self, update: PositionUpdate) -> None:
        """Take a position event of the user hub."""
        self.holdings.hear_position(update)
        self.reconciler.stir()
        self._positions_said()

    def on_account(self, update: AccountUpdate) -> None:
        """Take whether the account may trade."""
        self.permission.hear(update)

    def _outage(self, gap: FeedGap) -> None:
        """Read the account again once its hub is back."""
        if gap.contract_id is None and "orders" in gap.missed and not gap.is_open:
            self._outages.append(gap)
            self.desk.doubt()

    def working(self) -> tuple[OrderUpdate, ...]:
        """Return the working orders as they are known."""
        return tuple(state.snapshot() for state in self.desk.ledger.working())

    def _read(self, asof_ns: int) -> None:
        """Act on a complete read."""
        working = self.working()
        for listener in self.on_read:
            listener(working)
        over = [gap for gap in self._outages if gap.to_ns is not None and gap.to_ns <= asof_ns]
        self._outages = [gap for gap in self._outages if gap not in over]
        for gap in over:
            if isinstance(self._feed, GapFeed):
                self._feed.report_backfill(gap, READ_ANEW)
        self.oco.on_read()
        self.guard.on_read(asof_ns)
        self._positions_said()

    def _positions_said(self) -> None:
        self.guard.on_position()
        for listener in self.on_position_said:
            listener()

    def _tell(self, change: OrderChange, *, reconciled: bool) -> None:
        contract_id = change.order.contract_id
        grid = self.intake.known_grid(contract_id)
        self.counters.count(change, grid, self.clock.monotonic_ns())
        self._bus_of(contract_id).publish(
            EventType(change.kind.value),
            event_data(change, grid, reconciled=reconciled),
            source="orders",
        )
        for listener in self.on_change:
            listener(change)
        self.moved.on_change(change)
        self.oco.on_change(change)
        self.guard.on_change(change, reconciled=reconciled)
        self.reconciler.stir()

    def _learned(self) -> None:
        if self._feed is not None:
            self._feed.grids_known()

    def warn(self, tag: str, text: str) -> None:
        """Publish that something about the order of a tag, or what it protects, went wrong."""
        entry = self.desk.ledger.by_tag(tag)
        contract_id = "" if entry is None else entry.snapshot().contract_id
        symbol = symbol_of(contract_id) if contract_id else ""
        data = {
            "kind": "protection",
            "message": text,
            "details": {"custom_tag": tag},
            "timestamp": self.intake.now(),
            "symbol": symbol,
            "contract_id": contract_id,
        }
        self._bus_of(contract_id).publish(EventType.WARNING, data, source="orders")

    def _bus_of(self, contract_id: str) -> EventBus:
        return self._bus if self._bus_for is None else self._bus_for(contract_id)
