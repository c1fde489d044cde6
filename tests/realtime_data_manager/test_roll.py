"""The end of a contract's time as the active month is announced, and nothing is switched."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._ports import EntryGate
from project_x_py.event_bus import Event, EventType
from project_x_py.models import Instrument
from project_x_py.realtime_data_manager._roll import RollWatch
from project_x_py.simulator.faults import Roll
from project_x_py.trading_suite import TradingSuite

QUIET = "MHG"
BEFORE_ROLL = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""MHGZ6 is the active month until 25 November 2026."""


async def _warnings(suite: TradingSuite) -> list[dict[str, object]]:
    seen: list[dict[str, object]] = []

    async def note(event: Event) -> None:
        if str(event.data["kind"]).startswith("contract_"):
            seen.append(event.data)

    await suite.on(EventType.WARNING, note)
    return seen


@in_virtual_time
async def test_a_change_of_the_active_month_is_announced_once() -> None:
    """From then on entries in the old month are refused, and the suite stays with it."""
    async with simulated_suite(QUIET, timeframes=["1min"]) as (gateway, suite):
        seen = await _warnings(suite)
        gate: EntryGate = suite.data
        old = suite.instrument_id
        assert gate.entry_refusal(old) is None
        gateway.faults.apply(Roll(contract_id=old))
        await asyncio.sleep(1000)
        (news,) = [data for data in seen if data["kind"] == "contract_rolled"]
        assert news["contract_id"] == old == suite.instrument_id
        details = news["details"]
        assert isinstance(details, dict)
        assert details["next_contract_id"] != old
        refusal = gate.entry_refusal(old)
        assert refusal is not None
        assert str(details["next_contract_id"]) in refusal
        assert gate.entry_refusal(str(details["next_contract_id"])) is None


@in_virtual_time
async def test_a_month_asked_for_by_name_may_be_entered() -> None:
    """Who names the month means it, also when another one is the active month."""
    async with simulated_suite(QUIET, timeframes=["1min"]) as (gateway, plain):
        keywords: dict[str, Any] = {
            "config": gateway.config,
            "username": gateway.credentials.username,
            "api_key": gateway.credentials.api_key,
        }
        suite = await TradingSuite.create(plain.instrument_id, **keywords)
        gateway.faults.apply(Roll(contract_id=plain.instrument_id))
        await asyncio.sleep(1000)
        assert suite.data.entry_refusal(suite.instrument_id) is None
        assert plain.data.entry_refusal(plain.instrument_id) is not None
        await suite.disconnect()


@in_virtual_time
async def test_the_days_before_are_announced_once_each() -> None:
    """Some sessions before the product's rule changes the month, each session says so once."""
    options: dict[str, Any] = {"gateway": {"start": BEFORE_ROLL}, "auto_connect": False}
    async with simulated_suite(QUIET, timeframes=["1min"], **options) as (_, suite):
        seen = await _warnings(suite)
        await suite.connect()
        await asyncio.sleep(2000)
        (news,) = [data for data in seen if data["kind"] == "contract_roll_ahead"]
        details = news["details"]
        assert isinstance(details, dict)
        assert details["sessions_left"] in (1, 2, 3, 4, 5)
        watch = suite.data._parts.roll  # type: ignore[union-attr]
        left = [watch.sessions_left(date(2026, 11, day)) for day in (16, 17, 18, 19, 20, 23)]
        assert [number for number in left if number] == sorted(
            (number for number in left if number), reverse=True
        )


def test_a_holiday_is_no_session() -> None:
    """Gold of April 2027 is active until the 26th of March, a Good Friday: one session is left."""
    gold = Instrument("CON.F.US.MGC.J27", "MGCJ7", "Micro gold", 0.1, 1.0, True)
    watch = RollWatch("MGC", gold, None, None, None)  # type: ignore[arg-type]
    assert watch.sessions_left(date(2027, 3, 24)) == 2
    assert watch.sessions_left(date(2027, 3, 25)) == 1
