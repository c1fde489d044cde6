"""Positions and their money, from statements and fills in any order."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from project_x_py._core.grid import TickGrid
from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.positions import PositionChange, PositionKind
from project_x_py._core.records import PositionUpdate, TradeUpdate
from project_x_py.position_manager._keeper import PositionKeeper

MNQ = "CON.F.US.MNQ.U26"
GRID = TickGrid(0.25, 0.5)
KINDS = PositionKind


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[PositionKind, int, Decimal | None]] = []

    def __call__(self, change: PositionChange, pnl: Decimal | None) -> None:
        self.told.append((change.kind, change.position.net, pnl))


def keeper() -> tuple[PositionKeeper, Listener]:
    listener = Listener()
    return PositionKeeper(1, lambda _contract_id: GRID, listener), listener


def said(net: int, recv_ns: int, average: float = 20_000.0) -> PositionUpdate:
    return PositionUpdate(
        id=9,
        account_id=1,
        contract_id=MNQ,
        net=net,
        average_price=average,
        recv_ns=recv_ns,
    )


def fill(number: int, signed: int, price: float, **changes: object) -> TradeUpdate:
    values = {
        "id": number,
        "account_id": 1,
        "contract_id": MNQ,
        "order_id": 7,
        "price": GRID.ticks(price),
        "size": abs(signed),
        "side": 0 if signed > 0 else 1,
        "fees": 0.36,
        "commissions": 0.25,
        "exch_ns": number,
        "recv_ns": number,
    }
    return TradeUpdate(**{**values, **changes})


def hear(kept: PositionKeeper, report: PositionUpdate | TradeUpdate) -> None:
    if isinstance(report, PositionUpdate):
        kept.hear_position(report)
    else:
        kept.hear_fill(report)


def test_a_round_trip_is_told_with_its_dollars() -> None:
    """Two bought at 20,000, sold at 20,010: 10 points at 2 dollars a point and contract."""
    kept, listener = keeper()
    for report in (fill(1, 2, 20_000), said(2, 2), fill(3, -2, 20_010), said(0, 4)):
        hear(kept, report)
    assert listener.told == [(KINDS.OPENED, 2, None), (KINDS.CLOSED, 0, Decimal("40.0000"))]
    (trade,) = kept.closed
    assert (trade.profit, trade.costs, trade.size, trade.is_long) == (
        40,
        Decimal("1.22"),
        2,
        True,
    )
    assert (kept.realised(), kept.costs(), kept.holds_positions()) == (40, Decimal("1.22"), False)
    assert kept.realised("CON.F.US.EP.U26") == 0


def test_the_order_of_fills_and_statements_does_not_matter_for_the_money() -> None:
    """Statements and fills each keep their order; however they mix, the trade is the same."""
    statements = [said(2, 2), said(0, 4)]
    fills = [fill(1, 2, 20_000), fill(3, -2, 20_010)]
    for places in permutations(range(4), 2):
        if places[0] > places[1]:
            continue
        rows, trades = iter(statements), iter(fills)
        mixed = [next(rows) if place in places else next(trades) for place in range(4)]
        kept, listener = keeper()
        for report in mixed:
            hear(kept, report)
        assert [trade.profit for trade in kept.closed] == [40], mixed
        assert [kind for kind, *_ in listener.told] == [KINDS.OPENED, KINDS.CLOSED]
        if listener.told[-1][2] is not None:
            assert listener.told[-1][2] == 40


def test_a_reversal_is_two_trades() -> None:
    """Two long at 20,000, five sold at 20,010, three bought back at 20,000."""
    kept, listener = keeper()
    for report in (
        fill(1, 2, 20_000),
        said(2, 1),
        fill(2, -5, 20_010),
        said(-3, 2, 20_010.0),
        fill(3, 3, 20_000),
        said(0, 3),
    ):
        hear(kept, report)
    assert listener.told == [
        (KINDS.OPENED, 2, None),
        (KINDS.CLOSED, 0, 40),
        (KINDS.OPENED, -3, None),
        (KINDS.CLOSED, 0, 60),
    ]
    assert [trade.is_long for trade in kept.closed] == [True, False]


def test_what_was_held_at_the_start_counts_at_its_average() -> None:
    """An average off the grid is exact: three at 20,000.25 and a third of a point."""
    kept, listener = keeper()
    kept.hear_positions((said(3, 0, 20_000.5),), 1)
    kept.hear_fill(fill(2, -3, 20_001))
    kept.hear_positions((), 2)
    assert listener.told[-1] == (KINDS.CLOSED, 0, 3)
    assert kept.unrealised(MNQ, GRID.ticks(20_000)) == 0


def test_open_profit_is_dollars() -> None:
    """Short two at 20,000.25 with the market at 19,990: 10.25 points each."""
    kept, _ = keeper()
    kept.hear_position(said(-2, 1, 20_000.25))
    assert kept.unrealised(MNQ, GRID.ticks(19_990)) == Decimal("41.0000")
    assert not kept.accounts_for(MNQ)
    assert kept.net(MNQ) == -2


def test_flat_takes_a_statement_newer_than_the_fill() -> None:
    """A statement as old as the fill says nothing about it yet."""
    kept, _ = keeper()
    kept.hear_positions((), 10)
    assert not kept.is_flat(MNQ, 10)
    kept.hear_positions((), 11 + SETTLE_NS)
    assert kept.is_flat(MNQ, 10)
    kept.hear_position(said(1, 12 + SETTLE_NS))
    assert not kept.is_flat(MNQ, 10)


def test_other_accounts_and_repeats_change_nothing() -> None:
    """Each report counts once and only for its own account; listeners hear of what is new."""
    kept, listener = keeper()
    heard: list[int] = []
    kept.add_listener(lambda: heard.append(1))
    kept.hear_fill(fill(1, 1, 20_000, account_id=2))
    kept.hear_position(PositionUpdate(**{**_fields(said(1, 1)), "account_id": 2}))
    assert (listener.told, heard) == ([], [])
    for _ in range(2):
        kept.hear_fill(fill(1, 1, 20_000))
    assert len(heard) == 1


def _fields(update: PositionUpdate) -> dict[str, object]:
    return {name: getattr(update, name) for name in update.__struct_fields__}


@pytest.mark.parametrize("updates", [1, 3])
def test_a_position_that_grows_remembers_its_largest(updates: int) -> None:
    """The closed trade names the most that was held."""
    kept, _ = keeper()
    reports: list[PositionUpdate | TradeUpdate] = []
    for number in range(1, updates + 1):
        reports += [fill(number, 1, 20_000), said(number, number)]
    reports += [fill(90, -updates, 20_000), said(0, 90)]
    for report in reports:
        hear(kept, report)
    assert kept.closed[0].size == updates
    assert kept.updates == updates + 1


def test_a_fill_that_is_heard_once_more_begins_nothing() -> None:
    """Each fill told twice in a row, and the trade is told once with all of its money."""
    kept, listener = keeper()
    for number, report in enumerate((fill(1, 2, 20_000), fill(3, -2, 20_010))):
        for _ in range(2):
            hear(kept, report)
        hear(kept, said(2 - 2 * number, 2 + 2 * number))
    assert [trade.profit for trade in kept.closed] == [40]
    assert listener.told[-1] == (KINDS.CLOSED, 0, 40)
