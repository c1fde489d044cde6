"""``projectx doctor``: each check, what it says of what is wrong, and the exit status."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.cli.commands import OPEN, Ended, projectx

from project_x_py import ProjectX
from project_x_py._core.submission import Accepted, OrderRequest
from project_x_py._runtime.network import Answer
from project_x_py.cli import _checks
from project_x_py.cli._findings import Finding
from project_x_py.models import Account
from project_x_py.simulator import Quirks, SimulatedAccount, SimulatedGateway, faults
from project_x_py.types import OrderSide, OrderType

SUNDAY = datetime(2026, 9, 6, 12, 0, tzinfo=UTC)
CHECKS = [
    "versions", "addresses", "latency", "clock", "login", "account", "data tier", "contract",
    "history", "brackets", "hubs", "limits",
]  # fmt: skip


def findings(ended: Ended) -> dict[str, dict[str, Any]]:
    """The findings by the name of the check; those that are not fine say why and what to do."""
    found = {one["check"]: one for one in json.loads(ended.out)}
    assert all(one["status"] == "ok" or (one["cause"] and one["way_out"]) for one in found.values())
    return found


def test_all_is_well(command: projectx) -> None:
    """On a sound gateway every check is made, none fails, and no order is sent."""
    ended = command("doctor")
    assert ended.status == 0
    assert command.sent == []
    lines = ended.out.splitlines()
    shown = [line[6:].partition(":")[0] for line in lines if not line.startswith("        ")]
    assert shown[:-1] == CHECKS
    assert lines[-1] == "12 checks, 0 failed, 0 with a warning"
    assert "project-x-py" in lines[0]
    assert "polars" in lines[0]


def test_the_findings_are_json(command: projectx) -> None:
    """With --json they are one list; what cannot be known says so."""
    found = findings(command("doctor", "ES", "--json"))
    assert list(found) == CHECKS
    unknown = {name for name, one in found.items() if one["status"] == "unknown"}
    assert unknown == {"clock", "brackets"}
    assert "Auto OCO" in found["brackets"]["way_out"]
    assert "quotes of ESU6 come" in found["hubs"]["found"]


def test_a_probe_finds_auto_oco(command: projectx) -> None:
    """--probe places one bracket and cancels it; the account takes brackets."""
    found = findings(command("doctor", "--probe", "--json"))["brackets"]
    assert (found["status"], found["found"].partition(":")[0]) == ("ok", "Auto OCO")
    assert {order["status"] for order in command.sent} == {3}


def test_a_probe_finds_position_brackets(command: projectx) -> None:
    """In Position Brackets mode the refusal is recognised, and the setting named."""
    command.gateway["quirks"] = Quirks(bracket_mode="position")
    ended = command("doctor", "--probe", "--json")
    found = findings(ended)["brackets"]
    assert found["status"] == "failure"
    assert found["found"].startswith("Position Brackets: ")
    assert "Auto OCO Brackets" in found["way_out"]
    assert ended.status == 1


def test_a_probe_on_a_follower(command: projectx) -> None:
    """An account that cannot cancel is told of, with the order that is left."""
    command.gateway["accounts"] = [SimulatedAccount(follower=True)]
    found = findings(command("doctor", "--probe", "--json"))["brackets"]
    assert found["status"] == "failure"
    assert str(command.sent[0]["id"]) in found["found"]
    assert "on the platform" in found["way_out"]


def test_a_live_account_is_not_probed(command: projectx) -> None:
    """On a live account --probe sends nothing."""
    command.gateway["accounts"] = ["live"]
    found = findings(command("doctor", "--probe", "--json"))["brackets"]
    assert (found["status"], command.sent) == ("unknown", [])


def test_brackets_of_before_tell_the_mode(command: projectx) -> None:
    """Legs that belong to an entry prove Auto OCO without an order."""

    async def trade(served: SimulatedGateway) -> None:
        found = served.credentials
        async with ProjectX(found.username, found.api_key, served.config) as client:
            await client.authenticate()
            contract = await client.get_instrument("MNQ")
            bought = OrderRequest(
                account_id=client.get_account_info().id,
                contract_id=contract.id,
                type=OrderType.MARKET,
                side=OrderSide.BUY,
                size=1,
                stop_bracket=(-100, OrderType.STOP),
            )
            assert isinstance(await client.order_gateway().place(bought), Accepted)
            await asyncio.sleep(2)

    command.before = trade
    found = findings(command("doctor", "--json"))["brackets"]
    assert (found["status"], found["found"][:15]) == ("ok", "Auto OCO: 1 leg")


def test_one_account_of_several(command: projectx, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login with several accounts and no name is a warning, which is no failure."""
    command.gateway["accounts"] = ["practice", "combine"]
    named = command("doctor", "--account", "50KTC-V2-100001-21000002", "--json")
    assert findings(named)["account"]["status"] == "ok"

    async def unnamed(_served: SimulatedGateway) -> None:
        monkeypatch.delenv("PROJECT_X_ACCOUNT_NAME")

    command.before = unnamed
    ended = command("doctor", "--json")
    assert ended.status == 0
    assert findings(ended)["account"]["status"] == "warning"


