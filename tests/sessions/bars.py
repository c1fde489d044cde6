"""Generated bars for the tests of sessions."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

__all__ = ["CHICAGO", "at", "bars", "minute_bars"]

CHICAGO = ZoneInfo("America/Chicago")


def at(text: str) -> datetime:
    """The Chicago wall clock of a text."""
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


def bars(*rows: tuple[str, float, float, float, float, int]) -> pl.DataFrame:
    """A frame of (Chicago clock, open, high, low, close, volume)."""
    moments = [at(row[0]).astimezone(UTC) for row in rows]
    columns = list(zip(*(row[1:] for row in rows), strict=True)) or [()] * 5
    names = ("open", "high", "low", "close", "volume")
    kinds = (pl.Float64,) * 4 + (pl.Int64,)
    frame = pl.DataFrame(
        {
            "timestamp": moments,
            **{name: list(values) for name, values in zip(names, columns, strict=True)},
        },
        schema={
            "timestamp": pl.Datetime("us", "UTC"),
            **dict(zip(names, kinds, strict=True)),
        },
    )
    return frame.with_columns(pl.col("timestamp").dt.convert_time_zone("America/Chicago"))


def minute_bars(first: str, hours: int, seed: int = 1, every: int = 1) -> pl.DataFrame:
    """Bars of a walk on quarter points, one each ``every`` minutes, around the clock."""
    draw = random.Random(seed)
    start = at(first).astimezone(UTC)
    rows, price = [], 4000.0
    for minute in range(0, hours * 60, every):
        opened = price
        price += draw.randint(-4, 4) * 0.25
        high = max(opened, price) + draw.randint(0, 2) * 0.25
        low = min(opened, price) - draw.randint(0, 2) * 0.25
        moment = (start + timedelta(minutes=minute)).astimezone(CHICAGO)
        rows.append((moment, opened, high, low, price, draw.randint(0, 50)))
    names = ("timestamp", "open", "high", "low", "close", "volume")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    moments = pl.Series("timestamp", [moment.astimezone(UTC) for moment in columns["timestamp"]])
    return pl.DataFrame(
        [
            moments.dt.convert_time_zone("America/Chicago"),
            *(pl.Series(name, columns[name]) for name in names[1:]),
        ]
    )
