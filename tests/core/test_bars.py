"""Bars from trades: against a batch, against recordings, and late trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import Print, prints

from project_x_py._core.bars import (
    TIMEFRAMES,
    Bar,
    BarBuilder,
    BarChange,
    BarSeries,
    Timeframe,
    bar_end,
    bar_start,
    timeframe,
)
from project_x_py._core.records import Aggressor
from project_x_py._core.time import MINUTE_NS, NS

BUY, SELL, NONE = (int(side) for side in (Aggressor.BUY, Aggressor.SELL, Aggressor.NONE))
AGGRESSOR = {"B": BUY, "S": SELL, "N": NONE}
MINUTE = timeframe("1min")
T0 = 1_704_150_000 * NS
"""2024-01-01 23:00 UTC: 17:00 in Chicago."""

Recorded = Callable[[str], list[dict[str, Any]]]


def batch(tf: Timeframe, trades: Iterable[Print]) -> list[Bar]:
    """The bars of trades, from all of them at once, in exchange order."""
    ordered = sorted(trades, key=lambda t: t[3])
    found = []
    for start, group in groupby(ordered, key=lambda t: bar_start(tf, t[3])):
        rows = list(group)
        prices = [price for price, *_ in rows]
        sides = [sum(row[1] for row in rows if row[2] == side) for side in (BUY, SELL)]
        volume = sum(row[1] for row in rows)
        ohlc = prices[0], max(prices), min(prices), prices[-1]
        found.append(Bar(start, *ohlc, volume, len(rows), *sides))
    return found


def held(builder: BarBuilder) -> list[Bar]:
    """Every bar of a builder, the forming one last."""
    bars = [builder.series.bar(index) for index in range(len(builder.series))]
    return [*bars, builder.forming] if builder.forming is not None else bars


def built(tf: Timeframe, trades: Iterable[Print], capacity: int = 2_000) -> BarBuilder:
    builder = BarBuilder(tf, capacity)
    for trade in trades:
        builder.add(*trade)
    return builder


def at(minute: float, price: int = 100, size: int = 1, side: int = BUY) -> Print:
    """A print so many minutes after the opening."""
    return price, size, side, T0 + round(minute * MINUTE_NS)


@given(prints(), st.sampled_from(list(TIMEFRAMES.values())))
def test_trades_in_order_make_the_batch(trades: list[Print], tf: Timeframe) -> None:
    """In every timeframe the bars are those of the whole batch, with every trade counted."""
    builder = built(tf, trades)
    assert held(builder) == batch(tf, trades)
    assert builder.late_amended == builder.late_dropped == 0


@given(prints(), st.randoms(use_true_random=False), st.sampled_from(["5sec", "1min", "5min"]))
def test_any_order_of_arrival_makes_the_batch(trades: list[Print], rng: Any, name: str) -> None:
    """Whatever the order of arrival, the bars held are the batch, ties in order of arrival."""
    tf, shuffled = timeframe(name), list(trades)
    rng.shuffle(shuffled)
    builder = built(tf, shuffled)
    assert held(builder) == batch(tf, shuffled)
    assert builder.late_dropped == 0


@given(prints(), st.randoms(use_true_random=False), st.lists(st.integers(0, 1_900), max_size=12))
def test_the_clock_changes_no_bar(trades: list[Print], rng: Any, ticks: list[int]) -> None:
    """Closing bars by the clock at any moment, before or after their trades, keeps the batch."""
    shuffled = list(trades)
    rng.shuffle(shuffled)
    builder, start = BarBuilder(MINUTE, 1_000), trades[0][3]
    moments = iter(ticks)
    for trade in shuffled:
        builder.add(*trade)
        if (moment := next(moments, None)) is not None:
            builder.close_due(start + moment * NS)
    assert held(builder) == batch(MINUTE, shuffled)


@given(prints(span_s=7_200))
def test_five_minutes_are_the_aggregation_of_one(trades: list[Print]) -> None:
    """Each 5-minute bar is made of its 1-minute bars."""
    five = timeframe("5min")
    ones = held(built(MINUTE, trades))
    made = []
    for start, group in groupby(ones, key=lambda bar: bar_start(five, bar.start_ns)):
        bars = list(group)
        ohlc = (
            bars[0].open,
            max(b.high for b in bars),
            min(b.low for b in bars),
            bars[-1].close,
        )
        sums = [
            sum(getattr(b, name) for b in bars)
            for name in ("volume", "trades", "buy_volume", "sell_volume")
        ]
        made.append(Bar(start, *ohlc, *sums))
    assert held(built(five, trades)) == made


@given(prints(), st.integers(1, 4))
def test_the_newest_bars_are_kept(trades: list[Print], capacity: int) -> None:
    """A small series holds the newest closed bars without a hole."""
    builder = built(timeframe("5sec"), trades, capacity)
    assert held(builder) == batch(timeframe("5sec"), trades)[-capacity - 1 :]


@given(prints(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_no_trade_is_lost_in_silence(trades: list[Print], rng: Any, capacity: int) -> None:
    """A trade is in a bar, was in a bar that left the series, or is counted as dropped."""
    rng.shuffle(trades)
    builder = BarBuilder(timeframe("5sec"), capacity)
    counted = 0
    for trade in trades:
        dropped, version = builder.late_dropped, builder.version
        builder.add(*trade)
        counted += 1
        assert (builder.late_dropped > dropped) != (builder.version > version)
    bars = held(builder)
    assert sum(bar.trades for bar in bars) <= counted - builder.late_dropped
    assert [bar.start_ns for bar in bars] == sorted({bar.start_ns for bar in bars})


def test_a_bar_is_told_when_it_begins_and_ends() -> None:
    """The first trade opens a bar, later ones move it silently, the next minute's closes it."""
    builder = BarBuilder(MINUTE, 10)
    first = Bar(T0, 100, 100, 100, 100, 2, 1, 2, 0)
    assert builder.forming is None
    assert builder.add(*at(0.1, 100, 2)) == BarChange(opened=first)
    assert builder.add(*at(0.2, 103, 1, SELL)) is None
    assert builder.add(*at(0.3, 99, 5, NONE)) is None
    whole = Bar(T0, 100, 103, 99, 99, 8, 3, 2, 1)
    assert builder.forming == whole
    opened = Bar(T0 + 3 * MINUTE_NS, 101, 101, 101, 101, 1, 1, 1, 0)
    assert builder.add(*at(3.5, 101)) == BarChange(closed=whole, opened=opened)
    assert held(builder) == [whole, opened]


