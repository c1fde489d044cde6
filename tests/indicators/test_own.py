"""Our own indicators: definitions by hand, bounds, confirmation and mitigation."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from project_x_py._core.calendar import calendar_for, day_start_ns
from project_x_py.indicators import (
    BULLISHENGULFING,
    DOJI,
    FVG,
    HAMMER,
    LORENZ,
    ORDERBLOCK,
    SHOOTINGSTAR,
    VWAP_ANCHORED,
    VWAP_SESSION,
    WAE,
    IndicatorError,
    calculate_lorenz,
)
from project_x_py.indicators._functions import function
from project_x_py.indicators._registry import find
from tests.indicators.series import KINDS, added, bars, shaped


def candles(*rows: tuple[float, float, float, float], volume: float = 10.0) -> pl.DataFrame:
    """A frame of (open, high, low, close) rows."""
    frame = pl.DataFrame(rows, schema=["open", "high", "low", "close"], orient="row")
    return frame.with_columns(volume=pl.lit(volume))


def test_doji_strength() -> None:
    """100 less the body's share of the range in percent; a bar without range is a full doji."""
    frame = candles((10, 12, 8, 10), (10, 12, 8, 11), (10, 12, 8, 12), (10, 10, 10, 10))
    result = frame.pipe(DOJI, min_strength=75)
    assert result["doji_strength"].to_list() == [100.0, 75.0, 50.0, 100.0]
    assert result["is_doji"].to_list() == [True, True, False, True]


def test_hammer_strength() -> None:
    """A third of the shadow's multiple of the body; nothing without the shape."""
    frame = candles(
        (10.0, 11.0, 8.0, 11.0),  # shadow of two bodies
        (10.0, 11.0, 7.5, 11.0),  # two and a half
        (10.0, 11.0, 8.5, 11.0),  # one and a half
        (10.0, 12.0, 8.0, 11.0),  # upper shadow
        (10.0, 10.0, 8.0, 10.0),  # no body
        (10.0, 10.0, 10.0, 10.0),  # no range
    )
    result = frame.pipe(HAMMER, min_strength=80)
    assert result["hammer_strength"].to_list() == pytest.approx([200 / 3, 250 / 3, 0, 0, 100, 0])
    assert result["is_hammer"].to_list() == [False, True, False, False, True, False]
    mirrored = frame.select(
        open=20 - pl.col("open"),
        high=20 - pl.col("low"),
        low=20 - pl.col("high"),
        close=20 - pl.col("close"),
    ).pipe(SHOOTINGSTAR, min_strength=80)
    assert (-mirrored["shootingstar_strength"]).to_list() == result["hammer_strength"].to_list()
    assert mirrored["is_shootingstar"].to_list() == result["is_hammer"].to_list()


def test_bullish_engulfing() -> None:
    """Strictly around a falling body; null on the first row."""
    result = candles((10, 11, 8, 9), (8.5, 12, 8, 11), (9, 12, 8, 11)).pipe(BULLISHENGULFING)
    assert result["bullishengulfing_strength"].to_list() == [None, 100, 0]
    assert result["is_bullishengulfing"].to_list() == [None, True, False]
    touching = candles((10, 11, 8, 9), (9, 12, 8, 11)).pipe(BULLISHENGULFING)
    assert touching["is_bullishengulfing"].to_list() == [None, False]


@pytest.mark.parametrize(
    ("name", "later"),
    [("DOJI", 0), ("HAMMER", 0), ("SHOOTINGSTAR", 0), ("BULLISHENGULFING", 1), ("FVG", 2)],
)
def test_what_nan_leaves_undefined_is_null(name: str, later: int) -> None:
    """Rows that depend on a NaN are null in every column, not False or 0; no other row changes."""
    frame = bars(60)
    whole = added(frame, function(name)(frame))
    flags = [c for c in whole.columns if whole[c].dtype == pl.Boolean or "strength" in c]
    unread = {"BULLISHENGULFING": {"high", "low"}, "FVG": {"close"}}.get(name, set())
    for column in {wanted.column for wanted in find(name).inputs} - unread:
        at = pl.int_range(pl.len())
        holed = frame.with_columns(pl.when(at == 30).then(math.nan).otherwise(column).alias(column))
        result = added(holed, function(name)(holed))
        touched = [30, 30 + later]
        for row in touched:
            assert set(result.select(flags).row(row)) == {None}, (column, row)
        rest = ~at.is_in(touched)
        assert result.filter(rest).equals(whole.filter(rest)), column


