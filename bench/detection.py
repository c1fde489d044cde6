"""How often the detectors are right: precision and recall on markets where the truth is known.

Each seed is a made-up market of ES with participants beside its own: icebergs of the exchange and
of programs, spoofing and layering, clusters of large orders, and honest large orders, sweeps and
one-sided pressure as noise. Half of the seeds have spoofing, half a cluster, half an
iceberg, and half one that cannot be exhausted, which absorbs.
What the detectors say at the end is compared with what was really there, on the full feed and on
one that tells of depth every 100 ms only. Each detector is set beside a plain rule, its baseline.

``python bench/detection.py`` prints the table (about a second a seed); with ``--write`` it also
writes ``bench/detection.json``, and the table into ``docs/reference/detection.md``, where a test
compares the two.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from project_x_py._core.book import ASK, BID
from project_x_py._core.records import Depth, DepthLevel, MarketRecord, Quote, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py.event_bus import EventBus
from project_x_py.models import Instrument
from project_x_py.orderbook import OrderBook
from project_x_py.simulator._synthetic import SyntheticSource
from project_x_py.simulator.activity import (
    Activity,
    Iceberg,
    Label,
    LargeOrder,
    Pressure,
    Spoof,
    Sweep,
)

__all__ = ["FEEDS", "SEEDS", "activity_of", "main", "table"]

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "detection.json"
PAGE = FOLDER.parent / "docs" / "reference" / "detection.md"
MARKS = ("<!-- figures -->", "<!-- end of figures -->")
SEEDS = 200
LENGTH_S = 150
START_NS = parse_ns("2026-09-01T14:30:00Z")
FEEDS = {"full": 0, "100 ms": 100_000_000}
SIDES = ("bid", "ask")
SWEPT = 3
LARGE = 2.5
"""Times the usual size of a level that a level of a cluster must hold."""


class Stopped:
    """A clock that stands at the exchange time it is given."""

    def __init__(self) -> None:
        self.ns = START_NS

    def now_ns(self) -> int:
        return self.ns

    wall_ns = monotonic_ns = now_ns

    async def sleep_until(self, exch_ns: int) -> None:
        self.ns = max(self.ns, exch_ns)


def activity_of(seed: int) -> list[Activity]:
    """What happens in the market of a seed."""
    draw = random.Random(f"activity {seed}")
    side = lambda: draw.choice(SIDES)  # noqa: E731
    found: list[Activity] = [
        LargeOrder(
            side=side(),
            start_s=draw.uniform(5, 60),
            size=draw.randint(150, 400),
            distance=draw.randint(0, 6),
            stay_s=draw.uniform(40, 120),
        ),
        LargeOrder(
            side=side(),
            start_s=draw.uniform(5, 100),
            size=draw.randint(150, 400),
            distance=draw.randint(3, 6),
            stay_s=draw.uniform(15, 40),
        ),
        Sweep(side=side(), start_s=draw.uniform(5, 140), levels=draw.randint(3, 5)),
        Pressure(
            side=side(),
            start_s=draw.uniform(10, 100),
            size=draw.randint(3, 12),
            every_s=draw.uniform(0.2, 0.6),
            count=draw.randint(20, 60),
        ),
    ]
    if seed % 2:
        found.append(
            Iceberg(
                side=side(),
                start_s=draw.uniform(5, 80),
                total=draw.randint(300, 1500),
                display=draw.randint(8, 30),
                distance=draw.randint(0, 2),
                delay_s=draw.choice((0.0, 0.0, 0.02, 0.1)),
            )
        )
    if seed // 2 % 2:
        found.append(
            Spoof(
                side=side(),
                start_s=draw.uniform(5, 50),
                size=draw.randint(120, 400),
                distance=draw.randint(3, 5),
                levels=draw.choice((1, 1, 3)),
                every_s=draw.uniform(3, 8),
                stand_s=draw.uniform(0.5, 2.5),
                count=draw.randint(8, 20),
            )
        )
    if seed // 8 % 2:
        # More than the market can take: the level holds until it is withdrawn, far from here.
        found.append(
            Iceberg(
                side=side(),
                start_s=draw.uniform(5, 100),
                total=30_000,
                display=draw.randint(8, 30),
                distance=draw.randint(0, 2),
            )
        )
    if seed // 4 % 2:
        at, where = draw.uniform(LENGTH_S - 30, LENGTH_S - 5), side()
        nearest = draw.randint(2, 5)
        found += [
            LargeOrder(
                side=where,
                start_s=at,
                size=draw.randint(150, 400),
                distance=nearest + n,
                stay_s=600,
            )
            for n in range(3)
        ]
    return found


def conflated(records: list[MarketRecord], every_ns: int) -> list[MarketRecord]:
    """The records as a feed tells them that sends the changed levels once in a while."""
    if not every_ns:
        return records
    found: list[MarketRecord] = []
    waiting: dict[tuple[int, int], DepthLevel] = {}
    due = 0
    for record in records:
        ns = record.recv_ns
        if waiting and ns >= due:
            found.append(Depth(record.contract_id, tuple(waiting.values()), due))
            waiting = {}
        if not isinstance(record, Depth):
            found.append(record)
            continue
        if not waiting:
            due = ns - ns % every_ns + every_ns
        for level in record.levels:
            kind = 2 if level.kind in (2, 4, 9) else 1
            waiting.pop((kind, level.price), None)
            waiting[kind, level.price] = DepthLevel(kind, level.price, level.size, level.exch_ns)
    return found


def filled(records: list[MarketRecord], contract: Any) -> OrderBook:
    """A book that was told all of it, its clock at the end."""
    clock = Stopped()
    instrument = Instrument(
        id=contract.contract_id,
        name=contract.name,
        description="",
        tickSize=0.25,
        tickValue=12.5,
        activeContract=True,
    )
    book = OrderBook(instrument, EventBus(), clock=clock)
    handler = book.realtime_handler
    for record in records:
        clock.ns = record.recv_ns
        if isinstance(record, Depth):
            handler.on_depth(record)
        elif isinstance(record, Trade):
            handler.on_trades([record])
        elif isinstance(record, Quote):
            handler.on_quote(record)
    clock.ns = START_NS + LENGTH_S * NS
    return book


def swept(records: list[MarketRecord]) -> set[tuple[int, int]]:
    """Time in ms and aggressor of every order that took three levels or more."""
    orders: dict[tuple[int, int], set[int]] = defaultdict(set)
    for record in records:
        if isinstance(record, Trade):
            orders[record.exch_ns, int(record.aggressor)].add(record.price)
    return {(ns // 1_000_000, who) for (ns, who), prices in orders.items() if len(prices) >= SWEPT}


class Score:
    """Right and wrong reports, and what was missed."""

    def __init__(self) -> None:
        self.right = self.wrong = self.found = self.missed = 0

    def add(self, reported: set[Any], truths: list[set[Any]]) -> None:
        """Count what was reported against what there was, each a set of places."""
        known = set().union(*truths)
        self.right += len(reported & known)
        self.wrong += len(reported - known)
        for places in truths:
            if places & reported:
                self.found += 1
            else:
                self.missed += 1

    def figures(self) -> dict[str, float]:
        """Counts and shares."""
        reports, there = self.right + self.wrong, self.found + self.missed
        return {
            "reports": reports,
            "there": there,
            "precision": round(self.right / reports, 3) if reports else 0.0,
            "recall": round(self.found / there, 3) if there else 0.0,
        }


def ticks(price: float) -> int:
    """ES in ticks."""
    return round(price * 4)


def places(rows: list[Any]) -> set[tuple[str, int]]:
    """Side and price of what a detector reports."""
    return {(row["side"], ticks(row["price"])) for row in rows}


def truths(labels: list[Label], kind: type[Activity]) -> list[set[tuple[str, int]]]:
    """Side and prices of each label of a kind that left a trace at all."""
    return [
        {(label.activity.side, price) for price in label.prices}
        for label in labels
        if isinstance(label.activity, kind) and (kind is Spoof or label.executed >= 50)
    ]


async def judge(book: OrderBook, labels: list[Label], orders: set[Any], scores: Any) -> None:
    """Compare one book's detectors and baselines with the truth."""
    icebergs = (await book.detect_iceberg_orders())["iceberg_levels"]
    there = truths(labels, Iceberg)
    scores["icebergs"].add(places(icebergs), there)
    scores["icebergs, baseline"].add(growing_levels(book), there)
    spoofs = truths(labels, Spoof)
    scores["spoofing"].add(places(await book.detect_spoofing()), spoofs)
    scores["spoofing, baseline"].add(cancelling_levels(book), spoofs)
    standing = [x for x in labels if isinstance(x.activity, Iceberg) and not broken(book, x)]
    held = truths(standing, Iceberg)
    absorbed = places(await book.detection.detect_absorption())
    scores["absorption"].add(absorbed, held)
    scores["absorption, baseline"].add(busiest_levels(book), held)
    clusters, plain = await clusters_of(book)
    large = standing_clusters(labels)
    scores["clusters"].add(clusters, large)
    scores["clusters, baseline"].add(plain, large)
    found = await book.detection.detect_sweeps(min_levels=SWEPT)
    told = {
        (round(row["timestamp"].timestamp() * 1000), 0 if row["side"] == "buy" else 1)
        for row in found
    }
    taken = [{(ms + off, who) for off in (-1, 0, 1)} for ms, who in orders]
    scores["sweeps"].add(told, taken)
    scores["sweeps, baseline"].add(large_prints(book), taken)


