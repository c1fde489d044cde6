"""Durations in logarithmic buckets."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from project_x_py._core.histogram import Latency, LogHistogram

DURATIONS = st.lists(st.integers(0, 1 << 50), min_size=1, max_size=50)


def filled(durations: list[int]) -> LogHistogram:
    """A histogram of ``durations``."""
    histogram = LogHistogram()
    for ns in durations:
        histogram.add(ns)
    return histogram


@given(DURATIONS, st.sampled_from([0.0, 0.5, 0.95, 0.99, 1.0]))
@example([15, 16, 17, 31, 32, 33], 0.5)
@example([(1 << 44) - 1, 1 << 44], 0.5)
def test_percentiles_are_an_eighth_too_high_at_most(durations: list[int], share: float) -> None:
    """A percentile is at least the true one, and exceeds it by an eighth at most."""
    found = filled(durations).percentile_ns(share)
    true = sorted(durations)[max(1, math.ceil(share * len(durations))) - 1]
    assert found >= true
    if true < 1 << 43:
        assert found <= true * 9 / 8


@given(DURATIONS)
def test_count_mean_and_maximum_are_exact(durations: list[int]) -> None:
    """What is told of the whole is exact."""
    told = filled(durations).latency()
    assert told.count == len(durations)
    assert math.isclose(told.mean_us, sum(durations) / len(durations) / 1000)
    assert told.max_us == max(durations) / 1000


@given(DURATIONS, DURATIONS)
def test_including_is_counting_both(some: list[int], others: list[int]) -> None:
    """A histogram that includes another is the histogram of both."""
    both = filled(some)
    both.include(filled(others))
    assert both.latency() == filled(some + others).latency()


def test_an_empty_one_and_a_clock_set_back() -> None:
    """Without a duration everything is zero; one below zero counts as zero."""
    assert LogHistogram().latency() == Latency()
    assert LogHistogram().percentile_ns(0.5) == 0
    assert filled([-5]).latency() == Latency(1)
