"""What is held, and what it made: exact, and the same in any order of reports."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core import positions
from project_x_py._core.positions import FillAccount, Holding, PositionBook, PositionKind
from project_x_py._core.records import PositionUpdate, TradeUpdate

EP = "CON.F.US.EP.U26"


def fill(number: int, signed: int, price: int, **changes: object) -> TradeUpdate:
    values = {
        "id": number,
        "account_id": 1,
        "contract_id": EP,
        "order_id": 7,
        "price": price,
        "size": abs(signed),
        "side": 0 if signed > 0 else 1,
        "fees": 1.4,
        "commissions": 0.25,
        "exch_ns": number,
        "recv_ns": number,
    }
    return TradeUpdate(**{**values, **changes})


def said(net: int, recv_ns: int, average: float = 5_000.25, **changes: object) -> PositionUpdate:
    values = {
        "id": 9,
        "account_id": 1,
        "contract_id": EP,
        "net": net,
        "average_price": average,
        "recv_ns": recv_ns,
    }
    return PositionUpdate(**{**values, **changes})


signed_sizes = st.integers(-5, 5).filter(bool)
fills = st.lists(st.tuples(signed_sizes, st.integers(-50, 20_000)), max_size=25).map(
    lambda rows: [fill(number, *row) for number, row in enumerate(rows, 1)]
)


def holding_of(reports: list[TradeUpdate]) -> Holding:
    account = FillAccount()
    for report in reports:
        account.add(report)
    return account.holding


@given(fills, st.data())
def test_order_and_repetition_do_not_matter(
    reports: list[TradeUpdate], data: st.DataObject
) -> None:
    """Shuffled and doubled reports come to the same holding, cost and profit."""
    assert holding_of(reports) == holding_of(data.draw(st.permutations([*reports, *reports])))


@given(fills, st.integers(-50, 20_000))
def test_money_is_that_of_single_contracts(reports: list[TradeUpdate], price: int) -> None:
    """Realised plus unrealised is what was received less what was paid, at any closing price."""
    holding = holding_of(reports)
    cash = sum((-1 if one.side == 0 else 1) * one.size * one.price for one in reports)
    net = sum((1 if one.side == 0 else -1) * one.size for one in reports)
    assert holding.net == net
    assert holding.realised + holding.unrealised(price) == cash + net * price


@given(fills)
def test_averages_are_averages(reports: list[TradeUpdate]) -> None:
    """The average lies between the lowest and the highest price, and is none when flat."""
    average = holding_of(reports).average
    if average is not None:
        prices = [one.price for one in reports]
        assert min(prices) <= average <= max(prices)
    else:
        assert holding_of(reports).cost == 0


def test_a_reversal_closes_and_opens() -> None:
    """Two long at an average of 101, five sold at 103: two times two ticks, three short."""
    holding = holding_of([fill(1, 1, 100), fill(2, 1, 102), fill(3, -5, 103)])
    assert (holding.net, holding.average, holding.realised) == (-3, 103, 4)


def test_an_average_off_the_grid_is_exact() -> None:
    """Three contracts at two prices average to a third of a tick."""
    holding = holding_of([fill(1, 2, 100), fill(2, 1, 101)])
    assert holding.average == Fraction(301, 3)
    assert holding.after(-1, 101).average == Fraction(301, 3)


def test_what_was_held_before_counts() -> None:
    """A position from before the start is closed at its own average."""
    account = FillAccount(Holding(2, Fraction(401, 2)))
    account.add(fill(1, -2, 101))
    assert (account.holding.net, account.holding.realised) == (0, Fraction(3, 2))


def test_costs_are_sums_of_decimals() -> None:
    """Ten times 1.4 dollars is 14, and a voided fill costs nothing."""
    account = FillAccount()
    for number in range(1, 11):
        account.add(fill(number, 1, 100))
    assert (account.fees_usd, account.commissions_usd) == (14, Fraction(5, 2))
    account.add(fill(10, 1, 100, voided=True))
    assert (account.fees_usd, account.holding.net) == (Fraction(63, 5), 9)
    assert account.trade_ids == frozenset(range(1, 11))


def test_a_bust_may_be_heard_of_first_and_twice() -> None:
    """Voided is voided, whatever the order of the reports."""
    for reports in (
        [fill(1, 1, 100, voided=True), fill(1, 1, 100)],
        [fill(1, 1, 100), fill(1, 1, 100, voided=True), fill(1, 1, 100, voided=True)],
    ):
        assert holding_of(reports).net == 0


def test_a_long_record_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old fills become a base; one that comes too late for its place is counted."""
    monkeypatch.setattr(positions, "KEPT_FILLS", 3)
    account, plain = FillAccount(), deque[TradeUpdate]()
    for number in range(10, 40):
        one = fill(number, 1 if number % 3 else -2, 100 + number)
        account.add(one)
        plain.append(one)
    monkeypatch.setattr(positions, "KEPT_FILLS", 5_000)
    assert account.holding == holding_of(list(plain))
    monkeypatch.setattr(positions, "KEPT_FILLS", 3)
    account.add(fill(1, 1, 100))
    account.add(fill(10, 1, 110, voided=True))
    assert account.late == 2


def test_positions_open_change_reverse_and_close() -> None:
    """Each statement is told once; a reversal is an end and a beginning."""
    book = PositionBook(1)
    told = []
    for net, recv_ns in ((0, 1), (2, 2), (2, 3), (3, 4), (-1, 5), (0, 6), (0, 7)):
        told += [(change.kind, change.position.net) for change in book.hear(said(net, recv_ns))]
    kinds = PositionKind
    assert told == [
        (kinds.OPENED, 2),
        (kinds.UPDATED, 3),
        (kinds.CLOSED, 0),
        (kinds.OPENED, -1),
        (kinds.CLOSED, 0),
    ]


def test_an_older_statement_changes_nothing() -> None:
    """A read that began before an event does not undo it."""
    book = PositionBook(1)
    book.hear(said(2, 10))
    assert book.hear(said(0, 9)) == []
    assert book.hear_all([], 9) == []
    assert book.net(EP) == 2


def test_a_complete_list_closes_what_it_lacks() -> None:
    """A contract without a row is flat, others are as listed."""
    book = PositionBook(1)
    book.hear(said(2, 1))
    other = said(1, 5, contract_id="CON.F.US.MNQ.U26")
    told = book.hear_all([other], 5)
    assert {(change.kind, change.position.contract_id) for change in told} == {
        (PositionKind.OPENED, "CON.F.US.MNQ.U26"),
        (PositionKind.CLOSED, EP),
    }
    assert (book.net(EP), book.position(EP), list(book), len(book)) == (0, None, [other], 1)


def test_another_account_is_nobodys() -> None:
    """Its statements are ignored."""
    book = PositionBook(1)
    assert book.hear(said(2, 1, account_id=2)) == []
    assert len(book) == 0
