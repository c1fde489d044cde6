"""Tapes that were recorded order by order: read, checked, and traded on."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.simulator.trading import BUY, FILLED, LIMIT, MARKET, ORDER, SELL, TRADE, WORKING, Trader
from tests.virtual import in_virtual_time

from project_x_py._core.exchange.order_tape import OrderTapeVenue
from project_x_py._core.exchange.venues import VenueFill
from project_x_py._core.time import NS, parse_ns
from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator import Quirks, SimulatedGateway
from project_x_py.simulator._tape import TapeSource

T0 = parse_ns("2024-03-06T15:30:00Z")
FAR = 1 << 62

ORDERS = [
    # seconds, event, order, side, price, size, action
    (-40.0, 0, 1, "B", 100.0, 5, "A"),
    (-40.0, 0, 2, "B", 100.0, 3, "A"),
    (-40.0, 0, 3, "B", 99.75, 9, "A"),
    (-40.0, 0, 4, "A", 100.5, 6, "A"),
    (2.0, 2, 1, "B", 100.0, 2, "M"),
    (3.0, 3, 5, "B", 100.0, 4, "A"),
    (4.0, 4, 7, "A", 100.0, 2, "T"),
    (4.0, 4, 1, "B", 100.0, 2, "F"),
    (4.0, 4, 1, "B", 100.0, 2, "C"),
    (6.0, 6, 8, "A", 100.0, 4, "T"),
    (6.0, 6, 2, "B", 100.0, 3, "F"),
    (6.0, 6, 5, "B", 100.0, 1, "F"),
    (6.0, 6, 2, "B", 100.0, 3, "C"),
    (6.0, 6, 5, "B", 100.0, 3, "M"),
    (7.5, 7, 11, "A", 100.25, 1, "A"),
    (9.0, 9, 3, "B", 99.75, 9, "C"),
]
TRADES = [(0.0, 1, 100.5, 1, "B"), (4.0, 4, 100.0, 2, "S"), (6.0, 6, 100.0, 4, "S")]
DEPTH = [
    (-40.0, 0, "B", 100.0, 8),
    (-40.0, 0, "B", 99.75, 9),
    (-40.0, 0, "A", 100.5, 6),
    (2.0, 2, "B", 100.0, 5),
    (3.0, 3, "B", 100.0, 9),
    (4.0, 4, "B", 100.0, 7),
    (6.0, 6, "B", 100.0, 3),
    (9.0, 9, "B", 99.75, 0),
]


def frame(rows: list[tuple[Any, ...]], *columns: str) -> pl.DataFrame:
    """Rows of seconds, event and more as the frame of a file."""
    table = pl.DataFrame(rows, schema=["at", "event", *columns], orient="row")
    times = pl.Series([T0 + round(at * NS) for at in table["at"]])
    return table.drop("at").with_columns(ts=times, ts_recv=times + 1000)


def orders() -> pl.DataFrame:
    """The orders above."""
    return frame(list(ORDERS), "order_id", "side", "price", "size", "action")


def write(folder: Path, mbo: pl.DataFrame | None = None) -> Path:
    """Write the tape."""
    frame(list(TRADES), "price", "size", "aggressor").write_parquet(folder / "trades.parquet")
    frame(list(DEPTH), "side", "price", "size").write_parquet(folder / "depth.parquet")
    (orders() if mbo is None else mbo).write_parquet(folder / "mbo.parquet")
    return folder


def tape(folder: Path, ticker: str = "MNQ") -> TapeSource:
    """The tape at its own times."""
    return TapeSource.open(folder, ticker=ticker, lead_s=30.0, clock="tape", now_ns=0)


def queues(source: TapeSource) -> OrderTapeVenue:
    """Its recorded orders."""
    assert source.orders is not None
    return source.orders


def sizes(source: TapeSource) -> list[tuple[int, int, int]]:
    """Every event's best bid, its size in the depth, and in the orders."""
    found = []
    while (due := source.next_ns()) is not None:
        source.advance(due)
        (price, size), *_ = source.snapshot(source.contracts[0].contract_id).bids
        found.append((price, size, queues(source).size_at(BUY, price)))
    return found


