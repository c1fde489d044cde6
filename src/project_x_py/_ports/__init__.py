"""How the parts of a suite see each other: small Protocols, no behaviour.

A manager names a port, never another manager's class; ``trading_suite`` hands in the concrete
ones. A port has at most seven methods (``tests/architecture/test_ports.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from decimal import Decimal

    import polars as pl

    from project_x_py._core.exposure import OpenOrder
    from project_x_py._core.gaps import FeedGap
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.orders.intents import Purpose
    from project_x_py._core.records import (
        AccountUpdate,
        Depth,
        OrderUpdate,
        PositionUpdate,
        Quote,
        Trade,
        TradeUpdate,
    )
    from project_x_py._core.submission import (
        Lane,
        Listing,
        OrderEdit,
        OrderRequest,
        OrderSearch,
        Outcome,
    )
    from project_x_py.models import Account, Instrument

__all__ = [
    "AccountSource",
    "Clock",
    "ConnectionChange",
    "ContextView",
    "EntryGate",
    "GapFeed",
    "GapListener",
    "GridLookup",
    "HeldPositions",
    "HistorySource",
    "HttpAnswer",
    "LastPrices",
    "MarketFeed",
    "MarketSink",
    "Network",
    "OpenOrders",
    "OrderGateway",
    "OrderQueries",
    "OrderSource",
    "PositionMoney",
    "PositionOrders",
    "PositionOrdersOwner",
    "PriceSource",
    "Socket",
    "SuiteView",
    "TaskOwner",
    "UserFeed",
    "UserSink",
]

DataT_co = TypeVar("DataT_co", covariant=True)
OrdersT_co = TypeVar("OrdersT_co", covariant=True)
BusT_co = TypeVar("BusT_co", covariant=True)
ContextT_co = TypeVar("ContextT_co", covariant=True)


@runtime_checkable
class Clock(Protocol):
    """Time as the SDK sees it.

    Exchange time drives bars, sessions and staleness, and may run faster than the wall in a
    replay; wall and monotonic time are never scaled.
    """

    def now_ns(self) -> int:
        """Exchange time in nanoseconds since 1970 UTC."""
        ...

    def wall_ns(self) -> int:
        """Wall time in nanoseconds since 1970 UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Monotonic time in nanoseconds from an arbitrary origin."""
        ...

    async def sleep_until(self, exch_ns: int) -> None:
        """Wait until exchange time has reached ``exch_ns``; return at once if it has."""
        ...


class HttpAnswer(Protocol):
    """The answer to one request, read to its end."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def body(self) -> bytes: ...


class Socket(Protocol):
    """An open WebSocket. ``receive`` raises ConnectionError once it is closed, with the reason."""

    async def send(self, data: bytes) -> None: ...

    async def receive(self) -> bytes: ...

    async def close(self) -> None: ...


class Network(Protocol):
    """The way out: HTTP requests and WebSockets.

    Failures before a byte left raise :class:`~project_x_py.exceptions.ProjectXConnectionError`
    with ``sent`` False; later ones with ``sent`` True. A refused WebSocket upgrade raises it with
    the HTTP status as ``error_code``.
    """

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> HttpAnswer: ...

    async def connect(
        self, url: str, *, headers: Mapping[str, str], timeout_s: float
    ) -> Socket: ...

    async def close(self) -> None: ...


class MarketSink(Protocol):
    """An owner of market state, fed in the order of arrival by one synchronous call a message."""

    def on_trades(self, trades: Sequence[Trade]) -> None: ...

    def on_quote(self, quote: Quote) -> None: ...

    def on_depth(self, depth: Depth) -> None: ...


class MarketFeed(Protocol):
    """Where owners of market state get their records from.

    Sinks of one contract are called in the order of ``rank`` (book 0, bars 1), whatever the
    order in which they were attached.
    """

    def attach(self, contract_id: str, grid: TickGrid, sink: MarketSink, *, rank: int) -> None: ...

    def detach(self, contract_id: str, sink: MarketSink) -> None: ...

    async def subscribe_market_data(self, contract_ids: list[str]) -> bool: ...

    async def unsubscribe_market_data(self, contract_ids: list[str]) -> bool: ...

    async def renew_market_data(self, contract_id: str) -> bool:
        """Subscribe anew, so that the gateway sends a full quote and a fresh book."""
        ...

    def is_connected(self) -> bool: ...