def broken(book: OrderBook, label: Label) -> bool:
    """Whether an iceberg's level was traded through within ten seconds of an execution there."""
    (price,) = label.prices
    taker = 1 if label.activity.side == "bid" else 0
    trades = book.state.trades.columns(label.start_ns)
    own = trades.aggressor == taker
    at = trades.exch_ns[own & (trades.price == price)]
    beyond = trades.price < price if taker else trades.price > price
    through = trades.exch_ns[own & beyond]
    if not len(at):
        return True
    later = through[through > at[0]]
    return bool(len(later)) and bool(later[0] - at[at < later[0]][-1] < 10 * NS)


def growing_levels(book: OrderBook) -> set[tuple[str, int]]:
    """Baseline of icebergs: 50 contracts executed, and five growths, whatever their cause."""
    rows, grown, executed = book.state.changes.columns(), Counter[Any](), Counter[Any]()
    for kind, side, price, old, new, _ in zip(*(c.tolist() for c in rows), strict=True):
        if kind == 0 and new > old:
            grown[side, price] += 1
        elif kind == 5:
            executed[side, price] += new
    return {
        (SIDES[side], price)
        for (side, price), size in executed.items()
        if size >= 50 and grown[side, price] >= 5
    }


def cancelling_levels(book: OrderBook) -> set[tuple[str, int]]:
    """Baseline of spoofing: three placements a minute of which 80 % shrink again, by any cause."""
    rows = book.state.changes.columns()
    grown, shrunk = Counter[Any](), Counter[Any]()
    for kind, side, price, old, new, _ in zip(*(c.tolist() for c in rows), strict=True):
        if kind < 2:
            (grown if new > old else shrunk)[side, price] += 1
    return {
        (SIDES[side], price)
        for (side, price), number in grown.items()
        if number >= 3 * LENGTH_S / 60 and shrunk[side, price] >= 0.8 * number
    }


