"""End to end: sockets, book, bars of three timeframes, events and their handlers, all instruments.

A process of its own sends quotes, prints and depth in equal parts, one event a frame, stamped with
the time at which they leave. Counted are the CPU of the client's process alone, how late a timer of
its loop comes, and what every owner and every handler got. Rows: instruments x messages a second.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hub_server import Send, followed, hub_server, paced

from project_x_py._core.histogram import LogHistogram
from project_x_py._core.time import format_iso, parse_ns
from project_x_py._runtime.clock import ReplayClock
from project_x_py._runtime.network import AiohttpNetwork
from project_x_py._wire import signalr
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.models import Instrument
from project_x_py.orderbook import OrderBook
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.realtime_data_manager import RealtimeDataManager

if TYPE_CHECKING:
    import polars as pl

ROWS = ((6, 50, 0.08), (12, 150, 0.15))
"""Instruments, messages a second of each, and the share of a core that is the goal."""
SECONDS = 10
BASE_NS = parse_ns("2026-09-01T14:31:00Z")
CODES = ("MES", "MNQ", "MYM", "M2K", "ENQ", "EP", "YM", "RTY", "MCLE", "CLE", "GCE", "MGC")
TIMEFRAMES = ["15sec", "1min", "5min"]
KINDS = (EventType.QUOTE_UPDATE, EventType.TRADE_TICK, EventType.ORDERBOOK_UPDATE)


def contracts(count: int) -> list[str]:
    """Contract ids."""
    return [f"CON.F.US.{code}.U26" for code in CODES[:count]]


def message(number: int, contract_id: str, at_ns: int) -> bytes:
    """The ``number``-th message of a contract: a quote, a print, or a level of depth."""
    at = format_iso(at_ns, 7)
    price = 24104 + number // 3 % 4 * 0.25
    if number % 3 == 0:
        rows: Any = {"bestBid": price, "bestAsk": price + 0.25, "lastUpdated": at, "timestamp": at}
        return signalr.encode_invocation("GatewayQuote", [contract_id, rows])
    if number % 3 == 1:
        rows = [{"price": price, "timestamp": at, "type": number % 2, "volume": 1 + number % 5}]
        return signalr.encode_invocation("GatewayTrade", [contract_id, rows])
    level = price - 1 - number % 5 * 0.25 if number % 2 else price + 1 + number % 5 * 0.25
    rows = [
        {
            "timestamp": at,
            "type": 2 if number % 2 else 1,
            "price": level,
            "volume": 1 + number % 90,
            "currentVolume": 0,
        }
    ]
    return signalr.encode_invocation("GatewayDepth", [contract_id, rows])


async def stream(codes: Sequence[str], rate: int, origin_ns: int, send: Send) -> None:
    """Send a message of each contract at a time, stamped as it leaves."""
    clock = ReplayClock(BASE_NS, origin_ns, 1.0)

    def frames(number: int) -> Iterator[bytes]:
        for code in codes:
            yield message(number, code, clock.now_ns())

    await paced(send, rate, SECONDS, frames)


class Past:
    """A gateway without a past."""

    def __init__(self, contract_id: str, clock: ReplayClock) -> None:
        self.clock = clock
        self.contract = Instrument(contract_id, "X", "bench", 0.25, 0.5, True)

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument:
        return self.contract

    async def search_instruments(self, query: str, live: bool = False) -> list[Instrument]:
        return [self.contract]

    async def get_bars(self, symbol: str, *given: Any, **more: Any) -> pl.DataFrame:
        import polars as pl

        names = ("open", "high", "low", "close")
        prices = {name: pl.Series([], dtype=pl.Float64) for name in names}
        at = pl.Series([], dtype=pl.Datetime("ns", "UTC"))
        return pl.DataFrame({"timestamp": at, **prices, "volume": pl.Series([], dtype=pl.Int64)})


class Counter:
    """A handler that counts what it gets, and how late."""

    def __init__(self) -> None:
        self.events = 0

    async def on_event(self, event: Event) -> None:
        self.events += 1


async def receive(origin: str, codes: list[str], rate: int, origin_ns: int) -> dict[str, float]:
    """Return what arrived, the share of one core that it took, and how late timers were."""
    clock = ReplayClock(BASE_NS, origin_ns, 1.0)
    urls = (f"{origin}/hubs/user", f"{origin}/hubs/market")
    client = ProjectXRealtimeClient.wired("t", "1", urls, clock=clock, network=AiohttpNetwork)
    assert await client.connect()
    counter, buses, books, managers = Counter(), [], [], []
    for code in codes:
        bus = EventBus()
        for kind in (*KINDS, EventType.NEW_BAR):
            await bus.on(kind, counter.on_event)
        past = Past(code, clock)
        book = OrderBook(past.contract, bus, past, clock=clock)  # type: ignore[arg-type]
        manager = RealtimeDataManager(
            past.contract,
            past,
            client,
            bus,
            TIMEFRAMES,
            config={"data_validation": False},
            clock=clock,
        )
        # As in a suite, where the bars announce prints.
        book.realtime_handler.events.tells_trades = False
        await manager.initialize()
        await book.initialize(client)
        await manager.start_realtime_feed()
        buses.append(bus)
        books.append(book)
        managers.append(manager)
    assert await client.subscribe_market_data(["go"])
    expected = len(codes) * rate * SECONDS
    start = client.get_stats()["events_received"]

    def came() -> int:
        return int(client.get_stats()["events_received"]) - start

    arrived, share, late = await followed(came, expected, 3 * SECONDS)
    for bus in buses:
        await bus.wait_for_idle()
    waits = LogHistogram()
    for bus in buses:
        waits.include(bus.statistics().waits)
    latency = {**client.latency(), "handler": waits.latency()}
    told = {
        "expected": expected,
        "arrived": arrived,
        "share": share,
        "late": statistics.quantiles(late, n=100)[98],
        "trades": sum(one.statistics().figures["trades_processed"] for one in managers),
        "levels": sum(one.state.counters.messages for one in books),
        "events": counter.events,
        **{name: one.p99_us for name, one in latency.items()},
    }
    for part in (*books, *managers):
        await part.cleanup()
    await client.cleanup()
    for bus in buses:
        await bus.aclose()
    return told


def run(instruments: int, rate: int) -> dict[str, float]:
    """One row."""
    codes, origin_ns = contracts(instruments), time.time_ns()
    with hub_server(partial(stream, codes, rate, origin_ns), '"go"') as origin:
        return asyncio.run(receive(origin, codes, rate, origin_ns))


def main() -> int:
    """Print a line for each row; return 1 when something was lost."""
    print(f"suite: book, {len(TIMEFRAMES)} timeframes and handlers, {SECONDS} s")
    lost = False
    for instruments, rate, goal in ROWS:
        told = run(instruments, rate)
        lost = lost or told["arrived"] < told["expected"]
        came = f"{told['arrived']:,.0f} of {told['expected']:,.0f}"
        print(f"  {instruments} x {rate} messages/s: {came}")
        print(f"    CPU of one core       {told['share']:8.1%}  goal {goal:.0%}")
        print(f"    loop lag p99          {told['late']:8.2f} ms  goal 5")
        print(
            f"    trades in bars {told['trades']:,.0f}, depth in books {told['levels']:,.0f}, "
            f"events handled {told['events']:,.0f}"
        )
        stages = ", ".join(
            f"{name} {told[name]:.0f}" for name in ("decode", "book", "bar", "handler")
        )
        print(f"    stages p99 in us: {stages}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
