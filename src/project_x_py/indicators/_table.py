"""The documented indicators: names, parameters, defaults and columns as documented.

Values are TA-Lib's. Where the documentation and TA-Lib differ in convention, TA-Lib's is the
default and the documented one a parameter; ``convention`` says so.

Held by ``tests/indicators/test_documented.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py.indicators._spec import Group, Indicator, Input, Output, Param, Params

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py.indicators._graph import Formula

__all__ = ["DOCUMENTED", "hlc", "hlcv", "ohlc", "ohlcv", "own"]

CLOSE = (Input("column", "close"),)
EMA_SEED = "Each exponential average is seeded with the simple average of its first window."


def _priced(*names: str) -> tuple[Input, ...]:
    return tuple(Input(f"{name}_column", name) for name in names)


hl = _priced("high", "low")
hlc = _priced("high", "low", "close")
hlcv = _priced("high", "low", "close", "volume")
ohlc = _priced("open", "high", "low", "close")
ohlcv = _priced("open", "high", "low", "close", "volume")


def period(default: int, name: str = "period", doc: str = "window in rows") -> Param:
    """Return a window parameter."""
    return Param(name, "period", default, doc)


def ma_type(name: str, default: str, *, extra: bool = False) -> Param:
    """Return a moving-average type parameter."""
    return Param(name, "ma", default, "moving-average type", extra=extra)


def own(name: str) -> Callable[[Params], Formula]:
    """Return a binder that takes its formula from ``_formulas`` when it is first needed."""

    def bind(params: Params) -> Formula:
        from project_x_py.indicators._formulas import FORMULAS

        return FORMULAS[name](params)

    return bind


def direct(name: str, *args: str) -> Callable[[Params], Formula]:
    """Return a binder that is TA-Lib's function of all inputs; ``args`` in TA-Lib's order."""

    def bind(params: Params) -> Formula:
        from project_x_py.indicators._talib import bound

        return bound(name, args, params)

    return bind


def _ta(
    name: str,
    group: Group,
    title: str,
    inputs: tuple[Input, ...],
    params: tuple[Param, ...],
    columns: str,
    *,
    bind: Callable[[Params], Formula] | None = None,
    twins: tuple[str, ...] = (),
    convention: str = "",
    source: str = "",
    name_of: Callable[[Params], str] | None = None,
) -> Indicator:
    """Return a documented indicator that TA-Lib computes; ``columns`` separated by spaces."""
    return Indicator(
        name=name,
        group=group,
        title=title,
        inputs=inputs,
        params=params,
        outputs=tuple(Output(column) for column in columns.split()),
        bind=bind or direct(name, *(p.name for p in params)),
        source=source or f"TA-Lib {name}",
        convention=convention,
        twins=twins,
        name_of=name_of,
    )


_OVERLAP = (
    _ta("SMA", "overlap", "Simple moving average", CLOSE, (period(20),), "sma_{period}"),
    _ta(
        "EMA",
        "overlap",
        "Exponential moving average",
        CLOSE,
        (period(20),),
        "ema_{period}",
        convention=EMA_SEED,
    ),
    _ta("DEMA", "overlap", "Double exponential average", CLOSE, (period(20),), "dema_{period}"),
    _ta("TEMA", "overlap", "Triple exponential average", CLOSE, (period(20),), "tema_{period}"),
    _ta("WMA", "overlap", "Weighted moving average", CLOSE, (period(20),), "wma_{period}"),
    _ta("TRIMA", "overlap", "Triangular moving average", CLOSE, (period(20),), "trima_{period}"),
    _ta(
        "T3",
        "overlap",
        "Tillson's T3 average",
        CLOSE,
        (period(5), Param("v_factor", "float", 0.7, "volume factor, 0 to 1")),
        "t3_{period}",
    ),
    _ta(
        "KAMA",
        "overlap",
        "Kaufman's adaptive average",
        CLOSE,
        (
            period(30),
            Param("fast_sc", "float", 2.0, "fast smoothing, in rows", low=0.0),
            Param("slow_sc", "float", 30.0, "slow smoothing, in rows", low=0.0),
        ),
        "kama_{period}",
        bind=own("kama"),
        convention="TA-Lib's smoothing is fixed at 2 and 30; other values are computed here, "
        "with TA-Lib's seed, the price before the first value.",
    ),
    _ta(
        "MA",
        "overlap",
        "Moving average of a chosen type",
        CLOSE,
        (
            period(30),
            ma_type("ma_type", "sma"),
            Param("name", "choice", "type", "column prefix", choices=("type", "ma"), extra=True),
        ),
        "{name}_{period}",
        bind=direct("MA", "period", "ma_type"),
        convention="The column is named after the type, as documented (sma_30, ema_30); "
        "name='ma' gives ma_30.",
        name_of=lambda p: "ma" if p["name"] == "ma" else p.word("ma_type"),
    ),
    _ta(
        "MAMA",
        "overlap",
        "MESA adaptive average and its follower",
        CLOSE,
        (Param("fast_limit", "float", 0.5), Param("slow_limit", "float", 0.05)),
        "mama fama",
    ),
    _ta(
        "MAVP",
        "overlap",
        "Moving average with a period per row",
        (*CLOSE, Input("periods_column", "periods", fill="min_period")),
        (period(2, "min_period"), period(30, "max_period"), ma_type("ma_type", "sma")),
        "mavp",
        convention="Periods are cut to min_period..max_period. An absent 'periods' column is "
        "added as the constant min_period.",
    ),
    _ta("HT_TRENDLINE", "overlap", "Hilbert transform trendline", CLOSE, (), "ht_trendline"),
    _ta(
        "BBANDS",
        "overlap",
        "Bollinger bands",
        CLOSE,
        (
            period(20),
            Param("std_dev", "float", 2.0, "band width in standard deviations"),
            ma_type("ma_type", "sma", extra=True),
        ),
        "bb_middle_{period} bb_upper_{period} bb_lower_{period}",
        bind=own("bbands"),
        twins=("calculate_bollinger_bands",),
        convention="Population standard deviation.",
    ),
    _ta("MIDPOINT", "overlap", "Middle of the range", CLOSE, (period(14),), "midpoint_{period}"),
    _ta(
        "MIDPRICE",
        "overlap",
        "Middle of the high-low range",
        hl,
        (period(14),),
        "midprice_{period}",
    ),
    _ta(
        "SAR",
        "overlap",
        "Parabolic stop and reverse",
        hl,
        (Param("acceleration", "float", 0.02), Param("maximum", "float", 0.2)),
        "sar",
    ),
    _ta(
        "SAREXT",
        "overlap",
        "Parabolic stop and reverse, extended",
        hl,
        (
            Param("start_value", "float", 0.0, "first value; its sign chooses the first side"),
            Param("offset_on_reverse", "float", 0.0, "percent added to the stop at a reversal"),
            Param("acceleration_init_long", "float", 0.02),
            Param("acceleration_long", "float", 0.02),
            Param("acceleration_max_long", "float", 0.2),
            Param("acceleration_init_short", "float", 0.02),
            Param("acceleration_short", "float", 0.02),
            Param("acceleration_max_short", "float", 0.2),
        ),
        "sarext",
        convention="Negative while short.",
    ),
)

_FAST_SLOW = (period(12, "fast_period"), period(26, "slow_period"))
_MACD = (*_FAST_SLOW, period(9, "signal_period"))
_DI = "plus_di_{period} minus_di_{period} adx_{period}"
_WILDER = "Wilder's smoothing, seeded with the first window."

_MOMENTUM = (
    _ta(
        "RSI",
        "momentum",
        "Relative strength index",
        CLOSE,
        (period(14),),
        "rsi_{period}",
        convention="Wilder's smoothing, seeded with the mean of the first changes; 100 in a "
        "series without losses.",
    ),
    _ta(
        "STOCHRSI",
        "momentum",
        "Stochastic of the relative strength index",
        CLOSE,
        (
            period(14, "rsi_period"),
            period(14, "stoch_period"),
            period(3, "k_period"),
            period(3, "d_period"),
            Param(
                "kind",
                "choice",
                "fast",
                "'fast': TA-Lib's raw K and its average; 'smoothed': K averaged over k_period",
                choices=("fast", "smoothed"),
                extra=True,
            ),
        ),
        "rsi_{rsi_period} stochrsi_k_{k_period} stochrsi_d_{d_period}",
        bind=own("stochrsi"),
        convention="TA-Lib's fast K is the default, and k_period then only names the column; "
        "kind='smoothed' is the documented K.",
    ),
    _ta(
        "MACD",
        "momentum",
        "Moving average convergence divergence",
        CLOSE,
        _MACD,
        "macd macd_signal macd_histogram",
        convention=EMA_SEED,
    ),
    _ta(
        "MACDEXT",
        "momentum",
        "MACD with chosen average types",
        CLOSE,
        (
            *_MACD,
            ma_type("fast_ma_type", "ema"),
            ma_type("slow_ma_type", "ema"),
            ma_type("signal_ma_type", "ema"),
        ),
        "macdext macdext_signal macdext_histogram",
        bind=direct(
            "MACDEXT",
            "fast_period",
            "fast_ma_type",
            "slow_period",
            "slow_ma_type",
            "signal_period",
            "signal_ma_type",
        ),
        convention="The documented default type is ema; TA-Lib's own is sma.",
    ),
    _ta(
        "MACDFIX",
        "momentum",
        "MACD 12/26 with fixed constants",
        CLOSE,
        (period(9, "signal_period"),),
        "macdfix macdfix_signal macdfix_histogram",
        convention="Smoothing constants 0.15 and 0.075, as Appel's.",
    ),
    _ta(
        "STOCH",
        "momentum",
        "Stochastic oscillator",
        hlc,
        (
            period(14, "k_period"),
            period(3, "d_period"),
            Param(
                "kind",
                "choice",
                "slow",
                "'slow': K averaged over slowing rows; 'fast': raw K",
                choices=("slow", "fast"),
                extra=True,
            ),
            Param("slowing", "period", 3, "smoothing of K, for kind='slow'", extra=True),
            ma_type("k_ma_type", "sma", extra=True),
            ma_type("d_ma_type", "sma", extra=True),
        ),
        "stoch_k_{k_period} stoch_d_{d_period}",
        bind=own("stoch"),
        twins=("calculate_stochastic",),
        convention="TA-Lib's slow stochastic is the default; kind='fast' is the documented raw K.",
    ),
    _ta(
        "STOCHF",
        "momentum",
        "Fast stochastic oscillator",
        hlc,
        (period(14, "k_period"), period(3, "d_period"), ma_type("d_ma_type", "sma", extra=True)),
        "stochf_k_{k_period} stochf_d_{d_period}",
    ),
    _ta(
        "WILLR",
        "momentum",
        "Williams' %R",
        hlc,
        (period(14),),
        "williams_r_{period}",
        twins=("calculate_williams_r",),
    ),
    _ta(
        "CCI",
        "momentum",
        "Commodity channel index",
        hlc,
        (period(20), Param("constant", "float", 0.015, "Lambert's constant")),
        "cci_{period}",
        bind=own("cci"),
        twins=("calculate_commodity_channel_index",),
        convention="Mean deviation from the window's own average; TA-Lib's constant is 0.015.",
    ),
    _ta("ROC", "momentum", "Rate of change, percent", CLOSE, (period(10),), "roc_{period}"),
    _ta("ROCP", "momentum", "Rate of change, fraction", CLOSE, (period(10),), "rocp_{period}"),
    _ta("ROCR", "momentum", "Rate of change, ratio", CLOSE, (period(10),), "rocr_{period}"),
    _ta(
        "ROCR100",
        "momentum",
        "Rate of change, ratio times 100",
        CLOSE,
        (period(10),),
        "rocr100_{period}",
    ),
    _ta("MOM", "momentum", "Momentum", CLOSE, (period(10),), "mom_{period}"),
    _ta(
        "ADX",
        "momentum",
        "Average directional index",
        hlc,
        (period(14),),
        _DI,
        bind=own("directional"),
        convention=_WILDER,
        source="TA-Lib PLUS_DI, MINUS_DI, ADX",
    ),
    _ta(
        "ADXR",
        "momentum",
        "Average directional index rating",
        hlc,
        (period(14),),
        _DI + " adxr_{period}",
        bind=own("adxr"),
        convention="Mean of ADX and ADX period-1 rows before.",
        source="TA-Lib PLUS_DI, MINUS_DI, ADX, ADXR",
    ),
    _ta(
        "DX",
        "momentum",
        "Directional movement index",
        hlc,
        (period(14),),
        _DI + " dx_{period}",
        bind=own("dx"),
        convention=_WILDER,
        source="TA-Lib PLUS_DI, MINUS_DI, ADX, DX",
    ),
    _ta(
        "PLUS_DI",
        "momentum",
        "Plus directional indicator",
        hlc,
        (period(14),),
        _DI,
        bind=own("directional"),
        convention="Adds all ADX columns, as documented.",
        source="TA-Lib PLUS_DI, MINUS_DI, ADX",
    ),
    _ta(
        "MINUS_DI",
        "momentum",
        "Minus directional indicator",
        hlc,
        (period(14),),
        _DI,
        bind=own("directional"),
        convention="Adds all ADX columns, as documented.",
        source="TA-Lib PLUS_DI, MINUS_DI, ADX",
    ),
    _ta(
        "PLUS_DM",
        "momentum",
        "Plus directional movement",
        hl,
        (period(14),),
        "plus_dm_{period}",
        convention="Wilder's sum.",
    ),
    _ta(
        "MINUS_DM",
        "momentum",
        "Minus directional movement",
        hl,
        (period(14),),
        "minus_dm_{period}",
        convention="Wilder's sum.",
    ),
    _ta(
        "APO",
        "momentum",
        "Absolute price oscillator",
        CLOSE,
        (*_FAST_SLOW, ma_type("ma_type", "ema")),
        "apo_{fast_period}_{slow_period}",
    ),
    _ta(
        "PPO",
        "momentum",
        "Percentage price oscillator",
        CLOSE,
        (*_MACD, ma_type("ma_type", "ema")),
        "ppo ppo_signal ppo_histogram",
        bind=own("ppo"),
        convention="ma_type is that of the line; the signal is an EMA of the line.",
        source="TA-Lib PPO, EMA",
    ),
    _ta(
        "AROON",
        "momentum",
        "Aroon up and down",
        hl,
        (period(14),),
        "aroon_up_{period} aroon_down_{period}",
        bind=own("aroon"),
        convention="Window of period+1 rows; the latest extreme counts.",
    ),
    _ta(
        "AROONOSC",
        "momentum",
        "Aroon oscillator",
        hl,
        (period(14),),
        "aroon_up_{period} aroon_down_{period} aroon_osc_{period}",
        bind=own("aroonosc"),
        source="TA-Lib AROON, AROONOSC",
    ),
    _ta(
        "BOP",
        "momentum",
        "Balance of power",
        _priced("high", "low", "open", "close"),
        (),
        "bop",
        bind=own("bop"),
    ),
    _ta(
        "CMO",
        "momentum",
        "Chande momentum oscillator",
        CLOSE,
        (period(14),),
        "cmo_{period}",
        convention="Wilder's smoothing, as TA-Lib's CMO; CMOU is Chande's original with sums.",
    ),
    _ta(
        "MFI",
        "momentum",
        "Money flow index",
        hlcv,
        (period(14),),
        "mfi_{period}",
        twins=("calculate_money_flow_index",),
        convention="100 without negative flow.",
    ),
    _ta(
        "TRIX",
        "momentum",
        "Rate of change of a triple EMA",
        CLOSE,
        (period(14),),
        "trix_{period}",
        convention="Percent.",
    ),
    _ta(
        "ULTOSC",
        "momentum",
        "Ultimate oscillator",
        hlc,
        (period(7, "period1"), period(14, "period2"), period(28, "period3")),
        "ultosc_{period1}_{period2}_{period3}",
        twins=("calculate_ultimate_oscillator",),
    ),
)

_VOLATILITY = (
    _ta(
        "ATR",
        "volatility",
        "Average true range",
        hlc,
        (period(14),),
        "atr_{period}",
        convention=_WILDER,
    ),
    _ta(
        "NATR",
        "volatility",
        "Average true range, percent of close",
        hlc,
        (period(14),),
        "natr_{period}",
    ),
    _ta("TRANGE", "volatility", "True range", hlc, (), "trange"),
    _ta(
        "STDDEV",
        "volatility",
        "Standard deviation",
        CLOSE,
        (
            period(5),
            Param("ddof", "int", 0, "0: population, 1: sample", low=0),
            Param("std_dev", "float", 1.0, "multiple of the deviation", extra=True),
        ),
        "stddev_{period}",
        bind=own("stddev"),
        convention="TA-Lib's population deviation is the default; ddof=1 is the documented one.",
    ),
)

_VOLUME = (
    _ta(
        "OBV",
        "volume",
        "On-balance volume",
        _priced("close", "volume"),
        (
            Param(
                "start",
                "choice",
                "volume",
                "first value: the first volume, or zero",
                choices=("volume", "zero"),
                extra=True,
            ),
        ),
        "obv",
        bind=own("obv"),
        convention="Starts at the first volume, as TA-Lib; start='zero' is the documented one.",
    ),
    _ta(
        "VWAP",
        "volume",
        "Volume-weighted average price, cumulative or rolling",
        hlcv,
        (
            Param(
                "period", "period", None, "window in rows; None: from the first row", optional=True
            ),
        ),
        "{name}",
        bind=own("vwap"),
        convention="Typical price (high+low+close)/3. Null, not TA-Lib's 0, while no volume has "
        "traded. VWAP_SESSION and VWAP_ANCHORED begin anew.",
        name_of=lambda p: "vwap" if p["period"] is None else f"vwap_{p['period']}",
        source="TA-Lib VWAP; rolling: SUM(price x volume) / SUM(volume)",
    ),
    _ta(
        "AD",
        "volume",
        "Accumulation/distribution line",
        hlcv,
        (),
        "ad",
        convention="A bar with high = low adds nothing.",
    ),
    _ta(
        "ADOSC",
        "volume",
        "Accumulation/distribution oscillator",
        hlcv,
        (period(3, "fast_period"), period(10, "slow_period")),
        "adosc_{fast_period}_{slow_period}",
    ),
)

DOCUMENTED: tuple[Indicator, ...] = (*_OVERLAP, *_MOMENTUM, *_VOLATILITY, *_VOLUME)
"""The documented names that TA-Lib has."""
