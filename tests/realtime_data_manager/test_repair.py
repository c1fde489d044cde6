"""Bars equal the gateway's own whenever they were begun, and after whatever was missed."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.bars import Bar, bar_start, timeframe
from project_x_py._core.gaps import MARKET_KINDS, FeedGap, GapReason
from project_x_py._core.time import NS
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.realtime_data_manager import RealtimeDataManager, _repair
from project_x_py.simulator.faults import Refuse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py._ports import GapListener
    from project_x_py.trading_suite import TradingSuite

NAMES = ["1sec", "5sec", "1min", "5min", "1day"]


class Tape:
    """Every trade that the hub has sent."""

    def __init__(self) -> None:
        self.trades: list[Trade] = []

    def on_trades(self, trades: Sequence[Trade]) -> None:
        self.trades += trades

    def on_quote(self, quote: Quote) -> None:
        """Quotes make no bars."""

    def on_depth(self, depth: Depth) -> None:
        """Depth makes no bars."""

    def bars(self, name: str, from_ns: int) -> dict[int, tuple[int, ...]]:
        """Open, high, low, close, volume of the bars that begin at or after a time."""
        tf = timeframe(name)
        ordered = sorted(self.trades, key=lambda trade: trade.exch_ns)
        found: dict[int, tuple[int, ...]] = {}
        for start, group in groupby(ordered, key=lambda trade: bar_start(tf, trade.exch_ns)):
            rows = list(group)
            prices = [row.price for row in rows]
            volume = sum(row.size for row in rows)
            if start >= from_ns:
                found[start] = (prices[0], max(prices), min(prices), prices[-1], volume)
        return found


def facts(bar: Bar) -> tuple[int, ...]:
    """What a gateway's bar says."""
    return (bar.open, bar.high, bar.low, bar.close, bar.volume)


def held(data: RealtimeDataManager, name: str, from_ns: int) -> dict[int, tuple[int, ...]]:
    """The bars of a manager that begin at or after a time."""
    return {b.start_ns: facts(b) for b in data._bars.bars.held(name) if b.start_ns >= from_ns}


async def check(data: RealtimeDataManager, tape: Tape, from_ns: int) -> int:
    """Compare every bar since the tape began; return how many there were."""
    count = 0
    for name in data.timeframes:
        if name == "1day":
            continue
        mine, true = held(data, name, from_ns), tape.bars(name, from_ns)
        oldest = min(held(data, name, 0))
        true = {start: bar for start, bar in true.items() if start >= oldest}
        assert mine == true, name
        count += len(true)
    return count


class OtherFeed:
    """The suite's feed, with outages that a test tells of."""

    def __init__(self, suite: TradingSuite) -> None:
        self._feed = suite.realtime
        self.listeners: list[GapListener] = []
        self.reported: list[tuple[FeedGap, tuple[str, ...]]] = []
        self.sink: Any = None
        self.contract_id = ""

    def attach(self, contract_id: str, grid: Any, sink: Any, *, rank: int) -> None:
        self.sink, self.contract_id = sink, contract_id
        self._feed.attach(contract_id, grid, sink, rank=rank)

    def detach(self, contract_id: str, sink: Any) -> None:
        self._feed.detach(contract_id, sink)

    async def subscribe_market_data(self, contract_ids: list[str]) -> bool:
        return await self._feed.subscribe_market_data(contract_ids)

    async def unsubscribe_market_data(self, contract_ids: list[str]) -> bool:
        return True

    async def renew_market_data(self, contract_id: str) -> bool:
        return True

    def is_connected(self) -> bool:
        return True

    def add_gap_listener(self, listener: GapListener) -> None:
        self.listeners.append(listener)

    def remove_gap_listener(self, listener: GapListener) -> None:
        self.listeners.remove(listener)

    def report_backfill(self, gap: FeedGap, kinds: tuple[str, ...]) -> None:
        self.reported.append((gap, kinds))

    def tell(self, gap: FeedGap) -> None:
        for listener in self.listeners:
            listener(gap)


