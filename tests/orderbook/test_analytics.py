"""Analytics on books whose every figure can be worked out by hand."""

from __future__ import annotations

import asyncio
import inspect
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orderbook.books import OPEN, depth, plain_book, quote, trade
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.records import Aggressor
from project_x_py._core.time import NS
from project_x_py.orderbook import OrderBook
from project_x_py.orderbook._flow import order_flow_imbalance, time_weighted, volume_weighted
from project_x_py.orderbook._impact import walk
from project_x_py.orderbook._liquidity import concentration, imbalance, microprice
from project_x_py.orderbook._rings import UNKNOWN, QuoteColumns, TradeColumns
from project_x_py.orderbook._spreads import paid, resilience, spread_history
from project_x_py.orderbook.analytics import MarketAnalytics
from project_x_py.orderbook.detection import OrderDetection
from project_x_py.orderbook.profile import VolumeProfile
from project_x_py.types.response_types import (
    LiquidityAnalysisResponse,
    MarketImpactResponse,
    OrderbookAnalysisResponse,
    SpoofingDetectionResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

BUY, SELL, NONE = Aggressor.BUY, Aggressor.SELL, Aggressor.NONE
BID, ASK, RESET = 2, 1, 6
COMPONENTS = (MarketAnalytics, OrderDetection, VolumeProfile)


class At:
    """A clock that stands where a test puts it."""

    def __init__(self, ns: int = OPEN) -> None:
        self.ns = ns

    def now_ns(self) -> int:
        return self.ns

    wall_ns = monotonic_ns = now_ns

    async def sleep_until(self, exch_ns: int) -> None:
        self.ns = max(self.ns, exch_ns)


def column(*values: int) -> Any:
    """An int64 column."""
    return np.array(values, dtype=np.int64)


def quotes(*rows: tuple[int, int, int, int, int]) -> QuoteColumns:
    """Rows of bid, ask, bid size, ask size and time."""
    return QuoteColumns(*(column(*values) for values in zip(*rows, strict=True)))


def prints(*rows: tuple[int, int, int, int, int, int]) -> TradeColumns:
    """Rows of price, size, aggressor, time, bid and ask before it."""
    return TradeColumns(*(column(*values) for values in zip(*rows, strict=True)))


def book(clock: At | None = None, config: dict[str, Any] | None = None) -> OrderBook:
    """Bids 400 x 10, 399 x 20, 396 x 70; asks 401 x 30, 402 x 20, 405 x 50, in ticks of 0.25."""
    made = plain_book(config, clock=clock or At())
    made.realtime_handler.on_depth(
        depth(
            (RESET, 0, 0),
            (BID, 400, 10),
            (BID, 399, 20),
            (BID, 396, 70),
            (ASK, 401, 30),
            (ASK, 402, 20),
            (ASK, 405, 50),
        )
    )
    return made


def ask(call: Coroutine[Any, Any, Any]) -> Any:
    """Run a read, which awaits nothing, to its end at once."""
    try:
        call.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a read awaited something")


def listed(method: Callable[..., Any]) -> set[str]:
    """The words in the part of a docstring that lists keys."""
    text = inspect.getdoc(method) or ""
    block = re.search(r"Keys(.*?)(?:\n\n(?!Keys)|\Z)", text, re.DOTALL)
    return set(re.findall(r"\w+", block.group(1))) if block else set()


@pytest.mark.checklist(81)
def test_imbalance_counts_the_levels_it_is_asked_for() -> None:
    """(bid - ask) / (bid + ask) over one, two and all levels, with the documented keys."""
    found = [ask(book().get_market_imbalance(n)) for n in (1, 2, 10)]
    assert [row["depth_imbalance"] for row in found] == [-0.5, -0.25, 0.0]
    assert [row["bid_liquidity"] for row in found] == [10, 30, 100]
    assert [row["market_depth_score"] for row in found] == [10, 10, 3]
    first = found[0]
    assert first["avg_spread"] == 0.25
    assert first["tightness_score"] == 10
    # The microprice is (400 x 30 + 401 x 10) / 40 = 400.25, a quarter of a tick from the mid.
    assert first["price_impact"] == pytest.approx(0.0625)
    assert first["effective_spread"] == pytest.approx(0.25)
    unknown = ("spread_volatility", "realized_spread", "resilience_score", "immediacy_score")
    assert {first[key] for key in unknown} == {None}


@pytest.mark.checklist(118, 82)
def test_impact_walks_the_book() -> None:
    """An order of 60 takes 30 at 401, 20 at 402 and 10 at 405; nothing is a constant."""
    found = ask(book().analytics.get_market_impact(60))
    average = (30 * 401 + 20 * 402 + 10 * 405) / 60
    assert found["estimated_fill_price"] == pytest.approx(average / 4)
    assert found["levels_consumed"] == 3
    assert found["spread_cost"] == 0.125
    assert found["market_impact_cost"] == pytest.approx((average - 401) / 4)
    assert found["total_transaction_cost"] == pytest.approx((average - 400.5) / 4)
    assert found["slippage_estimate"] == 1.0
    assert found["price_impact_pct"] == pytest.approx(100 * 4 / 400.5)
    assert found["remaining_liquidity"] == 40 + 100
    assert found["confidence_level"] == 100
    assert found["liquidity_premium"] == pytest.approx((average - 400) / 4)
    assert found["implementation_shortfall"] == pytest.approx((average - 400.5) * 60 * 0.5)
    assert set(found) == set(MarketImpactResponse.__annotations__)


@pytest.mark.checklist(82)
@pytest.mark.parametrize(
    ("points", "size", "levels", "left", "share"),
    [(0.0, 10, 1, 30, 100), (0.25, 60, 2, 30, 100 * 50 / 60), (10, 60, 3, 140, 100)],
)
def test_depth_looks_only_within_the_range(
    points: float, size: int, levels: int, left: int, share: float
) -> None:
    """The range changes what is consumed, what is left, and how much can be filled at all."""
    found = ask(book().analytics.get_orderbook_depth(points, size=size))
    assert found["levels_consumed"] == levels
    assert found["remaining_liquidity"] == left
    assert found["confidence_level"] == pytest.approx(share)


def test_a_seller_takes_bids() -> None:
    """Selling 15 takes 10 at 400 and 5 at 399, and every cost is positive."""
    found = ask(book().analytics.get_market_impact(15, "sell"))
    assert found["estimated_fill_price"] == pytest.approx((10 * 400 + 5 * 399) / 15 / 4)
    costs = ("market_impact_cost", "total_transaction_cost", "slippage_estimate")
    assert all(found[key] > 0 for key in costs)


@given(
    st.lists(
        st.tuples(st.integers(-50, 50), st.integers(1, 40)), min_size=1, unique_by=lambda r: r[0]
    ),
    st.integers(1, 500),
)
def test_a_walk_loses_no_contract(rows: list[tuple[int, int]], size: int) -> None:
    """What is filled and what is left is what was there; a larger order is never cheaper."""
    levels = [(price, there, 0) for price, there in sorted(rows)]
    there = sum(size for _, size, _ in levels)
    found = walk(levels, size)
    assert found.filled + found.remaining == there
    assert found.filled == min(size, there)
    larger = walk(levels, size + 1)
    assert found.average is not None
    assert larger.average is not None
    assert larger.average >= found.average


@pytest.mark.checklist(83)
def test_delta_is_bought_less_sold_within_the_window() -> None:
    """Prints before the window do not count, and those without aggressor are neutral."""
    clock = At()
    made = book(clock)
    tape = [(BUY, 5, 0), (BUY, 7, 40), (SELL, 4, 50), (NONE, 2, 59)]
    for who, size, minute in tape:
        made.realtime_handler.on_trades([trade(400, size, who, OPEN + minute * 60 * NS)])
    clock.ns = OPEN + 60 * 60 * NS
    found = ask(made.get_cumulative_delta(30))
    assert found == {
        "cumulative_delta": 3,
        "buy_volume": 7,
        "sell_volume": 4,
        "neutral_volume": 2,
        "total_volume": 13,
        "period_minutes": 30,
        "trade_count": 3,
        "delta_per_trade": 1.0,
        "complete": True,
    }
    assert ask(made.get_cumulative_delta())["cumulative_delta"] == 8


@pytest.mark.checklist(84)
def test_trade_flow_tells_who_was_taken_from() -> None:
    """What buyers took, sellers had offered; the vwap is that of the prints."""
    made = book()
    for price, size, who in ((401, 6, BUY), (400, 2, SELL), (400, 2, NONE)):
        made.realtime_handler.on_trades([trade(price, size, who)])
    found = ask(made.get_trade_flow_summary())
    assert found["aggressive_buy_volume"] == found["passive_sell_volume"] == 6
    assert found["aggressive_sell_volume"] == found["passive_buy_volume"] == 2
    assert found["market_maker_trades"] == 1
    assert found["vwap"] == pytest.approx((401 * 6 + 400 * 4) / 10 / 4)
    assert (found["max_trade_size"], found["min_trade_size"]) == (6, 2)
    assert found["session_start"].isoformat() == "2026-08-31T17:00:00-05:00"


def test_a_summary_says_when_prints_have_left() -> None:
    """With two prints kept of three, neither window nor day is complete."""
    made = book(config={"max_trades": 2})
    for size in (1, 2, 3):
        made.realtime_handler.on_trades([trade(400, size)])
    found = ask(made.get_trade_flow_summary())
    assert (found["total_trades"], found["complete"]) == (2, False)


@pytest.mark.checklist(85)
def test_liquidity_levels_are_those_of_a_size() -> None:
    """At least 20 contracts: 399 and 396, 401, 402 and 405; with imbalance and concentration."""
    found = ask(book().get_liquidity_levels(min_volume=20))
    assert [row["price"] for row in found["significant_bid_levels"]] == [99.75, 99.0]
    assert [row["volume"] for row in found["significant_ask_levels"]] == [30, 20, 50]
    assert found["liquidity_imbalance"] == pytest.approx((90 - 100) / 190)
    assert found["bid_concentration"] == pytest.approx((100 + 400 + 4900) / 10_000)
    assert found["min_volume_threshold"] == 20
    assert ask(book().get_liquidity_levels())["significant_bid_levels"] == []


@pytest.mark.checklist(86)
def test_statistics_are_those_of_the_feed() -> None:
    """Prices are not truncated, averages not rounded, and health is told."""
    clock = At()
    made = book(clock)
    made.realtime_handler.on_trades([trade(401, 3), trade(403, 4)])
    made.realtime_handler.on_quote(quote(low=399, high=403))
    clock.ns = OPEN + NS
    found = ask(made.get_statistics())
    assert (found["session_low"], found["session_high"]) == (99.75, 100.75)
    assert found["avg_trade_size"] == 3.5
    assert found["vwap"] == pytest.approx((401 * 3 + 403 * 4) / 7 / 4)
    assert (found["bid_depth"], found["total_ask_size"]) == (3, 100)
    assert found["order_type_breakdown"] == {
        "type_1_count": 3,
        "type_2_count": 3,
        "type_6_count": 1,
    }
    assert found["spread_stats"] == {
        "current": 0.25,
        "average": 0.25,
        "min": 0.25,
        "max": 0.25,
        "samples": 1,
    }
    assert found["trusted"] is True
    assert found["distrust"] is None


@pytest.mark.checklist(87)
def test_advanced_metrics_have_real_averages() -> None:
    """VWAP and TWAP come from prints: 402 for three seconds, then 400 for one."""
    clock = At()
    made = book(clock)
    made.realtime_handler.on_trades([trade(402, 1)])
    made.realtime_handler.on_trades([trade(400, 3, SELL, OPEN + 3 * NS)])
    clock.ns = OPEN + 4 * NS
    found = ask(made.get_advanced_market_metrics())
    assert set(found) == set(OrderbookAnalysisResponse.__annotations__)
    assert found["volume_weighted_avg_price"] == pytest.approx(400.5 / 4)
    assert found["time_weighted_avg_price"] == pytest.approx(401.5 / 4)
    assert found["weighted_mid_price"] == pytest.approx(400.25 / 4)
    assert found["order_clustering"] == pytest.approx(190 / 200)
    assert found["price_levels"] == 6


def test_order_flow_imbalance_follows_the_definition() -> None:
    """A growing bid counts what it grew by, a better one its size, a lost one what is gone."""
    grown = quotes((400, 401, 10, 10, 0), (400, 401, 16, 10, 1))
    better = quotes((400, 402, 10, 10, 0), (401, 402, 4, 10, 1))
    lost = quotes((400, 402, 10, 10, 0), (399, 402, 7, 10, 1))
    offered = quotes((400, 402, 10, 10, 0), (400, 401, 10, 5, 1))
    found = [order_flow_imbalance(each) for each in (grown, better, lost, offered)]
    assert found == [6, 4, -10, -5]
    assert order_flow_imbalance(quotes((400, UNKNOWN, 1, UNKNOWN, 0), (400, 401, 1, 1, 1))) is None


def test_order_flow_imbalance_of_a_window() -> None:
    """The quote that stood when the window began is the first to compare with."""
    clock = At()
    made = book(clock)
    made.realtime_handler.on_depth(depth((BID, 400, 25), at=OPEN + 10 * NS))
    clock.ns = OPEN + 12 * NS
    found = ask(made.analytics.get_order_flow_imbalance(5))
    assert (found["ofi"], found["changes"]) == (15, 1)
    # Sizes 10 and 30, then 25 and 30: the average best level holds 23.75.
    assert found["ofi_per_depth"] == pytest.approx(15 / 23.75)


@given(st.integers(-100, 100), st.integers(1, 9), st.integers(1, 99), st.integers(1, 99))
def test_the_microprice_lies_between_the_best_prices(
    bid: int, spread: int, bid_size: int, ask_size: int
) -> None:
    """It leans towards the thinner side, and is the mid where both are equal."""
    found = microprice(bid, bid_size, bid + spread, ask_size)
    assert bid <= found <= bid + spread
    lean = found - (bid + spread / 2)
    assert (lean > 1e-9) == (bid_size > ask_size)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=9))
