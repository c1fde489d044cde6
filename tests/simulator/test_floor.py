"""Market and exchange moved together: one order of time, one book, no gaps."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.scripted import ScriptedSource

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.codes import OrderStatus, OrderType
from project_x_py._core.exchange.commands import PlaceOrder
from project_x_py._core.exchange.events import ExchangeEvent, TradeEvent, events_digest
from project_x_py._core.records import MarketRecord, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.clock import HOLD, ReplayClock
from project_x_py.simulator._floor import SLICE_NS, Floor
from project_x_py.simulator._listings import Listings
from project_x_py.simulator._quirks import Quirks
from project_x_py.simulator._source import MarketSource
from project_x_py.simulator._synthetic import SyntheticSource

OPEN_NS = parse_ns("2026-09-01T14:30:00Z")
ACCOUNT = 7


class Ground:
    """A floor on a clock that is set by hand, and all that it told."""

    def __init__(self, source: MarketSource | None = None, quirks: Quirks | None = None) -> None:
        self.source = source or SyntheticSource(["MNQ"], seed=3, start_ns=OPEN_NS)
        self.clock = ReplayClock(self.source.start_ns, HOLD, 1.0)
        self.records: list[MarketRecord] = []
        self.events: list[ExchangeEvent] = []
        self.floor = Floor(
            self.source,
            self.clock,
            [AccountSpec(id=ACCOUNT, name="PRAC-V2-1-7", balance=Decimal(150_000))],
            Listings(self.source.contracts, self.clock),
            quirks or Quirks(),
            show=self._show,
            tell=self.events.extend,
        )
        self.contract = self.source.contracts[0]

    def _show(self, records: Sequence[MarketRecord]) -> None:
        self.records.extend(records)

    def at(self, ns: int) -> None:
        """Set the clock."""
        self.clock.exch_ns = ns

    def place(self, kind: OrderType, side: int, size: int, away: int = 0) -> int | None:
        """Place an order; a limit so many ticks beyond the best price of its side."""
        snapshot = self.floor.snapshot(self.contract.contract_id)
        best = (snapshot.asks if side else snapshot.bids)[0][0]
        price = self.contract.grid.decimal(best + (away if side else -away))
        outcome = self.floor.place(
            PlaceOrder(
                account_id=ACCOUNT,
                contract_id=self.contract.contract_id,
                type=kind,
                side=side,
                size=size,
                limit_price=price if kind == OrderType.LIMIT else None,
            )
        )
        return outcome.order_id


def test_an_order_finds_the_book_of_its_arrival() -> None:
    """The market is advanced up to the order's arrival, and no further, before it trades."""
    ground = Ground()
    ground.at(OPEN_NS + NS)
    ground.floor.advance(OPEN_NS + NS)
    order_id = ground.place(OrderType.MARKET, 0, 1)
    due = OPEN_NS + NS + 3_000_000
    ground.at(due + NS)
    twin = SyntheticSource(["MNQ"], seed=3, start_ns=OPEN_NS)
    twin.advance(due - 1)
    expected = twin.snapshot(ground.contract.contract_id).asks[0][0]
    ground.floor.advance(due + NS)
    (fill,) = [e.row for e in ground.events if isinstance(e, TradeEvent)]
    assert (fill.order_id, fill.ns, fill.price) == (order_id, due, expected)
    own = [r for r in ground.records if isinstance(r, Trade) and r.exch_ns == due]
    assert [(t.price, t.size, int(t.aggressor)) for t in own] == [(expected, 1, 0)]


def test_nobody_trades_nothing_changes() -> None:
    """Without users the records are those of the source alone."""
    ground = Ground()
    ground.floor.advance(OPEN_NS + 5 * NS)
    twin = SyntheticSource(["MNQ"], seed=3, start_ns=OPEN_NS)
    assert ground.records == twin.advance(OPEN_NS + 5 * NS)
    assert ground.floor.published == len(ground.records)
    assert not ground.events


def test_a_late_floor_is_late_for_users_as_well() -> None:
    """A command after a long delay catches up one slice, not an hour."""
    ground = Ground()
    ground.at(OPEN_NS + 3600 * NS)
    ground.place(OrderType.MARKET, 0, 1)
    assert ground.events
    assert all(event.ns <= OPEN_NS + 2 * SLICE_NS for event in ground.events)
    assert all(record.recv_ns <= OPEN_NS + 2 * SLICE_NS for record in ground.records)


