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
from project_x_py.simulator._source import ListedContract
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

__all__ = ["UserRows", "teller"]

Members = dict[str, object]

_REST_DIGITS, _HUB_DIGITS = 6, 7
_OPTIONAL = ("trailDistance", "trailPrice", "parentOrderId", "linkedOrderId")
"""Members that also REST leaves out when there is nothing to say."""


class UserRows:
    """Writes rows of the exchange.

    Args:
        contracts: Those of the market; others are written by the product table, as there are
            refused orders for contracts that nobody quotes.
    """

    def __init__(self, contracts: Iterable[ListedContract]) -> None:
        self._contracts = {contract.contract_id: contract for contract in contracts}

    def order(self, row: OrderRow) -> Members:
        """Return an order as REST has it."""
        members = self._order(row, _REST_DIGITS)
        if row.type != OrderType.TRAILING_STOP:
            members["trailDistance"] = members["trailPrice"] = None
        return {k: v for k, v in members.items() if v is not None or k not in _OPTIONAL}

    def position(self, row: PositionRow) -> Members:
        """Return a position as REST has it."""
        return self._position(row, _REST_DIGITS)

    def trade(self, row: TradeRow) -> Members:
        """Return an execution as REST has it."""
        return self._trade(row, _REST_DIGITS)

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
            members = self._order(event.row, _HUB_DIGITS)
            return Stream.ORDERS, event.row.account_id, _known(members)
        if isinstance(event, TradeEvent):
            members = self._trade(event.row, _HUB_DIGITS)
            return Stream.TRADES, event.row.account_id, _known(members)
        if isinstance(event, PositionEvent):
            members = self._position(event.row, _HUB_DIGITS)
            return Stream.POSITIONS, event.row.account_id, _known(members)
        return Stream.ACCOUNTS, event.row.id, _known(self.account(event.row))

    def _contract(self, contract_id: str) -> ListedContract:
        contract = self._contracts.get(contract_id)
        if contract is None:
            name = parse_contract_id(contract_id)
            product = next(product for product in PRODUCTS if product.code == name.code)
            contract = self._contracts[contract_id] = ListedContract(
                product, contract_id, name.name, product.grid, product.description
            )
        return contract

    def _order(self, row: OrderRow, digits: int) -> Members:
        contract = self._contract(row.contract_id)
        grid = contract.grid
        filled_price = row.filled_price(grid)
        return {
            "id": row.id,
            "accountId": row.account_id,
            "contractId": row.contract_id,
            "symbolId": contract.symbol_id,
            "creationTimestamp": format_iso(row.created_ns, digits),
            "updateTimestamp": format_iso(row.updated_ns, digits),
            "status": row.status,
            "type": row.type,
            "side": row.side,
            "size": row.size,
            "limitPrice": _ticks(contract, row.limit),
            "stopPrice": _ticks(contract, row.stop),
            "fillVolume": row.filled,
            "filledPrice": None if filled_price is None else _number(filled_price),
            "customTag": row.custom_tag,
            "trailDistance": row.trail_ticks,
            "trailPrice": _ticks(contract, row.trail_ticks),
            "parentOrderId": row.parent_id,
            "linkedOrderId": row.linked_id,
        }

    def _position(self, row: PositionRow, digits: int) -> Members:
        contract = self._contract(row.contract_id)
        return {
            "id": row.id,
            "accountId": row.account_id,
            "contractId": row.contract_id,
            "contractDisplayName": contract.product.ticker + row.contract_id.rpartition(".")[2],
            "creationTimestamp": format_iso(row.created_ns, digits),
            "type": (row.net > 0) + 2 * (row.net < 0),
            "size": abs(row.net),
            "averagePrice": _number(row.average_price(contract.grid)),
        }

    def _trade(self, row: TradeRow, digits: int) -> Members:
        return {
            "id": row.id,
            "accountId": row.account_id,
            "contractId": row.contract_id,
            "creationTimestamp": format_iso(row.ns, digits),
            "price": _ticks(self._contract(row.contract_id), row.price),
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


def _known(members: Members) -> bytes:
    return msgspec.json.encode({k: v for k, v in members.items() if v is not None})


def _ticks(contract: ListedContract, ticks: int | None) -> msgspec.Raw | None:
    return None if ticks is None else _number(contract.grid.decimal(ticks))


def _number(value: Decimal) -> msgspec.Raw:
    return msgspec.Raw(number_text(value).encode())
