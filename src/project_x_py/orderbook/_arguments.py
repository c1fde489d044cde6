"""Checks of what callers ask for, all of them said as ``ValueError``.

Invariant (``tests/orderbook/test_analytics.py``): the message names the argument, what it may be
and what was given; a bool is no number here, and neither is NaN or an infinity.
"""

from __future__ import annotations

import math

__all__ = ["choice", "count", "number", "share", "span_ticks"]


def count(name: str, value: object, least: int = 1) -> int:
    """Return a whole number of at least ``least``.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} is a whole number of at least {least}, not {value!r}")
    return value


def number(name: str, value: object, *, zero: bool = False) -> float:
    """Return a finite number above zero, or of at least zero.

    Raises:
        ValueError: It is none.
    """
    bound = "of at least zero" if zero else "above zero"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is a number {bound}, not {value!r}")
    if value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name} is a number {bound}, not {value!r}")
    return float(value)


def share(name: str, value: object) -> float:
    """Return a number from 0 to 1.

    Raises:
        ValueError: It is none.
    """
    found = number(name, value, zero=True)
    if found > 1:
        raise ValueError(f"{name} is a number from 0 to 1, not {value!r}")
    return found


def choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    """Return one of some words.

    Raises:
        ValueError: It is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} is {' or '.join(map(repr, choices))}, not {value!r}")
    return value


def span_ticks(distance: float, tick_size: float, least: int = 1) -> int:
    """Return how many whole ticks a distance in points spans, at least ``least``.

    A distance that is a tick short of whole by less than a millionth counts as whole: 0.3 is three
    ticks of 0.1, whatever binary fractions say.
    """
    return max(least, math.floor(distance / tick_size + 1e-6))
