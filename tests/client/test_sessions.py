"""Bars and figures by trading session."""

from __future__ import annotations

import asyncio
import enum
from datetime import UTC, datetime

import polars as pl
import pytest
from tests.client.gateways import with_client
from tests.client.test_reads import _traded

from project_x_py.client import ProjectX, _sessions
from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator import SimulatedGateway

CLOSE = datetime(2026, 9, 1, 20, 30, tzinfo=UTC)
"""Half an hour after the regular close in New York, a Tuesday."""


class SessionType(enum.Enum):
    """An enumeration whose members compare equal to their text, as the documented one's do."""

    RTH = "RTH"

    def __eq__(self, other: object) -> bool:
        return other == "RTH"

    def __hash__(self) -> int:
        return hash("RTH")


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

        class Config:
            session_type = "RTH"

        assert (await client.get_session_bars("MNQ", session_config=Config())).height == 390
        by_member = await client.get_session_bars("MNQ", session_type=SessionType.RTH)  # type: ignore[arg-type]
        assert by_member.equals(regular)

    with_client(use, start=CLOSE)


def test_unknown_sessions_and_timeframes_are_refused() -> None:
    """A wrong name is answered with the right ones, never with another timeframe."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        with pytest.raises(ValueError, match="5min"):
            await client.get_session_bars("MNQ", "5mins")
        with pytest.raises(ProjectXDataError, match="'RTH' and 'ETH'"):
            await client.get_session_bars("MNQ", session_type="LUNCH")
        with pytest.raises(ProjectXDataError, match="price_levels"):
            await client.get_session_volume_profile("MNQ", price_levels=0)

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
    figures = _sessions.statistics(empty)
    assert figures.pop("session_volume") == 0
    assert set(figures.values()) == {None}
    assert _sessions.volume_profile(empty, None, 5)["volume"] == []
    assert _sessions.order_flow(empty)["total_volume"] == 0
    assert _sessions.in_session(empty, "MNQ", "RTH").height == 0


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

    friday = 1_788_555_600 * 1_000_000_000
    assert _sessions.next_open("ES", None, friday) == datetime(2026, 9, 6, 22, 0, tzinfo=UTC)
    regular = _sessions.next_open("ES", "RTH", friday)
    assert regular is not None
    assert regular.strftime("%A") in ("Monday", "Tuesday")
    assert not _sessions.is_open("ES", None, friday)


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
