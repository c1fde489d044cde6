"""What the demo shows: the state it collects from a suite, and how it is drawn.

The collecting half listens to events and nothing else; the drawing half reads what was collected.

Invariant (``tests/cli/test_demo.py``): in a terminal of 80 columns and 24 lines nothing is cut.
"""

from __future__ import annotations

import statistics
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from project_x_py.cli._trade import DemoTrade, price_text
from project_x_py.event_bus import EventType
from project_x_py.indicators import RSI, SMA

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from project_x_py._ports import Clock
    from project_x_py.event_bus import Event
    from project_x_py.trading_suite import TradingSuite

__all__ = ["LEAST", "TIMEFRAMES", "DemoState", "draw", "plain_line", "summary"]

TIMEFRAMES = ("5sec", "1min", "5min")
LEAST = (80, 22)
"""Columns and lines that the drawn view needs."""
LEVELS = (4, 8)
"""Of each side of the book: in the lowest terminal, and at most."""
FRAME_LINES = 14
"""Lines of the view beside those of the book, and the one that a terminal keeps free."""
BOOK_COLUMNS = 20
BARS = 20
SAMPLES = 2000
SMA_PERIOD, RSI_PERIOD = 20, 14


@dataclass
class DemoState:
    """What the demo has seen so far.

    Attributes:
        suite: What it listens to; one instrument.
        clock: Measures how long an event takes to its handler.
        trade: The trade that is shown.
        ended: How the trade ended; empty while it has not.
    """

    suite: TradingSuite
    clock: Clock
    counts: Counter[str] = field(default_factory=Counter)
    closed: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=BARS))
    indicators: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    quote: dict[str, Any] = field(default_factory=dict)
    latency_ms: deque[float] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    connected: bool = True
    ended: str = ""
    trade: DemoTrade = field(init=False)

    def __post_init__(self) -> None:
        """Make the trade; it begins with :meth:`listen`."""
        self.trade = DemoTrade(self.suite, TIMEFRAMES[0])

    async def listen(self) -> None:
        """Register for everything the demo counts or shows, and begin to trade."""
        context = next(iter(self.suite.values()))
        for event in (EventType.TRADE_TICK, EventType.MARKET_DEPTH_UPDATE):
            await context.on(event, self._count)
        await context.on(EventType.QUOTE_UPDATE, self._on_quote)
        await context.on(EventType.BAR_CLOSED, self._on_bar)
        for event in (EventType.CONNECTED, EventType.DISCONNECTED):
            await self.suite.on(event, self._on_connection)
        await self.trade.listen()

    async def _count(self, event: Event) -> None:
        self.counts[str(event.type.value if isinstance(event.type, EventType) else event.type)] += 1
        self.latency_ms.append((self.clock.monotonic_ns() - event.monotonic_ns) / 1e6)

    async def _on_quote(self, event: Event) -> None:
        self.quote = event.data
        await self._count(event)

    async def _on_bar(self, event: Event) -> None:
        name = event.data["timeframe"]
        if name == TIMEFRAMES[0]:
            self.closed.append(event.data["data"])
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

    def latency(self) -> str:
        """Median and 99th percentile, event to handler."""
        if len(self.latency_ms) < 2:
            return "not measured yet"
        cuts = statistics.quantiles(self.latency_ms, n=100)
        return f"median {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms"

    def price(self, price: float | None) -> str:
        """Return a price as text, with the digits of its tick."""
        return price_text(price, next(iter(self.suite.values())).instrument_info.tickSize)

    def averages(self, timeframe: str) -> str:
        """Return the indicators of one timeframe."""
        sma, rsi = self.indicators.get(timeframe, (None, None))
        average = "-" if sma is None else self.price(sma)
        strength = "-" if rsi is None else f"{rsi:.1f}"
        return f"SMA({SMA_PERIOD}) {average}   RSI({RSI_PERIOD}) {strength}"

    def counted(self) -> str:
        """Return how many events there were, by kind."""
        names = {
            "quotes": "quote_update",
            "trades": "trade_tick",
            "depth": "market_depth_update",
            "finished bars": "bar_closed",
        }
        return "   ".join(f"{name} {self.counts[kind]:,}" for name, kind in names.items())


