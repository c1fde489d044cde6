"""Recorded markets through the order book: every level at every golden event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.orderbook.books import ASK, BID, levels

from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade
from project_x_py.event_bus import EventBus
from project_x_py.models import Instrument
from project_x_py.orderbook import OrderBook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

RESET = 6
AGGRESSORS = {"B": Aggressor.BUY, "S": Aggressor.SELL, "N": Aggressor.NONE}


def of(contract_id: str, tick: float) -> OrderBook:
    """A book of a contract that nobody feeds yet."""
    return OrderBook(Instrument(contract_id, contract_id, "", tick, 1.0, True), EventBus())


def read(path: Path) -> pl.DataFrame:
    """A recorded table."""
    import polars

    return polars.read_parquet(path)


def messages(table: pl.DataFrame, key: str, lot: float, tick: float) -> Iterator[tuple[int, Depth]]:
    """The rows of each event as one message, by the event's number."""
    ticks = (table["price"] / tick).round().cast(int)
    sizes = (table["size"] / lot).round().cast(int)
    rows: list[DepthLevel] = []
    last: int | None = None
    for number, side, price, size, ts in zip(
        table[key], table["side"], ticks, sizes, table["ts"], strict=True
    ):
        if last is not None and number != last:
            yield last, Depth("", tuple(rows), rows[-1].exch_ns)
            rows = []
        last = number
        rows.append(DepthLevel(BID if side == "B" else ASK, price, size, ts))
    if last is not None:
        yield last, Depth("", tuple(rows), rows[-1].exch_ns)


def golden_side(row: dict[str, Any], side: str) -> dict[int, int]:
    """Prices in ticks and sizes of one side of a golden row."""
    return {
        round(price * 4): size
        for price, size in zip(row[f"{side}_px"], row[f"{side}_sz"], strict=True)
    }


@pytest.mark.checklist(75)
@pytest.mark.parametrize("chunk", [0, 1, 3])
def test_es_is_the_golden_book(shared: Path, chunk: int) -> None:
    """Pre-opening, auction and session: all 379 pictures equal, whole events or in pieces."""
    folder = shared / "data" / "es_l3_20231225"
    book = of("CON.F.US.EP.H24", 0.25)
    table = read(folder / "depth.parquet").sort("ts_recv", "event", maintain_order=True)
    waiting = list(messages(table, "event", 1, 0.25))[::-1]
    golden = read(folder / "book_golden.parquet")
    assert golden.height == 379
    for row in golden.iter_rows(named=True):
        while waiting and waiting[-1][0] <= row["event"]:
            _, message = waiting.pop()
            size = chunk or len(message.levels)
            for first in range(0, len(message.levels), size):
                part = message.levels[first : first + size]
                book.realtime_handler.on_depth(Depth("", part, message.recv_ns))
        assert levels(book) == (golden_side(row, "bid"), golden_side(row, "ask"))


@pytest.mark.checklist(76)
def test_es_prints_are_all_counted(shared: Path) -> None:
    """1,865 prints with their aggressors, though every one is told by depth messages as well."""
    table = read(shared / "data" / "es_l3_20231225" / "trades.parquet")
    book = of("CON.F.US.EP.H24", 0.25)
    for price, size, aggressor, ts in zip(
        table["price_ticks"], table["size"], table["aggressor"], table["ts"], strict=True
    ):
        book.realtime_handler.on_trades([Trade("", price, size, AGGRESSORS[aggressor], ts, ts)])
        book.realtime_handler.on_depth(Depth("", (DepthLevel(5, price, size, ts),), ts))
    counters = book.state.counters
    assert sum(counters.prints) == table.height == 1865
    for number, name in enumerate("BSN"):
        assert counters.volumes[number] == table.filter(aggressor=name)["size"].sum()
    assert counters.repeated_prints == 1865


def test_bitcoin_top_is_the_published_one(shared: Path) -> None:
    """Half a million deltas in bursts: at every update the top is that of the best quotes."""
    folder = shared / "data" / "btcusdt_l2_20240808"
    book = of("BTCUSDT", 0.1)
    snapshot = read(folder / "depth_snapshot.parquet")
    start = snapshot["update_id"][0]
    ((_, picture),) = messages(snapshot, "update_id", 0.001, 0.1)
    reset = DepthLevel(RESET, 0, 0, picture.recv_ns)
    book.realtime_handler.on_depth(Depth("", (reset, *picture.levels), picture.recv_ns))
    published = [
        (number, round(bid * 10), round(ask * 10))
        for number, bid, ask in read(folder / "quotes.parquet")
        .sort("update_id")
        .select("update_id", "bid", "ask")
        .iter_rows()
    ][::-1]
    applied = compared = 0
    truth = (0, 0)
    for number, message in messages(read(folder / "depth.parquet"), "update_id", 0.001, 0.1):
        while published and published[-1][0] <= number:
            truth = published.pop()[1:]
        if number <= start:
            continue
        book.realtime_handler.on_depth(message)
        applied += len(message.levels)
        compared += 2
        assert book.state.best() == truth, number
    assert compared > 6_500
    counters = book.state.counters
    assert sum(counters.entries.values()) == applied + snapshot.height + 1
    assert book.trusted


def test_forty_levels_of_es_are_sane(shared: Path) -> None:
    """A DOM that is refreshed about once a second: never crossed, every level as recorded."""
    folder = shared / "data" / "es_dom40_20220124"
    book = of("CON.F.US.EP.H22", 0.25)
    for row in read(folder / "dom40.parquet").iter_rows(named=True):
        top = {"bid": round(row["bid_top"] * 4), "ask": round(row["ask_top"] * 4)}
        bids = {top["bid"] - n: size for n, size in enumerate(row["bid_sz"]) if size}
        asks = {top["ask"] + n: size for n, size in enumerate(row["ask_sz"]) if size}
        rows = [DepthLevel(RESET, 0, 0, row["ts"])]
        rows += [DepthLevel(BID, price, size, row["ts"]) for price, size in bids.items()]
        rows += [DepthLevel(ASK, price, size, row["ts"]) for price, size in asks.items()]
        book.realtime_handler.on_depth(Depth("", tuple(rows), row["ts"]))
        assert levels(book) == (bids, asks)
        spread = book.state.spread()
        assert spread is not None
        assert spread > 0
        assert book.trusted
    last = book.state.quotes.row(-1)[4]
    quote = Quote(contract_id="", exch_ns=last, recv_ns=last, bid=1, ask=2)
    book.realtime_handler.on_quote(quote)
    assert book.state.counters.resets == 59
