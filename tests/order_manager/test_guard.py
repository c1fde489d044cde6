"""What was filled is covered or closed, and what is left over is cancelled."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from tests.order_manager.desks import LIMIT, MARKET, served, watched
from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py._core.orders.intents import Intent, Protection, Purpose
from project_x_py._core.submission import Accepted, Lane, OrderRequest
from project_x_py.order_manager._guard import DEADLINE_S
from project_x_py.simulator import faults

STOP = 4


def around(limit: int, *, native: bool = False) -> Protection:
    """Stop and target far enough away to stay; ``limit`` is 200 ticks below the market."""
    return Protection(stop=limit, target=limit + 400, native=native)


@pytest.mark.parametrize("native", [True, False], ids=["native", "own"])
@in_virtual_time
async def test_an_entry_is_covered_from_its_fill_on(native: bool) -> None:
    """Stop and target of the size that filled, at the prices asked for, within half a second."""
    async with served() as gateway, watched(gateway) as found:
        limit = found.bench.limit
        await found.enter(around(limit, native=native), size=2)
        await asyncio.sleep(2)
        assert sorted(found.working()) == [(LIMIT, 2), (STOP, 2)]
        stops, targets = found.guard.legs("run-1")
        assert [leg.snapshot().stop for leg in stops] == [limit]
        assert [leg.snapshot().limit for leg in targets] == [limit + 400]
        guarded = found.guard.guarded("run-1")
        assert guarded is not None
        assert guarded.naked_ns <= 500_000_000
        assert found.guard.unprotected() == {}
        assert found.warnings == []


@pytest.mark.parametrize("native", [True, False], ids=["native", "own"])
@in_virtual_time
async def test_closing_the_position_leaves_nothing_working(native: bool) -> None:
    """Whoever closes it, the legs are cancelled and the entry is no longer guarded."""
    async with served() as gateway, watched(gateway) as found:
        await found.enter(around(found.bench.limit, native=native))
        await asyncio.sleep(2)
        assert isinstance(await found.bench.desk.close_position(found.bench.contract_id), Accepted)
        await asyncio.sleep(12)
        assert (found.net, found.working(), found.guard.tags()) == (0, [], ())
        assert len(found.guard.naked_ns) == 1


@in_virtual_time
async def test_what_a_close_has_left_is_protected_anew() -> None:
    """The gateway takes it, its order finds too little to trade with, and the rest of it ends."""
    async with managed() as (_, desk):
        price = round(desk.price)
        for _ in range(2):
            await desk.orders.place_bracket_order(
                "MNQ", 0, 100, price, price - 150, price + 300, entry_type="market"
            )
            await asyncio.sleep(1)
        outcome = await desk.orders.position_door.close_at_gateway(desk.contract_id)
        assert isinstance(outcome, Accepted)
        await asyncio.sleep(5)
        left = await desk.held()
        working = await desk.orders.search_open_orders()
        assert left > 0
        assert sum(one.size for one in working if one.type == STOP) == left
        assert sum(one.size for one in working if one.type == LIMIT) == left


@pytest.mark.parametrize("native", [True, False], ids=["native", "own"])
@in_virtual_time
async def test_a_target_that_fills_ends_the_stop(native: bool) -> None:
    """A target at the market fills at once; the stop is cancelled, nothing is reversed."""
    async with served() as gateway, watched(gateway) as found:
        limit = found.bench.limit
        await found.enter(
            Protection(stop=limit, target=limit + 190, native=native),
            target_bracket=(4, 1) if native else None,
            size=2,
        )
        await asyncio.sleep(60)
        assert (found.net, found.working(), found.guard.tags()) == (0, [], ())


@in_virtual_time
async def test_without_the_hub_the_reads_protect() -> None:
    """Every event of the account is lost; reads alone find the fill and the legs."""
    async with served() as gateway, watched(gateway, hub=False) as found:
        await found.enter(around(found.bench.limit))
        await asyncio.sleep(DEADLINE_S + 10)
        assert sorted(found.working()) == [(LIMIT, 1), (STOP, 1)]
        assert await _held(found) == 1


@in_virtual_time
async def test_a_stop_that_is_refused_closes_the_position() -> None:
    """A stop above the market cannot protect a long position, so the position is taken off."""
    async with served() as gateway, watched(gateway) as found:
        limit = found.bench.limit
        await found.enter(Protection(stop=limit + 800))
        await asyncio.sleep(1)
        assert (await _held(found), found.working()) == (0, [])
        refused = [state for state in found.bench.ledger.orders() if state.snapshot().type == STOP]
        assert (len(refused), found.guard.flattened) == (1, 1)
        assert "refused" in found.warnings[0]


@in_virtual_time
async def test_a_stop_whose_answer_is_lost_is_not_sent_twice() -> None:
    """It is found by its tag; there is one stop of the right size."""
    async with served() as gateway, watched(gateway) as found:
        await found.enter(Protection())
        await asyncio.sleep(1)
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/place"))
        guarded = found.guard.protect("run-1", Protection(stop=found.bench.limit))
        found.guard.on_position()
        await asyncio.sleep(4)
        assert found.working() == [(STOP, 1)]
        assert guarded.legs == 1
        assert await _held(found) == 1


@in_virtual_time
async def test_what_cannot_be_protected_in_time_is_closed() -> None:
    """No stop gets through for longer than the deadline; the exit is sent as soon as one can."""
    async with served() as gateway, watched(gateway) as found:
        await found.enter(Protection())
        await asyncio.sleep(1)
        gateway.faults.apply(faults.Cut(route="/api/Order/place", times=1))
        found.guard.protect("run-1", Protection(stop=found.bench.limit))
        gateway.faults.apply(faults.Mute(hub="user"))
        gateway.faults.apply(faults.Refuse(route="/api/Order/v2/query", status=503, times=500))
        found.guard.on_position()
        await asyncio.sleep(DEADLINE_S + 1)
        gateway.faults.requests.clear()
        gateway.faults.apply(faults.Unmute(hub="user"))
        await asyncio.sleep(15)
        assert found.guard.flattened == 1
        assert (await _held(found), found.working()) == (0, [])


@in_virtual_time
async def test_a_reversal_by_an_exit_too_many_is_closed() -> None:
    """Two contracts leave where one was held; the one too many is bought back at once."""
    async with served() as gateway, watched(gateway) as found:
        made = found.bench
        await found.enter(around(made.limit))
        await asyncio.sleep(1)
        request = OrderRequest(
            account_id=made.account_id,
            contract_id=made.contract_id,
            type=MARKET,
            side=1,
            size=2,
            tag="hand-1",
        )
        intent = Intent(
            tag="hand-1", request=request, purpose=Purpose.EXIT, protects="run-1", created_ns=1
        )
        assert isinstance(await made.desk.place(intent, lane=Lane.PROTECTIVE), Accepted)
        await asyncio.sleep(12)
        assert (await _held(found), found.working()) == (0, [])
        assert "exited twice" in found.warnings[0]


@pytest.mark.parametrize("told", [True, False], ids=["told", "read"])
@in_virtual_time
async def test_a_leg_that_fills_after_a_close_is_taken_back(told: bool) -> None:
    """The position was closed and its stop fills all the same: the reversal does not stay.

    A close that this run did not ask for is read from the order that it left.
    """
    async with served() as gateway, watched(gateway) as found:
        made = found.bench
        await found.enter(around(made.limit), size=2)
        await asyncio.sleep(1)
        stops, _ = found.guard.legs("run-1")
        outcome = await made.desk.close_position(made.contract_id)
        if told:
            found.guard.closing(made.contract_id, None, outcome)
        request = OrderRequest(
            account_id=made.account_id,
            contract_id=made.contract_id,
            type=MARKET,
            side=1,
            size=2,
            tag="run-1.s9",
        )
        late = Intent(
            tag="run-1.s9",
            request=request,
            purpose=Purpose.STOP,
            protects="run-1",
            created_ns=1,
        )
        await made.desk.place(late, lane=Lane.PROTECTIVE)
        await asyncio.sleep(12)
        assert stops[0].is_terminal
        assert (await _held(found), found.working(), found.guard.tags()) == (0, [], ())
        assert "exited twice" in found.warnings[0]


@in_virtual_time
async def test_what_is_being_closed_is_not_protected_anew() -> None:
    """A flatten cancels stops before the position is gone: no stop comes back meanwhile."""
    async with served() as gateway, watched(gateway) as found:
        made = found.bench
        await found.enter(around(made.limit))
        await asyncio.sleep(2)
        found.guard.closings.stand_down(made.contract_id)
        for leg in found.guard.legs("run-1")[0]:
            await made.desk.cancel(leg.id)
        await asyncio.sleep(3)
        assert found.working() == [(LIMIT, 1)]
        found.guard.closings.resume(made.contract_id)
        await asyncio.sleep(2)
        assert sorted(found.working()) == [(LIMIT, 1), (STOP, 1)]


@in_virtual_time
async def test_an_exit_that_may_still_leave_does_not_end_the_guard() -> None:
    """What it was to take off is held after all, and is protected again."""
    async with served() as gateway, watched(gateway) as found:
        made = found.bench
        await found.enter(around(made.limit))
        await asyncio.sleep(2)
        request = replace(made.intent().request, type=MARKET, limit=None, side=1, tag="run-1.e9")
        waiting = made.ledger.plan(
            Intent(
                tag="run-1.e9",
                request=request,
                purpose=Purpose.EXIT,
                protects="run-1",
                created_ns=made.client.clock.now_ns(),
            )
        )
        made.desk.doubt()
        await asyncio.sleep(6)
        assert (found.working(), found.guard.tags()) == ([], ("run-1",))
        waiting.unsent("it was never written down")
        found.guard.settle("run-1")
        await asyncio.sleep(2)
        assert (await _held(found), (STOP, 1) in found.working()) == (1, True)


@in_virtual_time
async def test_protection_shrinks_with_what_is_held() -> None:
    """A part that was closed elsewhere is no longer covered, a moment after it is stated."""
    async with served() as gateway, watched(gateway) as found:
        made = found.bench
        await found.enter(around(made.limit), size=3)
        await asyncio.sleep(2)
        await made.desk.reduce_position(made.contract_id, 2)
        await asyncio.sleep(5)
        assert sorted(found.working()) == [(LIMIT, 1), (STOP, 1)]


@in_virtual_time
async def test_an_entry_that_is_cancelled_is_let_go() -> None:
    """A resting entry that never filled leaves no leg and no guard behind."""
    async with served() as gateway, watched(gateway) as found:
        made = found.bench
        placed = await found.enter(around(made.limit, native=True), type=LIMIT, limit=made.limit)
        assert isinstance(placed, Accepted)
        assert placed.order_id is not None
        await asyncio.sleep(1)
        await made.desk.cancel(placed.order_id)
        await asyncio.sleep(12)
        assert (found.working(), found.guard.tags(), found.guard.naked_ns) == ([], (), [])


async def _held(found: object) -> int:
    """Contracts held, as the gateway says."""
    listed = await found.bench.client.order_queries().positions(found.bench.account_id)
    return sum(row.net for row in listed.rows)


@in_virtual_time
async def test_a_leg_that_begins_to_work_protects_from_then_on() -> None:
    """No time-out stands between a leg's activation and the end of the unprotected time."""
    async with managed() as (_, desk):
        price = round(desk.price)
        placed = await desk.orders.place_bracket_order(
            "MNQ", 0, 2, price, price - 60, price + 300, entry_type="market"
        )
        assert placed.success
        await asyncio.sleep(3)
        (trade,) = desk.orders.get_protection_times()
        assert (trade["order_id"], trade["filled"]) == (placed.entry_order_id, 2)
        assert 0 < trade["unprotected_ms"] <= 50
        await desk.orders.close_position("MNQ")
        await asyncio.sleep(15)
        assert desk.orders.get_protection_times() == [trade]
        figures = desk.orders.get_recovery_statistics()
        assert figures["unprotected_ms_max"] == trade["unprotected_ms"]


@in_virtual_time
async def test_a_closed_market_is_not_stormed_and_nothing_is_reversed_after_it() -> None:
    """What the platform took off at the day's end is believed although stops are refused then."""
    async with managed() as (gateway, desk):
        price = round(desk.price)
        placed = await desk.orders.place_bracket_order(
            "MNQ", 0, 3, price, price - 60, price + 300, entry_type="market"
        )
        assert placed.success
        await asyncio.sleep(1)
        gateway.faults.apply(faults.DailyBreak(seconds=60))
        await asyncio.sleep(100)
        told = [event.data for event in desk.events]
        refused = [one for one in told if one["order"].status == 5]
        assert 1 <= len(refused) <= 20
        filled = [one["order"].id for one in told if one["order"].fillVolume]
        assert len(set(filled)) == 2  # the entry, and the platform's own close
        assert await desk.held() == 0
        assert desk.orders.get_memory_stats()["guarded_entries"] == 0
