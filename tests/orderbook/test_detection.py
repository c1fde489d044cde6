"""Detectors on made-up histories of one level or two, and on markets with labels."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orderbook.books import depth, trade
from tests.orderbook.test_analytics import At, ask, book, column
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.records import Aggressor
from project_x_py._core.time import NS
from project_x_py.orderbook import OrderBook
from project_x_py.orderbook._bursts import PENDING, BurstColumns, Bursts, WatchedLevels
from project_x_py.orderbook._clusters import runs
from project_x_py.orderbook._icebergs import binomial_tail, icebergs
from project_x_py.orderbook._rings import LevelColumns, LevelRing, QuoteColumns, TradeColumns
from project_x_py.orderbook._spoofing import Limits, _lifetimes, pattern_of, spoofs
from project_x_py.orderbook._spoofing import Spoof as Found
from project_x_py.orderbook._sweeps import absorptions, sweeps
from project_x_py.orderbook.detection import OrderDetection
from project_x_py.simulator.activity import Iceberg, Spoof

BUY, SELL = Aggressor.BUY, Aggressor.SELL
BID, ASK, RESET = 2, 1, 6
ROOT = Path(__file__).resolve().parents[2]
MS = 1_000_000


class Market:
    """A book that is told one thing after another, and its clock."""

    def __init__(self) -> None:
        self.clock = At()
        self.book: OrderBook = book(self.clock)

    def wait(self, seconds: float) -> None:
        """Let exchange time pass."""
        self.clock.ns += round(seconds * NS)

    def level(self, kind: int, price: int, size: int) -> None:
        """Set a level."""
        self.book.realtime_handler.on_depth(depth((kind, price, size), at=self.clock.ns))

    def print(self, price: int, size: int, who: Aggressor = SELL) -> None:
        """Let contracts trade."""
        self.book.realtime_handler.on_trades([trade(price, size, who, self.clock.ns)])

    def hit(self, price: int, size: int, left: int, who: Aggressor = SELL) -> None:
        """Let a level be executed, and show what is left of it."""
        self.print(price, size, who)
        self.level(BID if who is SELL else ASK, price, left)

    def spoof(self, price: int, *, size: int, times: int, every: float, stand: float) -> None:
        """Place and cancel at a bid, again and again."""
        for _ in range(times):
            self.level(BID, price, size)
            self.wait(stand)
            self.level(BID, price, 0)
            self.wait(every - stand)


def iceberg_market() -> Market:
    """The bid at 400 shows 10 after each of twelve executions of 8; 401 is taken from honestly."""
    market = Market()
    for _ in range(12):
        market.wait(1)
        market.hit(400, 8, 10)
        left = market.book.state.ladder.size_at(1, 401)
        market.hit(401, 1, left - 1, BUY)
    market.wait(1.5)
    return market


@pytest.mark.checklist(88, 100)
def test_an_iceberg_is_found_where_refills_are() -> None:
    """Twelve executions of 8 at a level that goes on showing 10 have hidden 96 contracts."""
    market = iceberg_market()
    found = ask(market.book.detect_iceberg_orders())
    (level,) = found["iceberg_levels"]
    assert (level["price"], level["side"]) == (100.0, "bid")
    assert level["estimated_hidden_size"] == level["executed_volume"] == 96
    assert level["refresh_count"] == level["replenishment_count"] == level["executions"] == 12
    assert level["avg_volume"] == 10
    assert 0.7 <= level["confidence"] <= 1
    assert found["detection_parameters"] == {
        "min_refreshes": 5,
        "volume_threshold": 50,
        "confidence_threshold": 0.7,
    }
    assert found["analysis_window_minutes"] == 10


@pytest.mark.checklist(88)
@pytest.mark.parametrize(
    "arguments",
    [
        {"min_refreshes": 13},
        {"volume_threshold": 97},
        {"time_window_minutes": 0.01},
    ],
)
def test_stricter_parameters_find_no_iceberg(arguments: dict[str, Any]) -> None:
    """Each parameter by itself can leave the level out."""
    found = ask(iceberg_market().book.detect_iceberg_orders(**arguments))
    assert found["iceberg_levels"] == []


def test_growth_without_executions_is_no_iceberg() -> None:
    """A level that grows and shrinks twenty times, but where nothing trades, hides nothing."""
    market = Market()
    for size in range(20):
        market.wait(1)
        market.level(BID, 400, 10 + size % 2)
    assert ask(market.book.detect_iceberg_orders(1, 0))["iceberg_levels"] == []


def bursts(*told: tuple[Any, ...]) -> BurstColumns:
    """What a ring tells after prints ("p", side, price, size, shown, ms) and moves ("m", ...)."""
    ring = Bursts(100)
    for what, side, price, first, second, ms in told:
        act = ring.printed if what == "p" else ring.moved
        act(side, price, first, second, ms * MS)
    return ring.columns()


@pytest.mark.parametrize(
    ("told", "executed", "at_once", "late"),
    [
        ([("p", 0, 5, 4, 10, 0), ("m", 0, 5, 10, 6, 1)], [4], [0], [0]),
        ([("p", 0, 5, 4, 10, 0), ("m", 0, 5, 10, 10, 1)], [4], [4], [0]),
        ([("p", 0, 5, 14, 10, 0), ("m", 0, 5, 10, 6, 1)], [14], [10], [0]),
        ([("p", 0, 5, 3, 9, 0), ("p", 0, 5, 4, 9, 1), ("m", 0, 5, 9, 2, 2)], [7], [0], [0]),
        (
            [("p", 0, 5, 4, 10, 0), ("m", 0, 5, 10, 6, 1), ("m", 0, 5, 6, 10, 200)],
            [4],
            [0],
            [4],
        ),
        (
            [("p", 0, 5, 4, 10, 0), ("m", 0, 5, 10, 6, 1), ("m", 0, 5, 6, 10, 500)],
            [4],
            [0],
            [0],
        ),
        # The picture came first, with a later exchange time than the print that explains it.
        ([("m", 0, 5, 10, 6, 3), ("p", 0, 5, 4, 6, 2)], [4], [0], [0]),
        # An earlier cancellation explains nothing.
        ([("m", 0, 5, 14, 10, 0), ("p", 0, 5, 4, 10, 2), ("m", 0, 5, 10, 6, 3)], [4], [0], [0]),
        # Nothing was shown for a second: the level is as large as before the print.
        ([("p", 0, 5, 4, 10, 0), ("m", 0, 5, 10, 6, 1500)], [4], [4], [0]),
        ([("m", 1, 5, 3, 9, 0), ("m", 1, 5, 9, 3, 0)], [], [], []),
    ],
)
def test_a_burst_adds_up(
    told: list[Any], executed: list[int], at_once: list[int], late: list[int]
) -> None:
    """What came in is what was executed less what the level fell by."""
    found = bursts(*told)
    assert found.executed.tolist() == executed
    assert found.at_once.tolist() == at_once
    assert found.late.tolist() == late


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 20), st.integers(0, 9)), max_size=60))
def test_bursts_conserve_contracts(steps: list[tuple[bool, int, int]]) -> None:
    """At one level, in order: executed = displayed less + came in at once, burst by burst."""
    ring, size, ns, expected = Bursts(1000), 50, 0, 0
    for is_print, amount, joined in steps:
        ns += MS
        if is_print:
            ring.printed(0, 7, amount, size, ns)
            new = max(size - amount, 0) + joined
            expected += amount
            ring.moved(0, 7, size, new, ns)
            assert ring.columns().at_once[-1] == max(amount - (size - new), 0)
            size = new
    assert int(ring.columns().executed.sum()) == expected


def test_a_reset_forgets_what_was_pending() -> None:
    """Prints before a reset are not held against the picture after it."""
    ring = Bursts(10)
    levels = WatchedLevels(10, ring)
    levels.append(5, 0, 7, 10, 4, 1)
    levels.append(3, 0, 0, 1, 0, 2)
    levels.append(4, 0, 7, 10, 10, 3)
    levels.append(0, 0, 7, 10, 9, 4)
    assert len(ring) == 0
    assert len(levels) == 4


@pytest.mark.parametrize("step_ms", [0, 1, 2000])
def test_what_is_pending_is_bounded(step_ms: int) -> None:
    """Prices that never come again take no memory for ever, and no contract is lost by that."""
    ring, levels = Bursts(100_000), 30_000
    for price in range(levels):
        ns = price * step_ms * MS
        ring.moved(0, price, 9, 5, ns)
        ring.printed(1, price, 3, 10, ns)
        if price % 2:
            ring.moved(1, price, 10, 7, ns)
        assert ring.pending <= 2 * PENDING
    found = ring.columns(None, levels * step_ms * MS + 2 * NS)
    assert int(found.executed.sum()) == 3 * levels


def test_bounding_settles_by_what_is_known() -> None:
    """A level unchanged for a second was refilled; of one just printed at nothing is claimed."""
    ring = Bursts(100_000)
    ring.printed(0, 7, 4, 10, 0)
    for price in range(100, 100 + PENDING):
        ring.printed(1, price, 3, 10, 2 * NS)
    found = ring.columns()
    assert (found.price[0], found.executed[0], found.at_once[0]) == (7, 4, 4)
    assert not found.at_once[1:].any()


@given(st.integers(1, 60), st.integers(0, 60), st.floats(0.001, 0.999))
def test_the_binomial_tail_is_the_sum_of_its_terms(count: int, hits: int, chance: float) -> None:
    """Against the definition, term by term."""
    exact = sum(
        math.comb(count, k) * chance**k * (1 - chance) ** (count - k)
        for k in range(hits, count + 1)
    )
    assert binomial_tail(count, hits, chance) == pytest.approx(exact, rel=1e-6, abs=1e-15)
    assert binomial_tail(count, hits, chance, 0.3) >= min(0.3, exact) - 1e-9


def test_a_level_refilled_as_often_as_others_is_none() -> None:
    """Where every level is refilled half of the time, none stands out."""
    told: list[tuple[Any, ...]] = []
    for n in range(400):
        price = n % 20
        told += [
            ("p", 0, price, 4, 10, n * 2),
            ("m", 0, price, 10, 10 if n // 20 % 2 else 6, n * 2),
        ]
    ring = Bursts(1000)
    for what, side, price, first, second, ms in told:
        (ring.printed if what == "p" else ring.moved)(side, price, first, second, ms * MS)
    assert icebergs(ring.columns(), 5, 0, 0.7) == []
    assert icebergs(Bursts(1).columns(), 1, 0, 0.0) == []


@pytest.mark.checklist(89)
def test_clusters_are_runs_of_neighbouring_levels() -> None:
    """The default tolerance is less than a tick, and counts as one."""
    market = Market()
    for price in (398, 397):
        market.level(BID, price, 30)
    found = ask(market.book.detect_order_clusters())
    (cluster,) = found
    assert cluster["side"] == "bid"
    assert cluster["prices"] == [100.0, 99.75, 99.5, 99.25, 99.0]
    assert cluster["volumes"] == [10, 20, 30, 30, 70]
    assert (cluster["total_volume"], cluster["order_count"]) == (160, 5)
    assert cluster["avg_order_size"] == 32
    assert cluster["price_range"] == (99.0, 100.0)
    assert cluster["volume_share"] == 1.0
    weighted = 400 * 10 + 399 * 20 + 398 * 30 + 397 * 30 + 396 * 70
    assert cluster["center_price"] == pytest.approx(weighted / 160 / 4)


@pytest.mark.checklist(89)
def test_tolerance_size_and_volume_choose_clusters() -> None:
    """Three ticks join all asks, four levels are too many, and small levels can be left out."""
    made = book()
    assert ask(made.detect_order_clusters()) == []
    both = ask(made.detect_order_clusters(3, 0.75))
    assert [cluster["side"] for cluster in both] == ["bid", "ask"]
    assert ask(made.detect_order_clusters(4, 0.75)) == []
    large = ask(made.detection.detect_order_clusters(2, 5.0, min_volume=30))
    assert [cluster["volumes"] for cluster in large] == [[30, 50]]


@given(st.sets(st.integers(-40, 40), max_size=30), st.integers(1, 5), st.integers(1, 4))
def test_runs_cannot_be_longer(prices: set[int], tolerance: int, least: int) -> None:
    """Within a run neighbours are close; from one run to the next they are not."""
    levels = [(price, 1, 0) for price in sorted(prices)]
    every = runs(levels, tolerance, 1) if levels else []
    assert [level for run in every for level in run] == levels
    for run in every:
        assert all(b[0] - a[0] <= tolerance for a, b in itertools.pairwise(run))
    for before, after in itertools.pairwise(every):
        assert after[0][0] - before[-1][0] > tolerance
    chosen = runs(levels, tolerance, least) if levels else []
    assert chosen == [run for run in every if len(run) >= least]


def spoofed(size: int = 60, times: int = 12, every: float = 6.0, stand: float = 2.0) -> Market:
    """A bid five ticks behind the best one, placed and cancelled again and again."""
    market = Market()
    market.wait(1)
    market.spoof(395, size=size, times=times, every=every, stand=stand)
    return market


@pytest.mark.checklist(90)
def test_spoofing_has_the_documented_parameters() -> None:
    """Names, order and defaults, of the book and of its component."""
    expected = {
        "time_window_minutes": 10,
        "min_placement_frequency": 3.0,
        "min_cancellation_rate": 0.8,
        "max_time_to_cancel": 30.0,
        "min_distance_ticks": 3,
        "confidence_threshold": 0.7,
    }
    for method in (OrderBook.detect_spoofing, OrderDetection.detect_spoofing):
        parameters = list(inspect.signature(method).parameters.values())[1:]
        assert {each.name: each.default for each in parameters} == expected
        assert [each.name for each in parameters] == list(expected)


@pytest.mark.checklist(96)
def test_spoofing_is_found_with_its_figures() -> None:
    """Twelve placements in 66 seconds, all cancelled after two, five ticks from the best bid."""
    found = ask(spoofed().book.detect_spoofing())
    (level,) = found
    assert (level["price"], level["side"], level["order_size"]) == (98.75, "bid", 60)
    assert level["placement_frequency"] == pytest.approx(12 / 1.1)
    assert level["cancellation_rate"] == 1.0
    assert level["time_to_cancel_avg_seconds"] == pytest.approx(2.0)
    assert level["distance_from_market"] == 5
    assert level["total_instances"] == 12
    assert level["pattern"] == "quote_stuffing"
    assert level["first_detected"] < level["last_detected"]
    assert level["confidence"] == pytest.approx(0.3 + 0.35 + 0.25 * (1 - 2 / 60) + 0.1 * 5 / 20)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"min_placement_frequency": 11.0}, marks=pytest.mark.checklist(91)),
        pytest.param({"max_time_to_cancel": 1.9}, marks=pytest.mark.checklist(93)),
        pytest.param({"min_distance_ticks": 6}, marks=pytest.mark.checklist(94)),
        pytest.param({"confidence_threshold": 0.95}, marks=pytest.mark.checklist(95)),
        {"time_window_minutes": 0.1},
    ],
)
def test_each_limit_leaves_the_level_out(arguments: dict[str, Any]) -> None:
    """One step beyond what the level reaches, it is not reported; at it, it is."""
    made = spoofed().book
    assert ask(made.detect_spoofing(**arguments)) == []
    reached = {
        "min_placement_frequency": 10.9,
        "max_time_to_cancel": 2.0,
        "min_distance_ticks": 5,
        "confidence_threshold": 0.9,
        "time_window_minutes": 2,
    }
    name = next(iter(arguments))
    assert len(ask(made.detect_spoofing(**{name: reached[name]}))) == 1


@pytest.mark.checklist(92)
def test_fills_are_not_cancellations() -> None:
    """The same placements, executed instead of cancelled, are no spoofing; half of them, half."""
    filled = Market()
    for number in range(12):
        filled.level(BID, 395, 60)
        filled.wait(2)
        if number % 2:
            filled.print(395, 60)
        filled.level(BID, 395, 0)
        filled.wait(4)
    assert ask(filled.book.detect_spoofing()) == []
    (level,) = ask(filled.book.detect_spoofing(10, 3.0, 0.5, confidence_threshold=0.5))
    assert level["cancellation_rate"] == pytest.approx(0.5)
    assert level["total_instances"] == 6


def test_small_orders_beside_larger_ones_are_no_spoofing() -> None:
    """Where others place as much or more, what is cancelled quickly is the market's business."""
    market = spoofed(size=5)
    assert len(ask(market.book.detect_spoofing())) == 1
    for number in range(40):
        market.level(BID, 390, 50 + number)
    assert ask(market.book.detect_spoofing()) == []


