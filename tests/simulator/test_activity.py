"""Participants that are put into a made-up market, and what their labels say of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.records import Aggressor, Depth, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py.exceptions import ProjectXDataError, ProjectXError
from project_x_py.simulator import SimulatedGateway
from project_x_py.simulator._participants import ParticipantBook, _Hidden
from project_x_py.simulator._synthetic import SyntheticSource
from project_x_py.simulator.activity import (
    Activity,
    Iceberg,
    Label,
    LargeOrder,
    Pressure,
    Spoof,
    Sweep,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.records import MarketRecord

START = parse_ns("2026-09-01T14:30:00Z")


def market(
    *activity: Activity, seed: int = 1, seconds: float = 20
) -> tuple[SyntheticSource, Sequence[MarketRecord]]:
    """An ES market after so many seconds, and what it told."""
    source = SyntheticSource(["ES"], seed=seed, start_ns=START, activity=activity)
    return source, source.advance(START + round(seconds * NS))


def iceberg_book(total: int, display: int) -> tuple[ParticipantBook, _Hidden]:
    """A book in which a bid at 100 hides size, with an ordinary bid behind it and one below."""
    book = ParticipantBook()
    label = Label(Iceberg(total=total, display=display), "X", {100}, 0, 0)
    iceberg = _Hidden(-1, BUY, 100, display, label)
    iceberg.left = total
    book.labels[-1] = label
    book.hidden[-1] = iceberg
    assert book.show_next(iceberg)
    book.submit_limit(BUY, 100, 3)
    book.submit_limit(BUY, 99, 50)
    return book, iceberg


def test_an_iceberg_is_refilled_before_the_order_goes_on() -> None:
    """An order takes every part of it, and what waits beside it, before the next price."""
    book, iceberg = iceberg_book(total=25, display=10)
    done = book.submit_limit(SELL, 99, 30, rest=False)
    assert [(fill.price, fill.size) for fill in done.fills] == [
        (100, 10),
        (100, 3),
        (100, 10),
        (100, 5),
        (99, 2),
    ]
    assert (iceberg.label.executed, iceberg.label.refills, iceberg.left) == (25, 2, 0)


def test_a_refilled_part_waits_behind_those_who_were_there() -> None:
    """The next part joins the queue at its end, and no more than it is displayed."""
    book, _ = iceberg_book(total=25, display=10)
    book.submit_limit(SELL, 100, 10, rest=False)
    assert book.size_at(BUY, 100) == 13
    assert [order.size for order in book.queue(BUY, 100)] == [3, 10]


def test_a_market_order_meets_the_hidden_part_too() -> None:
    """An order without a limit takes the iceberg whole, and nothing is lost."""
    book, iceberg = iceberg_book(total=25, display=10)
    done = book.submit_market(SELL, 40, owner=7)
    assert done.remaining == 0
    assert sum(fill.size for fill in done.fills) == 40
    assert iceberg.label.executed == 25


def test_the_markets_makers_leave_participants_alone() -> None:
    """A participant's order is not the market's to cancel, and its fills are no user's."""
    book, iceberg = iceberg_book(total=25, display=10)
    assert book.cancel(iceberg.order_id) == 0
    book.submit_limit(SELL, 100, 4, rest=False)
    assert book.take_filled() == []


def test_without_activity_a_market_is_what_it_was() -> None:
    """No participant, no difference; and the same participants make the same market."""
    _, plain = market(seconds=5)
    assert market(LargeOrder(start_s=60), seconds=5)[1] == plain
    busy = (Iceberg(start_s=1), Spoof(start_s=2, side="ask"), Sweep(start_s=3))
    assert market(*busy)[1] == market(*busy)[1]


