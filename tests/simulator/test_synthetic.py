"""The made-up market: the same for the same seed, consistent at every moment."""

from __future__ import annotations

from hashlib import sha256
from itertools import chain, groupby, pairwise
from statistics import correlation

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from project_x_py._core.calendar import calendar_for
from project_x_py._core.records import Depth, MarketRecord, Quote, Trade
from project_x_py._core.time import DAY_NS, HOUR_NS, MINUTE_NS, NS, parse_ns
from project_x_py.exceptions import ProjectXDataError, ProjectXInstrumentError
from project_x_py.simulator._correlation import Climate, LatentPrice
from project_x_py.simulator._profiles import profile_for
from project_x_py.simulator._synthetic import SyntheticSource

REGULAR_NS = parse_ns("2026-09-01T15:00:00Z")
"""Ten in the morning in Chicago, a Tuesday."""
CLOSE_NS = parse_ns("2026-09-01T21:00:00Z")
SIDE = {1: 1, 2: 0, 3: 1, 4: 0, 9: 0, 10: 1}


def source(*tickers: str, seed: int = 1, start_ns: int = REGULAR_NS) -> SyntheticSource:
    """A market of some instruments."""
    return SyntheticSource(tickers or ("MNQ",), seed=seed, start_ns=start_ns)


def digest(records: list[MarketRecord]) -> str:
    """A fingerprint of records."""
    return sha256(msgspec.json.encode(records)).hexdigest()


class Reader:
    """What a client knows that applies every record."""

    def __init__(self, market: SyntheticSource, contract_id: str) -> None:
        snapshot = market.snapshot(contract_id)
        self.book = [dict(snapshot.bids), dict(snapshot.asks)]
        self.best: list[int | None] = [None, None]
        self.last = snapshot.last
        self.volume = snapshot.volume

    def apply(self, record: MarketRecord) -> None:
        if isinstance(record, Depth):
            for level in record.levels:
                if level.kind == 6:
                    self.book = [{}, {}]
                    continue
                side = self.book[SIDE[level.kind]]
                side[level.price] = level.size
                if not level.size:
                    del side[level.price]
        elif isinstance(record, Quote):
            self.best[0] = self.best[0] if record.bid is None else record.bid
            self.best[1] = self.best[1] if record.ask is None else record.ask
            self.last = self.last if record.last is None else record.last
            self.volume = self.volume if record.volume is None else record.volume
        else:
            assert record.price >= 1


def test_same_seed_same_market() -> None:
    """Seed and start decide every byte; another seed is another market."""
    until = REGULAR_NS + 20 * NS
    first = digest(source("MNQ", "ES").advance(until))
    assert first == digest(source("MNQ", "ES").advance(until))
    assert first != digest(source("MNQ", "ES", seed=2).advance(until))
    assert first != digest(source("MNQ", "ES", start_ns=REGULAR_NS + 1).advance(until))


def test_market_is_the_same_on_every_platform() -> None:
    """A known fingerprint: neither Python nor the machine has a say in it."""
    market = source("MNQ", "ZC")
    records = market.advance(REGULAR_NS + 10 * NS)
    bars = market.history(market.contracts[0].contract_id).bars(
        2, 1, REGULAR_NS - DAY_NS, REGULAR_NS, 500, False, REGULAR_NS
    )
    assert digest(records)[:16] == "f4c5db4d354929cc"
    assert sha256(msgspec.json.encode(bars)).hexdigest()[:16] == "cd5cb1c0ffa0fc23"


@settings(max_examples=8)
@given(cuts=st.lists(st.integers(0, 8 * NS), max_size=12))
def test_chopping_time_changes_nothing(cuts: list[int]) -> None:
    """However time is cut, the records are the same ones in the same order."""
    until = REGULAR_NS + 8 * NS
    market = source("MNQ", "ES", "GC")
    pieces = [market.advance(REGULAR_NS + cut) for cut in sorted(cuts)]
    pieces.append(market.advance(until))
    assert list(chain(*pieces)) == source("MNQ", "ES", "GC").advance(until)


def test_another_instrument_changes_nothing() -> None:
    """The records of one instrument do not depend on which others there are."""
    alone = source("ES").advance(REGULAR_NS + 30 * NS)
    among = source("MNQ", "ES", "MES").advance(REGULAR_NS + 30 * NS)
    assert [r for r in among if r.contract_id == alone[0].contract_id] == alone


@pytest.mark.parametrize(
    ("ticker", "start_ns", "minutes"),
    [
        ("MNQ", REGULAR_NS, 3),
        ("ZT", REGULAR_NS, 3),
        ("QM", parse_ns("2026-09-02T03:00:00Z"), 60),
        ("ZC", parse_ns("2026-09-01T12:30:00Z"), 62),
        ("MNQ", CLOSE_NS - 20 * NS, 61),
    ],
)
def test_told_market_is_the_market(ticker: str, start_ns: int, minutes: int) -> None:
    """After each event quote, told levels and snapshot agree, and the book is not crossed."""
    market = source(ticker, start_ns=start_ns)
    contract_id = market.contracts[0].contract_id
    reader, calendar, times = Reader(market, contract_id), calendar_for(ticker), []
    while (due := market.next_ns()) is not None and due <= start_ns + minutes * MINUTE_NS:
        assert calendar.is_open(due)
        for record in market.advance(due):
            assert record.recv_ns == due
            reader.apply(record)
        times.append(due)
        snapshot = market.snapshot(contract_id)
        assert dict(snapshot.bids) == reader.book[0]
        assert dict(snapshot.asks) == reader.book[1]
        bid, ask = max(reader.book[0]), min(reader.book[1])
        assert reader.best == [bid, ask] == [snapshot.bids[0][0], snapshot.asks[0][0]]
        assert bid < ask
        assert (reader.last, reader.volume) == (snapshot.last, snapshot.volume)
        assert max(len(snapshot.bids), len(snapshot.asks)) <= 10
    assert len(times) > 50
    assert times == sorted(set(times))


