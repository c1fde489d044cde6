"""Numbers as people read them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from project_x_py.exceptions import InvalidFieldError

__all__ = ["format_price", "format_volume"]

_STEPS = ((10**3, "K"), (10**6, "M"), (10**9, "B"))
_TENTH = Decimal("0.1")


def format_price(price: float, decimals: int = 2) -> str:
    """Return a price with a dollar sign and thousands separated, ``$1,234.50``.

    Args:
        price: Points or dollars; a negative one reads ``-$1.00``. Halves round away from zero.
        decimals: Digits after the point, 0 or more.

    Raises:
        InvalidFieldError: ``price`` is not a finite number, or ``decimals`` is negative.
    """
    if decimals < 0:
        raise InvalidFieldError(f"decimals must be 0 or more, not {decimals}")
    value = Decimal(repr(float(price)))
    if not value.is_finite():
        raise InvalidFieldError(f"price must be a finite number, not {price}")
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{'-' if rounded < 0 else ''}${abs(rounded):,.{decimals}f}"


def format_volume(volume: int) -> str:
    """Return a volume in short, ``999``, ``1.2K``, ``3.4M`` or ``5.6B``."""
    size = abs(volume)
    sign = "-" if volume < 0 else ""
    shown, letter = Decimal(size), ""
    for step, letter_of_step in _STEPS:
        if shown < 1000:
            break
        shown = (Decimal(size) / step).quantize(_TENTH, ROUND_HALF_UP)
        letter = letter_of_step
    return f"{sign}{shown}{letter}"
