"""Replaying recordings: nothing lost, reordered or made up."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from project_x_py._core.records import Aggressor, Depth, MarketRecord, Quote, Trade
from project_x_py._core.time import DAY_NS, HOUR_NS, MINUTE_NS, NS, parse_ns, to_datetime
from project_x_py.exceptions import ProjectXDataError, ProjectXInstrumentError
from project_x_py.simulator._tape import TapeSource
from project_x_py.simulator._weeks import moved, weeks_until

if TYPE_CHECKING:
    from pathlib import Path

T0 = parse_ns("2024-03-06T15:30:00Z")
"""09:30 in Chicago, a Wednesday in winter time."""
NOW = parse_ns("2026-09-03T12:00:00Z")
FAR = 1 << 62

Rows = list[tuple[Any, ...]]
TRADES: Rows = [
    # seconds, event, price, size, aggressor
    (0.0, 3, 100.25, 2, "B"),
    (0.5, 4, 100.25, 0, "N"),
    (0.5, 4, 100.0, 3, "N"),
    (61.0, 7, 100.0, 1, "S"),
    (61.0, 8, 100.5, 1, "N"),
    (125.25, 9, 99.75, 5, "S"),
]
QUOTES: Rows = [
    # seconds, event, bid, ask
    (-40.0, 1, 100.5, 100.25),
    (0.5, 4, 99.75, 100.25),
    (61.0, 8, None, 100.75),
]
DEPTH: Rows = [
    # seconds, event, side, price, size
    (-40.0, 1, "B", 100.5, 4),
    (-40.0, 1, "A", 100.25, 5),
    (-10.0, 2, "B", 100.5, 0),
    (-10.0, 2, "B", 99.75, 6),
    (0.0, 3, "A", 100.25, 3),
    (0.5, 4, "A", 100.5, 7),
    (61.0, 8, "A", 100.25, 0),
]


def frame(rows: Rows, *columns: str) -> pl.DataFrame:
    """Rows as a file's frame: seconds become ``ts`` and ``ts_recv``."""
    table = pl.DataFrame(rows, schema=["at", "event", *columns], orient="row")
    ts = [T0 + round(at * NS) for at in table["at"]]
    return table.drop("at").with_columns(ts=pl.Series(ts), ts_recv=pl.Series(ts) + 1000)


def write(folder: Path, **files: pl.DataFrame | None) -> Path:
    """Write a tape, by default the rows above; None leaves a file out."""
    defaults = {
        "trades": frame(TRADES, "price", "size", "aggressor"),
        "quotes": frame(QUOTES, "bid", "ask"),
        "depth": frame(DEPTH, "side", "price", "size"),
    }
    for name, content in {**defaults, **files}.items():
        if content is not None:
            content.write_parquet(folder / f"{name}.parquet")
    return folder


def tape(folder: Path, *, lead_s: float = 30.0, ticker: str = "MNQ", **options: Any) -> TapeSource:
    """Open a tape at its own times."""
    return TapeSource.open(
        folder, ticker=ticker, lead_s=lead_s, **{"clock": "tape", "now_ns": NOW, **options}
    )


def trades_of(records: list[MarketRecord]) -> list[Trade]:
    """The prints among records."""
    return [record for record in records if isinstance(record, Trade)]


def test_every_print_is_released_once_in_order(tmp_path: Path) -> None:
    """Prints keep order, price, size and time; a side that is missing comes from the tick rule."""
    source = tape(write(tmp_path))
    trades = trades_of(source.advance(FAR))
    assert [(t.price, t.size, t.exch_ns) for t in trades] == [
        (round(row[2] * 4), row[3], T0 + round(row[0] * NS)) for row in TRADES
    ]
    buy, sell = Aggressor.BUY, Aggressor.SELL
    assert [t.aggressor for t in trades] == [buy, buy, sell, sell, buy, sell]
    assert source.next_ns() is None
    assert source.advance(FAR) == []


def test_starts_before_the_first_print(tmp_path: Path) -> None:
    """Earlier rows are the opening picture, crossed as recorded; later ones come as records."""
    source = tape(write(tmp_path))
    contract_id = source.contracts[0].contract_id
    assert source.start_ns == T0 - 30 * NS
    before = source.snapshot(contract_id)
    assert (list(before.bids), list(before.asks)) == ([(402, 4)], [(401, 5)])
    assert before.last == 401
    first = source.advance(T0 - 1)
    assert [(type(r), r.recv_ns) for r in first] == [(Depth, T0 - 10 * NS)]
    after = source.snapshot(contract_id)
    assert (list(after.bids), list(after.asks)) == ([(399, 6)], [(401, 5)])
    assert source.next_ns() == T0


