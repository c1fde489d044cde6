"""How many contracts, through the tick value. Dollars are exact, sizes are rounded down.

Invariants (``tests/risk_manager/test_sizing.py``): the size loses at most the risk at the stop; one
contract more would lose more; Kelly is never above its fraction nor below zero.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from project_x_py.exceptions import InvalidOrderParameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.grid import TickGrid

__all__ = ["contracts_for", "finite", "kelly_share", "share", "stop_dollars", "whole"]

FEWEST = 2

LARGEST = 1_000_000_000
"""Neither a price in points nor an amount in dollars is further from zero."""


def finite(name: str, value: object) -> Decimal:
    """Return a number exactly as it is written.

    Raises:
        InvalidOrderParameters: It is none, or none that a price or an amount can be.
    """
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = Decimal(str(value))
        if number.is_finite() and abs(number) <= LARGEST:
            return number
    raise InvalidOrderParameters(f"{name} is a number within {LARGEST}, not {value!r}")


def share(name: str, value: object) -> Decimal:
    """Return a share of the whole, 0.01 for one percent.

    Raises:
        InvalidOrderParameters: It is no number above 0 up to 1.
    """
    number = finite(name, value)
    if not 0 < number <= 1:
        raise InvalidOrderParameters(
            f"{name} is a share above 0 up to 1, such as 0.01, not {value!r}"
        )
    return number


def whole(name: str, value: object) -> int:
    """Return a number of contracts.

    Raises:
        InvalidOrderParameters: It is no whole number above zero.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidOrderParameters(
            f"{name} is a whole number of contracts above zero, not {value!r}"
        )
    return value


def stop_dollars(entry: float | Decimal, stop: float | Decimal, grid: TickGrid) -> Decimal:
    """Return what one contract loses between two prices in points.

    Raises:
        InvalidOrderParameters: They are the same, or no prices.
    """
    points = abs(Fraction(finite("entry_price", entry)) - Fraction(finite("stop_loss", stop)))
    if not points:
        raise InvalidOrderParameters(f"entry and stop are both {entry}: no distance to size by")
    dollars = points / Fraction(grid.tick_size) * Fraction(grid.tick_value)
    return Decimal(dollars.numerator) / Decimal(dollars.denominator)


def contracts_for(risk_usd: Decimal, each_usd: Decimal) -> int:
    """Return the whole contracts that lose at most ``risk_usd``."""
    return max(0, int(risk_usd // each_usd))


def kelly_share(results: Sequence[Decimal], fraction: Decimal) -> Decimal | None:
    """Return the share of the balance by Kelly's formula, times ``fraction``.

    f = (p * b - q) / b, with p the share of wins, q the rest, and b the mean win over the mean
    loss; never below zero nor above ``fraction``. None without wins and losses.
    """
    wins = [money for money in results if money > 0]
    losses = [-money for money in results if money < 0]
    if len(wins) + len(losses) < FEWEST or not wins or not losses:
        return None
    p = Decimal(len(wins)) / (len(wins) + len(losses))
    b = (sum(wins, Decimal(0)) / len(wins)) / (sum(losses, Decimal(0)) / len(losses))
    return min(fraction, max(Decimal(0), (p * b - (1 - p)) / b * fraction))
