"""``projectx gateway``: the simulated gateway by itself, for any client."""

from __future__ import annotations

import asyncio
import dataclasses
import difflib
import json
import math
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
import msgspec

from project_x_py.cli._options import make_gateway, market_options
from project_x_py.cli._signals import terminable

if TYPE_CHECKING:
    from project_x_py.simulator import Quirks, SimulatedAccount

__all__ = ["gateway"]


def _read_accounts(
    context: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> list[SimulatedAccount] | None:
    """Return the accounts that were asked for, None for the usual one."""
    from project_x_py.simulator import SimulatedAccount
    from project_x_py.simulator._accounts import AccountKind

    accounts: list[SimulatedAccount] = []
    for text in texts:
        name, equals, dollars = text.partition("=")
        kind = next((known for known in get_args(AccountKind) if known == name), None)
        if kind is None:
            known = ", ".join(get_args(AccountKind))
            raise click.BadParameter(f"{name!r} is none of {known}.", context, param)
        balance = _dollars(dollars) if equals else None
        if equals and balance is None:
            raise click.BadParameter(f"{dollars!r} is no number of dollars.", context, param)
        accounts.append(SimulatedAccount(kind=kind, balance=balance))
    return accounts or None


def _dollars(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _read_quirks(
    context: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> Quirks | None:
    """Return the switches with those that were asked for set, None for none."""
    from project_x_py.simulator import Quirks

    known: set[str] = set()
    for name, usual in dataclasses.asdict(Quirks()).items():
        known |= {f"{name}.{inner}" for inner in usual} if isinstance(usual, dict) else {name}
    tree: dict[str, Any] = {}
    for text in texts:
        path, _, value = text.partition("=")
        if path not in known:
            close = difflib.get_close_matches(path, known, 3) or ["exchange.stop_limit"]
            raise click.BadParameter(f"{path!r} is none; try {', '.join(close)}.", context, param)
        group, dot, name = path.rpartition(".")
        (tree.setdefault(group, {}) if dot else tree)[name] = _value(value)
    try:
        return msgspec.convert(tree, Quirks) if tree else None
    except msgspec.ValidationError as exc:
        raise click.BadParameter(f"{exc}.", context, param) from None


def _value(text: str) -> object:
    """Return what JSON says, and the text itself where it says nothing."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


def _write_variables(path: Path, variables: dict[str, str]) -> None:
    """Write what a shell reads, for the owner's eyes only."""
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in variables.items()]
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(lines)


@click.command()
@market_options
@click.option(
    "--account",
    "accounts",
    metavar="KIND[=BALANCE]",
    multiple=True,
    callback=_read_accounts,
    help="An account to trade on: practice, combine, express or live, with =BALANCE if it should "
    "not be the usual one. More than once for several; one practice account when left out.",
)
@click.option(
    "--quirk",
    "quirks",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_read_quirks,
    help="Set a switch where the real gateway is unknown or varies, such as "
    "exchange.stop_limit=true. docs/reference/gateway-quirks.md lists them all.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Allow a host that other machines can reach. There is no encryption and no protection.",
)
@click.option(
    "--control",
    is_flag=True,
    help="Let programs of this machine cause faults, over POST /control/faults.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that keeps accounts, orders, positions and executions, and the API key: a gateway "
    "with the same folder goes on where the last one ended.",
)
@click.option(
    "--env",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write the variables to that send scripts of this package to the gateway, on its "
    "clock: set -a; . FILE. It holds the API key.",
)
def gateway(env: Path | None, **options: Any) -> None:
    """Run the simulated gateway until Ctrl-C.

    Prints one JSON line when it is ready: api_url, user_hub_url, market_hub_url, username,
    api_key.
    """
    served = make_gateway(**options)

    async def serve() -> None:
        with terminable():
            async with served:
                if env is not None:
                    _write_variables(env, served.environment())
                click.echo(json.dumps(served.ready()))
                await asyncio.get_running_loop().create_future()

    try:
        asyncio.run(serve())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
