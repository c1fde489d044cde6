"""How long a silence may last before something must be wrong."""

from __future__ import annotations

import math
import random

import pytest

from project_x_py.realtime._pace import LEARN_HEARD, LEARN_TICKS, SHORTEST_S, TICK_S, Pace


def heard(pace: Pace, share: float, ticks: int, seed: int = 1) -> None:
    """Let something come in so many of so many ticks."""
    rng = random.Random(seed)
    count = 0
    for _ in range(ticks):
        count += rng.random() < share
        pace.tick(count)


def test_nothing_is_suspicious_before_enough_was_heard() -> None:
    """Neither at the beginning nor for what was never heard."""
    pace = Pace()
    heard(pace, 1.0, LEARN_TICKS - 1)
    assert pace.patience_s == math.inf
    silent = Pace()
    heard(silent, 0.0, 10 * LEARN_TICKS)
    assert not silent.is_suspicious
    for count in range(1, LEARN_HEARD):
        silent.tick(count)
    assert not silent.is_known
    silent.tick(LEARN_HEARD)
    assert silent.is_known


def test_a_liquid_stream_is_missed_within_seconds() -> None:
    """One that is heard in every tick has the shortest patience there is, and keeps it."""
    pace = Pace()
    heard(pace, 1.0, LEARN_TICKS)
    assert pace.patience_s == SHORTEST_S
    for _ in range(round(SHORTEST_S / TICK_S)):
        assert not pace.is_suspicious
        pace.tick(LEARN_TICKS)
    assert pace.is_suspicious
    for _ in range(1000):
        pace.tick(LEARN_TICKS)
    assert pace.patience_s == SHORTEST_S
    pace.tick(LEARN_TICKS + 1)
    assert not pace.is_suspicious
    assert pace.patience_s == SHORTEST_S


def test_a_silence_that_was_the_markets_is_learned_from() -> None:
    """Once accepted, the next one may be longer; accepting it twice changes nothing."""
    pace = Pace()
    heard(pace, 1.0, 120)
    for _ in range(40):
        pace.tick(120)
    assert pace.is_suspicious
    pace.accept()
    patience_s = pace.patience_s
    pace.accept()
    assert pace.patience_s == patience_s > SHORTEST_S
    assert pace.silent_s == 40 * TICK_S


@pytest.mark.parametrize(
    ("share", "least_s", "most_s"), [(0.95, 1, 5), (0.5, 8, 16), (0.1, 50, 150), (0.02, 150, 2000)]
)
def test_patience_grows_as_a_stream_is_heard_less(
    share: float, least_s: float, most_s: float
) -> None:
    """The less often something comes the longer its absence means nothing."""
    pace = Pace()
    heard(pace, share, 2000)
    assert least_s < pace.patience_s < most_s


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.7])
def test_chance_alone_makes_no_suspicion(share: float) -> None:
    """A day of independent ticks at any share is never suspicious."""
    pace, rng, count, alarms = Pace(), random.Random(7), 0, 0
    for _ in range(2 * 86400):
        count += rng.random() < share
        pace.tick(count)
        alarms += pace.is_suspicious
    assert alarms == 0


def test_what_was_learned_can_be_forgotten() -> None:
    """A session begins without the pace of the one before."""
    pace = Pace()
    heard(pace, 1.0, 100)
    pace.forget()
    assert pace.patience_s == math.inf
