"""The accounts of a gateway, as they are asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click
import pytest

from project_x_py.cli.gateway import gateway as gateway_command
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import Quirks, SimulatedAccount, SimulatedGateway
from project_x_py.simulator._accounts import specs_of


def test_kinds_have_names_and_balances_of_their_own() -> None:
    """The kind is told by the name only; every kind but a live one is simulated."""
    specs = specs_of(["practice", "combine", "express", "live"], Quirks())
    assert [(s.id, s.name, s.balance, s.live) for s in specs] == [
        (21_000_001, "PRAC-V2-100001-21000001", Decimal(150_000), False),
        (21_000_002, "50KTC-V2-100001-21000002", Decimal(50_000), False),
        (21_000_003, "EXPRESS-V2-100001-21000003", Decimal(0), False),
        (21_000_004, "LIVE-100001-21000004", Decimal(10_000), True),
    ]


def test_numbers_that_are_given_are_kept() -> None:
    """The others go around them."""
    wanted = [SimulatedAccount(), SimulatedAccount(id=21_000_001), SimulatedAccount(id=5)]
    assert [s.id for s in specs_of(wanted, Quirks())] == [21_000_002, 21_000_001, 5]


def test_a_violated_account_cannot_trade() -> None:
    """Whatever else is said."""
    (spec,) = specs_of([SimulatedAccount(violated=True, can_trade=True)], Quirks())
    assert (spec.can_trade, spec.violated) == (False, True)


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ([], "needs an account"),
        (["savings"], "one of practice, combine, express, live, not 'savings'"),
        ([SimulatedAccount(id=0)], "positive 32-bit"),
        ([SimulatedAccount(id=2**31)], "positive 32-bit"),
        ([SimulatedAccount(balance=float("nan"))], "a balance is dollars"),
        ([SimulatedAccount(balance=1e13)], "a balance is dollars"),
        ([SimulatedAccount(margin=-1)], "a margin is not below 0"),
        ([SimulatedAccount(position_limit=-1)], "a position limit is not below 0"),
        ([SimulatedAccount(id=3), SimulatedAccount(id=3)], "ids of their own; twice: 3"),
        ([SimulatedAccount(name="A"), SimulatedAccount(name="A")], "names of their own; twice: A"),
    ],
)
def test_what_no_account_is(accounts: list[Any], message: str) -> None:
    """Refused before anything runs, with the value and what would do."""
    with pytest.raises(ProjectXError, match=message):
        SimulatedGateway(accounts=accounts)


def test_a_balance_belongs_to_one_account() -> None:
    """It does not go together with a list."""
    with pytest.raises(ProjectXError, match="either balance or accounts"):
        SimulatedGateway(balance=1_000, accounts=["practice"])


@pytest.mark.parametrize(
    ("options", "accounts"),
    [
        ([], None),
        (["--account", "combine"], [SimulatedAccount(kind="combine")]),
        (
            ["--account", "practice=2000.5", "--account", "live"],
            [SimulatedAccount(balance=2000.5), SimulatedAccount(kind="live")],
        ),
    ],
)
def test_accounts_on_the_command_line(options: list[str], accounts: object) -> None:
    """Each option is one account, with a balance where one is given."""
    with gateway_command.make_context("gateway", options) as context:
        assert context.params["accounts"] == accounts


@pytest.mark.parametrize(
    ("text", "value"),
    [("savings", "'savings'"), ("practice=", "''"), ("live=much", "'much'"), ("live=inf", "'inf'")],
)
def test_wrong_accounts_on_the_command_line(text: str, value: str) -> None:
    """A usage error that names the value."""
    with pytest.raises(click.BadParameter, match=value):
        gateway_command.make_context("gateway", ["--account", text])
