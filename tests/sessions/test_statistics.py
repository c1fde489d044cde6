"""Figures of sessions."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from tests.sessions.bars import at, bars, minute_bars

from project_x_py.exceptions import ProjectXDataError
from project_x_py.sessions import (
    SessionAnalytics,
    SessionConfig,
    SessionStatistics,
    SessionTimes,
    SessionType,
    session_summary,
)

KINDS = ("rth", "eth", "overnight")


@pytest.fixture(scope="module")
def walk() -> pl.DataFrame:
    """Three trade dates and a part of a fourth around the clock."""
    return minute_bars("2024-07-08 17:00", 3 * 24 + 8, seed=3, every=3)


def by_kind(data: pl.DataFrame) -> dict[str, dict[date, list[dict[str, Any]]]]:
    """The rows of each kind of session by trade date, taken one by one."""
    sessions = SessionConfig().sessions_of("ES")
    found: dict[str, dict[date, list[dict[str, Any]]]] = {kind: defaultdict(list) for kind in KINDS}
    for row in data.iter_rows(named=True):
        moment = row["timestamp"]
        day = moment.date() if moment.hour < 17 else date.fromordinal(moment.toordinal() + 1)
        if sessions.is_open_at(moment, "ETH"):
            found["eth"][day].append(row)
            regular = sessions.is_open_at(moment, "RTH")
            found["rth" if regular else "overnight"][day].append(row)
    return found


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


async def test_totals_are_those_of_a_plain_loop(walk: pl.DataFrame) -> None:
    """Volume, high, low, range and the VWAP of typical prices, per kind of session."""
    stats = await SessionStatistics().calculate_session_stats(walk, "ES")
    for kind, days in by_kind(walk).items():
        rows = [row for part in days.values() for row in part]
        volume = sum(row["volume"] for row in rows)
        traded = sum((row["high"] + row["low"] + row["close"]) / 3 * row["volume"] for row in rows)
        high, low = max(row["high"] for row in rows), min(row["low"] for row in rows)
        assert stats[f"{kind}_volume"] == volume
        assert stats[f"{kind}_vwap"] == pytest.approx(traded / volume)
        assert (stats[f"{kind}_high"], stats[f"{kind}_low"]) == (high, low)
        assert stats[f"{kind}_range"] == high - low
    assert stats["rth_volume"] + stats["overnight_volume"] == stats["eth_volume"]


async def test_comparison_volatility_and_efficiency_are_those_of_a_plain_loop(
    walk: pl.DataFrame,
) -> None:
    """Averages over the trade dates of what each session did."""
    analytics = SessionAnalytics()
    compared = await analytics.compare_sessions(walk, "MNQU4")
    volatility = await analytics.analyze_session_volatility(walk, "MNQU4")
    efficiency = await analytics.calculate_efficiency_metrics(walk, "MNQU4")
    for kind, days in by_kind(walk).items():
        parts = list(days.values())
        ranges = [max(r["high"] for r in part) - min(r["low"] for r in part) for part in parts]
        moves = [part[-1]["close"] - part[0]["open"] for part in parts]
        volumes = [sum(row["volume"] for row in part) for part in parts]
        closes = [[part[0]["open"], *(row["close"] for row in part)] for part in parts]
        steps = [list(pairwise(path)) for path in closes]
        paths = [sum(abs(b - a) for a, b in pairs) for pairs in steps]
        realised = [100 * math.sqrt(sum(math.log(b / a) ** 2 for a, b in pairs)) for pairs in steps]
        side = compared[kind]
        assert side["sessions"] == len(parts)
        assert side["volume"] == sum(volumes)
        assert side["average_volume"] == pytest.approx(mean(volumes))
        assert side["average_range"] == pytest.approx(mean(ranges))
        assert side["average_move"] == pytest.approx(mean(moves))
        assert volatility[f"{kind}_volatility"] == pytest.approx(mean(realised))
        assert volatility[f"{kind}_average_range"] == pytest.approx(mean(ranges))
        direct = [abs(move) / path for move, path in zip(moves, paths, strict=True)]
        assert efficiency[f"{kind}_efficiency"] == pytest.approx(mean(direct))
        assert efficiency[f"{kind}_volume_per_point"] == pytest.approx(sum(volumes) / sum(ranges))
    ratio = compared["rth"]["volume"] / compared["eth"]["volume"]
    assert compared["rth_vs_eth_volume_ratio"] == pytest.approx(ratio)
    assert volatility["volatility_ratio"] == pytest.approx(
        volatility["rth_volatility"] / volatility["overnight_volatility"]
    )


async def test_gaps_between_regular_sessions() -> None:
    """Each open against the close before, over a weekend and a holiday; filled or not."""
    data = bars(
        ("2024-07-02 14:59", 100, 100, 100, 100, 1),
        ("2024-07-02 15:30", 200, 200, 200, 200, 1),
        ("2024-07-03 08:30", 104, 105, 101, 102, 1),
        ("2024-07-03 12:14", 102, 102, 102, 102, 1),
        ("2024-07-04 10:00", 50, 50, 50, 50, 1),
        ("2024-07-05 08:30", 100, 103, 99, 101, 1),
        ("2024-07-08 08:30", 101, 101, 101, 101, 1),
    )
    found = await SessionAnalytics().analyze_session_gaps(data, "ES")
    assert [gap["gap"] for gap in found["gaps"]] == [4.0, -2.0, 0.0]
    assert [gap["filled"] for gap in found["gaps"]] == [False, True, True]
    assert found["gaps"][1]["trade_date"] == date(2024, 7, 5)
    assert found["gaps"][0]["gap_percent"] == 4.0
    assert (found["count"], found["up"], found["down"]) == (3, 1, 1)
    assert found["average_gap"] == 2.0
    assert found["largest_gap"] == 4.0
    assert found["fill_rate"] == 0.5


async def test_the_profile_is_of_the_configurations_session(walk: pl.DataFrame) -> None:
    """Its volume is that of the session, and its keys are the documented ones."""
    stats = await SessionStatistics().calculate_session_stats(walk, "ES")
    for kind in (SessionType.RTH, SessionType.ETH):
        analytics = SessionAnalytics(SessionConfig(session_type=kind))
        profile = await analytics.get_session_volume_profile(walk, "ES", 20)
        assert profile["session_type"] == kind.value
        assert len(profile["price_level"]) == len(profile["volume"]) == 20
        assert sum(profile["volume"]) == pytest.approx(stats[f"{kind.value.lower()}_volume"])
        assert profile["total_volume"] == pytest.approx(sum(profile["volume"]))
        assert profile["value_area_low"] <= profile["poc"] <= profile["value_area_high"]


async def test_hours_of_a_users_count(walk: pl.DataFrame) -> None:
    """A configuration's own hours decide what is regular."""
    hours = SessionTimes(at("2024-07-01 10:00").time(), at("2024-07-01 11:00").time())
    config = SessionConfig(market_timezone="America/Chicago", product_sessions={"ES": hours})
    stats = await SessionStatistics(config).calculate_session_stats(walk, "ES")
    inside = walk.filter(pl.col("timestamp").dt.hour() == 10)
    assert stats["rth_volume"] == inside["volume"].sum()
    assert session_summary(walk, "ES", "RTH", config)["session_high"] == inside["high"].max()


