"""What the platform does with the day: cancels, flattens, settles.

At the flatten every working order of a contract is cancelled and every position closed at the
market, at once and with nothing to travel. What finds nobody to trade with is tried again whenever
the contract's market moves, until the day is over. At the last close of the day what still works
is cancelled, and costs that were kept aside are paid.

Invariant (``tests/core/exchange/test_platform.py``): after the flatten of a liquid market nobody
holds or works anything in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import OrderStatus, OrderType
from project_x_py._core.exchange.sessions import BoundaryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from project_x_py._core.exchange.accounts import Account
    from project_x_py._core.exchange.agenda import Agenda
    from project_x_py._core.exchange.desk import Desk
    from project_x_py._core.exchange.ledger import Ledger
    from project_x_py._core.exchange.markets import ContractMarket
    from project_x_py._core.exchange.orders import Order, OrderStore
    from project_x_py._core.exchange.quirks import ExchangeQuirks
    from project_x_py._core.exchange.sessions import Boundary

__all__ = ["Platform"]


class Platform:
    """The platform's own hand in the market.

    Args:
        accounts: Whose positions it closes, by id.
        orders: Where its orders are kept.
        desk: Works and ends orders.
        ledger: Tells the time, and books.
        quirks: When it acts, and how that is told.
        agenda: Where the boundaries of the day wait.
    """

    def __init__(
        self,
        accounts: Mapping[int, Account],
        orders: OrderStore,
        desk: Desk,
        ledger: Ledger,
        quirks: ExchangeQuirks,
        agenda: Agenda,
    ) -> None:
        self._accounts = accounts
        self._orders = orders
        self._desk = desk
        self._ledger = ledger
        self._quirks = quirks
        self._agenda = agenda
        self._unflat: set[str] = set()

    def plan_day(self, market: ContractMarket) -> None:
        """Plan what happens at a contract's next boundary."""
        boundary = market.day.next_boundary(self._ledger.now_ns)
        self._agenda.plan(boundary.ns, lambda: self._act(market, boundary))

    @property
    def unflat(self) -> tuple[str, ...]:
        """Contracts that are still to be flattened."""
        return tuple(sorted(self._unflat))

    def take_up(self, unflat: Iterable[str]) -> None:
        """Go on flattening contracts, each as soon as its market moves."""
        self._unflat.update(unflat)

    def make_up(self, market: ContractMarket, since_ns: int) -> None:
        """Do what a contract's boundaries after ``since_ns`` would have done until now.

        Orders are cancelled; positions that a flatten would have closed are closed as soon as the
        market moves.
        """
        boundary = market.day.next_boundary(since_ns)
        while boundary.ns <= self._ledger.now_ns:
            self.cancel_all(market, OrderStatus(self._quirks.platform_cancel_status))
            if boundary.kind is BoundaryKind.FLATTEN:
                self._unflat.add(market.contract_id)
            else:
                self._ledger.settle(self._accounts.values())
            boundary = market.day.next_boundary(boundary.ns)

    def cancel_all(self, market: ContractMarket, status: OrderStatus) -> None:
        """Let everything that works in a contract be over."""
        for order in self._orders.working(market.contract_id):
            self._desk.end(order, status)

    def close_day(self, market: ContractMarket) -> None:
        """Do at once what the end of a trading day brings: cancel, flatten, settle."""
        self.cancel_all(market, OrderStatus(self._quirks.platform_cancel_status))
        if self._quirks.flatten_minute is not None:
            self._flatten(market, again=False)
        self._ledger.settle(self._accounts.values())

    def after_market(self, market: ContractMarket) -> None:
        """Try again to close what a flatten could not."""
        if market.contract_id in self._unflat:
            self._flatten(market, again=True)

    def closing_order(
        self, account: Account, market: ContractMarket, size: int, *, rejected: bool = False
    ) -> Order:
        """Make an untagged market order against a position, and tell of it."""
        order = self._orders.add(
            account.spec.id,
            market.contract_id,
            type=OrderType.MARKET,
            side=SELL if account.net(market.contract_id) > 0 else BUY,
            size=size,
            ns=self._ledger.now_ns,
            status=OrderStatus.REJECTED if rejected else OrderStatus.PENDING,
        )
        self._ledger.write_order(order)
        return order

    def _act(self, market: ContractMarket, boundary: Boundary) -> None:
        self.cancel_all(market, OrderStatus(self._quirks.platform_cancel_status))
        if boundary.kind is BoundaryKind.FLATTEN:
            self._flatten(market, again=False)
        else:
            self._unflat.discard(market.contract_id)
            self._ledger.settle(self._accounts.values())
        self.plan_day(market)

    def _flatten(self, market: ContractMarket, *, again: bool) -> None:
        contract_id, venue = market.contract_id, market.venue
        for account in self._accounts.values():
            net = account.net(contract_id)
            taker = venue.best_bid if net > 0 else venue.best_ask
            if net and (taker is not None or not again):
                self._desk.liquidate(self.closing_order(account, market, abs(net)))
        if any(account.net(contract_id) for account in self._accounts.values()):
            self._unflat.add(contract_id)
        else:
            self._unflat.discard(contract_id)
