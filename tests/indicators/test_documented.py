"""The documented table is kept: names, parameters, defaults, columns; and its faults are not."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import talib

from project_x_py import indicators
from project_x_py.indicators import (
    AD,
    ADOSC,
    ADXR,
    APO,
    AROON,
    BBANDS,
    CCI,
    CMO,
    EMA,
    FVG,
    HAMMER,
    HT_TRENDLINE,
    KAMA,
    MA,
    MAMA,
    MAVP,
    MFI,
    MINUS_DM,
    OBV,
    PLUS_DM,
    PPO,
    ROC,
    RSI,
    SAREXT,
    SHOOTINGSTAR,
    STDDEV,
    STOCH,
    STOCHRSI,
    TRIX,
    ULTOSC,
    VWAP,
    WILLR,
)
from tests.indicators.series import added, bars

Documented = tuple[str, dict[str, Any], list[str]]

OHLCV = ("open", "high", "low", "close", "volume")


def columns_of(*names: str) -> dict[str, str]:
    """The documented column parameters and their defaults."""
    return {f"{name}_column": name for name in names}


CLOSE = {"column": "close"}
HL, HLC = columns_of("high", "low"), columns_of("high", "low", "close")
HLCV, OHLCV_COLUMNS = columns_of(*OHLCV[1:]), columns_of(*OHLCV)
FAST_SLOW = {"fast_period": 12, "slow_period": 26}
MACD_PERIODS = {**FAST_SLOW, "signal_period": 9}
DI = ["plus_di_14", "minus_di_14", "adx_14"]
ZONES = {"check_mitigation": False, "mitigation_threshold": 0.5}

TABLE: list[Documented] = [
    *[
        (name, {**CLOSE, "period": 20}, [f"{name.lower()}_20"])
        for name in ("SMA", "EMA", "DEMA", "TEMA", "WMA", "TRIMA")
    ],
    ("T3", {**CLOSE, "period": 5, "v_factor": 0.7}, ["t3_5"]),
    ("KAMA", {**CLOSE, "period": 30, "fast_sc": 2.0, "slow_sc": 30.0}, ["kama_30"]),
    ("MA", {**CLOSE, "period": 30, "ma_type": "sma"}, ["sma_30"]),
    ("MAMA", {**CLOSE, "fast_limit": 0.5, "slow_limit": 0.05}, ["mama", "fama"]),
    (
        "MAVP",
        {
            **CLOSE,
            "periods_column": "periods",
            "min_period": 2,
            "max_period": 30,
            "ma_type": "sma",
        },
        ["periods", "mavp"],
    ),
    ("HT_TRENDLINE", CLOSE, ["ht_trendline"]),
    (
        "BBANDS",
        {**CLOSE, "period": 20, "std_dev": 2.0},
        ["bb_middle_20", "bb_upper_20", "bb_lower_20"],
    ),
    ("MIDPOINT", {**CLOSE, "period": 14}, ["midpoint_14"]),
    ("MIDPRICE", {**HL, "period": 14}, ["midprice_14"]),
    ("SAR", {**HL, "acceleration": 0.02, "maximum": 0.2}, ["sar"]),
    (
        "SAREXT",
        {
            **HL,
            "start_value": 0.0,
            "offset_on_reverse": 0.0,
            "acceleration_init_long": 0.02,
            "acceleration_long": 0.02,
            "acceleration_max_long": 0.2,
            "acceleration_init_short": 0.02,
            "acceleration_short": 0.02,
            "acceleration_max_short": 0.2,
        },
        ["sarext"],
    ),
    ("RSI", {**CLOSE, "period": 14}, ["rsi_14"]),
    (
        "STOCHRSI",
        {**CLOSE, "rsi_period": 14, "stoch_period": 14, "k_period": 3, "d_period": 3},
        ["rsi_14", "stochrsi_k_3", "stochrsi_d_3"],
    ),
    ("MACD", {**CLOSE, **MACD_PERIODS}, ["macd", "macd_signal", "macd_histogram"]),
    (
        "MACDEXT",
        {
            **CLOSE,
            **MACD_PERIODS,
            "fast_ma_type": "ema",
            "slow_ma_type": "ema",
            "signal_ma_type": "ema",
        },
        ["macdext", "macdext_signal", "macdext_histogram"],
    ),
    (
        "MACDFIX",
        {**CLOSE, "signal_period": 9},
        ["macdfix", "macdfix_signal", "macdfix_histogram"],
    ),
    ("STOCH", {**HLC, "k_period": 14, "d_period": 3}, ["stoch_k_14", "stoch_d_3"]),
    ("STOCHF", {**HLC, "k_period": 14, "d_period": 3}, ["stochf_k_14", "stochf_d_3"]),
    ("WILLR", {**HLC, "period": 14}, ["williams_r_14"]),
    ("CCI", {**HLC, "period": 20, "constant": 0.015}, ["cci_20"]),
    *[
        (name, {**CLOSE, "period": 10}, [f"{name.lower()}_10"])
        for name in ("ROC", "ROCP", "ROCR", "ROCR100", "MOM")
    ],
    ("ADX", {**HLC, "period": 14}, DI),
    ("ADXR", {**HLC, "period": 14}, [*DI, "adxr_14"]),
    ("DX", {**HLC, "period": 14}, [*DI, "dx_14"]),
    ("PLUS_DI", {**HLC, "period": 14}, DI),
    ("MINUS_DI", {**HLC, "period": 14}, DI),
    ("PLUS_DM", {**HL, "period": 14}, ["plus_dm_14"]),
    ("MINUS_DM", {**HL, "period": 14}, ["minus_dm_14"]),
    ("APO", {**CLOSE, **FAST_SLOW, "ma_type": "ema"}, ["apo_12_26"]),
    ("PPO", {**CLOSE, **MACD_PERIODS, "ma_type": "ema"}, ["ppo", "ppo_signal", "ppo_histogram"]),
    ("AROON", {**HL, "period": 14}, ["aroon_up_14", "aroon_down_14"]),
    ("AROONOSC", {**HL, "period": 14}, ["aroon_up_14", "aroon_down_14", "aroon_osc_14"]),
    ("BOP", columns_of("high", "low", "open", "close"), ["bop"]),
    ("CMO", {**CLOSE, "period": 14}, ["cmo_14"]),
    ("MFI", {**HLCV, "period": 14}, ["mfi_14"]),
    ("TRIX", {**CLOSE, "period": 14}, ["trix_14"]),
    ("ULTOSC", {**HLC, "period1": 7, "period2": 14, "period3": 28}, ["ultosc_7_14_28"]),
    ("ATR", {**HLC, "period": 14}, ["atr_14"]),
    ("NATR", {**HLC, "period": 14}, ["natr_14"]),
    ("TRANGE", HLC, ["trange"]),
    ("STDDEV", {**CLOSE, "period": 5, "ddof": 0}, ["stddev_5"]),
    ("OBV", columns_of("close", "volume"), ["obv"]),
    ("VWAP", {**HLCV, "period": None}, ["vwap"]),
    ("AD", HLCV, ["ad"]),
    ("ADOSC", {**HLCV, "fast_period": 3, "slow_period": 10}, ["adosc_3_10"]),
    (
        "FVG",
        {**HLC, "min_gap_size": 0.0, "min_gap_percent": 0.0, **ZONES},
        [
            "fvg_bullish_start",
            "fvg_bullish_end",
            "fvg_bearish_start",
            "fvg_bearish_end",
            "fvg_gap_size",
            "fvg_gap_percent",
            "fvg_bullish",
            "fvg_bearish",
        ],
    ),
    (
        "ORDERBLOCK",
        {
            **OHLCV_COLUMNS,
            "min_volume_percentile": 50,
            **ZONES,
            "lookback_periods": 3,
            "use_wicks": True,
        },
        ["ob_bullish", "ob_bearish", "ob_top", "ob_bottom", "ob_volume", "ob_strength"],
    ),
    (
        "WAE",
        {
            **columns_of("close", "high", "low"),
            "fast_period": 20,
            "slow_period": 40,
            "bb_period": 20,
            "bb_mult": 2.0,
            "sensitivity": 150,
            "dead_zone_period": 100,
            "dead_zone_mult": 3.6,
        },
        [
            "wae_explosion",
            "wae_trend",
            "wae_dead_zone",
            "wae_explosion_above_dz",
            "wae_bullish",
            "wae_bearish",
        ],
    ),
    (
        "LORENZ",
        {
            "window": 14,
            "dt": 1.0,
            "volatility_scale": 0.02,
            "initial_x": 0.0,
            "initial_y": 1.0,
            "initial_z": 0.0,
            **columns_of("close", "volume"),
        },
        ["lorenz_x", "lorenz_y", "lorenz_z"],
    ),
    *[
        (
            name.upper(),
            {**columns_of("open", "high", "low", "close"), "min_strength": 50},
            [f"{name}_strength", f"is_{name}"],
        )
        for name in ("doji", "hammer", "shootingstar", "bullishengulfing")
    ],
]
"""Name, positional parameters in order with defaults, columns added with the defaults."""


def test_the_table_is_complete() -> None:
    """63 documented names, each of them exported."""
    names = [name for name, _, _ in TABLE]
    assert len(names) == len(set(names)) == 63
    assert set(names) <= set(indicators.__all__)
    assert set(names) <= set(indicators.get_all_indicators())


@pytest.mark.parametrize(
    ("name", "parameters", "columns"), TABLE, ids=lambda value: str(value)[:12]
)
def test_parameters_and_columns(name: str, parameters: dict[str, Any], columns: list[str]) -> None:
    """Documented parameters come in order with their defaults, and add exactly these columns."""
    function: Callable[..., pl.DataFrame] = getattr(indicators, name)
    signature = inspect.signature(function)
    positional = {
        key: parameter.default
        for key, parameter in signature.parameters.items()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }
    assert list(positional.items()) == [("data", inspect.Parameter.empty), *parameters.items()]
    frame = bars(300).drop("periods")
    assert added(frame, function(frame)).columns == columns
    assert added(frame, function(frame, *parameters.values())).columns == columns
    assert added(frame, function(data=frame, **parameters)).columns == columns


DTYPE_CHOICES = {"obv"}
"""TA-Lib's float, where the documented package kept the integers of the volume."""


