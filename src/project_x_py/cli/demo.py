"""``projectx demo``: a simulated market in the terminal, over real sockets.

Invariants: it ends with a summary and exit status 0, by itself or by Ctrl-C, and leaves nothing
running (``tests/loopback/test_cli.py``); its account is flat when it ends
(``tests/cli/test_demo.py``).
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
    """Watch a simulated market: price, book, bars, indicators, and a trade that is protected."""
    lines: list[str] = []
    try:
        asyncio.run(_demo(options, seconds, lines))
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("interrupted")
    for line in lines:
        click.echo(line)


async def _demo(options: dict[str, Any], seconds: float | None, lines: list[str]) -> None:
    served = make_gateway(hold=True, **options)
    click.echo("Starting a simulated market on this machine. Ctrl-C ends it.")
    from project_x_py.cli._view import TIMEFRAMES, DemoState
    from project_x_py.trading_suite import TradingSuite

    with terminable():
        async with served:
            tickers = [contract.product.ticker for contract in served.contracts]
            suite = await TradingSuite.create(
                USUAL if USUAL in tickers else tickers[0],
                timeframes=list(TIMEFRAMES),
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
                await _finish(state, lines)


async def _finish(state: DemoState, lines: list[str]) -> None:
    """Leave nothing held and nothing open, whether or not somebody still reads."""
    from project_x_py.cli._view import summary

    try:
        with suppress(BrokenPipeError):
            click.echo("Closing what is held.")
        state.ended = await state.trade.end()
        lines.append(await summary(state))
    finally:
        await state.suite.disconnect()


async def _show(state: DemoState) -> None:
    from rich.console import Console

    from project_x_py.cli._view import LEAST, draw, plain_line

    console = Console()
    if not console.is_terminal or console.width < LEAST[0] or console.height < LEAST[1]:
        while True:
            await asyncio.sleep(PLAIN_EVERY_S)
            click.echo(await plain_line(state))
    from rich.live import Live

    first = await draw(state, *console.size)
    with Live(first, console=console, auto_refresh=False, screen=False) as live:
        while True:
            await asyncio.sleep(1 / TERMINAL_HZ)
            live.update(await draw(state, *console.size), refresh=True)
