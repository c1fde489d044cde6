"""A live handle gives, bar by bar, the bits that batch gives."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from project_x_py.indicators import MACD, MAVP, RSI, SMA, VWAP_SESSION, IndicatorError, stream
from project_x_py.indicators._functions import function
from tests.indicators.series import KINDS, NAMES, bars, shaped

Params = Mapping[str, Any]

VARIANTS: list[tuple[str, Params]] = [
    ("RSI", {"period": 2}),
    ("SMA", {"period": 1}),
    ("SMA", {"column": "high", "period": 50}),
    ("MA", {"ma_type": "kama", "period": 9}),
    ("BBANDS", {"ma_type": "ema", "std_dev": 1.5}),
    ("KAMA", {"period": 9, "fast_sc": 3}),
    ("STOCH", {"kind": "fast"}),
    ("STOCH", {"k_ma_type": "ema", "slowing": 5}),
    ("STOCHRSI", {"kind": "smoothed"}),
    ("CCI", {"constant": 0.02}),
    ("STDDEV", {"ddof": 1}),
    ("OBV", {"start": "zero"}),
    ("VWAP", {"period": 7}),
    ("PPO", {"ma_type": "sma"}),
    ("FVG", {"check_mitigation": True, "min_gap_percent": 0.01}),
    ("ORDERBLOCK", {"check_mitigation": True, "use_wicks": False, "volume_period": 5}),
    ("WAE", {"strength": True}),
    ("LORENZ", {"dt": 30.0}),
    ("VWAP_SESSION", {"session": "rth"}),
    ("DOJI", {"min_strength": 80}),
]
CASES: list[tuple[str, Params]] = [*((name, {}) for name in NAMES), *VARIANTS]


def ids(value: object) -> str:
    """A short test id."""
    return value if isinstance(value, str) else ",".join(map(str, value.values()))  # type: ignore[attr-defined]


def as_row(value: object) -> tuple[object, ...]:
    """A handle's value as a row of columns."""
    return value if isinstance(value, tuple) else (value,)


