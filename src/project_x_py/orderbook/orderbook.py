"""The documented order book: one object over its parts.

Invariants (``tests/orderbook/test_orderbook.py``): after ``initialize`` the book follows the feed
until ``cleanup``, and ``cleanup`` leaves nothing attached and no task; a method of the book and the
method of the part it stands for return the same.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook.analytics import MarketAnalytics
from project_x_py.orderbook.base import OrderBookBase
from project_x_py.orderbook.detection import OrderDetection
from project_x_py.orderbook.profile import VolumeProfile

if TYPE_CHECKING:
    from project_x_py._ports import Clock, HistorySource, MarketFeed
    from project_x_py.event_bus import EventBus
    from project_x_py.models import Instrument
    from project_x_py.types import OrderbookConfig
    from project_x_py.types.response_types import (
        LiquidityAnalysisResponse,
        MarketImpactResponse,
        OrderbookAnalysisResponse,
        SpoofingDetectionResponse,
    )

__all__ = ["OrderBook", "create_orderbook"]

log = logging.getLogger(__name__)


class OrderBook(OrderBookBase):
    """Level-2 book of one instrument, fed by the market hub.

    Args:
        instrument: The instrument or its symbol.
        event_bus: Where all events of the book are published.
        project_x: Looks the contract up; needed unless ``instrument`` is an Instrument.
        timezone_str: Zone of all timestamps handed out.
        config: Members of ``OrderbookConfig`` and ``MemoryConfig``: how much is kept, and whether
            analytics and detection are on.
        clock: Exchange time; the client's when left out, else the wall's.

    Attributes:
        realtime_handler: Applies the feed.
        analytics: Liquidity, impact, flow.
        detection: Icebergs, clusters, spoofing.
        profile: Volume by price, spread over time, support and resistance.
        memory_manager: Lets go what is too old.
        last_error: Why ``initialize`` returned False.
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
        super().__init__(instrument, event_bus, project_x, timezone_str, config, clock=clock)
        self.analytics = MarketAnalytics(self)
        self.detection = OrderDetection(self)
        self.profile = VolumeProfile(self)
        self.last_error: str | None = None

    async def initialize(
        self,
        realtime_client: MarketFeed | None = None,
        subscribe_to_depth: bool = True,
        subscribe_to_quotes: bool = True,
    ) -> bool:
        """Look the contract up, follow the feed, and start the memory manager.

        Args:
            realtime_client: The feed; without one the book stays as it is (static).
            subscribe_to_depth: Whether depth messages are applied.
            subscribe_to_quotes: Whether quotes are: they tell the session's extremes, and whether
                the book can be believed.

        Returns:
            True when everything worked; else False, with the reason in ``last_error``.
        """
        self.last_error = None
        try:
            if realtime_client is None:
                await self.find_contract()
            elif not await self.realtime_handler.initialize(
                realtime_client, subscribe_to_depth, subscribe_to_quotes
            ):
                raise ProjectXError("the gateway refused the subscription")
        except ProjectXError as error:
            self.last_error = str(error)
            self._figures.tallies.error(error, "initialize", None)
            log.warning("order book of %s: %s", self.instrument, error)
            return False
        await self.memory_manager.start()
        self._figures.tallies.show_status("static" if realtime_client is None else "active")
        return True

    def raise_if_faulted(self) -> None:
        """Raise when a task of the book has died.

        Raises:
            ProjectXError: Names the failure.
        """
        self.realtime_handler.raise_if_faulted()
        self.memory_manager.raise_if_faulted()

    async def get_market_imbalance(self, levels: int = 10) -> LiquidityAnalysisResponse:
        """See :meth:`MarketAnalytics.get_market_imbalance`."""
        return await self._analytics().get_market_imbalance(levels)

    async def get_orderbook_depth(
        self, price_range: float, *, size: int | None = None, side: str = "buy"
    ) -> MarketImpactResponse:
        """See :meth:`MarketAnalytics.get_orderbook_depth`."""
        return await self._analytics().get_orderbook_depth(price_range, size=size, side=side)

    async def get_cumulative_delta(self, time_window_minutes: int = 60) -> dict[str, Any]:
        """See :meth:`MarketAnalytics.get_cumulative_delta`."""
        return await self._analytics().get_cumulative_delta(time_window_minutes)

    async def get_trade_flow_summary(self) -> dict[str, Any]:
        """See :meth:`MarketAnalytics.get_trade_flow_summary`."""
        return await self._analytics().get_trade_flow_summary()

    async def get_liquidity_levels(self, min_volume: int = 100, levels: int = 20) -> dict[str, Any]:
        """See :meth:`MarketAnalytics.get_liquidity_levels`."""
        return await self._analytics().get_liquidity_levels(min_volume, levels)

    async def get_statistics(self) -> dict[str, Any]:
        """See :meth:`MarketAnalytics.get_statistics`."""
        return await self._analytics().get_statistics()

    async def get_advanced_market_metrics(self) -> OrderbookAnalysisResponse:
        """See :meth:`OrderDetection.get_advanced_market_metrics`."""
        self._analytics()
        return await self.detection.get_advanced_market_metrics()

    async def detect_iceberg_orders(
        self,
        min_refreshes: int | None = None,
        volume_threshold: int | None = None,
        time_window_minutes: int | None = None,
    ) -> dict[str, Any]:
        """See :meth:`OrderDetection.detect_iceberg_orders`."""
        return await self._detection().detect_iceberg_orders(
            min_refreshes, volume_threshold, time_window_minutes
        )

    async def detect_order_clusters(
        self, min_cluster_size: int = 3, price_tolerance: float = 0.1
    ) -> list[dict[str, Any]]:
        """See :meth:`OrderDetection.detect_order_clusters`."""
        return await self._detection().detect_order_clusters(min_cluster_size, price_tolerance)

    async def detect_spoofing(
        self,
        time_window_minutes: int = 10,
        min_placement_frequency: float = 3.0,
        min_cancellation_rate: float = 0.8,
        max_time_to_cancel: float = 30.0,
        min_distance_ticks: int = 3,
        confidence_threshold: float = 0.7,
    ) -> list[SpoofingDetectionResponse]:
        """See :meth:`OrderDetection.detect_spoofing`."""
        return await self._detection().detect_spoofing(
            time_window_minutes,
            min_placement_frequency,
            min_cancellation_rate,
            max_time_to_cancel,
            min_distance_ticks,
            confidence_threshold,
        )

    async def get_volume_profile(
        self, time_window_minutes: int = 60, price_bins: int = 20
    ) -> dict[str, Any]:
        """See :meth:`VolumeProfile.get_volume_profile`."""
        self._analytics()
        return await self.profile.get_volume_profile(time_window_minutes, price_bins)

    async def get_support_resistance_levels(
        self, lookback_minutes: int = 120, min_touches: int = 3, price_tolerance: float = 0.1
    ) -> dict[str, Any]:
        """See :meth:`VolumeProfile.get_support_resistance_levels`."""
        self._analytics()
        return await self.profile.get_support_resistance_levels(
            lookback_minutes, min_touches, price_tolerance
        )

    async def get_spread_analysis(self, window_minutes: int = 30) -> LiquidityAnalysisResponse:
        """See :meth:`VolumeProfile.get_spread_analysis`."""
        self._analytics()
        return await self.profile.get_spread_analysis(window_minutes)

    def _analytics(self) -> MarketAnalytics:
        """Return the analytics, unless the settings switch them off."""
        if not self.settings.analytics:
            raise ProjectXError(f"{self.instrument}: enable_analytics is False")
        return self.analytics

    def _detection(self) -> OrderDetection:
        """Return the detection, unless the settings switch it off."""
        if not self.settings.detection:
            raise ProjectXError(f"{self.instrument}: enable_pattern_detection is False")
        return self.detection


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
        event_bus: Where the book's events are published.
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
