"""Frames in, frames out: missing rows, groups, dtypes, short frames, sharing, threads."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from project_x_py.indicators import (
    ATR,
    EMA,
    MACD,
    OBV,
    RSI,
    SMA,
    VWAP,
    VWAP_SESSION,
    IndicatorError,
    with_indicators,
)
from project_x_py.indicators._functions import function
from tests.indicators.series import NAMES, added, bars

GROUP_SAMPLE = ("SMA", "RSI", "MACD", "ADX", "OBV", "CDLDOJI", "FVG", "LORENZ", "VWAP_SESSION")


@settings(max_examples=60)
@given(
    name=st.sampled_from(NAMES),
    holes=st.sets(st.integers(0, 119), max_size=40),
    column=st.sampled_from(("open", "high", "low", "close", "volume")),
)
def test_rows_with_nulls_are_skipped(name: str, holes: set[int], column: str) -> None:
    """The other rows are what they are without the null rows, which are null themselves."""
    frame = bars(120, seed=2).with_row_index()
    missing = pl.col("index").is_in(list(holes))
    holed = frame.with_columns(pl.when(missing).then(None).otherwise(column).alias(column))
    ours = function(name)(holed, short="null")
    read = column in _inputs(name)
    kept = frame.filter(~missing) if read else frame
    expected = function(name)(kept, short="null") if kept.height else kept
    if not kept.height:
        return
    names = added(frame, ours).columns
    assert (
        ours.filter(~missing if read else pl.lit(value=True))
        .select(names)
        .equals(expected.select(names))
    )
    if read:
        assert all(
            series.is_null().all() for series in ours.filter(missing).select(names).iter_columns()
        )


def _inputs(name: str) -> list[str]:
    from project_x_py.indicators._registry import find

    return [wanted.column for wanted in find(name).inputs]


def test_chains_skip_the_warm_up_of_what_they_read() -> None:
    """An indicator of an indicator starts where its input starts."""
    result = bars(80).pipe(SMA, period=20).pipe(RSI, column="sma_20", period=14)
    assert result["rsi_14"][: 19 + 14].null_count() == 33
    assert result["rsi_14"][33:].null_count() == 0


@pytest.mark.parametrize("name", GROUP_SAMPLE)
def test_groups_are_computed_alone(name: str) -> None:
    """Interleaved instruments in one frame give what each gives alone, in the frame's order."""
    parts = {symbol: bars(90 + 7 * k, seed=k) for k, symbol in enumerate(("ES", "NQ", "GC"))}
    frame = pl.concat(
        [part.with_columns(symbol=pl.lit(symbol)) for symbol, part in parts.items()]
    ).sort("timestamp", "symbol")
    compute = function(name)
    result = compute(frame, by="symbol")
    assert result.select(frame.columns).equals(frame)
    for symbol, part in parts.items():
        alone = added(part, compute(part))
        assert result.filter(pl.col("symbol") == symbol).select(alone.columns).equals(alone)


def test_groups_that_are_no_groups() -> None:
    """One group, a group column without values, and no group columns at all are all rows."""
    frame = bars(60).with_columns(one=pl.lit("ES"), none=pl.lit(None, dtype=pl.String))
    expected = frame.pipe(MACD)
    for by in ("one", "none", [], ["one", "one"], ("one", "none")):
        assert frame.pipe(MACD, by=by).equals(expected)


def test_groups_by_two_columns_with_nulls_and_short_ones() -> None:
    """Two group columns, a null key, null inputs and a group of one row: each alone."""
    frame = bars(60).with_columns(
        symbol=pl.Series(["ES", "NQ"] * 30),
        day=pl.Series([1] * 29 + [None] * 30 + [3], dtype=pl.Int64),
    )
    frame = frame.with_columns(
        pl.when(pl.int_range(pl.len()) % 9 == 4).then(None).otherwise("close").alias("close")
    )
    result = frame.pipe(EMA, period=3, by=["symbol", "day"])
    for key, part in frame.partition_by("symbol", "day", as_dict=True).items():
        alone = part.pipe(EMA, period=3, short="null")["ema_3"]
        day = pl.col("day").eq_missing(pl.lit(key[1]))
        assert result.filter(pl.col("symbol") == key[0], day)["ema_3"].equals(alone)


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Int32, pl.UInt16, pl.Float32, pl.Decimal(18, 2)])
def test_number_types(dtype: pl.DataType) -> None:
    """Integers, 32-bit floats and decimals are computed as 64-bit floats."""
    frame = bars(60).with_columns((pl.col("close") - 4000.0).round(0))
    expected = frame.pipe(RSI)["rsi_14"]
    assert frame.with_columns(pl.col("close").cast(dtype)).pipe(RSI)["rsi_14"].equals(expected)


