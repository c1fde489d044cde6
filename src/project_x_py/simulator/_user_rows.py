"""Accounts, orders, positions and executions as REST and the user hub write them.

The two differ: REST writes members that are not known as null and times with six digits, the hub
leaves such members out and writes seven. Parent and linked order are there only when set. Numbers
are the shortest decimals.

Invariant (``tests/simulator/test_trading_rest.py``, ``tests/simulator/test_trading_hub.py``): both
forms are those of the documented examples, members in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.exchange.codes import OrderType
from project_x_py._core.exchange.events import OrderEvent, PositionEvent, TradeEvent
from project_x_py._core.products import PRODUCTS, parse_contract_id
from project_x_py._core.time import format_iso
from project_x_py.simulator._encode import number_text
from project_x_py.simulator._hub_quirks import HubQuirks
from project_x_py.simulator._rest_quirks import RestQuirks
from project_x_py.simulator._source import ListedContract
from project_x_py.simulator._times import rest_time
from project_x_py.simulator._user_hub import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from decimal import Decimal

    from project_x_py._core.exchange.events import (
        AccountRow,
        ExchangeEvent,
        OrderRow,
        PositionRow,
        TradeRow,
    )
    from project_x_py._core.exchange.queries import Queries

__all__ = ["UserRows", "painter", "teller"]

Members = dict[str, object]

_OPTIONAL = ("trailDistance", "trailPrice", "parentOrderId", "linkedOrderId")
"""Members that also REST leaves out when there is nothing to say."""


class _Form:
    """How one of the two writes times and prices."""

    __slots__ = ("_nine_decimals", "time")

    def __init__(self, time: Callable[[int], str], nine_decimals: bool) -> None:
        self.time = time
        self._nine_decimals = nine_decimals

    def price(self, value: Decimal | None) -> msgspec.Raw | None:
        """Return a price in points."""
        return None if value is None else _number(value, nine_decimals=self._nine_decimals)

    def ticks(self, contract: ListedContract, ticks: int | None) -> msgspec.Raw | None:
        """Return a price in ticks."""
        return None if ticks is None else self.price(contract.grid.decimal(ticks))


class UserRows:
    """Writes rows of the exchange.

    Args:
        contracts: Those of the market; others are written by the product table, as there are
            refused orders for contracts that nobody quotes.
        rest: The form of rows on REST.
        hubs: Their form on the user hub.
    """

    def __init__(
        self,
        contracts: Iterable[ListedContract],
        rest: RestQuirks | None = None,
        hubs: HubQuirks | None = None,
    ) -> None:
        self._contracts = {contract.contract_id: contract for contract in contracts}
        self._quirks = rest or RestQuirks()
        self._hubs = hubs or HubQuirks()
        digits = self._hubs.time_digits
        self._on_rest = _Form(rest_time(self._quirks), self._quirks.nine_decimals)
        self._on_hub = _Form(lambda ns: format_iso(ns, digits), nine_decimals=False)

    def order(self, row: OrderRow) -> Members:
        """Return an order as REST has it."""
        members = self._order(row, self._on_rest)
        if row.type != OrderType.TRAILING_STOP:
            members["trailDistance"] = members["trailPrice"] = None
        return {k: v for k, v in members.items() if v is not None or k not in _OPTIONAL}

    def position(self, row: PositionRow) -> Members:
        """Return a position as REST has it."""
        return self._position(row, self._on_rest)

    def trade(self, row: TradeRow) -> Members:
        """Return an execution as REST has it."""
        members = self._trade(row, self._on_rest)
        if not self._quirks.commissions_on_trades:
            del members["commissions"]
        return members

    def account(self, row: AccountRow) -> Members:
        """Return an account, which is the same for both."""
        return {
            "id": row.id,
            "name": row.name,
            "balance": _number(row.balance),
            "canTrade": row.can_trade,
            "isVisible": row.visible,
            "simulated": row.simulated,
        }

    def event(self, event: ExchangeEvent) -> tuple[Stream, int, bytes]:
        """Return an event's stream, the account it concerns, and its payload for the hub."""
        if isinstance(event, OrderEvent):
            return Stream.ORDERS, event.row.account_id, self.order_payload(event.row)
        if isinstance(event, TradeEvent):
            payload = self._payload(self._trade(event.row, self._on_hub))
            return Stream.TRADES, event.row.account_id, payload
        if isinstance(event, PositionEvent):
            return Stream.POSITIONS, event.row.account_id, self.position_payload(event.row)
        return Stream.ACCOUNTS, event.row.id, self.account_payload(event.row)

    def order_payload(self, row: OrderRow) -> bytes:
        """Return an order as the hub has it."""
        return self._payload(self._order(row, self._on_hub))

    def position_payload(self, row: PositionRow) -> bytes:
        """Return a position as the hub has it."""
        return self._payload(self._position(row, self._on_hub))

    def account_payload(self, row: AccountRow) -> bytes:
        """Return an account as the hub has it."""
        return self._payload(self.account(row))

    def _payload(self, members: Members) -> bytes:
        if not self._hubs.null_members:
            members = {k: v for k, v in members.items() if v is not None}
        return msgspec.json.encode(members)

    def _contract(self, contract_id: str) -> ListedContract:
        contract = self._contracts.get(contract_id)
        if contract is None:
            name = parse_contract_id(contract_id)
            product = next(product for product in PRODUCTS if product.code == name.code)
            contract = self._contracts[contract_id] = ListedContract(
                product, contract_id, name.name, product.grid, product.description
            )
        return contract

    def _order(self, row: OrderRow, form: _Form) -> Members:
        contract = self._contract(row.contract_id)
        grid = contract.grid
        filled_price = row.filled_price(grid)
        return {
            "id": row.id,
            "accountId": row.account_id,
            "contractId": row.contract_id,
            "symbolId": contract.symbol_id,
            "creationTimestamp": form.time(row.created_ns),
            "updateTimestamp": form.time(row.updated_ns),
            "status": row.status,
            "type": row.type,
            "side": row.side,
            "size": row.size,
            "limitPrice": form.ticks(contract, row.limit),
            "stopPrice": form.ticks(contract, row.stop),
            "fillVolume": row.filled,
            "filledPrice": form.price(filled_price),
            "customTag": row.custom_tag,
            "trailDistance": row.trail_ticks,
            "trailPrice": form.ticks(contract, row.trail_ticks),
            "parentOrderId": row.parent_id,
            "linkedOrderId": row.linked_id,
        }

    def _position(self, row: PositionRow, form: _Form) -> Members:
        contract = self._contract(row.contract_id)
        return {
            "id": row.id,
            "accountId": row.account_id,
            "contractId": row.contract_id,
            "contractDisplayName": contract.product.ticker + row.contract_id.rpartition(".")[2],
            "creationTimestamp": form.time(row.created_ns),
            "type": (row.net > 0) + 2 * (row.net < 0),
            "size": abs(row.net),
            "averagePrice": form.price(row.average_price(contract.grid)),
        }

    def _trade(self, row: TradeRow, form: _Form) -> Members:
        return {
            "id": row.id,
            "accountId": row.account_id,
            "contractId": row.contract_id,
            "creationTimestamp": form.time(row.ns),
            "price": form.ticks(self._contract(row.contract_id), row.price),
            "profitAndLoss": None if row.profit is None else _number(row.profit),
            "fees": _number(row.fees),
            "commissions": _number(row.commissions),
            "side": row.side,
            "size": row.size,
            "voided": row.voided,
            "orderId": row.order_id,
        }


def teller(
    rows: UserRows, publish: Callable[[Stream, int, int, bytes], None]
) -> Callable[[Sequence[ExchangeEvent]], None]:
    """Return what writes events and hands them to a hub, one by one and in order."""

    def tell(events: Sequence[ExchangeEvent]) -> None:
        for event in events:
            stream, account_id, payload = rows.event(event)
            publish(stream, account_id, event.action, payload)

    return tell


def painter(rows: UserRows, queries: Queries) -> Callable[[Stream, int | None], list[bytes]]:
    """Return what writes the rows that there are of a stream: never executions."""

    def paint(stream: Stream, account_id: int | None) -> list[bytes]:
        if account_id is None:
            return [rows.account_payload(row) for row in queries.accounts()]
        if stream is Stream.ORDERS:
            return [rows.order_payload(row) for row in queries.open_orders(account_id)]
        if stream is Stream.POSITIONS:
            return [rows.position_payload(row) for row in queries.positions(account_id)]
        return []

    return paint


def _number(value: Decimal, *, nine_decimals: bool = False) -> msgspec.Raw:
    return msgspec.Raw(number_text(value, nine_decimals=nine_decimals).encode())