def test_columns_are_those_of_the_documented_package(shared: Path) -> None:
    """The machine-readable documentation names the same columns and dtypes."""
    entries = json.loads((shared / "spec" / "public-api.json").read_text(encoding="utf-8"))
    frame = bars(300).drop("periods")
    seen = 0
    for entry in entries["entries"]:
        wanted = entry.get("output_columns_with_defaults")
        if not wanted or not entry["module"].startswith("project_x_py.indicators"):
            continue
        result = added(frame, getattr(indicators, entry["name"])(frame))
        assert result.columns == list(wanted), entry["name"]
        for column, dtype in wanted.items():
            if column not in DTYPE_CHOICES:
                assert str(result[column].dtype) == dtype, column
        seen += 1
    assert seen > 80


def rising(rows: int = 60) -> pl.DataFrame:
    """A series that only rises, every bar closing at its high."""
    close = np.arange(1.0, rows + 1.0) * 0.25 + 100.0
    return pl.DataFrame(
        {"open": close - 0.25, "high": close, "low": close - 0.5, "close": close, "volume": 10}
    )


def leading_nulls(frame: pl.DataFrame, column: str) -> int:
    """The first row that is not null."""
    return int(frame[column].is_not_null().arg_max() or 0)


def test_i01_rsi_of_a_rising_series() -> None:
    """RSI is 100 without losses, 0 without gains, within 0 and 100, null in the warm-up."""
    up = rising().pipe(RSI, period=14)["rsi_14"]
    assert up[:14].null_count() == 14
    assert up[14:].to_list() == [100.0] * 46
    down = rising().with_columns(close=200.0 - pl.col("close")).pipe(RSI, period=14)["rsi_14"]
    assert down[14:].to_list() == [0.0] * 46


