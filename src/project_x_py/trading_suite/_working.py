"""What a program leaves at the gateway: held contracts and working orders, as data and as text.

Nothing is cancelled and nothing closed when a program ends, by Ctrl-C or otherwise: a stop that
works without the program is what protects the position.

Invariants (``tests/trading_suite/test_working.py``): the report is of the whole account, and sends
nothing; what ``disconnect`` leaves is logged before anything is let go of, and after what was under
way has settled, for which it waits a second at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py._core.products import parse_contract_id, product_for_code
from project_x_py.exceptions import ProjectXInstrumentError
from project_x_py.types.trading import OrderStatus, OrderType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._core.records import OrderUpdate, PositionUpdate

__all__ = ["WorkingOrder", "WorkingReport", "is_settling", "report_of"]

_SIDES = ("buy", "sell")
_PASSING = frozenset({OrderStatus.PENDING, OrderStatus.PENDING_CANCELLATION})
_STOPS = frozenset({OrderType.STOP, OrderType.TRAILING_STOP, OrderType.STOP_LIMIT})


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """One order that works on.

    Attributes:
        order_id: Its number.
        contract_id: Of what.
        kind: Its type, such as ``"limit"`` or ``"stop"``.
        side: ``"buy"`` or ``"sell"``.
        size: Contracts that have not filled.
        price: Stop price of a stop, else the limit, in points; None for neither, or for a
            product whose tick is not known.
        is_leaving: Whether its cancellation was accepted, and its end is not known yet.
        is_suspended: Whether it begins to work once its entry has filled.
    """

    order_id: int
    contract_id: str
    kind: str
    side: str
    size: int
    price: float | None
    is_leaving: bool = False
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class WorkingReport:
    """What works and what is held on an account.

    Attributes:
        known: Whether the account was ever read; if not, the rest says nothing.
        positions: Signed contracts held, by contract id.
        orders: What works, by number.
        unprotected: Held contracts that no working stop covers, by contract id.
    """

    known: bool
    positions: dict[str, int]
    orders: tuple[WorkingOrder, ...]
    unprotected: dict[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held and nothing works, as far as known."""
        return not self.positions and not self.orders

    def lines(self) -> list[str]:
        """Return the same for people, one line each; none when it is empty."""
        lines = []
        for contract_id, net in self.positions.items():
            bare = self.unprotected.get(contract_id, 0)
            cover = f"{bare} of them without a stop" if bare else "behind a stop"
            lines.append(f"{'long' if net > 0 else 'short'} {abs(net)} {contract_id}, {cover}")
        for one in self.orders:
            at = "" if one.price is None else f" at {one.price}"
            end = ", being cancelled" if one.is_leaving else ""
            if one.is_suspended:
                end = ", once its entry has filled"
            text = f"{one.side} {one.size} {one.contract_id} {one.kind}{at}{end}"
            lines.append(f"order {one.order_id}: {text}")
        return lines


def report_of(
    working: Iterable[OrderUpdate], held: Iterable[PositionUpdate], *, known: bool
) -> WorkingReport:
    """Return the report of working orders and positions."""
    orders = sorted(working, key=lambda order: order.id)
    positions = {row.contract_id: row.net for row in held if row.net}
    unprotected = {}
    for contract_id, net in positions.items():
        covered = sum(
            order.size - order.filled
            for order in orders
            if order.contract_id == contract_id
            and order.type in _STOPS
            and order.status != OrderStatus.PENDING_CANCELLATION
            and (order.side == 1) == (net > 0)
        )
        if abs(net) > covered:
            unprotected[contract_id] = abs(net) - covered
    return WorkingReport(known, positions, tuple(_row(order) for order in orders), unprotected)


def is_settling(working: Iterable[OrderUpdate], held: Iterable[PositionUpdate]) -> bool:
    """Return whether the gateway is about to change what works by itself, within a moment.

    A market order is about to fill, an accepted order to work, one that was cancelled to end; so
    are the stop and the target of an entry whose contract is flat; those of one that has just
    filled are about to wake.
    """
    orders = list(working)
    open_ids = {order.id for order in orders}
    flat = {order.contract_id for order in orders} - {row.contract_id for row in held if row.net}
    return any(
        order.type == OrderType.MARKET
        or order.status in _PASSING
        or (
            order.parent_id is not None
            and order.parent_id not in open_ids
            and (order.contract_id in flat or order.status == OrderStatus.SUSPENDED)
        )
        for order in orders
    )


def _row(order: OrderUpdate) -> WorkingOrder:
    ticks = order.stop if order.type in _STOPS else order.limit
    try:
        kind = OrderType(order.type).name.lower().replace("_", " ")
    except ValueError:
        kind = f"type {order.type}"
    return WorkingOrder(
        order.id,
        order.contract_id,
        kind,
        _SIDES[order.side == 1],
        order.size - order.filled,
        None if ticks is None else _points(order.contract_id, ticks),
        order.status == OrderStatus.PENDING_CANCELLATION,
        order.status == OrderStatus.SUSPENDED,
    )


def _points(contract_id: str, ticks: int) -> float | None:
    try:
        return product_for_code(parse_contract_id(contract_id).code).grid.price(ticks)
    except (ProjectXInstrumentError, KeyError):
        return None
