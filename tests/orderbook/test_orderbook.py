"""The order book on a simulated gateway in virtual time."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from tests.orderbook.books import plain_book
from tests.orderbook.feeds import HandFeed
from tests.simulator.trading import Trader
from tests.suites import login, simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook import (
    MemoryManager,
    OrderBook,
    OrderBookBase,
    RealtimeHandler,
    create_orderbook,
)
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

PARTS: dict[str, dict[str, tuple[Any, ...]]] = {
    "analytics": {
        "get_market_imbalance": (5,),
        "get_orderbook_depth": (5.0,),
        "get_cumulative_delta": (10,),
        "get_trade_flow_summary": (),
        "get_liquidity_levels": (1, 5),
        "get_statistics": (),
    },
    "detection": {
        "get_advanced_market_metrics": (),
        "detect_iceberg_orders": (1, 1, 5),
        "detect_order_clusters": (2, 0.5),
        "detect_spoofing": (10, 0.1, 0.1, 30.0, 1, 0.1),
    },
    "profile": {
        "get_volume_profile": (10, 5),
        "get_support_resistance_levels": (10, 2, 0.5),
        "get_spread_analysis": (10,),
    },
    "memory_manager": {"get_memory_stats": ()},
}
BOOK: dict[str, Any] = {"timeframes": ["1min"], "features": ["orderbook"]}


@pytest.mark.checklist(75, 77, 80)
@pytest.mark.parametrize("symbol", ["ES", "NQ", "GC", "CL", "6E", "MNQ"])
@in_virtual_time
async def test_every_product_fills_its_book(symbol: str) -> None:
    """Ticker and product code may differ: the book follows the contract, and is never crossed."""
    async with simulated_suite(symbol, **BOOK) as (gateway, suite):
        book = suite.orderbook
        assert book is not None
        for _ in range(5):
            await asyncio.sleep(2)
            snapshot = await book.get_orderbook_snapshot(10)
            assert snapshot["best_bid"] < snapshot["best_ask"]
            bids = [level["price"] for level in snapshot["bids"]]
            asks = [level["price"] for level in snapshot["asks"]]
            assert bids == sorted(bids, reverse=True)
            assert asks == sorted(asks)
            assert bids[0] == snapshot["best_bid"]
            truth = gateway.market.snapshot(suite.instrument_id)
            for side, levels in (("bids", truth.bids), ("asks", truth.asks)):
                shown = [(book.grid.ticks(r["price"]), r["size"]) for r in snapshot[side]]
                assert shown == list(levels)[:10]
                assert len(shown) >= 5


@pytest.mark.checklist(57, 63)
@in_virtual_time
async def test_depth_events_carry_both_sides() -> None:
    """MARKET_DEPTH_UPDATE has prices, sizes and marks; ORDERBOOK_UPDATE comes with it."""
    async with simulated_suite("MNQ", **BOOK) as (_, suite):
        events: list[Event] = []

        @suite.events.on(EventType.MARKET_DEPTH_UPDATE)
        async def handle(event: Event) -> None:
            events.append(event)

        await asyncio.sleep(5)
        data = events[-1].data
        assert data["bids"][0]["price"] < data["asks"][0]["price"]
        assert data["bids"][0]["size"] == data["bids"][0]["volume"] > 0
        assert data["symbol"] == "MNQ"
        assert data["contract_id"] == suite.instrument_id
        counts = [event.data["update_count"] for event in events]
        assert counts == sorted(set(counts))


@in_virtual_time
async def test_reads_have_their_documented_shapes() -> None:
    """Best prices, frames, prints and tick size are what their docstrings say."""
    async with simulated_suite("MNQ", **BOOK) as (_, suite):
        await asyncio.sleep(10)
        book = suite.orderbook
        assert book is not None
        best = await book.get_best_bid_ask()
        assert set(best) == {"bid", "ask", "spread", "mid_price", "timestamp"}
        assert best["spread"] == best["ask"] - best["bid"] == await book.get_bid_ask_spread()
        bids = await book.get_orderbook_bids(5)
        assert bids.schema == {
            "price": pl.Float64,
            "volume": pl.Int64,
            "timestamp": pl.Datetime("us", "America/Chicago"),
        }
        assert bids["price"][0] == best["bid"]
        assert (await book.get_orderbook_asks(5))["price"][0] == best["ask"]
        trades = await book.get_recent_trades(5)
        assert len(trades) == 5
        assert all(trade["side"] in ("buy", "sell", "neutral") for trade in trades)
        assert await book.get_recent_trades(0) == []
        assert await book.get_tick_size() == Decimal("0.25")


@pytest.mark.checklist(74)
@in_virtual_time
async def test_after_disconnect_the_book_stays_as_it_was() -> None:
    """Cleanup detaches the book; what it held is still readable."""
    async with simulated_suite("MNQ", **BOOK) as (_, suite):
        await asyncio.sleep(3)
        book = suite.orderbook
        assert book is not None
        await book.cleanup()
        before = await book.get_orderbook_snapshot()
        await asyncio.sleep(3)
        assert await book.get_orderbook_snapshot() == before


@in_virtual_time
async def test_a_reconnect_resets_the_book() -> None:
    """After a dropped hub the book is the market's again, with no stale level."""
    async with simulated_suite("MNQ", **BOOK) as (gateway, suite):
        await asyncio.sleep(3)
        gateway.faults.drop_connections("market")
        await asyncio.sleep(20)
        book = suite.orderbook
        assert book is not None
        truth = gateway.market.snapshot(book.contract.id)  # type: ignore[union-attr]
        snapshot = await book.get_orderbook_snapshot(10)
        shown = [(book.grid.ticks(row["price"]), row["size"]) for row in snapshot["asks"]]
        assert shown == list(truth.asks)[:10]


