"""Exits of an entry, closes by others, and what brings back what was taken off twice."""

from __future__ import annotations

import pytest

from project_x_py._core.orders.intents import Intent, Purpose
from project_x_py._core.orders.ledger import OrderLedger
from project_x_py._core.orders.state import FILLED, OPEN
from project_x_py._core.records import OrderUpdate
from project_x_py._core.submission import OrderRequest
from project_x_py.order_manager._exits import by_others, exiting, is_being_closed, is_own_close

CONTRACT = "CON.F.US.MNQ.Z26"
BUY, SELL = 0, 1
LIMIT, MARKET = 1, 2


def row(number: int, side: int, filled: int, tag: str | None, **changes: object) -> OrderUpdate:
    values = {"type": MARKET, "size": 2, "status": FILLED, "created_ns": 100, **changes}
    return OrderUpdate(
        id=number,
        account_id=1,
        contract_id=CONTRACT,
        side=side,
        filled=filled,
        custom_tag=tag,
        recv_ns=1,
        **values,
    )


@pytest.fixture
def ledger() -> OrderLedger:
    """An entry of two contracts, bought and filled at 100."""
    made = OrderLedger(1)
    sent(made, "run-1", BUY, Purpose.ENTRY)
    made.merge(row(1, BUY, 2, "run-1"))
    return made


def sent(
    ledger: OrderLedger, tag: str, side: int, purpose: Purpose, protects: str | None = None
) -> None:
    request = OrderRequest(
        account_id=1, contract_id=CONTRACT, type=MARKET, side=side, size=2, tag=tag
    )
    ledger.plan(
        Intent(tag=tag, request=request, purpose=purpose, protects=protects, created_ns=100)
    )


def entry(ledger: OrderLedger) -> OrderUpdate:
    state = ledger.by_tag("run-1")
    assert state is not None
    return state.snapshot()


def test_an_exit_of_the_guard_counts_before_it_fills(ledger: OrderLedger) -> None:
    """Nobody sends a second one; one that somebody else ordered counts as it fills."""
    sent(ledger, "run-1.e1", SELL, Purpose.EXIT, "run-1")
    assert exiting(ledger, "run-1", BUY) == (2, 0)
    sent(ledger, "hand-1", SELL, Purpose.EXIT, "run-1")
    assert exiting(ledger, "run-1", BUY) == (2, 0)
    ledger.merge(row(2, SELL, 1, "hand-1", status=OPEN))
    assert exiting(ledger, "run-1", BUY) == (3, 0)


def test_what_is_brought_back_counts_once_it_has_filled(ledger: OrderLedger) -> None:
    """Until then it is on its way, and nothing is held of it."""
    sent(ledger, "run-1.e1", BUY, Purpose.EXIT, "run-1")
    assert exiting(ledger, "run-1", BUY) == (0, 2)
    ledger.merge(row(2, BUY, 1, "run-1.e1", status=OPEN))
    assert exiting(ledger, "run-1", BUY) == (-1, 1)
    ledger.merge(row(2, BUY, 2, "run-1.e1"))
    assert exiting(ledger, "run-1", BUY) == (-2, 0)


def test_others_are_whoever_is_neither_entry_nor_leg(ledger: OrderLedger) -> None:
    """The gateway's closes since the entry, and those of the user, before they fill, too."""
    ledger.merge(row(2, SELL, 2, None))
    ledger.merge(row(3, SELL, 2, None, created_ns=99))
    ledger.merge(row(4, SELL, 2, "run-1-SL", parent_id=1))
    ledger.merge(row(5, BUY, 2, None))
    assert by_others(ledger, entry(ledger), SELL) == 2
    sent(ledger, "run-2", SELL, Purpose.EXIT)
    assert is_own_close(ledger, "run-2")
    assert by_others(ledger, entry(ledger), SELL) == 4
    ledger.merge(row(6, SELL, 0, "run-2", status=OPEN, created_ns=None))
    assert by_others(ledger, entry(ledger), SELL) == 4
    ledger.merge(row(6, SELL, 1, "run-2", status=OPEN))
    assert by_others(ledger, entry(ledger), SELL) == 4


def test_a_close_that_rests_counts_as_it_fills(ledger: OrderLedger) -> None:
    """A limit order may never fill."""
    sent(ledger, "run-2", SELL, Purpose.EXIT)
    ledger.merge(row(6, SELL, 1, "run-2", status=OPEN, type=LIMIT))
    assert by_others(ledger, entry(ledger), SELL) == 1


def test_a_contract_is_being_closed_while_a_close_may_fill(ledger: OrderLedger) -> None:
    """The user's, known or not, or one at the market that nobody here has placed."""
    assert not is_being_closed(ledger, CONTRACT)
    ledger.merge(row(7, SELL, 0, "of-another", status=OPEN, type=LIMIT))
    ledger.merge(row(8, SELL, 0, "run-1-SL", status=OPEN, parent_id=1))
    assert not is_being_closed(ledger, CONTRACT)
    ledger.merge(row(9, SELL, 1, None, status=OPEN))
    assert is_being_closed(ledger, CONTRACT)
    ledger.merge(row(9, SELL, 2, None))
    assert not is_being_closed(ledger, CONTRACT)
    sent(ledger, "run-2", SELL, Purpose.EXIT)
    assert is_being_closed(ledger, CONTRACT)
    ledger.merge(row(6, SELL, 0, "run-2", status=OPEN))
    assert is_being_closed(ledger, CONTRACT)
    ledger.merge(row(6, SELL, 2, "run-2"))
    assert not is_being_closed(ledger, CONTRACT)


def test_an_entry_is_nobodys_close(ledger: OrderLedger) -> None:
    """Nor is what ends one entry, or a tag that nobody here has sent."""
    sent(ledger, "run-1.e1", SELL, Purpose.EXIT, "run-1")
    assert not is_own_close(ledger, "run-1")
    assert not is_own_close(ledger, "run-1.e1")
    assert not is_own_close(ledger, "of-another")
    assert not is_own_close(ledger, None)
