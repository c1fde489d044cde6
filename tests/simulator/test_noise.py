"""Random numbers by key and counter."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from project_x_py.simulator._correlation import Climate
from project_x_py.simulator._noise import (
    bits,
    key_of,
    normal,
    normals,
    smooth,
    uniform,
    uniforms,
    words,
)

COUNTERS = np.array([-5, 0, 1, 77, 1 << 40], np.int64)


def test_arrays_equal_scalars() -> None:
    """The array forms give the very numbers of the scalar ones, negative counters included."""
    key = key_of(1, "x")
    scalars = [int(c) for c in COUNTERS]
    assert words(key, COUNTERS).tolist() == [bits(key, c) for c in scalars]
    assert uniforms(key, COUNTERS).tolist() == [uniform(key, c) for c in scalars]
    assert normals(key, COUNTERS).tolist() == [normal(key, c) for c in scalars]


def test_numbers_are_the_same_everywhere() -> None:
    """Known values: a key is a hash of its parts, not of their memory."""
    key = key_of(7, "flow", "MNQ")
    assert (key, bits(key, 0), bits(key, 1)) == (
        1986297439026058612,
        8616804947761258414,
        2790323354043220191,
    )
    assert key_of("a", "bc") != key_of("ab", "c")


def test_distributions() -> None:
    """Normals have mean 0 and variance 1, uniforms mean one half."""
    counters = np.arange(100_000)
    z, u = normals(3, counters), uniforms(4, counters)
    assert abs(z.mean()) < 0.02
    assert abs(z.std() - 1) < 0.02
    assert abs(u.mean() - 0.5) < 0.01
    assert 0 <= u.min() <= u.max() < 1


def test_smooth_is_continuous() -> None:
    """Drift moves by at most one scale's part a step."""
    drift = [smooth(5, k, 60) for k in range(600)]
    assert max(abs(a - b) for a, b in pairwise(drift)) <= 1 / 60


def test_climate_does_not_depend_on_what_was_asked() -> None:
    """A second's mood is the same in any order, and volatility stays in a sane range."""
    forward, backward = Climate(1, "index"), Climate(1, "index")
    seconds = range(1_000_000, 1_020_000)
    ahead = [forward.at(second) for second in seconds]
    assert ahead[::-1][:500] == [backward.at(second) for second in reversed(seconds)][:500]
    wild = [mood for _, mood in ahead]
    assert 0.3 < min(wild) < 1 < max(wild) < 15
    assert sum(wild) / len(wild) == pytest.approx(1, abs=0.4)