def test_concentration_is_one_over_the_equal_levels_at_least(sizes: list[int]) -> None:
    """All on one level is 1; nothing at all is unknown."""
    found = concentration(sizes)
    if not sum(sizes):
        assert found is None
    else:
        assert found is not None
        assert 1 / len(sizes) - 1e-12 <= found <= 1


def test_an_imbalance_of_nothing_is_unknown() -> None:
    """Two empty sides have no ratio; one empty side has the extreme one."""
    assert (imbalance(0, 0), imbalance(5, 0), imbalance(0, 5)) == (None, 1.0, -1.0)


@given(
    st.lists(
        st.tuples(st.integers(-(10**6), 10**6), st.integers(1, 10**6), st.integers(0, 10**9)),
        min_size=1,
    )
)
def test_averages_lie_between_the_extremes(rows: list[tuple[int, int, int]]) -> None:
    """VWAP and TWAP of any prints, far off or negative."""
    price, size, ns = (column(*values) for values in zip(*rows, strict=True))
    low, high = int(price.min()), int(price.max())
    vwap = volume_weighted(price, size)
    twap = time_weighted(price, np.sort(ns), 10**9)
    assert vwap is not None
    assert twap is not None
    assert low - 1e-6 <= vwap <= high + 1e-6
    assert low - 1e-6 <= twap <= high + 1e-6


