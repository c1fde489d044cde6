"""Everything a book knows, as its parts read it.

The one writer is the real-time half (``realtime.py`` and the parts it composes). Analytics,
detection and profile only read, without ``await`` between two reads that must agree: then what
they see is one moment.

How to read: ``state.ladder.top(BID, 10)`` is the book now; ``state.trades.columns(since_ns)``,
``state.changes.columns(since_ns)`` and ``state.quotes.columns(since_ns)`` are int64 numpy views of
what happened, oldest first, in ticks, contracts and nanoseconds, ``UNKNOWN`` where nothing is
known; ``state.window_ns(minutes)`` is the exchange time so many minutes ago.

Invariants (``tests/orderbook/test_state.py``, ``tests/orderbook/test_depth.py``): a read changes
nothing; the histories never exceed their bounds; the last row of ``quotes`` is the top now.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from project_x_py._core.book import PriceLadder
from project_x_py._core.time import NS, to_datetime
from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook._bursts import Bursts, WatchedLevels
from project_x_py.orderbook._rings import UNKNOWN, QuoteRing, Ring, TradeRing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from project_x_py._core.grid import TickGrid
    from project_x_py._ports import Clock
    from project_x_py.orderbook._settings import BookSettings

__all__ = ["UNKNOWN", "BookCounters", "BookState", "LevelKind", "OwnOrder"]

MINUTE = 60 * NS
KEPT = 4096
"""Prices and moments of which what is shown is kept: levels are shown far more often than set."""


class LevelKind(enum.IntEnum):
    """What a row of the level history tells."""

    SET = 0
    """A message set the level from ``old`` (0: it was not there) to ``new`` contracts."""
    REMOVED = 1
    """A message emptied the level; ``new`` is 0."""
    DROPPED = 2
    """The level was inferred to be gone: crossed by a better price, or beyond the window."""
    RESET = 3
    """The book was cleared: price UNKNOWN, ``old`` is the levels it had. Not a cancellation."""
    SNAPSHOT = 4
    """The picture after a reset; ``old`` is the size before the reset. Not a placement."""
    PRINT = 5
    """``new`` contracts traded against the level, of which ``old`` were displayed before."""


@dataclass(slots=True)
class BookCounters:
    """What a book was told, since it was made.

    Attributes:
        messages: Depth messages applied.
        entries: Entries of depth messages, by their DomType number.
        ignored: Entries of DomTypes that say nothing of the book (0 and unknown numbers).
        invalid: Entries refused: a size below zero, or a number that is none.
        duplicates: Entries that set a level to the size it had.
        uncrossed: Levels dropped because the other side's best price crossed them.
        beyond: Levels dropped beyond ``max_depth_levels``.
        resets: Resets applied.
        prints: Prints by aggressor: buyer, seller, neither.
        volumes: Contracts printed by aggressor.
        notional: Sum of price in ticks times size; over the volume it is the VWAP in ticks.
        largest: Contracts of the largest print.
        repeated_prints: Depth prints not counted because the trade stream had told of them.
        gaps: Outages of the feed.
        distrusted: Times the book was found to be wrong.
        renewals: Fresh books asked for.
    """

    messages: int = 0
    entries: dict[int, int] = field(default_factory=dict)
    ignored: int = 0
    invalid: int = 0
    duplicates: int = 0
    uncrossed: int = 0
    beyond: int = 0
    resets: int = 0
    prints: list[int] = field(default_factory=lambda: [0, 0, 0])
    volumes: list[int] = field(default_factory=lambda: [0, 0, 0])
    notional: int = 0
    largest: int = 0
    repeated_prints: int = 0
    gaps: int = 0
    distrusted: int = 0
    renewals: int = 0


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order of one's own that rests in the book.

    Attributes:
        order_id: The gateway's number.
        side: ``BID`` or ``ASK``.
        price: Ticks.
        size: Contracts still open.
        ahead: Estimated contracts before it in the queue; None while its level is not displayed.
    """

    order_id: int
    side: int
    price: int
    size: int
    ahead: int | None = None


