"""The contracts of an exchange: their prices, their hours, and the stops that wait in them.

Invariant (``tests/core/exchange/test_markets.py``): the reference price is the last trade or the
opposite quote, as the quirks say, and None until the market has shown it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py._core.calendar import calendar_for
from project_x_py._core.exchange.book import BUY
from project_x_py._core.exchange.sessions import TradingDay
from project_x_py._core.exchange.triggers import StopWatch
from project_x_py._core.records import Quote, Trade

if TYPE_CHECKING:
    from project_x_py._core.calendar import SessionCalendar
    from project_x_py._core.exchange.orders import Order
    from project_x_py._core.exchange.quirks import ExchangeQuirks
    from project_x_py._core.exchange.venues import Venue
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.products import Product
    from project_x_py._core.records import MarketRecord

__all__ = ["ContractMarket", "TradedContract"]


@dataclass(frozen=True, slots=True)
class TradedContract:
    """A contract that can be traded.

    Attributes:
        contract_id: ``CON.F.US.EP.U26``.
        product: Its tick, fees and hours.
        venue: Where its orders are matched.
        calendar: Its hours; None for those of the product.
        flattens: Whether the platform closes positions before the market closes.
    """

    contract_id: str
    product: Product
    venue: Venue
    calendar: SessionCalendar | None = None
    flattens: bool = True


class ContractMarket:
    """One contract at work.

    Attributes:
        contract_id: Its id.
        product: Its tick, fees and hours.
        grid: Its prices.
        venue: Where its orders are matched.
        day: When it can be traded.
        watch: The stops that wait.
        last: Price of the last trade in ticks, None before the first.
        active: Whether it is the expiry that takes orders.
        halted_until_ns: When a halt ends; None without one.
        pegged: Working orders that follow a quote, by id.
    """

    __slots__ = (
        "_by_quotes", "active", "contract_id", "day", "grid", "halted_until_ns", "last", "pegged",
        "product", "venue", "watch",
    )  # fmt: skip

    def __init__(self, contract: TradedContract, quirks: ExchangeQuirks) -> None:
        self.contract_id = contract.contract_id
        self.product = contract.product
        self.grid: TickGrid = contract.product.grid
        self.venue = contract.venue
        calendar = contract.calendar or calendar_for(contract.product.ticker)
        self.day = TradingDay(calendar, quirks.flatten_minute if contract.flattens else None)
        self.watch = StopWatch()
        self.last: int | None = None
        self.active = True
        self.halted_until_ns: int | None = None
        self.pegged: dict[int, Order] = {}
        self._by_quotes = quirks.trigger_by == "quote"

    @property
    def has_price(self) -> bool:
        """Whether the market has shown any price."""
        venue = self.venue
        return not (self.last is None and venue.best_bid is None and venue.best_ask is None)

    def is_tradable(self, ns: int) -> bool:
        """Return whether orders are taken and matched at an instant."""
        halted = self.halted_until_ns is not None and ns < self.halted_until_ns
        return not halted and self.day.is_tradable(ns)

    def reference(self, side: int) -> int | None:
        """Return the price that triggers stops of a side, None while it is not known.

        Where quotes trigger, the last trade stands in for one that is missing.
        """
        quote = None
        if self._by_quotes:
            quote = self.venue.best_ask if side == BUY else self.venue.best_bid
        return self.last if quote is None else quote

    def centre(self) -> int | None:
        """Return the price that a limit may not be too far from, None while there is none."""
        if self.last is not None:
            return self.last
        bid, ask = self.venue.best_bid, self.venue.best_ask
        if bid is None or ask is None:
            return bid if ask is None else ask
        return (bid + ask) // 2

    def note(self, record: MarketRecord) -> bool:
        """Take a record's price; return whether stops have to be looked at."""
        if type(record) is Trade:
            if record.size <= 0:
                return False
            self.last = record.price
        elif type(record) is Quote and record.last is not None:
            self.last = record.last
        else:
            return self._by_quotes
        return True
