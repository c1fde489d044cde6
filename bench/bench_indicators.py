"""Indicators: frames against the C library, live updates, fifty in one pass.

The ceiling of a frame call is TA-Lib's C functions called directly, on float64 arrays that exist
already, for the same outputs. All figures are CPU time, the best of several runs, so that what
else the machine does counts little. ``--assert`` fails when a limit is missed.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import talib

from project_x_py.indicators import get_all_indicators, stream, with_indicators
from project_x_py.indicators._engine import FrameInputs
from project_x_py.indicators._functions import function
from project_x_py.indicators._graph import Array, BatchGraph, Node
from project_x_py.indicators._registry import find
from project_x_py.indicators._request import request
from project_x_py.indicators._table import DOCUMENTED
from project_x_py.indicators._talib import Ta

LIMITS = {10_000: 4.0, 1_000_000: 1.3}
"""Rows, and how many times the C library the geometric mean may take."""
LIVE_LIMIT_US = 3.0
UPDATES = 2_000


def bars(rows: int) -> pl.DataFrame:
    """A random walk with integer volume, as bars of trades have."""
    random = np.random.default_rng(1)
    close = 4500.0 + np.cumsum(random.normal(0.0, 1.0, rows))
    opened = close + random.normal(0.0, 1.0, rows)
    reach = np.abs(random.normal(0.0, 1.0, (2, rows)))
    return pl.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) + reach[0],
            "low": np.minimum(opened, close) - reach[1],
            "close": close,
            "volume": random.integers(1, 500, rows),
            "periods": random.integers(2, 30, rows),
            "anchor": np.arange(rows) % 400 == 0,
            "timestamp": np.arange(rows).astype("datetime64[m]").astype("datetime64[us]"),
        }
    )


def best(call: Callable[[], object], runs: int, calls: int) -> float:
    """CPU seconds of one call, the best of ``runs`` times ``calls``."""
    call()
    times = []
    for _ in range(runs):
        began = time.thread_time_ns()
        for _ in range(calls):
            call()
        times.append(time.thread_time_ns() - began)
    return min(times) / calls / 1e9


class Recorder(BatchGraph):
    """Notes the calls that a formula makes to the C library."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], object]] = []

    def __call__(self, node: Node, *values: Array) -> tuple[Array, ...]:
        """Note and evaluate a node."""
        if isinstance(node, Ta):
            raw = vars(talib)[node.name]
            self.calls.append(lambda: raw(*values, *node.args))
        return node.batch(*values)


def ceiling(name: str, frame: pl.DataFrame) -> Callable[[], None]:
    """The C library's calls for an indicator with default parameters, and nothing else."""
    wanted = request(find(name), (), {})
    recorder = Recorder()
    wanted.formula(recorder, FrameInputs(frame).of(wanted))

    def run() -> None:
        for call in recorder.calls:
            call()

    return run


def frames(rows: int) -> float:
    """Print and return the geometric mean of our time over the C library's."""
    frame = bars(rows)
    calls = max(1, 40_000 // rows * 5)
    ratios: dict[str, float] = {}
    for indicator in DOCUMENTED:
        compute = function(indicator.name)
        ours = best(lambda compute=compute: compute(frame), 5, calls)
        ratios[indicator.name] = ours / best(ceiling(indicator.name, frame), 5, calls)
    mean = math.exp(statistics.fmean(map(math.log, ratios.values())))
    worst = max(ratios, key=ratios.__getitem__)
    print(
        f"  {len(ratios)} documented on {rows:,} rows: {mean:.2f} x TA-Lib C (geometric mean), "
        f"median {statistics.median(ratios.values()):.2f}, worst {worst} {ratios[worst]:.1f}"
    )
    return mean


def live() -> float:
    """Print the cost of an update, and return the median over all indicators, microseconds."""
    frame = bars(UPDATES)
    # The same bars are taken again and again, so none may be older than the history's last.
    rows = frame.with_columns(pl.col("timestamp").last()).rows(named=True)
    costs: dict[str, float] = {}
    for name in get_all_indicators():
        update = stream(name, history=frame).update

        def run(update: Callable[[object], object] = update) -> None:
            for bar in rows:
                update(bar)

        costs[name] = best(run, 3, 1) / UPDATES * 1e6
    raw = talib.stream.RSI(frame["close"].to_numpy(), 14)
    closes = frame["close"].to_list()
    alone = best(lambda: [raw.update(close) for close in closes], 5, 1) / UPDATES * 1e6
    within = sum(cost <= LIVE_LIMIT_US for cost in costs.values())
    median = statistics.median(costs.values())
    slowest = sorted(costs, key=costs.__getitem__)[-3:]
    print(
        f"  live update: median {median:.2f} us over {len(costs)} indicators, {within} of them "
        f"<= {LIVE_LIMIT_US:g} us, slowest "
        + ", ".join(f"{name} {costs[name]:.1f}" for name in slowest)
        + f"; RSI {costs['RSI']:.2f} us, TA-Lib's handle alone {alone:.2f}"
    )
    return median


def one_pass() -> None:
    """Print what fifty indicators in one pass cost, against fifty calls and the C library."""
    frame = bars(100_000)
    requests: Sequence[tuple[str, dict[str, int]]] = [
        (name, {"period": n}) for name in ("SMA", "EMA", "RSI", "ATR", "MFI") for n in range(5, 15)
    ]
    columns = {c: frame[c].cast(pl.Float64).to_numpy() for c in ("high", "low", "close", "volume")}
    inputs = {
        "ATR": ("high", "low", "close"),
        "MFI": ("high", "low", "close", "volume"),
    }

    def raw() -> None:
        for name, params in requests:
            series = [columns[c] for c in inputs.get(name, ("close",))]
            vars(talib)[name](*series, params["period"])

    def apart() -> None:
        out = frame
        for name, params in requests:
            out = function(name)(out, **params)

    together = best(lambda: with_indicators(frame, *requests), 5, 1)
    print(
        f"  50 indicators on 100,000 rows: {together * 1e3:.0f} ms in one pass, "
        f"{best(apart, 5, 1) * 1e3:.0f} ms in fifty calls, {best(raw, 5, 1) * 1e3:.0f} ms TA-Lib C"
    )


def main() -> int:
    """Print every figure; with ``--assert``, 1 when a limit is missed."""
    missed = [f"{rows:,} rows" for rows, limit in LIMITS.items() if frames(rows) > limit]
    if live() > LIVE_LIMIT_US:
        missed.append("live")
    one_pass()
    if missed:
        print(f"  over the limit: {', '.join(missed)}")
    return 1 if missed and "--assert" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
