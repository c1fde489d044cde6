"""The live half of an order book: what each depth, quote and trade message changes.

Invariants (``tests/orderbook/test_orderbook.py``): a message is applied whole before its event is
published; a reset empties both sides; the book is never left crossed by a best-price message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.book import ASK, BID
from project_x_py.event_bus import EventType
from project_x_py.types import DomType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py._ports import MarketFeed
    from project_x_py.orderbook.base import OrderBookBase

__all__ = ["RealtimeHandler"]

RANK = 0
"""The book is applied before the bars."""

EVENT_LEVELS = 10

BID_KINDS = frozenset({DomType.BID, DomType.BEST_BID, DomType.NEW_BEST_BID})
ASK_KINDS = frozenset({DomType.ASK, DomType.BEST_ASK, DomType.NEW_BEST_ASK})
TOP_KINDS = frozenset(
    {DomType.BEST_BID, DomType.NEW_BEST_BID, DomType.BEST_ASK, DomType.NEW_BEST_ASK}
)


class RealtimeHandler:
    """Applies the feed to a book and publishes what changed.

    Args:
        book: Whose state is written; nothing else writes it.
    """

    def __init__(self, book: OrderBookBase) -> None:
        self._book = book
        self._feed: MarketFeed | None = None
        self._depth = True

    async def attach(self, feed: MarketFeed, *, depth: bool, quotes: bool) -> bool:
        """Subscribe and apply what comes; return whether the gateway agreed."""
        contract = await self._book.find_contract()
        self._feed, self._depth = feed, depth
        feed.attach(contract.id, self._book.grid, self, rank=RANK)
        if not depth and not quotes:
            return True
        return await feed.subscribe_market_data([contract.id])

    def detach(self) -> None:
        """Apply nothing more; the book stays readable."""
        if self._feed is not None and self._book.contract is not None:
            self._feed.detach(self._book.contract.id, self)
        self._feed = None

    def on_depth(self, depth: Depth) -> None:
        """Apply one depth message and tell of it."""
        if not self._depth:
            return
        book = self._book
        ladder = book.ladder
        for level in depth.levels:
            kind = level.kind
            if kind in BID_KINDS:
                side = BID
            elif kind in ASK_KINDS:
                side = ASK
            elif kind == DomType.RESET:
                ladder.clear()
                continue
            else:
                continue
            if kind in TOP_KINDS and level.size:
                ladder.uncross(side, level.price)
            ladder.set_level(side, level.price, level.size, level.exch_ns)
            book.last_update_ns = level.exch_ns
        book.update_count += 1
        bus = book.event_bus
        if bus.wants(EventType.ORDERBOOK_UPDATE):
            bus.publish(EventType.ORDERBOOK_UPDATE, self._book_data())
        two_sided = ladder.best_bid is not None and ladder.best_ask is not None
        if two_sided and bus.wants(EventType.MARKET_DEPTH_UPDATE):
            bus.publish(EventType.MARKET_DEPTH_UPDATE, self._book_data())

    def on_trades(self, trades: Sequence[Trade]) -> None:
        """Keep the newest prints."""
        self._book.trades.extend(trades)

    def on_quote(self, quote: Quote) -> None:
        """Best prices come from the depth stream, which carries sizes too."""

    def _book_data(self) -> dict[str, Any]:
        book = self._book
        return {
            "symbol": book.instrument,
            "contract_id": book.contract.id if book.contract else "",
            "bids": book.levels(BID, EVENT_LEVELS),
            "asks": book.levels(ASK, EVENT_LEVELS),
            "timestamp": book.when(book.last_update_ns),
            "update_count": book.update_count,
        }
