"""Bars and figures by trading session."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time

import polars as pl
import pytest
from tests.client.gateways import with_client
from tests.client.test_reads import _traded

from project_x_py.client import ProjectX, _sessions
from project_x_py.exceptions import ProjectXDataError
from project_x_py.sessions import SessionConfig, SessionTimes, SessionType
from project_x_py.simulator import SimulatedGateway

CLOSE = datetime(2026, 9, 1, 20, 30, tzinfo=UTC)
"""Half an hour after the regular close in New York, a Tuesday."""
FRIDAY_NS = 1_788_555_600 * 1_000_000_000
"""The close of Friday, 2026-09-04."""


def test_a_regular_day_has_three_hundred_and_ninety_minutes() -> None:
    """RTH bars begin at the open and end before the close; ETH is the whole trading day."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        regular = await client.get_session_bars("MNQ", session_type="RTH", days=1, partial=False)
        assert regular.height == 390
        times = regular["timestamp"].dt.strftime("%H:%M")
        assert (times[0], times[-1]) == ("08:30", "14:59")
        every = await client.get_session_bars("MNQ", days=1, partial=False)
        whole = await client.get_session_bars("MNQ", session_type="ETH", days=1, partial=False)
        assert regular.height < whole.height <= every.height
        quarters = await client.get_session_bars("MNQ", "15min", "RTH", partial=False)
        assert quarters.height == 26

        config = SessionConfig(session_type=SessionType.RTH)
        assert (await client.get_session_bars("MNQ", session_config=config)).height == 390
        by_member = await client.get_session_bars("MNQ", session_type=SessionType.RTH)
        assert by_member.equals(regular)

    with_client(use, start=CLOSE)


def test_a_users_own_hours_count() -> None:
    """Hours of ``product_sessions`` are what RTH and CUSTOM mean, on the clock that they name."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        morning = {"MNQ": SessionTimes(time(10, 0), time(11, 0))}
        for kind in (SessionType.RTH, SessionType.CUSTOM):
            config = SessionConfig(session_type=kind, product_sessions=morning)
            bars = await client.get_session_bars("MNQ", session_config=config, partial=False)
            times = bars["timestamp"].dt.strftime("%H:%M")
            assert (bars.height, times[0], times[-1]) == (60, "09:00", "09:59")
        both = await client.get_session_bars("MNQ", "1min", "ETH", config, partial=False)
        assert both.height > 390

    with_client(use, start=CLOSE)


def test_what_has_no_known_hours_is_refused_before_anything_is_asked() -> None:
    """CUSTOM without hours and a product in no table are the caller's mistakes, not index hours."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        asked = client.get_performance_stats()["api_calls"]
        with pytest.raises(ProjectXDataError, match="CUSTOM needs hours for MNQ"):
            await client.get_session_bars("MNQ", session_type="CUSTOM")
        with pytest.raises(ProjectXDataError, match="no sessions are known for 'XYZ'"):
            await client.get_session_bars("XYZ", session_type="RTH")
        assert client.get_performance_stats()["api_calls"] == asked

    with_client(use, start=CLOSE)
    with pytest.raises(ProjectXDataError, match="no sessions are known"):
        _sessions.is_open("CON.F.US.XYZ.Z26", None, FRIDAY_NS)


