"""What is at stake in an account: what is held, what works, and what may work, at its worst.

Invariants (``tests/core/test_exposure.py``): an order more never makes the worst case smaller,
except a stop, which bounds what is held; an order whose fate is unknown counts like one that works;
what protects an entry that has not filled is no entry itself.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from project_x_py._core.orders.intents import Purpose
from project_x_py._core.rules import Exposure, size_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from project_x_py._core.orders.intents import Intent

__all__ = ["STOPS", "Held", "OpenOrder", "exposure_of", "open_order_of", "worst_size"]

STOPS = frozenset({3, 4, 5})
"""Order types that wait for a price: stop-limit, stop, trailing stop."""

BUY = 0


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that works, or may; prices are ticks."""

    tag: str
    contract_id: str
    side: int
    size: int
    price: int | None = None
    """Where it is expected to fill; None for the market."""
    stop: int | None = None
    """Where it triggers, of an order that waits for a price."""
    protected_at: int | None = None
    """Stop that was asked for beside it."""
    leg: bool = False
    """Whether it protects or ends what is held or may be entered: it covers, whatever its size."""

    @property
    def signed(self) -> int:
        """Contracts, negative when it sells."""
        return self.size if self.side == BUY else -self.size


class Held(NamedTuple):
    """A position; dollars."""

    net: int
    open_profit: Decimal
    last: int | None
    """Last price in ticks, None while unknown."""


def open_order_of(intent: Intent) -> OpenOrder:
    """Return an intent as the order that it may become."""
    wanted = intent.request
    return OpenOrder(
        tag=intent.tag,
        contract_id=wanted.contract_id,
        side=wanted.side,
        size=wanted.size,
        price=wanted.stop if wanted.limit is None else wanted.limit,
        stop=wanted.stop if wanted.type in STOPS else None,
        protected_at=None if intent.protection is None else intent.protection.stop,
        leg=intent.purpose is not Purpose.ENTRY,
    )


def worst_size(net: int, orders: Iterable[OpenOrder]) -> int:
    """Return the largest position, either way, that the orders of one contract can make."""
    buys = sells = 0
    for order in orders:
        if order.side == BUY:
            buys += order.size
        else:
            sells += order.size
    return max(abs(net), abs(net + buys), abs(net - sells))


def exposure_of(
    held: Mapping[str, Held],
    orders: Iterable[OpenOrder],
    tick_value: Callable[[str], Decimal],
    unprotected_ticks: int,
) -> Exposure:
    """Return what is at stake.

    Args:
        held: Positions by contract id.
        orders: What works or may work.
        tick_value: Dollars of a tick of one contract.
        unprotected_ticks: Distance that a contract without a stop is counted with.
    """
    by_contract: dict[str, list[OpenOrder]] = {name: [] for name in held}
    for order in orders:
        by_contract.setdefault(order.contract_id, []).append(order)
    at_risk, units = Decimal(0), 0
    for contract_id, working in by_contract.items():
        found = held.get(contract_id, Held(0, Decimal(0), None))
        units += worst_size(found.net, working) * size_units(contract_id)
        ticks = _held_ticks(found, working, unprotected_ticks)
        ticks += sum(
            order.size * _entry_ticks(order, unprotected_ticks)
            for order in working
            if not order.leg and not _reduces(order, found.net)
        )
        at_risk += ticks * tick_value(contract_id)
    open_profit = sum((one.open_profit for one in held.values()), Decimal(0))
    return Exposure(open_profit=open_profit, at_risk=at_risk, units=units)


def _reduces(order: OpenOrder, net: int) -> bool:
    return order.signed * net < 0 and (order.leg or order.size <= abs(net))


def _held_ticks(held: Held, orders: list[OpenOrder], unprotected: int) -> int:
    """Return ticks times contracts that may still be lost of what is held."""
    left, ticks = abs(held.net), 0
    stops = [order for order in orders if order.stop is not None and _reduces(order, held.net)]
    for order in stops:
        if held.last is None or order.stop is None:
            continue
        covered = min(left, order.size)
        away = held.last - order.stop if held.net > 0 else order.stop - held.last
        ticks += covered * max(0, away)
        left -= covered
    return ticks + left * unprotected


def _entry_ticks(order: OpenOrder, unprotected: int) -> int:
    if order.price is None or order.protected_at is None:
        return unprotected
    return abs(order.price - order.protected_at)
