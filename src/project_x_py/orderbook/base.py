"""What an order book holds, and the plain reads of it.

Invariants (``tests/orderbook/test_base.py``): a read changes nothing; prices handed out are on the
instrument's grid; a side that is empty has no best price; the keys returned are those documented.
"""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from project_x_py._core.book import ASK, BID
from project_x_py._core.grid import TickGrid
from project_x_py._runtime.clock import SystemClock
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook import _arguments as arguments
from project_x_py.orderbook._events import SIDE_NAMES, level_rows
from project_x_py.orderbook._rings import UNKNOWN
from project_x_py.orderbook._settings import BookSettings
from project_x_py.orderbook._state import BookState
from project_x_py.orderbook._tracker import BookFigures, BookTracking
from project_x_py.orderbook.memory import MemoryManager
from project_x_py.orderbook.realtime import RealtimeHandler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from decimal import Decimal

    import polars as pl

    from project_x_py._core.records import OrderUpdate
    from project_x_py._ports import Clock, HistorySource
    from project_x_py.event_bus import Event, EventBus
    from project_x_py.models import Instrument
    from project_x_py.types import CallbackType, OrderbookConfig

__all__ = ["OrderBookBase"]

DOM_TYPES = 12
CALLBACKS = {
    "market_depth": EventType.MARKET_DEPTH_UPDATE,
    "market_depth_update": EventType.MARKET_DEPTH_UPDATE,
    "orderbook_update": EventType.ORDERBOOK_UPDATE,
    "trade": EventType.TRADE_TICK,
    "trade_tick": EventType.TRADE_TICK,
    "best_bid_change": EventType.ORDERBOOK_UPDATE,
    "best_ask_change": EventType.ORDERBOOK_UPDATE,
}
"""Names that ``add_callback`` knows."""


@runtime_checkable
class _Clocked(Protocol):
    """A client that knows exchange time."""

    clock: Clock