def test_chunked_and_sliced_frames() -> None:
    """Frames of several chunks, slices and every second row are computed as their rows say."""
    frame = bars(90)
    chunked = pl.concat([frame.head(31), frame.slice(31)], rechunk=False)
    assert chunked.n_chunks() == 2
    assert chunked.pipe(ATR)["atr_14"].equals(frame.pipe(ATR)["atr_14"])
    second = frame.gather_every(2)
    copied = pl.DataFrame({name: second[name].to_list() for name in ("high", "low", "close")})
    assert second.pipe(ATR)["atr_14"].equals(copied.pipe(ATR)["atr_14"])


def test_existing_columns_are_replaced() -> None:
    """Computing again replaces the column in its place; the given frame stays as it is."""
    frame = bars(60).with_columns(sma_20=pl.lit(1.0)).select("sma_20", "close", "open")
    result = frame.pipe(SMA, period=20)
    assert result.columns == frame.columns
    assert result["sma_20"].null_count() == 19
    assert frame["sma_20"].unique().to_list() == [1.0]


def test_empty_and_short_frames() -> None:
    """No rows, or fewer than a window, are one clear error; short='null' gives nulls."""
    frame = bars(10)
    with pytest.raises(IndicatorError, match="RSI needs at least one row, the frame is empty"):
        frame.clear().pipe(RSI)
    with pytest.raises(IndicatorError, match=r"RSI: period=14 needs at least 14 rows, .* has 10"):
        frame.pipe(RSI)
    with pytest.raises(IndicatorError, match="slow_period=26"):
        frame.pipe(MACD)
    assert frame.pipe(RSI, short="null")["rsi_14"].null_count() == 10
    assert bars(14).pipe(RSI)["rsi_14"].null_count() == 14
    assert frame.with_columns(close=None).pipe(SMA, period=3)["sma_3"].null_count() == 10


def test_many_indicators_in_one_pass_share_their_inputs() -> None:
    """Fifty indicators equal fifty calls; untouched columns keep their very buffers."""
    frame = bars(400)
    requests = [(SMA, {"period": n}) for n in range(2, 30)]
    requests += [(EMA, {"period": n}) for n in range(2, 20)]
    requests += [("OBV", {}), (ATR, {}), ("macd", {}), (RSI, {})]
    together = with_indicators(frame, *requests)
    apart = frame
    for subject, params in requests:
        name = subject if isinstance(subject, str) else subject.__name__
        apart = function(name)(apart, **params)
    assert_frame_equal(together, apart, check_exact=True)
    before = frame["close"].to_numpy().__array_interface__["data"][0]
    assert together["close"].to_numpy().__array_interface__["data"][0] == before


def test_requests_may_be_names_functions_and_classes() -> None:
    """A request is a name, a function, a class form, alone or with parameters."""
    from project_x_py.indicators import overlap

    frame = bars(60)
    result = with_indicators(frame, "rsi", (overlap.SMA, {"period": 5}), EMA, overlap.SMA())
    assert added(frame, result).columns == ["rsi_14", "sma_5", "ema_20", "sma_20"]
    assert with_indicators(frame).equals(frame)
    for wrong, message in (
        ((SMA, 20), "not a mapping"),
        ((SMA,), "an indicator or a pair with parameters"),
        ((SMA, {}, 5), "an indicator or a pair with parameters"),
        ((SMA, {3: 5}), "SMA has no parameter 3"),
        ((SMA, {"by": "open"}), r"SMA has no parameter 'by'(?!; did you mean 'by')"),
    ):
        with pytest.raises(IndicatorError, match=message):
            with_indicators(frame, wrong)
    later = with_indicators(frame, (MACD, {"fast_period": 5}), MACD)
    assert later.equals(frame.pipe(MACD))


