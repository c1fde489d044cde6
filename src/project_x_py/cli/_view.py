"""What the demo shows: the state it collects from a suite, and how it is drawn.

The collecting half listens to events and nothing else; the drawing half reads what was collected.
"""

from __future__ import annotations

import statistics
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from project_x_py.event_bus import EventType
from project_x_py.indicators import RSI, SMA

if TYPE_CHECKING:
    from rich.console import RenderableType

    from project_x_py._ports import Clock
    from project_x_py.event_bus import Event
    from project_x_py.trading_suite import TradingSuite

__all__ = ["DemoState", "draw", "plain_line", "summary"]

LADDER = 8
BARS = 5
SAMPLES = 2000
SMA_PERIOD, RSI_PERIOD = 20, 14


@dataclass
class DemoState:
    """What the demo has seen so far."""

    suite: TradingSuite
    clock: Clock
    counts: Counter[str] = field(default_factory=Counter)
    closed: dict[str, deque[dict[str, Any]]] = field(default_factory=dict)
    indicators: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    quote: dict[str, Any] = field(default_factory=dict)
    latency_ms: deque[float] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    connected: bool = True
    first_bar: bool = False

    async def listen(self) -> None:
        """Register for everything the demo counts or shows."""
        context = next(iter(self.suite.values()))
        for event in (EventType.TRADE_TICK, EventType.MARKET_DEPTH_UPDATE, EventType.NEW_BAR):
            await context.on(event, self._count)
        await context.on(EventType.QUOTE_UPDATE, self._on_quote)
        await context.on(EventType.BAR_CLOSED, self._on_bar)
        for event in (EventType.CONNECTED, EventType.DISCONNECTED):
            await self.suite.on(event, self._on_connection)

    async def _count(self, event: Event) -> None:
        self.counts[str(event.type.value if isinstance(event.type, EventType) else event.type)] += 1
        self.latency_ms.append((self.clock.monotonic_ns() - event.monotonic_ns) / 1e6)

    async def _on_quote(self, event: Event) -> None:
        self.quote = event.data
        await self._count(event)

    async def _on_bar(self, event: Event) -> None:
        self.first_bar = True
        name = event.data["timeframe"]
        self.closed.setdefault(name, deque(maxlen=BARS)).append(event.data["data"])
        await self.refresh(name)
        await self._count(event)

    async def refresh(self, timeframe: str) -> None:
        """Work out the indicators of one timeframe's finished bars."""
        data = next(iter(self.suite.values())).data
        bars = await data.get_data(timeframe)
        if bars is not None and bars.height > SMA_PERIOD:
            bars = bars.pipe(SMA, period=SMA_PERIOD).pipe(RSI, period=RSI_PERIOD)
            self.indicators[timeframe] = (
                bars[f"sma_{SMA_PERIOD}"][-1],
                bars[f"rsi_{RSI_PERIOD}"][-1],
            )

    async def _on_connection(self, event: Event) -> None:
        self.connected = bool(event.data["connected"])
        await self._count(event)

    def latency(self) -> tuple[float, float]:
        """Median and 99th percentile, event to handler, in milliseconds."""
        if len(self.latency_ms) < 2:
            return 0.0, 0.0
        cuts = statistics.quantiles(self.latency_ms, n=100)
        return cuts[49], cuts[98]


async def draw(state: DemoState) -> RenderableType:
    """Return the live view as one renderable."""
    from rich.columns import Columns
    from rich.console import Group
    from rich.panel import Panel

    context = next(iter(state.suite.values()))
    price = await context.data.get_current_price()
    moment = state.quote.get("timestamp")
    title = f"{context.symbol}  {context.instrument_info.description}"
    head = (
        f"[bold]{price if price is not None else '...'}[/]   "
        f"bid {state.quote.get('bid')}   ask {state.quote.get('ask')}   "
        f"{moment:%a %H:%M:%S %Z}"
        if moment
        else "waiting for the first quote"
    )
    return Group(
        Panel(head, title=title, subtitle=_status(state)),
        Columns(
            [Panel(await _ladder(state), title="book"), Panel(await _bars(state), title="bars")]
        ),
        Panel(_counters(state), title="events"),
    )


async def plain_line(state: DemoState) -> str:
    """Return the view as one line, for output that is not a terminal."""
    context = next(iter(state.suite.values()))
    price = await context.data.get_current_price()
    median, tail = state.latency()
    return (
        f"{context.symbol} {price} bid {state.quote.get('bid')} ask {state.quote.get('ask')} | "
        f"quotes {state.counts['quote_update']} trades {state.counts['trade_tick']} "
        f"depth {state.counts['market_depth_update']} bars {state.counts['bar_closed']} | "
        f"{_status(state)} | handler {median:.2f}/{tail:.2f} ms"
    )


async def summary(state: DemoState) -> str:
    """Return what was seen, as the lines that end the demo."""
    context = next(iter(state.suite.values()))
    price = await context.data.get_current_price()
    median, tail = state.latency()
    lines = [f"{context.symbol} last {price}"]
    lines += [f"{name:>20}: {count}" for name, count in sorted(state.counts.items())]
    for name, (sma, rsi) in sorted(state.indicators.items()):
        lines.append(f"{name:>20}: sma {_number(sma)}  rsi {_number(rsi, 1)}")
    lines.append(f"{'event to handler':>20}: median {median:.2f} ms, p99 {tail:.2f} ms")
    return "\n".join(lines)


def _status(state: DemoState) -> str:
    return "connected" if state.connected and state.suite.is_connected else "DISCONNECTED"


async def _ladder(state: DemoState) -> RenderableType:
    from rich.table import Table

    table = Table("bid", "price", "ask", box=None, show_header=False)
    book = next(iter(state.suite.values())).orderbook
    snapshot = await book.get_orderbook_snapshot(LADDER) if book is not None else {}
    for level in reversed(snapshot.get("asks", [])):
        table.add_row("", f"{level['price']}", f"[red]{level['size']}[/]")
    for level in snapshot.get("bids", []):
        table.add_row(f"[green]{level['size']}[/]", f"{level['price']}", "")
    return table


async def _bars(state: DemoState) -> RenderableType:
    from rich.table import Table

    names = ("", "time", "open", "high", "low", "close", "volume", "sma", "rsi")
    table = Table(*names, box=None)
    data = next(iter(state.suite.values())).data
    for timeframe in data.timeframes:
        sma, rsi = state.indicators.get(timeframe, (None, None))
        for bar in state.closed.get(timeframe, ()):
            table.add_row("", *_cells(bar))
        frame = await data.get_latest_bars(1, timeframe)
        if frame is not None:
            bar = frame.row(0, named=True)
            row = [f"[bold]{timeframe}[/]", *_cells(bar), _number(sma), _number(rsi, 1)]
            table.add_row(*row, style="yellow")
    return table


def _cells(bar: dict[str, Any]) -> list[str]:
    prices = [f"{bar[name]}" for name in ("open", "high", "low", "close")]
    return [f"{bar['timestamp']:%H:%M:%S}", *prices, f"{bar['volume']}"]


def _counters(state: DemoState) -> str:
    median, tail = state.latency()
    counts = "   ".join(f"{name} {count}" for name, count in sorted(state.counts.items()))
    return f"{counts}\nevent to handler: median {median:.2f} ms, p99 {tail:.2f} ms"


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
