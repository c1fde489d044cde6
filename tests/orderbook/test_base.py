"""The plain reads of a book: shapes, units, and that reading changes nothing."""

from __future__ import annotations

import asyncio
import copy
import inspect
import math
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from tests.orderbook.books import ASK, BID, MNQ, OPEN, best, depth, levels, plain_book, quote, trade

from project_x_py._core.records import Aggressor
from project_x_py._core.time import NS
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook import OrderBook, OrderBookBase
from project_x_py.types import OrderbookSnapshot
from project_x_py.types.market_data import PriceLevelDict, TradeDict
from project_x_py.types.stats_types import ComponentStats, OrderbookStats


def filled(timezone: str = "America/Chicago") -> OrderBook:
    """A book with three levels a side, quotes and prints."""
    book = plain_book(timezone=timezone)
    handler = book.realtime_handler
    handler.on_depth(
        depth(
            (6, 0, 0), (BID, 100, 5), (BID, 99, 4), (BID, 98, 3), (ASK, 102, 6), (ASK, 103, 2),
            (ASK, 105, 1),
        )
    )  # fmt: skip
    handler.on_quote(quote(bid=100, ask=102, low=90, high=110))
    handler.on_trades([trade(102, 3), trade(100, 2, Aggressor.SELL), trade(101, 1, Aggressor.NONE)])
    return book


READS = (
    "get_best_bid_ask",
    "get_bid_ask_spread",
    "get_orderbook_snapshot",
    "get_recent_trades",
    "get_order_type_statistics",
    "get_own_orders",
    "get_memory_stats",
    "get_memory_usage",
    "get_orderbook_memory_usage",
    "get_orderbook_bids",
    "get_orderbook_asks",
    "get_stats",
    "get_health_score",
    "get_tick_size",
)


def facts(book: OrderBook) -> Any:
    """What reading must not change."""
    state = book.state
    rings = [ring.rows(10**6) for ring in (state.trades, state.changes, state.quotes)]
    return copy.deepcopy((levels(book), rings, state.counters, state.cumulative_delta))


@pytest.mark.parametrize("read", READS)
def test_reading_changes_nothing(read: str) -> None:
    """Fifty reads leave the book, its histories and its counters as they were."""
    book = filled()
    before = facts(book)
    for _ in range(50):
        asyncio.run(getattr(book, read)())
    assert facts(book) == before


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("get_best_bid_ask", {"bid", "ask", "spread", "mid_price", "timestamp"}),
        ("get_orderbook_snapshot", set(OrderbookSnapshot.__annotations__)),
        ("get_memory_stats", set(OrderbookStats.__annotations__)),
        ("get_stats", set(ComponentStats.__annotations__)),
        ("get_recent_trades", set(TradeDict.__annotations__)),
    ],
)
def test_keys_are_the_documented_ones(read: str, expected: set[str]) -> None:
    """Every documented key is returned, and every returned key is in the docstring."""
    found = asyncio.run(getattr(filled(), read)())
    row = found[0] if isinstance(found, list) else found
    assert expected <= set(row)
    text = inspect.getdoc(getattr(OrderBook, read)) or ""
    text += inspect.getdoc(type(plain_book().memory_manager).get_memory_stats) or ""
    assert [key for key in row if key not in text] == []


@pytest.mark.checklist(80)
def test_a_snapshot_is_the_top_of_the_book() -> None:
    """Prices in points, sizes in contracts, best first; totals are of the levels returned."""
    snapshot = asyncio.run(filled().get_orderbook_snapshot(2))
    assert snapshot["spread"] == 0.5
    assert (snapshot["best_bid"], snapshot["best_ask"], snapshot["mid_price"]) == (
        25.0,
        25.5,
        25.25,
    )
    assert [(row["price"], row["volume"]) for row in snapshot["bids"]] == [(25.0, 5), (24.75, 4)]
    assert [(row["price"], row["size"]) for row in snapshot["asks"]] == [(25.5, 6), (25.75, 2)]
    assert (snapshot["total_bid_volume"], snapshot["total_ask_volume"]) == (9, 8)
    assert (snapshot["bid_count"], snapshot["ask_count"]) == (2, 2)
    assert snapshot["imbalance"] == pytest.approx(1 / 17)
    assert snapshot["trusted"]
    assert snapshot["reason"] is None
    assert set(PriceLevelDict.__annotations__) <= set(snapshot["bids"][0])


