"""Orders: what placing one costs in CPU while market data runs, and what the disk adds.

A suite on a gateway in process, market data at ten times its pace. The cost is the CPU time of the
steps of the call and of the task that carries it, from the call to its answer, the HTTP of the
client left out (``bench_rest.py`` has it). The journal's commit is measured apart, and so is how
long the loop was held up while its thread wrote.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from project_x_py._core.orders.state import CANCELLED
from project_x_py._core.submission import Accepted, OrderRequest, Outcome
from project_x_py._ports import TaskOwner
from project_x_py._runtime.journal import Journal
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

ORDERS = 300
WRITES = 500
GOAL_MS = 1.0
SPEED = 10.0


def p99(values: list[float]) -> float:
    """What 99 of 100 do not exceed."""
    return sorted(values)[max(0, -(-99 * len(values) // 100) - 1)]


class Timed:
    """A coroutine whose own steps are timed, and not what the loop does between them.

    Args:
        work: The coroutine.
        cost: Where the nanoseconds of CPU go.
    """

    def __init__(self, work: Coroutine[Any, Any, Any], cost: list[int]) -> None:
        self._work = work
        self._cost = cost

    def __await__(self) -> Generator[Any, Any, Any]:
        heard: Any = None
        while True:
            began_ns = time.thread_time_ns()
            try:
                wanted = self._work.send(heard)
            except StopIteration as end:
                return end.value
            finally:
                self._cost[0] += time.thread_time_ns() - began_ns
            heard = yield wanted


class Answering:
    """A gateway port that accepts at once."""

    def __init__(self) -> None:
        self._number = 9_000_000_000

    async def place(self, order: OrderRequest, *, lane: object = None) -> Outcome:
        """Accept."""
        self._number += 1
        return Accepted(self._number)


class Tasks:
    """Starts tasks whose steps are timed.

    Args:
        inner: Starts them.
        cost: Where the nanoseconds go.
    """

    def __init__(self, inner: TaskOwner, cost: list[int]) -> None:
        self._inner = inner
        self._cost = cost

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> Any:
        """Start one."""

        async def run() -> Any:
            return await Timed(work, self._cost)

        return self._inner.spawn(run(), name=name)


async def placing() -> None:
    """Print the CPU of one order under market data at ten times its pace."""
    async with SimulatedGateway(in_process=True, instruments=("MNQ",), speed=SPEED) as gateway:
        suite = await TradingSuite.create(
            "MNQ",
            timeframes=["1min"],
            features=["orderbook"],
            config=gateway.config,
            username=gateway.credentials.username,
            api_key=gateway.credentials.api_key,
        )
        try:
            await asyncio.sleep(2)
            price = await suite.data.get_current_price() or 0.0
            desk, cost = suite.orders._parts.desk, [0]
            desk._gateway = Answering()  # type: ignore[assignment]
            desk._tasks = Tasks(desk._tasks, cost)
            took: list[float] = []
            for _ in range(ORDERS):
                cost[0] = 0
                await Timed(suite.orders.place_limit_order("MNQ", 0, 1, price - 40), cost)
                took.append(cost[0] / 1e6)
                for state in list(desk.ledger.working()):
                    desk.hear(replace(state.snapshot(), status=CANCELLED))
                await asyncio.sleep(0.002)
            print(
                f"  place_limit_order, market data at {SPEED:g}x, {ORDERS} orders: CPU of the "
                f"client without its HTTP p50 {sorted(took)[len(took) // 2]:.3f} ms, p99 "
                f"{p99(took):.3f} ms (goal {GOAL_MS:g} ms)"
            )
        finally:
            await suite.disconnect()


async def writing() -> None:
    """Print what a durable record takes, and how long the loop waits meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "orders.sqlite")
        journal.open()
        lags: list[float] = []
        running = True

        async def watch() -> None:
            while running:
                began = time.perf_counter()
                await asyncio.sleep(0.001)
                lags.append((time.perf_counter() - began - 0.001) * 1e3)

        async with asyncio.TaskGroup() as group:
            quiet = group.create_task(watch())
            await asyncio.sleep(0.5)
            before, lags[:] = p99(lags), []
            took: list[float] = []
            for number in range(WRITES):
                began = time.perf_counter()
                await journal.record(f"bench-{number}", 1, b"{}" * 200)
                took.append((time.perf_counter() - began) * 1e3)
            running = False
            await quiet
        journal.close()
        print(
            f"  journal record (fsync): p50 {sorted(took)[len(took) // 2]:.2f} ms, p99 "
            f"{p99(took):.2f} ms; loop lag p99 {p99(lags):.2f} ms, without writes {before:.2f} ms"
        )


if __name__ == "__main__":
    asyncio.run(placing())
    asyncio.run(writing())
