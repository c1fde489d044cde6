"""The documented base whose methods tell the manager what a program saw by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.realtime_data_manager._tracking import Tracking

__all__ = ["TrackingMixin"]


class TrackingMixin:
    """Counts what a program observes; the manager counts its own work without them."""

    __slots__ = ()

    _tracking: Tracking

    async def track_bar_created(self, timeframe: str) -> None:
        """Count a bar in the counter ``bars_created.<timeframe>``."""
        self._tracking.count(f"bars_created.{timeframe}")

    async def track_bar_updated(self, timeframe: str) -> None:
        """Count an update in the counter ``bars_updated.<timeframe>``."""
        self._tracking.count(f"bars_updated.{timeframe}")

    async def track_connection_interruption(self) -> None:
        """Count an interruption in the counter ``connection_interruptions``."""
        self._tracking.count("connection_interruptions")

    async def track_data_latency(self, latency_ms: float) -> None:
        """Remember the newest latency, in milliseconds, and count it as a timing."""
        self._tracking.latency(latency_ms)

    async def track_quote_processed(self) -> None:
        """Count in the counter ``quotes_processed``."""
        self._tracking.count("quotes_processed")

    async def track_recovery_attempt(self) -> None:
        """Count in the counter ``recovery_attempts``."""
        self._tracking.count("recovery_attempts")

    async def track_tick_processed(self) -> None:
        """Count in the counter ``ticks_processed``."""
        self._tracking.count("ticks_processed")

    async def track_trade_processed(self) -> None:
        """Count in the counter ``trades_processed``."""
        self._tracking.count("trades_processed")