def test_orders_add_up_to_the_depth(tmp_path: Path) -> None:
    """After each event the best level is as large as its orders."""
    found = sizes(tape(write(tmp_path)))
    assert [size for _, size, _ in found] == [8, 5, 9, 7, 3, 3, 3]
    assert all(size == ours for _, size, ours in found)


def test_the_form_of_vendors(tmp_path: Path) -> None:
    """Prices in billionths, ``ts_event``, unsigned ids and flags that end events serve as well."""
    mbo = orders().with_columns(
        price=(pl.col("price") * 1_000_000_000).cast(pl.Int64),
        order_id=pl.col("order_id").cast(pl.UInt64) + (1 << 63),
        flags=(pl.col("event") != pl.col("event").shift(-1)).fill_null(True) * 128,
    )
    events = {0: 0, 1: 0, 2: 1, 3: 2, 4: 3, 6: 4, 7: 5, 9: 6}
    write(tmp_path, mbo.drop("event").rename({"ts": "ts_event"}))
    for name in ("trades", "depth"):
        path = tmp_path / f"{name}.parquet"
        plain = pl.read_parquet(path)
        plain.with_columns(pl.col("event").replace_strict(events)).write_parquet(path)
    found = sizes(tape(tmp_path))
    assert all(size == ours for _, size, ours in found)
    assert [price for price, _, _ in found] == [400] * len(found)


def test_rows_without_price_end_all_orders(tmp_path: Path) -> None:
    """R takes every order out; its price, or that of nothing, is not looked at."""
    end = (
        orders()
        .head(1)
        .with_columns(
            ts=pl.lit(T0 + 20 * NS),
            ts_recv=pl.lit(T0 + 20 * NS),
            event=pl.lit(20, pl.Int64),
            action=pl.lit("R"),
            price=pl.lit(None, pl.Float64),
            side=pl.lit("N"),
        )
    )
    source = tape(write(tmp_path, pl.concat([orders(), end.select(orders().columns)])))
    assert queues(source).best_bid == 400
    source.advance(FAR)
    assert queues(source).best_bid is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": pl.lit("X")}, "row 0: action is 'X'; expected one of A, C, M, F, T, R"),
        ({"side": pl.lit("S")}, "row 0: side is 'S'; expected one of B, A, N"),
        ({"side": pl.lit("N")}, "row 0: an order needs a price, and side B or A"),
        ({"price": pl.lit(None, pl.Float64)}, "row 0: an order needs a price"),
        ({"price": pl.col("price") + 0.1}, "is not a multiple of the tick size 0.25 of MNQ"),
        ({"size": pl.col("size") - 4}, "row 1: size is -1"),
        ({"ts_recv": pl.lit(7, pl.Int64)}, "row 0: ts_recv 7 is before the year 2000"),
    ],
)
def test_wrong_orders_are_named(tmp_path: Path, change: dict[str, pl.Expr], message: str) -> None:
    """A file that cannot be replayed is an error that names the file, the row and the column."""
    write(tmp_path, orders().with_columns(**change))
    with pytest.raises(ProjectXDataError, match=message) as wrong:
        tape(tmp_path)
    assert "mbo.parquet" in str(wrong.value)


@pytest.mark.parametrize("column", ["event", "order_id", "size", "ts"])
def test_missing_columns_are_named(tmp_path: Path, column: str) -> None:
    """Without a column that is needed the message says which."""
    write(tmp_path, orders().drop(column))
    with pytest.raises(ProjectXDataError, match=f"no column '{column}'"):
        tape(tmp_path)


def gateway(folder: Path, **options: Any) -> SimulatedGateway:
    """The tape as a gateway in virtual time, commands arriving at once."""
    return SimulatedGateway(
        tape=folder,
        instrument="MNQ",
        tape_from=1.0,
        tape_clock="tape",
        in_process=True,
        quirks=Quirks(latency_ns=0, **options),
    )


