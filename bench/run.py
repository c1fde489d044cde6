"""Run every benchmark of this folder and print its figures: ``make bench``.

A benchmark is a file ``bench_<what>.py`` that prints its own figures as a script: what was
measured, the figure, and its ratio to a raw ceiling measured in the same run. Each has a process
of its own, so that none pays for the imports and the garbage of another. Names given as
arguments choose among them: ``python bench/run.py bus book``.

At the end stands one table of what has a goal: the figure, the goal, whether it holds, and how
many times better it is than the package whose interface is implemented, version 4.4.1 measured
once beside this one. Before each benchmark a plain loop is timed. Where the machine is shared a
figure is worth only what that loop says: it takes 0.2 s where the goals were set.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["main"]

FOLDER = Path(__file__).resolve().parent
LOOP_S = 0.2
"""Seconds that the plain loop takes on the machine where the goals were set."""
SLOW = 1.3
"""A machine that takes so many times longer proves no miss."""


class Goal(NamedTuple):
    """One row of the table.

    The figure is the number behind ``label`` in what the benchmark ``name`` prints, the ``nth``
    such one. Of what is a rate more is better, of all else less.
    """

    name: str
    label: str
    unit: str
    goal: float
    theirs: float | None = None
    nth: int = 0
    title: str = ""


GOALS = (
    Goal("import", r"bare import", "ms", 100, 460),
    Goal("bus", r"bursts of 100, 1 handlers, trade_tick", "/s", 460_000, 46_000),
    Goal("bus", r"bursts of 100, 10 handlers, trade_tick", "/s", 120_000, 12_000),
    Goal("bus", r"emit to handler, one event alone.*p99", "us", 100, None, 0, "emit, p99"),
    Goal("data", r"NEW_BAR, +100 bars held", "/s", 200_000, 240, 0, "trade to bars and NEW_BAR"),
    Goal("data", r"NEW_BAR, +100 bars held.*p99", "us", 25, 10_000, 0, "one trade, p99"),
    Goal("data", r"get_data, 100,000 bars held", "us", 5, 23, 0, "get_data, unchanged"),
    Goal("data", r"get_data, 100,000 .*unchanged,", "us", 150, None, 0, "get_data, traded"),
    Goal("data", r"live indicator, per bar that has ended", "us", 3),
    Goal("book", r"deltas into a book of 20 levels", "/s", 250_000, 500),
    Goal("book", r"deltas into a book of 100 levels", "/s", 250_000, 500),
    Goal("book", r"one by one.*p99", "us", 15, None, 0, "one delta, p99"),
    Goal("book", r"get_best_bid_ask", "us", 15, 1_500),
    Goal("book", r"get_market_imbalance\(10\)", "us", 20, 2_000),
    Goal("book", r"get_orderbook_snapshot\(10\)", "us", 25, 2_500),
    Goal("book", r"another million of depth messages", "MB", 1, 747, 0, "memory per 1M messages"),
    Goal("analytics", r"get_volume_profile, 100,000 prints", "us", 2_000, 31_000),
    Goal("analytics", r"detect_iceberg_orders", "us", 1_000, 47_000, 2),
    Goal("indicators", r"documented on 10,000 rows:", "x C", 4, 21, 0, "indicators, 10k rows"),
    Goal("indicators", r"documented on 1,000,000 rows:", "x C", 1.3, 5.3, 0, "indicators, 1M rows"),
    Goal("wire", r"socket to owner, one event a frame", "us", 12, 20),
    Goal("wire", r"socket to owner, frames of 50", "us", 3, 13),
    Goal("suite", r"CPU of one core", "%", 8, 89, 0, "6 instruments x 50/s, CPU"),
    Goal("suite", r"loop lag p99", "ms", 5, None, 0, "6 instruments x 50/s, lag p99"),
    Goal("suite", r"CPU of one core", "%", 15, 110, 1, "12 instruments x 150/s, CPU"),
    Goal("suite", r"loop lag p99", "ms", 5, None, 1, "12 instruments x 150/s, lag p99"),
    Goal("orders", r"without its HTTP.*p99", "ms", 1, None, 0, "place_limit_order at 10x, p99"),
    Goal("exchange", r"matching book:", "/s", 200_000),
    Goal("hub", r"one client, 30,000 events/s offered", "/s", 20_000, None, 0, "hub, one client"),
)

NUMBER = r"\s*\+?([\d,]*\.?\d+)"


def loop_s() -> float:
    """Return the seconds that a plain loop takes, by the wall: who takes the core away counts."""
    began = time.perf_counter()
    total = 0
    for number in range(5_000_000):
        total ^= number
    return time.perf_counter() - began


def run(script: Path) -> tuple[int, str]:
    """Run a benchmark, show what it prints as it prints it; return its status and all of it."""
    command = [sys.executable, "-u", str(script)]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines)


def row(goal: Goal, said: str, slowness: float) -> str:
    """Return a line of the table."""
    title = goal.title or re.sub(r"\\", "", goal.label).rstrip(":")
    found = re.findall(goal.label + NUMBER, said)
    if len(found) <= goal.nth:
        return f"  {title:<42} no figure"
    figure = float(found[goal.nth].replace(",", ""))
    is_rate = goal.unit == "/s"
    holds = figure >= goal.goal if is_rate else figure <= goal.goal
    # A lag is that of the other processes, too; memory and ratios are no matter of speed.
    timed = goal.unit not in ("MB", "x C")
    verdict = "yes" if holds else "slow machine" if timed and slowness > SLOW else "NO"
    better = ""
    if goal.theirs is not None:
        better = f"{figure / goal.theirs if is_rate else goal.theirs / max(figure, 1e-9):,.0f} x"
    return (
        f"  {title:<42} {figure:>12,.6g} {goal.goal:>10,g} {goal.unit:<3} "
        f"{verdict:<13} {better:>8} {slowness:>7.1f}"
    )


def main(names: list[str]) -> int:
    """Run the chosen benchmarks, or all; returns 1 when one failed or a name is unknown."""
    scripts = {path.stem.removeprefix("bench_"): path for path in FOLDER.glob("bench_*.py")}
    unknown = sorted(set(names) - set(scripts))
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(sorted(scripts))}")
        return 1
    print(f"Python {sys.version.split()[0]} on {sys.platform}, {os.cpu_count()} cores")
    failed, rows, began = [], list[str](), time.monotonic()
    for name in names or sorted(scripts):
        before = loop_s()
        print(f"\n{name} (plain loop {before:.2f} s)", flush=True)
        status, said = run(scripts[name])
        if status:
            failed.append(name)
        slowness = max(before, loop_s()) / LOOP_S
        rows += [row(goal, said, slowness) for goal in GOALS if goal.name == name]
    if rows:
        print(f"\n  {'goals':<42} {'figure':>12} {'goal':>10}     holds         v. 4.4.1    slow")
        print("\n".join(rows))
        print(f"  slow: how many times longer than {LOOP_S} s the plain loop took at the time")
    print(f"\n{time.monotonic() - began:.0f} s")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
