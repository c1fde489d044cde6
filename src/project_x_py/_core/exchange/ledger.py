"""What a fill changes: the order, the position, the balance; and how it is told.

One fill makes one trade row, or two where it turns a position around and the quirk says so. The
four messages of a fill go out after all of it is booked, in the order the quirks name.

Invariants (``tests/core/exchange/test_ledger.py``): cash is conserved to the micro-dollar; an
event's row is the state right after its fill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.exchange.codes import OrderStatus
from project_x_py._core.exchange.events import (
    AccountEvent,
    OrderEvent,
    PositionEvent,
    TradeEvent,
    TradeRow,
)
from project_x_py._core.exchange.money import micros, usd
from project_x_py._core.exchange.positions import FIRST_POSITION_ID, Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from project_x_py._core.exchange.accounts import Account
    from project_x_py._core.exchange.events import ExchangeEvent, PositionRow
    from project_x_py._core.exchange.models import FeeModel
    from project_x_py._core.exchange.orders import Order, OrderStore
    from project_x_py._core.exchange.quirks import ExchangeQuirks
    from project_x_py._core.products import Product

__all__ = ["FIRST_TRADE_ID", "Ledger"]

FIRST_TRADE_ID = 3_700_000_001


class Ledger:
    """Books fills and writes events.

    Args:
        accounts: By id.
        orders: The store whose orders are filled.
        quirks: How fills are told.
        fees: What they cost.
        start_ns: Exchange time before anything happens.

    Attributes:
        now_ns: Exchange time of what is written next; only the exchange moves it.
    """

    def __init__(
        self,
        accounts: Mapping[int, Account],
        orders: OrderStore,
        quirks: ExchangeQuirks,
        fees: FeeModel,
        start_ns: int,
    ) -> None:
        self.now_ns = start_ns
        self._accounts = accounts
        self._orders = orders
        self._quirks = quirks
        self._fees = fees
        self._events: list[ExchangeEvent] = []
        self._seq = 0
        self._next_trade_id = FIRST_TRADE_ID if quirks.large_ids else 1
        self._next_position_id = FIRST_POSITION_ID
        self._tick_values: dict[str, int] = {}

    def take_events(self) -> tuple[ExchangeEvent, ...]:
        """Return what was written since the last call."""
        events = tuple(self._events)
        self._events.clear()
        return events

    @property
    def next_ids(self) -> tuple[int, int]:
        """Ids of the trade and of the position that come next."""
        return self._next_trade_id, self._next_position_id

    def go_on(self, next_trade_id: int, next_position_id: int) -> None:
        """Give out ids from these on, never ones that were given out before."""
        self._next_trade_id = max(self._next_trade_id, next_trade_id)
        self._next_position_id = max(self._next_position_id, next_position_id)

    def tick_value(self, product: Product) -> int:
        """Return what a tick of a product is worth, in micro-dollars."""
        value = self._tick_values.get(product.code)
        if value is None:
            value = self._tick_values[product.code] = micros(product.tick_value)
        return value

    def write_order(self, order: Order) -> None:
        """Tell of an order as it is now."""
        if order.hidden:
            return
        quirks = self._quirks
        action = quirks.update_action if order.is_working else quirks.ended_order_action
        self._events.append(OrderEvent(self._number(), self.now_ns, action, order.row()))

    def write_account(self, account: Account) -> None:
        """Tell of an account as it is now."""
        action = self._quirks.update_action
        self._events.append(AccountEvent(self._number(), self.now_ns, action, account.row()))

    def end(self, order: Order, status: OrderStatus) -> None:
        """Let an order be over without being filled, and tell of it."""
        self._orders.end(order, status)
        order.updated_ns = self.now_ns
        self.write_order(order)

    def fill(self, order: Order, product: Product, price: int, size: int) -> None:
        """Book a fill of an order at a price in ticks, and tell of it."""
        account = self._accounts[order.account_id]
        order.take(price, size)
        if order.remaining == 0:
            self._orders.end(order, OrderStatus.FILLED)
        elif order.status == OrderStatus.PENDING:
            order.status = OrderStatus.OPEN
        if self._quirks.update_time_is_fill_time:
            order.updated_ns = self.now_ns
        trades, positions = self._book(account, order, product, price, size)
        for kind in self._quirks.fill_events:
            if kind == "trade":
                self._write_trades(trades)
            elif kind == "order":
                self.write_order(order)
            elif kind == "position":
                self._write_positions(positions)
            else:
                self.write_account(account)

    def settle(self, accounts: Iterable[Account]) -> None:
        """Let accounts pay the costs they owe."""
        for account in accounts:
            if account.settle():
                self.write_account(account)

    def _book(
        self, account: Account, order: Order, product: Product, price: int, size: int
    ) -> tuple[list[TradeRow], list[PositionRow]]:
        contract_id = order.contract_id
        position = account.positions.get(contract_id)
        if position is None:
            position = account.positions[contract_id] = self._position(product)
        before = account.position_row(contract_id, position)
        realised = position.fill(order.side, price, size)
        account.balance += realised.profit
        profit = realised.profit if realised.size else None
        turned = 0 < realised.size < size
        if turned and self._quirks.reversal_rows == 2:
            trades = [
                self._trade(account, order, product, price, realised.size, profit),
                self._trade(account, order, product, price, size - realised.size, None),
            ]
        else:
            trades = [self._trade(account, order, product, price, size, profit)]
        positions: list[PositionRow] = []
        if turned and not self._quirks.reversal_keeps_position_id:
            positions.append(msgspec.structs.replace(before, net=0))
            position.id, position.created_ns = self._position_id(), self.now_ns
        positions.append(account.position_row(contract_id, position))
        if position.net == 0:
            del account.positions[contract_id]
        return trades, positions

    def _trade(
        self,
        account: Account,
        order: Order,
        product: Product,
        price: int,
        size: int,
        profit: int | None,
    ) -> TradeRow:
        costs = self._fees.costs(product, size)
        if self._quirks.costs_at_fill:
            account.balance -= sum(costs)
        else:
            account.owed += sum(costs)
        row = TradeRow(
            id=self._next_trade_id,
            account_id=order.account_id,
            contract_id=order.contract_id,
            order_id=order.id,
            ns=self.now_ns,
            price=price,
            size=size,
            side=order.side,
            profit=None if profit is None else usd(profit),
            fees=usd(costs.fees),
            commissions=usd(costs.commissions),
        )
        self._next_trade_id += 1
        account.trades.append(row)
        return row

    def _position(self, product: Product) -> Position:
        return Position(self._position_id(), self.tick_value(product), self.now_ns)

    def _position_id(self) -> int:
        self._next_position_id += 1
        return self._next_position_id - 1

    def _write_trades(self, rows: list[TradeRow]) -> None:
        for row in rows:
            action = self._quirks.insert_action
            self._events.append(TradeEvent(self._number(), self.now_ns, action, row))

    def _write_positions(self, rows: list[PositionRow]) -> None:
        quirks = self._quirks
        for row in rows:
            action = quirks.update_action if row.net else quirks.delete_action
            self._events.append(PositionEvent(self._number(), self.now_ns, action, row))

    def _number(self) -> int:
        self._seq += 1
        return self._seq
