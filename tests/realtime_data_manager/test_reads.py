"""Reads are atomic snapshots, callable from anywhere."""

from __future__ import annotations

import asyncio
import inspect
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.time import NS
from project_x_py.event_bus import Event, EventType
from project_x_py.realtime_data_manager import RealtimeDataManager
from project_x_py.sessions import (
    SessionConfig,
    SessionStatistics,
    SessionTimes,
    SessionType,
    session_totals,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MARKET = (
    EventType.NEW_BAR,
    EventType.BAR_CLOSED,
    EventType.DATA_UPDATE,
    EventType.QUOTE_UPDATE,
    EventType.TRADE_TICK,
    EventType.WARNING,
    EventType.MARKET_DEPTH_UPDATE,
)
READS = sorted(
    name
    for name, member in inspect.getmembers(RealtimeDataManager, callable)
    if name.startswith(("get_", "is_data"))
)
ARGUMENTS: dict[str, Callable[[RealtimeDataManager], tuple[Any, ...]]] = {
    "get_dst_transition_dates": lambda data: (2026,),
    "get_next_valid_bar_time": lambda data: (data._dst._now(), "1min"),
    "get_bars_since": lambda data: (data._dst._now(), "1sec"),
    "get_session_data": lambda data: ("1sec", "RTH"),
    "get_session_statistics": lambda data: ("1sec",),
    "get_latest_bars": lambda data: (3, "1sec"),
    "get_price_range": lambda data: (3, "1sec"),
    "get_volume_stats": lambda data: (3, "1sec"),
    "get_combined_data": lambda data: ("1sec", data._dst._now(), data._dst._now()),
}
WITH_TIMEFRAME = (
    *("get_data", "get_ohlc", "get_data_or_none", "get_bar_marks"),
    *("get_historical_data", "get_total_data_count"),
)


async def _call(data: RealtimeDataManager, name: str) -> Any:
    arguments = ARGUMENTS[name](data) if name in ARGUMENTS else ()
    if name in WITH_TIMEFRAME:
        arguments = ("1sec",)
    found = getattr(data, name)(*arguments)
    return await found if inspect.isawaitable(found) else found


@pytest.mark.checklist(195, 207)
@in_virtual_time
async def test_every_read_inside_every_event_returns_at_once() -> None:
    """From a handler of each market event each read is called: none waits, none raises."""
    names = ["1sec", "1min"]
    extras: dict[str, Any] = {"features": ["orderbook"]}
    async with simulated_suite("MHG", timeframes=names, **extras) as (_, suite):
        data = suite.data
        called: set[tuple[EventType | str, str]] = set()

        async def read_everything(event: Event) -> None:
            loop = asyncio.get_running_loop()
            began = loop.time()
            for name in READS:
                await _call(data, name)
                called.add((event.type, name))
            assert loop.time() == began, "a read waited"

        for kind in MARKET:
            await suite.on(kind, read_everything)
        await asyncio.sleep(5)
        data._parts.report_refused()  # type: ignore[union-attr]
        data._parts.gate.total += 1  # type: ignore[union-attr]
        data._parts.report_refused()  # type: ignore[union-attr]
        await asyncio.sleep(3)
        assert len(READS) > 25
        assert called == {(kind, name) for kind in MARKET for name in READS}
        assert all(handler.errors == 0 for handler in suite.events.statistics().handlers)


@pytest.mark.checklist(204, 209)
@in_virtual_time
async def test_a_frame_that_was_read_never_changes() -> None:
    """Later trades, and what a reader does to its frame, change no other frame."""
    async with simulated_suite("MNQ", timeframes=["1sec"]) as (_, suite):
        first = await suite.data.get_data("1sec")
        second = await suite.data.get_data("1sec")
        assert first is not None
        assert second is not None
        kept = first.to_dict(as_series=False)
        second[0, "close"] = -1.0
        second.insert_column(0, second["open"].alias("mine"))
        again = await suite.data.get_data("1sec")
        assert again is not None
        assert again.columns == list(kept)
        assert again["close"][0] != -1.0
        await asyncio.sleep(5)
        assert first.to_dict(as_series=False) == kept
        later = await suite.data.get_data("1sec")
        assert later is not None
        assert later.height > first.height or later["timestamp"][-1] > first["timestamp"][-1]


@in_virtual_time
async def test_the_price_is_the_last_trades_or_the_newest_close() -> None:
    """Never a mid; with any timeframes; its age beside it."""
    for names in (["15sec"], ["1hr"], ["1week"]):
        async with simulated_suite("MHG", timeframes=names, auto_connect=False) as (_, suite):
            price = await suite.data.get_current_price()
            ohlc = await suite.data.get_ohlc(names[0])
            assert ohlc is not None
            assert price == ohlc["close"]
            assert suite.data.get_price_age() is None
            trades: list[float] = []

            async def on_trade(event: Event, trades: list[float] = trades) -> None:
                trades.append(event.data["price"])

            await suite.on(EventType.TRADE_TICK, on_trade)
            await suite.connect()
            await asyncio.sleep(20)
            assert await suite.data.get_current_price() == trades[-1]
            age = suite.data.get_price_age()
            assert age is not None
            assert 0 <= age < 20


@in_virtual_time
async def test_session_reads_filter_the_bars_that_are_held() -> None:
    """RTH, ETH and custom hours; the type of the configuration where none is named."""
    config = SessionConfig(session_type=SessionType.RTH)
    options: dict[str, Any] = {"timeframes": ["1min"], "session_config": config}
    async with simulated_suite("MNQ", initial_days=1, **options) as (_, suite):
        data = suite.data
        every = await data.get_data("1min")
        regular = await data.get_session_data("1min")
        electronic = await data.get_session_data("1min", "ETH")
        assert every is not None
        assert regular is not None
        assert electronic is not None
        assert electronic.height == every.height > regular.height
        for start in regular["timestamp"]:
            assert _time("08:30") <= start.time() < _time("15:00")
        figures = await data.get_session_statistics("1min")
        assert figures["eth_volume"] == every["volume"].sum()
        assert figures["rth_bars"] == regular.height
        assert figures["rth_low"] <= figures["rth_vwap"] <= figures["rth_high"]
        now = await data.get_data("1min")
        assert now is not None
        figures = await data.get_session_statistics("1min")
        assert figures == session_totals(now, "MNQ", config)
        stats = await SessionStatistics(config).calculate_session_stats(now, "MNQ")
        assert stats == figures
        await data.set_session_type("ETH")
        again = await data.get_session_data("1min")
        assert again is not None
        assert again.height >= electronic.height
        times = SessionTimes(*(_time(text) for text in ("06:00", "07:00")))
        await data.set_session_config(
            SessionConfig(session_type="CUSTOM", product_sessions={"MNQ": times})  # type: ignore[arg-type]
        )
        custom = await data.get_session_data("1min")
        assert custom is not None
        assert set(custom["timestamp"].dt.hour().to_list()) == {5}
        with pytest.raises(ValueError, match="NIGHT"):
            await data.get_session_data("1min", "NIGHT")


def _time(text: str) -> Any:
    return time.fromisoformat(text)


@in_virtual_time
async def test_nothing_is_told_while_the_market_is_closed() -> None:
    """From the close to the opening after the break no bar begins, ends late or is made up."""
    start = datetime(2026, 9, 2, 20, 59, 30, tzinfo=UTC)
    names = ["1sec", "1min", "4hr", "1day", "1week"]
    gateway: dict[str, Any] = {"start": start}
    async with simulated_suite("MHG", timeframes=names, gateway=gateway) as (_, suite):
        told: list[tuple[float, Event]] = []
        clock = suite.client.clock
        begin_ns = clock.now_ns()

        async def note(event: Event) -> None:
            told.append(((clock.now_ns() - begin_ns) / NS, event))

        for kind in (EventType.NEW_BAR, EventType.BAR_CLOSED, EventType.TRADE_TICK):
            await suite.on(kind, note)
        await asyncio.sleep(3600)
        open_s = 3600 + 30
        late = [event.data for at, event in told if 32 < at < open_s - 5]
        assert late == []
        ended = {e.data["timeframe"] for _, e in told if e.type is EventType.BAR_CLOSED}
        assert ended == {*names} - {"1week"}, "the session's end is the end of its bars"
        frame = await suite.data.get_data("1min")
        assert frame is not None
        assert frame["volume"].min() > 0  # type: ignore[operator]


async def test_bars_are_read_by_their_time() -> None:
    """A span holds the bars that start in it, both ends included; no end means all there are."""
    async with simulated_suite(timeframes=["1min"]) as (_, suite):
        data = suite.data
        every = await data.get_data("1min")
        assert every is not None
        start, end = every["timestamp"][3], every["timestamp"][7]
        span = await data.get_combined_data("1min", start, end)
        assert span is not None
        assert span.equals(every[3:8])
        assert (await data.get_historical_data("1min", end_time=end)).equals(every[:8])
        naive = await data.get_historical_data("1min", start.replace(tzinfo=None))
        assert naive.equals(every[3:])
        assert (await data.get_historical_data("1min")).equals(every)
        assert await data.get_total_data_count("1min") == every.height
        with pytest.raises(ValueError, match="2min"):
            await data.get_total_data_count("2min")