def test_resets_and_the_feeds_window_cancel_nothing() -> None:
    """A level that a reset removes, or a picture brings back, was neither cancelled nor placed."""
    market = Market()
    for _ in range(12):
        market.wait(5)
        market.book.realtime_handler.on_depth(
            depth((RESET, 0, 0), (BID, 400, 10), (BID, 395, 60), (ASK, 401, 5), at=market.clock.ns)
        )
        market.book.realtime_handler.on_depth(
            depth((RESET, 0, 0), (BID, 400, 10), (ASK, 401, 5), at=market.clock.ns)
        )
    assert ask(market.book.detect_spoofing(min_distance_ticks=0)) == []


def figures(**changes: float) -> Found:
    """A level that fits no pattern but the last."""
    plain: dict[str, Any] = {
        "side": 0,
        "price": 1,
        "size": 50.0,
        "frequency": 4.0,
        "cancelled": 0.85,
        "seconds": 12.0,
        "distance": 6.0,
        "pulled_at": 6.0,
        "confidence": 0.8,
        "first_ns": 1,
        "last_ns": 2,
        "instances": 3,
    }
    return Found(**{**plain, **changes})


@pytest.mark.parametrize(
    ("changes", "pattern"),
    [
        ({"frequency": 9.0, "seconds": 4.0}, "quote_stuffing"),
        ({"cancelled": 0.95}, "layering"),
        ({"size": 101.0, "seconds": 9.0, "pulled_at": 2.0}, "momentum_ignition"),
        ({"size": 201.0, "seconds": 1.0}, "flashing"),
        ({"frequency": 6.0, "size": 9.0, "pulled_at": 1.0}, "pinging"),
        ({}, "order_manipulation"),
    ],
)
def test_a_pattern_has_its_limits(changes: dict[str, float], pattern: str) -> None:
    """The documented thresholds, the first that fits."""
    assert pattern_of(figures(**changes)) == pattern


