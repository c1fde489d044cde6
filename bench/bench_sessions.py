"""Sessions of a long frame: filter, VWAP, statistics, daily bars; and one question at a time.

Figures are wall time, medians of three runs over a million one-minute rows, beside a cumulative sum
by calendar day over the same rows, which knows neither sessions nor holidays.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from project_x_py.sessions import (
    SessionConfig,
    SessionStatistics,
    SessionType,
    aggregate_session_bars,
    calculate_session_vwap,
    filter_session,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 1_000_000
RUNS = 3
QUESTIONS = 200_000
START = datetime(2022, 1, 3, tzinfo=UTC)


def frame() -> pl.DataFrame:
    """A walk of a million minutes around the clock."""
    draw = np.random.default_rng(1)
    close = 4000 + np.cumsum(draw.integers(-2, 3, ROWS)) * 0.25
    stamps = pl.datetime_range(START, START + timedelta(minutes=ROWS - 1), "1m", eager=True)
    return pl.DataFrame(
        {
            "timestamp": stamps.dt.convert_time_zone("America/Chicago"),
            "open": close,
            "high": close + 0.25,
            "low": close - 0.25,
            "close": close,
            "volume": draw.integers(0, 100, ROWS),
        }
    )


def median_s(call: Callable[[], object]) -> float:
    """Seconds of a call."""
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def question_us() -> float:
    """Microseconds of asking whether an instant is in session, days kept."""
    sessions = SessionConfig().sessions_of("ES")
    first = int(START.timestamp()) * 1_000_000_000
    began = time.process_time()
    for place in range(QUESTIONS):
        sessions.contains(first + place * 100_000_000, SessionType.RTH)
    return (time.process_time() - began) / QUESTIONS * 1e6


def main() -> None:
    """Print the figures."""
    bars = frame()
    stats = SessionStatistics()
    plain = median_s(
        lambda: bars.select(pl.col("volume").cum_sum().over(pl.col("timestamp").dt.date()))
    )
    calls: dict[str, Callable[[], object]] = {
        "filter_session RTH": lambda: filter_session(bars, "RTH", "ES"),
        "filter_session ETH": lambda: filter_session(bars, "ETH", "ES"),
        "session VWAP": lambda: asyncio.run(calculate_session_vwap(bars, SessionType.RTH)),
        "session statistics": lambda: asyncio.run(stats.calculate_session_stats(bars, "ES")),
        "daily bars": lambda: aggregate_session_bars(bars, "ES"),
    }
    for name, call in calls.items():
        took = median_s(call)
        print(f"{name:<20} {ROWS:,} rows  {took:.3f} s  {took / plain:.1f}x a plain sum")
    print(f"contains             {question_us():.2f} us")


if __name__ == "__main__":
    main()
