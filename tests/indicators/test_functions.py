"""Functions in capitals, their twins, and what a wrong name says."""

from __future__ import annotations

import inspect
import pickle

import pytest

import project_x_py
from project_x_py import indicators
from project_x_py.indicators import RSI, calculate_rsi
from tests.indicators.series import NAMES, bars


def test_twins_compute_the_same() -> None:
    """calculate_<name> and the documented long names are the same computation."""
    frame = bars(120)
    assert calculate_rsi(frame, period=9).equals(frame.pipe(RSI, period=9))
    for twin, name in {
        "calculate_bollinger_bands": "BBANDS",
        "calculate_stochastic": "STOCH",
        "calculate_williams_r": "WILLR",
        "calculate_commodity_channel_index": "CCI",
        "calculate_money_flow_index": "MFI",
        "calculate_ultimate_oscillator": "ULTOSC",
        "calculate_order_block": "ORDERBLOCK",
    }.items():
        assert getattr(indicators, twin)(frame).equals(getattr(indicators, name)(frame))


@pytest.mark.parametrize("name", NAMES)
def test_functions_are_documented_functions(name: str) -> None:
    """A name is a function with its signature, a docstring, and one identity; it pickles."""
    function = getattr(indicators, name)
    assert inspect.isfunction(function)
    assert function.__name__ == name
    names = list(inspect.signature(function).parameters)
    assert (names[0], *names[-2:]) == ("data", "by", "short")
    assert "Source:" in (inspect.getdoc(function) or "")
    assert getattr(indicators, name) is function
    assert pickle.loads(pickle.dumps(function)) is function
    twin = getattr(indicators, f"calculate_{name.lower()}")
    assert pickle.loads(pickle.dumps(twin)) is twin


def test_threads_get_one_function() -> None:
    """A name that many threads ask for at once is one function to all of them."""
    from concurrent.futures import ThreadPoolExecutor

    from project_x_py.indicators import _functions

    with ThreadPoolExecutor(8) as pool:
        for name in ("HMA", "KDJ", "TSI"):
            _functions._FUNCTIONS.pop(name, None)
            found = list(pool.map(lambda _, name=name: getattr(indicators, name), range(64)))
            assert len(set(map(id, found))) == 1


def test_root_exports_are_the_same_functions() -> None:
    """The root's calculate_* are those of this package."""
    names = [
        name
        for name in project_x_py.__all__
        if name.startswith("calculate_") and name in dir(indicators)
    ]
    assert len(names) >= 10
    for name in names:
        assert getattr(project_x_py, name) is getattr(indicators, name)


@pytest.mark.parametrize("name", ["RSII", "calculate_rsii", "RSIIndikator", "rsi", "__wrapped__"])
def test_unknown_names_are_attribute_errors(name: str) -> None:
    """A wrong name is an AttributeError, with close matches where it looks like a name."""
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'") as caught:
        getattr(indicators, name)
    if "RSI" in name or "rsii" in name:
        assert "did you mean" in str(caught.value)