GAPS = candles(
    (10, 11, 9, 10.5),
    (10.5, 14, 10, 13.5),
    (13.5, 16, 13, 15),  # low 13 over high 11: a bullish gap from 11 to 13
    (15, 16, 12.5, 14),  # a quarter back
    (14, 14.5, 12, 12.5),  # half back
    (12.5, 13, 8, 8.5),
    (8.5, 9, 6, 6.5),  # high 9 under low 12: a bearish gap from 12 to 9
    (6.5, 10.5, 6, 10),  # half back
)


def test_fair_value_gaps() -> None:
    """Marked on the third bar, with the first bar's extreme as start and its own as end."""
    result = GAPS.pipe(FVG)
    assert result["fvg_bullish"].to_list() == [None, None, True] + [False] * 5
    assert result["fvg_bearish"].to_list() == [None, None] + [False] * 4 + [True, False]
    bullish = result.row(2, named=True)
    assert (bullish["fvg_bullish_start"], bullish["fvg_bullish_end"]) == (11, 13)
    assert bullish["fvg_gap_size"] == 2
    assert bullish["fvg_gap_percent"] == pytest.approx(200 / 11)
    bearish = result.row(6, named=True)
    assert (bearish["fvg_bearish_start"], bearish["fvg_bearish_end"]) == (12, 9)
    assert bearish["fvg_gap_percent"] == pytest.approx(25.0)
    assert result["fvg_gap_size"].null_count() == 6


def test_fair_value_gap_limits() -> None:
    """Gaps below the least size or percent are none."""
    assert GAPS.pipe(FVG, min_gap_size=2.5)["fvg_bullish"].sum() == 0
    assert GAPS.pipe(FVG, min_gap_size=2.5)["fvg_bearish"].sum() == 1
    assert GAPS.pipe(FVG, min_gap_percent=20.0)["fvg_bullish"].sum() == 0
    assert GAPS.pipe(FVG, min_gap_percent=18.0)["fvg_bullish"].sum() == 1


def test_gap_mitigation_is_told_when_it_happens() -> None:
    """True on the row that trades back through the threshold, once per gap, never before."""
    half = GAPS.pipe(FVG, check_mitigation=True)["fvg_mitigated"].to_list()
    assert half == [None, None, False, False, True, False, False, True]
    result = GAPS.pipe(FVG, check_mitigation=True, mitigation_threshold=0.25)
    quarter = result["fvg_mitigated"].to_list()
    assert quarter == [
        None,
        None,
        False,
        True,
        False,
        False,
        False,
        True,
    ]
    full = GAPS.pipe(FVG, check_mitigation=True, mitigation_threshold=1.0)
    assert full["fvg_mitigated"].to_list() == [None, None, False, False, False, True, False, False]


def blocks(**params: object) -> pl.DataFrame:
    """Two equal volumes before a falling bar of more volume that a later close breaks upwards."""
    frame = candles(
        (10, 11, 9, 10.5),
        (10.5, 11, 10, 10.8),
        (10.8, 11.2, 9.2, 9.8),  # falling, range 2, body 1
        (9.8, 11, 9.6, 10.9),
        (10.9, 12.5, 10.8, 12),  # closes above 11.2
        (12, 12.2, 10.1, 10.4),  # half way back into 9.2..11.2
        (10.4, 10.5, 8.0, 8.5),
    ).with_columns(volume=pl.Series([10, 10, 20, 10, 15, 5, 30]))
    return frame.pipe(ORDERBLOCK, volume_period=2, **params)