def approached(size: int, times: int, every: float, stand: float) -> Market:
    """Placed five ticks behind the best bid, cancelled when the market has come to one tick."""
    market = Market()
    market.wait(1)
    for _ in range(times):
        market.level(BID, 395, size)
        market.wait(stand)
        market.book.realtime_handler.on_depth(
            depth((BID, 400, 0), (BID, 399, 0), (BID, 396, 70), at=market.clock.ns)
        )
        market.wait(0.001)
        market.level(BID, 395, 0)
        market.wait(0.001)
        market.book.realtime_handler.on_depth(
            depth((BID, 400, 3), (BID, 399, 4), at=market.clock.ns)
        )
        market.wait(every - stand)
    return market


@pytest.mark.parametrize(
    ("market", "pattern"),
    [
        (spoofed(), "quote_stuffing"),
        (spoofed(every=12, stand=6), "layering"),
        (approached(size=150, times=12, every=12, stand=6), "momentum_ignition"),
        (approached(size=5, times=20, every=9, stand=6), "pinging"),
        (approached(size=50, times=12, every=15, stand=6), "order_manipulation"),
    ],
)
def test_patterns_are_reached_with_the_default_parameters(market: Market, pattern: str) -> None:
    """Also those whose distance is below the least one: they are placed far and pulled near."""
    assert [level["pattern"] for level in ask(market.book.detect_spoofing())] == [pattern]


