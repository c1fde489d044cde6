"""Formulas of the documented indicators that are more than one TA-Lib function.

Each entry of :data:`FORMULAS` takes resolved parameters and returns a formula that runs over
columns and over single bars alike (see ``_graph``).

Held by ``tests/indicators/test_documented.py`` (values) and ``test_stream.py`` (live = batch).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._graph import Formula, Graph, Scan, V
from project_x_py.indicators._own import OWN_FORMULAS
from project_x_py.indicators._talib import Fed, Several, Single, Ta

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from project_x_py.indicators._spec import Params


__all__ = ["FORMULAS"]


def _bbands(p: Params) -> Formula:
    width = p.real("std_dev")
    node = Ta("BBANDS", p.whole("period"), width, width, p.ma("ma_type"))

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        upper, middle, lower = g(node, *x)
        return middle, upper, lower

    return run


def _kama(p: Params) -> Formula:
    period, fast, slow = p.whole("period"), p.real("fast_sc"), p.real("slow_sc")
    if (fast, slow) == (2.0, 30.0):
        return Single(Ta("KAMA", period))
    efficiency = Ta("ER", period)
    slowest = 2.0 / (slow + 1.0)
    spread = 2.0 / (fast + 1.0) - slowest

    def step(before: float, row: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
        price, ratio = row
        if ratio != ratio:
            return price, (math.nan,)
        smoothing = ratio * spread + slowest
        value = before + smoothing * smoothing * (price - before)
        return value, (value,)

    average = Scan(math.nan, step, 1)

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        (ratio,) = g(efficiency, *x)
        return g(average, x[0], ratio)

    return run


def _stochrsi(p: Params) -> Formula:
    rsi = Ta("RSI", p.whole("rsi_period"))
    if p["kind"] == "fast":
        return Several(
            rsi,
            Ta("STOCHRSI", p.whole("rsi_period"), p.whole("stoch_period"), p.whole("d_period"), 0),
        )
    smoothed = Fed("STOCH", p.whole("stoch_period"), p.whole("k_period"), 0, p.whole("d_period"), 0)

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        (strength,) = g(rsi, *x)
        k, d = g(smoothed, strength, strength, strength)
        return strength, k, d

    return run


def _stoch(p: Params) -> Formula:
    k, d = p.whole("k_period"), p.whole("d_period")
    if p["kind"] == "fast":
        return Single(Ta("STOCHF", k, d, p.ma("d_ma_type")))
    slowing, k_type, d_type = p.whole("slowing"), p.ma("k_ma_type"), p.ma("d_ma_type")
    return Single(Ta("STOCH", k, slowing, k_type, d, d_type))


def _scaled(node: Ta, factor: float) -> Formula:
    if factor == 1.0:
        return Single(node)

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        return [out * factor for out in g(node, *x)]

    return run


def _cci(p: Params) -> Formula:
    constant = p.real("constant")
    if constant == 0.0:
        raise IndicatorError("CCI: constant must not be zero")
    return _scaled(Ta("CCI", p.whole("period")), 0.015 / constant)


def _stddev(p: Params) -> Formula:
    period, ddof = p.whole("period"), p.whole("ddof")
    if ddof >= period:
        raise IndicatorError(f"STDDEV: ddof={ddof} must be less than period={period}")
    node = Ta("STDDEV", period, p.real("std_dev"))
    return _scaled(node, math.sqrt(period / (period - ddof)))


def _directional(p: Params, *more: str) -> Formula:
    return Several(*(Ta(name, p.whole("period")) for name in ("PLUS_DI", "MINUS_DI", "ADX", *more)))


def _adxr(p: Params) -> Formula:
    return _directional(p, "ADXR")


def _dx(p: Params) -> Formula:
    return _directional(p, "DX")


def _ppo(p: Params) -> Formula:
    line = Ta("PPO", p.whole("fast_period"), p.whole("slow_period"), p.ma("ma_type"))
    average = Fed("EMA", p.whole("signal_period"))

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        (ppo,) = g(line, *x)
        (signal,) = g(average, ppo)
        return ppo, signal, ppo - signal

    return run


def _aroon(p: Params) -> Formula:
    node = Ta("AROON", p.whole("period"))

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        down, up = g(node, *x)
        return up, down

    return run


def _aroonosc(p: Params) -> Formula:
    pair, oscillator = _aroon(p), Ta("AROONOSC", p.whole("period"))

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        up, down = pair(g, x)
        (difference,) = g(oscillator, *x)
        return up, down, difference

    return run


def _bop(_: Params) -> Formula:
    node = Ta("BOP")

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        high, low, opened, closed = x
        return g(node, opened, high, low, closed)

    return run


def _obv(p: Params) -> Formula:
    node = Ta("OBV")
    if p["start"] == "volume":
        return Single(node)

    def step(first: float, row: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
        base = row[0] if first != first else first
        return base, (row[0] - base,)

    from_zero = Scan(math.nan, step, 1)

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        return g(from_zero, *g(node, *x))

    return run


def _vwap(p: Params) -> Formula:
    if p["period"] is None:
        return _cumulative_vwap()
    typical = Ta("TYPPRICE")
    value_sum, volume_sum = Fed("SUM", p.whole("period")), Ta("SUM", p.whole("period"))

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        high, low, close, volume = x
        (price,) = g(typical, high, low, close)
        (value,) = g(value_sum, price * volume)
        (traded,) = g(volume_sum, volume)
        return (g.div(value, traded),)

    return run


def _cumulative_vwap() -> Formula:
    average, traded = Ta("VWAP"), Ta("CUMSUM")

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        (price,) = g(average, *x)
        (volume,) = g(traded, x[3])
        return (g.where(volume == 0.0, math.nan, price),)

    return run


FORMULAS: Mapping[str, Callable[[Params], Formula]] = {
    "adxr": _adxr,
    "aroon": _aroon,
    "aroonosc": _aroonosc,
    "bbands": _bbands,
    "bop": _bop,
    "cci": _cci,
    "directional": _directional,
    "dx": _dx,
    "kama": _kama,
    "obv": _obv,
    "ppo": _ppo,
    "stddev": _stddev,
    "stoch": _stoch,
    "stochrsi": _stochrsi,
    "vwap": _vwap,
    **OWN_FORMULAS,
}
