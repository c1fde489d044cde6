"""Sizes, limits, stops and targets on an account that trades."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.documented.test_event_keys import ROW, TABLE
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType, TradingSuite
from project_x_py.event_bus import Event
from project_x_py.exceptions import InvalidOrderParameters, RiskLimitExceeded
from project_x_py.models import Order
from project_x_py.risk_manager import RiskConfig, RiskManager

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
BUY, SELL = 0, 1


def documented(kind: object) -> set[str]:
    """The keys of an event, as the table of events has them."""
    rows = {EventType[name]: keys for name, keys in ROW.findall(TABLE.read_text(encoding="utf-8"))}
    return set(rows[EventType(kind)].split(", "))


@asynccontextmanager
async def guarded(
    *symbols: str, **limits: Any
) -> AsyncIterator[tuple[TradingSuite, RiskManager, list[Event]]]:
    """A suite with the feature, its first risk manager, and the risk events so far."""
    events: list[Event] = []

    async def keep(event: Event) -> None:
        events.append(event)

    async with simulated_suite(
        *(symbols or ("MNQ",)),
        gateway={"start": OPEN},
        initial_days=1,
        features=["risk_manager"],
        risk_config=RiskConfig(**limits),
    ) as (_, suite):
        for kind in EventType:
            if kind.value.startswith(("risk_", "stop_loss", "take_profit")):
                await suite.on(kind, keep)
        manager = next(iter(suite.values())).risk_manager
        assert manager is not None
        await asyncio.sleep(3)
        yield suite, manager, events


@in_virtual_time
async def test_500_dollars_and_ten_points_are_one_es() -> None:
    """Not fifty: a point of ES is 50 dollars."""
    async with guarded("ES") as (_, risk, _events):
        found = await risk.calculate_position_size(5_000, 4_990, risk_amount=500)
        assert (found["position_size"], found["risk_amount"]) == (1, 500.0)
        assert (found["sizing_method"], found["kelly_fraction"]) == ("fixed_risk", None)
        found = await risk.calculate_position_size(5_000, 4_999, risk_percent=0.01)
        assert found["position_size"] == risk.config.max_position_size
        with pytest.raises(InvalidOrderParameters):
            await risk.calculate_position_size(5_000, 5_000)
        with pytest.raises(InvalidOrderParameters):
            await risk.calculate_position_size(5_000, 4_990, risk_amount=0)


@in_virtual_time
async def test_an_entry_beyond_a_limit_is_not_sent_and_the_reason_is_told() -> None:
    """Working orders count; exits are never asked about."""
    async with guarded(max_position_size=2) as (suite, risk, events):
        last = await suite.data.get_current_price()
        assert last is not None
        await suite.orders.place_market_order("MNQ", BUY, 1)
        await suite.orders.place_limit_order("MNQ", BUY, 1, round(last) - 50)
        await asyncio.sleep(1)
        with pytest.raises(RiskLimitExceeded, match="2 are the limit"):
            await suite.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(0.1)
        assert [event.type for event in events] == [EventType.RISK_LIMIT_EXCEEDED]
        assert (events[0].data["kind"], events[0].data["figure"]) == ("position_size", 3)
        assert set(events[0].data) == documented(EventType.RISK_LIMIT_EXCEEDED)
        assert risk.guardian.largest(suite.instrument_id, Decimal(10)) == 0
        await suite.orders.close_position("MNQ")
        await asyncio.sleep(1)
        assert await suite["MNQ"].positions.get_position("MNQ") is None
        stats = await risk.get_stats()
        assert stats["performance_metrics"]["orders_denied"] == 1


@in_virtual_time
async def test_the_day_is_fed_by_real_fills() -> None:
    """Trades and losses of the day come from the account, and the last allowed one is the last."""
    async with guarded(max_daily_trades=2) as (suite, risk, events):
        for _ in range(2):
            await suite.orders.place_market_order("MNQ", BUY, 1)
            await asyncio.sleep(1)
            await suite.orders.place_market_order("MNQ", SELL, 1)
            await asyncio.sleep(1)
        metrics = await risk.get_risk_metrics()
        pnl = await suite.positions.get_portfolio_pnl()
        assert metrics["daily_trades"] == 2
        assert metrics["daily_loss"] == pytest.approx(max(0.0, -pnl["daily_pnl"]), abs=0.01)
        with pytest.raises(RiskLimitExceeded, match="max_daily_trades"):
            await suite.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(0.1)
        assert "max_daily_trades" in {event.data["kind"] for event in events}


@in_virtual_time
async def test_attached_orders_are_a_pair_and_what_fills_is_told() -> None:
    """Stop and target work; when one fills the other goes, and the event says which it was."""
    async with guarded(default_stop_distance=12, use_trailing_stops=False) as (suite, risk, events):
        await suite.orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(1)
        (held,) = await suite.positions.get_all_positions()
        found = await risk.attach_risk_orders(held)
        assert found["stop_loss"] < held.averagePrice < found["take_profit"]
        assert found["risk_reward_ratio"] == pytest.approx(2, rel=0.2)
        assert len(await suite.orders.search_open_orders("MNQ")) == 2
        assert await risk.adjust_stops(held, found["stop_loss"] - 1)
        for _ in range(60):
            await asyncio.sleep(10)
            if not await suite.positions.get_all_positions():
                break
        await asyncio.sleep(2)
        assert await suite.positions.get_all_positions() == []
        assert await suite.orders.search_open_orders("MNQ") == []
        told = [event.type for event in events]
        assert set(events[0].data) == documented(events[0].type)
        assert told in ([EventType.STOP_LOSS_TRIGGERED], [EventType.TAKE_PROFIT_TRIGGERED])
        assert not await risk.adjust_stops(held, found["stop_loss"])


@in_virtual_time
async def test_every_stop_of_a_position_is_moved() -> None:
    """Two stops of one contract each; each is told of, and one that is named moves alone."""
    told: list[Event] = []

    async def keep(event: Event) -> None:
        told.append(event)

    async with guarded() as (suite, risk, _):
        await suite.events.subscribe("mine", "stop_adjusted", keep)
        await suite.orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(1)
        (held,) = await suite.positions.get_all_positions()
        low = round(held.averagePrice) - 80
        placed = [await suite.orders.add_stop_loss("MNQ", low - n, 1) for n in range(2)]
        assert await risk.adjust_stops(held, low + 10.1)
        await asyncio.sleep(1)
        working = await suite.orders.search_open_orders("MNQ")
        assert [order.stopPrice for order in working] == [low + 10.25] * 2
        assert placed[0] is not None
        assert await risk.adjust_stops(held, low, placed[0].orderId)
        await asyncio.sleep(1)
        working = await suite.orders.search_open_orders("MNQ")
        assert sorted(order.stopPrice or 0 for order in working) == [low, low + 10.25]
        assert len(told) == 3
        await suite.flatten()


@in_virtual_time
async def test_a_stop_that_follows_only_tightens() -> None:
    """At every moment the working stop of a short is no higher than it was before."""
    async with guarded(
        default_stop_distance=200,
        use_take_profit=False,
        trailing_stop_distance=40,
        trailing_stop_trigger=8,
    ) as (suite, risk, _):
        await suite.orders.place_market_order("MNQ", SELL, 1)
        await asyncio.sleep(1)
        (held,) = await suite.positions.get_all_positions()
        await risk.attach_risk_orders(held)
        stops = []
        for _ in range(60):
            await asyncio.sleep(2)
            working = await suite.orders.search_open_orders("MNQ")
            stops += [order.stopPrice for order in working]
            if not working:
                break
        assert stops == sorted(stops, reverse=True)
        assert len(set(stops)) > 1
        await risk.stop_trailing_stops()


@in_virtual_time
async def test_stops_and_targets_are_on_their_sides_and_on_the_grid() -> None:
    """Distances are ticks, percent or average true ranges; off the grid goes to less risk."""
    async with guarded(default_stop_distance=50) as (_, risk, _events):
        assert await risk.calculate_stop_loss(20_000, BUY) == 19_987.5
        assert await risk.calculate_stop_loss(20_000, SELL) == 20_012.5
        assert await risk.calculate_take_profit(20_000, 19_990, BUY) == 20_020
        with pytest.raises(InvalidOrderParameters, match="wrong side"):
            await risk.calculate_take_profit(20_000, 20_010, BUY)
        assert await risk.should_activate_trailing_stop(20_000, 20_007.5, BUY)
        assert not await risk.should_activate_trailing_stop(20_000, 20_007.25, BUY)
        assert risk.calculate_trailing_stop(20_000, BUY) == 19_995
    async with guarded(stop_loss_type="atr") as (_, risk, _events):
        stop = await risk.calculate_stop_loss(20_000, BUY)
        assert stop < 20_000
        assert (stop * 4) % 1 == 0
        assert await risk.calculate_stop_loss(20_000, BUY, 5.1) == 19_990


@in_virtual_time
async def test_judgements_are_data() -> None:
    """An order that is only asked about sends nothing; figures have the documented keys."""
    async with guarded(max_position_size=2) as (suite, risk, _):
        order = Order(
            1, suite.client.get_account_info().id,
            suite.instrument_id, "2026-09-01T14:00:00Z", None, 1, 2, BUY, 3,
        )  # fmt: skip
        answer = await risk.validate_trade(order)
        assert not answer["is_valid"]
        assert answer["reasons"]
        assert suite.instrument is not None
        trade = await risk.analyze_trade_risk(suite.instrument, 20_000, 19_990, 20_020, 1)
        assert (trade["risk_amount"], trade["risk_reward_ratio"]) == (20.0, 2.0)
        assert trade["within_limits"]
        portfolio = await risk.analyze_portfolio_risk()
        assert portfolio["headroom"] > 0
        await risk.record_trade_result("x", -100, 5)
        assert (await risk.get_risk_metrics())["daily_loss"] == 100
        assert await risk.calculate_kelly_position_size(100, 0.6, 2, 1) == 10
        assert await risk.get_status() == "active"
        assert await risk.get_health_score() == 100
