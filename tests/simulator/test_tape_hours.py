"""Tapes that print while their product does not trade."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.trading import BUY, LIMIT, MARKET, Trader
from tests.virtual import in_virtual_time

from project_x_py._core.calendar import calendar_for
from project_x_py._core.products import product_for_ticker
from project_x_py._core.time import DAY_NS, HOUR_NS, MINUTE_NS, NS, parse_ns
from project_x_py.simulator import SimulatedGateway
from project_x_py.simulator._tape_hours import GAP_NS, tape_hours

MNQ = product_for_ticker("MNQ")
SATURDAY = parse_ns("2024-03-09T18:00:00Z")
"""Noon in Chicago."""


def test_a_tape_within_the_hours_has_none_of_its_own() -> None:
    """Prints of a session, its first instant included, need no hours but the product's."""
    opening = parse_ns("2024-03-06T23:00:00Z")
    assert tape_hours(MNQ, [opening, opening + HOUR_NS], opening - HOUR_NS) is None


def test_stretches_of_prints_are_open() -> None:
    """From the clock's start to the last print, but not in a longer gap; sessions stay."""
    prints = [SATURDAY, SATURDAY + GAP_NS, SATURDAY + 3 * HOUR_NS]
    hours = tape_hours(MNQ, prints, SATURDAY - 30 * NS)
    assert hours is not None
    probes = {-31 * NS: False, -30 * NS: True, GAP_NS: True, GAP_NS + 1: False}
    probes |= {3 * HOUR_NS: True, 3 * HOUR_NS + 1: False}
    assert {at: hours.is_open(SATURDAY + at) for at in probes} == probes
    assert hours.sessions(date(2024, 3, 8)) == calendar_for("MNQ").sessions(date(2024, 3, 8))


def test_a_tape_that_begins_before_a_close_prolongs_the_session() -> None:
    """The clock's start lies in the session, the first print behind its close: one session."""
    ((opens, closes),) = calendar_for("MNQ").sessions(date(2024, 3, 6))
    hours = tape_hours(MNQ, [closes + MINUTE_NS], closes - MINUTE_NS)
    assert hours is not None
    assert hours.sessions(date(2024, 3, 6)) == ((opens, closes + MINUTE_NS + 1),)


@given(st.lists(st.integers(0, 9 * DAY_NS), min_size=1, max_size=30).map(sorted))
def test_every_print_is_in_the_hours(offsets: list[int]) -> None:
    """Whatever a tape prints, it is open then; where the product is open, it is as well."""
    prints = [SATURDAY - 4 * DAY_NS + at for at in offsets]
    hours = tape_hours(MNQ, prints, prints[0] - MINUTE_NS)
    usual = calendar_for("MNQ")
    for ns in prints:
        assert usual.is_open(ns) if hours is None else hours.is_open(ns)
    if hours is not None:
        for at in range(9 * 24):
            ns = SATURDAY - 4 * DAY_NS + at * HOUR_NS
            assert hours.is_open(ns) or not usual.is_open(ns)
        for day in range(8, 30):
            edges = [ns for span in hours.sessions(date(2024, 3, day)) for ns in span]
            assert edges == sorted(set(edges))


def weekend(folder: Path, first_ns: int = SATURDAY) -> Path:
    """Write a tape of half an hour of prints."""
    ts = [first_ns + n * MINUTE_NS for n in range(30)]
    pl.DataFrame({"ts": ts, "price": [100.0] * 30, "size": [5] * 30}).write_parquet(
        folder / "trades.parquet"
    )
    return folder


def gateway(folder: Path, **options: Any) -> SimulatedGateway:
    """The tape at its own time."""
    return SimulatedGateway(
        tape=folder, instrument="MNQ", tape_clock="tape", in_process=True, **options
    )


@in_virtual_time
async def test_orders_are_taken_on_a_weekend_tape(tmp_path: Path) -> None:
    """From the start on, before the first print as well; at its end what works is cancelled."""
    async with gateway(weekend(tmp_path)) as running, Trader(running) as trader:
        early = await trader.place(LIMIT, BUY, limitPrice=99.5)
        assert early["success"], early
        await trader.filled(MARKET, BUY)
        await running.market.wait_until_over()
        await asyncio.sleep(1)
        row = await trader.row(early["orderId"])
        assert row["status"] == 3


@in_virtual_time
async def test_own_hours_know_no_flatten(tmp_path: Path) -> None:
    """At 15:30 in Chicago on a Saturday the tape's market is open like any other."""
    late = SATURDAY + 210 * MINUTE_NS
    async with gateway(weekend(tmp_path, late)) as running, Trader(running) as trader:
        await trader.filled(MARKET, BUY)


@in_virtual_time
async def test_the_platform_keeps_its_hours_on_other_tapes(tmp_path: Path) -> None:
    """A tape of a Wednesday at 15:28 in Chicago is traded as Topstep trades then: not at all."""
    wednesday = parse_ns("2024-03-06T21:28:00Z")
    async with gateway(weekend(tmp_path, wednesday)) as running, Trader(running) as trader:
        refused = await trader.place(MARKET, BUY)
        assert refused["errorCode"] == 2
        assert "not in an active trading status" in refused["errorMessage"]
