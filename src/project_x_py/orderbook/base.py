"""What an order book holds, and the plain reads of it.

Invariants (``tests/orderbook/test_orderbook.py``): a read changes nothing; prices handed out are
on the instrument's grid; a side that is empty has no best price.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from project_x_py._core.book import ASK, BID, PriceLadder
from project_x_py._core.grid import TickGrid
from project_x_py._core.time import to_datetime
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    import polars as pl

    from project_x_py._core.records import Trade
    from project_x_py._ports import HistorySource
    from project_x_py.event_bus import EventBus
    from project_x_py.models import Instrument
    from project_x_py.types import OrderbookConfig

__all__ = ["OrderBookBase"]

DEFAULT_TRADES = 1000
SIDES = ("buy", "sell", "neutral")


class OrderBookBase:
    """The book, the recent prints, and reads that need nothing else.

    Args:
        instrument: The instrument or its symbol.
        event_bus: Where all events of the book are published.
        project_x: Looks the contract up; needed unless ``instrument`` is an Instrument.
        timezone_str: Zone of all timestamps handed out.
        config: ``max_trade_history`` (1000) bounds the prints kept.
    """

    def __init__(
        self,
        instrument: str | Instrument,
        event_bus: EventBus,
        project_x: HistorySource | None = None,
        timezone_str: str = "America/Chicago",
        config: OrderbookConfig | None = None,
    ) -> None:
        self.instrument = instrument if isinstance(instrument, str) else instrument.name
        self.event_bus = event_bus
        self.project_x = project_x
        self.timezone = ZoneInfo(timezone_str)
        self.config: dict[str, Any] = dict(config or {})
        self.contract: Instrument | None = None if isinstance(instrument, str) else instrument
        self.ladder = PriceLadder()
        self.trades: deque[Trade] = deque(
            maxlen=int(self.config.get("max_trade_history", DEFAULT_TRADES))
        )
        self.update_count = 0
        self.last_update_ns = 0
        self._grid: TickGrid | None = None
        if self.contract is not None:
            self._grid = TickGrid(self.contract.tickSize, self.contract.tickValue)

    @property
    def grid(self) -> TickGrid:
        """The instrument's tick grid.

        Raises:
            ProjectXError: The contract is not known yet; ``initialize`` looks it up.
        """
        if self._grid is None:
            raise ProjectXError(f"order book of {self.instrument}: await initialize() first")
        return self._grid

    async def find_contract(self) -> Instrument:
        """Look the contract up once, and its grid with it.

        Raises:
            ProjectXError: There is no client to ask.
        """
        if self.contract is None:
            if self.project_x is None:
                raise ProjectXError(
                    f"order book of {self.instrument}: give project_x, or an Instrument"
                )
            self.contract = await self.project_x.get_instrument(self.instrument)
        self._grid = TickGrid(self.contract.tickSize, self.contract.tickValue)
        return self.contract

    async def get_tick_size(self) -> Decimal:
        """Return the smallest price movement in points."""
        return self.grid.tick_size

    async def get_best_bid_ask(self) -> dict[str, Any]:
        """Return keys bid, ask, spread, mid_price (points, None where unknown), timestamp."""
        bid, ask = self._best()
        known = bid is not None and ask is not None
        return {
            "bid": bid,
            "ask": ask,
            "spread": self._spread(),
            "mid_price": (bid + ask) / 2 if known and bid is not None and ask is not None else None,
            "timestamp": self.when(self.last_update_ns),
        }

    async def get_bid_ask_spread(self) -> float | None:
        """Return best ask less best bid in points; None while a side is empty."""
        return self._spread()

    async def get_orderbook_bids(self, levels: int = 10) -> pl.DataFrame:
        """Return the best bids: price (Float64), volume (Int64), timestamp; best first."""
        return self._side_frame(BID, levels)

    async def get_orderbook_asks(self, levels: int = 10) -> pl.DataFrame:
        """Return the best asks: price (Float64), volume (Int64), timestamp; best first."""
        return self._side_frame(ASK, levels)

    async def get_orderbook_snapshot(self, levels: int = 10) -> dict[str, Any]:
        """Return the top of the book at one moment.

        Keys: instrument, contract_id, timestamp, best_bid, best_ask, spread, mid_price, bids and
        asks (lists of price, volume, size, timestamp, best first), total_bid_volume,
        total_ask_volume, bid_count, ask_count, imbalance ((bid-ask)/(bid+ask), None when empty).
        """
        bids, asks = self.levels(BID, levels), self.levels(ASK, levels)
        bid_volume = sum(level["volume"] for level in bids)
        ask_volume = sum(level["volume"] for level in asks)
        total = bid_volume + ask_volume
        best = await self.get_best_bid_ask()
        return {
            "instrument": self.instrument,
            "contract_id": self.contract.id if self.contract else None,
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
        }

    async def get_recent_trades(self, count: int = 100) -> list[dict[str, Any]]:
        """Return the newest prints, oldest first: price, volume, side, timestamp."""
        price = self.grid.price
        newest = list(self.trades)[-count:] if count > 0 else []
        return [
            {
                "price": price(trade.price),
                "volume": trade.size,
                "side": SIDES[trade.aggressor],
                "timestamp": self.when(trade.exch_ns),
            }
            for trade in newest
        ]

    def levels(self, side: int, count: int) -> list[dict[str, Any]]:
        """Return the best levels of a side: price, size, volume (the same), timestamp."""
        price = self.grid.price
        return [
            {"price": price(ticks), "size": size, "volume": size, "timestamp": self.when(ns)}
            for ticks, size, ns in self.ladder.top(side, count)
        ]

    def _best(self) -> tuple[float | None, float | None]:
        bid, ask, price = self.ladder.best_bid, self.ladder.best_ask, self.grid.price
        return (None if bid is None else price(bid), None if ask is None else price(ask))

    def _spread(self) -> float | None:
        bid, ask = self.ladder.best_bid, self.ladder.best_ask
        return None if bid is None or ask is None else self.grid.price(ask - bid)

    def _side_frame(self, side: int, levels: int) -> pl.DataFrame:
        import polars as pl

        rows = self.ladder.top(side, levels)
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

    def when(self, ns: int) -> datetime | None:
        return to_datetime(ns, self.timezone) if ns else None
