"""Real-time bars, quotes and prices of one instrument.

The facade: it takes what the feed delivers, hands it to its parts, and answers reads. What it is
made of is in ``_parts``.

Invariants (``tests/realtime_data_manager/``): bars are built from trades alone, by exchange time;
state is changed before the event that tells of it is published; reads are atomic snapshots.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from project_x_py._core.bars import timeframe as timeframe_named
from project_x_py._core.calendar import find_calendar
from project_x_py._core.time import NS, to_datetime
from project_x_py._ports import GapFeed
from project_x_py._runtime.limiter import RateLimiter
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.event_bus import EventBus, EventType
from project_x_py.exceptions import ProjectXDataError, ProjectXError
from project_x_py.realtime_data_manager._audit import audits_per_minute
from project_x_py.realtime_data_manager._bars import ContractBars
from project_x_py.realtime_data_manager._dst import DstRules
from project_x_py.realtime_data_manager._feed import BarFeed
from project_x_py.realtime_data_manager._indicators import BarIndicators
from project_x_py.realtime_data_manager._parts import Parts, Surroundings
from project_x_py.realtime_data_manager._quotes import MergedQuote
from project_x_py.realtime_data_manager._reads import BarReads
from project_x_py.realtime_data_manager._repair import Need
from project_x_py.realtime_data_manager._sessions import SessionReads
from project_x_py.realtime_data_manager._statistics import Statistics
from project_x_py.realtime_data_manager._tracking import Tracking
from project_x_py.realtime_data_manager._validation import QuoteAndTradeCheck
from project_x_py.realtime_data_manager.dst_handling import DSTHandlingMixin
from project_x_py.realtime_data_manager.reads import DataAccessMixin
from project_x_py.realtime_data_manager.statistics import StatisticsMixin
from project_x_py.realtime_data_manager.tracking import TrackingMixin
from project_x_py.realtime_data_manager.validation import DataValidationMixin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import polars as pl

    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py._ports import Clock, HistorySource, MarketFeed
    from project_x_py.models import Instrument
    from project_x_py.realtime_data_manager._indicators import TimeframeIndicators
    from project_x_py.sessions import SessionConfig, SessionType
    from project_x_py.types import DataManagerConfig

__all__ = ["RealtimeDataManager"]

log = logging.getLogger(__name__)

DEFAULT_TIMEFRAMES = ("5min",)
DEFAULT_CAPACITY = 1000
DEFAULT_REQUESTS = 60
"""Requests a minute of a default configuration, for a manager that is told of none."""
RANK = 1
"""Bars are applied after the book."""

GRACE_S = 0.25
"""Wall time that trades of a bar may take to arrive before the clock ends the bar."""

TRADE_S = 1.0
"""The price of a trade stands for so long, whatever is quoted after it."""

WHOLE_S = 3.0
"""Wall time that a start waits for its bars to be whole; they become so without it, too."""

EVENTS = ("new_bar", "bar_closed", "data_update", "quote_update", "trade_tick")
OTHER_NAMES = {"market_trade": "trade_tick"}


class RealtimeDataManager(
    DataAccessMixin, StatisticsMixin, TrackingMixin, DSTHandlingMixin, DataValidationMixin
):
    """Bars of several timeframes, the merged quote and the last price of one instrument.

    Args:
        instrument: The instrument, or its symbol.
        project_x: Source of the contract and of past bars.
        realtime_client: Feed of trades and quotes.
        event_bus: Where events are published; an own bus when left out.
        timeframes: Names such as ``15sec``, ``1min``, ``1day``; ``["5min"]`` when left out.
        timezone: Zone of all timestamps handed out.
        config: ``max_bars_per_timeframe`` (1000) is how many bars are kept and read per timeframe;
            ``data_validation`` (True) lets closed bars be compared with the gateway's own.
        session_config: Regular, electronic or custom hours for the session reads.
        clock: Exchange time; the source's own when left out.
        audit_limiter: Request budget of the comparisons, shared by the managers of one login.

    Attributes:
        indicators: Indicators that events and frames carry, see :class:`BarIndicators`.

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
        session_config: SessionConfig | None = None,
        *,
        clock: Clock | None = None,
        audit_limiter: RateLimiter | None = None,
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
        names = list(dict.fromkeys(timeframes if timeframes is not None else DEFAULT_TIMEFRAMES))
        kinds = [timeframe_named(name) for name in names]
        self.timeframes = names
        self.instrument = instrument if isinstance(instrument, str) else instrument.name
        self.timezone = ZoneInfo(timezone)
        self.event_bus = event_bus if event_bus is not None else EventBus()
        self.config: dict[str, Any] = dict(config or {})
        self.is_running = False
        self.indicators = BarIndicators(names[0], self._indicators_of)
        self._source = project_x
        self._feed = realtime_client
        self._clock = clock if clock is not None else _clock_of(project_x)
        self._contract = None if isinstance(instrument, str) else instrument
        capacity = _capacity(self.config.get("max_bars_per_timeframe", DEFAULT_CAPACITY))
        self._bars = BarFeed(ContractBars(kinds, capacity), find_calendar(self.instrument))
        self._quote = MergedQuote()
        self._reads = BarReads(names, self._bars, self.timezone, self._clock, self.instrument)
        self._sessions = SessionReads(self._reads, self.instrument, session_config)
        self._figures = Statistics(
            f"realtime_data_manager.{self.instrument}", self._clock, self._is_active
        )
        self._tracking = Tracking(self._figures.tallies)
        self._validation = QuoteAndTradeCheck()
        self._dst = DstRules(
            self.timezone, lambda: to_datetime(self._clock.now_ns(), self.timezone)
        )
        self._supervisor = Supervisor(f"bars-{self.instrument}")
        self._forming = asyncio.Event()
        self._stopped_ns: int | None = None
        self._parts: Parts | None = None
        self._given = Surroundings(
            symbol=self.instrument,
            timezone=self.timezone,
            kinds=kinds,
            capacity=capacity,
            source=project_x,
            clock=self._clock,
            bus=self.event_bus,
            feed=self._bars,
            limiter=audit_limiter or RateLimiter(audits_per_minute(DEFAULT_REQUESTS), 60),
            statistics=self._figures,
            gaps=realtime_client if isinstance(realtime_client, GapFeed) else None,
            wake=self._forming.set,
        )

    async def initialize(self, initial_days: float = 1) -> bool:
        """Find the contract and load its past bars.

        Args:
            initial_days: Length of the history, in days back from now.

        Returns:
            True; no history at all is fine, bars then begin with the first trade.

        Raises:
            ProjectXError: The instrument is unknown or the gateway failed.
        """
        contract = self._contract or await self._source.get_instrument(self.instrument)
        self._contract = contract
        parts = Parts(contract, self._given)
        now_ns = self._clock.now_ns()
        past = await parts.loader.since(initial_days, now_ns)
        for name, bars in past.bars.items():
            self._bars.bars.seed(name, bars, past.cut_ns)
        parts.repair.begin_with(past)
        parts.gate.expect(self._bars.bars.newest_close())
        self._reads.grid = parts.grid
        self._reads.frames = parts.frames
        self._sessions.product = contract.id
        self._validation.grid = parts.grid
        self._parts = parts
        log.debug("%s: %s", contract.id, {name: len(bars) for name, bars in past.bars.items()})
        return True

    async def start_realtime_feed(self) -> bool:
        """Subscribe to the contract's trades and quotes and build bars from now on.

        Waits until history and live trades are joined, but for a few seconds only: when the
        gateway is slow, the bars become whole in the background.

        Returns:
            True once the gateway has confirmed the subscription.

        Raises:
            ProjectXError: Not initialised, not connected, or the subscription was refused.
        """
        parts = self._parts
        if parts is None:
            raise ProjectXError(f"{self.instrument}: await initialize() before the feed is started")
        if not self._feed.is_connected():
            raise ProjectXError(
                f"{self.instrument}: the real-time client is not connected; await connect() first"
            )
        if self.is_running:
            return True
        contract_id = parts.contract.id
        self._bars.hold()
        self._feed.attach(contract_id, parts.grid, self, rank=RANK)
        if not await self._feed.subscribe_market_data([contract_id]):
            self._feed.detach(contract_id, self)
            raise ProjectXError(f"{contract_id}: the gateway refused the subscription")
        if self._given.gaps is not None:
            self._given.gaps.add_gap_listener(parts.on_gap)
        self.is_running = True
        self._supervisor = Supervisor(f"bars-{self.instrument}")
        stopped_ns, self._stopped_ns = self._stopped_ns, None
        parts.repair.want(Need(stopped_ns, stopped_ns, "backfilled"))
        self._spawn_workers(parts)
        await parts.repair.wait_first(WHOLE_S)
        return True

    def _spawn_workers(self, parts: Parts) -> None:
        spawn, name = self._supervisor.spawn, self.instrument
        spawn(parts.repair.run(), name=f"bar-repair-{name}")
        spawn(self._close_bars_by_clock(), name=f"bar-clock-{name}")
        spawn(parts.roll.run(), name=f"roll-watch-{name}")
        if self.config.get("data_validation", True):
            spawn(parts.audit.run(), name=f"bar-audit-{name}")

    async def stop_realtime_feed(self) -> None:
        """Stop building bars; what was built stays readable."""
        parts = self._parts
        if not self.is_running or parts is None:
            return
        self.is_running = False
        newest_ns = self._bars.newest_ns()
        now_ns = self._clock.now_ns()
        self._stopped_ns = now_ns if newest_ns is None else min(now_ns, newest_ns)
        if self._given.gaps is not None:
            self._given.gaps.remove_gap_listener(parts.on_gap)
        self._feed.detach(parts.contract.id, self)
        await self._supervisor.aclose()
        if self._feed.is_connected():
            await self._feed.unsubscribe_market_data([parts.contract.id])

    def raise_if_faulted(self) -> None:
        """Raise when a task of the manager has died.

        Raises:
            ProjectXError: Names the task; the failure is its cause.
        """
        self._supervisor.raise_if_faulted()

    async def cleanup(self) -> None:
        """Stop the feed and let go of everything."""
        await self.stop_realtime_feed()
        await self._supervisor.aclose()

    def on_trades(self, trades: Sequence[Trade]) -> None:
        """Count prints in every timeframe, then tell of them."""
        parts = self._parts
        if parts is None:
            return
        now_ns = self._clock.now_ns()
        admitted = parts.gate.admit(trades, now_ns)
        events = self._bars.take(admitted, now_ns)
        if admitted:
            self._quote.trade(admitted[-1].price, admitted[-1].exch_ns)
        self._figures.last_activity_ns = now_ns
        self._forming.set()
        if events:
            parts.events.bars(events)
        parts.events.trades(admitted)
        parts.report_refused()

    def on_quote(self, quote: Quote) -> None:
        """Merge a sparse quote, then tell of the whole."""
        parts = self._parts
        if parts is None or quote.contract_id != parts.contract.id:
            return
        self._quote.merge(quote)
        self._figures.quotes += 1
        self._figures.quote_prices_refused = self._quote.refused
        self._figures.last_activity_ns = quote.recv_ns
        last = self._quote.last
        parts.events.quote(self._quote, last if last is not None else self._reads.price_ticks())

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
            if self._parts is not None:
                self._parts.events.bars(self._bars.close_due(end_ns))

    def entry_refusal(self, contract_id: str) -> str | None:
        """Return why no position should be opened in a contract, None when one may.

        A contract that is no longer the active month of its product is refused, unless that month
        was asked for by name.
        """
        return None if self._parts is None else self._parts.roll.entry_refusal(contract_id)

    def last_price(self, contract_id: str) -> tuple[int, float] | None:
        """Return the newest price in ticks and its age in exchange seconds.

        The last trade's; once that is a second old, the middle of a quote that is newer. None
        before the first live trade, and for another contract.
        """
        if self._parts is None or self._parts.contract.id != contract_id:
            return None
        ticks, age_s = self._reads.price_ticks(), self._reads.price_age_s()
        if ticks is None or age_s is None:
            return None
        quote_age_s = max(0, self._clock.now_ns() - self._quote.exch_ns) / NS
        middle = self._quote.middle()
        if age_s <= TRADE_S or quote_age_s >= age_s or middle is None:
            return ticks, age_s
        return middle, quote_age_s

    async def add_callback(self, event_type: str, callback: Callable[..., Awaitable[None]]) -> None:
        """Register an async callback for new_bar, data_update, quote_update or trade_tick.

        Raises:
            ValueError: The event is none of these.
        """
        name = OTHER_NAMES.get(event_type, event_type)
        if name not in EVENTS:
            raise ValueError(f"unknown event {event_type!r}; it must be one of {', '.join(EVENTS)}")
        await self.event_bus.on(EventType(name), callback)

    @property
    def session_config(self) -> SessionConfig | None:
        """The hours of the session reads, None for the exchange's electronic session."""
        return self._sessions.config

    async def set_session_config(self, session_config: SessionConfig | None) -> None:
        """Use other hours for the session reads; None means the exchange's electronic session."""
        self._sessions.set_config(session_config)

    async def set_session_type(self, session_type: SessionType | str) -> None:
        """Use another session for the session reads that name none.

        Raises:
            ValueError: There is no such session.
        """
        self._sessions.set_type(session_type)

    async def get_session_data(
        self, timeframe: str, session_type: SessionType | str | None = None
    ) -> pl.DataFrame | None:
        """Return the bars held that start in a session, None while there is none.

        Args:
            timeframe: One of the manager's.
            session_type: ``RTH``, ``ETH`` or ``CUSTOM``; that of the configuration when left out.

        Raises:
            ValueError: An argument is unknown, or the session has no hours.
        """
        return self._sessions.frame(timeframe, session_type)

    async def get_session_statistics(self, timeframe: str) -> dict[str, Any]:
        """Return figures of the regular and the electronic session over the bars held.

        Keys, each with ``rth_``, with ``eth_``, and with ``overnight_`` for the electronic session
        without the regular: bars, volume, high, low, range, vwap. None for a price without bars.

        Raises:
            ValueError: Timeframe or product is unknown.
        """
        return self._sessions.statistics(timeframe)

    @property
    def background_tasks(self) -> set[str]:
        """Names of the manager's tasks that run."""
        return set(self._supervisor.stats().running)

    def get_task_stats(self) -> dict[str, Any]:
        """Return keys active, completed, cancelled, failed, running (names)."""
        stats = self._supervisor.stats()
        return {
            "active": stats.active,
            "completed": stats.completed,
            "cancelled": stats.cancelled,
            "failed": stats.failed,
            "running": list(stats.running),
        }

    async def cleanup_cache(self) -> None:
        """Let go of the frames built so far; the next read builds its own."""
        for cache in self._reads.frames.values():
            cache.forget()

    def start_cleanup_task(self) -> None:
        """Do nothing: what is kept is bounded by itself, and nothing has to clean up."""

    async def stop_cleanup_task(self) -> None:
        """Do nothing, see :meth:`start_cleanup_task`."""

    def _is_active(self) -> bool:
        return self.is_running and self._feed.is_connected()

    def _indicators_of(self, timeframe: str) -> TimeframeIndicators:
        self._reads.builder(timeframe)
        if self._parts is None:
            raise ProjectXError(f"{self.instrument}: await initialize() first")
        return self._parts.indicators[timeframe]


def _capacity(wanted: object) -> int:
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1:
        raise ProjectXDataError(f"max_bars_per_timeframe must be a count above 0, not {wanted!r}")
    return wanted


def _clock_of(source: HistorySource) -> Clock:
    from project_x_py._runtime.clock import SystemClock

    clock: Clock | None = getattr(source, "clock", None)
    return clock if clock is not None else SystemClock()