def test_an_event_is_trade_depth_quote(tmp_path: Path) -> None:
    """All rows of an event go out together, in this order, and the quote sums them up."""
    source = tape(write(tmp_path))
    source.advance(T0)
    records = source.advance(T0 + NS)
    assert [type(record) for record in records] == [Trade, Trade, Depth, Quote]
    quote = records[-1]
    assert isinstance(quote, Quote)
    assert (quote.bid, quote.ask, quote.last, quote.low) == (399, None, 400, None)
    one_sided = [r for r in source.advance(T0 + 62 * NS) if isinstance(r, Quote)][-1]
    assert (one_sided.bid, one_sided.ask, one_sided.last) == (None, 403, 402)


def test_start_within_the_tape(tmp_path: Path) -> None:
    """With a negative lead the first prints are past: in the bars and figures, not told."""
    source = tape(write(tmp_path), lead_s=-60)
    contract_id = source.contracts[0].contract_id
    assert source.start_ns == T0 + 60 * NS
    assert source.snapshot(contract_id).last == 400
    bars = source.history(contract_id).bars(2, 1, T0, FAR, 9, False, T0 + MINUTE_NS)
    assert [(bar.start_ns, bar.volume, bar.trades) for bar in bars] == [(T0, 5, 3)]
    assert len(trades_of(source.advance(FAR))) == 3


def test_past_joins_the_first_print(tmp_path: Path) -> None:
    """The made-up past ends with the first price; the prints' bars follow it."""
    source = tape(write(tmp_path))
    history = source.history(source.contracts[0].contract_id)
    now = source.start_ns
    past = history.bars(2, 1, 0, now, 5, False, now)
    assert past[0].close == 401
    assert len(past) == 5
    source.advance(FAR)
    now = T0 + 5 * MINUTE_NS
    live = history.bars(2, 1, T0, now, 9, False, now)
    assert [(bar.open, bar.close, bar.volume) for bar in live] == [
        (399, 399, 5),
        (400, 402, 2),
        (401, 400, 5),
    ]


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(cuts=st.lists(st.integers(-50 * NS, 130 * NS), max_size=8))
def test_chopping_time_changes_nothing(tmp_path: Path, cuts: list[int]) -> None:
    """However time is cut, the records are the same ones in the same order."""
    write(tmp_path)
    source = tape(tmp_path)
    pieces = [source.advance(T0 + cut) for cut in sorted(cuts)]
    pieces.append(source.advance(FAR))
    records = list(chain(*pieces))
    assert records == tape(tmp_path).advance(FAR)
    times = [record.recv_ns for record in records]
    assert times == sorted(times)


def test_time_that_goes_back_reorders_nothing(tmp_path: Path) -> None:
    """An exchange time older than its predecessor's is released with it, and keeps its value."""
    trades = frame(TRADES, "price", "size", "aggressor")
    late = trades.with_columns(ts=pl.Series([*trades["ts"][:4], T0 + 2 * NS, trades["ts"][5]]))
    records = trades_of(tape(write(tmp_path, trades=late, quotes=None, depth=None)).advance(FAR))
    assert [t.exch_ns - T0 for t in records][3:5] == [61 * NS, 2 * NS]
    assert [t.recv_ns - T0 for t in records][3:5] == [61 * NS, 61 * NS]


def test_best_prices_without_quotes(tmp_path: Path) -> None:
    """Without quotes the best prices are those of the depth."""
    source = tape(write(tmp_path, quotes=None))
    quotes = [record for record in source.advance(FAR) if isinstance(record, Quote)]
    assert [(q.bid, q.ask) for q in quotes][:2] == [(399, None), (None, None)]
    assert quotes[-2].ask == 402


def test_book_without_depth(tmp_path: Path) -> None:
    """Without depth the quotes' best level is the book; without sizes there is none."""
    quotes = frame(QUOTES, "bid", "ask")
    sized = quotes.with_columns(bid_size=pl.Series([4, 5, 0]), ask_size=pl.Series([6, 6, 7]))
    source = tape(write(tmp_path, depth=None, quotes=sized))
    contract_id = source.contracts[0].contract_id
    assert list(source.snapshot(contract_id).bids) == [(402, 4)]
    rows = [r for r in source.advance(T0 + NS) if isinstance(r, Depth)][-1].levels
    assert [(r.kind, r.price, r.size) for r in rows] == [(2, 402, 0), (2, 399, 5)]
    source.advance(FAR)
    last = source.snapshot(contract_id)
    assert (list(last.bids), list(last.asks)) == ([], [(403, 7)])
    write(tmp_path, quotes=quotes)
    (tmp_path / "depth.parquet").unlink()
    assert not any(isinstance(record, Depth) for record in tape(tmp_path).advance(FAR))


