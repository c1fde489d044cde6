"""Reads of positions and fills: whole or without effect."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from tests.position_manager.ports import (
    GRID,
    UNKNOWN,
    FixedClock,
    Lists,
    fill,
    silent,
    statement,
)
from tests.virtual import in_virtual_time

from project_x_py._core.grid import TickGrid
from project_x_py._core.submission import Listed
from project_x_py._core.time import NS
from project_x_py.position_manager._day import DayMoney
from project_x_py.position_manager._keeper import PositionKeeper
from project_x_py.position_manager._reader import (
    FLAT_S,
    HELD_S,
    MARGIN_NS,
    RETRY_S,
    PositionReader,
)


class Bench:
    """A reader and what it stands on."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.lists = Lists()
        self.keeper = PositionKeeper(1, lambda _contract_id: GRID, silent)
        self.day = DayMoney(self.clock, self.keeper)
        self.asked: list[str] = []
        self.reader = PositionReader(self.lists, self.clock, self.keeper, self.day, self.grid)

    async def grid(self, contract_id: str) -> TickGrid:
        self.asked.append(contract_id)
        return GRID


async def test_the_first_read_takes_the_days_fills_as_made_already() -> None:
    """They are the day's money and trades, and are not counted once more when heard of."""
    bench = Bench()
    done = (fill(1, 2, 80_000), fill(2, -1, 80_010, made=5.0), fill(3, -1, 80_010, voided=True))
    bench.lists.held, bench.lists.done = Listed((statement(1),)), Listed(done)
    assert await bench.reader.read()
    assert bench.lists.since == [bench.day.begin_ns]
    assert (bench.keeper.net(done[0].contract_id), bench.reader.reads) == (1, 1)
    assert bench.day.realised() == Decimal(5) - 2
    assert bench.day.trades() == 1
    for one in done:
        bench.keeper.hear_fill(one)
    assert bench.day.realised() == 3
    assert set(bench.asked) == {done[0].contract_id}


async def test_later_reads_tell_of_fills_since_the_last_one() -> None:
    """With a margin for the gateway's clock; what was heard counts once."""
    bench = Bench()
    assert await bench.reader.read()
    first_ns = bench.clock.ns
    bench.clock.ns += 10 * NS
    bench.lists.held, bench.lists.done = Listed((statement(1),)), Listed((fill(7, 1, 80_000),))
    for _ in range(2):
        assert await bench.reader.read()
    assert bench.lists.since[1] == first_ns - MARGIN_NS
    assert bench.keeper.costs() == 1


@pytest.mark.parametrize("what", ["positions", "short", "fills", "network"])
async def test_a_read_that_is_not_whole_changes_nothing(what: str) -> None:
    """No list, a short one, a failure: what was known stays, with the reason."""
    bench = Bench()
    bench.lists.held = Listed((statement(2),))
    assert await bench.reader.read()
    bench.clock.ns += NS
    bench.lists.held = Listed(())
    if what == "positions":
        bench.lists.held = UNKNOWN
    elif what == "short":
        bench.lists.held = Listed((), left_out=1)
    elif what == "fills":
        bench.lists.done = UNKNOWN
    bench.lists.fails = what == "network"
    assert not await bench.reader.read()
    assert not await bench.reader.read()
    assert bench.keeper.holds_positions()
    assert (bench.reader.failures, bench.reader.reads) == (2, 1)
    assert bench.reader.last_error


@in_virtual_time
async def test_it_reads_more_often_while_something_is_held_or_unknown() -> None:
    """Every few seconds after a failure, ten while held, sixty while flat."""
    bench, loop = Bench(), asyncio.get_running_loop()
    times: list[float] = []
    bench.lists.fails = True
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bench.reader.run(until_known=False))
        for held, count in ((False, 2), (True, 1), (False, 2)):
            for _ in range(count):
                seen, begun = len(bench.lists.since), loop.time()
                bench.lists.held = Listed((statement(1, bench.clock.ns),)) if held else Listed(())
                while len(bench.lists.since) == seen:
                    await asyncio.sleep(0.25)
                times.append(round(loop.time() - begun))
                bench.clock.ns += round(NS * times[-1])
            bench.lists.fails = False
        task.cancel()
    assert times == [RETRY_S, RETRY_S, RETRY_S, HELD_S, FLAT_S]


@in_virtual_time
async def test_it_ends_with_the_first_whole_read_where_others_read() -> None:
    """Until then it tries on."""
    bench = Bench()
    bench.lists.held = UNKNOWN
    async with asyncio.TaskGroup() as group:
        group.create_task(bench.reader.run(until_known=True))
        await asyncio.sleep(3 * RETRY_S)
        bench.lists.held = Listed(())
    assert bench.keeper.is_known
