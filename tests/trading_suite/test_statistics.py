"""What a suite tells of itself, on the simulated gateway."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import pickle
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py.statistics import ComponentCollector
from project_x_py.statistics.snapshot import STAGES
from project_x_py.types.stats_types import ComprehensiveStats

if TYPE_CHECKING:
    from project_x_py import TradingSuite
    from project_x_py.event_bus import Event

OPEN = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
CLOSED = datetime(2026, 9, 5, 16, 0, tzinfo=UTC)
"""A Saturday."""
ACCOUNT = ["client", "realtime", "events", "order_manager", "position_manager"]
ALL = ["orderbook", "risk_manager"]


def traded(suite: TradingSuite) -> float:
    """Trades that the bars of all instruments have counted."""
    parts = suite.statistics().components
    return sum(part.figures.get("trades_processed", 0) for n, part in parts.items() if "data" in n)


@in_virtual_time
async def test_a_suite_tells_what_it_measured() -> None:
    """Documented figures are the counters of the parts, in all parts of all instruments."""
    async with simulated_suite("MNQ", "MES", gateway={"start": OPEN}, features=ALL) as (
        _,
        suite,
    ):
        seen: list[Event] = []

        async def note(event: Event) -> None:
            seen.append(event)

        await suite.on(EventType.TRADE_TICK, note)
        before = traded(suite)
        await asyncio.sleep(8)
        stats = await suite.get_stats()
        parts = [f"{s}.{p}" for s in ("MNQ", "MES") for p in ("data", *ALL)]
        assert sorted(stats["components"]) == sorted([*ACCOUNT, *parts])
        assert (stats["instrument"], stats["status"]) == ("MNQ,MES", "active")
        assert stats["connected"]
        assert stats["user_hub_connected"]
        assert 8 <= stats["uptime_seconds"] <= 10
        assert stats["features_enabled"] == ALL
        assert stats["timeframes"] == ["5min"]
        assert stats["active_subscriptions"] == 2
        calls = await suite.client.get_health_status()
        assert stats["total_api_calls"] == calls["api_calls"] > 0
        assert stats["successful_api_calls"] == stats["total_api_calls"]
        assert stats["memory_usage_mb"] > 0
        assert stats["health_score"] == await suite.get_health_score() == 100.0
        assert traded(suite) - before == len(seen) > 5


@in_virtual_time
async def test_health_is_zero_without_a_hub_and_full_in_a_closed_market() -> None:
    """A quiet market takes nothing from the health; a hub that is gone takes all of it."""
    async with simulated_suite("MNQ", gateway={"start": CLOSED}, features=ALL) as (
        gateway,
        suite,
    ):
        await asyncio.sleep(900)
        scores = {n: c["health_score"] for n, c in (await suite.get_component_health()).items()}
        assert set(scores.values()) == {100.0}, scores
        assert await suite.get_health_score() == 100.0
        gateway.faults.drop_connections()
        await asyncio.sleep(0.01)
        assert not suite.is_connected
        assert await suite.get_health_score() == 0.0
        assert (await suite.get_stats())["status"] == "disconnected"
    assert await suite.get_health_score() == 0.0


@in_virtual_time
async def test_a_suite_that_never_connected_has_no_health() -> None:
    """Before ``connect`` the score is 0, and every figure can be read."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}, auto_connect=False) as (
        _,
        suite,
    ):
        assert await suite.get_health_score() == 0.0
        assert (await suite.get_stats())["connected"] is False


