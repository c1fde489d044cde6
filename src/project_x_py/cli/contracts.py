"""``projectx contracts``: what can be traded, and under which ids."""

from __future__ import annotations

import click

from project_x_py.cli._columns import show
from project_x_py.cli._login import logged_in, login_options, run

__all__ = ["contracts"]


@click.command(short_help="List the contracts that match a text, or all.")
@login_options
@click.option("--live-data", is_flag=True, help="Ask the live data tier.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.argument("text", required=False)
def contracts(
    text: str | None, account: str | None, simulated: bool, live_data: bool, as_json: bool
) -> None:
    """List the contracts that match TEXT; the active one of every product without it.

    The gateway's own search is fuzzy and gives twenty at most.
    """
    rows = run(_rows(text, account, simulated, live_data))
    about = "" if text is None else f" for {text!r}"
    none = f"the gateway lists no contract{about}"
    if live_data:
        none += "; a practice or evaluation login has no live data: leave --live-data out"
    show(rows, as_json=as_json, none=none, units={"tick_value": "USD"})


async def _rows(
    text: str | None, account: str | None, simulated: bool, live: bool
) -> list[dict[str, object]]:
    async with logged_in(account, simulated) as client:
        found = (
            await client.list_available_contracts(live)
            if text is None
            else await client.search_instruments(text, live)
        )
    return [
        {
            "id": one.id,
            "name": one.name,
            "tick_size": one.tickSize,
            "tick_value": one.tickValue,
            "active": one.activeContract,
            "description": one.description,
        }
        for one in found
    ]