def test_threads_get_their_own_results() -> None:
    """Many threads over different frames at once give what each gives alone."""
    frames = [bars(3_000, seed=seed) for seed in range(8)]

    def compute(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.pipe(RSI).pipe(MACD).pipe(VWAP, period=30).pipe(OBV).pipe(VWAP_SESSION)

    alone = [compute(frame) for frame in frames]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            for result, expected in zip(pool.map(compute, frames), alone, strict=True):
                assert result.equals(expected)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("RSI", {"column": "Close"}, r"RSI: no column 'Close'; did you mean 'close'\? \(the frame has"),
    ("ATR", {"high_column": "hi"}, r"ATR: no column 'hi'; did you mean 'high'"),
    ("RSI", {"column": 3}, "column must be a column name, got 3"),
    ("RSI", {"column": "timestamp"}, r"column 'timestamp' holds Datetime.*, not numbers"),
    ("VWAP_SESSION", {"time_column": "close"}, "holds Float64, not datetimes"),
    ("RSI", {"period": 0}, "RSI: period must be an integer >= 1, got 0"),
    ("RSI", {"period": -5}, "period must be an integer >= 1, got -5"),
    ("RSI", {"period": 1}, "RSI: TA-Lib's range does not allow period=1"),
    ("RSI", {"period": 2.5}, "period must be an integer, got 2.5"),
    ("RSI", {"period": True}, "period must be an integer, got True"),
    ("RSI", {"period": "14"}, "period must be an integer, got '14'"),
    ("RSI", {"period": None}, "period must be an integer, got None"),
    ("RSI", {"period": 200_000}, "period must be an integer <= 100000"),
    ("RSI", {"perod": 14}, r"RSI has no parameter 'perod'; did you mean 'period'"),
    ("MA", {"ma_type": "emma"}, r"ma_type must be one of sma, .*got 'emma'; did you mean 'ema'"),
    ("MA", {"ma_type": 1}, "ma_type must be one of .*, got 1"),
    ("BBANDS", {"std_dev": float("nan")}, "std_dev must be a finite number, got nan"),
    ("BBANDS", {"std_dev": "2"}, "std_dev must be a finite number, got '2'"),
    ("FVG", {"check_mitigation": 1}, "check_mitigation must be True or False, got 1"),
    ("FVG", {"mitigation_threshold": 1.5}, "mitigation_threshold must be a finite number <= 1"),
    ("STDDEV", {"ddof": 5}, "ddof=5 must be less than period=5"),
    ("CCI", {"constant": 0}, "constant must not be zero"),
    ("VWAP_SESSION", {"product": 7}, "product must be a string, got 7"),
    ("SMA", {"by": "symbols"}, "by: no column 'symbols'"),
    ("SMA", {"by": ["open", 3]}, "by: a column name must be a string, got 3"),
    ("SMA", {"by": 5}, "by must be a column name or several, got 5"),
    ("SMA", {"by": pl.col("open")}, "by must be a column name or several, got"),
    ("SMA", {"period": 10**400}, "period must be an integer <= 100000"),
    ("BBANDS", {"std_dev": 10**400}, "std_dev must be a finite number, got 1"),
    ("SMA", {"short": "drop"}, "short must be 'raise' or 'null', got 'drop'"),
]


@pytest.mark.parametrize(("name", "params", "message"), WRONG)
def test_bad_input_is_one_clear_error(name: str, params: dict[str, Any], message: str) -> None:
    """Wrong columns, types, values and names raise IndicatorError that says what is wrong."""
    with pytest.raises(IndicatorError, match=message):
        function(name)(bars(60), **params)


def test_bad_frames_and_arguments() -> None:
    """What is no frame, a lazy frame, too many or doubled arguments: IndicatorError."""
    frame = bars(60)
    with pytest.raises(IndicatorError, match="needs a polars DataFrame, got NoneType"):
        function("RSI")(None)
    with pytest.raises(IndicatorError, match=r"got LazyFrame; call .collect\(\) first"):
        function("RSI")(frame.lazy())
    with pytest.raises(IndicatorError, match="at most 2 arguments after the frame, got 3"):
        function("RSI")(frame, "close", 14, 3)
    with pytest.raises(IndicatorError, match="period is given twice"):
        function("RSI")(frame, "close", 14, period=3)


def test_numpy_numbers_are_numbers() -> None:
    """Parameters may be numpy integers and floats."""
    frame = bars(60)
    assert added(frame, frame.pipe(RSI, period=np.int64(9))).columns == ["rsi_9"]
    assert frame.pipe(function("BBANDS"), std_dev=np.float32(2)).equals(
        frame.pipe(function("BBANDS"))
    )


def test_nothing_is_remembered_of_a_frame() -> None:
    """No frame or column is kept alive by a call."""
    frame = bars(60)
    frame.pipe(SMA).pipe(RSI)
    assert sys.getrefcount(frame) == 2