def test_unknown_sessions_and_timeframes_are_refused() -> None:
    """A wrong name is answered with the right ones, never with another timeframe."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        asked = client.get_performance_stats()["api_calls"]
        with pytest.raises(ValueError, match="5min"):
            await client.get_session_bars("MNQ", "5mins")
        with pytest.raises(ProjectXDataError, match="ETH, RTH, CUSTOM"):
            await client.get_session_bars("MNQ", session_type="LUNCH")
        with pytest.raises(ProjectXDataError, match="price_levels"):
            await client.get_session_volume_profile("MNQ", price_levels=0)
        assert client.get_performance_stats()["api_calls"] == asked

    with_client(use, start=CLOSE)


def test_figures_of_a_session_add_up() -> None:
    """High, low, volume, profile and flow are those of the session's own minutes."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        bars = await client.get_session_bars("MNQ", session_type="RTH")
        volume = int(bars["volume"].sum())
        figures = await client.get_session_statistics("MNQ", "RTH")
        assert figures["session_high"] == bars["high"].max()
        assert figures["session_low"] == bars["low"].min()
        assert figures["session_volume"] == volume
        assert figures["session_range"] == figures["session_high"] - figures["session_low"]
        assert figures["session_low"] < figures["session_vwap"] < figures["session_high"]
        profile = await client.get_session_volume_profile("MNQ", "RTH", price_levels=25)
        assert len(profile["price_level"]) == len(profile["volume"]) == 25
        assert sum(profile["volume"]) == pytest.approx(volume)
        assert profile["session_type"] == "RTH"
        assert profile["price_level"] == sorted(profile["price_level"])
        flow = await client.get_session_order_flow("MNQ", "RTH")
        assert flow["total_volume"] == volume
        assert flow["buy_volume"] - flow["sell_volume"] == flow["net_delta"]

    with_client(use, start=CLOSE)


def test_a_session_without_bars_says_so() -> None:
    """Nothing traded: no figures but a volume of zero, an empty profile, no flow."""
    empty = pl.DataFrame(
        schema={
            "timestamp": pl.Datetime("us", "UTC"), "open": pl.Float64, "high": pl.Float64,
            "low": pl.Float64, "close": pl.Float64, "volume": pl.Int64,
        }
    )  # fmt: skip
    assert _sessions.profile_of(empty, None, 5)["volume"] == []
    assert _sessions.order_flow(empty)["total_volume"] == 0
    assert _sessions.in_session(empty, "MNQ", SessionType.RTH, None).height == 0

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        figures = await client.get_session_statistics("MNQ", "RTH", days=0.01)
        assert figures.pop("session_volume") == 0
        assert set(figures.values()) == {None}
        assert len(figures) == 4

    with_client(use, start=CLOSE)


def test_whether_and_when_a_session_is_on() -> None:
    """After the regular close RTH is over and ETH goes on; the next RTH is tomorrow's."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        assert not await client.is_session_open("MNQ", "RTH")
        assert await client.is_session_open("MNQ")
        assert await client.get_next_session_open("MNQ", "RTH") == datetime(
            2026, 9, 2, 13, 30, tzinfo=UTC
        )
        assert await client.get_next_session_open("MNQ") == datetime(2026, 9, 1, 22, 0, tzinfo=UTC)
        hours = await client.get_session_market_hours("MNQ")
        assert hours["RTH"] == {"open": "09:30", "close": "16:00", "timezone": "America/New_York"}
        assert hours["ETH"] == {"open": "18:00", "close": "17:00", "timezone": "America/New_York"}

    with_client(use, start=CLOSE)


def test_after_a_weekend_comes_sunday_evening() -> None:
    """From Friday's close the next session begins on Sunday, the next regular one on Monday."""
    assert _sessions.next_open("ES", None, FRIDAY_NS) == datetime(2026, 9, 6, 22, 0, tzinfo=UTC)
    regular = _sessions.next_open("ES", "RTH", FRIDAY_NS)
    assert regular is not None
    assert regular.strftime("%A") in ("Monday", "Tuesday")
    assert not _sessions.is_open("ES", None, FRIDAY_NS)


def test_own_trades_of_a_session() -> None:
    """Executions after the regular close belong to ETH, not to RTH."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        await asyncio.sleep(1)
        await _traded(client, 0)
        assert await client.get_session_trades("MNQ", "RTH") == []
        (trade,) = await client.get_session_trades("MNQ", "ETH")
        assert trade["size"] == 1
        assert await client.get_session_trades("MNQ", limit=1) == [trade]

    with_client(use, start=datetime(2026, 9, 1, 20, 5, tzinfo=UTC))
