"""From a depth message to the book, its history and its events; and what reading it costs.

Rates are medians of five runs in CPU time, one level change a message, which is the dearest form;
latencies are single messages timed one by one. The ceiling is a dictionary a side, without order,
best price, history, verdicts or events.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING

from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade
from project_x_py._core.time import parse_ns
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.models import Instrument
from project_x_py.orderbook import OrderBook

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

RUNS = 5
DELTAS = 100_000
READS = 2_000
START = parse_ns("2026-09-01T14:00:00Z")
CONTRACT = Instrument("CON.F.US.MNQ.U26", "MNQU6", "Micro Nasdaq", 0.25, 0.5, True, "F.US.MNQ")


def book() -> OrderBook:
    """A book that nobody feeds yet."""
    return OrderBook(CONTRACT, EventBus())


def deltas(levels: int, count: int = DELTAS) -> list[Depth]:
    """Level changes around a drifting price; about a sixth remove a level, none crosses."""
    rng, mid = random.Random(1), 96_000
    rows = [
        (2 - side, mid - p if side == 0 else mid + p) for p in range(1, levels) for side in (0, 1)
    ]
    found = [Depth(CONTRACT.id, tuple(DepthLevel(k, p, 9, START) for k, p in rows), START)]
    for n in range(count):
        side = rng.randrange(2)
        away = 1 + int(rng.random() ** 2 * (levels - 1))
        size = 0 if rng.random() < 0.17 else 1 + rng.randrange(50)
        price = mid - away if side == 0 else mid + away
        at = START + n * 1_000_000
        found.append(Depth(CONTRACT.id, (DepthLevel(2 - side, price, size, at),), at))
    return found


def plain(messages: list[Depth]) -> None:
    """The ceiling."""
    sides: dict[int, dict[int, int]] = {1: {}, 2: {}}
    for message in messages:
        for level in message.levels:
            if level.size:
                sides[level.kind][level.price] = level.size
            else:
                sides[level.kind].pop(level.price, None)


def seconds(work: Callable[[], object]) -> float:
    """Median CPU seconds of a piece of work."""
    taken = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def feed(target: OrderBook, messages: list[Depth]) -> None:
    """Apply messages one by one."""
    on_depth = target.realtime_handler.on_depth
    for message in messages:
        on_depth(message)


def row(name: str, figure: str, note: str = "") -> None:
    """Print one row."""
    print(f"  {name:<46} {figure:>24}  {note}".rstrip())


def bench_deltas(levels: int) -> None:
    """Level changes a second, and the slowest of them."""
    messages = deltas(levels)
    ceiling = seconds(lambda: plain(messages))
    taken = seconds(lambda: feed(book(), messages))
    row(
        f"deltas into a book of {levels} levels",
        f"{DELTAS / taken:,.0f}/s",
        f"{taken / ceiling:.1f}x ceiling",
    )
    target = book()
    feed(target, messages)
    on_depth, clock = target.realtime_handler.on_depth, time.perf_counter_ns
    spent = []
    for message in messages:
        began = clock()
        on_depth(message)
        spent.append(clock() - began)
    spent.sort()
    row(
        "one by one",
        f"p50 {spent[DELTAS // 2] / 1000:.1f} us, p99 {spent[DELTAS * 99 // 100] / 1000:.1f} us",
    )


def bench_trades() -> None:
    """Prints a second."""
    rng = random.Random(1)
    records = [
        Trade(
            CONTRACT.id, 96_000 + rng.randrange(9), 1 + rng.randrange(5), Aggressor(n & 1), at, at
        )
        for n in range(DELTAS)
        for at in (START + n * 1_000_000,)
    ]

    def run() -> None:
        target = book()
        on_trades = target.realtime_handler.on_trades
        for record in records:
            on_trades([record])

    row("prints", f"{DELTAS / seconds(run):,.0f}/s")


def bench_quotes() -> None:
    """Quotes a second, each compared with the book."""
    quotes = [
        Quote(contract_id=CONTRACT.id, exch_ns=START, recv_ns=START, bid=95_999 - n % 2)
        for n in range(DELTAS)
    ]

    def run() -> None:
        target = book()
        on_quote = target.realtime_handler.on_quote
        for record in quotes:
            on_quote(record)

    row("quotes compared with the book", f"{DELTAS / seconds(run):,.0f}/s")


async def bench_events() -> None:
    """Level changes a second while a handler takes every MARKET_DEPTH_UPDATE."""
    bus = EventBus()
    target = OrderBook(CONTRACT, bus)
    messages = deltas(20, DELTAS // 10)
    told = 0

    async def on_event(event: Event) -> None:
        nonlocal told
        told += 1

    await bus.on(EventType.MARKET_DEPTH_UPDATE, on_event)
    began = time.process_time()
    for first in range(0, len(messages), 50):
        feed(target, messages[first : first + 50])
        await asyncio.sleep(0)
    taken = time.process_time() - began
    row(
        "deltas with an event of 2x10 levels each",
        f"{len(messages) / taken:,.0f}/s",
        f"{told} events",
    )
    await bus.aclose(1)


def spend(work: Callable[[], Coroutine[object, object, object]]) -> float:
    """Median microseconds of an async read that awaits nothing."""
    spent = []
    for _ in range(READS):
        began = time.perf_counter_ns()
        try:
            work().send(None)
        except StopIteration:
            spent.append(time.perf_counter_ns() - began)
    return statistics.median(spent) / 1000


def bench_reads(levels: int) -> None:
    """Best prices and snapshots."""
    target = book()
    feed(target, deltas(levels, 20_000))
    began = time.process_time()
    ladder = target.state.ladder
    for _ in range(DELTAS):
        ladder.best_bid, ladder.best_ask  # noqa: B018
    row(
        f"best bid and ask in ticks, {levels} levels",
        f"{(time.process_time() - began) / DELTAS * 1e6:.2f} us",
    )
    row("get_best_bid_ask", f"{spend(target.get_best_bid_ask):.1f} us")
    row("get_orderbook_snapshot(10)", f"{spend(target.get_orderbook_snapshot):.1f} us")
    row("get_market_imbalance(10)", f"{spend(target.get_market_imbalance):.1f} us")


def bench_memory() -> None:
    """What a million depth messages leave behind, once the histories are full."""
    target = book()
    messages = deltas(100)
    for _ in range(4):
        feed(target, messages)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(10):
        feed(target, messages)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    row(
        "memory after another million of depth messages",
        f"{grown / 1e6:+.2f} MB",
        f"{target.memory_manager.nbytes / 1e6:.1f} MB held",
    )


def main() -> None:
    """Print the figures."""
    for levels in (20, 100):
        bench_deltas(levels)
    bench_trades()
    bench_quotes()
    asyncio.run(bench_events())
    for levels in (20, 100):
        bench_reads(levels)
    bench_memory()


if __name__ == "__main__":
    main()
