"""Agreement with an independent library, where the recorded comparison says that it agrees."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from project_x_py.indicators._functions import function

OURS: Mapping[tuple[str, str], tuple[str, Mapping[str, Any], str]] = {
    ("sma", "sma"): ("SMA", {"period": 20}, "sma_20"),
    ("ema", "ema"): ("EMA", {"period": 20}, "ema_20"),
    ("wma", "wma"): ("WMA", {"period": 14}, "wma_14"),
    ("dema", "dema"): ("DEMA", {"period": 14}, "dema_14"),
    ("tema", "tema"): ("TEMA", {"period": 20}, "tema_20"),
    ("t3", "t3"): ("T3", {}, "t3_5"),
    ("kama", "kama"): ("KAMA", {"period": 10}, "kama_10"),
    ("rsi", "rsi"): ("RSI", {}, "rsi_14"),
    ("macd", "macd"): ("MACD", {}, "macd"),
    ("macd", "signal"): ("MACD", {}, "macd_signal"),
    ("macd", "histogram"): ("MACD", {}, "macd_histogram"),
    ("bb", "upperBand"): ("BBANDS", {}, "bb_upper_20"),
    ("bb", "sma"): ("BBANDS", {}, "bb_middle_20"),
    ("bb", "lowerBand"): ("BBANDS", {}, "bb_lower_20"),
    ("tr", "tr"): ("TRANGE", {}, "trange"),
    ("atr", "atr"): ("ATR", {}, "atr_14"),
    ("adx", "pdi"): ("ADX", {}, "plus_di_14"),
    ("adx", "mdi"): ("ADX", {}, "minus_di_14"),
    ("adx", "adx"): ("ADX", {}, "adx_14"),
    ("stoch", "k"): ("STOCH", {}, "stoch_k_14"),
    ("stoch", "d"): ("STOCH", {}, "stoch_d_3"),
    ("cci", "cci"): ("CCI", {}, "cci_20"),
    ("obv", "obv"): ("OBV", {"start": "zero"}, "obv"),
    ("adl", "adl"): ("AD", {}, "ad"),
    ("chaikin-osc", "oscillator"): ("ADOSC", {}, "adosc_3_10"),
    ("mfi", "mfi"): ("MFI", {}, "mfi_14"),
    ("willr", "williamsR"): ("WILLR", {}, "williams_r_14"),
    ("roc", "roc"): ("ROC", {"period": 14}, "roc_14"),
    ("trix", "trix"): ("TRIX", {}, "trix_14"),
    ("uo", "ultimate"): ("ULTOSC", {}, "ultosc_7_14_28"),
    ("aroon", "aroonUp"): ("AROON", {"period": 25}, "aroon_up_25"),
    ("aroon", "aroonDown"): ("AROON", {"period": 25}, "aroon_down_25"),
    ("aroon", "oscillator"): ("AROONOSC", {"period": 25}, "aroon_osc_25"),
    ("psar", "sar"): ("SAR", {}, "sar"),
    ("stdev", "stdDev"): ("STDDEV", {"period": 14}, "stddev_14"),
    ("slope", "slope"): ("LINEARREG_SLOPE", {}, "linearreg_slope_14"),
    ("donchian", "upperBand"): ("DONCHIAN", {}, "donchian_upperband_20"),
    ("donchian", "lowerBand"): ("DONCHIAN", {}, "donchian_lowerband_20"),
}
"""The recorded series by indicator and field, and what to compute for them."""

EARLIER = {"donchian"}
"""The other library's channel leaves the current bar out."""


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, pl.DataFrame]:
    """The recorded input, the two reference outputs and the table of their agreement."""
    folder = shared / "data" / "indicator_golden"
    return {
        "input": pl.read_parquet(folder / "input_502_daily.parquet"),
        "series": pl.read_parquet(folder / "golden_502.parquet"),
        "agreement": pl.read_csv(folder / "agreement.csv"),
    }


def test_every_agreeing_series_is_covered(golden: dict[str, pl.DataFrame]) -> None:
    """All series on which the references agree or converge have a counterpart here."""
    agreeing = golden["agreement"].filter(pl.col("kind") != "DIFFERS")
    assert set(agreeing.select("ind", "field").iter_rows()) == set(OURS)


@pytest.mark.parametrize(("indicator", "field"), OURS)
def test_agreement(indicator: str, field: str, golden: dict[str, pl.DataFrame]) -> None:
    """Exact series agree everywhere, converging ones at the end; both with recorded TA-Lib."""
    key = (pl.col("indicator") == indicator) & (pl.col("field") == field)
    recorded = golden["series"].filter(key).sort("i")
    row = golden["agreement"].filter(ind=indicator, field=field).row(0, named=True)
    name, params, column = OURS[indicator, field]
    ours = function(name)(golden["input"], **params)[column]
    if indicator in EARLIER:
        ours = ours.shift(1)
    both = recorded.with_columns(ours=ours)
    assert ours.is_null().equals(recorded["talib"].is_null())
    close(both.filter(pl.col("ours").is_not_null()), "talib", 1e-9)
    seen = both.filter(pl.col("ours").is_not_null() & pl.col("stock_indicators").is_not_null())
    close(seen if row["kind"] == "exact" else seen.tail(50), "stock_indicators", 1e-7)


def close(frame: pl.DataFrame, reference: str, tolerance: float) -> None:
    """Our column against a reference, relative to the size of the series."""
    scale = float(np.abs(frame[reference].to_numpy()).max())
    np.testing.assert_allclose(
        frame["ours"], frame[reference], rtol=tolerance, atol=tolerance * scale
    )
