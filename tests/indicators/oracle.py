"""TA-Lib's C library called directly, and nothing else: what our values are compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import talib
from talib import abstract

__all__ = ["DOCUMENTED", "assert_same", "direct"]

A = np.ndarray
T = talib


def _columns(frame: pl.DataFrame) -> dict[str, A]:
    names = ("open", "high", "low", "close", "volume", "periods")
    return {name: frame[name].cast(pl.Float64).to_numpy() for name in names if name in frame}


def _directional(high: A, low: A, close: A) -> tuple[A, ...]:
    return (
        T.PLUS_DI(high, low, close, 14),
        T.MINUS_DI(high, low, close, 14),
        T.ADX(high, low, close, 14),
    )


def _ppo(close: A) -> tuple[A, ...]:
    line = T.PPO(close, 12, 26, 1)
    signal = T.EMA(line, 9)
    return line, signal, line - signal


def _vwap(high: A, low: A, close: A, volume: A) -> A:
    return np.where(np.nancumsum(volume) == 0.0, np.nan, T.VWAP(high, low, close, volume))


DOCUMENTED: Mapping[str, Callable[[dict[str, A]], A | tuple[A, ...]]] = {
    "SMA": lambda x: T.SMA(x["close"], 20),
    "EMA": lambda x: T.EMA(x["close"], 20),
    "DEMA": lambda x: T.DEMA(x["close"], 20),
    "TEMA": lambda x: T.TEMA(x["close"], 20),
    "WMA": lambda x: T.WMA(x["close"], 20),
    "TRIMA": lambda x: T.TRIMA(x["close"], 20),
    "T3": lambda x: T.T3(x["close"], 5, 0.7),
    "KAMA": lambda x: T.KAMA(x["close"], 30),
    "MA": lambda x: T.MA(x["close"], 30, 0),
    "MAMA": lambda x: T.MAMA(x["close"], 0.5, 0.05),
    "MAVP": lambda x: T.MAVP(x["close"], x["periods"], 2, 30, 0),
    "HT_TRENDLINE": lambda x: T.HT_TRENDLINE(x["close"]),
    "BBANDS": lambda x: _middle_first(T.BBANDS(x["close"], 20, 2.0, 2.0, 0)),
    "MIDPOINT": lambda x: T.MIDPOINT(x["close"], 14),
    "MIDPRICE": lambda x: T.MIDPRICE(x["high"], x["low"], 14),
    "SAR": lambda x: T.SAR(x["high"], x["low"], 0.02, 0.2),
    "SAREXT": lambda x: T.SAREXT(x["high"], x["low"], 0, 0, 0.02, 0.02, 0.2, 0.02, 0.02, 0.2),
    "RSI": lambda x: T.RSI(x["close"], 14),
    "STOCHRSI": lambda x: (T.RSI(x["close"], 14), *T.STOCHRSI(x["close"], 14, 14, 3, 0)),
    "MACD": lambda x: T.MACD(x["close"], 12, 26, 9),
    "MACDEXT": lambda x: T.MACDEXT(x["close"], 12, 1, 26, 1, 9, 1),
    "MACDFIX": lambda x: T.MACDFIX(x["close"], 9),
    "STOCH": lambda x: T.STOCH(x["high"], x["low"], x["close"], 14, 3, 0, 3, 0),
    "STOCHF": lambda x: T.STOCHF(x["high"], x["low"], x["close"], 14, 3, 0),
    "WILLR": lambda x: T.WILLR(x["high"], x["low"], x["close"], 14),
    "CCI": lambda x: T.CCI(x["high"], x["low"], x["close"], 20),
    "ROC": lambda x: T.ROC(x["close"], 10),
    "ROCP": lambda x: T.ROCP(x["close"], 10),
    "ROCR": lambda x: T.ROCR(x["close"], 10),
    "ROCR100": lambda x: T.ROCR100(x["close"], 10),
    "MOM": lambda x: T.MOM(x["close"], 10),
    "ADX": lambda x: _directional(x["high"], x["low"], x["close"]),
    "ADXR": lambda x: (
        *_directional(x["high"], x["low"], x["close"]),
        T.ADXR(x["high"], x["low"], x["close"], 14),
    ),
    "DX": lambda x: (
        *_directional(x["high"], x["low"], x["close"]),
        T.DX(x["high"], x["low"], x["close"], 14),
    ),
    "PLUS_DI": lambda x: _directional(x["high"], x["low"], x["close"]),
    "MINUS_DI": lambda x: _directional(x["high"], x["low"], x["close"]),
    "PLUS_DM": lambda x: T.PLUS_DM(x["high"], x["low"], 14),
    "MINUS_DM": lambda x: T.MINUS_DM(x["high"], x["low"], 14),
    "APO": lambda x: T.APO(x["close"], 12, 26, 1),
    "PPO": lambda x: _ppo(x["close"]),
    "AROON": lambda x: T.AROON(x["high"], x["low"], 14)[::-1],
    "AROONOSC": lambda x: (
        *T.AROON(x["high"], x["low"], 14)[::-1],
        T.AROONOSC(x["high"], x["low"], 14),
    ),
    "BOP": lambda x: T.BOP(x["open"], x["high"], x["low"], x["close"]),
    "CMO": lambda x: T.CMO(x["close"], 14),
    "MFI": lambda x: T.MFI(x["high"], x["low"], x["close"], x["volume"], 14),
    "TRIX": lambda x: T.TRIX(x["close"], 14),
    "ULTOSC": lambda x: T.ULTOSC(x["high"], x["low"], x["close"], 7, 14, 28),
    "ATR": lambda x: T.ATR(x["high"], x["low"], x["close"], 14),
    "NATR": lambda x: T.NATR(x["high"], x["low"], x["close"], 14),
    "TRANGE": lambda x: T.TRANGE(x["high"], x["low"], x["close"]),
    "STDDEV": lambda x: T.STDDEV(x["close"], 5, 1.0),
    "OBV": lambda x: T.OBV(x["close"], x["volume"]),
    "VWAP": lambda x: _vwap(x["high"], x["low"], x["close"], x["volume"]),
    "AD": lambda x: T.AD(x["high"], x["low"], x["close"], x["volume"]),
    "ADOSC": lambda x: T.ADOSC(x["high"], x["low"], x["close"], x["volume"], 3, 10),
}
"""Every documented name that TA-Lib has, with the documented defaults, as explicit calls."""


def _middle_first(bands: tuple[A, A, A]) -> tuple[A, A, A]:
    upper, middle, lower = bands
    return middle, upper, lower


def direct(name: str, frame: pl.DataFrame) -> list[A]:
    """TA-Lib's outputs in our column order; integer outputs with NaN in their warm-up."""
    columns = _columns(frame)
    if name in DOCUMENTED:
        out = DOCUMENTED[name](columns)
    else:
        function = abstract.Function(name)
        out = function(columns)
    outs = list(out) if isinstance(out, list | tuple) else [out]
    return [_floats(name, array, columns) for array in outs]


def _floats(name: str, array: A, columns: dict[str, A]) -> A:
    if array.dtype == np.float64:
        return array
    first = int(np.isfinite(np.array(list(columns.values()))).all(axis=0).argmax())
    floats = array.astype(np.float64)
    floats[: first + abstract.Function(name).lookback] = np.nan
    return floats


def assert_same(ours: pl.DataFrame, theirs: list[A], note: str) -> None:
    """Equal to 1e-9 relative, null exactly where TA-Lib has NaN."""
    assert ours.width == len(theirs), note
    for column, expected in zip(ours.iter_columns(), theirs, strict=True):
        got = column.cast(pl.Float64)
        assert not got.is_nan().any(), f"{note}: NaN in {column.name}"
        values = got.to_numpy()
        nulls, missing = got.is_null().to_numpy(), np.isnan(expected)
        assert np.array_equal(nulls, missing), f"{note}: {column.name} nulls differ"
        np.testing.assert_allclose(
            values[~nulls], expected[~missing], rtol=1e-9, atol=0.0, err_msg=f"{note} {column.name}"
        )
