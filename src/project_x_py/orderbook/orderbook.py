"""The documented order book.

Invariant (``tests/orderbook/test_orderbook.py``): after ``initialize`` the book follows the feed
until ``cleanup``, and ``cleanup`` leaves nothing attached.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook.base import OrderBookBase
from project_x_py.orderbook.realtime import RealtimeHandler

if TYPE_CHECKING:
    from project_x_py._ports import HistorySource, MarketFeed
    from project_x_py.event_bus import EventBus
    from project_x_py.models import Instrument
    from project_x_py.types import OrderbookConfig

__all__ = ["OrderBook", "create_orderbook"]

log = logging.getLogger(__name__)


class OrderBook(OrderBookBase):
    """Level-2 book of one instrument, fed by the market hub.

    Args:
        instrument: The instrument or its symbol.
        event_bus: Where depth events are published.
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
        super().__init__(instrument, event_bus, project_x, timezone_str, config)
        self.realtime_handler = RealtimeHandler(self)
        self.last_error: str | None = None

    async def initialize(
        self,
        realtime_client: MarketFeed | None = None,
        subscribe_to_depth: bool = True,
        subscribe_to_quotes: bool = True,
    ) -> bool:
        """Look the contract up and follow the feed.

        Args:
            realtime_client: The feed; without one the book stays as it is (static).
            subscribe_to_depth: Whether depth messages are applied.
            subscribe_to_quotes: Whether the contract is subscribed even without depth.

        Returns:
            True when everything worked; else False, with the reason in ``last_error``.
        """
        try:
            if realtime_client is None:
                await self.find_contract()
                return True
            agreed = await self.realtime_handler.attach(
                realtime_client, depth=subscribe_to_depth, quotes=subscribe_to_quotes
            )
        except ProjectXError as error:
            self.last_error = str(error)
            log.warning("order book of %s: %s", self.instrument, error)
            return False
        if not agreed:
            self.last_error = "the gateway refused the subscription"
        return agreed

    async def cleanup(self) -> None:
        """Follow the feed no longer; what is held stays readable."""
        self.realtime_handler.detach()


def create_orderbook(
    instrument: str,
    event_bus: EventBus,
    project_x: HistorySource | None = None,
    realtime_client: MarketFeed | None = None,
    timezone_str: str = "America/Chicago",
) -> OrderBook:
    """Return an order book that is not initialised yet; deprecated, use ``TradingSuite.create``.

    Args:
        instrument: Symbol of the instrument.
        event_bus: Where depth events are published.
        project_x: Looks the contract up.
        realtime_client: Ignored; hand it to ``initialize``.
        timezone_str: Zone of all timestamps handed out.
    """
    warnings.warn(
        "create_orderbook() is deprecated; use TradingSuite.create(..., features=['orderbook'])",
        DeprecationWarning,
        stacklevel=2,
    )
    return OrderBook(instrument, event_bus, project_x, timezone_str)