def test_i02_mfi_without_negative_flow() -> None:
    """MFI is 100 when money only flows in."""
    assert rising().pipe(MFI, period=14)["mfi_14"][14:].to_list() == [100.0] * 46


@pytest.mark.parametrize(
    ("function", "column", "nulls"),
    [
        (STOCH, "stoch_k_14", 17),
        (WILLR, "williams_r_14", 13),
        (ROC, "roc_10", 10),
        (CCI, "cci_20", 19),
        (CMO, "cmo_14", 14),
        (MFI, "mfi_14", 14),
        (ULTOSC, "ultosc_7_14_28", 28),
    ],
)
def test_i03_warm_up_is_null(
    function: Callable[[pl.DataFrame], pl.DataFrame], column: str, nulls: int
) -> None:
    """Ratio indicators have null, not 0, until they have a value."""
    result = function(bars(100))
    assert leading_nulls(result, column) == nulls
    assert result[column][:nulls].null_count() == nulls


def test_i04_exponential_averages_are_seeded() -> None:
    """EMA begins at row n-1 with the simple average of the first n rows."""
    result = bars(50).pipe(EMA, period=20)
    assert leading_nulls(result, "ema_20") == 19
    assert result["ema_20"][19] == pytest.approx(result["close"][:20].mean())


