"""Reads of the order book: imbalance and the top in microseconds, history in milliseconds.

The history holds as many entries as said, of a made-up market's own feed. Times are CPU time,
medians; the ceiling is numpy's own ``bincount`` of the same columns, or the bare ladder's ``top``.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np

from project_x_py._core.book import ASK, BID
from project_x_py._core.records import Aggressor, Depth, DepthLevel, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py.event_bus import EventBus
from project_x_py.models import Instrument
from project_x_py.orderbook import OrderBook

RUNS = 5
START = parse_ns("2026-09-01T14:30:00Z")
ES = Instrument(
    id="CON.F.US.EP.U26",
    name="ESU6",
    description="",
    tickSize=0.25,
    tickValue=12.5,
    activeContract=True,
)


class Stopped:
    """A clock that stands at the exchange time it is given."""

    def __init__(self) -> None:
        self.ns = START

    def now_ns(self) -> int:
        return self.ns

    wall_ns = monotonic_ns = now_ns

    async def sleep_until(self, exch_ns: int) -> None:
        self.ns = max(self.ns, exch_ns)


def filled(entries: int) -> OrderBook:
    """A book whose histories hold so many entries, all within the last ten minutes."""
    from project_x_py.simulator._synthetic import SyntheticSource

    clock = Stopped()
    config = {"max_trade_history": entries, "max_best_price_history": entries}
    book = OrderBook(ES, EventBus(), config=config, clock=clock)  # type: ignore[arg-type]
    source = SyntheticSource(["ES"], seed=1, start_ns=START)
    handler, until_ns, ns = book.realtime_handler, START, START
    # The market's own times are spread over five minutes, so that no window leaves any out.
    step = max(1, 300 * NS // (4 * entries))
    while len(book.state.changes) < entries:
        until_ns += 10 * NS
        for record in source.advance(until_ns):
            ns += step
            clock.ns = ns
            if isinstance(record, Depth):
                rows = tuple(DepthLevel(r.kind, r.price, r.size, ns) for r in record.levels)
                handler.on_depth(Depth(record.contract_id, rows, ns))
            elif isinstance(record, Trade):
                who = Aggressor(record.aggressor)
                handler.on_trades([Trade(ES.id, record.price, record.size, who, ns, ns)])
    return book


def full_of_prints(entries: int) -> OrderBook:
    """A book that has heard so many prints, within the last ten minutes."""
    clock = Stopped()
    config = {"max_trade_history": entries}
    book = OrderBook(ES, EventBus(), config=config, clock=clock)  # type: ignore[arg-type]
    for number in range(entries):
        clock.ns = START + number * 1_000_000
        price = 26_000 + number % 37 - number % 53
        who = Aggressor(number & 1)
        book.realtime_handler.on_trades([Trade(ES.id, price, 1, who, clock.ns, clock.ns)])
    return book


def microseconds(call: Callable[[], Coroutine[Any, Any, object]], reads: int) -> float:
    """Median CPU microseconds of a call that awaits nothing."""

    def run() -> None:
        with_none = call().send
        try:
            with_none(None)
        except StopIteration:
            return
        raise AssertionError("a read waited")

    taken = []
    for _ in range(RUNS):
        began = time.process_time_ns()
        for _ in range(reads):
            run()
        taken.append((time.process_time_ns() - began) / reads)
    return statistics.median(taken) / 1000


def plain(call: Callable[[], object], reads: int) -> float:
    """Median CPU microseconds of a plain call."""
    taken = []
    for _ in range(RUNS):
        began = time.process_time_ns()
        for _ in range(reads):
            call()
        taken.append((time.process_time_ns() - began) / reads)
    return statistics.median(taken) / 1000


def row(name: str, micros: float, ceiling: float | None = None) -> None:
    """Print one figure, and how many times the ceiling it is."""
    note = "" if ceiling is None else f"  {micros / ceiling:6.1f}x the ceiling"
    print(f"  {name:<46} {micros:10.1f} us{note}")


def main() -> None:
    """Print every row."""
    for entries in (1_000, 10_000, 100_000):
        book = filled(entries)
        state = book.state
        print(
            f" {len(state.changes):,} level changes, {len(state.trades):,} prints, "
            f"{len(state.bursts):,} bursts, {len(state.quotes):,} quotes"
        )
        ladder = state.ladder
        top = plain(lambda: (ladder.top(BID, 10), ladder.top(ASK, 10)), 2000)  # noqa: B023
        row("get_market_imbalance, 10 levels", microseconds(book.get_market_imbalance, 2000), top)
        row("get_orderbook_depth", microseconds(lambda: book.get_orderbook_depth(2.5), 50))  # noqa: B023
        prices, sizes = state.trades.columns().price, state.trades.columns().size
        low = int(prices.min())
        raw = plain(lambda: np.bincount(prices - low, weights=sizes), 20)  # noqa: B023
        row("get_volume_profile", microseconds(book.get_volume_profile, 20), raw)
        if entries == 100_000:
            many = full_of_prints(entries)
            row(
                f"get_volume_profile, {entries:,} prints", microseconds(many.get_volume_profile, 20)
            )
        row("detect_iceberg_orders", microseconds(book.detect_iceberg_orders, 20))
        row("detect_spoofing", microseconds(book.detect_spoofing, 3))
        row("get_cumulative_delta", microseconds(book.get_cumulative_delta, 20))
        row("get_spread_analysis", microseconds(book.get_spread_analysis, 10))
        row("get_support_resistance_levels", microseconds(book.get_support_resistance_levels, 3))


if __name__ == "__main__":
    main()
