"""Orders, positions, fills and accounts, as the user hub tells of them.

These are few and matter much: an entry is left out only when it cannot be attributed or its core
makes no sense. A price or a time of an order that cannot be right is treated as not sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from project_x_py._core.grid import TickGrid
from project_x_py._core.records import AccountUpdate, OrderUpdate, PositionUpdate, TradeUpdate
from project_x_py._core.time import parse_ns
from project_x_py._wire.decode._arguments import entries
from project_x_py.exceptions import OffGridError, ProjectXDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_x_py._wire.decode._stats import DecodeStats

__all__ = [
    "USER_KINDS",
    "GridFor",
    "UserKind",
    "UserRecord",
    "decode_accounts",
    "decode_entry",
    "decode_fills",
    "decode_orders",
    "decode_positions",
    "user_entries",
]

GridFor = Callable[[str], TickGrid | None]
"""The grid of a contract id, None while the contract is not known."""

UserKind = Literal["order", "position", "fill", "account"]
UserRecord = OrderUpdate | PositionUpdate | TradeUpdate | AccountUpdate

USER_KINDS: dict[str, UserKind] = {
    "GatewayUserAccount": "account",
    "GatewayUserOrder": "order",
    "GatewayUserPosition": "position",
    "GatewayUserTrade": "fill",
}
"""Hub event to the kind of its records."""

_IDS = ("id", "accountId", "orderId", "parentOrderId", "linkedOrderId")
_SIGNS = {1: 1, 2: -1}


class _OrderRow(msgspec.Struct, rename="camel"):
    id: int
    account_id: int
    contract_id: str
    status: int
    type: int
    side: int
    size: int
    fill_volume: int | None = None
    limit_price: float | None = None
    stop_price: float | None = None
    filled_price: float | None = None
    custom_tag: str | None = None
    parent_order_id: int | None = None
    linked_order_id: int | None = None
    creation_timestamp: str | None = None
    update_timestamp: str | None = None


class _PositionRow(msgspec.Struct, rename="camel"):
    id: int
    account_id: int
    contract_id: str
    type: int
    size: int
    average_price: float = 0.0
    creation_timestamp: str | None = None


class _FillRow(msgspec.Struct, rename="camel"):
    id: int
    account_id: int
    contract_id: str
    order_id: int
    price: float
    size: int
    side: int
    profit_and_loss: float | None = None
    fees: float | None = None
    commissions: float | None = None
    voided: bool | None = None
    creation_timestamp: str | None = None


class _AccountRow(msgspec.Struct, rename="camel"):
    id: int
    balance: float
    can_trade: bool
    name: str = ""
    is_visible: bool = True
    simulated: bool = False


_Record = TypeVar("_Record")


def user_entries(
    raw: bytes | msgspec.Raw, kind: UserKind, stats: DecodeStats
) -> Iterator[dict[str, Any]]:
    """Yield the objects of a payload, null members left out and ids as numbers.

    An id that is a text of digits is the number; anything else that is no object is counted.
    """
    for entry in entries(raw, kind, stats):
        # A null member was not sent; the defaults stand for it.
        sent = {key: value for key, value in entry.items() if value is not None}
        for name in _IDS:
            value = sent.get(name)
            if type(value) is str and value.isascii() and value.isdigit():
                sent[name] = int(value)
        yield sent


def decode_entry(
    kind: UserKind, entry: dict[str, Any], grid_for: GridFor, recv_ns: int, stats: DecodeStats
) -> UserRecord | None:
    """Return the record of one entry of :func:`user_entries`; None, counted, if it has none."""
    row, read = _READERS[kind]
    try:
        record: UserRecord = read(msgspec.convert(entry, row), grid_for, recv_ns, stats)
    except msgspec.ValidationError:
        stats.note(f"{kind}: wrong type or member missing", entry)
    except OffGridError:
        stats.note(f"{kind}: off the grid", entry)
    except ProjectXDataError as exc:
        stats.note(f"{kind}: {exc}", entry)
    else:
        return record
    return None


def decode_orders(
    raw: bytes | msgspec.Raw, grid_for: GridFor, recv_ns: int, stats: DecodeStats
) -> list[OrderUpdate]:
    """Return the orders of a GatewayUserOrder payload."""
    return _records(raw, "order", OrderUpdate, grid_for, recv_ns, stats)


def decode_positions(
    raw: bytes | msgspec.Raw, grid_for: GridFor, recv_ns: int, stats: DecodeStats
) -> list[PositionUpdate]:
    """Return the positions of a GatewayUserPosition payload; size 0 is flat, whatever the type.

    ``grid_for`` is not consulted: an average price need not lie on a grid.
    """
    return _records(raw, "position", PositionUpdate, grid_for, recv_ns, stats)


def decode_fills(
    raw: bytes | msgspec.Raw, grid_for: GridFor, recv_ns: int, stats: DecodeStats
) -> list[TradeUpdate]:
    """Return the fills of a GatewayUserTrade payload."""
    return _records(raw, "fill", TradeUpdate, grid_for, recv_ns, stats)


def decode_accounts(
    raw: bytes | msgspec.Raw, grid_for: GridFor, recv_ns: int, stats: DecodeStats
) -> list[AccountUpdate]:
    """Return the accounts of a GatewayUserAccount payload; ``grid_for`` is not consulted."""
    return _records(raw, "account", AccountUpdate, grid_for, recv_ns, stats)


def _records(
    raw: bytes | msgspec.Raw,
    kind: UserKind,
    record: type[_Record],
    grid_for: GridFor,
    recv_ns: int,
    stats: DecodeStats,
) -> list[_Record]:
    found = (
        decode_entry(kind, entry, grid_for, recv_ns, stats)
        for entry in user_entries(raw, kind, stats)
    )
    return [one for one in found if isinstance(one, record)]


def _order(row: _OrderRow, grid_for: GridFor, recv_ns: int, stats: DecodeStats) -> OrderUpdate:
    grid = _known(grid_for, row.contract_id)
    filled = row.fill_volume or 0
    if row.size < 0 or filled < 0:
        raise ProjectXDataError("negative size")
    return OrderUpdate(
        id=row.id,
        account_id=row.account_id,
        contract_id=row.contract_id,
        status=row.status,
        type=row.type,
        side=row.side,
        size=row.size,
        filled=filled,
        limit=_price(row.limit_price, grid, "order", stats),
        stop=_price(row.stop_price, grid, "order", stats),
        average_fill=_finite(row.filled_price),
        custom_tag=row.custom_tag,
        parent_id=row.parent_order_id,
        linked_id=row.linked_order_id,
        created_ns=_time(row.creation_timestamp, "order", stats),
        updated_ns=_time(row.update_timestamp, "order", stats),
        recv_ns=recv_ns,
    )


def _position(
    row: _PositionRow, grid_for: GridFor, recv_ns: int, stats: DecodeStats
) -> PositionUpdate:
    if row.size < 0:
        raise ProjectXDataError("negative size")
    sign = _SIGNS.get(row.type, 0)
    if row.size and not sign:
        raise ProjectXDataError("neither long nor short")
    return PositionUpdate(
        id=row.id,
        account_id=row.account_id,
        contract_id=row.contract_id,
        net=sign * row.size,
        average_price=_needed(row.average_price),
        created_ns=_time(row.creation_timestamp, "position", stats),
        recv_ns=recv_ns,
    )


def _fill(row: _FillRow, grid_for: GridFor, recv_ns: int, stats: DecodeStats) -> TradeUpdate:
    if row.size < 0:
        raise ProjectXDataError("negative size")
    exch_ns = _time(row.creation_timestamp, "fill", stats)
    return TradeUpdate(
        id=row.id,
        account_id=row.account_id,
        contract_id=row.contract_id,
        order_id=row.order_id,
        price=_known(grid_for, row.contract_id).ticks(row.price),
        size=row.size,
        side=row.side,
        profit_and_loss=_finite(row.profit_and_loss),
        fees=_needed(row.fees or 0.0),
        commissions=_needed(row.commissions or 0.0),
        voided=row.voided or False,
        exch_ns=recv_ns if exch_ns is None else exch_ns,
        recv_ns=recv_ns,
    )


def _account(
    row: _AccountRow, grid_for: GridFor, recv_ns: int, stats: DecodeStats
) -> AccountUpdate:
    return AccountUpdate(
        id=row.id,
        name=row.name,
        balance=_needed(row.balance),
        can_trade=row.can_trade,
        visible=row.is_visible,
        simulated=row.simulated,
        recv_ns=recv_ns,
    )


_READERS: dict[UserKind, tuple[type[Any], Callable[[Any, GridFor, int, DecodeStats], Any]]] = {
    "order": (_OrderRow, _order),
    "position": (_PositionRow, _position),
    "fill": (_FillRow, _fill),
    "account": (_AccountRow, _account),
}


def _known(grid_for: GridFor, contract_id: str) -> TickGrid:
    grid = grid_for(contract_id)
    if grid is None:
        raise ProjectXDataError("contract not known")
    return grid


def _price(price: float | None, grid: TickGrid, what: str, stats: DecodeStats) -> int | None:
    if price is None:
        return None
    try:
        return grid.ticks(price)
    except OffGridError:
        stats.note(f"{what}: price off the grid", price)
        return None


def _time(text: str | None, what: str, stats: DecodeStats) -> int | None:
    if text is None:
        return None
    try:
        return parse_ns(text)
    except ProjectXDataError:
        stats.note(f"{what}: not a time", text)
        return None


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _needed(number: float) -> float:
    if not math.isfinite(number):
        raise ProjectXDataError("not a finite number")
    return number
