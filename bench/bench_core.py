"""The core's hot paths: grid, time, calendar, bars and book, with bare loops as ceilings.

Rates are medians of five runs in CPU time; latencies are single calls timed one by one by the wall,
less the cost of looking at it.
"""

from __future__ import annotations

import random
import statistics
import time
import tracemalloc
from collections.abc import Callable

from project_x_py._core.bars import BarBuilder, timeframe
from project_x_py._core.book import ASK, BID, PriceLadder
from project_x_py._core.calendar import calendar_for
from project_x_py._core.grid import TickGrid
from project_x_py._core.time import NS, format_iso, parse_ns

RUNS = 5
CALLS = 200_000
START = parse_ns("2026-09-01T13:30:00Z")


def seconds(work: Callable[[], object]) -> float:
    """Median CPU seconds of a piece of work."""
    taken = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def latency(calls: list[Callable[[], object]]) -> tuple[float, float]:
    """The p50 and p99 of single calls in microseconds, without the cost of the clock."""
    clock = time.perf_counter_ns
    empty = statistics.median(-(clock() - clock()) for _ in range(10_000))
    taken = []
    for call in calls:
        began = clock()
        call()
        taken.append(clock() - began - empty)
    taken.sort()
    return taken[len(taken) // 2] / 1000, taken[len(taken) * 99 // 100] / 1000


def each(name: str, taken: float, calls: int, note: str = "") -> None:
    """Print one row: how long one call takes and how many go into a second."""
    micros = taken / calls * 1e6
    print(f"  {name:<44} {micros:8.2f} us {1 / micros:9.3f} M/s  {note}".rstrip())


def bench_grid() -> None:
    """A float price to ticks, on a decimal and on a binary grid."""
    for size in (0.25, 0.1, 0.0000005):
        grid = TickGrid(size)
        prices = [grid.price(20_000 + n % 500) for n in range(CALLS)]
        ticks = grid.ticks
        each(f"grid.ticks, tick {size}", seconds(lambda: [ticks(p) for p in prices]), CALLS)  # noqa: B023


def bench_time() -> None:
    """The hubs' timestamps, one instant after another."""
    texts = [format_iso(START + n * 4_173_601, 7) for n in range(CALLS)]
    each("parse_ns, hub form", seconds(lambda: [parse_ns(t) for t in texts]), CALLS)
    moments = [START + n * 4_173_601 for n in range(CALLS)]
    each("format_iso", seconds(lambda: [format_iso(ns, 7) for ns in moments]), CALLS)


def bench_calendar() -> None:
    """The state of instants ten seconds apart, over three weeks with all their turns."""
    state = calendar_for("ES").state
    moments = [START + n * 10 * NS for n in range(CALLS)]
    each("calendar.state, streaming", seconds(lambda: [state(ns) for ns in moments]), CALLS)
    random.Random(1).shuffle(moments)
    each("calendar.state, at random", seconds(lambda: [state(ns) for ns in moments]), CALLS)


def trades(count: int) -> list[tuple[int, int, int, int]]:
    """A walk of prints, 33 a second."""
    rng, price, found = random.Random(1), 20_000, []
    for n in range(count):
        price += rng.randrange(3) - 1
        found.append((price, 1 + rng.randrange(5), rng.randrange(2), START + n * 30_000_000))
    return found


def plain_bars(prints: list[tuple[int, int, int, int]]) -> None:
    """The ceiling: bars as local variables, for one timeframe, without late trades or sides."""
    closed, end, high, low, close, volume = [], 0, 0, 0, 0, 0
    opened = 0
    for price, size, _, ns in prints:
        if ns >= end:
            closed.append((opened, high, low, close, volume))
            end = ns - ns % (60 * NS) + 60 * NS
            opened = high = low = price
            volume = 0
        elif price > high:
            high = price
        elif price < low:
            low = price
        close = price
        volume += size


def bench_bars() -> None:
    """Trades into one timeframe and into three, with few and with many bars held."""
    prints = trades(CALLS)
    ceiling = seconds(lambda: plain_bars(prints))
    each("bars: ceiling, local variables", ceiling, CALLS)

    def run(names: tuple[str, ...], capacity: int) -> None:
        adds = [BarBuilder(timeframe(name), capacity).add for name in names]
        for trade in prints:
            for add in adds:
                add(*trade)

    for names in (("1min",), ("15sec", "1min", "5min")):
        for capacity in (100, 100_000):
            taken = seconds(lambda: run(names, capacity))  # noqa: B023
            label = f"BarBuilder.add, {'+'.join(names)}, {capacity} held"
            each(label, taken, CALLS, f"{taken / ceiling:.1f}x ceiling")
    builder = BarBuilder(timeframe("1sec"), 1_000)
    p50, p99 = latency([lambda t=t: builder.add(*t) for t in prints])  # type: ignore[misc]
    print(f"  {'BarBuilder.add, 1sec, one by one':<44} p50 {p50:.2f} us, p99 {p99:.2f} us")


def updates(levels: int) -> list[tuple[int, int, int, int]]:
    """Depth changes around a drifting price; about a third add or remove a level."""
    rng, mid, found = random.Random(1), 20_000, []
    for n in range(CALLS):
        mid += rng.randrange(3) - 1 if rng.random() < 0.01 else 0
        side = rng.randrange(2)
        away = 1 + int(rng.random() ** 2 * levels)
        size = 0 if rng.random() < 0.17 else 1 + rng.randrange(50)
        found.append((side, mid + (away if side else -away), size, START + n))
    return found


def plain_book(changes: list[tuple[int, int, int, int]]) -> None:
    """The ceiling: a dictionary a side, no order and no best price."""
    sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for side, price, size, _ in changes:
        if size:
            sides[side][price] = size
        else:
            sides[side].pop(price, None)


def bench_book() -> None:
    """Level changes into books of twenty and a hundred levels, and reads of the top."""
    for levels in (20, 100):
        changes = updates(levels)
        ceiling = seconds(lambda: plain_book(changes))  # noqa: B023

        def run() -> PriceLadder:
            ladder = PriceLadder()
            put = ladder.set_level
            for change in changes:  # noqa: B023
                put(*change)
            return ladder

        each(f"book: ceiling, dictionaries, {levels} levels", ceiling, CALLS)
        taken = seconds(run)
        each(f"PriceLadder.set_level, {levels} levels", taken, CALLS, f"{taken / ceiling:.1f}x")
        ladder = run()
        p50, p99 = latency([lambda c=c, p=ladder.set_level: p(*c) for c in changes])  # type: ignore[misc]
        print(f"  {'one by one':<44} p50 {p50:.2f} us, p99 {p99:.2f} us")
        reads = 20_000
        top = ladder.top
        taken = seconds(lambda: [(top(BID, 10), top(ASK, 10)) for _ in range(reads)])  # noqa: B023
        each(f"top ten of both sides, {levels} levels", taken, reads)
        taken = seconds(lambda: [(ladder.best_bid, ladder.best_ask) for _ in range(CALLS)])  # noqa: B023
        each(f"best bid and ask, {levels} levels", taken, CALLS)


def bench_memory() -> None:
    """What a million depth changes and trades leave behind, once warm."""
    ladder, builder = PriceLadder(), BarBuilder(timeframe("1min"), 1_000)
    changes, prints = updates(100), trades(CALLS)

    def feed() -> None:
        for change in changes:
            ladder.set_level(*change)
        for trade in prints:
            builder.add(*trade)

    feed()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(5):
        feed()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    print(f"  {'memory after a million of each':<44} {grown / 1024:+8.0f} KiB")


def main() -> None:
    """Print every row."""
    for bench in (
        bench_grid,
        bench_time,
        bench_calendar,
        bench_bars,
        bench_book,
        bench_memory,
    ):
        bench()


if __name__ == "__main__":
    main()