@in_virtual_time
async def test_a_resting_order_is_filled_when_its_turn_comes(tmp_path: Path) -> None:
    """Behind eight contracts, of which three leave and five are filled, the next one is ours."""
    async with gateway(write(tmp_path)) as running, Trader(running) as trader:
        order = await trader.order(LIMIT, BUY, 2, limitPrice=100.0)
        event = await trader.hear(lambda e: e[0] == TRADE and e[2]["orderId"] == order)
        assert event[2]["size"] == 1
        assert event[2]["creationTimestamp"].startswith("2024-03-06T15:30:06")
        row = await trader.row(order)
        assert (row["status"], row["fillVolume"]) == (WORKING, 1)


@in_virtual_time
async def test_an_order_that_no_depth_shows_fills_as_well(tmp_path: Path) -> None:
    """Who comes to a user's price trades at once, though the recorded depth tells nothing of it."""
    async with gateway(write(tmp_path)) as running, Trader(running) as trader:
        order = await trader.order(LIMIT, BUY, 9, limitPrice=100.25)
        await running.market.wait_until_over()
        await trader.hear(lambda e: e[0] == ORDER and e[2]["fillVolume"] == 7)
        fills = [e[2] for e in trader.events if e[0] == TRADE and e[2]["orderId"] == order]
        told = [(row["creationTimestamp"][17:21], row["size"]) for row in fills]
        assert told == [("04+0", 2), ("06+0", 3), ("06+0", 1), ("07.5", 1)]


@in_virtual_time
async def test_the_same_order_under_trade_through_waits(tmp_path: Path) -> None:
    """With ``tape_fill="through"`` what trades at a price does not fill who waits there."""
    through = gateway(write(tmp_path), tape_fill="through")
    async with through as running, Trader(running) as trader:
        order = await trader.order(LIMIT, BUY, 2, limitPrice=100.0)
        await running.market.wait_until_over()
        assert (await trader.row(order))["fillVolume"] == 0


@in_virtual_time
async def test_who_takes_gets_what_the_orders_offer(tmp_path: Path) -> None:
    """A market order takes level by level; what nobody offers is cancelled."""
    async with gateway(write(tmp_path)) as running, Trader(running) as trader:
        order = await trader.filled(MARKET, SELL, 10)
        fills = [e[2] for e in trader.events if e[0] == TRADE]
        assert [(row["price"], row["size"]) for row in fills] == [(100, 8), (99.75, 2)]
        assert trader.told(order)[-1] == FILLED
        assert {e[0] for e in trader.events} >= {ORDER, TRADE}


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Path:
    """The recorded session with its orders."""
    return shared / "data" / "es_l3_20231225"


def test_recorded_orders_are_the_recorded_book(recorded: Path) -> None:
    """At every event all ten shown levels of both sides are as large as their orders."""
    source = tape(recorded, ticker="ES")
    contract_id, book, events = source.contracts[0].contract_id, queues(source), 0
    while (due := source.next_ns()) is not None:
        source.advance(due)
        events += 1
        if events % 20:
            continue
        snapshot = source.snapshot(contract_id)
        for side, levels in ((BUY, snapshot.bids), (SELL, snapshot.asks)):
            for price, size in islice(levels, 10):
                assert book.size_at(side, price) == size
    assert events > 20_000


def test_recorded_queues_move_only_forwards(recorded: Path) -> None:
    """Orders that join the best bid never fall back, and are filled at their prices in the end."""
    source = tape(recorded, ticker="ES")
    book, first, steps = queues(source), 5_000_000_000, 0
    for user in range(first, first + 12):
        source.advance(parse_ns("2023-12-25T23:01:00Z") + (user - first) * 90 * NS)
        price = book.best_bid
        assert price is not None
        assert book.submit(user, BUY, price, 1, 0) == []
        assert book.queue_ahead(user) == book.size_at(BUY, price)
        ahead, fills = book.queue_ahead(user), list[VenueFill]()
        while not fills and (due := source.next_ns()) is not None:
            source.advance(due)
            fills = book.drain()
            if not fills:
                now = book.queue_ahead(user)
                assert now <= ahead
                steps += now < ahead
                ahead = now
        assert fills in ([VenueFill(user, price, 1)], [])
        book.withdraw(user, 0)
    assert steps > 20
