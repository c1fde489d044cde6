"""When the exchange says it happened.

A stream repeats its second many times, so the text up to the fraction's point is memorised; what
is unusual goes through :func:`~project_x_py._core.time.parse_ns`.

Invariant (``tests/wire/test_decode.py``): the result is that of ``parse_ns`` for every text.
"""

from __future__ import annotations

from project_x_py._core.time import parse_ns
from project_x_py.exceptions import ProjectXDataError

__all__ = ["exchange_ns"]

MEMO_SECONDS = 4096

LAST_NS = 1 << 63
"""The year 2262: later nanoseconds are no 64-bit integers."""

ZONE = "+00:00"

_SCALE: tuple[int, ...] = tuple(10 ** (9 - digits) for digits in range(10))
_seconds: dict[str, int] = {}
_MILLIS = {f"{number:03}": number * 1_000_000 for number in range(1_000)}
_ENDS = {
    f"{number:0{digits}}"[:digits] + ZONE: number * _SCALE[digits + 3]
    for digits in range(5)
    for number in range(10**digits)
}
"""What may follow the milliseconds: up to four digits, as zeros at the end are left out, and the
zone. The digits of a second in two parts are quicker than to read and to check a number."""


def exchange_ns(text: str | None, recv_ns: int) -> int:
    """Return the instant of ``text``, or ``recv_ns`` when there is none.

    Raises:
        ProjectXDataError: ``text`` is not an instant; the message does not quote it.
    """
    if text is None:
        return recv_ns
    try:
        return _seconds[text[:20]] + _MILLIS[text[20:23]] + _ENDS[text[23:]]
    except KeyError:
        return _unusual(text, recv_ns)  # another second, or another form


def _unusual(text: str, recv_ns: int) -> int:
    second_ns = _seconds.get(text[:20])
    if second_ns is not None and text[-6:] == ZONE:
        digits = text[20:-6]
        if digits.isdecimal() and digits.isascii() and len(digits) < 10:
            return second_ns + int(digits) * _SCALE[len(digits)]
    return _parsed(text, recv_ns)


def _parsed(text: str, recv_ns: int) -> int:
    try:
        exch_ns = parse_ns(text)
        if exch_ns >= LAST_NS:
            raise ProjectXDataError("not a time")
        if text[19:20] == "." and text[:20] not in _seconds:
            _memorise(text[:20], parse_ns(text[:19]))
    except ProjectXDataError:
        raise ProjectXDataError("not a time") from None
    # A .NET time that was never set is of the year 1.
    return exch_ns if exch_ns > 0 else recv_ns


def _memorise(second: str, second_ns: int) -> None:
    if len(_seconds) >= MEMO_SECONDS:
        _seconds.clear()
    if second_ns > 0:
        _seconds[second] = second_ns
