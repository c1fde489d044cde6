"""A suite as its user sees it, on a simulated gateway in virtual time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
from tests.suites import login, simulated_suite

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventType
from project_x_py.exceptions import ProjectXAuthenticationError, ProjectXError
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import Features, TradingSuite

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def _collector(events: list[Event]) -> Callable[[Event], Coroutine[Any, Any, None]]:
    async def collect(event: Event) -> None:
        events.append(event)

    return collect


def _others() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def test_create_connects_and_streams() -> None:
    """After create the suite is connected, and bars, quotes and prices flow."""

    async def main() -> None:
        async with simulated_suite("MNQ", timeframes=["15sec", "1min"], initial_days=1) as (
            _,
            suite,
        ):
            assert suite.is_connected
            assert suite.realtime_client.is_connected()
            bars: list[Event] = []
            await suite["MNQ"].on(EventType.NEW_BAR, _collector(bars))
            await asyncio.sleep(40)
            assert {event.data["timeframe"] for event in bars} >= {"15sec"}
            price = await suite["MNQ"].data.get_current_price()
            assert price is not None
            frame = await suite.data.get_data("1min")
            assert frame is not None
            assert frame["close"][-1] == price
            assert await suite.data.get_health_score() == 100

    run_virtual(main())


@pytest.mark.checklist(178, 179, 180)
def test_the_suite_is_a_mapping_of_contexts() -> None:
    """Symbols lead to contexts; an unknown one is refused with what there is."""

    async def main() -> None:
        async with simulated_suite("MNQ", "ES", timeframes=["15sec"]) as (_, suite):
            assert list(suite) == ["MNQ", "ES"]
            assert list(suite.keys()) == ["MNQ", "ES"]
            assert len(suite) == 2
            assert "ES" in suite
            assert "GC" not in suite
            assert [context.symbol for context in suite.values()] == ["MNQ", "ES"]
            assert dict(suite.items())["ES"].instrument.symbolId == "F.US.EP"
            assert suite["MNQ"].instrument is suite["MNQ"].instrument_info
            with pytest.raises(KeyError, match="MNQ"):
                suite["MNQQ"]
            with pytest.raises(AttributeError, match="suite\\['ES'\\]"):
                _ = suite.data
            assert suite.instrument is None

    run_virtual(main())


@pytest.mark.checklist(52, 53, 188)
def test_one_symbol_as_text() -> None:
    """A single instrument may be given as text, and its parts are the suite's."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            suite = await TradingSuite.create("MNQ", timeframes=["1min"], **login(gateway))
            assert suite.is_connected
            assert suite.realtime_client is suite.realtime
            assert suite.symbol == "MNQ"
            assert suite.instrument is suite["MNQ"].instrument_info
            assert suite.instrument_id == suite["MNQ"].instrument_info.id
            assert suite.data is suite["MNQ"].data
            assert suite.orderbook is None
            await suite.disconnect()

    run_virtual(main())


