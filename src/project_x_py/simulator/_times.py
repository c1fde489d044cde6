"""Times as requests bring them and answers write them.

A time without offset is UTC unless a quirk refuses it; what is no time at all does not bind.

Invariant (``tests/contract/test_quirk_table.py``): a refused time is a 400 that names its member.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from project_x_py._core.time import format_iso, parse_ns
from project_x_py.simulator._rest import BindingError, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py.simulator._rest_quirks import RestQuirks

__all__ = ["check_instants", "instant", "rest_time"]

_REST_DIGITS = 6
_HAS_OFFSET = re.compile(r"([zZ]|[+-]\d\d:?\d\d)\s*$")


def rest_time(quirks: RestQuirks) -> Callable[[int], str]:
    """Return what writes an instant the way REST does."""
    return _short if quirks.short_times else _usual


def instant(text: str | None) -> int | None:
    """Return the nanoseconds of a time that binds, None for none."""
    return None if text is None else parse_ns(text)


def check_instants(call: Call, *members: tuple[str, str | None]) -> None:
    """Refuse times without an offset, where a quirk says so.

    Raises:
        BindingError: A member's time has none.
    """
    if call.venue.quirks.rest.naive_times == "utc":
        return
    for name, text in members:
        if text is not None and _HAS_OFFSET.search(text) is None:
            raise BindingError(f"$.{name}", "The JSON value could not be converted to a date.")


def _usual(ns: int) -> str:
    return format_iso(ns, _REST_DIGITS)


def _short(ns: int) -> str:
    head, _, fraction = format_iso(ns, 3).removesuffix("+00:00").partition(".")
    return f"{head}.{fraction:0<3}Z"
