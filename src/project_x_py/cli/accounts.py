"""``projectx accounts``: the accounts of the login, and which one would be used."""

from __future__ import annotations

import click

from project_x_py.cli._columns import show
from project_x_py.cli._login import logged_in, login_options, run

__all__ = ["accounts"]


@click.command()
@login_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def accounts(account: str | None, simulated: bool, as_json: bool) -> None:
    """List the active accounts of the login.

    The one that is marked is what a program uses that names none.
    """
    rows = run(_rows(account, simulated))
    none = "the login has no active account"
    show(rows, as_json=as_json, none=none, units={"balance": "USD"})


async def _rows(account: str | None, simulated: bool) -> list[dict[str, object]]:
    async with logged_in(account, simulated) as client:
        chosen = client.get_account_info().id
        return [
            {
                "id": one.id,
                "name": one.name,
                "kind": "simulated" if one.simulated else "LIVE",
                "balance": round(one.balance, 2),
                "can_trade": one.canTrade,
                "visible": one.isVisible,
                "used": one.id == chosen,
            }
            for one in await client.list_accounts()
        ]