def test_spreads_are_weighted_by_time() -> None:
    """One tick for three seconds, three ticks for one: 1.5 on average."""
    told = quotes((10, 11, 1, 1, 0), (10, 13, 1, 1, 3 * NS), (10, UNKNOWN, 1, UNKNOWN, 4 * NS))
    found = spread_history(told, 4 * NS)
    assert found is not None
    assert found.average == pytest.approx(1.5)
    assert found.deviation == pytest.approx(0.75**0.5)
    assert found.distribution == pytest.approx({1: 0.75, 3: 0.25})
    assert found.trend == pytest.approx(2 / 3 * 60)
    assert spread_history(quotes((11, 10, 1, 1, 0)), NS) is None


def test_what_trades_paid_splits_into_impact_and_gain() -> None:
    """Bought at 401 over a mid of 400.5, which is 402.5 after five seconds."""
    tape = prints((401, 2, 0, 0, 400, 401), (401, 9, 2, 1, 400, 401), (403, 2, 0, NS, 400, 401))
    told = quotes((400, 401, 1, 1, 0), (402, 403, 1, 1, 4 * NS), (402, 403, 2, 1, 9 * NS))
    found = paid(tape, told)
    assert found.effective == pytest.approx((1 * 2 + 5 * 2) / 4)
    assert found.realized == pytest.approx((-3 * 2 + 1 * 2) / 4)
    assert found.impact == pytest.approx(4.0)
    assert found.at_best == 0.5


