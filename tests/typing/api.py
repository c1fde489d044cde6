"""The API as a user types it: mypy reads this file in strict mode (``make check``).

Nothing here runs. A name that a type checker does not see, or sees as something else, is an
error there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import project_x_py
from project_x_py import EventType, OrderSide, OrderType, TradingSuite
from project_x_py.event_bus import Event
from project_x_py.models import Instrument, Order
from project_x_py.trading_suite import (
    InstrumentContext,
    OrderManager,
    PositionManager,
    ProjectXRealtimeClient,
    RiskManager,
    TradingSuiteConfig,
)

if TYPE_CHECKING:
    import polars as pl

__all__ = ["parts", "stream", "values"]


def values(order: Order, instrument: Instrument) -> None:
    """Vocabulary: models and enums."""
    assert_type(order.is_open, bool)
    assert_type(order.limitPrice, float | None)
    assert_type(instrument.tickSize, float)
    assert_type(OrderSide(0), OrderSide)
    assert_type(order.type == OrderType.LIMIT, bool)
    assert_type(project_x_py.__version__, str)
    assert_type(project_x_py.DOCUMENTED_API, str)


async def stream() -> None:
    """Streaming: a suite, its handlers, its reads."""

    async def on_bar(event: Event) -> None:
        print(event.data["timeframe"])

    suite = await TradingSuite.create(["MNQ"], timeframes=["15sec", "1min"], initial_days=1)
    assert_type(suite, TradingSuite)
    await suite.on(EventType.NEW_BAR, on_bar)
    await suite["MNQ"].on(EventType.QUOTE_UPDATE, on_bar)

    @suite.events.on(EventType.MARKET_DEPTH_UPDATE)
    async def on_depth(event: Event) -> None:
        print(event.data["bids"])

    assert_type(suite.is_connected, bool)
    assert_type(await suite["MNQ"].data.get_current_price(), float | None)
    bars: pl.DataFrame | None = await suite["MNQ"].data.get_data("1min")
    assert bars is None or bars.height
    await suite.disconnect()


async def parts(suite: TradingSuite) -> None:
    """Parts: a context's and a suite's managers, and the settings."""
    context = suite["MNQ"]
    assert_type(context, InstrumentContext)
    assert_type(context.orders, OrderManager)
    assert_type(context.positions, PositionManager)
    assert_type(context.instrument, Instrument)
    assert_type(context.risk_manager, RiskManager | None)
    assert_type(suite.realtime_client, ProjectXRealtimeClient)
    assert_type(list(suite), list[str])
    config = TradingSuiteConfig("MNQ", ["1min"], ["orderbook"])
    assert_type(config.instruments, tuple[str, ...])
    assert_type(config.instrument, str | None)
