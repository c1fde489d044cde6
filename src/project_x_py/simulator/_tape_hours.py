"""The hours of a tape that prints when its product does not trade.

What was recorded did happen: a tape that is listed as another product, or moved to a week with a
holiday, must not find its market closed. Its own hours are open beside those of the product, each
stretch of prints without a longer gap between them, and the platform's flatten is left out. A tape
that keeps to the product's hours has none of its own.

Invariant (``tests/simulator/test_tape_hours.py``): every print is in the hours, and a product's own
session is never shortened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.calendar import SessionCalendar, calendar_for, day_start_of
from project_x_py._core.time import MINUTE_NS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from project_x_py._core.products import Product

__all__ = ["TapeHours", "tape_hours"]

GAP_NS = 15 * MINUTE_NS
"""Prints that are no further apart belong to one stretch."""

_Span = tuple[int, int]


class TapeHours(SessionCalendar):
    """A product's sessions, and a tape's own beside them.

    Args:
        product: Whose sessions.
        own: The tape's (first, end) in ns, in order and apart from each other.
    """

    __slots__ = ("_own",)

    def __init__(self, product: Product, own: Sequence[_Span]) -> None:
        super().__init__(product.group, product.ticker)
        self._own = tuple(own)

    def _compute(self, day: int) -> tuple[_Span, ...]:
        start, end = day_start_of(day), day_start_of(day + 1)
        own = [(max(a, start), min(b, end)) for a, b in self._own if a < end and b > start]
        return _merged([*super()._compute(day), *own])


def tape_hours(product: Product, prints: Sequence[int], start_ns: int) -> TapeHours | None:
    """Return the hours of a tape, or None where those of the product do.

    Args:
        product: What the tape is listed as.
        prints: Times of its prints, ascending, ns since 1970 UTC.
        start_ns: Where its clock starts; where the first print is outside the hours, the tape is
            open from here on.
    """
    calendar = calendar_for(product.ticker)
    outside = [ns for ns in prints if not calendar.is_open(ns)]
    if not outside:
        return None
    own: list[_Span] = []
    for ns in outside:
        if own and ns - own[-1][1] <= GAP_NS:
            own[-1] = (own[-1][0], ns + 1)
        else:
            own.append((ns, ns + 1))
    if outside[0] == prints[0]:
        own[0] = (min(start_ns, own[0][0]), own[0][1])
    return TapeHours(product, own)


def _merged(spans: Iterable[_Span]) -> tuple[_Span, ...]:
    merged: list[_Span] = []
    for opens, closes in sorted(spans):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(closes, merged[-1][1]))
        else:
            merged.append((opens, closes))
    return tuple(merged)