def test_resilience_is_the_share_of_widenings_undone_in_time() -> None:
    """The first widening is undone before the next trade, the second is not."""
    told = quotes(
        (10, 11, 1, 1, 0),
        (10, 12, 1, 1, 10),
        (10, 11, 1, 1, 20),
        (9, 11, 1, 1, 40),
        (10, 11, 1, 1, 60),
    )
    tape = prints((11, 1, 0, 30, 10, 11), (11, 1, 0, 50, 9, 11))
    assert resilience(told, tape) == 0.5
    assert resilience(told, prints((11, 1, 0, 0, 10, 11))) is None


def test_book_pressure_and_averages_on_request() -> None:
    """Bids 10/0.5 + 20/1.5 + 70/4.5 against asks 30/0.5 + 20/1.5 + 50/4.5."""
    made = book()
    found = ask(made.analytics.get_book_pressure())
    bid, offered = 10 / 0.5 + 20 / 1.5 + 70 / 4.5, 30 / 0.5 + 20 / 1.5 + 50 / 4.5
    assert found["bid_pressure"] == pytest.approx(bid)
    assert found["pressure"] == pytest.approx((bid - offered) / (bid + offered))
    assert ask(made.analytics.get_microprice()) == pytest.approx(400.25 / 4)
    averages = ask(made.analytics.get_average_prices())
    assert (averages["vwap"], averages["trades"]) == (None, 0)


