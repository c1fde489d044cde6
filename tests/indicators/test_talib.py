"""Every TA-Lib name gives what the C library gives, with the same leading nulls."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import talib
from hypothesis import example, given, settings
from hypothesis import strategies as st

from project_x_py.indicators import with_indicators
from project_x_py.indicators._functions import function
from tests.indicators.oracle import DOCUMENTED, assert_same, direct
from tests.indicators.series import KINDS, added, bars, shaped

TA_NAMES = tuple(talib.get_functions())


def compare(name: str, frame: pl.DataFrame, note: str) -> None:
    """Ours against the C library on one frame."""
    ours = added(frame, function(name)(frame, short="null"))
    assert_same(ours, direct(name, frame), f"{name} on {note}")


@pytest.mark.parametrize("name", TA_NAMES)
def test_made_up_bars(name: str) -> None:
    """A random walk: equal for every TA-Lib function."""
    compare(name, bars(600, seed=7), "a random walk")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_degenerate_bars(kind: str) -> None:
    """Constant, rising, falling, gapping, flat, huge, tiny, negative bars: equal for all names."""
    frame = shaped(kind, 150, seed=11)
    for name in TA_NAMES:
        compare(name, frame, kind)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows(rows: int) -> None:
    """One to three rows: equal for all names, most of them null."""
    frame = bars(rows, seed=3)
    for name in TA_NAMES:
        compare(name, frame, f"{rows} rows")


@settings(max_examples=150)
@given(
    name=st.sampled_from(TA_NAMES),
    kind=st.sampled_from(KINDS),
    rows=st.integers(1, 300),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_bars(name: str, kind: str, rows: int, seed: int) -> None:
    """Any kind of bars of any length: equal."""
    compare(name, shaped(kind, rows, seed), kind)


@settings(max_examples=100)
@given(
    name=st.sampled_from(TA_NAMES),
    values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=120),
    nan_rows=st.integers(0, 5),
)
@example(name="VWAP", values=[0.0], nan_rows=1)
def test_any_floats_behind_leading_nan(name: str, values: list[float], nan_rows: int) -> None:
    """One series as every input, whatever its values, NaN in front: equal."""
    series = [float("nan")] * nan_rows + values
    names = ("open", "high", "low", "close", "volume", "periods")
    frame = pl.DataFrame(dict.fromkeys(names, series))
    compare(name, frame, f"{len(values)} floats")


@pytest.mark.parametrize("at", [40, 150])
def test_nan_inside(at: int) -> None:
    """A NaN among the closes is a value to TA-Lib, and is handed on as it is."""
    frame = (
        bars(300)
        .with_row_index()
        .with_columns(
            pl.when(pl.col("index") == at).then(float("nan")).otherwise("close").alias("close")
        )
    )
    for name in ("SMA", "EMA", "RSI", "MACD", "MAX", "LINEARREG", "ROC", "STDDEV"):
        compare(name, frame.drop("index"), f"NaN at {at}")


RECORDED = (
    "indicator_golden/input_502_daily",
    "lean_es_2013/bars_1min",
    "6e_bars_202401/bars_1min",
)


@pytest.mark.parametrize("table", RECORDED)
def test_recorded_bars(table: str, shared: Path) -> None:
    """Daily bars, ES and 6E minutes: equal for all names, computed in one pass."""
    frame = pl.read_parquet(shared / "data" / f"{table}.parquet").with_columns(
        periods=(pl.int_range(pl.len()) % 29 + 2).cast(pl.Float64)
    )
    result = with_indicators(frame, *TA_NAMES)
    for name in TA_NAMES:
        ours = result.select(function_columns(name))
        assert_same(ours, direct(name, frame), f"{name} on {table}")


def function_columns(name: str) -> list[str]:
    """The output columns of a name with default parameters."""
    from project_x_py.indicators._functions import indicator_of

    indicator = indicator_of(name)
    _, params = indicator.resolve((), {}, ())
    return list(indicator.columns(params))


def test_oracle_covers_what_is_documented() -> None:
    """Every TA-Lib name with documented parameters has an explicit oracle call."""
    from project_x_py.indicators._table import DOCUMENTED as TABLE

    assert {indicator.name for indicator in TABLE} == set(DOCUMENTED)
    assert len(TA_NAMES) >= 200
    assert sum(name.startswith("CDL") for name in TA_NAMES) == 61
