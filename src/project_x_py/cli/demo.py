"""``projectx demo``: a simulated market in the terminal, over real sockets.

Invariant (``tests/loopback/test_cli.py``): it ends with a summary and exit status 0, by
itself or by Ctrl-C, and leaves nothing running.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from project_x_py.cli._options import SECONDS, make_gateway, market_options
from project_x_py.cli._signals import terminable

if TYPE_CHECKING:
    from project_x_py.cli._view import DemoState

__all__ = ["demo"]

TIMEFRAMES = ["5sec", "1min", "5min"]
USUAL = "MNQ"
TERMINAL_HZ = 8
PLAIN_EVERY_S = 1.0


@click.command(short_help="Watch a simulated market in the terminal.")
@market_options
@click.option(
    "--seconds",
    type=SECONDS,
    default=None,
    help="End after so many seconds; Ctrl-C ends it at any time.",
)
def demo(seconds: float | None, **options: Any) -> None:
    """Watch a simulated market: price, book, bars, indicators."""
    lines: list[str] = []
    try:
        asyncio.run(_demo(options, seconds, lines))
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("interrupted")
    for line in lines:
        click.echo(line)


async def _demo(options: dict[str, Any], seconds: float | None, lines: list[str]) -> None:
    from project_x_py.cli._view import DemoState, summary
    from project_x_py.trading_suite import TradingSuite

    served = make_gateway(hold=True, **options)
    with terminable():
        async with served:
            tickers = [contract.product.ticker for contract in served.contracts]
            suite = await TradingSuite.create(
                USUAL if USUAL in tickers else tickers[0],
                timeframes=TIMEFRAMES,
                features=["orderbook"],
                initial_days=1,
                config=served.config,
                username=served.credentials.username,
                api_key=served.credentials.api_key,
            )
            state = DemoState(suite, served.clock)
            try:
                await state.listen()
                for timeframe in TIMEFRAMES:
                    await state.refresh(timeframe)
                served.market.start()
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await _show(state)
            finally:
                lines.append(await summary(state))
                await suite.disconnect()


async def _show(state: DemoState) -> None:
    from rich.console import Console

    from project_x_py.cli._view import draw, plain_line

    console = Console()
    if not console.is_terminal:
        while True:
            await asyncio.sleep(PLAIN_EVERY_S)
            click.echo(await plain_line(state))
    from rich.live import Live

    with Live(await draw(state), console=console, auto_refresh=False, screen=False) as live:
        while True:
            await asyncio.sleep(1 / TERMINAL_HZ)
            live.update(await draw(state), refresh=True)
