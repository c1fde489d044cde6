"""The real-time client under random faults: a slice on virtual time, thousands over real sockets.

``make chaos`` plays the long part; ``PROJECTX_CHAOS_SCENES`` (over sockets),
``PROJECTX_CHAOS_VIRTUAL`` and ``PROJECTX_CHAOS_SEED`` choose how many, and from which seed on.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
from datetime import UTC, datetime

import pytest
from tests.chaos.scenes import Outcome, Pacing, play

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.realtime._connection import HubTiming
from project_x_py.simulator import SimulatedGateway

OPEN = datetime(2026, 9, 1, 14, 0, tzinfo=UTC)
VIRTUAL = Pacing(HubTiming(), 10.0, length_s=45.0, faults=10, slack_s=0.01, detect_s=40.0)
REAL = Pacing(
    HubTiming(connect_s=2.0, invoke_s=2.0, ping_s=0.5, silence_s=1.5, stable_s=1.0),
    heartbeat_s=0.4,
    length_s=2.5,
    faults=6,
    slack_s=1.0,
    detect_s=2.2,
)
SCENES = int(os.environ.get("PROJECTX_CHAOS_SCENES", "2000"))
VIRTUAL_SCENES = int(os.environ.get("PROJECTX_CHAOS_VIRTUAL", "300"))
FIRST_SEED = int(os.environ.get("PROJECTX_CHAOS_SEED", "1"))
AT_ONCE = int(os.environ.get("PROJECTX_CHAOS_AT_ONCE", "6"))
SLOW_S = 3.0
SAME_GATEWAY = 10
"""Scenes that one gateway goes through."""


def p99(outcomes: list[Outcome]) -> float:
    """The time to recover that 99 of 100 scenes do not exceed, in seconds."""
    times = sorted(outcome.recovered_s for outcome in outcomes)
    return times[max(0, -(-99 * len(times) // 100) - 1)]


def described(outcomes: list[Outcome]) -> str:
    """The scenes in which something was wrong or slow, to be played again by their seeds."""
    return "\n".join(
        f"seed {one.seed}, back after {one.recovered_s:.2f} s: {one.faults}\n    {one.plan}"
        for one in outcomes
        if one.faults or one.recovered_s > SLOW_S
    )


def on_virtual_time(seed: int) -> Outcome:
    """Play a scene on virtual time; the same seed gives the same scene."""
    random.seed(seed)  # what the client draws its delays from

    async def scene() -> Outcome:
        before = asyncio.all_tasks()
        async with SimulatedGateway(
            in_process=True, start=OPEN, instruments=("MNQ", "MES"), seed=seed
        ) as gateway:
            outcome = await play(seed, gateway, VIRTUAL)
            assert gateway.connections == {"user": 0, "market": 0}
        assert asyncio.all_tasks() == before
        return outcome

    return run_virtual(scene())


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_client_lives_through_faults(seed: int) -> None:
    """On virtual time: nothing lost, late, out of order or left, and back within three seconds."""
    outcome = on_virtual_time(seed)
    assert not outcome.faults, described([outcome])
    assert outcome.recovered_s <= SLOW_S, outcome.plan


@pytest.mark.chaos
def test_hundreds_of_schedules_on_virtual_time() -> None:
    """The same without the noise of a machine; 99 of 100 are back within three seconds."""
    outcomes = [on_virtual_time(seed) for seed in range(FIRST_SEED, FIRST_SEED + VIRTUAL_SCENES)]
    print(f"{len(outcomes)} virtual scenes, p99 {p99(outcomes):.3f} s\n{described(outcomes)}")
    assert not [outcome.seed for outcome in outcomes if outcome.faults]
    assert p99(outcomes) <= SLOW_S


@pytest.mark.chaos
@pytest.mark.filterwarnings("default::ResourceWarning")
async def test_thousands_of_schedules_over_sockets() -> None:
    """The same over loopback, many at once; 99 of 100 are back within three seconds."""
    seeds = iter(range(FIRST_SEED, FIRST_SEED + SCENES, SAME_GATEWAY))
    outcomes: list[Outcome] = []

    async def work() -> None:
        for first in seeds:
            async with SimulatedGateway(start=OPEN, instruments=("MNQ", "MES")) as gateway:
                for seed in range(first, min(first + SAME_GATEWAY, FIRST_SEED + SCENES)):
                    outcomes.append(await play(seed, gateway, REAL))  # noqa: PERF401
                print(f"{len(outcomes)} scenes, p99 {p99(outcomes):.2f} s", flush=True)
                print(described(outcomes[-SAME_GATEWAY:]), flush=True)

    before = asyncio.all_tasks()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    assert asyncio.all_tasks() == before
    recovered = [outcome.recovered_s for outcome in outcomes]
    print(
        f"{len(outcomes)} scenes, {sum(o.calls for o in outcomes)} calls, "
        f"{sum(len(o.plan) for o in outcomes)} faults, {sum(o.gaps for o in outcomes)} gaps; "
        f"back after median {statistics.median(recovered):.3f} s, p99 {p99(outcomes):.3f} s, "
        f"max {max(recovered):.3f} s"
    )
    assert len(outcomes) == SCENES
    print(described(outcomes))
    assert not [outcome.seed for outcome in outcomes if outcome.faults]
    assert p99(outcomes) <= SLOW_S
