"""Many instruments are ready soon, within the default request budget."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py.models import ProjectXConfig
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

TWELVE = ("MES", "MNQ", "MYM", "M2K", "MCL", "MGC", "SIL", "MHG", "6E", "ZN", "ZC", "MBT")
DEFAULTS = ProjectXConfig()


@pytest.mark.parametrize(
    "timeframes", [["15sec", "1min", "5min"], ["5sec", "15sec", "30sec"], ["1min", "1hr", "1day"]]
)
@in_virtual_time
async def test_twelve_instruments_are_ready_within_fifteen_seconds(timeframes: list[str]) -> None:
    """With three timeframes each and the default limits, bars are whole when create returns."""
    options = {"in_process": True, "instruments": TWELVE}
    async with SimulatedGateway(**options) as gateway:  # type: ignore[arg-type]
        config = dataclasses.replace(
            gateway.config,
            requests_per_minute=DEFAULTS.requests_per_minute,
            burst_limit=DEFAULTS.burst_limit,
        )
        keywords = {**login(gateway), "config": config}
        loop = asyncio.get_running_loop()
        began = loop.time()
        suite = await TradingSuite.create(list(TWELVE), timeframes=timeframes, **keywords)
        took = loop.time() - began
        ready = [await context.data.is_data_ready(3) for context in suite.values()]
        status = {await context.data.get_status() for context in suite.values()}
        await suite.disconnect()
        assert all(ready)
        assert took < 15
        assert status == {"active"}
