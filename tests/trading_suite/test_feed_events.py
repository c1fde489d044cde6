"""Outages, stale feeds and slow hubs as events of the suite, on the simulated gateway."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py.simulator import faults
from project_x_py.trading_suite._feed_events import newest_bar

OPEN = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
FEED = (EventType.FEED_GAP, EventType.FEED_STALE, EventType.LATENCY_WARNING, EventType.ERROR)


class Heard:
    """Keeps the data of the feed's events, per bus."""

    def __init__(self) -> None:
        self.data: dict[EventType, list[dict[str, Any]]] = {kind: [] for kind in FEED}

    async def __call__(self, event: Any) -> None:
        self.data[event.type].append(event.data)


def told(heard: Heard) -> list[dict[str, Any]]:
    """The gaps as they opened and closed, without what was read anew afterwards."""
    return [gap for gap in heard.data[EventType.FEED_GAP] if not gap["backfilled"]]


@in_virtual_time
async def test_an_orderly_end_is_no_outage() -> None:
    """``disconnect`` tells of no gap; leaving the hubs below a suite that goes on does."""
    async with simulated_suite(gateway={"start": OPEN}) as (_, suite):
        heard = Heard()
        await suite.on(EventType.FEED_GAP, heard)
        await asyncio.sleep(1)
        await suite.disconnect()
        assert told(heard) == []
    async with simulated_suite(gateway={"start": OPEN}) as (_, suite):
        heard = Heard()
        await suite.on(EventType.FEED_GAP, heard)
        await asyncio.sleep(1)
        await suite.realtime.disconnect()
        await asyncio.sleep(0.1)
        assert {gap["reason"] for gap in told(heard)} == {"disconnected"}


@in_virtual_time
async def test_an_outage_is_an_event_of_its_instrument_and_of_the_suite() -> None:
    """Two FEED_GAPs a contract with its symbol, two of the account, all on the suite's bus."""
    async with simulated_suite("MNQ", "MES", gateway={"start": OPEN}) as (gateway, suite):
        everywhere, mnq = Heard(), Heard()
        await suite.on(EventType.FEED_GAP, everywhere)
        await suite["MNQ"].on(EventType.FEED_GAP, mnq)
        await asyncio.sleep(5)
        gateway.faults.drop_connections()
        await asyncio.sleep(5)
        gaps = told(everywhere)
        shape = sorted((str(gap["symbol"]), gap["is_open"]) for gap in gaps)
        assert shape == sorted(
            (name, open_) for name in ("MNQ", "MES", "None") for open_ in (True, False)
        )
        first, last = [gap for gap in gaps if gap["symbol"] == "MNQ"]
        assert first["contract_id"] == suite["MNQ"].instrument_info.id
        assert (first["reason"], first["end"]) == ("disconnected", None)
        assert last["start"] == first["start"] < last["end"]
        # The two hubs come back in an order of their own.
        assert sorted(str(gap["symbol"]) for gap in told(mnq)) == ["MNQ"] * 2 + ["None"] * 2


@in_virtual_time
async def test_a_mute_hub_is_announced_within_five_seconds() -> None:
    """FEED_STALE and FEED_GAP come while the gateway still says nothing."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (gateway, suite):
        heard = Heard()
        for kind in FEED:
            await suite.on(kind, heard)
        await asyncio.sleep(60)
        assert not any(heard.data.values())
        gateway.faults.mute("market")
        await asyncio.sleep(5)
        (stale,) = heard.data[EventType.FEED_STALE]
        assert (stale["hub"], stale["contract_id"]) == ("market", None)
        assert stale["seconds_since_message"] >= stale["threshold_seconds"]
        (gap,) = heard.data[EventType.FEED_GAP]
        assert gap["reason"] == "silent"
        gateway.faults.unmute("market")
        await asyncio.sleep(5)
        assert [gap["is_open"] for gap in told(heard)] == [True, False]
        assert suite.is_connected


@in_virtual_time
async def test_a_halt_is_no_outage() -> None:
    """The gateway's own history acquits it: no event, no reconnect, for as long as it lasts."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (gateway, suite):
        heard = Heard()
        for kind in FEED:
            await suite.on(kind, heard)
        await asyncio.sleep(60)
        gateway.faults.apply(faults.Halt(seconds=1200))
        await asyncio.sleep(1100)
        assert not any(heard.data.values())
        stats = suite.realtime.get_stats()
        assert stats["connection_errors"] == 0
        assert stats["false_alarms"] > 0


@pytest.mark.parametrize("how", ["truncated", "not_json", "no_type"])
@in_virtual_time
async def test_a_frame_that_cannot_be_read_is_an_error_event(how: Any) -> None:
    """ERROR names the hub; the gap says corrupt and ends with the resynchronisation."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (gateway, suite):
        heard = Heard()
        for kind in FEED:
            await suite.on(kind, heard)
        await asyncio.sleep(5)
        gateway.faults.apply(faults.GarbleEvents(hub="market", how=how))
        await asyncio.sleep(5)
        (error,) = heard.data[EventType.ERROR]
        assert error["handler"] == "market hub"
        gaps = told(heard)
        assert [(gap["reason"], gap["is_open"]) for gap in gaps] == [
            ("corrupt", True),
            ("corrupt", False),
        ]
        assert suite.is_connected


@in_virtual_time
async def test_the_witness_knows_the_newest_second() -> None:
    """It is at most a second or two behind a liquid market, and None where nothing traded."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (gateway, suite):
        await asyncio.sleep(30)
        contract_id = suite["MNQ"].instrument_info.id
        newest_ns = await newest_bar(suite.client, contract_id)
        assert newest_ns is not None
        assert 0 <= gateway.clock.now_ns() - newest_ns < 3_000_000_000
        gateway.market.pause()
        await asyncio.sleep(7200)
        assert await newest_bar(suite.client, contract_id) is None