def test_figures_of_a_frame_leave_out_what_is_missing() -> None:
    """Rows without both prices do not count; a missing column is named."""
    frame = pl.DataFrame({"bid": [10.0, 10.0, None], "ask": [10.5, 11.0, 11.0]})
    found = MarketAnalytics.analyze_dataframe_spread(frame)
    assert (found["avg_spread"], found["max_spread"], found["samples"]) == (0.75, 1.0, 2)
    assert MarketAnalytics.analyze_dataframe_spread(frame.clear())["avg_spread"] is None
    with pytest.raises(ValueError, match="offer"):
        MarketAnalytics.analyze_dataframe_spread(frame, ask_column="offer")


READS: dict[str, dict[str, Any]] = {
    "get_orderbook_depth": {"price_range": 5.0},
    "get_market_impact": {"size": 5},
}
"""Arguments of the reads that need some."""


def reads(made: OrderBook) -> dict[str, Callable[[], Coroutine[Any, Any, Any]]]:
    """Every async method of the components, ready to be called."""
    found: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {}
    for component in (made.analytics, made.detection, made.profile):
        for name, method in inspect.getmembers(component, inspect.iscoroutinefunction):
            found[name] = lambda m=method, n=name: m(**READS.get(n, {}))  # type: ignore[misc]
    return found


