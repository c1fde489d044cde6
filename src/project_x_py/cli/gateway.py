"""``projectx gateway``: the simulated gateway by itself, for any client."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import click

from project_x_py.cli._options import make_gateway, market_options
from project_x_py.cli._signals import terminable

__all__ = ["gateway"]


@click.command()
@market_options
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
def gateway(**options: Any) -> None:
    """Run the simulated gateway until Ctrl-C.

    Prints one JSON line when it is ready: api_url, user_hub_url, market_hub_url, username,
    api_key.
    """
    served = make_gateway(**options)

    async def serve() -> None:
        with terminable():
            async with served:
                click.echo(json.dumps(served.ready()))
                await asyncio.get_running_loop().create_future()

    try:
        asyncio.run(serve())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