def same(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    """Equal in type, in sign of zero and in every bit."""
    return [(type(x), repr(x)) for x in first] == [(type(x), repr(x)) for x in second]


def check(name: str, params: Params, frame: pl.DataFrame, start: int, *, peeks: bool) -> None:
    """Compare a handle opened on ``start`` rows with batch over all rows."""
    batch = function(name)(frame, short="null", **params)
    handle = stream(name, history=frame.head(start), **params)
    rows = batch.select(handle.columns).rows()
    for number, bar in enumerate(frame.iter_rows(named=True)):
        if number < start:
            continue
        where = f"{name} {params} opened at {start}, row {number}"
        if peeks and number % 5 == 0:
            before = handle.value
            assert same(as_row(handle.peek(bar)), rows[number]), f"peek: {where}"
            assert handle.value is before
        assert same(as_row(handle.update(bar)), rows[number]), where
    assert same(as_row(handle.value), rows[-1])


@pytest.mark.parametrize(("name", "params"), CASES, ids=ids)
def test_live_is_batch(name: str, params: Params) -> None:
    """From no history and from some: update and peek are the batch value, bit for bit."""
    frame = bars(200, seed=5)
    check(name, params, frame, 0, peeks=False)
    check(name, params, frame, 130, peeks=True)


@settings(max_examples=80)
@given(
    case=st.sampled_from(CASES),
    kind=st.sampled_from(KINDS),
    start=st.integers(0, 90),
    seed=st.integers(0, 2**32 - 1),
)
def test_live_is_batch_on_any_bars(
    case: tuple[str, Params], kind: str, start: int, seed: int
) -> None:
    """Constant, rising, flat, huge, tiny and other bars, any history: bit for bit."""
    check(*case, shaped(kind, 120, seed), start, peeks=True)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_live_is_batch_for_long(seed: int) -> None:
    """2,000 updates of every indicator, twenty times: bit for bit."""
    frame = shaped(KINDS[seed % len(KINDS)], 2_100, seed)
    for name, params in CASES:
        check(name, params, frame, 100, peeks=False)


@pytest.mark.parametrize(("name", "params"), CASES, ids=ids)
def test_a_copy_goes_its_own_way(name: str, params: Params) -> None:
    """Updates of a copy leave the handle as it was, and both go on as batch does."""
    frame = bars(150, seed=9)
    rows = frame.rows(named=True)
    for start in (3, 120):
        handle = stream(name, history=frame.head(start), **params)
        other, twin = handle.copy(), handle.copy()
        for bar in rows[120:]:
            other.update(bar)
        for bar in rows[start:]:
            assert same(as_row(handle.update(bar)), as_row(twin.update(bar)))
        batch = function(name)(frame, short="null", **params).select(handle.columns)
        assert same(as_row(handle.value), batch.row(-1))


def test_peek_of_a_forming_bar() -> None:
    """As a bar forms, peek is the batch value with that bar appended."""
    frame = bars(80)
    handle = stream(MACD, history=frame)
    last = frame.row(-1, named=True)
    for move in (-3.0, 0.0, 2.5):
        forming = {**last, "close": last["close"] + move}
        appended = pl.concat([frame, pl.DataFrame([forming], schema=frame.schema)])
        expected = appended.pipe(MACD).select(handle.columns).row(-1)
        assert same(as_row(handle.peek(forming)), expected)


def test_values_by_column() -> None:
    """values is the newest row by column; a history alone gives it."""
    frame = bars(60)
    handle = stream(MACD, history=frame)
    assert handle.values == frame.pipe(MACD).select(handle.columns).row(-1, named=True)
    assert handle.columns == ("macd", "macd_signal", "macd_histogram")
    assert stream("rsi").values == {"rsi_14": None}


def test_missing_values_are_skipped() -> None:
    """A null row of the history and a None bar leave the state, as batch skips such rows."""
    frame = bars(60).with_row_index()
    holes = frame.with_columns(
        pl.when(pl.col("index").is_in([7, 30, 45])).then(None).otherwise("close").alias("close")
    )
    batch = holes.pipe(RSI, period=5)["rsi_5"].to_list()
    handle = stream(RSI, history=holes.head(31), period=5)
    assert handle.value is None
    live = [handle.update(bar) for bar in holes.tail(29).iter_rows(named=True)]
    assert live == batch[31:]
    assert handle.peek({"close": None}) is None


def test_bars_may_be_mappings_or_objects() -> None:
    """A mapping, an object with attributes, ints and numpy numbers are bars."""
    frame = bars(30)
    expected = frame.with_columns(close=4500.0).pipe(SMA, period=1)["sma_1"][-1]
    close = frame["close"].to_numpy()[0].__class__(4500.0)
    kinds: list[object] = [
        {"close": 4500},
        {"close": close},
        SimpleNamespace(close=4500.0),
        itertools.chain,
    ]
    handle = stream(SMA, history=frame, period=1)
    assert [handle.update(bar) for bar in kinds[:3]] == [expected] * 3
    with pytest.raises(IndicatorError, match="no 'close'"):
        handle.update(kinds[3])


def test_times_of_live_bars() -> None:
    """The session average takes aware datetimes, naive UTC ones and nanoseconds."""
    frame = bars(200)
    history, bar = frame.head(199), frame.row(199, named=True)
    moment: datetime = bar["timestamp"]
    expected = frame.pipe(VWAP_SESSION)["vwap_eth"][-1]
    nanoseconds = int(moment.timestamp()) * 10**9
    for time in (
        moment,
        moment.replace(tzinfo=None),
        moment.astimezone(ZoneInfo("Asia/Tokyo")),
        nanoseconds,
        np.int64(nanoseconds),
    ):
        assert stream(VWAP_SESSION, history=history).update({**bar, "timestamp": time}) == expected
    assert stream(VWAP_SESSION, history=history).update({**bar, "timestamp": None}) is None
    with pytest.raises(IndicatorError, match="datetime or nanoseconds"):
        stream(VWAP_SESSION).update({**bar, "timestamp": "noon"})


def test_live_times_go_forward() -> None:
    """A live bar before the newest one is refused, as in batch, and changes nothing."""
    frame = bars(200)
    handle, twin = (stream(VWAP_SESSION, history=frame.head(150)) for _ in range(2))
    for late in (frame.row(0, named=True), frame.row(148, named=True)):
        for call in (handle.update, handle.peek):
            with pytest.raises(IndicatorError, match="must be in time order"):
                call(late)
    rows = frame.slice(149).rows(named=True)
    assert [handle.update(bar) for bar in rows] == [twin.update(bar) for bar in rows]


NUMBERS: Mapping[str, tuple[Any, pl.DataType]] = {
    "int": (int, pl.Int64()),
    "numpy int": (np.int64, pl.Int64()),
    "numpy double": (np.float64, pl.Float64()),
    "numpy single": (np.float32, pl.Float32()),
    "decimal": (lambda value: Decimal(str(value)), pl.Float64()),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_every_kind_of_number_is_computed_as_a_double(kind: str) -> None:
    """Live values have the bits and the type of batch over a column of that kind."""
    to, dtype = NUMBERS[kind]
    columns = ["open", "high", "low", "close", "volume", "periods"]
    given = bars(110, seed=6)
    frame = given.with_columns(pl.col(columns).cast(dtype))
    rows = [{**bar, **{c: to(bar[c]) for c in columns}} for bar in given.rows(named=True)]
    for name, params in CASES:
        batch = function(name)(frame, short="null", **params)
        handle = stream(name, history=frame.head(60), **params)
        for bar, expected in zip(rows[60:], batch.select(handle.columns).rows()[60:], strict=True):
            assert same(as_row(handle.update(bar)), expected), f"{name} {params}"


def test_an_open_handle_keeps_no_history() -> None:
    """Once TA-Lib's objects are open, the rows they were opened on are let go."""
    rows = 200_000
    close = pl.Series("close", [None, *np.sin(np.arange(rows)).tolist()])
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        handles = [stream(name, history=close.to_frame()) for name in (RSI, MACD)]
        handles.append(handles[0].copy())
        assert tracemalloc.get_traced_memory()[0] - before < 8 * rows / 4
    finally:
        tracemalloc.stop()


def test_live_mavp_without_periods() -> None:
    """A bar without periods uses min_period, as batch does."""
    frame = bars(60).drop("periods")
    handle = stream(MAVP, history=frame.head(40), min_period=4)
    expected = frame.pipe(MAVP, min_period=4)["mavp"].to_list()
    live = [handle.update(bar) for bar in frame.tail(20).iter_rows(named=True)]
    assert live == expected[40:]


@pytest.mark.parametrize(
    "bad", [math.nan, math.inf, 10**400, "4500", object()], ids=lambda bad: repr(bad)[:8]
)
def test_bad_bars_change_nothing(bad: object) -> None:
    """NaN, infinity and what is no number are refused, and the handle is as it was."""
    frame = bars(60)
    handle, twin = stream(RSI, history=frame), stream(RSI, history=frame)
    with pytest.raises(IndicatorError, match="finite numbers"):
        handle.update({"close": bad})
    with pytest.raises(IndicatorError, match="finite numbers"):
        handle.peek({"close": bad})
    assert handle.value == twin.value
    assert handle.update({"close": 4501.0}) == twin.update({"close": 4501.0})


def test_overflow_is_an_error_of_its_own() -> None:
    """Finite inputs whose product is not finite are refused by name."""
    frame = bars(40)
    handle = stream("VWAP", history=frame, period=5)
    with pytest.raises(IndicatorError, match="SUM: a live value must be finite"):
        handle.update({"high": 1e200, "low": 1e200, "close": 1e200, "volume": 1e200})
    assert stream("SMA", history=frame, period=1).update({"close": 1e308}) == 1e308


def test_bad_histories_and_subjects() -> None:
    """A history with NaN, without the column, or no frame, and no indicator: one clear error."""
    frame = bars(60)
    with pytest.raises(IndicatorError, match="must not hold NaN"):
        stream(RSI, history=frame.with_columns(close=float("nan")))
    with pytest.raises(IndicatorError, match="no column 'close'"):
        stream(RSI, history=frame.select("open"))
    with pytest.raises(IndicatorError, match="must be a polars DataFrame"):
        stream(RSI, history=[1.0, 2.0])  # type: ignore[arg-type]
    with pytest.raises(IndicatorError, match="not an indicator"):
        stream(bars)
    with pytest.raises(IndicatorError, match="did you mean 'RSI'"):
        stream("RSII")