def test_an_empty_book_invents_nothing() -> None:
    """No prices, no spread, no imbalance, no time; and it says that it is not to be relied on."""
    book = plain_book()
    snapshot = asyncio.run(book.get_orderbook_snapshot())
    for key in ("best_bid", "best_ask", "spread", "mid_price", "imbalance", "timestamp"):
        assert snapshot[key] is None
    assert (snapshot["trusted"], snapshot["reason"]) == (False, "no depth received yet")
    assert asyncio.run(book.get_bid_ask_spread()) is None
    assert asyncio.run(book.get_orderbook_bids()).is_empty()
    assert asyncio.run(book.get_recent_trades()) == []
    assert asyncio.run(book.get_memory_stats())["avg_spread"] == 0.0


def test_one_side_has_no_spread() -> None:
    """A missing side is None, the other one is known."""
    book = plain_book()
    book.realtime_handler.on_depth(depth((BID, 100, 5)))
    found = asyncio.run(book.get_best_bid_ask())
    assert (found["bid"], found["ask"], found["spread"], found["mid_price"]) == (25.0, *[None] * 3)


@pytest.mark.checklist(65)
@pytest.mark.parametrize(("zone", "hours"), [("America/Chicago", -5), ("Asia/Tokyo", 9)])
def test_times_are_in_the_book_s_zone(zone: str, hours: int) -> None:
    """Levels, prints, snapshots and frames carry aware times of the zone asked for."""
    book = filled(zone)
    snapshot = asyncio.run(book.get_orderbook_snapshot())
    trades = asyncio.run(book.get_recent_trades())
    for when in (snapshot["timestamp"], snapshot["bids"][0]["timestamp"], trades[0]["timestamp"]):
        assert when.utcoffset() == timedelta(hours=hours)
        assert when.timestamp() * NS == OPEN
    assert asyncio.run(book.get_orderbook_asks()).schema["timestamp"] == pl.Datetime("us", zone)


@pytest.mark.checklist(76)
def test_prints_say_who_took_liquidity_and_at_what_quotes() -> None:
    """Newest last; side buy, sell or neutral; the quotes are those before the print."""
    rows = asyncio.run(filled().get_recent_trades())
    assert [(row["price"], row["volume"], row["side"]) for row in rows] == [
        (25.5, 3, "buy"),
        (25.0, 2, "sell"),
        (25.25, 1, "neutral"),
    ]
    assert rows[0]["best_bid_at_trade"] == 25.0
    assert rows[0]["best_ask_at_trade"] == 25.5
    assert rows[0]["spread_at_trade"] == 0.5
    assert rows[0]["mid_price_at_trade"] == 25.25
    assert len(asyncio.run(filled().get_recent_trades(2))) == 2
    bare = plain_book()
    bare.realtime_handler.on_trades([trade(101, 1)])
    (row,) = asyncio.run(bare.get_recent_trades())
    assert (row["spread_at_trade"], row["mid_price_at_trade"], row["best_bid_at_trade"]) == (
        None,
        None,
        None,
    )


def test_frames_have_the_documented_columns() -> None:
    """price, volume and timestamp, best first, as many as asked for."""
    frame = asyncio.run(filled().get_orderbook_asks(2))
    assert frame.schema == {
        "price": pl.Float64,
        "volume": pl.Int64,
        "timestamp": pl.Datetime("us", "America/Chicago"),
    }
    assert frame["price"].to_list() == [25.5, 25.75]
    assert asyncio.run(filled().get_orderbook_bids())["volume"].to_list() == [5, 4, 3]


def test_entries_are_counted_by_type() -> None:
    """Each DomType has its counter; undocumented numbers get one when they come."""
    book = filled()
    book.realtime_handler.on_depth(depth((77, 1, 1)))
    found = asyncio.run(book.get_order_type_statistics())
    assert list(found)[:12] == [f"type_{code}_count" for code in range(12)]
    assert (found["type_1_count"], found["type_2_count"], found["type_6_count"]) == (3, 3, 1)
    assert found["type_77_count"] == 1