class GapListener(Protocol):
    """Told of every outage of a feed, synchronously: when it opens and when it is over."""

    def __call__(self, gap: FeedGap) -> None: ...


@runtime_checkable
class GapFeed(Protocol):
    """Who knows of outages. ``report_backfill`` says which kinds a listener has read anew."""

    def add_gap_listener(self, listener: GapListener) -> None: ...

    def remove_gap_listener(self, listener: GapListener) -> None: ...

    def report_backfill(self, gap: FeedGap, kinds: tuple[str, ...]) -> None: ...


class UserSink(Protocol):
    """An owner of account state, fed in the order of arrival; own account only."""

    def on_order(self, update: OrderUpdate) -> None: ...

    def on_position(self, update: PositionUpdate) -> None: ...

    def on_fill(self, update: TradeUpdate) -> None: ...

    def on_account(self, update: AccountUpdate) -> None: ...


class GridLookup(Protocol):
    """The grid of a contract that an account event names; None when nobody knows it yet."""

    def __call__(self, contract_id: str) -> TickGrid | None: ...


class UserFeed(Protocol):
    """Where owners of account state get their records from, in the order of ``rank``.

    Orders 2, positions 3. Records of contracts whose grid is unknown are kept until
    ``grids_known`` is called, never dropped.
    """

    def attach_user(self, sink: UserSink, grid_for: GridLookup, *, rank: int) -> None: ...

    def detach_user(self, sink: UserSink) -> None: ...

    def grids_known(self) -> None: ...


class HistorySource(Protocol):
    """Where a data manager gets an instrument and its past bars from."""

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument: ...

    async def get_bars(
        self,
        symbol: str,
        days: float = ...,
        interval: int = ...,
        unit: int = ...,
        limit: int | None = ...,
        partial: bool = ...,
        start_time: datetime | None = ...,
        end_time: datetime | None = ...,
    ) -> pl.DataFrame: ...

    async def search_instruments(self, query: str, live: bool = False) -> list[Instrument]: ...


class OrderGateway(Protocol):
    """Where requests that change something go: each is sent once, and no failure is raised.

    What proves nothing is an ``Uncertain``. Only a contract that nobody knows, before anything is
    sent, and cancellation pass through; after the latter, whatever left is unknown.
    """

    async def place(self, order: OrderRequest, *, lane: Lane = ...) -> Outcome: ...

    async def modify(self, edit: OrderEdit, *, lane: Lane = ...) -> Outcome: ...

    async def cancel(self, account_id: int, order_id: int) -> Outcome: ...

    async def close_position(self, account_id: int, contract_id: str) -> Outcome: ...

    async def reduce_position(self, account_id: int, contract_id: str, size: int) -> Outcome: ...


class OrderQueries(Protocol):
    """What the gateway knows of orders, positions and fills. Failures are raised.

    A list that is not there is ``Absent``, never an empty one. The lane says whose turn it is
    when requests are scarce: proofs that nothing is left go with the cancellations they prove.
    """

    async def orders(self, search: OrderSearch, *, lane: Lane = ...) -> Listing[OrderUpdate]:
        """All pages of the orders that fit, suspended legs included, oldest first."""
        ...

    async def order(
        self, account_id: int, order_id: int, *, lane: Lane = ...
    ) -> OrderUpdate | None:
        """One order in whatever state; None when the account has no such order."""
        ...

    async def positions(self, account_id: int, *, lane: Lane = ...) -> Listing[PositionUpdate]: ...

    async def fills(
        self, account_id: int, since_ns: int, until_ns: int | None = None, *, lane: Lane = ...
    ) -> Listing[TradeUpdate]:
        """The executions of a time span, oldest first; busted ones are marked."""
        ...


class EntryGate(Protocol):
    """Who knows when a contract is no longer one to open positions in."""

    def entry_refusal(self, contract_id: str) -> str | None:
        """Return why no position should be opened in a contract, None when one may."""
        ...


class OrderSource(Protocol):
    """A client that is logged in, as an order manager sees it."""

    @property
    def clock(self) -> Clock: ...

    def get_account_info(self) -> Account: ...

    async def list_accounts(self) -> list[Account]: ...

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument: ...

    def order_gateway(self, grid_for: GridLookup | None = None) -> OrderGateway: ...

    def order_queries(self, grid_for: GridLookup | None = None) -> OrderQueries: ...


