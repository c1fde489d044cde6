"""The documented REST client: a face over the parts that do the work.

Invariants (``tests/client/``): a failure raises, emptiness is an empty result; nothing is logged
that the caller cannot see; the token and the key never leave this package.
"""

from __future__ import annotations

import logging
import os
import warnings
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from project_x_py._core.time import DAY_NS, from_datetime, to_datetime
from project_x_py._core.timeframes import timeframe as timeframe_named
from project_x_py._runtime.endpoints import clock_for, is_loopback, open_network, origin_of
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.client import _reads, _sessions
from project_x_py.client._accounts import active_accounts, select_account
from project_x_py.client._auth import TokenKeeper
from project_x_py.client._bars import check_moment
from project_x_py.client._budget import RequestBudget
from project_x_py.client._calls import GatewayCalls
from project_x_py.client._figures import client_statistics
from project_x_py.client._frames import FrameCache
from project_x_py.client._grids import Grids
from project_x_py.client._history import BarReader
from project_x_py.client._http import HttpCaller
from project_x_py.client._instruments import InstrumentBook
from project_x_py.client._lease import (
    STATE_VARIABLE,
    SharedUsage,
    lease_path,
    state_directory,
)
from project_x_py.client._queries import GatewayQueries
from project_x_py.client._trading import GatewayOrders
from project_x_py.client._windows import LocalUsage
from project_x_py.config import Credentials, load_credentials, load_default_config
from project_x_py.exceptions import ProjectXAuthenticationError, ProjectXDataError
from project_x_py.sessions.config import SessionType

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    import polars as pl

    from project_x_py._core.component import ComponentStatistics
    from project_x_py._core.notices import Notice
    from project_x_py._ports import Clock, GridLookup, Network
    from project_x_py.client._history import BarHistory
    from project_x_py.client._windows import Usage
    from project_x_py.config import ProjectXConfig
    from project_x_py.models import Account, Instrument, Position, Trade
    from project_x_py.sessions.config import SessionConfig
    from project_x_py.types.response_types import PerformanceStatsResponse

__all__ = ["ProjectX", "ProjectXBase"]

log = logging.getLogger(__name__)

TRADE_DAYS = 30
"""How far back trades are searched unless something else is asked for."""


