"""The suite: one login, one pair of hubs, a context per instrument.

Invariants (``tests/trading_suite/``): a creation that fails or is cancelled leaves nothing behind;
``disconnect`` may be called at any moment and any number of times; when the loop ends without it,
the suite lets go of its sockets all the same.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from project_x_py._core.calendar import calendar_for
from project_x_py._core.time import to_datetime
from project_x_py._install import warn_if_shadowed
from project_x_py._runtime.limiter import RateLimiter
from project_x_py._runtime.supervisor import Supervisor
from project_x_py._runtime.together import together
from project_x_py.client import ProjectX
from project_x_py.config import ProjectXConfig, load_credentials, load_default_config
from project_x_py.event_bus import EventBus, EventType
from project_x_py.exceptions import InvalidFieldError, ProjectXConnectionError, ProjectXError
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.sessions.config import session_type_of
from project_x_py.trading_suite._account import AccountParts
from project_x_py.trading_suite._feed_events import FeedEvents
from project_x_py.trading_suite._figures import SuiteFigures
from project_x_py.trading_suite._idle import idle_settings
from project_x_py.trading_suite._stream import EventStream
from project_x_py.trading_suite._warnings import SuiteWarnings
from project_x_py.trading_suite.config import (
    KEYWORDS,
    Features,
    TradingSuiteConfig,
    check_keywords,
    either,
    unknown,
)
from project_x_py.trading_suite.context import ContextParts

if TYPE_CHECKING:
    from collections.abc import (
        Awaitable,
        Callable,
        ItemsView,
        Iterator,
        KeysView,
        Mapping,
        ValuesView,
    )
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from project_x_py.config import Credentials
    from project_x_py.event_bus import Event
    from project_x_py.models import Instrument, Order, OrderPlaceResponse
    from project_x_py.order_manager import OrderManager
    from project_x_py.order_tracker import OrderChainBuilder, OrderTracker
    from project_x_py.orderbook import OrderBook
    from project_x_py.position_manager import FlatProof, PositionManager
    from project_x_py.realtime_data_manager import RealtimeDataManager
    from project_x_py.risk_manager import ManagedTrade, RiskManager
    from project_x_py.sessions import SessionConfig, SessionType
    from project_x_py.statistics import MetricsServer, SuiteStatistics
    from project_x_py.trading_suite._working import WorkingReport
    from project_x_py.trading_suite.context import InstrumentContext
    from project_x_py.types import TradingSuiteStats

__all__ = ["TradingSuite"]

log = logging.getLogger(__name__)

CREDENTIALS = ("username", "api_key", "account_name", "config")
DRAIN_S = 2.0
SETTLE_S = 1.0
"""How long an end waits for orders under way, so that what is said to be left is."""


class TradingSuite:
    """Live market data of one or more instruments under one login.

    Make it with :meth:`create`. It maps symbols to :class:`InstrumentContext`; with a single
    instrument the parts are attributes of the suite as well.

    Args:
        client: A client that is logged in.
        realtime_client: The pair of hubs of the same login.
        config: The suite's settings.
        instrument_contexts: One context per instrument, by symbol; the suite's own have the
            managers of its account.
    """

    def __init__(
        self,
        client: ProjectX,
        realtime_client: ProjectXRealtimeClient,
        config: TradingSuiteConfig,
        instrument_contexts: Mapping[str, InstrumentContext | ContextParts] | None = None,
    ) -> None:
        self.client = client
        self.realtime = realtime_client
        self.config = config
        self.events = EventBus()
        given = instrument_contexts or {}
        self._account = AccountParts(client, realtime_client, config, self.events, given)
        self._contexts: dict[str, InstrumentContext] = {
            symbol: self._account.context_of(part) for symbol, part in given.items()
        }
        self._supervisor = Supervisor("suite")
        self._streams: weakref.WeakSet[EventStream] = weakref.WeakSet()
        self._is_started = self._is_guarded = False
        self._connecting = 0
        self._closed = False
        self._closing: asyncio.Task[None] | None = None
        # What concerns every instrument is announced once, on a bus that leads to all of them.
        self._connections = EventBus()
        self._connections.forward_to(self.events)
        for context in self._contexts.values():
            self._connections.forward_to(context.event_bus)
            context.event_bus.forward_to(self.events)
        events = FeedEvents(client, self._connections, self._contexts, config.timezone)
        events.listen_to(realtime_client)
        buses = (self.events, self._connections)
        self._figures = SuiteFigures(
            client,
            realtime_client,
            config,
            self._account,
            self._contexts,
            [*buses, *(context.event_bus for context in self._contexts.values())],
        )
        self._warnings = SuiteWarnings(client, self._connections, self._figures, config)
        self._metrics: list[MetricsServer] = []

    @classmethod
    async def create(
        cls,
        instruments: str | list[str] | None = None,
        instrument: str | None = None,
        timeframes: list[str] | None = None,
        features: list[str | Features] | None = None,
        session_config: SessionConfig | None = None,
        **kwargs: Any,
    ) -> Self:
        """Log in, find the contracts, load their bars, connect, and start the feeds.

        Args:
            instruments: One symbol or several.
            instrument: The same as one symbol, by keyword.
            timeframes: Bar timeframes, ``["5min"]`` when left out.
            features: Optional parts, for example ``["orderbook"]``.
            session_config: Regular or electronic hours for the session reads.
            **kwargs: Fields of :class:`TradingSuiteConfig`, ``timezone_str`` (the same as
                ``timezone``), and for the login ``username``, ``api_key``, ``account_name``,
                ``config``; what is left out comes from the environment.

        Returns:
            The suite, connected unless ``auto_connect=False``.

        Raises:
            ValueError: No instrument, an unknown timeframe or feature, or no credentials.
            TypeError: An unknown keyword; close matches are named.
            ProjectXError: The gateway refused or could not be reached; nothing is left open.
        """
        check_keywords(kwargs, (*KEYWORDS, *CREDENTIALS, "timezone_str"))
        if "timezone_str" in kwargs:
            kwargs["timezone"] = either(
                "timezone_str", kwargs.pop("timezone_str"), "timezone", kwargs.get("timezone")
            )
        login = {name: kwargs.pop(name) for name in CREDENTIALS if name in kwargs}
        chosen = either("instruments", instruments, "instrument", instrument)
        if chosen is None:
            raise ValueError("name at least one instrument, for example TradingSuite.create('MNQ')")
        config = TradingSuiteConfig(
            chosen,
            timeframes,
            features,
            session_config=session_config,
            **kwargs,
        )
        warn_if_shadowed()
        for line in idle_settings(config):
            log.warning("%s", line)
        client = _client(login)
        suite: Self | None = None
        try:
            _preload()
            await client.authenticate()
            suite = await cls._assemble(client, config)
            if config.auto_connect:
                await suite.connect()
        except BaseException:
            if suite is not None:
                await suite._release()
            else:
                await client.aclose()
            raise
        return suite

    @classmethod
    async def from_env(cls, instrument: str, **kwargs: Any) -> Self:
        """Create a suite for one instrument; the same as :meth:`create`."""
        return await cls.create(instrument, **kwargs)

    @classmethod
    async def from_config(cls, config_path: str | Path) -> Self:
        """Create a suite from a YAML, JSON or TOML file of :meth:`create`'s keywords.

        Args:
            config_path: The file; ``config`` and ``session_config`` are tables in it.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The format or a name in it is unknown (close matches are named), or a
                value cannot be right.
        """
        from project_x_py.trading_suite._file import read_settings

        direct = ("instruments", "instrument", "timezone_str")
        return await cls.create(**read_settings(config_path, (*KEYWORDS, *CREDENTIALS, *direct)))

    @classmethod
    async def _assemble(cls, client: ProjectX, config: TradingSuiteConfig) -> Self:
        from project_x_py.realtime_data_manager import audits_per_minute

        realtime = ProjectXRealtimeClient(
            client.get_session_token(), str(client.get_account_info().id), config=client.config
        )
        realtime.token_factory = client.fresh_token
        # What the managers ask for besides comes out of one small share of the budget.
        audits = RateLimiter(audits_per_minute(client.config.requests_per_minute), 60)
        contexts = await together(
            _context(symbol, client, realtime, config, audits) for symbol in config.instruments
        )
        named: dict[str, str] = {}
        for context in contexts:
            other = named.setdefault(context.instrument_info.id, context.symbol)
            if other != context.symbol:
                raise ValueError(
                    f"{other!r} and {context.symbol!r} are the same contract, "
                    f"{context.instrument_info.id}: give one of them"
                )
        return cls(client, realtime, config, {context.symbol: context for context in contexts})

    async def connect(self) -> None:
        """Connect both hubs, subscribe, and start every instrument's feed.

        One that fails or is cancelled leaves the hubs disconnected, and may be tried again.

        Raises:
            ProjectXConnectionError: A hub could not be reached within the timeout.
            ProjectXError: A subscription was refused.
            RuntimeError: The suite is closed.
        """
        if self._closing is not None or self._closed:
            raise RuntimeError("the suite is closed; create another one")
        self.raise_if_faulted()
        if self._is_started and self.is_connected:
            return
        self._is_started = False
        self._connecting += 1
        try:
            await self._connect()
            self._is_started = True
        finally:
            self._connecting -= 1
            if not (self._is_started or self._connecting or self._closed):
                await self.realtime.disconnect()

    async def _connect(self) -> None:
        if not await self.realtime.connect():
            raise ProjectXConnectionError(
                f"the hubs could not be reached: {self.client.config.user_hub_url}, "
                f"{self.client.config.market_hub_url}: "
                f"{self.realtime.last_error or 'they were left meanwhile'}"
            )
        if not self._is_guarded:
            self._is_guarded = True
            self._supervisor.spawn(self._release_at_loop_end(), name="suite-guard")
            self._supervisor.spawn(self._warnings.watch_memory(), name="suite-memory")
            self._warnings.announce_session()
        await self.realtime.subscribe_user_updates()
        await self._account.start()
        await together(self._start(context) for context in self._contexts.values())
        self._log_start()

    async def _start(self, context: InstrumentContext) -> None:
        """Feed book and bars; both attach before the answer that brings the first snapshot."""
        book = context.orderbook
        work = [context.data.start_realtime_feed()]
        if book is not None:
            work.insert(0, book.initialize(self.realtime))
        if not all(await together(work)) and book is not None:
            raise ProjectXError(f"order book of {context.symbol}: {book.last_error}")
        if book is not None:
            # The account was read before the book knew its contract.
            book.set_own_orders(self._account.orders.working_orders())

    def raise_if_faulted(self) -> None:
        """Raise when a part of the suite does not work any more; most calls begin with it.

        Raises:
            ProjectXError: A task of a part has died, or a handler was so far behind that its
                events were no longer kept for it; the message names it.
        """
        self._raise_for_tasks()
        self.events.raise_if_faulted()
        for context in self._contexts.values():
            context.event_bus.raise_if_faulted()

    def _raise_for_tasks(self) -> None:
        self._supervisor.raise_if_faulted()
        self.client.raise_if_faulted()
        self.realtime.raise_if_faulted()
        self._account.raise_if_faulted()
        for context in self._contexts.values():
            context.data.raise_if_faulted()
            if context.orderbook is not None:
                context.orderbook.raise_if_faulted()

    def _log_start(self) -> None:
        account = self.client.get_account_info()
        now_ns = self.client.clock.now_ns()
        for context in self._contexts.values():
            calendar = calendar_for(context.symbol)
            is_open = calendar.is_open(now_ns)
            turn_ns = calendar.next_close_ns(now_ns) if is_open else calendar.next_open_ns(now_ns)
            log.info(
                "%s (%s) on account %s (%s): market %s, %s %s",
                context.symbol,
                context.instrument_info.id,
                account.name,
                "simulated" if account.simulated else "LIVE",
                "open" if is_open else "closed",
                "closes" if is_open else "opens",
                to_datetime(turn_ns, context.data.timezone).isoformat(timespec="minutes"),
            )

    def working_report(self) -> WorkingReport:
        """Return what is held and what works on the account as it is known; nothing is sent."""
        return self._account.working_report()

    async def disconnect(self) -> None:
        """Stop the feeds, close the hubs and the client, deliver what is waiting, up to 2 s.

        Orders and positions stay as they are, and are logged, after up to a second in which a
        market order under way fills and a cancelled one ends; :meth:`flatten` closes them.
        DISCONNECTED is the last event. Calling it again waits for the same end.

        Raises:
            ProjectXError: A task of the suite had died; all is let go of nevertheless.
        """
        await self._end()
        self._raise_for_tasks()

    async def _end(self) -> None:
        if self._closing is None:
            self._closing = self._supervisor.spawn(self._release(settle=True), name="suite-release")
        await asyncio.shield(self._closing)

    async def _release(self, *, settle: bool = False) -> None:
        if self._closed:
            return
        self._closed = True
        if settle:
            await self._account.settle(SETTLE_S)
        for line in self._account.working_report().lines():
            log.warning("left at the gateway: %s", line)
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(self._supervisor.aclose)
            last_first.push_async_callback(self.client.aclose)
            last_first.callback(self._end_streams)
            for server in self._metrics:
                last_first.push_async_callback(server.stop)
            last_first.push_async_callback(self.events.aclose, DRAIN_S)
            for context in self._contexts.values():
                last_first.push_async_callback(context.event_bus.aclose, DRAIN_S)
            last_first.push_async_callback(self.realtime.cleanup)
            for context in self._contexts.values():
                last_first.push_async_callback(context.data.cleanup)
                if context.orderbook is not None:
                    last_first.push_async_callback(context.orderbook.cleanup)
            last_first.push_async_callback(self._account.close)

    def _end_streams(self) -> None:
        for stream in list(self._streams):
            stream.end()

    async def _release_at_loop_end(self) -> None:
        """Stay until the loop cancels what is left, then let go of the sockets."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self._release()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self._end()
        if exc_val is None:
            # What the block itself has raised says more than what died beside it.
            self._raise_for_tasks()

    def on(
        self, event: EventType | str, handler: Callable[[Event], Awaitable[Any]] | None = None
    ) -> Any:
        """Register a handler for the events of all instruments; see :meth:`EventBus.on`."""
        return self.events.on(event) if handler is None else self.events.on(event, handler)

    def once(
        self, event: EventType | str, handler: Callable[[Event], Awaitable[Any]] | None = None
    ) -> Any:
        """Register a handler for the next such event only; see :meth:`EventBus.once`."""
        return self.events.once(event) if handler is None else self.events.once(event, handler)

    async def off(
        self,
        event: EventType | str | None = None,
        handler: Callable[[Event], Awaitable[Any]] | None = None,
    ) -> None:
        """Remove exactly what is named; see :meth:`EventBus.off`."""
        await self.events.off(event, handler)

    async def wait_for(self, event: EventType | str, timeout: float | None = None) -> Event:
        """Wait for the next such event of any instrument; see :meth:`EventBus.wait_for`."""
        self.raise_if_faulted()
        return await self.events.wait_for(event, timeout)

    def stream(self, event: EventType | str) -> EventStream:
        """Return the events of one kind, of all instruments, as an async iterator.

        It begins now, keeps the order, and ends with the suite. A reader that is behind is
        treated as a handler that is, see :class:`EventBus`: no order or position event is lost.

        Raises:
            ValueError: The event is unknown.
            RuntimeError: The suite is closed.
        """
        self.raise_if_faulted()
        stream = EventStream(self.events, event)
        self._streams.add(stream)
        return stream

    def track_order(self, order: Order | OrderPlaceResponse | int | None = None) -> OrderTracker:
        """Return an async context manager that follows one order to its end.

        Args:
            order: The order, its id, or the answer that placed it; None to name it later.

        Raises:
            OrderLifecycleError: ``order`` names no order.
        """
        from project_x_py.order_tracker import OrderTracker

        self.raise_if_faulted()
        return OrderTracker(self, order)

    def order_chain(self) -> OrderChainBuilder:
        """Return a builder of an entry with a stop, a target, or a stop that follows."""
        from project_x_py.order_tracker import OrderChainBuilder

        self.raise_if_faulted()
        return OrderChainBuilder(self)

    def managed_trade(
        self, max_risk_percent: float | None = None, max_risk_amount: float | None = None
    ) -> ManagedTrade:
        """Return a trade of the suite's one instrument, to be used as ``async with``.

        It sizes by risk, enters with a stop, and leaves nothing without one; see
        :meth:`InstrumentContext.managed_trade`.

        Raises:
            ValueError: The suite has no risk manager, or a limit that cannot be.
            AttributeError: There are several instruments.
        """
        self.raise_if_faulted()
        return self._only("managed_trade()").managed_trade(max_risk_percent, max_risk_amount)

    def statistics(self) -> SuiteStatistics:
        """Return the suite and its parts as they are now, frozen; nothing is waited for."""
        return self._figures.statistics()

    async def get_stats(self) -> TradingSuiteStats:
        """Return the documented figures of the suite and its parts, measured.

        ``components`` has ``client``, ``realtime``, ``events``, ``order_manager``,
        ``position_manager``, and of each instrument ``MNQ.data``, ``MNQ.orderbook`` and
        ``MNQ.risk_manager``.
        """
        return self.statistics().documented()

    async def get_health_score(self) -> float:
        """Return 0 to 100: 0 while a hub is missing, never lower because a market is quiet.

        The mean of the parts, at most twice that of the worst.
        """
        return self.statistics().health

    async def get_component_health(self) -> dict[str, dict[str, Any]]:
        """Return per part: health_score, status, error_count, uptime_seconds, last_activity."""
        return {
            name: {
                "health_score": part.health,
                "status": part.status,
                "error_count": part.errors,
                "uptime_seconds": part.uptime_s,
                "last_activity": part.last_activity,
            }
            for name, part in self.statistics().components.items()
        }

    async def export_stats(
        self, export_format: str = "json", *, sanitize_sensitive: bool = True, **options: Any
    ) -> str | dict[str, Any]:
        """Return all statistics in a format.

        Args:
            export_format: ``json``, ``prometheus``, ``csv`` or ``datadog`` (a mapping).
            sanitize_sensitive: Whether tokens, keys, account names and numbers are left out.
            **options: Of the format, see :class:`StatsExporter`.

        Raises:
            ValueError: There is no such format.
        """
        from project_x_py.statistics.export import StatsExporter

        exporter = StatsExporter(sanitize_sensitive, hidden=self.client.private_texts())
        return exporter.written(self.statistics().comprehensive(), export_format, **options)

    async def serve_metrics(self, host: str = "127.0.0.1", port: int = 0) -> MetricsServer:
        """Serve ``/metrics`` for Prometheus, and ``/health``, until the suite is disconnected.

        Args:
            host: An address of this machine's loopback.
            port: 0 for any free one; ``url`` of what is returned has it.

        Raises:
            ProjectXError: The address is not one of loopback.
            ProjectXConnectionError: The port is taken.
            RuntimeError: The suite is closed.
        """
        from project_x_py.statistics.server import MetricsServer

        if self._closed:
            raise RuntimeError("the suite is closed")
        server = MetricsServer(self, host, port)
        self._metrics.append(server)
        await server.start()
        return server

    async def set_session_type(self, session_type: SessionType | str) -> None:
        """Use another session for the session reads of all instruments that name none.

        Raises:
            ValueError: There is no such session; nothing is changed then.
        """
        kind = session_type_of(session_type)
        for context in self._contexts.values():
            await context.data.set_session_type(kind)

    async def get_session_data(
        self, timeframe: str, session_type: SessionType | str | None = None
    ) -> Any:
        """Return the bars that start in a session.

        Args:
            timeframe: One of the suite's.
            session_type: ``RTH``, ``ETH`` or ``CUSTOM``; that of ``session_config`` when left out.

        Returns:
            The frame, None while there is none; with several instruments a mapping of their
            symbols to it.

        Raises:
            ValueError: An argument is unknown, or the session has no hours.
        """
        self.raise_if_faulted()
        kind = None if session_type is None else session_type_of(session_type)
        found = {
            symbol: await context.data.get_session_data(timeframe, kind)
            for symbol, context in self._contexts.items()
        }
        return next(iter(found.values())) if len(found) == 1 else found

    async def get_session_statistics(self, timeframe: str = "1min") -> dict[str, Any]:
        """Return figures of the regular and the electronic session over the bars held.

        Args:
            timeframe: One of the suite's.

        Returns:
            bars, volume, high, low, range and vwap, each with ``rth_`` and with ``eth_``; with
            several instruments a mapping of their symbols to these.

        Raises:
            ValueError: The timeframe is not one of the suite's.
        """
        found = {
            symbol: await context.data.get_session_statistics(timeframe)
            for symbol, context in self._contexts.items()
        }
        return next(iter(found.values())) if len(found) == 1 else found

    def __getitem__(self, symbol: str) -> InstrumentContext:
        try:
            return self._contexts[symbol]
        except KeyError:
            raise KeyError(unknown("instrument", symbol, self._contexts)) from None

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._contexts

    def __iter__(self) -> Iterator[str]:
        return iter(self._contexts)

    def __len__(self) -> int:
        return len(self._contexts)

    def keys(self) -> KeysView[str]:
        """The symbols, in the order given."""
        return self._contexts.keys()

    def values(self) -> ValuesView[InstrumentContext]:
        """The contexts, in the order given."""
        return self._contexts.values()

    def items(self) -> ItemsView[str, InstrumentContext]:
        """Symbols and contexts, in the order given."""
        return self._contexts.items()

    def _only(self, what: str) -> InstrumentContext:
        if len(self._contexts) != 1:
            raise AttributeError(
                f"this suite has {len(self._contexts)} instruments; say which: "
                + ", ".join(f"suite[{symbol!r}].{what}" for symbol in self._contexts)
            )
        return next(iter(self._contexts.values()))

    @property
    def is_connected(self) -> bool:
        """Whether both hubs are connected."""
        return self.realtime.is_connected()

    @property
    def realtime_client(self) -> ProjectXRealtimeClient:
        """The pair of hubs; the same as ``realtime``."""
        return self.realtime

    @property
    def instrument(self) -> Instrument | None:
        """The contract of a suite with one instrument, else None."""
        return self._only("instrument").instrument_info if len(self) == 1 else None

    @property
    def symbol(self) -> str:
        """The symbol of a suite with one instrument."""
        return self._only("symbol").symbol

    @property
    def instrument_id(self) -> str:
        """The contract id of a suite with one instrument."""
        return self._only("instrument_info.id").instrument_info.id

    @property
    def orders(self) -> OrderManager:
        """The orders of the account, for a suite with one instrument."""
        return self._only("orders").orders

    @property
    def data(self) -> RealtimeDataManager:
        """The bars of a suite with one instrument."""
        return self._only("data").data

    @property
    def positions(self) -> PositionManager:
        """The positions of the account, those of contracts outside the suite included."""
        return self._account.positions

    @property
    def risk_manager(self) -> RiskManager | None:
        """The limits of a suite with one instrument; None without the feature."""
        return self._only("risk_manager").risk_manager

    async def flatten(self, timeout_s: float = 30.0) -> FlatProof:
        """Cancel every order and close every position of the account, and prove it.

        Proved is what two complete reads show: nothing held, nothing working, no order whose fate
        is unknown. Without that the answer says so, and the suite keeps at it.

        Args:
            timeout_s: How long this call works before it answers.

        Raises:
            RuntimeError: The suite is closed, so that nothing can be sent.
        """
        if self._closing is not None or self._closed:
            raise RuntimeError("the suite is closed; create another one")
        return await self._account.positions.flatten(timeout_s=timeout_s)

    @property
    def orderbook(self) -> OrderBook | None:
        """The book of a suite with one instrument; None without the feature."""
        return self._only("orderbook").orderbook


