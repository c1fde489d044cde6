"""A suite's session configuration, from ``create`` to its reads."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.sessions import SessionConfig, SessionTimes, SessionType, filter_session
from project_x_py.trading_suite import TradingSuiteConfig

START = datetime(2026, 9, 1, 15, tzinfo=UTC)


@in_virtual_time
async def test_the_sessions_of_a_suite_are_those_it_was_given() -> None:
    """Reads without a session take the configuration's; the other is there by name."""
    async with simulated_suite(
        "MNQ",
        gateway={"start": START},
        timeframes=["5min"],
        initial_days=4,
        session_config=SessionConfig("RTH"),  # type: ignore[arg-type]
    ) as (_, suite):
        data = suite["MNQ"].data
        bars = await data.get_data("5min")
        assert bars is not None
        regular = await data.get_session_data("5min")
        electronic = await data.get_session_data("5min", SessionType.ETH)
        assert regular is not None
        assert electronic is not None
        assert regular.equals(filter_session(bars, "RTH", "MNQ"))
        assert electronic.equals(bars)
        assert 0 < regular.height < electronic.height
        clocks = regular["timestamp"].dt.convert_time_zone("America/Chicago").dt.time()
        assert clocks.min() == time(8, 30)
        assert clocks.max() <= time(14, 55)  # type: ignore[operator]


def test_hours_of_a_users_reach_the_reads() -> None:
    """The hours of ``product_sessions`` are those of the reads, on their own clock."""
    config = SessionConfig(
        SessionType.RTH,
        "America/Chicago",
        product_sessions={"ES": SessionTimes(time(9), time(10))},
    )

    async def main() -> None:
        async with simulated_suite(
            "ES",
            gateway={"start": START},
            timeframes=["1min"],
            initial_days=1,
            session_config=config,
        ) as (_, suite):
            kept = await suite["ES"].data.get_session_data("1min")
            assert kept is not None
            assert 0 < kept.height <= 60
            hours = kept["timestamp"].dt.convert_time_zone("America/Chicago").dt.hour()
            assert set(hours) == {9}
            await suite["ES"].data.set_session_type("CUSTOM")
            assert (await suite["ES"].data.get_session_data("1min")).equals(kept)  # type: ignore[union-attr]

    run_virtual(main())


@in_virtual_time
async def test_the_exchanges_electronic_session_is_the_default() -> None:
    """Without a configuration a session read has all bars; CUSTOM asks for hours."""
    async with simulated_suite(
        "MNQ", gateway={"start": START}, timeframes=["5min"], initial_days=1
    ) as (_, suite):
        data = suite["MNQ"].data
        bars = await data.get_data("5min")
        kept = await data.get_session_data("5min")
        assert bars is not None
        assert kept is not None
        assert kept.equals(bars)
        with pytest.raises(ValueError, match="CUSTOM needs hours"):
            await data.get_session_data("5min", "CUSTOM")


@in_virtual_time
async def test_a_suite_reads_sessions_of_all_its_instruments() -> None:
    """Several instruments give a mapping, and a session set for the suite is set for each."""
    async with simulated_suite(
        "MNQ", "MGC", gateway={"start": START}, timeframes=["5min"], initial_days=2
    ) as (_, suite):
        electronic = await suite.get_session_data("5min")
        assert list(electronic) == ["MNQ", "MGC"]
        await suite.set_session_type("rth")
        regular = await suite.get_session_data("5min")
        for symbol, opens in (("MNQ", time(8, 30)), ("MGC", time(7, 20))):
            assert regular[symbol].height < electronic[symbol].height
            clocks = regular[symbol]["timestamp"].dt.convert_time_zone("America/Chicago")
            assert clocks.dt.time().min() == opens
        figures = await suite.get_session_statistics("5min")
        assert figures["MGC"]["rth_volume"] == regular["MGC"]["volume"].sum()
        with pytest.raises(ValueError, match="unknown session type 'LUNCH'"):
            await suite.set_session_type("LUNCH")
        assert (await suite.get_session_data("5min"))["MNQ"].equals(regular["MNQ"])


@in_virtual_time
async def test_a_suite_of_one_reads_its_sessions() -> None:
    """One instrument gives the frame and the figures themselves."""
    async with simulated_suite(
        "MNQ",
        gateway={"start": START},
        timeframes=["5min"],
        initial_days=2,
        session_config=SessionConfig(SessionType.RTH),
    ) as (_, suite):
        regular = await suite.get_session_data("5min")
        assert regular.equals(await suite["MNQ"].data.get_session_data("5min", "RTH"))
        figures = await suite.get_session_statistics("5min")
        assert figures["rth_bars"] == regular.height
        assert figures["rth_volume"] <= figures["eth_volume"]


def test_anything_but_a_session_configuration_is_refused() -> None:
    """A text or a mapping in its place is told before anything is sent."""
    for wrong in ("RTH", {"session_type": "RTH"}, SessionType.RTH):
        with pytest.raises(TypeError, match="session_config must be a SessionConfig"):
            TradingSuiteConfig(["MNQ"], session_config=wrong)  # type: ignore[arg-type]
