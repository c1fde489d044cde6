"""Where stops and targets belong. Distances are ticks; prices in points, on the grid.

Invariants (``tests/risk_manager/test_prices.py``): a stop is on the losing side of the
entry, a target on the other; one off the grid goes to the tick that risks less.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from project_x_py._core.grid import Rounding
from project_x_py.exceptions import InvalidOrderParameters

if TYPE_CHECKING:
    from project_x_py._core.grid import TickGrid
    from project_x_py.risk_manager.config import RiskConfig

__all__ = ["BUY", "checked_side", "stop_price", "target_price", "trailing_price"]

BUY, SELL = 0, 1


def checked_side(side: int) -> int:
    """Return a side.

    Raises:
        InvalidOrderParameters: It is neither 0 nor 1.
    """
    if side not in (BUY, SELL):
        raise InvalidOrderParameters(f"side is 0 to buy or 1 to sell, not {side!r}")
    return int(side)


def stop_price(
    entry: float, side: int, config: RiskConfig, grid: TickGrid, atr: float | None
) -> float:
    """Return the stop of an entry by the settings.

    Raises:
        InvalidOrderParameters: The settings ask for an average true range that is not known.
    """
    exact = Decimal(str(entry))
    if config.stop_loss_type == "atr":
        if atr is None:
            raise InvalidOrderParameters("an ATR stop needs atr_value, or bars to work it out from")
        away = config.default_stop_atr_multiplier * Decimal(str(atr))
    elif config.stop_loss_type == "percentage":
        away = abs(exact) * config.default_stop_distance / 100
    else:
        away = config.default_stop_distance * grid.tick_size
    if checked_side(side) == BUY:
        return grid.aligned(exact - away, Rounding.UP)
    return grid.aligned(exact + away, Rounding.DOWN)


def target_price(entry: float, stop: float, side: int, ratio: Decimal, grid: TickGrid) -> float:
    """Return the target at a multiple of the stop's distance.

    Raises:
        InvalidOrderParameters: The stop is on the wrong side of the entry.
    """
    exact, risk = Decimal(str(entry)), Decimal(str(entry)) - Decimal(str(stop))
    long = checked_side(side) == BUY
    if (risk <= 0) if long else (risk >= 0):
        raise InvalidOrderParameters(
            f"a stop at {stop} is on the wrong side of an entry at {entry}"
        )
    return grid.aligned(exact + risk * ratio)


def trailing_price(price: float, side: int, distance: Decimal, grid: TickGrid) -> float:
    """Return where a stop that follows belongs at a price."""
    away = distance * grid.tick_size
    if checked_side(side) == BUY:
        return grid.aligned(Decimal(str(price)) - away, Rounding.UP)
    return grid.aligned(Decimal(str(price)) + away, Rounding.DOWN)