def test_i05_deviations_are_of_the_population() -> None:
    """BBANDS and STDDEV divide by n; STDDEV has ddof=1 as a parameter."""
    frame = bars(50)
    window = frame["close"][30:50]
    bands = frame.pipe(BBANDS, period=20, std_dev=2.0).row(-1, named=True)
    assert bands["bb_upper_20"] - bands["bb_middle_20"] == pytest.approx(2 * window.std(ddof=0))
    assert frame.pipe(STDDEV, period=20)["stddev_20"][-1] == pytest.approx(window.std(ddof=0))
    sample = frame.pipe(STDDEV, period=20, ddof=1)["stddev_20"][-1]
    assert sample == pytest.approx(window.std(ddof=1))


def test_i06_a_flat_bar_does_not_spoil_what_follows() -> None:
    """AD and ADOSC go on after a bar with high = low, which adds nothing."""
    frame = bars(60).with_row_index()
    flat = pl.col("index") == 30
    frame = frame.with_columns(
        [pl.when(flat).then("close").otherwise(name).alias(name) for name in ("high", "low")]
    )
    lines = frame.pipe(AD).pipe(ADOSC)
    assert lines["ad"].null_count() == 0
    assert lines["ad"][30] == lines["ad"][29]
    assert lines["adosc_3_10"][9:].null_count() == 0


def test_i07_names_are_what_they_say() -> None:
    """HT_TRENDLINE, MAMA, MAVP and SAREXT depend on what TA-Lib's depend on."""
    frame = bars(120)
    close = frame["close"].to_numpy()
    np.testing.assert_array_equal(
        frame.pipe(HT_TRENDLINE)["ht_trendline"][63:], talib.HT_TRENDLINE(close)[63:]
    )
    slow = frame.pipe(MAMA, fast_limit=0.1)["mama"]
    assert not slow[40:].equals(frame.pipe(MAMA)["mama"][40:])
    periods = frame["periods"].cast(pl.Float64).to_numpy()
    np.testing.assert_array_equal(
        frame.pipe(MAVP)["mavp"][29:], talib.MAVP(close, periods, 2, 30, 0)[29:]
    )
    assert frame.pipe(SAREXT, start_value=-4600.0)["sarext"][1] < 0.0
    assert frame.pipe(SAREXT, start_value=4400.0)["sarext"][1] > 0.0


