"""``projectx accounts`` and ``projectx contracts``, and what all commands with a login share."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.cli.commands import projectx


def test_the_accounts_are_listed(command: projectx) -> None:
    """Each account of the login is a row; the one that would be used says so."""
    command.gateway["accounts"] = ["live", "practice"]
    ended = command("accounts", "--account", "PRAC-V2-100001-21000002")
    assert ended.status == 0
    head, *rows = [line.split() for line in ended.out.splitlines()]
    assert head == ["id", "name", "kind", "balance", "USD", "can", "trade", "visible", "used"]
    kinds = {row[1].split("-")[0]: (row[2], row[-1]) for row in rows}
    assert kinds == {"LIVE": ("LIVE", "no"), "PRAC": ("simulated", "yes")}


def test_the_accounts_are_json(command: projectx) -> None:
    """With --json they are one list, with the same keys."""
    (row,) = json.loads(command("accounts", "--json").out)
    assert row["name"] == "PRAC-V2-100001-21000001"
    assert row["balance"] == 150_000.0
    assert row["used"] is True


def test_an_account_that_is_not_there_is_named(command: projectx) -> None:
    """A wrong name is one message with the names there are, status 2."""
    ended = command("accounts", "--account", "PRAC-9")
    assert ended.status == 2
    assert ended.err.count("\n") == 1
    assert "PRAC-V2-100001-21000001" in ended.err


def test_contracts_are_found(command: projectx) -> None:
    """A text finds contracts by name; without it every product's active one is listed."""
    ended = command("contracts", "MNQ")
    assert ended.status == 0
    assert "CON.F.US.MNQ.U26" in ended.out
    found = json.loads(command("contracts", "--json").out)
    assert {"MNQU6", "ESU6", "MGCZ6"} <= {row["name"] for row in found}
    assert {row["tick_size"] for row in found if row["name"] == "MGCZ6"} == {0.1}


def test_no_contract_is_said(command: projectx) -> None:
    """Nothing found is no failure; the live tier's emptiness is explained."""
    ended = command("contracts", "nosuchthing")
    assert (ended.status, ended.out) == (0, "the gateway lists no contract for 'nosuchthing'\n")
    assert "leave --live-data out" in command("contracts", "--live-data").out


def test_a_gateway_of_ones_own(command: projectx) -> None:
    """With --simulated a command needs no account and no other program."""
    (row,) = json.loads(command("accounts", "--simulated", "--json").out)
    assert row["kind"] == "simulated"


def test_missing_credentials_are_one_message(
    command: projectx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without credentials the message names the variables, status 2."""
    monkeypatch.setattr("project_x_py.simulator.SimulatedGateway.environment", lambda _served: {})
    for name in ("PROJECT_X_USERNAME", "PROJECTX_USERNAME", "PROJECT_X_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    ended = command("accounts")
    assert ended.status == 2
    assert "PROJECT_X_USERNAME" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("raised", [KeyboardInterrupt, asyncio.CancelledError])
def test_an_interrupt_ends_it_quietly(
    command: projectx, monkeypatch: pytest.MonkeyPatch, raised: type[BaseException]
) -> None:
    """Ctrl-C and SIGTERM end a listing with status 130 and without a traceback."""

    async def interrupted(_client: object) -> None:
        raise raised

    monkeypatch.setattr("project_x_py.client.ProjectX.authenticate", interrupted)
    ended = command("accounts")
    assert ended.status == 130
    assert "Traceback" not in ended.err
