"""The state of one account's positions and everything that hears of it, wired together.

Position managers are views on one of these: a whole account, or one contract of it.

Invariants (``tests/position_manager/test_position_manager.py``): each event of the user hub is
heard once, whoever looks; state first, then event; a profit is published when the fills account
for it, with the closing event or after it.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from project_x_py._core.positions import PositionKind
from project_x_py._core.time import format_iso
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXPositionError
from project_x_py.position_manager._alerts import AlertBook
from project_x_py.position_manager._day import DayMoney
from project_x_py.position_manager._flatten import Flattener
from project_x_py.position_manager._gateway_door import GatewayDoor
from project_x_py.position_manager._grids import HeldGrids
from project_x_py.position_manager._keeper import PositionKeeper
from project_x_py.position_manager._peaks import PeakBook
from project_x_py.position_manager._reader import PositionReader
from project_x_py.position_manager._turns import CloseTurns
from project_x_py.position_manager._views import cents, event_data, position_model, symbol_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from decimal import Decimal

    from project_x_py._core.positions import PositionChange
    from project_x_py._core.records import AccountUpdate, OrderUpdate, PositionUpdate, TradeUpdate
    from project_x_py._ports import OrderSource, PositionOrders, PriceSource, UserFeed
    from project_x_py.event_bus import EventBus
    from project_x_py.position_manager._alerts import Alert
    from project_x_py.position_manager._keeper import ClosedTrade

__all__ = ["RANK", "PositionCore"]

logger = logging.getLogger(__name__)

RANK = 3
"""Positions hear of account events after orders."""

KEPT_HISTORY = 1_000
"""Newest changes kept for each contract."""


class PositionCore:
    """One account's positions, their money, and what they are told to.

    Args:
        source: A client that is logged in.
        bus: Where events are published.
        prices: Who knows last prices, and tells of them.
        bus_for: The bus of a contract's own instrument, where it has one.
    """

    def __init__(
        self,
        source: OrderSource,
        bus: EventBus,
        prices: PriceSource | None,
        bus_for: Callable[[str], EventBus | None] | None,
    ) -> None:
        account = source.get_account_info()
        self.account_id = account.id
        self.source = source
        self.clock = source.clock
        self.prices = prices
        self.balance = float(account.balance)
        self.orders: PositionOrders | None = None
        self.tasks = Supervisor(f"positions-{account.id}")
        self.grids = HeldGrids(source, self.tasks, self._learned)
        self.keeper = PositionKeeper(account.id, self.grids.known, self._tell)
        self.keeper.add_accountant(self._accounted)
        self.day = DayMoney(self.clock, self.keeper)
        self.queries = source.order_queries(self.grids.held)
        self.reader = PositionReader(
            self.queries, self.clock, self.keeper, self.day, self.grids.grid
        )
        self.alerts = AlertBook(self._fired)
        self.peaks = PeakBook()
        self.history: dict[str, deque[dict[str, Any]]] = {}
        self.last_error: str | None = None
        self._bus = bus
        self._bus_for = bus_for
        self._feed: UserFeed | None = None
        self._reading: asyncio.Task[None] | None = None
        self._untold: set[str] = set()
        self.turns = CloseTurns(self.clock, self.keeper.net, self.reader.read)
        gateway = source.order_gateway(self.grids.held)
        self._own_door = GatewayDoor(account.id, gateway, self.queries, self.clock)

    @property
    def door(self) -> PositionOrders | GatewayDoor:
        """Through whom positions and orders are taken off."""
        return self._own_door if self.orders is None else self.orders

    @property
    def flattener(self) -> Flattener:
        """Takes everything off, with proof."""
        return Flattener(self.account_id, self.door, self.queries, self.clock)

    async def start(self, feed: UserFeed | None, orders: PositionOrders | None) -> bool:
        """Read the account and follow it; return whether the first read was complete."""
        self.tasks.raise_if_faulted()
        if self._reading is not None:
            return self.keeper.is_known
        if orders is not None:
            self.orders = self.grids.orders = orders
            orders.adopt(self.keeper)
        if feed is not None:
            self._feed = feed
            feed.attach_user(self, self.grids.sought, rank=RANK)
        if self.prices is not None:
            self.prices.add_price_listener(self.on_price)
        known = await self.reader.read()
        self.last_error = self.reader.last_error
        self._reading = self.tasks.spawn(
            self.reader.run(until_known=orders is not None), name="position-reader"
        )
        return known

    async def stop(self) -> None:
        """Follow no more; what is held stays."""
        if self._feed is not None:
            self._feed.detach_user(self)
            self._feed = None
        if self.prices is not None:
            self.prices.remove_price_listener(self.on_price)
        self._reading = None
        await self.tasks.aclose()

    def own(self, account_id: int | None) -> None:
        """Refuse another account.

        Raises:
            ProjectXPositionError: It is another one.
        """
        if account_id is None or (account_id == self.account_id and account_id is not True):
            return
        raise ProjectXPositionError(
            f"this manager follows account {self.account_id}, not {account_id!r}"
        )

    async def refresh(self) -> None:
        """Read the positions now.

        Raises:
            ProjectXPositionError: They could not be read; nothing has changed then.
        """
        self.tasks.raise_if_faulted()
        if not await self.reader.read():
            raise ProjectXPositionError(f"positions unknown: {self.reader.last_error}")

    # What the user hub tells.

    def on_order(self, update: OrderUpdate) -> None:
        """Orders are the order manager's."""

    def on_position(self, update: PositionUpdate) -> None:
        """Take a statement."""
        self.keeper.hear_position(update)

    def on_fill(self, update: TradeUpdate) -> None:
        """Take a fill."""
        self.keeper.hear_fill(update)

    def on_account(self, update: AccountUpdate) -> None:
        """Take the balance."""
        if update.id == self.account_id:
            self.balance = update.balance

    def on_price(self, contract_id: str, price: int) -> None:
        """Take a trade of the market: peaks, and alerts that it reaches."""
        if not self.keeper.net(contract_id):
            return
        self.peaks.take(contract_id, price)
        self.alerts.check(contract_id, lambda: self.keeper.unrealised(contract_id, price))

    def last_price(self, contract_id: str) -> int | None:
        """Return the last price in ticks, however old."""
        known = None if self.prices is None else self.prices.last_price(contract_id)
        return None if known is None else known[0]

    # What others are told.

    def publish(self, kind: EventType, contract_id: str, data: dict[str, Any]) -> None:
        """Publish on the bus of the contract's instrument, else on the account's."""
        bus = self._bus_for(contract_id) if self._bus_for is not None else None
        (bus or self._bus).publish(kind, data, source="positions")

    def publish_pnl(self, contract_id: str, pnl: Decimal | None) -> None:
        """Publish POSITION_PNL_UPDATE: ``pnl`` of a closed position, None for one that is held."""
        price = self.last_price(contract_id)
        held = self.keeper.book.position(contract_id)
        worth = (
            None if held is None or price is None else self.keeper.unrealised(contract_id, price)
        )
        self.publish(
            EventType.POSITION_PNL_UPDATE,
            contract_id,
            {
                "contract_id": contract_id,
                "symbol": symbol_of(contract_id),
                "netPos": self.keeper.net(contract_id),
                "price": None if price is None else self.grids.known(contract_id).price(price),
                "unrealized_pnl": None if worth is None else cents(worth),
                "realized_pnl": cents(
                    self.keeper.realised(contract_id) - self.keeper.costs(contract_id)
                ),
                "pnl": None if pnl is None else cents(pnl),
                "timestamp": format_iso(self.clock.now_ns()),
            },
        )

    def _tell(self, change: PositionChange, pnl: Decimal | None) -> None:
        position = change.position
        contract_id = position.contract_id
        before = 0 if change.before is None else change.before.net
        if change.kind is PositionKind.OPENED:
            self.peaks.begin(contract_id)
        if change.kind is PositionKind.CLOSED and pnl is None:
            self._untold.add(contract_id)
        kept = self.history.setdefault(contract_id, deque(maxlen=KEPT_HISTORY))
        kept.append(
            {
                "timestamp": format_iso(position.recv_ns),
                "kind": change.kind.name.lower(),
                "position": position_model(position).to_dict(),
                "size_change": position.net - before,
                "pnl": None if pnl is None else cents(pnl),
            }
        )
        data = event_data(change, pnl)
        self.publish(EventType(change.kind.value), contract_id, data)
        if change.kind is PositionKind.OPENED:
            # A position of one fill is never updated otherwise, and who follows one event alone,
            # as POSITION_UPDATE suggests, would not hear of it.
            self.publish(EventType.POSITION_UPDATED, contract_id, dict(data))
        price = self.last_price(contract_id)
        if price is not None and position.net:
            self.on_price(contract_id, price)

    def _accounted(self, trade: ClosedTrade) -> None:
        if trade.contract_id in self._untold:
            self._untold.discard(trade.contract_id)
            self.publish_pnl(trade.contract_id, trade.profit)

    def _fired(self, alert: Alert, kind: str, profit: Decimal, limit: Decimal) -> None:
        held = self.keeper.book.position(alert.contract_id)
        self.publish(
            EventType.RISK_LIMIT_WARNING,
            alert.contract_id,
            {
                "kind": kind,
                "message": f"open profit of {alert.contract_id} is ${cents(profit)}, "
                f"{kind} is ${cents(limit)}",
                "contract_id": alert.contract_id,
                "symbol": symbol_of(alert.contract_id),
                "figure": cents(profit),
                "limit": cents(limit),
                "position": None if held is None else position_model(held),
                "alert": {
                    "max_loss": _float(alert.max_loss),
                    "max_gain": _float(alert.max_gain),
                    "pnl_threshold": _float(alert.pnl_threshold),
                    "created": format_iso(alert.created_ns),
                    "triggered": alert.triggered,
                },
                "timestamp": format_iso(self.clock.now_ns()),
            },
        )

    def _learned(self) -> None:
        if self._feed is not None:
            self._feed.grids_known()


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
