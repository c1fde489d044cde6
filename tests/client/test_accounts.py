"""Which account of a login is traded."""

from __future__ import annotations

import logging

import pytest
from tests.client.gateways import Parts, envelope, with_parts

from project_x_py.client._accounts import active_accounts, select_account
from project_x_py.exceptions import ProjectXAuthenticationError, ProjectXError
from project_x_py.models import Account


def _account(
    number: int, name: str, *, trades: bool = True, shown: bool = True, simulated: bool = True
) -> Account:
    return Account(number, name, 50_000.0, trades, shown, simulated)


CLOSED = _account(1, "50KTC-CLOSED", trades=False)
HIDDEN = _account(2, "50KTC-HIDDEN", shown=False)
PRACTICE = _account(3, "PRAC-V2-1")
LIVE = _account(4, "LIVE-1", simulated=False)


def test_the_first_that_may_trade_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    """Closed and hidden accounts come last; the log tells which, of how many, and how to choose."""
    with caplog.at_level(logging.INFO):
        assert select_account([CLOSED, HIDDEN, PRACTICE, LIVE], None) is PRACTICE
    assert "PRAC-V2-1 (simulated), chosen of 4; not: 50KTC-CLOSED" in caplog.text
    assert "PROJECT_X_ACCOUNT_NAME" in caplog.text


def test_a_named_account_is_the_one(caplog: pytest.LogCaptureFixture) -> None:
    """A name is found in any letter case; a live account is called so, and nothing is warned."""
    with caplog.at_level(logging.INFO):
        assert select_account([PRACTICE, LIVE], " live-1 ") is LIVE
    assert "LIVE-1 (LIVE)" in caplog.text
    assert all(record.levelno == logging.INFO for record in caplog.records)


def test_an_account_that_may_not_trade_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """Choosing an account without orders is possible, and said."""
    assert select_account([CLOSED], None) is CLOSED
    assert "no orders" in caplog.text


def test_no_account_and_a_wrong_name() -> None:
    """A login without accounts says what to do, a wrong name lists the right ones."""
    with pytest.raises(ProjectXAuthenticationError, match="platform"):
        select_account([], None)
    with pytest.raises(ProjectXError, match="PRAC-V2-1"):
        select_account([PRACTICE], "PRAC-V2-2")


def test_accounts_are_read_tolerantly() -> None:
    """Fields and rows that are not known do not matter; a list that is null is none."""
    row = {**PRACTICE.to_dict(), "color": "blue"}

    async def use(parts: Parts) -> None:
        parts.network.script("/Account/search", envelope(accounts=[None, row]))
        assert await active_accounts(parts.calls) == [PRACTICE]
        parts.network.script("/Account/search", envelope(accounts=None))
        assert await active_accounts(parts.calls) == []

    with_parts(use)