def test_i07_mavp_without_periods() -> None:
    """An absent periods column is added as min_period; a misnamed one is an error."""
    frame = bars(60).drop("periods")
    result = frame.pipe(MAVP, min_period=5)
    assert result["periods"].to_list() == [5] * 60
    assert result["periods"].dtype == pl.Int32
    simple = talib.SMA(frame["close"].to_numpy(), 5)
    np.testing.assert_allclose(result["mavp"][29:], simple[29:])
    with pytest.raises(indicators.IndicatorError, match="no column 'period'"):
        frame.pipe(MAVP, periods_column="period")


def test_i08_cci_measures_from_the_windows_own_average() -> None:
    """CCI by hand for the last row, and with another constant."""
    frame = bars(40)
    last = frame.tail(20)
    typical = ((last["high"] + last["low"] + last["close"]) / 3).to_numpy()
    deviation = np.abs(typical - typical.mean()).mean()
    expected = (typical[-1] - typical.mean()) / (0.015 * deviation)
    assert frame.pipe(CCI, period=20)["cci_20"][-1] == pytest.approx(expected)
    other = frame.pipe(CCI, period=20, constant=0.03)["cci_20"][-1]
    assert other == pytest.approx(expected / 2)


def test_i09_aroon_adxr_and_directional_movement() -> None:
    """AROON sees n+1 rows and the latest extreme, ADXR lags n-1, DM is a sum."""
    high = [5.0, 1.0, 1.0, 5.0, 1.0, 1.0]
    frame = pl.DataFrame({"high": high, "low": [0.5] * 6})
    aroon = frame.pipe(AROON, period=3)
    assert aroon["aroon_up_3"].to_list()[3:] == pytest.approx([100.0, 100 * 2 / 3, 100 / 3])
    assert aroon["aroon_down_3"].to_list()[3:] == [100.0, 100.0, 100.0]
    result = bars(80).pipe(ADXR, period=14)
    mean = (result["adx_14"][-1] + result["adx_14"][-14]) / 2
    assert result["adxr_14"][-1] == pytest.approx(mean)
    steps = rising(30).pipe(PLUS_DM, period=14).pipe(MINUS_DM, period=14)
    assert steps["plus_dm_14"][13] == pytest.approx(13 * 0.25)
    assert steps["minus_dm_14"][13] == 0.0


def test_i10_trix_is_percent() -> None:
    """TRIX of a series that grows by one percent a row is one."""
    frame = pl.DataFrame({"close": 100.0 * 1.01 ** np.arange(80.0)})
    assert frame.pipe(TRIX, period=5)["trix_5"][-1] == pytest.approx(1.0)


def test_i12_hammers_and_stars_are_found() -> None:
    """A textbook hammer and shooting star are found with the default strength, a plain bar not."""
    frame = pl.DataFrame(
        {
            "open": [100.0, 100.0, 100.0],
            "high": [100.5, 104.0, 103.0],
            "low": [96.0, 99.5, 99.0],
            "close": [100.5, 99.5, 102.0],
        }
    )
    result = frame.pipe(HAMMER).pipe(SHOOTINGSTAR)
    assert result["is_hammer"].to_list() == [True, False, False]
    assert result["is_shootingstar"].to_list() == [False, True, False]
    assert result["hammer_strength"][0] == 100.0
    assert result["shootingstar_strength"][1] == -100.0


