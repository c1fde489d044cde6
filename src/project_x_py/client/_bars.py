"""Past bars as frames: what to ask for, page by page, and how the rows become a frame.

Invariants (``tests/client/test_bars.py``): ascending, no row twice, exactly ``limit`` newest rows
when there are that many; the frame of no data has the same schema as the frame of some.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from project_x_py._core.time import NS, format_iso, from_datetime, parse_ns
from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import polars as pl

__all__ = ["UNIT_SECONDS", "BarQuery", "bar_frame", "fetch_rows"]

PAGE = 20_000
"""The most bars the gateway gives in one answer."""

UNIT_SECONDS = {1: 1, 2: 60, 3: 3600, 4: 86_400, 5: 604_800, 6: 2_592_000}
"""Seconds of the units second, minute, hour, day, week, month (30 days, for estimates only)."""

Row = tuple[int, float, float, float, float, int]


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
        if unit not in UNIT_SECONDS:
            raise ProjectXDataError(
                f"unit must be 1 (second) to 6 (month), not {unit!r}; 2 is minutes"
            )
        for name, value in (("interval", interval), ("days", days), ("limit", limit)):
            if value is not None and not value > 0:
                raise ProjectXDataError(f"{name} must be above zero, not {value!r}")
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
        return cls(contract_id, unit, interval, start_ns, end_ns, limit, partial, live)

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


async def fetch_rows(
    query: BarQuery, call: Callable[[dict[str, object]], Awaitable[dict[str, Any]]]
) -> list[Row]:
    """Ask for pages, newest first, until the window or the limit is filled; return rows ascending.

    The gateway truncates without a word, so a full page is followed by another that ends where
    the full one began.
    """
    rows: dict[int, Row] = {}
    end_ns = query.end_ns
    while True:
        wanted = PAGE if query.limit is None else min(PAGE, query.limit - len(rows))
        page = _read_rows(await call(query.body(end_ns, wanted)))
        fresh = [row for row in page if row[0] not in rows]
        rows.update((row[0], row) for row in fresh)
        if not fresh or len(page) < wanted or (query.limit or len(rows) + 1) <= len(rows):
            return [rows[start] for start in sorted(rows)]
        end_ns = min(rows)


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


def _read_rows(answer: dict[str, Any]) -> list[Row]:
    rows = answer.get("bars") or []
    try:
        return [
            (
                parse_ns(row["t"]),
                float(row["o"]),
                float(row["h"]),
                float(row["l"]),
                float(row["c"]),
                int(row["v"]),
            )
            for row in rows
            if row
        ]
    except (KeyError, TypeError, ValueError) as exc:
        raise ProjectXDataError(
            f"a bar is not {{t, o, h, l, c, v}}: {exc!r}", None, {"first": rows[:1]}
        ) from exc


def _utc(ns: int) -> str:
    return format_iso(ns).replace("+00:00", "Z")
