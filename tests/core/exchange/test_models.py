"""The four ports of a simulated fill."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.exchange.models import (
    Costs,
    FillAtTouch,
    FillThrough,
    FixedLatency,
    LognormalLatency,
    NoFees,
    OptimisticQueue,
    PessimisticQueue,
    ProductFees,
)
from project_x_py._core.products import product_for_ticker

counts = st.integers(0, 500)


@given(counts, counts, counts)
def test_optimism_never_leaves_more_ahead(ahead: int, cancelled: int, shown: int) -> None:
    """An optimist's order is at least as far as a pessimist's, and neither ever falls back."""
    hope, fear = OptimisticQueue(), PessimisticQueue()
    assert hope.joined(shown) == fear.joined(shown) == shown
    far, near = fear.cancelled(ahead, cancelled, shown), hope.cancelled(ahead, cancelled, shown)
    assert 0 <= near <= far <= ahead


def test_a_pessimist_stays_when_a_level_is_out_of_sight() -> None:
    """A level that is not shown moves nobody; one that shrank below the queue does."""
    assert PessimisticQueue().cancelled(7, 9, 0) == 7
    assert PessimisticQueue().cancelled(7, 9, 3) == 3


def test_the_rules_differ_at_the_touch() -> None:
    """One rule fills at an order's own price, the other only beyond it."""
    assert FillAtTouch().fills_at_touch
    assert not FillThrough().fills_at_touch


def test_a_fixed_delay_is_what_was_asked_for() -> None:
    """The default is 3 ms, a negative delay is refused."""
    assert FixedLatency().delay_ns() == 3_000_000
    assert FixedLatency(5).delay_ns() == 5
    with pytest.raises(ValueError, match="-1 ns"):
        FixedLatency(-1)


def test_lognormal_delays_are_the_same_everywhere() -> None:
    """A seed fixes every delay to the nanosecond."""
    model = LognormalLatency(seed=1)
    assert [model.delay_ns() for _ in range(4)] == [2622802, 2713211, 3537966, 2206347]


def test_lognormal_delays_have_the_median_and_spread_asked_for() -> None:
    """Half are below the median, two thirds within one deviation, all above zero."""
    model = LognormalLatency(1_000_000, sigma_percent=40, seed=2)
    delays = [model.delay_ns() for _ in range(4000)]
    assert min(delays) > 0
    assert 0.47 < sum(d < 1_000_000 for d in delays) / 4000 < 0.53
    assert 0.65 < sum(670_320 < d < 1_491_825 for d in delays) / 4000 < 0.72


@pytest.mark.parametrize("bad", [{"median_ns": -1}, {"sigma_percent": -1}])
def test_a_negative_median_or_spread_is_refused(bad: dict[str, int]) -> None:
    """Neither can be below zero."""
    with pytest.raises(ValueError, match="negative"):
        LognormalLatency(seed=1, **bad)


def test_fees_come_from_the_product_table() -> None:
    """A micro costs 0.36 and 0.25 a side and contract; trading can be free as well."""
    fees, mnq = ProductFees(), product_for_ticker("MNQ")
    assert fees.costs(mnq, 1) == Costs(360_000, 250_000)
    assert fees.costs(mnq, 3) == Costs(1_080_000, 750_000)
    assert NoFees().costs(mnq, 3) == Costs(0, 0)
