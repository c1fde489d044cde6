"""Outages of the real hubs: whatever was missed, bars are the gateway's own again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py.event_bus import Event, EventType
from project_x_py.simulator.faults import Close, Drop, Mute, Unmute

if TYPE_CHECKING:
    import polars as pl

    from project_x_py.simulator.faults import Fault
    from project_x_py.trading_suite import TradingSuite

QUIET = "MCL"


async def _both(suite: TradingSuite, name: str, unit: int, number: int) -> pl.DataFrame:
    mine = await suite.data.get_data(name)
    theirs = await suite.client.get_bars(QUIET, days=0.004, interval=number, unit=unit)
    assert mine is not None
    both = mine.join(theirs, on="timestamp", how="full", suffix="_own", coalesce=True)
    since = both.filter(both["timestamp"] >= theirs["timestamp"][0]).sort("timestamp")
    return since.slice(0, since.height - 2)


@pytest.mark.parametrize(
    "faults",
    [
        [Drop(hub="market")],
        [Close(hub="market", allow_reconnect=True)],
        [Drop(hub="market"), Drop(hub="market")],
        [Mute(hub="market", seconds=8), Unmute(hub="market")],
    ],
    ids=["drop", "close", "drop twice", "mute"],
)
@in_virtual_time
async def test_after_an_outage_bars_are_the_gateways(faults: list[Fault]) -> None:
    """A connection that is lost, closed, lost again or silent costs no trade."""
    async with simulated_suite(QUIET, timeframes=["1sec", "1min"]) as (gateway, suite):
        gaps: list[Event] = []

        async def on_gap(event: Event) -> None:
            gaps.append(event)

        await suite.on(EventType.FEED_GAP, on_gap)
        await asyncio.sleep(20)
        for fault in faults:
            gateway.faults.apply(fault)
            await asyncio.sleep(9)
        await asyncio.sleep(30)
        for name, unit in (("1sec", 1), ("1min", 2)):
            both = await _both(suite, name, unit, 1)
            assert both.height > 0
            for column in ("open", "high", "low", "close", "volume"):
                assert both[column].to_list() == both[f"{column}_own"].to_list(), column
        assert await suite.data.get_status() == "active"
        if any(isinstance(fault, Drop) for fault in faults):
            assert any("trades" in gap.data["backfilled"] for gap in gaps)