@pytest.mark.checklist(58, 59)
def test_documented_keywords() -> None:
    """``instrument``, ``features`` and ``timezone_str`` are taken, and act."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            suite = await TradingSuite.create(
                instrument="MNQ",
                features=["orderbook", Features.AUTO_RECONNECT],
                timezone_str="Europe/Berlin",
                **login(gateway),
            )
            await asyncio.sleep(5)
            assert suite.orderbook is not None
            snapshot = await suite.orderbook.get_orderbook_snapshot()
            assert snapshot["best_bid"] < snapshot["best_ask"]
            assert str(snapshot["timestamp"].tzinfo) == "Europe/Berlin"
            frame = await suite.data.get_data("5min")
            assert frame is not None
            assert str(frame["timestamp"].dtype.time_zone) == "Europe/Berlin"  # type: ignore[attr-defined]
            await suite.disconnect()

    run_virtual(main())


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({}, ValueError, "instrument"),
        ({"instruments": []}, ValueError, "instrument"),
        ({"instruments": "MNQ", "timeframes": ["1mn"]}, ValueError, "1min"),
        ({"instruments": "MNQ", "timeframes": []}, ValueError, "timeframe"),
        ({"instruments": "MNQ", "features": ["orderbok"]}, ValueError, "orderbook"),
        ({"instruments": "MNQ", "timzone": "UTC"}, TypeError, "timezone"),
        ({"instruments": "MNQ", "timezone": "Mars/Base"}, ValueError, "Mars/Base"),
        ({"instruments": "MNQ", "initial_days": 0}, ValueError, "initial_days"),
        ({"instruments": "MNQ", "initial_days": 1e9}, ValueError, "initial_days must be at most"),
        ({"instruments": "MNQ", "config": {}}, TypeError, "config must be a ProjectXConfig"),
        ({"instruments": "MNQ", "username": 5}, TypeError, "username must be a text, not a int"),
        ({"instruments": "MNQ", "api_key": b"k"}, TypeError, "api_key must be a text"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(
    arguments: dict[str, Any], error: type[Exception], match: str
) -> None:
    """A wrong argument is named, with what may have been meant, and nothing is opened."""
    with pytest.raises(error, match=match):
        run_virtual(TradingSuite.create(**arguments))


def test_without_credentials_the_way_out_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """The error names the variables and the command that needs no account."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "PROJECT_X_USERNAME",
        "PROJECT_X_API_KEY",
        "PROJECTX_USERNAME",
        "PROJECTX_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="projectx run") as caught:
        run_virtual(TradingSuite.create("MNQ"))
    assert "PROJECT_X_API_KEY" in str(caught.value)
    assert "PROJECT_X_USERNAME" in str(caught.value)
    with pytest.raises(ValueError, match="username is given without api_key; no cred"):
        run_virtual(TradingSuite.create("MNQ", username="trader"))


def test_a_failed_creation_leaves_nothing_behind() -> None:
    """Wrong key, unknown symbol, dead hub: an error, and no task and no socket left."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            before = _others()
            keywords = login(gateway)
            with pytest.raises(ProjectXAuthenticationError):
                await TradingSuite.create("MNQ", **{**keywords, "api_key": "wrong-key-altogether"})
            with pytest.raises(ProjectXError, match="MNQ"):
                await TradingSuite.create(["MNQ", "MNQQ"], **keywords)
            gateway.faults.refuse_next(500, times=99, route="/hubs/market")
            with pytest.raises(ProjectXError, match=r"hubs .* /hubs/market: .* HTTP 500"):
                await TradingSuite.create("MNQ", **keywords)
            assert _others() == before

    run_virtual(main())


@pytest.mark.parametrize("names", [["MNQ", "mnq"], ["MNQ", "F.US.MNQ"]])
def test_one_contract_by_two_names_is_refused(names: list[str]) -> None:
    """Its events would come twice; the refusal names both and leaves nothing behind."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True, instruments=["MNQ"]) as gateway:
            before = _others()
            with pytest.raises(ValueError, match=f"{names[0]}' and '{names[1]}' are the same"):
                await TradingSuite.create(names, **login(gateway))
            assert _others() == before

    run_virtual(main())


def test_a_closed_suite_says_that_it_cannot_flatten() -> None:
    """Nothing can be sent any more, and the error says why, not which task could not start."""

    async def main() -> None:
        async with simulated_suite(initial_days=1) as (_, suite):
            await suite.disconnect()
            with pytest.raises(RuntimeError, match="the suite is closed"):
                await suite.flatten()

    run_virtual(main())


@pytest.mark.checklist(60, 187)
def test_disconnect_leaves_nothing_behind() -> None:
    """Disconnect ends every task of the suite, twice is once, and reads still work."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            before = _others()
            suite = await TradingSuite.create("MNQ", features=["orderbook"], **login(gateway))
            await suite.on(EventType.QUOTE_UPDATE, _collector([]))
            await asyncio.sleep(5)
            await suite.disconnect()
            await suite.disconnect()
            assert not suite.is_connected
            assert _others() == before
            assert await suite.data.get_current_price() is not None
            assert await suite.data.get_health_score() == 0

    run_virtual(main())


def test_disconnect_within_a_handler() -> None:
    """A handler may end the suite that called it."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            suite = await TradingSuite.create("MNQ", timeframes=["1sec"], **login(gateway))
            done = asyncio.Event()

            async def stop(event: Event) -> None:
                await suite.disconnect()
                done.set()

            await suite.on(EventType.NEW_BAR, stop)
            async with asyncio.timeout(60):
                await done.wait()
            assert not suite.is_connected

    run_virtual(main())