def test_flashing_is_reached_with_the_default_parameters() -> None:
    """Two hundred and more, gone within two seconds, more than ten ticks away."""
    market = Market()
    market.wait(1)
    market.spoof(385, size=250, times=10, every=10, stand=1)
    assert [level["pattern"] for level in ask(market.book.detect_spoofing())] == ["flashing"]


changes_of_levels = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 0, 1, 2, 5]), st.integers(0, 3), st.integers(0, 60),
        st.integers(0, 9),
    ),
    max_size=80,
)  # fmt: skip


def history(told: list[tuple[int, int, int, int]]) -> LevelColumns:
    """Rows of kind, level, size and seconds since the row before, as a ring would hold them."""
    ring, sizes, ns = LevelRing(200), dict.fromkeys(range(4), 0), 0
    for kind, level, size, seconds in told:
        ns += seconds * NS
        side, price, old = level & 1, level >> 1, sizes[level]
        if kind == 5:
            ring.append(kind, side, price, old, 1 + size % 9, ns)
        else:
            new = 0 if kind else size
            ring.append(kind, side, price, old, new, ns)
            sizes[level] = new
    return ring.columns()


@given(changes_of_levels)
def test_limits_only_take_away(told: list[tuple[int, int, int, int]]) -> None:
    """What is left out early would have been left out at the end: strict is a part of loose."""
    rows = history(told)
    best = QuoteColumns(*(column(n) for n in (2, 0, 5, 5, -1)))
    every = spoofs(rows, best, Limits(0, 0, math.inf, -math.inf, 0))
    for limits in (
        Limits(3, 0.8, 30, 0, 0.7), Limits(2, 0, math.inf, 1, 0), Limits(0, 0.5, 5, -9, 0.6),
    ):  # fmt: skip
        kept = [
            each
            for each in every
            if each.frequency >= limits.frequency
            and each.cancelled >= limits.cancelled
            and each.seconds <= limits.seconds
            and each.distance >= limits.ticks
            and each.confidence >= limits.confidence
        ]
        assert spoofs(rows, best, limits) == kept


