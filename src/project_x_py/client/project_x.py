"""The documented REST client.

Invariants (``tests/client/``): a failure raises, emptiness is an empty result; nothing is logged
in that the caller cannot see; the token and the key never leave this package.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from project_x_py._core.time import to_datetime
from project_x_py._runtime.endpoints import clock_for, open_network
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.client._auth import TokenKeeper
from project_x_py.client._bars import BarQuery, bar_frame, fetch_rows
from project_x_py.client._budget import RequestBudget
from project_x_py.client._contracts import find_contract, read_contracts
from project_x_py.client._http import HttpCaller
from project_x_py.config import Credentials, ProjectXConfig, load_credentials, load_default_config
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXDataError,
    ProjectXError,
    ProjectXInstrumentError,
)
from project_x_py.models import Account, Instrument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    import polars as pl

    from project_x_py._ports import Clock, Network

__all__ = ["ProjectX", "ProjectXBase"]

log = logging.getLogger(__name__)


class ProjectXBase:
    """REST access to one login of the ProjectX Gateway.

    Use it as an async context manager; leaving it closes the connections. Nothing is sent before
    :meth:`authenticate`.

    Args:
        username: Platform user name.
        api_key: API key of that user.
        config: URLs, timeouts, retries, limits; read from the environment when left out.
        account_name: Account to select; the only or first tradable one when left out.
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
        budget = RequestBudget(self.config, self.clock)
        self._http = HttpCaller(self.config, self._network, self.clock, budget)
        credentials = Credentials(username, api_key, account_name)
        self._auth = TokenKeeper(credentials, self._http, self.clock, self._supervisor)
        self._instruments: dict[tuple[str, bool], Instrument] = {}
        self._cache_hits = 0

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
        """Open a client with the settings of a JSON, TOML or YAML file.

        Credentials come from the environment, so that they need not lie in a file.

        Raises:
            ValueError: The file or the credentials are missing or malformed.
        """
        from project_x_py.config import ConfigManager

        async with cls.from_env(ConfigManager(config_file).load_config(), account_name) as client:
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

    async def aclose(self) -> None:
        """Close the connections and stop the client's tasks; calling it again does nothing."""
        await self._supervisor.aclose()
        await self._network.close()

    def __repr__(self) -> str:
        account = self.account_info.name if self.account_info else None
        return f"{type(self).__name__}(api_url={self.config.api_url!r}, account={account!r})"

    async def authenticate(self) -> None:
        """Log in, list the accounts and select one.

        The account named ``account_name`` (upper or lower case), else the first that may trade,
        else the first. Which one, of how many, simulated or live, is logged.

        Raises:
            ProjectXAuthenticationError: The login is refused, or it has no account.
            ProjectXError: There is no account of that name; the message lists the names.
        """
        await self._auth.login()
        accounts = await self.list_accounts()
        if not accounts:
            raise ProjectXAuthenticationError(
                "the login has no active account; open one on the platform first"
            )
        self.account_info = _select(accounts, self.account_name)
        log.info(
            "account %s (%s), 1 of %d",
            self.account_info.name,
            "simulated" if self.account_info.simulated else "LIVE",
            len(accounts),
        )

    def get_session_token(self) -> str:
        """Return the session token.

        Raises:
            ProjectXAuthenticationError: :meth:`authenticate` has not succeeded yet.
        """
        if self._auth.current is None:
            raise ProjectXAuthenticationError("not logged in: await authenticate() first")
        return self._auth.current

    async def fresh_token(self) -> str:
        """Return a session token with at least five minutes left, renewing it when needed."""
        return await self._auth.token()

    def get_account_info(self) -> Account:
        """Return the selected account.

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
        answer = await self.call("/Account/search", {"onlyActiveAccounts": True})
        return [Account.from_api(row) for row in answer.get("accounts") or () if row]

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument:
        """Return the contract that ``symbol`` names: the active month for a ticker.

        Args:
            symbol: Ticker (``MNQ``), contract name (``MNQZ6``), product code or contract id.
            live: Data tier; a practice or evaluation login has none but ``False``.

        Raises:
            ProjectXInstrumentError: Nothing answers to it; close matches are named.
        """
        if not symbol or not symbol.strip():
            raise ProjectXInstrumentError("an instrument needs a symbol, for example 'MNQ'")
        key = (symbol.strip().upper(), live)
        known = self._instruments.get(key)
        if known is not None:
            self._cache_hits += 1
            return known
        contract = await find_contract(
            key[0],
            live=live,
            search=self.search_instruments,
            by_id=self._contract_by_id,
            today=to_datetime(self.clock.now_ns()).date(),
        )
        for name in (key[0], contract.id.upper(), contract.name.upper()):
            self._instruments[name, live] = contract
        return contract

    async def search_instruments(self, query: str, live: bool = False) -> list[Instrument]:
        """Return the gateway's matches for a text, at most 20; its search is fuzzy."""
        answer = await self.call("/Contract/search", {"searchText": query, "live": live})
        return read_contracts(answer.get("contracts"))

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
    ) -> pl.DataFrame:
        """Return past bars, oldest first.

        Args:
            symbol: As in :meth:`get_instrument`.
            days: Length of the window back from now, in days, unless ``start_time`` is given.
            interval: Units per bar.
            unit: 1 second, 2 minute, 3 hour, 4 day, 5 week, 6 month.
            limit: At most so many bars, the newest.
            partial: Whether the bar that is still forming is included, as the last row.
            start_time: First bar start; naive means the configured time zone.
            end_time: Bars start before this; now when left out.

        Returns:
            Frame of timestamp (start of the bar, in the configured time zone), open, high, low,
            close (Float64), volume (Int64); the same schema when it is empty.

        Raises:
            ProjectXDataError: An argument is out of range, or the answer is malformed.
            ProjectXInstrumentError: The symbol names no contract.
            ProjectXError: The gateway failed or refused.
        """
        contract = await self.get_instrument(symbol)
        query = BarQuery.build(
            contract.id,
            days=days,
            interval=interval,
            unit=unit,
            limit=limit,
            partial=partial,
            start_time=start_time,
            end_time=end_time,
            timezone=self.config.timezone,
            now_ns=self.clock.now_ns(),
            live=False,
        )
        rows = await fetch_rows(query, lambda body: self.call("/History/retrieveBars", body))
        return bar_frame(rows, self.config.timezone)

    async def get_health_status(self) -> dict[str, Any]:
        """Return what the client has done so far.

        Keys: api_calls, cache_hits, cache_misses, cache_hit_ratio, total_requests,
        active_connections.
        """
        misses = len(self._instruments)
        looked_up = self._cache_hits + misses
        return {
            "api_calls": self._http.counters.requests,
            "cache_hits": self._cache_hits,
            "cache_misses": misses,
            "cache_hit_ratio": self._cache_hits / looked_up if looked_up else 0.0,
            "total_requests": self._http.counters.requests,
            "active_connections": int(self._auth.current is not None),
        }

    async def call(
        self, path: str, body: Mapping[str, object] | None, *, idempotent: bool = True
    ) -> dict[str, Any]:
        """Send a request with the session token and return the successful envelope.

        A 401 renews the token once and sends the request again; the gateway refuses such a
        request before it acts on it.

        Raises:
            ProjectXAuthenticationError: Not logged in, or refused with a fresh token too.
            ProjectXError: The gateway answered ``success: false``; ``error_code`` is its code.
        """
        token = await self._auth.token() if self._auth.current else self.get_session_token()
        try:
            answer = await self._send(path, body, token, idempotent)
        except ProjectXAuthenticationError:
            token = await self._auth.renew(unless=token)
            answer = await self._send(path, body, token, idempotent)
        if not answer["success"]:
            raise _refused(path, answer)
        return answer

    async def _send(
        self, path: str, body: Mapping[str, object] | None, token: str, idempotent: bool
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        return await self._http.call(path, body, headers=headers, idempotent=idempotent)

    async def _contract_by_id(self, contract_id: str) -> Instrument | None:
        try:
            answer = await self.call("/Contract/searchById", {"contractId": contract_id})
        except ProjectXInstrumentError:
            return None
        row = answer.get("contract")
        return Instrument.from_api(row) if row else None


class ProjectX(ProjectXBase):
    """The client under its documented name; see :class:`ProjectXBase`."""


def _select(accounts: list[Account], name: str | None) -> Account:
    if name is not None:
        for account in accounts:
            if account.name.upper() == name.upper():
                return account
        names = ", ".join(account.name for account in accounts)
        raise ProjectXError(f"there is no active account {name!r}; the login has: {names}")
    return next((account for account in accounts if account.canTrade), accounts[0])


def _refused(path: str, answer: dict[str, Any]) -> ProjectXError:
    code, text = answer.get("errorCode"), answer.get("errorMessage")
    kind: type[ProjectXError] = ProjectXError
    if path.startswith("/Contract/"):
        kind = ProjectXInstrumentError
    elif path.startswith("/History/"):
        kind = ProjectXDataError
    return kind(
        f"{path}: the gateway refused with code {code}: {text or 'no reason given'}", code, answer
    )