def test_a_trade_on_the_boundary_belongs_to_the_next_bar() -> None:
    """The start of a bar is inside, its end is not."""
    builder = built(MINUTE, [at(0), at(1)])
    assert [bar.start_ns for bar in held(builder)] == [T0, T0 + MINUTE_NS]


def test_zero_size_trades_move_prices() -> None:
    """A trade of no size counts in the prices and the trade count."""
    builder = built(MINUTE, [at(0.1, 100, 3), at(0.2, 107, 0, SELL), at(0.3, 98, 0, NONE)])
    assert builder.forming == Bar(T0, 100, 107, 98, 98, 3, 3, 3, 0)


def test_the_clock_ends_a_bar_once() -> None:
    """A bar ends when exchange time reaches its end, not before, and only if there is one."""
    builder = BarBuilder(MINUTE, 10)
    assert builder.close_due(T0) is None
    builder.add(*at(0.5))
    assert builder.close_due(T0 + MINUTE_NS - 1) is None
    closed = builder.close_due(T0 + MINUTE_NS)
    assert closed == builder.series.bar(-1) == Bar(T0, 100, 100, 100, 100, 1, 1, 1, 0)
    assert builder.forming is None
    assert builder.close_due(T0 + 5 * MINUTE_NS) is None
    change = builder.add(*at(1.0))
    assert change is not None
    assert change.closed is None
    assert change.opened == builder.forming


