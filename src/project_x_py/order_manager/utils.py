"""Prices on a contract's grid, as the documented functions.

The order manager aligns every price by itself; these are for programs that want to know before.

Invariant (``tests/order_manager/test_utils.py``): a price that is on the grid stays as it is, and
halves go up.
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from project_x_py.exceptions import ProjectXInstrumentError, ProjectXOrderError

if TYPE_CHECKING:
    from project_x_py._ports import OrderSource

__all__ = [
    "align_price_to_tick",
    "align_price_to_tick_size",
    "resolve_contract_id",
    "validate_price_tick_size",
]


def align_price_to_tick(price: float, tick_size: float) -> float:
    """Return the price on the grid that is nearest; of two, the upper one.

    Raises:
        ProjectXOrderError: The tick size is not above 0, or the price is no number.
    """
    try:
        exact, tick = Decimal(str(price)), Decimal(str(tick_size))
        if not (tick > 0 and exact.is_finite() and tick.is_finite()):
            raise ValueError
    except (ArithmeticError, ValueError):
        raise ProjectXOrderError(
            f"no price can be aligned: price {price!r}, tick_size {tick_size!r}"
        ) from None
    lower = (exact / tick).to_integral_value(rounding=ROUND_FLOOR)
    half = 2 * (exact - lower * tick) >= tick
    return float((lower + (1 if half else 0)) * tick)


async def align_price_to_tick_size(
    price: float | None, contract_id: str, project_x: OrderSource
) -> float | None:
    """Return the price on a contract's grid that is nearest; None for None.

    Raises:
        ProjectXInstrumentError: No such contract.
    """
    if price is None:
        return None
    contract = await project_x.get_instrument(contract_id)
    return align_price_to_tick(price, contract.tickSize)


async def validate_price_tick_size(
    price: float | None, contract_id: str, project_x: OrderSource, price_label: str = "price"
) -> None:
    """Refuse a price off a contract's grid; None is let through.

    Raises:
        ProjectXOrderError: Names the price and the nearest ones.
        ProjectXInstrumentError: No such contract.
    """
    if price is None:
        return
    tick = (await project_x.get_instrument(contract_id)).tickSize
    nearest = align_price_to_tick(price, tick)
    if Decimal(str(price)) != Decimal(str(nearest)):
        raise ProjectXOrderError(
            f"{price_label} {price} is off the grid of {contract_id}: the tick is {tick}, the "
            f"nearest price {nearest}"
        )


async def resolve_contract_id(contract_id: str, project_x: OrderSource) -> dict[str, Any] | None:
    """Return what is known of a contract by id, name or ticker; None when there is none.

    Keys: those of :class:`project_x_py.models.Instrument`.
    """
    try:
        return asdict(await project_x.get_instrument(contract_id))
    except ProjectXInstrumentError:
        return None