@given(changes_of_levels)
def test_lifetimes_are_those_of_single_placements(told: list[tuple[int, int, int, int]]) -> None:
    """Against lots one by one: the newest of the very size, else the newest; fills the oldest."""
    rows = history([(kind, 0, size, seconds) for kind, _, size, seconds in told])
    placed = np.where(rows.kind == 0, rows.new - rows.old, 0).clip(0)
    large = np.where(placed > 20, placed, 0)
    lots: list[list[int]] = []
    pulled, spent, prints = [0] * len(placed), 0, 0
    for at, (kind, _, _, old, new, ns) in enumerate(zip(*(c.tolist() for c in rows), strict=True)):
        if kind == 5:
            prints += new
        elif kind == 2:
            lots, prints = [], 0
        elif new > old:
            lots.append([new - old, ns, int(new - old > 20)])
        else:
            filled = min(prints, old - new)
            prints -= filled
            for _ in range(filled):
                lots[0][0] -= 1
                lots = [lot for lot in lots if lot[0]]
            same = [lot for lot in lots if lot[0] == old - new - filled]
            for _ in range(old - new - filled):
                lot = same[-1] if same else lots[-1]
                lot[0] -= 1
                pulled[at] += lot[2]
                spent += (ns - lot[1]) * lot[2]
                lots = [lot for lot in lots if lot[0]]
    if large.any():
        found, seconds = _lifetimes(rows, np.arange(len(placed)), large, placed)
        assert found.tolist() == pulled
        assert seconds == pytest.approx(spent / sum(pulled) / NS if sum(pulled) else 0)