def test_rows_without_events(tmp_path: Path) -> None:
    """Without ``event`` rows of one sequence number, or else of one time, go together."""
    files = {
        "trades": frame(TRADES, "price", "size", "aggressor"),
        "quotes": frame(QUOTES, "bid", "ask"),
        "depth": frame(DEPTH, "side", "price", "size"),
    }
    whole = tape(write(tmp_path)).advance(FAR)
    write(tmp_path, **{name: table.rename({"event": "seq"}) for name, table in files.items()})
    assert tape(tmp_path).advance(FAR) == whole
    write(tmp_path, **{name: table.drop("event", "ts_recv") for name, table in files.items()})
    assert trades_of(tape(tmp_path).advance(FAR)) == trades_of(whole)


def test_wall_clock_keeps_weekday_and_time(tmp_path: Path) -> None:
    """On the wall's clock the tape starts at or before now, at its weekday and Chicago time."""
    source = tape(write(tmp_path), clock="wall")
    there, here = to_datetime(T0 - 30 * NS), to_datetime(source.start_ns)
    assert (there.weekday(), there.time()) == (here.weekday(), here.time())
    assert NOW - 7 * DAY_NS < source.start_ns <= NOW
    assert here.utcoffset() == timedelta(hours=-5) != there.utcoffset()
    times = [t.exch_ns - source.start_ns for t in trades_of(source.advance(FAR))]
    assert times == [round((row[0] + 30) * NS) for row in TRADES]
    assert source.contracts[0].name == "MNQU6"


@given(ns=st.integers(parse_ns("2013-01-01"), parse_ns("2027-01-01")), weeks=st.integers(-500, 500))
def test_moving_by_weeks(ns: int, weeks: int) -> None:
    """Weekday and time of day stay to the nanosecond, unless the clocks skip that hour."""
    there, target = to_datetime(ns), moved(ns, weeks)
    here = to_datetime(target)
    wanted = there + timedelta(weeks=weeks)
    skipped = wanted.astimezone(to_datetime(0).tzinfo).hour != wanted.hour
    if not skipped and to_datetime(ns - ns % HOUR_NS + 0).fold == 0:
        round_trip = to_datetime(moved(target, -weeks))
        assert (there.weekday(), there.time()) == (here.weekday(), here.time())
        assert target % 1000 == ns % 1000
        assert round_trip.replace(fold=0) == there.replace(fold=0)