def test_a_market_that_stands_still_can_be_traded_with() -> None:
    """Orders meet the book as it is; what the market missed follows when it moves again."""
    ground = Ground()
    ground.floor.moving = False
    ground.at(OPEN_NS + NS)
    ground.place(OrderType.MARKET, 1, 1)
    ground.floor.advance(OPEN_NS + 2 * NS)
    assert [e.ns for e in ground.events if isinstance(e, TradeEvent)] == [OPEN_NS + NS + 3_000_000]
    ground.floor.moving = True
    ground.floor.advance(OPEN_NS + 2 * NS)
    assert ground.records[-1].recv_ns > OPEN_NS + NS


def test_a_halt_and_an_expiry() -> None:
    """A halted contract fills nothing until it is resumed; an expired one cancels its orders."""
    ground = Ground()
    contract_id = ground.contract.contract_id
    ground.floor.halt(contract_id)
    ground.floor.moving = False
    refused = ground.place(OrderType.MARKET, 0, 1)
    assert refused is not None
    assert _status(ground, refused) == OrderStatus.REJECTED
    ground.floor.resume(contract_id)
    resting = ground.place(OrderType.LIMIT, 0, 1, 3)
    assert resting is not None
    ground.floor.advance(OPEN_NS + NS)
    assert _status(ground, resting) == OrderStatus.OPEN
    ground.floor.expire(contract_id)
    assert _status(ground, resting) == OrderStatus.CANCELLED
    with pytest.raises(KeyError):
        ground.floor.halt("CON.F.US.EP.U26")


def _status(ground: Ground, order_id: int) -> int | None:
    row = ground.floor.queries.order(ACCOUNT, order_id)
    return None if row is None else row.status


def test_a_script_is_a_tape() -> None:
    """A source that users cannot change is traded with as a recording."""
    ground = Ground(ScriptedSource())
    ground.place(OrderType.MARKET, 0, 2)
    ground.floor.advance(ground.source.start_ns + NS)
    (fill,) = [e.row for e in ground.events if isinstance(e, TradeEvent)]
    assert (fill.price, fill.size) == (96418, 2)
    assert ground.floor.is_over
    assert not ground.records


commands = st.lists(
    st.tuples(
        st.integers(1, 400_000_000),
        st.sampled_from([OrderType.MARKET, OrderType.LIMIT, OrderType.JOIN_BID]),
        st.integers(0, 1),
        st.integers(1, 400),
        st.integers(-30, 5),
    ),
    max_size=12,
)


def _run(orders: list[tuple[int, OrderType, int, int, int]]) -> Ground:
    ground = Ground()
    now = OPEN_NS
    for gap, kind, side, size, away in orders:
        now += gap
        ground.at(now)
        ground.place(kind, side, size, away)
        snapshot = ground.floor.snapshot(ground.contract.contract_id)
        assert snapshot.bids[0][0] < snapshot.asks[0][0]
    ground.floor.advance(now + 2 * NS)
    return ground


@settings(max_examples=25)
@given(orders=commands)
def test_whatever_users_do_the_market_goes_on(
    orders: list[tuple[int, OrderType, int, int, int]],
) -> None:
    """Records and events keep the order of time, the book is never crossed and no side is empty,
    every fill of a taker is printed, and it all happens the same way again."""
    ground = _run(orders)
    for told in (ground.records, ground.events):
        times = [each.recv_ns if hasattr(each, "recv_ns") else each.ns for each in told]
        assert all(before <= after for before, after in pairwise(times))
    assert [event.seq for event in ground.events] == list(range(1, len(ground.events) + 1))
    snapshot = ground.floor.snapshot(ground.contract.contract_id)
    assert snapshot.bids[0][0] < snapshot.asks[0][0]
    prints: dict[tuple[int, int], int] = {}
    for record in ground.records:
        if isinstance(record, Trade):
            key = record.exch_ns, record.price
            prints[key] = prints.get(key, 0) + record.size
    for event in ground.events:
        if isinstance(event, TradeEvent):
            assert prints[event.row.ns, event.row.price] >= event.row.size
    again = _run(orders)
    assert again.records == ground.records
    assert events_digest(again.events) == events_digest(ground.events)
