"""Market messages as bytes: transcribed golden frames, numbers and times."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.scripted import BOOK, MNQ, START_NS, contract

from project_x_py._core.grid import TickGrid
from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade
from project_x_py._core.time import parse_ns
from project_x_py.simulator._encode import ContractEncoder, PriceTexts, TimeTexts, number_text
from project_x_py.simulator._source import BookSnapshot


@pytest.fixture
def encoder() -> ContractEncoder:
    """An encoder of the contract of the golden frames."""
    return ContractEncoder(contract(), TimeTexts())


def test_sparse_quote_is_golden(encoder: ContractEncoder) -> None:
    """A quote holds what changed, the root as symbol, both times and the contract."""
    quote = Quote(contract_id=MNQ, exch_ns=START_NS, recv_ns=START_NS, bid=96416, ask=96418)
    assert encoder.quote(quote) == (
        b'{"type":1,"target":"GatewayQuote","arguments":["CON.F.US.MNQ.U26",'
        b'{"symbol":"F.US.MNQ","bestBid":24104,"bestAsk":24104.5,'
        b'"lastUpdated":"2026-09-01T14:31:31.4170352+00:00",'
        b'"timestamp":"2026-09-01T14:31:31.4170352+00:00","contract":"CON.F.US.MNQ.U26"}]}\x1e'
    )


def test_full_quote_has_every_member(encoder: ContractEncoder) -> None:
    """The first quote holds all that the session has shown, change against the previous close."""
    record = msgspec.json.decode(encoder.full_quote(BOOK)[:-1])
    assert record["arguments"] == [
        MNQ,
        {
            "symbol": "F.US.MNQ",
            "lastPrice": 24104.25,
            "bestBid": 24104,
            "bestAsk": 24104.5,
            "change": 25,
            "changePercent": 0.1,
            "open": 24075,
            "high": 24125,
            "low": 24050,
            "volume": 54321,
            "lastUpdated": "2026-09-01T14:31:31.4170352+00:00",
            "timestamp": "2026-09-01T14:31:31.4170352+00:00",
            "contract": MNQ,
        },
    ]


def test_unknown_members_are_left_out(encoder: ContractEncoder) -> None:
    """Before the first trade a full quote has neither prices nor nulls."""
    empty = BookSnapshot((), (), None, None, None, None, None, None, START_NS)
    payload = msgspec.json.decode(encoder.full_quote(empty)[:-1])["arguments"][1]
    assert set(payload) == {"symbol", "lastUpdated", "timestamp", "contract"}


def test_change_follows_the_last_price(encoder: ContractEncoder) -> None:
    """After the full quote, a new last price brings its change against the previous close."""
    encoder.full_quote(BOOK)
    quote = Quote(contract_id=MNQ, exch_ns=START_NS, recv_ns=START_NS, last=96317 - 4)
    payload = msgspec.json.decode(encoder.quote(quote)[:-1])["arguments"][1]
    assert (payload["change"], payload["changePercent"]) == (-1, 0)


def test_trades_are_a_golden_list() -> None:
    """Prints are a list with the root as symbolId; equal times and no side are kept."""
    encoder = ContractEncoder(contract("CON.F.US.MES.U26", "MESU6", "MES"), TimeTexts())
    at = parse_ns("2026-09-01T14:31:30.052+00:00")
    prints = [
        Trade("CON.F.US.MES.U26", 26049, 1, Aggressor.SELL, at, at),
        Trade("CON.F.US.MES.U26", 26050, 0, Aggressor.NONE, at, at),
    ]
    assert encoder.trades(prints) == (
        b'{"type":1,"target":"GatewayTrade","arguments":["CON.F.US.MES.U26",'
        b'[{"symbolId":"F.US.MES","price":6512.25,"timestamp":"2026-09-01T14:31:30.052+00:00",'
        b'"type":1,"volume":1,"contractId":"CON.F.US.MES.U26"},'
        b'{"symbolId":"F.US.MES","price":6512.5,"timestamp":"2026-09-01T14:31:30.052+00:00",'
        b'"type":2,"volume":0,"contractId":"CON.F.US.MES.U26"}]]}\x1e'
    )


def test_depth_is_golden(encoder: ContractEncoder) -> None:
    """A depth row has size as volume, and a current volume of 0."""
    at = parse_ns("2026-09-01T14:31:31.4173601+00:00")
    depth = Depth(MNQ, (DepthLevel(4, 96416, 2, at),), at)
    assert encoder.depth(depth) == (
        b'{"type":1,"target":"GatewayDepth","arguments":["CON.F.US.MNQ.U26",'
        b'[{"contractId":"CON.F.US.MNQ.U26","timestamp":"2026-09-01T14:31:31.4173601+00:00",'
        b'"type":4,"price":24104,"volume":2,"currentVolume":0}]]}\x1e'
    )


def test_depth_snapshot_begins_with_a_reset(encoder: ContractEncoder) -> None:
    """A snapshot is one list: a reset row of zeros, the bids, the asks, each best first."""
    rows = msgspec.json.decode(encoder.depth_snapshot(BOOK)[:-1])["arguments"][1]
    assert [(row["type"], row["price"], row["volume"]) for row in rows] == [
        (6, 0, 0),
        (2, 24104, 2),
        (2, 24103.75, 7),
        (1, 24104.5, 3),
        (1, 24104.75, 5),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [("24104.00", "24104"), ("0.0000005", "0.0000005"), ("-1.50", "-1.5"), ("-0.00", "0")],
)
def test_numbers_are_plain_and_short(value: str, text: str) -> None:
    """A number has no exponent, no zeros at its end and no negative zero."""
    assert number_text(Decimal(value)) == text


@given(st.integers(-(10**7), 10**7), st.sampled_from(["0.25", "0.0000005", "0.015625", "5"]))
def test_prices_read_back_exactly(ticks: int, size: str) -> None:
    """A written price is the number that the grid says it is."""
    grid = TickGrid(Decimal(size))
    assert float(PriceTexts(grid)[ticks]) == grid.price(ticks)


@given(st.lists(st.integers(0, 4_000_000_000 * 10**9), min_size=1, max_size=5))
def test_times_read_back_to_a_tenth_of_a_microsecond(instants: list[int]) -> None:
    """A written time is the instant cut to seven digits, in whatever order they come."""
    times = TimeTexts()
    for ns in instants:
        assert parse_ns(times(ns)) == ns // 100 * 100
