"""Dollars as whole millionths, and the exact decimals and averages they are told as.

Every figure of the product table is a whole number of micro-dollars, so sums are exact, and no
arithmetic depends on the decimal context of whoever runs the exchange.

Invariants (``tests/core/exchange/test_money.py``): ``micros(usd(n)) == n``; a decimal that is
told is the shortest that denotes its number.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from project_x_py.exceptions import ProjectXDataError

__all__ = ["MICRO", "decimal_of", "micros", "usd"]

MICRO = 1_000_000
"""Micro-dollars in a dollar."""


def micros(amount: Decimal) -> int:
    """Return dollars as micro-dollars.

    Raises:
        ProjectXDataError: The amount has more than six decimals, or is not a number.
    """
    if amount.is_finite():
        ratio = Fraction(amount) * MICRO
        if ratio.denominator == 1:
            return ratio.numerator
    raise ProjectXDataError(f"{amount} is not an amount of money: at most six decimals are kept")


def usd(amount: int) -> Decimal:
    """Return micro-dollars as dollars, without trailing zeros after the point."""
    whole, rest = divmod(abs(amount), MICRO)
    sign = "-" if amount < 0 else ""
    if not rest:
        return Decimal(f"{sign}{whole}")
    return Decimal(f"{sign}{whole}.{rest:06d}".rstrip("0"))


def decimal_of(number: Fraction) -> Decimal:
    """Return the decimal of the double nearest to a ratio, which is how averages are told."""
    text = repr(float(number))
    return Decimal(text.removesuffix(".0"))