@pytest.mark.parametrize("at", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55])
def test_creation_may_be_cancelled_at_any_moment(at: int) -> None:
    """However far creation has come, its cancellation leaves no task."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            before = _others()
            async with asyncio.TaskGroup() as group:
                creation = group.create_task(
                    TradingSuite.create(["MNQ"], features=["orderbook"], **login(gateway))
                )
                for _ in range(at):
                    await asyncio.sleep(0)
                creation.cancel()
            if not creation.cancelled():
                await creation.result().disconnect()
            assert _others() == before

    run_virtual(main())


def test_a_suite_that_is_left_open_lets_go_at_the_end_of_the_loop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """When the loop ends without disconnect, tasks end and nothing is logged as an error."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            await TradingSuite.create("MNQ", **login(gateway))
            await asyncio.sleep(3)

    with caplog.at_level(logging.WARNING):
        run_virtual(main())
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.checklist(183)
def test_connection_events_reach_suite_and_contexts() -> None:
    """CONNECTED and DISCONNECTED come once per handler, on the suite and on every context."""

    async def main() -> None:
        async with simulated_suite("MNQ", "ES", timeframes=["1min"]) as (gateway, suite):
            seen: dict[str, list[Event]] = {"suite": [], "MNQ": [], "ES": []}
            for event in (EventType.CONNECTED, EventType.DISCONNECTED):
                await suite.on(event, _collector(seen["suite"]))
                for symbol in ("MNQ", "ES"):
                    await suite[symbol].on(event, _collector(seen[symbol]))
            gateway.faults.drop_connections("market")
            await asyncio.sleep(10)
            assert suite.is_connected
            for events in seen.values():
                market = [event for event in events if event.data["hub"] == "market"]
                assert [event.data["connected"] for event in market] == [False, True]

    run_virtual(main())


def test_disconnected_is_the_last_event() -> None:
    """After the DISCONNECTED events of a disconnect nothing more is delivered."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            suite = await TradingSuite.create("MNQ", **login(gateway))
            events: list[Event] = []
            suite.events.on_any(_collector(events))
            await asyncio.sleep(3)
            await suite.disconnect()
            assert events[-1].type is EventType.DISCONNECTED
            assert events[-1].data["connected"] is False

    run_virtual(main())


def test_the_suite_bus_gets_every_event_of_every_context_once() -> None:
    """Events carry their instrument, and the suite's bus gets each once."""

    async def main() -> None:
        async with simulated_suite("MNQ", "ES", timeframes=["1min"]) as (_, suite):
            own: list[Event] = []
            everything: list[Event] = []
            for context in suite.values():
                await context.on(EventType.TRADE_TICK, _collector(own))
            await suite.on(EventType.TRADE_TICK, _collector(everything))
            await asyncio.sleep(5)
            assert {event.data["symbol"] for event in everything} == {"MNQ", "ES"}
            assert sorted(map(id, own)) == sorted(map(id, everything))

    run_virtual(main())


def test_auto_connect_may_be_left_out() -> None:
    """Without auto_connect the history is there and the stream begins with connect."""

    async def main() -> None:
        async with SimulatedGateway(in_process=True) as gateway:
            suite = await TradingSuite.create("MNQ", auto_connect=False, **login(gateway))
            assert not suite.is_connected
            assert await suite.data.get_current_price() is not None
            async with suite:
                assert suite.is_connected
            assert not suite.is_connected

    run_virtual(main())


def test_the_start_is_one_line_per_instrument(caplog: pytest.LogCaptureFixture) -> None:
    """The log says account, simulated or live, contract, session and its next turn."""

    async def main() -> None:
        async with simulated_suite("MNQ"):
            pass

    with caplog.at_level(logging.INFO, logger="project_x_py.trading_suite"):
        run_virtual(main())
    (line,) = [r.getMessage() for r in caplog.records if "trading_suite" in r.name]
    for part in ("MNQ", "CON.F.US.MNQ", "simulated", "market open", "closes"):
        assert part in line
