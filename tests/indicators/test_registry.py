"""One registry behind every name."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
import talib

from project_x_py import indicators
from project_x_py.indicators import (
    IndicatorError,
    get_all_indicators,
    get_indicator_groups,
    get_indicator_info,
)
from project_x_py.indicators._functions import function
from project_x_py.indicators._registry import all_indicators, static_indicators
from project_x_py.indicators._spec import MA_TYPES, Params
from project_x_py.indicators._warmup import warm_up
from tests.indicators.series import NAMES, added, bars


def test_every_function_of_talib_is_there() -> None:
    """200 and more names: the documented, our own, and all of TA-Lib."""
    assert set(talib.get_functions()) <= set(NAMES)
    assert len(NAMES) >= 200
    assert sum(name.startswith("CDL") for name in NAMES) == 61
    assert get_all_indicators() == sorted(NAMES)


def test_groups_hold_every_name_once() -> None:
    """The categories are a partition of the names."""
    groups = get_indicator_groups()
    assert sorted(name for names in groups.values() for name in names) == sorted(NAMES)
    assert {"overlap", "momentum", "volatility", "volume", "pattern"} <= set(groups)
    assert "RSI" in groups["momentum"]


@pytest.mark.parametrize("name", NAMES)
def test_entries_are_complete(name: str) -> None:
    """Names, distinct arguments, valid defaults, a title, a source, distinct columns."""
    indicator = all_indicators()[name]
    assert indicator.name == name
    arguments = list(indicator.defaults())
    assert len(arguments) == len(set(arguments))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", argument) for argument in arguments)
    assert not {"data", "by", "short", "history"} & set(arguments)
    for param in indicator.params:
        assert param.check(name, param.default) == param.default
    params = Params({param.name: param.default for param in indicator.params})
    columns = indicator.columns(params)
    assert len(columns) == len(set(columns)) > 0
    assert all(re.fullmatch(r"[a-z0-9_]+", column) for column in columns)
    assert indicator.title
    assert indicator.source


@pytest.mark.parametrize("name", NAMES)
def test_columns_and_dtypes_are_those_declared(name: str) -> None:
    """What the registry says of outputs is what a frame gets."""
    indicator = all_indicators()[name]
    params = Params({param.name: param.default for param in indicator.params})
    frame = bars(120)
    result = added(frame, function(name)(frame, short="null"))
    assert tuple(result.columns) == indicator.columns(params)
    dtypes = [output.dtype for output in indicator.active_outputs(params)]
    assert [str(dtype) for dtype in result.dtypes] == dtypes


def test_warm_up_is_the_number_of_leading_nulls() -> None:
    """The declared warm-up is what a random walk shows, for every name but event columns."""
    frame = bars(400, seed=3).with_columns(
        anchor=pl.int_range(pl.len()) == 0,
        volume=pl.col("volume") + 1,
        close=pl.col("close") / 1e4,
    )
    for name, indicator in all_indicators().items():
        params = Params({param.name: param.default for param in indicator.params})
        result = added(frame, function(name)(frame))
        firsts = [
            int(column.is_not_null().arg_max() or 0)
            for column in result.iter_columns()
            if column[-1] is not None and not column.is_null().all()
        ]
        assert not firsts or max(firsts) == warm_up(indicator, params), name


def test_moving_average_types_have_talibs_numbers() -> None:
    """The names stand for the numbers that TA-Lib gives them."""
    close = bars(90)["close"].to_numpy()
    for name, number in MA_TYPES.items():
        if hasattr(talib.MA_Type, name.upper()):
            assert getattr(talib.MA_Type, name.upper()) == number
        if name in ("sma", "ema", "wma", "hma", "zlema", "rma"):
            alone = getattr(talib, name.upper())(close, 9)
            np.testing.assert_array_equal(talib.MA(close, 9, number), alone)
    np.testing.assert_array_equal(talib.MA(close, 1, MA_TYPES["none"]), close)
    meanings = talib.MA_Type._lookup
    assert set(MA_TYPES.values()) == set(meanings)
    assert "Own Default" in meanings[MA_TYPES["default"]]


def test_info_tells_what_an_indicator_is() -> None:
    """Title, columns, inputs, parameters, convention and source; unknown names have matches."""
    info = get_indicator_info("stddev")
    for part in (
        "Standard deviation",
        '"stddev_{period}"',
        "ddof=0",
        "TA-Lib STDDEV",
        "population",
    ):
        assert part in info
    with pytest.raises(IndicatorError, match=r"no indicator 'STODEV'; did you mean 'STDDEV'"):
        get_indicator_info("STODEV")
    with pytest.raises(IndicatorError, match="name must be a string, got 5"):
        get_indicator_info(5)  # type: ignore[arg-type]


def test_public_names_are_the_registrys() -> None:
    """__all__ has every name that is described here, its twin, and the fixed exports."""
    static = static_indicators()
    expected = set(static) | {f"calculate_{name.lower()}" for name in static}
    assert expected <= set(indicators.__all__)
    assert set(indicators.__all__) <= set(dir(indicators))


def test_importing_names_loads_nothing_heavy() -> None:
    """The package and its functions load neither polars, numpy nor TA-Lib."""
    program = (
        "import sys; from project_x_py.indicators import RSI, SMA, calculate_atr; "
        "sys.exit(' '.join({'polars', 'numpy', 'talib'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