@asynccontextmanager
async def manager(
    suite: TradingSuite, feed: Any = None, symbol: str = "MNQ", **options: Any
) -> AsyncIterator[RealtimeDataManager]:
    """A manager of its own beside the suite's."""
    arguments = {"timeframes": NAMES, "clock": suite.client.clock, **options}
    bus = EventBus()
    data = RealtimeDataManager(symbol, suite.client, feed or suite.realtime, bus, **arguments)
    await data.initialize(0.02)
    try:
        await data.start_realtime_feed()
        yield data
    finally:
        await data.cleanup()
        await bus.aclose(1)


def _taped(suite: TradingSuite) -> tuple[Tape, int]:
    tape, grid = Tape(), suite.data._reads.grid
    assert grid is not None
    suite.realtime.attach(suite.instrument_id, grid, tape, rank=9)
    now_ns = suite.client.clock.now_ns()
    return tape, now_ns - now_ns % NS + NS


def _begin(symbol: str, seed: int, moments: int) -> None:
    async def main() -> None:
        rng = random.Random(seed)
        options: dict[str, Any] = {"gateway": {"seed": seed}, "timeframes": ["1min"]}
        async with simulated_suite(symbol, **options) as (_, suite):
            tape, from_ns = _taped(suite)
            await asyncio.sleep(1)
            bars = 0
            for _ in range(moments):
                await asyncio.sleep(rng.choice((0.01, 0.3, 2, 8)) * rng.random())
                async with manager(suite, symbol=symbol, timeframes=["1sec", "1min"]) as data:
                    await asyncio.sleep(rng.choice((0.05, 0.7)) * rng.random())
                    while data._bars.holding:
                        await asyncio.sleep(0.1)
                    bars += await check(data, tape, from_ns)
            assert bars > 5 * moments

    run_virtual(main())


@pytest.mark.parametrize(("symbol", "moments"), [("MNQ", 16), ("MCL", 30), ("ZN", 30)])
def test_begun_at_any_moment_bars_are_the_gateways(symbol: str, moments: int) -> None:
    """Started at scores of random moments, no bar lacks a trade or counts one twice."""
    _begin(symbol, 7, moments)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_begun_at_many_moments_bars_are_the_gateways(seed: int) -> None:
    """The same at a thousand moments."""
    _begin("MNQ", seed, 100)


def _gap(feed: OtherFeed, from_ns: int) -> FeedGap:
    return FeedGap(
        hub="market",
        contract_id=feed.contract_id,
        from_ns=from_ns,
        reason=GapReason.DISCONNECTED,
        missed=MARKET_KINDS,
    )


async def _outage(suite: TradingSuite, feed: OtherFeed, seconds: float) -> FeedGap:
    """Let the manager miss everything for a while."""
    clock = suite.client.clock
    gap = _gap(feed, clock.now_ns())
    feed.detach(feed.contract_id, feed.sink)
    feed.tell(gap)
    await asyncio.sleep(seconds)
    feed.attach(feed.contract_id, suite.data._reads.grid, feed.sink, rank=1)
    whole = gap.closed(clock.now_ns())
    feed.tell(whole)
    return whole


