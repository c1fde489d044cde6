"""Operations a second of the matching book against a bare dictionary, and records a second of the
made-up market, with the time that its past takes."""

from __future__ import annotations

import random
import statistics
import time

from project_x_py._core.exchange.book import BUY, SELL, MatchingBook
from project_x_py._core.time import DAY_NS, NS, parse_ns
from project_x_py.simulator._synthetic import SyntheticSource

OPERATIONS = 200_000
RUNS = 5
START_NS = parse_ns("2026-09-01T15:00:00Z")
MARKET_S = 60


def _script() -> list[tuple[int, int, int, int]]:
    """A mix of adds (50 %), cancels (35 %) and market orders (15 %) around a drifting price."""
    rng, mid, steps = random.Random(1), 10_000, []
    for _ in range(OPERATIONS):
        mid += rng.randrange(3) - 1 if rng.random() < 0.02 else 0
        kind, side, size = rng.random(), rng.randrange(2), 1 + rng.randrange(5)
        if kind < 0.50:
            away = 1 + int(rng.random() ** 2 * 15)
            steps.append((0, side, mid + (away if side else -away), size))
        elif kind < 0.85:
            steps.append((1, rng.randrange(1, 400), 0, 0))
        else:
            steps.append((2, side, 0, size * 2))
    return steps


def bench_book(steps: list[tuple[int, int, int, int]]) -> float:
    """Seconds for the script on the matching book."""
    book, newest = MatchingBook(), 0
    for away in range(1, 16):
        book.submit_limit(BUY, 10_000 - away, 50)
        newest = book.submit_limit(SELL, 10_000 + away, 50).order_id
    limit, market, cancel = book.submit_limit, book.submit_market, book.cancel
    began = time.perf_counter()
    for kind, a, b, c in steps:
        if kind == 0:
            newest = limit(a, b, c).order_id
        elif kind == 1:
            cancel(newest - a)
        else:
            market(a, c)
    return time.perf_counter() - began


def bench_ceiling(steps: list[tuple[int, int, int, int]]) -> float:
    """Seconds for as many changes of one dictionary, without any matching."""
    levels: dict[int, int] = {}
    began = time.perf_counter()
    for kind, a, b, c in steps:
        if kind == 1:
            levels.pop(a, None)
        else:
            levels[b] = levels.get(b, 0) + c
    return time.perf_counter() - began


def bench_market() -> tuple[float, float]:
    """Records a second of MNQ in regular hours, and exchange seconds a second."""
    market = SyntheticSource(["MNQ"], seed=1, start_ns=START_NS)
    began = time.perf_counter()
    records = market.advance(START_NS + MARKET_S * NS)
    took = time.perf_counter() - began
    return len(records) / took, MARKET_S / took


def bench_past() -> list[float]:
    """Milliseconds for 5 days of minutes asked first and again, then 63 days."""
    market = SyntheticSource(["MNQ"], seed=1, start_ns=START_NS)
    history = market.history(market.contracts[0].contract_id)
    took = []
    for days in (5, 5, 63):
        began = time.perf_counter()
        history.bars(2, 1, START_NS - days * DAY_NS, START_NS, 20_000, False, START_NS)
        took.append((time.perf_counter() - began) * 1000)
    return took


def main() -> None:
    """Print a line each for the book, the made-up market and its past."""
    steps = _script()
    rate = OPERATIONS / statistics.median(bench_book(steps) for _ in range(RUNS))
    ceiling = OPERATIONS / statistics.median(bench_ceiling(steps) for _ in range(RUNS))
    print(f"matching book: {rate:,.0f} operations/s, {rate / ceiling:.1%} of a bare dictionary")
    records, speed = map(
        statistics.median, zip(*(bench_market() for _ in range(RUNS)), strict=True)
    )
    print(f"made-up market: {records:,.0f} records/s, {speed:,.0f} times real time")
    first, again, long = map(
        statistics.median, zip(*(bench_past() for _ in range(RUNS)), strict=True)
    )
    print(
        f"minutes of the past: 5 days {first:.0f} ms, again {again:.0f} ms, 63 days {long:.0f} ms"
    )


if __name__ == "__main__":
    main()
