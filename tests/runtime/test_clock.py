"""Where time comes from: the wall, a replay, a loop that jumps."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._ports import Clock
from project_x_py._runtime import clock as clocks
from project_x_py._runtime.clock import HOLD, ReplayClock, SystemClock, VirtualClock
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Iterator

ORIGIN = 1_788_273_000_000_000_000
NS = 1_000_000_000


class Wall:
    """A wall that moves only when told."""

    def __init__(self) -> None:
        self.now = 1_700_000_000 * NS

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    wall = Wall()
    monkeypatch.setattr(time, "time_ns", wall)
    return wall


def test_every_clock_is_the_port() -> None:
    """All three satisfy the Clock protocol."""
    loop = asyncio.new_event_loop()
    try:
        for clock in (SystemClock(), ReplayClock(0, 0, 1.0), VirtualClock(0, loop)):
            assert isinstance(clock, Clock)
    finally:
        loop.close()


def test_the_system_clock_is_the_wall() -> None:
    """Exchange time and wall time are the wall's, monotonic time is the system's."""
    clock = SystemClock()
    earlier = time.time_ns()
    assert earlier <= clock.now_ns() <= clock.wall_ns() <= time.time_ns()
    before = time.monotonic_ns()
    assert before <= clock.monotonic_ns() <= time.monotonic_ns()


@pytest.mark.parametrize(("speed", "expected"), [(1.0, 3), (10.0, 30), (0.5, 1.5)])
def test_a_replay_runs_at_its_speed(wall: Wall, speed: float, expected: float) -> None:
    """Exchange time is scaled; wall and monotonic time are not."""
    clock = ReplayClock(ORIGIN, wall.now, speed)
    monotonic = time.monotonic_ns()
    wall.now += 3 * NS
    assert clock.now_ns() == ORIGIN + int(expected * NS)
    assert clock.wall_ns() == wall.now
    assert clock.monotonic_ns() - monotonic < NS


def test_a_replay_stands_until_its_origin(wall: Wall) -> None:
    """Before the wall moment of the origin, exchange time does not move."""
    clock = ReplayClock(ORIGIN, wall.now + 5 * NS, 2.0)
    wall.now += 4 * NS
    assert clock.now_ns() == ORIGIN
    wall.now += 2 * NS
    assert clock.now_ns() == ORIGIN + 2 * NS


def test_a_held_replay_runs_from_its_start_once(wall: Wall) -> None:
    """A held clock stands until start(), and a second start changes nothing."""
    clock = ReplayClock(ORIGIN, HOLD, 1.0)
    wall.now += 9 * NS
    assert clock.now_ns() == ORIGIN
    clock.start()
    wall.now += NS
    clock.start()
    assert clock.now_ns() == ORIGIN + NS


@given(
    steps=st.lists(st.integers(0, 10**12), max_size=20),
    speed=st.floats(1e-3, 1e4, allow_nan=False),
)
def test_exchange_time_never_goes_back(steps: list[int], speed: float) -> None:
    """While the wall goes forward, exchange time does."""
    wall = Wall()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", wall)
        clock = ReplayClock(ORIGIN, wall.now, speed)
        seen = [clock.now_ns()]
        for step in steps:
            wall.now += step
            seen.append(clock.now_ns())
    assert seen == sorted(seen)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    """A replay's speed is above zero and finite."""
    with pytest.raises(ProjectXError, match="above zero"):
        ReplayClock(0, 0, speed)


@given(exch=st.integers(0, 2**62), wall=st.integers(-1, 2**62), speed=st.floats(1e-6, 1e6))
def test_a_clock_survives_its_text(exch: int, wall: int, speed: float) -> None:
    """loads(dumps()) is the same clock."""
    clock = ReplayClock.loads(ReplayClock(exch, wall, speed).dumps())
    assert (clock.exch_ns, clock.wall_origin_ns, clock.speed) == (exch, wall, speed)


@pytest.mark.parametrize("text", ["", "1:2", "1:2:3:4", "a:2:3", "1:2:x", "1:2:0"])
def test_what_is_no_clock_is_refused(text: str) -> None:
    """Text that dumps() cannot have written is a ProjectXError."""
    with pytest.raises(ProjectXError):
        ReplayClock.loads(text)


class Jumping(asyncio.SelectorEventLoop):
    """A loop whose time is always that of its next timer, from a late hour on."""

    def __init__(self, start_s: float) -> None:
        super().__init__()
        self._now_s = start_s
        self._clock_resolution = 1e-6  # a finer one is lost in the rounding of a late time

    def time(self) -> float:
        timers = self._scheduled  # type: ignore[attr-defined]
        if timers and not self._ready:  # type: ignore[attr-defined]
            self._now_s = max(self._now_s, timers[0].when())
        return self._now_s


@pytest.mark.parametrize("start_s", [0.0, 3.2e7])
def test_a_sleeper_finds_its_time_reached(start_s: float) -> None:
    """A sleep ends at or after its moment, in the first hour and after a year alike."""
    loop = Jumping(start_s)

    async def sleep() -> tuple[int, int, int]:
        clock = VirtualClock(ORIGIN)
        assert clock.now_ns() == clock.wall_ns() == ORIGIN
        for step in range(200):
            target = clock.now_ns() + 61 * NS + 333_333_333 * step + 1
            await clock.sleep_until(target)
            assert 0 <= clock.now_ns() - target < 10_000
        await clock.sleep_until(clock.now_ns() - 5)
        return clock.now_ns(), clock.monotonic_ns(), round(loop.time() * NS)

    try:
        now, monotonic, loop_ns = loop.run_until_complete(sleep())
    finally:
        loop.close()
    assert monotonic == loop_ns
    assert now > ORIGIN


async def test_a_held_sleeper_wakes_after_the_start() -> None:
    """Nobody wakes while the replay stands; afterwards a sleep is as long as the speed says."""
    clock = ReplayClock(ORIGIN, HOLD, 1000.0)
    sleeper = asyncio.ensure_future(clock.sleep_until(ORIGIN + NS))
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.start()
    await asyncio.wait_for(sleeper, 5)
    assert clock.now_ns() >= ORIGIN + NS


async def test_a_system_sleeper_waits() -> None:
    """The wall clock's sleep ends when the wall has got there."""
    clock = SystemClock()
    target = clock.now_ns() + 2_000_000
    await clock.sleep_until(target)
    assert clock.now_ns() >= target
    assert clocks.LONGEST_SLEEP_S == 60.0
