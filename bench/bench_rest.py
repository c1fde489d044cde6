"""REST: what a request costs the client in CPU, and how long a large answer holds up the loop.

The gateway is in process, so its own work is part of a whole request; the client's share is
measured with answers that are ready. The raw ceiling decodes the same answer with msgspec only.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from project_x_py._core.submission import Lane
from project_x_py._core.time import format_iso
from project_x_py._runtime.clock import SystemClock
from project_x_py.client._bars import BarQuery, fetch_frame
from project_x_py.client._budget import RequestBudget
from project_x_py.client._http import HttpCaller
from project_x_py.config import ProjectXConfig

REQUESTS = 2000
NOW_NS = 1_788_273_000_000_000_000
MINUTE_NS = 60_000_000_000


@dataclass
class Ready:
    """A network whose one answer is ready."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    async def request(self, *_: Any, **__: Any) -> Ready:
        return self

    async def connect(self, *_: Any, **__: Any) -> Any:
        raise ConnectionError

    async def close(self) -> None:
        return None


class Free:
    """A budget that counts nothing, for the cost of the rest."""

    def take(self, *_: Any, **__: Any) -> int:
        return 0

    def pause(self, *_: Any, **__: Any) -> None:
        return None

    def used(self, *_: Any, **__: Any) -> int:
        return 0


def caller(network: Ready) -> HttpCaller:
    """A client's HTTP half on a network."""
    config = ProjectXConfig(requests_per_minute=10**9, burst_limit=10**9)
    return HttpCaller(config, network, SystemClock(), RequestBudget(config, SystemClock(), Free()))


async def request_cost() -> float:
    """Microseconds of CPU for one request and its small answer, median of five rounds."""
    http = caller(Ready(b'{"accounts":[],"success":true,"errorCode":0,"errorMessage":null}'))
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(REQUESTS):
            await http.call("/Account/search", {"onlyActiveAccounts": True}, headers={})
        rounds.append((time.process_time() - began) / REQUESTS * 1e6)
    return statistics.median(rounds)


def raw_cost() -> float:
    """Microseconds for encoding the request and decoding the answer alone."""
    body = b'{"accounts":[],"success":true,"errorCode":0,"errorMessage":null}'
    began = time.process_time()
    for _ in range(REQUESTS):
        msgspec.json.encode({"onlyActiveAccounts": True})
        msgspec.json.decode(body)
    return (time.process_time() - began) / REQUESTS * 1e6


async def bars_cost(rows: int) -> tuple[float, float, float]:
    """Milliseconds for a page of bars as a frame, the longest hold of the loop, and msgspec's own.

    Medians of seven.
    """
    page = msgspec.json.encode(
        {
            "bars": [
                {"t": format_iso(NOW_NS - at * MINUTE_NS), "o": 1.25, "h": 2.5, "l": 1, "c": 2,
                 "v": 912}
                for at in range(1, rows + 1)
            ],
            "success": True, "errorCode": 0, "errorMessage": None,
        }
    )  # fmt: skip
    http = caller(Ready(page))
    query = BarQuery("CON.F.US.MNQ.U26", 2, 1, 0, NOW_NS, rows, partial=True)
    totals, holds = [], []
    for _ in range(7):
        longest, last, running = 0.0, time.perf_counter(), True

        async def others() -> None:
            nonlocal longest, last
            while running:  # noqa: B023
                await asyncio.sleep(0)
                now = time.perf_counter()
                longest, last = max(longest, now - last), now

        async with asyncio.TaskGroup() as group:
            group.create_task(others())
            await asyncio.sleep(0)
            began = time.perf_counter()
            await fetch_frame(
                query,
                lambda body: http.call("/History/retrieveBars", body, headers={}),
                "America/Chicago",
            )
            totals.append(time.perf_counter() - began)
            running = False
        holds.append(longest)
    began = time.perf_counter()
    msgspec.json.decode(page)
    raw = time.perf_counter() - began
    return statistics.median(totals) * 1e3, statistics.median(holds) * 1e3, raw * 1e3


async def protective_wait() -> float:
    """Milliseconds that a stop waits behind a thousand queries, the worst of twenty."""
    config = ProjectXConfig()
    budget = RequestBudget(config, SystemClock())
    waits = []
    async with asyncio.TaskGroup() as group:
        flood = [group.create_task(budget.acquire(Lane.QUERY)) for _ in range(1000)]
        await asyncio.sleep(0)
        for _ in range(20):
            began = time.perf_counter()
            await budget.acquire(Lane.PROTECTIVE, patient=False)
            waits.append(time.perf_counter() - began)
        for task in flood:
            task.cancel()
    return max(waits) * 1e3


async def main() -> None:
    """Print the figures."""
    cost, raw = await request_cost(), raw_cost()
    print(
        f"  request and small answer, CPU      {cost:8.1f} us  ({cost / raw:.1f}x of msgspec alone)"
    )
    total, hold, decode = await bars_cost(20_000)
    print(
        f"  20,000 bars to a frame             {total:8.1f} ms  "
        f"({total / decode:.1f}x of msgspec alone)"
    )
    print(f"  longest hold of the loop meanwhile {hold:8.1f} ms")
    print(f"  stop behind 1,000 queries, worst   {await protective_wait():8.2f} ms")


if __name__ == "__main__":
    asyncio.run(main())
