"""The data manager on a simulated gateway in virtual time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.time import to_datetime
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.realtime_data_manager import RealtimeDataManager

if TYPE_CHECKING:
    from project_x_py.trading_suite import TradingSuite

BAR_KEYS = {"timestamp", "open", "high", "low", "close", "volume"}


async def _gather(suite: TradingSuite, *kinds: EventType) -> list[Event]:
    events: list[Event] = []

    async def collect(event: Event) -> None:
        events.append(event)

    for kind in kinds:
        await suite.on(kind, collect)
    return events


@pytest.mark.checklist(182, 189, 194)
@in_virtual_time
async def test_new_bar_carries_the_bar_begun_and_the_one_completed() -> None:
    """NEW_BAR: documented keys, once per timeframe and bar, ``completed`` is the bar before."""
    async with simulated_suite("MNQ", timeframes=["5sec", "15sec"]) as (_, suite):
        events = await _gather(suite, EventType.NEW_BAR)
        await asyncio.sleep(31)
        for name in ("5sec", "15sec"):
            own = [event.data for event in events if event.data["timeframe"] == name]
            starts = [data["bar_time"] for data in own]
            assert starts == sorted(set(starts))
            assert len(starts) >= 2
            for data in own:
                assert set(data) == {
                    "timeframe", "data", "completed", "indicators",
                    "symbol", "contract_id", "bar_time",
                }  # fmt: skip
                assert set(data["data"]) == BAR_KEYS == set(data["completed"])
                assert data["data"]["timestamp"] == data["bar_time"]
                assert data["completed"]["timestamp"] < data["bar_time"]
                assert data["symbol"] == "MNQ"
            for before, after in pairwise(own):
                assert after["completed"]["timestamp"] == before["bar_time"]
                assert after["completed"]["open"] == before["data"]["open"]


@pytest.mark.checklist(196, 197)
def test_the_second_last_row_is_the_bar_just_completed() -> None:
    """In a NEW_BAR handler the frame ends with the new bar, and row -2 is the completed one."""

    async def main() -> None:
        async with simulated_suite("MNQ", timeframes=["5sec"]) as (_, suite):
            checked = 0

            async def check(event: Event) -> None:
                nonlocal checked
                frame = await suite["MNQ"].data.get_data("5sec")
                assert frame is not None
                assert frame["timestamp"][-1] == event.data["bar_time"]
                for name in ("timestamp", "open", "high", "low", "close", "volume"):
                    assert frame[name][-2] == event.data["completed"][name]
                checked += 1

            await suite.on(EventType.NEW_BAR, check)
            await asyncio.sleep(20)
            assert checked >= 3
            assert suite.events.statistics().handlers[0].errors == 0

    run_virtual(main())


@in_virtual_time
async def test_a_bar_is_closed_by_the_clock_in_a_quiet_market() -> None:
    """BAR_CLOSED comes by the exchange clock when no later trade ends the bar."""
    async with simulated_suite("MNQ", timeframes=["15sec"]) as (gateway, suite):
        closed = await _gather(suite, EventType.BAR_CLOSED)
        await asyncio.sleep(20)
        gateway.market.pause()
        seen = len(closed)
        await asyncio.sleep(20)
        assert len(closed) == seen + 1
        end = closed[-1].data["bar_time"] + timedelta(seconds=15)
        assert end <= to_datetime(gateway.clock.now_ns())
        await asyncio.sleep(120)
        assert len(closed) == seen + 1, "an interval without trades has no bar"


@in_virtual_time
async def test_a_short_bar_that_begins_while_the_clock_waits_for_a_long_one_is_closed() -> None:
    """The clock looks at every boundary of every timeframe, not only at the bars now forming."""
    async with simulated_suite("MNQ", timeframes=["1sec", "5min"]) as (gateway, suite):
        closed = await _gather(suite, EventType.BAR_CLOSED)
        await asyncio.sleep(2)
        gateway.market.pause()
        await asyncio.sleep(10)
        gateway.market.resume()
        await asyncio.sleep(0.4)
        gateway.market.pause()
        await asyncio.sleep(3)
        assert suite.data._bars.bars.builders["1sec"].forming is None
        assert closed[-1].data["timeframe"] == "1sec"


@in_virtual_time
async def test_trades_quotes_and_updates_carry_their_keys() -> None:
    """TRADE_TICK, QUOTE_UPDATE and DATA_UPDATE name instrument, price and exchange time."""
    kinds = (EventType.TRADE_TICK, EventType.QUOTE_UPDATE, EventType.DATA_UPDATE)
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        events = await _gather(suite, *kinds)
        await asyncio.sleep(10)
        by_kind = {kind: [e.data for e in events if e.type is kind] for kind in kinds}
        common = {"symbol", "contract_id", "timestamp"}
        for data in by_kind[EventType.TRADE_TICK]:
            assert set(data) == common | {"price", "size", "volume", "side"}
            assert data["size"] == data["volume"]
            assert data["side"] in {"buy", "sell"}
        for data in by_kind[EventType.QUOTE_UPDATE]:
            assert set(data) == common | {"bid", "ask", "last", "volume"}
            assert data["last"] is not None
            assert data["bid"] < data["ask"]
        for data in by_kind[EventType.DATA_UPDATE]:
            assert set(data) == common | {"price", "volume"}
        model = next(e for e in events if e.type is EventType.QUOTE_UPDATE).model()
        assert model is not None


@in_virtual_time
async def test_reads_have_their_documented_shapes() -> None:
    """Every read returns what its docstring says, before and after the first live trade."""
    names = ["1min", "5min"]
    async with simulated_suite("MNQ", timeframes=names, initial_days=2) as (_, suite):
        data = suite.data
        await asyncio.sleep(30)
        minutes = await data.get_data("1min")
        assert minutes is not None
        assert (await data.get_data("1min", 7)).equals(minutes.tail(7))  # type: ignore[union-attr]
        assert (await data.get_latest_bars(3, "1min")).equals(minutes.tail(3))  # type: ignore[union-attr]
        assert set(await data.get_mtf_data()) == {"1min", "5min"}
        ohlc = await data.get_ohlc("1min")
        assert ohlc is not None
        assert ohlc["close"] == minutes["close"][-1]
        since = await data.get_bars_since(minutes["timestamp"][-4], "1min")
        assert since is not None
        assert since.height == 4
        assert await data.get_data_or_none("1min", 10_000) is None
        assert await data.is_data_ready(20)
        assert not await data.is_data_ready(20_000, "1min")
        span = await data.get_price_range(20, "1min")
        assert span is not None
        assert span["range"] == span["high"] - span["low"] >= span["avg_range"]
        volume = await data.get_volume_stats(20, "1min")
        assert volume is not None
        assert volume["average"] == volume["total"] / 20
        assert await data.get_current_price() == await data.get_latest_price()
        age = data.get_price_age()
        assert age is not None
        assert 0 <= age < 10
        with pytest.raises(ValueError, match="1min"):
            await data.get_data("2min")
        with pytest.raises(ValueError, match="at least 1"):
            await data.get_data("1min", 0)


@pytest.mark.checklist(205, 210)
@in_virtual_time
async def test_the_limit_of_bars_is_honoured_exactly() -> None:
    """No more closed bars than configured are kept; the newest, and without a hole."""
    config: dict[str, Any] = {"data_manager_config": {"max_bars_per_timeframe": 20}}
    async with simulated_suite("MNQ", timeframes=["1sec"], **config) as (_, suite):
        await asyncio.sleep(15)
        frame = await suite.data.get_data("1sec")
        assert frame is not None
        assert frame.height == 20
        assert frame["timestamp"].diff().drop_nulls().unique().to_list() == [timedelta(seconds=1)]


@pytest.mark.checklist(193, 206)
@in_virtual_time
async def test_a_large_bar_is_the_sum_of_the_small_ones() -> None:
    """At all times a larger bar is the aggregation of the smaller ones."""
    async with simulated_suite("MNQ", timeframes=["5sec", "15sec"]) as (_, suite):
        for _ in range(3):
            await asyncio.sleep(16)
            small = await suite.data.get_data("5sec")
            large = await suite.data.get_data("15sec")
            assert small is not None
            assert large is not None
            merged = (
                small.group_by_dynamic("timestamp", every="15s")
                .agg(
                    pl.col("open").first(),
                    pl.col("high").max(),
                    pl.col("low").min(),
                    pl.col("close").last(),
                    pl.col("volume").sum(),
                )
                .tail(4)
            )
            assert large.tail(4).equals(merged)


@pytest.mark.checklist(195)
def test_reads_inside_handlers_do_not_deadlock() -> None:
    """A handler of any market event may call every read."""

    async def main() -> None:
        extras: dict[str, Any] = {"features": ["orderbook"]}
        async with simulated_suite("MNQ", timeframes=["1sec"], **extras) as (_, suite):
            calls = 0

            async def read(event: Event) -> None:
                nonlocal calls
                data = suite.data
                await data.get_data("1sec")
                await data.get_mtf_data()
                await data.get_current_price()
                await data.get_health_score()
                assert suite.orderbook is not None
                await suite.orderbook.get_orderbook_snapshot()
                calls += 1

            for kind in (EventType.NEW_BAR, EventType.QUOTE_UPDATE, EventType.MARKET_DEPTH_UPDATE):
                await suite.on(kind, read)
            await asyncio.sleep(5)
            assert calls > 50
            assert all(handler.errors == 0 for handler in suite.events.statistics().handlers)

    run_virtual(main())


@in_virtual_time
async def test_a_stopped_feed_changes_nothing_more() -> None:
    """After stop_realtime_feed the bars stay as they are and readable; start goes on."""
    async with simulated_suite("MNQ", timeframes=["1sec"]) as (_, suite):
        await asyncio.sleep(5)
        await suite.data.stop_realtime_feed()
        before = await suite.data.get_data("1sec")
        await asyncio.sleep(5)
        after = await suite.data.get_data("1sec")
        assert before is not None
        assert after is not None
        assert before.equals(after)
        assert await suite.data.get_health_score() == 0
        assert await suite.data.start_realtime_feed()
        await asyncio.sleep(5)
        later = await suite.data.get_data("1sec")
        assert later is not None
        assert later["timestamp"].diff().drop_nulls().max() == timedelta(seconds=1)


@in_virtual_time
async def test_constructor_arguments_are_checked() -> None:
    """Missing parts and unknown timeframes are refused by name; so is a feed before its time."""
    async with simulated_suite("MNQ") as (_, suite):
        client, realtime = suite.client, suite.realtime
        for arguments, match in (
            (("", client, realtime), "instrument"),
            (("MNQ", None, realtime), "project_x"),
            (("MNQ", client, None), "realtime_client"),
        ):
            with pytest.raises(ValueError, match=match):
                RealtimeDataManager(*arguments)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="5min"):
            RealtimeDataManager("MNQ", client, realtime, timeframes=["5mn"])
        with pytest.raises(ValueError, match="empty"):
            RealtimeDataManager("MNQ", client, realtime, timeframes=[])
        manager = RealtimeDataManager("MNQ", client, realtime, EventBus())
        with pytest.raises(ProjectXError, match="initialize"):
            await manager.start_realtime_feed()


@in_virtual_time
async def test_callbacks_are_registered_by_name() -> None:
    """add_callback takes the documented names and refuses others with the list of them."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        seen: list[Event] = []

        async def callback(event: Event) -> None:
            seen.append(event)

        await suite.data.add_callback("market_trade", callback)
        with pytest.raises(ValueError, match="trade_tick"):
            await suite.data.add_callback("tick", callback)
        await asyncio.sleep(5)
        assert {event.type for event in seen} == {EventType.TRADE_TICK}
