"""Tracked orders, chains, templates and streams as a user types them; mypy reads it."""

from __future__ import annotations

from typing import assert_type

from project_x_py import EventType, OrderTemplate, TradingSuite, get_template
from project_x_py.event_bus import Event
from project_x_py.models import BracketOrderResponse, Order
from project_x_py.order_tracker import OrderChainBuilder, OrderTracker

__all__ = ["chained", "from_template", "streamed", "tracked"]


async def tracked(suite: TradingSuite) -> None:
    """One order."""
    async with suite.track_order() as tracker:
        assert_type(tracker, OrderTracker)
        tracker.track(await suite.orders.place_market_order("MNQ", 0, 1))
        assert_type(await tracker.wait_for_fill(timeout=5), Order)
        assert_type(await tracker.modify_or_cancel(new_size=2), bool)
        assert_type(tracker.is_filled, bool)


async def chained(suite: TradingSuite) -> None:
    """A chain."""
    chain = suite.order_chain().limit_order(1, 24_000.0).with_stop_loss(offset=10)
    assert_type(chain, OrderChainBuilder)
    assert_type(await chain.with_trail_stop(10, 20).execute(), BracketOrderResponse)


async def from_template(suite: TradingSuite) -> None:
    """A template by name."""
    template = get_template("standard_rr")
    assert_type(template, OrderTemplate)
    assert_type(await template.create_order(suite, 0, risk_amount=500), BracketOrderResponse)


async def streamed() -> None:
    """Events in a loop, of a suite from a file."""
    suite = await TradingSuite.from_config("suite.toml")
    assert_type(suite, TradingSuite)
    async for event in suite.stream(EventType.NEW_BAR):
        assert_type(event, Event)