class LastPrices(Protocol):
    """Who knows what a contract traded at last."""

    def last_price(self, contract_id: str) -> tuple[int, float] | None:
        """Return the last price in ticks and its age in exchange seconds, None before any."""
        ...


class PriceSource(LastPrices, Protocol):
    """Who also tells of every trade as it comes: contract id and price in ticks."""

    def add_price_listener(self, listener: Callable[[str, int], None]) -> None: ...

    def remove_price_listener(self, listener: Callable[[str, int], None]) -> None: ...


class HeldPositions(Protocol):
    """The one owner of an account's positions; told of statements, complete lists and fills."""

    def hear_position(self, update: PositionUpdate) -> None: ...

    def hear_positions(self, listed: tuple[PositionUpdate, ...], asof_ns: int) -> None: ...

    def hear_fill(self, fill: TradeUpdate) -> None: ...

    def holds_positions(self) -> bool: ...

    def net(self, contract_id: str) -> int: ...

    def net_after(self, contract_id: str, since_ns: int) -> int | None:
        """Return what is held by a statement well after ``since_ns``, None without one."""
        ...


class PositionOrders(Protocol):
    """The orders of an account, as those see them who look after positions."""

    def adopt(self, keeper: HeldPositions) -> None: ...

    def held_grid(self, contract_id: str) -> TickGrid | None: ...

    async def close_at_gateway(self, contract_id: str) -> Outcome: ...

    async def reduce_at_gateway(self, contract_id: str, size: int) -> Outcome: ...

    async def cancel_working(self, contract_id: str | None) -> int:
        """Cancel every working order, once each; return how many work or are unknown."""
        ...

    def withheld(self, contract_id: str | None) -> AbstractContextManager[None]:
        """Refuse entries of a contract, of all for None, as long as the context lasts."""
        ...

    async def read_account(self) -> bool: ...


class OpenOrders(Protocol):
    """What works or may work, and what an order was for."""

    def open_orders(self) -> tuple[OpenOrder, ...]: ...

    def purpose_of(self, order_id: int) -> Purpose | None: ...


class PositionMoney(Protocol):
    """What an account holds and made, asked for at once; dollars."""

    def nets(self) -> dict[str, int]: ...

    def open_profit(self, contract_id: str) -> Decimal | None:
        """Return the open profit at the last price; None without one."""
        ...

    def balance(self) -> Decimal: ...

    def day_realised(self) -> Decimal | None:
        """Return what the trading day realised, costs paid; None before its fills are known."""
        ...

    def day_trades(self) -> int: ...

    def results(self) -> list[Decimal]:
        """Return what each closed position made, costs paid, oldest first."""
        ...

    def add_result_listener(self, listener: Callable[[str, Decimal], None]) -> None:
        """Call ``listener(contract_id, dollars)`` with every position that closes."""
        ...


class PositionOrdersOwner(Protocol):
    """An order manager, as those see it who look after positions."""

    @property
    def position_door(self) -> PositionOrders: ...


class TaskOwner(Protocol):
    """Starts tasks that somebody waits for."""

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> Any: ...


class ConnectionChange(Protocol):
    """Told synchronously when a hub's state has changed."""

    def __call__(self, state: str, hub: str, details: Mapping[str, Any]) -> None: ...


class AccountSource(Protocol):
    """A client that is logged in, as far as it knows balances and instruments."""

    def get_account_info(self) -> Account: ...

    async def list_accounts(self) -> list[Account]: ...

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument: ...


class ContextView(Protocol[DataT_co, OrdersT_co, BusT_co]):
    """One instrument of a suite; who stands on a suite names the types of its parts."""

    @property
    def symbol(self) -> str: ...

    @property
    def instrument_info(self) -> Instrument: ...

    @property
    def data(self) -> DataT_co: ...

    @property
    def orders(self) -> OrdersT_co: ...

    @property
    def event_bus(self) -> BusT_co: ...


class SuiteView(Protocol[ContextT_co, BusT_co]):
    """A suite: its client, the bus of all its events, and its instruments."""

    @property
    def client(self) -> AccountSource: ...

    @property
    def events(self) -> BusT_co: ...

    def values(self) -> Iterable[ContextT_co]: ...
