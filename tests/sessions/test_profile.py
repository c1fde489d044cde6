"""Volume by price."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py.sessions import volume_profile

rows = st.lists(
    st.tuples(st.integers(-400, 400), st.integers(0, 200), st.integers(0, 1000)), max_size=30
)


def frame(*bars: tuple[float, float, int]) -> pl.DataFrame:
    """Bars of (low, high, volume)."""
    return pl.DataFrame(
        {
            "low": [low for low, _, _ in bars],
            "high": [high for _, high, _ in bars],
            "volume": [volume for _, _, volume in bars],
        },
        schema={"low": pl.Float64, "high": pl.Float64, "volume": pl.Int64},
    )


@given(rows, st.integers(1, 80))
def test_the_volume_of_the_profile_is_that_of_the_bars(
    bars: list[tuple[int, int, int]], levels: int
) -> None:
    """No volume is lost or counted twice, and the value area holds its share of it."""
    data = frame(*((low / 4, (low + spread) / 4, volume) for low, spread, volume in bars))
    profile = volume_profile(data, levels)
    total = sum(volume for _, _, volume in bars)
    assert profile.total == pytest.approx(total, abs=1e-6)
    assert len(profile.prices) == len(profile.volumes)
    assert profile.prices == sorted(profile.prices)
    assert all(volume >= 0 for volume in profile.volumes)
    if total:
        assert profile.poc is not None
        assert profile.value_area_low is not None
        assert profile.value_area_high is not None
        assert profile.value_area_low <= profile.poc <= profile.value_area_high
        held = sum(
            volume
            for price, volume in zip(profile.prices, profile.volumes, strict=True)
            if profile.value_area_low <= price <= profile.value_area_high
        )
        assert held >= 0.7 * total - 1e-6


def test_a_bar_is_spread_over_the_levels_it_touched() -> None:
    """Ten contracts over two of four levels are five in each; the top price is in the last one."""
    profile = volume_profile(frame((0, 1.5, 10), (3, 4, 6)), 4)
    assert profile.prices == [0.5, 1.5, 2.5, 3.5]
    assert profile.volumes == [5.0, 5.0, 0.0, 6.0]
    assert profile.poc == 3.5


def test_the_value_area_grows_towards_more_volume() -> None:
    """Around the point of control the larger neighbour is taken first, to 70 %."""
    bars = [(place, place, volume) for place, volume in enumerate((5, 10, 40, 30, 15))]
    profile = volume_profile(frame(*bars), 5)
    assert (profile.value_area_low, profile.value_area_high) == (
        profile.prices[2],
        profile.prices[3],
    )
    left = volume_profile(frame((0, 0, 50), (1, 1, 30), (2, 2, 20)), 3)
    assert (left.value_area_low, left.value_area_high) == (left.prices[0], left.prices[1])


def test_one_price_is_one_level() -> None:
    """Without a range there is one level, at that price."""
    profile = volume_profile(frame((4000.25, 4000.25, 7)), 50)
    assert profile.prices == [4000.25]
    assert profile.volumes == [7.0]


def test_no_bars_and_no_volume() -> None:
    """Nothing traded has no point of control."""
    assert volume_profile(frame()).prices == []
    silent = volume_profile(frame((1, 2, 0)), 2)
    assert silent.volumes == [0.0, 0.0]
    assert silent.poc is None


def test_levels_are_positive() -> None:
    """No level at all is refused."""
    with pytest.raises(ValueError, match="at least 1"):
        volume_profile(frame(), 0)
