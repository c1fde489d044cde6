"""``projectx doctor``: whether everything that trading needs is as it should be.

It reads and never orders, unless ``--probe`` asks for the one order that tells how the account
handles brackets.

Invariants (``tests/cli/test_doctor.py``): every finding that is not fine says its cause and the way
out; the exit status is 1 when something failed, else 0; without ``--probe`` no order is sent.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from project_x_py.cli._login import login, login_options, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from project_x_py.cli._findings import Finding

__all__ = ["doctor"]

MARKS = {"ok": "  ok ", "unknown": "   ? ", "warning": "warn ", "failure": "FAIL "}


@click.command(short_help="Check the set-up, from versions to quotes, and say what to do.")
@login_options
@click.option(
    "--probe",
    is_flag=True,
    help="Place one order far from the market and cancel it, to learn how the account handles "
    "brackets. On simulated accounts only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the findings.")
@click.argument("symbol", default="MNQ")
def doctor(symbol: str, account: str | None, simulated: bool, probe: bool, as_json: bool) -> None:
    """Check versions, login, account, data, hubs and limits, and say what to do.

    SYMBOL is what prices are asked for. The exit status is 1 when a check failed.
    """
    findings = run(_look(symbol, account, simulated, probe, as_json))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in findings], indent=2))
    failed = sum(one.status == "failure" for one in findings)
    if not as_json:
        warned = sum(one.status == "warning" for one in findings)
        click.echo(f"{len(findings)} checks, {failed} failed, {warned} with a warning")
    click.get_current_context().exit(1 if failed else 0)


async def _look(
    symbol: str, account: str | None, simulated: bool, probe: bool, quiet: bool
) -> list[Finding]:
    found = []
    async for finding in _findings(symbol, account, simulated, probe):
        found.append(finding)
        if not quiet:
            _show(finding)
    return found


async def _findings(
    symbol: str, account: str | None, simulated: bool, probe: bool
) -> AsyncIterator[Finding]:
    from project_x_py.cli import _checks, _live_checks
    from project_x_py.cli._findings import Finding
    from project_x_py.exceptions import ProjectXError

    yield _checks.versions()
    try:
        async with login(account, simulated) as where:
            yield _checks.settings(where.config)
            async for finding in _checks.service(where):
                yield finding
                if finding.status == "failure":
                    return
            async with where.client() as client:
                try:
                    await client.authenticate()
                except ProjectXError as error:
                    yield _checks.refused(error)
                    return
                yield _checks.logged_in(client)
                async for finding in _live_checks.all_of(client, symbol, probe):
                    yield finding
    except ValueError as error:
        yield Finding(
            "settings",
            "failure",
            str(error),
            "a setting or the credentials are missing or cannot be right",
            "set PROJECT_X_USERNAME and PROJECT_X_API_KEY, or try --simulated without an account",
        )


def _show(finding: Finding) -> None:
    click.echo(f"{MARKS[finding.status]} {finding.check}: {finding.found}")
    if finding.cause:
        click.echo(f"        cause: {finding.cause}")
    if finding.way_out:
        click.echo(f"        do:    {finding.way_out}")