@pytest.mark.parametrize("seconds", [0.2, 7.5, 70])
@in_virtual_time
async def test_an_outage_is_read_from_history(seconds: float) -> None:
    """What was missed is backfilled, marked, reported and told of; nothing else is touched."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        tape, from_ns = _taped(suite)
        await asyncio.sleep(1)
        feed = OtherFeed(suite)
        async with manager(suite, feed) as data:
            closed: list[dict[str, Any]] = []
            opened: list[dict[str, Any]] = []

            async def on_closed(event: Event) -> None:
                closed.append(event.data)

            async def on_opened(event: Event) -> None:
                opened.append(event.data)

            await data.event_bus.on(EventType.BAR_CLOSED, on_closed)
            await data.event_bus.on(EventType.NEW_BAR, on_opened)
            await asyncio.sleep(10.3)
            gap = await _outage(suite, feed, seconds)
            await asyncio.sleep(6)
            assert await check(data, tape, from_ns) > 10
            assert feed.reported == [(gap, ("trades",))]
            for name in ("1sec", "5sec", "1min"):
                ends = [d["bar_time"] for d in closed if d["timeframe"] == name]
                assert ends == sorted(set(ends)), "each bar is told of once, in order"
                frame = await data.get_data(name)
                assert frame is not None
                if name == "1sec":
                    told = frame.filter(frame["timestamp"] >= ends[0])["timestamp"].to_list()
                    assert ends == told[: len(ends)]
                begun = [d["bar_time"] for d in opened if d["timeframe"] == name]
                assert begun == sorted(set(begun))
            marks = data.get_bar_marks("1sec")
            assert set(marks.values()) <= {"backfilled"}
            assert seconds < 5 or len(marks) >= seconds - 2
            assert await data.get_status() == "active"


@in_virtual_time
async def test_bars_wait_while_trades_are_missed() -> None:
    """From an outage to its repair no bar is closed by the clock, and health says so."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        feed = OtherFeed(suite)
        async with manager(suite, feed) as data:
            await asyncio.sleep(5)
            feed.detach(feed.contract_id, feed.sink)
            gap = _gap(feed, suite.client.clock.now_ns())
            feed.tell(gap)
            before = await data.get_data("1sec")
            await asyncio.sleep(30)
            after = await data.get_data("1sec")
            assert before is not None
            assert after is not None
            assert before.equals(after)
            feed.attach(feed.contract_id, suite.data._reads.grid, feed.sink, rank=1)
            feed.tell(gap.closed(suite.client.clock.now_ns()))
            assert await data.get_health_score() <= 50
            await asyncio.sleep(3)
            assert await data.get_health_score() == 100


@in_virtual_time
async def test_without_history_bars_go_on_and_are_put_right_later() -> None:
    """A gateway that answers no request for bars delays the repair, not the bars."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (gateway, suite):
        tape, from_ns = _taped(suite)
        await asyncio.sleep(1)
        feed = OtherFeed(suite)
        async with manager(suite, feed) as data:
            await asyncio.sleep(5)
            refusal = Refuse(route="/api/History/retrieveBars", status=503, times=9)
            gateway.faults.apply(refusal)
            await _outage(suite, feed, 10)
            await asyncio.sleep(8)
            newest = await data.get_latest_bars(1, "1sec")
            assert newest is not None
            assert (data.get_price_age() or 0) < 5
            assert (await data.get_validation_status())["repair_pending"]
            await asyncio.sleep(45)
            assert not (await data.get_validation_status())["repair_pending"]
            assert await check(data, tape, from_ns) > 10


@in_virtual_time
async def test_a_stopped_feed_catches_up_when_it_starts_again() -> None:
    """Between stop and start nothing is missed."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        tape, from_ns = _taped(suite)
        await asyncio.sleep(1)
        async with manager(suite, OtherFeed(suite)) as data:
            for pause in (0.5, 4, 90):
                await asyncio.sleep(3)
                await data.stop_realtime_feed()
                await asyncio.sleep(pause)
                await data.start_realtime_feed()
                await asyncio.sleep(2)
                assert await check(data, tape, from_ns) > 5