async def draw(state: DemoState, width: int, height: int) -> RenderableType:
    """Return the live view as one renderable that fits a terminal.

    Args:
        state: What is shown.
        width: Columns of the terminal.
        height: Its lines; more of them show more of the book.
    """
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table

    context = next(iter(state.suite.values()))
    price = await context.data.get_current_price()
    levels = max(LEVELS[0], min(LEVELS[1], (height - FRAME_LINES) // 2))
    middle = Table.grid(expand=True)
    middle.add_column(width=BOOK_COLUMNS)
    middle.add_column(ratio=1)
    book, bars = await _ladder(state, levels), await _bars(state, 2 * levels)
    middle.add_row(Panel(book, title="book"), Panel(bars, title="bars"))
    title = f"{context.symbol}  {context.instrument_info.description}"
    events = f"{state.counted()}\nevent to handler: {state.latency()}"
    return Group(
        Panel(_head(state, price), title=title, subtitle=_status(state)),
        middle,
        Panel("\n".join(state.trade.lines(price)), title="a protected trade, simulated"),
        Panel(events, title="events"),
        fit=True,
    )


async def plain_line(state: DemoState) -> str:
    """Return the view as one line, for output that is not a terminal or a small one."""
    context = next(iter(state.suite.values()))
    price = await context.data.get_current_price()
    bid, ask = (state.price(state.quote.get(side)) for side in ("bid", "ask"))
    now = f"{context.symbol} {state.price(price)} bid {bid} ask {ask}"
    return f"{now} | {' '.join(state.counted().split())} | {state.trade.lines(price)[0]}"


async def summary(state: DemoState) -> str:
    """Return what was seen, as the lines that end the demo."""
    context = next(iter(state.suite.values()))
    price = await context.data.get_current_price()
    rows = [("last price", f"{context.symbol} {state.price(price)}"), ("events", state.counted())]
    rows += [(f"bars of {name}", state.averages(name)) for name in state.indicators]
    rows.append(("trades", state.ended or state.trade.total()))
    rows.append(("event to handler", state.latency()))
    return "\n".join(f"{name:<17} {text}" for name, text in rows)


def _head(state: DemoState, price: float | None) -> Text:
    from rich.text import Text

    moment = state.quote.get("timestamp")
    if moment is None:
        return Text("waiting for the first quote")
    bid, ask = (state.price(state.quote.get(side)) for side in ("bid", "ask"))
    head = Text.assemble((state.price(price), "bold"), f"   bid {bid}   ask {ask}   ")
    return head.append(f"{moment:%a %H:%M:%S} in Chicago")


def _status(state: DemoState) -> str:
    return "connected" if state.connected and state.suite.is_connected else "DISCONNECTED"


async def _ladder(state: DemoState, levels: int) -> RenderableType:
    from rich.table import Table

    table = Table.grid(padding=(0, 1), expand=True)
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    book = next(iter(state.suite.values())).orderbook
    snapshot = await book.get_orderbook_snapshot(levels) if book is not None else {}
    for level in reversed(snapshot.get("asks", [])):
        table.add_row("", state.price(level["price"]), f"[red]{level['size']}[/]")
    for level in snapshot.get("bids", []):
        table.add_row(f"[green]{level['size']}[/]", state.price(level["price"]), "")
    return table


async def _bars(state: DemoState, lines: int) -> RenderableType:
    """The newest finished bars, those that form, and the averages over the finished ones."""
    from rich.console import Group
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, expand=True, header_style="dim")
    table.add_column("", no_wrap=True)
    for name in ("time", "open", "high", "low", "close", "vol"):
        table.add_column(name, justify="right", no_wrap=True)
    room = lines - 1 - 2 * len(TIMEFRAMES)
    for bar in list(state.closed)[-room:]:
        table.add_row(TIMEFRAMES[0], *_cells(state, bar))
    data = next(iter(state.suite.values())).data
    for timeframe in TIMEFRAMES:
        frame = await data.get_latest_bars(1, timeframe)
        if frame is not None:
            table.add_row(timeframe, *_cells(state, frame.row(0, named=True)), style="yellow")
    return Group(table, *(f"{name}  {state.averages(name)}" for name in TIMEFRAMES))


def _cells(state: DemoState, bar: dict[str, Any]) -> list[str]:
    prices = [state.price(bar[name]) for name in ("open", "high", "low", "close")]
    return [f"{bar['timestamp']:%H:%M:%S}", *prices, f"{bar['volume']}"]
