"""High rates, slow handlers and several instruments."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.records import Aggressor, Quote, Trade
from project_x_py._core.time import NS
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventType
from project_x_py.indicators import RSI, SMA

if TYPE_CHECKING:
    from project_x_py.trading_suite import TradingSuite

QUIET = "MHG"


async def _silent(suite: TradingSuite) -> tuple[int, int]:
    """Let nothing but the test's own records come; return the price and the time."""
    suite.realtime.detach(suite.instrument_id, suite.data)
    price = await suite.data.get_current_price()
    assert price is not None
    return round(price / 0.0005), suite.client.clock.now_ns()


@pytest.mark.checklist(186)
def test_a_burst_is_counted_whole() -> None:
    """Nine hundred quotes and ten thousand trades of one millisecond: each is counted once."""

    async def main() -> None:
        async with simulated_suite(QUIET, timeframes=["1sec", "1min"]) as (_, suite):
            price, now_ns = await _silent(suite)
            quotes, lots = 0, 0

            async def on_quote(event: Event) -> None:
                nonlocal quotes
                quotes += 1
                assert event.data["last"] is not None

            async def on_trade(event: Event) -> None:
                nonlocal lots
                lots += event.data["size"]

            await suite.on(EventType.QUOTE_UPDATE, on_quote)
            await suite.on(EventType.TRADE_TICK, on_trade)
            contract = suite.instrument_id
            before = await suite.data.get_data("1min")
            assert before is not None
            now_ns += -now_ns % (60 * NS)
            for step in range(900):
                at = now_ns + step
                suite.data.on_quote(
                    Quote(contract_id=contract, exch_ns=at, recv_ns=at, bid=price - step % 3)
                )
            for first in range(0, 10_000, 100):
                burst = [
                    Trade(contract, price + i % 5, 1, Aggressor.BUY, now_ns + first + i, now_ns)
                    for i in range(100)
                ]
                suite.data.on_trades(burst)
            ohlc = await suite.data.get_ohlc("1min")
            assert ohlc is not None
            assert ohlc["volume"] == 10_000
            await asyncio.sleep(0.1)
            assert (quotes, lots) == (900, 10_000)

    run_virtual(main())


@pytest.mark.checklist(202)
def test_a_slow_handler_costs_no_trade_and_gets_the_latest_quote() -> None:
    """Quotes are conflated for the handler that is behind alone; trades and bars lose nothing."""

    async def main() -> None:
        async with simulated_suite(QUIET, timeframes=["1sec", "1min"]) as (_, suite):
            price, now_ns = await _silent(suite)
            slow: list[float] = []
            fast = trades = 0

            async def on_quote_slowly(event: Event) -> None:
                slow.append(event.data["bid"])
                await asyncio.sleep(0.01)

            async def on_quote(event: Event) -> None:
                nonlocal fast
                fast += 1

            async def on_trade(event: Event) -> None:
                nonlocal trades
                trades += 1
                if trades % 100 == 0:
                    await asyncio.sleep(0.01)

            await suite.on(EventType.QUOTE_UPDATE, on_quote_slowly)
            await suite.on(EventType.QUOTE_UPDATE, on_quote)
            await suite.on(EventType.TRADE_TICK, on_trade)
            contract = suite.instrument_id
            for step in range(5_000):
                at = now_ns + step
                suite.data.on_quote(
                    Quote(contract_id=contract, exch_ns=at, recv_ns=at, bid=price - 5_000 + step)
                )
                suite.data.on_trades([Trade(contract, price, 1, Aggressor.SELL, at, at)])
                if step % 10 == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(120)
            assert trades == 5_000
            assert fast == 5_000
            assert len(slow) < 5_000
            assert slow == sorted(slow)
            assert slow[-1] == pytest.approx((price - 1) * 0.0005)

    run_virtual(main())


@pytest.mark.checklist(215)
@in_virtual_time
async def test_instruments_and_their_strategies_are_independent() -> None:
    """Each context hears its own market only; one that raises or is slow disturbs no other."""
    async with simulated_suite("MHG", "MCL", timeframes=["1sec"]) as (_, suite):
        heard: dict[str, set[str]] = {"MHG": set(), "MCL": set()}
        bars = {"MHG": 0, "MCL": 0}

        async def fail(event: Event) -> None:
            heard["MHG"].add(event.data["symbol"])
            bars["MHG"] += 1
            await asyncio.sleep(5)
            raise RuntimeError("a strategy that fails")

        async def count(event: Event) -> None:
            heard["MCL"].add(event.data["symbol"])
            bars["MCL"] += 1

        both: set[str] = set()

        async def watch(event: Event) -> None:
            both.add(event.data["symbol"])

        await suite["MHG"].on(EventType.NEW_BAR, fail)
        await suite["MCL"].on(EventType.NEW_BAR, count)
        await suite.on(EventType.NEW_BAR, watch)
        await asyncio.sleep(60)
        assert heard == {"MHG": {"MHG"}, "MCL": {"MCL"}}
        assert both == {"MHG", "MCL"}
        assert bars["MCL"] > bars["MHG"] >= 5
        for symbol in ("MHG", "MCL"):
            frame = await suite[symbol].data.get_data("1sec")
            theirs = await suite.client.get_bars(symbol, days=0.0005, interval=1, unit=1)
            assert frame is not None
            mine = frame.filter(frame["timestamp"] >= theirs["timestamp"][0])
            common = mine.height - 2
            assert mine.head(common).equals(theirs.head(common))


@pytest.mark.checklist(217)
@in_virtual_time
async def test_a_strategy_sees_in_history_what_it_sees_live() -> None:
    """The same analysis of get_bars and of get_data gives the same values, bar by bar."""
    async with simulated_suite(QUIET, timeframes=["1min"], initial_days=0.2) as (_, suite):
        await asyncio.sleep(190)
        live = await suite.data.get_data("1min")
        assert live is not None
        past = await suite.client.get_bars(QUIET, days=0.2, interval=1, unit=2)
        since = max(live["timestamp"][0], past["timestamp"][0])
        live, past = (bars.filter(bars["timestamp"] >= since) for bars in (live, past))
        rows = live.height - 2
        assert rows > 60
        live, past = live.head(rows), past.head(rows)
        assert live.equals(past)
        analysed = [bars.pipe(SMA, period=20).pipe(RSI, period=14) for bars in (live, past)]
        assert analysed[0].equals(analysed[1])