def test_a_late_trade_amends_its_closed_bar() -> None:
    """Volume, count, high and low move; open and close only for the first and last instant."""
    builder = built(MINUTE, [at(0.4, 100), at(0.6, 102), at(1.5, 105)])
    change = builder.add(*at(0.5, 110, 4, SELL))
    assert change == BarChange(amended=Bar(T0, 100, 110, 100, 102, 6, 3, 2, 4))
    assert builder.series.bar(0) == change.amended
    builder.add(*at(0.1, 90, 1, NONE))
    builder.add(*at(0.9, 95, 1, NONE))
    assert builder.series.bar(0) == Bar(T0, 90, 110, 90, 95, 8, 5, 2, 4)
    assert builder.forming is not None
    assert builder.forming.close == 105
    assert (builder.late_amended, builder.late_dropped) == (3, 0)


def test_a_late_trade_of_an_empty_interval_makes_its_bar() -> None:
    """The bar is put where it belongs, before and between the bars held."""
    builder = built(MINUTE, [at(1.5), at(3.5), at(5.5)])
    change = builder.add(*at(2.5, 97))
    assert change == BarChange(amended=Bar(T0 + 2 * MINUTE_NS, 97, 97, 97, 97, 1, 1, 1, 0))
    builder.add(*at(0.5, 96))
    assert [(bar.start_ns - T0) // MINUTE_NS for bar in held(builder)] == [0, 1, 2, 3, 5]


def test_a_trade_older_than_the_oldest_bar_is_counted() -> None:
    """Once bars have left the series, what is older than the rest is dropped and counted."""
    builder = built(MINUTE, [at(n) for n in range(5)], capacity=2)
    assert builder.add(*at(1.5)) is None
    assert builder.late_dropped == 1
    assert builder.add(*at(2.5, 120)) is not None
    assert [(bar.start_ns - T0) // MINUTE_NS for bar in held(builder)] == [2, 3, 4]


def test_a_full_series_takes_a_late_bar_by_losing_its_oldest() -> None:
    """An inserted bar pushes the oldest out, and its trades are then too old."""
    builder = built(MINUTE, [at(0), at(1), at(4), at(5)], capacity=3)
    builder.add(*at(2))
    assert [(bar.start_ns - T0) // MINUTE_NS for bar in held(builder)] == [1, 2, 4, 5]
    builder.add(*at(0.5))
    assert builder.late_dropped == 1


def test_a_full_series_drops_what_would_leave_at_once() -> None:
    """Before the oldest bar of a full series there is no room."""
    builder = built(MINUTE, [at(1), at(2), at(3)], capacity=2)
    assert builder.add(*at(0.5)) is None
    assert builder.late_dropped == 1
    assert len(builder.series) == 2


def test_a_watermark_limits_lateness() -> None:
    """Trades of closed bars older than the watermark are dropped and counted."""
    builder = BarBuilder(MINUTE, 10, watermark_ns=90 * NS)
    for minute in (0.5, 1.5, 2.5):
        builder.add(*at(minute))
    assert builder.add(*at(1.2)) is not None
    assert builder.add(*at(0.9)) is None
    assert (builder.late_amended, builder.late_dropped) == (1, 1)


def test_history_and_trades_join() -> None:
    """After a seed the forming bar grows on, and its first trades keep the open."""
    known = [Bar(T0 + n * MINUTE_NS, 50, 60, 40, 55, 100, 9, 0, 0) for n in range(3)]
    builder = BarBuilder(MINUTE, 2)
    builder.add(*at(30))
    builder.seed(known[:2], known[2])
    assert held(builder) == known
    assert builder.add(*at(2.1, 70, 5)) is None
    assert builder.forming == Bar(T0 + 2 * MINUTE_NS, 50, 70, 40, 70, 105, 10, 5, 0)
    assert builder.add(*at(3)) is not None
    assert len(builder.series) == 2


def test_history_without_a_forming_bar() -> None:
    """A trade of a seeded bar moves its volume and range, never its open or close."""
    known = [Bar(T0 + n * MINUTE_NS, 50, 60, 40, 55, 100, 9, 0, 0) for n in range(3)]
    builder = BarBuilder(MINUTE, 2)
    builder.seed(known)
    assert held(builder) == known[1:]
    change = builder.add(*at(2.9, 70, 5, SELL))
    assert change is not None
    assert change.amended == Bar(T0 + 2 * MINUTE_NS, 50, 70, 40, 55, 105, 10, 0, 5)
    assert builder.add(*at(0.5)) is None
    assert builder.late_dropped == 1
    assert builder.add(*at(3)) == BarChange(opened=builder.forming)


def test_an_empty_history_is_no_obstacle() -> None:
    """Bars begin with the first trade; a forming bar alone is the oldest there is."""
    builder = BarBuilder(MINUTE, 5)
    builder.seed([])
    assert builder.add(*at(4)) is not None
    assert builder.add(*at(2)) is not None
    builder.seed([], Bar(T0 + 4 * MINUTE_NS, 50, 60, 40, 55, 100, 9, 0, 0))
    assert builder.add(*at(3.5)) is None
    assert builder.late_dropped == 1
    assert builder.close_due(T0 + 5 * MINUTE_NS) is not None


@pytest.mark.parametrize("name", list(TIMEFRAMES))
def test_every_timeframe_ends_by_the_clock(name: str) -> None:
    """The clock ends the bar of each timeframe at its own end."""
    tf = timeframe(name)
    builder = built(tf, [at(7)])
    end = bar_end(tf, bar_start(tf, at(7)[3]))
    assert builder.close_due(end - 1) is None
    assert builder.close_due(end) is not None


def test_the_series_gives_copies_of_its_columns() -> None:
    """Columns are whole, oldest first, whether or not the ring has turned, and from any row on."""
    for bars in (2, 3, 4, 7):
        builder = built(MINUTE, [at(n, 100 + n) for n in range(bars + 1)], capacity=3)
        series = builder.series
        closes = [series.bar(index).close for index in range(len(series))]
        assert closes == list(range(100, 100 + bars))[-3:]
        for first in range(-1, 5):
            columns = series.columns(first)
            assert list(columns) == list(Bar.__struct_fields__)
            assert columns["close"].tolist() == closes[max(first, 0) :]
        series.columns()["close"][0] = 0
        assert series.bar(0).close == closes[0]


def test_the_series_tells_appends_from_rewrites() -> None:
    """Appends move version and appended; amendments, inserts and clears move rewrites too."""
    builder = built(MINUTE, [at(0), at(2), at(3)])
    series = builder.series
    assert (series.version, series.appended, series.rewrites) == (2, 2, 0)
    builder.add(*at(2.5))
    builder.add(*at(1))
    assert (series.version, series.appended, series.rewrites) == (4, 2, 2)
    series.clear()
    assert (series.version, series.appended, series.rewrites) == (5, 2, 3)
    assert len(series) == 0


def test_indices_of_the_series() -> None:
    """Negative indices count from the newest; others are refused."""
    series = built(MINUTE, [at(0, 1), at(1, 2), at(2, 3)]).series
    assert (series.bar(0).close, series.bar(-1).close) == (1, 2)
    assert series.start_of(-1) == T0 + MINUTE_NS
    for index in (2, -3):
        with pytest.raises(IndexError, match=f"bar {index} of 2"):
            series.bar(index)
    assert series.find(T0 + MINUTE_NS) == (1, True)
    assert series.find(T0 + 1) == (1, False)
    assert series.find(T0 + 9 * MINUTE_NS) == (2, False)


def test_a_series_holds_something() -> None:
    """A capacity below one is refused."""
    with pytest.raises(ValueError, match="at least one bar, not 0"):
        BarSeries(0)


def as_prints(rows: list[dict[str, Any]]) -> list[Print]:
    """Recorded trades, in their recorded order."""
    return [
        (row["price_ticks"], row["size"], AGGRESSOR[row.get("aggressor", "N")], row["ts"])
        for row in rows
    ]


def as_bars(rows: list[dict[str, Any]], num: int, den: int) -> list[Bar]:
    """Recorded bars; what a vendor does not tell is zero."""
    return [
        Bar(
            row["ts"],
            *(round(row[name] * den / num) for name in ("open", "high", "low", "close")),
            row["volume"],
            *(row.get(name, 0) for name in ("trades", "buy_volume", "sell_volume")),
        )
        for row in rows
    ]


def ohlcv(bar: Bar) -> tuple[int, ...]:
    return bar.start_ns, bar.open, bar.high, bar.low, bar.close, bar.volume


@pytest.mark.parametrize(("name", "table"), [("1min", "bars_1min"), ("1sec", "bars_1s")])
def test_recorded_open_of_christmas_2023(recorded: Recorded, name: str, table: str) -> None:
    """ESH4 from the auction on: equal in every field; the auction's 44 lots are on no side."""
    trades = as_prints(recorded("es_l3_20231225/trades"))
    expected = as_bars(recorded(f"es_l3_20231225/{table}"), 1, 4)
    assert trades[0][:3] == (19_201, 44, NONE)
    assert held(built(timeframe(name), trades)) == expected
    assert expected[0].volume - expected[0].buy_volume - expected[0].sell_volume == 44


def test_the_vendors_own_minutes(recorded: Recorded) -> None:
    """ESU4: the common minutes equal those of the vendor in open, high, low, close and volume."""
    bars = held(built(MINUTE, as_prints(recorded("es_nq_20240701_vendor_bars/trades"))))
    rows = recorded("es_nq_20240701_vendor_bars/bars_1min")
    theirs = {b.start_ns: b for b in as_bars([r for r in rows if r["symbol"] == "ESU4"], 1, 4)}
    common = [bar for bar in bars if bar.start_ns in theirs]
    assert len(common) == 4
    assert [ohlcv(bar) for bar in common] == [ohlcv(theirs[bar.start_ns]) for bar in common]


def test_gold_of_2013(recorded: Recorded) -> None:
    """Every expiry's minutes equal the vendor's; the tape repeats the last trade of five."""
    trades, rows = recorded("lean_gc_2013/trades"), recorded("lean_gc_2013/bars_1min")
    assert sum(row["size"] == 0 for row in trades) == 147
    repeated = []
    for symbol in sorted({row["symbol"] for row in rows}):
        tape = [row for row in trades if row["symbol"] == symbol]
        mine = held(built(MINUTE, as_prints(tape)))
        theirs = as_bars([row for row in rows if row["symbol"] == symbol], 1, 10)
        assert [ohlcv(bar)[:5] for bar in mine] == [ohlcv(bar)[:5] for bar in theirs], symbol
        assert [bar.volume for bar in mine[:-1]] == [bar.volume for bar in theirs[:-1]], symbol
        if mine[-1].volume != theirs[-1].volume:
            assert mine[-1].volume - tape[-1]["size"] == theirs[-1].volume
            repeated.append(symbol)
    assert repeated == ["GCM14", "GCQ14", "GCV13", "GCZ13", "GCZ15"]


def test_recorded_trades_late_and_shuffled(recorded: Recorded) -> None:
    """Recorded trades of distinct instants, each block of fifty reversed, make the same bars."""
    trades = as_prints(recorded("es_l3_20231225/trades"))
    by_instant = {trade[3]: trade for trade in trades}
    distinct = list(by_instant.values())
    reverse = [t for n in range(0, len(distinct), 50) for t in reversed(distinct[n : n + 50])]
    builder = built(timeframe("1sec"), reverse)
    assert held(builder) == batch(timeframe("1sec"), distinct)
    assert builder.late_amended > 100


def test_a_bar_may_be_ended_before_its_time() -> None:
    """A bar that is ended early is closed; a trade of its time that comes later amends it."""
    builder = BarBuilder(MINUTE, 10)
    assert builder.end() is None
    assert builder.end_ns is None
    builder.add(*at(0.2, price=100))
    assert builder.end_ns == T0 + MINUTE_NS
    ended = builder.end()
    assert ended == builder.series.bar(-1)
    assert builder.forming is None
    change = builder.add(*at(0.5, price=103))
    assert change is not None
    assert change.amended is not None
    assert (change.amended.high, change.amended.trades) == (103, 2)
