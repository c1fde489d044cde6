"""Profiles of tapes whose every bin, touch and time is known."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orderbook.books import OPEN, depth, plain_book, trade
from tests.orderbook.test_analytics import At, ask, book, column

from project_x_py._core.records import Aggressor
from project_x_py._core.time import NS
from project_x_py.orderbook._touches import Turn, touched_levels, turns
from project_x_py.orderbook._volume import time_profile, value_area, volume_profile
from project_x_py.orderbook.profile import VolumeProfile
from project_x_py.types.response_types import LiquidityAnalysisResponse

MINUTE = 60 * NS
PRINTS = st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 50)), min_size=1, max_size=60)


def traded(*rows: tuple[int, int], every_ns: int = NS, clock: At | None = None) -> Any:
    """A book with prints of price and size, one after the other, and its clock after them."""
    clock = clock or At()
    made = book(clock)
    for number, (price, size) in enumerate(rows):
        clock.ns = OPEN + number * every_ns
        made.realtime_handler.on_trades([trade(price, size, Aggressor.BUY, clock.ns)])
    return made


@pytest.mark.checklist(97)
def test_a_profile_counts_every_contract() -> None:
    """The highest price counts too, bins are whole ticks, and they sum to what traded."""
    made = traded((400, 5), (401, 20), (402, 6), (403, 4), (405, 1))
    found = ask(made.get_volume_profile(60, 3))
    assert found["bin_ticks"] == 2
    assert found["price_bins"] == [100.125, 100.625, 101.125]
    assert found["volumes"] == [25, 10, 1]
    assert sum(found["volumes"]) == found["total_volume"] == 36
    assert found["poc"] == 100.25
    # 70 % of 36 are 25.2: the point of control, then the larger neighbour.
    assert (found["value_area_low"], found["value_area_high"]) == (100.25, 100.5)


@pytest.mark.checklist(97)
def test_prices_are_bins_where_there_are_enough() -> None:
    """With the default of twenty bins a narrow market has a bin a tick, empty ones included."""
    found = ask(traded((400, 5), (403, 4)).get_volume_profile())
    assert found["price_bins"] == [100.0, 100.25, 100.5, 100.75]
    assert found["volumes"] == [5, 0, 0, 4]
    assert found["time_window_minutes"] == 60


def test_the_window_is_exchange_time() -> None:
    """Only what traded within it counts, and whether all of it is still held is told."""
    clock = At()
    made = traded((400, 5), (401, 7), (402, 9), every_ns=10 * MINUTE, clock=clock)
    found = ask(made.get_volume_profile(10))
    assert (found["total_volume"], found["complete"]) == (16, True)


@given(PRINTS, st.integers(1, 30))
def test_bins_sum_to_the_volume(rows: list[tuple[int, int]], bins: int) -> None:
    """For any prints and bins; point of control and value area are prices that were in reach."""
    price, size = (column(*values) for values in zip(*rows, strict=True))
    found = volume_profile(price, size, bins)
    assert found is not None
    assert int(found.amounts.sum()) == found.total == sum(size for _, size in rows)
    assert 1 <= len(found.amounts) <= bins
    assert found.low <= found.poc <= found.high
    inside = sum(size for price, size in rows if found.low <= price <= found.high)
    assert inside >= 0.7 * found.total
    by_price: dict[int, int] = {}
    for at, amount in rows:
        by_price[at] = by_price.get(at, 0) + amount
    assert by_price[found.poc] == max(by_price.values())


def test_far_apart_prices_need_no_memory() -> None:
    """A price a billion ticks away is one more price."""
    found = volume_profile(column(5, 10**9, 5), column(3, 2, 3), 4)
    assert found is not None
    assert found.amounts.tolist() == [6, 0, 0, 2]
    assert (found.poc, found.low, found.high) == (5, 5, 5)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([1, 2, 10, 2, 1], (2, 1, 3)),
        ([4, 0, 4], (0, 0, 2)),
        ([7], (0, 0, 0)),
        ([3, 9, 3, 9, 3], (1, 0, 3)),
    ],
)
def test_the_value_area_is_one_stretch(amounts: list[int], expected: tuple[int, int, int]) -> None:
    """It grows to the larger neighbour, to both when equal; of two peaks the lower counts."""
    assert value_area(np.array(amounts)) == expected


def test_a_period_reaches_all_between_its_extremes() -> None:
    """Two periods: 400 to 402 and 401 to 404; 401 and 402 are in both."""
    made = traded((400, 1), (402, 1), (404, 1), (401, 1), every_ns=15 * MINUTE)
    found = ask(made.profile.get_time_profile(120, 30))
    assert found["prices"] == [100.0, 100.25, 100.5, 100.75, 101.0]
    assert found["tpo_counts"] == [1, 2, 2, 1, 1]
    assert found["total_tpos"] == 7
    assert found["poc"] in (100.25, 100.5)


def test_a_time_profile_of_nonsense_is_refused() -> None:
    """Prices that cannot be counted tick by tick are said to be too far apart."""
    with pytest.raises(ValueError, match="span"):
        time_profile(column(0, 1 << 21), column(0, 1), NS)


def walked(*prices: int) -> tuple[Any, Any]:
    """Prices a second apart, in unit steps from one to the next."""
    path = [prices[0]]
    for price in prices[1:]:
        step = 1 if price > path[-1] else -1
        path += list(range(path[-1] + step, price + step, step))
    return column(*path), column(*(n * NS for n in range(len(path))))


def test_turns_are_the_lows_and_highs_that_the_price_left() -> None:
    """Wiggles smaller than the reversal are none, nor is the extreme under way."""
    found = turns(*walked(10, 20, 19, 21, 12, 18, 17, 25), 3)
    assert [(turn.price, turn.high) for turn in found] == [(21, True), (12, False)]
    assert turns(column(5), column(0), 1) == []
    assert turns(*walked(10, 12, 10), 3) == []


@given(st.lists(st.integers(-30, 30), min_size=2, max_size=80), st.integers(1, 10))
def test_turns_alternate(prices: list[int], reversal: int) -> None:
    """A low follows a high, at least the reversal away from it, at the time of a trade."""
    ns = list(range(100, 100 + len(prices)))
    found = turns(column(*prices), column(*ns), reversal)
    for before, after in itertools.pairwise(found):
        assert before.high != after.high
        assert abs(before.price - after.price) >= reversal
        assert before.ns < after.ns
    for turn in found:
        assert prices[turn.ns - 100] == turn.price


def test_touches_belong_together_within_the_tolerance() -> None:
    """Four turns near 10 are one level, at the price of most; two at 30 are too few."""
    found = touched_levels(
        [
            Turn(10, 1, False),
            Turn(11, 2, False),
            Turn(30, 3, True),
            Turn(10, 5, False),
            Turn(30, 6, True),
            Turn(11, 4, True),
        ],
        1,
        3,
    )
    assert [(level.price, level.touches, level.lows) for level in found] == [(10, 4, 3)]
    assert (found[0].first_ns, found[0].last_ns) == (1, 5)


@pytest.mark.checklist(98)
def test_levels_are_touched_by_trades_that_turned() -> None:
    """Three lows at 400 support, three highs at 420 resist, with the times of their trades."""
    clock = At()
    path, times = walked(410, 420, 400, 420, 400, 420, 400, 412)
    made = plain_book(clock=clock)
    for price, ns in zip(path.tolist(), times.tolist(), strict=True):
        clock.ns = OPEN + ns
        made.realtime_handler.on_trades([trade(price, 1, Aggressor.BUY, clock.ns)])
    found = ask(made.get_support_resistance_levels())
    (support,) = found["support_levels"]
    (resistance,) = found["resistance_levels"]
    assert (support["price"], support["touches"], support["strength"]) == (100.0, 3, 1.0)
    assert (resistance["price"], resistance["touches"]) == (105.0, 3)
    assert found["strongest_support"] == support
    assert found["current_price"] == 103.0
    last_low = [ns for price, ns in zip(path.tolist(), times.tolist(), strict=True) if price == 400]
    assert support["last_touch"] == made.state.when(OPEN + last_low[-1])
    assert found["price_tolerance"] == 0.25


@pytest.mark.checklist(98)
def test_reads_of_the_best_price_are_no_touches() -> None:
    """However often the book is read or quoted, without trades there is no level."""
    made = book()
    for _ in range(50):
        ask(made.get_best_bid_ask())
    found = ask(made.get_support_resistance_levels(min_touches=1))
    assert found["support_levels"] == found["resistance_levels"] == []
    assert found["current_price"] is None


def test_more_touches_and_shorter_lookbacks_find_less() -> None:
    """Each parameter only takes away."""
    clock = At()
    path, times = walked(410, *(420, 400) * 5, 412)
    made = plain_book(clock=clock)
    for price, ns in zip(path.tolist(), times.tolist(), strict=True):
        clock.ns = OPEN + ns
        made.realtime_handler.on_trades([trade(price, 1, Aggressor.BUY, clock.ns)])
    assert ask(made.get_support_resistance_levels(min_touches=5))["support_levels"]
    assert not ask(made.get_support_resistance_levels(min_touches=6))["support_levels"]
    assert not ask(made.get_support_resistance_levels(1, 3))["support_levels"]


@pytest.mark.checklist(99)
def test_the_spread_is_analysed_over_its_window() -> None:
    """One tick for a minute, three ticks for another: two on average, and the trend is told."""
    clock = At()
    made = book(clock)
    made.realtime_handler.on_depth(depth((1, 401, 0), (1, 402, 0), (1, 403, 9), at=OPEN + MINUTE))
    clock.ns = OPEN + 2 * MINUTE
    found = ask(made.get_spread_analysis(30))
    assert set(found) == set(LiquidityAnalysisResponse.__annotations__)
    assert found["avg_spread"] == pytest.approx(0.5)
    assert found["spread_volatility"] == pytest.approx(0.25)
    assert found["spread_distribution"] == pytest.approx({0.25: 0.5, 0.75: 0.5})
    assert found["spread_trend"] == pytest.approx(0.5)
    assert found["tightness_score"] == pytest.approx(5.0)
    assert {found[key] for key in ("effective_spread", "realized_spread", "price_impact")} == {None}
    # Of the last minute only what stood in it counts.
    assert ask(made.get_spread_analysis(1))["avg_spread"] == pytest.approx(0.75)


@pytest.mark.checklist(99)
def test_the_spread_analysis_tells_what_trades_paid() -> None:
    """Bought at the ask over a one-tick spread: one tick, all of it at the best price."""
    made = traded((401, 4), (401, 6))
    found = ask(made.get_spread_analysis())
    assert found["effective_spread"] == pytest.approx(0.25)
    assert found["immediacy_score"] == 10


def test_a_frames_profile_keeps_its_highest_price() -> None:
    """Volumes sum to those of the rows that count; nulls, NaN and empty frames are no error."""
    frame = pl.DataFrame(
        {"close": [1.0, 2.0, 3.0, None, float("nan")], "volume": [10, 20, 5, 7, 9]}
    )
    found = VolumeProfile.calculate_dataframe_volume_profile(frame, num_bins=2)
    assert found["price_bins"] == [1.5, 2.5]
    assert found["volumes"] == [10.0, 25.0]
    assert found["total_volume"] == 35.0
    assert (found["value_area_low"], found["value_area_high"]) == (2.0, 3.0)
    one = VolumeProfile.calculate_dataframe_volume_profile(frame.head(1))
    assert (one["poc"], one["volumes"]) == (1.0, [10.0])
    none = VolumeProfile.calculate_dataframe_volume_profile(frame.clear())
    assert (none["poc"], none["price_bins"]) == (None, [])
    with pytest.raises(ValueError, match="price"):
        VolumeProfile.calculate_dataframe_volume_profile(frame, "price")