@given(
    ns=st.integers(parse_ns("2013-01-01"), parse_ns("2030-01-01")),
    now=st.integers(parse_ns("2013-01-01"), parse_ns("2030-01-01")),
)
def test_nearest_week_before_now(ns: int, now: int) -> None:
    """One week more would be later than now."""
    weeks = weeks_until(ns, now)
    assert moved(ns, weeks) <= now < moved(ns, weeks + 1)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("trades", lambda f: f.drop("price"), "no column 'price' .*points.* it has event, size"),
        ("trades", lambda f: f.clear(), r"trades\.parquet has no rows"),
        ("trades", lambda f: f.reverse(), "row 1: ts_recv goes back; expected rows sorted"),
        ("trades", lambda f: f.with_columns(pl.col("ts") // 10**6), "before the year 2000; exp"),
        ("trades", lambda f: f.with_columns(pl.col("ts").cast(pl.Float64)), "'ts' is Float64; exp"),
        ("trades", lambda f: f.with_columns(price=pl.lit(float("nan"))), "row 0: price is nan"),
        ("trades", lambda f: f.with_columns(pl.col("price") + 0.01), "100.26 is not a multiple of"),
        (
            "trades",
            lambda f: f.with_columns(price=pl.lit("x")),
            "'price' is String; expected float",
        ),
        ("trades", lambda f: f.with_columns(size=pl.lit(0.5)), "'size' is Float64; expected int"),
        ("trades", lambda f: f.with_columns(size=pl.lit(-1)), "size is -1; expected 0 or more"),
        ("trades", lambda f: f.with_columns(aggressor=pl.lit("X")), "'X'; expected B or S or N"),
        ("trades", lambda f: f.with_columns(price_ticks=pl.lit(1)), "sizes must be the same"),
        ("quotes", lambda f: f.with_columns(bid=pl.lit(float("inf"))), "row 0: bid is inf"),
        ("quotes", lambda f: f.with_columns(bid_size=pl.lit(0.5)), "'bid_size' is Float64"),
        ("depth", lambda f: f.with_columns(side=pl.lit("S")), "side is 'S'; expected B or A"),
        ("depth", lambda f: f.with_columns(size=pl.lit(None, pl.Int64)), "row 0: size is null"),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, name: str, change: Any, message: str) -> None:
    """The message names file, row or column, and what is expected."""
    write(tmp_path)
    path = tmp_path / f"{name}.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    with pytest.raises(ProjectXDataError, match=message) as caught:
        tape(tmp_path)
    assert path.name in str(caught.value)


def test_missing_files_are_named(tmp_path: Path) -> None:
    """A folder without trades, no folder, and a file that is not Parquet."""
    with pytest.raises(ProjectXDataError, match="no tape folder"):
        tape(tmp_path / "none")
    write(tmp_path)
    (tmp_path / "trades.parquet").unlink()
    with pytest.raises(ProjectXDataError, match=r"no trades.parquet .*depth.parquet, quotes"):
        tape(tmp_path)
    (tmp_path / "trades.parquet").write_bytes(b"time,price")
    with pytest.raises(ProjectXDataError, match="not a readable Parquet file"):
        tape(tmp_path)


def test_unknown_instruments_are_named(tmp_path: Path) -> None:
    """A wrong ticker is named with what it may have meant; other contracts have no market."""
    with pytest.raises(ProjectXInstrumentError, match="MNQ"):
        tape(write(tmp_path), ticker="MNW")
    source = tape(tmp_path)
    with pytest.raises(KeyError):
        source.snapshot("CON.F.US.EP.U26")
    with pytest.raises(KeyError):
        source.history("CON.F.US.EP.U26")


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Path:
    """The recording of an ES opening."""
    return shared / "data" / "es_l3_20231225"


def test_recorded_bars(recorded: Path) -> None:
    """Bars of the released trades equal the recorded minutes and seconds, all of them."""
    source = tape(recorded, ticker="ES")
    source.advance(FAR)
    history = source.history(source.contracts[0].contract_id)
    for name, unit, count in (("bars_1min", 2, 30), ("bars_1s", 1, 608)):
        golden = pl.read_parquet(recorded / f"{name}.parquet")
        first = int(golden["ts"][0])
        now = first + HOUR_NS
        bars = history.bars(unit, 1, first, now, 5000, False, now)[::-1]
        assert len(bars) == golden.height == count
        for bar, row in zip(bars, golden.iter_rows(named=True), strict=True):
            prices = [round(row[name] * 4) for name in ("open", "high", "low", "close")]
            assert [bar.open, bar.high, bar.low, bar.close] == prices
            assert (bar.start_ns, bar.volume) == (row["ts"], row["volume"])
            assert bar.trades == row["trades"]
            # The 44 lots of the auction have no aggressor; the tick rule gives them one.
            auction = row["volume"] - row["buy_volume"] - row["sell_volume"]
            assert (
                bar.buy_volume - row["buy_volume"] + bar.sell_volume - row["sell_volume"] == auction
            )
            assert auction == (44 if bar.start_ns == first else 0)


def test_recorded_book(recorded: Path) -> None:
    """The book after each recorded event is the golden one, at all 379 of them."""
    source = tape(recorded, ticker="ES", lead_s=2 * 3600)
    contract_id = source.contracts[0].contract_id
    pictures = [r for r in source.advance(FAR) if isinstance(r, Depth)]
    events = pl.read_parquet(recorded / "depth.parquet")["event"].unique(maintain_order=True)
    golden = pl.read_parquet(recorded / "book_golden.parquet")
    assert (len(pictures), golden.height) == (len(events), 379)
    waiting = list(zip(events, pictures, strict=True))[::-1]
    book: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for row in golden.iter_rows(named=True):
        while waiting and waiting[-1][0] <= row["event"]:
            _apply(book, waiting.pop()[1])
        assert sorted(book[0].items(), reverse=True) == _levels(row, "bid")
        assert sorted(book[1].items()) == _levels(row, "ask")
    for _, picture in waiting[::-1]:
        _apply(book, picture)
    final = source.snapshot(contract_id)
    assert (dict(final.bids), dict(final.asks)) == book


def _apply(book: tuple[dict[int, int], dict[int, int]], picture: Depth) -> None:
    for level in picture.levels:
        side = book[0 if level.kind == 2 else 1]
        side[level.price] = level.size
        if not level.size:
            del side[level.price]


def _levels(row: dict[str, Any], side: str) -> list[tuple[int, int]]:
    prices = [round(price * 4) for price in row[f"{side}_px"]]
    return list(zip(prices, row[f"{side}_sz"], strict=True))


def test_recording_is_whole(recorded: Path) -> None:
    """All 1,865 prints, all depth rows and every change of the quote come out, also as MNQ."""
    for ticker, clock in (("ES", "tape"), ("MNQ", "wall")):
        records = tape(recorded, ticker=ticker, lead_s=2 * 3600, clock=clock).advance(FAR)
        levels = sum(len(r.levels) for r in records if isinstance(r, Depth))
        assert (len(trades_of(records)), levels) == (1865, 24_941)
        changed = [r for r in records if isinstance(r, Quote) and (r.bid or r.ask)]
        golden = pl.read_parquet(recorded / "quotes.parquet").select("bid", "ask")
        assert (
            len(changed)
            == (golden != golden.shift()).select(pl.any_horizontal("*")).sum().item() + 1
        )