@pytest.mark.parametrize("rows", [(), ((BID, 400, 5),), ((ASK, -7, 5),)])
def test_half_a_book_gives_none_and_no_exception(rows: tuple[tuple[int, int, int], ...]) -> None:
    """Empty, bids only, asks only at a negative price: every read answers."""
    made = plain_book(clock=At())
    if rows:
        made.realtime_handler.on_depth(depth((RESET, 0, 0), *rows))
    for name, read in reads(made).items():
        found = ask(read())
        if isinstance(found, dict) and "estimated_fill_price" in found:
            assert found["total_transaction_cost"] is None, name
    assert ask(made.get_market_imbalance())["avg_spread"] is None
    assert ask(made.get_advanced_market_metrics())["mid_price"] is None


def test_huge_sizes_and_negative_prices_are_exact() -> None:
    """Sizes near 2**40 and prices below zero go through every read."""
    made = plain_book(clock=At())
    made.realtime_handler.on_depth(depth((RESET, 0, 0), (BID, -401, 2**40), (ASK, -400, 2**40)))
    made.realtime_handler.on_trades([trade(-400, 2**40)])
    for read in reads(made).values():
        ask(read())
    found = ask(made.analytics.get_market_impact(2**40))
    assert found["estimated_fill_price"] == -100.0
    assert found["price_impact_pct"] is None


WRONG: list[tuple[str, str, dict[str, Any]]] = [
    ("analytics", "get_market_imbalance", {"levels": 0}),
    ("analytics", "get_market_imbalance", {"levels": 2.5}),
    ("analytics", "get_market_imbalance", {"levels": True}),
    ("analytics", "get_orderbook_depth", {"price_range": -1}),
    ("analytics", "get_orderbook_depth", {"price_range": float("nan")}),
    ("analytics", "get_orderbook_depth", {"price_range": "5"}),
    ("analytics", "get_market_impact", {"size": 0}),
    ("analytics", "get_market_impact", {"size": 5, "side": "long"}),
    ("analytics", "get_cumulative_delta", {"time_window_minutes": 0}),
    ("analytics", "get_cumulative_delta", {"time_window_minutes": float("inf")}),
    ("analytics", "get_liquidity_levels", {"min_volume": -1}),
    ("analytics", "get_liquidity_levels", {"levels": None}),
    ("analytics", "get_order_flow_imbalance", {"window_seconds": 0}),
    ("analytics", "get_average_prices", {"time_window_minutes": -3}),
    ("analytics", "get_book_pressure", {"levels": 0}),
    ("detection", "detect_iceberg_orders", {"min_refreshes": 0}),
    ("detection", "detect_iceberg_orders", {"volume_threshold": -1}),
    ("detection", "detect_iceberg_orders", {"time_window_minutes": 0}),
    ("detection", "detect_order_clusters", {"min_cluster_size": 0}),
    ("detection", "detect_order_clusters", {"price_tolerance": -0.25}),
    ("detection", "detect_spoofing", {"min_cancellation_rate": 1.5}),
    ("detection", "detect_spoofing", {"confidence_threshold": -0.1}),
    ("detection", "detect_spoofing", {"max_time_to_cancel": 0}),
    ("detection", "detect_spoofing", {"min_distance_ticks": "3"}),
    ("detection", "detect_sweeps", {"min_levels": 1}),
    ("detection", "detect_absorption", {"min_ratio": 0}),
    ("profile", "get_volume_profile", {"price_bins": 0}),
    ("profile", "get_volume_profile", {"time_window_minutes": None}),
    ("profile", "get_time_profile", {"period_minutes": 0}),
    ("profile", "get_support_resistance_levels", {"min_touches": 0}),
    ("profile", "get_spread_analysis", {"window_minutes": 0}),
]


