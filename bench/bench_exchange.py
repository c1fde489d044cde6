"""Operations a second of the exchange, of the book below it and of a tape.

CPU time of one core, so that other work on the machine does not count. Four figures: the matching
book alone, the same script on a book that users share with 200 of their orders resting in it, user
commands through the whole exchange (place, modify, cancel, fill, events), and records of a tape.
The first two are given as a share of as many changes of one bare dictionary.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from decimal import Decimal

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.book import BUY, SELL, MatchingBook
from project_x_py._core.exchange.commands import Bracket, ModifyOrder, PlaceOrder
from project_x_py._core.exchange.exchange import Exchange
from project_x_py._core.exchange.markets import TradedContract
from project_x_py._core.exchange.models import FixedLatency
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.exchange.venues import BookVenue, SharedBook, Venue
from project_x_py._core.products import product_for_ticker
from project_x_py._core.records import Aggressor, Depth, DepthLevel, MarketRecord, Quote, Trade
from project_x_py._core.time import parse_ns

OPERATIONS = 200_000
COMMANDS = 20_000
RECORDS = 100_000
RUNS = 5
START = parse_ns("2026-09-01T14:00:00Z")
CONTRACT = "CON.F.US.MNQ.U26"
PRODUCT = product_for_ticker("MNQ")
MID = 10_000

Steps = list[tuple[int, int, int, int]]


def _script() -> Steps:
    """A mix of adds (50 %), cancels (35 %) and market orders (15 %) around a drifting price."""
    rng, mid, steps = random.Random(1), MID, []
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


def bench_book(steps: Steps, book: MatchingBook) -> float:
    """Seconds for the script on a matching book."""
    newest = 0
    for away in range(1, 16):
        book.submit_limit(BUY, MID - away, 50)
        newest = book.submit_limit(SELL, MID + away, 50).order_id
    if isinstance(book, SharedBook):
        for number in range(200):
            side = number % 2
            book.submit_limit(side, MID + (20 if side else -20), 1, owner=number + 1)
    limit, market, cancel = book.submit_limit, book.submit_market, book.cancel
    began = time.process_time()
    for kind, a, b, c in steps:
        if kind == 0:
            newest = limit(a, b, c).order_id
        elif kind == 1:
            cancel(newest - a)
        else:
            market(a, c)
    return time.process_time() - began


def bench_ceiling(steps: Steps) -> float:
    """Seconds for as many changes of one dictionary, without any matching."""
    levels: dict[int, int] = {}
    began = time.process_time()
    for kind, a, b, c in steps:
        if kind == 1:
            levels.pop(a, None)
        else:
            levels[b] = levels.get(b, 0) + c
    return time.process_time() - began


def _exchange(venue: Venue) -> Exchange:
    exchange = Exchange(
        [TradedContract(CONTRACT, PRODUCT, venue)],
        [AccountSpec(id=1, name="PRAC-1", balance=Decimal(150_000))],
        start_ns=START,
        latency=FixedLatency(0),
    )
    exchange.on_market([Quote(contract_id=CONTRACT, exch_ns=START, recv_ns=START, last=MID)])
    return exchange


def bench_commands() -> float:
    """Seconds for user commands: a limit order, moved and cancelled, then a bracket that fills."""
    book = SharedBook()
    for away in range(1, 16):
        book.submit_limit(BUY, MID - away, 1_000_000)
        book.submit_limit(SELL, MID + away, 1_000_000)
    exchange = _exchange(BookVenue(book))
    price = [PRODUCT.grid.decimal(MID - away) for away in range(10)]
    stop, target = Bracket(-20, 4), Bracket(30, 1)
    began, now = time.process_time(), START
    for number in range(COMMANDS // 5):
        placed = exchange.place(
            PlaceOrder(
                account_id=1, contract_id=CONTRACT, type=1, side=0, size=1, limit_price=price[3]
            ),
            now,
        )
        assert placed.order_id is not None
        exchange.modify(
            ModifyOrder(account_id=1, order_id=placed.order_id, limit_price=price[5]), now
        )
        exchange.cancel(1, placed.order_id, now)
        exchange.place(
            PlaceOrder(
                account_id=1,
                contract_id=CONTRACT,
                type=2,
                side=0,
                size=1,
                custom_tag=f"n{number}",
                stop_loss=stop,
                take_profit=target,
            ),
            now,
        )
        now += 11_000_000
        exchange.advance(now)
        exchange.close_position(1, CONTRACT, now)
        for leg in exchange.queries.open_orders(1) if number % 50 == 49 else ():
            exchange.cancel(1, leg.id, now)
    return time.process_time() - began


def _tape() -> list[MarketRecord]:
    rng, records, mid = random.Random(2), list[MarketRecord](), MID
    for number in range(RECORDS):
        ns = START + number * 1_000_000
        mid += rng.randrange(3) - 1 if rng.random() < 0.05 else 0
        if rng.random() < 0.15:
            side = rng.randrange(2)
            records.append(
                Trade(CONTRACT, mid + (1 - side), rng.randrange(1, 9), Aggressor(side), ns, ns)
            )
        else:
            side, away = rng.randrange(2), rng.randrange(10)
            price = mid + 1 + away if side else mid - away
            level = DepthLevel(1 if side else 2, price, rng.randrange(1, 60), ns)
            records.append(Depth(CONTRACT, (level,), ns))
    return records


def bench_tape(records: list[MarketRecord]) -> float:
    """Seconds for the records of a tape with five stops and five limit orders waiting."""
    exchange = _exchange(TapeVenue())
    for away in range(5):
        for kind, name, level in ((1, "limit_price", -60 - away), (4, "stop_price", 60 + away)):
            price = {name: PRODUCT.grid.decimal(MID + level)}
            exchange.place(
                PlaceOrder(account_id=1, contract_id=CONTRACT, type=kind, side=0, size=1, **price),
                START,
            )
    began = time.process_time()
    for first in range(0, len(records), 20):
        exchange.on_market(records[first : first + 20])
    return time.process_time() - began


def _median(run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(RUNS))


def main() -> None:
    """Print four lines."""
    steps = _script()
    ceiling = OPERATIONS / _median(lambda: bench_ceiling(steps))
    for name, kind in (("matching book", MatchingBook), ("shared book", SharedBook)):
        rate = OPERATIONS / _median(lambda kind=kind: bench_book(steps, kind()))  # type: ignore[misc]
        print(f"{name}: {rate:,.0f} operations/s, {rate / ceiling:.1%} of a bare dictionary")
    print(f"user commands: {COMMANDS / _median(bench_commands):,.0f}/s")
    records = _tape()
    print(f"tape records: {RECORDS / _median(lambda: bench_tape(records)):,.0f}/s")


if __name__ == "__main__":
    main()