executions = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 30), st.sampled_from([0, 0, 0, 4, 9, 12])),
    max_size=120,
)


@given(executions, st.sampled_from([0.3, 0.7, 0.95]))
def test_only_levels_that_cannot_be_icebergs_are_left_out(
    told: list[tuple[int, int, int]], least: float
) -> None:
    """Looking at every level, without leaving any out early, finds the very same icebergs."""
    ring = Bursts(1000)
    for at, (price, executed, came) in enumerate(told):
        ring.printed(0, price, executed, 40, at * MS)
        ring.moved(0, price, 40, 40 - executed + came, at * MS)
    every = icebergs(ring.columns(), 1, 0, 0.0)
    sure = [each for each in every if each.confidence >= least]
    assert icebergs(ring.columns(), 1, 0, least) == sure


def tape(*rows: tuple[int, int, int, int]) -> TradeColumns:
    """Prints of price, size, aggressor and microseconds."""
    price, size, who, us = (column(*values) for values in zip(*rows, strict=True))
    return TradeColumns(price, size, who, us * 1000, price, price)


def test_a_sweep_is_one_order_through_several_prices() -> None:
    """Same aggressor, one way, within a millisecond; anything else ends it."""
    found = sweeps(
        tape(
            (10, 5, 0, 0),
            (11, 2, 0, 10),
            (11, 3, 0, 20),
            (12, 1, 0, 30),
            (11, 4, 0, 40),
            (12, 1, 0, 50),
            (13, 1, 1, 60),
            (20, 1, 1, 5000),
            (19, 1, 1, 5010),
            (18, 1, 1, 7000),
        ),
        3,
    )
    (sweep,) = found
    assert (sweep.first, sweep.last, sweep.levels, sweep.volume) == (10, 12, 3, 11)
    assert (sweep.start_ns, sweep.end_ns) == (0, 30_000)
    assert sweeps(tape((1, 1, 2, 0), (2, 1, 2, 1), (3, 1, 2, 2)), 2) == []