class BookState:
    """The book, its history, its counters.

    Args:
        symbol: As the instrument was asked for.
        settings: Bounds of the histories.
        timezone: Zone of the times handed out.
        clock: Exchange time.

    Attributes:
        contract_id: Empty until the contract is known.
        ladder: Both sides now.
        trades: The newest prints, of the trade stream and of depth messages, each once.
        changes: The newest changes of levels.
        bursts: The newest executions at levels, against what the level displayed.
        quotes: The newest best prices, one row per change of a price or size at the top.
        counters: What was told.
        own_orders: Orders of one's own that rest in the book, by order id.
        quote_bid: Best bid of the quote stream in ticks; None while unknown.
        quote_ask: Best ask of the quote stream in ticks; None while unknown.
        session_low: Lowest price of the session in ticks; None while unknown.
        session_high: Highest price of the session in ticks; None while unknown.
        cumulative_delta: Contracts bought less contracts sold by aggressors, since the start.
        last_update_ns: Exchange time of the last depth message; 0 before the first.
        distrust: Why the book is not to be relied on; None while it is. Before the first picture
            it says so.
        times: Nanoseconds to aware datetime in the book's zone; None of 0, which is no moment.
    """

    def __init__(self, symbol: str, settings: BookSettings, timezone: tzinfo, clock: Clock) -> None:
        self.symbol = symbol
        self.contract_id = ""
        self.settings = settings
        self.timezone = timezone
        self.clock = clock
        self.ladder = PriceLadder()
        self.trades = TradeRing(settings.max_trades)
        self.bursts = Bursts(max(1, settings.max_level_history // 4))
        self.changes = WatchedLevels(settings.max_level_history, self.bursts)
        self.quotes = QuoteRing(settings.max_quotes)
        self.counters = BookCounters()
        self.own_orders: dict[int, OwnOrder] = {}
        self.quote_bid: int | None = None
        self.quote_ask: int | None = None
        self.session_low: int | None = None
        self.session_high: int | None = None
        self.cumulative_delta = 0
        self.last_update_ns = 0
        self.distrust: str | None = "no depth received yet"
        self.times: Mapping[int, datetime | None] = _TimesOf(timezone)
        self._grid: TickGrid | None = None
        self._prices: _PricesOf | None = None

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The histories."""
        return self.trades, self.changes, self.bursts, self.quotes

    @property
    def trusted(self) -> bool:
        """Whether nothing is known to be wrong with the book."""
        return self.distrust is None

    @property
    def grid(self) -> TickGrid:
        """The contract's prices.

        Raises:
            ProjectXError: The contract is not known yet.
        """
        if self._grid is None:
            raise ProjectXError(f"order book of {self.symbol}: await initialize() first")
        return self._grid

    @grid.setter
    def grid(self, grid: TickGrid) -> None:
        self._grid = grid
        self._prices = _PricesOf(grid)

    @property
    def prices(self) -> Mapping[int, float]:
        """Ticks to price in points, for every tick count.

        Raises:
            ProjectXError: The contract is not known yet.
        """
        return _PricesOf(self.grid) if self._prices is None else self._prices

    def price(self, ticks: int | None) -> float | None:
        """Return a price in points; None for None and for ``UNKNOWN``."""
        return None if ticks is None or ticks == UNKNOWN else self.grid.price(ticks)

    def best(self) -> tuple[int | None, int | None]:
        """Return best bid and ask in ticks: the book's; while it is empty, the quote stream's."""
        bid, ask = self.ladder.best_bid, self.ladder.best_ask
        return (self.quote_bid, self.quote_ask) if bid is None and ask is None else (bid, ask)

    def spread(self) -> int | None:
        """Return best ask less best bid in ticks; None while one is unknown."""
        bid, ask = self.best()
        return None if bid is None or ask is None else ask - bid

    def mid(self) -> float | None:
        """Return the price half-way between best bid and ask in points; None while unknown."""
        bid, ask = self.best()
        return None if bid is None or ask is None else float(self.grid.decimal(bid + ask) / 2)

    def window_ns(self, minutes: float) -> int:
        """Return the exchange time so many minutes ago; 1970 for what is before."""
        now_ns = self.clock.now_ns()
        return now_ns - int(min(minutes * MINUTE, now_ns))

    def when(self, ns: int) -> datetime | None:
        """Return a moment in the book's zone; None for 0, which is no moment."""
        return self.times[ns]


class _PricesOf(dict[int, float]):
    """The price in points of each tick count asked for, on one grid."""

    __slots__ = ("_price",)

    def __init__(self, grid: TickGrid) -> None:
        super().__init__()
        self._price = grid.price

    def __missing__(self, ticks: int) -> float:
        if len(self) >= KEPT:
            self.clear()
        price = self[ticks] = self._price(ticks)
        return price


class _TimesOf(dict[int, "datetime | None"]):
    """The aware datetime of each moment asked for, in one zone; None of 0."""

    __slots__ = ("_timezone",)

    def __init__(self, timezone: tzinfo) -> None:
        super().__init__()
        self._timezone = timezone

    def __missing__(self, ns: int) -> datetime | None:
        if len(self) >= KEPT:
            self.clear()
        moment = self[ns] = to_datetime(ns, self._timezone) if ns else None
        return moment
