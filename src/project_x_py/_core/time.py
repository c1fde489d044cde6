"""Instants as integer nanoseconds since 1970 UTC, and the text and datetimes they come from.

Everything inside the SDK that orders or subtracts instants does so on ``int`` nanoseconds. ISO-8601
text and aware datetimes enter and leave through this module only.

Invariants (``tests/core/test_time.py``):

- ``parse_ns(format_iso(ns, digits=9)) == ns`` for every instant of the years 1 to 9999;
- nothing is rounded: digits that do not fit are cut off, towards the past;
- a wall clock of a zone is read at that zone's offset of that instant, so both DST changes hold.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = [
    "CHICAGO",
    "DAY_NS",
    "HOUR_NS",
    "MINUTE_NS",
    "NS",
    "format_iso",
    "from_datetime",
    "parse_ns",
    "to_datetime",
]

NS = 1_000_000_000
"""Nanoseconds in a second."""
MINUTE_NS = 60 * NS
HOUR_NS = 3_600 * NS
DAY_NS = 86_400 * NS

CHICAGO = ZoneInfo("America/Chicago")
"""The exchange's wall clock."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_SCALE: tuple[int, ...] = tuple(10 ** (9 - digits) for digits in range(10))
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r"\s?([Zz]|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)


def parse_ns(text: str) -> int:
    """Read an ISO-8601 instant.

    The form of the hubs, ``2026-09-01T14:31:31.4173601+00:00``, takes a fast path; so does a
    trailing ``Z``.

    Args:
        text: Date, or date and time with at most nine fraction digits. Without an offset it is
            UTC; a date alone is its midnight.

    Returns:
        Nanoseconds since 1970 UTC, exact.

    Raises:
        ProjectXDataError: ``text`` is not such an instant.
    """
    try:
        if text[-6:] == "+00:00":
            fraction = text[20:-6]
        elif text[-1:] == "Z":
            fraction = text[20:-1]
        else:
            return _parse(text)
        if fraction.isdigit() and text[19] == "." and text[16] == ":" and text.isascii():
            return _parse(text[:19]) + int(fraction) * _SCALE[len(fraction)]
        return _parse(text)
    except (ValueError, IndexError, TypeError) as exc:
        raise ProjectXDataError(f"not an ISO-8601 instant: {str(text)[:64]!r}") from exc


def format_iso(ns: int, digits: int = 6) -> str:
    """Write an instant as ISO-8601 text in UTC, such as ``2026-09-01T14:31:00.25+00:00``.

    Args:
        ns: Nanoseconds since 1970 UTC.
        digits: At most so many fraction digits (0 to 9), cut, not rounded; zeros at the end are
            left out. The gateway's hubs send seven.

    Raises:
        ProjectXDataError: The instant is outside the years 1 to 9999.
    """
    second, fraction = divmod(ns, NS)
    text = _second_text(second)
    if fraction and digits:
        kept = f"{fraction:09d}"[:digits].rstrip("0")
        if kept:
            return f"{text}.{kept}+00:00"
    return text + "+00:00"


def to_datetime(ns: int, tz: tzinfo = CHICAGO) -> datetime:
    """Return the instant as an aware datetime in ``tz``; nanoseconds are cut to microseconds.

    Raises:
        ProjectXDataError: The instant is outside the years 1 to 9999.
    """
    try:
        # As astimezone() does it, without the epoch's zone in between.
        return tz.fromutc(_epoch_in(tz) + timedelta(0, ns // NS, ns // 1000 % 1_000_000))
    except (OverflowError, ValueError) as exc:
        raise ProjectXDataError(f"{ns} ns is outside the years 1 to 9999") from exc


def from_datetime(moment: datetime, naive_tz: tzinfo) -> int:
    """Return nanoseconds since 1970 UTC of ``moment``.

    Args:
        moment: An aware datetime; a naive one is a wall clock of ``naive_tz``, and an ambiguous
            one is read by its ``fold``.
        naive_tz: The zone of a naive datetime.
    """
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=naive_tz)
    since = aware - _EPOCH
    return (since.days * 86_400 + since.seconds) * NS + since.microseconds * 1000


@lru_cache(maxsize=64)
def _epoch_in(tz: tzinfo) -> datetime:
    return _EPOCH.replace(tzinfo=tz)


@lru_cache(maxsize=1024)
def _second_text(second: int) -> str:
    try:
        return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]
    except OverflowError as exc:
        raise ProjectXDataError(f"second {second} is outside the years 1 to 9999") from exc


@lru_cache(maxsize=2048)
def _parse(text: str) -> int:
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, offset = match.groups("")
    if hour > "23" or minute > "59" or second > "59":
        raise ValueError(text)
    days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    ns = days * DAY_NS + int(hour or 0) * HOUR_NS + int(minute or 0) * MINUTE_NS
    ns += int(second or 0) * NS
    if fraction:
        ns += int(fraction) * _SCALE[len(fraction)]
    if offset and offset not in "Zz":
        digits = offset[1:].replace(":", "")
        hours, minutes = int(digits[:2]), int(digits[2:] or 0)
        if hours > 23 or minutes > 59:
            raise ValueError(text)
        shift = hours * HOUR_NS + minutes * MINUTE_NS
        ns += shift if offset[0] == "-" else -shift
    return ns