@pytest.mark.checklist(72)
def test_reads_of_many_tasks_agree() -> None:
    """While messages are applied between them, every read is one moment of the book."""

    async def main() -> None:
        book = plain_book()

        async def read() -> None:
            for _ in range(20):
                snapshot = await book.get_orderbook_snapshot()
                if snapshot["bids"]:
                    size = snapshot["bids"][0]["size"]
                    assert {row["size"] for row in snapshot["bids"] + snapshot["asks"]} == {size}
                    assert snapshot["best_ask"] - snapshot["best_bid"] == 0.5
                await asyncio.sleep(0)

        async def write() -> None:
            for step in range(40):
                book.realtime_handler.on_depth(best(100 + step, 102 + step, 1 + step))
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(write())
            for _ in range(20):
                tasks.create_task(read())

    asyncio.run(main())


@pytest.mark.checklist(61, 64)
def test_a_book_needs_a_contract() -> None:
    """An Instrument brings its grid; a symbol alone needs somebody to ask."""
    assert issubclass(OrderBook, OrderBookBase)
    names = list(inspect.signature(OrderBook).parameters)
    assert names[:5] == ["instrument", "event_bus", "project_x", "timezone_str", "config"]
    assert float(asyncio.run(plain_book().get_tick_size())) == MNQ.tickSize
    lost = OrderBook("MNQ", EventBus())
    with pytest.raises(ProjectXError, match="give project_x"):
        asyncio.run(lost.find_contract())
    with pytest.raises(ProjectXError, match="initialize"):
        asyncio.run(lost.get_tick_size())


def test_health_falls_with_what_was_wrong() -> None:
    """Invalid entries and tracked errors lower it; a book by itself is not disconnected."""

    async def main() -> None:
        book = filled()
        assert await book.get_health_score() == 100.0
        book.realtime_handler.on_depth(depth(*((BID, 1, -1) for _ in range(7))))
        assert await book.get_health_score() == pytest.approx(50.0)
        await book.track_error(ValueError("x"), "test")
        assert await book.get_health_score() == pytest.approx(40.0)
        assert math.isfinite(await book.get_memory_usage())

    asyncio.run(main())


@pytest.mark.parametrize(
    "name",
    [
        "get_orderbook_snapshot",
        "get_orderbook_bids",
        "get_orderbook_asks",
        "get_recent_trades",
        "get_recent_errors",
    ],
)
@pytest.mark.parametrize("number", [-1, 1.5, True, "3", None, math.nan])
def test_a_number_that_is_none_is_refused(name: str, number: object) -> None:
    """How many levels or rows is a whole number; zero of them is an empty answer."""
    read = getattr(filled(), name)
    with pytest.raises(ValueError, match="whole number of at least 0"):
        asyncio.run(read(number))
    assert asyncio.run(read(0)) is not None


def test_an_endless_window_is_all_there_is() -> None:
    """Windows longer than history has been are no error, however long."""
    book = filled()
    for minutes in (10**9, 10**30, 1e300):
        found = asyncio.run(book.get_cumulative_delta(minutes))  # type: ignore[arg-type]
        assert (found["trade_count"], found["complete"]) == (3, True)
        asyncio.run(book.get_spread_analysis(minutes))  # type: ignore[arg-type]
        asyncio.run(book.detect_spoofing(minutes))  # type: ignore[arg-type]
        profile = asyncio.run(book.profile.get_time_profile(minutes, minutes))
        assert profile["total_tpos"] == 3


def test_depth_of_the_book_is_that_of_its_part() -> None:
    """Size and side are asked for at the book like at its analytics."""
    book = filled()
    assert asyncio.run(book.get_orderbook_depth(0.75, size=7, side="sell")) == asyncio.run(
        book.analytics.get_orderbook_depth(0.75, size=7, side="sell")
    )
    # Five at 25.0 and two at 24.75, of 12 bids and 9 asks within three ticks.
    found = asyncio.run(book.get_orderbook_depth(0.75, size=7, side="sell"))
    assert found["estimated_fill_price"] == pytest.approx((5 * 25.0 + 2 * 24.75) / 7)
    assert found["levels_consumed"] == 2
    assert found["remaining_liquidity"] == 12 - 7 + 9