class ProjectXBase:
    """REST access to one login of the ProjectX Gateway.

    Use it as an async context manager; leaving it closes the connections. Nothing is sent before
    :meth:`authenticate`. Requests are paced by the service's and the configuration's limits,
    together with the other processes of this user that use the same login.

    Args:
        username: Platform user name.
        api_key: API key of that user.
        config: URLs, timeouts, retries, limits; read from the environment when left out.
        account_name: Account to select; the only or first tradable one when left out.

    Attributes:
        account_info: The selected account; None before :meth:`authenticate`.
        account_name: The name to select by.
        clock: The gateway's time.
        config: As given.
    """

    def __init__(
        self,
        username: str,
        api_key: str,
        config: ProjectXConfig | None = None,
        account_name: str | None = None,
    ) -> None:
        self.config = config if config is not None else load_default_config()
        self.account_name = account_name
        self.account_info: Account | None = None
        urls = (self.config.api_url, self.config.user_hub_url, self.config.market_hub_url)
        self.clock: Clock = clock_for(urls)
        self._network: Network = open_network(urls)
        self._supervisor = Supervisor("client")
        budget = RequestBudget(self.config, self.clock, _usage(self.config.api_url, username))
        self._http = HttpCaller(self.config, self._network, self.clock, budget)
        credentials = Credentials(username, api_key, account_name)
        self._auth = TokenKeeper(credentials, self._http, self.clock, self._supervisor)
        self._calls = GatewayCalls(self._http, self._auth)
        self._instruments = InstrumentBook(self._calls, self.clock, self._supervisor)
        self._bars = BarReader(self._calls, self._instruments, self.clock, self.config.timezone)
        self._frames = FrameCache(self.clock)

    @classmethod
    @asynccontextmanager
    async def from_env(
        cls, config: ProjectXConfig | None = None, account_name: str | None = None
    ) -> AsyncGenerator[Self, None]:
        """Open a client with the credentials of the environment (or ``.env``), not logged in yet.

        Raises:
            ValueError: The credentials are missing or malformed; the message names the variables.
        """
        found = load_credentials()
        async with cls(
            found.username, found.api_key, config, account_name or found.account_name
        ) as client:
            yield client

    @classmethod
    @asynccontextmanager
    async def from_config_file(
        cls, config_file: str, account_name: str | None = None
    ) -> AsyncGenerator[Self, None]:
        """Open a client with the settings of a JSON, TOML or YAML file, not logged in yet.

        Credentials come from the environment, else from the file.

        Raises:
            ValueError: The file or the credentials are missing or malformed.
        """
        from project_x_py.config import ConfigManager

        config = ConfigManager(config_file).load_config()
        found = load_credentials(config_file)
        async with cls(
            found.username, found.api_key, config, account_name or found.account_name
        ) as client:
            yield client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.aclose()

    def raise_if_faulted(self) -> None:
        """Raise when a task of the client has died.

        Raises:
            ProjectXError: Names the task; the failure is its cause.
        """
        self._supervisor.raise_if_faulted()

    async def aclose(self) -> None:
        """Close the connections and stop the client's tasks; calling it again does nothing.

        The session at the gateway goes on, since others may use it; :meth:`logout` ends it.
        """
        self._http.budget.close()
        await self._supervisor.aclose()
        await self._network.close()

    def __repr__(self) -> str:
        account = self.account_info.name if self.account_info else None
        return f"{type(self).__name__}(api_url={self.config.api_url!r}, account={account!r})"

    async def authenticate(self) -> None:
        """Log in, list the accounts and select one.

        The account named ``account_name`` (upper or lower case), else the first that may trade,
        else the first. Which one, of how many, simulated or live, is logged. From then on the
        session is renewed before it ends.

        Raises:
            ProjectXAuthenticationError: The login is refused, or it has no account.
            ProjectXError: There is no account of that name; the message lists the names.
        """
        await self._auth.login()
        self.account_info = select_account(await self.list_accounts(), self.account_name)

    async def logout(self) -> None:
        """End the session at the gateway and forget the token.

        Raises:
            ProjectXError: The gateway failed or refused; the token is forgotten all the same.
        """
        await self._auth.logout()

    async def validate_session(self) -> bool:
        """Ask the gateway whether the session is valid, and take the fresh token it offers.

        Returns:
            False without a session, or with one that has ended; the next request logs in again.

        Raises:
            ProjectXError: The gateway failed.
        """
        return await self._auth.validate()

    async def ping(self) -> float:
        """Ask the gateway for a sign of life and return the round trip in milliseconds.

        Raises:
            ProjectXDataError: Something else than the gateway answered.
            ProjectXError: The gateway failed.
        """
        answer = await self._http.text("/Status/ping")
        if answer.casefold() != "pong":
            raise ProjectXDataError(f"/Status/ping: 'pong' was expected, not {answer[:80]!r}")
        return self._http.counters.last_ns / 1e6

    def get_session_token(self) -> str:
        """Return the session token.

        Raises:
            ProjectXAuthenticationError: :meth:`authenticate` has not succeeded yet, or the token
                was refused and another one is not there yet: ``await fresh_token()``.
        """
        if self._auth.current is None:
            what = (
                "the session token was refused by the gateway: await fresh_token() for another one"
                if self._auth.is_logged_in
                else "not logged in: await authenticate() first"
            )
            raise ProjectXAuthenticationError(what)
        return self._auth.current

    async def fresh_token(self, refused: str | None = None) -> str:
        """Return a session token with life left in it, renewing it when needed.

        Args:
            refused: A token that the gateway has refused, here or at a hub. It is not offered
                again; callers that report the same one cause one login.

        Raises:
            ProjectXAuthenticationError: Not logged in, or the login is refused.
            ProjectXError: The gateway failed.
        """
        return await self._auth.token(refused)

    def get_account_info(self) -> Account:
        """Return the selected account, as it was at :meth:`authenticate`.

        Raises:
            ProjectXAuthenticationError: :meth:`authenticate` has not succeeded yet.
        """
        if self.account_info is None:
            raise ProjectXAuthenticationError("no account selected: await authenticate() first")
        return self.account_info

    async def list_accounts(self) -> list[Account]:
        """Return the active accounts of the login.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        return await active_accounts(self._calls)

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument:
        """Return the contract that ``symbol`` names: the active month for a ticker.

        Args:
            symbol: Ticker (``MNQ``), contract name (``MNQZ6``), product code or contract id.
            live: Data tier; a practice or evaluation login has none but ``False``, which is what
                is used then, with a warning.

        Raises:
            ProjectXInstrumentError: Nothing answers to it; close matches are named.
            ProjectXError: The gateway failed or refused.
        """
        return await self._instruments.get(symbol, live)

    async def search_instruments(self, query: str, live: bool = False) -> list[Instrument]:
        """Return the gateway's matches for a text, at most 20; its search is fuzzy.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        return await self._instruments.search(query, live)

    async def list_available_contracts(self, live: bool = False) -> list[Instrument]:
        """Return the active contract of every product.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        return await self._instruments.available(live)

    async def get_bars(
        self,
        symbol: str,
        days: float = 8,
        interval: int = 5,
        unit: int = 2,
        limit: int | None = None,
        partial: bool = True,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        live: bool = False,
    ) -> pl.DataFrame:
        """Return past bars, oldest first; long histories of a ticker span contract months.

        Args:
            symbol: As in :meth:`get_instrument`.
            days: Length of the window back from now, in days, unless ``start_time`` is given.
            interval: Units per bar.
            unit: 1 second, 2 minute, 3 hour, 4 day, 5 week, 6 month. From hours on a ticker's
                bars come from the months that were active, without price adjustment; the joins
                are logged, and :meth:`get_bar_history` returns them.
            limit: At most so many bars, the newest.
            partial: Whether the bar that is still forming is included, as the last row.
            start_time: First bar start; naive means the configured time zone.
            end_time: Bars start before this; now when left out.
            live: Data tier.

        Returns:
            Frame of timestamp (start of the bar, in the configured time zone), open, high, low,
            close (Float64), volume (Int64); the same schema when it is empty.

        Raises:
            ProjectXDataError: An argument is out of range, or the answer is malformed.
            ProjectXInstrumentError: The symbol names no contract.
            ProjectXError: The gateway failed or refused.
        """
        history = await self.get_bar_history(
            symbol, days, interval, unit, limit, partial, start_time, end_time, live
        )
        return history.bars

    async def get_bar_history(
        self,
        symbol: str,
        days: float = 8,
        interval: int = 5,
        unit: int = 2,
        limit: int | None = None,
        partial: bool = True,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        live: bool = False,
    ) -> BarHistory:
        """Return past bars with the joins of contract months, and whether the last one forms.

        Arguments and errors are those of :meth:`get_bars`.
        """
        return await self._bars.read(
            symbol,
            days=days,
            interval=interval,
            unit=unit,
            limit=limit,
            partial=partial,
            start_time=start_time,
            end_time=end_time,
            live=live,
        )

    async def search_open_positions(self, account_id: int | None = None) -> list[Position]:
        """Return the open positions of an account, the selected one when left out.

        Raises:
            ProjectXPositionError: The gateway refused.
            ProjectXError: The gateway failed, or its answer has no list.
        """
        return await _reads.open_positions(self._calls, self._account(account_id))

    async def get_positions(self) -> list[Position]:
        """Return the open positions; deprecated, use :meth:`search_open_positions`.

        Raises:
            ProjectXError: As :meth:`search_open_positions`.
        """
        warnings.warn(
            "get_positions() is deprecated: use search_open_positions()",
            DeprecationWarning,
            stacklevel=2,
        )
        return await self.search_open_positions()

    async def search_trades(
        self,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        contract_id: str | None = None,
        account_id: int | None = None,
        limit: int | None = 100,
    ) -> list[Trade]:
        """Return own executions, newest first; busted ones are marked ``voided``.

        Args:
            start_date: Oldest; 30 days back when left out. Naive means the configured time zone.
            end_date: Newest; now when left out.
            contract_id: Only of this contract.
            account_id: The selected account when left out.
            limit: At most so many, the newest; None for all.

        Raises:
            ProjectXDataError: The window is empty or no datetime, or the answer has no list.
            ProjectXError: The gateway failed or refused.
        """
        check_moment("start_date", start_date)
        check_moment("end_date", end_date)
        zone = ZoneInfo(self.config.timezone)
        end_ns = self.clock.now_ns() if end_date is None else from_datetime(end_date, zone)
        start_ns = (
            end_ns - TRADE_DAYS * DAY_NS if start_date is None else from_datetime(start_date, zone)
        )
        return await _reads.own_trades(
            self._calls,
            self._account(account_id),
            start_ns=start_ns,
            end_ns=end_ns,
            contract_id=contract_id,
            limit=limit,
        )

    def order_gateway(self, grid_for: GridLookup | None = None) -> GatewayOrders:
        """Return where orders are placed, changed and cancelled; see ``_ports.OrderGateway``."""
        return GatewayOrders(self._calls, Grids(grid_for, self._instruments))

    def order_queries(self, grid_for: GridLookup | None = None) -> GatewayQueries:
        """Return where orders, positions and fills are read; see ``_ports.OrderQueries``."""
        return GatewayQueries(self._calls, Grids(grid_for, self._instruments), self.clock)

    @property
    def cache_ttl(self) -> float:
        """Longest life of a cached entry in seconds, 300 at first; setting it drops the caches."""
        return self._instruments.ttl_s

    @cache_ttl.setter
    def cache_ttl(self, seconds: float) -> None:
        if not 0 <= seconds < float("inf"):
            raise ProjectXDataError(f"cache_ttl must be 0 or more seconds, not {seconds!r}")
        self._instruments.ttl_s = float(seconds)
        self.clear_all_caches()

    def cache_instrument(self, symbol: str, instrument: Instrument) -> None:
        """Remember what a name stands for, until its time to live or the trading day ends."""
        self._instruments.store(symbol, instrument)

    def get_cached_instrument(self, symbol: str) -> Instrument | None:
        """Return what is remembered of a name, else None; no request is made."""
        return self._instruments.cached(symbol)

    def cache_market_data(self, cache_key: str, data: pl.DataFrame) -> None:
        """Keep a copy of a frame under a name; the client itself caches no bars."""
        self._frames.put(cache_key, data)

    def get_cached_market_data(self, cache_key: str) -> pl.DataFrame | None:
        """Return a copy of the frame kept under a name, None when there is none or it is old."""
        return self._frames.get(cache_key, self.cache_ttl)

    def clear_all_caches(self) -> None:
        """Forget every cached instrument and frame; the counters stay."""
        self._instruments.clear()
        self._frames.clear()

    def private_texts(self) -> tuple[str, ...]:
        """Return what is left out of everything that is handed out: names, key, token, numbers."""
        account = self.account_info
        own = () if account is None else (account.name, str(account.id))
        return (*self._auth.private, *own)

    def get_cache_stats(self) -> dict[str, Any]:
        """Return what the caches hold and how often they were of use.

        Keys: cache_hits, cache_misses, cache_hit_ratio, instrument_cache_size,
        market_data_cache_size, market_data_bytes, cache_ttl, cache_evictions (for want of room),
        cache_expirations (for their age).
        """
        hits, misses = self._instruments.hits, self._instruments.misses
        return {
            "cache_hits": hits,
            "cache_misses": misses,
            "cache_hit_ratio": hits / (hits + misses) if hits + misses else 0.0,
            "instrument_cache_size": len(self._instruments),
            "market_data_cache_size": len(self._frames),
            "market_data_bytes": self._frames.bytes_held(),
            "cache_ttl": self.cache_ttl,
            "cache_evictions": self._instruments.evictions + self._frames.evictions,
            "cache_expirations": self._instruments.expirations + self._frames.expirations,
        }

    async def get_health_status(self) -> PerformanceStatsResponse:
        """Return what the client has done so far, as measured.

        Keys: api_calls (HTTP requests that left), cache_hits, cache_misses, cache_hit_ratio,
        total_requests (calls made, whatever the number of tries), active_connections (requests
        under way).
        """
        cache = self.get_cache_stats()
        return {
            "api_calls": self._http.counters.requests,
            "cache_hits": cache["cache_hits"],
            "cache_misses": cache["cache_misses"],
            "cache_hit_ratio": cache["cache_hit_ratio"],
            "total_requests": self._http.counters.calls,
            "active_connections": self._http.counters.in_flight,
        }

    @property
    def expires_ns(self) -> int:
        """When the session ends, in ns since 1970 UTC; 0 without one."""
        return self._auth.expiry_ns if self._auth.is_logged_in else 0

    def add_notice_listener(self, listener: Notice) -> None:
        """Call ``listener(name, facts)`` for every notice, synchronously.

        ``authenticated`` after a login or a renewal: ``how`` (login, renewal) and ``expires_ns``.
        ``rate_limit_warning`` when requests have to wait for more than a second, or one was
        answered 429: ``kind`` (waiting, refused), ``budget`` (rest, bars, or own, which is that of
        the configuration), ``used`` of ``limit`` requests, ``waiting`` and ``wait_seconds``.
        """
        self._auth.notices.add(listener)
        self._http.budget.notices.add(listener)

    def statistics(self) -> ComponentStatistics:
        """Return everything that was counted and measured, as it is now.

        The health is 0 without a session, else the share of requests that were answered well.
        Latency: ``order_sent`` and ``order_answered`` of requests that change something.
        """
        return client_statistics(
            self._http,
            self.clock.monotonic_ns(),
            logged_in=self._auth.is_logged_in,
            figures={**self.get_performance_stats(), **self.get_cache_stats()},
        )

    def get_performance_stats(self) -> dict[str, float]:
        """Return counters of requests, and how full the service's windows are.

        Keys: api_calls, total_requests, retries, errors, rate_limited, active_connections,
        average_response_time_ms, last_response_time_ms, logins, token_renewals,
        rest_window_used, rest_window_limit, bars_window_used, bars_window_limit, waiting; once
        there is an answer fastest_response_time_ms and slowest_response_time_ms.
        """
        counters = self._http.counters
        extremes = {"fastest": counters.fastest_ns, "slowest": counters.slowest_ns}
        return {
            "api_calls": counters.requests,
            "total_requests": counters.calls,
            "retries": counters.retries,
            "errors": counters.errors,
            "rate_limited": counters.rate_limited,
            "active_connections": counters.in_flight,
            "average_response_time_ms": counters.mean_ms,
            "last_response_time_ms": counters.last_ns / 1e6,
            "logins": self._auth.logins,
            "token_renewals": self._auth.renewals,
            **{
                f"{name}_response_time_ms": ns / 1e6
                for name, ns in extremes.items()
                if ns is not None
            },
            **self._http.budget.state(),
        }

    async def get_session_bars(
        self,
        symbol: str,
        timeframe: str = "1min",
        session_type: SessionType | str | None = None,
        session_config: SessionConfig | None = None,
        days: float = 1,
        *,
        limit: int | None = None,
        partial: bool = True,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> pl.DataFrame:
        """Return past bars whose start lies in a session.

        Args:
            symbol: As in :meth:`get_instrument`.
            timeframe: Name of a documented timeframe.
            session_type: ``RTH``, ``ETH`` (the whole trading day) or ``CUSTOM``; None for that of
                ``session_config``, and every bar without one.
            session_config: The user's own hours; the exchange's when left out.
            days: Length of the window back from now, in days.
            limit: At most so many bars before those of other sessions are left out.
            partial: Whether the bar that is still forming is included.
            start_time: First bar start, instead of ``days``.
            end_time: Bars start before this.

        Raises:
            ValueError: There is no such timeframe, session, or product with known hours; the
                message names what there is.
            ProjectXError: As :meth:`get_bars`.
        """
        tf = timeframe_named(timeframe)
        kind = _sessions.checked_session(symbol, session_type, session_config, self.clock.now_ns())
        bars = await self.get_bars(
            symbol, days, tf.unit_number, tf.unit, limit, partial, start_time, end_time
        )
        return _sessions.in_session(bars, symbol, kind, session_config)

    async def get_session_market_hours(self, symbol: str) -> dict[str, Any]:
        """Return the hours of the running or next trading day, in New York time.

        Keys: RTH and ETH, each with open and close (``HH:MM``) and timezone.

        Raises:
            ProjectXInstrumentError: The symbol names no contract.
            ValueError: The product's hours are not known.
        """
        contract = await self.get_instrument(symbol)
        return dict(_sessions.market_hours(contract.id, self.clock.now_ns()))

    async def get_session_volume_profile(
        self,
        symbol: str,
        session_type: SessionType | str | None = None,
        days: float = 1,
        price_levels: int = 50,
    ) -> dict[str, Any]:
        """Return how the volume of a session's minutes spreads over prices.

        Keys: price_level (middles, ascending), volume (its sum is that of the bars),
        session_type.

        Raises:
            ValueError: ``price_levels`` is not above zero, or as :meth:`get_session_bars`.
            ProjectXError: As :meth:`get_bars`.
        """
        if price_levels < 1:
            raise ProjectXDataError(f"price_levels must be above zero, not {price_levels!r}")
        kind = _sessions.session_of(session_type)
        bars = await self.get_session_bars(symbol, "1min", kind, days=days)
        return dict(_sessions.profile_of(bars, kind, price_levels))

    async def get_session_statistics(
        self, symbol: str, session_type: SessionType | str | None = None, days: float = 1
    ) -> dict[str, Any]:
        """Return session_high, session_low, session_volume, session_vwap and session_range.

        All but the volume are None where there are no bars.

        Args:
            symbol: As in :meth:`get_instrument`.
            session_type: ``RTH`` or ``ETH``, which is the whole trading day and the default.
            days: Length of the window back from now, in days.

        Raises:
            ValueError, ProjectXError: As :meth:`get_session_bars`.
        """
        from project_x_py.sessions.statistics import session_summary

        kind = _sessions.session_of(session_type) or SessionType.ETH
        bars = await self.get_session_bars(symbol, "1min", kind, days=days)
        return session_summary(bars, symbol, kind)

    async def is_session_open(
        self, symbol: str, session_type: SessionType | str | None = None
    ) -> bool:
        """Return whether a session is on: the whole trading day unless ``RTH`` is asked for.

        Raises:
            ProjectXInstrumentError: The symbol names no contract.
            ValueError: There is no such session, or the product's hours are not known.
        """
        kind = _sessions.session_of(session_type)
        contract = await self.get_instrument(symbol)
        return _sessions.is_open(contract.id, kind, self.clock.now_ns())

    async def get_next_session_open(
        self, symbol: str, session_type: SessionType | str | None = None
    ) -> datetime | None:
        """Return when the next session begins, in UTC; None when none does within a month.

        Raises:
            ProjectXInstrumentError: The symbol names no contract.
            ValueError: There is no such session, or the product's hours are not known.
        """
        kind = _sessions.session_of(session_type)
        contract = await self.get_instrument(symbol)
        return _sessions.next_open(contract.id, kind, self.clock.now_ns())

    async def get_session_trades(
        self, symbol: str, session_type: SessionType | str | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """Return own executions of the running trading day that lie in a session, newest first.

        The gateway tells of nobody else's trades but as they happen.

        Raises:
            ProjectXError: As :meth:`search_trades`.
        """
        kind = _sessions.session_of(session_type)
        contract = await self.get_instrument(symbol)
        now = to_datetime(self.clock.now_ns(), ZoneInfo(self.config.timezone))
        trades = await self.search_trades(now - timedelta(days=1), None, contract.id, limit=None)
        kept = [
            trade.to_dict()
            for trade in trades
            if _sessions.holds(contract.id, kind, trade.creationTimestamp)
        ]
        return kept[:limit]

    async def get_session_order_flow(
        self, symbol: str, session_type: SessionType | str | None = None, days: float = 1
    ) -> dict[str, Any]:
        """Return buy_volume, sell_volume, net_delta and total_volume of a session's minutes.

        The gateway's bars do not tell who was aggressive; the direction of each minute stands in
        for it.

        Raises:
            ProjectXError: As :meth:`get_session_bars`.
        """
        bars = await self.get_session_bars(symbol, "1min", session_type, days=days)
        return dict(_sessions.order_flow(bars))

    async def call(self, path: str, body: Mapping[str, object] | None) -> dict[str, Any]:
        """Send a query that has no method of its own, and return its successful envelope.

        Args:
            path: Below ``api_url``, such as ``"/Account/search"``.
            body: Its JSON body.

        Raises:
            ProjectXAuthenticationError: Not logged in, or refused with a fresh token too.
            ProjectXError: The gateway failed, or answered ``success: false``; ``error_code`` is
                its code.
        """
        return (await self._calls.ask(path, body)).plain()

    def _account(self, account_id: int | None) -> int:
        return self.get_account_info().id if account_id is None else account_id


class ProjectX(ProjectXBase):
    """The client under its documented name; see :class:`ProjectXBase`."""


def _usage(api_url: str, username: str) -> Usage:
    """Return who counts a login's requests: a file shared by processes, but for a simulation."""
    if is_loopback(api_url) and not os.environ.get(STATE_VARIABLE):
        return LocalUsage()
    folder = state_directory(os.environ)
    return SharedUsage(lease_path(folder, origin_of(api_url), username))