def test_i13_no_result_is_remembered() -> None:
    """A class form called with two frames of one shape and one end computes both."""
    from project_x_py.indicators.overlap import SMA

    first = bars(50)
    other = first.with_row_index().with_columns(
        pl.when(pl.col("index") < 40).then(pl.col("close") + 9).otherwise("close").alias("close")
    )
    average = SMA()
    assert average(first, period=20)["sma_20"][30] + 9 == average(other, period=20)["sma_20"][30]


def test_i14_ppo_type_ma_names_and_no_repainting() -> None:
    """PPO uses its ma_type, MA names its column after the type or 'ma', flags stay."""
    frame = bars(120)
    close = frame["close"].to_numpy()
    np.testing.assert_allclose(
        frame.pipe(PPO, ma_type="sma")["ppo"][25:], talib.PPO(close, 12, 26, 0)[25:]
    )
    assert added(frame, frame.pipe(MA, ma_type="ema")).columns == ["ema_30"]
    assert added(frame, frame.pipe(MA, ma_type="ema", name="ma")).columns == ["ma_30"]
    whole = frame.pipe(FVG, check_mitigation=True)
    part = frame.head(60).pipe(FVG, check_mitigation=True)
    assert part.equals(whole.head(60))


def test_conventions_are_parameters() -> None:
    """Where the documented convention is not TA-Lib's, a parameter chooses it."""
    frame = bars(200)
    high, low, close = (frame[name].to_numpy() for name in ("high", "low", "close"))
    fast = frame.pipe(STOCH, kind="fast")
    k, d = talib.STOCHF(high, low, close, 14, 3, 0)
    np.testing.assert_array_equal(fast["stoch_k_14"][15:], k[15:])
    np.testing.assert_array_equal(fast["stoch_d_3"][15:], d[15:])
    smoothed = frame.pipe(STOCHRSI, kind="smoothed", k_period=4)
    strength = talib.RSI(close, 14)
    k, d = talib.STOCH(strength, strength, strength, 14, 4, 0, 3, 0)
    np.testing.assert_array_equal(smoothed["stochrsi_k_4"][33:], k[33:])
    np.testing.assert_array_equal(smoothed["stochrsi_d_3"][33:], d[33:])
    zero = frame.pipe(OBV, start="zero")["obv"]
    assert zero[0] == 0.0
    assert (frame.pipe(OBV)["obv"] - zero).unique().to_list() == [float(frame["volume"][0])]
    averages = added(frame, frame.pipe(APO, ma_type="sma")).columns
    assert averages == ["apo_12_26"]


def test_kama_with_other_smoothing() -> None:
    """KAMA's own recursion with fast 2 and slow 30 is TA-Lib's; other values differ from it."""
    frame = bars(200)
    theirs = talib.KAMA(frame["close"].to_numpy(), 10)
    almost = frame.pipe(KAMA, period=10, fast_sc=2.0, slow_sc=30.0 + 1e-9)["kama_10"]
    assert almost[:10].null_count() == 10
    np.testing.assert_allclose(almost[10:], theirs[10:], rtol=1e-9)
    other = frame.pipe(KAMA, period=10, slow_sc=15)["kama_10"]
    assert np.abs(other[50:].to_numpy() - theirs[50:]).max() > 0.1


def test_vwap_cumulative_and_rolling() -> None:
    """VWAP by hand from the first row, over a window, and null while nothing has traded."""
    frame = bars(50).with_columns(
        pl.when(pl.int_range(pl.len()) < 3).then(0).otherwise("volume").alias("volume")
    )
    typical = (frame["high"] + frame["low"] + frame["close"]) / 3
    value = typical * frame["volume"]
    result = frame.pipe(VWAP).pipe(VWAP, period=10)
    assert result["vwap"][:3].null_count() == 3
    assert result["vwap"][-1] == pytest.approx(value.sum() / frame["volume"].sum())
    assert result["vwap_10"][:9].null_count() == 9
    assert result["vwap_10"][-1] == pytest.approx(value[-10:].sum() / frame["volume"][-10:].sum())
