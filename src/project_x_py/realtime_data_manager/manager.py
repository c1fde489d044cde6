"""Real-time bars, quotes and prices of one instrument.

Invariants (``tests/realtime_data_manager/``): bars are built from trades alone, by exchange time;
state is changed before the event that tells of it is published; reads are atomic snapshots.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from project_x_py._core.bars import timeframe as timeframe_named
from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Aggressor
from project_x_py._core.time import NS, from_datetime, to_datetime
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.event_bus import EventBus, EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.realtime_data_manager._bars import BarEvent, ContractBars
from project_x_py.realtime_data_manager._history import load_history
from project_x_py.realtime_data_manager._quotes import MergedQuote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    import polars as pl

    from project_x_py._core.bars import Bar
    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py._ports import Clock, HistorySource, MarketFeed
    from project_x_py.models import Instrument
    from project_x_py.realtime_data_manager._frames import FrameCache
    from project_x_py.types import DataManagerConfig

__all__ = ["RealtimeDataManager"]

log = logging.getLogger(__name__)

DEFAULT_TIMEFRAMES = ("5min",)
DEFAULT_CAPACITY = 1000
RANK = 1
"""Bars are applied after the book."""

GRACE_S = 0.25
"""Wall time that trades of a bar may take to arrive before the clock ends the bar."""

SIDES = {Aggressor.BUY: "buy", Aggressor.SELL: "sell", Aggressor.NONE: "unknown"}


class RealtimeDataManager:
    """Bars of several timeframes, the merged quote and the last price of one instrument.

    Args:
        instrument: The instrument, or its symbol.
        project_x: Source of the contract and of past bars.
        realtime_client: Feed of trades and quotes.
        event_bus: Where events are published; an own bus when left out.
        timeframes: Names such as ``15sec``, ``1min``, ``1day``; ``["5min"]`` when left out.
        timezone: Zone of all timestamps handed out.
        config: ``max_bars_per_timeframe`` (1000) is the closed bars kept per timeframe.
        session_config: Regular or electronic hours for the session reads.

    Raises:
        ValueError: An argument is missing, or a timeframe is unknown.
    """

    def __init__(
        self,
        instrument: str | Instrument,
        project_x: HistorySource,
        realtime_client: MarketFeed,
        event_bus: EventBus | None = None,
        timeframes: list[str] | None = None,
        timezone: str = "America/Chicago",
        config: DataManagerConfig | None = None,
        session_config: object | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        for name, value in (
            ("instrument", instrument),
            ("project_x", project_x),
            ("realtime_client", realtime_client),
        ):
            if not value:
                raise ValueError(f"a RealtimeDataManager needs {name}, not {value!r}")
        if timeframes is not None and not timeframes:
            raise ValueError("timeframes is empty; name at least one, for example ['1min']")
        self.timeframes = list(timeframes) if timeframes is not None else list(DEFAULT_TIMEFRAMES)
        kinds = [timeframe_named(name) for name in self.timeframes]
        self.instrument = instrument if isinstance(instrument, str) else instrument.name
        self.timezone = ZoneInfo(timezone)
        self.event_bus = event_bus if event_bus is not None else EventBus()
        self.config: dict[str, Any] = dict(config or {})
        self.session_config = session_config
        self.is_running = False
        self._source = project_x
        self._feed = realtime_client
        self._clock = clock if clock is not None else _clock_of(project_x)
        self._contract = None if isinstance(instrument, str) else instrument
        self._kinds = {kind.name: kind for kind in kinds}
        capacity = int(self.config.get("max_bars_per_timeframe", DEFAULT_CAPACITY))
        self._capacity = capacity
        self._bars = ContractBars(kinds, capacity)
        self._quote = MergedQuote()
        self._frames: dict[str, FrameCache] = {}
        self._grid: TickGrid | None = None
        self._supervisor = Supervisor(f"bars-{self.instrument}")
        self._forming = asyncio.Event()
        self._started_ns: int | None = None

    async def initialize(self, initial_days: float = 1) -> bool:
        """Find the contract and load its past bars.

        Args:
            initial_days: Length of the history, in days back from now.

        Returns:
            True; no history at all is fine, bars then begin with the first trade.

        Raises:
            ProjectXError: The instrument is unknown or the gateway failed.
        """
        from project_x_py.realtime_data_manager._frames import FrameCache

        contract = self._contract or await self._source.get_instrument(self.instrument)
        self._contract = contract
        grid = self._grid = TickGrid(contract.tickSize, contract.tickValue)
        history = await load_history(
            self._source,
            contract.id,
            list(self._kinds.values()),
            grid,
            days=initial_days,
            capacity=self._capacity,
        )
        now_ns = self._clock.now_ns()
        for name, bars in history.items():
            self._bars.seed(name, bars, now_ns)
        for name, builder in self._bars.builders.items():
            self._frames[name] = FrameCache(builder, grid, str(self.timezone))
        log.debug("%s: %s", contract.id, {name: len(bars) for name, bars in history.items()})
        return True

    async def start_realtime_feed(self) -> bool:
        """Subscribe to the contract's trades and quotes and build bars from now on.

        Returns:
            True once the gateway has confirmed the subscription.

        Raises:
            ProjectXError: Not initialised, not connected, or the subscription was refused.
        """
        if self._contract is None or self._grid is None:
            raise ProjectXError(f"{self.instrument}: await initialize() before the feed is started")
        if not self._feed.is_connected():
            raise ProjectXError(
                f"{self.instrument}: the real-time client is not connected; await connect() first"
            )
        if self.is_running:
            return True
        self._feed.attach(self._contract.id, self._grid, self, rank=RANK)
        if not await self._feed.subscribe_market_data([self._contract.id]):
            self._feed.detach(self._contract.id, self)
            raise ProjectXError(f"{self._contract.id}: the gateway refused the subscription")
        self.is_running = True
        self._started_ns = self._clock.monotonic_ns()
        self._supervisor = Supervisor(f"bars-{self.instrument}")
        self._supervisor.spawn(self._close_bars_by_clock(), name=f"bar-clock-{self.instrument}")
        return True

    async def stop_realtime_feed(self) -> None:
        """Stop building bars; what was built stays readable."""
        if not self.is_running or self._contract is None:
            return
        self.is_running = False
        self._feed.detach(self._contract.id, self)
        await self._supervisor.aclose()
        if self._feed.is_connected():
            await self._feed.unsubscribe_market_data([self._contract.id])

    async def cleanup(self) -> None:
        """Stop the feed and let go of everything."""
        await self.stop_realtime_feed()
        await self._supervisor.aclose()

    def on_trades(self, trades: Sequence[Trade]) -> None:
        """Count prints in every timeframe, then tell of them."""
        publish = self.event_bus.publish
        for trade in trades:
            had_forming = self._forming.is_set()
            events = self._bars.add(trade)
            if not had_forming:
                self._forming.set()
            for event in events:
                self._tell_bar(event)
            if self.event_bus.wants(EventType.TRADE_TICK):
                publish(EventType.TRADE_TICK, self._trade_data(trade))
            if self.event_bus.wants(EventType.DATA_UPDATE):
                publish(EventType.DATA_UPDATE, self._update_data(trade))

    def on_quote(self, quote: Quote) -> None:
        """Merge a sparse quote, then tell of the whole."""
        self._quote.merge(quote)
        if self.event_bus.wants(EventType.QUOTE_UPDATE):
            self.event_bus.publish(EventType.QUOTE_UPDATE, self._quote_data())

    def on_depth(self, depth: Depth) -> None:
        """Depth is the order book's; bars are built from trades alone."""

    async def _close_bars_by_clock(self) -> None:
        while True:
            end_ns = self._bars.next_end_ns(self._clock.now_ns())
            if end_ns is None:
                self._forming.clear()
                await self._forming.wait()
                continue
            await self._clock.sleep_until(end_ns)
            await asyncio.sleep(GRACE_S)
            for event in self._bars.close_due(end_ns):
                self._tell_bar(event)

    def _tell_bar(self, event: BarEvent) -> None:
        bus = self.event_bus
        if event.closed is not None and bus.wants(EventType.BAR_CLOSED):
            bus.publish(EventType.BAR_CLOSED, self._bar_data(event.timeframe, event.closed))
        if event.opened is not None and bus.wants(EventType.NEW_BAR):
            series = self._bars.builders[event.timeframe].series
            if not len(series):
                return
            data = self._bar_data(event.timeframe, event.opened)
            data["completed"] = self._bar_fields(series.bar(-1))
            bus.publish(EventType.NEW_BAR, data)

    def _marks(self) -> dict[str, Any]:
        return {
            "symbol": self.instrument,
            "contract_id": self._contract.id if self._contract else "",
        }

    def _bar_fields(self, bar: Bar) -> dict[str, Any]:
        price = self._ready_grid().price
        return {
            "timestamp": to_datetime(bar.start_ns, self.timezone),
            "open": price(bar.open),
            "high": price(bar.high),
            "low": price(bar.low),
            "close": price(bar.close),
            "volume": bar.volume,
        }

    def _bar_data(self, timeframe: str, bar: Bar) -> dict[str, Any]:
        fields = self._bar_fields(bar)
        return {
            "timeframe": timeframe,
            "bar_time": fields["timestamp"],
            "data": fields,
            **self._marks(),
        }

    def _trade_data(self, trade: Trade) -> dict[str, Any]:
        return {
            **self._marks(),
            "price": self._ready_grid().price(trade.price),
            "size": trade.size,
            "volume": trade.size,
            "side": SIDES[trade.aggressor],
            "timestamp": to_datetime(trade.exch_ns, self.timezone),
        }

    def _update_data(self, trade: Trade) -> dict[str, Any]:
        return {
            **self._marks(),
            "price": self._ready_grid().price(trade.price),
            "volume": trade.size,
            "timestamp": to_datetime(trade.exch_ns, self.timezone),
        }

    def _quote_data(self) -> dict[str, Any]:
        quote, price = self._quote, self._ready_grid().price
        last = quote.last if quote.last is not None else self._price_ticks()
        return {
            **self._marks(),
            "bid": None if quote.bid is None else price(quote.bid),
            "ask": None if quote.ask is None else price(quote.ask),
            "last": None if last is None else price(last),
            "volume": quote.volume,
            "timestamp": to_datetime(quote.exch_ns, self.timezone),
        }

    def _price_ticks(self) -> int | None:
        last = self._bars.last_price
        return last if last is not None else self._bars.newest_close()

    def _ready_grid(self) -> TickGrid:
        if self._grid is None:
            raise ProjectXError(f"{self.instrument}: await initialize() first")
        return self._grid

    async def get_data(
        self, timeframe: str = "5min", bars: int | None = None
    ) -> pl.DataFrame | None:
        """Return the bars of one timeframe, oldest first, the forming one last.

        Args:
            timeframe: One of the manager's timeframes.
            bars: At most so many, the newest; all that are held when left out.

        Returns:
            Frame of timestamp, open, high, low, close, volume; None while there is no bar.

        Raises:
            ValueError: ``timeframe`` is not one of the manager's, or ``bars`` is below 1.
        """
        frame = self._frame(timeframe)
        if bars is not None and bars < 1:
            raise ValueError(f"bars must be at least 1, not {bars}")
        if frame is None or frame.is_empty():
            return None
        return frame if bars is None else frame.tail(bars)

    async def get_latest_bars(self, count: int = 1, timeframe: str = "5min") -> pl.DataFrame | None:
        """Return the newest ``count`` bars; None while there is none."""
        return await self.get_data(timeframe, count)

    async def get_mtf_data(self) -> dict[str, pl.DataFrame]:
        """Return the bars of every timeframe that has any, by its name."""
        frames = {name: self._frame(name) for name in self.timeframes}
        return {
            name: frame
            for name, frame in frames.items()
            if frame is not None and not frame.is_empty()
        }

    async def get_ohlc(self, timeframe: str = "5min") -> dict[str, float] | None:
        """Return the newest bar: keys open, high, low, close, volume; None while there is none."""
        builder = self._builder(timeframe)
        bar = builder.forming or (builder.series.bar(-1) if len(builder.series) else None)
        if bar is None:
            return None
        fields = self._bar_fields(bar)
        return {name: float(fields[name]) for name in ("open", "high", "low", "close", "volume")}

    async def get_bars_since(
        self, timestamp: datetime, timeframe: str = "5min"
    ) -> pl.DataFrame | None:
        """Return the bars that start at or after ``timestamp``; naive means the manager's zone."""
        import polars as pl

        frame = await self.get_data(timeframe)
        if frame is None:
            return None
        since = to_datetime(from_datetime(timestamp, self.timezone), self.timezone)
        return frame.filter(pl.col("timestamp") >= since)

    async def get_data_or_none(
        self, timeframe: str = "5min", min_bars: int = 20
    ) -> pl.DataFrame | None:
        """Return the bars when there are at least ``min_bars``, else None."""
        frame = await self.get_data(timeframe)
        return frame if frame is not None and frame.height >= min_bars else None

    async def is_data_ready(self, min_bars: int = 20, timeframe: str | None = None) -> bool:
        """Tell whether ``timeframe``, or every timeframe, has at least ``min_bars`` bars."""
        names = self.timeframes if timeframe is None else [timeframe]
        return all(self._held(name) >= min_bars for name in names)

    async def get_price_range(
        self, bars: int = 20, timeframe: str = "5min"
    ) -> dict[str, float] | None:
        """Return keys high, low, range, avg_range (points) over the newest ``bars`` bars.

        None when fewer are held.
        """
        frame = await self.get_data_or_none(timeframe, bars)
        if frame is None:
            return None
        newest = frame.tail(bars)
        highs, lows = newest["high"].to_numpy(), newest["low"].to_numpy()
        high, low = float(highs.max()), float(lows.min())
        return {
            "high": high,
            "low": low,
            "range": high - low,
            "avg_range": float((highs - lows).mean()),
        }

    async def get_volume_stats(
        self, bars: int = 20, timeframe: str = "5min"
    ) -> dict[str, float] | None:
        """Return keys total, average, current, relative over the newest ``bars`` bars.

        ``relative`` is the newest bar's volume over the average; None when fewer are held.
        """
        frame = await self.get_data_or_none(timeframe, bars)
        if frame is None:
            return None
        volumes = frame["volume"].tail(bars).to_numpy()
        total, current = float(volumes.sum()), float(volumes[-1])
        average = total / bars
        return {
            "total": total,
            "average": average,
            "current": current,
            "relative": current / average if average else 0.0,
        }

    async def get_current_price(self) -> float | None:
        """Return the last trade's price, else the newest loaded close; None before any data.

        It is never a mid price. Its age is :meth:`get_price_age`.
        """
        ticks = self._price_ticks()
        return None if ticks is None else self._ready_grid().price(ticks)

    async def get_latest_price(self) -> float | None:
        """Return the same as :meth:`get_current_price`."""
        return await self.get_current_price()

    def get_price_age(self) -> float | None:
        """Return the exchange seconds since the last trade; None before the first live trade."""
        if self._bars.last_price is None:
            return None
        return max(0, self._clock.now_ns() - self._bars.last_ns) / NS

    async def get_health_score(self) -> float:
        """Return 100 while the feed runs and is connected, less what had to be refused, else 0."""
        if not self.is_running or not self._feed.is_connected():
            return 0.0
        late = sum(builder.late_dropped for builder in self._bars.builders.values())
        counted = self._bars.trades * len(self._bars.builders)
        return 100.0 * (1 - late / counted) if counted else 100.0

    async def add_callback(self, event_type: str, callback: Callable[..., Awaitable[None]]) -> None:
        """Register an async callback for new_bar, data_update, quote_update or trade_tick.

        Raises:
            ValueError: The event is none of these.
        """
        known = {"market_trade": "trade_tick"}
        names = ("new_bar", "bar_closed", "data_update", "quote_update", "trade_tick")
        name = known.get(event_type, event_type)
        if name not in names:
            raise ValueError(f"unknown event {event_type!r}; it must be one of {', '.join(names)}")
        await self.event_bus.on(EventType(name), callback)

    def _builder(self, timeframe: str) -> Any:
        builder = self._bars.builders.get(timeframe)
        if builder is None:
            raise ValueError(
                f"no timeframe {timeframe!r} here; the suite was created with "
                f"{', '.join(self.timeframes)}"
            )
        return builder

    def _frame(self, timeframe: str) -> pl.DataFrame | None:
        self._builder(timeframe)
        cache = self._frames.get(timeframe)
        return None if cache is None else cache.frame()

    def _held(self, timeframe: str) -> int:
        builder = self._builder(timeframe)
        return len(builder.series) + (builder.forming is not None)


def _clock_of(source: HistorySource) -> Clock:
    from project_x_py._runtime.clock import SystemClock

    clock: Clock | None = getattr(source, "clock", None)
    return clock if clock is not None else SystemClock()
