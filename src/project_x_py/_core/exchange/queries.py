"""What can be asked of the exchange: the reading half of the REST interface.

Orders that have not reached the engine and suspended legs are found by id and by the v2 query
only, as on the real gateway. All times are inclusive unless a quirk says otherwise.

Invariant (``tests/core/exchange/test_queries.py``): paging through the v2 query gives each order of
the filter exactly once.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from project_x_py._core.exchange.codes import OrderStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from project_x_py._core.exchange.accounts import Account
    from project_x_py._core.exchange.events import AccountRow, OrderRow, PositionRow, TradeRow
    from project_x_py._core.exchange.orders import Order, OrderStore
    from project_x_py._core.exchange.quirks import ExchangeQuirks

__all__ = ["OrderPage", "OrderQuery", "Queries"]

Row = TypeVar("Row")

_UNSEARCHED = frozenset(
    {OrderStatus.PENDING, OrderStatus.PENDING_CANCELLATION, OrderStatus.SUSPENDED}
)


class OrderQuery(NamedTuple):
    """The v2 query: what to look for, and which rows of it.

    ``statuses`` empty is any. Times are of creation, ns since 1970 UTC, inclusive.
    """

    account_id: int
    statuses: Collection[int] = ()
    contract_id: str | None = None
    created_after_ns: int | None = None
    created_before_ns: int | None = None
    by_id: bool = False
    descending: bool = True
    offset: int = 0
    limit: int = 100


class OrderPage(NamedTuple):
    """Some rows of a query, and how many there are in all."""

    rows: list[OrderRow]
    total: int


class Queries:
    """Reads orders, trades, positions and accounts.

    Every method but ``accounts`` and ``account`` raises KeyError for an account that is not there.

    Args:
        accounts: By id.
        orders: All of them.
        quirks: What is unknown of the real searches.
    """

    def __init__(
        self, accounts: Mapping[int, Account], orders: OrderStore, quirks: ExchangeQuirks
    ) -> None:
        self._accounts = accounts
        self._orders = orders
        self._quirks = quirks

    def accounts(self, *, only_active: bool = False) -> list[AccountRow]:
        """Return the accounts; only those that can trade if asked, or if a quirk hides others."""
        everything = not only_active and self._quirks.inactive_accounts_listed
        return [a.row() for a in self._accounts.values() if everything or a.can_trade]

    def account(self, account_id: int) -> AccountRow | None:
        """Return an account, None if there is none of this id."""
        account = self._accounts.get(account_id)
        return account.row() if account is not None else None

    def working_contracts(self) -> set[str]:
        """Return the contracts in which anybody's order works."""
        return {order.contract_id for order in self._orders.all_working()}

    def order(self, account_id: int, order_id: int) -> OrderRow | None:
        """Return an order in whatever state, None if the account has no such order."""
        order = self._orders.get(self._accounts[account_id].spec.id, order_id)
        return order.row() if order is not None and not order.hidden else None

    def open_orders(self, account_id: int) -> list[OrderRow]:
        """Return the orders of status 1, oldest first; no suspended legs."""
        return [o.row() for o in self._seen(account_id) if o.status == OrderStatus.OPEN]

    def orders(self, account_id: int, start_ns: int, end_ns: int | None = None) -> list[OrderRow]:
        """Return the orders of a time span, oldest first, without pending and suspended ones."""
        start_ns, end_ns = self._span(start_ns, end_ns)
        by_update = self._quirks.search_by == "updated"
        rows = [
            order.row()
            for order in self._seen(account_id, None if by_update else start_ns)
            if order.status not in _UNSEARCHED
            and start_ns <= (order.updated_ns if by_update else order.created_ns) < end_ns
        ]
        return self._newest(rows)

    def query(self, query: OrderQuery) -> OrderPage:
        """Return some of the orders that fit a v2 query, in whatever state."""
        fits = [order for order in self._seen(query.account_id) if self._fits(order, query)]
        fits.sort(
            key=lambda order: (0 if query.by_id else order.created_ns, order.id),
            reverse=query.descending,
        )
        first = max(query.offset, 0)
        count = min(max(query.limit, 0), self._quirks.query_row_cap)
        return OrderPage([order.row() for order in fits[first : first + count]], len(fits))

    def positions(self, account_id: int) -> list[PositionRow]:
        """Return the open positions of an account."""
        account = self._accounts[account_id]
        return [account.position_row(key, held) for key, held in account.positions.items()]

    def trades(self, account_id: int, start_ns: int, end_ns: int | None = None) -> list[TradeRow]:
        """Return the executions of a time span, newest first."""
        start_ns, end_ns = self._span(start_ns, end_ns)
        trades = self._accounts[account_id].trades
        first = bisect_left(trades, start_ns, key=lambda trade: trade.ns)
        last = bisect_left(trades, end_ns, key=lambda trade: trade.ns)
        return self._newest(trades[first:last])[::-1]

    def _seen(self, account_id: int, since_ns: int | None = None) -> list[Order]:
        """Return an account's orders that are not hidden, oldest first."""
        account_id = self._accounts[account_id].spec.id
        if since_ns is None:
            orders = self._orders.of(account_id)
        else:
            orders = self._orders.created_since(account_id, since_ns)
        return [order for order in orders if not order.hidden]

    def _fits(self, order: Order, query: OrderQuery) -> bool:
        after, before = query.created_after_ns, query.created_before_ns
        if query.statuses and order.status not in query.statuses:
            return False
        if after is not None and order.created_ns < after:
            return False
        if before is not None and order.created_ns > before:
            return False
        if query.contract_id is None or not self._quirks.query_filters_contract:
            return True
        return order.contract_id == query.contract_id

    def _span(self, start_ns: int, end_ns: int | None) -> tuple[int, int]:
        """Return a search's span as ``start <= t < end``."""
        if end_ns is None:
            end_ns = 1 << 63
        elif self._quirks.search_end_inclusive:
            end_ns += 1
        window = self._quirks.search_window_ns
        if window is not None:
            end_ns = min(end_ns, start_ns + window)
        return start_ns, end_ns

    def _newest(self, rows: list[Row]) -> list[Row]:
        cap = self._quirks.search_row_cap
        return rows if cap is None else rows[max(len(rows) - cap, 0) :]
