"""``projectx stream``: bars, quotes and trades as lines, for as long as somebody reads.

The lines are printed by the command itself and not by a handler, so that a reader that leaves
(``| head``) ends it. A hub that is lost is told on the standard error.

Invariants (``tests/cli/test_stream.py``): with ``--json`` each line is one JSON object; Ctrl-C
ends it with status 0, and so does a reader that leaves.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from project_x_py.cli._login import login, login_options, run
from project_x_py.cli._options import SECONDS

if TYPE_CHECKING:
    from project_x_py.event_bus import Event
    from project_x_py.trading_suite import TradingSuite

__all__ = ["stream"]

LOOK_S = 5.0
BAR = ("open", "high", "low", "close", "volume")


@click.command(short_help="Show finished bars as they come, until Ctrl-C.")
@login_options
@click.option(
    "--timeframes",
    default="1min",
    show_default=True,
    help="Timeframes of the bars, with commas, such as 15sec,1min.",
)
@click.option("--quotes", is_flag=True, help="Show every change of the best prices too.")
@click.option("--trades", is_flag=True, help="Show every trade too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--count", type=click.IntRange(1), help="End after so many lines.")
@click.option("--seconds", type=SECONDS, help="End after so many seconds.")
@click.argument("symbols", nargs=-1, required=True)
def stream(
    symbols: tuple[str, ...],
    account: str | None,
    simulated: bool,
    timeframes: str,
    quotes: bool,
    trades: bool,
    as_json: bool,
    count: int | None,
    seconds: float | None,
) -> None:
    """Show the finished bars of SYMBOLS as they come, until Ctrl-C."""
    frames = [name.strip() for name in timeframes.split(",") if name.strip()]
    work = _stream(symbols, (account, simulated), frames, (quotes, trades), as_json, count, seconds)
    try:
        run(work)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        _forget_output()


async def _stream(
    symbols: tuple[str, ...],
    who: tuple[str | None, bool],
    timeframes: list[str],
    more: tuple[bool, bool],
    as_json: bool,
    count: int | None,
    seconds: float | None,
) -> None:
    from project_x_py.trading_suite import TradingSuite

    async with login(*who) as where:
        suite = await TradingSuite.create(
            list(symbols),
            timeframes=timeframes,
            initial_days=1,
            auto_connect=False,
            **where.keywords(),
        )
        waiting: asyncio.Queue[Event] = asyncio.Queue()
        await _listen(suite, waiting, *more)
        async with suite:
            _tell_of_wait(symbols, timeframes, quotes=more[0], trades=more[1])
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await _print(suite, waiting, as_json, count)


async def _listen(
    suite: TradingSuite, waiting: asyncio.Queue[Event], quotes: bool, trades: bool
) -> None:
    from project_x_py.event_bus import EventType

    kinds = [EventType.BAR_CLOSED, EventType.DISCONNECTED, EventType.CONNECTED]
    if quotes:
        kinds.append(EventType.QUOTE_UPDATE)
    if trades:
        kinds.append(EventType.TRADE_TICK)
    for kind in kinds:
        await suite.on(kind, waiting.put)


async def _print(
    suite: TradingSuite, waiting: asyncio.Queue[Event], as_json: bool, count: int | None
) -> None:
    printed = 0
    lost: set[str] = set()
    while count is None or printed < count:
        event = await _next(suite, waiting)
        if "hub" in event.data:
            _tell_of_hub(event, lost)
            continue
        record = _record(event)
        click.echo(json.dumps(record) if as_json else _line(record))
        printed += 1


def _tell_of_wait(
    symbols: tuple[str, ...], timeframes: list[str], *, quotes: bool, trades: bool
) -> None:
    """Tell somebody at a terminal what is waited for: the first bar may take its whole length."""
    if sys.stderr.isatty():
        kinds = [*["quotes"] * quotes, *["trades"] * trades, f"bars of {', '.join(timeframes)}"]
        click.echo(
            f"{', '.join(symbols)}: {' and '.join(kinds)} as they come, until Ctrl-C", err=True
        )


async def _next(suite: TradingSuite, waiting: asyncio.Queue[Event]) -> Event:
    """Wait for an event; a suite that has died by itself brings none, and says why."""
    while True:
        try:
            async with asyncio.timeout(LOOK_S):
                return await waiting.get()
        except TimeoutError:
            suite.raise_if_faulted()


def _tell_of_hub(event: Event, lost: set[str]) -> None:
    """Tell of a hub that is lost, and of one that was and is there again."""
    hub, connected = event.data["hub"], event.data["connected"]
    if not connected:
        lost.add(hub)
        click.echo(f"the {hub} hub is lost: {event.data['reason']}", err=True)
    elif hub in lost:
        lost.remove(hub)
        click.echo(f"the {hub} hub is back", err=True)


def _record(event: Event) -> dict[str, Any]:
    """Return what an event tells, in values that JSON has."""
    data = event.data
    found = {"event": str(getattr(event.type, "value", event.type)), "symbol": data["symbol"]}
    bar = data.get("data")
    if bar is not None:
        found["timeframe"] = data["timeframe"]
        found["timestamp"] = _iso(bar["timestamp"])
        return found | {name: bar[name] for name in BAR} | {"amended": data["amended"]}
    names = ("bid", "ask", "last") if "bid" in data else ("price", "size", "side")
    return found | {"timestamp": _iso(data["timestamp"])} | {name: data[name] for name in names}


def _iso(moment: object) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else None


def _clock(text: str | None) -> str:
    """Return the time of day of an ISO text, in milliseconds."""
    return "" if text is None else f"{datetime.fromisoformat(text):%H:%M:%S.%f}"[:12]


def _line(record: dict[str, Any]) -> str:
    kind, symbol = record["event"], record["symbol"]
    at = _clock(record["timestamp"])
    if kind == "bar_closed":
        values = " ".join(f"{name} {record[name]}" for name in BAR)
        again = " (amended)" if record["amended"] else ""
        return f"{at:<12} {symbol} {record['timeframe']:>5} {values}{again}"
    if kind == "quote_update":
        return f"{at:<12} {symbol} quote bid {record['bid']} ask {record['ask']}"
    return f"{at:<12} {symbol} trade {record['price']} x {record['size']}"


def _forget_output() -> None:
    """Nobody reads any more: let what is buffered go nowhere, so that the end is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