def test_order_blocks_are_marked_when_confirmed() -> None:
    """The zone, volume and strength of the block, on the row whose close breaks it."""
    result = blocks(check_mitigation=True)
    assert result["ob_bullish"].to_list() == [None, None, False, False, True, False, False]
    row = result.row(4, named=True)
    assert (row["ob_top"], row["ob_bottom"], row["ob_volume"]) == (11.2, 9.2, 20)
    assert row["ob_strength"] == pytest.approx((0.5 + 1.0) / 2)
    assert result["ob_mitigated"].to_list() == [None, None, False, False, False, True, False]
    assert result["ob_bearish"].to_list() == [None, None, False, False, False, True, False]
    assert (result["ob_top"][5], result["ob_bottom"][5]) == (12.5, 10.8)


def test_order_block_parameters() -> None:
    """Too late, too little volume, or by bodies: as the parameters say."""
    assert blocks(lookback_periods=1)["ob_bullish"].sum() == 0
    assert blocks(min_volume_percentile=100)["ob_bullish"].sum() == 1
    bodies = blocks(use_wicks=False).row(3, named=True)
    assert (bodies["ob_bullish"], bodies["ob_top"], bodies["ob_bottom"]) == (True, 10.8, 9.8)


@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
def test_order_block_of_nan_is_null(column: str) -> None:
    """A bar with a NaN that confirms no earlier block is null, not False."""
    at = pl.int_range(pl.len())
    frame = blocks().select("open", "high", "low", "close", "volume")
    holed = frame.with_columns(pl.when(at == 3).then(math.nan).otherwise(column).alias(column))
    for case, expected in ((frame, False), (holed, None)):
        row = case.pipe(ORDERBLOCK, volume_period=2).row(3, named=True)
        assert (row["ob_bullish"], row["ob_bearish"]) == (expected, expected)


def test_order_block_volume_beyond_its_column() -> None:
    """A volume that no 64-bit integer holds is null; the block is told all the same."""
    result = blocks().drop("ob_bullish").with_columns(volume=pl.col("volume") * 1e300)
    result = result.pipe(ORDERBLOCK, volume_period=2)
    assert result["ob_bullish"][4] is True
    assert result["ob_volume"][4] is None


def test_waddah_attar_explosion() -> None:
    """The change of MACD, the band width and the scaled true range, as published."""
    frame = bars(300, seed=4)
    high, low, close = (frame[name].to_numpy() for name in ("high", "low", "close"))
    macd = talib.EMA(close, 20) - talib.EMA(close, 40)
    strength = 150.0 * np.diff(macd, prepend=np.nan)
    upper, _, lower = talib.BBANDS(close, 20, 2.0, 2.0, 0)
    dead = 3.6 * talib.ATR(high, low, close, 100)
    result = frame.pipe(WAE, strength=True)
    np.testing.assert_array_equal(result["wae_strength"][40:], strength[40:])
    np.testing.assert_array_equal(result["wae_explosion"][19:], (upper - lower)[19:])
    np.testing.assert_array_equal(result["wae_dead_zone"][100:], dead[100:])
    np.testing.assert_array_equal(result["wae_trend"][40:], np.sign(strength)[40:])
    bursts = (np.abs(strength) > upper - lower) & (upper - lower > dead)
    assert result["wae_bullish"][100:].to_list() == (bursts & (strength > 0))[100:].tolist()
    assert result["wae_bearish"][100:].to_list() == (bursts & (strength < 0))[100:].tolist()
    assert result["wae_trend"][:40].null_count() == 40
    assert result["wae_bullish"][:100].null_count() == 100


@settings(max_examples=60)
@given(
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 2**32 - 1),
    dt=st.sampled_from([0.01, 1.0, 10.0, 100.0, 1e4]),
    window=st.integers(2, 30),
)
def test_lorenz_is_bounded(kind: str, seed: int, dt: float, window: int) -> None:
    """No step size and no series drives the attractor away."""
    result = shaped(kind, 200, seed).pipe(LORENZ, window=window, dt=dt)
    known = result.select("lorenz_x", "lorenz_y", "lorenz_z").drop_nulls().to_numpy()
    assert known.size > 0
    assert np.abs(known).max() < 1_000.0