@pytest.mark.checklist(61, 64, 70, 71)
@in_virtual_time
async def test_a_book_by_itself() -> None:
    """Built without a suite: static without a feed, False with a reason when it cannot work."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        book = OrderBook("MNQ", EventBus(), suite.client)
        assert isinstance(book, OrderBookBase)
        with pytest.raises(ProjectXError, match="initialize"):
            await book.get_tick_size()
        assert await book.initialize()
        assert await book.get_tick_size() == Decimal("0.25")
        assert (await book.get_best_bid_ask())["bid"] is None
        assert (await book.get_orderbook_snapshot())["imbalance"] is None
        lost = OrderBook("MNQ", EventBus())
        assert not await lost.initialize()
        assert "project_x" in str(lost.last_error)
        wrong = OrderBook("MNQQ", EventBus(), suite.client)
        assert not await wrong.initialize(suite.realtime)
        assert "MNQ" in str(wrong.last_error)


@pytest.mark.checklist(69)
@in_virtual_time
async def test_depth_may_be_left_out() -> None:
    """With subscribe_to_depth False no depth is applied."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        book = OrderBook("MNQ", EventBus(), suite.client)
        assert await book.initialize(suite.realtime, subscribe_to_depth=False)
        await asyncio.sleep(3)
        assert (await book.get_orderbook_snapshot())["bids"] == []
        assert (await book.get_best_bid_ask())["bid"] is not None
        assert await book.get_recent_trades()
        assert book.distrust_reason == "depth is not followed"
        assert await book.initialize(suite.realtime, True, False)
        await asyncio.sleep(3)
        assert (await book.get_orderbook_snapshot())["bids"]
        assert (book.state.quote_bid, book.state.quote_ask) == (None, None)
        assert book.trusted
        await book.cleanup()