@pytest.mark.parametrize("form", ["json", "prometheus", "csv", "datadog"])
@in_virtual_time
async def test_an_export_holds_no_secret(form: str) -> None:
    """No format has the token, the key, the user or the account's name, errors' texts included."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}, features=ALL) as (
        gateway,
        suite,
    ):
        account = suite.client.get_account_info()
        login = gateway.credentials
        secrets = [
            suite.client.get_session_token(),
            login.api_key,
            login.username,
            account.name,
            str(account.id),
        ]
        fault = ValueError(f"a fault with {' '.join(secrets)}")
        await suite.positions.track_error(fault, "a test")
        text = await suite.export_stats(form)
        text = text if isinstance(text, str) else json.dumps(text)
        assert [secret for secret in secrets if secret in text] == []
        assert ("a fault with" in text) is (form == "json")
        assert "MNQ.data" in text


@in_virtual_time
async def test_each_section_is_what_its_part_tells() -> None:
    """All sections are there, and repeat the figures that the parts' own calls return."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}, features=ALL) as (_, suite):
        await asyncio.sleep(5)
        await suite.orders.place_market_order("MNQ", 0, 2)
        await asyncio.sleep(1)
        held: Any = suite.statistics().comprehensive()["risk_manager"]
        assert 0 < held["max_position_risk"] <= held["total_risk_exposure"]
        await suite.positions.close_position_direct("MNQ")
        async with suite.managed_trade():
            counted: Any = suite.statistics().comprehensive()["risk_manager"]
            assert counted["managed_trades_active"] == 1
        await asyncio.sleep(1)
        told: Any = suite.statistics().comprehensive()
        assert set(told) == set(ComprehensiveStats.__annotations__)
        assert told["order_manager"] == suite.orders.get_order_statistics()
        own = dict(await suite.positions.get_position_statistics())
        risk = {name: own.pop(name) for name in ("total_risk", "max_position_risk")}
        assert told["position_manager"].items() >= own.items()
        assert set(risk.values()) == {None}
        today, made = told["trading"], own["realized_pnl"]
        assert today == {
            "orders_today": 2,
            "fills_today": 2,
            "active_positions": 0,
            "pnl_today": made,
        }
        assert (await suite.orders.get_stats())["fill_rate"] == 1.0
        assert (await suite.positions.get_stats())["win_rate"] == own["win_rate"]
        assert (await suite.get_stats())["api_success_rate"] == 1.0
        judged = told["risk_manager"]
        assert judged["rules_evaluated"] == judged["rules_passed"] > 0
        assert judged["total_risk_exposure"] == judged["managed_trades_active"] == 0
        assert judged["managed_trades_completed"] == 1
        assert judged["position_size_limit"] == suite.config.get_risk_config().max_position_size
        own_data = await suite.data.get_memory_stats()
        took_ms = told["data_manager"]["avg_processing_time_ms"]
        assert took_ms is not None
        assert took_ms >= 0
        assert told["data_manager"] == {**own_data, "avg_processing_time_ms": took_ms}
        assert suite.orderbook is not None
        book = await suite.orderbook.get_memory_stats()
        assert told["orderbook"].items() <= book.items()
        calls = await suite.client.get_health_status()
        assert told["http_client"]["total_requests"] == calls["api_calls"]
        assert told["cache"]["cache_hits"] == calls["cache_hits"]
        frames = suite.realtime.get_stats()["frames_received"]
        assert told["realtime"]["messages_received"] == sum(frames.values()) > 10
        assert (told["realtime"]["messages_sent"], told["realtime"]["timeout_errors"]) > (4, 0)
        assert judged["max_drawdown"] == own["max_drawdown"]


@in_virtual_time
async def test_an_unknown_format_is_refused() -> None:
    """The message lists the formats."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (_, suite):
        with pytest.raises(ValueError, match="json, prometheus, csv, datadog"):
            await suite.export_stats("xml")


@in_virtual_time
async def test_each_stage_is_measured() -> None:
    """A message's and an order's stages are counted, and a handler that is slow is named."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}, features=ALL) as (_, suite):

        async def drowsy(event: Event) -> None:
            await asyncio.sleep(0.01)

        await suite.on(EventType.TRADE_TICK, drowsy)
        await asyncio.sleep(5)
        await suite.orders.place_market_order("MNQ", 0, 1)
        await asyncio.sleep(2)
        told = suite.statistics()
        assert tuple(told.latency) == STAGES
        assert all(stage.count for stage in told.latency.values()), told.latency
        assert told.latency["order_answered"].count == 1
        names = [one.handler for one in told.handlers if one.delivered]
        assert any("drowsy" in name for name in names)
        everything: Any = told.comprehensive()
        assert set(everything["latency"]) == set(STAGES)


@in_virtual_time
async def test_a_snapshot_does_not_change() -> None:
    """What was told stays as it was while the market goes on."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (_, suite):
        before = suite.statistics()
        figures = dict(before.components["MNQ.data"].figures)
        await asyncio.sleep(3)
        assert dict(before.components["MNQ.data"].figures) == figures
        assert suite.statistics().components["MNQ.data"].figures != figures
        assert pickle.loads(pickle.dumps(before)) == copy.deepcopy(before) == before
        with pytest.raises(dataclasses.FrozenInstanceError):
            before.generated_at = ""  # type: ignore[misc]  # that is the point


@in_virtual_time
async def test_a_collector_has_each_part_once() -> None:
    """It tells the same parts as the suite, with their scores."""
    async with simulated_suite("MNQ", "MES", gateway={"start": OPEN}) as (_, suite):
        found = await ComponentCollector(suite).collect()
        assert sorted(found) == sorted([*ACCOUNT, "MNQ.data", "MES.data"])
        assert found["MNQ.data"]["health_score"] == 100.0


@in_virtual_time
async def test_a_quote_is_told_once_and_each_user_event_once() -> None:
    """With a book and two instruments no event object comes twice, and quotes have one shape."""
    async with simulated_suite("MNQ", "MES", gateway={"start": OPEN}, features=ALL) as (
        _,
        suite,
    ):
        quotes: list[Event] = []
        orders: list[Event] = []

        async def quote(event: Event) -> None:
            quotes.append(event)

        async def order(event: Event) -> None:
            orders.append(event)

        await suite.on(EventType.QUOTE_UPDATE, quote)
        await suite.on(EventType.ORDER_FILLED, order)
        await asyncio.sleep(3)
        await suite["MNQ"].orders.place_market_order("MNQ", 0, 1)
        await asyncio.sleep(2)
        assert len({id(event) for event in quotes}) == len(quotes) > 3
        assert {event.source for event in quotes} == {quotes[0].source}
        assert len({frozenset(event.data) for event in quotes}) == 1
        assert len(orders) == 1