async def test_nothing_traded_is_told_as_such() -> None:
    """Without bars volumes are 0, and prices, averages and ratios are None."""
    stats = await SessionStatistics().calculate_session_stats(bars(), "ES")
    counts = ("volume", "bars")
    assert {value for name, value in stats.items() if name.endswith(counts)} == {0}
    assert {value for name, value in stats.items() if not name.endswith(counts)} == {None}
    analytics = SessionAnalytics()
    compared = await analytics.compare_sessions(bars(), "ES")
    assert compared["rth"]["sessions"] == 0
    assert compared["rth_vs_eth_volume_ratio"] is None
    gaps = await analytics.analyze_session_gaps(bars(), "ES")
    assert (gaps["gaps"], gaps["count"], gaps["largest_gap"], gaps["fill_rate"]) == (
        [],
        0,
        None,
        None,
    )
    assert (await analytics.analyze_session_volatility(bars(), "ES"))["rth_volatility"] is None
    assert (await analytics.calculate_efficiency_metrics(bars(), "ES"))["eth_efficiency"] is None
    profile = await analytics.get_session_volume_profile(bars(), "ES")
    assert (profile["price_level"], profile["poc"]) == ([], None)
    assert session_summary(bars(), "ES")["session_vwap"] is None


async def test_prices_that_have_no_logarithm() -> None:
    """Steps to and from zero or below leave no return behind, and no NaN."""
    data = bars(
        ("2020-04-20 13:00", 5, 5, -38, -37, 5),
        ("2020-04-20 13:01", -37, -30, -40, -30, 5),
    )
    found = await SessionAnalytics().analyze_session_volatility(data, "CL")
    assert found["rth_volatility"] == 0.0


@pytest.mark.parametrize("product", ["XX", ""])
async def test_an_unknown_product_is_refused(walk: pl.DataFrame, product: str) -> None:
    """Each figure names the product that it does not know."""
    analytics = SessionAnalytics()
    for ask in (
        SessionStatistics().calculate_session_stats,
        analytics.compare_sessions,
        analytics.analyze_session_gaps,
        analytics.analyze_session_volatility,
        analytics.calculate_efficiency_metrics,
        analytics.get_session_volume_profile,
    ):
        with pytest.raises(ValueError, match="no sessions are known"):
            await ask(walk, product)
        with pytest.raises(ProjectXDataError, match="no column"):
            await ask(walk.drop("high"), "ES")
