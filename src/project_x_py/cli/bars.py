"""``projectx bars``: past bars as a file, or as CSV on the standard output.

Seconds and minutes are read span by span, which is what the progress bar counts; from hours on the
client reads at once, because it joins contract months there.

Invariants (``tests/cli/test_bars.py``): the spans together are what one read gives; the file is
whole or not there.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from project_x_py.cli._files import check_place, write_frame
from project_x_py.cli._login import logged_in, login_options, run
from project_x_py.cli._options import Finite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    import polars as pl

    from project_x_py.client import ProjectX

__all__ = ["bars"]

UNITS = {"second": 1, "minute": 2, "hour": 3, "day": 4, "week": 5, "month": 6}
SECONDS = {"second": 1, "minute": 60}
USUAL = {"minute": 5}
SPAN_BARS = 5_000
"""Bars of one span, a quarter of what the gateway gives at once: a step of the progress bar."""

SILENCE = timedelta(days=10)
"""No product rests for longer: where so long a time has no bars, the gateway has none before it."""


@click.command(short_help="Read past bars of a contract, into a file or to the output.")
@login_options
@click.option(
    "--days",
    type=Finite(min=0, min_open=True, max=36_525),
    default=5.0,
    show_default=True,
    help="Length of the window back from the present, in days.",
)
@click.option(
    "--interval",
    type=click.IntRange(1, 1_440),
    help="Units per bar; 5 minutes, or 1 of any other unit, when left out.",
)
@click.option(
    "--unit", type=click.Choice(list(UNITS)), default="minute", show_default=True, help="The unit."
)
@click.option("--partial", is_flag=True, help="Take the bar too that is still forming.")
@click.option("--live-data", is_flag=True, help="Ask the live data tier.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write: .parquet, .csv or .json. CSV on the standard output when left out.",
)
@click.argument("symbol")
def bars(
    symbol: str,
    account: str | None,
    simulated: bool,
    days: float,
    interval: int | None,
    unit: str,
    partial: bool,
    live_data: bool,
    out: Path | None,
) -> None:
    """Read past bars of SYMBOL: a ticker such as MNQ, a contract's name or its id."""
    if out is not None:
        check_place(out)
    bar = (interval or USUAL.get(unit, 1), unit)
    frame = run(_read(symbol, account, simulated, days, bar, partial, live_data))
    if out is None:
        click.echo(frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%:z"), nl=False)
        return
    write_frame(frame, out)
    span = f", {frame['timestamp'][0]} to {frame['timestamp'][-1]}" if frame.height else ""
    click.echo(f"{frame.height} bars of {symbol} in {out}{span}", err=True)


async def _read(
    symbol: str,
    account: str | None,
    simulated: bool,
    days: float,
    bar: tuple[int, str],
    partial: bool,
    live: bool,
) -> pl.DataFrame:
    interval, unit = bar
    async with logged_in(account, simulated) as client:
        if unit not in SECONDS:
            return await client.get_bars(
                symbol, days, interval, UNITS[unit], partial=partial, live=live
            )
        step = timedelta(seconds=SPAN_BARS * interval * SECONDS[unit])
        return await _read_spans(client, symbol, timedelta(days=days), step, bar, partial, live)


async def _read_spans(
    client: ProjectX,
    symbol: str,
    window: timedelta,
    step: timedelta,
    bar: tuple[int, str],
    partial: bool,
    live: bool,
) -> pl.DataFrame:
    """Read the newest span first, so that a history that ends is not searched to its end."""
    import polars as pl

    from project_x_py._core.time import to_datetime

    interval, unit = bar
    end = to_datetime(client.clock.now_ns())
    frames: list[pl.DataFrame] = []
    silent = timedelta(0)
    with _progress(f"bars of {symbol}") as told:
        for start, until in _spans(end - window, end, step):
            frame = await client.get_bars(
                symbol,
                interval=interval,
                unit=UNITS[unit],
                partial=partial,
                start_time=start,
                end_time=until,
                live=live,
            )
            frames.insert(0, frame)
            told((end - start) / window)
            silent = timedelta(0) if frame.height else silent + (until - start)
            if silent >= SILENCE:
                break
    return pl.concat(frames)


def _spans(start: datetime, end: datetime, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Cut a window into spans, the newest first."""
    while end > start:
        begin = max(start, end - step)
        yield begin, end
        end = begin


@contextmanager
def _progress(what: str) -> Iterator[Callable[[float], None]]:
    """Show on a terminal which share of the work is done; nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not _is_terminal()) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _is_terminal() -> bool:
    return sys.stderr.isatty()