def test_lorenz_follows_the_flow() -> None:
    """Small steps at the classical coefficients agree with the differential equations."""
    from project_x_py.indicators._own import _lorenz_step

    h = 1e-5
    step = _lorenz_step(h)
    at = (1.0, 2.0, 20.0)
    (x, y, z), _ = step(at, (10.0, 28.0, 8.0 / 3.0))
    slope = ((x - at[0]) / h, (y - at[1]) / h, (z - at[2]) / h)
    assert slope == pytest.approx((10.0, 1.0 * (28.0 - 20.0) - 2.0, 2.0 - 160.0 / 3.0), rel=1e-2)


def test_lorenz_moves_and_starts_where_told() -> None:
    """Null for the window, then from the given point; the twin takes columns first."""
    frame = bars(400, seed=8)
    result = frame.pipe(LORENZ, 14, 1.0)
    assert result["lorenz_x"].is_null().arg_min() == 14
    assert result["lorenz_x"].std() > 0.1
    assert calculate_lorenz(frame, "close", "volume", 14, 1.0).equals(result)
    other = frame.pipe(LORENZ, initial_x=5.0)
    assert not other["lorenz_x"].equals(result["lorenz_x"])


def test_session_vwap_begins_anew_at_17_00_chicago() -> None:
    """Over a change of summer time, each trading day has its own average."""
    start = datetime(2026, 3, 5, 12, tzinfo=UTC)
    frame = bars(24 * 4 * 6, seed=6, minutes=15)
    assert frame["timestamp"][0] == start
    frame = frame.with_columns(
        day=pl.Series([day_start_ns(int(t.timestamp()) * 10**9) for t in frame["timestamp"]])
    )
    assert frame["day"].n_unique() == 7
    spans = np.diff(frame["day"].unique().sort().to_numpy()) / 3.6e12
    assert 23.0 in spans.tolist()
    typical = (pl.col("high") + pl.col("low") + pl.col("close")) / 3
    expected = frame.select(
        ((typical * pl.col("volume")).cum_sum() / pl.col("volume").cum_sum()).over("day")
    ).to_series()
    got = frame.pipe(VWAP_SESSION)["vwap_eth"]
    np.testing.assert_allclose(got.to_numpy(), expected.to_numpy(), rtol=1e-12)


def test_regular_session_vwap() -> None:
    """With session='rth' the sum begins at the newest regular open of the product."""
    frame = bars(24 * 4 * 5, seed=6, minutes=15)
    calendar = calendar_for("ES")
    opens = [calendar.last_regular_open_ns(int(t.timestamp()) * 10**9) for t in frame["timestamp"]]
    frame = frame.with_columns(open_ns=pl.Series(opens))
    typical = (pl.col("high") + pl.col("low") + pl.col("close")) / 3
    expected = frame.select(
        ((typical * pl.col("volume")).cum_sum() / pl.col("volume").cum_sum()).over("open_ns")
    ).to_series()
    got = frame.pipe(VWAP_SESSION, session="rth")["vwap_rth"]
    np.testing.assert_allclose(got.to_numpy(), expected.to_numpy(), rtol=1e-12)


def test_session_vwap_needs_time_order() -> None:
    """Rows out of time order are an error, not a wrong average."""
    with pytest.raises(IndicatorError, match="rows must be in time order"):
        bars(60).reverse().pipe(VWAP_SESSION)


def test_anchored_vwap() -> None:
    """Null before the first anchor, then from the newest one, that row included."""
    frame = pl.DataFrame(
        {
            "high": [3.0, 6.0, 9.0, 12.0, 15.0],
            "low": [3.0, 6.0, 9.0, 12.0, 15.0],
            "close": [3.0, 6.0, 9.0, 12.0, 15.0],
            "volume": [1, 1, 1, 3, 0],
            "anchor": [False, True, False, True, False],
        }
    )
    assert frame.pipe(VWAP_ANCHORED)["vwap_anchored"].to_list() == [None, 6.0, 7.5, 12.0, 12.0]


def test_sessions_from_an_earlier_row() -> None:
    """A frame that starts inside a session begins its sum there."""
    frame = bars(40, minutes=1)
    assert frame["timestamp"][-1] - frame["timestamp"][0] == timedelta(minutes=39)
    first = frame.pipe(VWAP_SESSION)["vwap_eth"][0]
    row = frame.row(0, named=True)
    assert first is None or math.isclose(first, (row["high"] + row["low"] + row["close"]) / 3)