def test_a_start_long_after_the_load_reads_history_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too long between initialize and the start of the feed is asked for in minutes."""
    monkeypatch.setattr(_repair, "FRESH_NS", 60 * NS)

    async def main() -> None:
        async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
            tape, from_ns = _taped(suite)
            await asyncio.sleep(1)
            bus = EventBus()
            data = RealtimeDataManager(
                "MNQ", suite.client, suite.realtime, bus, ["1min", "1hr"], clock=suite.client.clock
            )
            await data.initialize(0.1)
            await asyncio.sleep(150)
            await data.start_realtime_feed()
            await asyncio.sleep(2)
            assert await check(data, tape, from_ns) > 1
            await data.cleanup()

    run_virtual(main())


class NoHistory:
    """A source that knows the contract and no bars, or none for a while."""

    def __init__(self, suite: TradingSuite, *, failing: bool) -> None:
        self._client = suite.client
        self._failing = failing
        self._asked = 0

    async def get_instrument(self, symbol: str, live: bool = False) -> Any:
        return await self._client.get_instrument(symbol, live)

    async def search_instruments(self, query: str, live: bool = False) -> Any:
        return await self._client.search_instruments(query, live)

    async def get_bars(self, symbol: str, **arguments: Any) -> Any:
        self._asked += 1
        if self._failing and self._asked > 2:
            raise ProjectXConnectionError("gone")
        return (await self._client.get_bars(symbol, **arguments)).clear()


@pytest.mark.parametrize("failing", [False, True])
@in_virtual_time
async def test_no_history_at_all_is_fine(failing: bool) -> None:
    """Bars then begin with the first trade that came live."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        source: Any = NoHistory(suite, failing=failing)
        data = RealtimeDataManager(
            "MNQ",
            source,
            suite.realtime,
            EventBus(),
            ["1sec", "1min"],
            clock=suite.client.clock,
            config={"data_validation": False},
        )
        await data.initialize()
        assert await data.get_current_price() is None
        assert await data.get_data("1min") is None
        await data.start_realtime_feed()
        await asyncio.sleep(65)
        frame = await data.get_data("1min")
        assert frame is not None
        assert 1 <= frame.height <= 3
        seconds = await data.get_data("1sec")
        assert seconds is not None
        assert frame["volume"].sum() == seconds["volume"].sum()
        await data.cleanup()


def test_history_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long history takes, trades that wait for it are counted once it has come."""
    monkeypatch.setattr(_repair, "SETTLE_S", 20.0)
    monkeypatch.setattr(_repair, "LIMIT_S", 60.0)

    async def main() -> None:
        async with simulated_suite("MCL", timeframes=["1min"]) as (_, suite):
            tape, from_ns = _taped(suite)
            await asyncio.sleep(1)
            async with manager(suite, symbol="MCL", timeframes=["1sec", "1min"]) as data:
                await asyncio.sleep(25)
                assert not data._bars.holding
                assert await check(data, tape, from_ns) > 5

    run_virtual(main())


class SkewedClock:
    """A clock that is off, as a machine's may be."""

    def __init__(self, clock: Any, off_ns: int) -> None:
        self._clock, self._off_ns = clock, off_ns
        self.wall_ns, self.monotonic_ns = clock.wall_ns, clock.monotonic_ns

    def now_ns(self) -> int:
        return int(self._clock.now_ns()) + self._off_ns

    async def sleep_until(self, exch_ns: int) -> None:
        await self._clock.sleep_until(exch_ns - self._off_ns)


@pytest.mark.parametrize("off_s", [-3.3, -0.6, 0.7, 2.4])
@in_virtual_time
async def test_a_clock_that_is_off_costs_no_trade(off_s: float) -> None:
    """A machine's clock seconds before or behind the exchange's leaves the bars right."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        tape, from_ns = _taped(suite)
        await asyncio.sleep(1)
        clock: Any = SkewedClock(suite.client.clock, round(off_s * NS))
        options = {"clock": clock, "timeframes": ["5sec", "1min"]}
        async with manager(suite, OtherFeed(suite), **options) as data:
            await asyncio.sleep(4)
            await data.stop_realtime_feed()
            await asyncio.sleep(2)
            await data.start_realtime_feed()
            await asyncio.sleep(10)
            while data._bars.holding:
                await asyncio.sleep(0.1)
            assert await check(data, tape, from_ns) > 1
