"""What a book announces, when, and with which keys."""

from __future__ import annotations

import asyncio
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from tests.architecture.source import ROOT
from tests.orderbook.books import ASK, BID, MNQ, OPEN, best, depth, plain_book, trade
from tests.virtual import in_virtual_time

from project_x_py._core.records import Aggressor
from project_x_py._core.time import NS
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py.orderbook import OrderBook

ROW = re.compile(r"^\| ([A-Z_]+) \| [a-z_]+ \| [^|]+ \| ([\w, ]+) \|$", re.MULTILINE)
RESET, PRINT = 6, 5


def documented(event: EventType) -> set[str]:
    """The keys that the reference lists."""
    text = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    return set(dict(ROW.findall(text))[event.name].split(", "))


def told(script: Callable[[OrderBook], Awaitable[None]]) -> list[Event]:
    """All events of a book that a script feeds."""
    found: list[Event] = []

    async def main() -> None:
        bus = EventBus()

        async def note(event: Event) -> None:
            found.append(event)

        await bus.on_any(note)
        await script(plain_book(bus=bus))
        await bus.aclose(1)

    run_virtual(main())
    return found


@pytest.mark.checklist(63, 78)
def test_everything_goes_through_the_bus_with_the_documented_keys() -> None:
    """Depth, book and prints; nothing while nobody waits, nothing else."""

    async def script(book: OrderBook) -> None:
        book.realtime_handler.on_depth(best(100, 102))
        book.realtime_handler.on_trades([trade(102, 3)])
        book.realtime_handler.on_depth(depth((PRINT, 100, 2)))

    events = told(script)
    assert [event.type for event in events] == [
        EventType.ORDERBOOK_UPDATE,
        EventType.ORDERBOOK_UPDATE,
        EventType.MARKET_DEPTH_UPDATE,
        EventType.TRADE_TICK,
        EventType.TRADE_TICK,
        EventType.ORDERBOOK_UPDATE,
        EventType.MARKET_DEPTH_UPDATE,
    ]
    for event in events:
        assert isinstance(event.type, EventType)
        assert set(event.data) == documented(event.type)
        assert (event.data["symbol"], event.data["contract_id"]) == ("MNQU6", MNQ.id)
    assert [event.data["side"] for event in events if "side" in event.data] == ["buy", "sell"]


@pytest.mark.checklist(57)
def test_depth_is_not_told_while_a_side_is_empty() -> None:
    """A handler may read the first level of both sides without looking."""

    async def script(book: OrderBook) -> None:
        take = book.realtime_handler.on_depth
        take(depth((RESET, 0, 0), (BID, 100, 1)))
        take(depth((ASK, 102, 1)))
        take(depth((BID, 100, 0)))
        take(depth((RESET, 0, 0)))

    events = told(script)
    depths = [event for event in events if event.type is EventType.MARKET_DEPTH_UPDATE]
    assert len(depths) == 1
    assert depths[0].data["bids"] == [
        {"price": 25.0, "size": 1, "volume": 1, "timestamp": depths[0].data["timestamp"]}
    ]
    changes = [e.data["change"] for e in events if e.type is EventType.ORDERBOOK_UPDATE]
    assert changes == ["reset", "trust", "best", "best", "reset"]


def test_a_change_says_what_it_is_about() -> None:
    """Best prices and their sizes, resets, and everything else."""

    async def script(book: OrderBook) -> None:
        take = book.realtime_handler.on_depth
        take(best(100, 102))
        take(depth((BID, 99, 4)))
        take(depth((BID, 100, 9)))
        take(depth((BID, 101, 1)))

    events = [e.data for e in told(script) if e.type is EventType.ORDERBOOK_UPDATE]
    assert [data["change"] for data in events] == ["trust", "reset", "depth", "best", "best"]
    assert [data["best_bid"] for data in events][-2:] == [25.0, 25.25]
    assert [data["update_count"] for data in events] == [1, 1, 2, 3, 4]
    assert all(data["trusted"] and data["reason"] is None for data in events)


@pytest.mark.checklist(76)
def test_a_print_is_told_once_and_with_its_aggressor() -> None:
    """Against the quotes before it where the feed does not say; what both streams tell, once."""

    async def script(book: OrderBook) -> None:
        take = book.realtime_handler.on_depth
        take(best(100, 102))
        take(depth((PRINT, 102, 1), (ASK, 102, 0), (ASK, 103, 5)))
        take(depth((PRINT, 102, 1)))
        take(depth((PRINT, 99, 1)))
        book.realtime_handler.on_trades([trade(102, 2), trade(99, 1, Aggressor.SELL)])

    ticks = [e.data for e in told(script) if e.type is EventType.TRADE_TICK]
    assert [(t["price"], t["size"], t["side"]) for t in ticks] == [
        (25.5, 1, "unknown"),
        (25.5, 1, "unknown"),
        (24.75, 1, "sell"),
    ]


@pytest.mark.checklist(78)
@in_virtual_time
async def test_callbacks_follow_what_they_name() -> None:
    """Async or not; the best bid only when its price is another one; gone when removed."""
    bus = EventBus()
    book = plain_book(bus=bus)
    calls: list[tuple[str, Any]] = []

    async def on_depth(data: dict[str, Any]) -> None:
        calls.append(("depth", data["bids"][0]["price"]))

    def on_bid(data: dict[str, Any]) -> None:
        calls.append(("bid", data["best_bid"]))

    def on_ask(data: dict[str, Any]) -> None:
        calls.append(("ask", data["best_ask"]))

    with pytest.warns(DeprecationWarning, match="events.on"):
        await book.add_callback("market_depth", on_depth)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        await book.add_callback("best_bid_change", on_bid)
        await book.add_callback("best_bid_change", on_bid)
        await book.add_callback("best_ask_change", on_ask)
        with pytest.raises(ValueError, match="no event 'nothing'"):
            await book.add_callback("nothing", on_bid)
    take = book.realtime_handler.on_depth
    take(best(100, 102))
    take(depth((BID, 100, 7)))
    await asyncio.sleep(0.1)
    take(depth((BID, 101, 7)))
    await asyncio.sleep(0.1)
    await book.remove_callback("best_bid_change", on_bid)
    await book.remove_callback("best_bid_change", on_bid)
    take(depth((ASK, 102, 0), (ASK, 103, 1)))
    await asyncio.sleep(0.1)
    await book.cleanup()
    await bus.aclose(1)
    assert [call for call in calls if call[0] == "bid"] == [("bid", 25.0), ("bid", 25.25)]
    assert [call for call in calls if call[0] == "ask"] == [("ask", 25.5), ("ask", 25.75)]
    assert len([call for call in calls if call[0] == "depth"]) == 4
    assert bus.get_handler_count() == 0


def test_a_timestamp_is_the_exchange_s() -> None:
    """Events carry the exchange's time of the newest entry, in the book's zone."""

    async def script(book: OrderBook) -> None:
        book.realtime_handler.on_depth(best(100, 102, at=OPEN + NS))

    assert told(script)[-1].data["timestamp"].isoformat() == "2026-09-01T09:00:01-05:00"
