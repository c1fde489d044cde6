"""Indicators that TA-Lib has not: names, parameters, columns, formulas and sources.

None looks ahead: a row's values never change when later rows arrive.

Held by ``tests/indicators/test_own.py``.
"""

from __future__ import annotations

from project_x_py.indicators._spec import Indicator, Input, Output, Param
from project_x_py.indicators._table import hlc, hlcv, ohlc, ohlcv, own, period

__all__ = ["OWN"]

_MIN_STRENGTH = Param("min_strength", "float", 50, "0 to 100", low=0.0, high=100.0)
_CHECK_MITIGATION = Param("check_mitigation", "flag", False, "adds the mitigation column")
_THRESHOLD = Param(
    "mitigation_threshold", "float", 0.5, "share of the zone to trade back into", low=0.0, high=1.0
)

_PATTERNS = (
    Indicator(
        name="DOJI",
        group="pattern",
        title="Doji by strength",
        inputs=ohlc,
        params=(_MIN_STRENGTH,),
        outputs=(Output("doji_strength"), Output("is_doji", "Boolean")),
        bind=own("doji"),
        formula="strength = 100 - 100 |close - open| / (high - low), 100 for a bar without range; "
        "is_doji = strength >= min_strength.",
        convention="CDLDOJI is TA-Lib's, which compares the body with the average range.",
        source="S. Nison, Japanese Candlestick Charting Techniques, 1991",
        class_name="Doji",
    ),
    Indicator(
        name="HAMMER",
        group="pattern",
        title="Hammer by strength",
        inputs=ohlc,
        params=(_MIN_STRENGTH,),
        outputs=(Output("hammer_strength"), Output("is_hammer", "Boolean")),
        bind=own("hammer"),
        formula="strength = 100 min(1, lower / (3 body)) if lower >= 2 body, lower > 0 and upper "
        "<= 0.1 (high - low), else 0, with body = |close - open|, lower = min(open, close) - low, "
        "upper = high - max(open, close); is_hammer = strength >= min_strength and > 0.",
        convention="The shape alone; CDLHAMMER is TA-Lib's, which also asks for a lower market.",
        source="S. Nison, Japanese Candlestick Charting Techniques, 1991",
        class_name="Hammer",
    ),
    Indicator(
        name="SHOOTINGSTAR",
        group="pattern",
        title="Shooting star by strength",
        inputs=ohlc,
        params=(_MIN_STRENGTH,),
        outputs=(Output("shootingstar_strength"), Output("is_shootingstar", "Boolean")),
        bind=own("shootingstar"),
        formula="HAMMER upside down, its strength negative; is_shootingstar = strength <= "
        "-min_strength and < 0.",
        convention="The shape alone; CDLSHOOTINGSTAR is TA-Lib's, which also asks for a gap.",
        source="S. Nison, Japanese Candlestick Charting Techniques, 1991",
        class_name="ShootingStar",
    ),
    Indicator(
        name="BULLISHENGULFING",
        group="pattern",
        title="Bullish engulfing",
        inputs=ohlc,
        params=(_MIN_STRENGTH,),
        outputs=(
            Output("bullishengulfing_strength", "Int32"),
            Output("is_bullishengulfing", "Boolean"),
        ),
        bind=own("bullishengulfing"),
        formula="strength = 100 if the previous bar falls, this one rises, open < previous close "
        "and close > previous open, else 0; is_bullishengulfing = strength >= min_strength and "
        "> 0.",
        convention="Strict on both sides; CDLENGULFING is TA-Lib's, for both directions.",
        source="S. Nison, Japanese Candlestick Charting Techniques, 1991",
        class_name="BullishEngulfing",
    ),
)

_ZONES = (
    Indicator(
        name="FVG",
        group="pattern",
        title="Fair value gap",
        inputs=hlc,
        params=(
            Param("min_gap_size", "float", 0.0, "in points", low=0.0),
            Param("min_gap_percent", "float", 0.0, "of the gap's start", low=0.0),
            _CHECK_MITIGATION,
            _THRESHOLD,
        ),
        outputs=(
            Output("fvg_bullish_start"),
            Output("fvg_bullish_end"),
            Output("fvg_bearish_start"),
            Output("fvg_bearish_end"),
            Output("fvg_gap_size"),
            Output("fvg_gap_percent"),
            Output("fvg_bullish", "Boolean"),
            Output("fvg_bearish", "Boolean"),
            Output("fvg_mitigated", "Boolean", when="check_mitigation"),
        ),
        bind=own("fvg"),
        formula="Bullish: low > high two rows before; start = that high, end = low. Bearish: high "
        "< low two rows before; start = that low, end = high. size = |end - start|, percent = "
        "100 size / |start|. Start, end, size and percent are null without a gap.",
        convention="Marked on the third bar, when it is known, and never taken back. "
        "fvg_mitigated is true on the row where price first trades back through "
        "mitigation_threshold of an earlier gap, counted from its end.",
        source="the three-bar imbalance of the ICT literature",
    ),
    Indicator(
        name="ORDERBLOCK",
        group="pattern",
        title="Order block",
        inputs=ohlcv,
        params=(
            Param("min_volume_percentile", "float", 50, "0 to 100", low=0.0, high=100.0),
            _CHECK_MITIGATION,
            _THRESHOLD,
            period(3, "lookback_periods", "rows within which the block must be broken"),
            Param("use_wicks", "flag", True, "zone and break by wicks, else by bodies"),
            Param("volume_period", "period", 20, "rows its volume is ranked in", extra=True),
        ),
        outputs=(
            Output("ob_bullish", "Boolean"),
            Output("ob_bearish", "Boolean"),
            Output("ob_top"),
            Output("ob_bottom"),
            Output("ob_volume", "Int64"),
            Output("ob_strength"),
            Output("ob_mitigated", "Boolean", when="check_mitigation"),
        ),
        bind=own("orderblock"),
        formula="A falling bar is a bullish block on the first row, at most lookback_periods "
        "later, whose close is above its top; a rising one is a bearish block when a close is "
        "below its bottom. Its volume must rank at min_volume_percentile among the volume_period "
        "volumes before it. strength = (body / range + percentile / 100) / 2.",
        convention="Marked on the row that confirms it, with the zone, volume and strength of the "
        "block; nothing looks ahead, volumes are ranked among earlier ones only. ob_mitigated is "
        "true on the row where price first trades back through mitigation_threshold of a zone. "
        "Null until the first ranked volume.",
        source="the order block of the ICT literature",
        class_name="OrderBlock",
        twins=("calculate_order_block",),
    ),
)