@pytest.mark.parametrize(("part", "method", "arguments"), WRONG)
def test_a_wrong_argument_is_named(part: str, method: str, arguments: dict[str, Any]) -> None:
    """The error says which argument, what it may be, and what was given."""
    name, value = list(arguments.items())[-1]
    component = {"analytics": book().analytics, "detection": book().detection}.get(
        part, book().profile
    )
    with pytest.raises(ValueError, match=re.escape(name)) as caught:
        ask(getattr(component, method)(**arguments))
    assert repr(value) in str(caught.value)


@pytest.mark.checklist(62)
def test_the_book_and_its_components_say_the_same() -> None:
    """Every documented read of the book is that of a component."""
    made = book()
    made.realtime_handler.on_trades([trade(401, 3), trade(400, 1, SELL)])
    compared = 0
    for name, read in reads(made).items():
        own = getattr(made, name, None)
        if own is not None:
            assert ask(own(**READS.get(name, {}))) == ask(read())
            compared += 1
    assert compared == 13
    assert made.realtime_handler is not None
    assert made.memory_manager is not None


def keys_of(found: object) -> set[str]:
    """Every text that is a key somewhere in an answer, counters by DomType aside."""
    if isinstance(found, list | tuple):
        return set().union(*map(keys_of, found))
    if not isinstance(found, dict):
        return set()
    own = {key for key in found if isinstance(key, str) and not key.startswith("type_")}
    return own.union(*map(keys_of, found.values()))


@in_virtual_time
async def test_docstrings_list_the_keys_returned() -> None:
    """What a read of a busy market returns is what its docstring lists."""
    async with simulated_suite("ES", timeframes=["1min"], features=["orderbook"]) as (_, suite):
        await asyncio.sleep(20)
        made = suite.orderbook
        assert made is not None
        methods = [
            (component, name, method)
            for component in COMPONENTS
            for name, method in inspect.getmembers(component, inspect.iscoroutinefunction)
        ]
        assert len(methods) == 21
        for component, name, method in methods:
            # The two that return a MarketImpactResponse list its keys in one place.
            told = "get_market_impact" if name == "get_orderbook_depth" else name
            known = listed(getattr(component, told)) | listed(method)
            found = await reads(made)[name]()
            assert keys_of(found) <= known, (name, keys_of(found) - known)


@pytest.mark.parametrize(
    ("method", "response"),
    [
        (MarketAnalytics.get_market_imbalance, LiquidityAnalysisResponse),
        (MarketAnalytics.get_market_impact, MarketImpactResponse),
        (OrderDetection.get_advanced_market_metrics, OrderbookAnalysisResponse),
        (OrderDetection.detect_spoofing, SpoofingDetectionResponse),
        (VolumeProfile.get_spread_analysis, LiquidityAnalysisResponse),
    ],
)
def test_documented_keys_are_those_of_the_types(method: Any, response: Any) -> None:
    """Each required key of a response type is explained where it is returned."""
    assert response.__required_keys__ <= listed(method)


def test_reading_changes_nothing() -> None:
    """Fifty rounds of every read leave histories and counters as they are."""
    made = book()
    made.realtime_handler.on_trades([trade(401, 3)])
    state = made.state

    def held() -> tuple[int, ...]:
        return (
            len(state.trades),
            len(state.changes),
            len(state.quotes),
            len(state.bursts),
            state.ladder.version,
            state.counters.messages,
        )

    before = held()
    for _ in range(50):
        for read in reads(made).values():
            ask(read())
    assert held() == before