def busiest_levels(book: OrderBook) -> set[tuple[str, int]]:
    """Baseline of absorption: the level of each side where most was executed."""
    rows, executed = book.state.bursts.columns(), Counter[tuple[int, int]]()
    for side, price, size in zip(*(c.tolist() for c in rows[:3]), strict=True):
        executed[side, price] += size
    best = {
        side: max((k for k in executed if k[0] == side), key=lambda k: executed[k])
        for side in {k[0] for k in executed}
    }
    return {(SIDES[side], price) for side, price in best.values()}


def large_prints(book: OrderBook) -> set[tuple[int, int]]:
    """Baseline of sweeps: prints of more contracts than the best level usually holds."""
    trades, quotes = book.state.trades.columns(), book.state.quotes.columns()
    usual = statistics.median([*quotes.bid_size.tolist(), *quotes.ask_size.tolist()])
    large = trades.size > usual
    return {
        (ns // 1_000_000, who)
        for ns, who in zip(
            trades.exch_ns[large].tolist(), trades.aggressor[large].tolist(), strict=True
        )
    }


async def clusters_of(book: OrderBook) -> tuple[set[Any], set[Any]]:
    """Middle of the clusters of large levels, and of those by the plain rule."""
    sizes = [size for side in (BID, ASK) for _, size, _ in book.state.ladder.top(side)]
    least = round(LARGE * statistics.median(sizes))
    large = await book.detection.detect_order_clusters(min_volume=least)
    plain = await book.detection.detect_order_clusters()
    return middles(large), middles(plain)


def middles(rows: list[dict[str, Any]]) -> set[tuple[str, int]]:
    return {(row["side"], ticks(row["prices"][len(row["prices"]) // 2])) for row in rows}


def standing_clusters(labels: list[Label]) -> list[set[tuple[str, int]]]:
    """Where three large orders stood next to each other at the end."""
    rows = [x for x in labels if isinstance(x.activity, LargeOrder) and x.activity.stay_s == 600]
    if any(label.executed for label in rows) or not rows:
        return []
    return [{(label.activity.side, price) for label in rows for price in label.prices}]


def measure(seeds: int, first: int = 0) -> dict[str, dict[str, dict[str, float]]]:
    """The figures of every detector and baseline, by feed."""
    scores: dict[str, dict[str, Score]] = {feed: defaultdict(Score) for feed in FEEDS}
    for seed in range(first, first + seeds):
        source = SyntheticSource(["ES"], seed=seed, start_ns=START_NS, activity=activity_of(seed))
        records = source.advance(START_NS + LENGTH_S * NS)
        # The gateway opens a subscription with the whole book.
        opening = opened(source, seed)
        orders = swept(records)
        for feed, every_ns in FEEDS.items():
            book = filled([*opening, *conflated(records, every_ns)], source.contracts[0])
            asyncio.run(judge(book, source.labels, orders, scores[feed]))
    return {
        feed: {name: score.figures() for name, score in sorted(by_name.items())}
        for feed, by_name in scores.items()
    }


def opened(source: SyntheticSource, seed: int) -> list[MarketRecord]:
    """The book as it was before anything happened."""
    fresh = SyntheticSource(["ES"], seed=seed, start_ns=START_NS)
    contract_id = source.contracts[0].contract_id
    shown = fresh.snapshot(contract_id)
    rows = [DepthLevel(6, 0, 0, START_NS)]
    rows += [DepthLevel(2, *level, START_NS) for level in shown.bids]
    rows += [DepthLevel(1, *level, START_NS) for level in shown.asks]
    return [Depth(contract_id, tuple(rows), START_NS)]


def table(results: dict[str, Any]) -> str:
    """The figures as a table of the documentation."""
    lines = [
        f"{results['seeds']} seeds of {results['seconds']} s each.",
        "",
        "| Feed | Detector | There | Reports | Precision | Recall | Baseline's precision, recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for feed, rows in results["figures"].items():
        for name, row in rows.items():
            if name.endswith("baseline"):
                continue
            base = rows[f"{name}, baseline"]
            lines.append(
                f"| {feed} | {name} | {row['there']} | {row['reports']} "
                f"| {row['precision']:.3f} | {row['recall']:.3f} "
                f"| {base['precision']:.3f}, {base['recall']:.3f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description="Precision and recall of the detectors.")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=0, help="first seed; tune on others")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    results = {
        "seeds": chosen.seeds,
        "seconds": LENGTH_S,
        "figures": measure(chosen.seeds, chosen.first),
    }
    print(table(results))
    if chosen.write:
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        text = f"{before}{MARKS[0]}\n\n{table(results)}\n\n{MARKS[1]}{after}"
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
