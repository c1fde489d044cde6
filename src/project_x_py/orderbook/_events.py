"""The events of a book and what they carry.

Invariants (``tests/orderbook/test_events.py``): an event is announced after the state it tells of;
nothing is built that nobody waits for; the keys are those of ``docs/reference/events.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.book import ASK, BID
from project_x_py.event_bus import EventType

if TYPE_CHECKING:
    from project_x_py.event_bus import EventBus
    from project_x_py.orderbook._state import BookState

__all__ = ["SIDE_NAMES", "BookEvents", "level_rows"]

EVENT_LEVELS = 10
SIDE_NAMES = ("buy", "sell", "neutral")
"""How reads name an aggressor."""
TICK_SIDES = ("buy", "sell", "unknown")
"""How TRADE_TICK names an aggressor."""


def level_rows(state: BookState, side: int, count: int) -> list[dict[str, Any]]:
    """Return the best levels of a side: price, size, volume (the same), timestamp."""
    prices, times = state.prices, state.times
    return [
        {"price": prices[ticks], "size": size, "volume": size, "timestamp": times[ns]}
        for ticks, size, ns in state.ladder.top(side, count)
    ]


class BookEvents:
    """Announces what has changed in a book.

    Args:
        state: The book.
        bus: Where to announce.

    Attributes:
        tells_trades: Whether TRADE_TICK is announced here. In a suite the bars announce it.
    """

    def __init__(self, state: BookState, bus: EventBus) -> None:
        self._state = state
        self._bus = bus
        self.tells_trades = True

    def tell_message(self, change: str) -> None:
        """Announce what a depth message has done.

        ORDERBOOK_UPDATE, with ``change`` depth, best or reset, and MARKET_DEPTH_UPDATE unless a
        side is empty. Both show the same rows.
        """
        bus, ladder = self._bus, self._state.ladder
        is_two_sided = ladder.best_bid is not None and ladder.best_ask is not None
        wants_depth = is_two_sided and bus.wants(EventType.MARKET_DEPTH_UPDATE)
        if bus.wants(EventType.ORDERBOOK_UPDATE):
            sides = self._sides()
            self._tell_book(sides, change)
            if wants_depth:
                bus.publish(EventType.MARKET_DEPTH_UPDATE, sides)
        elif wants_depth:
            bus.publish(EventType.MARKET_DEPTH_UPDATE, self._sides())

    def tell_trust(self) -> None:
        """Announce ORDERBOOK_UPDATE: the book is to be relied on again, or no more."""
        if self._bus.wants(EventType.ORDERBOOK_UPDATE):
            self._tell_book(self._sides(), "trust")

    def tell_trade(self, price: int, size: int, aggressor: int, exch_ns: int) -> None:
        """Announce TRADE_TICK."""
        if not self.tells_trades or not self._bus.wants(EventType.TRADE_TICK):
            return
        state = self._state
        data = {
            "symbol": state.symbol,
            "contract_id": state.contract_id,
            "price": state.grid.price(price),
            "size": size,
            "volume": size,
            "side": TICK_SIDES[aggressor],
            "timestamp": state.when(exch_ns),
        }
        self._bus.publish(EventType.TRADE_TICK, data)

    def _tell_book(self, sides: dict[str, Any], change: str) -> None:
        state = self._state
        bid, ask = state.best()
        data = {
            **sides,
            "change": change,
            "best_bid": state.price(bid),
            "best_ask": state.price(ask),
            "reason": state.distrust,
        }
        self._bus.publish(EventType.ORDERBOOK_UPDATE, data)

    def _sides(self) -> dict[str, Any]:
        state = self._state
        return {
            "symbol": state.symbol,
            "contract_id": state.contract_id,
            "bids": level_rows(state, BID, EVENT_LEVELS),
            "asks": level_rows(state, ASK, EVENT_LEVELS),
            "timestamp": state.when(state.last_update_ns),
            "update_count": state.counters.messages,
            "trusted": state.trusted,
        }