def test_sweeps_are_told_newest_first() -> None:
    """Bought through three asks, then sold through three bids."""
    market = Market()
    for price in (401, 402, 405):
        market.print(price, 5, BUY)
    market.wait(1)
    for price in (400, 399, 396):
        market.print(price, 5, SELL)
    found = ask(market.book.detection.detect_sweeps())
    assert [row["side"] for row in found] == ["sell", "buy"]
    assert (found[1]["start_price"], found[1]["end_price"]) == (100.25, 101.25)
    assert (found[1]["levels"], found[1]["volume"], found[1]["duration_ms"]) == (3, 15, 0.0)


def absorbed_market(through: bool = False) -> Market:
    """Levels that give way after 4 contracts, and one that takes 100 in twenty executions."""
    market = Market()
    for price in range(420, 404, -1):
        market.hit(price, 4, 0)
        market.wait(0.1)
    for _ in range(20):
        market.hit(404, 5, 10)
        market.wait(1)
    if through:
        market.print(403, 1)
    market.wait(0.5)
    return market


def test_absorption_is_much_more_than_usual_and_holds() -> None:
    """A hundred contracts at a level that shows ten, where others give way after four."""
    found = ask(absorbed_market().book.detection.detect_absorption())
    (level,) = found
    assert (level["price"], level["side"]) == (101.0, "bid")
    assert (level["absorbed_volume"], level["executions"]) == (100, 20)
    assert level["ratio"] == pytest.approx(level["absorbed_volume"] / level["displayed_volume"])
    assert level["broken"] is False
    broken = absorbed_market(through=True)
    broken.level(BID, 403, 3)
    assert ask(broken.book.detection.detect_absorption()) == []
    assert absorptions(Bursts(1).columns(), 1, 0, 0) == []


@in_virtual_time
async def test_detectors_see_a_suites_market() -> None:
    """Over the gateway, with its own feed: the iceberg that was put there, and what it hid."""
    iceberg = Iceberg(side="ask", start_s=10, total=600, display=12, distance=0)
    options = {"activity": [iceberg, Spoof(start_s=5, side="bid", size=400, every_s=4)]}
    async with simulated_suite(
        "ES", gateway=options, timeframes=["1min"], features=["orderbook"]
    ) as (gateway, suite):
        await asyncio.sleep(60)
        made = suite.orderbook
        assert made is not None
        label = next(x for x in gateway.labels if x.activity is iceberg)
        found = await made.detect_iceberg_orders()
        (level,) = [
            row
            for row in found["iceberg_levels"]
            if made.state.grid.ticks(row["price"]) in label.prices
        ]
        assert level["side"] == "ask"
        for detection in await made.detect_spoofing():
            assert f"{detection['pattern']} at {detection['price']:.2f}"
        assert level["estimated_hidden_size"] == pytest.approx(label.executed, rel=0.25)


def test_the_printed_error_rates_are_the_measured_ones() -> None:
    """The table of the page is that of the results file, over at least 200 seeds."""
    results = json.loads((ROOT / "bench" / "detection.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "reference" / "detection.md").read_text(encoding="utf-8")
    assert results["seeds"] >= 200
    figures = page.partition("<!-- figures -->")[2].partition("<!-- end of figures -->")[0]
    rows = [line for line in figures.splitlines() if line.startswith("| ")][1:]
    told = 0
    for feed, detectors in results["figures"].items():
        for name, row in detectors.items():
            if name.endswith("baseline"):
                continue
            base = detectors[f"{name}, baseline"]
            expected = (
                f"| {feed} | {name} | {row['there']} | {row['reports']} | {row['precision']:.3f} "
                f"| {row['recall']:.3f} | {base['precision']:.3f}, {base['recall']:.3f} |"
            )
            assert expected in rows
            assert row["precision"] > base["precision"], name
            told += 1
    assert told == len(rows) == 10
