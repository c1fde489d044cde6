"""The order book on a simulated gateway in virtual time."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import polars as pl
import pytest
from tests.suites import simulated_suite

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook import OrderBook, OrderBookBase, create_orderbook

BOOK = {"timeframes": ["1min"], "features": ["orderbook"]}


@pytest.mark.checklist(75, 77, 80)
@pytest.mark.parametrize("symbol", ["ES", "NQ", "GC", "CL", "6E", "MNQ"])
def test_every_product_fills_its_book(symbol: str) -> None:
    """Ticker and product code may differ: the book follows the contract, and is never crossed."""

    async def main() -> None:
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

    run_virtual(main())


@pytest.mark.checklist(57, 63)
def test_depth_events_carry_both_sides() -> None:
    """MARKET_DEPTH_UPDATE has prices, sizes and marks; ORDERBOOK_UPDATE comes with it."""

    async def main() -> None:
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

    run_virtual(main())


def test_reads_have_their_documented_shapes() -> None:
    """Best prices, frames, prints and tick size are what their docstrings say."""

    async def main() -> None:
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

    run_virtual(main())


@pytest.mark.checklist(74)
def test_after_disconnect_the_book_stays_as_it_was() -> None:
    """Cleanup detaches the book; what it held is still readable."""

    async def main() -> None:
        async with simulated_suite("MNQ", **BOOK) as (_, suite):
            await asyncio.sleep(3)
            book = suite.orderbook
            assert book is not None
            await book.cleanup()
            before = await book.get_orderbook_snapshot()
            await asyncio.sleep(3)
            assert await book.get_orderbook_snapshot() == before

    run_virtual(main())


def test_a_reconnect_resets_the_book() -> None:
    """After a dropped hub the book is the market's again, with no stale level."""

    async def main() -> None:
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

    run_virtual(main())


@pytest.mark.checklist(61, 64, 70, 71)
def test_a_book_by_itself() -> None:
    """Built without a suite: static without a feed, False with a reason when it cannot work."""

    async def main() -> None:
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

    run_virtual(main())


@pytest.mark.checklist(69)
def test_depth_may_be_left_out() -> None:
    """With subscribe_to_depth False no depth is applied."""

    async def main() -> None:
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

    run_virtual(main())


@pytest.mark.checklist(101, 102)
def test_the_factory_is_deprecated_but_works() -> None:
    """create_orderbook returns a book that is not initialised, with a warning."""

    async def main() -> None:
        async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
            with pytest.warns(DeprecationWarning, match="TradingSuite"):
                book = create_orderbook("MNQ", EventBus(), suite.client, suite.realtime)
            assert isinstance(book, OrderBook)
            assert book.contract is None

    run_virtual(main())
