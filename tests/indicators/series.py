"""Bars for indicator tests: made up, degenerate and recorded ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from project_x_py.indicators._registry import all_indicators

__all__ = ["KINDS", "NAMES", "added", "bars", "shaped"]

NAMES = tuple(all_indicators())
START = datetime(2026, 3, 5, 12, tzinfo=UTC)
"""Thursday before the change to summer time."""
KINDS = ("walk", "constant", "rising", "falling", "gaps", "flat bars", "huge", "tiny", "negative")


def bars(rows: int, seed: int = 1, *, minutes: int = 17) -> pl.DataFrame:
    """A random walk on a quarter-point grid, with the extra inputs that some indicators read."""
    return shaped("walk", rows, seed, minutes=minutes)


def shaped(kind: str, rows: int, seed: int = 1, *, minutes: int = 17) -> pl.DataFrame:
    """Bars of a kind of :data:`KINDS`."""
    random = np.random.default_rng(seed)
    moves = random.normal(0.0, 2.0, rows)
    if kind == "constant":
        moves[:] = 0.0
    elif kind in ("rising", "falling"):
        moves = np.abs(moves) + 0.25 if kind == "rising" else -np.abs(moves) - 0.25
    elif kind == "gaps":
        moves += np.where(random.random(rows) < 0.1, random.normal(0.0, 80.0, rows), 0.0)
    close = np.round((4500.0 + np.cumsum(moves)) * 4.0) / 4.0
    opened = np.round((close + random.normal(0.0, 1.5, rows)) * 4.0) / 4.0
    reach = np.round(np.abs(random.normal(0.0, 1.0, (2, rows))) * 4.0) / 4.0
    if kind in ("constant", "flat bars"):
        opened, reach = close.copy(), reach * 0.0
    high, low = np.maximum(opened, close) + reach[0], np.minimum(opened, close) - reach[1]
    factor = {"huge": 1e9, "tiny": 1e-9}.get(kind, 1.0)
    offset = -9000.0 if kind == "negative" else 0.0
    prices = {"open": opened, "high": high, "low": low, "close": close}
    return pl.DataFrame(
        {
            "timestamp": [START + timedelta(minutes=minutes * row) for row in range(rows)],
            **{name: (column + offset) * factor for name, column in prices.items()},
            "volume": random.integers(0, 500, rows),
            "periods": random.integers(2, 30, rows),
            "anchor": random.random(rows) < 0.02,
        }
    )


def added(frame: pl.DataFrame, result: pl.DataFrame) -> pl.DataFrame:
    """The columns of ``result`` that ``frame`` has not."""
    return result.select([name for name in result.columns if name not in frame.columns])