_OTHERS = (
    Indicator(
        name="WAE",
        group="volatility",
        title="Waddah Attar explosion",
        inputs=(
            Input("close_column", "close"),
            Input("high_column", "high"),
            Input("low_column", "low"),
        ),
        params=(
            period(20, "fast_period"),
            period(40, "slow_period"),
            period(20, "bb_period"),
            Param("bb_mult", "float", 2.0, "band width in standard deviations"),
            Param("sensitivity", "float", 150, "multiplies the change of MACD"),
            period(100, "dead_zone_period"),
            Param("dead_zone_mult", "float", 3.6, "multiplies the average true range"),
            Param("strength", "flag", False, "adds the trend strength", extra=True),
        ),
        outputs=(
            Output("wae_explosion"),
            Output("wae_trend", "Int32"),
            Output("wae_dead_zone"),
            Output("wae_explosion_above_dz", "Boolean"),
            Output("wae_bullish", "Boolean"),
            Output("wae_bearish", "Boolean"),
            Output("wae_strength", when="strength"),
        ),
        bind=own("wae"),
        formula="macd = EMA(fast) - EMA(slow); strength = sensitivity (macd - previous macd); "
        "explosion = upper - lower Bollinger band; dead zone = dead_zone_mult ATR. trend = sign of "
        "strength; bullish (bearish) = trend up (down) and |strength| > explosion > dead zone.",
        convention="The change of MACD is the trend and the band width alone the explosion line, "
        "as published.",
        source="A. Al-Wahdy (Waddah Attar), MetaTrader indicator, 2006; dead zone by ATR as in "
        "its later forms",
    ),
    Indicator(
        name="LORENZ",
        group="volatility",
        title="Lorenz attractor driven by price and volume",
        inputs=(Input("close_column", "close"), Input("volume_column", "volume")),
        params=(
            period(14, "window"),
            Param("dt", "float", 1.0, "hundredths of the attractor's time per row", low=0.0),
            Param(
                "volatility_scale",
                "float",
                0.02,
                "volatility that stands for sigma = 10",
                low=1e-12,
            ),
            Param("initial_x", "float", 0.0),
            Param("initial_y", "float", 1.0),
            Param("initial_z", "float", 0.0),
        ),
        outputs=(Output("lorenz_x"), Output("lorenz_y"), Output("lorenz_z")),
        bind=own("lorenz"),
        formula="x' = sigma (y - x), y' = x (rho - z) - y, z' = x y - beta z; sigma = 10 "
        "STDDEV(returns) / volatility_scale, rho = 28 close / SMA(close), beta = 8/3 volume / "
        "SMA(volume), all over window and kept within 0..100; one semi-implicit step of dt/100 "
        "per row.",
        convention="The step is implicit in the damping and in y and z together, so values stay "
        "bounded for every dt and every series.",
        source="E. N. Lorenz, Deterministic Nonperiodic Flow, 1963; coupling to the market is ours",
        class_name="LORENZIndicator",
        leading=("window", "dt", "volatility_scale", "initial_x", "initial_y", "initial_z"),
    ),
    Indicator(
        name="VWAP_SESSION",
        group="volume",
        title="Volume-weighted average price, anew each session",
        inputs=(*hlcv, Input("time_column", "timestamp", time=True)),
        params=(
            Param(
                "session",
                "choice",
                "eth",
                "'eth': from the trading day's start, 17:00 Chicago; 'rth': from the regular open",
                choices=("eth", "rth"),
            ),
            Param("product", "text", "ES", "ticker whose exchange calendar counts"),
        ),
        outputs=(Output("vwap_{session}"),),
        bind=own("vwap_session"),
        formula="sum of price x volume / sum of volume since the session began, price = "
        "(high + low + close) / 3; null while no volume has traded.",
        convention="Rows are in time order; times without a zone are UTC.",
        source="standard definition",
    ),
    Indicator(
        name="VWAP_ANCHORED",
        group="volume",
        title="Volume-weighted average price, anew at each anchor",
        inputs=(*hlcv, Input("anchor_column", "anchor")),
        params=(),
        outputs=(Output("vwap_anchored"),),
        bind=own("vwap_anchored"),
        formula="sum of price x volume / sum of volume since the newest row whose anchor is true, "
        "price = (high + low + close) / 3; null before the first anchor.",
        source="standard definition",
    ),
)

OWN: tuple[Indicator, ...] = (*_PATTERNS, *_ZONES, *_OTHERS)
"""Our own indicators."""
