"""Formulas of our own indicators.

Held by ``tests/indicators/test_own.py`` (values, bounds, no look-ahead) and ``test_stream.py``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from project_x_py.indicators._graph import Formula, Graph, Lag, RunningSum, Scan, Truth, V
from project_x_py.indicators._sessions import SessionBegins
from project_x_py.indicators._talib import Fed, Ta
from project_x_py.indicators._zones import mitigation, order_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from project_x_py.indicators._spec import Params

__all__ = ["OWN_FORMULAS"]

_NAN = math.nan


def _doji(p: Params) -> Formula:
    least = p.real("min_strength")

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        opened, high, low, close = x
        share = g.div(abs(close - opened), high - low)
        strength = g.where(high == low, 100.0, 100.0 - 100.0 * share)
        found = g.where(strength >= least, 1.0, 0.0)
        return strength, g.where(strength == strength, found, _NAN)

    return run


def _shadowed(p: Params, *, down: bool) -> Formula:
    """Return hammer (long shadow down) or shooting star (long shadow up)."""
    least = p.real("min_strength")

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        opened, high, low, close = x
        body = abs(close - opened)
        rising = close >= opened
        lower = g.where(rising, opened, close) - low
        upper = high - g.where(rising, close, opened)
        long, short = (lower, upper) if down else (upper, lower)
        share = g.where(long >= 3.0 * body, 100.0, 100.0 * g.div(long, 3.0 * body))
        shaped = (long > 0.0) & (long >= 2.0 * body) & (short <= 0.1 * (high - low))
        known = long + short == long + short
        strength = g.where(shaped, share, g.where(known, 0.0, _NAN))
        found = g.where(shaped & (strength >= least), 1.0, 0.0)
        return strength if down else 0.0 - strength, g.where(known, found, _NAN)

    return run


def _hammer(p: Params) -> Formula:
    return _shadowed(p, down=True)


def _shootingstar(p: Params) -> Formula:
    return _shadowed(p, down=False)


def _bullishengulfing(p: Params) -> Formula:
    least, lag = p.real("min_strength"), Lag(1)

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        opened, close = x[0], x[3]
        before_open, before_close = g(lag, opened, close)
        engulfs = (
            (before_close < before_open)
            & (close > opened)
            & (opened < before_close)
            & (close > before_open)
        )
        strength = g.where(engulfs, 100.0, 0.0)
        everything = before_open + before_close + opened + close
        known = everything == everything
        found = g.where(strength >= max(least, 1.0), 1.0, 0.0)
        return g.where(known, strength, _NAN), g.where(known, found, _NAN)

    return run


def _fvg(p: Params) -> Formula:
    least, least_percent = p.real("min_gap_size"), p.real("min_gap_percent")
    threshold = p.real("mitigation_threshold")
    lag, zones = Lag(2), mitigation()
    checked = bool(p["check_mitigation"])

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        high, low = x[0], x[1]
        first_high, first_low = g(lag, high, low)
        size_up, size_down = low - first_high, first_low - high
        up = _large(g, size_up, first_high)
        down = _large(g, size_down, first_low)
        size = g.where(up, size_up, g.where(down, size_down, _NAN))
        start = g.where(up, first_high, first_low)
        percent = 100.0 * g.div(size, abs(start))
        known = size_up + size_down == size_up + size_down
        outs: list[V] = [
            g.where(up, first_high, _NAN),
            g.where(up, low, _NAN),
            g.where(down, first_low, _NAN),
            g.where(down, high, _NAN),
            size,
            percent,
            g.where(known, g.where(up, 1.0, 0.0), _NAN),
            g.where(known, g.where(down, 1.0, 0.0), _NAN),
        ]
        if checked:
            from_above = g.where(up, low - threshold * size_up, _NAN)
            from_below = g.where(down, high + threshold * size_down, _NAN)
            (back,) = g(zones, low, high, from_above, from_below)
            outs.append(g.where(known, back, _NAN))
        return outs

    def _large(g: Graph[V], size: V, start: V) -> Truth:
        percent = 100.0 * g.div(size, abs(start))
        return (
            (size > 0.0) & (size >= least) & ((percent >= least_percent) | (least_percent == 0.0))
        )

    return run


def _orderblock(p: Params) -> Formula:
    least = p.real("min_volume_percentile")
    threshold = p.real("mitigation_threshold")
    wicks, checked = bool(p["use_wicks"]), bool(p["check_mitigation"])
    rank = Ta("PERCENTRANK", p.whole("volume_period"))
    blocks, zones = order_blocks(p.whole("lookback_periods")), mitigation()

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        opened, high, low, close, volume = x
        (percentile,) = g(rank, volume)
        top, bottom = high, low
        if not wicks:
            top = g.where(close > opened, close, opened)
            bottom = g.where(close > opened, opened, close)
        side = g.where(close < opened, 1.0, g.where(close > opened, -1.0, 0.0))
        body = g.where(high == low, 0.0, g.div(abs(close - opened), high - low))
        strength = (body + percentile / 100.0) / 2.0
        ranked = g.where(percentile >= least, side, 0.0)
        side = g.where(strength == strength, ranked, _NAN)
        bull, bear, *zone = g(blocks, close, side, top, bottom, volume, strength)
        outs: list[V] = [bull, bear, *zone]
        if checked:
            depth = threshold * (zone[0] - zone[1])
            from_above = g.where(bull == 1.0, zone[0] - depth, _NAN)
            from_below = g.where(bear == 1.0, zone[1] + depth, _NAN)
            (back,) = g(zones, low, high, from_above, from_below)
            outs.append(g.where(bull == bull, back, _NAN))
        return outs

    return run


def _wae(p: Params) -> Formula:
    sensitivity, width = p.real("sensitivity"), p.real("bb_mult")
    multiple, with_strength = p.real("dead_zone_mult"), bool(p["strength"])
    fast, slow = Ta("EMA", p.whole("fast_period")), Ta("EMA", p.whole("slow_period"))
    bands = Ta("BBANDS", p.whole("bb_period"), width, width, 0)
    true_range, lag = Ta("ATR", p.whole("dead_zone_period")), Lag(1)

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        close, high, low = x
        macd = g(fast, close)[0] - g(slow, close)[0]
        strength = sensitivity * (macd - g(lag, macd)[0])
        upper, _, lower = g(bands, close)
        explosion, dead = upper - lower, multiple * g(true_range, high, low, close)[0]
        everything = strength + explosion + dead
        known = everything == everything
        sign = g.where(strength > 0.0, 1.0, g.where(strength < 0.0, -1.0, 0.0))
        bursts = (abs(strength) > explosion) & (explosion > dead)
        outs: list[V] = [
            explosion,
            g.where(strength == strength, sign, _NAN),
            dead,
            g.where(known, g.where(explosion > dead, 1.0, 0.0), _NAN),
            g.where(known, g.where(bursts & (strength > 0.0), 1.0, 0.0), _NAN),
            g.where(known, g.where(bursts & (strength < 0.0), 1.0, 0.0), _NAN),
        ]
        if with_strength:
            outs.append(strength)
        return outs

    return run


def _clipped(g: Graph[V], value: V) -> V:
    """Return a coefficient of the attractor within 0 to 100."""
    return g.where(value > 100.0, 100.0, g.where(value < 0.0, 0.0, value))


def _lorenz(p: Params) -> Formula:
    window, scale = p.whole("window"), p.real("volatility_scale")
    returns, deviation = Ta("ROCP", 1), Fed("STDDEV", window, 1.0)
    price_mean, volume_mean = Ta("SMA", window), Ta("SMA", window)
    attractor = Scan(
        (p.real("initial_x"), p.real("initial_y"), p.real("initial_z")),
        _lorenz_step(p.real("dt") / 100.0),
        3,
    )

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        close, volume = x
        (volatility,) = g(deviation, *g(returns, close))
        (mean,) = g(price_mean, close)
        (traded,) = g(volume_mean, volume)
        sigma = _clipped(g, 10.0 * volatility / scale)
        rho = _clipped(g, 28.0 * g.where(mean == 0.0, 1.0, g.div(close, mean)))
        pace = g.where(traded == 0.0, 1.0, g.div(volume, traded))
        return g(attractor, sigma, rho, _clipped(g, 8.0 / 3.0 * pace))

    return run


Point = tuple[float, float, float]


def _lorenz_step(h: float) -> Callable[[Point, tuple[float, ...]], tuple[Point, Point]]:
    """Return the semi-implicit step: x first, then y and z from two linear equations."""

    def step(at: Point, row: tuple[float, ...]) -> tuple[Point, Point]:
        sigma, rho, beta = row
        if not sigma + rho + beta < math.inf:
            return at, (_NAN, _NAN, _NAN)
        x, y, z = at
        x = (x + h * sigma * y) / (1.0 + h * sigma)
        pull, damp_y, damp_z = h * x, 1.0 + h, 1.0 + h * beta
        drive = y + pull * rho
        scale = damp_y * damp_z + pull * pull
        y = (drive * damp_z - pull * z) / scale
        z = (damp_y * z + pull * drive) / scale
        return (x, y, z), (x, y, z)

    return step


def _anchored_vwap(g: Graph[V], prices: Sequence[V], begins: V, nodes: tuple[Ta, RunningSum]) -> V:
    """Return the volume-weighted price since the newest beginning."""
    high, low, close, volume = prices
    (price,) = g(nodes[0], high, low, close)
    value, traded = g(nodes[1], price * volume, volume, begins)
    return g.div(value, traded)


def _vwap_session(p: Params) -> Formula:
    nodes = Ta("TYPPRICE"), RunningSum()
    begins = SessionBegins(p.word("product"), regular=p["session"] == "rth")

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        (begun,) = g(begins, x[4])
        return (_anchored_vwap(g, x[:4], begun, nodes),)

    return run


def _vwap_anchored(_: Params) -> Formula:
    nodes = Ta("TYPPRICE"), RunningSum()

    def run(g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        return (_anchored_vwap(g, x[:4], x[4], nodes),)

    return run


OWN_FORMULAS: Mapping[str, Callable[[Params], Formula]] = {
    "bullishengulfing": _bullishengulfing,
    "doji": _doji,
    "fvg": _fvg,
    "hammer": _hammer,
    "lorenz": _lorenz,
    "orderblock": _orderblock,
    "shootingstar": _shootingstar,
    "vwap_anchored": _vwap_anchored,
    "vwap_session": _vwap_session,
    "wae": _wae,
}
