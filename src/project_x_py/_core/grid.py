"""Prices as integer tick counts on an instrument's grid.

Everything inside the SDK that compares, sorts or sums prices does so on ``int`` ticks. Floats
appear only in the documented public models, and enter and leave through :class:`TickGrid`.

Invariants (``tests/core/test_grid.py``):

- ``grid.ticks(grid.price(t)) == t`` for every ``t``;
- ``grid.price(t)`` is the float a person would type: 3 ticks of 0.1 is 0.3;
- a price is refused or rounded by a stated rule, never silently moved.
"""

from __future__ import annotations

import enum
import math
from decimal import Decimal
from fractions import Fraction

from project_x_py.exceptions import OffGridError

__all__ = ["Rounding", "TickGrid", "Ticks"]

Ticks = int


class Rounding(enum.Enum):
    """How a price between two ticks is treated."""

    NEAREST = "nearest"
    """The closer tick; halfway goes away from zero."""
    DOWN = "down"
    """Towards minus infinity."""
    UP = "up"
    """Towards plus infinity."""


class TickGrid:
    """The prices an instrument can trade at: whole multiples of one tick.

    Two grids are equal when their tick sizes and tick values are. Instances are immutable.

    Args:
        tick_size: Smallest price movement in points, above zero. A float is read as the
            shortest decimal that denotes it.
        tick_value: Dollars per tick and contract.
    """

    __slots__ = ("_den", "_num", "tick_size", "tick_value")

    def __init__(self, tick_size: float | Decimal, tick_value: float | Decimal = 1) -> None:
        size, value = _decimal(tick_size), _decimal(tick_value)
        if size <= 0:
            raise OffGridError(f"tick size must be above zero, not {tick_size}")
        self.tick_size: Decimal = size
        self.tick_value: Decimal = value
        self._num, self._den = Fraction(size).as_integer_ratio()

    def price(self, ticks: Ticks) -> float:
        """Return the price of a tick count as the float nearest to its decimal."""
        return ticks * self._num / self._den

    def decimal(self, ticks: Ticks) -> Decimal:
        """Return the exact price of a tick count."""
        return self.tick_size * ticks

    def dollars(self, ticks: Ticks, size: int = 1) -> Decimal:
        """Return the value in dollars of a price difference of ``ticks`` on ``size`` contracts."""
        return self.tick_value * ticks * size

    @property
    def ratio(self) -> tuple[int, int]:
        """Numerator and denominator of the tick size, for array conversion: ``ticks * n / d``."""
        return self._num, self._den

    def ticks(self, price: float | Decimal, *, rounding: Rounding | None = None) -> Ticks:
        """Convert a price in points to ticks.

        Args:
            price: Price in points. A float is read as the shortest decimal that
                denotes it, so ``0.3`` means three tenths.
            rounding: How to treat a price off the grid; ``None`` refuses it.

        Returns:
            Signed tick count; negative prices are legal (CL, spreads).

        Raises:
            OffGridError: ``price`` is not a finite number, or it is off the grid and
                ``rounding`` is ``None``.
        """
        # Within these bounds, which no NaN is, the nearest tick is found without exact arithmetic.
        if type(price) is float and -1e15 < price < 1e15:
            num, den = self._num, self._den
            near = round(price * den / num)
            if near * num / den == price:
                return near
        ratio = Fraction(_decimal(price)) * self._den / self._num
        if ratio.denominator == 1:
            return ratio.numerator
        if rounding is None:
            low = math.floor(ratio)
            raise OffGridError(
                f"price {price} is not a multiple of the tick size {self.tick_size}; "
                f"the nearest prices are {self.price(low)} and {self.price(low + 1)}"
            )
        return _round(ratio, rounding)

    def aligned(self, price: float | Decimal, rounding: Rounding = Rounding.NEAREST) -> float:
        """Return ``price`` moved onto the grid by ``rounding``."""
        return self.price(self.ticks(price, rounding=rounding))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TickGrid):
            return NotImplemented
        return (self.tick_size, self.tick_value) == (other.tick_size, other.tick_value)

    def __hash__(self) -> int:
        return hash((self.tick_size, self.tick_value))

    def __repr__(self) -> str:
        return f"TickGrid({self.tick_size}, {self.tick_value})"


def _decimal(value: float | Decimal) -> Decimal:
    # float's own repr: a subclass of it, such as numpy's, may write itself differently.
    try:
        number = Decimal(float.__repr__(value)) if isinstance(value, float) else Decimal(value)
    except (ArithmeticError, TypeError, ValueError):
        raise OffGridError(f"{value!r} is not a price: a number is needed") from None
    if not number.is_finite():
        raise OffGridError(f"{value} is not a price: a finite number is needed")
    return number


def _round(ratio: Fraction, rounding: Rounding) -> Ticks:
    if rounding is Rounding.DOWN:
        return math.floor(ratio)
    if rounding is Rounding.UP:
        return math.ceil(ratio)
    half = Fraction(1, 2)
    return math.floor(ratio + half) if ratio >= 0 else math.ceil(ratio - half)