def _client(login: dict[str, Any]) -> ProjectX:
    config: ProjectXConfig | None = login.get("config")
    if config is not None and not isinstance(config, ProjectXConfig):
        raise TypeError(f"config must be a ProjectXConfig, not a {type(config).__name__}")
    for name in ("username", "api_key", "account_name"):
        if not isinstance(login.get(name, ""), str | None):
            raise TypeError(f"{name} must be a text, not a {type(login[name]).__name__}")
    username, api_key = login.get("username"), login.get("api_key")
    account_name = login.get("account_name")
    if username is None or api_key is None:
        found = _credentials(username, api_key)
        username, api_key = username or found.username, api_key or found.api_key
        account_name = account_name or found.account_name
    return ProjectX(username, api_key, config or load_default_config(), account_name)


def _credentials(username: str | None, api_key: str | None) -> Credentials:
    """Return those of the environment; one without the other says which is missing."""
    try:
        return load_credentials()
    except InvalidFieldError as error:
        if username is None and api_key is None:
            raise
        given, lacks = ("username", "api_key") if api_key is None else ("api_key", "username")
        raise InvalidFieldError(f"{given} is given without {lacks}; {error}") from None


async def _context(
    symbol: str,
    client: ProjectX,
    realtime: ProjectXRealtimeClient,
    config: TradingSuiteConfig,
    audits: RateLimiter,
) -> ContextParts:
    from project_x_py.orderbook import OrderBook
    from project_x_py.realtime_data_manager import RealtimeDataManager

    contract = await client.get_instrument(symbol)
    bus = EventBus()
    data = RealtimeDataManager(
        symbol,
        client,
        realtime,
        bus,
        list(config.timeframes),
        config.timezone,
        config.get_data_manager_config(),
        config.session_config,
        clock=client.clock,
        audit_limiter=audits,
    )
    await data.initialize(config.initial_days)
    book = None
    if Features.ORDERBOOK in config.features:
        book = OrderBook(symbol, bus, client, config.timezone, config.get_orderbook_config())
        # The bars announce TRADE_TICK on the same bus, once for every print.
        book.realtime_handler.events.tells_trades = False
    return ContextParts(symbol, contract, data, bus, book)


def _preload() -> None:
    """Import the heavy libraries before the stream starts, so that nothing stalls in it."""
    import importlib

    for name in ("numpy", "polars", "talib"):
        importlib.import_module(name)
