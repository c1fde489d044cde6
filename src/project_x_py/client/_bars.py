"""Past bars as frames: what to ask for, page by page, and how the rows become a frame.

The gateway answers newest first and truncates without a word, so pages are asked for backwards in
time, each ending where the one before it began. A page is turned into columns at once and in
slices, so that neither a long history nor a large answer holds up the loop.

Invariants (``tests/client/test_bars.py``): ascending, no row twice, exactly ``limit`` newest rows
when there are that many; the frame of no data has the same schema as the frame of some.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from project_x_py._core.time import NS, format_iso, from_datetime, parse_ns
from project_x_py._core.timeframes import bar_start, timeframe_of
from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import polars as pl

    from project_x_py.client._envelope import Envelope

__all__ = ["BarQuery", "Row", "bar_frame", "check_moment", "fetch_frame", "join_frames"]

PAGE = 20_000
"""The most bars the gateway gives in one answer."""

HIDDEN_CAP = 1_000
"""A shorter cap has been seen: an answer of a whole multiple of it may have been cut, too, also
when some of it came twice."""

SLICE = 2_000
"""Rows that are read between two turns of the loop."""

LONGEST_DAYS = 36_525
"""A century, which no history reaches."""

UNITS = range(1, 7)

DAYS_OF_UNIT = {1: 1 / 86_400, 2: 1 / 1_440, 3: 1 / 24, 4: 1, 5: 7, 6: 31}
"""How long a bar of each unit is, at most."""

Row = tuple[int, float, float, float, float, int]
"""Start in ns since 1970 UTC, open, high, low, close in points, volume."""


class _BarRow(msgspec.Struct, gc=False):
    t: str
    o: float
    h: float
    l: float  # noqa: E741 - the gateway's name
    c: float
    v: float


_page = msgspec.json.Decoder(list[_BarRow | None])


@dataclass(frozen=True, slots=True)
class BarQuery:
    """One request for bars: the window is ``start_ns <= bar start < end_ns``."""

    contract_id: str
    unit: int
    interval: int
    start_ns: int
    end_ns: int
    limit: int | None
    partial: bool
    live: bool = False

    @classmethod
    def build(
        cls,
        contract_id: str,
        *,
        days: float,
        interval: int,
        unit: int,
        limit: int | None,
        partial: bool,
        start_time: datetime | None,
        end_time: datetime | None,
        timezone: str,
        now_ns: int,
        live: bool,
    ) -> BarQuery:
        """Check the documented arguments of ``get_bars`` and resolve its window.

        Raises:
            ProjectXDataError: An argument is outside its range; the message says which and why.
        """
        _check("unit", unit, whole=True)
        if unit not in UNITS:
            raise ProjectXDataError(
                f"unit must be 1 (second) to 6 (month), not {unit!r}; 2 is minutes"
            )
        _check("interval", interval, whole=True)
        longest = min(round(LONGEST_DAYS / DAYS_OF_UNIT[unit]), 2**31 - 1)
        if interval > longest:
            raise ProjectXDataError(
                f"interval must be at most {longest} of unit {unit}, not {interval!r}"
            )
        _check("days", days, whole=False)
        if days > LONGEST_DAYS:
            raise ProjectXDataError(f"days must be at most {LONGEST_DAYS}, not {days!r}")
        for name, moment in (("start_time", start_time), ("end_time", end_time)):
            check_moment(name, moment)
        if limit is not None:
            _check("limit", limit, whole=True)
        zone = ZoneInfo(timezone)
        end_ns = from_datetime(end_time, zone) if end_time is not None else now_ns
        if start_time is not None:
            start_ns = from_datetime(start_time, zone)
        else:
            start_ns = end_ns - round(timedelta(days=days).total_seconds()) * NS
        if start_ns >= end_ns:
            raise ProjectXDataError(
                f"start_time {format_iso(start_ns)} must lie before end_time {format_iso(end_ns)}"
            )
        if not partial:
            # What is still forming begins here; the gateway's own switch is not reliable.
            end_ns = min(end_ns, bar_start(timeframe_of(unit, interval), now_ns))
        return cls(contract_id, unit, interval, start_ns, end_ns, limit, partial, live)

    def within(self, contract_id: str, start_ns: int, end_ns: int, limit: int | None) -> BarQuery:
        """Return the part of the query that one contract answers."""
        return replace(
            self,
            contract_id=contract_id,
            start_ns=max(self.start_ns, start_ns),
            end_ns=min(self.end_ns, end_ns),
            limit=limit,
        )

    def body(self, end_ns: int, limit: int) -> dict[str, object]:
        """Return the request body for one page that ends before ``end_ns``."""
        return {
            "contractId": self.contract_id,
            "live": self.live,
            "startTime": _utc(self.start_ns),
            "endTime": _utc(end_ns),
            "unit": self.unit,
            "unitNumber": self.interval,
            "limit": limit,
            "includePartialBar": self.partial,
        }


async def fetch_frame(
    query: BarQuery, call: Callable[[dict[str, object]], Awaitable[Envelope]], timezone: str
) -> pl.DataFrame:
    """Ask for pages until the window or the limit is filled; return them as one frame.

    Raises:
        ProjectXDataError: A bar is not what it should be.
        ProjectXError: The gateway failed or refused.
    """
    frames: list[pl.DataFrame] = []
    end_ns, found = query.end_ns, 0
    while end_ns > query.start_ns and (query.limit is None or found < query.limit):
        left = PAGE if query.limit is None else query.limit - found
        # One more, since nobody says whether a bar that begins at the end is among them.
        asked = min(PAGE, left + 1)
        answer = await call(query.body(end_ns, asked))
        page = answer.read("bars", list[msgspec.Raw]) or []
        told = await _rows(page)
        rows = [row for row in told if query.start_ns <= row[0] < end_ns][-left:]
        if not rows:
            break
        frames = [*await _frames(rows, timezone), *frames]
        found += len(rows)
        end_ns = rows[0][0]
        if len(page) < asked and len(page) % HIDDEN_CAP and len(told) % HIDDEN_CAP:
            break
    return join_frames(frames, timezone)


def bar_frame(rows: list[Row], timezone: str) -> pl.DataFrame:
    """Build the documented frame: ``timestamp`` (aware), OHLC floats, ``volume`` integers."""
    import polars as pl

    starts, opens, highs, lows, closes, volumes = zip(*rows, strict=True) if rows else [()] * 6
    return pl.DataFrame(
        {
            "timestamp": pl.Series([ns // 1000 for ns in starts], dtype=pl.Int64),
            "open": pl.Series(opens, dtype=pl.Float64),
            "high": pl.Series(highs, dtype=pl.Float64),
            "low": pl.Series(lows, dtype=pl.Float64),
            "close": pl.Series(closes, dtype=pl.Float64),
            "volume": pl.Series(volumes, dtype=pl.Int64),
        }
    ).with_columns(
        pl.from_epoch("timestamp", "us").dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    )


def join_frames(frames: list[pl.DataFrame], timezone: str) -> pl.DataFrame:
    """Put frames below one another, oldest first; none give the empty frame."""
    import polars as pl

    filled = [frame for frame in frames if frame.height]
    return pl.concat(filled) if filled else bar_frame([], timezone)


async def _rows(page: list[msgspec.Raw]) -> list[Row]:
    """Return the rows of a page, ascending, none twice."""
    rows: list[Row] = []
    for first in range(0, len(page), SLICE):
        await asyncio.sleep(0)
        text = b"[" + b",".join(map(bytes, page[first : first + SLICE])) + b"]"
        try:
            rows += [_row(bar) for bar in _page.decode(text) if bar is not None]
        except msgspec.DecodeError as error:
            raise ProjectXDataError(f"a bar is not {{t, o, h, l, c, v}}: {error}") from None
    rows.sort(key=lambda row: row[0])
    return [row for at, row in enumerate(rows) if at == 0 or rows[at - 1][0] != row[0]]


async def _frames(rows: list[Row], timezone: str) -> list[pl.DataFrame]:
    """Return rows as frames of a slice each."""
    frames: list[pl.DataFrame] = []
    for first in range(0, len(rows), SLICE):
        await asyncio.sleep(0)
        frames.append(bar_frame(rows[first : first + SLICE], timezone))
    return frames


def _row(bar: _BarRow) -> Row:
    if bar.v < 0 or bar.v != bar.v // 1 or bar.h < bar.l:
        raise ProjectXDataError(
            f"a bar cannot be right: {bar!r}", None, {"bar": msgspec.to_builtins(bar)}
        )
    return _start_ns(bar.t), bar.o, bar.h, bar.l, bar.c, int(bar.v)


def _start_ns(text: str) -> int:
    """Read the start of a bar; the form that the gateway uses by the hour, which repeats."""
    minute, second = text[14:16], text[17:19]
    usual = len(text) == 25 and text[13] == text[16] == ":" and text[19:] == "+00:00"
    if not (usual and text.isascii() and minute.isdigit() and second.isdigit()):
        return parse_ns(text)
    if minute > "59" or second > "59":
        return parse_ns(text)
    return _hour_ns(text[:13]) + (int(minute) * 60 + int(second)) * NS


@lru_cache(maxsize=4096)
def _hour_ns(hour: str) -> int:
    return parse_ns(f"{hour}:00:00Z")


def check_moment(name: str, value: object) -> None:
    """Refuse what is neither a datetime nor left out.

    Raises:
        ProjectXDataError: It is something else.
    """
    if value is not None and not isinstance(value, datetime):
        raise ProjectXDataError(f"{name} must be a datetime, not {value!r}")


def _check(name: str, value: object, *, whole: bool) -> None:
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
        what = "a whole number" if whole else "a number"
        raise ProjectXDataError(f"{name} must be {what} above zero, not {value!r}")
    if value <= 0:
        raise ProjectXDataError(f"{name} must be above zero, not {value!r}")


def _utc(ns: int) -> str:
    return format_iso(ns).replace("+00:00", "Z")
