"""Closed live bars are the gateway's own, or it is noticed and put right."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.records import Trade
from project_x_py.event_bus import Event, EventType
from project_x_py.realtime_data_manager import RealtimeDataManager, audits_per_minute

QUIET = "MHG"


def _lose(data: RealtimeDataManager, lost: list[Trade]) -> None:
    """Let every seventh trade vanish on its way to the manager, without a word."""
    take = data._bars.take

    def taken(trades: Any, now_ns: int) -> Any:
        kept = []
        for trade in trades:
            if trade.exch_ns % 7 == 0 and len(lost) < 5 and trade.size:
                lost.append(trade)
            else:
                kept.append(trade)
        return take(kept, now_ns)

    data._bars.take = taken  # type: ignore[method-assign]


@in_virtual_time
async def test_a_bar_that_lacks_a_trade_is_found_told_of_and_repaired() -> None:
    """After lost trades every closed minute equals the gateway's own again."""
    async with simulated_suite(QUIET, timeframes=["1min", "5min"]) as (_, suite):
        seen: list[Event] = []

        async def note(event: Event) -> None:
            seen.append(event)

        await suite.on(EventType.WARNING, note)
        await suite.on(EventType.BAR_CLOSED, note)
        lost: list[Trade] = []
        _lose(suite.data, lost)
        await asyncio.sleep(200)
        assert lost
        found = [e.data for e in seen if e.type is EventType.WARNING]
        assert found
        assert {data["kind"] for data in found} == {"bar_difference"}
        details = found[0]["details"]
        assert details["timeframe"] == "1min"
        assert details["data"]["volume"] > details["live"]["volume"]
        amended = [e.data for e in seen if e.type is EventType.BAR_CLOSED and e.data["amended"]]
        assert details["bar_time"] in [data["bar_time"] for data in amended]
        assert "audited" in suite.data.get_bar_marks("1min").values()
        mine = await suite.data.get_data("1min")
        theirs = await suite.client.get_bars(QUIET, days=0.1, interval=1, unit=2)
        assert mine is not None
        both = mine.join(theirs, on="timestamp", suffix="_own").slice(0, -1).head(-1)
        for name in ("open", "high", "low", "close", "volume"):
            assert both[name].to_list() == both[f"{name}_own"].to_list()
        status = await suite.data.get_validation_status()
        assert status["bar_differences"] == len(found)


@in_virtual_time
async def test_right_bars_cost_the_share_and_no_more() -> None:
    """Ten quiet minutes: bars are compared, none differs, and requests stay within the share."""
    names = ["15sec", "1min", "5min"]
    async with simulated_suite(QUIET, timeframes=names) as (_, suite):
        before = (await suite.client.get_health_status())["api_calls"]
        await asyncio.sleep(600)
        calls = (await suite.client.get_health_status())["api_calls"] - before
        status = await suite.data.get_validation_status()
        assert status["bars_compared"] >= 10
        assert status["bar_differences"] == status["repair_failures"] == 0
        assert status["repairs"] == 1
        assert calls <= 10 * audits_per_minute(200) + 1


def test_the_share_is_of_the_lower_budget() -> None:
    """Five in a hundred requests, of the service's or of the configuration's, and at least one."""
    assert [audits_per_minute(rpm) for rpm in (1, 20, 60, 100, 1000)] == [1, 1, 3, 5, 5]


@in_virtual_time
async def test_it_can_be_switched_off() -> None:
    """Without data_validation nothing is compared."""
    config: dict[str, Any] = {"data_manager_config": {"data_validation": False}}
    async with simulated_suite(QUIET, timeframes=["1min"], **config) as (_, suite):
        await asyncio.sleep(200)
        assert (await suite.data.get_validation_status())["bars_compared"] == 0
