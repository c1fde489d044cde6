"""Operations a second of the matching book, against a bare dictionary of price levels."""

from __future__ import annotations

import random
import statistics
import time

from project_x_py._core.exchange.book import BUY, SELL, MatchingBook

OPERATIONS = 200_000
RUNS = 5


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


def main() -> None:
    """Print one line: operations a second, and the ratio to the bare dictionary."""
    steps = _script()
    rate = OPERATIONS / statistics.median(bench_book(steps) for _ in range(RUNS))
    ceiling = OPERATIONS / statistics.median(bench_ceiling(steps) for _ in range(RUNS))
    print(f"matching book: {rate:,.0f} operations/s, {rate / ceiling:.1%} of a bare dictionary")


if __name__ == "__main__":
    main()
