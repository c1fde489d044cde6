"""Orders under random faults: some hundred schedules always, a hundred thousand in ``make chaos``.

``PROJECTX_CHAOS_SCHEDULES`` and ``PROJECTX_CHAOS_SEED`` choose how many, and from which seed on.
Requests are struck at the ports of the order manager, on an exchange that is made for it; how HTTP
becomes an outcome there is proved by ``tests/client/test_trading.py``.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest
from tests.chaos.order_scenes import DEEDS, Outcome, Plan, play
from tests.chaos.venue import REQUEST_FAULTS

from project_x_py._runtime.virtual_loop import run_virtual

SCHEDULES = int(os.environ.get("PROJECTX_CHAOS_SCHEDULES", "100000"))
FIRST_SEED = int(os.environ.get("PROJECTX_CHAOS_SEED", "1"))
CHUNK = 250
RESOLVED_S = 3.0
NAKED_S = 0.5
REVERSALS = (
    28,
    100497,
    100937,
    101481,
    102671,
    200127,
    300554,
    300843,
    301277,
    303164,
    402305,
    500629,
    506077,
    602171,
    610810,
    619194,
    635377,
    649176,
    893901,
    2106595,
)
"""Schedules in which a position is closed twice, each in a way of its own."""

REACHED_S = 0.3
"""What 95 of 100 entries are unprotected at most while no request in trouble is under way: a stop
whose answer was lost is placed anew once it is proved not to be there."""

REACHED_P99_S = 1.0
"""The same of 99 of 100: two stops in a row are lost, or what proves it fails to be read."""


def played(first: int, count: int) -> list[Outcome]:
    """Play the schedules of some seeds."""
    return [run_virtual(play(Plan.of(seed))) for seed in range(first, first + count)]


def quietly(first: int, count: int) -> list[Outcome]:
    """The same without a log, in a process of a pool."""
    logging.disable(logging.CRITICAL)
    return played(first, count)


def p99(values: list[float]) -> float:
    """What 99 of 100 do not exceed."""
    ordered = sorted(values) or [0.0]
    return ordered[max(0, -(-99 * len(ordered) // 100) - 1)]


def p95(values: list[float]) -> float:
    """What 95 of 100 do not exceed."""
    ordered = sorted(values) or [0.0]
    return ordered[max(0, -(-95 * len(ordered) // 100) - 1)]


def is_answered(plan: Plan) -> bool:
    """Whether the gateway takes every stop and answers every request of a schedule.

    What the user closes is not protected anew meanwhile, on purpose.
    """
    closes = {"close", "reduce", "flatten", "cancel_all"} & set(plan.deeds)
    return not (plan.odds or plan.query_odds or plan.refuse_stops or closes)


def check(outcomes: list[Outcome]) -> None:
    """See that nothing went wrong, and that it did not take long."""
    wrong = [f"seed {one.plan.seed}: {one.wrong}" for one in outcomes if one.wrong]
    assert not wrong, "\n".join(wrong[:20])
    resolved = [time for one in outcomes for time in one.resolved_s]
    assert p99(resolved) <= RESOLVED_S
    naked = [time for one in outcomes if is_answered(one.plan) for time in one.naked_s]
    assert p99(naked) <= NAKED_S
    reached = [time for one in outcomes for time in one.reachable_s]
    assert p95(reached) <= REACHED_S
    assert p99(reached) <= REACHED_P99_S
    assert resolved
    assert naked


def test_some_hundred_schedules() -> None:
    """One order at most per call, nothing invented, nothing left unprotected, one truth."""
    check(played(1, 300))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, 9))
def test_the_program_may_die_at_every_write(write: int, after: bool) -> None:
    """Whatever it was about to note: the next run finds one order, and protects it."""
    for seed in range(1, 7):
        plan = Plan.of(seed, kill_at=write)
        outcome = run_virtual(play(Plan(**{**vars(plan), "kill_after": after})))
        assert not outcome.wrong, f"seed {seed}: {outcome.wrong}"


@pytest.mark.parametrize("seed", REVERSALS)
def test_closing_beside_the_guard_leaves_nothing_reversed(seed: int) -> None:
    """The user's close and a leg, or two legs, meet; what one exit too many did is undone."""
    assert not run_virtual(play(Plan.of(seed))).wrong


def test_a_seed_is_a_schedule() -> None:
    """The same seed meets the same faults, and leaves the same orders, tags and fills behind."""
    assert Plan.of(7) == Plan.of(7) != Plan.of(8)
    for seed in range(40, 52):
        first, again = (run_virtual(play(Plan.of(seed))) for _ in range(2))
        assert first == again
        assert first.digest


def test_every_fault_and_every_deed_is_played() -> None:
    """Three hundred schedules meet each fault, each deed, deaths before and after a write."""
    plans = [Plan.of(seed) for seed in range(1, 301)]
    assert {kind for plan in plans for kind in plan.kinds} == set(REQUEST_FAULTS)
    assert {deed for plan in plans for deed in plan.deeds} == set(DEEDS)
    assert {plan.kill_at for plan in plans} == {None, *range(1, 8)}
    assert {plan.kill_after for plan in plans if plan.kill_at} == {False, True}
    assert {plan.entry_type for plan in plans} == {"market", "limit", "stop"}
    assert any(plan.cancel_call for plan in plans)
    assert {plan.disk_odds for plan in plans} == {0.0, 0.3, 1.0}
    assert {plan.neighbour for plan in plans} == {False, True}


@pytest.mark.chaos
def test_a_hundred_thousand_schedules() -> None:
    """The same, on all cores."""
    spawned = multiprocessing.get_context("spawn")
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(mp_context=spawned) as pool:
        firsts = range(FIRST_SEED, FIRST_SEED + SCHEDULES, CHUNK)
        for some in pool.map(quietly, firsts, [CHUNK] * len(firsts)):
            outcomes += some
    resolved = [time for one in outcomes for time in one.resolved_s]
    every = [time for one in outcomes for time in one.naked_s]
    reached = [time for one in outcomes for time in one.reachable_s]
    naked = [time for one in outcomes if is_answered(one.plan) for time in one.naked_s]
    print(
        f"{len(outcomes)} schedules; unknown {len(resolved)} times, p99 {p99(resolved):.2f} s; "
        f"unprotected p99 {p99(naked) * 1e3:.0f} ms where the gateway answers ({len(naked)}), "
        f"over all {len(every)}: p99 {p99(every):.2f} s as the client believes, of which the "
        f"gateway answered p95 {p95(reached) * 1e3:.0f} ms, p99 {p99(reached) * 1e3:.0f} ms"
    )
    check(outcomes)