def test_time_may_be_cut_into_any_pieces() -> None:
    """However often the market is advanced, it tells the same."""
    activity = (Iceberg(start_s=0.5, delay_s=0.02), Spoof(start_s=1, count=3), Pressure(start_s=2))
    whole = market(*activity, seconds=10)[1]
    source = SyntheticSource(["ES"], seed=1, start_ns=START, activity=activity)
    pieces: list[MarketRecord] = []
    for step in range(1, 201):
        pieces += source.advance(START + step * NS // 20)
    assert pieces == whole


@pytest.mark.parametrize(("delay_s", "seed"), [(0.0, 1), (0.05, 1), (0.05, 2)])
def test_an_icebergs_label_counts_what_was_executed(delay_s: float, seed: int) -> None:
    """Its parts were displayed one after the other, and as much as it says was sold to it."""
    source, records = market(Iceberg(total=120, delay_s=delay_s), seed=seed, seconds=60)
    (label,) = source.labels
    assert label.refills
    assert 10 * label.refills <= label.executed <= 10 * (label.refills + 1) <= 120
    (price,) = label.prices
    sold = sum(
        record.size
        for record in records
        if isinstance(record, Trade)
        and record.price == price
        and record.aggressor == Aggressor.SELL
        and record.exch_ns >= label.start_ns
    )
    assert sold >= label.executed


def test_a_spoofer_places_and_withdraws() -> None:
    """Its size appears behind the market at its prices and is gone again, hardly ever executed."""
    spoof = Spoof(size=500, distance=5, levels=2, every_s=3, stand_s=1, count=4)
    source, records = market(spoof, seconds=20)
    (label,) = source.labels
    sizes = [
        level.size
        for record in records
        if isinstance(record, Depth)
        for level in record.levels
        if level.price in label.prices and level.kind in (2, 4, 9)
    ]
    assert max(sizes) >= 500
    assert sizes[-1] < 500
    assert label.executed < 500


def test_a_sweep_takes_the_levels_it_says() -> None:
    """One order prints at every level it takes, at one moment."""
    source, records = market(Sweep(levels=4, side="ask"))
    (label,) = source.labels
    prints = [r for r in records if isinstance(r, Trade) and r.exch_ns == label.start_ns]
    assert {each.price for each in prints} == label.prices
    assert {each.aggressor for each in prints} == {Aggressor.BUY}
    assert sum(each.size for each in prints) == label.executed


def test_a_large_order_rests_until_its_end() -> None:
    """It is displayed behind the market, and what is left of it at its end is withdrawn."""
    source, records = market(LargeOrder(side="ask", size=5000, distance=8, stay_s=5), seconds=20)
    (label,) = source.labels
    assert label.executed == 0
    assert label.end_ns - label.start_ns == 5 * NS
    shown = [
        (level.exch_ns - label.start_ns, level.size)
        for record in records
        if isinstance(record, Depth)
        for level in record.levels
        if level.price in label.prices and level.size >= 5000
    ]
    assert shown[0][0] == 0
    assert shown[-1][0] < 5 * NS


def test_participants_wait_while_the_market_is_closed() -> None:
    """What is due in a break happens after it."""
    start = parse_ns("2026-09-01T20:59:50Z")
    source = SyntheticSource(["ES"], seed=1, start_ns=start, activity=[Sweep(start_s=60)])
    source.advance(start + 1800 * NS)
    assert source.labels == []
    source.advance(start + 3700 * NS)
    assert [label.executed > 0 for label in source.labels] == [True]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Spoof(side="buy"), "side"),
        (lambda: Iceberg(display=0), "display"),
        (lambda: Pressure(every_s=0), "every_s"),
        (lambda: Sweep(start_s=-1), "start_s"),
        (lambda: SyntheticSource([], seed=1, start_ns=START, activity=[Sweep()]), "ticker"),
    ],
)
def test_what_cannot_happen_is_refused(make: object, message: str) -> None:
    """The message names what is wrong."""
    assert callable(make)
    with pytest.raises(ProjectXDataError, match=message):
        make()


@in_virtual_time
async def test_a_gateway_tells_its_labels() -> None:
    """Activity is an option of the gateway, and users trade beside it."""
    options = {"activity": [Sweep(start_s=2)], "start": None}
    async with simulated_suite("ES", gateway=options, timeframes=["1min"]) as (gateway, _):
        await asyncio.sleep(5)
        assert [type(label.activity) for label in gateway.labels] == [Sweep]


@in_virtual_time
async def test_a_tape_has_happened_already(tmp_path: object) -> None:
    """Nothing can be added to a recording."""
    gateway = SimulatedGateway(
        tape=str(tmp_path), instrument="ES", in_process=True, activity=[Sweep()]
    )
    with pytest.raises(ProjectXError, match="activity"):
        async with gateway:
            pytest.fail("a tape with activity began")