def test_past_joins_the_first_trade() -> None:
    """The last bar before the start closes at the price of the first trade."""
    for start_ns in (REGULAR_NS, CLOSE_NS + 10 * MINUTE_NS, CLOSE_NS - HOUR_NS + 30 * NS):
        market = source("MNQ", start_ns=start_ns)
        contract_id = market.contracts[0].contract_id
        past = market.history(contract_id).bars(2, 1, 0, start_ns, 1, False, start_ns)
        first_ns = market.next_ns()
        assert first_ns is not None
        trades = [r for r in market.advance(first_ns) if isinstance(r, Trade)]
        assert trades[0].price == past[0].close
        assert market.start_ns == start_ns


def test_pace_of_mnq() -> None:
    """Regular hours bring about 20 trade, 62 depth and 42 quote messages a second."""
    market = source("MNQ", start_ns=parse_ns("2026-09-01T14:00:00Z"))
    minutes = 5
    records = market.advance(market.start_ns + minutes * MINUTE_NS)
    seconds = minutes * 60
    prints = len({r.exch_ns for r in records if isinstance(r, Trade)}) / seconds
    depths = sum(isinstance(r, Depth) for r in records) / seconds
    quotes = sum(isinstance(r, Quote) for r in records) / seconds
    assert 10 < prints < 40
    assert 31 < depths < 124
    assert 21 < quotes < 84


def test_night_is_quieter_and_breaks_are_silent() -> None:
    """Fewer records at night, none while the market is closed."""
    night = source("MNQ", start_ns=parse_ns("2026-09-02T03:00:00Z"))
    day = source("MNQ")
    assert 4 * len(night.advance(night.start_ns + 60 * NS)) < len(day.advance(REGULAR_NS + 60 * NS))
    market = source("MNQ", start_ns=CLOSE_NS)
    assert market.advance(CLOSE_NS + HOUR_NS - 1) == []
    assert market.next_ns() == CLOSE_NS + HOUR_NS
    weekend = source("ZC", start_ns=parse_ns("2026-09-05T15:00:00Z"))
    assert weekend.next_ns() == parse_ns("2026-09-08T00:00:00Z")


def test_micro_follows_its_big_brother() -> None:
    """Products of one underlying trade within a few ticks of each other."""
    market = source("ES", "MES")
    market.advance(REGULAR_NS + 2 * MINUTE_NS)
    es, mes = (market.snapshot(c.contract_id).last or 0 for c in market.contracts)
    assert abs(es - mes) <= 8


def test_instruments_of_a_group_are_correlated() -> None:
    """Ten-second returns of ES and NQ move together, those of ES and ZC do not."""
    es, nq, zc = (_returns(ticker) for ticker in ("ES", "NQ", "ZC"))
    assert correlation(es, nq) > 0.8
    assert abs(correlation(es, zc)) < 0.2
    assert _returns("MES") == es


def _returns(ticker: str) -> list[float]:
    profile = profile_for(ticker)
    latent = LatentPrice(profile, Climate(1, profile.factor), 1, 100_000)
    second = REGULAR_NS // NS
    latent.start(second, second - 17 * 3600)
    values = []
    for step in range(400):
        latent.advance(second + 10 * step)
        values.append(latent.ticks)
    return [b - a for a, b in pairwise(values)]


def test_records_of_an_event_are_trade_depth_quote() -> None:
    """Within an event trades come first, then depth, then the quote."""
    rank = {Trade: 0, Depth: 1, Quote: 2}
    records = source().advance(REGULAR_NS + 30 * NS)
    for _, group in groupby(records, lambda record: record.recv_ns):
        ranks = [rank[type(record)] for record in group]
        assert ranks == sorted(ranks)


def test_tickers_must_be_known_and_different() -> None:
    """A wrong ticker is named with what it may have meant, and none may be there twice."""
    with pytest.raises(ProjectXInstrumentError, match="MNQ"):
        source("MNW")
    with pytest.raises(ProjectXDataError, match="different tickers"):
        source("ES", "es")


def test_without_tickers_a_market_moves_once_somebody_looks() -> None:
    """Every product is listed, nothing moves unseen, and the past joins the moment of the look."""
    market = SyntheticSource([], seed=1, start_ns=REGULAR_NS)
    assert len(market.contracts) > 50
    assert market.advance(REGULAR_NS + 5 * NS) == []
    assert market.next_ns() > REGULAR_NS + 5 * NS
    gold = next(c for c in market.contracts if c.product.ticker == "GC")
    now = REGULAR_NS + 5 * NS
    last = market.history(gold.contract_id).bars(2, 1, now - 3600 * NS, now, 5, True, now)[0]
    records = market.advance(now + 20 * NS)
    assert {record.contract_id for record in records} == {gold.contract_id}
    first = next(record for record in records if isinstance(record, Trade))
    assert abs(first.price - last.close) < 50
    assert market.snapshot(gold.contract_id).bids