def test_an_account_that_takes_no_orders(
    command: projectx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that the firm has locked, and lists all the same, is a failure."""

    usual = ProjectX.list_accounts

    async def locked(client: ProjectX) -> list[Account]:
        return [replace(one, canTrade=False) for one in await usual(client)]

    monkeypatch.setattr(ProjectX, "list_accounts", locked)
    ended = command("doctor", "--json")
    assert findings(ended)["account"]["status"] == "failure"
    assert ended.status == 1


def test_a_closed_market_is_no_fault(command: projectx) -> None:
    """On a Sunday the hubs connect, and no quote is waited for."""
    command.gateway["start"] = SUNDAY
    found = findings(command("doctor", "--json"))["hubs"]
    assert found["status"] == "ok"
    assert "the market is closed" in found["found"]


def test_hubs_that_say_nothing(command: projectx) -> None:
    """Hubs that cannot be connected are a failure that names firewalls and addresses."""
    command.faults = [(0.0, faults.Mute(hub="market"))]
    found = findings(command("doctor", "--json"))["hubs"]
    assert (found["status"], found["found"]) == ("failure", "the hubs could not be reached")


def test_a_refused_login(command: projectx, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong key is a failure that says where keys are made; nothing more is asked."""

    async def wrong(_served: SimulatedGateway) -> None:
        monkeypatch.setenv("PROJECT_X_API_KEY", "not-the-right-key")

    command.before = wrong
    ended = command("doctor", "--json")
    found = findings(ended)
    assert list(found) == [*CHECKS[:4], "login"]
    assert found["login"]["status"] == "failure"
    assert "not-the-right-key" not in ended.out
    assert ended.status == 1


def test_no_service(command: projectx) -> None:
    """A service that answers with an error ends the checks with what to look at."""
    command.faults = [(0.0, faults.Refuse(status=503, route="/api/Status/ping", times=20))]
    ended = command("doctor", "--json")
    found = findings(ended)
    assert list(found) == [*CHECKS[:2], "service"]
    assert "HTTP 503" in found["service"]["found"]
    assert ended.status == 1


def test_a_service_that_fails_later(command: projectx) -> None:
    """A query that is refused is the finding of its check, and the others go on."""
    route = "/api/Contract/available"
    command.faults = [(0.0, faults.Refuse(status=500, route=route, times=50))]
    found = findings(command("doctor", "--json"))
    assert found["data tier"]["status"] == "failure"
    assert list(found) == CHECKS


def test_an_unknown_symbol(command: projectx) -> None:
    """A symbol that is none ends the checks with the close matches."""
    ended = command("doctor", "MNQQ", "--json")
    assert ended.status == 1
    assert "MNQ" in findings(ended)["contract"]["found"]


@pytest.mark.parametrize(
    ("skew_s", "status"),
    [(0.4, "ok"), (-1.9, "ok"), (5.0, "warning"), (-59.0, "warning"), (61.0, "failure")],
)
def test_the_clock_is_judged(skew_s: float, status: str) -> None:
    """Two seconds are a warning and a minute is a failure, either way."""
    finding = _checks.skew_finding(skew_s)
    assert finding.status == status
    assert ("ahead of" if skew_s > 0 else "behind") in finding.found


@pytest.mark.parametrize(
    ("date", "ahead_s"),
    [
        ("Tue, 01 Sep 2026 07:00:00 GMT", 10.0),
        ("Tue, 01 Sep 2026 07:00:20 GMT", -10.0),
        ("yesterday", None),
        (None, None),
    ],
)
def test_the_clocks_are_compared(date: str | None, ahead_s: float | None) -> None:
    """The Date header is taken at the middle of its second and of the request."""
    wall_ns = round(OPEN.timestamp() * 1e9) + 10_000_000_000
    answer = Answer(200, {} if date is None else {"Date": date}, b"pong")
    assert _checks.skew_s(answer, wall_ns, 1_000_000_000) == ahead_s


def test_a_finding_needs_its_way_out() -> None:
    """A finding that is not fine cannot be made without a cause and a way out."""
    with pytest.raises(ValueError, match="without a cause and a way out"):
        Finding("check", "warning", "something", "a cause")