@pytest.mark.checklist(101, 102)
@in_virtual_time
async def test_the_factory_is_deprecated_but_works() -> None:
    """create_orderbook returns a book that is not initialised, with a warning."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        with pytest.warns(DeprecationWarning, match="TradingSuite"):
            book = create_orderbook("MNQ", EventBus(), suite.client, suite.realtime)
        assert isinstance(book, OrderBook)
        assert book.contract is None


@pytest.mark.checklist(59)
@pytest.mark.parametrize("ticker", ["ES", "NQ", "GC", "CL", "6E"])
@in_virtual_time
async def test_a_contract_id_fills_the_book_as_its_ticker_does(ticker: str) -> None:
    """The suite may be asked for a contract by its id."""
    async with SimulatedGateway(in_process=True, instruments=(ticker,)) as gateway:
        (listed,) = gateway.contracts
        suite = await TradingSuite.create(
            listed.contract_id, timeframes=["1min"], features=["orderbook"], **login(gateway)
        )
        await asyncio.sleep(3)
        book = suite.orderbook
        assert book is not None
        truth = gateway.market.snapshot(listed.contract_id)
        assert [row[:2] for row in book.state.ladder.top(0, 5)] == list(truth.bids)[:5]
        assert book.trusted
        await suite.disconnect()


@pytest.mark.checklist(62)
@in_virtual_time
async def test_the_book_and_its_parts_say_the_same() -> None:
    """Every delegated method returns what the method of its part returns."""
    async with simulated_suite("MNQ", **BOOK) as (_, suite):
        await asyncio.sleep(20)
        book = suite.orderbook
        assert book is not None
        await book.realtime_handler.disconnect()
        await suite.realtime.disconnect()
        assert isinstance(book.realtime_handler, RealtimeHandler)
        assert isinstance(book.memory_manager, MemoryManager)
        for part, names in PARTS.items():
            for name, arguments in names.items():
                of_part = await getattr(getattr(book, part), name)(*arguments)
                assert await getattr(book, name)(*arguments) == of_part, name


@pytest.mark.checklist(60, 68, 74)
@in_virtual_time
async def test_a_suite_lets_go_of_its_book() -> None:
    """While it runs the book is fed; after disconnect nothing is attached and no task is left."""
    async with simulated_suite("MNQ", **BOOK) as (_, suite):
        book = suite.orderbook
        assert book is not None
        assert book.realtime_handler.is_attached
        assert book.realtime_handler.is_connected
        assert book.memory_manager.is_running
        await asyncio.sleep(2)
        assert book.state.counters.messages > 10
        assert book.state.quote_bid is not None
        await suite.disconnect()
        assert not book.realtime_handler.is_attached
        assert not book.memory_manager.is_running
        names = [task.get_name() for task in asyncio.all_tasks()]
        assert [name for name in names if "book" in name] == []


@pytest.mark.checklist(71)
@in_virtual_time
async def test_a_refused_subscription_is_false_with_a_reason() -> None:
    """No exception leaves initialize; nothing stays attached; health and status say so."""
    book, feed = plain_book(), HandFeed()
    feed.agrees = False
    assert not await book.initialize(feed)
    assert book.last_error == "the gateway refused the subscription"
    assert feed.sinks == []
    assert await book.get_error_count() == 1
    feed.agrees = True
    assert await book.initialize(feed)
    assert book.last_error is None
    assert await book.initialize(feed)
    assert len(feed.sinks) == 1
    await book.cleanup()
    await book.cleanup()
    assert len(asyncio.all_tasks()) == 1


def test_prints_are_announced_once_in_a_suite() -> None:
    """The bars announce TRADE_TICK; the book beside them counts the same prints, and is silent."""

    async def main() -> None:
        async with simulated_suite("MNQ", **BOOK) as (_, suite):
            told = 0

            @suite.events.on(EventType.TRADE_TICK)
            async def count(event: Event) -> None:
                nonlocal told
                told += 1

            book = suite.orderbook
            assert book is not None
            before = sum(book.state.counters.prints)
            await asyncio.sleep(10)
            await book.realtime_handler.disconnect()
            seen = sum(book.state.counters.prints) - before
            assert seen > 20
            assert abs(told - seen) <= 2

    run_virtual(main())


@in_virtual_time
async def test_own_orders_rest_in_the_book() -> None:
    """A limit order of the account shows where it rests, and leaves when it is cancelled."""
    async with simulated_suite("MNQ", **BOOK) as (gateway, suite):
        await asyncio.sleep(2)
        book = suite.orderbook
        assert book is not None
        best_bid = book.state.ladder.best_bid
        assert best_bid is not None
        price = book.grid.price(best_bid - 4)
        account = suite.client.get_account_info().id
        async with Trader(gateway, account) as trader:
            order_id = await trader.order(1, 0, limitPrice=price)
            await asyncio.sleep(1)
        (own,) = await book.get_own_orders()
        assert (own["order_id"], own["side"], own["price"]) == (order_id, "buy", price)
        assert own["ahead"] is not None
        assert own["ahead"] >= 0
        book.set_own_orders([])
        assert await book.get_own_orders() == []