class OrderBookBase(BookTracking):
    """The book, the prints, and reads that need nothing else.

    Args:
        instrument: The instrument or its symbol.
        event_bus: Where all events of the book are published.
        project_x: Looks the contract up; needed unless ``instrument`` is an Instrument.
        timezone_str: Zone of all timestamps handed out.
        config: Members of ``OrderbookConfig`` and ``MemoryConfig``: how much is kept.
        clock: Exchange time; the client's when left out, else the wall's.

    Attributes:
        state: What the book knows; read it between two awaits.
        realtime_handler: Applies the feed.
        memory_manager: Lets go what is too old.
        figures: What was counted and measured.

    Raises:
        ValueError: A setting is unknown or out of its range.
    """

    def __init__(
        self,
        instrument: str | Instrument,
        event_bus: EventBus,
        project_x: HistorySource | None = None,
        timezone_str: str = "America/Chicago",
        config: OrderbookConfig | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.instrument = instrument if isinstance(instrument, str) else instrument.name
        self.event_bus = event_bus
        self.project_x = project_x
        self.timezone = ZoneInfo(timezone_str)
        self.config: dict[str, Any] = dict(config or {})
        self.settings = BookSettings.read(self.config)
        if clock is None:
            source: object = project_x
            clock = source.clock if isinstance(source, _Clocked) else SystemClock()
        self.state = BookState(self.instrument, self.settings, self.timezone, clock)
        self.contract: Instrument | None = None
        if not isinstance(instrument, str):
            self._adopt(instrument)
        self.realtime_handler = RealtimeHandler(self)
        self.memory_manager = MemoryManager(self, self.settings.memory)
        self.figures = self._figures = BookFigures(
            self.state, self.realtime_handler, self.memory_manager
        )
        self._callbacks: dict[tuple[str, CallbackType], Callable[[Event], Awaitable[None]]] = {}

    @property
    def grid(self) -> TickGrid:
        """The instrument's tick grid.

        Raises:
            ProjectXError: The contract is not known yet; ``initialize`` looks it up.
        """
        return self.state.grid

    @property
    def trusted(self) -> bool:
        """Whether nothing is known to be wrong with the book."""
        return self.state.trusted

    @property
    def distrust_reason(self) -> str | None:
        """Why the book is not to be relied on; None while it is."""
        return self.state.distrust

    async def find_contract(self) -> Instrument:
        """Look the contract up once, and its grid with it.

        Raises:
            ProjectXError: There is no client to ask, or it knows no such instrument.
        """
        if self.contract is not None:
            return self.contract
        if self.project_x is None:
            raise ProjectXError(
                f"order book of {self.instrument}: give project_x, or an Instrument"
            )
        contract = await self.project_x.get_instrument(self.instrument)
        self._adopt(contract)
        return contract

    async def get_tick_size(self) -> Decimal:
        """Return the smallest price movement in points."""
        return self.grid.tick_size

    async def get_best_bid_ask(self) -> dict[str, Any]:
        """Return the best prices now; while the book is empty, those of the quote stream.

        Keys: bid, ask, spread, mid_price (points, None where unknown), timestamp (of the newest
        depth message, None before the first).
        """
        state = self.state
        bid, ask = state.best()
        return {
            "bid": None if bid is None else state.grid.price(bid),
            "ask": None if ask is None else state.grid.price(ask),
            "spread": None if bid is None or ask is None else state.grid.price(ask - bid),
            "mid_price": state.mid(),
            "timestamp": state.when(state.last_update_ns),
        }

    async def get_bid_ask_spread(self) -> float | None:
        """Return best ask less best bid in points; None while one is unknown.

        Below zero only while the market is closed: an opening auction may be crossed.
        """
        ticks = self.state.spread()
        return None if ticks is None else self.grid.price(ticks)

    async def get_orderbook_bids(self, levels: int = 10) -> pl.DataFrame:
        """Return the best bids: price (Float64), volume (Int64), timestamp; best first.

        Raises:
            ValueError: ``levels`` is no whole number of at least zero.
        """
        return self._side_frame(BID, levels)

    async def get_orderbook_asks(self, levels: int = 10) -> pl.DataFrame:
        """Return the best asks: price (Float64), volume (Int64), timestamp; best first.

        Raises:
            ValueError: ``levels`` is no whole number of at least zero.
        """
        return self._side_frame(ASK, levels)

    async def get_orderbook_snapshot(self, levels: int = 10) -> dict[str, Any]:
        """Return the top of the book at one moment.

        Keys: instrument, contract_id, timestamp, best_bid, best_ask, spread, mid_price, bids and
        asks (lists of price, volume, size, timestamp, best first), total_bid_volume,
        total_ask_volume (contracts on the levels returned), bid_count, ask_count, imbalance
        ((bid-ask)/(bid+ask), None when empty), trusted, reason (None while trusted).

        Raises:
            ValueError: ``levels`` is no whole number of at least zero.
        """
        arguments.count("levels", levels, least=0)
        state = self.state
        bids, asks = level_rows(state, BID, levels), level_rows(state, ASK, levels)
        bid_volume = sum([level["volume"] for level in bids])
        ask_volume = sum([level["volume"] for level in asks])
        total = bid_volume + ask_volume
        best = await self.get_best_bid_ask()
        return {
            "instrument": self.instrument,
            "contract_id": state.contract_id or None,
            "timestamp": best["timestamp"],
            "best_bid": best["bid"],
            "best_ask": best["ask"],
            "spread": best["spread"],
            "mid_price": best["mid_price"],
            "bids": bids,
            "asks": asks,
            "total_bid_volume": bid_volume,
            "total_ask_volume": ask_volume,
            "bid_count": len(bids),
            "ask_count": len(asks),
            "imbalance": (bid_volume - ask_volume) / total if total else None,
            "trusted": state.trusted,
            "reason": state.distrust,
        }

    async def get_recent_trades(self, count: int = 100) -> list[dict[str, Any]]:
        """Return the newest prints, oldest first.

        Keys of each: price, volume, side (buy, sell, neutral: who took liquidity), timestamp,
        best_bid_at_trade, best_ask_at_trade, spread_at_trade, mid_price_at_trade (just before the
        print, None where unknown), order_type ("trade": the gateway tells no more).

        Raises:
            ValueError: ``count`` is no whole number of at least zero.
        """
        arguments.count("count", count, least=0)
        return [self._trade_row(row) for row in self.state.trades.rows(count)]

    async def get_order_type_statistics(self) -> dict[str, int]:
        """Return how many entries of each DomType were received: type_0_count to type_11_count.

        Numbers that the gateway has not documented follow, if any came.
        """
        entries = self.state.counters.entries
        codes = [*range(DOM_TYPES), *sorted(code for code in entries if code >= DOM_TYPES)]
        return {f"type_{code}_count": entries.get(code, 0) for code in codes}

    async def get_own_orders(self) -> list[dict[str, Any]]:
        """Return one's own orders that rest in the book, best price first on each side.

        Keys of each: order_id, side (buy, sell), price, size, level_size (contracts displayed at
        the price), ahead (contracts before it in the queue at most; None while unknown).
        """
        state = self.state
        orders = sorted(
            state.own_orders.values(), key=lambda o: (o.side, o.price if o.side else -o.price)
        )
        return [
            {
                "order_id": order.order_id,
                "side": SIDE_NAMES[order.side],
                "price": state.grid.price(order.price),
                "size": order.size,
                "level_size": state.ladder.size_at(order.side, order.price),
                "ahead": order.ahead,
            }
            for order in orders
        ]

    def set_own_orders(self, orders: Iterable[OrderUpdate]) -> None:
        """Replace one's own orders by those of a query; later ones come with the feed."""
        self.realtime_handler.own_orders.set_all(orders)

    async def get_memory_stats(self) -> dict[str, Any]:
        """Return what is held and counted; see :meth:`MemoryManager.get_memory_stats`."""
        return dict(await self.memory_manager.get_memory_stats())

    async def get_orderbook_memory_usage(self) -> float:
        """Return the same as :meth:`get_memory_usage`."""
        return self._figures.memory_mb()

    async def cleanup_cache(self) -> None:
        """Let go what is older than the window now, without waiting for the interval."""
        await self.memory_manager.cleanup_old_data()

    async def add_callback(self, event_type: str, callback: CallbackType) -> None:
        """Call ``callback`` with the data of every such event; deprecated, use the event bus.

        Args:
            event_type: ``market_depth_update`` (or ``market_depth``), ``orderbook_update``,
                ``trade_tick`` (or ``trade``), ``best_bid_change``, ``best_ask_change``. The last
                two get the data of ORDERBOOK_UPDATE when that price is another one.
            callback: Any callable, async or not. Adding it twice is adding it once.

        Raises:
            ValueError: No such event.
        """
        warnings.warn(
            "OrderBook.add_callback() is deprecated; use events.on(EventType..., handler)",
            DeprecationWarning,
            stacklevel=2,
        )
        event = CALLBACKS.get(event_type)
        if event is None:
            raise ValueError(f"no event {event_type!r}, only {', '.join(CALLBACKS)}")
        if (event_type, callback) in self._callbacks:
            return
        handler = _handler_of(callback, event_type.removesuffix("_change"))
        self._callbacks[event_type, callback] = handler
        await self.event_bus.on(event, handler)

    async def remove_callback(self, event_type: str, callback: CallbackType) -> None:
        """Call it no more; removing what is not there is harmless. Deprecated."""
        handler = self._callbacks.pop((event_type, callback), None)
        if handler is not None:
            await self.event_bus.off(CALLBACKS[event_type], handler)

    async def cleanup(self) -> None:
        """Follow the feed no longer and end every task; what is held stays readable."""
        await self.realtime_handler.disconnect()
        await self.memory_manager.stop()
        for event_type, callback in list(self._callbacks):
            await self.remove_callback(event_type, callback)
        self._figures.tallies.show_status("disconnected")

    def sample(self) -> None:
        """Take note of the sides' levels, for the averages of ``get_memory_stats``."""
        self._figures.sample()

    def _adopt(self, contract: Instrument) -> None:
        self.contract = contract
        self.state.contract_id = contract.id
        self.state.grid = TickGrid(contract.tickSize, contract.tickValue)

    def _trade_row(self, row: tuple[int, ...]) -> dict[str, Any]:
        ticks, size, aggressor, exch_ns, bid, ask = row
        price = self.state.price
        known = bid != UNKNOWN and ask != UNKNOWN
        return {
            "price": price(ticks),
            "volume": size,
            "side": SIDE_NAMES[aggressor],
            "timestamp": self.state.when(exch_ns),
            "best_bid_at_trade": price(bid),
            "best_ask_at_trade": price(ask),
            "spread_at_trade": price(ask - bid) if known else None,
            "mid_price_at_trade": float(self.grid.decimal(bid + ask) / 2) if known else None,
            "order_type": "trade",
        }

    def _side_frame(self, side: int, levels: int) -> pl.DataFrame:
        import polars as pl

        arguments.count("levels", levels, least=0)
        rows = self.state.ladder.top(side, levels)
        price = self.grid.price
        zone = str(self.timezone)
        return pl.DataFrame(
            {
                "price": pl.Series([price(ticks) for ticks, _, _ in rows], dtype=pl.Float64),
                "volume": pl.Series([size for _, size, _ in rows], dtype=pl.Int64),
                "timestamp": pl.Series([ns // 1000 for _, _, ns in rows], dtype=pl.Int64)
                .cast(pl.Datetime("us", "UTC"))
                .dt.convert_time_zone(zone),
            }
        )


def _handler_of(callback: CallbackType, name: str) -> Callable[[Event], Awaitable[None]]:
    """Return an event handler that calls ``callback``; for best_bid and best_ask, on change."""
    unseen = object()
    last: list[object] = [unseen]

    async def handle(event: Event) -> None:
        if name in ("best_bid", "best_ask"):
            price = event.data[name]
            was, last[0] = last[0], price
            if was == price:
                return
        result = callback(event.data)
        if inspect.isawaitable(result):
            await result

    return handle
